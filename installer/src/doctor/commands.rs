//! The commands that fix what was found: each one is there on this machine.

use std::path::Path;

use handoff_agents::Wirable;
use handoff_process::{Environment, quoted};

use super::Diagnosis;
use crate::hosts;

/// The editors that a user is shown where `EDITOR` is not set, the first one that is there.
const EDITORS: [&str; 5] = ["vi", "vim", "nano", "emacs", "ed"];

impl Diagnosis<'_> {
    /// One of our programs, as a word of a shell command: the installed one, the one beside this, or one on PATH.
    pub(super) fn program(&self, name: &str) -> String {
        let beside = || Some(Environment::own_program().ok()?.with_file_name(name));
        let installed = Some(self.places.program(name)).filter(|path| handoff_files::is_program(path));
        let there = installed
            .or_else(|| beside().filter(|path| handoff_files::is_program(path)))
            .or_else(|| self.environment.find_program(name));
        there.map_or_else(|| name.to_owned(), |path| quoted(&path))
    }

    /// `handoff` or `handover` as the user types it where the shell finds ours, else with its path.
    pub(super) fn command_word(&self, name: &str) -> String {
        if handoff_files::is_program(&self.places.program(name)) {
            self.places.command_word(name, self.environment)
        } else {
            self.program(name)
        }
    }

    /// The command that opens a file at a line, and what to do there.
    pub(super) fn editor(&self, path: &Path, line: Option<usize>, fix: &str) -> String {
        let found = EDITORS.into_iter().find(|name| self.environment.find_program(name).is_some());
        let editor = found.unwrap_or(EDITORS[0]);
        let line = line.map(|line| format!("+{line} ")).unwrap_or_default();
        let fix = if fix.is_empty() { String::new() } else { format!("   # and {fix}") };
        format!("${{EDITOR:-{editor}}} {line}{}{fix}", quoted(path))
    }

    /// A command of a host's own program; where that is not on PATH, what to do instead.
    pub(super) fn host_command(&self, host: Wirable, command: &str, instead: &str) -> String {
        match hosts::program(host, self.environment) {
            Some(_) => command.to_owned(),
            None => instead.to_owned(),
        }
    }
}
