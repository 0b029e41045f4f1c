//! What the command tests share.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tests::{Ran, World};

/// `text` with what differs from run to run replaced: `TOP`, `SLUG`, `STAMP`, `TIME`.
pub(crate) fn clean(world: &World, text: &str) -> String {
    let top = world.top().to_str().unwrap();
    let slug = top.trim_start_matches('/').replace('/', "-");
    let text = text.replace(top, "TOP").replace(&slug, "SLUG");
    mask(&mask(&text, "########T######Z", "STAMP"), "####-##-##T##:##:##Z", "TIME")
}

/// `text` with every place that has the shape of `pattern`, `#` for a digit, as `name`.
fn mask(text: &str, pattern: &str, name: &str) -> String {
    let fits = |rest: &str| {
        rest.len() >= pattern.len()
            && rest.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
                b'#' => byte.is_ascii_digit(),
                _ => byte == wanted,
            })
    };
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if fits(rest) {
            masked.push_str(name);
            rest = &rest[pattern.len()..];
        } else {
            masked.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    masked
}

/// Fails unless `ran` ended like this, with what differs from run to run replaced.
#[track_caller]
pub(crate) fn is(world: &World, ran: &Ran, code: i32, out: &str, err: &str) {
    assert_eq!(
        (ran.code, clean(world, ran.out()).as_str(), clean(world, ran.err()).as_str()),
        (code, out, err)
    );
}

/// Fails unless `ran` refused with `code` and the message `said`, kept all of `draft` where it says, and published
/// nothing.
#[track_caller]
pub(crate) fn is_refused(world: &World, ran: &Ran, code: i32, said: &str, draft: impl AsRef<[u8]>) {
    let kept = "draft kept: TOP/home/.agent-handoffs/.drafts/STAMP-from-draft.md\n";
    is(world, ran, code, "", &format!("{said}{kept}"));
    let path = kept_draft(ran);
    assert!(std::fs::read(&path).unwrap() == draft.as_ref(), "the draft was not kept whole");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(published(&world.root()), Vec::<PathBuf>::new());
}

/// Where `ran` says that it kept the draft.
#[track_caller]
pub(crate) fn kept_draft(ran: &Ran) -> PathBuf {
    let line = ran.err().lines().find_map(|line| line.strip_prefix("draft kept: "));
    PathBuf::from(line.expect("a line that says where the draft is"))
}

/// Everything in any `unread/` or `read/` below `root`.
pub(crate) fn published(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for slug in children(root) {
        for key in children(&slug) {
            found.extend(children(&key.join("unread")));
            found.extend(children(&key.join("read")));
        }
    }
    found.sort();
    found
}

fn children(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).map(|entries| entries.map(|e| e.unwrap().path()).collect()).unwrap_or_default()
}

/// A file's permission bits.
pub(crate) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The first 8 hex digits of the SHA-256 of `bytes`, by another program.
pub(crate) fn sentinel(world: &World, bytes: &[u8]) -> String {
    let ran = tests::feed(world.bare_command("sha256sum"), bytes);
    ran.out()[..8].to_owned()
}

/// A handoff file's frontmatter lines and its body.
#[track_caller]
pub(crate) fn parts(path: &Path) -> (String, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    let end = bytes.windows(5).position(|window| window == b"\n---\n").expect("a frontmatter") + 1;
    (String::from_utf8(bytes[4..end].to_vec()).unwrap(), bytes[end + 4..].to_vec())
}

/// The frontmatter's value of `field`.
#[track_caller]
pub(crate) fn field(path: &Path, field: &str) -> String {
    let (front, _) = parts(path);
    let value = front.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("no {field} in {front}")).to_owned()
}

/// What a program printed, as JSON.
#[track_caller]
pub(crate) fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(ran.out()).unwrap()
}
