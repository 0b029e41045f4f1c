//! Which session was given what, so that it can be reminded after its context was compacted.
//!
//! `<inbox>/sessions/<session id>` holds a file name a line. Searching the archive instead would cost more the longer
//! it is in use.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use handoff_files::{FileError, Kind};

use crate::inbox::Inbox;

const SESSIONS: &str = "sessions";

/// Far more names than one session is given.
const LONGEST: u64 = 64 << 10;

impl Inbox {
    /// Notes that `session` was given the archived handoff `name`.
    ///
    /// # Errors
    /// What the system says.
    pub fn remember(&self, session: &str, name: &OsStr) -> Result<(), FileError> {
        let Some(file) = file_of(session) else { return Ok(()) };
        // A name with a newline is two lines that name nothing.
        self.dir.create_child(SESSIONS)?.append(file, &[name.as_bytes(), b"\n"].concat())
    }

    /// The archived handoffs that `session` was given, the latest last. Nothing that cannot be read is an error here:
    /// a reminder is a courtesy.
    pub fn recall(&self, session: &str) -> Vec<OsString> {
        let read = || {
            let sessions = self.dir.child(SESSIONS).ok()??;
            sessions.open_file(file_of(session)?).ok()?.read(LONGEST).ok()
        };
        let lines = read().unwrap_or_default();
        let names = lines.split(|&b| b == b'\n').filter(|name| !name.is_empty() && !name.contains(&b'/'));
        names.map(|name| OsStr::from_bytes(name).to_owned()).collect()
    }

    /// Forgets the sessions that were last given something before `oldest` (seconds since 1970).
    ///
    /// # Errors
    /// What the system says.
    pub fn forget_sessions(&self, oldest: i64) -> Result<(), FileError> {
        let Some(sessions) = self.dir.child(SESSIONS)? else { return Ok(()) };
        for entry in sessions.entries()? {
            let old = sessions.modified(&entry.name).is_some_and(|written| written < oldest);
            if entry.kind == Kind::File && old {
                sessions.remove(&entry.name)?;
            }
        }
        Ok(())
    }
}

/// A session's id as a file name. Hosts use UUIDs; anything else is not remembered.
fn file_of(session: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (!session.is_empty() && session.len() <= 128 && session.bytes().all(plain)).then_some(session)
}
