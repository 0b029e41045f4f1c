//! A conversation that goes on: that of a listed run, or one that the backend had without us.

use std::path::PathBuf;

use handoff_process::{Environment, Failure};
use handoff_runs::{Row, Runs};
use handoff_text::Sanitised;

use crate::here::Here;

/// The longest part of a session's id in messages and in the name of a file, in bytes.
const MAX_NAME_BYTES: usize = 40;

/// Which conversation, and how it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Resumable {
    /// The backend's id of it.
    pub(crate) session: String,
    /// What messages and files call it: the run's id, else the beginning of the session's.
    pub(crate) name: String,
    /// The name of its backend; `None` for the configured default.
    pub(crate) backend: Option<String>,
    /// Where it works.
    pub(crate) cwd: PathBuf,
    /// Whether it goes on with the larger model.
    pub(crate) pro: bool,
}

/// A conversation that is named by the backend's own id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Native {
    /// `--session-id`.
    pub(crate) session: String,
    /// `--backend`.
    pub(crate) backend: Option<String>,
    /// `--cwd`.
    pub(crate) cwd: Option<PathBuf>,
}

impl Here<'_> {
    /// The conversation `native`; else that of the run `id`, and without an ID of the newest run of this worktree.
    pub(crate) fn resumable(
        &self,
        runs: &Runs,
        id: Option<&str>,
        native: Option<Native>,
    ) -> Result<Resumable, Failure> {
        match native {
            Some(native) => Resumable::named(runs, native),
            None => Ok(Resumable::of(self.find_or_newest(runs, id)?)),
        }
    }
}

impl Resumable {
    /// The conversation of a run.
    fn of(row: Row) -> Self {
        Self {
            session: row.session,
            name: row.id.to_string(),
            backend: Some(row.backend).filter(|name| !name.is_empty()),
            cwd: row.cwd,
            pro: row.pro,
        }
    }

    /// The conversation `native`: as the list has it, else as it is given.
    ///
    /// # Errors
    /// If it is not listed and no backend is given, if another backend is given than the listed one, and if the list
    /// can't be read.
    fn named(runs: &Runs, native: Native) -> Result<Self, Failure> {
        let Native { session, backend, cwd } = native;
        if session.is_empty() || session.starts_with('-') {
            return Err(Failure::usage("--session-id needs the id of a conversation"));
        }
        let cwd = cwd.map(|path| std::path::absolute(&path).unwrap_or(path));
        if let Some(row) = runs.last_on_conversation(&session)? {
            let listed = Self::of(row);
            listed.check_backend(backend.as_deref())?;
            return Ok(Self { cwd: cwd.unwrap_or_else(|| listed.cwd.clone()), ..listed });
        }
        let Some(backend) = backend else {
            return Err(Failure::usage(format!(
                "no run has the conversation {}: --backend B says which agent has it",
                Sanitised::line(session.as_bytes(), MAX_NAME_BYTES)
            )));
        };
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name: String = session.chars().filter(is_plain).take(MAX_NAME_BYTES).collect();
        let cwd = match cwd {
            Some(path) => path,
            None => Environment::working_directory()?,
        };
        Ok(Self { name, session, backend: Some(backend), cwd, pro: false })
    }

    /// Checks that `other`, if a backend was named at all, is the one that has the conversation.
    ///
    /// # Errors
    /// If it is another one.
    pub(crate) fn check_backend(&self, other: Option<&str>) -> Result<(), Failure> {
        let own = self.backend.as_deref();
        let Some(other) = other.filter(|other| Some(*other) != own) else { return Ok(()) };
        let own = own.unwrap_or("the first backend of config.yaml");
        Err(Failure::usage(format!("{} is a conversation with {own}, not with {other}", self.name)))
    }
}
