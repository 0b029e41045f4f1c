//! Makes a letter of a handoff that waits or was read here, with the work that belongs to it.

use std::fs::File;
use std::path::Path;

use handoff_address::Address;
use handoff_bundle::{Description, Handover, Origin, Own, Unnamed, Unpushed};
use handoff_capturing::Project;
use handoff_document::{Document, Timestamp, stamped};
use handoff_letter::{Commits, Letter, LetterId, MAX_HANDOFF_BYTES, Parcel, Sender, State, Unsigned};
use handoff_sealed::{Passphrase, SealTo};
use handoff_state::StateDir;
use handoff_store::{Inbox, Store};
use handoff_text::Sanitised;

use crate::error::NotPacked;
use crate::git::Git;
use crate::identity::{Identity, repositories};
use crate::machine::Machine;
use crate::parcel;
use crate::people::People;
use crate::recipients::{Own as OwnMachine, Recipients};
use crate::room::Room;
use crate::scan::Leaks;
use crate::whom::Asking;

/// The most commits that go along.
pub(crate) const MAX_COMMITS: usize = 1_000;

/// The longest title of a letter, in bytes.
const MAX_TITLE_BYTES: usize = 200;

/// The fields of a handoff that say something here alone.
const LOCAL_FIELDS: [&str; 7] =
    ["to_path", "session_id", "received_at", "received_by", "letter", "sender", "copy"];

/// What is to be sent.
pub struct PackRequest<'a> {
    /// A part of the handoff's file name that no other has; `None` is the newest that waits.
    pub id: Option<&'a str>,
    /// `@me`, a person's name, a mail address, `host:NAME`, `branch`, `branch:NAME` or `anyone`; `None` is the user.
    pub to: Option<&'a str>,
    /// Which repository it is about, where that is not the first remote's.
    pub repository: Option<&'a str>,
    /// Whether uncommitted work and commits that no remote has go along.
    pub with_work: bool,
    /// Whether the commits that no remote has go along with the work. They need not where the branch itself is pushed.
    pub with_commits: bool,
    /// Whether it is sent with the secrets that are in it.
    pub allow_secrets: bool,
    /// The name of the letter that the handoff in this file was sent as before, where it gave no receipt.
    pub again: &'a dyn Fn(&str) -> Option<LetterId>,
    /// What of the worktree's changes may be nothing but our own wiring. It is asked only where there is work.
    pub own: &'a dyn Fn() -> Vec<Own>,
}

/// A letter that is ready.
#[derive(Debug)]
pub struct Packed {
    /// What it says.
    pub letter: Letter,
    /// The handoff's file name.
    pub name: String,
    /// Whether that handoff still waits here.
    pub is_unread: bool,
    /// What stays behind, in words.
    pub not_carried: Vec<String>,
    /// What it carries although it is secret.
    pub leaks: Leaks,
    room: Room,
}

/// A handoff of this worktree.
struct Found {
    name: String,
    is_unread: bool,
    content: Vec<u8>,
}

/// The work of a worktree, captured for a letter.
struct Work {
    bundle: Unnamed,
    commits: Option<Unpushed>,
}

/// Makes a letter.
///
/// # Errors
/// [`NotPacked`]. Nothing is left behind then.
pub fn pack(project: &Project<'_>, request: &PackRequest<'_>) -> Result<Packed, NotPacked> {
    pack_with(project, &Git::find(project.environment)?, request)
}

