//! From one session to the next.

use tests::BODY;
use tests::agents::{Host, shell, text};

use crate::support::{counts, leave, machine, messages, unrestricted, waiting};

#[test]
fn the_first_request_of_the_next_session_carries_the_whole_handoff_and_the_session_after_nothing() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        machine.world.write(&repo, &["--topic", "auth"], BODY);
        let expected = waiting(&machine.world, &repo);
        let end = machine.session(host, &repo).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{host:?}");
        assert_eq!(end.model.turns().len(), 1, "{host:?}");
        assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?}");
        let end = machine.session(host, &repo).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [""; 0], "{host:?}");
    }
}

#[test]
fn what_one_agent_leaves_the_other_is_told() {
    for (from, to) in [(Host::Claude, Host::Codex), (Host::Codex, Host::Claude)] {
        let Some((machine, repo)) = machine() else { return };
        let session = machine.session(from, &repo).steps([shell(leave(&machine)), text("left")]);
        let end = unrestricted(from, session).run("hand off").ok();
        assert_eq!(messages(&end.texts(1)), [""; 0], "{from:?}");
        let expected = waiting(&machine.world, &repo);
        let end = machine.session(to, &repo).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{from:?}");
    }
}

#[test]
fn a_session_in_another_worktree_is_told_nothing() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        machine.world.write(&repo, &[], BODY);
        let other = machine.world.path("app-review");
        machine.world.git(&repo, &["worktree", "add", "--quiet", "-b", "review", other.to_str().unwrap()]);
        let end = machine.session(host, &other).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [""; 0], "{host:?}");
        assert_eq!(machine.world.names(&repo, "unread").len(), 1, "{host:?}");
    }
}
