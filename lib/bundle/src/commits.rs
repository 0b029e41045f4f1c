//! Commits that a bundle builds on and that no remote has. They lie beside the bundle in git's own bundle format, and come
//! into the repository when it is applied. The manifest names the newest of them as the base, so what they say is covered
//! by it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use handoff_files::{Dir, FileError, OpenFile};
use serde::{Deserialize, Serialize};

use crate::apply::{ApplyOptions, uncommitted};
use crate::bundle::{Bundle, Trusted};
use crate::error::{BundleError, Refusal};
use crate::git::{Git, failed, odd};
use crate::layout::{COMMITS, Handover};
use crate::path::TreePath;
use crate::policy;
use crate::repository::{Repository, is_one};

/// The longest head of a file of git's bundle format that is read, in bytes.
const MAX_HEAD_BYTES: usize = 1 << 20;
/// The longest symbolic link that Linux and macOS have, in bytes.
const MAX_LINK_BYTES: u64 = 4096;
/// So much of what `git rev-list` says is read, in bytes: some 300,000 commits.
const MAX_LIST_BYTES: u64 = 16 << 20;

/// What a commit says and changes, every side of a merge, with nothing left out and nothing converted.
const PATCH_AS_TEXT: [&str; 10] = [
    "--patch",
    "-m",
    "--text",
    "--no-textconv",
    "--no-ext-diff",
    "--no-renames",
    "--no-color",
    "--no-show-signature",
    "--unified=0",
    "--format=%B",
];

/// Commits up to HEAD that no remote-tracking branch has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpushed {
    /// HEAD.
    pub tip: String,
    /// What they build on.
    pub onto: Vec<String>,
    /// How many there are.
    pub count: usize,
}

/// Commits of a bundle that are in the repository now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// The newest of them.
    pub tip: String,
    /// From where HEAD was moved forward to it; `None` where HEAD had what is in it already.
    pub moved: Option<Moved>,
}

/// From where HEAD was moved forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// What it was before.
    pub from: String,
    /// The ref that was moved, as `refs/heads/main`; `None` where no branch was checked out.
    pub branch: Option<String>,
}

impl Handover {
    /// The commits up to HEAD that no remote has. `None` where there are none, and where nothing is known of a remote: then
    /// each commit would be one.
    ///
    /// # Errors
    /// Git's.
    pub fn unpushed(&self, git: &Git) -> Result<Option<Unpushed>, BundleError> {
        let repository = self.repository(git)?;
        let remotes =
            repository.call("for-each-ref").args(["--count=1", "--format=%(refname)", "refs/remotes"]);
        let (remotes, _) = remotes.output(Vec::new(), 1 << 16)?;
        let Some(tip) = head(&repository)?.filter(|_| !remotes.is_empty()) else { return Ok(None) };
        let list = repository.call("rev-list").args(["--boundary", &tip, "--not", "--remotes"]);
        let (list, _) = list.output(Vec::new(), MAX_LIST_BYTES)?;
        let list = String::from_utf8_lossy(&list);
        let (onto, commits): (Vec<_>, Vec<_>) = list.lines().partition(|line| line.starts_with('-'));
        if commits.is_empty() {
            return Ok(None);
        }
        let onto = onto.into_iter().map(|line| line[1..].to_owned()).collect();
        Ok(Some(Unpushed { tip, onto, count: commits.len() }))
    }

    /// Writes those commits to `to`, in git's bundle format.
    ///
    /// # Errors
    /// Git's and the system's.
    fn pack_unpushed(&self, git: &Git, to: File) -> Result<(), BundleError> {
        let repository = self.repository(git)?;
        let call = repository.call("bundle").args(["create", "--quiet", "-", "HEAD", "--not", "--remotes"]);
        call.send(None, to)
    }

    /// Passes on what each of those commits says and changes, as text and in pieces, each with the commit's name.
    ///
    /// # Errors
    /// Git's.
    pub fn read_unpushed(&self, git: &Git, mut take: impl FnMut(&str, &[u8])) -> Result<(), BundleError> {
        let repository = self.repository(git)?;
        let list = repository.call("rev-list").args(["HEAD", "--not", "--remotes"]);
        let (list, _) = list.output(Vec::new(), MAX_LIST_BYTES)?;
        for commit in String::from_utf8_lossy(&list).lines() {
            let call = repository.call("show").args(PATCH_AS_TEXT).arg(commit);
            call.read(Vec::new(), |stdout| {
                let mut buffer = vec![0; 1 << 16];
                loop {
                    match stdout.read(&mut buffer).map_err(failed("show"))? {
                        0 => return Ok(()),
                        count => take(commit, &buffer[..count]),
                    }
                }
            })?;
        }
        Ok(())
    }

