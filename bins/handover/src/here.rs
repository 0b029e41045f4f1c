//! What every verb starts from.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use handoff_adapters::{AdapterError, Records};
use handoff_bundle::{
    Bundle, BundleError, BundleId, ClaimNote, Git, Handover, Keyring, Listed, Refusal, Trust, Trusted,
};
use handoff_files::FileError;
use handoff_process::{Environment, Failure, Output};
use handoff_session::Located;
use handoff_state::StateDir;
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::called::called;
use crate::config::Config;
use crate::repository::Unusable;

/// That none waits in the worktree at `top`, where none was taken either, and how to name another.
pub(crate) fn no_capture(top: &Path) -> String {
    format!(
        "no capture waits in {}; to take one over from another worktree or clone: {} pickup --from ITS-DIRECTORY",
        Sanitised::path(top),
        called()
    )
}

/// A worktree, and what holds there.
pub(crate) struct Here<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) output: Output,
    pub(crate) worktree: Worktree,
    pub(crate) config: Config,
    /// Why git cannot use the repository that was asked for. `worktree` may then be of another one around it.
    pub(crate) unusable: Option<Unusable>,
}

impl<'a> Here<'a> {
    /// The worktree that `root`, else the session or the current directory, is in.
    pub(crate) fn new(
        environment: &'a Environment,
        output: Output,
        root: Option<&Path>,
    ) -> Result<Self, Failure> {
        let (worktree, unusable) = find(environment, output, root)?;
        let config =
            Config::load(worktree.top(), environment).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { environment, output, worktree, config, unusable }.warned())
    }

    /// The same for a hook, and where settings hardly matter: settings that cannot be read are those that every project has, and a warning. A mistake in
    /// them must not lose the work.
    pub(crate) fn forgiving(
        environment: &'a Environment,
        output: Output,
        root: Option<&Path>,
    ) -> Result<Self, Failure> {
        let (worktree, unusable) = find(environment, output, root)?;
        let config = Config::load(worktree.top(), environment).unwrap_or_else(|error| Config {
            warnings: vec![format!("{error}; until then the defaults hold")],
            ..Config::default()
        });
        Ok(Self { environment, output, worktree, config, unusable }.warned())
    }

    fn warned(self) -> Self {
        for warning in &self.config.warnings {
            self.output.complain(format_args!("warning: {warning}"));
        }
        self
    }

    pub(crate) fn top(&self) -> &Path {
        self.worktree.top()
    }

    /// Prints; gives the exit code.
    pub(crate) fn print(&self, text: &str) -> u8 {
        u8::from(self.output.print(text) != handoff_process::Status::Done)
    }

    /// Prints a JSON document; gives the exit code.
    pub(crate) fn json(&self, json: &serde_json::Value) -> u8 {
        u8::from(self.output.json(json) != handoff_process::Status::Done)
    }

    /// Where the user's key is, what the user allowed, what was captured for, and what the tap noted.
    pub(crate) fn state(&self) -> Result<PathBuf, Failure> {
        state(self.environment)
    }

    /// The store and the state directory, which may lie in the worktree.
    pub(crate) fn own_directories(&self) -> Vec<PathBuf> {
        self.state().into_iter().chain(self.environment.store()).collect()
    }

    /// What was wired.
    pub(crate) fn records(&self) -> Result<Records, Failure> {
        Ok(Records::new(StateDir::of(self.environment)?))
    }

    /// Fails where nothing could ever be captured.
    pub(crate) fn check_captures(&self) -> Result<(), Failure> {
        if let Some(unusable) = &self.unusable {
            return Err(Failure::new(unusable.to_string()));
        }
        let top = Sanitised::path(self.top());
        if !self.worktree.is_repository() {
            return Err(Failure::new(format!(
                "{top} is in no git repository, so there is nothing to capture: git init"
            )));
        }
        match self.worktree.repository().is_some_and(|repository| repository.is_bare()) {
            true => {
                Err(Failure::new(format!("{top} is a bare repository, which has no working tree to capture")))
            }
            false => Ok(()),
        }
    }

    pub(crate) fn git(&self) -> Result<Git, Failure> {
        Ok(Git::find(self.environment)?)
    }

    /// The key to know one's own bundles by, made when there is none. Where none can be made, as in an agent's sandbox, a
    /// keyring without a key: what is captured with it needs `handover allow`.
    pub(crate) fn keyring(&self) -> Result<Keyring, Failure> {
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

    /// The same for verbs that only look: a key that cannot be used is named, and then no bundle is known to be the user's.
    pub(crate) fn keyring_to_look(&self) -> Result<Keyring, Failure> {
        self.keyring().or_else(|failure| {
            self.output.complain(format_args!("warning: {}", failure.words));
            Ok(Keyring::without_key(&self.state()?))
        })
    }

    /// That a bundle captured here carries no hash with the user's key, where that is so, and the way out.
    pub(crate) fn unsigned(&self, bundle: &Bundle) -> Option<String> {
        let trust = self.keyring().ok()?.trust(bundle).ok()?;
        (trust == Trust::Foreign).then(|| {
            format!(
                "the key in {} can't be made here, so the capture has to be allowed before it is used, outside of the \
                 sandbox: handover allow {}",
                handoff_text::Sanitised::path(&self.state().unwrap_or_default()),
                bundle.id()
            )
        })
    }

    /// The bundle, when it is this user's; else with the way to make it so.
    pub(crate) fn trusted(&self, bundle: Bundle) -> Result<Trusted, Failure> {
        let (id, path) = (bundle.id().clone(), bundle.path().to_owned());
        bundle.trusted(&self.keyring()?).map_err(|error| match error {
            BundleError::Refused(Refusal::Foreign(_)) => {
                // `TOP/.handover/bundles/ID`.
                let top = path.ancestors().nth(3).filter(|top| handoff_files::canonical(top) != self.top());
                let root = top.map(|top| format!(" --root {}", handoff_process::quoted(top)));
                let root = root.unwrap_or_default();
                Failure::new(format!("{error}: handover inspect {id}{root}; handover allow {id}{root}"))
            }
            error => error.into(),
        })
    }

    /// Why there is nothing to save and nothing to put changes into, where that is so: this is no worktree.
    pub(crate) fn outside(&self) -> Option<String> {
        if let Some(unusable) = &self.unusable {
            return Some(unusable.to_string());
        }
        let top = self.top();
        let is_bare = handoff_files::is_file(&top.join("HEAD")) && top.join("objects").is_dir();
        if is_bare && !top.join(".git").exists() {
            let top = Sanitised::path(top);
            return Some(format!(
                "{top} is a git directory, which has no working tree; go to a worktree or clone of it"
            ));
        }
        let is_inside = self.worktree.is_repository();
        (!is_inside)
            .then(|| format!("{} is not in a git repository; git init, or go to one", Sanitised::path(top)))
    }

    /// Fails outside of git.
    pub(crate) fn must_be_inside(&self) -> Result<(), Failure> {
        self.outside().map_or(Ok(()), |words| Err(Failure::new(words)))
    }

    /// The bundles that lie here.
    pub(crate) fn handover(&self) -> Result<Option<Handover>, Failure> {
        Ok(Handover::open(self.top())?)
    }

    /// The bundle `id`, or the newest that waits for this worktree; with `taken`, where none waits, the newest. One that
    /// is not the user's is chosen only where there is no other: its time is its maker's word.
    pub(crate) fn choose(
        &self,
        handover: &Handover,
        id: Option<&str>,
        taken: bool,
    ) -> Result<Bundle, Failure> {
        if let Some(text) = id {
            return Ok(handover.bundle(&self.named(handover, text)?)?);
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
                    self.output.complain(format_args!("{error}"));
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
            (None, Some(bundle)) => Err(self.for_another(handover, &bundle)),
            (None, None) => Err(self.nothing(handover)),
        }
    }

    /// That what waits there is for a worktree of another name, and how to have it all the same.
    fn for_another(&self, handover: &Handover, bundle: &Bundle) -> Failure {
        let (id, top) = (bundle.id(), Sanitised::path(handover.top()));
        let name = bundle.manifest().recipient.as_deref().unwrap_or_default();
        let name = Sanitised::line(name.as_bytes(), 80);
        let command = format!("{} pickup {id}{}", called(), self.from(handover));
        Failure::new(format!(
            "the newest capture in {top}, {id}, is for the worktree {name}; to take it here: {command}; with its changes: \
             {command} --apply"
        ))
    }

    /// The option that names the worktree of `handover`, where that is not this one.
    fn from(&self, handover: &Handover) -> String {
        if handover.top() == self.top() {
            return String::new();
        }
        format!(" --from {}", handoff_process::quoted(handover.top()))
    }

    /// That nothing waits there, and how to have what did.
    pub(crate) fn nothing(&self, handover: &Handover) -> Failure {
        let newest = handover.list().ok().and_then(|all| all.into_iter().find(|listed| listed.claimed));
        let Some(Listed { id, .. }) = newest else { return Failure::new(no_capture(handover.top())) };
        let note = handover.bundle(&id).ok().and_then(|bundle| bundle.claimed().ok().flatten().flatten());
        let by = note.map(|note| format!(" by {}", taken(&note))).unwrap_or_default();
        let (called, from) = (called(), self.from(handover));
        Failure::new(format!(
            "no capture waits in {}; the newest, {id}, was taken{by}; to see it again: {called} pickup {id}{from} \
                 --again; to apply it: {called} pickup {id}{from} --again --apply",
            Sanitised::path(handover.top())
        ))
    }

    /// A bundle's whole name, from a part that no other has.
    fn named(&self, handover: &Handover, text: &str) -> Result<BundleId, Failure> {
        let all = handover.list()?;
        if let Some(exact) = all.iter().find(|listed| listed.id.as_str() == text) {
            return Ok(exact.id.clone());
        }
        let fitting: Vec<_> = all.iter().filter(|listed| listed.id.as_str().contains(text)).collect();
        match fitting[..] {
            [one] => Ok(one.id.clone()),
            [] => Err(Failure::new(format!("could not find a capture `{text}`: handover pending"))),
            _ => {
                let names: Vec<_> = fitting.iter().take(5).map(|listed| listed.id.as_str()).collect();
                Err(Failure::new(format!("`{text}` is more than one capture: {}", names.join(", "))))
            }
        }
    }

    /// Whether it is for whoever comes, or for a worktree of this name.
    pub(crate) fn is_for_us(&self, bundle: &Bundle) -> bool {
        let own = self.top().file_name();
        bundle.manifest().recipient.as_deref().is_none_or(|name| own.is_some_and(|own| own == name))
    }
}

