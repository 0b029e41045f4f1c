//! JSON of other programs: whatever can be had of it.

use std::borrow::Cow;

use handoff_document::Timestamp;
use memchr::memmem;
use serde_json::Value;

use crate::window::Percent;

/// Reads a JSON value. What JavaScript lets through and JSON does not (half a surrogate pair, bytes that are no
/// UTF-8) becomes U+FFFD. Nesting deeper than 128 is refused, so no input can exhaust the stack.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    match serde_json::from_slice(bytes) {
        Ok(value) => Some(value),
        Err(_) => serde_json::from_slice(repaired(bytes)?.as_bytes()).ok(),
    }
}

/// `bytes` with everything replaced that stands in the way; None when nothing was.
fn repaired(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let odd = matches!(text, Cow::Owned(_));
    let mut text = text.into_owned().into_bytes();
    let mut replaced = false;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let escape = at + found;
        let unit = unit(&text, escape);
        at = escape + if unit.is_some() { 6 } else { 2 };
        match unit {
            Some(0xD800..0xDC00) if self::unit(&text, at).is_some_and(|low| low & 0xFC00 == 0xDC00) => {
                at += 6
            }
            Some(0xD800..0xE000) => {
                text[escape + 2..escape + 6].copy_from_slice(b"fffd");
                replaced = true;
            }
            _ => {}
        }
    }
    // Only ASCII was put in the place of ASCII.
    (odd || replaced).then(|| String::from_utf8_lossy(&text).into_owned())
}

/// The UTF-16 unit of the `\uXXXX` at `at`.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let escape = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(escape).ok().filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

/// A number, also one that was written as a string.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// A share in percent.
pub(crate) fn percent(value: &Value) -> Option<Percent> {
    number(value).and_then(Percent::new)
}

/// The point in time that a vendor means: seconds or milliseconds since 1970, or RFC 3339. None for what no clock of
/// today says, like Go's zero time.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    let time = match (value.as_str().and_then(Timestamp::parse), number(value)) {
        (Some(time), _) => time,
        (None, Some(seconds)) if seconds.abs() < 1e11 => Timestamp::from_seconds(seconds as i64),
        (None, Some(milliseconds)) => Timestamp::from_seconds((milliseconds / 1000.0) as i64),
        (None, None) => return None,
    };
    // 2001 to 2100.
    (1_000_000_000..4_102_444_800).contains(&time.seconds()).then_some(time)
}

/// The first of `keys` that `value` has, unless it is null.
pub(crate) fn first<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().find_map(|key| value.get(key)).filter(|found| !found.is_null())
}

/// Whether `bytes` has `needle` somewhere.
pub(crate) fn contains(bytes: &[u8], needle: &str) -> bool {
    memmem::find(bytes, needle.as_bytes()).is_some()
}
