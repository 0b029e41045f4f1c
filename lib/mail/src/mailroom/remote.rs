//! The remote that letters go through: looked at by prefixes, changed by leases.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use handoff_bundle::GitError;
use handoff_letter::REFS;
use handoff_text::Sanitised;

use crate::git::Git;
use crate::room::{Room, RoomError};

/// What the refs that came from the remote begin with here.
pub(crate) const CAME: &str = "refs/came/";
/// What those of ours begin with here, so that nothing that is under way is tidied up.
pub(crate) const OURS: &str = "refs/ours/";

/// The largest object that is taken in, in blocks of 512 bytes: more than a letter has, packed or not.
const MAX_LETTER_BLOCKS: &str = "4096";
/// The same for a parcel.
const MAX_PARCEL_BLOCKS: &str = "1050000";

/// A change of one ref on the remote. It is made only where the ref is what `expected` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// Its name without [`REFS`].
    pub(crate) name: String,
    /// What it is now; `None`: it is not there.
    pub(crate) expected: Option<String>,
    /// What it becomes; `None`: it is removed.
    pub(crate) new: Option<String>,
}

/// What came of an [`Update`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is so now.
    Done,
    /// The ref was something else.
    Stale,
    /// The remote refused it, in its words.
    Refused(String),
}

/// The remote was not reached, or it is not known what it did.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Git says why.
    #[error("{remote} was not reached: {said}")]
    Unreached {
        /// Its name.
        remote: String,
        /// In git's words.
        said: Sanitised,
    },
    /// It does not have this machine's card: it was made anew, or something else answers in its place.
    #[error("{0} does not have this machine's card")]
    NoCard(String),
    /// What it has could not be written down here.
    #[error("what {remote} has could not be kept here: {said}")]
    Unkept {
        /// Its name.
        remote: String,
        /// In git's words.
        said: Sanitised,
    },
    /// It has a time to answer in, and did not.
    #[error("{0} did not answer in time")]
    Slow(String),
    /// The remote was reached, and refuses this user, or all that is asked of it.
    #[error(
        "{remote} refuses it: {said}; look at what you may do there, then: handoff sync; or send a file: handoff export"
    )]
    Refused {
        /// Its name.
        remote: String,
        /// In its words, as git passes them on.
        said: Sanitised,
    },
    /// There is no repository, or this user is not shown it.
    #[error(
        "{remote} has no such repository, or does not show it to you: {said}; look at its URL: git remote -v"
    )]
    Gone {
        /// Its name.
        remote: String,
        /// In its words, as git passes them on.
        said: Sanitised,
    },
    /// The remote asks for something that only a person can answer, and nobody was asked.
    #[error(
        "{remote} wants a password, a key or a look at its own key, and nobody is here to be asked: {said}"
    )]
    Asks {
        /// Its name.
        remote: String,
        /// In git's words.
        said: Sanitised,
    },
    /// The remote does not make several changes at once.
    #[error("{0} does not make several changes at once")]
    NotAtomic(String),
    /// Something else went wrong here.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// What letters go through.
pub(crate) trait Remote {
    /// Brings every ref whose name begins with one of `prefixes` (each ends in a slash or is a whole name), with what it names,
    /// and gives what they are: names without [`REFS`].
    fn look(&self, prefixes: &[String]) -> Result<BTreeMap<String, String>, RemoteError>;

    /// Makes the changes, each by itself; with `atomic` all or none. One outcome for each, in order.
    fn push(&self, updates: &[Update], atomic: bool) -> Result<Vec<Outcome>, RemoteError>;
}

/// How a remote is reached: as git reaches it from the user's repository.
#[derive(Clone, Debug)]
pub struct Connection {
    /// What the user calls it.
    pub(super) name: String,
    pub(super) url: String,
    /// The settings of the user's repository that say how it is reached.
    pub(super) settings: Vec<(String, String)>,
    /// Whether a person is there to be asked for a password.
    pub(super) attended: bool,
    /// The command that git runs for ssh, where it is not `ssh`.
    pub(super) ssh: Option<OsString>,
}

