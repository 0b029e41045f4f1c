//! What in Codex's `config.toml` switches off a skill, a hook, or what the commands of an agent need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handoff_edits::MAX_FILE_BYTES;
use handoff_text::Sanitised;
use handoff_wiring::Roots;

use super::glob::is_text;
use super::{Diagnosis, quoted};
use crate::codex::{self, HOST};
use crate::hosts;

/// Where the environment of commands is set.
const POLICY: &str = "shell_environment_policy";

impl Diagnosis<'_> {
    /// What in `config.toml` keeps what is wired from working; the hooks apart, for Codex's own word on them.
    pub(super) fn codex_switches(&mut self) {
        let config = codex::config(self.places);
        let file = handoff_files::Foreign::read(&config, MAX_FILE_BYTES).ok();
        let text =
            file.as_ref().and_then(|file| handoff_wiring::text(file.content()?).ok()).unwrap_or_default();
        self.disabled_skills(text, &config);
        self.command_environment(text, &config);
        if self.manifest.hook_on_request {
            self.hooks_are_off();
        }
    }

    /// The skills that the user's `[[skills.config]]` switches off: the last entry that names a skill decides.
    fn disabled_skills(&mut self, text: &str, config: &Path) {
        let entries = Roots::entries(text, &["skills", "config"]).unwrap_or_default();
        if entries.is_empty() {
            return;
        }
        for file in hosts::placed(HOST, self.places, self.manifest) {
            let Some(name) = file.name.strip_suffix("/SKILL.md") else { continue };
            if !self.manifest.files.contains_key(&file.path) {
                continue;
            }
            let names_it = |entry: &&BTreeMap<String, String>| {
                match (entry.get("name"), entry.get("path")) {
                    (Some(entry), None) => entry == name,
                    (None, Some(path)) => self.is_path_of(path, &file.path),
                    // Codex passes over one with both, and one with neither.
                    _ => false,
                }
            };
            let Some(last) = entries.iter().rfind(names_it) else { continue };
            if last.get("enabled").is_some_and(|enabled| enabled == "false") {
                let by = if last.contains_key("name") { "name" } else { "path" };
                let value = quoted(&last[by]);
                let fix = self.editor(
                    config,
                    None,
                    &format!("take the entry of [[skills.config]] with {by} = \"{value}\" out"),
                );
                let shown = self.places.short(config);
                self.problem(
                    format!(
                        "{shown} switches the skill {name} off, so ${name} is passed over: [[skills.config]] has {by} = \"{value}\" \
                         with enabled = false"
                    ),
                    fix,
                );
            }
        }
    }

    /// Whether a path of the settings, absolute, below `~` or below Codex's directory, is that of the file `ours`.
    fn is_path_of(&self, path: &str, ours: &Path) -> bool {
        let absolute = match path.strip_prefix("~/") {
            Some(below) => self.places.home.join(below),
            None => self.places.directory(HOST).join(path),
        };
        handoff_files::canonical(&absolute) == handoff_files::canonical(ours)
    }

    /// Whether hooks are switched off as a whole, which is said.
    pub(super) fn hooks_are_off(&mut self) -> bool {
        if !codex::hooks_are_off(self.places) {
            return false;
        }
        let config = codex::config(self.places);
        let text = "config.toml turns hooks off: [features] hooks = false";
        // The hooks that show handoffs and those that save the work are off by one line.
        if !self.findings.iter().any(|finding| finding.text == text) {
            let fix = self.host_command(
                HOST,
                "codex features enable hooks",
                &self.editor(&config, None, "take hooks = false out of [features]"),
            );
            self.problem(text, fix);
        }
        true
    }

    /// What the settings give the commands that the agent runs, `inbox read` among them, as their environment.
    pub(super) fn command_environment(&mut self, text: &str, config: &Path) {
        let policy = Policy { text };
        if policy.set("AGENT_HANDOFF_SKIP").is_some() {
            self.problem(
                "config.toml has the instructions' command take nothing: AGENT_HANDOFF_SKIP in [shell_environment_policy]",
                self.editor(config, None, "take AGENT_HANDOFF_SKIP out"),
            );
        }
        let environment = self.environment;
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let root = policy.given("AGENT_HANDOFF_ROOT", path(&environment.root));
        let home = policy.given("HOME", path(&environment.home));
        let shown = self.places.short(config);
        let store = match (root, home) {
            (Some(root), _) => PathBuf::from(root),
            (None, Some(home)) => Path::new(&home).join(".agent-handoffs"),
            (None, None) => {
                let fix = "put HOME into set of [shell_environment_policy], or take out what keeps it back";
                return self.problem(
                    format!(
                        "{shown} keeps HOME from the commands that Codex runs, so they find no store, and no handoff can be left \
                         or read: [{POLICY}]"
                    ),
                    self.editor(config, None, fix),
                );
            }
        };
        if handoff_files::canonical(&store) != handoff_files::canonical(&self.places.store) {
            let ours = Sanitised::path(&self.places.store).to_string();
            let fix = format!("put AGENT_HANDOFF_ROOT = \"{ours}\" into set of [{POLICY}]");
            self.problem(
                format!(
                    "{shown} gives the commands that Codex runs another store than this shell has, {}: [{POLICY}]",
                    Sanitised::path(&store)
                ),
                self.editor(config, None, &fix),
            );
        }
    }
}

