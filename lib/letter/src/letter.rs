//! What a letter says of itself: `letter.json`.

use handoff_document::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{LIFETIME_SECS, LetterId, MAX_LETTER_BYTES, Mailbox, SKEW_SECS};

/// The version of the format that is written, and the only one that is read.
const VERSION: u32 = 1;

/// The longest title, in bytes.
const MAX_TITLE_BYTES: usize = 200;
/// The longest name of a person, mail address, branch or repository, in bytes.
const MAX_TEXT_BYTES: usize = 255;
/// The longest name of a machine, in bytes.
const MAX_MACHINE_BYTES: usize = 64;
/// The most commits that other commits of a letter build on.
const MAX_PREREQUISITES: usize = 1_000;

/// What a letter says of itself. Signed with it, so none of it can be another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its name.
    pub id: LetterId,
    /// Who sends it, as the sender says. Whose key it is signed with is another matter.
    pub from: Sender,
    /// To whom it goes.
    pub to: Mailbox,
    /// The handoff's title, one line.
    pub title: String,
    /// When it was made, by the sender's clock.
    pub created: Timestamp,
    /// The repository that it is about, `host/path` of its remote, where it has one.
    pub repository: Option<String>,
    /// The branch that was checked out.
    pub branch: Option<String>,
    /// The commit that was checked out, whole.
    pub base: Option<String>,
    /// What answers to its sender's machine are encrypted to, `age1…`.
    pub age: Option<String>,
    /// What goes along.
    pub parcel: Option<Parcel>,
}

/// Who sends a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// As git has it (`user.name`).
    pub name: String,
    /// As git has it (`user.email`).
    pub mail: String,
    /// What the sender calls the machine.
    pub machine: String,
}

/// The work that goes along with a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The commit whose tree holds it.
    pub commit: String,
    /// How large its files are together, in bytes.
    pub size: u64,
    /// Over its files, as [`Parcel`] is made: 64 hexadecimal digits of SHA-256.
    pub sha256: String,
    /// How many files the capture in it changes; `None` where there is no capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// How many paths stayed behind.
    #[serde(default)]
    pub not_carried: u64,
    /// The commits in it, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<Commits>,
}

/// Commits that the repository's remote does not have, and that go along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commits {
    /// The newest of them, which was checked out.
    pub tip: String,
    /// How many there are.
    pub count: u64,
    /// What they build on, and their receiver must have.
    pub onto: Vec<String>,
}

/// A `letter.json` is none that is known here.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// It is too large.
    #[error("letter.json is larger than {MAX_LETTER_BYTES} bytes")]
    TooLarge,
    /// It does not have the form.
    #[error("letter.json: {0}")]
    Form(#[from] serde_json::Error),
    /// A field has a value that it cannot have.
    #[error("letter.json: `{0}` has a value that it cannot have")]
    Value(&'static str),
    /// It is of a later version of the format.
    #[error(
        "letter.json is of version {0} of its format, and only {VERSION} is known; upgrade agent-handoff here"
    )]
    Version(u32),
    /// It is too old to be taken.
    #[error("the letter expired: it is of {0}, and a letter is taken for 30 days")]
    Expired(Timestamp),
    /// It was made in a future that no clock is that far ahead of.
    #[error("the letter is of {0}, which is days ahead of the clock here")]
    FromTheFuture(Timestamp),
}

