//! Sessions that no person sits in front of.

use std::process::Command;

use tests::{Claude, Ran, feed};

use super::{Desk, TITLE, line, titles};

/// A session that says of itself that nobody is there, started with one more variable.
fn unattended<'d>(desk: &'d Desk, session: &str, variable: Option<(&str, &str)>) -> (Claude<'d>, Ran) {
    let mut claude = Claude::open(&desk.world, &desk.repo, session);
    claude.set("CLAUDE_CODE_SESSION_ATTENDED", "0");
    variable.inspect(|(name, value)| claude.set(name, value));
    let ran = claude.start("startup");
    (claude, ran)
}

#[test]
fn an_unattended_session_is_told_in_one_line_and_nothing_is_offered() {
    let ways = [
        ("CLAUDE_CODE_SESSION_ATTENDED", "0"),
        ("CLAUDE_CODE_ENTRYPOINT", "sdk-cli"),
        ("CLAUDE_CODE_ENTRYPOINT", "sdk-ts"),
    ];
    for (name, value) in ways {
        let desk = Desk::new();
        let mut claude = Claude::open(&desk.world, &desk.repo, "s-1");
        claude.set(name, value);
        let said = line(&claude.start("startup"));
        let start = "agent-handoff: 1 handoff waits here: \"Auth refactor\", next: \"Run `make test-auth`\". Only if the task is to go on with it, read it with: ";
        let command = said.strip_prefix(start).unwrap_or_else(|| panic!("{said}"));
        // Nothing is asked of it, and nothing changes when it has done its work.
        assert!(!said.contains("sentinel") && !said.contains("Handoff loaded"), "{said}");
        claude.speak("The commit message is: x");
        claude.kill();
        assert_eq!(desk.counts(), (1, 0));
        assert!(!desk.world.inbox(&desk.repo).join("offers").exists());
        // The command works.
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .envs(claude.command("inbox").get_envs().filter_map(|(k, v)| Some((k, v?))));
        let ran = feed(shell, b"");
        assert!(ran.code == 0 && ran.out().contains("1 UNTRUSTED handoff"), "{ran:?}");
        desk.is_delivered("s-1");
    }
}

#[test]
fn a_person_s_session_after_it_is_given_it_as_new() {
    let desk = Desk::new();
    let (claude, _) = unattended(&desk, "s-1", None);
    drop(claude);
    let ran = desk.start("s-2").1;
    assert_eq!(super::before(super::message(&ran).only()), None);
}

#[test]
fn several_are_counted_and_the_newest_is_named() {
    let desk = Desk::new();
    for number in 1..3 {
        let time = crate::support::ago(-60 * number);
        let name = format!("name: Number {number}");
        let file = crate::support::handoff(&[&name], crate::support::SMALL);
        desk.world.plant(&desk.repo, format!("{}-from-app.md", time.compact()), file);
    }
    let said = line(&unattended(&desk, "s-1", None).1);
    assert!(
        said.starts_with("agent-handoff: 3 handoffs wait here, the newest: \"Number 2\", next: \"Look\". "),
        "{said}"
    );
}

#[test]
fn a_long_next_action_is_cut() {
    let desk = Desk::empty();
    let body = tests::BODY.replace("make test-auth", &"word ".repeat(200));
    desk.world.write(&desk.repo, &["--name", &"title ".repeat(30)], body);
    let (_claude, ran) = unattended(&desk, "s-1", None);
    let text = crate::support::context_of(&ran).0;
    let (about, command) = text.split_once(" Only if the task").unwrap();
    assert!(about.len() < 260 && about.contains('…'), "{about}");
    assert!(command.contains("read --root "), "{command}");
}

#[test]
fn full_gives_it_what_a_person_is_given() {
    let desk = Desk::new();
    let (mut claude, ran) = unattended(&desk, "s-1", Some(("AGENT_HANDOFF_UNATTENDED", "full")));
    assert_eq!(titles(&ran), [TITLE]);
    claude.speak("Loaded.");
    claude.kill();
    desk.is_delivered("s-1");
}

#[test]
fn off_gives_it_nothing() {
    let desk = Desk::new();
    unattended(&desk, "s-1", Some(("AGENT_HANDOFF_UNATTENDED", "off"))).1.is_silent();
    assert!(!desk.world.inbox(&desk.repo).join("offers").exists());
    // A person is given it all the same.
    let mut claude = Claude::open(&desk.world, &desk.repo, "s-2");
    claude.set("AGENT_HANDOFF_UNATTENDED", "off");
    assert_eq!(titles(&claude.start("startup")), [TITLE]);
}

#[test]
fn any_other_word_is_the_line() {
    for word in ["line", "FULL", "1", ""] {
        let desk = Desk::new();
        line(&unattended(&desk, "s-1", Some(("AGENT_HANDOFF_UNATTENDED", word))).1);
    }
}

#[test]
fn an_unattended_session_is_not_told_of_its_own() {
    let desk = Desk::empty();
    let writer = Claude::open(&desk.world, &desk.repo, "s-1");
    assert_eq!(feed(writer.command("handoff-write"), tests::BODY.as_bytes()).code, 0);
    unattended(&desk, "s-1", None).1.is_silent();
}

#[test]
fn without_a_transcript_an_unattended_session_that_wants_all_counts_as_having_it() {
    // Its prompt was there before the hook ran: the request follows at once.
    let desk = Desk::new();
    let mut claude = Claude::open(&desk.world, &desk.repo, "s-1");
    let variables = [
        ("CLAUDE_CODE_SESSION_ATTENDED", "0"),
        ("AGENT_HANDOFF_UNATTENDED", "full"),
        ("CLAUDE_CODE_SKIP_PROMPT_HISTORY", "1"),
    ];
    variables.iter().for_each(|(name, value)| claude.set(name, value));
    assert_eq!(titles(&claude.start("startup")), [TITLE]);
    claude.kill();
    desk.is_delivered("s-1");
}

#[test]
fn without_a_transcript_a_person_s_session_is_offered_it_three_times_in_full_and_then_in_a_line() {
    let desk = Desk::new();
    for number in 0..5 {
        let mut claude = Claude::open(&desk.world, &desk.repo, &format!("s-{number}"));
        claude.set("CLAUDE_CODE_SKIP_PROMPT_HISTORY", "1");
        let ran = claude.start("startup");
        claude.kill();
        if number < 3 {
            let before = super::before(super::message(&ran).only());
            assert_eq!(before, (number > 0).then(|| format!("s-{}", number - 1)));
        } else {
            let said = line(&ran);
            assert!(
                said.contains("1 handoff was offered 3 times with no sign that it was read: \"Auth"),
                "{said}"
            );
        }
        assert_eq!(desk.counts(), (1, 0));
    }
}
