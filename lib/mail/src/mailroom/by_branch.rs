//! Letters that travel as the message of an empty commit on a branch, out of places from which nothing but one branch can be
//! pushed.
//!
//! The message holds the letter as a file of it has it, so that one reader verifies both. Nothing is claimed: who sees the branch
//! can take it too. The commit is pushed before the local branch has it, without force and without hooks.

use std::ffi::OsStr;

use data_encoding::BASE64;
use handoff_bundle::{GitError, Handover};
use handoff_capturing::Project;
use handoff_files::{Dir, Scratch};
use handoff_letter::{LetterId, Mailbox};
use handoff_process::HandoffRequest;
use handoff_state::StateDir;
use handoff_text::Sanitised;

use super::joined::{self, Joined};
use super::{Connection, Mailroom, MailroomError, card};
use crate::error::{NotPacked, NotTaken};
use crate::git::{Call, Git};
use crate::machine::Machine;
use crate::open::{Opened, Signer};
use crate::pack::Packed;
use crate::room::Room;
use crate::scan::Leaks;
use crate::take::{Here, TakeOptions, Taken, take, was_here};

/// The largest letter, with its work, that a commit's message carries, in bytes.
const MAX_FILE_BYTES: u64 = 48 << 10;
/// The largest commit that is read, in bytes: such a letter in base64, and room for the rest.
const MAX_COMMIT_BYTES: u64 = 128 << 10;
/// What is fetched to see the commit, at most, in blocks of 512 bytes. It is the commit alone, but where a server sends the files
/// of the branch too.
const MAX_FETCH_BLOCKS: &str = "131072";
/// The longest title in the commit's first line, in bytes.
const MAX_TITLE_BYTES: usize = 60;
const LINE_BYTES: usize = 76;
const BEGIN: &str = "-----BEGIN AGENT HANDOFF-----";
const END: &str = "-----END AGENT HANDOFF-----";
const TIP: &str = "refs/came/tip";

/// A branch of a remote as letters travel on it.
pub struct Branch<'p> {
    project: &'p Project<'p>,
    state: StateDir,
    git: Git,
    /// The remote, as the user calls it.
    pub remote: String,
    /// The branch, there and here.
    pub name: String,
    connection: Connection,
    is_private_by_word: bool,
}

/// A letter that was pushed on a branch.
#[derive(Debug)]
pub struct OnBranch {
    /// Its name.
    pub id: LetterId,
    /// The commit that carries it.
    pub commit: String,
    /// Whether it was there before: an earlier push of the same handoff was interrupted after it had arrived.
    pub was_there: bool,
    /// Whether its handoff was archived here.
    pub is_archived: bool,
    /// Whether the branch here has the commit.
    pub is_here: bool,
}

/// What the newest commit of a branch carries.
#[derive(Debug)]
pub enum AtTip {
    /// The branch is not at the remote.
    NoBranch,
    /// No letter.
    Nothing,
    /// A letter that was taken here before.
    Before(LetterId),
    /// A letter, which waits here now.
    Taken(LetterId, Box<Taken>),
}

/// The newest commit of a branch, with a letter in it.
struct Carried {
    commit: String,
    parent: String,
    opened: Opened,
}

