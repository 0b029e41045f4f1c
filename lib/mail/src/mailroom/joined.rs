//! What was agreed when a repository was joined, in the user's state directory, where no sandboxed agent can change where letters
//! go.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use handoff_document::Timestamp;
use handoff_state::StateDir;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::MailroomError;
use crate::git::Git;
use crate::identity::repository;
use crate::recipients::NoRecipients;

const DIRECTORY: &str = "mailrooms";
const MAX_BYTES: u64 = 64 << 10;
const VERSION: u32 = 1;

/// A repository that letters go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    v: u32,
    /// The directory that all its worktrees share.
    pub repository: String,
    /// The remote, as the user calls it.
    pub remote: String,
    /// How its objects are named: `sha1` or `sha256`.
    pub object_format: String,
    /// Who can read the remote.
    pub audience: Audience,
    /// When that was asked, in seconds since 1970.
    pub asked: i64,
    /// Whether the user gave the word that strangers cannot read it.
    pub private_by_word: bool,
    /// When it was joined, RFC 3339.
    pub joined: String,
    /// Where letters go instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailRemote>,
    /// How the remote is reached, as [`address`] has it.
    #[serde(default)]
    pub(super) address: String,
}

/// A repository for letters alone, which several repositories may share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRemote {
    /// Where it is.
    pub(super) url: String,
    /// What it is called in messages: its URL without who asks.
    pub name: String,
    /// The name of the repository whose letters are meant, `host/path` of its remote.
    pub(super) scope: String,
}

impl MailRemote {
    /// Where it is, without who asks.
    pub fn url(&self) -> String {
        without_user(&self.url)
    }

    /// The repository that the letters are about.
    pub fn repository(&self) -> &str {
        &self.scope
    }
}

/// Who can read a remote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Anybody.
    Public,
    /// Those whom its host lets in.
    Private,
    /// It was not to be found out, for this reason.
    Unknown(String),
}

impl Audience {
    /// What is known of its readers, behind the remote's name.
    pub fn words(&self) -> String {
        match self {
            Self::Public => "answers to strangers".to_owned(),
            Self::Private => "refuses strangers".to_owned(),
            Self::Unknown(reason) => format!("may answer to strangers ({reason})"),
        }
    }
}

impl Joined {
    pub(super) fn new(
        common: &Path,
        remote: &str,
        object_format: &str,
        mail: Option<MailRemote>,
        audience: Audience,
        word: bool,
    ) -> Self {
        let now = Timestamp::now();
        Self {
            v: VERSION,
            repository: common.to_string_lossy().into_owned(),
            remote: remote.to_owned(),
            object_format: object_format.to_owned(),
            audience,
            asked: now.seconds(),
            private_by_word: word,
            joined: now.to_string(),
            mail,
            address: String::new(),
        }
    }

    /// What letters go through, for messages.
    pub fn place(&self) -> &str {
        self.mail.as_ref().map_or(&self.remote, |mail| &mail.name)
    }

    /// What tells the mailboxes of this repository from those of others at the same remote; see [`Mailbox::key`].
    ///
    /// [`Mailbox::key`]: handoff_letter::Mailbox::key
    pub(super) fn scope(&self) -> &str {
        self.mail.as_ref().map_or("", |mail| &mail.scope)
    }

    /// The command that joins it again in the same way.
    pub(super) fn again(&self) -> String {
        let quoted = |text: &str| handoff_text::quoted(Path::new(text));
        let remote = if self.remote == "origin" {
            String::new()
        } else {
            format!(" --remote {}", quoted(&self.remote))
        };
        let mail = self.mail.as_ref().map(|mail| format!(" --mail {}", quoted(&mail.url())));
        format!("handoff join{remote}{}", mail.unwrap_or_default())
    }

    /// Why a letter that can't be encrypted does not go there.
    pub(super) fn public(&self, reason: NoRecipients) -> MailroomError {
        MailroomError::Public { remote: self.place().to_owned(), why: self.audience.words(), reason }
    }

    /// What it is called on disk: the first 16 hexadecimal digits of SHA-256 over the path of the directory that its worktrees
    /// share.
    pub fn key(&self) -> String {
        key(Path::new(&self.repository))
    }

    /// Whether letters may go there as they are.
    pub fn is_private(&self) -> bool {
        self.private_by_word || self.audience == Audience::Private
    }

    pub(super) fn read(state: &StateDir, common: &Path) -> Result<Option<Self>, MailroomError> {
        let Some(dir) = state.open()?.map(|dir| dir.child(DIRECTORY)).transpose()?.flatten() else {
            return Ok(None);
        };
        let name = format!("{}.json", key(common));
        let bytes = match dir.open_to_read(&name).and_then(|mut file| file.read(MAX_BYTES)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|error| MailroomError::Record { path: dir.path_of(&name), error })
    }

