//! Who can read an encrypted letter: the machines of the person that it goes to.

use std::collections::BTreeSet;

use handoff_letter::Mailbox;
use handoff_sealed::{Recipient, SealTo};

use crate::people::{ME, People, Person, PersonKey};

/// The machines that a letter is encrypted to.
#[derive(Clone, Debug)]
pub struct Recipients {
    recipients: Vec<Recipient>,
    /// Machines of that person that cannot read it: what is encrypted to them is not known here.
    pub unable: Vec<String>,
    /// Whether another machine than this one can read it.
    pub is_for_others: bool,
}

/// A letter can't be encrypted to whom it goes to.
#[derive(Debug, thiserror::Error)]
pub enum NoRecipients {
    /// It goes to no person.
    #[error(
        "a letter to {0} cannot be encrypted, since it is not known whose machines may read it; send it to a person, or to a machine \
         of theirs (host:NAME)"
    )]
    NoPerson(Mailbox),
    /// No person that is known has that address, or a machine of that name.
    #[error(
        "no person that is known here is meant by {0}, so it is not known what to encrypt the letter to: handoff people"
    )]
    Unknown(Mailbox),
    /// More than one has.
    #[error(
        "more than one person is meant by {0}, so it is not known what to encrypt the letter to: handoff people"
    )]
    Several(Mailbox),
    /// No machine of theirs has an age key that is known.
    #[error(
        "no age key of {who} is known here, so no letter can be encrypted to them{}: have them run `handoff join` again with \
         this version, or add what `handoff people` shows there: handoff people add {who} --key FILE", named(.machines)
    )]
    NoKeys {
        /// Whose.
        who: String,
        /// Their machines that are known.
        machines: Vec<String>,
    },
    /// It goes to the user, of whom no other machine is known.
    #[error(
        "no other machine of yours is known here, which could read the letter: run `handoff join` there, then here \
         handoff people add @me --card MACHINE"
    )]
    Alone,
}

fn named(machines: &[String]) -> String {
    if machines.is_empty() { String::new() } else { format!(" ({})", machines.join(", ")) }
}

impl Recipients {
    /// The machines behind `to`, as this user and machine know them.
    pub(crate) fn of(to: &Mailbox, own: &Own<'_>, people: &People) -> Result<Self, NoRecipients> {
        let meant: Vec<&PersonKey>;
        let (who, with_this) = match to {
            Mailbox::Person(mail) if mail == own.mail => {
                meant = people.named(ME).map_or(Vec::new(), |person| person.keys.iter().collect());
                (ME.to_owned(), true)
            }
            // A person's machines need not all have the same address.
            Mailbox::Person(mail) => {
                let person = only(to, people, |key| key.mail.eq_ignore_ascii_case(mail))?;
                meant = person.keys.iter().collect();
                (person.name.clone(), false)
            }
            Mailbox::Host(name) if name == own.machine => {
                meant = Vec::new();
                (ME.to_owned(), true)
            }
            Mailbox::Host(name) => {
                let person = only(to, people, |key| key.machine == *name)?;
                meant = person.keys.iter().filter(|key| key.machine == *name).collect();
                (person.name.clone(), false)
            }
            Mailbox::Branch(_) | Mailbox::Anyone => return Err(NoRecipients::NoPerson(to.clone())),
        };
        let mut recipients: BTreeSet<Recipient> = meant.iter().filter_map(|key| key.recipient()).collect();
        let unable: Vec<_> =
            meant.iter().filter(|key| key.recipient().is_none()).map(|key| shown(key)).collect();
        let is_for_others = !recipients.is_empty();
        if with_this {
            recipients.insert(own.recipient);
        } else if recipients.is_empty() {
            return Err(NoRecipients::NoKeys { who, machines: unable });
        }
        Ok(Self { recipients: recipients.into_iter().collect(), unable, is_for_others })
    }