impl Connection {
    /// To the remote at `url`, which the user of the worktree at `top` calls `name`. With `attended`, a person can be asked for a
    /// password.
    pub(super) fn new(
        git: &Git,
        top: &Path,
        name: &str,
        url: String,
        attended: bool,
    ) -> Result<Self, GitError> {
        Ok(Self { name: name.to_owned(), url, settings: settings(git, top)?, attended, ssh: None })
    }

    /// The same, through the ssh of `other` where that is the same remote.
    #[must_use]
    pub(super) fn through(self, other: Self) -> Self {
        let is_same = other.name == self.name && other.url == self.url;
        Self { ssh: other.ssh.filter(|_| is_same), ..self }
    }

    /// The remote, of which what comes goes into `room`.
    pub(super) fn remote<'a>(&'a self, room: &'a Room) -> GitRemote<'a> {
        GitRemote { room, connection: self, card: None, bad: RefCell::default() }
    }
}

/// A remote, and the room that what comes from it goes into.
#[derive(Debug)]
pub(crate) struct GitRemote<'a> {
    pub(super) room: &'a Room,
    pub(super) connection: &'a Connection,
    /// The name of a ref that the remote has for certain, without [`REFS`]. A page that a network answers with, as for a login, is
    /// a remote without refs to git.
    pub(super) card: Option<String>,
    /// Refs of which nothing could be taken in, with the reason: names without [`REFS`].
    pub(super) bad: RefCell<BTreeMap<String, String>>,
}

/// The most refs that are fetched for themselves when they could not be fetched at once.
const MAX_SINGLY: usize = 1_000;

/// Whether the setting `key` says how remotes are reached.
pub(super) fn says_how(key: &str) -> bool {
    let (section, _) = key.split_once('.').unwrap_or_default();
    matches!(section, "http" | "https" | "credential" | "url" | "ssh" | "protocol")
        || matches!(key, "core.sshcommand" | "core.askpass" | "core.gitproxy")
}

/// The settings that say how remotes are reached.
fn settings(git: &Git, top: &Path) -> Result<Vec<(String, String)>, GitError> {
    let config = git.config(top)?;
    let how = config.iter().filter(|setting| says_how(setting.key()));
    Ok(how.map(|one| (one.key().to_owned(), one.value().unwrap_or("true").to_owned())).collect())
}

