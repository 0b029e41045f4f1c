//! Can tasks be handed to other agents?

use std::collections::BTreeSet;

use handoff_backends::{Backend, Config, Conversation, LaunchError, Task};
use handoff_process::Environment;

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
        let mut names = Vec::new();
        for backend in &config.backends {
            for warning in backend.warnings(false) {
                self.note(warning.to_string());
            }
            match self.cannot_start(backend) {
                None => names.push(backend.name.as_str()),
                Some(why) => self.note(format!("the backend {} cannot start: {why}", backend.name)),
            }
        }
        if names.is_empty() {
            return self.no_backend(&shown, &config);
        }
        self.well(format!("{shown} has backends that can start: {}", names.join(", ")));
    }

    /// Why a task cannot be given to `backend` from this shell, as far as that is known without starting it.
    fn cannot_start(&self, backend: &Backend) -> Option<String> {
        let program = backend.protocol.name();
        // What `env` makes of PATH is known at a launch only.
        if !backend.sets("PATH") && self.environment.find_program(program).is_none() {
            return Some(format!("`{program}` is not on your PATH as a program that can be run"));
        }
        let task = Task {
            cwd: &self.places.home,
            home: &self.places.home,
            pro: false,
            fast: false,
            conversation: Conversation::New("doctor"),
            environment: &Environment::all(),
            settings: &self.places.home,
        };
        match backend.run(&task) {
            Err(error @ LaunchError::UnsetVariable { .. }) => Some(error.to_string()),
            _ => None,
        }
    }

    fn no_backend(&mut self, shown: &str, config: &Config) {
        let is_here = |program: &&str| self.environment.find_program(program).is_some();
        let programs: BTreeSet<_> = config.backends.iter().map(|backend| backend.protocol.name()).collect();
        let fix = if programs.iter().any(is_here) {
            "export the variable that is named above   # in your shell's profile".to_owned()
        } else {
            let programs: Vec<_> = programs.into_iter().collect();
            format!("put {} on your PATH, where it is installed", programs.join(" or "))
        };
        self.problem(
            format!("{shown} has no backend that can start, so no task can be given to another agent"),
            fix,
        );
    }
}
