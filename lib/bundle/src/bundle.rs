//! A bundle on disk: what it says, whether it holds together, and who has it.

use std::ffi::OsString;
use std::io::Read;
use std::ops::Deref;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use handoff_document::Timestamp;
use handoff_files::{Dir, FileError};
use serde::{Deserialize, Serialize};

use crate::error::{BundleError, Refusal};
use crate::layout::{ANNOUNCEMENT, BundleId, CLAIMED, INDEX, MANIFEST, SUMMARY, TRANSCRIPT, WORKSPACE};
use crate::manifest::{Manifest, Part, VERSION};
use crate::path::TreePath;
use crate::path::hex;
use crate::policy;
use crate::trust::{Keyring, Trust};

/// The largest manifest that is written and read, in bytes: some 60,000 files.
pub(crate) const LARGEST_MANIFEST: u64 = 16 << 20;
/// The largest summary that is read, in bytes.
const LARGEST_SUMMARY: u64 = 1 << 20;
/// The largest note of a claim that is read, in bytes.
const LARGEST_CLAIM: u64 = 1 << 16;

/// An open bundle. Manifest and summary are in memory, the patches are not.
#[derive(Debug)]
pub struct Bundle {
    dir: Dir,
    id: BundleId,
    manifest: Manifest,
    raw: Vec<u8>,
    summary: Vec<u8>,
}

/// A bundle that may be shown and applied.
#[derive(Debug)]
pub struct Trusted(Bundle);

impl Deref for Trusted {
    type Target = Bundle;

    fn deref(&self) -> &Bundle {
        &self.0
    }
}

/// Who took a bundle, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimNote {
    /// The session or program.
    pub by: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// Tells two claims by the same at the same second apart.
    nonce: String,
}

/// A bundle that is ours. The claim stays when this is dropped, and when the process is killed.
#[derive(Debug)]
#[must_use = "a claim stays until it is given back"]
pub struct Claim {
    dir: Dir,
    content: String,
}

impl Bundle {
    pub(crate) fn open(dir: Dir, id: BundleId) -> Result<Self, BundleError> {
        let raw = small(&dir, &id, MANIFEST, LARGEST_MANIFEST)?;
        let summary = small(&dir, &id, SUMMARY, LARGEST_SUMMARY)?;
        let damaged = |reason: String| BundleError::Damaged { id: id.to_string(), reason };
        let manifest: Manifest =
            serde_json::from_slice(&raw).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
        if manifest.version != VERSION {
            return Err(damaged(format!("its version is {}, and only {VERSION} is known", manifest.version)));
        }
        if manifest.id != id.as_str() {
            return Err(damaged("its manifest names another bundle".to_owned()));
        }
        Ok(Self { dir, id, manifest, raw, summary })
    }

    /// Its name.
    pub fn id(&self) -> &BundleId {
        &self.id
    }

