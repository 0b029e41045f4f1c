//! Both agents in a terminal, with a person in front of them: a handoff is archived when the session that was offered it
//! has answered, and else it waits for the next one.

use std::path::Path;

use rustix::process::Signal;
use tests::agents::{Host, Interactive, Machine, Model, Role, Step, reading, refuse, shell, text};
use tests::{BODY, can, has};

use crate::support::{counts, leave, look, machine, messages, offer};

/// A machine with a handoff in `app`, where agents can be opened in a terminal.
#[track_caller]
fn set() -> Option<(Machine, std::path::PathBuf)> {
    if !can("start a terminal with tmux", has("tmux")) {
        return None;
    }
    let (machine, repo) = machine()?;
    machine.world.write(&repo, &[], BODY);
    Some((machine, repo))
}

/// The agent, opened. Codex without its server, whose process is every terminal's.
#[track_caller]
fn open<'m>(machine: &'m Machine, host: Host, repo: &Path, model: &'m Model) -> Interactive<'m> {
    let args: &[&str] = if host == Host::Codex { &["--no-daemon"] } else { &[] };
    machine.open(host, repo, model, args).unwrap()
}

/// Waits until the session was offered what waits: Claude Code's hook runs when it is opened.
#[track_caller]
fn is_offered(session: &Interactive<'_>, machine: &Machine, repo: &Path) {
    session.until("the handoff is on offer", || look(&machine.world, repo).contains("to claude-code "));
}

/// The only message of ours in the newest request.
#[track_caller]
fn told(model: &Model) -> String {
    let mut told = messages(&model.texts(model.turns().len() - 1));
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

/// The answer of a model that does what the handoff asks of it.
fn acknowledging() -> Step {
    reading(|texts| {
        let mut lines = texts
            .iter()
            .flat_map(|text| text.text.lines())
            .filter(|line| line.starts_with("**Handoff loaded"));
        text(format!("{}\nAnswered.", lines.next_back().unwrap_or("No handoff.")))
    })
}

#[test]
fn claude_that_is_left_or_killed_before_the_first_prompt_leaves_the_handoff_for_the_next_session() {
    let Some((machine, repo)) = set() else { return };
    let model = Host::Claude.model([text("Answered."), text("Nothing.")]);
    let open = || {
        let session = open(&machine, Host::Claude, &repo, &model);
        is_offered(&session, &machine, &repo);
        session
    };
    open().quit();
    open().kill(Signal::TERM);
    open().kill(Signal::KILL);
    assert_eq!(counts(&machine.world, &repo), (1, 0));
    let session = open();
    session.ask("go", "Answered.");
    assert_eq!(model.turns().len(), 1);
    let told = told(&model);
    assert!(told.contains("\noffered before: ") && told.contains("no sign that it was read"), "{told}");
    assert_eq!(counts(&machine.world, &repo), (0, 1));
    session.kill(Signal::KILL);
    let session = self::open(&machine, Host::Claude, &repo, &model);
    session.ask("go", "Nothing.");
    assert_eq!(messages(&model.texts(1)), [""; 0]);
}

#[test]
fn a_session_that_is_killed_or_interrupted_in_its_first_answer_leaves_the_handoff_for_the_next_one() {
    for host in Host::BOTH {
        let Some((machine, repo)) = set() else { return };
        let held = || text("It begins well and goes on.").held();
        let model = host.model([held(), held(), held(), text("Answered.")]);
        for (number, signal) in [(1, Signal::KILL), (2, Signal::TERM)] {
            let session = open(&machine, host, &repo, &model);
            session.say("go");
            session.is_held(number);
            told(&model);
            session.kill(signal);
            assert_eq!(counts(&machine.world, &repo), (1, 0), "{host:?} {signal:?}");
        }
        let session = open(&machine, host, &repo, &model);
        session.say("go");
        session.is_held(3);
        session.terminal.keys(&["Escape"]);
        session.terminal.wait("interruption", |screen| screen.to_lowercase().contains("interrupted"));
        assert_eq!(counts(&machine.world, &repo), (1, 0), "{host:?}");
        session.quit();
        let session = open(&machine, host, &repo, &model);
        session.ask("go", "Answered.");
        let told = told(&model);
        assert!(told.contains("\noffered before: "), "{host:?}: {told}");
        session.kill(Signal::KILL);
        assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?}");
    }
}

#[test]
fn an_error_in_the_place_of_the_first_answer_leaves_the_handoff_for_the_next_session() {
    for host in Host::BOTH {
        let Some((machine, repo)) = set() else { return };
        let kind = if host == Host::Claude { "rate_limit_error" } else { "usage_limit_reached" };
        // By the prompt: an agent may ask a second time.
        let model = host.model([reading(move |texts| {
            let asked = |word: &str| texts.iter().any(|text| text.role == Role::User && text.text == word);
            if asked("third") {
                text("Answered.")
            } else if asked("second") {
                refuse(400, "invalid_request_error", "the request is no good")
            } else {
                refuse(429, kind, "the limit of the week is used up")
            }
        })]);
        let session = open(&machine, host, &repo, &model);
        session.say("first");
        session.terminal.wait("limit", |screen| screen.contains("limit"));
        session.quit();
        assert_eq!(counts(&machine.world, &repo), (1, 0), "{host:?}");
        let session = open(&machine, host, &repo, &model);
        session.say("second");
        session.terminal.wait("error", |screen| screen.contains("no good"));
        assert!(told(&model).contains("\noffered before: "), "{host:?}");
        assert_eq!(counts(&machine.world, &repo), (1, 0), "{host:?}");
        // The same session goes on: it has the handoff in its context.
        session.ask("third", "Answered.");
        told(&model);
        assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?}");
    }
}

