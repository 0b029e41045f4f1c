//! The one door to the program `git`.
//!
//! What git does here depends on its arguments alone. Every inherited `GIT_*` variable is taken away, and where a patch
//! is made or read git runs in a scratch repository of ours, whose configuration and attributes are its own: no setting
//! of the user, of the system or of the repository can change a byte. The real repository is only read.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use handoff_process::Environment;

use crate::error::BundleError;

/// How much of what git says on stderr is kept.
const KEPT: usize = 8 << 10;

/// The program, and the environment it runs in.
#[derive(Clone, Debug)]
pub struct Git {
    program: PathBuf,
    environment: Vec<(OsString, OsString)>,
    /// Git's configuration as the environment has it: for the real repository alone.
    configuration: Vec<(OsString, OsString)>,
}

/// Git could not be run, or failed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It is not on PATH.
    #[error("could not find git: install it, or put it on PATH")]
    Missing,
    /// It could not be started or talked to.
    #[error("could not run git {verb}: {}", handoff_files::reason(source))]
    Run {
        /// The git command.
        verb: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended with an error.
    #[error("git {verb} failed: {message}")]
    Failed {
        /// The git command.
        verb: String,
        /// Its exit code; None when a signal ended it.
        code: Option<i32>,
        /// The last 8 kB of what it said.
        message: String,
    },
    /// It said something that no known version says.
    #[error("could not understand what git {verb} said: {reason}")]
    Output {
        /// The git command.
        verb: String,
        /// What was wrong with it.
        reason: String,
    },
}

impl Git {
    /// Finds git on PATH.
    ///
    /// # Errors
    /// [`GitError::Missing`].
    pub fn find(environment: &Environment) -> Result<Self, GitError> {
        let program = environment.find_program("git").ok_or(GitError::Missing)?;
        Ok(Self::new(program, Environment::all()))
    }

    /// Uses `program`, in `environment` without what would change its answers.
    pub fn new(program: PathBuf, environment: Vec<(OsString, OsString)>) -> Self {
        let keep = |name: &OsStr| {
            let name = name.as_encoded_bytes();
            !name.starts_with(b"GIT_") && !name.starts_with(b"LC_") && name != b"LANG" && name != b"LANGUAGE"
        };
        // What is ignored, and whose repositories are safe, is the user's to say in every way that git has.
        let is_configuration = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_CONFIG_");
        let configuration = environment.iter().filter(|(name, _)| is_configuration(name)).cloned().collect();
        let mut environment: Vec<_> = environment.into_iter().filter(|(name, _)| keep(name)).collect();
        for (name, value) in
            [("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_PAGER", "cat")]
        {
            environment.push((name.into(), value.into()));
        }
        Self { program, environment, configuration }
    }

    /// A command in the real worktree at `top`, with `settings` besides. The user's configuration says what is ignored, and how files that a
    /// filter changes are compared; what would run other programs, or print otherwise, is switched off.
    pub(crate) fn real(&self, top: &Path, verb: &str, settings: &[&str]) -> Call {
        let mut command = Command::new(&self.program);
        let environment = self.environment.iter().chain(&self.configuration);
        command.env_clear().envs(environment.map(|(name, value)| (name, value)));
        // What stands in for a commit here stands in for it in no clone.
        command.env("GIT_NO_REPLACE_OBJECTS", "1");
        command.current_dir(top).args(["--literal-pathspecs", "--no-pager"]);
        for setting in [
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "core.quotePath=true",
            "diff.orderFile=/dev/null",
            "advice.statusHints=false",
            "status.relativePaths=false",
            "color.ui=false",
        ]
        .iter()
        .chain(settings)
        {
            command.args(["-c", setting]);
        }
        command.arg(verb);
        Call { command, verb: verb.to_owned(), accepted: 0 }
    }

    /// A command in the scratch repository whose directory is `git_dir`, with the index `index` and the empty directory
    /// `tree` for its working tree.
    pub(crate) fn scratch(&self, git_dir: &Path, index: &Path, tree: &Path, verb: &str) -> Call {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .current_dir(tree)
            .env("GIT_DIR", git_dir)
            .env("GIT_WORK_TREE", tree)
            .env("GIT_INDEX_FILE", index);
        for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
            command.env(name, "/dev/null");
        }
        for name in ["GIT_CONFIG_NOSYSTEM", "GIT_ATTR_NOSYSTEM", "GIT_NO_REPLACE_OBJECTS"] {
            command.env(name, "1");
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "handover").env(format!("GIT_{who}_EMAIL"), "handover");
            command.env(format!("GIT_{who}_DATE"), "1000000000 +0000");
        }
        command.args(["--literal-pathspecs", "--no-pager", verb]);
        Call { command, verb: verb.to_owned(), accepted: 0 }
    }
}

/// One run of git.
#[derive(Debug)]
pub(crate) struct Call {
    command: Command,
    verb: String,
    accepted: i32,
}

