//! A run from its start to its end.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use handoff_document::Timestamp;
use handoff_files::{Dir, FileError};
use rusqlite::params;

use crate::error::{RecordError, RunsError};
use crate::files::{self, Files};
use crate::id::{self, RunId};
use crate::lock::{ConversationLock, Held};
use crate::reserve::{Claim, LOCK};
use crate::row::{self, Info, State, Usage};
use crate::{Runs, database};

/// How long a running backend is kept waiting for the list. What is not noted in time is noted with the next.
const NOTE_BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// What is asked for.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// The backend's name in the configuration.
    pub backend: &'a str,
    /// The last part of the id, before it is cleaned.
    pub slug: &'a str,
    /// Where the backend works.
    pub cwd: &'a Path,
    /// The prompt: any bytes, stored as they are.
    pub prompt: &'a [u8],
    /// The model.
    pub model: Option<&'a str>,
    /// Whether the larger model was asked for.
    pub pro: bool,
    /// Where the caller works.
    pub caller: Option<&'a Path>,
    /// Whether the result is wanted as a handoff in the caller's worktree.
    pub to_inbox: bool,
    /// New, or which one goes on.
    pub conversation: Conversation,
}

/// The conversation that a run is on.
#[derive(Debug)]
pub enum Conversation {
    /// A new one. Its id is the run's UUID until the backend says another: [`Run::note_session`].
    New,
    /// One that goes on.
    Old(ConversationLock),
}

/// A run of this process. Dropped without [`Run::finish`], as with a killed process, it is found lost.
#[derive(Debug)]
pub struct Run<'r> {
    pub(crate) runs: &'r Runs,
    pub(crate) id: RunId,
    number: Option<u64>,
    uuid: String,
    pub(crate) files: Files,
    pub(crate) backend: String,
    cwd: std::path::PathBuf,
    excerpt: String,
    pub(crate) info: Info,
    pub(crate) lock: Held,
    conversation: Option<ConversationLock>,
    session: String,
    pub(crate) unrecorded: Option<RecordError>,
}