impl<'p> Branch<'p> {
    /// The branch `name`, else the one that is checked out. With `is_private` the user says that strangers cannot read its remote.
    ///
    /// # Errors
    /// [`MailroomError`]; [`MailroomError::Detached`] where none is named and none is checked out.
    pub fn open(
        project: &'p Project<'p>,
        name: Option<&str>,
        is_private: bool,
    ) -> Result<Self, MailroomError> {
        let common = Mailroom::common(project)?;
        let state = StateDir::of(project.environment)?;
        let git = Git::find(project.environment)?;
        let top = project.top();
        let head = project.worktree.repository().and_then(|repository| repository.head().branch);
        let name = match name {
            Some(name) => name.to_owned(),
            None => head.filter(|name| name != "HEAD").ok_or(MailroomError::Detached)?,
        };
        if !crate::whom::is_branch(&git, top, &name)? {
            return Err(MailroomError::NoBranchName(name));
        }
        let listed = git.ask(top, &["remote"])?.unwrap_or_default();
        let own = git.ask(top, &["config", "--get", &format!("branch.{name}.remote")])?;
        let remote = match own.filter(|own| listed.lines().any(|known| known == own)) {
            Some(own) => own,
            None => joined::default_remote(&git, top)?,
        };
        let url = joined::url(&git, top, &remote)?;
        let joined = Joined::read(&state, &common)?.filter(|joined| joined.remote == remote);
        if let Some(joined) = &joined
            && let Ok(identity) = crate::identity::Identity::of(&git, top)
            && !joined.address.is_empty()
            && joined.address != joined::address(&git, top, &url, &identity.mail)?
        {
            let again = joined.again();
            return Err(MailroomError::Changed { remote, again });
        }
        let is_private_by_word = is_private || joined.is_some_and(|joined| joined.private_by_word);
        let connection = Connection::new(&git, top, &remote, url, true)?;
        Ok(Self { project, state, git, remote, name, connection, is_private_by_word })
    }

    /// The same through the connection that a command has for `remote` by then.
    #[must_use]
    pub fn through(self, connection: Connection) -> Self {
        Self { connection: self.connection.through(connection), ..self }
    }

    /// Whether the clone here knows the branch at the remote, as of its last fetch.
    pub fn is_tracked(&self) -> bool {
        let name = format!("refs/remotes/{}/{}", self.remote, self.name);
        let asked = self.git.ask(self.project.top(), &["rev-parse", "--quiet", "--verify", &name]);
        asked.is_ok_and(|id| id.is_some())
    }

    /// To whom the letters on it go.
    pub fn mailbox(&self) -> String {
        format!("branch:{}", self.name)
    }

    /// Fails where strangers may read the remote, or that is not to be found out.
    ///
    /// # Errors
    /// [`MailroomError::PublicBranch`].
    pub fn check_audience(&self) -> Result<(), MailroomError> {
        if self.is_private_by_word {
            return Ok(());
        }
        let top = self.project.top();
        let there =
            |more: &[&str]| self.git.ask(top, &[&["remote", "get-url"], more, &[&self.remote]].concat());
        let why = if there(&[])? == there(&["--push"])? {
            match card::audience(self.project.environment, &self.git, self.project, &self.remote)? {
                joined::Audience::Private => return Ok(()),
                other => other.words(),
            }
        } else {
            "is pushed to by another URL than it is fetched by".to_owned()
        };
        Err(MailroomError::PublicBranch { remote: self.remote.clone(), why })
    }

    /// Pushes `packed` as an empty commit behind what is checked out, with the commits before it that the remote lacks. The branch
    /// here gets the commit only when the remote has it. With `allow_secrets`, commits go along whatever is in them.
    ///
    /// # Errors
    /// [`MailroomError`]. Nothing was changed here then.
    pub fn push(&self, packed: &Packed, allow_secrets: bool) -> Result<OnBranch, MailroomError> {
        let base = packed.letter.base.clone().ok_or(MailroomError::Detached)?;
        self.check_audience()?;
        self.check_commits(allow_secrets)?;
        let file = file_of(packed)?;
        let is_work = packed.letter.parcel.is_some();
        if file.len() as u64 > MAX_FILE_BYTES {
            return Err(MailroomError::TooLargeForBranch { bytes: file.len() as u64, is_work });
        }
        // An earlier push may have arrived, and its answer not.
        if let Ok(Some(there)) = self.tip()
            && there.parent == base
            && there.opened.key == Machine::open(&self.state)?.key()
            && there.opened.handoff == open_file(self.project, &file)?.handoff
        {
            return Ok(self.settled(&there.commit, &base, packed, there.opened.id().clone(), true));
        }
        let commit = self.commit(packed, &base, &file)?;
        self.send(&commit)?;
        Ok(self.settled(&commit, &base, packed, packed.letter.id.clone(), false))
    }

