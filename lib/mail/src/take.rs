//! Takes a letter in: its handoff waits here then, its work lies ready.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use handoff_address::Address;
use handoff_bundle::{Adopted, BundleId, Handover, Trust};
use handoff_capturing::{Project, counted};
use handoff_document::{Document, FileName, Timestamp, Topic, stamped};
use handoff_files::{Dir, FileError, Lock, OpenFile};
use handoff_letter::{Letter, LetterId, Mailbox};
use handoff_process::{Environment, HandoffRequest};
use handoff_state::StateDir;
use handoff_store::{Inbox, Store};
use handoff_text::Sanitised;

use crate::error::NotTaken;
use crate::git::Git;
use crate::identity::{Identity, repositories};
use crate::machine::Machine;
use crate::open::{Opened, Signer};
use crate::people::{People, PersonKey};

/// So much of a handoff has its frontmatter, in bytes.
const MAX_HEAD_BYTES: u64 = 64 << 10;

/// How it is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct TakeOptions {
    /// Also one that is about another repository.
    pub any_repository: bool,
    /// How many copies of its handoff are here that count for nothing, since the letter was given back.
    pub returned: usize,
    /// It is a copy: others may take the letter too.
    pub is_copy: bool,
}

/// A letter that was taken.
#[derive(Debug)]
pub struct Taken {
    /// Who signed it.
    pub signer: Signer,
    /// The handoff, which waits here.
    pub path: PathBuf,
    /// The work that came with it, ready to be applied.
    pub work: Option<Work>,
    /// Whom it was written to, where that is not the user.
    pub meant_for: Option<Mailbox>,
}

/// Work that came with a letter.
#[derive(Debug)]
pub struct Work {
    /// The capture that it is now.
    pub id: BundleId,
    /// How many files it changes.
    pub files: u64,
    /// How many commits come with it.
    pub commits: u64,
    /// Whether it may be applied without being looked at and allowed first.
    pub is_allowed: bool,
}

/// Takes `opened` in, in the worktree of `project`.
///
/// # Errors
/// [`NotTaken`]. Nothing waits here then, and nothing was shown.
pub fn take(project: &Project<'_>, opened: &Opened, options: TakeOptions) -> Result<Taken, NotTaken> {
    let state = StateDir::of(project.environment)?;
    let letter = &opened.letter;
    let signer = opened.signer(&state)?;
    letter.check_age(Timestamp::now())?;
    let git = Git::find(project.environment)?;
    if !options.any_repository {
        check_repository(project, &git, letter.repository.as_deref())?;
    }
    let mail = Identity::of(&git, project.top()).ok().map(|identity| identity.mail);
    let own = People::read(&state)?.own_mailboxes(mail.as_deref().unwrap_or_default());
    let is_to_user = match &letter.to {
        Mailbox::Person(_) => own.contains(&letter.to),
        Mailbox::Host(name) => Machine::open(&state)?.name == *name,
        Mailbox::Branch(_) | Mailbox::Anyone => false,
    };
    if opened.must_be_to_user && !is_to_user {
        return Err(NotTaken::NotToYou(letter.to.clone()));
    }
    let store = Store::create(&project.environment.store_to_write()?)?;
    let inbox = store.create_inbox(&Address::of(project.top()))?;
    // Held to the end of this function: of two programs with one letter, the second finds what the first took.
    let _lock = only_one(&store)?;
    let here = Here::of(&inbox, &letter.id)?;
    let counts = here.taken.iter().chain(here.copies.iter().filter(|_| options.is_copy));
    if counts.clone().count() > options.returned
        && let Some(path) = counts.clone().next().cloned()
    {
        if !options.is_copy {
            here.archive_copies(project.top());
        }
        return Err(NotTaken::Already { id: letter.id.clone(), path });
    }
    let work = take_work(project, opened, &signer)?;
    let came = Came { signer: &signer, work: work.as_ref().map(|(work, _)| work), is_copy: options.is_copy };
    let delivered = deliver(project, opened, &inbox, &came);
    let (path, work) = match (delivered, work) {
        (Ok(path), work) => (path, work.map(|(work, _)| work)),
        (Err(error), work) => {
            if let Some((_, Adopted { bundle, is_new: true })) = work {
                // The first error is the one to tell.
                let _ = bundle.discard();
            }
            return Err(error);
        }
    };
    if !options.is_copy {
        here.archive_copies(project.top());
    }
    learn(&state, opened, &signer);
    let is_to_other = mail.is_some() && matches!(letter.to, Mailbox::Person(_)) && !own.contains(&letter.to);
    let meant_for = is_to_other.then(|| letter.to.clone());
    Ok(Taken { signer, path, work, meant_for })
}

