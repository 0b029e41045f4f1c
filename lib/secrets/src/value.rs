//! The value behind a separator: where it begins and ends, and whether it is a secret.

use std::ops::Range;

use crate::placeholder::{stands_for_password, stands_for_value};
use crate::randomness::{entropy, is_counting, is_slug, numbers, spoken_share};

/// Shorter values are found by their shape or not at all: too many of them are words.
const SHORTEST: usize = 12;

/// Bits a byte that a secret has at least. Of random values in base 16, those of 16 characters have
/// less twice in a hundred, those of 20 twice in a thousand; in base64 hardly any has. Most words have
/// more too, which is why entropy does not judge alone.
const LEAST_ENTROPY: f32 = 2.75;

/// The share of a value's letters in speakable pieces from which it is a name or prose. Random values
/// in base64 reach it three times in a hundred with 20 characters, three in a thousand with 40.
const LEAST_SPOKEN: f32 = 0.6;

/// The share below which not even names of many abbreviations stay, such as `XmlHttpDnsProxy`.
const RARELY_SPOKEN: f32 = 0.25;

/// Numbers that a name may have; small letters and digits drawn at random have more.
const MOST_NUMBERS: usize = 2;

/// A longer value is judged by its beginning, so that judging costs the same for all.
const JUDGED: usize = 64;

/// A run without blanks, quotes and brackets holds no more assignments than these, if it was written
/// by anyone.
const MOST_IN_A_RUN: usize = 16;

/// Words between `Authorization:` and the credentials.
const SCHEMES: &[&str] = &["Bearer ", "Basic ", "Token ", "ApiKey ", "Api-Key "];

/// The values of a text.
pub(crate) struct Values<'t> {
    text: &'t str,
    /// The bare run measured last. Runs that begin inside it end where it does, which keeps
    /// `token=token=token=…` linear.
    bare: Range<usize>,
    /// How many values in that run have been judged.
    judged_in_bare: usize,
}

/// How a value is enclosed.
#[derive(Clone, Copy)]
enum Quote {
    None,
    By(u8),
}

impl<'t> Values<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        Values { text, bare: 0..0, judged_in_bare: 0 }
    }

    /// The secret that begins at `at`, behind blanks, quotes and the like, if one does.
    pub(crate) fn secret_at(&mut self, at: usize) -> Option<Range<usize>> {
        let (start, quote) = self.opened(at);
        let span = match quote {
            Quote::By(quote) => self.quoted(start, quote)?,
            Quote::None => self.unquoted(start)?,
        };
        (is_secret(&self.text[span.clone()]) && !self.is_elided(&span)).then_some(span)
    }

    /// Whether only a part of a value is shown: `df25baf2…`, `eyJhbGciOiJI...`.
    fn is_elided(&self, span: &Range<usize>) -> bool {
        let rest = &self.text[span.end..];
        rest.starts_with("...") || rest.starts_with('…') || self.text[span.clone()].contains("...")
    }

    /// The length of a quote, a user's name and the colon behind it at `at`; none when no such thing stands there.
    pub(crate) fn user_length(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at..];
        let length = rest.iter().take(64).position(|byte| *byte == b':' || !byte.is_ascii_graphic())?;
        (length > 0 && rest[length] == b':').then_some(length + 1)
    }

    /// The password that begins at `at` up to a blank or a quote, where only its surroundings say that it is one.
    pub(crate) fn password_at(&self, at: usize) -> Option<Range<usize>> {
        /// Shorter ones are words of a manual.
        const SHORTEST_PASSWORD: usize = 6;
        let rest = &self.text.as_bytes()[at..];
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_graphic() && !b"\"'`".contains(byte)).count();
        let span = at..at + length;
        let is_one = length >= SHORTEST_PASSWORD
            && !stands_for_password(&self.text[span.clone()])
            && !self.is_elided(&span);
        is_one.then_some(span)
    }

    fn opened(&self, at: usize) -> (usize, Quote) {
        let bytes = self.text.as_bytes();
        let blanks = bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'*')).count();
        let start = self.behind_scheme(at + blanks);
        match bytes[start..] {
            // A string in a string, and the letter before a literal of Python or Rust.
            [b'\\' | b'b' | b'f' | b'r' | b'u', quote @ (b'"' | b'\''), ..] => {
                (self.behind_scheme(start + 2), Quote::By(quote))
            }
            [quote @ (b'"' | b'\'' | b'`'), ..] => (self.behind_scheme(start + 1), Quote::By(quote)),
            _ => (start, Quote::None),
        }
    }

    fn behind_scheme(&self, at: usize) -> usize {
        let scheme = SCHEMES.iter().find(|scheme| {
            let found = self.text.as_bytes()[at..].get(..scheme.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(scheme.as_bytes()))
        });
        at + scheme.map_or(0, |scheme| scheme.len())
    }

    /// A value in quotes. One with blanks is a sentence, one that never ends is none.
    fn quoted(&self, start: usize, quote: u8) -> Option<Range<usize>> {
        let rest = &self.text.as_bytes()[start..];
        let length =
            rest.iter().position(|byte| *byte == quote || *byte == b'\\' || !byte.is_ascii_graphic())?;
        (rest[length] == quote || rest[length] == b'\\').then_some(start..start + length)
    }

    /// A value without quotes. One that goes on with a bracket is an expression.
    fn unquoted(&mut self, start: usize) -> Option<Range<usize>> {
        if !self.bare.contains(&start) {
            let length = bare_length(&self.text.as_bytes()[start..]);
            self.bare = start..start + length;
            self.judged_in_bare = 0;
        }
        self.judged_in_bare += 1;
        if self.judged_in_bare > MOST_IN_A_RUN {
            return None;
        }
        let end = self.bare.end;
        let is_expression = match self.text.as_bytes()[end..] {
            [b'<', b'/', ..] => false,
            [b'(' | b'[' | b'{' | b'<', ..] => true,
            _ => false,
        };
        let value = self.text[start..end].trim_end_matches(['.', ':', '?', '*']);
        (!is_expression).then_some(start..start + value.len())
    }
}

