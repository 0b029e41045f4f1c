//! Captures everything uncommitted, and leaves the repository as it is, to the byte.
//!
//! Git says which paths differ. Their contents are read here, once, as they lie in the working tree: no filter sees them,
//! since what a filter makes of a file need not lead back to it. Small ones become a tree in a scratch repository, whose
//! diff to HEAD git writes; large ones are written as literals without ever being in memory. The finished patches are
//! read again, compared with what was read from the disk, and tried on HEAD, before anything of them is kept. A path that
//! cannot be carried is named, and stops nothing else.

mod check;
mod limits;
mod plan;
mod special;
mod write;

pub(crate) use plan::{hidden, tree_record};

use std::collections::BTreeMap;
use std::path::PathBuf;

use handoff_document::Timestamp;
use handoff_files::Dir;

use crate::bundle::{Bundle, LARGEST_MANIFEST};
use crate::error::BundleError;
use crate::git::Git;
use crate::layout::{BundleId, Handover, Hidden, INDEX, MANIFEST, SUMMARY, TRANSCRIPT, WORKSPACE, put};
use crate::manifest::{Contents, Manifest, Origin, Part, Reason, VERSION};
use crate::path::TreePath;
use crate::repository::{Repository, Scratch};
use crate::status::Status;
use crate::trust::{Keyring, PLACEHOLDER};

/// How often a capture is tried from the start when files change meanwhile, before those are left behind.
const TRIES: usize = 3;
/// How often it is tried in all, each time without the paths that the time before could not carry.
const MOST_TRIES: usize = 12;
/// Where the scratch repository is, in the bundle that is being made.
const WORKSHOP: &str = "workshop";

/// How much a capture may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes. Larger ones are named and stay behind.
    pub max_file_bytes: u64,
    /// The size of all files and staged versions together, in bytes. What would be more is named and stays behind.
    pub max_total_bytes: u64,
    /// The number of files. What would be more is named and stays behind.
    pub max_files: usize,
}

impl Default for Limits {
    /// 64 MiB, 256 MiB, 20,000 files.
    fn default() -> Self {
        Self { max_file_bytes: 64 << 20, max_total_bytes: 256 << 20, max_files: 20_000 }
    }
}

/// A file whose change may be nothing but what a wiring of ours made of it. It is left out when it is exactly that: not
/// where somebody changed it before or since, made it executable, or staged something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Where.
    pub path: TreePath,
    /// What it was before; None when it was not there.
    pub before: Option<Vec<u8>>,
    /// What the wiring left.
    pub now: Vec<u8>,
}

/// One try at a capture.
#[derive(Debug)]
struct Attempt<'a> {
    limits: Limits,
    own: &'a [Own],
    /// What earlier tries could not carry.
    left: &'a BTreeMap<TreePath, Reason>,
    /// Whether a file that changes meanwhile ends the try, since there is another.
    may_retry: bool,
}

/// What was captured, on disk but without a name yet. Dropped, it is gone.
#[derive(Debug)]
pub struct Draft {
    hidden: Hidden,
    contents: Contents,
    workspace: Part,
    index: Part,
}

/// A bundle that has everything but its name: nothing lists it. Dropped, it is gone; what a killed program leaves of it is
/// swept by the next capture.
#[derive(Debug)]
pub struct Unnamed {
    bundle: Bundle,
    _hidden: Hidden,
}

/// What a bundle says of itself besides what was captured.
#[derive(Clone, Debug)]
pub struct Description<'d> {
    /// Its topic, for its name.
    pub topic: &'d str,
    /// When it is made.
    pub created: Timestamp,
    /// Who makes it.
    pub origin: Origin,
    /// Whom it is for.
    pub recipient: Option<String>,
    /// `summary.md`, at most 1 MiB.
    pub summary: &'d [u8],
    /// `transcript.jsonl`: what the session said and did, cut down, so that nobody needs its transcript later.
    pub transcript: Option<&'d [u8]>,
}

impl Handover {
    /// Captures everything uncommitted in this worktree but what is nothing but `own`.
    ///
    /// # Errors
    /// [`BundleError::Bare`], [`BundleError::NotTop`], [`BundleError::BrokenIndex`], [`BundleError::Changing`],
    /// [`BundleError::Unfaithful`]; git's and the system's. Nothing is left behind then. A path that cannot be carried is no error: the manifest names it.
    pub fn capture(&self, git: &Git, limits: Limits, own: &[Own]) -> Result<Draft, BundleError> {
        let repository = self.repository(git)?;
        let mut left = BTreeMap::new();
        for number in 1..=MOST_TRIES {
            let attempt = Attempt { limits, own, left: &left, may_retry: number < TRIES };
            match self.attempt(&repository, &attempt) {
                Err(BundleError::Changing(path)) if number < MOST_TRIES => {
                    if number >= TRIES {
                        left.insert(path, Reason::Changing);
                    }
                }
                Err(BundleError::CannotCarry(paths)) if number < MOST_TRIES => {
                    left.extend(paths.into_iter().map(|path| (path, Reason::NoPatch)));
                }
                other => return other.map_err(|error| repository.explain(error)),
            }
        }
        unreachable!("the last try returns what came of it")
    }