impl Call {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Runs no program for the filters that are called `names`.
    pub(crate) fn without_filters(mut self, names: &[String]) -> Self {
        let settings = names.iter().flat_map(|name| {
            ["clean=", "smudge=", "process=", "required=false"]
                .map(|setting| format!("filter.{name}.{setting}"))
        });
        let pairs: Vec<_> = settings
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect();
        // Behind those that the environment has already.
        let known = self.command.get_envs().find(|(name, _)| *name == "GIT_CONFIG_COUNT");
        let known: usize = known.and_then(|(_, count)| count?.to_str()?.parse().ok()).unwrap_or_default();
        self.command.env("GIT_CONFIG_COUNT", (known + pairs.len()).to_string());
        for (number, (name, value)) in (known..).zip(pairs) {
            self.command.env(format!("GIT_CONFIG_KEY_{number}"), name);
            self.command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        self
    }

    /// New objects go to `directory`.
    pub(crate) fn objects(mut self, directory: &Path) -> Self {
        self.command.env("GIT_OBJECT_DIRECTORY", directory);
        self
    }

    /// What it writes is on the disk when it ends.
    pub(crate) fn durable(mut self) -> Self {
        let setting = [
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "core.fsync"),
            ("GIT_CONFIG_VALUE_0", "objects"),
        ];
        self.command.envs(setting);
        self
    }

    /// Exit codes up to this one are answers, not failures.
    pub(crate) fn accept(mut self, code: i32) -> Self {
        self.accepted = code;
        self
    }

    /// Sends stdout to `file` and gives `file` as stdin, if any.
    pub(crate) fn send(mut self, input: Option<File>, output: File) -> Result<(), BundleError> {
        self.command.stdin(input.map_or_else(Stdio::null, Stdio::from)).stdout(output);
        let child = self.spawn()?;
        self.finish(child, |_| Ok(())).map(drop)
    }

    /// Gives `input` as stdin, and has `take` read stdout as it comes.
    pub(crate) fn read<T>(
        mut self,
        input: Vec<u8>,
        take: impl FnOnce(&mut dyn Read) -> Result<T, BundleError>,
    ) -> Result<(T, i32), BundleError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = self.spawn()?;
        self.finish(child, |child| {
            let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
            let Some(mut stdout) = stdout else { unreachable!("stdout was asked for") };
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    if let Some(mut stdin) = stdin {
                        // Git's own words about what it did not take are in its stderr.
                        let _ = stdin.write_all(&input);
                    }
                });
                let taken = take(&mut stdout);
                // So that git, and with it the writing thread, ends when nobody reads on.
                drop(stdout);
                taken
            })
        })
    }

    /// Stdout whole, at most `limit` bytes of it.
    pub(crate) fn output(self, input: Vec<u8>, limit: u64) -> Result<(Vec<u8>, i32), BundleError> {
        let verb = self.verb.clone();
        self.read(input, |stdout| {
            let mut bytes = Vec::new();
            stdout.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed(&verb))?;
            if bytes.len() as u64 > limit {
                Err(GitError::Output { verb, reason: "too much".to_owned() }.into())
            } else {
                Ok(bytes)
            }
        })
    }

    /// Has `give` write stdin. Stdout is dropped.
    pub(crate) fn feed<T>(
        mut self,
        give: impl FnOnce(&mut dyn Write) -> Result<T, BundleError>,
    ) -> Result<T, BundleError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::null());
        let child = self.spawn()?;
        let fed = self.finish(child, |child| {
            let Some(stdin) = child.stdin.take() else { unreachable!("stdin was asked for") };
            let mut stdin = io::BufWriter::with_capacity(1 << 16, stdin);
            let given = give(&mut stdin)?;
            stdin.flush().map_err(failed("input"))?;
            Ok(given)
        });
        fed.map(|(given, _)| given)
    }

    fn spawn(&mut self) -> Result<Child, BundleError> {
        self.command.stderr(Stdio::piped());
        Ok(self.command.spawn().map_err(failed(&self.verb))?)
    }

    fn finish<T>(
        &self,
        mut child: Child,
        talk: impl FnOnce(&mut Child) -> Result<T, BundleError>,
    ) -> Result<(T, i32), BundleError> {
        let _watch = self.command.get_current_dir().map(handoff_files::PipeWatch::over);
        let stderr = child.stderr.take();
        let reader = std::thread::spawn(move || stderr.map(tail).unwrap_or_default());
        let talked = talk(&mut child);
        if talked.is_err() {
            // It may wait for the rest of its input, or go on without anybody who reads.
            drop(child.stdin.take());
            let _ = child.kill();
        }
        let status = child.wait().map_err(failed(&self.verb))?;
        let message = reader.join().unwrap_or_default();
        // What a broken pipe means is in git's own words, if it has any.
        let broken = matches!(&talked, Err(BundleError::Git(GitError::Run { source, .. }))
            if source.kind() == io::ErrorKind::BrokenPipe);
        if !broken && let Err(error) = talked {
            return Err(error);
        }
        match (status.code(), talked) {
            (Some(code), Ok(talked)) if code <= self.accepted => Ok((talked, code)),
            (code, _) => {
                let message = match String::from_utf8_lossy(&message).trim() {
                    "" => status.to_string(),
                    text => text.to_owned(),
                };
                Err(GitError::Failed { verb: self.verb.clone(), code, message }.into())
            }
        }
    }
}

/// For `map_err`: talking to git failed.
pub(crate) fn failed(verb: &str) -> impl FnOnce(io::Error) -> GitError + use<> {
    let verb = verb.to_owned();
    move |source| GitError::Run { verb, source }
}

/// For `ok_or_else`: git said something else than expected.
pub(crate) fn odd(verb: &str, reason: &str) -> BundleError {
    GitError::Output { verb: verb.to_owned(), reason: reason.to_owned() }.into()
}

/// The end of a stream, read to its end.
fn tail(mut stream: impl Read) -> Vec<u8> {
    let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return kept,
            Ok(count) => {
                kept.extend_from_slice(&buffer[..count]);
                if kept.len() > KEPT {
                    kept.drain(..kept.len() - KEPT);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return kept,
        }
    }
}
