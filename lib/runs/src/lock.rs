//! Locks that the system frees when their process ends, however it ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use handoff_files::{Dir, FileError, Lock, OpenFile};

/// A held lock file.
#[derive(Debug)]
pub(crate) struct Held {
    dir: Arc<Dir>,
    name: String,
    file: OpenFile,
    /// Whether the file system has locks at all.
    pub(crate) sure: bool,
}

/// What came of asking for one.
#[derive(Debug)]
pub(crate) enum Asked {
    Held(Held),
    Busy,
    Missing,
}

impl Held {
    /// Takes the lock `name`; makes its file when it is not there and `make` is set.
    pub(crate) fn ask(dir: &Arc<Dir>, name: &str, make: bool) -> Result<Asked, FileError> {
        loop {
            let file = match dir.open_file(name) {
                Ok(file) => file,
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                Err(_) if !make => return Ok(Asked::Missing),
                Err(_) => match dir.create_new(name)? {
                    Some(file) => file,
                    None => continue,
                },
            };
            let sure = match file.lock()? {
                Lock::Taken => true,
                Lock::Unsupported => false,
                Lock::Busy => return Ok(Asked::Busy),
            };
            // Its last holder may have removed the file between our opening and locking it.
            match dir.open_file(name) {
                Ok(now) if now.is_same(&file) => {
                    return Ok(Asked::Held(Self { dir: dir.clone(), name: name.to_owned(), file, sure }));
                }
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }

    /// Makes the lock `name` and takes it; None when there is one.
    pub(crate) fn create(dir: &Arc<Dir>, name: &str) -> Result<Option<Self>, FileError> {
        let Some(file) = dir.create_new(name)? else { return Ok(None) };
        // No process looks for a lock whose name is not known yet.
        let sure = file.lock()? == Lock::Taken;
        Ok(Some(Self { dir: dir.clone(), name: name.to_owned(), file, sure }))
    }

    /// Waits for the lock `name` for as long as `timeout`; None when it was not freed.
    pub(crate) fn wait(dir: &Arc<Dir>, name: &str, timeout: Duration) -> Result<Option<Self>, FileError> {
        let start = Instant::now();
        loop {
            match Self::ask(dir, name, true)? {
                Asked::Held(held) => return Ok(Some(held)),
                _ if start.elapsed() > timeout => return Ok(None),
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    /// The first bytes of its file.
    pub(crate) fn content(&mut self) -> Result<Vec<u8>, FileError> {
        self.file.read(4096)
    }

    /// Gives the file another name, the lock kept; false when that is taken.
    pub(crate) fn rename(&mut self, name: &str) -> Result<bool, FileError> {
        let renamed = self.dir.rename_new(&self.name, &self.dir, name)?;
        if renamed {
            name.clone_into(&mut self.name);
        }
        Ok(renamed)
    }

    /// Frees the lock and removes its file, in the order in which no process can take a file that is being removed.
    pub(crate) fn remove(self) -> Result<(), FileError> {
        self.dir.remove(&self.name)
    }
}

/// The right to be the one run on a conversation. Dropped, or with its process gone, others may.
#[derive(Debug)]
pub struct ConversationLock {
    pub(crate) session: String,
    held: Option<Held>,
}

impl ConversationLock {
    /// None when a live process has it.
    pub(crate) fn take(dir: &Arc<Dir>, session: &str) -> Result<Option<Self>, FileError> {
        match Held::ask(dir, &lock_name(session), true)? {
            Asked::Held(held) => Ok(Some(Self { session: session.to_owned(), held: Some(held) })),
            Asked::Busy | Asked::Missing => Ok(None),
        }
    }

    /// The backend's id of the conversation.
    pub fn session(&self) -> &str {
        &self.session
    }
}

impl Drop for ConversationLock {
    fn drop(&mut self) {
        // A file that cannot be removed is taken again by the next run.
        let _ = self.held.take().map(Held::remove);
    }
}

/// A session's id in a file name: as it is where it is plain, else its FNV-1a hash. That two share one only makes one
/// wait for the other.
fn lock_name(session: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if (1..=128).contains(&session.len()) && session.bytes().all(plain) {
        return format!("conversation-{session}");
    }
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("conversation.{:016x}", session.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}