    /// Brings the commits of `bundle` into the repository, where it has some, and moves the branch that is checked out
    /// forward to them, where HEAD does not have them yet. The rules of [`crate::policy`] hold as for a patch: for names, for
    /// files that programs run or obey, and for links out of the tree.
    ///
    /// # Errors
    /// A [`Refusal`], with HEAD where it was: [`Refusal::Diverged`] where they do not follow on HEAD; git's and the system's.
    pub fn bring_commits(
        &self,
        git: &Git,
        bundle: &Trusted,
        options: ApplyOptions,
    ) -> Result<Option<Brought>, BundleError> {
        let (Some(mut file), Some(tip)) = (bundle.commits()?, bundle.manifest().contents.base.clone()) else {
            return Ok(None);
        };
        let _lock = self.lock()?;
        let repository = self.repository(git)?;
        if !repository.has_commit(&tip)? {
            let path = file.path().to_owned();
            let head = CommitsHead::read(file.stream(), &path)?;
            if head.tips != [tip.as_str()] {
                return Err(Refusal::OtherCommits(bundle.id().to_string()).into());
            }
            for commit in &head.prerequisites {
                if !repository.has_commit(commit)? {
                    return Err(Refusal::MissingBase(commit.clone()).into());
                }
            }
            let call = repository.call("index-pack").args(["--stdin", "--fix-thin", "--strict"]).durable();
            call.feed(|stdin| {
                stdin.write_all(&head.rest).map_err(failed("index-pack"))?;
                std::io::copy(file.stream(), stdin).map_err(failed("index-pack"))?;
                Ok(())
            })?;
            // What the commits name has to be there whole.
            let call = repository.call("rev-list").args(["--objects", "--quiet", &tip, "--not", "--all"]);
            call.output(Vec::new(), 1 << 16)?;
        }
        let moved = Forward { repository: &repository, own: self.dir(), tip: &tip, options, bundle }.go()?;
        Ok(Some(Brought { tip, moved }))
    }

    /// Moves HEAD back to where it was before [`Handover::bring_commits`]. What was written to the worktree since stays, and
    /// is an error where it would be lost.
    ///
    /// # Errors
    /// Git's.
    pub fn move_back(&self, git: &Git, brought: &Brought) -> Result<(), BundleError> {
        let Some(moved) = &brought.moved else { return Ok(()) };
        let _lock = self.lock()?;
        move_back(&self.repository(git)?, &brought.tip, moved).map(drop)
    }

    /// Has git's index know the times of the files as they are, as after an undo: until then some of git's commands take a file
    /// that was put back to the byte for a changed one.
    ///
    /// # Errors
    /// Git's.
    pub fn refresh_index(&self, git: &Git) -> Result<(), BundleError> {
        refresh(&self.repository(git)?)
    }

    /// Has the next apply write down that the branch was moved for it, so that its undo moves the branch back.
    #[must_use]
    pub fn having_moved(mut self, brought: Option<&Brought>) -> Self {
        self.moved = brought.and_then(|brought| brought.moved.clone());
        self
    }
}

impl Bundle {
    /// The file with its commits; `None` where it has none.
    ///
    /// # Errors
    /// What the system says.
    pub fn commits(&self) -> Result<Option<OpenFile>, BundleError> {
        match self.dir().open_to_read(COMMITS) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the commits up to HEAD that no remote has beside it.
    ///
    /// # Errors
    /// Git's and the system's.
    pub fn add_commits(&self, handover: &Handover, git: &Git) -> Result<(), BundleError> {
        let file =
            self.dir().create_new(COMMITS)?.ok_or_else(|| crate::repository::taken(self.dir(), COMMITS))?;
        handover.pack_unpushed(git, file.into_file())
    }

    /// Removes it, with all that is in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn discard(self) -> Result<(), BundleError> {
        let path = self.path().to_owned();
        let gone = || BundleError::Unknown(self.id().to_string());
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(gone()) };
        let bundles = Dir::open(parent)?.ok_or_else(gone)?;
        Ok(bundles.remove_all(name)?)
    }
}

/// The commit that HEAD is; `None` where there is none yet.
fn head(repository: &Repository<'_>) -> Result<Option<String>, BundleError> {
    let call = repository.call("rev-parse").args(["--quiet", "--verify", "HEAD^{commit}"]).accept(1);
    let (said, code) = call.output(Vec::new(), 1 << 16)?;
    Ok((code == 0).then(|| String::from_utf8_lossy(&said).trim().to_owned()))
}

