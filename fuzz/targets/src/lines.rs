//! JSON lines: streams of backends and transcripts of hosts.

use std::io::Cursor;

use handoff_agents::Protocol;
use handoff_jsonl::{Fate, Limits, Line, Lines, Value, trimmed};
use handoff_stream::Reader;

/// No line of an input is longer.
const WIDE: Limits = Limits { line: 16 << 20, string: 64, rest: 200 };

/// Many lines of the recorded transcripts are longer.
const NARROW: Limits = Limits { line: 600, string: 64, rest: 200 };

/// How deep values are looked into.
const DEPTH: usize = 6;

/// Reads JSON lines, as a stream of either backend and as a transcript. How they were portioned makes no difference.
pub fn jsonl(data: &[u8]) {
    let whole = lines(data, WIDE, data.len().max(1));
    for portion in [1, 7, 512] {
        assert_eq!(lines(data, WIDE, portion), whole, "portions of {portion} bytes");
    }
    for (line, fate) in lines(data, NARROW, 64) {
        assert!(line.len() <= NARROW.line + NARROW.rest, "{} bytes of a line are kept", line.len());
        assert!(fate != Fate::Lost || line.is_empty(), "of a line that was given up nothing is kept");
    }
    for line in data.split(|&byte| byte == b'\n') {
        look(Value::new(line), DEPTH);
    }
    for protocol in Protocol::ALL {
        let whole = stream(protocol, data, data.len().max(1));
        assert_eq!(stream(protocol, data, 13), whole, "{protocol:?} in portions of 13 bytes");
    }
    handoff_transcript::read_from(&mut Cursor::new(data)).unwrap();
    handoff_transcript::cut_down_from(&mut Cursor::new(data), &str::to_owned).unwrap();
}

/// The lines without the blanks around them: those of a line that comes in parts are not kept.
fn lines(data: &[u8], limits: Limits, portion: usize) -> Vec<(Vec<u8>, Fate)> {
    let mut taken = Vec::new();
    let mut lines = Lines::new(limits, |_| false);
    let mut take = |line: Line<'_>| taken.push((trimmed(line.bytes).to_vec(), line.fate));
    for part in data.chunks(portion) {
        lines.push(part, &mut take);
    }
    lines.finish(&mut take);
    taken
}

fn look(value: Value<'_>, depth: usize) {
    let _ = (value.flag(), value.number(), value.count(), value.is_null(), value.is("result"));
    if let Some(raw) = value.string() {
        for limit in [0, 1, 5, 1 << 10] {
            let (body, text) = (raw.body(limit), raw.text(limit));
            let _ = (body, text, raw.beginning(limit));
        }
    }
    let _ = value.pick(["type", "message", "content"]);
    if depth > 0 {
        value.items().take(50).for_each(|item| look(item, depth - 1));
        value.entries().take(50).for_each(|(_, entry)| look(entry, depth - 1));
    }
}

/// The progress of a stream, and its outcome.
fn stream(protocol: Protocol, data: &[u8], portion: usize) -> (Vec<String>, String) {
    let mut reported = Vec::new();
    let mut tell = |progress: handoff_stream::Progress| reported.push(progress.to_string());
    let mut reader = Reader::new(protocol);
    for part in data.chunks(portion) {
        reader.push(part, &mut tell);
    }
    let outcome = reader.finish(&mut tell);
    (reported, format!("{outcome:?}"))
}
