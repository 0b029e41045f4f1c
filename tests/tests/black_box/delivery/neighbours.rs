//! Sessions beside each other, and one that follows another in the same process.

use std::process::{Command, Stdio};

use tests::{BODY, Claude, Ran, feed};

use super::{Desk, TITLE, before, line, message, titles};

#[test]
fn of_two_live_sessions_the_second_is_told_who_has_it() {
    let desk = Desk::new();
    let mut first = desk.given("s-first");
    let (mut second, ran) = desk.start("s-second");
    let said = line(&ran);
    let start = "agent-handoff: 1 handoff is on offer to a session that has not spoken yet (claude-code s-first, just now): \"Auth refactor\", next: \"Run `make test-auth`\". To take it here: ";
    let command = said.strip_prefix(start).unwrap_or_else(|| panic!("{said}"));
    assert!(command.contains(" read --root ") && command.ends_with("-from-app-auth"), "{command}");
    // The first speaks and has it; the second is not given it later.
    second.speak("Hello.");
    assert_eq!(desk.counts(), (1, 0));
    first.speak("Loaded.");
    second.start("resume").is_silent();
    desk.is_delivered("s-first");
}

#[test]
fn the_command_that_the_second_is_told_takes_it() {
    let desk = Desk::new();
    let mut first = desk.given("s-first");
    let (second, ran) = desk.start("s-second");
    let said = line(&ran);
    let command = said.split_once("To take it here: ").unwrap().1;
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).envs(second.command("inbox").get_envs().filter_map(|(k, v)| Some((k, v?))));
    let ran = feed(shell, b"");
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert!(ran.out().contains("1 UNTRUSTED handoff"), "{}", ran.out());
    // Even though the other speaks then.
    first.speak("Loaded.");
    desk.is_delivered("s-second");
}

#[test]
fn an_agent_that_only_asks_what_there_is_does_not_take_what_another_has() {
    let desk = Desk::new();
    let _first = desk.given("s-first");
    let ran = desk.inbox(&["read"]);
    assert_eq!(ran.code, 0);
    assert!(!ran.out().contains("UNTRUSTED"), "{}", ran.out());
    assert_eq!(desk.counts(), (1, 0));
}

#[test]
fn the_second_is_given_it_once_the_first_is_gone() {
    let desk = Desk::new();
    let mut first = desk.given("s-first");
    let (mut second, _) = desk.start("s-second");
    first.kill();
    let ran = second.start("resume");
    assert_eq!(titles(&ran), [TITLE]);
    assert_eq!(before(message(&ran).only()).as_deref(), Some("s-first"));
    second.speak("Loaded.");
    desk.is_delivered("s-second");
}

#[test]
fn what_is_new_comes_beside_what_another_session_has() {
    let desk = Desk::new();
    let _first = desk.given("s-first");
    desk.world.write(&desk.repo, &["--name", "New", "--topic", "new"], BODY);
    let ran = desk.start("s-second").1;
    let message = message(&ran);
    assert_eq!(message.titles(), ["New"]);
    assert!(message.notes[0].starts_with("1 handoff is on offer to a session that "), "{:?}", message.notes);
}

#[test]
fn clearing_before_a_word_offers_it_to_the_new_session() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    let ran = claude.clear("s-2");
    assert_eq!(titles(&ran), [TITLE]);
    assert_eq!(before(message(&ran).only()).as_deref(), Some("s-1"));
    claude.speak("Loaded.");
    desk.is_delivered("s-2");
}

#[test]
fn clearing_after_the_answer_offers_nothing() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.speak("Loaded.");
    claude.clear("s-2").is_silent();
    desk.is_delivered("s-1");
}

#[test]
fn a_second_hook_of_the_same_start_says_nothing() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.start("startup").is_silent();
    claude.speak("Loaded.");
    desk.is_delivered("s-1");
}