/// Notes what answers to a machine of somebody else are encrypted to. A letter is taken also where that can't be written down.
fn learn(state: &StateDir, opened: &Opened, signer: &Signer) {
    let Letter { from, age, created, .. } = &opened.letter;
    if let Signer::Known(..) = signer {
        let said = PersonKey::new(&opened.key, &from.machine, &from.mail);
        let _ = People::learn(state, &said.with_age(age.as_deref(), created.seconds()));
    }
}

/// Waits until no other program takes a letter into `store`.
fn only_one(store: &Store) -> Result<OpenFile, NotTaken> {
    const LOCK: &str = ".letters.lock";
    let gone = || FileError::new("open", store.path())(std::io::Error::from(std::io::ErrorKind::NotFound));
    let dir = Dir::open(store.path())?.ok_or_else(gone)?;
    let lock = match dir.create_new(LOCK)? {
        Some(file) => file,
        None => dir.open_file(LOCK)?,
    };
    while lock.lock()? == Lock::Busy {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(lock)
}

/// How a letter came here.
struct Came<'a> {
    signer: &'a Signer,
    work: Option<&'a Work>,
    is_copy: bool,
}

/// Puts the handoff into the inbox; its path.
fn deliver(
    project: &Project<'_>,
    opened: &Opened,
    inbox: &Inbox,
    came: &Came<'_>,
) -> Result<PathBuf, NotTaken> {
    let letter = &opened.letter;
    let handoff = arrived(project, opened, inbox, came)?;
    let topic = Topic::new(letter.id.as_str()).ok();
    let document = Document::parse(&opened.handoff);
    let from = Sanitised::line(document.field("from").unwrap_or("elsewhere").as_bytes(), 100).to_string();
    let from: String = from.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let written = document.field("created").and_then(Timestamp::parse).unwrap_or(letter.created);
    Ok(inbox.deliver(&FileName::new(written, &from, topic.as_ref()), &[&handoff])?)
}

/// Refuses a letter about another repository. Where either has no name, there is nothing to compare.
pub(crate) fn check_repository(
    project: &Project<'_>,
    git: &Git,
    theirs: Option<&str>,
) -> Result<(), NotTaken> {
    let Some(theirs) = theirs else { return Ok(()) };
    if !project.worktree.is_repository() {
        return Ok(());
    }
    let ours = repositories(git, project.top())?;
    if ours.is_empty() || ours.iter().any(|ours| ours == theirs) {
        return Ok(());
    }
    let theirs = Sanitised::line(theirs.as_bytes(), 255);
    Err(NotTaken::OtherRepository { theirs, ours: ours.into_iter().next().unwrap_or_default() })
}

/// The handoffs of a letter in an inbox, whose files' names hold that of the letter: what waits, then what was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Here {
    /// Those that came when the letter was taken.
    pub(crate) taken: Vec<PathBuf>,
    /// Copies of a letter that was not taken, or not yet.
    pub(crate) copies: Vec<PathBuf>,
}

impl Here {
    /// Those of the letter `id` in the worktree `top`.
    pub(crate) fn at(environment: &Environment, top: &Path, id: &LetterId) -> Result<Self, NotTaken> {
        let Some(store) = Store::open(&environment.store()?)? else { return Ok(Self::default()) };
        let Some(inbox) = store.inbox(&Address::of(top))? else { return Ok(Self::default()) };
        Self::of(&inbox, id)
    }

    /// Those of the newest letter in the worktree `top` whose name has `part` in it.
    pub(crate) fn find(
        environment: &Environment,
        top: &Path,
        part: &str,
    ) -> Result<Option<(LetterId, Self)>, NotTaken> {
        let Some(store) = Store::open(&environment.store()?)? else { return Ok(None) };
        let Some(inbox) = store.inbox(&Address::of(top))? else { return Ok(None) };
        let waiting = inbox.waiting()?.handoffs;
        let names = waiting.iter().map(|waiting| waiting.name().to_owned()).chain(inbox.archived()?);
        let ids = names.filter_map(|name| id_in(&name)).filter(|id| id.as_str().contains(part));
        ids.max().map(|id| Self::of(&inbox, &id).map(|here| (id, here))).transpose()
    }

    fn of(inbox: &Inbox, id: &LetterId) -> Result<Self, NotTaken> {
        let is_of = |name: &OsStr| name.to_string_lossy().contains(id.as_str());
        let mut here = Self::default();
        let archived = |name: &OsStr| inbox.read_archived(name, MAX_HEAD_BYTES);
        for waiting in inbox.waiting()?.handoffs.iter().filter(|waiting| is_of(waiting.name())) {
            // A session may have read it in this moment.
            let head = inbox.peek(waiting).or_else(|_| archived(waiting.name()));
            here.add(inbox.unread_path().join(waiting.name()), head.ok());
        }
        for name in inbox.archived()?.into_iter().filter(|name| is_of(name)) {
            here.add(inbox.read_path().join(&name), archived(&name).ok());
        }
        Ok(here)
    }

