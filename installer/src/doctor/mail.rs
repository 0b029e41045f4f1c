//! Do letters come and go? `handover` knows, and says it as JSON; nothing here reaches the network.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use handoff_process::{Environment, ask_sibling};
use serde::Deserialize;

use super::Diagnosis;

/// For how long `handover` is waited for.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What `handover mail --local --json` says.
#[derive(Debug, Deserialize)]
struct Overview {
    findings: Vec<Fault>,
    rooms: Vec<Room>,
}

#[derive(Debug, Deserialize)]
struct Room {
    worktree: PathBuf,
    remote: String,
    under_way: usize,
    findings: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    text: String,
    fix: Option<String>,
}

impl Diagnosis<'_> {
    /// What is wrong with the mailrooms of the repositories that are joined; nothing where none is.
    pub(super) fn letters(&mut self) {
        self.area = "letters";
        if !handoff_files::is_directory(&self.places.state.path().join("mailrooms")) {
            return;
        }
        let here = Environment::working_directory().unwrap_or_else(|_| self.places.home.clone());
        let arguments = ["mail", "--local", "--json", "--root"].map(OsStr::new);
        let arguments: Vec<_> = arguments.into_iter().chain([here.as_os_str()]).collect();
        let said = ask_sibling("handover", &arguments, TIMEOUT);
        let Some(overview) = said.and_then(|said| serde_json::from_slice::<Overview>(&said).ok()) else {
            let handover = self.program("handover");
            self.problem("handover does not say how it is with letters", format!("{handover} mail --local"));
            return;
        };
        for fault in overview.findings {
            self.fault("", fault);
        }
        for Room { worktree, remote, under_way, findings } in overview.rooms {
            let shown = self.places.short(&worktree);
            if findings.is_empty() {
                let under_way = match under_way {
                    0 => "none under way".to_owned(),
                    number => format!("{number} under way"),
                };
                self.well(format!("those of {shown} go through {remote}; {under_way}"));
            }
            for fault in findings {
                self.fault(&format!("{shown}: "), fault);
            }
        }
    }

    fn fault(&mut self, place: &str, Fault { text, fix }: Fault) {
        let text = format!("{place}{text}");
        match fix {
            Some(fix) => self.problem(text, fix),
            None => self.note(text),
        }
    }
}