/// Runs the hooks of `claudes` at once.
fn at_once(claudes: &[&Claude<'_>]) -> Vec<Ran> {
    std::thread::scope(|scope| {
        let hooks: Vec<_> = claudes
            .iter()
            .map(|claude| {
                let (hook, payload) = (claude.command("session-start"), claude.payload("startup"));
                scope.spawn(move || feed(hook, payload.as_bytes()))
            })
            .collect();
        hooks.into_iter().map(|hook| hook.join().unwrap()).collect()
    })
}

#[test]
fn of_two_live_sessions_that_start_at_once_one_has_it() {
    // A hook that waits for its turn does so for half a second. What took less had its turn.
    for _ in 0..10 {
        let desk = Desk::new();
        let claudes = ["s-1", "s-2"].map(|session| Claude::open(&desk.world, &desk.repo, session));
        let start = std::time::Instant::now();
        let runs = at_once(&claudes.iter().collect::<Vec<_>>());
        let had_turns = start.elapsed() < std::time::Duration::from_millis(500);
        let full = runs.iter().filter(|ran| ran.out().contains("UNTRUSTED")).count();
        assert!(full >= 1, "{runs:?}");
        if had_turns {
            let told = runs.iter().filter(|ran| ran.out().contains("is on offer to a session")).count();
            assert_eq!((full, told), (1, 1), "{runs:?}");
        }
        assert_eq!(desk.counts(), (1, 0));
    }
}

#[test]
fn the_writing_session_is_not_given_its_own() {
    let desk = Desk::empty();
    let mut writer = Claude::open(&desk.world, &desk.repo, "s-writer");
    let written = feed(writer.command("handoff-write"), BODY.as_bytes());
    assert_eq!(written.code, 0, "{}", written.err());
    for source in ["startup", "resume", "compact"] {
        writer.start(source).is_silent();
    }
    assert_eq!(desk.world.names(&desk.repo, "offers"), [""; 0]);
    // Cleared, it is another session.
    let ran = writer.clear("s-cleared");
    assert_eq!(titles(&ran), [TITLE]);
    assert_eq!(before(message(&ran).only()), None);
    writer.speak("Loaded.");
    desk.is_delivered("s-cleared");
}

#[test]
fn a_fork_of_the_writing_session_is_not_given_it_and_another_session_is() {
    let desk = Desk::empty();
    let writer = Claude::open(&desk.world, &desk.repo, "00000000-0000-0000-0000-00000000000a");
    let written = feed(writer.command("handoff-write"), BODY.as_bytes());
    assert_eq!(written.code, 0, "{}", written.err());
    // The session that it is a copy of stands on its command line.
    let id = "00000000-0000-0000-0000-00000000000b";
    let mut fork = Claude::with_arguments(
        &desk.world,
        &desk.repo,
        id,
        &["--resume", writer.session(), "--fork-session"],
    );
    fork.start("fork").is_silent();
    drop(fork);
    let (mut other, ran) = desk.start("00000000-0000-0000-0000-00000000000c");
    assert_eq!(titles(&ran), [TITLE]);
    other.speak("Loaded.");
    desk.is_delivered("00000000-0000-0000-0000-00000000000c");
}

#[test]
fn a_fork_that_copied_the_offer_of_before_does_not_deliver_it_again() {
    // A fork's transcript begins with a copy of the other's entries, the frame and the answer among them.
    let desk = Desk::new();
    let mut first = desk.given("s-1");
    first.speak("Loaded.");
    let copied = std::fs::read(first.transcript()).unwrap();
    assert_eq!(desk.counts(), (0, 1));
    desk.world.write(&desk.repo, &["--name", "New", "--topic", "new"], BODY);
    let (mut fork, ran) = desk.start("s-2");
    assert_eq!(titles(&ran), ["New"]);
    fork.write(copied);
    assert_eq!(desk.counts(), (1, 1));
    fork.speak("Loaded.");
    assert_eq!(desk.counts(), (0, 2));
}

#[test]
fn a_process_that_has_the_id_of_the_one_before_is_another() {
    let desk = Desk::new();
    let claude = desk.given("s-1");
    // As when the id came round again: the process of that id started at another time.
    let record = desk.record();
    let text = std::fs::read_to_string(&record).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
    let started = line["started"].as_u64().unwrap();
    if started == 0 {
        return;
    }
    let other = text.replace(&format!("\"started\":{started}"), &format!("\"started\":{}", started - 1));
    assert_ne!(other, text);
    std::fs::write(record, other).unwrap();
    desk.waits_again("s-1");
    drop(claude);
}

#[test]
fn a_zombie_is_gone() {
    let desk = Desk::new();
    let mut claude = Claude::open(&desk.world, &desk.repo, "s-1");
    // Dead, and not yet waited for by its parent, which is this test.
    let mut dead = Command::new("sh").args(["-c", "read line"]).stdin(Stdio::piped()).spawn().unwrap();
    claude.set("CLAUDE_PID", &dead.id().to_string());
    assert_eq!(titles(&claude.start("startup")), [TITLE]);
    dead.kill().unwrap();
    let stat = format!("/proc/{}/stat", dead.id());
    while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        std::thread::yield_now();
    }
    desk.waits_again("s-1");
    dead.wait().unwrap();
}
