//! The worktree that captures are made in and taken to: its settings, the user's key, which capture is meant.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use handoff_bundle::{
    Bundle, BundleError, BundleId, ClaimNote, Git, GitError, Handover, Keyring, Listed, Refusal, Trust,
    Trusted,
};
use handoff_files::FileError;
use handoff_process::{Environment, NoState, quoted};
use handoff_session::{Located, NotLocated};
use handoff_state::{StateDir, StateError};
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::called::called;
use crate::repository::Unusable;
use crate::settings::{Settings, SettingsError};
use crate::{Notice, Observer};

/// The longest name and note of a claim in a message, in bytes.
const MAX_NAME_BYTES: usize = 80;
const MAX_NOTE_BYTES: usize = 400;

/// A worktree, and what holds there.
pub struct Project<'a> {
    /// The environment of this process.
    pub environment: &'a Environment,
    /// The worktree.
    pub worktree: Worktree,
    /// What holds there.
    pub settings: Settings,
    /// Why git cannot use the repository that was asked for. `worktree` may then be of another one around it.
    pub unusable: Option<Unusable>,
    observer: Box<dyn Observer + 'a>,
}

/// Why it is not known which worktree is meant, or what holds there.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The directory that was named can't be used.
    #[error("could not look at {}: {source}", Sanitised::path(path))]
    Root {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is unknown where this runs.
    #[error(transparent)]
    NotLocated(#[from] NotLocated),
    /// The settings are faulty.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// Why the user's state directory or the key in it can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The environment does not say where it is.
    #[error(transparent)]
    NoState(#[from] NoState),
    /// It can't be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The key can't be used.
    #[error(transparent)]
    Key(#[from] BundleError),
}

/// Why there is nothing to save and nothing to put changes into: this is no worktree.
#[derive(Debug, thiserror::Error)]
pub enum Outside {
    /// Git can't use its repository.
    #[error("{0}")]
    Unusable(String),
    /// It is a git directory.
    #[error(
        "{} is a git directory, which has no working tree; go to a worktree or clone of it",
        Sanitised::path(.0)
    )]
    GitDirectory(PathBuf),
    /// It is in no repository.
    #[error("{} is not in a git repository; git init, or go to one", Sanitised::path(.0))]
    NoRepository(PathBuf),
}

/// A capture is not this user's, so it is not used.
#[derive(Debug, thiserror::Error)]
pub enum Untrusted {
    /// It was not made by this user.
    #[error("{error}: handover inspect {id}{root}; handover allow {id}{root}", root = root_option(.top.as_deref()))]
    Foreign {
        /// The capture.
        id: BundleId,
        /// The worktree that has it, where that is another one.
        top: Option<PathBuf>,
        /// The refusal.
        error: BundleError,
    },
    /// It is not as it was made, or that is unknown.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The user's key can't be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// A capture carries no hash with the user's key, since that can't be made here.
#[derive(Debug, thiserror::Error)]
#[error(
    "the key in {} can't be made here, so the capture has to be allowed before it is used, outside of the sandbox: handover \
     allow {id}",
    Sanitised::path(state)
)]
pub struct Unsigned {
    /// The state directory.
    pub state: PathBuf,
    /// The capture.
    pub id: BundleId,
}