impl GitRemote<'_> {
    /// A call of git that reaches the remote, for objects of at most `blocks` blocks of 512 bytes.
    pub(super) fn call(&self, verb: &'static str, blocks: &str) -> crate::git::Call {
        let mut call = self.room.git().bounded(self.room.path(), verb, blocks);
        call = call.env("GIT_CONFIG_COUNT", self.connection.settings.len().to_string());
        for (number, (name, value)) in self.connection.settings.iter().enumerate() {
            call = call.env(&format!("GIT_CONFIG_KEY_{number}"), name);
            call = call.env(&format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        if let Some(ssh) = &self.connection.ssh {
            call = call.env("GIT_SSH_COMMAND", ssh);
        }
        if self.connection.attended {
            return call.env("GIT_TERMINAL_PROMPT", "1");
        }
        call.env("GCM_INTERACTIVE", "never").env("GIT_ASKPASS", "true").env("SSH_ASKPASS", "true")
    }

    /// Every ref whose name begins with one of `prefixes`, with what it names; names without [`REFS`]. Git gets the
    /// whole list of the remote's refs for it.
    pub(crate) fn list(&self, prefixes: &[String]) -> Result<BTreeMap<String, String>, RemoteError> {
        let patterns = prefixes.iter().map(|prefix| format!("{REFS}{prefix}*"));
        let call =
            self.call("ls-remote", MAX_LETTER_BLOCKS).args(["--quiet", "--refs", "--", &self.connection.url]);
        let listed = call.args(patterns).output(16 << 20).map_err(|error| self.unreached(error))?;
        let listed = String::from_utf8_lossy(&listed);
        let named = listed.lines().filter_map(|line| {
            let (id, name) = line.split_once('\t')?;
            Some((name.strip_prefix(REFS)?.to_owned(), id.to_owned()))
        });
        Ok(named.collect())
    }

    fn fetch(&self, prefixes: &[String], blocks: &str) -> Result<(), GitError> {
        let refspecs = prefixes.iter().map(|prefix| {
            let star = if prefix.ends_with('/') { "*" } else { "" };
            format!("+{REFS}{prefix}{star}:{CAME}{prefix}{star}")
        });
        // With a star it is no failure when it is not there.
        let card = self.card.iter().map(|card| format!("+{REFS}{card}*:{CAME}{card}*"));
        let options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--prune", "--no-auto-maintenance"];
        self.call("fetch", blocks)
            .args(options)
            .args(["--", &self.connection.url])
            .args(refspecs.chain(card))
            .run()
    }

    /// Fetches what `prefixes` name ref by ref, so that one that is too large or broken holds up no other: what cannot be taken
    /// in becomes `bad`. Only here is the remote asked for a list, which git gets whole.
    fn fetch_singly(&self, prefixes: &[String], blocks: &str) -> Result<(), RemoteError> {
        let prefixes: Vec<_> = prefixes.iter().filter(|prefix| prefix.ends_with('/')).cloned().collect();
        let there = self.list(&prefixes)?;
        let here = self.room.refs(CAME).map_err(|error| self.odd(error))?;
        for (name, id) in &here {
            let is_meant = prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
            if is_meant && there.get(name) != Some(id) {
                self.room.set(&format!("{CAME}{name}"), None).map_err(|error| self.odd(error))?;
            }
        }
        // The newest first: a flood of older ones hides none of them.
        let new = there.into_iter().rev().filter(|ref_there| !here.contains(ref_there));
        let new: Vec<_> = new.take(MAX_SINGLY).map(|(name, _)| name).collect();
        self.fetch_some(&new, blocks)
    }

    fn fetch_some(&self, names: &[String], blocks: &str) -> Result<(), RemoteError> {
        if names.is_empty() {
            return Ok(());
        }
        match (self.fetch(names, blocks), names) {
            (Err(GitError::Failed { message, .. }), [name]) if is_unfit(&message) => {
                self.bad.borrow_mut().insert(name.clone(), message);
                Ok(())
            }
            (Err(GitError::Failed { message, .. }), names) if is_unfit(&message) => {
                let (some, rest) = names.split_at(names.len() / 2);
                self.fetch_some(some, blocks)?;
                self.fetch_some(rest, blocks)
            }
            (fetched, _) => fetched.map_err(|error| self.unreached(error)),
        }
    }

    /// What it means that git failed to reach the remote.
    pub(super) fn unreached(&self, error: GitError) -> RemoteError {
        let GitError::Failed { message, .. } = error else { return error.into() };
        let (remote, said) = (self.connection.name.clone(), Sanitised::line(message.as_bytes(), 400));
        if self.room.git().is_late() {
            return RemoteError::Slow(remote);
        }
        if is_full(&message) {
            return RemoteError::Unkept { remote, said };
        }
        match Meaning::of(&message) {
            Meaning::NotAtomic => RemoteError::NotAtomic(remote),
            Meaning::Refused => RemoteError::Refused { remote, said },
            Meaning::Gone => RemoteError::Gone { remote, said },
            // A person could be asked, and that was not enough.
            Meaning::Denied if self.connection.attended => RemoteError::Refused { remote, said },
            Meaning::Denied | Meaning::Asks => RemoteError::Asks { remote, said },
            Meaning::Unreached => RemoteError::Unreached { remote, said },
        }
    }
}

/// What git's words about a remote mean that nothing was done at. Git gives no code for it, so its words are judged, here alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The way there is interrupted, or the remote is out of order: it is tried again.
    Unreached,
    /// The remote answers, and refuses.
    Refused,
    /// There is nothing at that place, as far as this user is told. It may come back: what is queued goes out then.
    Gone,
    /// A person would have to be asked for a password.
    Asks,
    /// What this user is known by does not do, or is not to be had without a person.
    Denied,
    /// The remote does not know `--atomic`.
    NotAtomic,
}

