//! Named pipes in the place of files that git reads: opening one to read waits until it is opened to write.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

use crate::dir::{Dir, Kind};

/// How long a reader may wait before pipes are looked for. An ordinary reading is over by then.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// The files that git reads in any directory of a working tree.
const READ_BY_GIT: [&str; 4] = [".gitignore", ".gitattributes", ".gitmodules", ".mailmap"];

/// While it lives, a reading of the working tree by git is not kept by a named pipe: each that git may be waiting for is
/// opened for writing and closed, so that it reads as an empty file.
#[derive(Debug)]
pub struct PipeWatch {
    over: Arc<(Mutex<bool>, Condvar)>,
}

impl PipeWatch {
    /// Watches over the working tree at `top`. Costs a thread that sleeps.
    pub fn over(top: &Path) -> Self {
        let over = Arc::new((Mutex::new(false), Condvar::new()));
        let (top, shared) = (top.to_owned(), over.clone());
        // Without a thread nothing is worse than before.
        let _ = std::thread::Builder::new().spawn(move || {
            while !waited(&shared) {
                if let Ok(Some(dir)) = Dir::open(&top) {
                    release(dir, &shared);
                }
            }
        });
        Self { over }
    }
}

impl Drop for PipeWatch {
    fn drop(&mut self) {
        let (is_over, changed) = &*self.over;
        *is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}

/// Waits for a while; whether the reading is over.
fn waited((is_over, changed): &(Mutex<bool>, Condvar)) -> bool {
    let held = is_over.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = changed.wait_timeout_while(held, LOOK_AFTER, |is_over| !*is_over);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

/// Ends the wait of each reader of such a pipe below `top`.
fn release(top: Dir, (is_over, _): &(Mutex<bool>, Condvar)) {
    let mut left = vec![top];
    while let Some(dir) = left.pop() {
        if *is_over.lock().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        // What cannot be listed is nothing that git reads either.
        for entry in dir.entries().unwrap_or_default() {
            match entry.kind {
                Kind::Directory if entry.name != ".git" => left.extend(dir.child(&entry.name).ok().flatten()),
                Kind::Special if READ_BY_GIT.iter().any(|name| entry.name == *name) => {
                    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                    // Fails when nobody reads it.
                    drop(rustix::fs::openat(&dir.fd, &entry.name, flags, Mode::empty()));
                }
                _ => {}
            }
        }
    }
}
