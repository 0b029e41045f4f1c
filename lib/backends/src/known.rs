//! Secrets whose values are known, wherever a backend repeats them: an endpoint that refuses a token may quote it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;

use memchr::memmem;

use crate::redact::{self, HIDDEN};
use crate::toml;

/// A shorter value is a word such as `local` or `ollama`, which endpoints without a login are given.
const MIN_BYTES: usize = 8;

/// A shorter number is a limit or a size, not a token.
const MIN_DIGITS: usize = 16;

/// What people write where an endpoint asks for no token.
const STAND_INS: [&str; 8] = [
    "lm-studio",
    "not-needed",
    "not-required",
    "no-key-needed",
    "no-key-required",
    "sk-no-key-required",
    "placeholder",
    "anything",
];

/// Ends of the names of variables that hold a place, not a secret.
const PLACES: [&str; 5] = ["_FILE", "_PATH", "_DIR", "_SOCK", "_CREDENTIALS"];

/// The values of a launch's secrets. `Debug` shows how many, never a value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KnownSecrets {
    /// As bytes in a stream: as they are, and as JSON writes them. The longest first.
    patterns: Vec<Vec<u8>>,
}

impl KnownSecrets {
    /// The secrets in the environment `env` of an agent: what the backend itself gives to the variables `declared`
    /// under a name that promises a secret, and whatever else has the shape of one.
    pub(crate) fn in_environment(
        env: &BTreeMap<OsString, OsString>,
        declared: &dyn Fn(&OsStr) -> bool,
    ) -> Self {
        let mut values = BTreeSet::new();
        for (name, value) in env {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let value = value.trim();
            let is_place = PLACES.iter().any(|end| name.ends_with(end)) && value.contains('/');
            if is_place {
                continue;
            }
            if declared(OsStr::new(&*name)) || !handoff_secrets::scan(&format!("{name}={value}")).is_empty() {
                values.insert(value.to_owned());
            }
            values.extend(header_values(value));
            values.extend(redact::passwords(value).map(str::to_owned));
        }
        let mut patterns: Vec<Vec<u8>> =
            values.iter().filter(|value| is_specific(value)).flat_map(|value| spellings(value)).collect();
        patterns.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        patterns.dedup();
        Self { patterns }
    }

    /// `text` with `***` for each of them.
    pub fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.replaced(text.as_bytes()) {
            None => Cow::Borrowed(text),
            Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The same for bytes that come in parts.
    pub fn filter(&self) -> SecretFilter {
        SecretFilter { secrets: self.clone(), pending: Vec::new() }
    }

    /// `bytes` with `***` for each of them; `None` if there is none.
    fn replaced(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut replaced: Option<Vec<u8>> = None;
        for pattern in &self.patterns {
            let current = replaced.as_deref().unwrap_or(bytes);
            let mut out = Vec::new();
            let mut from = 0;
            for at in memmem::find_iter(current, pattern) {
                out.extend_from_slice(&current[from..at]);
                out.extend_from_slice(HIDDEN.as_bytes());
                from = at + pattern.len();
            }
            if from > 0 {
                out.extend_from_slice(&current[from..]);
                replaced = Some(out);
            }
        }
        replaced
    }

    /// How many bytes at the end of `bytes` may be the beginning of one.
    fn begun(&self, bytes: &[u8]) -> usize {
        let begun = |pattern: &Vec<u8>| {
            let longest = bytes.len().min(pattern.len() - 1);
            (1..=longest).rev().find(|&length| bytes.ends_with(&pattern[..length])).unwrap_or(0)
        };
        self.patterns.iter().map(begun).max().unwrap_or(0)
    }
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownSecrets({} patterns)", self.patterns.len())
    }
}

/// Takes known secrets out of bytes that come in parts, also one that two parts share.
#[derive(Debug)]
pub struct SecretFilter {
    secrets: KnownSecrets,
    pending: Vec<u8>,
}

impl SecretFilter {
    /// What can be given on after `bytes`. A line that has ended is never held back: no secret begins with its end.
    pub fn push(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let mut all = bytes;
        if !self.pending.is_empty() {
            all.splice(..0, self.pending.drain(..));
        }
        let mut all = self.secrets.replaced(&all).unwrap_or(all);
        self.pending = all.split_off(all.len() - self.secrets.begun(&all));
        all
    }

    /// What was held back, when nothing follows.
    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }
}

/// Whether a value is so specific that it can be replaced wherever it stands.
fn is_specific(value: &str) -> bool {
    let is_number = value.bytes().all(|b| b.is_ascii_digit()) && value.len() < MIN_DIGITS;
    value.len() >= MIN_BYTES && !is_number && !STAND_INS.contains(&value)
}

/// `value` as it may stand in a stream of JSON or of plain text.
fn spellings(value: &str) -> [Vec<u8>; 3] {
    let quoted = toml::quoted(value);
    let escaped = &quoted[1..quoted.len() - 1];
    [value.as_bytes().to_vec(), escaped.as_bytes().to_vec(), escaped.replace('/', "\\/").into_bytes()]
}

/// The secrets in lines of HTTP headers, `Authorization: Bearer …`.
fn header_values(value: &str) -> Vec<String> {
    let secret = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let value = value.trim();
        let last = value.rsplit(' ').next().unwrap_or(value);
        (is_name && redact::is_secret_name(name)).then(|| [value.to_owned(), last.to_owned()])
    };
    value.lines().filter_map(secret).flatten().collect()
}
