//! What runs are called: `<yymmdd>-<b2>-<SEQ>-<slug>`, `261121-ds-B7-fix-login`.
//!
//! handoff-cli's ids are `<mmdd>-<b2>-<SEQ>-<slug>` with a `SEQ` that starts anew each day, so the same task on the
//! same day of the next year had the same id, and `resume 1` meant another run each day. Here `SEQ` never starts anew:
//! it is the run's number in the list, in handoff-cli's own digits. The date is there for people; it is that of their time zone.

use std::fmt;
use std::path::Path;

use handoff_document::Timestamp;
use handoff_files::FileError;

/// The longest id, so that every file name made of it fits a file system.
const MAX_ID_BYTES: usize = 160;

/// How long a slug may be, in bytes.
const MAX_SLUG_BYTES: usize = 48;

/// A run's id, new or old: it starts with a digit, and can be a part of a file name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// `text` as an id. handoff-cli took over any text after the date that a file name can have, so a program that shows an id
    /// sanitises it like any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let starts = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
        let plain = text.chars().all(|c| c != '/' && !c.is_control());
        (starts && plain && text.len() <= MAX_ID_BYTES).then(|| Self(text.to_owned()))
    }

    /// The id in the file name of a prompt, `<id>.prompt.md`.
    pub fn of_prompt(path: &Path) -> Option<Self> {
        Self::parse(path.file_name()?.to_str()?.strip_suffix(crate::files::PROMPT)?)
    }

    pub(crate) fn new(now: Timestamp, backend: &str, code: &str, slug: &str) -> Self {
        let day = handoff_clock::day(now);
        Self(format!("{day}-{}-{code}-{}", abbreviation(backend), clean_slug(slug)))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The third part.
    pub(crate) fn code(&self) -> &str {
        self.0.split('-').nth(2).unwrap_or_default()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The two letters of a backend in an id: handoff-cli's where that has them.
pub(crate) fn abbreviation(backend: &str) -> String {
    match backend {
        "deepseek" => return "ds".to_owned(),
        "codex" => return "cx".to_owned(),
        _ => {}
    }
    let letters = backend.chars().map(|c| c.to_ascii_lowercase()).filter(char::is_ascii_alphanumeric);
    letters.chain("xx".chars()).take(2).collect()
}

/// `raw` as a slug, by handoff-cli's rule: lower case, `[a-z0-9-]`, at most three words, else `task`. Bounded besides.
pub(crate) fn clean_slug(raw: &str) -> String {
    let lower = raw.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.take(3).collect::<Vec<_>>().join("-");
    slug.truncate(MAX_SLUG_BYTES);
    match slug.trim_end_matches('-') {
        "" => "task".to_owned(),
        slug => slug.to_owned(),
    }
}

/// The number in handoff-cli's digits: 01 to 99, A0 to ZZ (1035), and then on with A00 to ZZZ, A000, …
pub(crate) fn code(number: u64) -> String {
    if number < 100 {
        return format!("{number:02}");
    }
    let mut rest = number - 100;
    let mut digits = 1;
    // How many numbers have one letter and `digits` more.
    let mut many: u64 = 26 * 36;
    while rest >= many {
        rest -= many;
        digits += 1;
        match many.checked_mul(36) {
            Some(more) => many = more,
            None => break,
        }
    }
    let mut code = Vec::new();
    for _ in 0..digits {
        code.push(digit(rest % 36));
        rest /= 36;
    }
    code.push(b'A' + u8::try_from(rest % 26).unwrap_or(0));
    code.iter().rev().map(|&b| char::from(b)).collect()
}

/// The number that `code` is, as handoff-cli's ids have it: in two digits, 01 to ZZ.
pub(crate) fn number(code: &str) -> Option<u64> {
    match *code.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(u64::from(tens - b'0') * 10 + u64::from(ones - b'0')).filter(|&number| number > 0)
        }
        [first @ b'A'..=b'Z', second @ (b'0'..=b'9' | b'A'..=b'Z')] => {
            let second = if second <= b'9' { second - b'0' } else { second - b'A' + 10 };
            Some(100 + u64::from(first - b'A') * 36 + u64::from(second))
        }
        _ => None,
    }
}

