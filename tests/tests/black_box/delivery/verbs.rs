//! What `inbox` tells and does of what was offered.

use serde_json::Value;
use tests::{BODY, Ran};

use super::{Desk, TITLE, before, message, titles};

fn json(ran: &Ran) -> Value {
    assert_eq!((ran.code, ran.err()), (0, ""));
    serde_json::from_str(ran.out()).unwrap()
}

#[test]
fn the_list_tells_what_is_on_offer_and_to_whom() {
    let desk = Desk::new();
    let plain = desk.inbox(&[]);
    assert!(!plain.out().contains("OFFERED"), "{}", plain.out());
    assert_eq!(json(&desk.inbox(&["--json"]))[0]["offer"], Value::Null);
    let mut claude = desk.given("session-number-one");
    let listed = desk.inbox(&[]);
    assert!(
        listed.out().contains("OFFERED") && listed.out().contains("to claude-code session-, just now"),
        "{}",
        listed.out()
    );
    let offer = &json(&desk.inbox(&["--json"]))[0]["offer"];
    assert_eq!(
        (&offer["host"], &offer["session"], &offer["open"]),
        (&"claude-code".into(), &"session-number-one".into(), &true.into())
    );
    claude.kill();
    let listed = desk.inbox(&[]);
    assert!(listed.out().contains("just now, not read"), "{}", listed.out());
    assert_eq!(json(&desk.inbox(&["--json"]))[0]["offer"]["open"], false);
    // What is delivered is not unread.
    desk.given("session-number-two").speak("Loaded.");
    assert_eq!(desk.inbox(&[]).out(), "nothing unread for app\n");
}

#[test]
fn looking_offers_nothing() {
    let desk = Desk::new();
    let claude = tests::Claude::open(&desk.world, &desk.repo, "s-1");
    for args in
        [&[][..], &["--json"], &["show", "1"], &["log"], &["search", "auth"], &["worktrees"], &["path"]]
    {
        let mut command = claude.command("inbox");
        command.args(args);
        tests::feed(command, b"");
    }
    let mut peek = claude.command("session-start");
    peek.arg("--peek");
    assert!(tests::feed(peek, claude.payload("startup").as_bytes()).out().contains("UNTRUSTED"));
    assert!(!desk.world.inbox(&desk.repo).join("offers").exists());
    assert_eq!(desk.counts(), (1, 0));
}

#[test]
fn peeking_at_what_another_session_has_changes_nothing() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    let record = std::fs::read(desk.record()).unwrap();
    let peek = || desk.world.run("session-start", &desk.repo, &["--peek"], "");
    assert!(peek().out().contains("is on offer to a session"), "{}", peek().out());
    assert_eq!(std::fs::read(desk.record()).unwrap(), record);
    claude.speak("Loaded.");
    peek().is_silent();
    assert_eq!(desk.world.names(&desk.repo, "unread").len(), 1, "a peek settles nothing");
    desk.is_delivered("s-1");
}

#[test]
fn restore_puts_back_what_the_newest_session_was_given() {
    let desk = Desk::new();
    let name = desk.world.names(&desk.repo, "unread")[0].clone();
    let mut claude = desk.given("s-1");
    claude.speak("Loaded.");
    desk.inbox(&["restore"]).is(0, &format!("restored: {name}\n"), "");
    assert_eq!(desk.counts(), (1, 0));
    // Not to the session that it was put back from, however it starts.
    for source in ["resume", "compact", "startup"] {
        assert!(!claude.start(source).out().contains(" UNTRUSTED handoff"), "{source}");
    }
    assert_eq!(desk.counts(), (1, 0));
    // The next is given it as new: it was read.
    let (mut next, ran) = desk.start("s-2");
    assert_eq!(before(message(&ran).only()), None);
    next.speak("Loaded.");
    desk.is_delivered("s-2");
}

#[test]
fn restore_takes_back_what_is_still_on_offer() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    assert_eq!(desk.inbox(&["restore"]).code, 0);
    // "Not now": that session may speak as it likes.
    claude.speak("Something else.");
    assert_eq!(desk.counts(), (1, 0));
    claude.start("resume").is_silent();
    let (mut next, ran) = desk.start("s-2");
    assert_eq!(titles(&ran), [TITLE]);
    next.speak("Loaded.");
    desk.is_delivered("s-2");
}

