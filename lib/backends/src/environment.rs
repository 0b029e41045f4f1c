//! What an agent inherits: enough to run, and nothing that says who called it or which model to ask.
//!
//! A list of what passes, not of what is taken away: handoff-cli took eight variables away, and the endpoint, headers
//! or model of the calling session got through by others.

use crate::backend::Kind;

/// For every agent.
const NAMES: [&str; 28] = [
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
const PREFIXES: [&str; 3] = ["LC_", "XDG_", "GIT_SSH"];

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

impl Kind {
    /// For agents of this kind alone. The directory holds the user's login, settings and every conversation that can
    /// be resumed, whichever endpoint it was with, so it goes with each backend, as it did in handoff-cli; it is not
    /// invented where it is not set, because Claude Code keeps other files in a directory that it is told of than in
    /// its own. `IS_SANDBOX` says of the machine, not of the caller, that root may run with all permissions in it.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &["CLAUDE_CONFIG_DIR", "IS_SANDBOX"],
            Self::Codex => &["CODEX_HOME"],
        }
    }

    /// Whether the caller's variable of this name goes to the agent.
    pub(crate) fn inherits(self, name: &str, is_interactive: bool) -> bool {
        NAMES.contains(&name)
            || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || self.names().contains(&name)
            || (is_interactive && INTERACTIVE.contains(&name))
    }
}
