//! Who is who at a remote: each machine leaves a card, signed with its key. A card adds nobody; a person does.

use handoff_letter::{Commit, PublicKey, Sender, State, Unsigned};
use handoff_process::Environment;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::joined::{self, Audience, Joined, default_remote};
use super::remote::{GitRemote, Outcome, Remote, Update};
use super::{Mailroom, MailroomError};
use crate::git::Git;
use crate::machine::Machine;
use crate::people::{People, PersonKey};
use handoff_capturing::Project;
use handoff_state::StateDir;

const CARDS: &str = "card/";
const MAX_CARD_BYTES: u64 = 4 << 10;
/// The most cards that are looked at.
const MAX_CARDS: usize = 1_000;

/// What a machine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its user, and what it is called. A claim.
    pub sender: Sender,
    /// Its key, with which the card is signed.
    pub key: PublicKey,
    /// What is encrypted to it, `age1…`.
    pub age: Option<String>,
    /// When it was written, by that machine's clock, in seconds since 1970.
    pub at: i64,
}

impl Card {
    /// Its key as it becomes known.
    pub fn person_key(&self) -> PersonKey {
        let Sender { machine, mail, .. } = &self.sender;
        PersonKey::new(&self.key, machine, &mail.to_lowercase()).with_age(self.age.as_deref(), self.at)
    }
}

#[derive(Serialize, Deserialize)]
struct Form {
    v: u32,
    name: String,
    mail: String,
    machine: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age: Option<String>,
}

/// A card, and whether its machine's letters are taken here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The card.
    pub card: Card,
    /// What its user is called here, where the key was added.
    pub person: Option<String>,
}

/// The name of the card's ref. `scope` is that of [`Joined::scope`].
fn card_ref(key: &PublicKey, scope: &str) -> String {
    let mut text = key.to_string();
    if !scope.is_empty() {
        text.push('\0');
        text.push_str(scope);
    }
    let hash = Sha256::digest(text.as_bytes());
    let digits: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{CARDS}{digits}")
}

impl<'p> Mailroom<'p> {
    /// Joins the repository of `project`: from now on letters go through `remote`, `origin` where none is named, or through the
    /// repository at the URL `mail`. What the remote
    /// must do is tried at once: this machine leaves its card there, and reads it back.
    ///
    /// # Errors
    /// [`MailroomError`]; [`MailroomError::Unfit`] where the remote takes no letters. Nothing is joined then.
    pub fn join(
        project: &'p Project<'p>,
        remote: Option<&str>,
        mail: Option<&str>,
        is_private_by_word: bool,
    ) -> Result<Self, MailroomError> {
        let state = StateDir::of(project.environment)?;
        let common = Self::common(project)?;
        let git = Git::find(project.environment)?;
        if let Some(version) = git.too_old() {
            return Err(MailroomError::OldGit(version));
        }
        let remote = match remote {
            Some(remote) => remote.to_owned(),
            None => default_remote(&git, project.top())?,
        };
        let format = git.ask(project.top(), &["rev-parse", "--show-object-format"])?;
        let code = joined::url(&git, project.top(), &remote)?;
        let mail = mail.map(|url| joined::mail_remote(project.top(), url, &remote, &code)).transpose()?;
        let asked = mail.as_ref().map_or(&remote, |mail| &mail.url);
        let audience = audience(project.environment, &git, project, asked)?;
        // What a mail remote has is not known before it is reached; most have this.
        let format = format.filter(|_| mail.is_none()).unwrap_or_else(|| "sha1".to_owned());
        let joined = Joined::new(&common, &remote, &format, mail, audience, is_private_by_word);
        let mailroom = Self::with(project, state, joined, git, true)?;
        mailroom.leave_card()?;
        mailroom.joined.write(&mailroom.state)?;
        mailroom.address_anew()?;
        Ok(mailroom)
    }

    /// Asks again who can read the remote, where the answer is older than `seconds`. One that was private stays so here where nobody
    /// answers, but gets nothing as it is for now.
    pub(super) fn ask_audience(&mut self, seconds: i64) -> Result<(), MailroomError> {
        let now = handoff_document::Timestamp::now().seconds();
        if now.saturating_sub(self.joined.asked) < seconds {
            return Ok(());
        }
        let git = self.room.git().clone();
        let remote = self.joined.mail.as_ref().map_or(&self.joined.remote, |mail| &mail.url).clone();
        let audience = audience(self.project.environment, &git, self.project, &remote)?;
        self.is_unanswered = matches!(audience, Audience::Unknown(_));
        // Offline nobody answers. Then letters are queued as before, and it is asked again before one goes out.
        if self.is_unanswered && self.joined.audience == Audience::Private {
            return Ok(());
        }
        self.joined.audience = audience;
        self.joined.asked = now;
        self.joined.write(&self.state)
    }