/// The same with this git.
pub(crate) fn pack_with(
    project: &Project<'_>,
    git: &Git,
    request: &PackRequest<'_>,
) -> Result<Packed, NotPacked> {
    let state = StateDir::of(project.environment)?;
    let machine = Machine::open(&state)?;
    let identity = Identity::of(git, project.top())?;
    let people = People::read(&state)?;
    let to = Asking { project, git, identity: &identity, people: &people }.mailbox(request.to)?;
    let found = find(project, request.id)?;
    let handoff = without_local(project, &found)?;
    let mut leaks = Leaks::default();
    leaks.look_at_handoff(&String::from_utf8_lossy(&handoff));

    let created = Timestamp::now();
    let document = Document::parse(&handoff);
    let title = document.field("name").map(str::to_owned).or_else(|| document.title().map(Into::into));
    let title =
        Sanitised::line(title.as_deref().unwrap_or("Handoff").as_bytes(), MAX_TITLE_BYTES).to_string();
    let sender = Sender { name: identity.name, mail: identity.mail, machine: machine.name.clone() };
    let random = handoff_files::random()?;
    let id = (request.again)(&found.name).unwrap_or_else(|| LetterId::new(milliseconds(), random));
    let about = About { id: &id, title: &title, sender: &sender, created };

    let room = Room::scratch(git.clone(), "sha1")?;
    let work = if request.with_work { capture(project, request, &about)? } else { None };
    let mut not_carried = Vec::new();
    let parcel =
        match work {
            None => None,
            Some(work) => {
                let contents = &work.bundle.bundle().manifest().contents;
                not_carried.extend(contents.left_behind().map(|left| {
                    format!("{}: {}", handoff_capturing::secrets::shown(&left.path), left.text())
                }));
                Some(add_parcel(project, &room, &machine, &about, &work, &mut leaks)?)
            }
        };
    if !leaks.is_empty() && !request.allow_secrets {
        return Err(NotPacked::Secrets(leaks));
    }
    let branch = project.worktree.repository().and_then(|repository| repository.head().branch);
    let base = if project.worktree.is_repository() {
        git.ask(project.top(), &["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])?
    } else {
        None
    };
    let letter = Letter {
        id: id.clone(),
        from: sender.clone(),
        to,
        title: title.clone(),
        created,
        repository: match request.repository {
            Some(name) => Some(name.to_owned()),
            None => repositories(git, project.top())?.into_iter().next(),
        },
        // As git names a HEAD that is on no branch.
        branch: branch.filter(|name| name != "HEAD" && name.len() <= 255),
        base,
        // A letter goes out also where the key can't be made, as in a sandbox.
        age: Machine::recipient(&state).ok().map(|recipient| recipient.to_string()),
        parcel,
    };
    add_letter(&room, &machine, &letter, &handoff)?;
    Ok(Packed { letter, name: found.name, is_unread: found.is_unread, not_carried, leaks, room })
}

impl Packed {
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Who sends it.
    pub fn sender(&self) -> Identity {
        let Sender { name, mail, .. } = self.letter.from.clone();
        Identity { name, mail }
    }

    /// Writes it to `file`.
    ///
    /// # Errors
    /// [`NotPacked`].
    pub fn write_to(&self, file: File) -> Result<(), NotPacked> {
        Ok(self.room.pack_into(file)?)
    }

    /// Writes it to `file`, encrypted.
    ///
    /// # Errors
    /// [`NotPacked`].
    pub fn seal_to(&self, file: &File, seal: &Seal) -> Result<(), NotPacked> {
        let to = match seal {
            Seal::Recipients(recipients) => recipients.seal_to(),
            Seal::Passphrase(passphrase) => SealTo::Passphrase(passphrase),
        };
        Ok(self.room.seal_into(None, file, to)?)
    }

    /// The machines of whom it goes to, as they are known here.
    ///
    /// # Errors
    /// [`NotPacked::NoRecipients`].
    pub fn recipients(&self, state: &StateDir) -> Result<Recipients, NotPacked> {
        let Sender { mail, machine, .. } = &self.letter.from;
        let own = OwnMachine { mail, machine, recipient: Machine::recipient(state)? };
        Ok(Recipients::of(&self.letter.to, &own, &People::read(state)?)?)
    }
}

/// Who can open an encrypted file.
#[derive(Debug)]
pub enum Seal {
    /// These machines.
    Recipients(Recipients),
    /// Everybody who knows it.
    Passphrase(Passphrase),
}

/// What both commits of a letter say alike.
struct About<'a> {
    id: &'a LetterId,
    title: &'a str,
    sender: &'a Sender,
    created: Timestamp,
}

impl About<'_> {
    fn commit<'c>(&'c self, tree: &'c str, state: Option<State>) -> Result<Unsigned<'c>, NotPacked> {
        Ok(Unsigned {
            tree,
            parent: None,
            author: self.sender,
            at: self.created.seconds(),
            title: self.title,
            state,
            nonce: handoff_files::random()?,
        })
    }
}

