//! What `scalar` writes is one line, is read back as it was, and is a string to every reader.

use handoff_document::yaml::{Field, Value, read, scalar};
use proptest::prelude::*;

use crate::config;
use crate::oracle::oracle;

/// Fails unless `value` comes back from both readers, and is plain only where its type is sure.
fn check(value: &str) -> Result<(), TestCaseError> {
    let written = scalar(value);
    prop_assert!(!written.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']), "{written:?}");
    let text = format!("key: {written}\nnext: x\n");
    let expected =
        [("key", value), ("next", "x")].map(|(key, value)| (key.to_owned(), Value::Scalar(value.to_owned())));
    prop_assert_eq!(oracle(&text), Ok(expected.to_vec()), "{}", text);
    let fields: Vec<(String, Value)> = read(&text)
        .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?
        .into_iter()
        .map(|Field { key, value, .. }| (key, value))
        .collect();
    prop_assert_eq!(fields, expected.to_vec(), "{}", text);
    if !written.starts_with('"') {
        prop_assert_eq!(written.as_str(), value);
        prop_assert!(is_time(value) || is_string(value), "{value:?} is no string to some reader");
    }
    Ok(())
}

/// Whether a plain scalar is a string in the schemas of YAML 1.1 and 1.2, by their tables of types.
fn is_string(plain: &str) -> bool {
    !(is_word(plain) || is_integer(plain) || is_float(plain) || is_base_60(plain) || is_date(plain))
}

fn is_word(plain: &str) -> bool {
    let words = [
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "y", "Y", "yes",
        "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", ".nan", ".NaN",
        ".NAN", "=", "<<",
    ];
    words.contains(&plain)
}

fn unsigned(plain: &str) -> &str {
    plain.strip_prefix(['-', '+']).unwrap_or(plain)
}

fn all(text: &str, allowed: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| allowed.contains(c))
}

fn is_integer(plain: &str) -> bool {
    let number = unsigned(plain);
    let based = [("0x", "0123456789abcdefABCDEF_"), ("0o", "01234567_"), ("0b", "01_")];
    let is_based =
        based.iter().any(|(prefix, digits)| number.strip_prefix(prefix).is_some_and(|n| all(n, digits)));
    is_based || all(number, "0123456789_") || all(number, "0123456789,_")
}

fn is_float(plain: &str) -> bool {
    let number = unsigned(plain);
    let mantissa_ok = |text: &str| all(text, "0123456789_.") && text.matches('.').count() <= 1 && text != "_";
    let is_exponent = |text: &str| all(unsigned(text), "0123456789");
    let is_number = match number.find(['e', 'E']) {
        Some(at) => mantissa_ok(&number[..at]) && is_exponent(&number[at + 1..]),
        None => mantissa_ok(number),
    };
    is_number || [".inf", ".Inf", ".INF"].contains(&number) || plain.parse::<f64>().is_ok()
}

fn is_base_60(plain: &str) -> bool {
    let number = unsigned(plain);
    number.contains(':') && number.split(':').all(|part| all(part, "0123456789_."))
}

fn is_date(plain: &str) -> bool {
    let parts: Vec<&str> = plain.splitn(3, '-').collect();
    let [year, month, day] = parts[..] else { return false };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    year.len() == 4
        && digits(year) == 4
        && digits(month) == month.len()
        && !month.is_empty()
        && month.len() <= 2
        && {
            let time = &day[digits(day).min(2)..];
            digits(day) >= 1
                && (time.is_empty()
                    || time.starts_with(['t', 'T', ' ']) && all(&time[1..], "0123456789:.+-Zz "))
        }
}

