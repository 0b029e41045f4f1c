//! What a user should know while captures are looked for, made and taken.

use std::path::Path;

use handoff_bundle::BundleError;
use handoff_process::quoted;
use handoff_text::Sanitised;

use crate::project::KeyringError;
use crate::recover::NotRecovered;

/// Takes what a user should know. Nothing depends on it.
pub trait Observer {
    /// One thing that the user should know.
    fn notice(&self, notice: &Notice<'_>);
}

/// What a user should know. Displayed it is a line without its end.
#[derive(Debug, thiserror::Error)]
pub enum Notice<'a> {
    /// Which worktree this is about, where another one may have been meant.
    #[error("{0}")]
    OtherWorktree(&'a str),
    /// What was passed over in the settings.
    #[error("{0}")]
    Setting(&'a str),
    /// The user's key can't be used, and no capture is known to be the user's.
    #[error("{0}")]
    NoKey(&'a KeyringError),
    /// A capture is passed over.
    #[error("{0}")]
    Damaged(&'a BundleError),
    /// An apply that may have been interrupted was not undone.
    #[error("{0}")]
    NotRecovered(&'a NotRecovered),
    /// A record of an apply is not obeyed.
    #[error("{}{}", Sanitised::path(path), ignored(*more, made_in, path))]
    RecordIgnored {
        /// Its directory.
        path: &'a Path,
        /// How many more there are.
        more: usize,
        /// The worktree in which the user made it, where that is another one.
        made_in: Option<&'a Path>,
    },
    /// An interrupted apply was undone.
    #[error(
        "an apply of {bundle} was interrupted; it is undone{}",
        if *waits { format!(", and {bundle} waits again") } else { String::new() }
    )]
    Undone {
        /// The bundle.
        bundle: &'a str,
        /// Whether it waits again.
        waits: bool,
    },
    /// What is to be known of the worktree that a capture is for.
    #[error("{0}")]
    Recipient(&'a str),
}

fn ignored(more: usize, made_in: &Option<&Path>, path: &Path) -> String {
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match made_in {
        Some(top) => format!(
            "{more} was made in {}, from where this worktree was moved or copied, and is ignored here; to undo that apply, \
             move it back there first",
            Sanitised::path(top)
        ),
        None => format!(
            "{more} was not made by you in this worktree, or was changed, and is ignored: rm -r {}",
            quoted(path)
        ),
    }
}
