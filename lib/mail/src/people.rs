//! Whose letters are taken here: people, each with the keys of their machines, in the user's state directory.
//!
//! A person adds them; no letter adds anybody. What is here decides what a model is shown, so no sandboxed agent may write it.

use std::fmt;
use std::io::ErrorKind;
use std::str::FromStr;

use handoff_document::Timestamp;
use handoff_files::{Dir, FileError, Lock};
use handoff_letter::{Mailbox, PublicKey};
use handoff_process::NoState;
use handoff_sealed::Recipient;
use handoff_state::{StateDir, StateError};
use serde::{Deserialize, Serialize};

use crate::sandbox::{Guests, SandboxError};

const FILE: &str = "people.json";
const LOCK: &str = "people.lock";
const MAX_BYTES: u64 = 1 << 20;
const VERSION: u32 = 1;
/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The name that stands for the user's own other machines.
pub const ME: &str = "@me";

/// What a person is called here: `@me`, or letters, digits, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonName(String);

/// Everybody whose letters are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub(crate) people: Vec<Person>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What the user calls them.
    pub name: String,
    /// Whether work that they send may be applied without looking at it first.
    #[serde(default)]
    pub code: bool,
    /// Their machines.
    pub keys: Vec<PersonKey>,
}

/// A machine of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonKey {
    /// Its key, as ssh writes it.
    pub key: String,
    /// What its user calls it; empty where that is unknown.
    #[serde(default)]
    pub machine: String,
    /// Its user's mail address; empty where that is unknown.
    #[serde(default)]
    pub mail: String,
    /// When it was added, RFC 3339.
    pub added: String,
    /// What is encrypted to it, `age1…`; empty where that is unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub age: String,
    /// When it said so, in seconds since 1970: what is older changes nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub age_since: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[derive(Serialize, Deserialize)]
struct Form {
    v: u32,
    people: Vec<Person>,
}

/// What came of adding a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is known now.
    New,
    /// It was known already, as this person's.
    Already,
    /// It was known already, and what is encrypted to it is new.
    NewAgeKey,
    /// It was known already, as a machine with this name and mail address, and has others from now on.
    Renamed(String),
    /// It is known now, beside another key that this person has for a machine of that name.
    Beside(String),
}

/// The people can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// It is unknown where the state directory is.
    #[error(transparent)]
    NoState(#[from] NoState),
    /// The state directory can't be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// What the system says.
    #[error(transparent)]
    File(#[from] FileError),
    /// What a sandbox was given.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The file is not as this program writes it.
    #[error("could not read people.json in the state directory: {0}; mend or remove it")]
    Form(serde_json::Error),
    /// It is of a later version.
    #[error(
        "people.json in the state directory is of version {0}, and only {VERSION} is known; upgrade agent-handoff here"
    )]
    Version(u32),
    /// Nobody can be called so.
    #[error(
        "nobody can be called {0:?} here: use letters, digits, `.`, `_` and `-`, at most 64, or @me for yourself; anyone, branch, host and me are no names"
    )]
    Name(String),
    /// The key is another's.
    #[error("that key is known as {0}'s: handoff people remove {0}")]
    Taken(String),
    /// There is nobody of that name.
    #[error("nobody is called {0} here: handoff people")]
    Unknown(String),
}

/// What means something else behind `--to`, or looks like it.
const RESERVED: [&str; 4] = ["anyone", "branch", "host", "me"];

impl FromStr for PersonName {
    type Err = PeopleError;

    fn from_str(text: &str) -> Result<Self, PeopleError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_good = !text.is_empty()
            && text.len() <= MAX_NAME_BYTES
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(plain)
            && !RESERVED.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is_good || text == ME {
            Ok(Self(text.to_owned()))
        } else {
            Err(PeopleError::Name(text.to_owned()))
        }
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Person {
    /// Whether it is the user.
    pub fn is_me(&self) -> bool {
        self.name == ME
    }

    /// The mail address that letters for them go to, where one is known.
    pub fn mail(&self) -> Option<&str> {
        self.keys.iter().rev().map(|key| key.mail.as_str()).find(|mail| !mail.is_empty())
    }

    /// What their machine is called, where all their keys are of machines of one name.
    pub fn only_machine(&self) -> Option<&str> {
        let name = self.keys.first()?.machine.as_str();
        (!name.is_empty() && self.keys.iter().all(|key| key.machine == name)).then_some(name)
    }
}

impl PersonKey {
    /// A key that becomes known now.
    pub fn new(key: &PublicKey, machine: &str, mail: &str) -> Self {
        Self {
            key: key.to_string(),
            machine: machine.to_owned(),
            mail: mail.to_owned(),
            added: Timestamp::now().to_string(),
            age: String::new(),
            age_since: 0,
        }
    }