fn bare_length(rest: &[u8]) -> usize {
    let ends = |at: usize, byte: u8| match byte {
        b'"' | b'\'' | b'`' | b'\\' | b',' | b';' | b'|' => true,
        b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' => true,
        b'&' => is_query_break(&rest[at + 1..]),
        _ => !byte.is_ascii_graphic(),
    };
    rest.iter().enumerate().position(|(at, byte)| ends(at, *byte)).unwrap_or(rest.len())
}

/// Whether an `&` begins the next field of a query; in a password it is a character like others.
fn is_query_break(rest: &[u8]) -> bool {
    let name = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    name > 0 && rest.get(name) == Some(&b'=')
}

/// Whether a value is random enough to be a secret, and nothing that only looks random.
fn is_secret(value: &str) -> bool {
    if value.len() < SHORTEST {
        return false;
    }
    // The value is ASCII: whatever is not ended it.
    let head = &value[..value.len().min(JUDGED)];
    let bytes = head.as_bytes();
    // What costs the least and what most values fail at comes first.
    is_mixed(bytes)
        && !is_made_of_words(bytes)
        && !is_slug(bytes)
        && !is_counting(bytes)
        && entropy(bytes) >= LEAST_ENTROPY
        && !is_address(head)
        && !stands_for_value(head)
}

/// Whether a value mixes what words, numbers, dates and versions keep apart: letters and digits,
/// or, where chance gave no digit, capitals and small letters.
fn is_mixed(value: &[u8]) -> bool {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let capitals_within =
        value.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let has_digits = value.iter().any(u8::is_ascii_digit);
    letters >= 3 && (has_digits || capitals_within >= 3 && spoken_share(value) < RARELY_SPOKEN)
}

/// Whether words with a number or two among them make up the value, as in `AccessTokenV2Response`.
fn is_made_of_words(value: &[u8]) -> bool {
    numbers(value) <= MOST_NUMBERS && spoken_share(value) >= LEAST_SPOKEN
}

/// A path, a URL, a path in code, or the digest by which something is known.
fn is_address(value: &str) -> bool {
    let is_path = value.strip_prefix('/').is_some_and(|rest| rest.contains('/'))
        || ["./", "../", "~/", "//"].into_iter().any(|start| value.starts_with(start));
    let is_digest = ["sha1", "sha256", "sha384", "sha512", "md5"].into_iter().any(|algorithm| {
        let rest = value.get(..algorithm.len()).filter(|start| start.eq_ignore_ascii_case(algorithm));
        rest.is_some() && value[algorithm.len()..].starts_with([':', '-'])
    });
    is_path || is_digest || is_number(value) || value.contains("://") || value.contains("::")
}

/// A number of up to 64 bits in base 16, with or without the suffix of its type. A longer one may be
/// a key.
fn is_number(value: &str) -> bool {
    value.strip_prefix("0x").is_some_and(|digits| {
        let number = digits.split_once(['_', 'u', 'i']).map_or(digits, |(number, _type)| number);
        number.len() <= 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}