/// Why no capture was chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChooseError {
    /// None has this in its id.
    #[error("could not find a capture `{0}`: handover pending")]
    NotFound(String),
    /// More than one has this in its id.
    #[error("`{text}` is more than one capture: {}", list(ids))]
    Several {
        /// As it was given.
        text: String,
        /// At most five of them.
        ids: Vec<BundleId>,
    },
    /// What waits there is for a worktree of another name.
    #[error(
        "the newest capture in {top}, {id}, is for the worktree {name}; to take it here: {command}; with its changes: \
         {command} --apply",
        top = Sanitised::path(top),
        name = Sanitised::line(name.as_bytes(), MAX_NAME_BYTES),
        command = format_args!("{} pickup {id}{}", called(), from_option(from.as_deref()))
    )]
    ForAnother {
        /// The capture.
        id: BundleId,
        /// The worktree that has it.
        top: PathBuf,
        /// The same where that is another one.
        from: Option<PathBuf>,
        /// The worktree that it is for.
        name: String,
    },
    /// Nothing waits there, and nothing was taken there.
    #[error("{}", no_capture(.0))]
    None(PathBuf),
    /// Nothing waits there any more.
    #[error(
        "no capture waits in {top}; the newest, {id}, was taken{by}; to see it again: {command} --again; to apply it: \
         {command} --again --apply",
        top = Sanitised::path(top),
        by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default(),
        command = format_args!("{} pickup {id}{}", called(), from_option(from.as_deref()))
    )]
    Taken {
        /// The newest.
        id: BundleId,
        /// The worktree that has it.
        top: PathBuf,
        /// The same where that is another one.
        from: Option<PathBuf>,
        /// Who took it, and when.
        by: Option<String>,
    },
    /// The captures can't be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The user's key can't be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl<'a> Project<'a> {
    /// The worktree that `root`, else the session or the current directory, is in.
    ///
    /// # Errors
    /// [`ProjectError`].
    pub fn open(
        environment: &'a Environment,
        observer: Box<dyn Observer + 'a>,
        root: Option<&Path>,
    ) -> Result<Self, ProjectError> {
        let (worktree, unusable) = locate(environment, &*observer, root)?;
        let settings = Settings::load(worktree.top(), environment)?;
        Ok(Self { environment, worktree, settings, unusable, observer }.warned())
    }

    /// The same for a hook, and where settings hardly matter: on unreadable settings, warns and uses the defaults. A mistake
    /// in them must not lose the work.
    ///
    /// # Errors
    /// [`ProjectError`].
    pub fn open_forgiving(
        environment: &'a Environment,
        observer: Box<dyn Observer + 'a>,
        root: Option<&Path>,
    ) -> Result<Self, ProjectError> {
        let (worktree, unusable) = locate(environment, &*observer, root)?;
        let settings = Settings::load(worktree.top(), environment).unwrap_or_else(|error| Settings {
            warnings: vec![format!("{error}; until then the defaults hold")],
            ..Settings::default()
        });
        Ok(Self { environment, worktree, settings, unusable, observer }.warned())
    }

    fn warned(self) -> Self {
        self.settings.warnings.iter().for_each(|warning| self.notice(&Notice::Setting(warning)));
        self
    }

    /// Passes on what the user should know.
    pub fn notice(&self, notice: &Notice<'_>) {
        self.observer.notice(notice);
    }

    /// The worktree's top.
    pub fn top(&self) -> &Path {
        self.worktree.top()
    }

    /// Where the user's key is, what the user allowed, what was captured for, and what the statusline noted.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn state(&self) -> Result<PathBuf, KeyringError> {
        state(self.environment)
    }

    /// The store and the state directory, which may lie in the worktree.
    pub fn own_directories(&self) -> Vec<PathBuf> {
        self.state().into_iter().chain(self.environment.store()).collect()
    }

    /// Git, to ask of the worktree.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn git(&self) -> Result<Git, GitError> {
        Git::find(self.environment)
    }

    /// The key to know one's own bundles by, made when there is none. Where none can be made, as in an agent's sandbox, a
    /// keyring without a key: what is captured with it needs `handover allow`.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn keyring(&self) -> Result<Keyring, KeyringError> {
        let state = StateDir::of(self.environment)?;
        let keyring = match state.create() {
            Ok(_) => Keyring::create(state.path()).or_else(|error| match error {
                BundleError::File(file) if is_read_only(&file) => Keyring::open(state.path()),
                error => Err(error),
            })?,
            Err(error) if error.is_read_only() => Keyring::open(state.path())?,
            Err(error) => return Err(error.into()),
        };
        Ok(keyring)
    }

    /// The same for those that only look: a key that cannot be used is named, and then no bundle is known to be the user's.
    ///
    /// # Errors
    /// [`KeyringError`] where there is no state directory.
    pub fn keyring_to_look(&self) -> Result<Keyring, KeyringError> {
        self.keyring().or_else(|error| {
            self.notice(&Notice::NoKey(&error));
            Ok(Keyring::without_key(&self.state()?))
        })
    }

    /// That a bundle captured here carries no hash with the user's key, where that is so.
    pub(crate) fn unsigned(&self, bundle: &Bundle) -> Option<Unsigned> {
        let trust = self.keyring().ok()?.trust(bundle).ok()?;
        if trust != Trust::Foreign {
            return None;
        }
        Some(Unsigned { state: self.state().unwrap_or_default(), id: bundle.id().clone() })
    }

    /// The bundle, when it is this user's.
    ///
    /// # Errors
    /// [`Untrusted`], with the way to make it so.
    pub fn trusted(&self, bundle: Bundle) -> Result<Trusted, Untrusted> {
        let (id, path) = (bundle.id().clone(), bundle.path().to_owned());
        bundle.trusted(&self.keyring()?).map_err(|error| match error {
            BundleError::Refused(Refusal::Foreign(_)) => {
                // `TOP/.handover/bundles/ID`.
                let top = path.ancestors().nth(3).filter(|top| handoff_files::canonical(top) != self.top());
                Untrusted::Foreign { id, top: top.map(Path::to_owned), error }
            }
            error => error.into(),
        })
    }

    /// Why there is nothing to save and nothing to put changes into, where that is so.
    pub fn outside(&self) -> Option<Outside> {
        if let Some(unusable) = &self.unusable {
            return Some(Outside::Unusable(unusable.to_string()));
        }
        let top = self.top();
        let is_bare = handoff_files::is_file(&top.join("HEAD")) && top.join("objects").is_dir();
        if is_bare && !top.join(".git").exists() {
            return Some(Outside::GitDirectory(top.to_owned()));
        }
        if self.worktree.is_repository() { None } else { Some(Outside::NoRepository(top.to_owned())) }
    }

    /// Fails outside of git.
    ///
    /// # Errors
    /// [`Outside`].
    pub fn must_be_inside(&self) -> Result<(), Outside> {
        self.outside().map_or(Ok(()), Err)
    }

    /// The bundles that lie here.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn handover(&self) -> Result<Option<Handover>, BundleError> {
        Handover::open(self.top())
    }

    /// The bundle `id`, or the newest that waits for this worktree; with `taken`, where none waits, the newest. One that
    /// is not the user's is chosen only where there is no other: its time is its maker's word.
    ///
    /// # Errors
    /// [`ChooseError`].
    pub fn choose(&self, handover: &Handover, id: Option<&str>, taken: bool) -> Result<Bundle, ChooseError> {
        if let Some(text) = id {
            return Ok(handover.bundle(&named(handover, text)?)?);
        }
        let (keyring, mut foreign, mut of_another) = (self.keyring()?, None, None);
        let mut all = handover.list()?;
        if taken {
            // The order among each stays.
            all.sort_by_key(|listed| listed.claimed);
        } else {
            all.retain(|listed| !listed.claimed);
        }
        for Listed { id, .. } in all {
            let bundle = match handover.bundle(&id) {
                Ok(bundle) => bundle,
                Err(error @ BundleError::Damaged { .. }) => {
                    self.notice(&Notice::Damaged(&error));
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if !self.is_for_us(&bundle) {
                // What another's bundle says of itself is not repeated.
                if of_another.is_none() && keyring.trust(&bundle)?.is_good() {
                    of_another = Some(bundle);
                }
                continue;
            }
            if keyring.trust(&bundle)?.is_good() {
                return Ok(bundle);
            }
            foreign.get_or_insert(bundle);
        }
        match (foreign, of_another) {
            (Some(bundle), _) => Ok(bundle),
            (None, Some(bundle)) => Err(ChooseError::ForAnother {
                id: bundle.id().clone(),
                top: handover.top().to_owned(),
                from: self.elsewhere(handover),
                name: bundle.manifest().recipient.clone().unwrap_or_default(),
            }),
            (None, None) => Err(self.nothing(handover)),
        }
    }

    /// The worktree of `handover`, where that is not this one.
    fn elsewhere(&self, handover: &Handover) -> Option<PathBuf> {
        Some(handover.top()).filter(|top| *top != self.top()).map(Path::to_owned)
    }

    /// That nothing waits there, and what was taken last.
    pub(crate) fn nothing(&self, handover: &Handover) -> ChooseError {
        let top = handover.top().to_owned();
        let newest = handover.list().ok().and_then(|all| all.into_iter().find(|listed| listed.claimed));
        let Some(Listed { id, .. }) = newest else { return ChooseError::None(top) };
        let note = handover.bundle(&id).ok().and_then(|bundle| bundle.claimed().ok().flatten().flatten());
        let by = note.map(|note| taken(&note));
        ChooseError::Taken { id, top, from: self.elsewhere(handover), by }
    }

    /// Whether it is for any worktree, or for one of this name.
    pub fn is_for_us(&self, bundle: &Bundle) -> bool {
        let own = self.top().file_name();
        bundle.manifest().recipient.as_deref().is_none_or(|name| own.is_some_and(|own| own == name))
    }
}

/// That none waits in the worktree at `top`, where none was taken either, and how to name another.
pub(crate) fn no_capture(top: &Path) -> String {
    format!(
        "no capture waits in {}; to take one over from another worktree or clone: {} pickup --from ITS-DIRECTORY",
        Sanitised::path(top),
        called()
    )
}

/// A bundle's whole name, from a part that no other has.
fn named(handover: &Handover, text: &str) -> Result<BundleId, ChooseError> {
    const MAX_NAMED: usize = 5;
    let all = handover.list()?;
    if let Some(exact) = all.iter().find(|listed| listed.id.as_str() == text) {
        return Ok(exact.id.clone());
    }
    let fitting: Vec<_> = all.iter().filter(|listed| listed.id.as_str().contains(text)).collect();
    match fitting[..] {
        [one] => Ok(one.id.clone()),
        [] => Err(ChooseError::NotFound(text.to_owned())),
        _ => Err(ChooseError::Several {
            text: text.to_owned(),
            ids: fitting.iter().take(MAX_NAMED).map(|listed| listed.id.clone()).collect(),
        }),
    }
}

/// Who took a bundle, and when, in words.
pub fn taken(note: &ClaimNote) -> String {
    let line = |text: &str| Sanitised::line(text.as_bytes(), MAX_NOTE_BYTES).to_string();
    format!("{}, {}", line(&note.by), line(&note.at))
}

/// The worktree that `root` is in, else that of the agent's session whose shell this is, else that of the current
/// directory; and why git cannot use its repository.
fn locate(
    environment: &Environment,
    observer: &dyn Observer,
    root: Option<&Path>,
) -> Result<(Worktree, Option<Unusable>), ProjectError> {
    if let Some(root) = root {
        let found = Worktree::find(root);
        let worktree = found.map_err(|source| ProjectError::Root { path: root.to_owned(), source })?;
        return Ok((worktree, Unusable::find(root)));
    }
    let Located { worktree, other } = Located::find(None, None, environment)?;
    let start = match other {
        Some(other) => {
            let note = other.note(worktree.top(), "this is about", "For that one");
            observer.notice(&Notice::OtherWorktree(&note));
            worktree.top().to_owned()
        }
        // A .git that is none can be between here and the worktree's top.
        None => Environment::working_directory().unwrap_or_else(|_| worktree.top().to_owned()),
    };
    Ok((worktree, Unusable::find(&start)))
}

/// The user's state directory, which no agent's sandbox may write.
///
/// # Errors
/// [`KeyringError`].
pub fn state(environment: &Environment) -> Result<PathBuf, KeyringError> {
    let state = StateDir::of(environment)?;
    state.open()?;
    Ok(state.path().to_owned())
}

/// Whether the system refused to write, as in a sandbox.
fn is_read_only(error: &FileError) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}

/// The option that names another worktree.
fn from_option(top: Option<&Path>) -> String {
    top.map(|top| format!(" --from {}", quoted(top))).unwrap_or_default()
}

/// The same for what only looks at it.
fn root_option(top: Option<&Path>) -> String {
    top.map(|top| format!(" --root {}", quoted(top))).unwrap_or_default()
}

fn list(ids: &[BundleId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
