//! A machine with a HOME and a clone, and the repository that it was cloned from.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::Failure;
use crate::stage::body;

/// The repositories that a server serves.
pub(crate) struct Origin {
    dir: TempDir,
}

/// A machine of the user `ann`.
pub(crate) struct Machine {
    dir: TempDir,
    programs: PathBuf,
    pub(crate) app: PathBuf,
}

impl Origin {
    /// With the repository `app.git`, which has one commit.
    pub(crate) fn new() -> Result<Self, Failure> {
        let origin = Self { dir: tempfile::tempdir()? };
        let first = origin.root().join("first");
        fs::create_dir(&first)?;
        fs::write(first.join("a.rs"), "fn main() {}\n")?;
        git(&first, origin.root(), &["init", "--quiet", "--initial-branch=main"])?;
        git(&first, origin.root(), &["add", "--all"])?;
        git(&first, origin.root(), &["commit", "--quiet", "--message", "First"])?;
        git(origin.root(), origin.root(), &["clone", "--quiet", "--bare", "first", "app.git"])?;
        git(&origin.repository(), origin.root(), &["config", "http.receivepack", "true"])?;
        Ok(origin)
    }

    /// The directory that is served.
    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.root().join("app.git")
    }

    /// Puts `count` letters of other people under way, a hundred to each.
    pub(crate) fn fill(&self, count: usize) -> Result<(), Failure> {
        let mut import = plain("git", self.root());
        import.current_dir(self.repository()).args(["fast-import", "--quiet"]);
        let mut import = import.stdin(Stdio::piped()).spawn()?;
        let Some(input) = import.stdin.take() else { return Err("there is no pipe".into()) };
        let mut input = std::io::BufWriter::new(input);
        writeln!(input, "blob\nmark :1\ndata 12\n# A handoff\n")?;
        for number in 0..count {
            let (mailbox, id) = (number / 100 + 1, 0x199_0000_0000_u64 + number as u64);
            // The name of a mailbox is a hash: none of these is anybody's here.
            writeln!(
                input,
                "commit refs/handoffs/v1/{mailbox:016x}/{id:013x}{number:010x}\n\
                 committer Bob <bob@acme.io> {} +0000\ndata 7\nletter\n\nM 100644 :1 handoff.md\n",
                1_750_000_000 + number
            )?;
        }
        input.flush()?;
        drop(input);
        if !import.wait()?.success() {
            return Err("git fast-import failed".into());
        }
        git(&self.repository(), self.root(), &["pack-refs", "--all"])?;
        Ok(())
    }
}

impl Machine {
    /// Called `name`, with a clone of the repository in `origin`, which it reaches by `url`.
    pub(crate) fn new(programs: &Path, name: &str, origin: &Origin, url: &str) -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let app = dir.path().canonicalize()?.join("app");
        let config =
            "[user]\n\tname = ann\n\temail = ann@acme.io\n[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n";
        fs::write(dir.path().join(".gitconfig"), config)?;
        let machine = Self { dir, programs: programs.to_owned(), app };
        let from = origin.repository();
        let clone = ["clone", "--quiet", &from.to_string_lossy(), &machine.app.to_string_lossy()];
        git(machine.dir.path(), machine.dir.path(), &clone)?;
        machine.git(&["remote", "set-url", "origin", url])?;
        machine.must(&["people", "--machine", name])?;
        Ok(machine)
    }

    /// The same, joined.
    pub(crate) fn joined(programs: &Path, name: &str, origin: &Origin, url: &str) -> Result<Self, Failure> {
        let machine = Self::new(programs, name, origin, url)?;
        machine.must(&["join", "--private"])?;
        Ok(machine)
    }

    pub(crate) fn git(&self, args: &[&str]) -> Result<(), Failure> {
        git(&self.app, self.dir.path(), args)
    }

    /// One of our programs, or git, in the clone.
    pub(crate) fn command(&self, name: &str, args: &[&str]) -> Command {
        let ours = self.programs.join(name);
        let name = if name == "git" { "git".into() } else { ours.to_string_lossy() };
        let mut command = plain(&name, self.dir.path());
        command.current_dir(&self.app).args(args);
        command
    }

    /// What the user types.
    pub(crate) fn handoff(&self, args: &[&str]) -> Command {
        self.command("handoff", args)
    }

    /// The same, which must succeed.
    pub(crate) fn must(&self, args: &[&str]) -> Result<String, Failure> {
        let Output { status, stdout, stderr } = self.handoff(args).output()?;
        let said = String::from_utf8_lossy(&stdout).into_owned();
        if status.success() {
            return Ok(said);
        }
        Err(format!("handoff {args:?} ended with {status}: {said}{}", String::from_utf8_lossy(&stderr))
            .into())
    }

    /// Leaves a handoff of `size` bytes here.
    pub(crate) fn leave(&self, size: usize) -> Result<(), Failure> {
        let draft = self.dir.path().join("draft.md");
        fs::write(&draft, body(size))?;
        let mut write = self.command("handoff-write", &["--name", "Bench"]);
        let written = write.stdin(File::open(draft)?).stdout(Stdio::null()).status()?;
        if written.success() { Ok(()) } else { Err("no handoff was written".into()) }
    }
}

fn plain(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", home);
    command.env("GIT_CONFIG_NOSYSTEM", "1").stdin(Stdio::null());
    command
}

fn git(directory: &Path, home: &Path, args: &[&str]) -> Result<(), Failure> {
    let mut git = plain("git", home);
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "ann").env(format!("GIT_{who}_EMAIL"), "ann@acme.io");
    }
    let status = git.current_dir(directory).args(args).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("git {args:?} ended with {status}").into()) }
}