/// Its form on disk.
#[derive(Serialize, Deserialize)]
struct Form {
    v: u32,
    id: String,
    from: Sender,
    to: String,
    title: String,
    created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parcel: Option<Parcel>,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl Letter {
    /// Its bytes, one line for each field.
    pub fn to_json(&self) -> Vec<u8> {
        let form = Form {
            v: VERSION,
            id: self.id.to_string(),
            from: self.from.clone(),
            to: self.to.to_string(),
            title: self.title.clone(),
            created: self.created.to_string(),
            repository: self.repository.clone(),
            branch: self.branch.clone(),
            base: self.base.clone(),
            age: self.age.clone(),
            parcel: self.parcel.clone(),
        };
        match serde_json::to_vec_pretty(&form) {
            Ok(mut bytes) => {
                bytes.push(b'\n');
                bytes
            }
            Err(error) => unreachable!("strings and numbers are always JSON: {error}"),
        }
    }

    /// Reads one. Fields that are not known are passed over.
    ///
    /// # Errors
    /// [`LetterError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, LetterError> {
        if bytes.len() as u64 > MAX_LETTER_BYTES {
            return Err(LetterError::TooLarge);
        }
        let Version { v } = serde_json::from_slice(bytes)?;
        if v != VERSION {
            return Err(LetterError::Version(v));
        }
        let form: Form = serde_json::from_slice(bytes)?;
        let letter = Self {
            id: LetterId::parse(&form.id).ok_or(LetterError::Value("id"))?,
            to: form.to.parse().map_err(|_| LetterError::Value("to"))?,
            created: Timestamp::parse(&form.created).ok_or(LetterError::Value("created"))?,
            from: form.from,
            title: form.title,
            repository: form.repository,
            branch: form.branch,
            base: form.base,
            age: form.age,
            parcel: form.parcel,
        };
        letter.check()?;
        Ok(letter)
    }

    fn check(&self) -> Result<(), LetterError> {
        let texts = [
            ("title", Some(&self.title), MAX_TITLE_BYTES),
            ("from.name", Some(&self.from.name), MAX_TEXT_BYTES),
            ("from.mail", Some(&self.from.mail), MAX_TEXT_BYTES),
            ("repository", self.repository.as_ref(), MAX_TEXT_BYTES),
            ("branch", self.branch.as_ref(), MAX_TEXT_BYTES),
            ("age", self.age.as_ref(), MAX_TEXT_BYTES),
        ];
        for (field, text, most) in texts {
            if text.is_some_and(|text| {
                text.is_empty() || text.len() > most || text.chars().any(char::is_control)
            }) {
                return Err(LetterError::Value(field));
            }
        }
        if !Sender::is_machine(&self.from.machine) {
            return Err(LetterError::Value("from.machine"));
        }
        if self.base.as_ref().is_some_and(|base| !is_object(base)) {
            return Err(LetterError::Value("base"));
        }
        self.parcel.as_ref().map_or(Ok(()), Parcel::check)
    }

    /// Whether it may still be taken at `now`. Two clocks may differ by two days.
    ///
    /// # Errors
    /// [`LetterError::Expired`], [`LetterError::FromTheFuture`].
    pub fn check_age(&self, now: Timestamp) -> Result<(), LetterError> {
        let created = self.id.created();
        let age = now.seconds().saturating_sub(created.seconds());
        if age > LIFETIME_SECS + SKEW_SECS {
            return Err(LetterError::Expired(created));
        }
        if age < -SKEW_SECS {
            return Err(LetterError::FromTheFuture(created));
        }
        Ok(())
    }
}

impl Sender {
    /// Whether a machine may be called so: letters, digits, `.`, `_`, `-`.
    pub fn is_machine(name: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        !name.is_empty()
            && name.len() <= MAX_MACHINE_BYTES
            && !name.starts_with(['-', '.'])
            && name.chars().all(plain)
    }

    /// `name` without what a machine may not be called.
    pub fn machine_of(name: &str) -> String {
        let first = name.split('.').next().unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '-' };
        let plain: String = first.chars().map(plain).take(MAX_MACHINE_BYTES).collect();
        let plain = plain.trim_start_matches('-');
        if plain.is_empty() { "machine".to_owned() } else { plain.to_owned() }
    }
}

impl Parcel {
    fn check(&self) -> Result<(), LetterError> {
        let is_hash = self.sha256.len() == 64 && self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_object(&self.commit) {
            return Err(LetterError::Value("parcel.commit"));
        }
        if !is_hash {
            return Err(LetterError::Value("parcel.sha256"));
        }
        let Some(commits) = &self.commits else { return Ok(()) };
        let is_good = is_object(&commits.tip)
            && commits.onto.len() <= MAX_PREREQUISITES
            && commits.onto.iter().all(|id| is_object(id));
        if is_good { Ok(()) } else { Err(LetterError::Value("parcel.commits")) }
    }
}

