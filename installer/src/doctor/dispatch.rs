//! Can tasks be handed to other agents?

use handoff_backends::Config;

use super::Diagnosis;

impl Diagnosis<'_> {
    pub(super) fn dispatch(&mut self) {
        self.area = "dispatch";
        let Some(path) = self.environment.dispatch_home().map(|home| home.join("config.yaml")) else {
            return;
        };
        let shown = self.places.short(&path);
        let config = match Config::load(&path, &self.places.home) {
            Ok(Some(config)) => config,
            Ok(None) => {
                let handoff = self.command_word("handoff");
                return self
                    .note(format!("there is no {shown} yet, which says who takes tasks: {handoff} init"));
            }
            Err(error) => {
                return self.problem(error.to_string(), self.editor(&path, None, ""));
            }
        };
        for warning in &config.warnings {
            self.note(warning.to_string());
        }
        let mut can_start = false;
        for backend in &config.backends {
            for warning in backend.warnings(false) {
                self.note(warning.to_string());
            }
            let (name, program) = (&backend.name, backend.protocol.name());
            // What `env` makes of PATH is known at a launch only.
            if backend.sets("PATH") || self.environment.find_program(program).is_some() {
                can_start = true;
            } else {
                self.note(format!(
                    "the backend {name} cannot start: `{program}` is not on your PATH as a program that can be run"
                ));
            }
        }
        if !can_start {
            let mut programs: Vec<_> =
                config.backends.iter().map(|backend| backend.protocol.name()).collect();
            programs.sort_unstable();
            programs.dedup();
            return self.problem(
                format!("{shown} has no backend that can start, so no task can be given to another agent"),
                format!("put {} on your PATH, where it is installed", programs.join(" or ")),
            );
        }
        let names: Vec<_> = config.backends.iter().map(|backend| backend.name.as_str()).collect();
        self.well(format!("{shown} has the backends {}", names.join(", ")));
    }
}