impl Meaning {
    fn of(message: &str) -> Self {
        const ASKS: [&str; 4] =
            ["password for", "passphrase for", "could not read username", "terminal prompts disabled"];
        const DENIED: [&str; 4] = [
            "permission denied",
            "authentication failed",
            "host key verification failed",
            "returned error: 401",
        ];
        const REFUSED: [&str; 3] = ["returned error: 403", "service not enabled", "denied to "];
        const GONE: [&str; 5] = [
            "returned error: 404",
            "repository not found",
            "' not found",
            "does not appear to be a git repository",
            "access denied or repository not exported",
        ];
        // What stands in quotes is a path or a URL, which may have any words in it.
        let outside = |(number, part)| if number % 2 == 0 { part } else { "" };
        let text = message.split('\'').enumerate().map(outside).collect::<Vec<_>>().join("'").to_lowercase();
        let has = |words: &[&str]| words.iter().any(|words| text.contains(words));
        if has(&["does not support --atomic"]) {
            Self::NotAtomic
        } else if has(&REFUSED) {
            Self::Refused
        } else if has(&GONE) {
            Self::Gone
        } else if has(&ASKS) {
            Self::Asks
        } else if has(&DENIED) {
            Self::Denied
        } else {
            Self::Unreached
        }
    }
}

impl Remote for GitRemote<'_> {
    fn look(&self, prefixes: &[String]) -> Result<BTreeMap<String, String>, RemoteError> {
        let (parcels, letters): (Vec<_>, Vec<_>) =
            prefixes.iter().cloned().partition(|prefix| prefix.starts_with("parcel/"));
        for (prefixes, blocks) in [(letters, MAX_LETTER_BLOCKS), (parcels, MAX_PARCEL_BLOCKS)] {
            if prefixes.is_empty() {
                continue;
            }
            match self.fetch(&prefixes, blocks) {
                Ok(()) => {}
                // A whole name that is not there is no fault: it went meanwhile.
                Err(GitError::Failed { message, .. }) if message.contains("couldn't find remote ref") => {
                    if self.card.is_some() {
                        self.fetch(&[], blocks).map_err(|error| self.unreached(error))?;
                    }
                    for prefix in prefixes.iter().filter(|prefix| !prefix.ends_with('/')) {
                        let _ = self.room.set(&format!("{CAME}{prefix}"), None);
                    }
                }
                Err(GitError::Failed { message, .. })
                    if is_unfit(&message) && prefixes.iter().any(|prefix| prefix.ends_with('/')) =>
                {
                    self.fetch_singly(&prefixes, blocks)?;
                }
                Err(error) => return Err(self.unreached(error)),
            }
        }
        let here = self.room.refs(CAME).map_err(|error| self.odd(error))?;
        if self.card.as_ref().is_some_and(|card| here.iter().all(|(name, _)| name != card)) {
            return Err(RemoteError::NoCard(self.connection.name.clone()));
        }
        let is_meant = |name: &String| {
            prefixes.iter().any(|prefix| name == prefix || prefix.ends_with('/') && name.starts_with(prefix))
        };
        Ok(here.into_iter().filter(|(name, _)| is_meant(name)).collect())
    }

    fn push(&self, updates: &[Update], atomic: bool) -> Result<Vec<Outcome>, RemoteError> {
        if updates.is_empty() {
            return Ok(Vec::new());
        }
        let mut arguments =
            vec!["--porcelain".to_owned(), "--no-verify".to_owned(), "--no-signed".to_owned()];
        if atomic {
            arguments.push("--atomic".to_owned());
        }
        for Update { name, expected, .. } in updates {
            arguments
                .push(format!("--force-with-lease={REFS}{name}:{}", expected.as_deref().unwrap_or_default()));
        }
        arguments.extend(["--".to_owned(), self.connection.url.clone()]);
        for Update { name, new, .. } in updates {
            arguments.push(format!("{}:{REFS}{name}", new.as_deref().unwrap_or_default()));
        }
        let (said, error) = self.call("push", MAX_PARCEL_BLOCKS).args(arguments).said(4 << 20)?;
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<_> = said.lines().filter_map(|line| line.split_once('\t')).collect();
        let words = words(error.as_ref());
        if lines.is_empty()
            && let Some(error) = error
        {
            return Err(self.unreached(error));
        }
        // A ref that git says nothing of has an unknown fate.
        let unknown = || RemoteError::Unreached {
            remote: self.connection.name.clone(),
            said: Sanitised::from("the answer was cut off"),
        };
        updates.iter().map(|update| outcome(&lines, &update.name, &words).ok_or_else(unknown)).collect()
    }
}

