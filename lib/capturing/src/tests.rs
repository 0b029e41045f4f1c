//! Capturing and picking up in a real repository, in this process.

use std::path::{Path, PathBuf};
use std::process::Command;

use handoff_bundle::{ApplyOptions, BundleError, TreePath};
use handoff_process::Environment;

use super::*;

/// A directory with a home and a repository.
struct Place {
    directory: tempfile::TempDir,
    environment: Environment,
}

/// Listens to nothing.
struct Deaf;

impl Observer for Deaf {
    fn notice(&self, _: &Notice<'_>) {}
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let of = |name: &str| Some(directory.path().join(name));
        let environment = Environment {
            home: of("home"),
            root: of("store"),
            xdg_state_home: of("state"),
            path: Environment::variable("PATH"),
            ..Environment::default()
        };
        handoff_files::Dir::create(&directory.path().join("home")).unwrap();
        Self { directory, environment }
    }

    fn top(&self) -> PathBuf {
        handoff_files::canonical(&self.directory.path().join("app"))
    }

    /// Makes the worktree a repository with one commit and one change.
    fn commit_and_change(&self) {
        handoff_files::Dir::create(&self.top()).unwrap();
        write(&self.top(), "a", "one\n");
        for command in ["init -q", "add a", "commit -q -m one"] {
            let mut git = Command::new("git");
            git.args(["-c", "user.name=t", "-c", "user.email=t@t"]).args(command.split(' '));
            git.current_dir(self.top()).env("HOME", self.directory.path()).env("GIT_CONFIG_NOSYSTEM", "1");
            assert!(git.status().unwrap().success(), "{command}");
        }
        write(&self.top(), "a", "two\n");
    }

    fn project(&self) -> Project<'_> {
        Project::open(&self.environment, Box::new(Deaf), Some(&self.top())).unwrap()
    }
}

fn write(top: &Path, name: &str, text: &str) {
    handoff_files::Foreign::read(&top.join(name), 1 << 10).unwrap().replace(text.as_bytes()).unwrap();
}

fn request(condition: CaptureCondition) -> CaptureRequest<'static> {
    CaptureRequest {
        title: Some("a title"),
        summary_override: None,
        next_step: Some("go on"),
        to: None,
        why: "asked for by hand",
        event: MANUAL,
        tool: None,
        session_id: None,
        transcript: None,
        asked: None,
        answered: None,
        condition,
        windows: Vec::new(),
        own: &Vec::new,
    }
}

#[test]
fn what_was_captured_is_taken_once_and_again_only_where_that_is_asked_for() {
    let place = Place::new();
    place.commit_and_change();
    let project = place.project();
    let captured = capture(&project, &request(CaptureCondition::Always)).unwrap().unwrap();
    assert_eq!(captured.bundle.manifest().contents.files.len(), 1);
    // The program that writes handoffs is not beside this one.
    assert!(captured.unannounced.is_some());
    assert!(captured.notes.is_empty(), "{:?}", captured.notes);
    assert!(capture(&project, &request(CaptureCondition::News)).unwrap().is_none());

    let any = PickupRequest::default();
    take(&project, &any).unwrap().give_back().unwrap();
    let taken = take(&project, &any).unwrap();
    assert_eq!(Whereabouts::of(&project, &taken.bundle), Whereabouts::Here);
    let id = taken.confirm(&project).id().clone();
    let error = take(&project, &any).unwrap_err();
    assert!(
        matches!(&error, PickupError::Choose(ChooseError::Taken { id: taken, by: Some(_), .. }) if *taken == id),
        "{error:?}"
    );
    let named = PickupRequest { id: Some(id.as_str()), ..any };
    let error = take(&project, &named).unwrap_err();
    assert!(
        matches!(&error, PickupError::NotClaimed { error: BundleError::Claimed { .. }, from: None, .. }),
        "{error:?}"
    );
    let again = ApplyOptions { again: true, ..ApplyOptions::default() };
    take(&project, &PickupRequest { options: again, ..named }).unwrap();
}

#[test]
fn changes_are_applied_over_a_clean_worktree_only_and_put_back() {
    let place = Place::new();
    place.commit_and_change();
    let project = place.project();
    capture(&project, &request(CaptureCondition::Changes)).unwrap().unwrap();
    let error = apply(&project, &PickupRequest::default()).unwrap_err();
    assert!(matches!(&error, PickupError::NotApplied { from: None, .. }), "{error:?}");
    write(&place.top(), "a", "one\n");
    assert!(capture(&project, &request(CaptureCondition::Changes)).unwrap().is_none());

    let AppliedCapture { applied, .. } = apply(&project, &PickupRequest::default()).unwrap();
    assert_eq!(applied.written.len(), 1);
    let content = || handoff_files::read_file(&place.top().join("a"), 1 << 10).unwrap();
    assert_eq!(content(), b"two\n");
    assert!(undo(&project).unwrap().waits.is_some());
    assert_eq!(content(), b"one\n");
    assert!(undo(&project).is_err());
}

#[test]
fn outside_of_git_nothing_is_saved_or_taken() {
    let place = Place::new();
    handoff_files::Dir::create(&place.top()).unwrap();
    let project = place.project();
    let error = capture(&project, &request(CaptureCondition::Always)).unwrap_err();
    assert!(matches!(error, CaptureError::Outside(Outside::NoRepository(top)) if top == place.top()));
    let error = take(&project, &PickupRequest::default()).unwrap_err();
    assert!(matches!(error, PickupError::Outside(Outside::NoRepository(_))), "{error:?}");
    assert!(matches!(undo(&project), Err(PickupError::NothingToUndo)));
    let from = PickupRequest { from: Some(place.directory.path()), ..PickupRequest::default() };
    let error = take(&project, &from).unwrap_err();
    assert!(matches!(error, PickupError::NoHandover(_)), "{error:?}");
}

#[test]
fn a_capture_needs_the_users_word_to_write_what_a_host_reads_in_a_project() {
    let is_config = |path: &str| handoff_bundle::policy::is_config(&TreePath::new(path.as_bytes()));
    for host in handoff_agents::HOSTS {
        let hooks = host.hooks.iter().map(|hooks| hooks.project);
        let guidance = host.guidance.looks.iter().chain([&host.guidance.fresh]).copied();
        for path in guidance.chain(hooks).chain(host.signs.project.iter().copied()) {
            assert!(is_config(path), "{}: {path}", host.id);
        }
    }
}