/// `[shell_environment_policy]`: which variables of Codex's own environment its commands are given.
struct Policy<'a> {
    text: &'a str,
}

impl Policy<'_> {
    fn setting(&self, keys: &[&str]) -> Option<String> {
        Roots::setting(self.text, &[&[POLICY], keys].concat()).ok().flatten()
    }

    /// The value that `set` gives the variable.
    fn set(&self, name: &str) -> Option<String> {
        self.setting(&["set", name]).filter(|value| !value.is_empty())
    }

    /// Whether a pattern of the list matches the variable.
    fn names(&self, list: &str, name: &str) -> Option<bool> {
        let patterns = Roots::strings(self.text, &[POLICY, list]).unwrap_or_default();
        let is_it = |pattern: &String| is_text(&pattern.to_lowercase(), &name.to_lowercase(), true);
        (!patterns.is_empty()).then(|| patterns.iter().any(is_it))
    }

    /// The value of the variable `name` in a command, where Codex itself has `own`.
    fn given(&self, name: &str, own: Option<String>) -> Option<String> {
        let is_inherited = match self.setting(&["inherit"]).as_deref() {
            Some("none") => false,
            // Of ours, HOME alone is one of those.
            Some("core") => name == "HOME",
            _ => true,
        };
        let inherited = own.filter(|_| is_inherited && self.names("exclude", name) != Some(true));
        let value = self.set(name).or(inherited);
        value.filter(|_| self.names("include_only", name) != Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::Policy;

    #[test]
    fn a_policy_gives_what_codex_was_seen_to_give() {
        let given = |text: &str, name: &str| {
            let text = format!("[shell_environment_policy]\n{text}");
            Policy { text: &text }.given(name, Some("own".to_owned()))
        };
        let own = Some("own".to_owned());
        for text in
            ["", "inherit = \"all\"", "inherit = \"core\"", "exclude = [\"FOO\"]", "include_only = [\"ho*\"]"]
        {
            assert_eq!(given(text, "HOME"), own, "{text}");
        }
        for text in
            ["inherit = \"none\"", "exclude = [\"HO?E\"]", "exclude = [\"*\"]", "include_only = [\"PATH\"]"]
        {
            assert_eq!(given(text, "HOME"), None, "{text}");
        }
        for text in ["inherit = \"none\"", "exclude = [\"AGENT*\"]", ""] {
            let text = format!("{text}\nset = {{ AGENT_HANDOFF_ROOT = \"/s\" }}");
            assert_eq!(given(&text, "AGENT_HANDOFF_ROOT").as_deref(), Some("/s"), "{text}");
        }
        assert_eq!(given("inherit = \"core\"", "AGENT_HANDOFF_ROOT"), None);
        assert_eq!(given("include_only = [\"PATH\"]\nset = { HOME = \"/s\" }", "HOME"), None);
    }
}
