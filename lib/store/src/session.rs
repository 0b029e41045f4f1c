//! Which session was given what, so that it can be reminded after its context was compacted.
//!
//! `<inbox>/sessions/<session id>` holds a file name a line, a line `*<seconds since 1970> <process>` for each
//! reminder, and a line `=<digits> <process>` for each notice on letters and each line that stands in
//! for handoffs, where the digits are those of a hash over it. Searching the archive instead would cost more the longer it is in use.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use handoff_files::{FileError, Kind};

use crate::inbox::Inbox;

const SESSIONS: &str = "sessions";

/// How long the hooks of one compaction may take to start, in seconds. A session is not compacted again that soon.
const ONE_COMPACTION: i64 = 10;

/// Far more names than one session is given.
const LONGEST: u64 = 64 << 10;

impl Inbox {
    /// Notes that `session` was given the handoff `name`.
    ///
    /// # Errors
    /// What the system says.
    pub fn remember(&self, session: &str, name: &OsStr) -> Result<(), FileError> {
        let Some(file) = file_of(session) else { return Ok(()) };
        // A name with a newline is two lines that name nothing.
        self.dir.create_unsynced(SESSIONS)?.append(file, &[name.as_bytes(), b"\n"].concat())
    }

    /// The handoffs that `session` was given, the latest last. Nothing that cannot be read is an error here:
    /// a reminder is a courtesy.
    pub fn recall(&self, session: &str) -> Vec<OsString> {
        let lines = self.lines_of(session).unwrap_or_default();
        let is_name = |line: &&[u8]| reminded(line).is_none() && !line.starts_with(b"=");
        let lines = lines.split(|&b| b == b'\n').filter(is_name);
        let names = lines.filter(|name| !name.is_empty() && !name.contains(&b'/'));
        names.map(|name| OsStr::from_bytes(name).to_owned()).collect()
    }

    /// Whether this process is the one that reminds `session` now. A host that runs the hook twice, as when it is both
    /// in the settings and in a plugin, would say everything twice. Where it cannot be told, rather twice than never.
    pub fn may_remind(&self, session: &str, now: i64) -> bool {
        let process = std::process::id();
        let line = format!("*{now} {process}\n");
        let Some(file) = file_of(session) else { return true };
        let noted = self.dir.child(SESSIONS).and_then(|sessions| match sessions {
            Some(sessions) => sessions.append(file, line.as_bytes()),
            None => Ok(()),
        });
        let lines = self.lines_of(session).unwrap_or_default();
        let mut recent = lines
            .split(|&b| b == b'\n')
            .filter_map(reminded)
            .filter(|(then, _)| (0..ONE_COMPACTION).contains(&(now - then)));
        noted.is_err() || recent.next().is_none_or(|(_, first)| first == process)
    }

    /// Whether this process is the one that tells `session` this `line`: it was not told before, and no other
    /// process does so now. Where that cannot be noted, rather twice than never.
    pub fn may_tell(&self, session: &str, line: &str) -> bool {
        let Some(file) = file_of(session) else { return true };
        let digits = format!("={:016x} ", hash(line.as_bytes()));
        let own = format!("{digits}{}", std::process::id());
        let sessions = self.dir.create_unsynced(SESSIONS);
        let noted = sessions.and_then(|sessions| sessions.append(file, format!("{own}\n").as_bytes()));
        let lines = self.lines_of(session).unwrap_or_default();
        let first = lines.split(|&b| b == b'\n').find(|line| line.starts_with(digits.as_bytes()));
        noted.is_err() || first.is_none_or(|first| first == own.as_bytes())
    }

    fn lines_of(&self, session: &str) -> Option<Vec<u8>> {
        let sessions = self.dir.child(SESSIONS).ok()??;
        sessions.open_file(file_of(session)?).ok()?.read(LONGEST).ok()
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

/// FNV-1a, 64 bits: the same in every version of every program.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// When and by which process a session was reminded, when the line says that.
fn reminded(line: &[u8]) -> Option<(i64, u32)> {
    let (time, process) = std::str::from_utf8(line).ok()?.strip_prefix('*')?.split_once(' ')?;
    Some((time.parse().ok()?, process.parse().ok()?))
}

/// A session's id as a file name. Hosts use UUIDs; anything else is not remembered.
fn file_of(session: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (!session.is_empty() && session.len() <= 128 && session.bytes().all(plain)).then_some(session)
}
