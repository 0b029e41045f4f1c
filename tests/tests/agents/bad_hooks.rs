//! A hook that dies, hangs or fails: the session goes on as if there were none, and the handoff waits for the next.

use serde_json::json;
use tests::BODY;
use tests::agents::Host;

use crate::support::{machine, messages, waiting};

#[test]
fn a_hook_that_is_killed_leaves_the_session_alone() {
    leaves_the_session_alone("kill -9 $$");
}

#[test]
fn a_hook_that_outlasts_its_time_leaves_the_session_alone() {
    leaves_the_session_alone("sleep 20; '<ours>'");
}

#[test]
fn a_hook_that_fails_leaves_the_session_alone() {
    leaves_the_session_alone("echo text; echo error >&2; exit 2");
}

#[test]
fn a_hook_that_is_not_there_leaves_the_session_alone() {
    leaves_the_session_alone("'<ours>.gone'");
}

/// `<ours>` is the path of `session-start`.
#[track_caller]
fn leaves_the_session_alone(command: &str) {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        let ours = machine.bin("session-start");
        let command = command.replace("<ours>", &ours.to_string_lossy());
        machine.hooks(json!([]), host);
        let alone = machine.session(host, &repo).run("go").ok().texts(0);
        machine.world.write(&repo, &[], BODY);
        machine.hook(json!({ "type": "command", "command": command, "timeout": 1 }), host);
        let end = machine.session(host, &repo).run("go").ok();
        assert_eq!(end.texts(0), alone, "{host:?}");
        assert_eq!(end.model.turns().len(), 1, "{host:?}");
        let expected = waiting(&machine.world, &repo);
        machine.hook(json!({ "type": "command", "command": ours, "timeout": 10 }), host);
        assert_eq!(messages(&machine.session(host, &repo).run("go").ok().texts(0)), [expected], "{host:?}");
    }
}
