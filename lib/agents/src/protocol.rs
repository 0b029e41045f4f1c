//! How a host's program is given a whole task.

use std::fmt;

/// How a program is given a whole task, and what it prints meanwhile: the `type` of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `claude -p --output-format stream-json`, with or without `--include-partial-messages`, against Anthropic or any
    /// endpoint that speaks its protocol.
    Claude,
    /// `codex exec --json`.
    Codex,
    /// `gemini -o stream-json`.
    Gemini,
    /// `qwen -o stream-json`.
    Qwen,
    /// `opencode run --format json`.
    Opencode,
    /// `copilot --output-format json`.
    Copilot,
}

/// What differs between the programs and is no code.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// As in `type:`, and the name of the program.
    pub name: &'static str,
    /// How it is asked to end.
    pub stop: StopRequest,
    /// The keys that a backend of this type has beside those of all.
    pub keys: &'static [&'static str],
    /// The values of `permission_mode` that it is known to take; empty where it has no such key.
    pub permission_modes: &'static [&'static str],
    /// Whether it takes instructions beside the task. Where it does not, `system_prompt` has no effect.
    pub takes_system_prompt: bool,
    /// Whether it has a mode that answers sooner for a higher price.
    pub has_fast_mode: bool,
    /// Whether a backend must name a model.
    pub needs_model: bool,
    /// The variables that say where its own files are, or on what machine it runs. It inherits them in any case.
    pub variables: &'static [&'static str],
    /// The variables that it takes a login from: the first that is set counts.
    pub logins: &'static [&'static str],
    /// What to suggest to someone who wants to pass on a login of their environment; one of `logins`, if any.
    pub login: Option<&'static str>,
    /// What narrows the rights that it has without a person, as it is written in `config.yaml`; `None` where only its own
    /// settings do.
    pub narrower: Option<&'static str>,
}

/// How a program is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRequest {
    /// With SIGINT.
    Interrupt,
    /// With SIGTERM.
    Terminate,
}

impl Protocol {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 6] =
        [Self::Claude, Self::Codex, Self::Gemini, Self::Qwen, Self::Opencode, Self::Copilot];

    /// The names of all, in the same order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(Self::name)
    }

    /// Its row.
    pub fn program(self) -> &'static Program {
        match self {
            Self::Claude => &CLAUDE,
            Self::Codex => &CODEX,
            Self::Gemini => &GEMINI,
            Self::Qwen => &QWEN,
            Self::Opencode => &OPENCODE,
            Self::Copilot => &COPILOT,
        }
    }

    /// As in `type:`, and the name of the program.
    pub fn name(self) -> &'static str {
        self.program().name
    }

    /// The protocol that [`Protocol::name`] calls so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

static CLAUDE: Program = Program {
    name: "claude",
    // It ends its children in order when it is terminated.
    stop: StopRequest::Terminate,
    keys: &["permission_mode"],
    permission_modes: &["acceptEdits", "auto", "bypassPermissions", "dontAsk", "manual", "plan"],
    takes_system_prompt: true,
    has_fast_mode: false,
    needs_model: true,
    // `IS_SANDBOX` says of the machine, not of the caller, that root may run with all permissions in it.
    variables: &["CLAUDE_CONFIG_DIR", "IS_SANDBOX"],
    logins: &["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"],
    login: Some("CLAUDE_CODE_OAUTH_TOKEN"),
    narrower: Some("permission_mode: acceptEdits"),
};

static CODEX: Program = Program {
    name: "codex",
    // It cleans up after an interrupt only: its snapshots of the shell hold the exported keys, readable to all.
    stop: StopRequest::Interrupt,
    keys: &["sandbox", "config", "model_reasoning_effort", "pro_model_reasoning_effort"],
    permission_modes: &[],
    takes_system_prompt: true,
    has_fast_mode: true,
    needs_model: false,
    variables: &["CODEX_HOME"],
    logins: &["OPENAI_API_KEY", "CODEX_API_KEY"],
    login: Some("CODEX_API_KEY"),
    narrower: Some("sandbox: read-only"),
};

static GEMINI: Program = Program {
    name: "gemini",
    stop: StopRequest::Terminate,
    keys: &["permission_mode"],
    permission_modes: &["auto_edit", "default", "plan", "yolo"],
    // `GEMINI_SYSTEM_MD` names a file that takes the place of its own instructions.
    takes_system_prompt: false,
    has_fast_mode: false,
    needs_model: false,
    variables: &["GEMINI_CLI_HOME"],
    logins: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    login: Some("GEMINI_API_KEY"),
    narrower: Some("permission_mode: auto_edit"),
};

static QWEN: Program = Program {
    name: "qwen",
    stop: StopRequest::Terminate,
    keys: &["permission_mode"],
    permission_modes: &["auto", "auto-edit", "default", "plan", "yolo"],
    takes_system_prompt: true,
    has_fast_mode: false,
    needs_model: false,
    variables: &["QWEN_HOME"],
    logins: &["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "DASHSCOPE_API_KEY"],
    login: Some("OPENAI_API_KEY"),
    narrower: Some("permission_mode: auto-edit"),
};

static OPENCODE: Program = Program {
    name: "opencode",
    stop: StopRequest::Terminate,
    keys: &[],
    permission_modes: &[],
    takes_system_prompt: false,
    has_fast_mode: false,
    needs_model: false,
    variables: &["OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR"],
    logins: &[],
    login: None,
    narrower: None,
};

static COPILOT: Program = Program {
    name: "copilot",
    stop: StopRequest::Terminate,
    keys: &[],
    permission_modes: &[],
    takes_system_prompt: false,
    has_fast_mode: false,
    needs_model: false,
    variables: &["COPILOT_HOME"],
    logins: &["COPILOT_PROVIDER_BEARER_TOKEN", "COPILOT_PROVIDER_API_KEY", "COPILOT_GITHUB_TOKEN"],
    login: Some("COPILOT_GITHUB_TOKEN"),
    narrower: None,
};