/// The ref that HEAD names; `None` where it is a commit.
fn branch(repository: &Repository<'_>) -> Result<Option<String>, BundleError> {
    let call = repository.call("symbolic-ref").args(["--quiet", "HEAD"]).accept(1);
    let (said, code) = call.output(Vec::new(), 1 << 16)?;
    Ok((code == 0).then(|| String::from_utf8_lossy(&said).trim().to_owned()))
}

/// Moves HEAD back from `tip`, if it is that still and of the same branch; false if it is not. What is uncommitted stays.
pub(crate) fn move_back(repository: &Repository<'_>, tip: &str, moved: &Moved) -> Result<bool, BundleError> {
    if head(repository)?.as_deref() != Some(tip) || branch(repository)? != moved.branch {
        return Ok(false);
    }
    refresh(repository)?;
    repository.call("reset").args(["--keep", "--quiet", &moved.from]).output(Vec::new(), 1 << 16)?;
    Ok(true)
}

/// Has git's index know the times of the files as they are: until then git's own commands take a file that was put back to the byte
/// for a changed one.
pub(crate) fn refresh(repository: &Repository<'_>) -> Result<(), BundleError> {
    let call = repository.call("update-index").args(["-q", "--refresh"]).accept(1);
    call.output(Vec::new(), 1 << 16).map(drop)
}

/// A branch that is to go forward over commits that came.
struct Forward<'a> {
    repository: &'a Repository<'a>,
    own: &'a Dir,
    tip: &'a str,
    options: ApplyOptions,
    bundle: &'a Trusted,
}

impl Forward<'_> {
    /// Moves the branch forward; `None` where HEAD has all that is in the commits.
    fn go(&self) -> Result<Option<Moved>, BundleError> {
        let Self { repository, tip, .. } = *self;
        let Some(old) = head(repository)?.filter(|old| old != tip) else { return Ok(None) };
        let follows = self.is_ancestor(&old, tip)?;
        if !follows && (self.is_ancestor(tip, &old)? || tree(repository, tip)? == tree(repository, &old)?) {
            return Ok(None);
        }
        let from = if follows { old.clone() } else { self.merge_base(&old)?.unwrap_or_else(|| old.clone()) };
        self.check(&from)?;
        if !follows {
            return Err(self.diverged(old)?.into());
        }
        if let Some(progress) = repository.progress()?.into_iter().next() {
            return Err(Refusal::InProgress(progress).into());
        }
        let changed = uncommitted(&crate::status::Status::read(repository, false)?);
        if !changed.is_empty() {
            return Err(Refusal::Dirty(changed).into());
        }
        let branch = branch(repository)?;
        repository.call("merge").args(["--ff-only", "--quiet", tip]).output(Vec::new(), 1 << 16)?;
        Ok(Some(Moved { from: old, branch }))
    }

    /// Holds what the commits change since `from` against the rules for a patch.
    fn check(&self, from: &str) -> Result<(), BundleError> {
        let changes = Changes::between(self.repository, from, self.tip)?;
        // A project may have what is in `.handover` under version control: there it is configuration.
        let others = changes.paths.iter().filter(|(path, _)| !policy::is_own_state(path));
        policy::check(others.map(|(path, comes)| (path, *comes)), &mut |one, other| {
            is_one(self.own, one, other)
        })?;
        if !self.options.allow_config && !changes.config.is_empty() {
            return Err(Refusal::Config(changes.config.into_iter().collect()).into());
        }
        Ok(())
    }

    fn is_ancestor(&self, one: &str, other: &str) -> Result<bool, BundleError> {
        let call = self.repository.call("merge-base").args(["--is-ancestor", one, other]).accept(1);
        Ok(call.output(Vec::new(), 1 << 16)?.1 == 0)
    }

    fn merge_base(&self, head: &str) -> Result<Option<String>, BundleError> {
        let call = self.repository.call("merge-base").args([head, self.tip]).accept(1);
        let (said, code) = call.output(Vec::new(), 1 << 16)?;
        Ok((code == 0).then(|| String::from_utf8_lossy(&said).trim().to_owned()))
    }

    fn diverged(&self, head: String) -> Result<Refusal, BundleError> {
        let call = self.repository.call("rev-list").args(["--count", self.tip, "--not", &head]);
        let (count, _) = call.output(Vec::new(), 1 << 16)?;
        Ok(Refusal::Diverged {
            count: String::from_utf8_lossy(&count).trim().parse().unwrap_or_default(),
            tip: self.tip.into(),
            head: head.into(),
            file: self.bundle.path().join(COMMITS).into(),
        })
    }
}