    /// The remote has the commit: the handoff is archived here, and the branch here goes on to it.
    fn settled(&self, commit: &str, base: &str, packed: &Packed, id: LetterId, was_there: bool) -> OnBranch {
        let is_archived =
            packed.is_unread && HandoffRequest::withdraw(self.project.top(), OsStr::new(&packed.name));
        let name = format!("refs/heads/{}", self.name);
        let call = self.git.by_user(self.project.top(), "update-ref", false);
        // Where the branch moved meanwhile, the user's next `git pull` brings it.
        let is_here = call.args(["-m", "handoff push --via branch", &name, commit, base]).run().is_ok();
        OnBranch { id, commit: commit.to_owned(), was_there, is_archived, is_here }
    }

    /// Looks for secrets in the commits that the push takes along.
    fn check_commits(&self, allow_secrets: bool) -> Result<(), MailroomError> {
        let mut leaks = Leaks::default();
        let handover = Handover::create(self.project.top(), self.project.settings.track)?;
        leaks.look_at_commits(&handover, &self.project.git().map_err(NotPacked::from)?)?;
        if leaks.is_empty() || allow_secrets { Ok(()) } else { Err(NotPacked::Secrets(leaks).into()) }
    }

    /// Writes the commit that carries `file`, which no ref names yet.
    fn commit(&self, packed: &Packed, base: &str, file: &[u8]) -> Result<String, MailroomError> {
        let top = self.project.top();
        let signs = self.git.ask(top, &["config", "--type=bool", "--get", "commit.gpgSign"])?;
        let call = self.git.by_user(top, "commit-tree", true);
        let signed = signs.filter(|signs| signs == "true").map(|_| "-S");
        let tree = format!("{base}^{{tree}}");
        let arguments = signed.into_iter().chain(["-p", base, "-F", "-", &tree]);
        Ok(call.args(arguments).input(message(&packed.letter.title, &self.name, file)).line()?)
    }

    /// Pushes it, by a fast-forward alone.
    fn send(&self, commit: &str) -> Result<(), MailroomError> {
        let call = self.git.by_user(self.project.top(), "push", true);
        let options =
            ["--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no"];
        let refspec = format!("{commit}:refs/heads/{}", self.name);
        let (said, error) = call.args(options).args(["--", &self.remote, &refspec]).said(1 << 20)?;
        let Some(error) = error else { return Ok(()) };
        let said = String::from_utf8_lossy(&said);
        let refused =
            said.lines().find_map(|line| line.strip_prefix("!\t")?.rsplit_once('\t').map(|(_, why)| why));
        let (remote, branch) = (self.remote.clone(), self.name.clone());
        match (refused, error) {
            (Some(why), _)
                if ["fetch first", "non-fast-forward", "stale"].iter().any(|words| why.contains(words)) =>
            {
                Err(MailroomError::BranchMoved { remote, branch })
            }
            (why, GitError::Failed { message, .. }) => {
                let said =
                    Sanitised::line(format!("{} {message}", why.unwrap_or_default()).trim().as_bytes(), 400);
                Err(MailroomError::BranchRefused { remote, branch, said })
            }
            (_, error) => Err(error.into()),
        }
    }

