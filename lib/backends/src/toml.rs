//! Codex's settings: YAML in `config`, TOML behind `-c`.

use std::fmt::Write;

use crate::backend::Setting;
use crate::error::{ConfigError, Problem};
use crate::yaml::{Entry, Node, Value};

/// The value of a setting.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// A string, with placeholders.
    Text(Setting),
    /// A number or boolean, as it is written.
    Bare(String),
    List(Vec<Self>),
    Table(Vec<(String, Self)>),
}

/// The settings of a `config` mapping, with dotted names: a deep mapping sets what it names and leaves the rest of the
/// table to the user's own `config.toml`.
pub(crate) fn settings(
    entries: Vec<Entry>,
    name: &str,
    key: &str,
) -> Result<Vec<(Setting, Argument)>, ConfigError> {
    let mut all = Vec::new();
    for Entry { key: own, place, node } in entries {
        let key = format!("{key}.{own}");
        if own.is_empty() || own.starts_with('-') || own.contains(|c: char| c == '=' || c.is_control()) {
            return Err(ConfigError::at(place, key, Problem::KeyName));
        }
        let name = if name.is_empty() { own } else { format!("{name}.{own}") };
        match node.value {
            Value::Map(inner) if !inner.is_empty() && inner.iter().all(|entry| is_bare(&entry.key)) => {
                all.extend(settings(inner, &name, &key)?);
            }
            _ => {
                if let Some(argument) = argument(node, &key) {
                    all.push((Setting { written: name, key, place }, argument));
                }
            }
        }
    }
    Ok(all)
}

/// None for a null: TOML has none.
fn argument(node: Node, key: &str) -> Option<Argument> {
    if node.is_null() {
        return None;
    }
    Some(match node.value {
        Value::Scalar { text, plain: true } if is_number(&text) || text == "true" || text == "false" => {
            Argument::Bare(text)
        }
        Value::Scalar { text, .. } => {
            Argument::Text(Setting { written: text, key: key.to_owned(), place: node.place })
        }
        Value::List(nodes) => {
            Argument::List(nodes.into_iter().filter_map(|node| argument(node, key)).collect())
        }
        Value::Map(entries) => Argument::Table(
            entries
                .into_iter()
                .filter_map(|entry| {
                    let value = argument(entry.node, &format!("{key}.{}", entry.key))?;
                    Some((entry.key, value))
                })
                .collect(),
        ),
    })
}

/// The strings in it.
pub(crate) fn texts(argument: &Argument) -> Vec<&Setting> {
    match argument {
        Argument::Bare(_) => Vec::new(),
        Argument::Text(setting) => vec![setting],
        Argument::List(all) => all.iter().flat_map(texts).collect(),
        Argument::Table(all) => all.iter().flat_map(|(_, value)| texts(value)).collect(),
    }
}

/// As TOML, on one line; `text` gives the strings.
///
/// # Errors
/// The first that `text` gives.
pub(crate) fn write<E>(
    argument: &Argument,
    text: &dyn Fn(&Setting) -> Result<String, E>,
) -> Result<String, E> {
    let joined = |parts: Result<Vec<String>, E>| parts.map(|parts| parts.join(", "));
    Ok(match argument {
        Argument::Bare(bare) => bare.clone(),
        Argument::Text(setting) => quoted(&text(setting)?),
        Argument::List(all) => {
            format!("[{}]", joined(all.iter().map(|one| write(one, text)).collect())?)
        }
        Argument::Table(all) => {
            let pair = |(key, value): &(String, Argument)| {
                let key = if is_bare(key) { key.clone() } else { quoted(key) };
                Ok(format!("{key} = {}", write(value, text)?))
            };
            format!("{{{}}}", joined(all.iter().map(pair).collect())?)
        }
    })
}

/// A basic string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// What is a number in TOML too; `010` is not.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}
