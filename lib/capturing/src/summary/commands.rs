//! Which of a session's commands a summary names.

use std::collections::HashSet;

use handoff_transcript::{Command, Session};

/// The commands that say something about the work, the last first, each once with its last outcome.
pub(super) fn outcomes(session: &Session) -> Vec<&Command> {
    let mut seen = HashSet::new();
    let telling = session.commands.iter().rev().filter(|command| !only_looks(&command.line.text));
    telling.filter(|command| seen.insert(with_single_blanks(&command.line.text))).collect()
}

/// A command line with one blank wherever several stand between its words: to compare, not to run. What is in quotes
/// stays.
fn with_single_blanks(line: &str) -> String {
    let (mut text, mut quote) = (String::new(), None);
    let mut letters = line.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        let is_blank = |letter: &char| matches!(letter, ' ' | '\t');
        match quote {
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if is_blank(&letter) => {
                while letters.next_if(is_blank).is_some() {}
                text.push(' ');
                continue;
            }
            _ => {}
        }
        text.push(letter);
        if letter == '\\' && quote != Some('\'') {
            text.extend(letters.next());
        }
    }
    text
}

/// Whether a command line does no more than look at files or say something.
fn only_looks(line: &str) -> bool {
    const LOOKS: [&str; 24] = [
        "ls", "cat", "head", "tail", "pwd", "cd", "echo", "printf", "wc", "grep", "rg", "find", "fd", "sed",
        "awk", "sort", "tree", "file", "stat", "which", "less", "true", "sleep", "date",
    ];
    let mut parts = line.split(['|', ';', '&', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.all(|part| {
        let mut words = part.split_whitespace();
        let first = words.next().unwrap_or_default();
        let is_git_look =
            first == "git" && matches!(words.next(), Some("status" | "log" | "diff" | "show" | "branch"));
        let changes = matches!(first, "sed" | "find" | "fd") && part.contains(" -i")
            || part.contains('>')
            || part.contains("-delete")
            || part.contains("-exec");
        (LOOKS.contains(&first) || is_git_look) && !changes
    })
}