    /// Takes a copy of the letter that the newest commit of the branch carries; one that this machine's key signed only `with_own`:
    /// the sandboxes of one environment share a key.
    ///
    /// # Errors
    /// [`MailroomError`]; [`NotTaken`] where there is one that may not be taken. Nothing waits here then.
    pub fn pull(&self, with_own: bool) -> Result<AtTip, MailroomError> {
        let carried = match self.tip() {
            Ok(Some(carried)) => carried,
            Ok(None) => return Ok(AtTip::Nothing),
            Err(MailroomError::NoBranchThere(_)) => return Ok(AtTip::NoBranch),
            Err(error) => return Err(error),
        };
        let Carried { opened, parent, .. } = carried;
        // Whose it is comes first: of a stranger's letter nothing goes further.
        if opened.signer(&self.state)? == Signer::This && !with_own {
            return Ok(AtTip::Nothing);
        }
        let letter = &opened.letter;
        if letter.to != Mailbox::Branch(self.name.clone()) || letter.base.as_ref() != Some(&parent) {
            return Err(MailroomError::Odd(
                "the letter in it was written for another branch or another commit",
            ));
        }
        let id = letter.id.clone();
        if was_here(self.project, &id)?.is_some() {
            return Ok(AtTip::Before(id));
        }
        match take(self.project, &opened, TakeOptions { is_copy: true, ..TakeOptions::default() }) {
            Ok(taken) => Ok(AtTip::Taken(id, Box::new(taken))),
            Err(NotTaken::Already { .. }) => Ok(AtTip::Before(id)),
            Err(error) => Err(error.into()),
        }
    }

    /// The newest commit of the branch at the remote, where it carries a letter.
    fn tip(&self) -> Result<Option<Carried>, MailroomError> {
        let format = self.git.ask(self.project.top(), &["rev-parse", "--show-object-format"])?;
        let room = Room::scratch(self.git.clone(), format.as_deref().unwrap_or("sha1"))?;
        let remote = self.connection.remote(&room);
        // What the user has already need not come once more. A shallow clone does not have what its commits build on.
        let common = Mailroom::common(self.project)?;
        let is_whole = !handoff_files::is_file(&common.join("shallow"));
        let with_own = |call: Call| {
            if is_whole { call.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", common.join("objects")) } else { call }
        };
        let options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
        let refspec = format!("+refs/heads/{}:{TIP}", self.name);
        // The commit alone, without what its tree names.
        let call = with_own(remote.call("fetch", MAX_FETCH_BLOCKS));
        let call =
            call.args(options).args(["--depth=1", "--filter=tree:0", "--", &self.connection.url, &refspec]);
        match call.run() {
            Ok(()) => {}
            Err(GitError::Failed { message, .. }) if message.contains("couldn't find remote ref") => {
                return Err(MailroomError::NoBranchThere(self.name.clone()));
            }
            Err(error) => return Err(remote.unreached(error).into()),
        }
        let commit = room.call("rev-parse").args([TIP]).line()?;
        let size = with_own(room.call("cat-file")).args(["-s", &commit]).line()?;
        // One that is larger than any of ours is none of ours.
        if size.parse().is_ok_and(|size: u64| size > MAX_COMMIT_BYTES) {
            return Ok(None);
        }
        let bytes = with_own(room.call("cat-file")).args(["commit", &commit]).output(MAX_COMMIT_BYTES)?;
        let Some((parent, file)) = letter_in(&bytes)? else { return Ok(None) };
        Ok(Some(Carried { commit, parent, opened: open_file(self.project, &file)? }))
    }
}

/// Why the letter with `part` in its name can neither be taken back, offered again nor given back, where it went on the branch that
/// is checked out, or is a copy here.
pub fn elsewhere(project: &Project<'_>, part: &str) -> Option<MailroomError> {
    if let Some((id, here)) = Here::find(project.environment, project.top(), part).ok().flatten()
        && here.taken.is_empty()
    {
        return Some(MailroomError::Copy(id.to_string()));
    }
    let git = Git::find(project.environment).ok()?;
    let branch = project.worktree.repository()?.head().branch.filter(|name| name != "HEAD")?;
    let found = format!("--grep=^{BEGIN}$");
    let listed =
        git.ask(project.top(), &["log", "--max-count=20", "--format=%H", &found, "HEAD", "--"]).ok()??;
    listed.lines().find_map(|commit| {
        let shown = git.ask(project.top(), &["cat-file", "commit", commit]).ok()??;
        let (_, file) = letter_in(shown.as_bytes()).ok()??;
        let id = open_file(project, &file).ok()?.id().clone();
        let (id, commit) =
            (id.as_str().contains(part).then(|| id.to_string())?, commit.get(..10)?.to_owned());
        Some(MailroomError::OnBranch { id, branch: branch.clone(), commit })
    })
}

fn open_file(project: &Project<'_>, bytes: &[u8]) -> Result<Opened, MailroomError> {
    let scratch = Scratch::new("agent-handoff-branch")?;
    Dir::create(scratch.path())?.put("letter", bytes)?;
    Ok(Opened::read(project.environment, &scratch.path().join("letter"), &|| None)?)
}

/// The letter as a file.
fn file_of(packed: &Packed) -> Result<Vec<u8>, MailroomError> {
    let scratch = Scratch::new("agent-handoff-branch")?;
    let dir = Dir::create(scratch.path())?;
    let file = dir.create_new("letter")?.ok_or(MailroomError::Odd("the letter was written twice"))?;
    packed.write_to(file.into_file())?;
    Ok(dir.open_to_read("letter")?.read(u64::MAX >> 1)?)
}

/// The message of the commit that carries `file`.
fn message(title: &str, branch: &str, file: &[u8]) -> String {
    let title = title.get(..title.floor_char_boundary(MAX_TITLE_BYTES)).unwrap_or_default();
    let mut text = format!(
        "chore(handoff): {title}\n\nA handoff for who goes on with {branch}. In a clone: handoff pull --via branch:{branch}\nThis commit \
         changes no file. It can be dropped when the handoff was taken.\n\n{BEGIN}\n"
    );
    let encoded = BASE64.encode(file);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE_BYTES));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// The only parent of a commit and the letter in its message; `None` where there is none.
