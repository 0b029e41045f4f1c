//! What every verb starts from.

use std::io::ErrorKind;
use std::path::Path;

use handoff_adapters::{AdapterError, Records};
use handoff_capturing::{Notice, Observer, Project, ProjectError};
use handoff_files::FileError;
use handoff_process::{Environment, Failure, NoState, Output, Status};
use handoff_state::StateDir;
use handoff_text::Sanitised;

/// A worktree with what holds there, and where to say things.
pub(crate) struct Here<'a> {
    pub(crate) project: Project<'a>,
    pub(crate) output: Output,
}

/// Says on standard error what a user should know.
struct Printer(Output);

impl Observer for Printer {
    fn notice(&self, notice: &Notice<'_>) {
        match notice {
            Notice::OtherWorktree(_) | Notice::Undone { .. } | Notice::Recipient(_) => {
                self.0.note(&format!("note: {notice}\n"));
            }
            Notice::Damaged(_) => self.0.complain(notice),
            Notice::Setting(_)
            | Notice::NoKey(_)
            | Notice::NotRecovered(_)
            | Notice::RecordIgnored { .. } => self.0.complain(format_args!("warning: {notice}")),
        }
    }
}

impl<'a> Here<'a> {
    /// The worktree that `root`, else the session or the current directory, is in.
    pub(crate) fn new(
        environment: &'a Environment,
        output: Output,
        root: Option<&Path>,
    ) -> Result<Self, ProjectError> {
        Ok(Self { project: Project::open(environment, Box::new(Printer(output)), root)?, output })
    }

    /// The same for a hook, and where settings hardly matter: on unreadable settings, warns and uses the defaults.
    pub(crate) fn forgiving(
        environment: &'a Environment,
        output: Output,
        root: Option<&Path>,
    ) -> Result<Self, ProjectError> {
        Ok(Self { project: Project::open_forgiving(environment, Box::new(Printer(output)), root)?, output })
    }

    pub(crate) fn top(&self) -> &Path {
        self.project.top()
    }

    /// Prints; gives the exit code.
    pub(crate) fn print(&self, text: &str) -> u8 {
        u8::from(self.output.print(text) != Status::Done)
    }

    /// Prints a JSON document; gives the exit code.
    pub(crate) fn json(&self, json: &serde_json::Value) -> u8 {
        u8::from(self.output.json(json) != Status::Done)
    }

    /// What was wired.
    pub(crate) fn records(&self) -> Result<Records, NoState> {
        Ok(Records::new(StateDir::of(self.project.environment)?))
    }

    /// Fails where nothing could ever be captured.
    pub(crate) fn check_captures(&self) -> Result<(), Failure> {
        if let Some(unusable) = &self.project.unusable {
            return Err(Failure::new(unusable.to_string()));
        }
        let top = Sanitised::path(self.top());
        let worktree = &self.project.worktree;
        if !worktree.is_repository() {
            return Err(Failure::new(format!(
                "{top} is in no git repository, so there is nothing to capture: git init"
            )));
        }
        if worktree.repository().is_some_and(|repository| repository.is_bare()) {
            return Err(Failure::new(format!(
                "{top} is a bare repository, which has no working tree to capture"
            )));
        }
        Ok(())
    }
}

/// Takes over what an earlier version recorded in the store, once. In a sandbox that waits for the next call outside.
pub(crate) fn take_over(environment: &Environment, output: Output) {
    let (Ok(store), Ok(state), Ok(program)) =
        (environment.store(), StateDir::of(environment), Environment::own_program())
    else {
        return;
    };
    let place = handoff_adapters::Here::new(environment, Path::new("/"), &program);
    match Records::new(state).take_over(&store, &place) {
        Ok(refused) => refused.iter().for_each(|why| output.complain(format_args!("not taken over: {why}"))),
        Err(AdapterError::State(error)) if error.is_read_only() => {}
        Err(AdapterError::File(error)) if is_read_only(&error) => {}
        Err(error) => output.complain(format_args!("{error}")),
    }
}

/// Whether the system refused to write, as in a sandbox.
fn is_read_only(error: &FileError) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}
