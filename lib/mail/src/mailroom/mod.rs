//! Letters through a remote of the repository: a ref for each, taken by exactly one.
//!
//! What is under way lies in a bare repository of ours, with a file for each letter that goes out (`out/`) and for each that is
//! being taken (`journal/`). Every step writes down what it is about to do before it does it, and the remote is only ever
//! changed by leases, so that each can be killed at any moment and settled later by what the remote says then. The protocol is
//! in `spec/reach.md`.

mod addressed;
mod batch;
mod by_branch;
mod card;
mod chain;
mod claims;
mod collect;
mod copy;
mod encrypted;
mod error;
mod give_back;
mod joined;
mod look;
mod notice;
mod outbox;
mod overview;
mod recall;
mod records;
pub(crate) mod remote;
mod ssh;
mod stale;
mod sweep;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use handoff_capturing::Project;
use handoff_files::{Dir, Lock, OpenFile};
use handoff_letter::{LetterId, Mailbox, PublicKey, Sender, State, Unsigned};
use handoff_state::StateDir;

use crate::git::Git;
use crate::identity::Identity;
use crate::machine::Machine;
use crate::people::People;
use crate::room::Room;
use remote::{GitRemote, Remote};

pub use addressed::{Addressed, Doubt};
pub use by_branch::{AtTip, Branch, OnBranch, elsewhere};
pub use card::{Card, Known};
pub use claims::{GaveBack, Lost, Pulled};
pub use copy::{Copied, copy, is_cloud};
pub use error::MailroomError;
pub use joined::{Audience, Joined, MailRemote};
pub use look::{Arrived, Looked};
pub use notice::{Notice, leave_trouble};
pub use outbox::{Pushed, Recalled, Sent, SentState};
pub use overview::{Finding, Overview, RoomOverview};
pub use remote::{Connection, RemoteError};

/// The directory in the store that mailrooms lie in.
pub const DIRECTORY: &str = ".mail";

/// How long another program is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(30);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The mailroom of a repository, locked while this lives.
pub struct Mailroom<'p> {
    project: &'p Project<'p>,
    state: StateDir,
    /// What was agreed when the repository was joined.
    pub joined: Joined,
    /// The user.
    pub identity: Identity,
    /// This machine.
    pub machine: Machine,
    dir: Dir,
    room: Room,
    connection: Connection,
    /// Whether who can read the remote was asked by now, and nobody answered: what was known before may not hold.
    is_unanswered: bool,
    unsent: RefCell<Option<RemoteError>>,
    _lock: OpenFile,
}

impl<'p> Mailroom<'p> {
    /// Opens that of the repository that `project` is in. A person can be asked for a password, and another program that has it is
    /// waited for.
    ///
    /// # Errors
    /// [`MailroomError`]; [`MailroomError::NotJoined`] where there is none.
    pub fn open(project: &'p Project<'p>) -> Result<Self, MailroomError> {
        Self::of(project, None)
    }

    /// The same where no person is there. The remote has to answer until `deadline`.
    ///
    /// # Errors
    /// As for that; [`MailroomError::Busy`] where another program has it.
    pub fn open_until(project: &'p Project<'p>, deadline: Instant) -> Result<Self, MailroomError> {
        Self::of(project, Some(deadline))
    }

    fn of(project: &'p Project<'p>, deadline: Option<Instant>) -> Result<Self, MailroomError> {
        let state = StateDir::of(project.environment)?;
        let common = Self::common(project)?;
        let joined = Joined::read(&state, &common)?.ok_or(MailroomError::NotJoined)?;
        let git = Git::find(project.environment)?;
        let git = deadline.map_or_else(|| git.clone(), |deadline| git.until(deadline));
        Self::with(project, state, joined, git, deadline.is_none())
    }

    /// The directory that all worktrees of the repository share, by which it is known here.
    fn common(project: &Project<'_>) -> Result<std::path::PathBuf, MailroomError> {
        project.must_be_inside()?;
        project.worktree.common_dir().ok_or(MailroomError::NoRemote)
    }