    /// The name of this machine's own card.
    pub(super) fn own_card(&self) -> String {
        card_ref(&self.machine.key(), self.joined.scope())
    }

    /// Leaves this machine's card at the remote, and reads it back.
    pub(super) fn leave_card(&self) -> Result<(), MailroomError> {
        let sender = self.sender();
        let form = Form {
            v: 1,
            name: sender.name.clone(),
            mail: sender.mail.clone(),
            machine: sender.machine.clone(),
            age: Some(Machine::recipient(&self.state)?.to_string()),
        };
        let bytes = serde_json::to_vec(&form)
            .map_err(|error| MailroomError::Record { path: "card.json".into(), error })?;
        let tree = self.room.write_tree(&[("card.json", self.room.write(&bytes)?)])?;
        let card = Unsigned {
            tree: &tree,
            parent: None,
            author: &sender,
            at: handoff_document::Timestamp::now().seconds(),
            title: "card",
            state: None,
            nonce: handoff_files::random()?,
        };
        let new = self.room.write_commit(&card.sign(&self.machine.key))?;
        let name = self.own_card();
        let remote = GitRemote { card: None, ..self.remote() };
        let expected = remote.look(std::slice::from_ref(&name))?.remove(&name);
        let unfit = |said: &str| MailroomError::Unfit {
            remote: self.joined.place().to_owned(),
            said: said.to_owned(),
        };
        let update = Update { name: name.clone(), expected, new: Some(new.clone()) };
        match remote.push(&[update], false)?.into_iter().next() {
            Some(Outcome::Done) => {}
            Some(Outcome::Refused(said)) => return Err(unfit(&said)),
            _ => return Err(unfit("it did not take this machine's card")),
        }
        match remote.look(std::slice::from_ref(&name))?.get(&name) {
            Some(there) if *there == new => Ok(()),
            _ => Err(unfit("it took this machine's card, and does not show it")),
        }
    }

    /// The cards of other machines that are at the remote now. What a machine that is known says on its card of what is encrypted
    /// to it, counts from now on.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn cards(&self) -> Result<Vec<Known>, MailroomError> {
        let people = self.people()?;
        let mut found = Vec::new();
        for (name, id) in self.look(&[CARDS.to_owned()])?.into_iter().take(MAX_CARDS) {
            // One that is none is nobody's.
            let is_its_own = |card: &Card| card_ref(&card.key, self.joined.scope()) == name;
            let Some(card) = self.card(&id).filter(is_its_own) else { continue };
            if self.is_own(&card.key) {
                continue;
            }
            let person = people.with_key(&card.key).map(|(person, _)| person.name.clone());
            if person.is_some() {
                People::learn(&self.state, &card.person_key())?;
            }
            found.push(Known { card, person });
        }
        Ok(found)
    }

    /// The card of another machine that is called `word`, or whose fingerprint has `word` in it.
    ///
    /// # Errors
    /// [`MailroomError::NoCard`], [`MailroomError::SeveralCards`].
    pub fn card_called(&self, word: &str) -> Result<Card, MailroomError> {
        let is_meant = |card: &Card| card.sender.machine == word || card.key.fingerprint().contains(word);
        let mut meant = self.cards()?.into_iter().map(|known| known.card).filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(MailroomError::SeveralCards(word.to_owned())),
            (None, _) => Err(MailroomError::NoCard(word.to_owned())),
        }
    }

    fn card(&self, id: &str) -> Option<Card> {
        let (commit, key) = Commit::verified(&self.room.commit(id).ok()?).ok()?;
        let entries = self.room.entries(&commit.tree).ok()?;
        let entry = entries.iter().find(|entry| entry.name == "card.json")?;
        let form: Form = serde_json::from_slice(&self.room.read(entry, MAX_CARD_BYTES).ok()?).ok()?;
        let Form { v, name, mail, machine, age } = form;
        let is_good = v == 1 && commit.state != Some(State::Waiting) && Sender::is_machine(&machine);
        is_good.then_some(Card { sender: Sender { name, mail, machine }, key, age, at: commit.at })
    }
}

pub(super) fn audience(
    environment: &Environment,
    git: &Git,
    project: &Project<'_>,
    remote: &str,
) -> Result<Audience, MailroomError> {
    let Some(stranger) = handoff_audience::Stranger::find(environment) else {
        return Ok(Audience::Unknown("there is no git".to_owned()));
    };
    let url = git.ask(project.top(), &["ls-remote", "--get-url", remote])?.unwrap_or_default();
    Ok(match stranger.ask(&url) {
        handoff_audience::Audience::Public => Audience::Public,
        handoff_audience::Audience::Private { .. } => Audience::Private,
        handoff_audience::Audience::Unknown(reason) => Audience::Unknown(reason.to_string()),
    })
}
