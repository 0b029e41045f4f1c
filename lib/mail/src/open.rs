//! Opens a letter: everything in it is read and verified, and nothing is done yet.

use std::path::Path;

use handoff_files::{Dir, Scratch};
use handoff_letter::{
    Commit, CommitError, Letter, LetterError, LetterId, MAX_HANDOFF_BYTES, MAX_LETTER_BYTES, PublicKey, State,
};
use handoff_process::Environment;
use handoff_sealed::{OpenError, OpenWith, Passphrase, is_sealed};
use handoff_state::StateDir;
use handoff_text::Sanitised;

use crate::error::NotTaken;
use crate::git::Git;
use crate::machine::Machine;
use crate::parcel;
use crate::people::{ME, People, Person, PersonKey};
use crate::room::{Room, RoomError};

/// The largest file that is opened, in bytes: a parcel, packed or not, and a letter.
pub(crate) const MAX_FILE_BYTES: u64 = parcel::MAX_BYTES + (2 << 20);
/// The largest encrypted one: armored it is by a third longer than what it holds.
const MAX_SEALED_BYTES: u64 = MAX_FILE_BYTES / 2 * 3;
/// The largest letter without a parcel, in bytes.
pub(crate) const MAX_ALONE_BYTES: u64 = 2 << 20;
/// So much of a file says what it is, in bytes.
const MAX_HEAD_BYTES: u64 = 2 << 10;

/// A letter whose signature holds.
#[derive(Debug)]
pub struct Opened {
    /// What it says.
    pub letter: Letter,
    /// The handoff in it.
    pub handoff: Vec<u8>,
    /// The key that it is signed with.
    pub key: PublicKey,
    room: Room,
    /// The tree of its parcel.
    parcel: Option<String>,
    /// Whether it came in a file that was encrypted to machines, which anyone can do with a letter of another.
    pub(crate) must_be_to_user: bool,
}

/// Who signed a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// This machine.
    This,
    /// Another machine of a person who is known, the user or somebody else.
    Known(Person, PersonKey),
}

impl Signer {
    /// Whether work of theirs may be applied without looking at it first.
    pub fn may_bring_code(&self) -> bool {
        match self {
            Self::This => true,
            Self::Known(person, _) => person.code || person.is_me(),
        }
    }

    /// What they are called here.
    pub fn name(&self) -> &str {
        match self {
            Self::This => ME,
            Self::Known(person, _) => &person.name,
        }
    }
}

