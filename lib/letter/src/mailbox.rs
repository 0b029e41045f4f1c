//! To whom a letter goes.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The longest name in a mailbox, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// To whom a letter goes, and where it waits for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mailbox {
    /// The person with this mail address, in lower case, on any machine: `me:ann@acme.io`.
    Person(String),
    /// The machine of this name: `host:desk`.
    Host(String),
    /// The next session on this branch, whose session it is: `branch:fix/q`.
    Branch(String),
    /// Who takes it first: `anyone`.
    Anyone,
}

/// A text is no mailbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a letter goes to `me:MAIL`, `host:NAME`, `branch:NAME` or `anyone`")]
pub struct NoMailbox;

impl Mailbox {
    /// The one of the person with this mail address.
    ///
    /// # Errors
    /// [`NoMailbox`] where it is empty, too long, or has control characters in it.
    pub fn person(mail: &str) -> Result<Self, NoMailbox> {
        name(mail).map(|mail| Self::Person(mail.to_lowercase()))
    }

    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Person(mail) => ("me", mail),
            Self::Host(name) => ("host", name),
            Self::Branch(name) => ("branch", name),
            Self::Anyone => ("anyone", ""),
        }
    }

    /// Its name among the refs of a repository, 16 hexadecimal digits. `mailroom` is the name of the repository that the
    /// letters are about where several share one place for their letters, else empty.
    pub fn key(&self, mailroom: &str) -> String {
        let (kind, name) = self.parts();
        let mut hasher = Sha256::new();
        hasher.update(b"handoff mailbox 1\0");
        hasher.update(kind);
        hasher.update(b"\0");
        hasher.update(name);
        if !mailroom.is_empty() {
            hasher.update(b"\0");
            hasher.update(mailroom);
        }
        data_encoding::HEXLOWER.encode(&hasher.finalize()[..8])
    }
}

fn name(text: &str) -> Result<String, NoMailbox> {
    let is_good = !text.is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control);
    if is_good { Ok(text.to_owned()) } else { Err(NoMailbox) }
}

impl FromStr for Mailbox {
    type Err = NoMailbox;

    fn from_str(text: &str) -> Result<Self, NoMailbox> {
        if text == "anyone" {
            return Ok(Self::Anyone);
        }
        match text.split_once(':') {
            Some(("me", mail)) => Self::person(mail),
            Some(("host", host)) => name(host).map(Self::Host),
            Some(("branch", branch)) => name(branch).map(Self::Branch),
            _ => Err(NoMailbox),
        }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (kind, "") => f.write_str(kind),
            (kind, name) => write!(f, "{kind}:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_as_it_is_written() {
        for text in ["me:ann@acme.io", "host:desk", "branch:fix/q", "branch:a:b", "anyone"] {
            assert_eq!(text.parse::<Mailbox>().unwrap().to_string(), text);
        }
        assert_eq!("me:Ann@Acme.IO".parse(), Mailbox::person("ann@acme.io"));
        for text in ["", "me:", "me", "ann", "anyone:x", "host:a\nb", "nobody:x"] {
            assert_eq!(text.parse::<Mailbox>(), Err(NoMailbox), "{text}");
        }
    }

    #[test]
    fn its_key_is_the_start_of_a_hash_over_kind_and_name() {
        // printf 'handoff mailbox 1\0me\0ann@acme.io' | sha256sum
        let ann = Mailbox::person("ann@acme.io").unwrap();
        assert_eq!(ann.key(""), "2df44de497cc2dae");
        let shared = ann.key("github.com/acme/app");
        assert_ne!(ann.key(""), shared);
        assert_ne!(Mailbox::Host("x".into()).key(""), Mailbox::Branch("x".into()).key(""));
    }
}