fn letter_in(commit: &[u8]) -> Result<Option<(String, Vec<u8>)>, MailroomError> {
    const ODD: MailroomError = MailroomError::Odd("the letter in it is not as agent-handoff writes one");
    let Ok(text) = std::str::from_utf8(commit) else { return Ok(None) };
    let Some((header, message)) = text.split_once("\n\n") else { return Ok(None) };
    let Some((_, rest)) = message.split_once(BEGIN) else { return Ok(None) };
    let mut parents = header.lines().filter_map(|line| line.strip_prefix("parent "));
    let (Some(parent), None) = (parents.next(), parents.next()) else { return Err(ODD) };
    let (encoded, _) = rest.split_once(END).ok_or(ODD)?;
    let encoded: Vec<u8> = encoded.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let file = BASE64.decode(&encoded).map_err(|_| ODD)?;
    Ok(Some((parent.to_owned(), file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_from_a_message_as_it_was_written() {
        for length in [0, 1, 56, 57, 58, 4_000] {
            let file: Vec<u8> = (0..length).map(|n: u32| n as u8).collect();
            let message = message("Quoted “fields”", "fix/q", &file);
            assert!(message.lines().all(|line| line.len() < 100), "{message}");
            let commit = format!("tree x\nparent abc\nauthor A <a> 1 +0000\n\n{message}");
            assert_eq!(letter_in(commit.as_bytes()).unwrap(), Some(("abc".to_owned(), file)));
        }
    }

    #[test]
    fn a_commit_without_a_letter_has_none_and_a_broken_one_is_named() {
        let commit = |header: &str, message: &str| format!("{header}\n\n{message}").into_bytes();
        let one = "tree x\nparent abc";
        for none in [commit(one, "Fix the lexer\n"), commit(one, ""), b"tree x".to_vec(), vec![0xff; 9]] {
            assert!(letter_in(&none).unwrap().is_none());
        }
        let whole = format!("{BEGIN}\nAAAA\n{END}\n");
        for odd in [
            commit(one, &format!("{BEGIN}\nAAAA")),
            commit(one, &format!("{BEGIN}\nA*AA\n{END}")),
            commit("tree x", &whole),
            commit("tree x\nparent a\nparent b", &whole),
        ] {
            assert!(letter_in(&odd).is_err());
        }
    }
}