    /// Every repository that is joined on this machine, and the files that can't be read as one.
    pub(super) fn all(state: &StateDir) -> Result<(Vec<Self>, Vec<PathBuf>), MailroomError> {
        let Some(dir) = state.open()?.map(|dir| dir.child(DIRECTORY)).transpose()?.flatten() else {
            return Ok(Default::default());
        };
        let (mut all, mut broken) = (Vec::<Self>::new(), Vec::new());
        for entry in dir.entries()?.iter().filter(|entry| entry.name.as_encoded_bytes().ends_with(b".json")) {
            let bytes = dir.open_to_read(&entry.name).and_then(|mut file| file.read(MAX_BYTES)).ok();
            match bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
                Some(joined) => all.push(joined),
                None => broken.push(dir.path_of(&entry.name)),
            }
        }
        all.sort_by(|one, other| one.repository.cmp(&other.repository));
        Ok((all, broken))
    }

    pub(super) fn write(&self, state: &StateDir) -> Result<(), MailroomError> {
        let dir = state.create()?.create_child(DIRECTORY)?;
        let name = format!("{}.json", self.key());
        let path = dir.path_of(&name);
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|error| MailroomError::Record { path, error })?;
        bytes.push(b'\n');
        dir.temporary(&[&bytes])?.replace(&name)?;
        Ok(dir.sync()?)
    }
}

fn key(common: &Path) -> String {
    let hash = Sha256::digest(common.as_os_str().as_encoded_bytes());
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The remote that letters go through when none is named: `origin`, else the only one.
pub(super) fn default_remote(git: &Git, top: &Path) -> Result<String, MailroomError> {
    let listed = git.ask(top, &["remote"])?.unwrap_or_default();
    let names: Vec<_> = listed.lines().collect();
    match &names[..] {
        names if names.contains(&"origin") => Ok("origin".to_owned()),
        [only] => Ok((*only).to_owned()),
        [] => Err(MailroomError::NoRemote),
        _ => Err(MailroomError::SeveralRemotes),
    }
}

/// What the repository's own configuration says of how the remote is reached, and by whom: 64 hexadecimal digits over it. An agent
/// may write that configuration, and git runs what it says.
pub(super) fn address(git: &Git, top: &Path, url: &str, mail: &str) -> Result<String, MailroomError> {
    let config = git.config(top)?;
    let mut hasher = Sha256::new();
    hasher.update(format!("{url}\0{mail}\0"));
    let own = config.iter().filter(|setting| setting.is_of_repository());
    for setting in own.filter(|setting| super::remote::says_how(setting.key())) {
        hasher.update(format!("{}\0", setting.line));
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Where it is, as the user's repository has it.
pub(super) fn url(git: &Git, top: &Path, remote: &str) -> Result<String, MailroomError> {
    let config = git.config(top)?;
    match config.get(&format!("remote.{remote}.url")) {
        "" => Err(MailroomError::UnknownRemote(remote.to_owned())),
        url => Ok(absolute(top, url.to_owned())),
    }
}

/// The mail remote at `url` for the repository whose remote `remote` is at `code`.
pub(super) fn mail_remote(
    top: &Path,
    url: &str,
    remote: &str,
    code: &str,
) -> Result<MailRemote, MailroomError> {
    let scope = repository(code).ok_or_else(|| MailroomError::NoName(remote.to_owned()))?;
    let url = absolute(top, url.to_owned());
    let name = repository(&url).unwrap_or_else(|| without_user(&url));
    Ok(MailRemote { url, name, scope })
}

/// `url` without a user and a password, where it has a scheme.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn absolute(top: &Path, url: String) -> String {
    // A path is meant from the worktree on, and git runs elsewhere.
    let is_path = !url.contains("://") && url.split_once(':').is_none_or(|(host, _)| host.contains('/'));
    if is_path && !url.starts_with('/') {
        return handoff_files::canonical(&top.join(&url)).to_string_lossy().into_owned();
    }
    url
}

#[cfg(test)]
mod tests {
    use super::{mail_remote, without_user};

    #[test]
    fn a_mail_remote_is_named_without_the_password_in_its_url() {
        for (url, shown) in [
            ("https://ann:token@host/mail.git", "https://host/mail.git"),
            ("https://ann:token@host", "https://host"),
            ("git@host:ann/mail", "git@host:ann/mail"),
            ("/srv/a@b/mail.git", "/srv/a@b/mail.git"),
        ] {
            assert_eq!(without_user(url), shown);
        }
        let top = std::path::Path::new("/");
        let remote =
            mail_remote(top, "https://ann:token@host/mail.git", "origin", "git@host:acme/app").unwrap();
        assert_eq!((remote.name.as_str(), remote.repository()), ("host/mail", "host/acme/app"));
        assert!(mail_remote(top, "git@host:ann/mail", "origin", "/srv/app.git").is_err());
    }
}
