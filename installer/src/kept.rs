//! What is the user's, and stays when everything else is taken away: handoffs, captures with what they are known by, runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use handoff_bundle::{BundleError, Handover, Keyring, Trust};
use handoff_edits::is_plain;
use handoff_files::{Dir, Foreign};
use handoff_process::{Environment, quoted};
use handoff_store::Store;
use handoff_worktree::Worktree;

use crate::error::InstallError;
use crate::places::Places;

/// What is kept in the state directory beside what the user allowed and what was captured.
const STATE: [&str; 5] = ["key", "taken-over", ".taking-over.lock", "statusline.json", HANDED_ON];

/// The record of directories that an installation made which is gone, while another one, or what stays of the user's, needs them.
const HANDED_ON: &str = "directories.json";

/// Far more than that has, in bytes.
const LONGEST: u64 = 1 << 20;

/// Where the witnesses of offers are.
const OFFERS: &str = "offers";

/// What the state directory has of letters: this machine's key and name, the people, what was joined.
const LETTERS: [&str; 4] = ["letter-key", "machine", "people.json", "mailrooms"];

/// What stays of the user's.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// How many handoffs no session has read.
    unread: usize,
    /// The worktrees in which captures wait, and how many.
    captures: Vec<(PathBuf, usize)>,
    /// Whether anything is known by the key in the state directory, or was allowed.
    needs_key: bool,
    /// How many letters are queued, and reached no remote yet.
    queued: usize,
    /// Whether this machine is known to others by its key for letters, or they are known here.
    has_letters: bool,
}

impl Kept {
    /// Looks at the store, and into each worktree that an inbox, or a record of wiring, names. What cannot be looked into is
    /// passed over, but for captures: they may need the key.
    pub(crate) fn find(places: &Places) -> Self {
        let state = places.state.path();
        let mut kept = Self {
            needs_key: ["allowed", "captured"].iter().any(|name| handoff_files::is_taken(&state.join(name))),
            has_letters: LETTERS.iter().any(|name| handoff_files::is_taken(&state.join(name))),
            queued: queued(&places.store.join(".mail")),
            ..Self::default()
        };
        let mut worktrees = BTreeSet::new();
        let store = Store::open(&places.store).ok().flatten();
        for inbox in store.and_then(|store| store.inboxes().ok()).unwrap_or_default() {
            kept.unread += inbox.waiting().map_or(0, |waiting| waiting.handoffs.len());
            worktrees.extend(inbox.worktree().ok().flatten());
        }
        worktrees.extend(places.records().projects().map(|(projects, _)| projects).unwrap_or_default());
        let all = worktrees.iter().filter_map(|path| Worktree::find(path).ok());
        let all =
            all.flat_map(|worktree| worktree.worktrees().into_iter().chain([worktree.top().to_owned()]));
        let all: BTreeSet<PathBuf> = all.map(|path| handoff_files::canonical(&path)).collect();
        let keyring = Keyring::open(state);
        for top in all {
            kept.needs_key |= kept.look_at(&top, keyring.as_ref().ok()).unwrap_or(true);
        }
        kept
    }

    /// Looks at the captures in the worktree at `top`; whether any of them, or a record to undo one, is known by the key.
    fn look_at(&mut self, top: &Path, keyring: Option<&Keyring>) -> Result<bool, BundleError> {
        let Some(handover) = Handover::open(top)? else { return Ok(false) };
        let listed = handover.list()?;
        let waiting = listed.iter().filter(|bundle| !bundle.claimed).count();
        if waiting > 0 {
            self.captures.push((top.to_owned(), waiting));
        }
        // Of one that cannot be read it is unknown whose it is.
        let is_own = |id| -> Result<bool, BundleError> {
            let bundle = handover.bundle(id)?;
            keyring.map_or(Ok(true), |keyring| Ok(keyring.trust(&bundle)? == Trust::Own))
        };
        let any = listed.iter().any(|bundle| is_own(&bundle.id).unwrap_or(true));
        Ok(any || has_entries(&handover.path().join("undo")))
    }

