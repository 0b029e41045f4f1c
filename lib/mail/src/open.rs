//! Opens a letter: everything in it is read and verified, and nothing is done yet.

use std::path::Path;

use handoff_files::{Dir, Scratch};
use handoff_letter::{
    Commit, CommitError, Letter, LetterError, LetterId, MAX_HANDOFF_BYTES, MAX_LETTER_BYTES, PublicKey, State,
};
use handoff_process::Environment;
use handoff_state::StateDir;
use handoff_text::Sanitised;

use crate::error::NotTaken;
use crate::git::Git;
use crate::machine::Machine;
use crate::parcel;
use crate::people::{ME, People, Person, PersonKey};
use crate::room::{Room, RoomError};

/// The largest file that is opened, in bytes: a parcel, packed or not, and a letter.
const MAX_FILE_BYTES: u64 = parcel::MAX_BYTES + (2 << 20);

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
    /// Opens the letter in the file at `path`.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn read(environment: &Environment, path: &Path) -> Result<Self, NotTaken> {
        let file = handoff_files::open_regular(path)?;
        if file.size() > MAX_FILE_BYTES {
            return Err(NotTaken::TooLarge(MAX_FILE_BYTES));
        }
        // Git runs elsewhere.
        let path = handoff_files::canonical(path);
        let room = Room::scratch(Git::find(environment)?, "sha1")?;
        let (letters, parcels): (Vec<_>, Vec<_>) =
            room.unpack(&path)?.into_iter().partition(|(name, _)| !name.starts_with("parcel/"));
        let ([(name, commit)], [] | [_]) = (&letters[..], &parcels[..]) else {
            return Err(RoomError::Odd("it has not one letter and at most one parcel").into());
        };
        let mut opened = Self::of(room, commit, name)?;
        opened.add_parcel(parcels.into_iter().next())?;
        Ok(opened)
    }

    /// The letter whose commit in the mailroom `room` is `commit`, and whose ref is called `name`; without its parcel.
    pub(crate) fn kept(room: &Room, commit: &str, name: &str) -> Result<Self, NotTaken> {
        Self::of(room.again(), commit, name)
    }

    fn of(room: Room, commit: &str, name: &str) -> Result<Self, NotTaken> {
        let (said, key) = Commit::verified(&room.commit(commit)?)?;
        let letter = Self::letter(&room, &said, name)?;
        Ok(Self { handoff: Self::handoff(&room, &said.tree)?, letter, key, room, parcel: None })
    }

    /// Adds the parcel that came with it, a ref's name and its commit.
    pub(crate) fn add_parcel(&mut self, came: Option<(String, String)>) -> Result<(), NotTaken> {
        self.parcel = self.parcel_tree(came.as_ref())?;
        Ok(())
    }

    fn letter(room: &Room, commit: &Commit, name: &str) -> Result<Letter, NotTaken> {
        if commit.state != Some(State::Waiting) || !commit.parents.is_empty() {
            return Err(CommitError::Form.into());
        }
        let entries = room.entries(&commit.tree)?;
        let entry = entries.iter().find(|entry| entry.name == "letter.json");
        let entry = entry.ok_or(RoomError::Odd("it has no letter.json"))?;
        let letter = Letter::from_json(&room.read(entry, MAX_LETTER_BYTES)?)?;
        // The name outside is nobody's word.
        if name != format!("{}/{}", letter.to.key(""), letter.id) {
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