impl GitRemote<'_> {
    fn odd(&self, error: RoomError) -> RemoteError {
        match error {
            RoomError::Git(error) => error.into(),
            error => RemoteError::Unreached {
                remote: self.connection.name.clone(),
                said: Sanitised::line(error.to_string().as_bytes(), 400),
            },
        }
    }
}

/// Whether there is no room here.
fn is_full(message: &str) -> bool {
    ["No space left on device", "Disk quota exceeded", "Read-only file system"]
        .iter()
        .any(|words| message.contains(words))
}

/// Whether a fetch failed by what came, and not by the way there or by a disk here.
fn is_unfit(message: &str) -> bool {
    !is_full(message)
        && ["index-pack", "unpack-objects", "unpack failed", "fsck", "upload-pack: "]
            .iter()
            .any(|words| message.contains(words))
}

/// What git says of one ref: `FLAG\tFROM:TO\tSUMMARY (REASON)`.
fn outcome(lines: &[(&str, &str)], name: &str, words: &str) -> Option<Outcome> {
    let is_of = |rest: &str| {
        let (refs, _) = rest.split_once('\t').unwrap_or((rest, ""));
        refs.split_once(':').is_some_and(|(_, to)| to.strip_prefix(REFS) == Some(name))
    };
    let (flag, rest) = lines.iter().find(|(_, rest)| is_of(rest))?;
    if *flag != "!" {
        return Some(Outcome::Done);
    }
    let (_, summary) = rest.split_once('\t').unwrap_or((rest, ""));
    // The connection ended before the remote said what it did.
    if summary.contains("[remote failure]") {
        return None;
    }
    let stale = [
        "stale info",
        "failed to update ref",
        "failed to lock",
        "already exists",
        "non-existent ref",
        "fetch first",
        "atomic",
        // Since git 2.50.
        "incorrect old value",
        "reference does not exist",
        "transaction failed",
    ];
    Some(if stale.iter().any(|words| summary.contains(words)) {
        Outcome::Stale
    } else {
        Outcome::Refused(Sanitised::line(format!("{summary}{words}").as_bytes(), 300).to_string())
    })
}

/// What the remote's hooks said during a push, behind a colon.
fn words(error: Option<&GitError>) -> String {
    let Some(GitError::Failed { message, .. }) = error else { return String::new() };
    let said: Vec<_> = message
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::Meaning;

    #[test]
    fn a_remote_that_refuses_is_told_from_one_that_is_not_reached_and_one_that_asks() {
        for (message, meaning) in [
            (
                "fatal: unable to access 'http://h/a/': The requested URL returned error: 403",
                Meaning::Refused,
            ),
            (
                "remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found",
                Meaning::Gone,
            ),
            (
                "ERROR: Permission to a/b.git denied to ann.\nfatal: Could not read from remote repository.",
                Meaning::Refused,
            ),
            ("fatal: repository 'http://h/a/' not found", Meaning::Gone),
            ("fatal: '/srv/app.git' does not appear to be a git repository", Meaning::Gone),
            ("fatal: remote error: access denied or repository not exported: /app.git", Meaning::Gone),
            ("fatal: Authentication failed for 'http://h/a/'", Meaning::Denied),
            (
                "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
                Meaning::Denied,
            ),
            ("fatal: could not read Username for 'http://h': terminal prompts disabled", Meaning::Asks),
            ("Host key verification failed.\nfatal: Could not read from remote repository.", Meaning::Denied),
            (
                "fatal: unable to access 'http://h/a/': The requested URL returned error: 502",
                Meaning::Unreached,
            ),
            (
                "fatal: unable to access 'http://h/permission denied/': Could not resolve host: h",
                Meaning::Unreached,
            ),
            ("ssh: connect to host h port 22: Connection timed out", Meaning::Unreached),
            ("fatal: read error: Connection reset by peer", Meaning::Unreached),
            ("fatal: the receiving end does not support --atomic push", Meaning::NotAtomic),
        ] {
            assert_eq!(Meaning::of(message), meaning, "{message}");
        }
    }
}