impl Runs {
    /// Starts a run: a new id, the prompt on disk, a row that says `running`, a lock that says the same for as long as
    /// this process lives. That there is no row is no error: [`Run::unrecorded`].
    ///
    /// # Errors
    /// What the system says of the files, a full disk above all; nothing is left behind then.
    pub fn begin(&self, new: NewRun<'_>) -> Result<Run<'_>, RunsError> {
        let claim = self.claim(new.backend, new.slug, LOCK)?;
        self.start(claim, new, true)
    }

    pub(crate) fn start(&self, claim: Claim, new: NewRun<'_>, write: bool) -> Result<Run<'_>, RunsError> {
        let Claim { id, number, lock, trouble } = claim;
        let prepare = || -> Result<_, FileError> {
            let uuid = id::uuid()?;
            let conversation = match new.conversation {
                Conversation::New => ConversationLock::take(&self.runs, &uuid)?,
                Conversation::Old(lock) => Some(lock),
            };
            if write {
                self.write_prompt(&id, new.prompt)?;
            }
            self.mark_undelivered(&id);
            Ok((uuid, conversation))
        };
        let (uuid, conversation) = match prepare() {
            Ok(prepared) => prepared,
            Err(error) => {
                // The first error is the one to tell.
                let _ = lock.remove();
                return Err(error.into());
            }
        };
        let info = Info {
            model: new.model.map(str::to_owned),
            pro: new.pro,
            supervisor: i32::try_from(std::process::id()).ok(),
            caller: new.caller.map(|path| path.to_string_lossy().into_owned()),
            to_inbox: new.to_inbox,
            started: Some(Timestamp::now().to_string()),
            ..Info::default()
        };
        let mut run = Run {
            runs: self,
            number,
            files: Files::new(self.tasks.path(), self.stream_path(&id, &uuid), &id),
            backend: new.backend.to_owned(),
            cwd: new.cwd.to_owned(),
            excerpt: row::excerpt(new.prompt),
            info,
            lock,
            session: conversation.as_ref().map_or_else(|| uuid.clone(), |lock| lock.session.clone()),
            conversation,
            unrecorded: None,
            uuid,
            id,
        };
        // A list that could give no number was waited for already.
        run.unrecorded = trouble.or_else(|| run.record(State::Running, database::BUSY_TIMEOUT).err());
        Ok(run)
    }
}

impl Run<'_> {
    /// Its id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Its UUID, which is a new conversation's id where the backend takes one.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// The backend's id of the conversation, as far as it is known.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Its files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Why it is not in the list, or not as it is now; None when it is. Each note and the end try again.
    pub fn unrecorded(&self) -> Option<&RecordError> {
        self.unrecorded.as_ref()
    }

    /// Makes its file of progress, to write to.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` the second time.
    pub fn create_out(&self) -> Result<File, FileError> {
        create(&self.runs.tasks, &format!("{}{}", self.id, files::OUT))
    }

    /// Makes the file for what the backend writes.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` the second time.
    pub fn create_stream(&self) -> Result<File, FileError> {
        create(&self.runs.runs, &format!("{}-{}{}", self.id, self.uuid, files::STREAM))
    }

    /// Notes the backend's process, which leads its group.
    pub fn note_process(&mut self, pid: i32) {
        self.info.pid = Some(pid);
        self.note();
    }

    /// Notes what was used so far, all in all.
    pub fn note_usage(&mut self, usage: Usage) {
        if self.info.usage.as_ref() != Some(&usage) {
            self.info.usage = Some(usage);
            self.note();
        }
    }

    /// Notes the conversation's id as the backend says it; false when another run is on that one, which only a backend
    /// that mixes up its conversations can bring about.
    ///
    /// # Errors
    /// What the system says of the lock; the id is noted all the same.
    pub fn note_session(&mut self, session: &str) -> Result<bool, FileError> {
        if self.session == session {
            return Ok(true);
        }
        session.clone_into(&mut self.session);
        self.note();
        self.conversation = ConversationLock::take(&self.runs.runs, session)?;
        Ok(self.conversation.is_some())
    }

    fn note(&mut self) {
        self.unrecorded = self.record(State::Running, NOTE_BUSY_TIMEOUT).err();
    }

    /// Writes its row as it is now.
    pub(crate) fn record(&mut self, state: State, timeout: Duration) -> Result<(), RecordError> {
        let list = self.runs.database()?;
        let number = match self.number {
            Some(number) => number,
            None => self.runs.next_number(timeout)?,
        };
        self.number = Some(number);
        let day = self.info.started.as_deref().and_then(|time| time.get(..10)).unwrap_or_default();
        let upsert = "INSERT INTO runs (seq, seq_code, run_id, run_day, uuid, session_id, cwd, prompt, \
             jsonl_path, status, backend, runtime_info) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
             ON CONFLICT (run_id) DO UPDATE SET session_id = ?6, status = ?10, runtime_info = ?12";
        list.within(timeout, |connection| {
            connection.execute(
                upsert,
                params![
                    i64::try_from(number).unwrap_or(i64::MAX),
                    self.id.code(),
                    self.id.as_str(),
                    day,
                    self.uuid,
                    self.session,
                    row::path_value(&self.cwd),
                    self.excerpt,
                    row::path_value(&self.files.stream),
                    state.name(),
                    self.backend,
                    self.info.to_json(),
                ],
            )
        })
        .map(drop)
    }
}

fn create(dir: &Dir, name: &str) -> Result<File, FileError> {
    match dir.create_new(name)? {
        Some(file) => Ok(file.into_file()),
        None => {
            let taken = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            Err(FileError::new("create", &dir.path_of(name))(taken))
        }
    }
}
