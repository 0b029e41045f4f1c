//! Is the work saved by itself, in every project?

use handoff_adapters::{Scope, State, Surface, SurfaceStatus, status};
use handoff_agents::{HOSTS, Host};

use super::Diagnosis;

impl Diagnosis<'_> {
    /// Gives whether any tool runs hooks of ours.
    pub(super) fn capture(&mut self) -> bool {
        self.area = "capture";
        let fix = format!("{} install", self.program("handover"));
        let here = self.places.adapters(self.environment);
        let manifest = match self.places.records().user() {
            Ok(manifest) => manifest,
            Err(error) => {
                self.problem(error.to_string(), fix);
                return false;
            }
        };
        let recorded = !manifest.is_empty();
        let mut any = false;
        for tool in HOSTS {
            for surface in status(&here, tool, &[&manifest]).surfaces {
                if surface.scope == Scope::User && (recorded || surface.state.is_wired()) {
                    any |= self.surface(tool, &surface, &fix);
                }
            }
        }
        if !any {
            let handover = self.command_word("handover");
            self.note(format!(
                "work is saved by hand, and by itself in projects with `{handover} enable`; to have it so in all: {handover} install"
            ));
        }
        any
    }

    /// Says how one of a tool's surfaces stands; whether anything of ours is there.
    fn surface(&mut self, tool: &Host, surface: &SurfaceStatus, fix: &str) -> bool {
        let shown = self.places.short(&surface.path);
        let what = match surface.surface {
            Surface::StatusLine => "the statusline",
            _ => "the hooks",
        };
        let what = format!("{what} of {} in {shown}", tool.name);
        match &surface.state {
            // The latter is of projects alone.
            State::Absent | State::NotRun(_) => {}
            State::Wired | State::Unread(_) => {
                self.well(format!("{what} run handover"));
                let is_trusted_by_place = tool.hooks.is_some_and(|hooks| hooks.trusted_by_place);
                if is_trusted_by_place && surface.surface == Surface::Hooks {
                    self.capture_trust();
                }
            }
            State::Partly(missing) => self.problem(format!("{what} lack {}", missing.join(", ")), fix),
            State::Outdated => self.problem(format!("{what} are those of another version"), fix),
            State::Other(command) => self.problem(format!("{what} run another one: {command}"), fix),
            State::Idle { line, why } => {
                let editor = self.editor(&surface.path, Some(*line), "make it a command without a condition");
                self.problem(format!("{what} are not all run: of line {line}, {why}"), editor);
            }
            State::Malformed(error) => self.malformed(&surface.path, error),
            State::Unreadable(why) => {
                self.problem(
                    format!("{shown} cannot be read: {why}"),
                    format!("make {shown} a file that you can read"),
                );
            }
        }
        surface.state.is_wired()
    }
}
