//! To whom a letter goes: the mailbox of what the user typed.

use std::path::Path;

use handoff_bundle::GitError;
use handoff_capturing::Project;
use handoff_letter::{Mailbox, Sender};
use handoff_nearest::nearest;

use crate::error::NotPacked;
use crate::git::Git;
use crate::identity::Identity;
use crate::people::{ME, People};

/// The longest name of a branch that letters go to, in bytes.
const MAX_BRANCH_BYTES: usize = 250;

/// What the user typed names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// It has an `@` and is neither `@me` nor a mail address.
    #[error(
        "{text:?} is neither @me nor a mail address, which has one `@` with something on both sides of it, and no comma or \
         white space{}", meant(.nearest.as_deref())
    )]
    Mail {
        /// As it was typed.
        text: String,
        /// What was meant, perhaps.
        nearest: Option<String>,
    },
    /// No person of that name is known.
    #[error(
        "no person is called {text:?} here; a letter goes to @me, to a person that `handoff people` names, or to a mail \
         address{}", meant(.nearest.as_deref())
    )]
    Nobody {
        /// As it was typed.
        text: String,
        /// What was meant, perhaps.
        nearest: Option<String>,
    },
    /// The person's mail address is not known.
    #[error("no mail address of {0} is known; give it instead of the name")]
    NoMail(String),
    /// No machine can be called so.
    #[error("{0:?} is not the name of a machine: letters, digits, `.`, `_` and `-`, at most 64")]
    Machine(String),
    /// No branch can be called so.
    #[error("{0:?} is not the name of a branch")]
    Branch(String),
    /// No branch is named, and none is checked out.
    #[error("no branch is checked out here; name one: --to branch:NAME")]
    Detached,
    /// No machine of that name joined.
    #[error("no machine called {text:?} has joined; known: {}{}", .known.join(", "), meant(.nearest.as_deref()))]
    NoMachine {
        /// As it was typed.
        text: String,
        /// What the machines are called.
        known: Vec<String>,
        /// What was meant, perhaps.
        nearest: Option<String>,
    },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}

/// Who asks: what a name means depends on that.
pub(crate) struct Asking<'a> {
    pub(crate) project: &'a Project<'a>,
    pub(crate) git: &'a Git,
    pub(crate) identity: &'a Identity,
    pub(crate) people: &'a People,
}

impl Asking<'_> {
    /// The mailbox of whom the user named; `None` is the user.
    ///
    /// # Errors
    /// [`NotPacked::NoAddress`]; [`NotPacked::Mail`] where git can't be asked.
    pub(crate) fn mailbox(&self, to: Option<&str>) -> Result<Mailbox, NotPacked> {
        let text = to.unwrap_or(ME);
        let person = |mail: &str| Mailbox::person(mail).map_err(|_| self.no_mail(text));
        match text.split_once(':') {
            _ if text == ME => Ok(person(&self.identity.mail)?),
            _ if text == "anyone" => Ok(Mailbox::Anyone),
            None if text == "branch" => self.own_branch(),
            Some(("branch", name)) => self.branch(name),
            Some(("host", name)) if Sender::is_machine(name) => Ok(Mailbox::Host(name.to_owned())),
            Some(("host", name)) => Err(NoAddress::Machine(name.to_owned()).into()),
            _ if is_mail(text) => Ok(person(text)?),
            _ if text.contains('@') => Err(self.no_mail(text).into()),
            _ => {
                let known = self.people.named(text).ok_or_else(|| self.nobody(text))?;
                match (known.mail(), known.only_machine()) {
                    (Some(mail), _) => Ok(person(mail)?),
                    // As a sandbox, which nobody has a mail address for.
                    (None, Some(machine)) => Ok(Mailbox::Host(machine.to_owned())),
                    (None, None) => Err(NoAddress::NoMail(text.to_owned()).into()),
                }
            }
        }
    }

    fn own_branch(&self) -> Result<Mailbox, NotPacked> {
        let head = self.project.worktree.repository().and_then(|repository| repository.head().branch);
        self.branch(&head.filter(|name| name != "HEAD").ok_or(NoAddress::Detached)?)
    }

    fn branch(&self, name: &str) -> Result<Mailbox, NotPacked> {
        if is_branch(self.git, self.project.top(), name)? {
            Ok(Mailbox::Branch(name.to_owned()))
        } else {
            Err(NoAddress::Branch(name.to_owned()).into())
        }
    }

    fn no_mail(&self, text: &str) -> NoAddress {
        NoAddress::Mail { text: text.to_owned(), nearest: self.nearest(text) }
    }

    fn nobody(&self, text: &str) -> NoAddress {
        NoAddress::Nobody { text: text.to_owned(), nearest: self.nearest(text) }
    }

    /// Which of the people and machines that are known was meant.
    fn nearest(&self, text: &str) -> Option<String> {
        let word = text.trim().trim_start_matches('@').trim_end_matches('@');
        let mut known: Vec<(&str, String)> = [("me", ME), ("anyone", "anyone"), ("branch", "branch")]
            .map(|(word, to)| (word, to.to_owned()))
            .into();
        for person in self.people.iter().filter(|person| !person.is_me()) {
            known.push((&person.name, person.name.clone()));
        }
        for key in self.people.iter().flat_map(|person| &person.keys).filter(|key| !key.machine.is_empty()) {
            known.push((&key.machine, format!("host:{}", key.machine)));
        }
        let nearest = nearest(word, known.iter().map(|(word, _)| *word))?;
        known.iter().find(|(word, _)| *word == nearest).map(|(_, to)| to.clone())
    }
}

/// Whether a text is a mail address, so far as that is to be seen.
fn is_mail(text: &str) -> bool {
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || ",;:".contains(c);
    let parts = text.split_once('@').filter(|(_, host)| !host.contains('@'));
    parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) && !text.contains(is_odd)
}

/// Whether git lets a branch be called so, and letters go to it.
pub(crate) fn is_branch(git: &Git, top: &Path, name: &str) -> Result<bool, GitError> {
    let is_name = git.ask(top, &["check-ref-format", &format!("refs/heads/{name}")])?.is_some();
    Ok(is_name && name.len() <= MAX_BRANCH_BYTES)
}

#[cfg(test)]
mod tests {
    use super::is_mail;

    #[test]
    fn a_mail_address_has_something_on_both_sides_of_one_at_sign() {
        for text in ["ann@acme.io", "a+b@x", "Ann@Acme.IO"] {
            assert!(is_mail(text), "{text}");
        }
        for text in
            ["@me", "x@", "@", "@me,bob", "a@b,c@d", " @me", "a @b", "a@b@c", "me:a@b", "ann", "a@b\n"]
        {
            assert!(!is_mail(text), "{text}");
        }
    }
}
