//! The two agents.

use std::path::PathBuf;
use std::process::Command;

use super::install;
use super::model::{Model, Step};

/// An agent that runs sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Claude Code, `claude -p`.
    Claude,
    /// Codex, `codex exec`.
    Codex,
}

impl Host {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Claude, Self::Codex];

    /// Its program.
    pub fn program(self) -> PathBuf {
        install::installed(&match self {
            Self::Claude => install::claude(),
            Self::Codex => install::codex(),
        })
    }

    /// A model for it: each turn takes one step, the last is repeated.
    pub fn model(self, steps: impl Into<Vec<Step>>) -> Model {
        match self {
            Self::Claude => Model::anthropic(steps),
            Self::Codex => Model::openai(steps),
        }
    }

    /// Points a command of it to `model`, and keeps it from everything else: what is not for the model is refused.
    pub(super) fn point(self, command: &mut Command, model: &Model) {
        let url = model.url();
        command.env("HTTPS_PROXY", &url).env("NO_PROXY", "127.0.0.1,localhost");
        match self {
            Self::Claude => command
                .env("ANTHROPIC_BASE_URL", &url)
                .env("ANTHROPIC_API_KEY", "sk-ant-dummy-000")
                .env("DISABLE_TELEMETRY", "1")
                .env("DISABLE_ERROR_REPORTING", "1")
                .env("DISABLE_AUTOUPDATER", "1")
                .env("DISABLE_BUG_COMMAND", "1")
                .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
                .env("CLAUDE_CODE_MAX_RETRIES", "1"),
            Self::Codex => command.env("MOCK_KEY", "dummy"),
        };
    }

    /// The arguments of a session that is not interactive and prints JSON lines. `resume` is a session to go on with;
    /// without a prompt, it reads JSON lines.
    pub(super) fn arguments(
        self,
        model: &Model,
        resume: Option<&str>,
        prompt: Option<&str>,
        args: &[String],
    ) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| all.extend(words.iter().map(|word| (*word).to_owned()));
        match self {
            Self::Claude => {
                add(&["-p", "--output-format", "stream-json", "--verbose"]);
                match prompt {
                    Some(prompt) => add(&[prompt]),
                    None => add(&["--input-format", "stream-json"]),
                }
                resume.inspect(|id| add(&["--resume", id]));
                all.extend(args.iter().cloned());
            }
            Self::Codex => {
                add(&["exec"]);
                for set in settings(model) {
                    add(&["-c", &set]);
                }
                all.extend(args.iter().cloned());
                let resume = resume.map_or(vec![], |id| vec!["resume", id]);
                all.extend(resume.into_iter().chain(["--json"]).chain(prompt).map(str::to_owned));
            }
        }
        all
    }
}

/// On the command line, so that `config.toml` is the test's alone.
pub(super) fn settings(model: &Model) -> [String; 8] {
    let provider = format!(
        "{{name=\"mock\",base_url=\"{}/v1\",wire_api=\"responses\",env_key=\"MOCK_KEY\",request_max_retries=1,stream_max_retries=1}}",
        model.url()
    );
    [
        // One that this release knows: others bring a warning with them.
        "model=gpt-5.5".to_owned(),
        "model_provider=mock".to_owned(),
        format!("model_providers.mock={provider}"),
        "analytics.enabled=false".to_owned(),
        "check_for_update_on_startup=false".to_owned(),
        // It would look for plugins elsewhere. A later `-c` undoes it.
        "features.plugins=false".to_owned(),
        // Worlds are in the temporary directory: writable, all of it would be.
        "sandbox_workspace_write.exclude_slash_tmp=true".to_owned(),
        "sandbox_workspace_write.exclude_tmpdir_env_var=true".to_owned(),
    ]
}