    /// The same, where it said at `since` (seconds since 1970) what is encrypted to it. What is no recipient is passed over.
    #[must_use]
    pub fn with_age(self, age: Option<&str>, since: i64) -> Self {
        match age.filter(|age| age.parse::<Recipient>().is_ok()) {
            // A clock that was ahead does not make a later word count for nothing.
            Some(age) => {
                Self { age: age.to_owned(), age_since: since.min(Timestamp::now().seconds()), ..self }
            }
            None => self,
        }
    }

    /// What is encrypted to it, where that is known.
    pub fn recipient(&self) -> Option<Recipient> {
        self.age.parse().ok()
    }

    /// Takes over what `other` knows later of what is encrypted to it and of what it is called; whether there is anything to note.
    /// Its mail address stays: by that letters find a person, and the user knows it as that person's.
    fn learn(&mut self, other: &Self) -> bool {
        if other.age.is_empty() || other.age_since < self.age_since {
            return false;
        }
        let before = self.clone();
        self.age.clone_from(&other.age);
        // Noted also where it says nothing new: what it said earlier counts no more, whoever puts it back.
        self.age_since = other.age_since;
        if !other.machine.is_empty() {
            self.machine.clone_from(&other.machine);
        }
        *self != before
    }

    /// Takes over all that `other` says, as the user wants it; what of it is new.
    fn renew(&mut self, other: &Self) -> Added {
        let old = (self.machine.clone(), self.mail.clone(), self.age.clone());
        self.learn(other);
        for (own, theirs) in [(&mut self.machine, &other.machine), (&mut self.mail, &other.mail)] {
            if !theirs.is_empty() {
                own.clone_from(theirs);
            }
        }
        if (&old.0, &old.1) != (&self.machine, &self.mail) {
            let known = [old.0, old.1].into_iter().filter(|part| !part.is_empty());
            return Added::Renamed(known.collect::<Vec<_>>().join(", "));
        }
        if old.2 == self.age { Added::Already } else { Added::NewAgeKey }
    }

    /// The key; `None` where the file has something else there.
    pub fn public(&self) -> Option<PublicKey> {
        PublicKey::parse(&self.key).ok()
    }
}

impl People {
    /// Everybody who is known, with those whom the environment names, as in a sandbox.
    ///
    /// # Errors
    /// [`PeopleError`].
    pub fn read(state: &StateDir) -> Result<Self, PeopleError> {
        let mut people = match state.open()? {
            Some(dir) => Self::read_in(&dir)?,
            None => Self::default(),
        };
        Guests::read()?.join(&mut people);
        Ok(people)
    }

    fn read_in(dir: &Dir) -> Result<Self, PeopleError> {
        let bytes = match dir.open_to_read(FILE).and_then(|mut file| file.read(MAX_BYTES)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let Form { v, people } = serde_json::from_slice(&bytes).map_err(PeopleError::Form)?;
        if v != VERSION {
            return Err(PeopleError::Version(v));
        }
        Ok(Self { people })
    }

    /// Each of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.people.iter()
    }

    /// The one who is called so.
    pub fn named(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name == name)
    }

