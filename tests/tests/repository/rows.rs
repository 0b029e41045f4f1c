//! Code asks a host's row, and never which host it is.

use std::path::{Path, PathBuf};

use super::root;

/// Where a host is wired.
const SOURCES: &[&str] = &["installer/src", "lib/adapters/src", "lib/edits/src", "lib/wiring/src"];

/// What names a host's row, and the hosts whose own protocols and settings have files named after them.
const ROWS: &[(&str, &str)] = &[("CODEX", "codex"), ("codex::HOST", "codex"), ("CLAUDE_CODE", "claude")];

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Whether `word` stands in `line` by itself.
fn names(line: &str, word: &str) -> bool {
    let is_part =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    line.match_indices(word).any(|(at, _)| {
        !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next())
    })
}

#[test]
fn only_a_file_named_after_a_host_names_its_row() {
    let mut faults = Vec::new();
    for path in SOURCES.iter().flat_map(|source| files(&root().join(source))) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        // Tests, which stand last, may say what is to come out.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (line, number) in code.lines().zip(1..) {
            for (word, host) in ROWS {
                if !name.contains(host) && names(line, word) {
                    faults.push(format!("{name}:{number}: `{word}`: ask the row (lib/agents) instead"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
