//! Will Codex see what waits, and may it take it?

use handoff_wiring::Roots;

use super::Diagnosis;
use super::claude::is_ours;
use crate::agent::Agent;
use crate::piece::{BLOCK, Looks, Piece, is_blank, owner, told};
use crate::trust;

/// Said only after its app-server was asked, so `codex` is there.
const ENABLE: &str = "codex   # then /hooks, and enable it";

/// From how many bytes of instructions on Codex warns.
const INSTRUCTIONS: usize = 32 << 10;

impl Diagnosis<'_> {
    pub(super) fn codex(&mut self) {
        self.area = "Codex";
        let config = Piece::Sandbox(self.places.clone(), Vec::new()).path();
        let read = self.read(&config);
        let is_read = read.is_ok();
        let config_text = read.ok().flatten().unwrap_or_default();
        let plugins = Roots::tables(&config_text, "plugins").unwrap_or_default();
        let has_plugin = plugins.iter().any(|name| is_ours(name));
        if !self.manifest.agents.contains(&Agent::Codex) {
            self.not_wired(Agent::Codex, has_plugin);
            if has_plugin {
                self.plugin_hook();
                self.command_environment(&config_text, &config);
                let store = handoff_text::Sanitised::path(&self.places.store);
                let fix = format!("put \"{store}\" into writable_roots of [sandbox_workspace_write]");
                self.sandbox(&config_text, self.editor(&config, None, &fix));
            }
            return;
        }
        self.wired_twice(Agent::Codex);
        self.instructions();
        if is_read {
            self.sandbox(&config_text, self.again("install --only codex"));
        }
        self.codex_hook();
        self.codex_switches();
        if has_plugin {
            self.problem(
                "the plugin is installed too (a handoff is shown once all the same)",
                self.agent_command(
                    Agent::Codex,
                    "codex plugin remove agent-handoff@agent-handoff",
                    &self.editor(&config, None, "take [plugins.\"agent-handoff@agent-handoff\"] out"),
                ),
            );
        }
        self.skills(Agent::Codex);
        self.old_link(&self.places.codex.join("plugins/agent-handoff"));
    }

    fn instructions(&mut self) {
        let piece = Piece::instructions(self.places, self.manifest.looks());
        let path = piece.path();
        let shown = self.places.short(&path);
        let fix = self.again("install --only codex");
        let Ok(text) = self.read(&path) else { return };
        let text = text.unwrap_or_default();
        match BLOCK.find(&text) {
            Err(error) => self.malformed(&path, &error),
            Ok(None) => self.problem(format!("{shown} does not tell Codex to look for handoffs"), fix),
            Ok(Some(range)) => {
                let block = text[range].replace("\r\n", "\n");
                let says = |looks| block.contains(&told(self.places, looks));
                match self.manifest.looks() {
                    Looks::Hook if says(Looks::Hook) => {
                        self.well(format!("{shown} leaves looking for handoffs to the hook"));
                    }
                    Looks::Agent if says(Looks::Agent) => {
                        self.well(format!("{shown} tells Codex to look for handoffs"));
                    }
                    _ => self.problem(format!("{shown} tells Codex what another version said"), fix),
                }
            }
        }
        if text.len() > INSTRUCTIONS {
            let size = text.len();
            self.note(format!(
                "{shown} has {size} bytes: Codex reads it whole, and warns in every session that it is long"
            ));
        }
    }

    /// Whether the sandbox lets the agent write to the store. Where permissions come from a profile, Codex passes over
    /// the writable roots without a word.
    fn sandbox(&mut self, config: &str, fix: String) {
        let piece = Piece::Sandbox(self.places.clone(), Vec::new());
        let store = self.places.short(&self.places.store);
        match piece.is_in(config) {
            Err(error) => return self.malformed(&piece.path(), &error),
            Ok(false) => self.problem(format!("the sandbox may not write to {store}"), fix),
            Ok(true) if !handoff_files::is_directory(&self.places.store) => {
                self.problem(format!("the sandbox may not write to {store}, which is not there"), fix);
            }
            Ok(true) => match Roots::setting(config, &["default_permissions"]).ok().flatten() {
                Some(profile) => self.profile(config, &profile),
                None => self.well(format!("the sandbox may write to {store}")),
            },
        }
        if Roots::setting(config, &["sandbox_mode"]) == Ok(Some("read-only".to_owned())) {
            self.note(
                "sandbox_mode is read-only: handoffs are shown and stay unread, and none can be written",
            );
        }
    }

    fn profile(&mut self, config: &str, profile: &str) {
        let store = handoff_text::Sanitised::path(&self.places.store).to_string();
        let granted = Roots::setting(config, &["permissions", profile, "filesystem", &store]);
        if granted == Ok(Some("write".to_owned())) {
            return self.well(format!(
                "the permission profile `{profile}` lets it write to {}",
                self.places.short(&self.places.store)
            ));
        }
        let fix = format!(
            "put \"{store}\" = \"write\" under [permissions.NAME.filesystem] of the profile that is the default"
        );
        self.problem(
            format!(
                "default_permissions = \"{profile}\" in config.toml makes Codex pass over the sandbox's writable roots, so it may not write to {}",
                self.places.short(&self.places.store)
            ),
            self.editor(&self.places.codex.join("config.toml"), None, &fix),
        );
    }

    /// The plugin's hook, which is all that shows handoffs where nothing else is wired.
    fn plugin_hook(&mut self) {
        if self.hooks_are_off() {
            return;
        }
        if !self.thorough {
            return self.note("whether it trusts the plugin's hook was not asked of its app-server: --quick");
        }
        let hooks = match self.codex_hooks() {
            Ok(hooks) => hooks,
            Err(why) => {
                return self.note(format!(
                    "whether it trusts the plugin's hook could not be asked of its app-server: {why}"
                ));
            }
        };
        let ours = || hooks.iter().filter(|hook| is_ours(&hook.key));
        if ours().any(|hook| !hook.enabled) {
            self.problem("the plugin's hook was disabled in Codex", ENABLE);
        }
        if let Some(hook) = ours().find(|hook| !hook.trust.is_given()) {
            self.problem(
                format!("the plugin's hook is {}, so Codex passes it over in silence", hook.trust),
                "codex   # and choose \"Trust all and continue\"",
            );
        }
    }

    fn codex_hook(&mut self) {
        let piece = Piece::CodexHook(self.places.clone());
        let path = piece.path();
        let Ok(text) = self.read(&path) else { return };
        let text = text.filter(|text| !is_blank(text));
        let owns = owner(self.places);
        let found = match text.as_deref().map(|text| piece.hooks(&owns).find(text)).transpose() {
            Ok(found) => found.unwrap_or_default(),
            Err(error) => return self.malformed(&path, &error),
        };
        if found.is_empty() && !self.manifest.codex_hook {
            return;
        }
        self.handlers(&piece, &found);
        if self.hooks_are_off() {
            return;
        }
        if !self.thorough {
            return self.note("whether it trusts the hook was not asked of its app-server: --quick");
        }
        let fix = self.again("install --only codex --trust-codex-hook");
        match self.codex_hooks().as_ref().map(|hooks| trust::session_start(hooks, self.places)) {
            Err(why) => {
                self.note(format!("whether it trusts the hook could not be asked of its app-server: {why}"))
            }
            Ok(None) => self.problem("its app-server does not list the hook", fix),
            Ok(Some(hook)) if !hook.enabled => {
                self.problem("the hook was disabled in Codex", ENABLE);
            }
            Ok(Some(hook)) if hook.trust.is_given() => {
                self.well("its app-server says that it trusts the hook");
                if self.manifest.looks() == Looks::Agent {
                    self.note(format!(
                        "each session spends a command on looking for handoffs all the same; to leave it to the hook: {fix}"
                    ));
                }
            }
            Ok(Some(hook)) => self.problem(
                format!(
                    "the hook is {} as its app-server says, so Codex passes it over in silence",
                    hook.trust
                ),
                fix,
            ),
        }
    }
}
