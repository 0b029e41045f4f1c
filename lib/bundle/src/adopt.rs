//! A bundle that came from elsewhere: its files become a bundle here.

use handoff_files::Dir;

use crate::bundle::{Bundle, LARGEST_MANIFEST};
use crate::error::BundleError;
use crate::layout::{BundleId, COMMITS, Handover, INDEX, MANIFEST, SUMMARY, WORKSPACE, copy_over};
use crate::manifest::Manifest;

/// The files of a bundle that go elsewhere with it: not its transcript, which is for this user alone.
const TRAVELLING: [&str; 4] = [SUMMARY, WORKSPACE, INDEX, MANIFEST];

/// A bundle that was taken over.
#[derive(Debug)]
pub struct Adopted {
    /// It.
    pub bundle: Bundle,
    /// Whether it was not here before.
    pub is_new: bool,
}

impl Handover {
    /// Makes a bundle of the files in `from`: complete, with every hash as its manifest says, under the name that it says. One
    /// that is here already is given back as it is. Nothing is known of whose it is: see [`crate::Keyring`].
    ///
    /// # Errors
    /// [`BundleError::Damaged`]; [`BundleError::NoFreeName`] where another bundle has its name; a
    /// [`crate::Refusal::WrongHash`]; what the system says. Nothing is left behind then.
    pub fn adopt(&self, from: &Dir) -> Result<Adopted, BundleError> {
        let id = named(from)?;
        let hidden = self.hidden()?;
        for name in TRAVELLING {
            copy_over(from, name, hidden.dir())?;
        }
        if from.kind_of(COMMITS)?.is_some() {
            copy_over(from, COMMITS, hidden.dir())?;
        }
        let copy = hidden.dir().path().to_owned();
        let missing = || BundleError::Unknown(id.to_string());
        let bundle = Bundle::open(Dir::open(&copy)?.ok_or_else(missing)?, id.clone())?;
        if !bundle.summary_is_right() {
            return Err(BundleError::Damaged {
                id: id.to_string(),
                reason: format!("{SUMMARY} is not the one that the manifest names"),
            });
        }
        bundle.verify()?;
        if let Ok(there) = self.bundle(&id)
            && there.content_hash() == bundle.content_hash()
        {
            return Ok(Adopted { bundle: there, is_new: false });
        }
        let within = self.path().join("bundles");
        let (dir, id) = hidden.publish(&id, |_, name| {
            if name == &id { Ok(()) } else { Err(BundleError::NoFreeName(within.clone())) }
        })?;
        Ok(Adopted { bundle: Bundle::open(dir, id)?, is_new: true })
    }
}

impl Bundle {
    /// The names of its files that go elsewhere with it.
    ///
    /// # Errors
    /// What the system says.
    pub fn travelling(&self) -> Result<Vec<&'static str>, BundleError> {
        let mut names = TRAVELLING.to_vec();
        if self.dir().kind_of(COMMITS)?.is_some() {
            names.push(COMMITS);
        }
        Ok(names)
    }
}

/// The name that the manifest in `from` gives it.
fn named(from: &Dir) -> Result<BundleId, BundleError> {
    let damaged = |reason: String| BundleError::Damaged { id: MANIFEST.to_owned(), reason };
    let raw = from.open_to_read(MANIFEST)?.read(LARGEST_MANIFEST + 1)?;
    if raw.len() as u64 > LARGEST_MANIFEST {
        return Err(damaged(format!("it is larger than {LARGEST_MANIFEST} bytes")));
    }
    let manifest: Manifest = serde_json::from_slice(&raw).map_err(|error| damaged(error.to_string()))?;
    BundleId::parse(&manifest.id).ok_or_else(|| damaged("it names no bundle".to_owned()))
}
