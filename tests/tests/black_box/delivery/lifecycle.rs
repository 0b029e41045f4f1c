//! From the offer to the archive, or back.

use super::{BODY, Desk, before, message, titles};
use crate::support::context_of;

#[test]
fn an_offer_changes_nothing_but_its_own_record() {
    let desk = Desk::new();
    let file = crate::support::only_file(&desk.world, &desk.repo, "unread");
    let content = std::fs::read(&file).unwrap();
    let claude = desk.given("s-1");
    assert_eq!(std::fs::read(&file).unwrap(), content);
    assert_eq!(desk.world.names(&desk.repo, "read"), [""; 0]);
    let record = std::fs::read_to_string(desk.record()).unwrap();
    let record: serde_json::Value = serde_json::from_str(record.trim_end()).unwrap();
    assert_eq!(
        (&record["host"], &record["session"], &record["pid"]),
        (&"claude-code".into(), &"s-1".into(), &claude.pid().into())
    );
    assert_eq!((&record["length"], &record["proof"]), (&0.into(), &"transcript".into()));
    assert_eq!(record["transcript"], claude.transcript().to_str().unwrap());
}

#[test]
fn a_session_that_is_opened_and_closed_without_a_word_leaves_it_to_the_next() {
    let desk = Desk::new();
    desk.given("s-1").kill();
    // Its transcript was never written.
    assert!(!desk.world.transcript("s-1").exists());
    desk.waits_again("s-1");
}

/// It was recorded without a process, and counted as alive for a minute.
#[test]
fn a_session_that_is_gone_before_its_hook_looks_leaves_it_to_the_next() {
    let desk = Desk::new();
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    let mut claude = tests::Claude::open(&desk.world, &desk.repo, "s-1");
    claude.set("CLAUDE_PID", &gone.id().to_string());
    assert_eq!(titles(&claude.start("startup")).len(), 1);
    desk.waits_again("s-1");
}

#[test]
fn it_is_offered_as_often_as_sessions_end_without_a_word() {
    let desk = Desk::new();
    for number in 0..6 {
        let mut claude = desk.given(&format!("s-{number}"));
        claude.kill();
    }
    desk.waits_again("s-5");
}

#[test]
fn a_session_that_is_killed_after_its_prompt_leaves_it_to_the_next() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("go");
    claude.kill();
    desk.waits_again("s-1");
}

#[test]
fn a_session_that_is_killed_during_its_first_answer_leaves_it_to_the_next() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("go");
    // The line of the answer was not written to its end.
    claude.write("{\"type\":\"assistant\",\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Loa");
    claude.kill();
    desk.waits_again("s-1");
}

#[test]
fn a_session_that_is_killed_after_its_first_answer_had_it() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.speak("Loaded.");
    claude.kill();
    desk.is_delivered("s-1");
    // As the answer's entry says.
    assert_eq!(desk.archived_field("received_at").as_deref(), Some("2020-01-01T20:30:33Z"));
}

#[test]
fn what_a_live_session_answered_is_archived_by_whoever_looks_next() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    assert_eq!(desk.counts(), (1, 0));
    claude.prompt("go");
    assert_eq!(desk.counts(), (1, 0));
    claude.answer("Loaded.");
    assert_eq!(desk.counts(), (0, 1));
    desk.is_delivered("s-1");
}

#[test]
fn a_session_that_repeats_the_line_acknowledges_it() {
    for (is_said, acknowledged) in [(true, Some("true")), (false, None)] {
        let desk = Desk::new();
        let (mut claude, ran) = desk.start("s-1");
        let loaded = message(&ran).loaded;
        claude.speak(if is_said { &loaded } else { "Hello." });
        assert_eq!(desk.counts(), (0, 1));
        assert_eq!(desk.archived_field("acknowledged").as_deref(), acknowledged);
        let column = if is_said { "acknowledged" } else { "delivered" };
        assert!(desk.inbox(&["log"]).out().contains(column), "{}", desk.inbox(&["log"]).out());
    }
}

#[test]
fn the_line_may_be_repeated_in_a_later_answer() {
    let desk = Desk::new();
    let (mut claude, ran) = desk.start("s-1");
    claude.speak("Let me look.");
    claude.speak(&message(&ran).loaded);
    assert_eq!(desk.counts(), (0, 1));
    assert_eq!(desk.archived_field("acknowledged").as_deref(), Some("true"));
}

#[test]
fn a_call_of_a_tool_is_an_answer() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("go");
    let call = serde_json::json!([{ "type": "tool_use", "id": "t", "name": "Bash", "input": {} }]);
    claude.says(&call, &serde_json::json!({}));
    claude.kill();
    desk.is_delivered("s-1");
}

#[test]
fn a_resumed_session_that_had_it_is_not_given_it_again() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.speak("Loaded.");
    claude.kill();
    let (_again, ran) = (claude, desk.start("s-1").1);
    ran.is_silent();
    assert_eq!(desk.counts(), (0, 1));
}

#[test]
fn a_session_that_is_resumed_before_it_spoke_is_given_it_again() {
    let desk = Desk::new();
    desk.given("s-1").kill();
    let (mut claude, ran) = desk.start("s-1");
    assert_eq!(before(message(&ran).only()).as_deref(), Some("s-1"));
    claude.speak("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn only_what_was_in_the_message_is_delivered_with_it() {
    let desk = Desk::empty();
    let long = format!("{BODY}\n## Notes\n{}\n", "word ".repeat(1_400));
    for topic in ["first", "second"] {
        desk.world.write(&desk.repo, &["--topic", topic, "--name", topic], &long);
    }
    let (mut claude, ran) = desk.start("s-1");
    let given = titles(&ran);
    assert_eq!(given.len(), 1, "{given:?}");
    claude.speak("Loaded.");
    assert_eq!(desk.counts(), (1, 1));
    // The other was never offered.
    let (_next, ran) = desk.start("s-2");
    assert_ne!(titles(&ran), given);
    assert_eq!(before(message(&ran).only()), None);
}

#[test]
fn what_was_edited_after_it_was_shown_was_not_shown() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    let file = crate::support::only_file(&desk.world, &desk.repo, "unread");
    let edited = std::fs::read_to_string(&file).unwrap().replace("make test-auth", "make all");
    std::fs::write(&file, edited).unwrap();
    claude.speak("Loaded.");
    desk.waits_again("s-1");
}

#[test]
fn the_person_is_told_what_decides() {
    let desk = Desk::new();
    desk.world.git(&desk.repo, &["switch", "--quiet", "--create", "feature"]);
    let (_claude, ran) = desk.start("s-1");
    assert_eq!(
        context_of(&ran).1,
        "agent-handoff: Auth refactor, just now; written on main, this is feature; go = Run `make test-auth`; not now: handoff inbox restore"
    );
    let desk = Desk::empty();
    let body = BODY.replace("make test-auth", &"very long ".repeat(60));
    desk.world.write(&desk.repo, &["--name", &"name ".repeat(30)], body);
    let summary = context_of(&desk.start("s-1").1).1;
    assert!(summary.chars().count() <= 300, "{summary}");
    assert!(summary.ends_with("; not now: handoff inbox restore"), "{summary}");
}
