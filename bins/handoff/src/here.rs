//! What every verb starts from.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use handoff_backends::{Config, Launch, Warning};
use handoff_dispatch::{Dispatcher, Native, Notice, Observer, Resumable};
use handoff_process::{Environment, Failure, ForeignHome, Output};
use handoff_runs::{RecordError, Row, RunId, Runs};

use crate::failure::failure;

/// The user's dispatcher, and where to say things.
pub(crate) struct Here<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) output: Output,
    pub(crate) dispatcher: Dispatcher<'a>,
    /// What is to be said once the live view has left the screen; None while there is none.
    held: RefCell<Option<String>>,
}

impl<'a> Here<'a> {
    pub(crate) fn new(environment: &'a Environment, output: Output) -> Result<Self, Failure> {
        let dispatcher = Dispatcher::new(environment)?;
        Ok(Self { environment, output, dispatcher, held: RefCell::new(None) })
    }

    /// Says `text` on standard error, after `work` when that is under way in [`Here::holding`].
    pub(crate) fn note(&self, text: &str) {
        match &mut *self.held.borrow_mut() {
            Some(held) => held.push_str(text),
            None => self.output.note(text),
        }
    }

    /// Does `work`, which has the screen, and then says what was noted meanwhile.
    pub(crate) fn holding<T>(&self, work: impl FnOnce() -> T) -> T {
        self.held.replace(Some(String::new()));
        let done = work();
        self.output.note(&self.held.take().unwrap_or_default());
        done
    }

    /// Checks that what is made in the home its user can use.
    pub(crate) fn check_home(&self) -> Result<(), ForeignHome> {
        self.dispatcher.check_home()
    }

    /// Where the record and the configuration are.
    pub(crate) fn home(&self) -> &Path {
        self.dispatcher.home()
    }

    /// The user's own directory.
    pub(crate) fn user(&self) -> &Path {
        self.dispatcher.user()
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.dispatcher.config_path()
    }

    /// The backends; what was passed over in the file is said.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let config = self.dispatcher.config()?;
        self.warn(&config.warnings);
        Ok(config)
    }

    /// Says what was passed over.
    pub(crate) fn warn(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.note(&format!("warning: {warning}\n"));
        }
    }

    /// The record, with the runs that were lost since put right.
    pub(crate) fn runs(&self) -> Result<Runs, Failure> {
        Ok(self.dispatcher.runs(self)?)
    }

    /// Puts right what the list says of runs whose end is not in it, and says which were lost.
    pub(crate) fn reconcile(&self, runs: &Runs) -> Result<(), RecordError> {
        self.dispatcher.reconcile(runs, self)
    }
}

/// The run that `selector` names.
pub(crate) fn find(runs: &Runs, selector: &str) -> Result<Row, Failure> {
    handoff_dispatch::find(runs, selector).map_err(failure)
}

/// The run that `selector` names; without one the newest of this worktree.
pub(crate) fn find_or_newest(runs: &Runs, selector: Option<&str>) -> Result<Row, Failure> {
    handoff_dispatch::find_or_newest(runs, selector).map_err(failure)
}

/// The conversation `native`; else that of the run `id`, and without an ID of the newest run of this worktree.
pub(crate) fn resumable(runs: &Runs, id: Option<&str>, native: Option<Native>) -> Result<Resumable, Failure> {
    Resumable::find(runs, id, native).map_err(failure)
}

/// Without a run of its own there is no progress to show.
impl Observer for Here<'_> {
    fn began(&self, _: &RunId) {}

    fn launching(&self, _: &Path, _: &Launch) {}

    fn progress(&self, _: &str, _: bool) {}

    fn notice(&self, notice: &Notice<'_>) {
        self.note(&match notice {
            Notice::NotListed(_) | Notice::ProgressNotKept(_) => format!("warning: {notice}\n"),
            Notice::Lost { .. } | Notice::Delivered { .. } => format!("note: {notice}\n"),
            Notice::NotDelivered { .. } | Notice::StillNotDelivered { .. } => {
                format!("agent-handoff: {notice}\n")
            }
        });
    }
}