#[test]
fn restore_puts_back_all_of_one_session_and_nothing_of_another() {
    let desk = Desk::new();
    desk.given("s-1").speak("Loaded.");
    assert_eq!(desk.counts(), (0, 1));
    for topic in ["one", "two"] {
        desk.world.write(&desk.repo, &["--name", topic, "--topic", topic], BODY);
    }
    let (mut claude, ran) = desk.start("s-2");
    assert_eq!(titles(&ran).len(), 2);
    // Of a later time than the first, which the entry of its answer tells.
    claude.prompt("go");
    let restored = desk.inbox(&["restore"]);
    assert_eq!((restored.code, restored.out().lines().count()), (0, 2), "{restored:?}");
    assert_eq!(desk.counts(), (2, 1));
}

#[test]
fn restore_takes_back_what_an_agent_took_that_said_who_it_is() {
    let desk = Desk::new();
    assert_eq!(desk.inbox(&["read", "--session-id", "s-1"]).code, 0);
    assert_eq!(desk.inbox(&["restore"]).code, 0);
    assert_eq!(desk.counts(), (1, 0));
}

#[test]
fn restore_puts_back_what_was_just_read_by_hand_and_nothing_that_was_archived_before() {
    let desk = Desk::new();
    assert_eq!(desk.inbox(&["archive", "1"]).code, 0);
    // Longer ago than what comes now.
    let read = desk.world.inbox(&desk.repo).join("read");
    let older = read.join(&desk.world.names(&desk.repo, "read")[0]);
    let text = std::fs::read_to_string(&older).unwrap();
    let line = text.lines().find(|line| line.starts_with("received_at: ")).unwrap();
    std::fs::write(&older, text.replace(line, "received_at: 2026-01-01T00:00:00Z")).unwrap();
    for topic in ["one", "two"] {
        desk.world.write(&desk.repo, &["--name", topic, "--topic", topic], BODY);
    }
    assert_eq!(desk.inbox(&["read"]).code, 0);
    assert_eq!(desk.counts(), (0, 3));
    let restored = desk.inbox(&["restore"]);
    assert_eq!((restored.code, restored.out().lines().count()), (0, 2), "{restored:?}");
    assert_eq!(desk.counts(), (2, 1));
}

#[test]
fn restore_without_anything_given_says_so() {
    let ran = Desk::empty().inbox(&["restore"]);
    assert_eq!((ran.code, ran.out()), (1, ""));
    assert!(ran.err().starts_with("agent-handoff: could not restore anything: "), "{}", ran.err());
    // What was offered to a session that ended without an answer waits already, as what was never offered does.
    let desk = Desk::new();
    let waits = "agent-handoff: nothing to restore: what waits here is unread\n";
    desk.inbox(&["restore"]).is(0, "", waits);
    desk.given("s-1").kill();
    desk.inbox(&["restore"]).is(0, "", waits);
    desk.inbox(&["restore", "--json"]).is(0, "{\"restored\":[]}\n", waits);
    assert_eq!(desk.counts(), (1, 0));
}

#[test]
fn the_log_tells_acknowledged_from_delivered() {
    let desk = Desk::new();
    let (mut claude, ran) = desk.start("s-1");
    claude.speak(&message(&ran).loaded);
    desk.world.write(&desk.repo, &["--topic", "second"], BODY);
    desk.given("s-2").speak("Hello.");
    let log = json(&desk.inbox(&["log", "--json"]));
    let rows = log.as_array().unwrap();
    let of = |session: &str| rows.iter().find(|row| row["received_by"] == session).unwrap();
    assert_eq!((&of("s-1")["acknowledged"], &of("s-2")["acknowledged"]), (&true.into(), &false.into()));
    let table = desk.inbox(&["log"]);
    assert!(
        table.out().contains(" DELIVERY ")
            && table.out().contains(" acknowledged ")
            && table.out().contains(" delivered "),
        "{}",
        table.out()
    );
}

#[test]
fn a_session_is_reminded_after_compaction_of_what_it_was_offered_settled_or_not() {
    for speaks in [false, true] {
        let desk = Desk::new();
        let mut claude = desk.given("s-1");
        if speaks {
            claude.speak("Loaded.");
            assert_eq!(desk.counts(), (0, 1));
        }
        let text = crate::support::context_of(&claude.start("compact")).0;
        assert!(text.contains("REMINDER") && text.contains("make test-auth"), "{text}");
        assert!(!text.contains("1 UNTRUSTED handoff for"), "{text}");
        let (bucket, whole) = if speaks { ("read", 1) } else { ("unread", 1) };
        assert_eq!(desk.world.names(&desk.repo, bucket).len(), whole);
        assert!(text.contains(&format!("/app/{bucket}/")), "{text}");
    }
}
