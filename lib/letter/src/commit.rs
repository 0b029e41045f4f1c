//! Commits of ours, as git writes them down, signed.

use std::fmt;

use crate::letter::{Sender, is_object};
use crate::{BadSignature, PublicKey, SecretKey, Signature};

/// The largest commit that is read, in bytes.
const MAX_BYTES: usize = 16 << 10;
/// The header that git keeps an ssh or PGP signature in.
const SIGNATURE: &str = "gpgsig";
const SIGNATURE_SHA256: &str = "gpgsig-sha256";
/// What the first line of each begins with.
const PREFIX: &str = "chore(handoff): ";
const STATE: &str = "Handoff-State: ";
const NONCE: &str = "Handoff-Nonce: ";

/// What became of a letter, as the newest commit of its ref says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody took it yet.
    Waiting,
    /// Somebody takes it.
    Taken,
    /// Who took it has it on disk.
    Delivered,
    /// Who took it gave it back.
    Returned,
    /// Its sender took it back.
    Withdrawn,
}

impl State {
    const ALL: [Self; 5] = [Self::Waiting, Self::Taken, Self::Delivered, Self::Returned, Self::Withdrawn];

    /// As the commit says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Taken => "taken",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A commit before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned<'a> {
    /// Its tree.
    pub tree: &'a str,
    /// What it follows: nothing, or the commit before it on the letter's ref.
    pub parent: Option<&'a str>,
    /// Who makes it.
    pub author: &'a Sender,
    /// When, in seconds since 1970.
    pub at: i64,
    /// What it is about, one line.
    pub title: &'a str,
    /// What becomes of the letter by it; `None` for a parcel.
    pub state: Option<State>,
    /// What tells it from another of the same second: random.
    pub nonce: [u8; 16],
}

/// A commit of ours as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its tree.
    pub tree: String,
    /// What it follows.
    pub parents: Vec<String>,
    /// When it was made, by its maker's clock, in seconds since 1970.
    pub at: i64,
    /// Its first line, without `chore(handoff): `. A claim.
    pub subject: String,
    /// What it says of the letter.
    pub state: Option<State>,
    /// What tells it from others.
    pub nonce: Option<String>,
}

/// A commit is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// It does not have the form that ours have.
    #[error("its commit is not as agent-handoff writes one")]
    Form,
    /// Its signature does not hold.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

impl Unsigned<'_> {
    /// Its bytes, signed with `key`.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        let (header, message) = self.parts();
        let payload = format!("{header}\n{message}");
        let signature = Signature::new(key, payload.as_bytes()).to_string();
        // Each line but the first is indented by a space, as a header that goes on is.
        let signature = signature.replace('\n', "\n ");
        format!("{header}{SIGNATURE} {signature}\n\n{message}").into_bytes()
    }

    fn parts(&self) -> (String, String) {
        let parent = self.parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
        let who = format!("{} <{}> {} +0000", plain(&self.author.name), plain(&self.author.mail), self.at);
        let header = format!("tree {}\n{parent}author {who}\ncommitter {who}\n", self.tree);
        let state = self.state.map(|state| format!("{STATE}{}\n", state.word())).unwrap_or_default();
        let nonce = data_encoding::HEXLOWER.encode(&self.nonce);
        let message = format!("{PREFIX}{}\n\n{state}{NONCE}{nonce}\n", plain(self.title));
        (header, message)
    }
}

/// `text` without what would end a line or a name in a commit.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect()
}

impl Commit {
    /// Reads one, and the key that it is signed with. Whose key that is, is not known here.
    ///
    /// # Errors
    /// [`CommitError`].
    pub fn verified(bytes: &[u8]) -> Result<(Self, PublicKey), CommitError> {
        if bytes.len() > MAX_BYTES {
            return Err(CommitError::Form);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CommitError::Form)?;
        let (header, message) = text.split_once("\n\n").ok_or(CommitError::Form)?;
        let Header { commit, signature, rest } = Header::read(header)?;
        let signature = signature.ok_or(BadSignature::Missing)?;
        let payload = format!("{rest}\n{message}");
        let key = Signature::parse(&signature)?.verify(payload.as_bytes())?;
        let trailer = |name: &str| message.lines().rev().find_map(|line| line.strip_prefix(name));
        let state = trailer(STATE).and_then(|word| State::ALL.into_iter().find(|state| state.word() == word));
        let nonce = trailer(NONCE).map(str::to_owned);
        let subject = message.lines().next().unwrap_or_default();
        let subject = subject.strip_prefix(PREFIX).unwrap_or(subject).to_owned();
        Ok((Self { state, nonce, subject, ..commit }, key))
    }
}

/// The part of a commit before its message.
struct Header {
    commit: Commit,
    signature: Option<String>,
    /// It without the signature: what was signed.
    rest: String,
}

