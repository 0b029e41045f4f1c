//! Transcripts that Claude Code 2.1.329 and Codex 0.169.0 wrote with a mock model, and all that is told of them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use handoff_agents::{CLAUDE_CODE, CODEX, Host};
use handoff_stream::{Reason, ReasonKind};
use handoff_text::Sanitised;
use handoff_transcript::{Command, Coverage, Failure, Outcome, Session, Status, Text, Todo, cut_down, read};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{name}.jsonl"))
}

fn told(name: &str) -> Session {
    let mut session = read(&fixture(name)).unwrap();
    let coverage = session.coverage;
    assert!(coverage.is_whole() && coverage.unreadable == 0 && coverage.lines > 5, "{coverage:?}");
    session.coverage = Coverage::default();
    session
}

fn some(text: &str) -> Option<Text> {
    Some(Text::from(text))
}

fn ran(line: &str, outcome: Outcome) -> Command {
    Command { line: Text::from(line), outcome }
}

/// What every recorded session has in common: one request, nothing done.
fn session(host: &'static Host, task: &str) -> Session {
    Session {
        host: Some(host),
        session_id: some("00000000-0000-4000-8000-000000000001"),
        cwd: some("/home/dev/repo"),
        branch: (host == &CLAUDE_CODE).then(|| Text::from("main")),
        model: some(if host == &CLAUDE_CODE { "claude-sonnet-5-5" } else { "gpt-5.5" }),
        task: some(task),
        subject: some(task),
        turns: 1,
        ..Session::default()
    }
}

fn failure(text: &str, kind: ReasonKind, status: Option<u64>, code: &str) -> Option<Failure> {
    let reason = Reason { text: Sanitised::from(text), kind };
    Some(Failure { reason, status, code: some(code) })
}

#[test]
fn claude_code_at_work() {
    let expected = Session {
        files: vec!["/home/dev/repo/f.txt".into(), "/home/dev/repo/main.rs".into()],
        commands: vec![
            ran("echo hello; ls", Outcome::Exit(0)),
            ran("echo oops >&2; exit 3", Outcome::Exit(3)),
        ],
        commands_run: 2,
        last_answer: some("Main is fixed; a test fails."),
        todos: vec![
            Todo { text: "Fix main".into(), status: Status::Completed },
            Todo { text: "Test it".into(), status: Status::InProgress },
        ],
        ..session(&CLAUDE_CODE, "Fix main and test it")
    };
    assert_eq!(told("claude-work"), expected);
}

#[test]
fn codex_at_work() {
    let expected = Session {
        branch: some("main"),
        files: vec!["/home/dev/repo/main.rs".into(), "/home/dev/repo/f.txt".into()],
        commands: vec![
            ran("echo hello; ls", Outcome::Exit(0)),
            ran("echo oops >&2; exit 3", Outcome::Exit(3)),
        ],
        commands_run: 2,
        last_answer: some("Main is fixed; a test fails."),
        ..session(&CODEX, "Fix main and test it")
    };
    assert_eq!(told("codex-work"), expected);
}

#[test]
fn a_limit_is_what_ended_it() {
    let text = "API Error: Request rejected (429) · Number of requests has exceeded your rate limit";
    let expected = Session {
        model: None,
        failure: failure(text, ReasonKind::RateLimit, Some(429), "rate_limit"),
        ..session(&CLAUDE_CODE, "Do the thing")
    };
    assert_eq!(told("claude-limit"), expected);
    let text = "You’ve hit your usage limit. Try again later.";
    let expected = Session {
        failure: failure(text, ReasonKind::UsageLimit, None, "usage_limit_exceeded"),
        ..session(&CODEX, "Do the thing")
    };
    assert_eq!(told("codex-limit"), expected);
    let failure = told("claude-too-long").failure.unwrap();
    assert_eq!((failure.reason.kind, failure.status), (ReasonKind::ContextFull, Some(400)));
}

#[test]
fn a_skill_is_a_request_with_its_name_and_what_hooks_say_is_none() {
    let expected =
        Session { last_answer: some("mock answer"), ..session(&CLAUDE_CODE, "/handoff --topic x") };
    assert_eq!(told("claude-command"), expected);
}

#[test]
fn a_compaction_and_its_summary_are_no_request_and_no_answer() {
    let expected = Session {
        first_task: some("First request: make it fast"),
        turns: 2,
        last_answer: some("mock answer"),
        ..session(&CLAUDE_CODE, "Now make it small")
    };
    assert_eq!(told("claude-compact"), expected);
    let expected = Session {
        first_task: some("First request"),
        turns: 2,
        commands: vec![ran("echo hi", Outcome::Exit(0))],
        commands_run: 1,
        last_answer: some("mock answer"),
        ..session(&CODEX, "Second request")
    };
    assert_eq!(told("codex-compact"), expected);
}