/// A place in the id for when no number can be had: `X` and six random digits, longer than any number's.
pub(crate) fn random_code() -> Result<String, FileError> {
    let bytes: [u8; 6] = handoff_files::random()?;
    Ok(std::iter::once('X').chain(bytes.iter().map(|&b| char::from(digit(u64::from(b) % 36)))).collect())
}

fn digit(value: u64) -> u8 {
    let value = u8::try_from(value).unwrap_or(0);
    if value < 10 { b'0' + value } else { b'A' + value - 10 }
}

/// A random (version 4) UUID in lower case.
pub(crate) fn uuid() -> Result<String, FileError> {
    let mut bytes: [u8; 16] = handoff_files::random()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut uuid = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        uuid.push_str(&format!("{byte:02x}"));
    }
    Ok(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_after_zz() {
        let codes = [(1, "01"), (99, "99"), (100, "A0"), (135, "AZ"), (136, "B0"), (1035, "ZZ")];
        let further = [(1036, "A00"), (1036 + 33_695, "ZZZ"), (1036 + 33_696, "A000")];
        for (number, expected) in codes.into_iter().chain(further) {
            assert_eq!(code(number), expected, "{number}");
        }
        assert!((1..=1035).all(|n| number(&code(n)) == Some(n)));
        assert!(["", "00", "0A", "a0", "A00", "A\u{e9}"].iter().all(|code| number(code).is_none()));
        let all: std::collections::HashSet<String> = (1..50_000).map(code).collect();
        assert_eq!(all.len(), 49_999);
        assert!(!code(u64::MAX).is_empty());
    }

    #[test]
    fn slugs_and_backends_never_leave_the_alphabet() {
        let slugs = [
            ("Fix the Login page!", "fix-the-login"),
            ("../../etc/passwd", "etc-passwd"),
            ("", "task"),
            ("---", "task"),
            ("é\0\n", "task"),
            ("a--b", "a-b"),
        ];
        for (raw, expected) in slugs {
            assert_eq!(clean_slug(raw), expected);
        }
        assert!(clean_slug(&"x".repeat(5000)).len() <= MAX_SLUG_BYTES);
        let backends =
            [("deepseek", "ds"), ("codex", "cx"), ("opus", "op"), ("../up", "up"), ("é1", "1x"), ("", "xx")];
        for (name, expected) in backends {
            assert_eq!(abbreviation(name), expected);
        }
    }

    #[test]
    fn the_same_day_of_the_next_year_is_another_id() {
        let at = |text| Timestamp::parse(text).unwrap();
        let then = RunId::new(at("2026-11-21T10:00:00Z"), "deepseek", "01", "fix");
        let later = RunId::new(at("2027-11-21T10:00:00Z"), "deepseek", "01", "fix");
        assert_eq!((then.as_str(), later.as_str()), ("261121-ds-01-fix", "271121-ds-01-fix"));
        assert_eq!(then.code(), "01");
    }

    #[test]
    fn old_ids_are_ids_and_paths_are_not() {
        for id in ["0611-ds-03-fix-auth", "1231-fa-ZZ-a;$(x) b", "1121-é1-04-task", "1121-..-04-task"] {
            assert!(RunId::parse(id).is_some(), "{id}");
        }
        for text in ["", "..", "../1", "1/2", "1\n", "1\0", "ds", &"1".repeat(500)] {
            assert!(RunId::parse(text).is_none(), "{text}");
        }
        let path = Path::new("/x/tasks/0611-ds-03-fix.prompt.md");
        assert_eq!(RunId::of_prompt(path), RunId::parse("0611-ds-03-fix"));
        assert_eq!(RunId::of_prompt(Path::new("/x/notes.md")), None);
    }

    #[test]
    fn a_uuid_looks_like_one() {
        let uuid = uuid().unwrap();
        let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
    }
}
