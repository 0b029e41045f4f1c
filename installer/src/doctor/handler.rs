//! Is a hook that is there run at every start of a session, and is what it prints used?

use handoff_agents::{SessionHook, Wirable};
use handoff_wiring::Found;

use super::Diagnosis;
use crate::handler::{faults, missed_sources};
use crate::hosts::hook_file;

impl Diagnosis<'_> {
    /// Looks at the one handler of ours in a host's file; gives whether the host runs it as it is to be run.
    pub(super) fn is_run(&mut self, host: Wirable, hook: &SessionHook, found: &Found) -> bool {
        let path = hook_file(host, self.places);
        let shown = self.places.short(&path);
        let mut is_run = true;
        for (fault, fix) in faults(&found.conditions, host, hook) {
            is_run = false;
            self.problem(
                format!("{shown} line {}: {fault}", found.line),
                self.editor(&path, Some(found.line), &fix),
            );
        }
        if let Some(matcher) = &found.conditions.matcher
            && missed_sources(&found.conditions, hook).is_none()
        {
            self.note(format!(
                "{shown} line {}: whether the matcher {matcher:?} lets through {} was not worked out",
                found.line,
                hook.sources.join(", ")
            ));
        }
        is_run
    }
}
