//! How fast a stream is read: `cargo run --release -p handoff-stream --example measure -- [KIND] [MB]`.
//!
//! Makes streams in the shape of real ones and reads them in portions of 64 KiB. KIND is `partial` (Claude with
//! partial messages), `whole` (Claude without), `codex`, `plain` (no events at all), `line` (one result of MB) or all.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example for people, not a program"
)]

use std::fmt::Write as _;
use std::time::Instant;

use handoff_stream::{Dialect, Reader};

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

fn stream(kind: &str, size: usize) -> String {
    let mut out = String::with_capacity(size + 4096);
    let mut number = 0;
    while out.len() < size && kind != "line" {
        number += 1;
        match kind {
            "codex" => item(&mut out, number),
            "plain" => out.push_str("warning: nothing of this is an event, and there is very much of it\n"),
            _ => message(&mut out, kind == "partial"),
        }
    }
    match kind {
        "codex" => {
            out.push_str("{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}\n")
        }
        "line" => out.push_str(&result(&PROSE.repeat(size / PROSE.len()))),
        _ => out.push_str(&result("done")),
    }
    out
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
        let stream = stream(kind, if kind == "line" && wanted == "all" { 20 } else { megabytes } << 20);
        let dialect = if kind == "codex" { Dialect::Codex } else { Dialect::Claude };
        let before = peak();
        let mut times = Vec::new();
        let mut told = (0, 0);
        let mut outcome = None;
        for _ in 0..if wanted == "all" { 5 } else { 1 } {
            drop(outcome.take());
            told = (0, 0);
            let begun = Instant::now();
            let mut reader = Reader::new(dialect);
            let mut tell =
                |progress: handoff_stream::Progress| told = (told.0 + 1, told.1 + progress.text().len());
            stream.as_bytes().chunks(64 << 10).for_each(|part| reader.push(part, &mut tell));
            outcome = Some(reader.finish(&mut tell));
            times.push(begun.elapsed());
        }
        times.sort();
        let time = times[times.len() / 2].as_secs_f64();
        let outcome = outcome.expect("it was measured at least once");
        println!(
            "{kind:8} {} MB, {} lines: {:.0} ms, {:.0} MB/s; {} lines of progress, {} bytes; {:?} with {} bytes; \
             {} MB over the stream's own",
            stream.len() >> 20,
            stream.lines().count(),
            time * 1000.0,
            stream.len() as f64 / time / 1e6,
            told.0,
            told.1,
            outcome.verdict,
            outcome.text.len(),
            peak().saturating_sub(before),
        );
    }
}
