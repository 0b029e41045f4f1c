//! What the real hosts wrote, as evidence. The recordings are in `tests/recorded`.
#![allow(clippy::disallowed_methods, reason = "tests read recordings")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_agents::{Dialect, SessionStart};
use serde_json::Value;

use crate::evidence::{Look, Question, look};

/// The hosts that were recorded, with the format of their transcripts and their stamps.
const HOSTS: [(&str, Dialect, &str); 6] = [
    ("claude-", Dialect::ClaudeCode, "claude-code"),
    ("codex-", Dialect::Codex, "codex-cli"),
    ("gemini-", Dialect::Gemini, "gemini-cli"),
    ("droid-", Dialect::Droid, "droid"),
    ("qwen-", Dialect::Qwen, "qwen-code"),
    ("copilot-", Dialect::Copilot, "copilot"),
];

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded")
}

/// The directories of one host's recordings, one for each version.
fn versions(host: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(recorded()).unwrap().map(|entry| entry.unwrap().path());
    let is_of = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(host);
    let versions: Vec<PathBuf> = entries.filter(is_of).collect();
    assert!(!versions.is_empty(), "{host}");
    versions
}

/// Each start of a session that was recorded: its case, and what is known of it.
fn starts(version: &Path) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(version).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(case) = name.strip_suffix(".starts.json") else { continue };
        let entries: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        all.extend(entries.as_array().unwrap().iter().map(|start| (case.to_owned(), start.clone())));
    }
    all
}

fn seen(version: &Path, start: &Value, dialect: Dialect, strict: bool) -> Look {
    let file = start["transcript"].as_str().unwrap_or("never-written.jsonl");
    look(&Question {
        path: &version.join(file),
        length: start["length"].as_u64().unwrap(),
        frame: start["frame"].as_str().unwrap(),
        dialect,
        strict,
        token: Some("no such token"),
        until: Instant::now() + Duration::from_secs(60),
    })
}

#[test]
fn every_recorded_session_is_seen_to_have_used_what_it_was_given_or_not() {
    let mut counts = [0, 0];
    for (host, dialect, _) in HOSTS {
        // These two write it where a person could have typed it.
        let is_told_apart = !matches!(dialect, Dialect::Gemini | Dialect::Droid);
        for version in versions(host) {
            for (case, start) in starts(&version) {
                let used = start["used"].as_bool().unwrap();
                for strict in [false, true].into_iter().filter(|strict| is_told_apart || !strict) {
                    let is_used = match seen(&version, &start, dialect, strict) {
                        Look::Missing => false,
                        Look::Read(finding) => {
                            assert!(!used || finding.shows(start["frame"].as_str().unwrap()));
                            finding.is_answered
                        }
                        other => panic!("{}: {case}: {other:?}", version.display()),
                    };
                    assert_eq!(is_used, used, "{}: {case}, strict: {strict}", version.display());
                }
                counts[usize::from(used)] += 1;
            }
        }
    }
    assert!(counts.iter().all(|&count| count > 20), "{counts:?}");
}

#[test]
fn every_recorded_payload_is_known_for_its_hosts() {
    for (host, _, stamp) in HOSTS {
        for version in versions(host) {
            for (case, start) in starts(&version) {
                let session = SessionStart::recognise(start["stdin"].as_object().unwrap());
                assert_eq!(session.map(|session| session.host.stamp), Some(stamp), "{case}");
            }
        }
    }
}