fn milliseconds() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}

/// The handoff that is meant: of those that wait, else of those that were read.
fn find(project: &Project<'_>, id: Option<&str>) -> Result<Found, NotPacked> {
    let nothing = || NotPacked::NoHandoff(project.top().to_owned());
    let store = Store::open(&project.environment.store()?)?.ok_or_else(nothing)?;
    let inbox = store.inbox(&Address::of(project.top()))?.ok_or_else(nothing)?;
    let waiting = inbox.waiting()?.handoffs;
    let text = |name: &std::ffi::OsStr| name.to_string_lossy().into_owned();
    let Some(id) = id else {
        let newest = waiting.first().ok_or_else(nothing)?;
        return read(&inbox, &text(newest.name()), true);
    };
    let is_meant = |name: &String| name.contains(id);
    let unread: Vec<_> = waiting.iter().map(|waiting| text(waiting.name())).filter(is_meant).collect();
    match &unread[..] {
        [only] => return read(&inbox, only, true),
        [] => {}
        several => return Err(several_of(id, several)),
    }
    let archived: Vec<_> = inbox.archived()?.iter().map(|name| text(name)).filter(is_meant).collect();
    match &archived[..] {
        [only] => read(&inbox, only, false),
        [] => Err(NotPacked::NotFound(id.to_owned())),
        several => Err(several_of(id, several)),
    }
}

fn several_of(id: &str, names: &[String]) -> NotPacked {
    NotPacked::Several { text: id.to_owned(), names: names.iter().take(5).cloned().collect() }
}

fn read(inbox: &Inbox, name: &str, is_unread: bool) -> Result<Found, NotPacked> {
    let limit = MAX_HANDOFF_BYTES + 1;
    let content = if is_unread {
        inbox.read_unread(name.as_ref(), limit)?
    } else {
        inbox.read_archived(name.as_ref(), limit)?
    };
    Ok(Found { name: name.to_owned(), is_unread, content })
}

/// The handoff without what says something on this machine alone: where it was for, in which session; `~` for HOME.
fn without_local(project: &Project<'_>, found: &Found) -> Result<Vec<u8>, NotPacked> {
    let unfit = |reason| NotPacked::Unfit { name: found.name.clone(), reason };
    if found.content.len() as u64 > MAX_HANDOFF_BYTES {
        return Err(unfit("it is larger than 1 MiB"));
    }
    let home = project.environment.home.as_deref();
    let body = Document::parse(&found.content).body();
    let body = home.map_or_else(|| body.to_owned(), |home| without_home(body, home));
    let sentinel = handoff_document::sentinel(&body);
    let mut fields: Vec<(&str, Option<&str>)> = LOCAL_FIELDS.map(|field| (field, None)).to_vec();
    fields.push(("sentinel", Some(&sentinel)));
    let (handoff, _) = stamped(&found.content, &fields).ok_or_else(|| unfit("it has no frontmatter"))?;
    let mut handoff = home.map_or_else(|| handoff.clone(), |home| without_home(&handoff, home));
    handoff.extend_from_slice(&body);
    Ok(handoff)
}

