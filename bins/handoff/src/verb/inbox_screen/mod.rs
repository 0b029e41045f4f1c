//! `handoff inbox --interactive`: the handoffs as a screen. It looks for itself, which changes nothing; what a key does to
//! one is done by the verb of `inbox` for it, so that there is one way for each.

mod acts;
mod facts;
mod shelves;

use std::path::Path;

use handoff_board::SourceError;
use handoff_inbox_view::{Act, Left, Lend, Outcome, Place, Row, Scope, Source, Text};
use handoff_process::{Environment, Failure, Output, is_input_terminal};
use handoff_worktree::Worktree;

use shelves::Shelves;

pub(super) fn run(
    environment: &Environment,
    output: Output,
    root: Option<&Path>,
    all: bool,
) -> Result<u8, Failure> {
    if !output.is_terminal() || !is_input_terminal() {
        return Err(Failure::usage("-i needs a terminal; without it the list is printed"));
    }
    let start = match root {
        Some(root) => root.to_owned(),
        None => Environment::working_directory()?,
    };
    let worktree = Worktree::find(&start)?;
    let mut shown = Shown { shelves: Shelves::new(environment, worktree.top())? };
    let scope = if all { Scope::All } else { Scope::Here };
    let here = shown.shelves.key().to_owned();
    match handoff_inbox_view::show(&mut shown, &here, scope, output.colour)? {
        Left::Quit => Ok(0),
        Left::Signal(signal) => Ok(u8::try_from(128 + signal).unwrap_or(1)),
    }
}

/// What the view asks.
struct Shown<'e> {
    shelves: Shelves<'e>,
}

impl Source for Shown<'_> {
    fn rows(&mut self) -> Result<Vec<Row>, SourceError> {
        Ok(self.shelves.rows()?)
    }

    fn text(&mut self, place: &Place) -> Result<Text, SourceError> {
        Ok(facts::text(&self.shelves, place)?)
    }

    fn recipients(&mut self) -> Vec<String> {
        acts::recipients(self.shelves.top())
    }

    fn act(&mut self, place: &Place, act: &Act) -> Outcome {
        let outcome = acts::act(&self.shelves, place, act);
        self.shelves.forget_standings();
        outcome
    }

    fn edit(&mut self, place: &Place, lend: &mut Lend<'_>) -> Outcome {
        let outcome = acts::edit(&self.shelves, place, lend);
        self.shelves.forget_standings();
        outcome
    }
}
