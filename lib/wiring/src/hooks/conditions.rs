//! When a host runs a handler, and whether it uses what that prints.

use std::time::Duration;

use jsonc_parser::ast::{Object, Value};

/// What a handler and its group say beside the command. What is of the wrong type counts as not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `type`; hosts run a `command` only.
    pub kind: Option<String>,
    /// The group's `matcher`: at which sources of the event it is run.
    pub matcher: Option<String>,
    /// Whether there is an `if`, which is for events of tools: Claude Code runs such a handler at no other.
    pub has_if: bool,
    /// `timeout`.
    pub timeout: Option<Duration>,
    /// Whether `async` or `asyncRewake` is on: the host does not wait for what it prints.
    pub in_background: bool,
    /// `additionalContextLimit`, in tokens of four bytes.
    pub context_limit: Option<u64>,
}

/// How a host reads a matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// Claude Code: names with `|` or `,` between them are whole names, anything else is a regular expression.
    Names,
    /// Codex: always a regular expression, which may fit anywhere in the name.
    Expression,
}

/// Why a host never runs a handler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NeverRuns {
    /// It has an `if`.
    #[error("it has an \"if\", which is for tools only")]
    HasIf,
    /// Its `type` is not `command`, but this.
    #[error("its type is {0:?}")]
    OtherType(String),
    /// It has no `type`.
    #[error("it has no type")]
    NoType,
}

impl Conditions {
    pub(super) fn of(group: &Object<'_>, handler: &Object<'_>) -> Self {
        let text = |object: &Object<'_>, key: &str| object.get_string(key).map(|text| text.value.to_string());
        let is_on = |key: &str| handler.get_boolean(key).is_some_and(|flag| flag.value);
        let number = |key: &str| handler.get_number(key).map(|number| number.value);
        Self {
            kind: text(handler, "type"),
            matcher: text(group, "matcher"),
            has_if: handler
                .get("if")
                .is_some_and(|property| !matches!(property.value, Value::NullKeyword(_))),
            timeout: number("timeout")
                .and_then(|seconds| seconds.parse().ok())
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            in_background: is_on("async") || is_on("asyncRewake"),
            context_limit: number("additionalContextLimit").and_then(|tokens| tokens.parse().ok()),
        }
    }

    /// Why a host does not run the handler as a command of ours at all; `None` when it does. Only Claude Code looks at an
    /// `if`.
    pub fn never_runs(&self, reads: Matcher) -> Option<NeverRuns> {
        match self.kind.as_deref() {
            Some("command") => (self.has_if && reads == Matcher::Names).then_some(NeverRuns::HasIf),
            Some(kind) => Some(NeverRuns::OtherType(kind.to_owned())),
            None => Some(NeverRuns::NoType),
        }
    }

    /// Whether the handler is run at `source`; `None` when the matcher is a regular expression that is not understood
    /// here.
    pub fn runs_at(&self, source: &str, reads: Matcher) -> Option<bool> {
        let matcher = match self.matcher.as_deref() {
            None | Some("" | "*") => return Some(true),
            Some(matcher) => matcher,
        };
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | ' ');
        if reads == Matcher::Names
            && matcher.chars().all(|letter| is_name(letter) || matches!(letter, '|' | ','))
        {
            return Some(matcher.split(['|', ',']).any(|name| name.trim() == source));
        }
        alternatives(matcher).map(|fit| fit.into_iter().any(|one| one.fits(source)))
    }
}

/// One alternative of a regular expression: letters, and where they must stand.
struct Alternative<'t> {
    letters: &'t str,
    at_start: bool,
    at_end: bool,
}

impl Alternative<'_> {
    fn fits(&self, source: &str) -> bool {
        match (self.at_start, self.at_end) {
            (true, true) => source == self.letters,
            (true, false) => source.starts_with(self.letters),
            (false, true) => source.ends_with(self.letters),
            (false, false) => source.contains(self.letters),
        }
    }
}

/// The alternatives of a regular expression of letters, `|`, `^`, `$`, one group around them, and `.*`; `None` for any
/// other.
fn alternatives(expression: &str) -> Option<Vec<Alternative<'_>>> {
    let (starts, rest) = strip(expression, |text| text.strip_prefix('^'));
    let (ends, rest) = strip(rest, |text| text.strip_suffix('$'));
    let open = rest.strip_prefix("(?:").or_else(|| rest.strip_prefix('('));
    let (list, around) = match open.and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, (starts, ends)),
        None => (expression, (false, false)),
    };
    list.split('|').map(|one| alternative(one, around)).collect()
}

/// One of them; `around` is whether the group that it is in is held to the start and to the end of the name.
fn alternative(text: &str, around: (bool, bool)) -> Option<Alternative<'_>> {
    let (starts, text) = strip(text, |text| text.strip_prefix('^'));
    let (ends, text) = strip(text, |text| text.strip_suffix('$'));
    let (any_before, text) = strip(text, |text| text.strip_prefix(".*"));
    let (any_after, text) = strip(text, |text| text.strip_suffix(".*"));
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')).then_some(
        Alternative {
            letters: text,
            at_start: (starts || around.0) && !any_before,
            at_end: (ends || around.1) && !any_after,
        },
    )
}

/// Whether `cut` found something to cut off, and what is left.
fn strip(text: &str, cut: impl Fn(&str) -> Option<&str>) -> (bool, &str) {
    match cut(text) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}
