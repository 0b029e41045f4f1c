//! How much memory a transcript of any size costs: the only test of its process, which asks the system for its peak.
#![cfg(target_os = "linux")]
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test makes its own files, and may panic"
)]

use std::fs::File;
use std::io::{BufWriter, Write};

use handoff_transcript::{HEAD, TAIL, WHOLE, cut_down, read};

const LIMIT: u64 = 8 << 20;

/// The most memory that this process had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

fn ask(file: &mut impl Write, what: &str) {
    let message = format!(r#"{{"content":"{what}"}}"#);
    writeln!(file, r#"{{"type":"user","message":{message},"sessionId":"s","cwd":"/r"}}"#).unwrap();
}

fn answer(file: &mut impl Write, block: &str) {
    let message = format!(r#"{{"content":[{block}]}}"#);
    writeln!(file, r#"{{"type":"assistant","message":{message},"sessionId":"s"}}"#).unwrap();
}

/// What came back from a call that nobody made; written in portions, so that this process never holds it.
fn result(file: &mut impl Write, kilobytes: usize) {
    let before = r#"{"message":{"content":[{"type":"tool_result","tool_use_id":"n","content":""#;
    write!(file, "{before}").unwrap();
    (0..kilobytes).for_each(|_| file.write_all(&[b'y'; 1024]).unwrap());
    writeln!(file, r#""}}]}},"type":"user","sessionId":"s"}}"#).unwrap();
}

#[test]
fn neither_a_large_file_nor_long_lines_nor_many_calls_cost_more_than_8_mb() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("transcript.jsonl");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    let x = "x".repeat(3000);
    let todos = format!("{{\"content\":\"{}\"}},", &x[..30]).repeat(50);
    ask(&mut file, "the first request");
    for round in 0..6000 {
        // Calls that never come back, with long paths and long plans.
        let input = format!(r#"{{"file_path":"/r/{round}/{x}"}}"#);
        answer(&mut file, &format!(r#"{{"type":"tool_use","id":"e{round}","name":"Edit","input":{input}}}"#));
        let input = format!(r#"{{"todos":[{}]}}"#, todos.trim_end_matches(','));
        answer(
            &mut file,
            &format!(r#"{{"type":"tool_use","id":"t{round}","name":"TodoWrite","input":{input}}}"#),
        );
        result(&mut file, 3);
        if round == 5500 {
            (0..3).for_each(|_| result(&mut file, 3 << 10));
        }
    }
    ask(&mut file, "the last request");
    answer(&mut file, r#"{"type":"text","text":"the answer"}"#);
    file.flush().unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size > WHOLE + (16 << 20), "{size}");

    let before = peak();
    assert!(before < LIMIT, "what this process had once it keeps, and the reader's need would not show");
    let session = read(&path).unwrap();
    assert!(peak() - before < LIMIT, "{} kB", (peak() - before) >> 10);
    assert_eq!((session.coverage.size, session.coverage.read), (size, HEAD + TAIL));
    assert_eq!(session.coverage.shortened, 3);
    assert_eq!(session.task.unwrap().text, "the last request");
    assert_eq!(session.first_task.unwrap().text, "the first request");
    assert_eq!(session.last_answer.unwrap().text, "the answer");
    assert!(session.files.len() > 100 && session.files_left_out > 0);

    let copy = cut_down(&path, &|text| text.to_owned()).unwrap();
    assert!(peak() - before < LIMIT, "{} kB", (peak() - before) >> 10);
    assert!(!copy.whole && copy.lines.ends_with("{\"role\":\"assistant\",\"text\":\"the answer\"}\n"));
}
