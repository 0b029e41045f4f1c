//! The skill `handoff` as the user of each of the other agents calls it: `/handoff`, or in words where a session without a
//! terminal takes no slash. What it writes is stamped with the agent that ran it.

use serde_json::{Value, json};
use tests::agents::{Host, Machine, Session, SessionEnd, Step, Text, call, reading, shell, text};

use crate::WIRING;
use crate::documented::{AWKWARD, block};
use crate::support::only_handoff;

/// What the skill begins with.
const OPENING: &str = "Leave what the next session needs and cannot learn from the code.";

/// The skill's text among what the model was sent.
#[track_caller]
fn skill(texts: &[Text]) -> &str {
    let found = texts.iter().rfind(|text| text.text.contains(OPENING));
    &found.unwrap_or_else(|| panic!("no skill: {texts:#?}")).text
}

/// What a model does that follows it.
fn followed() -> [Step; 3] {
    let write = |texts: &[Text]| {
        let command = block(skill(texts), "## 3. Write").replacen("--topic SLUG", "--topic x", 1);
        let (start, end) = command.split_once("# Handoff — …\n").expect("a place for the draft");
        shell(format!("{start}{AWKWARD}{end}"))
    };
    [reading(|texts| shell(block(skill(texts), "Run first"))), reading(write), text("done")]
}

/// Runs `session` on a machine on which other agents, whose skills `host` may read too, are wired beside it.
fn leaves_one(host: Host, session: impl Fn(Session<'_>) -> SessionEnd) {
    if !host.ready() {
        return;
    }
    let machine = Machine::bare(WIRING);
    let others = Host::ALL.into_iter().filter(|other| *other != Host::Codex);
    machine.wire_all(&others.collect::<Vec<_>>());
    let repo = machine.world.repo("app");
    let end = session(machine.session(host, &repo).args(host.unrestricted())).ok();
    let handoff = only_handoff(&machine.world, &repo);
    assert!(handoff.contains(AWKWARD.trim_end()), "{host:?}: {handoff}\n{}", end.ran.out());
    let stamp = format!("\nsession_tool: {}\n", host.row().stamp);
    assert!(handoff.contains(&stamp) && handoff.contains("\ntopic: x\n"), "{host:?}: {handoff}");
}

/// The skill is among those that the model may use; `tool` is what does it.
fn in_words(host: Host, tool: &str, input: Value, steps: Vec<Step>) {
    let step = call(tool, input);
    let offered = |texts: &[Text]| texts.iter().any(|text| text.text.contains("before /clear."));
    let first = reading(move |texts| {
        assert!(offered(texts), "{texts:#?}");
        step.clone()
    });
    let steps = [vec![first], steps].concat();
    leaves_one(host, |session| session.steps(steps.clone()).run("/handoff --topic x"));
}

#[test]
fn of_droid() {
    leaves_one(Host::Droid, |session| session.steps(followed()).run("/handoff --topic x"));
}

#[test]
fn of_qwen() {
    leaves_one(Host::Qwen, |session| session.steps(followed()).run("/handoff --topic x"));
}

/// Its terminal program runs skills as commands. Its shell tool blocks every command with a backtick in it, so the draft goes
/// through a file, as the skill says.
#[test]
fn of_gemini() {
    let [context, refused, done] = followed();
    let write = reading(|texts| {
        let refusal = texts.last().map(|text| text.text.as_str()).unwrap_or_default();
        assert!(refusal.contains("the command was blocked"), "{refusal}");
        assert!(
            skill(texts).contains("Blocked by your shell tool, as for backticks: write the draft to a file")
        );
        call("write_file", json!({ "file_path": "draft.md", "content": AWKWARD }))
    });
    let pass_on = reading(|texts| {
        let command = block(skill(texts), "## 3. Write").replacen("--topic SLUG", "--topic x", 1);
        let (command, _) = command.split_once(" <<").expect("a heredoc");
        shell(format!("{command} --file draft.md && rm draft.md"))
    });
    let steps = vec![context, refused, write, pass_on, done];
    in_words(Host::Gemini, "activate_skill", json!({ "name": "handoff" }), steps);
}

/// Its terminal program runs skills as commands.
#[test]
fn of_copilot() {
    in_words(Host::Copilot, "skill", json!({ "skill": "handoff" }), followed().to_vec());
}

/// It reads the skills of Claude Code too, and of two with one name either: the command is ours alone.
#[test]
fn of_opencode() {
    let [_, write, done] = followed();
    let is_of_claude = |texts: &[Text]| skill(texts).contains("Edit it from then on");
    let context = reading(move |texts| {
        assert!(!is_of_claude(texts), "{texts:#?}");
        shell(block(skill(texts), "Run first"))
    });
    let steps = [context, write, done];
    leaves_one(Host::OpenCode, |session| {
        session.args(&["--command", "handoff"]).steps(steps.clone()).run("of this worktree")
    });
}