    /// Says what stays where, and how it goes too. What belongs to a `whole` installation only when all of it goes.
    pub(crate) fn notes(&self, places: &Places, environment: &Environment, whole: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if has_entries(&places.store) {
            let store = places.short(&places.store);
            let unread = match self.unread {
                0 => String::new(),
                1 => "; one is unread, and waits for a later installation".to_owned(),
                unread => format!("; {unread} are unread, and wait for a later installation"),
            };
            notes.push(format!("your handoffs stay in {store}{unread}"));
        }
        if whole {
            notes.extend(self.captures.iter().map(|(top, waiting)| {
                let what =
                    if *waiting == 1 { "a capture waits" } else { &format!("{waiting} captures wait") };
                format!(
                    "{what} in {}: after a later installation, `handover pickup` there takes the newest",
                    places.short(top)
                )
            }));
        }
        let state = places.state.path();
        if whole && self.needs_key && handoff_files::is_directory(state) {
            notes.push(format!(
                "the key that your captures are known by, and what you allowed, stay in {}; without them each capture has \
                 to be allowed before it is used. To remove them too: rm -r {}",
                places.short(state),
                quoted(state)
            ));
        }
        if self.queued > 0 {
            let (what, them) = if self.queued == 1 {
                ("1 letter is", "it")
            } else {
                (&*format!("{} letters are", self.queued), "them")
            };
            notes.push(format!(
                "{what} queued in {}/.mail and did not reach a remote; without agent-handoff nothing sends {them}: a later \
                 installation does, by `handoff sync` in the repository",
                places.short(&places.store)
            ));
        }
        if whole && self.has_letters {
            notes.push(format!(
                "this machine's key for letters, the people that you added and what you joined stay in {}; without the key \
                 others have to add this machine anew",
                places.short(state)
            ));
        }
        if let Some(home) = environment.dispatch_home().filter(|home| has_entries(home)) {
            notes.push(format!(
                "the backends, prompts and results of your runs stay in {}",
                places.short(&home)
            ));
        }
        notes
    }

    /// Whether the state directory stays.
    pub(crate) fn needs_state(&self) -> bool {
        self.needs_key
    }

    /// Empties the state directory, unless something is known by what is in it, and removes it.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn remove_state(&self, places: &Places) -> Result<(), InstallError> {
        if self.needs_key || !handoff_files::is_directory(places.state.path()) {
            return Ok(());
        }
        let Some(state) = Dir::open(places.state.path())? else { return Ok(()) };
        if let Some(offers) = state.child(OFFERS)? {
            for entry in offers.entries()? {
                offers.remove(&entry.name)?;
            }
            state.remove_child(OFFERS)?;
        }
        for name in STATE {
            state.remove(name)?;
        }
        handoff_files::remove_empty_directory(places.state.path()).map(drop)?;
        Ok(())
    }
}

/// Has the last installation of this user that goes remove those of `directories` that are there still.
///
/// # Errors
/// What the system says.
pub(crate) fn hand_on(places: &Places, directories: &[PathBuf]) -> Result<(), InstallError> {
    let mut all: BTreeSet<PathBuf> = handed_on(places).into_iter().collect();
    all.extend(directories.iter().filter(|path| handoff_files::is_directory(path)).cloned());
    // Paths on record are UTF-8.
    let text = serde_json::to_vec(&all).unwrap_or_default();
    if !all.is_empty() && handoff_files::is_directory(places.state.path()) {
        let file = Foreign::read(&places.state.path().join(HANDED_ON), LONGEST)?;
        file.put(&text, file.mode(), true)?;
    }
    Ok(())
}

/// The directories that installations made which are gone, outer ones first. One that cannot be read names none.
pub(crate) fn handed_on(places: &Places) -> Vec<PathBuf> {
    let content = handoff_files::read_file(&places.state.path().join(HANDED_ON), LONGEST);
    let all: BTreeSet<PathBuf> =
        content.ok().and_then(|content| serde_json::from_slice(&content).ok()).unwrap_or_default();
    all.into_iter().filter(|path| is_plain(path)).collect()
}

/// How many letters in the mailrooms below `path` are known to no remote.
fn queued(path: &Path) -> usize {
    let entries = |path: &Path| {
        let dir = Dir::open(path).ok().flatten();
        let entries = dir.and_then(|dir| dir.entries().ok()).unwrap_or_default();
        entries.into_iter().map(|entry| path.join(entry.name)).collect::<Vec<_>>()
    };
    let is_queued = |path: &PathBuf| {
        let record = handoff_files::read_file(path, LONGEST).unwrap_or_default();
        serde_json::from_slice::<serde_json::Value>(&record).is_ok_and(|record| record["state"] == "queued")
    };
    entries(path).iter().flat_map(|room| entries(&room.join("out"))).filter(is_queued).count()
}

/// Whether there is such a directory with anything in it.
fn has_entries(path: &Path) -> bool {
    let dir = Dir::open(path).ok().flatten();
    dir.and_then(|dir| dir.entries().ok()).is_some_and(|entries| !entries.is_empty())
}