/// Who took a bundle, and when, in words.
pub(crate) fn taken(note: &ClaimNote) -> String {
    let line = |text: &str| Sanitised::line(text.as_bytes(), 400).to_string();
    format!("{}, {}", line(&note.by), line(&note.at))
}

/// The worktree that `root` is in, else that of the agent's session whose shell this is, else that of the current
/// directory; and why git cannot use its repository.
fn find(
    environment: &Environment,
    output: Output,
    root: Option<&Path>,
) -> Result<(Worktree, Option<Unusable>), Failure> {
    if let Some(root) = root {
        let worktree = Worktree::find(root)
            .map_err(|error| Failure::new(format!("could not look at {}: {error}", Sanitised::path(root))))?;
        return Ok((worktree, Unusable::find(root)));
    }
    let located = Located::find(None, None, environment).map_err(|error| Failure::new(error.to_string()))?;
    let Located { worktree, other } = located;
    let start = match other {
        Some(other) => {
            output.note(&format!("note: {}\n", other.note(worktree.top(), "this is about", "For that one")));
            worktree.top().to_owned()
        }
        // A .git that is none can be between here and the worktree's top.
        None => Environment::working_directory().unwrap_or_else(|_| worktree.top().to_owned()),
    };
    Ok((worktree, Unusable::find(&start)))
}

/// The user's state directory, which no agent's sandbox may write.
pub(crate) fn state(environment: &Environment) -> Result<PathBuf, Failure> {
    let state = StateDir::of(environment)?;
    state.open()?;
    Ok(state.path().to_owned())
}

/// Takes over what an earlier version recorded in the store, once. In a sandbox that waits for the next call outside.
pub(crate) fn take_over(environment: &Environment, output: Output) {
    let (Ok(store), Ok(state), Ok(program)) =
        (environment.store(), StateDir::of(environment), Environment::own_program())
    else {
        return;
    };
    let place = handoff_adapters::Here::new(environment, Path::new("/"), &program);
    match Records::new(state).take_over(&store, &place) {
        Ok(refused) => refused.iter().for_each(|why| output.complain(format_args!("not taken over: {why}"))),
        Err(AdapterError::State(error)) if error.is_read_only() => {}
        Err(AdapterError::File(error)) if is_read_only(&error) => {}
        Err(error) => output.complain(format_args!("{error}")),
    }
}

/// Whether the system refused to write, as in a sandbox.
fn is_read_only(error: &FileError) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}