    /// The paths that are not as HEAD has them, without what git ignores.
    ///
    /// # Errors
    /// [`BundleError::Bare`], [`BundleError::NotTop`]; git's and the system's.
    pub fn uncommitted(&self, git: &Git) -> Result<Vec<TreePath>, BundleError> {
        let status = Status::read(&self.repository(git)?, false)?;
        Ok(status.changes.into_iter().map(|change| change.path).collect())
    }

    /// The repository, with the directories that are left out.
    pub(crate) fn repository<'g>(&self, git: &'g Git) -> Result<Repository<'g>, BundleError> {
        let mut repository = Repository::open(git, self.top())?;
        self.left_out().clone_into(&mut repository.left_out);
        Ok(repository)
    }

    fn attempt(&self, repository: &Repository<'_>, attempt: &Attempt<'_>) -> Result<Draft, BundleError> {
        let hidden = self.hidden()?;
        let workshop = hidden.dir().make_child(WORKSHOP, 0o700)?;
        let scratch = Scratch::new(repository, workshop)?;
        let plan = plan::Plan::make(repository, &scratch, attempt)?;
        let written = write::write(repository, &scratch, hidden.dir(), plan, attempt.may_retry)?;
        let write::Written { contents, workspace, index } = written;
        let refused = crate::apply::refused(&scratch, repository, hidden.dir(), &contents)?;
        if !refused.is_empty() {
            return Err(BundleError::CannotCarry(refused));
        }
        hidden.dir().remove_all(WORKSHOP)?;
        Ok(Draft { hidden, contents, workspace, index })
    }
}

impl Draft {
    /// What it holds, and what it doesn't.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Whether there is nothing uncommitted at all but our own wiring and our own files.
    pub fn is_empty(&self) -> bool {
        !self.contents.has_work()
    }

    /// Where its `workspace.patch` lies for now.
    pub fn workspace_patch(&self) -> PathBuf {
        self.hidden.dir().path_of(WORKSPACE)
    }

    /// Where its `index.patch` lies for now.
    pub fn index_patch(&self) -> PathBuf {
        self.hidden.dir().path_of(INDEX)
    }

    /// Gives it its summary, its manifest and its name. It appears whole, at once.
    ///
    /// # Errors
    /// What the system says, a full disk above all; nothing is left behind then.
    pub fn publish(self, description: &Description<'_>, keyring: &Keyring) -> Result<Bundle, BundleError> {
        let wanted = BundleId::new(description.created, description.topic);
        let (hidden, mut manifest) = self.described(description)?;
        let (dir, id) = hidden.publish(&wanted, |dir, id| write_manifest(dir, id, &mut manifest, keyring))?;
        Bundle::open(dir, id)
    }

    /// The same without giving it its name, for one that goes elsewhere. That name has random digits in it: what of the name is
    /// taken there is not known here.
    ///
    /// # Errors
    /// As for [`Draft::publish`].
    pub fn complete(self, description: &Description<'_>, keyring: &Keyring) -> Result<Unnamed, BundleError> {
        let suffix = crate::path::hex(&handoff_files::random::<3>()?);
        let id = BundleId::new(description.created, description.topic).with_suffix(&suffix[..5]);
        let (hidden, mut manifest) = self.described(description)?;
        write_manifest(hidden.dir(), &id, &mut manifest, keyring)?;
        let path = hidden.dir().path();
        let dir = Dir::open(path)?.ok_or_else(|| BundleError::Unknown(id.to_string()))?;
        Ok(Unnamed { bundle: Bundle::open(dir, id)?, _hidden: hidden })
    }

    /// Writes what `description` says beside the patches; the manifest that is to be written yet.
    fn described(self, description: &Description<'_>) -> Result<(Hidden, Manifest), BundleError> {
        let Self { hidden, contents, workspace, index } = self;
        put(hidden.dir(), SUMMARY, description.summary)?;
        if let Some(transcript) = description.transcript {
            put(hidden.dir(), TRANSCRIPT, transcript)?;
        }
        let part = |content: &[u8]| Part {
            size: content.len() as u64,
            blake3: blake3::hash(content).to_hex().to_string(),
        };
        let manifest = Manifest {
            version: VERSION,
            id: String::new(),
            created: description.created.to_string(),
            origin: description.origin.clone(),
            recipient: description.recipient.clone(),
            contents,
            summary: part(description.summary),
            transcript: description.transcript.map(part),
            workspace_patch: workspace,
            index_patch: index,
            keyed_hash: PLACEHOLDER.to_owned(),
        };
        Ok((hidden, manifest))
    }
}

impl Unnamed {
    /// It.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }
}

/// Writes the manifest of the bundle in `dir`, which is called `id`.
fn write_manifest(
    dir: &Dir,
    id: &BundleId,
    manifest: &mut Manifest,
    keyring: &Keyring,
) -> Result<(), BundleError> {
    id.as_str().clone_into(&mut manifest.id);
    let mut text = text(serde_json::to_string_pretty(manifest));
    if text.len() as u64 > LARGEST_MANIFEST {
        text = self::text(serde_json::to_string(manifest));
    }
    if text.len() as u64 > LARGEST_MANIFEST {
        return Err(BundleError::LargeManifest(text.len() as u64));
    }
    let sealed = keyring.seal(&text);
    put(dir, MANIFEST, sealed.as_deref().unwrap_or(&text).as_bytes())
}

fn text(json: serde_json::Result<String>) -> String {
    match json {
        Ok(text) => text + "\n",
        Err(error) => unreachable!("a manifest is always JSON: {error}"),
    }
}
