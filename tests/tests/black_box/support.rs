//! What these tests share: handoffs as other programs write them, and a message taken apart.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use handoff_document::{Timestamp, sentinel};
use serde_json::{Value, json};
use tests::{Ran, World};

/// A body with one section.
pub(crate) const SMALL: &str = "\n## Immediate next action\nLook.\n";

/// A handoff file with these frontmatter lines, a sentinel that fits, and `body`.
pub(crate) fn handoff(lines: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut file = unsigned(lines, "");
    file.truncate(file.len() - "---\n".len());
    file.extend(format!("sentinel: \"{}\"\n---\n", sentinel(body)).as_bytes());
    file.extend(body);
    file
}

/// A handoff file with exactly these frontmatter lines, and `body`.
pub(crate) fn unsigned(lines: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut file = b"---\n".to_vec();
    for line in lines {
        file.extend(line.as_bytes());
        file.push(b'\n');
    }
    file.extend(b"---\n");
    file.extend(body.as_ref());
    file
}

/// The time `seconds` ago.
pub(crate) fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(Timestamp::now().seconds() - seconds)
}

/// `text` without what differs from run to run: times as `<time>`, times in file names as `<stamp>`, the digits of the
/// frame as `<f>`, the world's directory as `<top>`.
pub(crate) fn normal(world: &World, text: &str) -> String {
    let text = text.replace(&world.top().to_string_lossy().into_owned(), "<top>");
    let text = match digits(&text) {
        Some(digits) => text.replace(&digits, "<f>"),
        None => text,
    };
    let text = with_pattern(&text, "0000-00-00T00:00:00Z", "<time>");
    with_pattern(&text, "00000000T000000Z", "<stamp>")
}

/// Puts `name` where `pattern` stands, in which 0 is any digit.
fn with_pattern(text: &str, pattern: &str, name: &str) -> String {
    let fits = |at: &[u8]| {
        let is = |(p, b): (u8, &u8)| if p == b'0' { b.is_ascii_digit() } else { p == *b };
        at.len() >= pattern.len() && pattern.bytes().zip(at).all(is)
    };
    let mut result = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if fits(rest.as_bytes()) {
            result.push_str(name);
            rest = &rest[pattern.len()..];
        } else {
            result.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    result
}

/// The frame's digits: those of the first line.
pub(crate) fn digits(text: &str) -> Option<String> {
    let digits = text.strip_prefix("=== agent-handoff ")?.get(..8)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| digits.to_owned())
}

/// A message as its frame says it is.
#[derive(Debug)]
pub(crate) struct Message {
    /// The first banner's words.
    pub(crate) banner: String,
    /// The line to open the reply with.
    pub(crate) loaded: String,
    pub(crate) blocks: Vec<Block>,
    /// The lines between the last handoff and the closing banner.
    pub(crate) notes: Vec<String>,
    /// The last banner's words.
    pub(crate) closing: String,
}

/// One handoff in it.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) title: String,
    pub(crate) header: Vec<String>,
    pub(crate) body: String,
}

impl Message {
    /// Takes `text` apart by its frame; fails when a line of the frame is missing or one too many.
    #[track_caller]
    pub(crate) fn of(text: &str) -> Self {
        let digits = digits(text).unwrap_or_else(|| panic!("no banner: {text:?}"));
        let banner = |line: &str| {
            let words = line.strip_prefix(&format!("=== agent-handoff {digits}: "))?;
            Some(words.strip_suffix(" ===")?.to_owned())
        };
        let divider = format!("--- {digits} ");
        assert!(text.ends_with('\n'), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        let (first, last) = (lines[0], lines[lines.len() - 1]);
        let mut message = Self {
            banner: banner(first).unwrap(),
            loaded: lines[3].to_owned(),
            blocks: Vec::new(),
            notes: Vec::new(),
            closing: banner(last).unwrap_or_else(|| panic!("no closing banner: {text}")),
        };
        let mut open: Option<Block> = None;
        let mut in_header = false;
        for line in &lines[1..lines.len() - 1] {
            match (line.strip_prefix(&divider), &mut open) {
                (Some("end"), Some(_)) => message.blocks.extend(open.take()),
                (Some(title), None) => {
                    let place = format!("{}/", message.blocks.len() + 1);
                    assert!(title.starts_with(&place), "{text}");
                    let title = title.split_once(' ').unwrap_or_default().1.to_owned();
                    open = Some(Block { title, header: Vec::new(), body: String::new() });
                    in_header = true;
                }
                (Some(_), _) => panic!("a frame line out of place: {line}"),
                (None, Some(block)) if in_header && !line.is_empty() => block.header.push((*line).to_owned()),
                (None, Some(_)) if in_header => in_header = false,
                (None, Some(block)) => block.body.push_str(&format!("{line}\n")),
                (None, None) if message.blocks.is_empty() => {}
                (None, None) => message.notes.push((*line).to_owned()),
            }
            assert!(!line.contains(&digits) || line.starts_with(&divider), "the frame's digits in {line:?}");
        }
        assert!(open.is_none(), "a handoff without an end: {text}");
        message.notes.retain(|note| !note.is_empty());
        message
    }

    /// The only handoff in it.
    #[track_caller]
    pub(crate) fn only(&self) -> &Block {
        assert_eq!(self.blocks.len(), 1, "{self:?}");
        &self.blocks[0]
    }

    pub(crate) fn titles(&self) -> Vec<&str> {
        self.blocks.iter().map(|block| block.title.as_str()).collect()
    }
}

impl Block {
    /// The header's lines that start with `!!`.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        self.header.iter().map(String::as_str).filter(|line| line.starts_with("!!")).collect()
    }

