//! Codex without the hook: its instructions tell it what to run, and its sandbox lets it.

use serde_json::json;
use tests::agents::{Host, Machine, SessionEnd, reading, text};

use crate::documented::documented;
use crate::support::{machine, messages, printed, restricted, to_be_read};

/// What the instructions may cost every session: 375 tokens of four bytes.
const COST: usize = 1_500;

/// A session that does what its instructions say.
#[track_caller]
fn obedient(machine: &Machine, dir: &std::path::Path) -> SessionEnd {
    let session = machine.session(Host::Codex, dir).steps([reading(documented), text("done")]);
    restricted(Host::Codex, session).run("go").ok()
}

#[test]
fn the_instructions_reach_the_model_once_and_cost_little() {
    let Some((machine, repo)) = machine() else { return };
    let end = machine.session(Host::Codex, &repo).run("go").ok();
    let texts = end.with(0, "BEGIN agent-handoff");
    assert_eq!(texts.len(), 1);
    let (_, block) = texts[0].text.split_once("<!-- BEGIN agent-handoff").unwrap();
    let last = "<!-- END agent-handoff -->";
    let (block, after) = block.split_once(last).unwrap();
    assert!(!after.contains(last));
    let cost = "<!-- BEGIN agent-handoff".len() + block.len() + last.len();
    assert!(cost <= COST, "{cost} bytes: {block}");
}

#[test]
fn the_documented_command_shows_what_waits_once_and_archives_it() {
    let Some((machine, repo)) = machine() else { return };
    machine.hooks(json!([]), Host::Codex);
    machine.world.write(&repo, &["--topic", "auth"], tests::BODY);
    let expected = to_be_read(&machine.world, &repo);
    let end = obedient(&machine, &repo);
    assert_eq!(messages(&end.texts(0)), [""; 0]);
    assert_eq!(messages(&end.texts(1)), [expected]);
    let after = (machine.world.names(&repo, "unread").len(), machine.world.names(&repo, "read").len());
    assert_eq!(after, (0, 1));
    let end = obedient(&machine, &repo);
    let printed = printed(&end, 1).remove(0);
    assert!(printed.contains("Process exited with code 0\n"), "{printed}");
    assert_eq!(printed.split_once("Output:\n").unwrap().1, "nothing unread for app\n");
}

#[test]
fn in_a_read_only_sandbox_the_documented_command_shows_what_waits_and_leaves_it() {
    let Some((machine, repo)) = machine() else { return };
    machine.hooks(json!([]), Host::Codex);
    machine.world.write(&repo, &[], tests::BODY);
    let steps = [reading(documented), text("done")];
    // What `codex exec` does by itself.
    let end = machine.session(Host::Codex, &repo).steps(steps).run("go").ok();
    let told = messages(&end.texts(1));
    assert_eq!(told.len(), 1, "{:?}", printed(&end, 1));
    assert!(told[0].contains("Run `make test-auth`.") && told[0].contains("still unread"), "{}", told[0]);
    assert_eq!(machine.world.names(&repo, "unread").len(), 1);
}

#[test]
fn a_session_that_is_to_skip_handoffs_takes_nothing() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        machine.world.write(&repo, &[], tests::BODY);
        let skip = |machine: &Machine| {
            let session = machine.session(host, &repo).env("AGENT_HANDOFF_SKIP", "1");
            match host {
                Host::Claude => session.run("go").ok(),
                _ => restricted(host, session.steps([reading(documented), text("done")])).run("go").ok(),
            }
        };
        let end = skip(&machine);
        let last = end.model.turns().len() - 1;
        assert_eq!(messages(&end.texts(last)), [""; 0], "{host:?}");
        assert_eq!(machine.world.names(&repo, "unread").len(), 1, "{host:?}");
    }
}
