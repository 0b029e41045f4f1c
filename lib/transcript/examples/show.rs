//! What a transcript tells: `cargo run -p handoff-transcript --example show -- FILE [cut]`.
//!
//! Prints the session as JSON, or with `cut` the copy that a capture keeps; on the standard error output how long it
//! took and the most memory that it needed.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "an example for people, not a program"
)]

use std::path::Path;
use std::time::Instant;

use handoff_transcript::{Session, Text};
use serde_json::{Value, json};

fn text(text: &Text) -> Value {
    Value::from(if text.cut { format!("{}…", text.text) } else { text.text.clone() })
}

fn all(session: &Session) -> Value {
    let maybe = |found: &Option<Text>| found.as_ref().map(text);
    let commands = session
        .commands
        .iter()
        .map(|command| json!({ "line": text(&command.line), "outcome": format!("{:?}", command.outcome) }));
    let todos =
        session.todos.iter().map(|todo| json!({ "text": text(&todo.text), "status": todo.status.name() }));
    let failure = session.failure.as_ref().map(|failure| {
        let kind = format!("{:?}", failure.reason.kind);
        let code = maybe(&failure.code);
        json!({ "text": failure.reason.text.as_str(), "kind": kind, "status": failure.status, "code": code })
    });
    json!({
        "tool": session.host.map(|host| host.stamp),
        "session_id": maybe(&session.session_id),
        "cwd": maybe(&session.cwd),
        "branch": maybe(&session.branch),
        "model": maybe(&session.model),
        "task": maybe(&session.task),
        "first_task": maybe(&session.first_task),
        "turns": session.turns,
        "files": session.files.iter().map(text).collect::<Vec<_>>(),
        "files_left_out": session.files_left_out,
        "commands": commands.collect::<Vec<_>>(),
        "commands_run": session.commands_run,
        "last_answer": maybe(&session.last_answer),
        "todos": todos.collect::<Vec<_>>(),
        "failure": failure,
        "interrupted": session.interrupted,
        "coverage": {
            "size": session.coverage.size,
            "read": session.coverage.read,
            "lines": session.coverage.lines,
            "unreadable": session.coverage.unreadable,
            "shortened": session.coverage.shortened,
            "lost": session.coverage.lost,
        },
    })
}

/// The most memory that this process had, in kB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("the path of a transcript");
    let is_cut = arguments.next().is_some();
    let redact = |text: &str| handoff_secrets::redact(text, &handoff_secrets::scan(text));
    let begun = Instant::now();
    let shown = if is_cut {
        handoff_transcript::cut_down(Path::new(&path), &redact).map(|copy| copy.lines)
    } else {
        handoff_transcript::read(Path::new(&path)).map(|session| format!("{:#}\n", all(&session)))
    };
    let time = begun.elapsed();
    match shown {
        Ok(shown) => print!("{shown}"),
        Err(error) => eprintln!("{error}"),
    }
    eprintln!("{:.1} ms, {} kB at most", time.as_secs_f64() * 1000.0, peak());
}
