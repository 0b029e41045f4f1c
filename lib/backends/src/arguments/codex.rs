//! Codex 0.169.

use std::ffi::OsStr;

use super::{Args, args, system_prompt, text};
use crate::error::LaunchError;
use crate::launch::{Conversation, Values};
use crate::redact;
use crate::template::{self, Variables};
use crate::toml;

/// The options stand before `resume`, which takes neither `--sandbox` nor `-C` behind it; without a sandbox a resumed
/// conversation would be read-only, as handoff-cli's were.
pub(super) fn run(values: &Values, model: &OsStr) -> Args {
    let sandbox = values.backend.sandbox.as_ref().map(|sandbox| values.word(sandbox)).transpose()?;
    let sandbox = sandbox.filter(|sandbox| !sandbox.is_empty()).unwrap_or_else(|| "workspace-write".into());
    let mut all = args(["exec", "--json", "--skip-git-repo-check", "--sandbox"]);
    all.push(sandbox);
    all.extend(common(values, model)?);
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
pub(super) fn open(values: &Values, model: &OsStr) -> Args {
    let mut all = Vec::new();
    if let Conversation::Resume(_) = values.task.conversation {
        all.push("resume".into());
    }
    all.extend(common(values, model)?);
    if let Conversation::Resume(id) = values.task.conversation {
        all.push(id.into());
    }
    Ok(all)
}

fn common(values: &Values, model: &OsStr) -> Args {
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
    if values.task.fast {
        all.extend(args(["-c", "features.fast_mode=true", "-c", "service_tier=\"fast\""]));
    }
    Ok(all)
}
