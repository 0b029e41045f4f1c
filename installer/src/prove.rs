//! The main job, done once with the installed programs: a handoff is written, shown to a session, and archived by one that
//! asks for it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use handoff_files::{Dir, Scratch};

use crate::error::InstallError;

const BODY: &str = "## Immediate next action\nNothing: this handoff proves the installation.\n";

/// Passes a handoff through the programs in `bin`, in a temporary inbox; says in a line what was seen.
///
/// # Errors
/// [`InstallError::Proof`] with the first thing that was not as it must be.
pub fn prove(bin: &Path) -> Result<String, InstallError> {
    let scratch = Scratch::new("agent-handoff-proof")?;
    let world = World { bin, home: scratch.path() };
    let written = world.run("handoff-write", &["--name", "proof"], BODY)?;
    let sentinel = field(&written, "sentinel:").ok_or_else(|| failed("handoff-write printed no sentinel"))?;
    let shown = world.run("session-start", &["--format", "plain"], "")?;
    if !(shown.contains(&sentinel) && shown.contains("Nothing: this handoff proves the installation.")) {
        return Err(failed("session-start did not show the handoff that was written"));
    }
    if !world.run("inbox", &["read"], "")?.contains(&sentinel) {
        return Err(failed("inbox did not give the handoff that was written"));
    }
    if !world.run("session-start", &["--format", "plain"], "")?.is_empty() {
        return Err(failed("session-start showed the handoff again after it was archived"));
    }
    let inbox = world.run("inbox", &["path"], "")?;
    let archived =
        Dir::open(&Path::new(inbox.trim_end()).join("read"))?.map(|read| read.entries()).transpose()?;
    match archived.as_deref() {
        Some([_]) => Ok(format!("a handoff was written, shown and archived (sentinel {sentinel})")),
        _ => Err(failed("the handoff is not in the archive")),
    }
}

struct World<'a> {
    bin: &'a Path,
    home: &'a Path,
}

impl World<'_> {
    /// Runs a program in a HOME that holds nothing; it must exit 0.
    fn run(&self, program: &str, args: &[&str], input: &str) -> Result<String, InstallError> {
        let trouble = |what: String| failed(&format!("{program} {what}"));
        let mut child = Command::new(self.bin.join(program))
            .args(args)
            .env_clear()
            .env("HOME", self.home)
            .current_dir(self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| trouble(format!("does not start: {error}")))?;
        if let Some(mut stdin) = child.stdin.take() {
            // Whether it wanted to read it is seen by what it does.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| trouble(format!("was lost: {error}")))?;
        if !output.status.success() {
            return Err(trouble(format!("ended with {}", output.status)));
        }
        String::from_utf8(output.stdout).map_err(|_| trouble("printed what is no UTF-8".to_owned()))
    }
}

fn failed(what: &str) -> InstallError {
    InstallError::Proof(what.to_owned())
}

fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}
