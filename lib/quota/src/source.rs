//! Several sources, asked in order, within a time that nothing can stretch.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use handoff_agents::Host;
use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_text::Sanitised;

use crate::window::{Reading, SourceName};

/// What asking all sources may cost at most, unless configured otherwise: what a hook may cost when one of them hangs
/// is 150 ms.
pub const BUDGET: Duration = Duration::from_millis(100);

/// Something that may know how full the windows are.
pub trait Source {
    /// Which one it is.
    fn name(&self) -> SourceName;

    /// What it says and holds at `now`; None when there is nothing of the kind here. It returns by `deadline`,
    /// whatever others do. (A file on a file system that hangs is the exception: no read of a file can be given up.)
    ///
    /// `now` is the one clock by which a hook judges everything; a deadline is counted by one that nobody sets.
    ///
    /// # Errors
    /// [`SourceError`]; never fatal to anyone.
    fn read(&self, now: Timestamp, deadline: Instant) -> Result<Option<Reading>, SourceError>;
}

/// Why a source that is there could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody answers at a socket: its daemon is gone, or has too much to do.
    #[error("could not connect to {}: {reason}", Sanitised::path(path))]
    Connect {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Another user made it, who could tell anything.
    #[error("could not trust {}: it belongs to another user", Sanitised::path(.0))]
    NotOurs(PathBuf),
    /// Talking to it failed.
    #[error("could not talk to {}: {reason}", Sanitised::path(path))]
    Talk {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// There was no whole answer in time.
    #[error("could not read {}: no answer in time", Sanitised::path(.0))]
    Late(PathBuf),
    /// It said more than anyone needs to.
    #[error("could not read {}: it says more than {limit} bytes", Sanitised::path(path))]
    TooLong {
        /// The file or socket.
        path: PathBuf,
        /// What is read at most, in bytes.
        limit: usize,
    },
    /// The server refused.
    #[error("could not ask {}: HTTP status {status}", Sanitised::path(path))]
    Status {
        /// The socket.
        path: PathBuf,
        /// The HTTP status.
        status: u16,
    },
    /// It is not of the form that is read here: another version, or another program.
    #[error("could not understand {}: {reason}", Sanitised::path(path))]
    Malformed {
        /// The file or socket.
        path: PathBuf,
        /// What it is not.
        reason: &'static str,
    },
}

/// Sources in the order in which they are asked.
#[derive(Default)]
pub struct Sources(Vec<Box<dyn Source>>);

/// What came of asking.
#[derive(Debug, Default)]
pub struct Answer {
    /// The first fresh answer, only of the tool that was asked about.
    pub reading: Option<Reading>,
    /// What went wrong before.
    pub errors: Vec<(SourceName, SourceError)>,
}

impl Sources {
    /// No sources yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one that is asked after those before it.
    #[must_use]
    pub fn with(mut self, source: impl Source + 'static) -> Self {
        self.0.push(Box::new(source));
        self
    }

    /// Asks one after the other how full the windows of `tool` are, until one knows. The first that says something
    /// which holds at `now` wins. All together take at most `budget`; one alone at most three fifths of what is left of
    /// it, except for the last, so that one that hangs leaves time for those after it, which only read a file.
    pub fn ask(&self, tool: Option<&'static Host>, now: Timestamp, budget: Duration) -> Answer {
        let start = Instant::now();
        let mut answer = Answer::default();
        for (index, source) in self.0.iter().enumerate() {
            let left = budget.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            let share = if index + 1 == self.0.len() { left } else { left * 3 / 5 };
            match source.read(now, Instant::now() + share) {
                Ok(reading) => answer.reading = reading.and_then(|reading| reading.of(tool, now)),
                Err(error) => answer.errors.push((source.name(), error)),
            }
            if answer.reading.is_some() {
                break;
            }
        }
        answer
    }
}