#[test]
fn what_goes_on_in_the_background_ends_when_it_says_so() {
    let expected = Session {
        commands: vec![
            ran("sleep 1; echo done", Outcome::Exit(0)),
            ran("touch /etc/x-denied", Outcome::Failed),
        ],
        commands_run: 2,
        last_answer: some("The background one is done."),
        ..session(&CLAUDE_CODE, "Run it in the background")
    };
    assert_eq!(told("claude-background"), expected);
}

#[test]
fn a_killed_session_may_have_done_what_did_not_come_back() {
    let expected = Session {
        files: vec!["/home/dev/repo/new.txt".into()],
        commands: vec![Command {
            line: Text { text: "make all".into(), cut: true },
            outcome: Outcome::Exit(137),
        }],
        commands_run: 1,
        last_answer: some("Let me run it."),
        ..session(&CLAUDE_CODE, "Build it")
    };
    assert_eq!(told("claude-killed"), expected);
    let expected = Session {
        commands: vec![ran("sleep 20", Outcome::Unknown)],
        commands_run: 1,
        last_answer: some("I start."),
        ..session(&CODEX, "Wait a bit")
    };
    assert_eq!(told("codex-killed"), expected);
}

#[test]
fn what_was_refused_was_not_done() {
    let expected = Session {
        model: some("gpt-5.1"),
        commands: vec![ran("echo hi; exit 4", Outcome::Failed), ran("echo hi; exit 5", Outcome::Failed)],
        commands_run: 2,
        last_answer: some("done"),
        ..session(&CODEX, "Do the thing with $handoff")
    };
    assert_eq!(told("codex-refused"), expected);
}

#[test]
fn the_copy_says_in_few_lines_what_was_said_and_done() {
    let keep = |text: &str| text.to_owned();
    let copy = |name: &str| cut_down(&fixture(name), &keep).unwrap();
    let codex = copy("codex-work");
    assert!(codex.whole);
    let patch = r#""*** Begin Patch\n*** Add File: f.txt\n+one\n+two\n*** Update File: main.rs\n@@\n-fn main() {}\n+fn main() { run() }\n*** End Patch\n""#;
    let plan = r#""explanation: the way\nplan: [{\"step\": \"Fix main\", \"status\": \"in_progress\"}, {\"step\": \"Test it\", \"status\": \"pending\"}]""#;
    let lines: Vec<_> = codex.lines.lines().collect();
    let patched = format!(
        r#"{{"tool":"apply_patch","input":{patch},"ok":true,"output":"Exit code: 0\nWall time: 0.3 seconds\nOutput:\nSuccess. Updated the following files:\nA f.txt\nM main.rs\n"}}"#
    );
    assert_eq!(
        lines[..6],
        [
            r#"{"from":"codex-cli","session":"00000000-0000-4000-8000-000000000001","whole":true}"#,
            r#"{"role":"user","text":"Fix main and test it"}"#,
            r#"{"role":"assistant","text":"I look at it first."}"#,
            r#"{"tool":"exec_command","input":"echo hello; ls","ok":true,"output":"hello\nmain.rs\n"}"#,
            &format!(
                r#"{{"tool":"update_plan","input":{plan},"ok":false,"output":"unsupported call: update_plan"}}"#
            ),
            &patched,
        ]
    );
    assert_eq!(lines.len(), 10);
    assert_eq!(lines[9], r#"{"role":"assistant","text":"Main is fixed; a test fails."}"#);

    let claude = copy("claude-work").lines;
    assert_eq!(claude.lines().count(), 15);
    assert!(claude.contains(
        r#"{"tool":"Bash","input":"echo oops >&2; exit 3","ok":false,"output":"Exit code 3\noops"}"#
    ));
    assert!(claude.contains(r#"{"tool":"Read","input":"file_path: /home/dev/repo/main.rs","ok":true,"#));
    assert!(claude.contains(r#""input":"file_path: /home/dev/repo/f.txt\ncontent: one\ntwo\n","ok":true"#));

    let limit = copy("codex-limit").lines;
    assert!(
        limit.ends_with("{\"role\":\"error\",\"text\":\"You’ve hit your usage limit. Try again later.\"}\n")
    );
    let compacted = copy("codex-compact").lines;
    let said: Vec<_> = compacted.lines().filter(|line| line.starts_with("{\"role\"")).collect();
    assert_eq!(
        said,
        [
            r#"{"role":"user","text":"First request"}"#,
            r#"{"role":"assistant","text":"after compaction"}"#,
            r#"{"role":"user","text":"Second request"}"#,
            r#"{"role":"assistant","text":"mock answer"}"#,
        ]
    );
    assert!(copy("codex-killed").lines.ends_with("{\"tool\":\"exec_command\",\"input\":\"sleep 20\"}\n"));
}
