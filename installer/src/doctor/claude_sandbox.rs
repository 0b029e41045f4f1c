//! May a command in Claude Code's sandbox write to the store, and to nothing that must be trusted?

use std::path::{Component, Path, PathBuf};

use super::Patient;
use super::settings::{Settings, Source};
use crate::agent::Agent;

impl Patient<'_> {
    /// Looks where the sandbox is on, in the settings as `project` merges them.
    pub(super) fn claude_sandbox(&mut self, settings: &Settings) {
        let Some(by) = settings.is_on("/sandbox/enabled") else { return };
        if settings.is_on("/sandbox/filesystem/disabled").is_some() {
            return;
        }
        let on_by = self.places.short(&by.path);
        let store = handoff_files::canonical(&self.places.store);
        let shown = self.places.short(&store);
        let home = &self.places.home;
        let denied = closed(settings, home).into_iter().find(|entry| store.starts_with(&entry.path));
        let open = open(settings, home);
        if let Some(entry) = denied {
            let file = self.places.short(&entry.source.path);
            self.problem(
                format!("its sandbox, on by {on_by}, may not write to {shown}: {file} denies {}", entry.text),
                self.editor(&entry.source.path, None, &format!("take {} out of what is denied", entry.text)),
            );
        } else if open.iter().any(|entry| store.starts_with(&entry.path)) {
            self.well(format!("its sandbox may write to {shown}"));
        } else {
            let mend = match self.manifest.agents.contains(&Agent::Claude) {
                true => self.again("install --only claude"),
                false => self.editor(
                    &self.places.claude.join("settings.json"),
                    None,
                    &format!(
                        "put \"{}\" into sandbox.filesystem.allowWrite",
                        handoff_text::Sanitised::path(&store)
                    ),
                ),
            };
            self.problem(
                format!("its sandbox, on by {on_by}, may not write to {shown}: no handoff can be left or archived in it"),
                mend,
            );
        }
        self.trusted_is_closed(settings, &open);
    }

    /// A command that may write to the state directory can make itself keys and allowances.
    fn trusted_is_closed(&mut self, settings: &Settings, open: &[Entry<'_>]) {
        let state = handoff_files::canonical(self.places.state.path());
        if closed(settings, &self.places.home).iter().any(|entry| state.starts_with(&entry.path)) {
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

/// A path that a settings file opens or closes.
struct Entry<'a> {
    source: &'a Source,
    /// As it is written.
    text: String,
    /// Absolute.
    path: PathBuf,
}

/// What commands may write to. Claude Code does not honour a path that has a symbolic link in it.
fn open<'a>(settings: &'a Settings, home: &Path) -> Vec<Entry<'a>> {
    let mut entries = entries(settings, ["/sandbox/filesystem/allowWrite", "/permissions/allow"], home);
    entries.retain(|entry| handoff_files::canonical(&entry.path) == entry.path);
    entries
}

/// What commands may not write to, whatever else is open.
fn closed<'a>(settings: &'a Settings, home: &Path) -> Vec<Entry<'a>> {
    let mut entries = entries(settings, ["/sandbox/filesystem/denyWrite", "/permissions/deny"], home);
    for entry in &mut entries {
        entry.path = handoff_files::canonical(&entry.path);
    }
    entries
}

/// The entries of a list of paths, and of one of permission rules.
fn entries<'a>(settings: &'a Settings, [list, rules]: [&'a str; 2], home: &Path) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    for (source, text) in settings.strings(list) {
        let path = absolute(text, source, home, false);
        entries.extend(path.map(|path| Entry { source, text: format!("\"{text}\""), path }));
    }
    for (source, rule) in settings.strings(rules) {
        let text = rule.strip_prefix("Edit(").and_then(|rest| rest.strip_suffix(')'));
        let path =
            text.and_then(|text| absolute(text.strip_suffix("/**").unwrap_or(text), source, home, true));
        entries.extend(path.map(|path| Entry { source, text: rule.to_owned(), path }));
    }
    entries
}

/// The path that `text` stands for; `None` for a pattern, which opens and closes no directory of ours. In a permission
/// rule `//` begins an absolute path and `/` one below the directory of the settings.
fn absolute(text: &str, source: &Source, home: &Path, is_rule: bool) -> Option<PathBuf> {
    if text.contains(['*', '?', '[']) {
        return None;
    }
    let base = source.path.parent()?;
    let joined = match (text.strip_prefix('~'), text.strip_prefix("//")) {
        (Some(""), _) => home.to_owned(),
        (Some(rest), _) => home.join(rest.strip_prefix('/')?),
        (_, Some(rest)) => Path::new("/").join(rest),
        _ if is_rule => base.join(text.trim_start_matches('/')),
        _ => base.join(text),
    };
    let mut path = PathBuf::new();
    for part in joined.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    Some(path)
}
