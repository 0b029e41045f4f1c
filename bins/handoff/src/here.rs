//! What every verb starts from.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use handoff_backends::{Config, Warning};
use handoff_process::{Environment, Failure, Output};
use handoff_runs::{RecordError, Row, Runs, State};
use handoff_text::Sanitised;

use crate::verb::{deliver, open};

/// The user's dispatcher.
pub(crate) struct Here<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) output: Output,
    /// Where the record and the configuration are.
    pub(crate) home: PathBuf,
    /// What is to be said once the live view has left the screen; None while there is none.
    held: RefCell<Option<String>>,
}

impl<'a> Here<'a> {
    pub(crate) fn new(environment: &'a Environment, output: Output) -> Result<Self, Failure> {
        let home = environment.dispatch_home().ok_or_else(|| {
            Failure::new("could not tell where runs are recorded: neither HANDOFF_HOME nor HOME is set")
        })?;
        if !home.is_absolute() {
            let home = Sanitised::path(&home);
            return Err(Failure::new(format!(
                "could not use {home}: HANDOFF_HOME and HOME must be absolute paths"
            )));
        }
        Ok(Self { environment, output, home, held: RefCell::new(None) })
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

    /// Checks that what is made in `home` its user can use.
    pub(crate) fn check_home(&self) -> Result<(), Failure> {
        match self.environment.handoff_home {
            Some(_) => Ok(()),
            None => Ok(self.environment.check_home()?),
        }
    }

    /// The user's own directory.
    pub(crate) fn user(&self) -> &Path {
        self.environment.home.as_deref().unwrap_or(&self.home)
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.home.join("config.yaml")
    }

    /// The backends; what was passed over in the file is said.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let config = self.read_config()?;
        self.warn(&config.warnings);
        Ok(config)
    }

    /// The backends.
    pub(crate) fn read_config(&self) -> Result<Config, Failure> {
        Config::load(&self.config_path(), self.user())?.ok_or_else(|| {
            Failure::new(format!("there is no {} yet: handoff init", Sanitised::path(&self.config_path())))
        })
    }

    /// Says what was passed over.
    pub(crate) fn warn(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.note(&format!("warning: {warning}\n"));
        }
    }

    /// The record, with the runs that were lost since put right.
    pub(crate) fn runs(&self) -> Result<Runs, Failure> {
        self.check_home()?;
        let runs = Runs::open(&self.home)?;
        if let Ok(Some(dir)) = handoff_files::Dir::open(&self.home.join("runs")) {
            open::sweep(&dir);
        }
        if runs.trouble().is_none() {
            // What cannot be put right now is the next time.
            let _ = self.reconcile(&runs);
            runs.retry_undelivered(|row| !row.to_inbox || self.deliver(&runs, row).is_ok());
        }
        Ok(runs)
    }

    /// Puts right what the list says of runs whose end is not in it, and tells of those that were lost.
    pub(crate) fn reconcile(&self, runs: &Runs) -> Result<(), RecordError> {
        runs.reconcile(|row| {
            let id = row.id.as_str();
            if row.state == State::Lost {
                // Its guard ended what was left of it. Not we: the process's id may be a stranger's by now.
                crate::supervise::guard::forget(settings_file(&self.home, id).as_os_str());
                // And what was half of them.
                if let Ok(Some(dir)) = handoff_files::Dir::open(&self.home.join("runs")) {
                    let _ = handoff_files::Foreign::sweep_directory(&dir);
                }
                let reason = row.reason.as_deref().unwrap_or_default();
                let reason = Sanitised::line(reason.as_bytes(), 500);
                self.note(&format!("note: {id} was lost: {reason}\n"));
            }
            // The result that was wanted as a handoff, or that there is none.
            if !row.to_inbox {
                return true;
            }
            let delivered = self.deliver(runs, row);
            if let Err(error) = &delivered {
                let why = Sanitised::from(&*error.to_string());
                self.note(&format!("agent-handoff: {id}: could not leave word in the inbox: {why}\n"));
            }
            delivered.is_ok()
        })
    }

    /// Sends the result of `row` to where it was asked for.
    fn deliver(&self, runs: &Runs, row: &Row) -> Result<(), deliver::DeliverError> {
        let files = runs.files(row);
        let why = deliver::Why::Later;
        let about = deliver::About { id: row.id.as_str(), backend: &row.backend, prompt: &files.prompt, why };
        deliver::stored(self, &about, row.state, &files.result, row.caller.as_deref()).map(drop)
    }
}

/// Where the settings of the run `id` are as long as it runs. They may hold a token.
pub(crate) fn settings_file(home: &Path, id: &str) -> PathBuf {
    home.join("runs").join(format!("{id}.settings.json"))
}
