//! Encrypted letters: at the remote a commit with one encrypted file, whose content is the letter as a file.

use std::fs::File;

use handoff_files::{Dir, FileError, Scratch, open_named};
use handoff_letter::{Letter, Mailbox, PublicKey, State, Unsigned};
use handoff_state::StateDir;

use super::chain::Chain;
use super::outbox::ASK_AGAIN_SECS;
use super::remote::OURS;
use super::{Mailroom, MailroomError, letter_ref, parcel_ref};
use crate::error::{NotPacked, NotTaken};
use crate::machine::Machine;
use crate::open::{MAX_ALONE_BYTES, MAX_FILE_BYTES, Opened};
use crate::pack::Packed;
use crate::people::People;
use crate::recipients::{Own, Recipients};
use crate::room::{Entry, Room, RoomError};

/// The only file in the tree of an encrypted letter.
const LETTER: &str = "letter.age";
/// The same of its parcel.
const PARCEL: &str = "parcel.age";
/// The largest encrypted letter, in bytes.
const MAX_LETTER_BYTES: u64 = MAX_ALONE_BYTES + (128 << 10);
/// The same of its parcel.
const MAX_PARCEL_BYTES: u64 = MAX_FILE_BYTES + (16 << 20);

impl Mailroom<'_> {
    /// The machines that a letter to `to` has to be encrypted to: where strangers may read the remote, and else with `encrypt`.
    /// `None`: it goes as it is. What their cards say is looked at first.
    ///
    /// # Errors
    /// [`MailroomError::Public`] where it can't be encrypted and has to be; [`NoRecipients`](crate::NoRecipients) where it is to be.
    pub fn recipients(&mut self, to: &Mailbox, encrypt: bool) -> Result<Option<Recipients>, MailroomError> {
        self.ask_audience(ASK_AGAIN_SECS)?;
        let is_private = self.joined.is_private();
        if is_private && !encrypt {
            return Ok(None);
        }
        // Where it is not reached, what is known here counts.
        self.cards_if_reached()?;
        let people = self.people()?;
        let recipient = Machine::recipient(&self.state)?;
        let own = Own { mail: &self.identity.mail, machine: &self.machine.name, recipient };
        let recipients = Recipients::of(to, &own, &people).and_then(Recipients::for_others);
        let refused = |reason| {
            if is_private { NotPacked::from(reason).into() } else { self.joined.public(reason) }
        };
        recipients.map(Some).map_err(refused)
    }

    /// Encrypts `packed`, and writes it as it goes to the remote: the commits of the letter and of its parcel.
    pub(super) fn enclose(
        &self,
        packed: &Packed,
        recipients: &Recipients,
    ) -> Result<(String, Option<String>), MailroomError> {
        let letter = &packed.letter;
        let name = letter_ref(&letter.to.key(""), &letter.id);
        let outer = self.enclosed(packed, &name, LETTER, recipients)?;
        self.room.set(&format!("{OURS}{}/letter", letter.id), Some(&outer))?;
        if letter.parcel.is_none() {
            return Ok((outer, None));
        }
        let parcel = self.enclosed(packed, &parcel_ref(&letter.id), PARCEL, recipients)?;
        self.room.set(&format!("{OURS}{}/parcel", letter.id), Some(&parcel))?;
        Ok((outer, Some(parcel)))
    }

    /// The ref `name` of `packed`, encrypted, as the file `file` of a commit that says nothing of it.
    fn enclosed(
        &self,
        packed: &Packed,
        name: &str,
        file: &str,
        recipients: &Recipients,
    ) -> Result<String, MailroomError> {
        let scratch = Scratch::new("agent-handoff-letter")?;
        let path = scratch.path().join(file);
        packed.room().seal_into(Some(name), &new_file(&scratch, file)?, recipients.seal_to())?;
        let tree = self.room.write_tree(&[(file, self.room.write_file(&path)?)])?;
        let (title, state) = match file {
            LETTER => ("encrypted letter", Some(State::Waiting)),
            _ => ("encrypted work", None),
        };
        let Letter { from, created, .. } = &packed.letter;
        let commit = Unsigned {
            tree: &tree,
            parent: None,
            author: from,
            at: created.seconds(),
            title,
            state,
            nonce: handoff_files::random()?,
        };
        Ok(self.room.write_commit(&commit.sign(&self.machine.key))?)
    }

    /// What reads the letters in this mailroom.
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { room: &self.room, state: &self.state, scope: self.joined.scope() }
    }

    /// The mailbox's key at the remote.
    pub(super) fn key_of(&self, mailbox: &Mailbox) -> String {
        mailbox.key(self.joined.scope())
    }
}

