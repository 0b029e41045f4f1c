//! How fast a stream is read: `cargo run --release -p handoff-stream --example measure -- [KIND] [MB]`.
//!
//! Makes streams in the shape of real ones and reads them in portions of 64 KiB. KIND is `partial` (Claude with
//! partial messages), `whole` (Claude without), `codex`, `plain` (no events at all), `line` (one result of MB), or
//! `all` of them. The streams repeat a part of 1 MB, so that the memory measured is the reader's.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example for people, not a program"
)]

use std::fmt::Write as _;
use std::time::Instant;

use handoff_agents::Protocol;
use handoff_stream::Reader;

const IDS: &str = r#""session_id":"0d2da92a-8cfc-4ac1-a865-898d7ae92e53","parent_tool_use_id":null,"uuid":"8143eb03-ae6c-4383-b722-d5b86401e88d""#;
const PROSE: &str = "The parser keeps what it knows and passes over the rest, so that a line of any shape \
                     costs no more than its length.\\nA \\\"quoted\\\" word, a `path/to/file.rs`, a caf\u{e9}. ";

/// One message as Claude tells it: its parts, when they are wanted, then the whole, then what a tool said.
fn message(out: &mut String, partial: bool) {
    if partial {
        for word in PROSE.split_inclusive(' ') {
            let delta = format!(r#"{{"type":"text_delta","text":"{word}"}}"#);
            let event = format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
            writeln!(out, r#"{{"type":"stream_event","event":{event},{IDS},"api_message_id":"msg_1"}}"#)
                .unwrap();
        }
    }
    let usage = r#""usage":{"input_tokens":12565,"output_tokens":1,"cache_read_input_tokens":0}"#;
    for block in [
        format!(r#"{{"type":"text","text":"{PROSE}"}}"#),
        r#"{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"cargo test -p x | head -3"}}"#
            .to_owned(),
    ] {
        let message =
            format!(r#"{{"id":"msg_1","role":"assistant","model":"m","content":[{block}],{usage}}}"#);
        writeln!(out, r#"{{"type":"assistant","message":{message},{IDS},"request_id":"req_1"}}"#).unwrap();
    }
    let said = format!(r#"{{"tool_use_id":"toolu_1","type":"tool_result","content":"{PROSE}{PROSE}"}}"#);
    writeln!(out, r#"{{"type":"user","message":{{"role":"user","content":[{said}]}},{IDS}}}"#).unwrap();
}

fn item(out: &mut String, number: usize) {
    let command = r#""command":"/bin/bash -lc 'cargo test -p x | head -3'""#;
    writeln!(out, r#"{{"type":"item.started","item":{{"id":"item_{number}","type":"command_execution",{command},"aggregated_output":"","exit_code":null,"status":"in_progress"}}}}"#).unwrap();
    writeln!(out, r#"{{"type":"item.completed","item":{{"id":"item_{number}","type":"command_execution",{command},"aggregated_output":"{PROSE}{PROSE}","exit_code":0,"status":"completed"}}}}"#).unwrap();
    writeln!(out, r#"{{"type":"item.completed","item":{{"id":"item_{number}","type":"agent_message","text":"{PROSE}"}}}}"#).unwrap();
}

fn result(text: &str) -> String {
    format!(
        r#"{{"duration_api_ms":1,"is_error":false,"subtype":"success","result":"{text}","type":"result"}}"#
    )
}

/// What a stream begins with, what it repeats, and its end.
fn stream(kind: &str) -> (&str, String, String) {
    let mut middle = String::new();
    while middle.len() < 1 << 20 {
        match kind {
            "codex" => item(&mut middle, 1),
            "plain" => {
                middle.push_str("warning: nothing of this is an event, and there is very much of it\n")
            }
            "line" => middle.push_str(PROSE),
            _ => message(&mut middle, kind == "partial"),
        }
    }
    match kind {
        "codex" => ("", middle, "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":1}}\n".to_owned()),
        "line" => ("{\"result\":\"", middle, "\",\"type\":\"result\",\"subtype\":\"success\"}\n".to_owned()),
        _ => ("", middle, result("done")),
    }
}

/// The most memory that this process had, in MB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0u64) / 1024
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_else(|| "all".to_owned());
    let megabytes: usize = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(100);
    for kind in ["partial", "whole", "codex", "plain", "line"] {
        if wanted != "all" && wanted != kind {
            continue;
        }
        let (begin, middle, end) = stream(kind);
        let repeats = if kind == "line" && wanted == "all" { 20 } else { megabytes };
        let size = begin.len() + middle.len() * repeats + end.len();
        let protocol = if kind == "codex" { Protocol::Codex } else { Protocol::Claude };
        let mut times = Vec::new();
        let mut told = (0, 0);
        let mut outcome = None;
        for _ in 0..if wanted == "all" { 5 } else { 1 } {
            drop(outcome.take());
            told = (0, 0);
            let begun = Instant::now();
            let mut reader = Reader::new(protocol);
            let mut tell =
                |progress: handoff_stream::Progress| told = (told.0 + 1, told.1 + progress.text().len());
            reader.push(begin.as_bytes(), &mut tell);
            for _ in 0..repeats {
                middle.as_bytes().chunks(64 << 10).for_each(|part| reader.push(part, &mut tell));
            }
            reader.push(end.as_bytes(), &mut tell);
            outcome = Some(reader.finish(&mut tell));
            times.push(begun.elapsed());
        }
        times.sort();
        let time = times[times.len() / 2].as_secs_f64();
        let outcome = outcome.expect("it was measured at least once");
        println!(
            "{kind:8} {} MB, {} lines: {:.0} ms, {:.0} MB/s; {} lines of progress, {} bytes; {:?} with {} bytes; \
             {} MB at most",
            size >> 20,
            middle.lines().count() * repeats,
            time * 1000.0,
            size as f64 / time / 1e6,
            told.0,
            told.1,
            outcome.verdict,
            outcome.text.len(),
            peak(),
        );
    }
}
