//! The agents that handoff-cli put among Codex's.
//!
//! Each runs `handoff run --backend NAME`, discards what it prints and answers with the `RESULT=` that handoff-cli writes
//! to standard error. Ours prints that line to standard output: with ours on PATH such an agent reports a failure of tasks
//! that succeeded. So each gives way to an agent of ours with the same name and backend, whether it is still a link into
//! handoff-cli's package or its package was upgraded since.

use std::path::Path;

use handoff_edits::MAX_FILE_BYTES;
use handoff_files::Dir;
use handoff_skills::{Programs, Rendered, render_agent};

use crate::hosts::{Placed, PlacedKind};
use crate::manifest::Manifest;

/// The most files of a user's agents directory that are looked at.
const MAX_AGENTS: usize = 1000;

/// Whether `content` is an agent of handoff-cli's, of whichever version.
pub(crate) fn is_one(content: &[u8]) -> bool {
    theirs(&String::from_utf8_lossy(content)).is_some()
}

/// Our agents in the place of handoff-cli's in `directory`, and those that took their place before, beside `own`.
pub(crate) fn found(directory: &Path, own: &[Placed], bin: &Path, manifest: &Manifest) -> Vec<Placed> {
    let there = Dir::open(&handoff_files::canonical(directory)).ok().flatten();
    let entries = there.and_then(|dir| dir.first_entries(MAX_AGENTS).ok());
    let mut placed = Vec::new();
    for entry in entries.into_iter().flatten() {
        let path = directory.join(&entry.name);
        let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_name(stem));
        let Some(name) = stem.filter(|stem| stem.starts_with("handoff-")) else { continue };
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if !is_toml || own.iter().any(|own| own.path == path) {
            continue;
        }
        let content = handoff_files::read_file(&path, MAX_FILE_BYTES).unwrap_or_default();
        let text = String::from_utf8_lossy(&content);
        let backend = theirs(&text)
            .or_else(|| ours(&text).filter(|_| manifest.files.contains_key(&path)))
            .or_else(|| name.strip_prefix("handoff-").filter(|_| is_link(&path)));
        if let Some(backend) = backend {
            let Rendered { path: name, text, .. } = render_agent(name, backend, Programs::Installed(bin));
            placed.push(Placed { kind: PlacedKind::Agent, name, path, text });
        }
    }
    placed.sort_by(|one, other| one.path.cmp(&other.path));
    placed
}

/// Whether the file is a link into handoff-cli's package, which may be gone.
fn is_link(path: &Path) -> bool {
    let target = handoff_files::link_target(path);
    target
        .zip(path.file_name())
        .is_some_and(|(target, name)| target.ends_with(Path::new("cli/skills").join(name)))
}

/// The backend of an agent of handoff-cli's: it discards what `handoff run` prints.
fn theirs(text: &str) -> Option<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| line.ends_with(">/dev/null"))
        .find_map(|line| backend(line.strip_prefix("handoff run --backend ")?))
}

/// The backend of an agent of ours.
fn ours(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (_, rest) = line.split_once("/bin/handoff")?;
        // A path with blanks stands in quotes.
        backend(rest.trim_start_matches('\'').strip_prefix(" run --backend ")?)
    })
}

fn backend(arguments: &str) -> Option<&str> {
    let end = arguments.find(|c: char| !is_letter(c)).unwrap_or(arguments.len());
    Some(&arguments[..end]).filter(|name| is_name(name))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_letter)
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[cfg(test)]
mod tests {
    use super::{is_one, ours, theirs};

    #[test]
    fn agents_of_handoff_cli_are_known_by_the_command_whose_output_they_discard() {
        for (text, backend) in [
            (
                "x = \"\"\"\nhandoff run --backend deepseek <PROMPT_FILE> >/dev/null\n\"\"\"\n",
                Some("deepseek"),
            ),
            ("\r\n    handoff run --backend opus --pro <PROMPT_FILE> >/dev/null\r\n", Some("opus")),
            ("\thandoff run --backend my_own-1 F >/dev/null", Some("my_own-1")),
            ("handoff run --backend opus F\n", None),
            ("Do not call `handoff run --backend opus F >/dev/null`.\n", None),
            ("handoff run --backend \"; rm\" >/dev/null\n", None),
            ("/p/bin/handoff run --backend opus F >/dev/null\n", None),
        ] {
            assert_eq!(theirs(text), backend, "{text}");
            assert_eq!(is_one(text.as_bytes()), backend.is_some());
        }
        assert_eq!(ours("- x: `'/a b/bin/handoff' run --backend x`\n"), Some("x"));
        assert_eq!(ours("- x: `/p/bin/handoff run --backend gemini PATH`\n"), Some("gemini"));
    }
}