/// Whether this is a time as handoffs write it, the one plain scalar that need not be a string.
fn is_time(plain: &str) -> bool {
    let shape: String = plain.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else { return false };
    let offset = rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches('0'));
    rest != "." && ["Z", "+00:00", "-00:00"].contains(&offset)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_written_is_read_back(value in any::<String>()) {
        check(&value)?;
    }

    #[test]
    fn text_of_special_characters_written_is_read_back(
        value in "[ \t\n\r\u{0}\u{7f}\u{85}\u{a0}\u{2028}\u{feff}\u{ffff}'\":#,|>&*!%@`?{}\\[\\]\\\\~<=.aé😀-]{0,8}",
    ) {
        check(&value)?;
    }

    #[test]
    fn text_that_looks_typed_is_read_back(
        value in prop_oneof![
            "[-+]?[0-9a-fxob_.,:eE]{1,9}([eE][-+]?[0-9]{1,3})?",
            "[-+.]{0,2}(nan|NaN|inf|Inf|infinity|null|Null|true|TRUE|[yY]es|no|NO|on|Off|y|N|~)",
            "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]{1,2}[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,3})?( ?(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?)?",
            "(\\.\\.\\.|---|- |\\? |: |<<|=|#|%)[a-z ]{0,2}",
        ],
    ) {
        check(&value)?;
    }

    #[test]
    fn ordinary_titles_are_written_plain(value in "[A-Z][a-z]{3,8}( [a-z0-9(),;/'\"é]{1,8}){1,5}") {
        prop_assert_eq!(scalar(&value), value);
    }
}

#[test]
fn values_of_handoffs_are_written_plain() {
    let plain = [
        "Parser rewrite, part 2",
        "a1b2c3d",
        "1a2b3c4d",
        "0b9a3f21",
        "12ab",
        "main",
        "feature/x-1",
        "/abs/path",
        "claude-code",
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00.125+02:00",
        "C#",
        "a#b",
        "it's",
        "50% of x",
        "3 files",
        "e5",
        "Größe 😀",
        "v1.2.3",
        "https://example.org/a?b=c#d",
    ];
    for value in plain {
        assert_eq!(scalar(value), value);
    }
}

#[test]
fn values_that_are_not_plain_strings_are_quoted() {
    let quoted = [
        ("", r#""""#),
        ("12345678", r#""12345678""#),
        ("12e45678", r#""12e45678""#),
        ("0x1F", r#""0x1F""#),
        ("0b11", r#""0b11""#),
        ("0o17", r#""0o17""#),
        ("1_000", r#""1_000""#),
        ("1,000", r#""1,000""#),
        ("1:30", r#""1:30""#),
        ("-1", r#""-1""#),
        ("+1.5", r#""+1.5""#),
        (".5", r#"".5""#),
        (".inf", r#"".inf""#),
        ("-.INF", r#""-.INF""#),
        ("NaN", r#""NaN""#),
        ("2026-11-21", r#""2026-11-21""#),
        ("2026-11-21 10:00:00", r#""2026-11-21 10:00:00""#),
        ("2026-11-21t10:00:00z", r#""2026-11-21t10:00:00z""#),
        ("2026-11-21T10:00:00", r#""2026-11-21T10:00:00""#),
        ("yes", r#""yes""#),
        ("No", r#""No""#),
        ("ON", r#""ON""#),
        ("y", r#""y""#),
        ("True", r#""True""#),
        ("null", r#""null""#),
        ("~", r#""~""#),
        ("=", r#""=""#),
        ("<<", r#""<<""#),
        ("---", r#""---""#),
        ("...", r#""...""#),
        ("- a", r#""- a""#),
        ("a: b", r#""a: b""#),
        ("a:", r#""a:""#),
        ("a #b", r#""a #b""#),
        ("#a", r##""#a""##),
        (" a", r#"" a""#),
        ("a ", r#""a ""#),
        ("[a]", r#""[a]""#),
        ("@a", r#""@a""#),
        ("\"a\"", r#""\"a\"""#),
        ("'a'", r#""'a'""#),
        ("a\nb\tc\r", r#""a\nb\tc\r""#),
        ("a\\b: ", r#""a\\b: ""#),
        ("\0\x1b[31m\x7f", r#""\x00\x1B[31m\x7F""#),
        ("\u{85}\u{2028}\u{feff}\u{ffff}", r#""\x85\u2028\uFEFF\uFFFF""#),
    ];
    for (value, written) in quoted {
        assert_eq!(scalar(value), written);
    }
}
