//! The command lines, as Claude Code 2.1 and Codex 0.169 take them.

use std::ffi::{OsStr, OsString};

use crate::error::LaunchError;
use crate::launch::{Conversation, Values};
use crate::redact;
use crate::template::{self, Variables};
use crate::toml;

/// What handoff-cli always asked for. The agent has nobody to ask, so anything less may leave a task half done.
const ALL_PERMISSIONS: &str = "bypassPermissions";

type Args = Result<Vec<OsString>, LaunchError>;

fn args<const N: usize>(words: [&str; N]) -> Vec<OsString> {
    words.map(OsString::from).to_vec()
}

pub(crate) fn claude_run(values: &Values, model: &OsStr) -> Args {
    let mut all = args(["-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]);
    all.extend(claude_common(values, model)?);
    if let Some(prompt) = system_prompt(values)? {
        all.extend(["--append-system-prompt".into(), prompt]);
    }
    Ok(all)
}

/// Without the system prompt: that one says that nobody is there.
pub(crate) fn claude_open(values: &Values, model: &OsStr) -> Args {
    claude_common(values, model)
}

fn claude_common(values: &Values, model: &OsStr) -> Args {
    let mut all = vec!["--model".into(), model.to_owned()];
    let mode = values.backend.permission_mode.as_ref().map(|mode| values.word(mode)).transpose()?;
    match mode.filter(|mode| mode != ALL_PERMISSIONS && !mode.is_empty()) {
        Some(mode) => all.extend(["--permission-mode".into(), mode]),
        None => all.push("--dangerously-skip-permissions".into()),
    }
    all.extend(match values.task.conversation {
        Conversation::New(id) => args(["--session-id", id]),
        Conversation::Resume(id) => args(["--resume", id]),
    });
    Ok(all)
}

/// The options stand before `resume`, which takes neither `--sandbox` nor `-C` behind it; without a sandbox a resumed
/// conversation would be read-only, as handoff-cli's were.
pub(crate) fn codex_run(values: &Values, model: &OsStr) -> Args {
    let sandbox = values.backend.sandbox.as_ref().map(|sandbox| values.word(sandbox)).transpose()?;
    let sandbox = sandbox.filter(|sandbox| !sandbox.is_empty()).unwrap_or_else(|| "workspace-write".into());
    let mut all = args(["exec", "--json", "--skip-git-repo-check", "--sandbox"]);
    all.push(sandbox);
    all.extend(codex_common(values, model)?);
    if let (Some(prompt), Some(setting)) = (system_prompt(values)?, values.backend.system_prompt.last()) {
        let text = text(prompt, setting)?;
        all.extend(["-c".into(), format!("developer_instructions={}", toml::quoted(&text)).into()]);
    }
    if let Conversation::Resume(id) = values.task.conversation {
        all.extend(args(["resume", id]));
    }
    all.push("-".into());
    Ok(all)
}

/// With the user's own sandbox and approvals: a person is there to be asked.
pub(crate) fn codex_open(values: &Values, model: &OsStr) -> Args {
    let mut all = Vec::new();
    if let Conversation::Resume(_) = values.task.conversation {
        all.push("resume".into());
    }
    all.extend(codex_common(values, model)?);
    if let Conversation::Resume(id) = values.task.conversation {
        all.push(id.into());
    }
    Ok(all)
}

/// The system prompts, with a blank line between them.
fn system_prompt(values: &Values) -> Result<Option<OsString>, LaunchError> {
    let mut all: Option<OsString> = None;
    for setting in &values.backend.system_prompt {
        let next = values.value(setting, Variables::Text)?;
        all = Some(match all {
            None => next,
            Some(mut before) => {
                before.push("\n\n");
                before.push(next);
                before
            }
        });
    }
    Ok(all)
}

fn codex_common(values: &Values, model: &OsStr) -> Args {
    let mut all = Vec::new();
    if !model.is_empty() {
        all.extend(["-m".into(), model.to_owned()]);
    }
    all.extend(["-C".into(), values.task.cwd.into()]);
    for (name, argument) in &values.backend.config {
        let value = toml::write(argument, &|setting| {
            if template::variables(&setting.written).next().is_some() {
                return Err(LaunchError::VariableInArgument(setting.clone()));
            }
            text(values.value(setting, Variables::Text)?, setting)
        })?;
        let argument = format!("{}={value}", name.written);
        if redact::is_secret_setting(&name.written) || redact::has_secret(&argument) {
            return Err(LaunchError::SecretInArgument(name.clone()));
        }
        all.extend(["-c".into(), argument.into()]);
    }
    // Behind `config`: of two, Codex takes the last.
    if let Some(setting) = values.backend.chosen_effort(values.task.pro) {
        let effort = text(values.word(setting)?, setting)?;
        all.extend(["-c".into(), format!("model_reasoning_effort={}", toml::quoted(&effort)).into()]);
    }
    Ok(all)
}

fn text(value: OsString, setting: &crate::Setting) -> Result<String, LaunchError> {
    value.into_string().map_err(|_| LaunchError::Unpassable {
        setting: setting.clone(),
        reason: "it is no UTF-8, which is all that Codex takes here",
    })
}
