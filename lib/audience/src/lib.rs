//! Whether a stranger can read a remote: the host is asked for its refs, by `git`, without anything that says who asks.
//!
//! What is answered to a stranger is public. What the host itself refuses with 401, 403 or 404 is private. Everything else is
//! unknown, and a caller treats it as public: a time-out, a login page, an error of the server, a host that only ssh reaches.
//!
//! The question must not carry a password by accident, since that would make a private remote look public. So `git` gets an
//! environment of its own, with a HOME that cannot exist (no `~/.netrc`, no `.gitconfig`, no stored credentials), no
//! configuration of the system or a repository, no proxy, no Kerberos ticket, no prompt, and a URL without a user.
//!
//! The answer is read from the status lines and headers that `GIT_TRACE_CURL` shows, not from git's messages. Its exit code is
//! not enough: it is 0 for a login page too.

mod address;
mod answer;
mod run;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use handoff_process::Environment;

use address::Question;
use run::Stop;

/// Who can read a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Anyone: the host answered a stranger.
    Public,
    /// Those whom the host lets in: it refused a stranger with this HTTP status (401, 403 or 404).
    Private {
        /// The status.
        status: u16,
    },
    /// It could not be found out. Treat it as public.
    Unknown(UnknownReason),
}

/// Why it is unknown who can read a remote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownReason {
    /// It is a path, or a URL that has no form with https.
    #[error("its address has no https form")]
    Address,
    /// The host's name has no dot: it may be an alias from `~/.ssh/config`, and another host under https.
    #[error("`{0}` may be a name that only ssh knows")]
    Alias(String),
    /// There was no answer over https.
    #[error("its host does not answer over https")]
    Unreachable,
    /// There was no answer in time.
    #[error("its host did not answer within {} seconds", .0.as_secs())]
    Timeout(Duration),
    /// The host answered with this HTTP status.
    #[error("its host answered with status {0}")]
    Status(u16),
    /// The host answered, but not as a git server does: a login page, for example.
    #[error("its host answered with something else than a git repository")]
    NotGit,
    /// The host sent the question on to another host, which refused it.
    #[error("its host sent the question on to another host")]
    Redirected,
    /// The answer is far longer than that of a git server.
    #[error("its host's answer is too long")]
    TooLong,
    /// `git` could not be run.
    #[error("git could not be run")]
    Git,
}

/// How long an answer is waited for.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the programs of git and of TLS cannot do without: where they are, and which certificates this machine trusts.
const KEPT: [&str; 3] = ["PATH", "SSL_CERT_DIR", "SSL_CERT_FILE"];

/// A stranger, who can ask.
#[derive(Clone, Debug)]
pub struct Stranger {
    git: PathBuf,
    environment: Vec<(OsString, OsString)>,
    timeout: Duration,
}

impl Stranger {
    /// Asks with the `git` on PATH. `None` if there is none.
    pub fn find(environment: &Environment) -> Option<Self> {
        Some(Self::new(environment.find_program("git")?, Environment::all()))
    }

    /// Asks with `git`. Of `environment` nothing is kept that says who asks.
    pub fn new(git: PathBuf, environment: Vec<(OsString, OsString)>) -> Self {
        let is_kept = |name: &OsStr| KEPT.iter().any(|kept| name == *kept);
        let environment = environment.into_iter().filter(|(name, _)| is_kept(name)).collect();
        Self { git, environment, timeout: TIMEOUT }
    }

    /// Waits that long for an answer, instead of 10 seconds.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Asks who can read `remote`: a URL as git takes it, with `url.*.insteadOf` applied (`git ls-remote --get-url`). What is
    /// asked is the https URL with the same host and path. Blocks until there is an answer, at most for the timeout.
    pub fn ask(&self, remote: &str) -> Audience {
        let question = match Question::of(remote) {
            Ok(question) => question,
            Err(reason) => return Audience::Unknown(reason),
        };
        match run::bounded(&mut self.command(&question), self.timeout) {
            Ok(ran) => answer::audience(&ran, question.origin()),
            Err(Stop::Timeout) => Audience::Unknown(UnknownReason::Timeout(self.timeout)),
            Err(Stop::TooLong) => Audience::Unknown(UnknownReason::TooLong),
            Err(Stop::Failed) => Audience::Unknown(UnknownReason::Git),
        }
    }

    fn command(&self, question: &Question) -> Command {
        let mut command = Command::new(&self.git);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        // Nothing can be below /dev/null, and unlike an unset HOME it keeps curl from asking the user database.
        command.env("HOME", "/dev/null").env("LC_ALL", "C");
        for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
            command.env(name, "/dev/null");
        }
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_TRACE_CURL", "1"),
            ("GIT_TRACE_CURL_NO_DATA", "1"),
            // No repository is found there, whose configuration could hold a password.
            ("GIT_CEILING_DIRECTORIES", "/"),
        ] {
            command.env(name, value);
        }
        command.current_dir("/dev");
        for setting in [
            "credential.helper=",
            "core.askPass=",
            // Not even with a Kerberos ticket.
            "http.emptyAuth=false",
            // A proxy's refusal would look like the host's.
            "http.proxy=",
            "http.followRedirects=initial",
            "protocol.allow=never",
            "protocol.version=2",
        ] {
            command.args(["-c", setting]);
        }
        command.args(["-c", &format!("protocol.{}.allow=always", question.scheme())]);
        command.args(["ls-remote", "--quiet", "--", question.url(), "HEAD"]);
        command
    }
}
