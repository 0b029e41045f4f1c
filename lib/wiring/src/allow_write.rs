//! A directory among those that Claude Code's sandbox lets commands write to:
//! `{"sandbox": {"filesystem": {"allowWrite": [ … ]}}}` in its settings.
//!
//! The entry says nothing about whether there is a sandbox: without `sandbox.enabled`, there or in any other settings of
//! a session, it has no effect.

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

use crate::Made;
use crate::json::{self, Container, Layout, Tree};
use crate::malformed::Malformed;
use crate::splice::Splices;

/// Where the list is, from the outermost object inwards.
const KEYS: [&str; 3] = ["sandbox", "filesystem", "allowWrite"];

/// A directory that sandboxed commands may write to.
#[derive(Clone, Copy, Debug)]
pub struct AllowWrite<'a> {
    /// The absolute path. The sandbox opens it only where no part of it is a symbolic link.
    pub path: &'a str,
}

/// What a settings file has of [`KEYS`].
struct Found {
    /// The outermost object, and what stands in it at each key as far as there is something.
    levels: Vec<Container>,
    /// The number of each key among the properties of the level that it is in.
    numbers: Vec<usize>,
    /// The entries of the list: None for one that is not a string.
    entries: Vec<Option<String>>,
    /// The first that is not of the type that the host takes, and where.
    wrong: Option<(usize, String)>,
}

impl AllowWrite<'_> {
    /// Whether the path is in the list. What is of another type than the host takes holds nothing of ours.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn find(&self, text: &str) -> Result<bool, Malformed> {
        let (_, text) = crate::without_bom(text);
        Ok(look(text)?.number_of(self.path).is_some())
    }

    /// The file with the path in the list, once.
    ///
    /// # Errors
    /// [`Malformed`], also for a setting of another type than the host takes: it passes over such a file as a whole.
    pub fn wire(&self, text: &str) -> Result<(String, Made), Malformed> {
        let (bom, text) = crate::without_bom(text);
        let found = look(text)?;
        if let Some((at, reason)) = found.wrong {
            return Err(Malformed::at(text, at, reason).passed_over());
        }
        let layout = Layout::of(text, &found.levels[0]);
        let mut splices = Splices::default();
        let list = || Tree::Array(vec![Tree::Text(self.path.to_owned())]);
        let made = match found.levels.as_slice() {
            [_, _, _, _] if found.number_of(self.path).is_some() => Made::Item,
            [_, _, _, entries] => {
                layout.add_element(&mut splices, entries, &Tree::Text(self.path.to_owned()));
                Made::Item
            }
            [_, _, filesystem] => {
                layout.add_property(&mut splices, filesystem, KEYS[2], &list());
                Made::List
            }
            [_, sandbox] => {
                layout.add_property(&mut splices, sandbox, KEYS[1], &Tree::Object(vec![(KEYS[2], list())]));
                Made::Parent
            }
            levels => {
                layout.add_property(&mut splices, &levels[0], KEYS[0], &within(list()));
                Made::Outer
            }
        };
        Ok(([bom, &splices.apply(text)].concat(), made))
    }

    /// The file without the path, and without what of its surroundings we made and is empty now.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn unwire(&self, text: &str, made: Made) -> Result<String, Malformed> {
        let (bom, text) = crate::without_bom(text);
        let found = look(text)?;
        let Some(number) = found.number_of(self.path) else { return Ok([bom, text].concat()) };
        let (mut level, mut number) = (KEYS.len(), number);
        // From the list outwards, as far as what we made holds nothing else.
        for made_too in [Made::List, Made::Parent, Made::Outer] {
            if made < made_too || found.levels[level].children.len() > 1 {
                break;
            }
            level -= 1;
            number = found.numbers[level];
        }
        let mut splices = Splices::default();
        Layout::of(text, &found.levels[0]).take_out(&mut splices, &found.levels[level], number);
        Ok([bom, &splices.apply(text)].concat())
    }
}

impl Found {
    fn number_of(&self, path: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.as_deref() == Some(path))
    }
}

/// The value of the outermost key that leads to `list`.
fn within(list: Tree) -> Tree {
    Tree::Object(vec![(KEYS[1], Tree::Object(vec![(KEYS[2], list)]))])
}

fn look(text: &str) -> Result<Found, Malformed> {
    let readable = json::readable(text);
    let value = json::parse(&readable, false)?;
    let mut object = value
        .as_object()
        .ok_or_else(|| Malformed::at(text, value.start(), "the top level is no object".to_owned()))?;
    let mut found =
        Found { levels: vec![object.into()], numbers: Vec::new(), entries: Vec::new(), wrong: None };
    for (depth, key) in KEYS.iter().enumerate() {
        let name = KEYS[..=depth].join(".");
        let mut named =
            object.properties.iter().enumerate().filter(|(_, property)| property.name.as_str() == *key);
        let Some((number, property)) = named.next() else { break };
        if let Some((_, second)) = named.next() {
            return Err(Malformed::at(text, second.start(), format!("`{name}` is there twice")));
        }
        found.numbers.push(number);
        match &property.value {
            Value::Object(inner) if depth + 1 < KEYS.len() => {
                object = inner;
                found.levels.push(inner.into());
            }
            Value::Array(list) if depth + 1 == KEYS.len() => {
                found.levels.push(list.into());
                let entry = |value: &Value<'_>| value.as_string_lit().map(|text| text.value.to_string());
                found.entries = list.elements.iter().map(entry).collect();
                if found.entries.contains(&None) {
                    found.wrong = Some((list.start(), format!("`{name}` holds what is not a string")));
                }
            }
            other => {
                let kind = if depth + 1 < KEYS.len() { "an object" } else { "a list" };
                found.wrong = Some((other.start(), format!("`{name}` is not {kind}")));
                break;
            }
        }
    }
    Ok(found)
}