#[test]
fn a_day_of_work_ends_with_the_handoff_acknowledged_by_the_session_that_was_cleared_for_it() {
    for host in Host::BOTH {
        let Some((machine, repo)) = set() else { return };
        let session = match host {
            Host::Claude => &["--permission-mode", "default", "--allowedTools", "Bash"][..],
            _ => &["--no-daemon", "--dangerously-bypass-approvals-and-sandbox"],
        };
        let steps = [acknowledging(), shell(leave(&machine)), text("Handed off."), acknowledging()];
        let model = host.model(steps);
        let session = machine.open(host, &repo, &model, session).unwrap();
        if host == Host::Claude {
            // Cleared before a word was said: the handoff is for the session that begins then.
            is_offered(&session, &machine, &repo);
            let to = || offer(&machine.world, &repo)["session"].clone();
            let before = to();
            session.say("/clear");
            session.until("the handoff is on offer again", || to() != before);
        }
        session.ask("go", "Answered.");
        assert_eq!(told(&model).contains("\noffered before: "), host == Host::Claude, "{host:?}");
        session.ask("hand off", "Handed off.");
        assert_eq!(counts(&machine.world, &repo), (1, 1), "{host:?}");
        session.say("/clear");
        session.terminal.wait("empty screen", |screen| !screen.contains("Handed off."));
        session.say("go");
        session.until("the cleared session has answered", || model.turns().len() == 4);
        assert!(told(&model).contains("\n--- <f> 1/1 Second\n"), "{host:?}");
        session.until("both are archived", || counts(&machine.world, &repo) == (0, 2));
        let log = machine.world.run("inbox", &repo, &["log"], "");
        assert_eq!(log.out().matches("acknowledged").count(), 2, "{host:?}: {}", log.out());
        session.quit();
    }
}

#[test]
fn of_two_sessions_side_by_side_the_first_has_the_handoff_and_the_other_is_told_so() {
    let Some((machine, repo)) = set() else { return };
    let model = Host::Claude.model([text("Nothing."), text("Answered."), text("Cleared.")]);
    let first = open(&machine, Host::Claude, &repo, &model);
    is_offered(&first, &machine, &repo);
    let second = open(&machine, Host::Claude, &repo, &model);
    second.ask("hello", "Nothing.");
    assert_eq!(messages(&model.texts(0)), [""; 0]);
    let said: Vec<_> =
        model.texts(0).into_iter().filter(|text| text.text.contains("agent-handoff: ")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].text.contains("1 handoff is on offer to a session that has not spoken yet"), "{said:?}");
    assert_eq!(counts(&machine.world, &repo), (1, 0));
    first.ask("go", "Answered.");
    let told = told(&model);
    assert!(!told.contains("offered before"), "{told}");
    second.say("/clear");
    second.terminal.wait("empty screen", |screen| !screen.contains("Nothing."));
    second.ask("hello again", "Cleared.");
    assert_eq!(messages(&model.texts(2)), [""; 0]);
    assert_eq!(counts(&machine.world, &repo), (0, 1));
}

#[test]
fn claude_without_a_transcript_is_offered_the_handoff_three_times_and_then_told_in_one_line() {
    let Some((machine, repo)) = set() else { return };
    let machine = machine.with("CLAUDE_CODE_SKIP_PROMPT_HISTORY", "1");
    let model = Host::Claude.model([text("Answered.")]);
    for turn in 0..4 {
        let session = open(&machine, Host::Claude, &repo, &model);
        session.say("go");
        session.terminal.wait("answer", |screen| screen.contains("Answered."));
        let told = messages(&model.texts(turn));
        assert_eq!(told.len(), usize::from(turn < 3), "{turn}: {told:?}");
        assert_eq!(told.iter().any(|told| told.contains("\noffered before: ")), (1..3).contains(&turn));
        session.kill(Signal::KILL);
        assert_eq!(counts(&machine.world, &repo), (1, 0));
    }
    let said = model.texts(3).into_iter().filter(|text| text.text.contains("was offered 3 times"));
    assert_eq!(said.count(), 1);
}

#[test]
fn codex_through_the_server_that_its_terminals_share_takes_the_handoff_with_its_first_answer() {
    if !can("find processes by their programs", cfg!(target_os = "linux")) {
        return;
    }
    let Some((machine, repo)) = set() else { return };
    let model =
        Host::Codex.model([text("It begins well and goes on.").held(), text("Other."), text("Answered.")]);
    // The server is not ended with the terminal.
    struct Server<'m>(&'m Machine);
    impl Drop for Server<'_> {
        fn drop(&mut self) {
            self.0.end_the_server();
        }
    }
    let _server = Server(&machine);
    let first = machine.open(Host::Codex, &repo, &model, &[]).unwrap();
    first.say("go");
    first.is_held(1);
    told(&model);
    assert_eq!(counts(&machine.world, &repo), (1, 0));
    let second = machine.open(Host::Codex, &repo, &model, &[]).unwrap();
    second.ask("hello", "Other.");
    assert_eq!(messages(&model.texts(1)), [""; 0]);
    assert_eq!(counts(&machine.world, &repo), (1, 0));
    // The server finishes the turn, though its terminal is gone.
    first.kill(Signal::KILL);
    model.go_on();
    second.wrote("It begins well");
    second.until("it is archived", || counts(&machine.world, &repo) == (0, 1));
    second.say("/clear");
    second.terminal.wait("empty screen", |screen| !screen.contains("Other."));
    second.ask("go", "Answered.");
    assert_eq!(messages(&model.texts(2)), [""; 0]);
}
