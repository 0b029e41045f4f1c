//! What an agent inherits: the caller's environment, without what says who called it, which model to ask, or which
//! repository this is.
//!
//! Names of agents are taken away by their beginning: handoff-cli took eight variables away, and the endpoint, headers or
//! model of the calling session got through by others. Everything else is the user's: a toolchain, a database, the
//! `env_key` of a provider in Codex's own configuration.

use handoff_agents::{HOSTS, Host, Protocol};
use handoff_worktree::REPOSITORY_VARIABLES;

/// How the names begin that belong to an agent, to its session or to what a session was handed. Where an agent's keys begin
/// as its session's variables do, it is these that are named.
const AGENTS_OWN: [&str; 13] = [
    "ANTHROPIC_",
    "CLAUDE_",
    "CLAUDECODE",
    "CODEX_",
    "OPENAI_",
    "HANDOVER_",
    "GEMINI_CLI",
    "QWEN_CODE",
    "OPENCODE_PID",
    "OPENCODE_SESSION_ID",
    "COPILOT_AGENT_SESSION_ID",
    "COPILOT_CLI",
    "COPILOT_LOADER_PID",
];

/// What every agent needs to run, whatever `inherit` says.
const NEEDED: [&str; 28] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TZ",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    // What it hands off goes where the user looks for it.
    "AGENT_HANDOFF_ROOT",
    "AGENT_HANDOFF_HOME",
    "AGENT_HANDOFF_NO_UPDATE_CHECK",
    "HANDOFF_HOME",
    "NO_COLOR",
    "COLORTERM",
];

/// And all that begin so.
const NEEDED_PREFIXES: [&str; 3] = ["LC_", "XDG_", "GIT_SSH"];

/// For an agent that a person sits at: its editor, clipboard and browser.
const INTERACTIVE: [&str; 12] = [
    "EDITOR",
    "VISUAL",
    "PAGER",
    "BROWSER",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TMUX",
    "TMUX_PANE",
    "SSH_CONNECTION",
    "SSH_TTY",
];

/// Whether a program of this protocol needs the caller's variable of this name to run.
///
/// The directory of the program's own files is among them. It holds the user's login, settings and every conversation that
/// can be resumed, whichever endpoint it was with, so it goes with each backend, as it did in handoff-cli; it is not
/// invented where it is not set, because Claude Code keeps other files in a directory that it is told of than in its own.
fn needs(protocol: Protocol, name: &str, is_interactive: bool) -> bool {
    NEEDED.contains(&name)
        || NEEDED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || protocol.program().variables.contains(&name)
        || (is_interactive && INTERACTIVE.contains(&name))
}

/// Which of the caller's variables an agent inherits besides those that it needs to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inherit(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// A name, or the beginning of names with a `*` behind it.
    pattern: String,
    passes: bool,
}

impl Default for Inherit {
    fn default() -> Self {
        Self::new(["*".to_owned()])
    }
}

impl Inherit {
    /// Of words as they are configured: `NAME`, `NAME*`, `*` for all but the agents' own, and `!` before any of them for
    /// what stays behind. The last that fits decides.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        let rule = |word: String| match word.strip_prefix('!') {
            Some(pattern) => Rule { pattern: pattern.to_owned(), passes: false },
            None => Rule { pattern: word, passes: true },
        };
        Self(words.into_iter().map(rule).collect())
    }

    /// Whether the caller's variable `name` goes to an agent of `protocol`.
    pub(crate) fn passes(&self, protocol: Protocol, name: &str, is_interactive: bool) -> bool {
        let last = self.0.iter().rev().find(|rule| rule.fits(name));
        last.map_or_else(|| needs(protocol, name, is_interactive), |rule| rule.passes)
    }
}

impl Rule {
    fn fits(&self, name: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some("") => !self.passes || !is_anothers(name),
            Some(beginning) => name.starts_with(beginning),
            None => name == self.pattern,
        }
    }
}

/// Whether a variable is of another session, or of another repository.
fn is_anothers(name: &str) -> bool {
    let is_session = |host: &&Host| {
        host.shell_variables.contains(&name) || host.session_variable.is_some_and(|own| own == name)
    };
    AGENTS_OWN.iter().any(|beginning| name.starts_with(beginning))
        || HOSTS.iter().any(is_session)
        || REPOSITORY_VARIABLES.contains(&name)
}
