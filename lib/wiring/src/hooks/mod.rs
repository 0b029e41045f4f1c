//! A command that a host runs at an event, in the JSON shape that Claude Code's `settings.json` and Codex's
//! `hooks.json` share: `{"hooks": {"<event>": [{"matcher"?: …, "hooks": [{"type": "command", …}]}]}}`; or in the flat one of
//! Cursor's: `{"version": 1, "hooks": {"<event>": [{"command": …}]}}`.

mod conditions;
mod survey;
mod take_out;
mod wire;

use crate::json::Tree;
use crate::malformed::Malformed;
use crate::shell::Call;
pub use conditions::{Conditions, Matcher, NeverRuns};
use survey::Survey;

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// A program and its arguments, without a shell: Claude Code's exec form.
    Exec(String, Vec<String>),
    /// A line for the shell.
    Shell(String),
}

impl Run {
    fn is(&self, command: &str, args: Option<&[String]>) -> bool {
        match self {
            Self::Exec(program, own) => command == program && args == Some(own.as_slice()),
            Self::Shell(own) => command == own && args.is_none(),
        }
    }
}

/// A command handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    /// What is run.
    pub run: Run,
    /// After how many seconds the host gives up on it.
    pub timeout: u32,
    /// Codex's `additionalContextLimit`, in tokens of four bytes; None leaves the host's default.
    pub context_limit: Option<u32>,
    /// What Codex calls the hook where its user is asked to trust it, and while it runs; without one it says `Unnamed
    /// hook`. Part of what is trusted, so a hook that is there without it stays as it is.
    pub status_message: Option<&'static str>,
    /// Whether the host does not wait for it (`async`).
    pub in_background: bool,
}

impl Handler {
    /// Whether the host runs exactly this there.
    pub fn is(&self, found: &Found) -> bool {
        found.is_run && self.run.is(&found.command, found.args.as_deref())
    }

    /// As it stands in a file; a flat one has no type.
    fn tree(&self, flat: bool) -> Tree {
        let mut properties = Vec::new();
        properties.extend((!flat).then(|| ("type", Tree::Text("command".to_owned()))));
        match &self.run {
            Run::Exec(program, args) => {
                properties.push(("command", Tree::Text(program.clone())));
                properties.push(("args", Tree::Array(args.iter().cloned().map(Tree::Text).collect())));
            }
            Run::Shell(command) => properties.push(("command", Tree::Text(command.clone()))),
        }
        properties.push(("timeout", Tree::Number(self.timeout)));
        properties.extend(self.context_limit.map(|limit| ("additionalContextLimit", Tree::Number(limit))));
        properties
            .extend(self.status_message.map(|message| ("statusMessage", Tree::Text(message.to_owned()))));
        properties.extend(self.in_background.then_some(("async", Tree::True)));
        Tree::Object(properties)
    }

    /// As an entry of the event's list.
    fn entry(&self, flat: bool) -> Tree {
        let tree = self.tree(flat);
        if flat { tree } else { Tree::Object(vec![("hooks", Tree::Array(vec![tree]))]) }
    }
}

/// Which handlers of a file are ours, and what the file is like.
#[derive(Clone, Copy)]
pub struct Hooks<'a> {
    /// The event, as the host spells it.
    pub event: &'static str,
    /// Whether what a handler runs is ours. Handlers of agent-handoff's bash program, which knew one event, always are.
    pub owns: &'a dyn Fn(&Call) -> bool,
    /// Whether the host accepts comments and trailing commas.
    pub comments: bool,
    /// Whether a place in the list means something to the host: Codex ties a user's trust to it. Then nothing that is
    /// not ours ever moves up, at the price of an empty group that stays.
    pub keeps_places: bool,
    /// Whether a handler is an entry of the event's list, and in no group, in a file that says `"version": 1`.
    pub flat: bool,
}

/// A handler of ours in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The line it begins on, from 1.
    pub line: usize,
    /// The command as it stands there.
    pub command: String,
    /// Its arguments, where they stand beside it.
    pub args: Option<Vec<String>>,
    /// How it stands.
    pub standing: Standing,
    /// Whether the host looks for handlers there.
    pub is_run: bool,
    /// When the host runs it, and how.
    pub conditions: Conditions,
}

/// How a handler of ours stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In a group, as most hosts want it: the group's number and its number in there, from 0.
    Grouped(usize, usize),
    /// As an entry of the event without a group, which most hosts pass over.
    Flat,
    /// In a list outside of `hooks`, which hosts pass over.
    TopLevel,
}

impl Hooks<'_> {
    /// What of ours is in the file, in the order it stands there.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn find(&self, text: &str) -> Result<Vec<Found>, Malformed> {
        let (_, text) = crate::without_bom(text);
        let survey = Survey::of(self, text)?;
        Ok(survey.mine.iter().map(|mine| mine.found(text)).collect())
    }

    /// A whole file with nothing but `handler`.
    pub fn fresh(&self, handler: &Handler) -> String {
        let mut text = self.wire("{}", handler).map(|(text, _)| text).unwrap_or_default();
        text.push('\n');
        text
    }
}
