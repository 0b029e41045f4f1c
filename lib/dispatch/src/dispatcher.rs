//! Where the user's runs and backends are, and the record of runs put right.

use std::path::{Path, PathBuf};

use handoff_backends::{Config, ConfigError};
use handoff_files::Dir;
use handoff_process::{Environment, ForeignHome};
use handoff_runs::{RecordError, Row, Runs, RunsError, State};
use handoff_text::Sanitised;

use crate::deliver::{self, About, DeliverError, Why};
use crate::supervise::guard;
use crate::{Notice, Observer, opened};

/// The longest reason in a line, in bytes.
pub(crate) const MAX_REASON_BYTES: usize = 500;

/// The user's dispatcher.
#[derive(Debug)]
pub struct Dispatcher<'a> {
    environment: &'a Environment,
    /// Where the record and the configuration are.
    home: PathBuf,
}

/// It is not known where runs are recorded.
#[derive(Debug, thiserror::Error)]
pub enum NoHome {
    /// Neither variable is set.
    #[error("could not tell where runs are recorded: neither HANDOFF_HOME nor HOME is set")]
    Unset,
    /// A relative home would be another one in every directory.
    #[error("could not use {}: HANDOFF_HOME and HOME must be absolute paths", Sanitised::path(.0))]
    Relative(PathBuf),
}

/// Why there are no backends.
#[derive(Debug, thiserror::Error)]
pub enum NoConfig {
    /// There is no file yet.
    #[error("there is no {} yet: handoff init", Sanitised::path(.0))]
    Missing(PathBuf),
    /// The file is faulty.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
}

/// Why the record can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its user could not use what is made there.
    #[error(transparent)]
    ForeignHome(#[from] ForeignHome),
    /// The files can't be made or used.
    #[error(transparent)]
    Runs(#[from] RunsError),
}

impl<'a> Dispatcher<'a> {
    /// The one that `environment` names.
    ///
    /// # Errors
    /// [`NoHome`].
    pub fn new(environment: &'a Environment) -> Result<Self, NoHome> {
        let home = environment.dispatch_home().ok_or(NoHome::Unset)?;
        if home.is_absolute() { Ok(Self { environment, home }) } else { Err(NoHome::Relative(home)) }
    }

    /// Where the record and the configuration are.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The user's own directory.
    pub fn user(&self) -> &Path {
        self.environment.home.as_deref().unwrap_or(&self.home)
    }

    /// The file with the backends.
    pub fn config_path(&self) -> PathBuf {
        self.home.join("config.yaml")
    }

    /// The backends.
    ///
    /// # Errors
    /// [`NoConfig`].
    pub fn config(&self) -> Result<Config, NoConfig> {
        let path = self.config_path();
        Config::load(&path, self.user())?.ok_or(NoConfig::Missing(path))
    }

    /// Where the settings of the conversation `name` are while this process has it open.
    pub fn opened_settings(&self, name: &str) -> PathBuf {
        opened::path(&self.home.join("runs"), name)
    }

    /// Checks that what is made in the home its user can use.
    ///
    /// # Errors
    /// [`ForeignHome`].
    pub fn check_home(&self) -> Result<(), ForeignHome> {
        match self.environment.handoff_home {
            Some(_) => Ok(()),
            None => self.environment.check_home(),
        }
    }

    /// The record, with the runs that were lost since put right.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn runs(&self, observer: &dyn Observer) -> Result<Runs, OpenError> {
        self.check_home()?;
        let runs = Runs::open(&self.home)?;
        if let Ok(Some(dir)) = Dir::open(&self.home.join("runs")) {
            opened::sweep(&dir);
        }
        if runs.trouble().is_none() {
            // What cannot be put right now is the next time.
            let _ = self.reconcile(&runs, observer);
            runs.retry_undelivered(|row| !row.to_inbox || deliver_later(&runs, row, observer).is_ok());
        }
        Ok(runs)
    }

    /// Puts right what the list says of runs whose end is not in it, and reports those that were lost.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn reconcile(&self, runs: &Runs, observer: &dyn Observer) -> Result<(), RecordError> {
        runs.reconcile(|row| {
            if row.state == State::Lost {
                self.clear_lost(row);
                let reason = row.reason.as_deref().unwrap_or_default();
                let reason = Sanitised::line(reason.as_bytes(), MAX_REASON_BYTES);
                observer.notice(&Notice::Lost { id: &row.id, reason });
            }
            // The result that was wanted as a handoff, or that there is none.
            if !row.to_inbox {
                return true;
            }
            let delivered = deliver_later(runs, row, observer);
            if let Err(error) = &delivered {
                observer.notice(&Notice::StillNotDelivered { id: &row.id, error });
            }
            delivered.is_ok()
        })
    }

    /// Removes what a lost run left. Its guard ended its backend; we don't, for the process's id may be another one's by
    /// now.
    fn clear_lost(&self, row: &Row) {
        guard::forget(settings_file(&self.home, row.id.as_str()).as_os_str());
        // And what was half of them.
        if let Ok(Some(dir)) = Dir::open(&self.home.join("runs")) {
            let _ = handoff_files::Foreign::sweep_directory(&dir);
        }
    }
}

/// Sends the result of `row` to where it was asked for.
fn deliver_later(runs: &Runs, row: &Row, observer: &dyn Observer) -> Result<(), DeliverError> {
    let files = runs.files(row);
    let about = About { id: row.id.as_str(), backend: &row.backend, prompt: &files.prompt, why: Why::Later };
    deliver::stored(observer, &about, row.state, &files.result, row.caller.as_deref()).map(drop)
}

/// Where the settings of the run `id` are as long as it runs. They may hold a token.
pub(crate) fn settings_file(home: &Path, id: &str) -> PathBuf {
    home.join("runs").join(format!("{id}.settings.json"))
}
