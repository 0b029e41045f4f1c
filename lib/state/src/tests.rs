use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use handoff_process::{Environment, NoState};

use crate::{StateDir, StateError};

#[expect(clippy::disallowed_methods, reason = "a test stands in for another user")]
fn chmod(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn its_place_is_named_by_xdg_state_home_or_home() {
    let of = |xdg: Option<&str>, home: Option<&str>| {
        let environment = Environment {
            xdg_state_home: xdg.map(PathBuf::from),
            home: home.map(PathBuf::from),
            ..Environment::default()
        };
        StateDir::of(&environment).map(|state| state.path().to_owned())
    };
    assert_eq!(of(Some("/s"), Some("/h")), Ok("/s/agent-handoff".into()));
    assert_eq!(of(None, Some("/h")), Ok("/h/.local/state/agent-handoff".into()));
    // The XDG specification has relative paths ignored.
    assert_eq!(of(Some("s"), Some("/h")), Ok("/h/.local/state/agent-handoff".into()));
    assert_eq!(of(None, Some("h")), Err(NoState::Relative("h".into())));
    assert_eq!(of(None, None), Err(NoState::Unset));
}

#[test]
fn it_is_created_for_its_owner_alone() {
    let place = tempfile::tempdir().unwrap();
    let state = StateDir::at(place.path().join("a/b/agent-handoff"));
    assert!(state.open().unwrap().is_none());
    state.create().unwrap();
    let mode = std::fs::metadata(state.path()).unwrap().mode();
    assert_eq!(mode & 0o777, 0o700);
    state.create().unwrap();
    assert!(state.open().unwrap().is_some());
}

#[test]
fn one_that_others_may_write_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let state = StateDir::at(place.path().join("agent-handoff"));
    state.create().unwrap();
    for mode in [0o770, 0o707, 0o777] {
        chmod(state.path(), mode);
        assert!(matches!(state.open(), Err(StateError::Writable { .. })), "{mode:o}");
        assert!(matches!(state.create(), Err(StateError::Writable { .. })), "{mode:o}");
    }
    // A user who lets others read decides that.
    chmod(state.path(), 0o755);
    assert!(state.open().unwrap().is_some());
}
