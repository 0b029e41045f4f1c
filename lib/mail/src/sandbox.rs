//! Machines that are made anew for each session, as cloud sandboxes are: their key and the people whose letters they take come
//! from two variables, which the user sets where the sandbox is configured.
//!
//! The age key of such a machine is made from its key, so that one secret is all that it needs and that can be lost.
//! Neither variable is ever written to disk. What they allow is in `spec/reach.md`, "In a sandbox".

use handoff_files::FileError;
use handoff_letter::{Mailbox, PublicKey, SecretKey, Sender};
use handoff_process::Environment;
use handoff_sealed::{Identity, Recipient};
use sha2::{Digest, Sha256};

use crate::people::{ME, People, Person, PersonKey, PersonName};

/// The variable with the key that signs the letters of a sandbox.
pub const KEY_VARIABLE: &str = "HANDOFF_LETTER_KEY";
/// The variable with the people whose letters are taken in a sandbox.
pub const PEOPLE_VARIABLE: &str = "HANDOFF_PEOPLE";

/// What such a key begins with, so that what looks for secrets finds it.
const PREFIX: &str = "handoff_letter_";
/// What the age key is made from besides the key, so that neither says anything of the other.
const AGE: &str = "handoff sandbox age key 1\0";
/// The kind of key that ssh names in front of each.
const KIND: &str = "ssh-ed25519";

/// A variable is not as [`Invitation`] writes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// The key. Its value is secret.
    #[error("{KEY_VARIABLE} is not as `handoff people sandbox` printed it; set it again")]
    Key,
    /// The people.
    #[error(
        "{PEOPLE_VARIABLE} has {0:?}, and a part of it is me:MAIL or NAME=KEY; `handoff people sandbox` prints it"
    )]
    People(String),
}

/// What a new sandbox is given.
#[derive(Debug)]
pub struct Invitation {
    /// Its key, to be added as a person's.
    pub key: PublicKey,
    /// What is encrypted to it.
    pub recipient: Recipient,
    /// The value of [`KEY_VARIABLE`]. Secret.
    pub key_value: String,
    /// The value of [`PEOPLE_VARIABLE`].
    pub people_value: String,
}

impl Invitation {
    /// A new key for a sandbox called `name`, which takes letters of `own`, the key of this machine, and of the user's other machines in
    /// `people`, and those that are for `mail`. Letters of others would reach an agent there that nobody watches.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(
        name: &PersonName,
        mail: Option<&str>,
        own: &PublicKey,
        people: &People,
    ) -> Result<Self, FileError> {
        let seed = handoff_files::random::<32>()?;
        let digits: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut parts: Vec<String> =
            mail.map(|mail| format!("me:{}", mail.to_lowercase())).into_iter().collect();
        let part = |name: &str, key: &PublicKey| {
            let line = key.to_string();
            format!("{name}={}", line.strip_prefix(KIND).unwrap_or(&line).trim())
        };
        parts.push(part(ME, own));
        for person in people.iter().filter(|person| person.is_me()) {
            parts.extend(person.keys.iter().filter_map(|key| Some(part(&person.name, &key.public()?))));
        }
        Ok(Self {
            key: SecretKey::from_seed(&seed).public(),
            recipient: *age_identity(&seed).recipient(),
            key_value: format!("{PREFIX}{digits}_{name}"),
            people_value: parts.join(","),
        })
    }
}

/// What [`KEY_VARIABLE`] gives.
pub(crate) struct Given {
    /// What the machine is called.
    pub(crate) name: String,
    seed: [u8; 32],
}

impl Given {
    /// `None` where the variable is not set, as on any other machine.
    pub(crate) fn read() -> Result<Option<Self>, SandboxError> {
        let Some(value) = Environment::variable(KEY_VARIABLE) else { return Ok(None) };
        value.to_str().and_then(|value| Self::parse(value.trim())).map(Some).ok_or(SandboxError::Key)
    }

    fn parse(value: &str) -> Option<Self> {
        let (digits, name) = value.strip_prefix(PREFIX)?.split_once('_')?;
        let seed = data_encoding::HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok()?;
        Sender::is_machine(name).then(|| Self { name: name.to_owned(), seed })
    }

    /// What signs its letters.
    pub(crate) fn key(&self) -> SecretKey {
        SecretKey::from_seed(&self.seed)
    }

