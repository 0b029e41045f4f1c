//! The command lines, a file for each program.
//!
//! None holds the prompt, which every program reads from standard input to its end.

mod claude;
mod codex;
mod copilot;
mod gemini;
mod opencode;
mod qwen;

use std::ffi::{OsStr, OsString};

use handoff_agents::Protocol;

use crate::error::LaunchError;
use crate::launch::Values;
use crate::template::Variables;

type Args = Result<Vec<OsString>, LaunchError>;

/// The arguments of the program without a person; `model` is empty where the program chooses.
pub(crate) fn run(values: &Values, model: &OsStr) -> Args {
    match values.backend.protocol {
        Protocol::Claude => claude::run(values, model),
        Protocol::Codex => codex::run(values, model),
        Protocol::Gemini => gemini::run(values, model),
        Protocol::Qwen => qwen::run(values, model),
        Protocol::Opencode => opencode::run(values, model),
        Protocol::Copilot => copilot::run(values, model),
    }
}

/// The arguments of the program as a person uses it.
pub(crate) fn open(values: &Values, model: &OsStr) -> Args {
    match values.backend.protocol {
        Protocol::Claude => claude::open(values, model),
        Protocol::Codex => codex::open(values, model),
        Protocol::Gemini => gemini::open(values, model),
        Protocol::Qwen => qwen::open(values, model),
        Protocol::Opencode => opencode::open(values, model),
        Protocol::Copilot => copilot::open(values, model),
    }
}

fn args<const N: usize>(words: [&str; N]) -> Vec<OsString> {
    words.map(OsString::from).to_vec()
}

/// An option with the model behind it, or nothing where the program chooses.
fn with_model(option: &str, model: &OsStr) -> Vec<OsString> {
    if model.is_empty() { Vec::new() } else { vec![option.into(), model.to_owned()] }
}

/// `permission_mode`, unless it is empty.
fn permission_mode(values: &Values) -> Result<Option<OsString>, LaunchError> {
    let mode = values.backend.permission_mode.as_ref().map(|mode| values.word(mode)).transpose()?;
    Ok(mode.filter(|mode| !mode.is_empty()))
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

fn text(value: OsString, setting: &crate::Setting) -> Result<String, LaunchError> {
    value.into_string().map_err(|_| LaunchError::Unpassable {
        setting: setting.clone(),
        reason: "it is no UTF-8, which is all that Codex takes here",
    })
}
