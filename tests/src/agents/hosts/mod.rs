//! One description for each agent: all that the tests have to know to run it.

mod claude;
mod codex;
mod copilot;
mod droid;
mod gemini;
mod opencode;
mod qwen;

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use super::model::{Api, Model};
use crate::World;

pub(super) use claude::CLAUDE;
pub(super) use codex::{CODEX, settings};
pub(super) use copilot::COPILOT;
pub(super) use droid::DROID;
pub(super) use gemini::GEMINI;
pub(super) use opencode::OPENCODE;
pub(super) use qwen::QWEN;

/// An agent's program.
pub(super) struct About {
    /// What its row in `lib/agents` is called.
    pub(super) id: &'static str,
    /// Its npm package.
    pub(super) package: &'static str,
    /// The program, below `node_modules`.
    pub(super) program: fn() -> String,
    /// Whether the program is a script for Node.
    pub(super) needs_node: bool,
    /// The protocol of its model, and its shell there.
    pub(super) api: Api,
    /// Points a command of it to the model, and keeps it from everything else.
    pub(super) point: fn(&World, &mut Command, &Model),
    /// The arguments of a session that is not interactive.
    pub(super) arguments: fn(&Start<'_>) -> Vec<String>,
    /// Arguments with which it runs every command, outside of any sandbox.
    pub(super) unrestricted: &'static [&'static str],
    /// Whether it prints lines of JSON, and nothing else.
    pub(super) prints_json: bool,
    /// The session's id in what it prints.
    pub(super) session: fn(&[Value]) -> Option<&str>,
    /// Has it run `program` as the hook of a session's start, as its documentation says.
    pub(super) wire: fn(&World, program: &Path),
}

/// What a session is started with.
pub(super) struct Start<'a> {
    pub(super) model: &'a Model,
    /// A session to go on with.
    pub(super) resume: Option<&'a str>,
    /// Without one, it reads JSON lines.
    pub(super) prompt: Option<&'a str>,
    /// More arguments.
    pub(super) args: &'a [String],
}

impl Start<'_> {
    /// `before`, the prompt, and the other arguments.
    fn prompted(&self, before: &[&str]) -> Vec<String> {
        let prompt = self.prompt.expect("only Claude Code reads lines");
        before.iter().copied().chain([prompt]).map(str::to_owned).chain(self.args.iter().cloned()).collect()
    }
}

/// No session's id is in what it prints.
fn no_session(_lines: &[Value]) -> Option<&str> {
    None
}

/// Puts `more` into a file of settings in HOME; what is there already stays.
pub fn put_settings(world: &World, file: &str, more: &Value) {
    let path = world.home().join(file);
    world.dir(path.parent().expect("it is in a directory"));
    let before = std::fs::read(&path).ok().map(|text| serde_json::from_slice(&text).expect("JSON"));
    let mut all = before.unwrap_or_else(|| Value::Object(Map::new()));
    merge(&mut all, more);
    std::fs::write(path, all.to_string()).unwrap();
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}
