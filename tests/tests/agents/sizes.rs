//! Handoffs of every length: whole where the host passes them on whole, else cut by us and never by the host.

use std::path::Path;

use tests::agents::{Host, Machine, SessionEnd, Text, reading, text};

use crate::documented::documented;
use crate::support::{machine, messages, restricted};

/// What a host passes on.
const LIMIT: usize = 10_000;

/// A handoff with what matters at both of its ends.
fn body(bytes: usize) -> String {
    let start = "# Handoff — Large\n\n## Immediate next action\nRun the NEXT thing.\n\n## Decisions made (with evidence)\n";
    let end = "\n## What NOT to do on resume\n- Never the FORBIDDEN thing.\n";
    let line = "- a decision, src/a.rs:1, with its evidence, its reasons and what else was thought of\n";
    let middle: String = line.chars().cycle().take(bytes - start.len() - end.len() - 1).collect();
    let body = format!("{start}{middle}\n{end}");
    assert_eq!(body.len(), bytes);
    body
}

/// The only text that holds a message of ours; no host has cut it.
#[track_caller]
fn told(end: &SessionEnd, turn: usize) -> String {
    let ours = |text: &Text| text.text.contains("=== agent-handoff ");
    let texts: Vec<_> = end.texts(turn).into_iter().filter(ours).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    for cut in ["<persisted-output>", "truncated output", "tokens truncated", "chars truncated"] {
        assert!(!texts[0].text.contains(cut), "{}", texts[0].text);
    }
    messages(&texts).remove(0)
}

/// A session of Codex's without the hook, that does as its instructions say.
#[track_caller]
fn instructed(machine: &Machine, repo: &Path) -> SessionEnd {
    let session = machine.session(Host::Codex, repo).steps([reading(documented), text("done")]);
    restricted(Host::Codex, session).run("go").ok()
}

#[test]
fn a_handoff_of_9400_bytes_arrives_whole() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        machine.world.write(&repo, &["--tool", "claude-code", "--topic", "large"], body(9_400));
        let told = told(&machine.session(host, &repo).run("go").ok(), 0);
        assert!(told.contains(body(9_400).trim_end()), "{host:?}: {told}");
        assert!(told.len() <= LIMIT, "{host:?}: {}", told.len());
    }
}

#[test]
fn a_handoff_of_60_kb_arrives_as_what_matters_and_where_the_rest_is() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        machine.world.write(&repo, &["--topic", "large"], body(60_000));
        let told = told(&machine.session(host, &repo).run("go").ok(), 0);
        assert!(told.len() <= LIMIT && told.len() > LIMIT / 2, "{host:?}: {}", told.len());
        assert_has_what_matters(&machine, &repo, &told);
    }
}

#[test]
fn the_instructions_give_codex_a_long_handoff_whole_and_a_longer_one_as_what_matters() {
    let Some((machine, repo)) = machine() else { return };
    machine.hooks(serde_json::json!([]), Host::Codex);
    for bytes in [9_400, 18_000] {
        machine.world.write(&repo, &["--tool", "claude-code", "--topic", "large"], body(bytes));
        let told = told(&instructed(&machine, &repo), 1);
        assert!(told.contains(body(bytes).trim_end()), "{bytes}: {told}");
    }
    machine.world.write(&repo, &["--topic", "larger"], body(60_000));
    let told = told(&instructed(&machine, &repo), 1);
    assert!(told.len() <= 20_000 && told.len() > LIMIT, "{}", told.len());
    assert_has_what_matters(&machine, &repo, &told);
}

#[track_caller]
fn assert_has_what_matters(machine: &Machine, repo: &Path, told: &str) {
    let inbox = machine.world.inbox(repo);
    let there =
        |bucket: &str| machine.world.names(repo, bucket).pop().map(|name| inbox.join(bucket).join(name));
    let whole = there("unread").or_else(|| there("read")).unwrap();
    for vital in ["Run the NEXT thing.", "Never the FORBIDDEN thing.", "sentinel: ", whole.to_str().unwrap()]
    {
        assert!(told.contains(vital), "{vital}: {told}");
    }
}
