//! The one directory outside a test's world that a program may write to.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tests::Ran;

use super::stage::walk;

static TURN: Mutex<()> = Mutex::new(());

/// The draft directory that is left when the store cannot be written to. Tests that may end there take turns, so that
/// each can leave the machine as it was.
pub(crate) struct LastResort {
    _turn: MutexGuard<'static, ()>,
    before: Option<HashSet<PathBuf>>,
}

fn path() -> PathBuf {
    let own = std::fs::metadata("/proc/self").unwrap();
    PathBuf::from(format!("/tmp/agent-handoff-drafts-{}", std::os::unix::fs::MetadataExt::uid(&own)))
}

impl LastResort {
    pub(crate) fn new() -> Self {
        // A failed test has tidied up as well.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: turn, before: path().exists().then(|| walk(&path()).into_iter().collect()) }
    }

    /// The draft that `errors` says was kept, and whether it was kept here.
    pub(crate) fn draft(errors: &str) -> Option<(Vec<u8>, bool)> {
        let path = PathBuf::from(errors.lines().find_map(|line| line.strip_prefix("draft kept: "))?);
        Some((std::fs::read(&path).unwrap(), path.starts_with(self::path())))
    }

    /// Fails unless `ran`, whose store can take nothing, kept `draft` whole here.
    #[track_caller]
    pub(crate) fn has(&self, ran: &Ran, draft: &str) {
        let Some((kept, is_here)) = Self::draft(ran.err()) else {
            // Somebody else made the directory first: it is as little to be trusted as any.
            let is_ours = std::fs::metadata(path()).is_ok_and(|dir| {
                let own = std::fs::metadata("/proc/self").unwrap();
                std::os::unix::fs::MetadataExt::uid(&dir) == std::os::unix::fs::MetadataExt::uid(&own)
            });
            assert!(!is_ours && ran.out() == draft, "not kept: {}", ran.err());
            return;
        };
        assert_eq!(ran.out(), "");
        assert!(is_here && kept == draft.as_bytes(), "{}", ran.err());
    }
}

impl Drop for LastResort {
    fn drop(&mut self) {
        let before = self.before.clone().unwrap_or_default();
        for path in walk(&path()) {
            // Somebody who works on this machine may be refused in this very moment: that draft is not ours.
            let is_sample = || {
                std::fs::read(&path).is_ok_and(|draft| String::from_utf8_lossy(&draft).contains("<marker "))
            };
            if !before.contains(&path) && is_sample() {
                let _ = std::fs::remove_file(&path);
            }
        }
        if self.before.is_none() {
            // Not when there is something in them after all.
            let _ = std::fs::remove_dir(path().join(".drafts"));
            let _ = std::fs::remove_dir(path());
        }
    }
}