/// What is needed to read letters as they are at a remote, encrypted or not.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// What came from there.
    pub(super) room: &'a Room,
    pub(super) state: &'a StateDir,
    /// That of [`Mailbox::key`].
    pub(super) scope: &'a str,
}

impl Reading<'_> {
    /// The letter of `chain`, whose ref is called `name`. One of a key that is not known is not decrypted.
    pub(super) fn opened(self, chain: &Chain, name: &str) -> Result<Opened, MailroomError> {
        let Some(entry) = self.entry(&chain.newest.tree, LETTER)? else {
            return Ok(Opened::kept(self.room, &chain.letter, name, self.scope)?);
        };
        self.check_known(&chain.writer)?;
        let sealed = self.room.read(&entry, MAX_LETTER_BYTES)?;
        let own = [Machine::age_key(self.state)?];
        let git = self.room.git().clone();
        Ok(Opened::enclosed(git, &sealed, &own, &chain.writer, (name, self.scope))?)
    }

    /// Adds the parcel whose ref is called `name` and is the commit `commit` to `opened`, which is the letter of `chain`.
    pub(super) fn add_parcel(
        self,
        opened: &mut Opened,
        chain: &Chain,
        name: String,
        commit: Option<String>,
    ) -> Result<(), MailroomError> {
        let (true, Some(commit)) = (self.entry(&chain.newest.tree, LETTER)?.is_some(), &commit) else {
            return Ok(opened.add_parcel(commit.map(|commit| (name, commit)))?);
        };
        let odd = |reason| MailroomError::from(RoomError::Odd(reason));
        let said = handoff_letter::Commit::verified(&self.room.commit(commit)?);
        let (said, key) = said.map_err(NotTaken::from)?;
        if key != chain.writer {
            return Err(odd("its parcel is signed with another key"));
        }
        let entry = self.entry(&said.tree, PARCEL)?.ok_or(odd("its parcel is not encrypted as it is"))?;
        let scratch = Scratch::new("agent-handoff-letter")?;
        self.room.read_into(&entry, new_file(&scratch, PARCEL)?, MAX_PARCEL_BYTES)?;
        let own = [Machine::age_key(self.state)?];
        Ok(opened.add_enclosed_parcel(open_named(&scratch.path().join(PARCEL))?, &own)?)
    }

    /// The file `name` of the tree `tree`, where it is the only one.
    fn entry(self, tree: &str, name: &str) -> Result<Option<Entry>, MailroomError> {
        match <[Entry; 1]>::try_from(self.room.entries(tree)?) {
            Ok([only]) if only.name == name => Ok(Some(only)),
            _ => Ok(None),
        }
    }

    fn check_known(self, key: &PublicKey) -> Result<(), MailroomError> {
        if Machine::open(self.state)?.key() == *key || People::read(self.state)?.with_key(key).is_some() {
            return Ok(());
        }
        let (fingerprint, sender) = (key.fingerprint(), "somebody".into());
        Err(NotTaken::Stranger { fingerprint, sender }.into())
    }
}

fn new_file(scratch: &Scratch, name: &str) -> Result<File, FileError> {
    let path = scratch.path().join(name);
    let taken = || FileError::new("create", &path)(std::io::ErrorKind::AlreadyExists);
    Ok(Dir::create(scratch.path())?.create_new(name)?.ok_or_else(taken)?.into_file())
}