    /// What it holds. Of a bundle that is not trusted, this is somebody's claim.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The summary's bytes.
    pub fn summary(&self) -> &[u8] {
        &self.summary
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where `workspace.patch` lies.
    pub fn workspace_patch(&self) -> PathBuf {
        self.dir.path_of(WORKSPACE)
    }

    /// Where `index.patch` lies.
    pub fn index_patch(&self) -> PathBuf {
        self.dir.path_of(INDEX)
    }

    /// The files of it that programs run or obey. Links that lead out of the tree are not among them: where a link leads
    /// is in the patch, and [`crate::Handover::check`] says.
    pub fn config_files(&self) -> Vec<TreePath> {
        let contents = &self.manifest.contents;
        let staged = contents.staged.iter().chain(&contents.intent_to_add).map(|staged| &staged.path);
        let mut paths: Vec<_> = contents.files.iter().map(|file| &file.path).chain(staged).collect();
        paths.sort();
        paths.dedup();
        paths.into_iter().filter(|path| policy::is_config(path)).cloned().collect()
    }

    /// Reads the patches, and compares them with the hashes in the manifest.
    ///
    /// # Errors
    /// [`Refusal::WrongHash`], what the system says.
    pub fn verify(&self) -> Result<(), BundleError> {
        let transcript = self.manifest.transcript.as_ref().map(|part| (TRANSCRIPT, part));
        for (name, part) in self.patches().into_iter().chain(transcript) {
            let mut file = self.dir.open_to_read(name)?;
            let mut hasher = blake3::Hasher::new();
            let mut count = 0;
            if file.size() == part.size {
                let mut limited = file.stream().take(part.size.saturating_add(1));
                count = std::io::copy(&mut limited, &mut hasher)
                    .map_err(FileError::new("read", &self.dir.path_of(name)))?;
            }
            if count != part.size || hasher.finalize().to_hex().as_str() != part.blake3 {
                return Err(Refusal::WrongHash { id: self.id.to_string(), file: name }.into());
            }
        }
        Ok(())
    }

    /// Takes it for good when the keyring does.
    ///
    /// # Errors
    /// [`Refusal::Foreign`], [`Refusal::Tampered`], what the system says.
    pub fn trusted(self, keyring: &Keyring) -> Result<Trusted, BundleError> {
        match keyring.trust(&self)? {
            Trust::Own | Trust::Allowed => Ok(Trusted(self)),
            Trust::Foreign => Err(Refusal::Foreign(self.id.to_string()).into()),
            Trust::Tampered => Err(Refusal::Tampered(self.id.to_string()).into()),
        }
    }

    /// What the user's word is bound to: 64 hex digits over manifest and summary, and by the manifest over the patches.
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("agent-handoff 2026 handover content");
        for bytes in [&self.raw, &self.summary] {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Copies its patches into `to`, each replaced at once.
    ///
    /// # Errors
    /// What the system says.
    pub fn export(&self, to: &Dir) -> Result<(), BundleError> {
        for (name, _) in self.patches() {
            crate::layout::copy_over(&self.dir, name, to)?;
        }
        Ok(to.sync()?)
    }

    pub(crate) fn summary_is_right(&self) -> bool {
        let part = &self.manifest.summary;
        part.size == self.summary.len() as u64 && part.blake3 == blake3::hash(&self.summary).to_hex().as_str()
    }

    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }

    pub(crate) fn patches(&self) -> [(&'static str, &Part); 2] {
        [(WORKSPACE, &self.manifest.workspace_patch), (INDEX, &self.manifest.index_patch)]
    }

    /// Takes it, which only one can.
    ///
    /// # Errors
    /// [`BundleError::Claimed`], what the system says.
    pub fn claim(&self, by: &str, at: Timestamp) -> Result<Claim, BundleError> {
        let claim = self.note(by, at)?;
        claim.take()?;
        Ok(claim)
    }

    /// Takes it whoever has it.
    ///
    /// # Errors
    /// What the system says.
    pub fn claim_again(&self, by: &str, at: Timestamp) -> Result<Claim, BundleError> {
        let claim = self.note(by, at)?;
        claim.take_over()?;
        Ok(claim)
    }

    /// A claim that is not made yet.
    pub(crate) fn note(&self, by: &str, at: Timestamp) -> Result<Claim, BundleError> {
        let nonce = hex(&handoff_files::random::<8>()?);
        let note = ClaimNote { by: by.to_owned(), at: at.to_string(), nonce };
        let content = match serde_json::to_string(&note) {
            Ok(content) => content,
            Err(error) => unreachable!("three strings are always JSON: {error}"),
        };
        Claim::known(self.dir.path(), content)?.ok_or_else(|| BundleError::Unknown(self.id.to_string()))
    }

    /// Notes which handoff tells of it.
    ///
    /// # Errors
    /// What the system says.
    pub fn note_handoff(&self, path: &Path) -> Result<(), BundleError> {
        self.dir.temporary(&[path.as_os_str().as_bytes()])?.replace(ANNOUNCEMENT)?;
        Ok(())
    }

    /// The handoff that tells of it, where that was noted. Of a bundle that is not one's own it may be any path.
    pub fn handoff(&self) -> Option<PathBuf> {
        let path = self.dir.open_to_read(ANNOUNCEMENT).and_then(|mut file| file.read(LARGEST_CLAIM)).ok()?;
        Some(PathBuf::from(OsString::from_vec(path)))
    }

    /// Whether somebody took it; the note, when it can be read.
    ///
    /// # Errors
    /// What the system says.
    pub fn claimed(&self) -> Result<Option<Option<ClaimNote>>, BundleError> {
        if self.dir.kind_of(CLAIMED)?.is_none() {
            return Ok(None);
        }
        let read = self.dir.open_to_read(CLAIMED).and_then(|mut file| file.read(LARGEST_CLAIM));
        Ok(Some(read.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())))
    }
}

impl Claim {
    /// The claim with this content on the bundle in `dir`; None when there is no such directory.
    pub(crate) fn known(dir: &Path, content: String) -> Result<Option<Self>, BundleError> {
        Ok(Dir::open(dir)?.map(|dir| Self { dir, content }))
    }

    pub(crate) fn content(&self) -> &str {
        &self.content
    }

    /// The name comes with the content, and does not replace another's.
    pub(crate) fn take(&self) -> Result<(), BundleError> {
        if !self.dir.temporary(&[self.content.as_bytes()])?.publish(CLAIMED)? {
            let note = self.now().ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let id = self.dir.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(BundleError::Claimed { id, by: note.map(|note: ClaimNote| note.by) });
        }
        Ok(self.dir.sync()?)
    }

    pub(crate) fn take_over(&self) -> Result<(), BundleError> {
        self.dir.temporary(&[self.content.as_bytes()])?.replace(CLAIMED)?;
        Ok(self.dir.sync()?)
    }

    fn now(&self) -> Result<Vec<u8>, FileError> {
        self.dir.open_to_read(CLAIMED)?.read(LARGEST_CLAIM)
    }

    /// Whether it is the one on the bundle.
    pub(crate) fn holds(&self) -> bool {
        self.now().is_ok_and(|now| now == self.content.as_bytes())
    }

    /// Makes the bundle pending again; false when the claim is another's by now, or gone.
    ///
    /// # Errors
    /// What the system says.
    pub fn give_back(self) -> Result<bool, BundleError> {
        match self.now() {
            Ok(now) if now == self.content.as_bytes() => {
                self.dir.remove(CLAIMED)?;
                self.dir.sync()?;
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn small(dir: &Dir, id: &BundleId, name: &str, limit: u64) -> Result<Vec<u8>, BundleError> {
    let damaged = |reason: String| BundleError::Damaged { id: id.to_string(), reason };
    let mut file = match dir.open_to_read(name) {
        Ok(file) => file,
        Err(error) => return Err(damaged(error.to_string())),
    };
    let content = file.read(limit.saturating_add(1))?;
    if content.len() as u64 > limit {
        Err(damaged(format!("{name} is larger than {limit} bytes")))
    } else {
        Ok(content)
    }
}