    /// The same, where it is of no use to this machine alone.
    pub(crate) fn for_others(self) -> Result<Self, NoRecipients> {
        if self.is_for_others {
            return Ok(self);
        }
        Err(match self.unable {
            machines if machines.is_empty() => NoRecipients::Alone,
            machines => NoRecipients::NoKeys { who: ME.to_owned(), machines },
        })
    }

    pub(crate) fn seal_to(&self) -> SealTo<'_> {
        SealTo::Recipients(&self.recipients)
    }
}

/// This user and machine.
pub(crate) struct Own<'a> {
    pub(crate) mail: &'a str,
    pub(crate) machine: &'a str,
    pub(crate) recipient: Recipient,
}

/// The only person with such a key.
fn only<'p>(
    to: &Mailbox,
    people: &'p People,
    is_meant: impl Fn(&PersonKey) -> bool,
) -> Result<&'p Person, NoRecipients> {
    let mut meant = people.iter().filter(|person| person.keys.iter().any(&is_meant));
    match (meant.next(), meant.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(NoRecipients::Several(to.clone())),
        (None, _) => Err(NoRecipients::Unknown(to.clone())),
    }
}

/// A machine for people.
fn shown(key: &PersonKey) -> String {
    match (key.machine.is_empty(), key.public()) {
        (false, _) => key.machine.clone(),
        (true, Some(public)) => public.fingerprint(),
        (true, None) => "one without a key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use handoff_letter::SecretKey;
    use handoff_state::StateDir;

    use super::*;

    #[test]
    fn a_letter_is_encrypted_to_the_machines_of_one_person_and_of_no_other() {
        let place = tempfile::tempdir().unwrap();
        let state = StateDir::at(place.path().join("state"));
        let new = || *handoff_sealed::Identity::generate().unwrap().recipient();
        let [this, desk, bob, other] = [new(), new(), new(), new()];
        let add = |name: &str, seed, machine: &str, mail: &str, age: Option<Recipient>| {
            let key = PersonKey::new(&SecretKey::from_seed(&[seed; 32]).public(), machine, mail);
            let age = age.map(|age| age.to_string());
            People::add(&state, &name.parse().unwrap(), key.with_age(age.as_deref(), 1), None).unwrap();
        };
        add("@me", 1, "desk", "ann@acme.io", Some(desk));
        add("@me", 2, "old", "ann@acme.io", None);
        add("bob", 3, "pc", "bob@acme.io", Some(bob));
        // Whoever says that they have Bob's address is not Bob.
        add("mallory", 4, "pc", "bob@acme.io", Some(other));
        add("carol", 5, "den", "carol@acme.io", None);
        let people = People::read(&state).unwrap();
        let own = Own { mail: "ann@acme.io", machine: "laptop", recipient: this };
        let of = |to: &str| Recipients::of(&to.parse().unwrap(), &own, &people);
        let sorted = |mut all: Vec<Recipient>| {
            all.sort_unstable();
            all
        };
        let mine = of("me:ann@acme.io").unwrap();
        assert_eq!((mine.recipients, mine.unable), (sorted(vec![this, desk]), vec!["old".to_owned()]));
        assert_eq!(of("host:desk").unwrap().recipients, [desk]);
        assert!(of("host:laptop").unwrap().for_others().is_err());
        for (to, why) in [
            ("me:bob@acme.io", "more than one person"),
            ("host:pc", "more than one person"),
            ("me:nobody@acme.io", "no person that is known"),
            (
                "me:carol@acme.io",
                "no age key of carol is known here, so no letter can be encrypted to them (den)",
            ),
            ("anyone", "it is not known whose machines"),
            ("branch:main", "it is not known whose machines"),
        ] {
            let said = of(to).unwrap_err().to_string();
            assert!(said.contains(why), "{to}: {said}");
        }
        People::remove(&state, "mallory").unwrap();
        let people = People::read(&state).unwrap();
        let to_bob = Recipients::of(&Mailbox::person("bob@acme.io").unwrap(), &own, &people).unwrap();
        assert_eq!(to_bob.recipients, [bob]);
    }
}