impl Header {
    fn read(text: &str) -> Result<Self, CommitError> {
        let (mut tree, mut parents, mut signature, mut rest) = (None, Vec::new(), None, String::new());
        let mut at = 0;
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let (name, value) = line.split_once(' ').ok_or(CommitError::Form)?;
            if name == SIGNATURE {
                let mut all = value.to_owned();
                while let Some(more) = lines.next_if(|line| line.starts_with(' ')) {
                    all.push('\n');
                    all.push_str(&more[1..]);
                }
                if signature.replace(all).is_some() {
                    return Err(CommitError::Form);
                }
                continue;
            }
            match name {
                "tree" if tree.is_none() && is_object(value) => tree = Some(value.to_owned()),
                "parent" if is_object(value) => parents.push(value.to_owned()),
                "author" => {}
                "committer" => at = time(value).ok_or(CommitError::Form)?,
                // A second signature would be signed over by none, and what else git may write there is not ours.
                SIGNATURE_SHA256 | "" => return Err(CommitError::Form),
                _ => return Err(CommitError::Form),
            }
            rest.push_str(line);
            rest.push('\n');
        }
        let tree = tree.ok_or(CommitError::Form)?;
        let commit = Commit { tree, parents, at, subject: String::new(), state: None, nonce: None };
        Ok(Self { commit, signature, rest })
    }
}

/// The time in a line of an author or committer: `NAME <MAIL> SECONDS ZONE`.
fn time(value: &str) -> Option<i64> {
    let (_, time) = value.rsplit_once("> ")?;
    time.split(' ').next()?.parse().ok()
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender() -> Sender {
        Sender { name: "Ann <Admin>".into(), mail: "ann@acme.io".into(), machine: "laptop".into() }
    }

    fn unsigned<'a>(author: &'a Sender, tree: &'a str) -> Unsigned<'a> {
        Unsigned {
            tree,
            parent: None,
            author,
            at: 1_796_000_000,
            title: "Quoted\nfields",
            state: Some(State::Waiting),
            nonce: [0xab; 16],
        }
    }

    #[test]
    fn a_commit_is_read_as_it_is_written() {
        let (key, author, tree, parent) =
            (SecretKey::from_seed(&[1; 32]), sender(), "a".repeat(40), "b".repeat(40));
        let signed = Unsigned { parent: Some(&parent), ..unsigned(&author, &tree) }.sign(&key);
        let (commit, by) = Commit::verified(&signed).unwrap();
        assert_eq!(by, key.public());
        let nonce = Some("ab".repeat(16));
        let (at, subject, state) = (1_796_000_000, "Quotedfields".to_owned(), Some(State::Waiting));
        assert_eq!(commit, Commit { tree, parents: vec![parent], at, subject, state, nonce });
        assert!(
            String::from_utf8(signed).unwrap().contains("author Ann Admin <ann@acme.io> 1796000000 +0000")
        );
    }

    #[test]
    fn a_changed_byte_is_found() {
        let (key, author, tree) = (SecretKey::from_seed(&[1; 32]), sender(), "a".repeat(40));
        let signed = unsigned(&author, &tree).sign(&key);
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            let read = Commit::verified(&changed);
            assert!(read.is_err() || read.is_ok_and(|(_, by)| by != key.public()), "byte {at}");
        }
    }

    #[test]
    fn what_stands_behind_the_signature_is_signed_too() {
        let (key, author, tree) = (SecretKey::from_seed(&[1; 32]), sender(), "a".repeat(40));
        let signed = String::from_utf8(unsigned(&author, &tree).sign(&key)).unwrap();
        let (one, other) = (format!("tree {tree}\n"), format!("tree {tree}\ntree {}\n", "c".repeat(40)));
        for changed in [
            signed.replacen(&one, &other, 1),
            signed.replacen("\n\n", "\nencoding latin-1\n\n", 1),
            signed.replacen("\n\n", "\ngpgsig-sha256 x\n\n", 1),
            format!("{signed}\nHandoff-State: delivered\n"),
        ] {
            assert!(Commit::verified(changed.as_bytes()).is_err(), "{changed}");
        }
        let bare = signed.lines().filter(|line| !line.starts_with([' ', 'g'])).collect::<Vec<_>>().join("\n");
        assert_eq!(Commit::verified(bare.as_bytes()), Err(BadSignature::Missing.into()));
    }

    #[test]
    fn git_and_ssh_take_it() {
        let directory = tempfile::tempdir().unwrap();
        let run = |args: &[&str], input: &[u8]| {
            use std::io::Write;
            let mut git = std::process::Command::new("git");
            git.args(args).current_dir(directory.path()).env_remove("GIT_DIR");
            git.env("HOME", directory.path()).env("GIT_CONFIG_NOSYSTEM", "1");
            git.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
            git.stderr(std::process::Stdio::piped());
            let mut git = git.spawn().unwrap();
            git.stdin.take().unwrap().write_all(input).unwrap();
            let output = git.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            (said, String::from_utf8_lossy(&output.stderr).into_owned())
        };
        run(&["init", "--quiet"], b"");
        let (tree, _) = run(&["mktree"], b"");
        let key = SecretKey::from_seed(&[1; 32]);
        let author = sender();
        let signed = unsigned(&author, &tree).sign(&key);
        let (id, _) = run(&["hash-object", "-t", "commit", "-w", "--stdin"], &signed);
        run(&["fsck", "--strict"], b"");
        if std::process::Command::new("ssh-keygen").arg("-?").output().is_err() {
            return;
        }
        let signers = directory.path().join("signers");
        #[expect(clippy::disallowed_methods, reason = "a test writes what git reads")]
        std::fs::write(&signers, format!("ann@acme.io {}\n", key.public())).unwrap();
        let file = format!("gpg.ssh.allowedSignersFile={}", signers.display());
        let (_, said) = run(&["-c", "gpg.format=ssh", "-c", &file, "verify-commit", &id], b"");
        assert!(said.contains("Good \"git\" signature for ann@acme.io"), "{said}");
    }
}
