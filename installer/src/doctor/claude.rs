//! Will Claude Code run the hook?

use std::path::Path;

use handoff_process::Environment;
use handoff_wiring::{Found, Run, Standing};
use serde_json::Value;

use super::settings::{Scope, Settings, Source, Unusable};
use super::{Diagnosis, quoted};
use crate::agent::Agent;
use crate::piece::{Piece, is_blank, owner};
use crate::planner::is_old_link;

impl Diagnosis<'_> {
    pub(super) fn claude(&mut self) {
        self.area = "Claude Code";
        let piece = Piece::ClaudeHook(self.places.clone());
        let path = piece.path();
        let read = self.read(&path);
        let is_read = read.is_ok();
        let text = read.ok().flatten().unwrap_or_default();
        let plugins = handoff_wiring::enabled(&text, "enabledPlugins").unwrap_or_default();
        let has_plugin = plugins.iter().any(|name| is_ours(name));
        let here = Environment::working_directory().unwrap_or_default();
        let settings = Settings::of(self.places, &here);
        if !self.manifest.agents.contains(&Agent::Claude) {
            self.not_wired(Agent::Claude, has_plugin);
            if has_plugin {
                self.claude_switches(&settings, &here, true);
            }
            return;
        }
        self.wired_twice(Agent::Claude);
        let owns = owner(self.places);
        let hooks = piece.hooks(&owns);
        match hooks.find(if is_blank(&text) { "{}" } else { &text }) {
            _ if !is_read => {}
            Ok(found) => self.handlers(&piece, &found),
            Err(error) => self.malformed(&path, &error),
        }
        self.claude_switches(&settings, &here, false);
        if has_plugin {
            self.problem(
                "the plugin is installed too: each session starts the hook twice (a handoff is shown once all the same)",
                self.agent_command(
                    Agent::Claude,
                    "claude plugin uninstall agent-handoff",
                    "remove the plugin agent-handoff in Claude Code: /plugin",
                ),
            );
        }
        self.skills(Agent::Claude);
        self.old_link(&self.places.claude.join("skills/handoff"));
    }

    /// What in the settings, as a session in `project` merges them, keeps what is wired from working.
    pub(super) fn claude_switches(&mut self, settings: &Settings, project: &Path, is_plugin: bool) {
        self.switched_off(settings, is_plugin);
        self.claude_rules(settings, project);
        self.claude_sandbox(settings, project);
    }

    /// What of ours stands in a file of hooks: exactly one, where the host looks, and it can run.
    pub(super) fn handlers(&mut self, piece: &Piece, found: &[Found]) {
        let shown = self.places.short(&piece.path());
        let agent = if matches!(piece, Piece::ClaudeHook(_)) { "claude" } else { "codex" };
        let fix = self.again(&format!("install --only {agent}"));
        let handler = piece.handler(self.places);
        let wanted = match &handler.run {
            Run::Exec(program, _) => program,
            Run::Shell(command) => command,
        };
        match found {
            [] => self.problem(format!("{shown} has no hook of ours"), fix),
            [one] if one.standing == Standing::TopLevel || one.standing == Standing::Flat => {
                self.problem(
                    format!("{shown} line {}: the hook stands where it is never run", one.line),
                    fix,
                );
            }
            [one] if one.command != *wanted => self.problem(
                format!("{shown} line {}: the hook runs another installation: {}", one.line, one.command),
                fix,
            ),
            [one] if !handler.is(one) => self
                .problem(format!("{shown} line {}: the hook has other arguments than ours", one.line), fix),
            [one] => {
                if self.is_run(piece, one) {
                    self.well(format!("{shown} has the hook"));
                }
            }
            many => {
                let lines: Vec<_> = many.iter().map(|one| one.line.to_string()).collect();
                self.problem(
                    format!("{shown} has the hook {} times: lines {}", many.len(), lines.join(", ")),
                    fix,
                );
            }
        }
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
            is_plugin && names.any(|(name, _)| is_ours(name))
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

    /// A link that the bash program's installer left.
    pub(super) fn old_link(&mut self, path: &Path) {
        if handoff_files::link_target(path).is_some_and(|target| is_old_link(path, &target)) {
            let shown = self.places.short(path);
            self.problem(format!("{shown} is of agent-handoff's bash program"), self.again("install"));
        }
    }
}

/// Whether a plugin, as `name@marketplace`, is ours.
pub(super) fn is_ours(plugin: &str) -> bool {
    plugin.split('@').next() == Some("agent-handoff")
}
