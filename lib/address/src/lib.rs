//! Which inbox belongs to which worktree.
//!
//! The rule is agent-handoff's published one, so both implementations find the same inbox: the slug is the path with
//! its basename's worktree suffix stripped and `/` as `-`, the key is the basename. Where that rule has no answer
//! (other characters, long or empty names) ours adds 8 hex digits of the path's SHA-256. See `spec/storage.md`.

mod worktree_name;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use worktree_name::{InvalidName, WorktreeName};

/// The longest slug or key that is used as it is, in bytes. A claim adds 18 bytes to names inside, none to these.
const LONGEST: usize = 200;

/// Names directly under the root that are not slugs.
const RESERVED: &[&str] = &[".drafts", ".", ".."];

/// A worktree as a recipient: its absolute path and the two directory names that follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: PathBuf,
    slug: String,
    key: String,
}

impl Address {
    /// The address of the worktree at `path`, which must be absolute and, if it exists, canonical: two spellings of
    /// one directory are two addresses.
    pub fn of(path: &Path) -> Self {
        let bytes = path.as_os_str().as_bytes();
        let key = basename(path).as_bytes();
        let slug = slug(path);
        let portable = bytes.iter().all(|&b| is_portable(b) || b == b'/');
        let usable = |name: &[u8]| {
            !name.is_empty() && name.len() <= LONGEST && !RESERVED.iter().any(|r| r.as_bytes() == name)
        };
        let (slug, key) = if portable && usable(&slug) && usable(key) {
            (String::from_utf8_lossy(&slug).into_owned(), String::from_utf8_lossy(key).into_owned())
        } else {
            let digits = path_digits(path);
            (distinct(&slug, &digits), distinct(key, &digits))
        };
        Self { path: path.to_owned(), slug, key }
    }

    /// The worktree's absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first directory under the storage root: shared by the worktrees of one project that are named by suffix.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The second directory: this worktree's own.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn basename(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

/// The published rule on bytes: no check, no limit.
fn slug(path: &Path) -> Vec<u8> {
    let stripped = strip_worktree_suffix(basename(path).as_bytes());
    let parent = path.parent().unwrap_or(Path::new("/"));
    let mut slug: Vec<u8> = parent.join(OsStr::from_bytes(stripped)).as_os_str().as_bytes().to_vec();
    if stripped.is_empty() && parent != Path::new("/") {
        // `join` has nothing to add; the published rule keeps the separator.
        slug = [parent.as_os_str().as_bytes(), b"/"].concat();
    }
    for byte in &mut slug {
        if *byte == b'/' {
            *byte = b'-';
        }
    }
    slug.strip_prefix(b"-").map(<[u8]>::to_vec).unwrap_or(slug)
}

/// Takes each kind of suffix off once, in this order: `-dev-preview`, `-preview`, `-worker[N]`, `-wt[N]`.
fn strip_worktree_suffix(name: &[u8]) -> &[u8] {
    let name = name.strip_suffix(b"-dev-preview").unwrap_or(name);
    let name = name.strip_suffix(b"-preview").unwrap_or(name);
    let name = strip_numbered(name, b"-worker");
    strip_numbered(name, b"-wt")
}

fn strip_numbered<'a>(name: &'a [u8], suffix: &[u8]) -> &'a [u8] {
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    name[..name.len() - digits].strip_suffix(suffix).unwrap_or(name)
}

fn is_portable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

fn path_digits(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_bytes());
    hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// `name` with every character outside the portable set as `_`, at most its last 191 bytes, and `-` + `digits`.
fn distinct(name: &[u8], digits: &str) -> String {
    let portable: String = String::from_utf8_lossy(name)
        .chars()
        .map(|c| if c.is_ascii() && is_portable(c as u8) { c } else { '_' })
        .collect();
    // All ASCII by now, so every index is a character boundary.
    let start = portable.len().saturating_sub(LONGEST - digits.len() - 1);
    format!("{}-{digits}", &portable[start..])
}

#[cfg(test)]
mod tests;
