//! Whether a letter that is about to go out will find whom it is for, as far as that is known here.

use std::collections::BTreeSet;
use std::fmt;

use handoff_letter::Mailbox;
use handoff_nearest::nearest;

use super::remote::RemoteError;
use super::{Known, Mailroom, MailroomError};
use crate::error::NotPacked;
use crate::whom::{Asking, NoAddress};

/// To whom a letter goes.
#[derive(Debug)]
pub struct Addressed {
    /// The mailbox.
    pub to: Mailbox,
    /// What the user should know of it.
    pub doubt: Option<Doubt>,
}

/// What the user should know of the mailbox of a letter. It goes out all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// A machine is known by its name alone.
    AnyMachine {
        /// Its name.
        name: String,
        /// Who reads that can take it.
        remote: String,
    },
    /// No machine of that name or mail address left a card.
    NoMachine,
    /// Neither this repository nor a remote has that branch.
    NoBranch(String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyMachine { name, remote } => write!(
                f,
                "any machine called {name} that may read {remote} can take it; for your own machines alone: --to @me"
            ),
            Self::NoMachine => {
                f.write_str("no machine of that name or address has joined, as far as this one knows")
            }
            Self::NoBranch(name) => {
                write!(f, "neither this repository nor its remotes, as last fetched, have a branch {name}")
            }
        }
    }
}

impl Mailroom<'_> {
    /// The mailbox of whom the user named; the cards at the remote are looked at where a machine or an address is named.
    ///
    /// # Errors
    /// [`NotPacked::NoAddress`] and others.
    pub fn address(&self, to: Option<&str>) -> Result<Addressed, MailroomError> {
        let mailbox = self.mailbox(to)?;
        let doubt = match &mailbox {
            Mailbox::Person(mail) => self.doubt_of_mail(mail)?,
            Mailbox::Host(name) => Some(self.doubt_of_machine(name)?),
            Mailbox::Branch(name) => self.doubt_of_branch(name)?,
            Mailbox::Anyone => None,
        };
        Ok(Addressed { to: mailbox, doubt })
    }

    /// The mailbox alone.
    fn mailbox(&self, to: Option<&str>) -> Result<Mailbox, MailroomError> {
        let people = self.people()?;
        let (project, git, identity) = (self.project, self.room.git(), &self.identity);
        Ok(Asking { project, git, identity, people: &people }.mailbox(to)?)
    }

    /// The cards of others; `None` where the remote is not reached.
    pub(super) fn cards_if_reached(&self) -> Result<Option<Vec<Known>>, MailroomError> {
        match self.cards() {
            Ok(cards) => Ok(Some(cards)),
            Err(MailroomError::Remote(RemoteError::Git(error))) => Err(error.into()),
            Err(MailroomError::Remote(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn doubt_of_mail(&self, mail: &str) -> Result<Option<Doubt>, MailroomError> {
        let people = self.people()?;
        let mut keys = people.iter().flat_map(|person| &person.keys);
        if mail == self.identity.mail || keys.any(|key| key.mail.eq_ignore_ascii_case(mail)) {
            return Ok(None);
        }
        let cards = self.cards_if_reached()?.unwrap_or_default();
        let is_known = cards.iter().any(|known| known.card.sender.mail.eq_ignore_ascii_case(mail));
        Ok((!is_known).then_some(Doubt::NoMachine))
    }

    fn doubt_of_machine(&self, name: &str) -> Result<Doubt, MailroomError> {
        let cards = self.cards_if_reached()?;
        let is_reached = cards.is_some();
        let people = self.people()?;
        let keys = people.iter().flat_map(|person| &person.keys).map(|key| key.machine.clone());
        let cards = cards.into_iter().flatten().map(|known| known.card.sender.machine);
        let mut known: BTreeSet<String> = keys.chain(cards).filter(|machine| !machine.is_empty()).collect();
        let is_alone = known.is_empty();
        known.insert(self.machine.name.clone());
        if known.contains(name) {
            let (name, remote) = (name.to_owned(), self.joined.place().to_owned());
            return Ok(Doubt::AnyMachine { name, remote });
        }
        if is_alone || !is_reached {
            return Ok(Doubt::NoMachine);
        }
        let nearest = nearest(name, known.iter().map(String::as_str)).map(|name| format!("host:{name}"));
        let (text, known) = (name.to_owned(), known.into_iter().collect());
        Err(NotPacked::from(NoAddress::NoMachine { text, known, nearest }).into())
    }

    fn doubt_of_branch(&self, name: &str) -> Result<Option<Doubt>, MailroomError> {
        let (here, there) = (format!("refs/heads/{name}"), format!("refs/remotes/*/{name}"));
        let ask = ["for-each-ref", "--format=%(refname)", &here, &there];
        let refs = self.room.git().ask(self.project.top(), &ask)?.unwrap_or_default();
        // A pattern without a star matches what is below it too.
        let is_there = refs.lines().any(|found| found == here || found.starts_with("refs/remotes/"));
        // One that has no commit yet is no ref.
        let head = self.project.worktree.repository().and_then(|repository| repository.head().branch);
        let is_known = is_there || head.as_deref() == Some(name);
        Ok((!is_known).then(|| Doubt::NoBranch(name.to_owned())))
    }
}
