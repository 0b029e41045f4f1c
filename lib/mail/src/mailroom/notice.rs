//! What the hook tells a session of the mailroom: a small file in each worktree's inbox, made by the last look. The hook never
//! reaches the network.

use handoff_address::Address;
use handoff_document::Timestamp;
use handoff_store::{MAIL_NOTICE, Store};
use serde::{Deserialize, Serialize};

use super::{Looked, Mailroom, MailroomError, RemoteError};

/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 600;
/// In the background the remote is looked at again after a minute, at the earliest; after failures later and later, up to an
/// hour.
const PAUSE_SECS: i64 = 60;
const LONGEST_PAUSE_SECS: i64 = 3_600;

/// What the last look found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The version of its format: 1.
    pub v: u32,
    /// When the remote should be looked at again, in seconds since 1970.
    pub next: i64,
    /// How many looks failed since one did not.
    #[serde(default)]
    pub failed: u32,
    /// What the session is told, one line; empty where nothing waits.
    #[serde(default)]
    pub line: String,
}

impl Notice {
    fn new(line: String, failed: u32, random: u8) -> Self {
        let pause = (PAUSE_SECS << failed.min(6)).min(LONGEST_PAUSE_SECS);
        // A fifth more or less, so that many machines do not ask at once.
        let jitter = pause * (i64::from(random) - 128) / 640;
        Self { v: 1, next: Timestamp::now().seconds() + pause + jitter, failed, line }
    }
}

impl Mailroom<'_> {
    /// Leaves what a look found for the sessions of every worktree.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn leave_notice(&self, looked: &Result<Looked, MailroomError>) -> Result<(), MailroomError> {
        let store = Store::create(&self.project.environment.store_to_write()?)?;
        let mut worktrees = self.project.worktree.worktrees();
        if !worktrees.iter().any(|top| top == self.project.top()) {
            worktrees.push(self.project.top().to_owned());
        }
        let [random] = handoff_files::random::<1>()?;
        for top in worktrees.iter().filter(|top| top.is_dir()) {
            let inbox = store.create_inbox(&Address::of(top))?;
            let unread = inbox.create_child("unread")?;
            let old = unread.open_to_read(MAIL_NOTICE).and_then(|mut file| file.read(4 << 10)).ok();
            let old: Notice = old.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
            let notice = match looked {
                Ok(looked) => match &looked.unsent {
                    None => Notice::new(self.line(looked), 0, random),
                    // What does not go out is tried later and later too.
                    Some(why) => {
                        let failed = old.failed.saturating_add(1);
                        Notice::new(failed_line(self.line(looked), why), failed, random)
                    }
                },
                // What was seen last still holds.
                Err(error) => {
                    Notice::new(self.failed_line(old.line, error)?, old.failed.saturating_add(1), random)
                }
            };
            let mut bytes = serde_json::to_vec(&notice)
                .map_err(|error| MailroomError::Record { path: inbox.path().join(MAIL_NOTICE), error })?;
            bytes.push(b'\n');
            unread.put(MAIL_NOTICE, &bytes)?;
        }
        Ok(())
    }

    /// What a session is told after a look that failed.
    fn failed_line(&self, old: String, error: &MailroomError) -> Result<String, MailroomError> {
        let is_slow = matches!(error, MailroomError::Remote(RemoteError::Slow(_)));
        if old.is_empty() && is_slow && self.has_queued()? {
            let remote = self.joined.place();
            return Ok(format!(
                "a letter is queued here, and {remote} did not answer in the time that the background has: run `handoff sync` yourself"
            ));
        }
        Ok(failed_line(old, &error.to_string()))
    }

    fn line(&self, looked: &Looked) -> String {
        let remote = self.joined.place();
        // How long ago would not be true any more when it is read.
        let mut line = match &looked.waiting[..] {
            [] => return String::new(),
            [only] => {
                let branch =
                    only.branch.as_ref().map(|branch| format!(", branch {branch}")).unwrap_or_default();
                format!(
                    "1 handoff for you waits at {remote}: \"{}\" from {}{branch}. To take it: `handoff pull`",
                    only.title, only.from
                )
            }
            [newest, ..] => format!(
                "{} handoffs for you wait at {remote}, the newest \"{}\" from {}. To see them: `handoff mail`; to take them: `handoff pull`",
                looked.waiting.len(),
                newest.title,
                newest.from
            ),
        };
        line.truncate(line.floor_char_boundary(MAX_LINE_BYTES));
        line
    }
}

/// What a session is told where the remote wants a password: once, and only then.
fn failed_line(old: String, error: &str) -> String {
    let text = error.to_lowercase();
    let wants = [
        "password",
        "passphrase",
        "permission denied",
        "authentication failed",
        "could not read username",
        "terminal prompts disabled",
    ];
    if old.is_empty() && wants.iter().any(|words| text.contains(words)) {
        return "the mailroom's remote wants a password, and the background cannot give one: run `handoff sync` yourself"
            .to_owned();
    }
    old
}
