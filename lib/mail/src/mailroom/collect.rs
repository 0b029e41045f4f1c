//! Collects what nothing in the mailroom's repository refers to any more. Letters that came and went leave their objects there, and
//! git tidies up nothing by itself: `gc.auto` is 0, so that no command waits for that.
//!
//! What a record of a letter refers to has a ref of its own, [`OURS`], from before the record is written until after it is gone.
//! Whatever is younger than an hour stays as well: a git that a killed command left may still write it.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use handoff_document::Timestamp;
use handoff_files::Dir;
use handoff_letter::LetterId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::records::{self, JOURNAL, OUT, Out, SENT, Settled};
use super::remote::{CAME, OURS};
use super::{Mailroom, MailroomError};

/// With more objects that have a file of their own, it is worth it.
const MANY_OBJECTS: usize = 1_000;
/// The same of packs.
const MANY_PACKS: usize = 30;
/// A person's command waits for it only where there are so many times more: the background does it as a rule.
const FOR_A_PERSON: usize = 4;
/// So many of the 256 directories that objects lie in are counted.
const COUNTED: usize = 16;
/// Git has so long for each step. What it does not finish leaves all that was there.
const TIMEOUT: Duration = Duration::from_secs(8);
/// How long until the next try: a day.
const PAUSE_SECS: i64 = 86_400;
/// What is younger stays.
const YOUNG_SECS: i64 = 3_600;
const YOUNG: &str = "1.hour.ago";

const RECORD: &str = "collect.json";
const MAX_BYTES: u64 = 4 << 10;

#[derive(Default, Serialize, Deserialize)]
struct Collected {
    v: u32,
    /// When it may be done again, in seconds since 1970.
    next: i64,
}

impl Mailroom<'_> {
    /// Collects where there is much, and at most once a day.
    pub(super) fn collect_if_many(&self) -> Result<(), MailroomError> {
        let now = Timestamp::now().seconds();
        let next = self.collected()?.next;
        // A clock that was wrong may have put it far ahead.
        if now < next && next <= now + 2 * PAUSE_SECS || !self.has_many()? {
            return Ok(());
        }
        let path = self.dir.path_of(RECORD);
        let mut bytes = serde_json::to_vec(&Collected { v: 1, next: now + PAUSE_SECS })
            .map_err(|error| MailroomError::Record { path, error })?;
        bytes.push(b'\n');
        self.dir.temporary(&[&bytes])?.replace(RECORD)?;
        self.collect()
    }

    fn collected(&self) -> Result<Collected, MailroomError> {
        match self.dir.open_to_read(RECORD).and_then(|mut file| file.read(MAX_BYTES)) {
            // One that can't be read is written anew.
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Collected::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether there are many objects or packs, by a part of them.
    fn has_many(&self) -> Result<bool, MailroomError> {
        let Some(objects) = Dir::open(&self.room.path().join("objects"))? else { return Ok(false) };
        let mut loose = 0;
        for number in 0..COUNTED {
            if let Some(fan) = objects.child(format!("{number:02x}"))? {
                loose += fan.entries()?.len() * 256 / COUNTED;
            }
        }
        let packs = objects.child("pack")?.map(|packs| packs.entries()).transpose()?.unwrap_or_default();
        let packs = packs.iter().filter(|entry| entry.name.as_encoded_bytes().ends_with(b".pack")).count();
        let factor = if self.is_attended() { FOR_A_PERSON } else { 1 };
        Ok(loose > MANY_OBJECTS * factor || packs > MANY_PACKS * factor)
    }

    fn collect(&self) -> Result<(), MailroomError> {
        self.drop_refs()?;
        self.remove_unfinished()?;
        let until = || self.room.git().until(Instant::now() + TIMEOUT);
        let young = format!("--unpack-unreachable={YOUNG}");
        let repack = ["-A", "-d", "-l", "-q", "--no-write-bitmap-index", &young];
        until().call(self.room.path(), "repack", true).args(repack).run()?;
        let expire = format!("--expire={YOUNG}");
        Ok(until().call(self.room.path(), "prune", true).args([expire]).run()?)
    }

    /// Removes refs that nothing needs: of letters of which there is no record, and what came of mailboxes that are not looked at any
    /// more. A parcel that is needed comes again.
    fn drop_refs(&self) -> Result<(), MailroomError> {
        let outs: Vec<(LetterId, Out)> = records::all(&self.dir, OUT)?;
        let sent: Vec<(LetterId, Settled)> = records::all(&self.dir, SENT)?;
        let journal: Vec<(LetterId, Value)> = records::all(&self.dir, JOURNAL)?;
        let mut mailboxes: BTreeSet<String> =
            self.own_mailboxes()?.iter().map(|mailbox| self.key_of(mailbox)).collect();
        mailboxes.extend(outs.iter().map(|(_, out)| out.mailbox.clone()));
        mailboxes.extend(sent.iter().map(|(_, settled)| settled.out.mailbox.clone()));
        mailboxes.insert("card".to_owned());
        let mut letters: BTreeSet<String> = outs.iter().map(|(id, _)| id.to_string()).collect();
        letters.extend(sent.iter().map(|(id, _)| id.to_string()));
        letters.extend(journal.iter().map(|(id, _)| id.to_string()));
        let mut unneeded = Vec::new();
        for (prefix, needed) in [(OURS, &letters), (CAME, &mailboxes)] {
            for (name, _) in self.room.refs(prefix)? {
                let first = name.split('/').next().unwrap_or_default();
                if !needed.contains(first) {
                    unneeded.push((format!("{prefix}{name}"), None));
                }
            }
        }
        Ok(self.room.set_all(&unneeded)?)
    }

    /// Removes packs that a git which was killed left half written.
    fn remove_unfinished(&self) -> Result<(), MailroomError> {
        let Some(packs) = Dir::open(&self.room.path().join("objects/pack"))? else { return Ok(()) };
        let now = Timestamp::now().seconds();
        for entry in packs.entries()? {
            let name = entry.name.as_encoded_bytes();
            let is_unfinished = name.starts_with(b".tmp-") || name.starts_with(b"tmp_");
            let is_old = |at: i64| now.saturating_sub(at) > YOUNG_SECS;
            if is_unfinished && packs.modified(&entry.name).is_some_and(is_old) {
                packs.remove(&entry.name)?;
            }
        }
        Ok(())
    }
}