/// Whether `id` is the whole name of an object.
pub(crate) fn is_object(id: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    matches!(id.len(), 40 | 64) && id.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            id: LetterId::new(1_796_000_000_000, [1, 2, 3, 4, 5]),
            from: Sender { name: "Ann".into(), mail: "ann@acme.io".into(), machine: "laptop".into() },
            to: Mailbox::person("ann@acme.io").unwrap(),
            title: "Quoted fields".into(),
            created: Timestamp::from_seconds(1_796_000_000),
            repository: Some("github.com/acme/app".into()),
            branch: Some("fix/q".into()),
            base: Some("a".repeat(40)),
            age: Some("age1x".into()),
            parcel: Some(Parcel {
                commit: "b".repeat(40),
                size: 38_000,
                sha256: "c".repeat(64),
                files: Some(7),
                not_carried: 0,
                commits: Some(Commits { tip: "d".repeat(40), count: 2, onto: vec!["e".repeat(40)] }),
            }),
        }
    }

    #[test]
    fn a_letter_is_read_as_it_is_written() {
        let letter = letter();
        assert_eq!(Letter::from_json(&letter.to_json()).unwrap(), letter);
        let bare = Letter { repository: None, branch: None, base: None, age: None, parcel: None, ..letter };
        assert_eq!(Letter::from_json(&bare.to_json()).unwrap(), bare);
    }

    #[test]
    fn a_field_that_is_not_known_is_passed_over_and_another_version_refused() {
        let text = String::from_utf8(letter().to_json()).unwrap();
        let more = text.replacen("\"v\": 1", "\"v\": 1, \"colour\": \"red\"", 1);
        assert_eq!(Letter::from_json(more.as_bytes()).unwrap(), letter());
        let later = text.replacen("\"v\": 1", "\"v\": 2", 1);
        assert!(matches!(Letter::from_json(later.as_bytes()), Err(LetterError::Version(2))));
    }

    #[test]
    fn a_value_that_a_field_cannot_have_is_refused_and_the_field_named() {
        type Break = fn(&mut Letter);
        let cases: [(&str, Break); 8] = [
            ("title", |letter| letter.title = "a\nb".into()),
            ("title", |letter| letter.title = "x".repeat(201)),
            ("from.mail", |letter| letter.from.mail = String::new()),
            ("from.machine", |letter| letter.from.machine = "../x".into()),
            ("branch", |letter| letter.branch = Some("a\u{1b}[31m".into())),
            ("base", |letter| letter.base = Some("HEAD".into())),
            ("parcel.commit", |letter| letter.parcel.as_mut().unwrap().commit = "--upload-pack=x".into()),
            ("parcel.commits", |letter| {
                letter.parcel.as_mut().unwrap().commits.as_mut().unwrap().onto = vec!["x".into()];
            }),
        ];
        for (field, change) in cases {
            let mut letter = letter();
            change(&mut letter);
            let read = Letter::from_json(&letter.to_json());
            assert!(matches!(read, Err(LetterError::Value(named)) if named == field), "{field}: {read:?}");
        }
    }

    #[test]
    fn a_letter_is_taken_for_thirty_days_and_two_of_wrong_clocks() {
        let letter = letter();
        let at = |days: i64| Timestamp::from_seconds(1_796_000_000 + days * 86_400);
        for days in [-2, 0, 32] {
            assert!(letter.check_age(at(days)).is_ok(), "{days}");
        }
        assert!(matches!(letter.check_age(at(33)), Err(LetterError::Expired(_))));
        assert!(matches!(letter.check_age(at(-3)), Err(LetterError::FromTheFuture(_))));
    }

    #[test]
    fn a_machine_gets_a_name_that_it_may_have() {
        for (host, name) in
            [("laptop.local", "laptop"), ("Ann's Mac", "Ann-s-Mac"), ("-", "machine"), ("", "machine")]
        {
            assert_eq!(Sender::machine_of(host), name);
            assert!(Sender::is_machine(name));
        }
    }
}
