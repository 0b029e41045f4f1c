//! A repository, a store and what waits in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Failure;

/// A body of `size` bytes in the form that writers make.
pub(crate) fn body(size: usize) -> String {
    let mut body = "# Handoff — bench\n\n## Immediate next action\nRun the tests.\n\n## Decisions made (with evidence)\n".to_owned();
    while body.len() + 100 < size {
        body.push_str(
            "- **A decision** was made in `src/file.rs:42`, because of a reason that fills a line of this.\n",
        );
    }
    body
}

/// Everything that one bench works on.
pub(crate) struct Stage {
    dir: TempDir,
    programs: PathBuf,
    home: PathBuf,
    pub(crate) repo: PathBuf,
    inbox: PathBuf,
    /// The commit that handoffs were written at, one behind HEAD.
    first: String,
}

impl Stage {
    /// A repository of `files` files with one commit.
    pub(crate) fn new(programs: &Path, files: usize) -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let top = dir.path().canonicalize()?;
        let (home, repo) = (top.join("home"), top.join("repo"));
        fs::create_dir(&home)?;
        for number in 0..files {
            let folder = repo.join(format!("src{}", number / 200));
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("file{number}.rs")), format!("// {number}\n"))?;
        }
        let mut stage = Self {
            dir,
            programs: programs.to_owned(),
            home,
            repo,
            inbox: PathBuf::new(),
            first: String::new(),
        };
        stage.git(&["init", "--quiet", "--initial-branch=main"])?;
        stage.git(&["add", "--all"])?;
        let commit = [
            "-c",
            "user.name=b",
            "-c",
            "user.email=b@example.org",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "x",
        ];
        stage.git(&commit)?;
        let first = stage.plain("git").args(["rev-parse", "--short", "HEAD"]).output()?;
        stage.first = String::from_utf8(first.stdout)?.trim_end().to_owned();
        fs::write(stage.repo.join("src0/file0.rs"), "// changed\n")?;
        stage.git(&["add", "--all"])?;
        stage.git(&commit)?;
        let path = stage.command("inbox", &["path"]).output()?;
        stage.inbox = PathBuf::from(String::from_utf8(path.stdout)?.trim_end());
        Ok(stage)
    }

    fn git(&self, args: &[&str]) -> Result<(), Failure> {
        let status = self.plain("git").args(args).status()?;
        if status.success() { Ok(()) } else { Err(format!("git {args:?} ended with {status}").into()) }
    }

    /// A command in the repository with this stage's environment.
    pub(crate) fn plain(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", &self.home);
        command.current_dir(&self.repo).stdin(Stdio::null());
        command
    }

    /// One of our programs.
    pub(crate) fn command(&self, name: &str, args: &[&str]) -> Command {
        let mut command = self.plain(&self.program(name).to_string_lossy());
        command.args(args);
        command
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// An inbox with `count` waiting handoffs of `body`, written now and on disk, and nothing else.
    pub(crate) fn fill(&self, count: usize, body: &str) -> Result<(), Failure> {
        let _ = fs::remove_dir_all(&self.inbox);
        let unread = self.inbox.join("unread");
        fs::create_dir_all(&unread)?;
        fs::create_dir_all(self.inbox.join("read"))?;
        let head = format!(
            "---\nname: Bench\nfrom: repo\nto: repo\ncreated: 2026-11-21T10:00:00Z\nbranch: main\nhead: {}\nto_path: {}\n---\n",
            self.first,
            self.repo.display()
        );
        for number in 0..count {
            let time = format!("20261121T{:02}{:02}{:02}Z", number / 3600, number / 60 % 60, number % 60);
            fs::write(unread.join(format!("{time}-from-repo.md")), format!("{head}{body}"))?;
        }
        self.private()
    }

    /// `count` archived handoffs.
    pub(crate) fn archive(&self, count: usize) -> Result<(), Failure> {
        for number in 0..count {
            fs::write(
                self.inbox.join("read").join(format!("20250101T000000Z-from-repo-{number:06x}.md")),
                "old\n",
            )?;
        }
        Ok(())
    }

    /// How many handoffs are unread and archived.
    pub(crate) fn counts(&self) -> Result<(usize, usize), Failure> {
        let count = |name: &str| Ok::<_, Failure>(fs::read_dir(self.inbox.join(name))?.count());
        Ok((count("unread")?, count("read")?))
    }

    /// No inbox at all.
    pub(crate) fn empty(&self) -> Result<(), Failure> {
        let _ = fs::remove_dir_all(&self.inbox);
        fs::create_dir_all(self.home.join(".agent-handoffs"))?;
        self.private()
    }

    /// How many handoffs have a record of offers.
    pub(crate) fn offers(&self) -> Result<usize, Failure> {
        Ok(fs::read_dir(self.inbox.join("offers"))?.count())
    }

    /// A file beside the repository.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn private(&self) -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt;
        Ok(fs::set_permissions(self.home.join(".agent-handoffs"), fs::Permissions::from_mode(0o700))?)
    }
}
