//! What a run came to.

use std::fmt;

use handoff_jsonl::Value;
use handoff_text::Sanitised;

use crate::Reason;

/// How a run ended, by what the backend said of it and by nothing else.
///
/// The process's exit code is the caller's to combine, and the stream outranks it: [`Verdict::Success`] is a success
/// also when the process exited with 3 or had to be killed after it (a child that holds the output, a hook that
/// hangs); [`Verdict::Error`] is an error also with exit 0. Only [`Verdict::NoResult`] leaves it to the process: an
/// error whatever its exit code, `interrupted` when the caller ended it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// The result, of control characters only newline and tab, else as the backend gave it; it may be empty. It is
    /// text that somebody else wrote: whoever shows it on a terminal passes it through [`Sanitised`]. Without a
    /// success, what the agent said last, which is no result.
    pub text: String,
    /// Whether there was more of [`Self::text`] than [`crate::TEXT_LIMIT`].
    pub cut: bool,
    /// Why there is no success. With [`Verdict::NoResult`] it is what the backend was trying again for, else the end
    /// of the plain text that came between the events.
    pub reason: Option<Reason>,
    /// The conversation, to continue it.
    pub session: Option<SessionId>,
    /// What it took. Of the whole conversation, resumed runs included, as Claude Code, Codex and Qwen Code count it; of this
    /// run alone for Gemini CLI and OpenCode. None for Copilot, which does not tell.
    pub usage: Option<Usage>,
    /// What this run took at least, where the backend says that too: Claude Code's without its subagents; all of it for
    /// Gemini CLI and OpenCode.
    pub own_usage: Option<Usage>,
    /// The backend's own estimate, of the whole conversation too; Codex gives none.
    pub cost_usd: Option<f64>,
    /// How many turns this run had.
    pub turns: Option<u64>,
    /// What the agent wanted to do and was not allowed to, the first 50. Codex does not tell.
    pub denied: Vec<Sanitised>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The backend gave a result.
    Success,
    /// The backend said that it failed.
    Error,
    /// The stream ended before the backend said either.
    NoResult,
}

/// Tokens, as the backend counts them: Codex's input includes what was read from the cache, Claude's does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read by the model.
    pub input: u64,
    /// Written by the model, thoughts included.
    pub output: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Written to the cache.
    pub cache_write: u64,
    /// The part of the output that was thought.
    pub reasoning: u64,
}

impl Usage {
    /// In the order of the fields; what is missing or is no number is 0.
    pub(crate) fn of(counts: [Option<Value<'_>>; 5]) -> Self {
        let [input, output, cache_read, cache_write, reasoning] =
            counts.map(|value| value.and_then(Value::count).unwrap_or_default());
        Self { input, output, cache_read, cache_write, reasoning }
    }

    /// What was used since `earlier`, counted from the same beginning; None when this was not: one of its numbers is
    /// the smaller, or less would be left than `least`.
    pub fn since(self, earlier: Self, least: Self) -> Option<Self> {
        let share = Self {
            input: self.input.checked_sub(earlier.input)?,
            output: self.output.checked_sub(earlier.output)?,
            cache_read: self.cache_read.checked_sub(earlier.cache_read)?,
            cache_write: self.cache_write.checked_sub(earlier.cache_write)?,
            reasoning: self.reasoning.checked_sub(earlier.reasoning)?,
        };
        // Thoughts are counted in one of the two only, by some versions.
        let has_least = share.input >= least.input
            && share.output >= least.output
            && share.cache_read >= least.cache_read
            && share.cache_write >= least.cache_write;
        has_least.then_some(share)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

/// The name of a conversation. It goes into the argument list of the next run, so it is one word of letters, digits,
/// `-`, `_` and `.` that cannot be taken for an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionId(String);

impl SessionId {
    /// None for anything else.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let fits = (1..=128).contains(&bytes.len()) && bytes[0].is_ascii_alphanumeric();
        (fits && bytes.iter().all(allowed)).then(|| Self(bytes.iter().copied().map(char::from).collect()))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
