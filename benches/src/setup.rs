//! The installer's own cost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Failure;
use crate::cases::Row;
use crate::measure::beside;

/// A HOME with both agents' directories, and the programs as they lie ready to be installed.
struct Machine {
    _dir: TempDir,
    ready: PathBuf,
    home: PathBuf,
}

pub(crate) fn all(programs: &Path) -> Result<[Row; 2], Failure> {
    let machine = Machine::new(programs)?;
    let install = || machine.installer("install");
    let installing = beside(20, || machine.empty(), install, nothing)?;
    machine.empty()?;
    if !install().stdout(Stdio::null()).status()?.success() {
        return Err("it does not install".into());
    }
    let doctor = beside(100, || Ok(()), || machine.installer("doctor"), nothing)?;
    Ok([
        Row::ratio("install of built programs, with its proof", installing, "/bin/true", 200.0),
        Row::ratio("doctor, both agents wired", doctor, "/bin/true", 80.0),
    ])
}

fn nothing() -> Command {
    let mut command = Command::new("/bin/true");
    command.env_clear();
    command
}

impl Machine {
    fn new(programs: &Path) -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let (ready, home) = (dir.path().join("ready"), dir.path().join("home"));
        fs::create_dir(&ready)?;
        for program in installer::PROGRAMS {
            fs::copy(programs.join(program), ready.join(program))?;
        }
        Ok(Self { _dir: dir, ready, home })
    }

    fn empty(&self) -> Result<(), Failure> {
        let _ = fs::remove_dir_all(&self.home);
        fs::create_dir_all(self.home.join(".claude"))?;
        fs::create_dir_all(self.home.join(".codex"))?;
        let settings = "{\n  \"model\": \"opus\",\n  \"permissions\": { \"allow\": [\"Bash(ls *)\"] }\n}\n";
        Ok(fs::write(self.home.join(".claude/settings.json"), settings)?)
    }

    fn installer(&self, verb: &str) -> Command {
        let mut command = Command::new(self.ready.join("handoff"));
        command.arg(verb).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", &self.home);
        command.current_dir(&self.home).stdin(Stdio::null());
        command
    }
}
