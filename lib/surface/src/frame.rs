//! The lines around what others wrote.

use std::borrow::Cow;

use handoff_text::Sanitised;

/// The frame of one message. Its eight random digits stand in every frame line, so text that was written before cannot
/// contain one.
#[derive(Clone, Debug)]
pub struct Frame(String);

impl Frame {
    /// The frame with these random bytes, which must be new for each message.
    pub fn new(random: [u8; 4]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Its eight digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// A message of one text of others: `what` it is, `intro` and `end` in our words, each whole lines.
    pub fn around(&self, what: &str, intro: &str, text: &Sanitised, end: &str) -> String {
        let body = quoted(text);
        let line_end = if body.ends_with('\n') { "" } else { "\n" };
        let (open, close) = (self.banner(what), self.banner("end"));
        let (begins, ends) = (self.divider("1/1"), self.divider("end"));
        format!("{open}{intro}\n{begins}{body}{line_end}{ends}{end}{close}")
    }

    /// A line that opens or closes the message.
    pub(crate) fn banner(&self, words: &str) -> String {
        format!("=== agent-handoff {}: {words} ===\n", self.0)
    }

    /// A line that opens or closes one handoff.
    pub(crate) fn divider(&self, words: &str) -> String {
        format!("--- {} {words}\n", self.0)
    }
}

/// `text` with every line that looks like one of ours marked as quoted. The digits already tell them apart; this is for
/// a reader who only skims.
pub(crate) fn quoted(text: &Sanitised) -> Cow<'_, str> {
    if !text.lines().any(imitates) {
        return Cow::Borrowed(text);
    }
    let mark = |line| if imitates(line) { format!("> {line}") } else { str::to_owned(line) };
    Cow::Owned(text.split_inclusive('\n').map(mark).collect())
}

fn imitates(line: &str) -> bool {
    let line = line.trim();
    let divides = |rest: &str| {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        digits == 8 && rest.as_bytes().get(8).is_none_or(|&b| b == b' ')
    };
    ["=== agent-handoff", "!! DRIFT", "!! SENTINEL", "!! WARNING"].iter().any(|start| line.starts_with(start))
        || line.strip_prefix("===").is_some_and(|rest| rest.trim_end().ends_with("==="))
        || line.strip_prefix("--- ").is_some_and(divides)
}
