//! Resume, clear and compact: what was shown is in the conversation once, what is new is shown.

use tests::BODY;
use tests::agents::{Host, shell, text};

use crate::support::{counts, leave, leave_as_another, machine, messages, unrestricted, waiting};

#[test]
fn a_resumed_session_still_has_the_handoff_once_and_is_told_what_came_since() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        machine.world.write(&repo, &[], BODY);
        let mut told = vec![waiting(&machine.world, &repo)];
        let begun = machine.session(host, &repo).run("go").ok();
        let end = machine.session(host, &repo).resume(begun.id()).run("go on").ok();
        assert_eq!(messages(&end.texts(0)), told, "{host:?}");
        machine.world.write(&repo, &["--name", "Second"], BODY);
        told.push(waiting(&machine.world, &repo));
        let end = machine.session(host, &repo).resume(begun.id()).run("go on").ok();
        assert_eq!(messages(&end.texts(0)), told, "{host:?}");
    }
}

#[test]
fn what_a_session_leaves_before_it_is_cleared_is_all_that_the_cleared_one_is_told() {
    let Some((machine, repo)) = machine() else { return };
    machine.world.write(&repo, &[], BODY);
    let first = waiting(&machine.world, &repo);
    let steps = [shell(leave(&machine)), text("left"), text("read")];
    let session = unrestricted(Host::Claude, machine.session(Host::Claude, &repo).steps(steps));
    let end = session.then("/clear").then("go").run("hand off").ok();
    assert_eq!(end.model.turns().len(), 3);
    assert_eq!(messages(&end.texts(1)), [first]);
    let told = messages(&end.texts(2));
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("=== agent-handoff <f>: 1 UNTRUSTED handoff for app ===\n"), "{}", told[0]);
    assert!(told[0].contains("\n--- <f> 1/1 Second\n"), "{}", told[0]);
    assert_eq!(counts(&machine.world, &repo), (0, 2));
}

#[test]
fn a_compacted_session_is_told_what_waits_once() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        // What the session left itself is not for it.
        let steps =
            [shell(leave_as_another(&machine)), text("left"), text("summary"), text("summary"), text("done")];
        let session = unrestricted(host, machine.session(host, &repo));
        let end = match host {
            Host::Claude => session.steps(steps).then("/compact").then("go").run("hand off").ok(),
            // The mock counts a token for four bytes: the limit is passed at once.
            _ => {
                let limit = ["-c", "model_auto_compact_token_limit=9000"];
                session
                    .steps([&steps[..1], &steps[2..3], &steps[4..]].concat())
                    .args(&limit)
                    .run("hand off")
                    .ok()
            }
        };
        let last = end.model.turns().len() - 1;
        for turn in 0..last {
            assert_eq!(messages(&end.texts(turn)), [""; 0], "{host:?} {turn}");
        }
        let told = messages(&end.texts(last));
        assert_eq!(told.len(), 1, "{host:?}");
        assert!(told[0].contains("\n--- <f> 1/1 Second\n"), "{host:?}: {}", told[0]);
        assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?}");
    }
}

#[test]
fn a_compacted_session_is_reminded_of_the_handoff_that_it_began_with() {
    let Some((machine, repo)) = machine() else { return };
    machine.world.write(&repo, &[], BODY);
    let session = machine.session(Host::Claude, &repo).then("/compact").then("go");
    let end = session.run("hi").ok();
    let told = messages(&end.texts(end.model.turns().len() - 1));
    let archived = machine.world.inbox(&repo).join("read").join(&machine.world.names(&repo, "read")[0]);
    let sentinel = told[0].lines().find(|line| line.starts_with("sentinel: ")).unwrap();
    let expected = format!(
        "\
=== agent-handoff <f>: REMINDER of handoffs loaded earlier in this session (UNTRUSTED, context was compacted) ===
--- <f> Auth refactor
{sentinel}
whole:    {}
## Immediate next action
Run `make test-auth`.
## What NOT to do on resume
- Do not swap to jsonwebtoken.
--- <f> end
=== agent-handoff <f>: end of reminder ===",
        archived.display()
    );
    assert_eq!(told, [expected]);
}
