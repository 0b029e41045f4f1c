//! Will Claude Code run the hook?

use std::path::Path;

use handoff_agents::Wirable;
use serde_json::Value;

use super::settings::{Scope, Settings, Source, Unusable};
use super::{Diagnosis, quoted};
use crate::hosts::is_our_plugin;

impl Diagnosis<'_> {
    /// What in the settings, as a session in `project` merges them, keeps what is wired from working.
    pub(super) fn claude_switches(&mut self, host: Wirable, project: &Path, is_plugin: bool) {
        let settings = Settings::of(self.places.directory(host), project);
        self.switched_off(&settings, is_plugin);
        self.claude_rules(host, &settings, project);
        self.claude_sandbox(host, &settings, project);
    }

    /// What keeps Claude Code from running the hook, in the settings as it merges them in this directory. A plugin is
    /// not what is kept to plugins.
    fn switched_off(&mut self, settings: &Settings, is_plugin: bool) {
        self.unusable(settings);
        if let Some(source) = settings.is_on("/disableAllHooks") {
            self.turned_off(source, "turns the hook off: \"disableAllHooks\": true", "disableAllHooks");
        }
        self.hook_environment(settings);
        let managed = settings.managed();
        let ours_is_managed = || {
            let plugins = managed.get("enabledPlugins").and_then(Value::as_object);
            let mut names = plugins.into_iter().flatten().filter(|(_, on)| **on == Value::Bool(true));
            is_plugin && names.any(|(name, _)| is_our_plugin(name))
        };
        if managed.get("allowManagedHooksOnly") == Some(&Value::Bool(true))
            && !ours_is_managed()
            && let Some(source) = settings.managed_source("allowManagedHooksOnly")
        {
            let why = "lets no hooks run but those of managed settings: allowManagedHooksOnly";
            self.turned_off(source, why, "allowManagedHooksOnly");
        }
        let key = "strictPluginOnlyCustomization";
        let holds = match managed.get(key) {
            Some(Value::Array(kinds)) => kinds.contains(&Value::from("hooks")),
            value => value == Some(&Value::Bool(true)),
        };
        if holds
            && !is_plugin
            && let Some(source) = settings.managed_source(key)
        {
            let why = format!("lets no hooks run but those of plugins and managed settings: {key}");
            self.turned_off(source, &why, key);
        }
    }

    /// What the settings give the hook as its environment.
    fn hook_environment(&mut self, settings: &Settings) {
        let set = |name: &str| {
            let (source, value) = settings.get(&format!("/env/{name}"))?;
            Some((source, value.as_str().filter(|value| !value.is_empty())?))
        };
        // With either, it runs no hooks and knows no skills.
        for name in ["CLAUDE_CODE_SAFE_MODE", "CLAUDE_CODE_SIMPLE"] {
            if let Some((source, value)) = set(name)
                && ["1", "true", "yes", "on"].contains(&&*value.to_ascii_lowercase())
            {
                self.turned_off(
                    source,
                    &format!("turns the hook and the skills off: {name} in \"env\""),
                    name,
                );
            }
        }
        if let Some((source, _)) = set("AGENT_HANDOFF_SKIP") {
            let why = "has the hook take nothing: AGENT_HANDOFF_SKIP in \"env\"";
            self.turned_off(source, why, "AGENT_HANDOFF_SKIP");
        }
        if let Some((source, "off")) = set("AGENT_HANDOFF_UNATTENDED") {
            self.note(format!(
                "{} has sessions without a person (claude -p) be given nothing, not even the line that says what waits: \
                 AGENT_HANDOFF_UNATTENDED is off in \"env\"",
                self.places.short(&source.path)
            ));
        }
        if let Some((source, _)) = set("CLAUDE_CODE_SKIP_PROMPT_HISTORY") {
            self.note(format!(
                "{} has sessions keep no transcript, so what they are given stays unread: CLAUDE_CODE_SKIP_PROMPT_HISTORY in \
                 \"env\"",
                self.places.short(&source.path)
            ));
        }
        let directories = [
            ("AGENT_HANDOFF_ROOT", "store", self.places.store.clone()),
            (
                "XDG_STATE_HOME",
                "state directory",
                self.places.state.path().parent().unwrap_or(Path::new("/")).to_owned(),
            ),
        ];
        for (name, what, ours) in directories {
            if let Some((source, root)) = set(name)
                && Path::new(root) != ours
            {
                self.note(format!(
                    "{} gives its sessions another {what} than this shell has: {name} is {}",
                    self.places.short(&source.path),
                    quoted(root)
                ));
            }
        }
    }

    fn turned_off(&mut self, source: &Source, why: &str, switch: &str) {
        let shown = self.places.short(&source.path);
        let editor = self.editor(&source.path, None, &format!("take {switch} out"));
        self.problem(format!("{shown} {why}"), editor);
    }

    /// The settings files that Claude Code passes over, or that keep it from starting.
    fn unusable(&mut self, settings: &Settings) {
        for (scope, path, why) in &settings.unusable {
            let shown = self.places.short(path);
            let fix = self.editor(path, None, "");
            match (scope, why) {
                (Scope::User, Unusable::WrongType(_)) => self.problem(
                    format!("{shown}: {why}, so Claude Code passes over the file, and the hook in it"),
                    fix,
                ),
                // Said where the hook was looked for.
                (Scope::User, _) => {}
                // Not one of those that are for all to read.
                (Scope::Managed, Unusable::File(_)) => self.note(why.to_string()),
                (Scope::Managed, _) => self
                    .problem(format!("{shown} is broken, with which Claude Code does not start: {why}"), fix),
                (Scope::Project | Scope::Local, Unusable::File(_)) => {}
                (Scope::Project | Scope::Local, _) => {
                    self.note(format!("{shown}: {why}, so Claude Code passes over the file"));
                }
            }
        }
    }
}