    /// What the header's line `name` says.
    #[track_caller]
    pub(crate) fn line(&self, name: &str) -> &str {
        let start = format!("{name}:");
        let found: Vec<&str> = self.header.iter().filter_map(|line| line.strip_prefix(&start)).collect();
        assert_eq!(found.len(), 1, "{name} in {:?}", self.header);
        found[0].trim_start()
    }
}

/// Fails when `text` holds anything that a terminal obeys or a person cannot see.
#[track_caller]
pub(crate) fn assert_visible(text: &str) {
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(u32::from(c), 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
                | 0x180E | 0x061C | 0x00AD | 0x2028..=0x2029 | 0xE0000..=0xE0FFF)
    };
    if let Some(c) = text.chars().find(|c| hidden(*c)) {
        panic!("{c:?} in {text:?}");
    }
}

/// The whole text of the hook's JSON, after checking that there is nothing else in it.
#[track_caller]
pub(crate) fn context_of(ran: &Ran) -> (String, String) {
    context_for(ran, "SessionStart")
}

/// The same, of a hook of this event.
#[track_caller]
pub(crate) fn context_for(ran: &Ran, event: &str) -> (String, String) {
    assert_eq!((ran.code, ran.err()), (0, ""));
    let out = ran.out();
    assert!(out.ends_with("}\n") && out.matches('\n').count() == 1, "not one line: {out:?}");
    let value: Value = serde_json::from_str(out).unwrap();
    let text = value["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned();
    let summary = value["systemMessage"].as_str().unwrap().to_owned();
    let exact = json!({
        "hookSpecificOutput": { "hookEventName": event, "additionalContext": text },
        "systemMessage": summary,
    });
    assert_eq!(value, exact);
    (text, summary)
}

/// Fails unless `path` has exactly this permission mode.
#[track_caller]
pub(crate) fn assert_mode(path: &Path, mode: u32) {
    let found = std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(format!("{found:04o}"), format!("{mode:04o}"), "{}", path.display());
}

/// The one file in `unread/` or `read/` of the worktree at `dir`.
#[track_caller]
pub(crate) fn only_file(world: &World, dir: &Path, bucket: &str) -> PathBuf {
    let names = world.names(dir, bucket);
    assert_eq!(names.len(), 1, "{bucket}/: {names:?}");
    world.inbox(dir).join(bucket).join(&names[0])
}

/// Its bytes.
#[track_caller]
pub(crate) fn only_content(world: &World, dir: &Path, bucket: &str) -> Vec<u8> {
    std::fs::read(only_file(world, dir, bucket)).unwrap()
}

/// The path that a refused draft was kept at.
#[track_caller]
pub(crate) fn kept(ran: &Ran) -> PathBuf {
    let line = ran.err().lines().find_map(|line| line.strip_prefix("draft kept: "));
    PathBuf::from(line.unwrap_or_else(|| panic!("no draft kept: {ran:?}")))
}

/// Runs `command`, whose standard input is already set up, and gives what it did and how long it took.
pub(crate) fn timed(command: &mut Command) -> (Ran, Duration) {
    let start = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ran = finished(child);
    (ran, start.elapsed())
}

/// Waits for `child` without closing its standard input.
pub(crate) fn finished(mut child: Child) -> Ran {
    let stdin = child.stdin.take();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut stderr = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || stderr.read_to_end(&mut err).map(|_| err));
    child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    let code = child.wait().unwrap().code().unwrap_or(-1);
    drop(stdin);
    Ran { code, out, err: errors.join().unwrap().unwrap() }
}

/// The payload that Claude Code sends, as recorded.
pub(crate) fn claude(dir: &Path, session: &str, source: &str) -> String {
    let transcript = format!("/home/dev/.claude/projects/-home-dev-repo/{session}.jsonl");
    let mut payload = json!({
        "session_id": session, "transcript_path": transcript, "cwd": dir, "hook_event_name": "SessionStart", "source": source,
    });
    if source == "resume" {
        payload["seconds_since_last_response"] = json!(1);
        payload["context_tokens"] = json!(12_636);
        payload["prompt_cache_likely_expired"] = json!(false);
        payload["estimated_cache_write_usd"] = json!(0.0632);
    }
    if source == "compact" {
        payload["prompt_id"] = json!("9f7244ac-9e52-45cf-9dc9-6d64132dadf6");
        payload["model"] = json!("claude-opus-5-5");
    }
    format!("{payload}\n")
}

/// The payload that Codex sends, as recorded: without a line end.
pub(crate) fn codex(dir: &Path, session: &str, source: &str) -> String {
    let transcript =
        format!("/home/dev/.codex/sessions/2026/11/21/rollout-2026-11-21T01-44-58-{session}.jsonl");
    let payload = json!({
        "session_id": session, "transcript_path": transcript, "cwd": dir, "hook_event_name": "SessionStart",
        "model": "gpt-5.1", "permission_mode": "bypassPermissions", "source": source,
    });
    payload.to_string()
}
