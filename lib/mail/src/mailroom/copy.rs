//! Copies of what waits at a remote, for places that cannot push there and never joined: nothing is claimed, and no state of a
//! mailroom is needed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use handoff_capturing::Project;
use handoff_document::Timestamp;
use handoff_letter::{LetterId, Mailbox};
use handoff_process::Environment;
use handoff_state::StateDir;
use handoff_text::Sanitised;

use super::chain::Chain;
use super::encrypted::Reading;
use super::outbox::unique;
use super::remote::{Connection, Remote};
use super::{Mailroom, MailroomError, RemoteError, joined, parcel_ref};
use crate::error::NotTaken;
use crate::git::Git;
use crate::identity::Identity;
use crate::machine::{Machine, MachineError};
use crate::open::Opened;
use crate::people::People;
use crate::room::Room;
use crate::sandbox::{Given, Guests};
use crate::take::{TakeOptions, Taken, take, was_here};

/// The most letters of which copies are made at once.
const MAX_COPIES: usize = 20;
/// The most letters that are looked at.
const MAX_LETTERS: usize = 1_000;

/// What came of it.
#[derive(Debug, Default)]
pub struct Copied {
    /// The remote that was looked at, as the user calls it.
    pub remote: String,
    /// What waits here now, and waits at the remote all the same.
    pub copied: Vec<(LetterId, Taken)>,
    /// How many letters wait there of people who are not known here.
    pub strangers: usize,
    /// Letters that are not as letters are, or cannot be taken here, with the reason.
    pub passed_over: Vec<(String, String)>,
}

/// Whether Claude Code says that this is a machine of its cloud.
pub fn is_cloud() -> bool {
    Environment::variable("CLAUDE_CODE_REMOTE").is_some_and(|value| value == "true")
}

/// Copies what waits at the remote for this user, or the one letter that has `part` in its name. The remote has to answer `within`
/// this time, where one is given, and nothing is asked of a person.
///
/// # Errors
/// [`MailroomError`].
pub fn copy(
    project: &Project<'_>,
    part: Option<&str>,
    within: Option<Duration>,
) -> Result<Copied, MailroomError> {
    Mailroom::common(project)?;
    let state = StateDir::of(project.environment)?;
    let git = Git::find(project.environment)?;
    let top = project.top();
    let name = joined::default_remote(&git, top)?;
    let url = joined::url(&git, top, &name)?;
    let format = git.ask(top, &["rev-parse", "--show-object-format"])?.unwrap_or_else(|| "sha1".to_owned());
    let scratch = Room::scratch(git.clone(), &format)?;
    let room = Room::kept(git.clone(), scratch.path(), &format)?;
    // Only what reaches the remote has to end in time.
    let deadline = within.map(|within| Instant::now() + within);
    let reaching = deadline.map_or_else(|| git.clone(), |deadline| git.until(deadline));
    let reaching = Room::kept(reaching, scratch.path(), &format)?;
    let connection = Connection::new(&git, top, &name, url, deadline.is_none())?;
    let remote = connection.remote(&reaching);
    let slow = |error: RemoteError| match deadline {
        Some(deadline) if Instant::now() >= deadline => MailroomError::Slow(name.clone()),
        _ => error.into(),
    };
    let mailboxes: BTreeMap<_, _> =
        own_mailboxes(project, &git, &state)?.into_iter().map(|mailbox| (mailbox.key(""), mailbox)).collect();
    let prefixes = mailboxes.keys().map(|key| format!("{key}/")).collect();
    let tips = remote.look(&unique(prefixes)).map_err(slow)?;
    let mut copied = Copied { remote: name.clone(), ..Copied::default() };
    copied.passed_over.extend(remote.bad.take());
    for (id, name, tip) in newest(&tips, part)? {
        if copied.copied.len() == MAX_COPIES {
            break;
        }
        let reading = Reading { room: &room, state: &state, scope: "" };
        let found = open(project, reading, name, tip).and_then(|found| {
            let Some((chain, mut opened)) = found else { return Ok(None) };
            if opened.letter.parcel.is_some() {
                let parcel = parcel_ref(&id);
                let came = remote.look(std::slice::from_ref(&parcel)).map_err(slow)?.remove(&parcel);
                reading.add_parcel(&mut opened, &chain, parcel, came)?;
            }
            // It is at this repository's own remote.
            Ok(Some(take(
                project,
                &opened,
                TakeOptions { any_repository: true, is_copy: true, returned: 0 },
            )?))
        });
        copied.note(id, found);
    }
    Ok(copied)
}

