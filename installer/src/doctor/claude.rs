//! Will Claude Code run the hook?

use std::path::{Path, PathBuf};

use handoff_process::Environment;
use handoff_wiring::{Found, Run, Standing};

use super::Patient;
use crate::agent::Agent;
use crate::piece::{Piece, is_blank, owner};
use crate::planner::is_old_link;

/// Where an administrator's settings are.
const MANAGED: [&str; 2] = [
    "/etc/claude-code/managed-settings.json",
    "/Library/Application Support/ClaudeCode/managed-settings.json",
];

impl Patient<'_> {
    pub(super) fn claude(&mut self) {
        self.area = "Claude Code";
        let piece = Piece::ClaudeHook(self.places.clone());
        let path = piece.path();
        let text = self.read(&path).unwrap_or_default();
        let plugins = handoff_wiring::enabled(&text, "enabledPlugins").unwrap_or_default();
        let has_plugin = plugins.iter().any(|name| is_ours(name));
        if !self.manifest.agents.contains(&Agent::Claude) {
            return self.not_wired(Agent::Claude, has_plugin);
        }
        let owns = owner(self.places);
        match piece.hooks(&owns).find(if is_blank(&text) { "{}" } else { &text }) {
            Ok(found) => self.handlers(&piece, &found),
            Err(error) => self.malformed(&path, &error),
        }
        self.switched_off();
        if has_plugin {
            self.problem(
                "the plugin is installed too: each session starts the hook twice (a handoff is shown once all the same)",
                "claude plugin uninstall agent-handoff",
            );
        }
        self.skills(Agent::Claude);
        self.old_link(&self.places.claude.join("skills/handoff"));
    }

    /// What of ours stands in a file of hooks: exactly one, where the host looks, and it can run.
    pub(super) fn handlers(&mut self, piece: &Piece, found: &[Found]) {
        let shown = self.places.short(&piece.path());
        let agent = if matches!(piece, Piece::ClaudeHook(_)) { "claude" } else { "codex" };
        let mend = self.again(&format!("install --only {agent}"));
        let wanted = match piece.handler(self.places).run {
            Run::Exec(program, _) => program,
            Run::Shell(command) => command,
        };
        match found {
            [] => self.problem(format!("{shown} has no hook of ours"), mend),
            [one] if one.standing == Standing::TopLevel || one.standing == Standing::Flat => {
                self.problem(
                    format!("{shown} line {}: the hook stands where it is never run", one.line),
                    mend,
                );
            }
            [one] if one.command != wanted => self.problem(
                format!("{shown} line {}: the hook runs another installation: {}", one.line, one.command),
                mend,
            ),
            [_] => self.well(format!("{shown} has the hook")),
            many => {
                let lines: Vec<_> = many.iter().map(|one| one.line.to_string()).collect();
                self.problem(
                    format!("{shown} has the hook {} times: lines {}", many.len(), lines.join(", ")),
                    mend,
                );
            }
        }
    }

    /// The switch that turns all hooks off, in every file that it may stand in.
    fn switched_off(&mut self) {
        let here = Environment::working_directory().unwrap_or_default();
        let mut files: Vec<PathBuf> = vec![self.places.claude.join("settings.json")];
        files.extend(["settings.json", "settings.local.json"].map(|name| here.join(".claude").join(name)));
        files.extend(MANAGED.map(PathBuf::from));
        files.dedup();
        for path in files {
            let Ok(content) = handoff_files::read_file(&path, crate::plan::LARGEST) else { continue };
            let Ok(text) = handoff_wiring::text(&content) else { continue };
            for switch in ["disableAllHooks", "allowManagedHooksOnly"] {
                if handoff_wiring::flag(text, switch) == Ok(Some(true)) {
                    let shown = self.places.short(&path);
                    let file = handoff_process::quoted(&path);
                    self.problem(
                        format!("{shown} turns the hook off: \"{switch}\": true"),
                        format!("${{EDITOR:-vi}} {file}   # and take {switch} out"),
                    );
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
