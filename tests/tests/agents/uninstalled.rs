//! Uninstalled: no trace reaches a model, and what waits still waits.

use tests::agents::{Host, Wiring};
use tests::{BODY, agents};

use crate::documented::invocation;
use crate::support::machine;

#[test]
fn an_uninstalled_machine_tells_its_agents_nothing_and_keeps_what_waits() {
    let Some((machine, repo)) = machine() else { return };
    machine.world.write(&repo, &["--topic", "auth"], BODY);
    let waiting = machine.world.names(&repo, "unread");
    // What an agent says by itself, to begin with.
    let bare = agents::Machine::bare(Wiring::Installer);
    let elsewhere = bare.world.repo("app");
    let ran = machine.install(&["uninstall"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for host in Host::BOTH {
        let end = machine.session(host, &repo).run("go").ok();
        let alone = bare.session(host, &elsewhere).run("go").ok();
        let count = |end: &agents::SessionEnd| {
            let body = end.model.turns()[0].body.to_string().to_lowercase();
            body.matches("handoff").count()
        };
        assert_eq!(count(&end), count(&alone), "{host:?}");
        let body = end.model.turns()[0].body.to_string();
        for ours in ["agent-handoff", "handoff-write", "upgrade-handoff", "jsonwebtoken"] {
            assert!(!body.contains(ours), "{host:?} {ours}: {body}");
        }
        // The skill is a name like any other.
        let end = machine.session(host, &repo).run(&invocation(host, "--topic x")).ok();
        assert!(
            !end.model.turns().iter().any(|turn| turn.body.to_string().contains("## 1. Draft")),
            "{host:?}"
        );
    }
    assert_eq!(machine.world.names(&repo, "unread"), waiting);
}
