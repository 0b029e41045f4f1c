//! Is a host wired as it is to be, and does what is wired work?

use std::path::Path;

use handoff_agents::{HookSwitches, SandboxList, SessionHook, SettingsRules, Wirable};
use handoff_edits::MAX_FILE_BYTES;
use handoff_process::{Environment, quoted};
use handoff_wiring::{Call, Found, Handler, Run};

use super::Diagnosis;
use crate::fragment::{BLOCK, Looks, hook as hook_of, instructions_text, owner};
use crate::hosts::{self, Placed, hook_file};
use crate::manifest::is_hash_of;
use crate::own_file;
use crate::planner::is_old_link;

impl Diagnosis<'_> {
    /// Begins to look at a host.
    pub(super) fn look_at(&mut self, host: Wirable) {
        self.area = host.name;
        self.host = Some(host);
    }

    pub(super) fn host(&mut self, host: Wirable) {
        self.look_at(host);
        let here = Environment::working_directory().unwrap_or_default();
        let plugin = self.plugin_removal(host);
        if !self.manifest.agents.contains(host) {
            self.not_wired(host, plugin.is_some());
            if plugin.is_some() {
                self.plugin_alone(host, &here);
            }
            return;
        }
        self.wired_twice(host);
        self.instructions(host);
        if let Some(SandboxList::WritableRoots(file)) = host.wiring.sandbox {
            let config = self.places.directory(host).join(file);
            if let Ok(text) = self.read(&config) {
                self.writable_roots(&config, &text.unwrap_or_default(), self.install_again(host));
            }
        }
        self.session_hook(host);
        self.switches(host, &here, false);
        if let Some(removal) = plugin {
            self.plugin_too(host, &removal);
        }
        self.skills(host);
        for link in host.wiring.former_links {
            self.old_link(&self.places.directory(host).join(link));
        }
    }

    /// The command that removes our plugin, where its settings have that on.
    fn plugin_removal(&mut self, host: Wirable) -> Option<String> {
        let plugin = host.wiring.plugin?;
        let text = self.read(&self.places.directory(host).join(plugin.list.file())).ok()?;
        hosts::plugin_removal(plugin, &text?)
    }

    /// What keeps the plugin from working where nothing else is wired.
    fn plugin_alone(&mut self, host: Wirable, here: &Path) {
        match host.wiring.settings {
            SettingsRules::Codex => self.codex_plugin(),
            _ => self.switches(host, here, true),
        }
    }

    /// The plugin beside what is wired.
    fn plugin_too(&mut self, host: Wirable, removal: &str) {
        let Some(plugin) = host.wiring.plugin else { return };
        let twice = if host.wiring.hook.on_request() { "" } else { ": each session starts the hook twice" };
        let file = self.places.directory(host).join(plugin.list.file());
        let by_hand = || self.editor(&file, None, "take [plugins.\"agent-handoff@agent-handoff\"] out");
        let by_hand = plugin.by_hand.map_or_else(by_hand, str::to_owned);
        self.problem(
            format!("the plugin is installed too{twice} (a handoff is shown once all the same)"),
            self.host_command(host, removal, &by_hand),
        );
    }

    /// What in its settings, as a session in `project` has them, keeps what is wired from working.
    pub(super) fn switches(&mut self, host: Wirable, project: &Path, is_plugin: bool) {
        match host.wiring.settings {
            SettingsRules::ClaudeCode => self.claude_switches(host, project, is_plugin),
            SettingsRules::Codex => self.codex_switches(),
            SettingsRules::Hooks(switches) => self.hook_switches(host, switches),
            SettingsRules::Variable(name) => self.variable_switch(host, name),
            SettingsRules::Unknown => {}
        }
    }

    /// What in the environment of this shell keeps a host that is started from it from running the hook.
    fn variable_switch(&mut self, host: Wirable, name: &str) {
        let value = Environment::variable(name).unwrap_or_default();
        if value == "1" || value.eq_ignore_ascii_case("true") {
            let text = format!(
                "{name} is set in this shell: {} does not run the hook when started from it",
                host.name
            );
            self.problem(text, format!("unset {name}   # here, and in what sets it"));
        }
    }

    /// What in a file of its settings keeps the host from running the hook.
    fn hook_switches(&mut self, host: Wirable, HookSwitches { file, all, off, some }: &HookSwitches) {
        let path = self.places.directory(host).join(file);
        let Ok(Some(text)) = self.read(&path) else { return };
        let shown = self.places.short(&path);
        let is_off = handoff_wiring::flag(&text, all) == Ok(Some(*off));
        if is_off {
            let name = all.join(".");
            let fix = self.editor(&path, None, &format!("take {name} out"));
            self.problem(format!("{shown} turns hooks off: {name} is {off}"), fix);
        }
        let owns = owner(self.places);
        let is_ours = |command: &String| Call::of(command).is_some_and(|call| owns(&call));
        if handoff_wiring::strings(&text, some).unwrap_or_default().iter().any(is_ours) {
            let name = some.join(".");
            let fix = self.editor(&path, None, &format!("take it out of {name}"));
            self.problem(format!("{shown} switches the hook off: {name} names it"), fix);
        }
    }

    /// The file of ours that has a host run the hook.
    fn own_hook(&mut self, file: &Placed, host: Wirable) {
        let (path, shown) = (&file.path, self.places.short(&file.path));
        let fix = self.install_again(host);
        if self.is_obstructed(path, &mut Vec::new()) {
            return;
        }
        let content = match handoff_files::read_file(path, MAX_FILE_BYTES) {
            Ok(content) => content,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return self.problem(format!("{shown} is missing"), fix);
            }
            Err(error) => return self.unreadable(path, &error),
        };
        let recorded = self.manifest.files.get(path);
        if content == file.text.as_bytes() {
            self.well(format!("{shown} has the hook"));
        } else if recorded.is_some_and(|recorded| is_hash_of(recorded, &content)) {
            self.problem(format!("{shown} is of another version"), fix);
        } else if own_file::runs(&content, self.places) {
            self.note(format!("{shown} was changed after it was installed; it names the hook"));
        } else {
            let old = quoted(&path.with_added_extension("old"));
            self.problem(
                format!("{shown} is not ours: it does not run the hook of this installation"),
                format!("mv {} {old} && {fix}", quoted(path)),
            );
        }
    }

    /// Its SessionStart hook. One that is wired on request may be missing.
    fn session_hook(&mut self, host: Wirable) {
        if let Some(file) = own_file::of(host, self.places) {
            return self.own_hook(&file, host);
        }
        let Some(hook) = host.wiring.hook.shared() else { return };
        let path = hook_file(host, self.places);
        let Ok(text) = self.read(&path) else { return };
        let text = text.unwrap_or_default();
        let owns = owner(self.places);
        let wanted = hook_of(host, hook, self.places, &owns);
        let found = match wanted.find(&text) {
            Ok(found) => found,
            Err(error) => return self.malformed(&path, &error),
        };
        if found.is_empty() && hook.on_request && !self.manifest.hook_on_request {
            return;
        }
        self.handlers(host, hook, &wanted.handler, &found);
        if let Some(letters) = &host.wiring.letters {
            let wanted = hook_of(host, letters, self.places, &owns);
            let found = wanted.find(&text).unwrap_or_default();
            self.handlers(host, letters, &wanted.handler, &found);
        }
        if hook.trusted_by_place {
            self.codex_trust();
        }
    }

    /// Whether its instructions have the agent look for handoffs, or leave that to the hook.
    fn instructions(&mut self, host: Wirable) {
        let Some(file) = hosts::instructions(host, self.places, self.manifest.looks()) else { return };
        let (name, path) = (host.name, file.path);
        let shown = self.places.short(&path);
        let fix = self.install_again(host);
        let Ok(text) = self.read(&path) else { return };
        let text = text.unwrap_or_default();
        match BLOCK.find(&text) {
            Err(error) => self.malformed(&path, &error),
            Ok(None) => self.problem(format!("{shown} does not tell {name} to look for handoffs"), fix),
            Ok(Some(range)) => {
                let block = text[range].replace("\r\n", "\n");
                let says = |looks| block.contains(&instructions_text(self.places, looks));
                match self.manifest.looks() {
                    Looks::Hook if says(Looks::Hook) => {
                        self.well(format!("{shown} leaves looking for handoffs to the hook"));
                    }
                    Looks::Agent if says(Looks::Agent) => {
                        self.well(format!("{shown} tells {name} to look for handoffs"));
                    }
                    _ => self.problem(format!("{shown} tells {name} what another version said"), fix),
                }
            }
        }
        let warns_from = host.wiring.instructions.and_then(|instructions| instructions.warns_from);
        if warns_from.is_some_and(|limit| text.len() > limit) {
            let size = text.len();
            self.note(format!(
                "{shown} has {size} bytes: {name} reads it whole, and warns in every session that it is long"
            ));
        }
    }

    /// What of ours stands in a file of hooks: exactly one, where the host looks, and it can run.
    fn handlers(&mut self, host: Wirable, hook: &SessionHook, handler: &Handler, found: &[Found]) {
        let shown = self.places.short(&hook_file(host, self.places));
        let fix = self.install_again(host);
        let wanted = match &handler.run {
            Run::Exec(program, _) => program,
            Run::Shell(command) => command,
        };
        match found {
            [] if hook.in_background => {
                self.problem(format!("{shown} has no hook that tells a running session of letters"), fix);
            }
            [] => self.problem(format!("{shown} has no hook of ours"), fix),
            [one] if !one.is_run => {
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
                if self.is_run(host, hook, one) && !hook.in_background {
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

    /// A link that the bash program's installer left.
    fn old_link(&mut self, path: &Path) {
        if handoff_files::link_target(path).is_some_and(|target| is_old_link(path, &target)) {
            let shown = self.places.short(path);
            self.problem(format!("{shown} is of agent-handoff's bash program"), self.again("install"));
        }
    }
}