    fn with(
        project: &'p Project<'p>,
        state: StateDir,
        mut joined: Joined,
        git: Git,
        attended: bool,
    ) -> Result<Self, MailroomError> {
        let identity = Identity::of(&git, project.top())?;
        let machine = Machine::open(&state)?;
        let url = joined::url(&git, project.top(), &joined.remote)?;
        let address = joined::address(&git, project.top(), &url, &identity.mail)?;
        let url = joined.mail.as_ref().map_or(url, |mail| mail.url.clone());
        if joined.address.is_empty() {
            joined.address = address;
        } else if joined.address != address {
            return Err(MailroomError::Changed { again: joined.again(), remote: joined.remote });
        }
        let store = handoff_store::Store::create(&project.environment.store_to_write()?)?;
        let root = Dir::create(&store.path().join(DIRECTORY))?;
        let dir = root.create_child(joined.key())?;
        let lock = Self::lock(&dir, attended)?;
        stale::remove_locks(&dir.path_of("mail.git"))?;
        let room = Room::kept(git, &dir.path_of("mail.git"), &joined.object_format)?;
        ssh::prepare(&dir)?;
        let mut connection = Connection::new(room.git(), project.top(), joined.place(), url, attended)?;
        let is_ssh = |(name, _): &&(String, String)| name == "core.sshcommand";
        let own = connection.settings.iter().rev().find(is_ssh).map(|(_, value)| OsString::from(value));
        let own = room.git().ssh_command().or(own);
        connection.ssh = ssh::command(room.git(), project.top(), &dir, &connection.url, own, attended)?;
        for name in [records::OUT, records::JOURNAL, records::SENT, records::RETURNED] {
            records::prepare(&dir, name)?;
        }
        Ok(Self {
            project,
            state,
            joined,
            identity,
            machine,
            dir,
            room,
            connection,
            is_unanswered: false,
            unsent: RefCell::default(),
            _lock: lock,
        })
    }

    fn lock(dir: &Dir, attended: bool) -> Result<OpenFile, MailroomError> {
        let file = match dir.create_new("lock")? {
            Some(file) => file,
            None => dir.open_file("lock")?,
        };
        let start = Instant::now();
        while file.lock()? == Lock::Busy {
            if !attended || start.elapsed() > LOCK_WAIT {
                return Err(MailroomError::Busy);
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        Ok(file)
    }

    fn remote(&self) -> GitRemote<'_> {
        GitRemote { card: Some(self.own_card()), ..self.connection.remote(&self.room) }
    }

    /// What the remote has, see [`Remote::look`].
    fn look(&self, prefixes: &[String]) -> Result<BTreeMap<String, String>, MailroomError> {
        self.look_by(&self.remote(), prefixes)
    }

    /// The same. Where this machine's card is not there, it is left anew first: only a remote takes it, and not what a network answers
    /// with in its place.
    fn look_by(
        &self,
        remote: &GitRemote<'_>,
        prefixes: &[String],
    ) -> Result<BTreeMap<String, String>, MailroomError> {
        match remote.look(prefixes) {
            Err(RemoteError::NoCard(_)) => {
                self.leave_card()?;
                Ok(remote.look(prefixes)?)
            }
            looked => Ok(looked?),
        }
    }

    /// Whether a letter may be pushed as it is now.
    fn takes_plain(&self) -> bool {
        self.joined.private_by_word || self.joined.is_private() && !self.is_unanswered
    }

    /// How its remote is reached, for more that the same command asks there.
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// Whether a person waits for the command.
    fn is_attended(&self) -> bool {
        self.connection.attended
    }

    /// Whom letters are for that may be taken here.
    fn own_mailboxes(&self) -> Result<Vec<Mailbox>, MailroomError> {
        let mut all = vec![Mailbox::Host(self.machine.name.clone()), Mailbox::Anyone];
        all.extend(self.people()?.own_mailboxes(&self.identity.mail));
        let head = self.project.worktree.repository().map(|repository| repository.head());
        let branch = head.and_then(|head| head.branch).filter(|branch| branch != "HEAD");
        all.extend(branch.map(Mailbox::Branch));
        Ok(all)
    }

    fn people(&self) -> Result<People, MailroomError> {
        Ok(People::read(&self.state)?)
    }

    /// How this user is named to others: `Ann@laptop`.
    fn short_name(&self) -> String {
        format!("{}@{}", self.identity.name, self.machine.name)
    }

    fn sender(&self) -> Sender {
        let Identity { name, mail } = self.identity.clone();
        Sender { name, mail, machine: self.machine.name.clone() }
    }

    /// Writes the next commit of a letter's ref, behind `parent`, whose tree it keeps.
    fn step(&self, parent: &str, tree: &str, title: &str, state: State) -> Result<String, MailroomError> {
        let sender = self.sender();
        let commit = Unsigned {
            tree,
            parent: Some(parent),
            author: &sender,
            at: handoff_document::Timestamp::now().seconds(),
            title,
            state: Some(state),
            nonce: handoff_files::random()?,
        };
        Ok(self.room.write_commit(&commit.sign(&self.machine.key))?)
    }

    /// Whether it is this machine's own key.
    fn is_own(&self, key: &PublicKey) -> bool {
        self.machine.key() == *key
    }
}

/// The name of a letter's ref.
fn letter_ref(mailbox: &str, id: &LetterId) -> String {
    format!("{mailbox}/{id}")
}

/// The name of its parcel's ref.
fn parcel_ref(id: &LetterId) -> String {
    format!("parcel/{id}")
}
