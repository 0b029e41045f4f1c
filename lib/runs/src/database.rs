//! The list of runs: `runs/handoff.db`, SQLite, with handoff-cli's tables.
//!
//! Its schema is kept as it is, so that a row can be read and written by either program; what we add is in the JSON of
//! `runtime_info`, and indexes that handoff-cli does not see. `user_version` says that a database was looked at.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use handoff_files::Dir;
use rusqlite::{Connection, OpenFlags};

use crate::error::{RecordError, Trouble};
use crate::lock::Held;

const NAME: &str = "handoff.db";

/// How long a run waits for the list when it starts and for a command that reads it. After that it goes on without.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What [`prepare`] makes.
const VERSION: i64 = 2;

/// handoff-cli 0.3.9's own, from its `core.py`, and an index for the few rows that run.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS runs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    seq         INTEGER NOT NULL,
    seq_code    TEXT NOT NULL,
    run_id      TEXT NOT NULL UNIQUE,
    run_day     TEXT NOT NULL,
    uuid        TEXT NOT NULL UNIQUE,
    session_id  TEXT,
    cwd         TEXT NOT NULL,
    prompt      TEXT NOT NULL,
    jsonl_path  TEXT NOT NULL,
    created_at  TEXT NOT NULL DEFAULT (datetime('now', 'localtime')),
    status      TEXT DEFAULT 'running',
    backend     TEXT DEFAULT '',
    runtime_info TEXT DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS run_counters (
    day     TEXT PRIMARY KEY,
    last_n  INTEGER NOT NULL
);
";
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS idx_runs_run_id   ON runs(run_id);
CREATE INDEX IF NOT EXISTS idx_runs_seq      ON runs(seq);
CREATE INDEX IF NOT EXISTS idx_runs_created  ON runs(created_at);
CREATE INDEX IF NOT EXISTS idx_runs_running  ON runs(id) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS idx_runs_session  ON runs(session_id, id);
";

/// An open list.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens the list in `runs`, made or brought up to date when it has to be. Waits for others who do.
    pub(crate) fn open(runs: &Arc<Dir>) -> Result<Self, RecordError> {
        let start = Instant::now();
        loop {
            match Self::try_open(runs) {
                // SQLite does not wait for everything that it calls busy: the change to a write-ahead log, the end of
                // another's.
                Err(error) if error.trouble == Trouble::Busy && start.elapsed() < BUSY_TIMEOUT => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => return other,
            }
        }
    }

    fn try_open(runs: &Arc<Dir>) -> Result<Self, RecordError> {
        let path = runs.path_of(NAME);
        let opened =
            Self::connect(&path, &path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
                .and_then(|database| {
                    // The log takes its mode from the database.
                    let restricted = runs.restrict_file(NAME);
                    match database.version()? {
                        (VERSION.., true) => {
                            restricted.map_err(|error| RecordError::of_file(&path, &error))?;
                            Ok(database)
                        }
                        _ => database.bring_up_to_date(runs),
                    }
                });
        match opened {
            Err(error) if error.trouble == Trouble::Closed => {
                // What can only be read is read, unless there are changes beside it that only writing would fold in.
                let wal = runs.path_of(format!("{NAME}-wal"));
                let folded = handoff_files::read_file(&wal, 0).is_ok() || !handoff_files::is_file(&wal);
                let uri = PathBuf::from(format!("file:{}?immutable=1", percent_encoded(&path)));
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                let database = Self::connect(&uri, &path, flags).ok().filter(|_| folded);
                database.filter(|database| database.version().is_ok()).ok_or(error)
            }
            other => other,
        }
    }

    fn connect(file: &Path, path: &Path, flags: OpenFlags) -> Result<Self, RecordError> {
        let connect = || {
            let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            // Without a sync for each change: a crash of the system may take back the last ones, never break the list,
            // and results say their state themselves.
            connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;")?;
            Ok(connection)
        };
        match connect() {
            Ok(connection) => Ok(Self { connection, path: path.to_owned() }),
            Err(error) => Err(RecordError::new(path, &error)),
        }
    }

    /// Which version it has, and whether it has a write-ahead log.
    fn version(&self) -> Result<(i64, bool), RecordError> {
        self.with(|connection| {
            let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            Ok((version, journal == "wal"))
        })
    }

    fn bring_up_to_date(self, runs: &Arc<Dir>) -> Result<Self, RecordError> {
        let of_file = |error| RecordError::of_file(&self.path, &error);
        // One at a time: SQLite refuses rather than waits when two change to a write-ahead log.
        let Some(lock) = Held::wait(runs, "database.lock", BUSY_TIMEOUT).map_err(of_file)? else {
            let detail = "another program keeps it locked".to_owned();
            return Err(RecordError { path: self.path, trouble: Trouble::Busy, detail });
        };
        self.with(|connection| {
            connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
            connection.execute_batch(&format!("BEGIN IMMEDIATE;{SCHEMA}"))
        })?;
        let prepared = self.add_columns().and_then(|()| {
            self.with(|connection| {
                connection.execute_batch(&format!("{INDEXES}PRAGMA user_version = {VERSION};COMMIT;"))
            })
        });
        if prepared.is_err() {
            // It may have been rolled back already.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        prepared?;
        for name in ["", "-wal", "-shm"] {
            runs.restrict_file(format!("{NAME}{name}")).map_err(of_file)?;
        }
        // A lock file that stays is no harm.
        let _ = lock.remove();
        Ok(self)
    }

    /// The columns that handoff-cli itself came to later, filled as it fills them.
    fn add_columns(&self) -> Result<(), RecordError> {
        let columns: Vec<String> = self.with(|connection| {
            let mut statement = connection.prepare("SELECT name FROM pragma_table_info('runs')")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        let needed = [
            "id",
            "seq",
            "seq_code",
            "run_id",
            "run_day",
            "uuid",
            "cwd",
            "prompt",
            "jsonl_path",
            "status",
            "backend",
        ];
        if let Some(missing) = needed.into_iter().find(|name| !has(name)) {
            let detail = format!("an early program made it, without the column {missing}");
            return Err(RecordError { path: self.path.clone(), trouble: Trouble::Schema, detail });
        }
        self.with(|connection| {
            if !has("session_id") {
                connection.execute_batch(
                    "ALTER TABLE runs ADD COLUMN session_id TEXT; UPDATE runs SET session_id = uuid;",
                )?;
            }
            if !has("runtime_info") {
                connection.execute_batch("ALTER TABLE runs ADD COLUMN runtime_info TEXT DEFAULT '{}';")?;
            }
            Ok(())
        })
    }

    /// Does `work` with it.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RecordError> {
        work(&self.connection).map_err(|error| RecordError::new(&self.path, &error))
    }

    /// The same, waiting for others only as long as `timeout`.
    pub(crate) fn within<T>(
        &self,
        timeout: Duration,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RecordError> {
        self.with(|connection| connection.busy_timeout(timeout))?;
        let done = self.with(work);
        self.with(|connection| connection.busy_timeout(BUSY_TIMEOUT))?;
        done
    }
}

fn percent_encoded(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
    let bytes = path.as_os_str().as_bytes().iter();
    bytes.map(|&b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
