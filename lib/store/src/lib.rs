//! The store: inboxes, claims, the archive, drafts.
//!
//! `<root>/<slug>/<key>/{unread,read}/`. At every instant a handoff is whole in exactly one place: a draft, `unread/`,
//! a claim in `unread/`, or `read/`; it moves between them by renames. The rules are `spec/storage.md`.

mod claim;
mod inbox;
mod listing;
mod session;

use std::path::{Path, PathBuf};

use handoff_address::Address;
use handoff_document::FileName;
use handoff_files::{Dir, FileError, Kind};
use handoff_text::{Sanitised, quoted};

pub use claim::{Claim, Receipt};
pub use inbox::{Copied, Inbox, Moved, is_elsewhere};
pub use listing::{Listing, MAIL_NOTICE, Oddity, Waiting};

/// The largest file that is read whole, in bytes. Of a larger one only the beginning is looked at, see
/// [`Claim::read`]; it is archived unstamped.
pub const LARGEST: u64 = 64 << 20;

/// How much of a file is read to see its frontmatter.
pub(crate) const HEAD: u64 = 64 << 10;

/// The directory for drafts that were refused, under the root.
const DRAFTS: &str = ".drafts";

/// The directory for letters that are under way, under the root.
const MAIL: &str = ".mail";

/// Every inbox of this user.
#[derive(Debug)]
pub struct Store {
    root: Dir,
}

/// What the store refuses, or what the system refused it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// The root is somebody else's.
    #[error(
        "{} belongs to another user (uid {owner}); set AGENT_HANDOFF_ROOT to a directory of yours",
        Sanitised::path(path)
    )]
    Foreign {
        /// The root.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
    },
    /// Anybody may put a handoff there.
    #[error(
        "{} is writable by others (mode {mode:04o}); run: chmod 700 {}",
        Sanitised::path(path),
        quoted(path)
    )]
    OpenToOthers {
        /// The root.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A random name was taken over and over.
    #[error("could not find a free file name in {}", Sanitised::path(.0))]
    NoFreeName(PathBuf),
}

impl Store {
    /// Opens the store at `path`; None when there is none yet. Anybody's store is opened: whether to trust it is
    /// [`Store::trust`].
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        Ok(Dir::open(path)?.map(|root| Self { root }))
    }

    /// Opens the store at `path` for writing, made 0700 when it is not there.
    ///
    /// # Errors
    /// What the system says, and as for [`Store::trust`].
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let store = Self { root: Dir::create(path)? };
        store.trust()?;
        Ok(store)
    }

    /// Whether only this user can have put handoffs here. Writable by the group is accepted: many systems give each
    /// user a group of their own, and older stores were made under such an umask.
    ///
    /// # Errors
    /// [`StoreError::Foreign`], [`StoreError::OpenToOthers`].
    pub fn trust(&self) -> Result<(), StoreError> {
        let access = self.root.access()?;
        if !access.is_ours() {
            return Err(StoreError::Foreign { path: self.root.path().to_owned(), owner: access.owner });
        }
        if access.mode & 0o002 != 0 {
            return Err(StoreError::OpenToOthers { path: self.root.path().to_owned(), mode: access.mode });
        }
        Ok(())
    }

    /// The root's path.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// The inbox of `address`; None when nothing was ever written to it.
    ///
    /// # Errors
    /// What the system says; a symbolic link in the way is an error.
    pub fn inbox(&self, address: &Address) -> Result<Option<Inbox>, StoreError> {
        let Some(slug) = self.root.child(address.slug())? else { return Ok(None) };
        let Some(dir) = slug.child(address.key())? else { return Ok(None) };
        Ok(Some(Inbox::open(dir, address.slug(), address.key())?))
    }

    /// The inbox of `address`, made when it is not there.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_inbox(&self, address: &Address) -> Result<Inbox, StoreError> {
        let dir = self.root.create_child(address.slug())?.create_child(address.key())?;
        dir.create_child(inbox::UNREAD)?;
        dir.create_child(inbox::READ)?;
        Ok(Inbox::open(dir, address.slug(), address.key())?)
    }

    /// Every inbox there is, by slug and key. What is no inbox is passed over, and so is what cannot be opened.
    ///
    /// # Errors
    /// What the system says of the root.
    pub fn inboxes(&self) -> Result<Vec<Inbox>, StoreError> {
        Ok(self.inboxes_and_faults()?.0)
    }

    /// The same, and why directories in which handoffs may wait cannot be opened.
    ///
    /// # Errors
    /// As for [`Store::inboxes`].
    pub fn inboxes_and_faults(&self) -> Result<(Vec<Inbox>, Vec<FileError>), StoreError> {
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        for slug in directories(&self.root)? {
            let opened = self.root.child(&slug).and_then(|project| {
                project.map(|project| directories(&project).map(|keys| (project, keys))).transpose()
            });
            let (project, keys) = match opened {
                Ok(Some(opened)) => opened,
                Ok(None) => continue,
                Err(error) => {
                    faults.push(error);
                    continue;
                }
            };
            for key in keys {
                let inbox = project
                    .child(&key)
                    .and_then(|dir| dir.map(|dir| Inbox::open(dir, &slug, &key)).transpose());
                match inbox {
                    Ok(inbox) => found.extend(inbox.filter(Inbox::exists)),
                    Err(error) => faults.push(error),
                }
            }
        }
        Ok((found, faults))
    }

    /// Removes the draft at `path`; false when it is none of this store's.
    ///
    /// # Errors
    /// What the system says.
    pub fn discard_draft(&self, path: &Path) -> Result<bool, StoreError> {
        let Some(drafts) = self.root.child(DRAFTS)? else { return Ok(false) };
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
        if handoff_files::canonical(parent) != handoff_files::canonical(drafts.path()) {
            return Ok(false);
        }
        drafts.remove(name)?;
        Ok(true)
    }

    /// Keeps the text of a handoff that could not be written as `<root>/.drafts/<name>`.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep_draft(&self, name: &FileName, text: &[u8]) -> Result<PathBuf, StoreError> {
        let drafts = self.root.create_child(DRAFTS)?;
        // Nothing else lists the drafts, so whoever keeps one sweeps what the dead left.
        drafts.entries().unwrap_or_default().iter().for_each(|entry| listing::sweep(&drafts, entry));
        let kept = inbox::publish(&drafts, name, &[text])?;
        Ok(drafts.path_of(kept))
    }
}

/// The subdirectories of `dir` by name, without those for drafts and letters.
fn directories(dir: &Dir) -> Result<Vec<String>, FileError> {
    let entries = dir.entries()?.into_iter().filter(|entry| entry.kind == Kind::Directory);
    // Slugs and keys are ASCII by construction.
    let mut names: Vec<String> = entries.filter_map(|entry| entry.name.into_string().ok()).collect();
    names.retain(|name| name != DRAFTS && name != MAIL);
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests;
