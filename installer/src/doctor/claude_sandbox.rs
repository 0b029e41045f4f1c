//! May a command in Claude Code's sandbox run our programs and write to the store, and to nothing that must be trusted?

use std::path::{Path, PathBuf};

use handoff_agents::Wirable;

use super::claude_paths::{listed, pattern};
use super::glob::is_path;
use super::settings::{Settings, Source};
use super::{Diagnosis, quoted};
use crate::hosts::hook_file;

impl Diagnosis<'_> {
    /// Looks where the sandbox is on, in the settings as `project` merges them.
    pub(super) fn claude_sandbox(&mut self, host: Wirable, settings: &Settings, project: &Path) {
        let Some(by) = settings.is_on("/sandbox/enabled") else { return };
        if settings.is_on("/sandbox/filesystem/disabled").is_some() {
            return;
        }
        let on_by = self.places.short(&by.path);
        let store = handoff_files::canonical(&self.places.store);
        let shown = self.places.short(&store);
        let lists = Lists { settings, home: &self.places.home, project };
        let closed = lists.closed();
        let denied = closed.iter().find(|entry| entry.covers(&store));
        let open = lists.open();
        if let Some(entry) = denied {
            let file = self.places.short(&entry.source.path);
            self.problem(
                format!("its sandbox, on by {on_by}, may not write to {shown}: {file} denies {}", entry.text),
                self.editor(&entry.source.path, None, &format!("take {} out of what is denied", entry.text)),
            );
        } else if open.iter().any(|entry| store.starts_with(&entry.path)) {
            self.well(format!("its sandbox may write to {shown}"));
        } else {
            let fix = if self.manifest.agents.contains(host) {
                self.install_again(host)
            } else {
                let store = handoff_text::Sanitised::path(&store);
                let entry = format!("put \"{store}\" into sandbox.filesystem.allowWrite");
                self.editor(&hook_file(host, self.places), None, &entry)
            };
            self.problem(
                format!("its sandbox, on by {on_by}, may not write to {shown}: no handoff can be left or archived in it"),
                fix,
            );
        }
        self.programs_are_hidden(&lists, &on_by);
        self.trusted_is_closed(&closed, &open);
    }

    /// The programs cannot be run where they cannot be read. The store can: what commands may write to stays visible.
    fn programs_are_hidden(&mut self, lists: &Lists<'_>, on_by: &str) {
        let program = handoff_files::canonical(&self.places.program("handoff-write"));
        if lists.shown().iter().any(|entry| entry.covers(&program)) {
            return;
        }
        let hidden = lists.hidden();
        let Some(entry) = hidden.iter().find(|entry| entry.covers(&program)) else { return };
        let (file, prefix) = (self.places.short(&entry.source.path), self.places.short(&self.places.prefix));
        let fix = self.editor(
            &entry.source.path,
            None,
            &format!("put \"{prefix}\" into sandbox.filesystem.allowRead"),
        );
        self.problem(
            format!(
                "its sandbox, on by {on_by}, hides the programs in {prefix}: {file} denies reading {}, so no handoff can be \
                 left or read in it",
                entry.text
            ),
            fix,
        );
    }

    /// A command that may write to the state directory can make itself keys and allowances.
    fn trusted_is_closed(&mut self, closed: &[Entry<'_>], open: &[Entry<'_>]) {
        let state = handoff_files::canonical(self.places.state.path());
        if closed.iter().any(|entry| entry.covers(&state)) {
            return;
        }
        let within = |entry: &&Entry<'_>| state.starts_with(&entry.path) || entry.path.starts_with(&state);
        for entry in open.iter().filter(within) {
            let (file, state) = (self.places.short(&entry.source.path), self.places.short(&state));
            self.note(format!(
                "{file} lets sandboxed commands write to {state}, where the keys are, with {}: name the directories that \
                 they need instead, or put \"{state}\" into sandbox.filesystem.denyWrite",
                entry.text
            ));
        }
    }
}

/// A path or a pattern of paths that a settings file opens or closes.
struct Entry<'a> {
    source: &'a Source,
    /// As it is written, for people.
    text: String,
    /// Absolute.
    path: PathBuf,
}

impl Entry<'_> {
    /// Whether `path` is what this names, or in it.
    fn covers(&self, path: &Path) -> bool {
        let pattern = self.path.to_str().filter(|path| path.contains('*'));
        match (pattern, path.to_str()) {
            (Some(pattern), Some(path)) => is_path(pattern, path),
            _ => path.starts_with(handoff_files::canonical(&self.path)),
        }
    }
}

/// Where the lists of paths of the sandbox, and the permission rules that count for it too, are read.
struct Lists<'a> {
    settings: &'a Settings,
    home: &'a Path,
    project: &'a Path,
}

impl<'a> Lists<'a> {
    /// What commands may write to. Claude Code does not honour a path that has a symbolic link in it, and this does not
    /// work out which files a pattern opens.
    fn open(&self) -> Vec<Entry<'a>> {
        let mut entries =
            self.entries("/sandbox/filesystem/allowWrite", Some(("/permissions/allow", "Edit(")));
        entries.retain(|entry| handoff_files::canonical(&entry.path) == entry.path);
        entries
    }

    /// What commands may not write to, whatever else is open.
    fn closed(&self) -> Vec<Entry<'a>> {
        self.entries("/sandbox/filesystem/denyWrite", Some(("/permissions/deny", "Edit(")))
    }

    /// What commands may not read.
    fn hidden(&self) -> Vec<Entry<'a>> {
        self.entries("/sandbox/filesystem/denyRead", Some(("/permissions/deny", "Read(")))
    }

    /// What commands may read in what is hidden.
    fn shown(&self) -> Vec<Entry<'a>> {
        self.entries("/sandbox/filesystem/allowRead", None)
    }

    /// The entries of a list of paths, and of the rules of a list for one tool.
    fn entries(&self, list: &'a str, rules: Option<(&'a str, &str)>) -> Vec<Entry<'a>> {
        let mut entries = Vec::new();
        for (source, text) in self.settings.strings(list) {
            let path = listed(text, source, self.home);
            entries.extend(path.map(|path| Entry { source, text: format!("\"{}\"", quoted(text)), path }));
        }
        let Some((rules, tool)) = rules else { return entries };
        for (source, rule) in self.settings.strings(rules) {
            let text = rule.strip_prefix(tool).and_then(|rest| rest.strip_suffix(')'));
            let text = text.map(|text| text.strip_suffix("/**").unwrap_or(text));
            let path = text.and_then(|text| pattern(text, source, self.home, self.project));
            entries.extend(path.map(|path| Entry { source, text: quoted(rule), path: path.into() }));
        }
        entries
    }
}