    /// The mailboxes of the user: that of `own`, their mail address here, and those of the addresses that their other machines
    /// have. So a letter to `@me` reaches a machine whose git knows the user by another address.
    pub(crate) fn own_mailboxes(&self, own: &str) -> Vec<Mailbox> {
        let keys = self.named(ME).into_iter().flat_map(|person| &person.keys);
        let mails = std::iter::once(own).chain(keys.map(|key| key.mail.as_str()));
        let mut all: Vec<_> = mails.filter_map(|mail| Mailbox::person(mail).ok()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whose machine has this key.
    pub fn with_key(&self, key: &PublicKey) -> Option<(&Person, &PersonKey)> {
        let of =
            |person: &'_ Person| person.keys.iter().position(|known| known.public().as_ref() == Some(key));
        self.people.iter().find_map(|person| Some((person, &person.keys[of(person)?])))
    }

    /// The key that is known for a machine which says the same of itself: the same name, of the same mail address.
    pub fn same_machine(&self, machine: &str, mail: &str) -> Option<(&Person, &PersonKey)> {
        let is_same = |known: &&PersonKey| known.machine == machine && known.mail == mail;
        self.people.iter().find_map(|person| Some((person, person.keys.iter().find(is_same)?)))
    }

    /// Adds a machine to the person `name`, who becomes known with it; `code` is what [`Person::code`] becomes, where it is
    /// said.
    ///
    /// # Errors
    /// [`PeopleError`].
    pub fn add(
        state: &StateDir,
        name: &PersonName,
        key: PersonKey,
        code: Option<bool>,
    ) -> Result<Added, PeopleError> {
        Self::change(state, |people| {
            let public = key.public();
            let known = public.as_ref().and_then(|public| people.with_key(public));
            let known = known.map(|(person, _)| person.name.clone());
            if let Some(other) = known.as_ref().filter(|other| **other != name.0) {
                return Err(PeopleError::Taken(other.clone()));
            }
            let at = people.people.iter().position(|person| person.name == name.0).unwrap_or_else(|| {
                people.people.push(Person { name: name.0.clone(), code: name.0 == ME, keys: Vec::new() });
                people.people.len() - 1
            });
            let person = &mut people.people[at];
            person.code = code.unwrap_or(person.code);
            if known.is_some() {
                let old = person.keys.iter_mut().find(|old| old.public() == public);
                return Ok(old.map_or(Added::Already, |old| old.renew(&key)));
            }
            let is_beside = |old: &&PersonKey| !key.machine.is_empty() && old.machine == key.machine;
            let beside = person.keys.iter().find(is_beside).map(|old| old.key.clone());
            person.keys.push(key);
            Ok(beside.map_or(Added::New, Added::Beside))
        })
    }

    /// Notes what is encrypted to a machine from now on, and what it is called, as one that is known already said it with a signature
    /// of its key. Whether there was anything to note.
    ///
    /// # Errors
    /// [`PeopleError`].
    pub fn learn(state: &StateDir, said: &PersonKey) -> Result<bool, PeopleError> {
        let public = said.public();
        let learnt = |people: &mut Self| {
            let mut keys = people.people.iter_mut().flat_map(|person| &mut person.keys);
            keys.find(|key| key.public() == public).is_some_and(|key| key.learn(said))
        };
        // Most often there is nothing new, and nothing is written.
        if !learnt(&mut Self::read(state)?) {
            return Ok(false);
        }
        Self::change(state, |people| Ok(learnt(people)))
    }

    /// Forgets the person `name`, and all their machines.
    ///
    /// # Errors
    /// [`PeopleError`].
    pub fn remove(state: &StateDir, name: &str) -> Result<Person, PeopleError> {
        Self::change(state, |people| {
            let at = people.people.iter().position(|person| person.name == name);
            at.map(|at| people.people.remove(at)).ok_or_else(|| PeopleError::Unknown(name.to_owned()))
        })
    }

    fn change<T>(
        state: &StateDir,
        change: impl FnOnce(&mut Self) -> Result<T, PeopleError>,
    ) -> Result<T, PeopleError> {
        let dir = state.create()?;
        // Held to the end of this function: of two programs one comes first.
        let lock = match dir.create_new(LOCK)? {
            Some(file) => file,
            None => dir.open_file(LOCK)?,
        };
        while lock.lock()? == Lock::Busy {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let mut people = Self::read_in(&dir)?;
        let changed = change(&mut people)?;
        let form = Form { v: VERSION, people: people.people };
        let mut bytes = serde_json::to_vec_pretty(&form).map_err(PeopleError::Form)?;
        bytes.push(b'\n');
        dir.temporary(&[&bytes])?.replace(FILE)?;
        dir.sync()?;
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use handoff_letter::SecretKey;

    use super::*;

    fn key(seed: u8) -> PublicKey {
        SecretKey::from_seed(&[seed; 32]).public()
    }

    #[test]
    fn a_person_is_known_by_the_keys_that_were_added() {
        let place = tempfile::tempdir().unwrap();
        let state = StateDir::at(place.path().join("state"));
        let bob = PersonName::from_str("bob").unwrap();
        let add = |name: &PersonName, seed, machine: &str, code| {
            People::add(&state, name, PersonKey::new(&key(seed), machine, "bob@acme.io"), code)
        };
        assert_eq!(add(&bob, 1, "desk", None).unwrap(), Added::New);
        assert_eq!(add(&bob, 1, "desk", None).unwrap(), Added::Already);
        assert_eq!(add(&bob, 1, "den", None).unwrap(), Added::Renamed("desk, bob@acme.io".to_owned()));
        assert_eq!(add(&bob, 1, "desk", None).unwrap(), Added::Renamed("den, bob@acme.io".to_owned()));
        assert_eq!(add(&bob, 2, "desk", Some(true)).unwrap(), Added::Beside(key(1).to_string()));
        assert!(
            matches!(add(&ME.parse().unwrap(), 1, "desk", None), Err(PeopleError::Taken(of)) if of == "bob")
        );
        let people = People::read(&state).unwrap();
        let (person, machine) = people.with_key(&key(2)).unwrap();
        assert_eq!((person.name.as_str(), person.code, machine.machine.as_str()), ("bob", true, "desk"));
        assert_eq!(person.mail(), Some("bob@acme.io"));
        assert!(people.with_key(&key(3)).is_none());
        assert!(people.same_machine("desk", "bob@acme.io").is_some());
        assert_eq!(People::remove(&state, "bob").unwrap().keys.len(), 2);
        assert!(matches!(People::remove(&state, "bob"), Err(PeopleError::Unknown(_))));
    }

    #[test]
    fn the_latest_word_of_a_machine_says_what_is_encrypted_to_it() {
        let place = tempfile::tempdir().unwrap();
        let state = StateDir::at(place.path().join("state"));
        let [one, other] =
            [1, 2].map(|_| handoff_sealed::Identity::generate().unwrap().recipient().to_string());
        let says = |age: &str, since| PersonKey::new(&key(1), "desk", "").with_age(Some(age), since);
        let known = || People::read(&state).unwrap().named("bob").unwrap().keys[0].age.clone();
        assert!(!People::learn(&state, &says(&one, 1)).unwrap(), "nobody is added by it");
        assert_eq!(People::read(&state).unwrap(), People::default());
        let bob = PersonName::from_str("bob").unwrap();
        People::add(&state, &bob, PersonKey::new(&key(1), "desk", ""), None).unwrap();
        assert_eq!(known(), "");
        assert!(People::learn(&state, &says(&one, 5)).unwrap());
        assert!(!People::learn(&state, &says(&other, 4)).unwrap(), "an older card that was put back");
        assert!(!People::learn(&state, &says("age1x", 9)).unwrap());
        assert_eq!(known(), one);
        assert_eq!(People::add(&state, &bob, says(&other, 6), None).unwrap(), Added::NewAgeKey);
        assert_eq!(known(), other);
        let renamed = |name: &str, since| {
            let said = PersonKey::new(&key(1), name, "mallory@acme.io").with_age(Some(&other), since);
            let is_new = People::learn(&state, &said).unwrap();
            let key = People::read(&state).unwrap().named("bob").unwrap().keys[0].clone();
            assert_eq!(key.mail, "", "only the user says whose address it is");
            (is_new, key.machine)
        };
        assert_eq!(renamed("den", 5), (false, "desk".to_owned()), "an older card that was put back");
        assert_eq!(renamed("den", 7), (true, "den".to_owned()));
        assert_eq!(renamed("", 8), (true, "den".to_owned()));
        assert_eq!(renamed("desk", 7), (false, "den".to_owned()), "it said something later");
        let old = r#"{"v":1,"people":[{"name":"bob","keys":[{"key":"k","added":"2026-11-30T10:00:00Z"}]}]}"#;
        state.create().unwrap().put(FILE, old.as_bytes()).unwrap();
        assert!(People::read(&state).unwrap().named("bob").unwrap().keys[0].recipient().is_none());
    }

    #[test]
    fn one_is_oneself_and_trusted_with_code() {
        let place = tempfile::tempdir().unwrap();
        let state = StateDir::at(place.path().join("state"));
        People::add(&state, &ME.parse().unwrap(), PersonKey::new(&key(1), "desk", ""), None).unwrap();
        let people = People::read(&state).unwrap();
        assert!(people.named(ME).unwrap().is_me() && people.named(ME).unwrap().code);
    }

    #[test]
    fn a_name_is_one_plain_word() {
        for name in ["", "-x", ".x", "a b", "@bob", "anyone", "a/b", "é"] {
            assert!(PersonName::from_str(name).is_err(), "{name}");
        }
    }

    #[test]
    fn two_at_once_are_both_known() {
        let place = tempfile::tempdir().unwrap();
        let state = StateDir::at(place.path().join("state"));
        std::thread::scope(|scope| {
            for seed in 1..=8 {
                let state = &state;
                scope.spawn(move || {
                    let name = PersonName::from_str(&format!("p{seed}")).unwrap();
                    People::add(state, &name, PersonKey::new(&key(seed), "", ""), None).unwrap();
                });
            }
        });
        assert_eq!(People::read(&state).unwrap().iter().count(), 8);
    }
}