impl Opened {
    /// Opens the letter in the file at `path`, encrypted or not. Where it is encrypted with a passphrase, `passphrase` is asked
    /// for that.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn read(
        environment: &Environment,
        path: &Path,
        passphrase: &dyn Fn() -> Option<Passphrase>,
    ) -> Result<Self, NotTaken> {
        let file = handoff_files::open_regular(path)?;
        let is_sealed = is_sealed(&file.read_at(0, MAX_HEAD_BYTES)?);
        let limit = if is_sealed { MAX_SEALED_BYTES } else { MAX_FILE_BYTES };
        if file.size() > limit {
            return Err(NotTaken::TooLarge(limit));
        }
        // Git runs elsewhere.
        let path = handoff_files::canonical(path);
        let room = Room::scratch(Git::find(environment)?, "sha1")?;
        let (refs, must_be_to_user) = if is_sealed {
            Self::unsealed(environment, &room, &path, passphrase)?
        } else {
            (room.unpack(&path)?, false)
        };
        let (letters, parcels): (Vec<_>, Vec<_>) =
            refs.into_iter().partition(|(name, _)| !name.starts_with("parcel/"));
        let ([(name, commit)], [] | [_]) = (&letters[..], &parcels[..]) else {
            return Err(RoomError::Odd("it has not one letter and at most one parcel").into());
        };
        let mut opened = Self::of(room, commit, name, "")?;
        opened.add_parcel(parcels.into_iter().next())?;
        Ok(Self { must_be_to_user, ..opened })
    }

    /// Takes the encrypted file at `path` into `room`: its refs, and whether it was encrypted to machines.
    fn unsealed(
        environment: &Environment,
        room: &Room,
        path: &Path,
        passphrase: &dyn Fn() -> Option<Passphrase>,
    ) -> Result<(Vec<(String, String)>, bool), NotTaken> {
        let own = [Machine::age_key(&StateDir::of(environment)?)?];
        let unseal = |with| room.unseal(handoff_files::open_named(path)?, with, MAX_FILE_BYTES);
        match unseal(OpenWith::Identities(&own)) {
            Err(RoomError::Open(OpenError::NeedsPassphrase)) => {
                let passphrase = passphrase().ok_or(NotTaken::NeedsPassphrase)?;
                Ok((unseal(OpenWith::Passphrase(&passphrase))?, false))
            }
            Err(RoomError::Open(OpenError::NoMatch)) => Err(NotTaken::NotForHere(*own[0].recipient())),
            refs => Ok((refs?, true)),
        }
    }

    /// The letter whose commit in the mailroom `room` is `commit`, and whose ref is called `name`; without its parcel. `scope` is
    /// that of [`Mailbox::key`].
    pub(crate) fn kept(room: &Room, commit: &str, name: &str, scope: &str) -> Result<Self, NotTaken> {
        Self::of(room.again(), commit, name, scope)
    }

    /// The letter in the encrypted bytes `sealed`, without its parcel, whose envelope's ref is called `name` and is signed with
    /// `signer`. Anyone can encrypt a letter of another anew; it has to be the signer who did, to whom the letter is for.
    pub(crate) fn enclosed(
        git: Git,
        sealed: &[u8],
        own: &[handoff_sealed::Identity],
        signer: &PublicKey,
        (name, scope): (&str, &str),
    ) -> Result<Self, NotTaken> {
        let room = Room::scratch(git, "sha1")?;
        let refs = match room.unseal(sealed, OpenWith::Identities(own), MAX_ALONE_BYTES) {
            Err(RoomError::Open(OpenError::NoMatch)) => {
                let recipient = own.first().map(|own| *own.recipient());
                return Err(recipient.map_or(NotTaken::NeedsPassphrase, NotTaken::NotForHere));
            }
            refs => refs?,
        };
        let [(inner, commit)] = &refs[..] else {
            return Err(RoomError::Odd("there is not one letter in it").into());
        };
        let opened = Self::of(room, commit, inner, "")?;
        if opened.key != *signer {
            return Err(RoomError::Odd("it was encrypted by another than its writer").into());
        }
        let Letter { to, id, .. } = &opened.letter;
        if name != format!("{}/{id}", to.key(scope)) {
            return Err(LetterError::Value("to").into());
        }
        Ok(opened)
    }

    /// Adds the parcel in the encrypted file `sealed`.
    pub(crate) fn add_enclosed_parcel(
        &mut self,
        sealed: impl std::io::Read,
        own: &[handoff_sealed::Identity],
    ) -> Result<(), NotTaken> {
        let refs = self.room.unseal(sealed, OpenWith::Identities(own), MAX_FILE_BYTES)?;
        match <[_; 1]>::try_from(refs) {
            Ok([parcel]) => self.add_parcel(Some(parcel)),
            Err(_) => Err(RoomError::Odd("there is not one parcel in it").into()),
        }
    }

    fn of(room: Room, commit: &str, name: &str, scope: &str) -> Result<Self, NotTaken> {
        let (said, key) = Commit::verified(&room.commit(commit)?)?;
        let letter = Self::letter(&room, &said, name, scope)?;
        let handoff = Self::handoff(&room, &said.tree)?;
        Ok(Self { handoff, letter, key, room, parcel: None, must_be_to_user: false })
    }

    /// Adds the parcel that came with it, a ref's name and its commit.
    pub(crate) fn add_parcel(&mut self, came: Option<(String, String)>) -> Result<(), NotTaken> {
        self.parcel = self.parcel_tree(came.as_ref())?;
        Ok(())
    }

    fn letter(room: &Room, commit: &Commit, name: &str, scope: &str) -> Result<Letter, NotTaken> {
        if commit.state != Some(State::Waiting) || !commit.parents.is_empty() {
            return Err(CommitError::Form.into());
        }
        let entries = room.entries(&commit.tree)?;
        let entry = entries.iter().find(|entry| entry.name == "letter.json");
        let entry = entry.ok_or(RoomError::Odd("it has no letter.json"))?;
        let letter = Letter::from_json(&room.read(entry, MAX_LETTER_BYTES)?)?;
        // The name outside is nobody's word.
        if name != format!("{}/{}", letter.to.key(scope), letter.id) {
            return Err(LetterError::Value("id").into());
        }
        Ok(letter)
    }

    fn handoff(room: &Room, tree: &str) -> Result<Vec<u8>, NotTaken> {
        let entries = room.entries(tree)?;
        let entry = entries.iter().find(|entry| entry.name == "handoff.md");
        Ok(room.read(entry.ok_or(RoomError::Odd("it has no handoff.md"))?, MAX_HANDOFF_BYTES)?)
    }

    /// The tree of the parcel that the letter names, where it names one.
    fn parcel_tree(&self, came: Option<&(String, String)>) -> Result<Option<String>, NotTaken> {
        let odd = |reason| Err(RoomError::Odd(reason).into());
        match (&self.letter.parcel, came) {
            (None, None) => Ok(None),
            (None, Some(_)) => odd("it has a parcel that it does not name"),
            (Some(_), None) => odd("its parcel is missing"),
            (Some(parcel), Some((name, commit))) => {
                if *name != format!("parcel/{}", self.letter.id) || *commit != parcel.commit {
                    return odd("its parcel is another letter's");
                }
                let (said, key) = Commit::verified(&self.room.commit(commit)?)?;
                if key != self.key {
                    return odd("its parcel is signed with another key");
                }
                Ok(Some(said.tree))
            }
        }
    }

    /// Who signed it, where that is somebody whose letters are taken here.
    ///
    /// # Errors
    /// [`NotTaken::Stranger`], [`NotTaken::OtherKey`].
    pub fn signer(&self, state: &StateDir) -> Result<Signer, NotTaken> {
        if Machine::open(state)?.key() == self.key {
            return Ok(Signer::This);
        }
        let people = People::read(state)?;
        let from = &self.letter.from;
        let fingerprint = self.key.fingerprint();
        let same_machine = people.same_machine(&from.machine, &from.mail.to_lowercase());
        match (people.with_key(&self.key), same_machine) {
            // A person who is known, and who says that they are another one.
            (Some((person, _)), Some((other, _))) if person.name != other.name => {
                Err(NotTaken::OtherPerson { person: person.name.clone(), other: other.name.clone() })
            }
            (Some((person, known)), _) => Ok(Signer::Known(person.clone(), known.clone())),
            (None, Some((person, _))) => Err(NotTaken::OtherKey {
                person: person.name.clone(),
                machine: Sanitised::line(from.machine.as_bytes(), 64),
                fingerprint,
            }),
            (None, None) => Err(NotTaken::Stranger { fingerprint, sender: self.sender() }),
        }
    }

    /// Whom it says that it is from: `Ann <ann@acme.io>, laptop`. A claim.
    pub fn sender(&self) -> Sanitised {
        let from = &self.letter.from;
        Sanitised::line(format!("{} <{}>, {}", from.name, from.mail, from.machine).as_bytes(), 300)
    }

    /// The same behind what the signer is called here, which is no claim: `bob: Bob <bob@acme.io>, desk`.
    pub fn sender_as(&self, signer: &Signer) -> Sanitised {
        Sanitised::line(format!("{}: {}", signer.name(), self.sender()).as_bytes(), 300)
    }

    /// Its name.
    pub fn id(&self) -> &LetterId {
        &self.letter.id
    }

    /// Puts the files of its parcel into `into`, verified; false where it has none.
    pub(crate) fn unpack_parcel(&self, into: &Dir) -> Result<bool, NotTaken> {
        let (Some(tree), Some(parcel)) = (&self.parcel, &self.letter.parcel) else { return Ok(false) };
        parcel::read(&self.room, tree, parcel, into)?;
        Ok(true)
    }

    /// An empty directory for its parcel's files. It goes when the second value is dropped.
    pub(crate) fn place(&self) -> Result<(Dir, Scratch), NotTaken> {
        let scratch = Scratch::new("agent-handoff-parcel")?;
        Ok((Dir::create(scratch.path())?, scratch))
    }
}
