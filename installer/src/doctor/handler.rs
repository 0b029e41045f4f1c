//! Is a hook that is there run at every start of a session, and is what it prints used?

use handoff_wiring::Found;

use super::Diagnosis;
use crate::agent::Agent;
use crate::handler::{SOURCES, faults, missed_sources};
use crate::piece::Piece;

impl Diagnosis<'_> {
    /// Looks at the one handler of ours in a file; gives whether its host runs it as it is to be run.
    pub(super) fn is_run(&mut self, piece: &Piece, found: &Found) -> bool {
        let path = piece.path();
        let shown = self.places.short(&path);
        let agent = if matches!(piece, Piece::ClaudeHook(_)) { Agent::Claude } else { Agent::Codex };
        let mut is_run = true;
        for (fault, fix) in faults(&found.conditions, agent) {
            is_run = false;
            self.problem(
                format!("{shown} line {}: {fault}", found.line),
                self.editor(&path, Some(found.line), &fix),
            );
        }
        if let Some(matcher) = &found.conditions.matcher
            && missed_sources(&found.conditions, agent).is_none()
        {
            self.note(format!(
                "{shown} line {}: whether the matcher {matcher:?} lets through {} was not worked out",
                found.line,
                SOURCES.join(", ")
            ));
        }
        is_run
    }
}
