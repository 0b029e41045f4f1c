//! What of Codex alone says whether it sees what waits, and may take it.

use std::path::Path;

use handoff_wiring::Roots;

use super::Diagnosis;
use crate::codex::{self, HOST};
use crate::fragment::{Fragment, HostFile, Looks};
use crate::hosts::is_our_plugin;

/// Said only after its app-server was asked, so `codex` is there.
const ENABLE: &str = "codex   # then /hooks, and enable it";

impl Diagnosis<'_> {
    /// The plugin where nothing else is wired.
    pub(super) fn codex_plugin(&mut self) {
        let config = codex::config(self.places);
        let text = self.read(&config).ok().flatten().unwrap_or_default();
        self.plugin_hook();
        self.command_environment(&text, &config);
        let store = handoff_text::Sanitised::path(&self.places.store);
        let fix = format!("put \"{store}\" into writable_roots of [sandbox_workspace_write]");
        self.writable_roots(&config, &text, self.editor(&config, None, &fix));
    }

    /// Whether the sandbox lets the agent write to the store. Where permissions come from a profile, Codex passes over
    /// the writable roots without a word.
    pub(super) fn writable_roots(&mut self, path: &Path, config: &str, fix: String) {
        let file = HostFile::new(self.places, path.to_owned(), vec![Fragment::WritableRoots]);
        let store = self.places.short(&self.places.store);
        match file.is_in(config) {
            Err(error) => return self.malformed(path, &error),
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
            self.editor(&codex::config(self.places), None, &fix),
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
        let ours = || hooks.iter().filter(|hook| is_our_plugin(&hook.key));
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

    /// Whether Codex runs the hook that stands in its file.
    pub(super) fn codex_trust(&mut self) {
        if self.hooks_are_off() {
            return;
        }
        if !self.thorough {
            return self.note("whether it trusts the hook was not asked of its app-server: --quick");
        }
        let fix = self.again("install --only codex --trust-codex-hook");
        match self.codex_hooks().as_ref().map(|hooks| codex::session_start(hooks, self.places)) {
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

    /// Whether Codex runs the hooks that save the work, which it does not before the user trusts each.
    pub(super) fn capture_trust(&mut self) {
        if self.hooks_are_off() {
            return;
        }
        if !self.thorough {
            return self.note("whether Codex trusts these hooks was not asked of its app-server: --quick");
        }
        let hooks = match self.codex_hooks() {
            Ok(hooks) => codex::saving(&hooks, self.places),
            Err(why) => {
                return self.note(format!("whether Codex trusts these hooks could not be asked: {why}"));
            }
        };
        let idle = hooks.iter().filter(|hook| !hook.runs()).count();
        if idle > 0 {
            let fix = if self.manifest.agents.contains(HOST) {
                self.again("install --only codex --trust-codex-hook")
            } else {
                // That would wire an agent that was left out.
                "codex   # and choose \"Trust all and continue\"".to_owned()
            };
            self.problem(
                format!("{idle} of these hooks are not trusted, so Codex passes them over in silence"),
                fix,
            );
        }
    }
}