    /// What opens letters that are encrypted to it.
    pub(crate) fn age_key(&self) -> Identity {
        age_identity(&self.seed)
    }
}

fn age_identity(seed: &[u8; 32]) -> Identity {
    let hash = Sha256::new().chain_update(AGE).chain_update(seed).finalize();
    Identity::from_secret(hash.into())
}

/// What [`PEOPLE_VARIABLE`] gives.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    /// The user's own mail addresses, as mailboxes.
    pub(crate) mailboxes: Vec<Mailbox>,
    /// The people, each with one key.
    people: Vec<(PersonName, PublicKey)>,
}

impl Guests {
    pub(crate) fn read() -> Result<Self, SandboxError> {
        match Environment::variable(PEOPLE_VARIABLE) {
            Some(value) => Self::parse(&value.to_string_lossy()),
            None => Ok(Self::default()),
        }
    }

    fn parse(value: &str) -> Result<Self, SandboxError> {
        let mut guests = Self::default();
        for part in value.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
            let odd = || SandboxError::People(part.chars().take(40).collect());
            match part.split_once('=') {
                None if part.starts_with("me:") => guests.mailboxes.push(part.parse().map_err(|_| odd())?),
                None => return Err(odd()),
                Some((name, key)) => {
                    let key = PublicKey::parse(&format!("{KIND} {key}")).map_err(|_| odd())?;
                    guests.people.push((name.parse().map_err(|_| odd())?, key));
                }
            }
        }
        Ok(guests)
    }

    /// Adds them to `people`, for this program alone. A key that is known already stays whose it is.
    pub(crate) fn join(self, people: &mut People) {
        for (name, key) in self.people {
            if people.with_key(&key).is_some() {
                continue;
            }
            let key = PersonKey::new(&key, "", "");
            let name = name.to_string();
            match people.people.iter_mut().find(|person| person.name == name) {
                Some(person) => person.keys.push(key),
                None => people.people.push(Person { name, code: false, keys: vec![key] }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sandbox_is_given_is_read_as_it_was_written() {
        let own = SecretKey::from_seed(&[1; 32]).public();
        let name: PersonName = "cloud.1_a".parse().unwrap();
        let given = Invitation::new(&name, Some("Ann@acme.io"), &own, &People::default()).unwrap();
        let machine = Given::parse(&given.key_value).unwrap();
        assert_eq!((machine.name.as_str(), machine.key().public()), ("cloud.1_a", given.key));
        assert_eq!(*machine.age_key().recipient(), given.recipient);
        let guests = Guests::parse(&given.people_value).unwrap();
        assert_eq!(guests.mailboxes, [Mailbox::person("ann@acme.io").unwrap()]);
        let mut people = People::default();
        guests.join(&mut people);
        assert!(people.with_key(&own).unwrap().0.is_me());
    }

    #[test]
    fn the_age_key_of_a_sandbox_stays_the_same_in_each_version() {
        // What was encrypted to it must open later.
        let recipient = age_identity(&[1; 32]).recipient().to_string();
        assert_eq!(recipient, "age1snv4eckq3n3m9e89vf502mqp0uj0fdjknr8jqa87jluque53scqqnn6sdw");
    }

    #[test]
    fn what_is_not_so_is_refused_and_a_secret_not_repeated() {
        for value in ["", "x", "handoff_letter_00_cloud", &format!("{PREFIX}{}_", "0".repeat(64))] {
            assert!(Given::parse(value).is_none(), "{value}");
        }
        assert!(!SandboxError::Key.to_string().contains("0000"));
        for value in ["bob", "bob=", "bob=AAAA", "a b=AAAA", "me:"] {
            assert!(Guests::parse(value).is_err(), "{value}");
        }
        assert!(Guests::parse(" , ;").unwrap().people.is_empty());
    }

    #[test]
    fn a_guest_changes_nothing_of_who_is_known() {
        let key = SecretKey::from_seed(&[1; 32]).public();
        let line = key.to_string();
        let blob = line.strip_prefix("ssh-ed25519 ").unwrap();
        let mut people = People::default();
        let bob = Person { name: "bob".into(), code: false, keys: vec![PersonKey::new(&key, "desk", "")] };
        people.people.push(bob);
        Guests::parse(&format!("@me={blob}")).unwrap().join(&mut people);
        assert_eq!(people.with_key(&key).unwrap().0.name, "bob");
        assert_eq!(people.iter().count(), 1);
    }
}