/// `body` with `~` where it names the user's home directory.
fn without_home(body: &[u8], home: &Path) -> Vec<u8> {
    let home = home.as_os_str().as_encoded_bytes();
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    // A short one, as `/`, is in every path.
    while home.len() > 3
        && let Some(at) = rest.windows(home.len()).position(|window| window == home)
    {
        let (before, found) = rest.split_at(at);
        out.extend_from_slice(before);
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        let goes_on = match found.get(home.len()) {
            Some(b'.') => found.get(home.len() + 1).is_some_and(is_word),
            next => next.is_some_and(is_word),
        };
        let is_part = goes_on || out.last().is_some_and(|byte| is_word(byte) || *byte == b'.');
        out.extend_from_slice(if is_part { home } else { b"~" });
        rest = &found[home.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Captures the uncommitted work of the worktree and the commits that no remote has; `None` where there is neither.
fn capture(
    project: &Project<'_>,
    request: &PackRequest<'_>,
    about: &About<'_>,
) -> Result<Option<Work>, NotPacked> {
    if project.outside().is_some() {
        return Ok(None);
    }
    let git = project.git()?;
    let handover = Handover::create(project.top(), project.settings.track)?;
    let handover = handover.leaving_out(&project.own_directories());
    let commits = if request.with_commits { handover.unpushed(&git)? } else { None };
    if let Some(commits) = commits.as_ref().filter(|commits| commits.count > MAX_COMMITS) {
        return Err(NotPacked::TooManyCommits(commits.count));
    }
    let draft = handover.capture(&git, project.settings.limits, &(request.own)())?;
    if draft.is_empty() && commits.is_none() {
        return Ok(None);
    }
    let summary = format!(
        "# {}\n\nThe work that came with the letter {} from {} on {}.\n",
        about.title, about.id, about.sender.name, about.sender.machine
    );
    let description = Description {
        topic: about.title,
        created: about.created,
        origin: Origin { tool: "handoff".to_owned(), session_id: None, event: "letter".to_owned() },
        recipient: None,
        summary: summary.as_bytes(),
        transcript: None,
    };
    // Without a name: it is this worktree's own work, which no pickup here should find.
    let bundle = draft.complete(&description, &project.keyring()?)?;
    if commits.is_some() {
        bundle.bundle().add_commits(&handover, &git)?;
    }
    Ok(Some(Work { bundle, commits }))
}

/// Writes the parcel into `room`, and looks for secrets in it.
fn add_parcel(
    project: &Project<'_>,
    room: &Room,
    machine: &Machine,
    about: &About<'_>,
    work: &Work,
    leaks: &mut Leaks,
) -> Result<Parcel, NotPacked> {
    let (bundle, commits) = (work.bundle.bundle(), &work.commits);
    leaks.look_at_bundle(bundle)?;
    if commits.is_some()
        && let Some(handover) = project.handover()?
    {
        leaks.look_at_commits(&handover, &project.git()?)?;
    }
    let written = parcel::write(room, bundle.path(), &bundle.travelling()?)?;
    let commit = room.write_commit(&about.commit(&written.tree, None)?.sign(&machine.key))?;
    room.set_ref(&format!("parcel/{}", about.id), &commit)?;
    let contents = &bundle.manifest().contents;
    Ok(Parcel {
        commit,
        size: written.size,
        sha256: written.sha256,
        files: Some(contents.files.len() as u64).filter(|_| !contents.is_empty()),
        not_carried: contents.left_behind().count() as u64,
        commits: commits.as_ref().map(|commits| Commits {
            tip: commits.tip.clone(),
            count: commits.count as u64,
            onto: commits.onto.clone(),
        }),
    })
}

/// Writes the letter itself into `room`.
fn add_letter(room: &Room, machine: &Machine, letter: &Letter, handoff: &[u8]) -> Result<(), NotPacked> {
    let files = [("handoff.md", room.write(handoff)?), ("letter.json", room.write(&letter.to_json())?)];
    let tree = room.write_tree(&files)?;
    let Letter { id, title, from, created, .. } = letter;
    let about = About { id, title, sender: from, created: *created };
    let commit = room.write_commit(&about.commit(&tree, Some(State::Waiting))?.sign(&machine.key))?;
    Ok(room.set_ref(&format!("{}/{id}", letter.to.key("")), &commit)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_is_named_by_a_tilde_and_nothing_else_is_changed() {
        let home = Path::new("/home/ann");
        for (body, without) in [
            ("see /home/ann/app, and /home/ann.", "see ~/app, and ~."),
            ("/home/anna/app /home/ann-old/x", "/home/anna/app /home/ann-old/x"),
            ("x/home/ann/app `/home/ann`", "x/home/ann/app `~`"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(without_home(body.as_bytes(), home)).unwrap(), without);
        }
        assert_eq!(without_home(b"/a/b", Path::new("/")), b"/a/b");
    }
}