/// The tree of a commit.
fn tree(repository: &Repository<'_>, commit: &str) -> Result<Vec<u8>, BundleError> {
    let call = repository.call("rev-parse").arg(format!("{commit}^{{tree}}"));
    Ok(call.output(Vec::new(), 1 << 10)?.0)
}

/// What moving a branch forward changes in the worktree.
struct Changes {
    /// The paths, each with whether something comes there.
    paths: Vec<(TreePath, bool)>,
    /// Those that need [`ApplyOptions::allow_config`], as in a patch: configuration, what this program keeps in `.handover`,
    /// symbolic links that lead out of the tree, and submodules, whose files another repository has.
    config: BTreeSet<TreePath>,
}

impl Changes {
    fn between(repository: &Repository<'_>, old: &str, new: &str) -> Result<Self, BundleError> {
        let call = repository.call("diff-tree");
        let call = call.args(["-r", "-z", "--raw", "--full-index", "--no-renames", old, new]);
        let (raw, _) = call.output(Vec::new(), MAX_LIST_BYTES)?;
        let mut fields = raw.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        let mut changes = Self { paths: Vec::new(), config: BTreeSet::new() };
        // `:OLD-MODE NEW-MODE OLD-BLOB NEW-BLOB STATUS`, then the path.
        while let Some(change) = fields.next() {
            let path =
                TreePath::new(fields.next().ok_or_else(|| odd("diff-tree", "a change without a path"))?);
            let change = String::from_utf8_lossy(change);
            let [before, mode, _, blob, _] = change.split(' ').collect::<Vec<_>>()[..] else {
                return Err(odd("diff-tree", &change));
            };
            let is_config = match mode {
                "000000" => before == ":160000",
                "100644" | "100755" => false,
                "120000" => policy::leads_out(&path, &link(repository, blob)?),
                "160000" => true,
                mode => return Err(Refusal::Mode { path, mode: mode.to_owned() }.into()),
            };
            if is_config || policy::is_config(&path) || policy::is_own_state(&path) {
                changes.config.insert(path.clone());
            }
            changes.paths.push((path, mode != "000000"));
        }
        Ok(changes)
    }
}

/// What the symbolic link says whose blob is `blob`; nothing where it is longer than any that a file system has, which leads
/// out of the tree as [`policy::leads_out`] has it.
fn link(repository: &Repository<'_>, blob: &str) -> Result<Vec<u8>, BundleError> {
    let (size, _) = repository.call("cat-file").args(["-s", blob]).output(Vec::new(), 64)?;
    let size: Option<u64> = String::from_utf8_lossy(&size).trim().parse().ok();
    if size.is_none_or(|size| size > MAX_LINK_BYTES) {
        return Ok(Vec::new());
    }
    Ok(repository.call("cat-file").args(["blob", blob]).output(Vec::new(), MAX_LINK_BYTES)?.0)
}

/// The head of a file in git's bundle format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitsHead {
    /// What its reader must have.
    pub prerequisites: Vec<String>,
    /// What it brings.
    pub tips: Vec<String>,
    /// What was read of the pack behind it.
    pub rest: Vec<u8>,
}

impl CommitsHead {
    /// Reads the one at the start of `stream`, which is the file at `path`. What is read is at most some kilobytes more.
    ///
    /// # Errors
    /// [`crate::GitError::Output`] where it has another form; what the system says.
    pub fn read(stream: &mut dyn Read, path: &Path) -> Result<Self, BundleError> {
        let mut bytes = Vec::new();
        let end = loop {
            let before = bytes.len();
            let mut piece = [0; 4096];
            let count = stream.read(&mut piece).map_err(FileError::new("read", path))?;
            bytes.extend_from_slice(&piece[..count]);
            let from = before.saturating_sub(1);
            if let Some(at) = bytes[from..].windows(2).position(|pair| pair == b"\n\n") {
                break from + at;
            }
            if count == 0 || bytes.len() > MAX_HEAD_BYTES {
                return Err(odd("bundle", "a file of commits without an end of its head"));
            }
        };
        let rest = bytes.split_off(end + 2);
        let text = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = text.lines();
        if !matches!(lines.next(), Some("# v2 git bundle" | "# v3 git bundle")) {
            return Err(odd("bundle", "a file of commits of another format"));
        }
        let (mut prerequisites, mut tips) = (Vec::new(), Vec::new());
        for line in lines.filter(|line| !line.starts_with('@')) {
            let (list, line) = match line.strip_prefix('-') {
                Some(line) => (&mut prerequisites, line),
                None => (&mut tips, line),
            };
            let id = line.split(' ').next().unwrap_or_default();
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(odd("bundle", "a file of commits with something else in its head"));
            }
            list.push(id.to_owned());
        }
        Ok(Self { prerequisites, tips, rest })
    }
}