impl Copied {
    fn note(&mut self, id: LetterId, found: Result<Option<Taken>, MailroomError>) {
        match found {
            Ok(Some(taken)) => self.copied.push((id, taken)),
            Ok(None) | Err(MailroomError::NotTaken(NotTaken::Already { .. })) => {}
            Err(MailroomError::NotTaken(NotTaken::Stranger { .. })) => self.strangers += 1,
            Err(error) => {
                let why = Sanitised::line(error.to_string().as_bytes(), 300).to_string();
                self.passed_over.push((id.to_string(), why));
            }
        }
    }
}

/// The letters among `tips` that are meant, each with its ref's name and newest commit. The newest come first: a flood of older
/// ones hides none of them.
fn newest<'t>(
    tips: &'t BTreeMap<String, String>,
    part: Option<&str>,
) -> Result<Vec<(LetterId, &'t str, &'t str)>, MailroomError> {
    let mut named: Vec<_> = tips
        .iter()
        .filter_map(|(name, tip)| {
            Some((LetterId::parse(name.split_once('/')?.1)?, name.as_str(), tip.as_str()))
        })
        .filter(|(id, ..)| part.is_none_or(|part| id.as_str().contains(part)))
        .collect();
    named.sort_by(|(one, ..), (other, ..)| other.cmp(one));
    named.truncate(MAX_LETTERS);
    match part {
        Some(part) if named.is_empty() => Err(MailroomError::NoLetter(part.to_owned())),
        _ => Ok(named),
    }
}

/// The letter at `tip`, where it waits and was not here before.
fn open(
    project: &Project<'_>,
    reading: Reading<'_>,
    name: &str,
    tip: &str,
) -> Result<Option<(Chain, Opened)>, MailroomError> {
    let chain = Chain::read(reading.room, tip)?;
    if !chain.is_free() {
        return Ok(None);
    }
    let opened = match reading.opened(&chain, name) {
        // In a sandbox nothing can be joined, and nobody can be given its age key from there.
        Err(error @ MailroomError::NotTaken(NotTaken::NotForHere(_))) => {
            let given = Given::read().map_err(MachineError::from)?;
            return Err(given.map_or(error, |given| MailroomError::NotForSandbox(given.name)));
        }
        opened => opened?,
    };
    let is_old = opened.letter.check_age(Timestamp::now()).is_err();
    if is_old || was_here(project, opened.id())?.is_some() {
        return Ok(None);
    }
    opened.signer(reading.state)?;
    Ok(Some((chain, opened)))
}

/// Whom letters are for of which copies are made here. Git may know the user by another address in a sandbox, or by none.
fn own_mailboxes(project: &Project<'_>, git: &Git, state: &StateDir) -> Result<Vec<Mailbox>, MailroomError> {
    let mut all = Guests::read().map_err(crate::people::PeopleError::from)?.mailboxes;
    all.extend([Mailbox::Host(Machine::open(state)?.name), Mailbox::Anyone]);
    let mail = Identity::of(git, project.top()).map(|identity| identity.mail).unwrap_or_default();
    all.extend(People::read(state)?.own_mailboxes(&mail));
    let head = project.worktree.repository().and_then(|repository| repository.head().branch);
    all.extend(head.filter(|branch| branch != "HEAD").map(Mailbox::Branch));
    Ok(all)
}