    /// One of which nothing is known counts as taken: no letter is taken twice.
    fn add(&mut self, path: PathBuf, head: Option<Vec<u8>>) {
        let is_copy = head.is_some_and(|head| Document::parse(&head).field("copy") == Some("true"));
        if is_copy { self.copies.push(path) } else { self.taken.push(path) }
    }

    /// The newest, taken or copied.
    pub(crate) fn any(&self) -> Option<&PathBuf> {
        self.taken.iter().chain(&self.copies).next()
    }

    /// Archives the copies that wait in the worktree `top`: the letter itself waits there. One that a session reads just now is
    /// archived by that.
    pub(crate) fn archive_copies(&self, top: &Path) {
        let waits = |path: &&PathBuf| path.parent().is_some_and(|bucket| bucket.ends_with("unread"));
        for name in self.copies.iter().filter(waits).filter_map(|path| path.file_name()) {
            HandoffRequest::withdraw(top, name);
        }
    }
}

/// The letter whose handoff's file is called `name`.
fn id_in(name: &OsStr) -> Option<LetterId> {
    name.to_str()?.split(|c: char| !c.is_ascii_hexdigit()).find_map(LetterId::parse)
}

/// The handoff of the letter `id`, where it came to the worktree of `project` before, taken or copied.
pub(crate) fn was_here(project: &Project<'_>, id: &LetterId) -> Result<Option<PathBuf>, NotTaken> {
    Ok(Here::at(project.environment, project.top(), id)?.any().cloned())
}

/// Makes a capture of the work in it, which can be picked up here.
fn take_work(
    project: &Project<'_>,
    opened: &Opened,
    signer: &Signer,
) -> Result<Option<(Work, Adopted)>, NotTaken> {
    let Some(parcel) = &opened.letter.parcel else { return Ok(None) };
    project.must_be_inside()?;
    let (place, _scratch) = opened.place()?;
    opened.unpack_parcel(&place)?;
    let keyring = project.keyring()?;
    let adopted = Handover::create(project.top(), project.settings.track)?.adopt(&place)?;
    let bundle = &adopted.bundle;
    // Exactly these bytes, as `handover allow` does it.
    let trust = if signer.may_bring_code() { keyring.allow(bundle) } else { keyring.trust(bundle) };
    let trust = match (trust, adopted.is_new) {
        (Err(error), true) => {
            // The first error is the one to tell.
            let _ = adopted.bundle.discard();
            return Err(error.into());
        }
        (trust, _) => trust?,
    };
    let work = Work {
        id: bundle.id().clone(),
        files: bundle.manifest().contents.files.len() as u64,
        commits: parcel.commits.as_ref().map_or(0, |commits| commits.count),
        is_allowed: trust == Trust::Allowed || trust == Trust::Own,
    };
    Ok(Some((work, adopted)))
}

/// The handoff as it waits here: for this worktree, with who sent it, and what came along.
fn arrived(
    project: &Project<'_>,
    opened: &Opened,
    inbox: &Inbox,
    came: &Came<'_>,
) -> Result<Vec<u8>, NotTaken> {
    let mut body = Document::parse(&opened.handoff).body().to_owned();
    if let Some(work) = came.work {
        if !body.ends_with(b"\n") {
            body.push(b'\n');
        }
        body.extend_from_slice(section(work).as_bytes());
    }
    let sentinel = handoff_document::sentinel(&body);
    let top = project.top().to_string_lossy();
    let (sender, id) = (opened.sender_as(came.signer), opened.id());
    let fields = [
        ("to", Some(inbox.key())),
        ("to_path", Some(&*top)),
        ("sentinel", Some(&*sentinel)),
        ("session_id", None),
        ("received_at", None),
        ("received_by", None),
        ("sender", Some(sender.as_str())),
        ("letter", Some(id.as_str())),
        ("copy", came.is_copy.then_some("true")),
    ];
    let front = stamped(&opened.handoff, &fields);
    let (mut handoff, _) =
        front.ok_or_else(|| NotTaken::NoLetter("its handoff has no frontmatter".to_owned()))?;
    handoff.extend_from_slice(&body);
    Ok(handoff)
}

/// The section of the handoff that says what came with it.
fn section(work: &Work) -> String {
    let Work { id, files, commits, is_allowed } = work;
    let what: Vec<_> = [(*commits, "commit"), (*files, "changed file")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, one)| counted(usize::try_from(count).unwrap_or(usize::MAX), one))
        .collect();
    let what = if what.is_empty() { "Its work".to_owned() } else { what.join(" and ") };
    let first = if *is_allowed {
        ""
    } else {
        " The person in front of the session has to look at it and allow it first: `handoff inspect` and `handoff allow`."
    };
    format!(
        "\n## Work that came with this handoff\n{what} came with it. As long as `handoff pending` names {id}, nothing of it is \
         in this worktree: `handoff pickup {id} --apply` brings it, `handoff pickup --undo` takes it out again.{first}\n"
    )
}
