//! A YAML file as a tree in which everything knows its place, and scalars are the text that was written.
//!
//! Built on parser events and not on a deserialiser, because a configuration needs what those drop: the order of
//! entries, places, doubled keys, `5` and `true` as text. Anchors, aliases and `<<` work as they do for handoff-cli.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use crate::error::{ConfigError, Problem};
use crate::place::Place;

/// More than any configuration needs, far from what a stack bears.
const MAX_DEPTH: usize = 32;
/// How much aliases may repeat, in nodes and bytes together: a bomb is larger within a few lines.
const MAX_REPEATED: usize = 1 << 20;

/// A value and where it stands.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Clone)]
pub(crate) enum Value {
    /// The text; `plain` when it stood there without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One `key: value`.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl Node {
    /// Whether this is YAML's null: nothing, `~` or `null` without quotes.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What aliases to this repeat.
    fn weight(&self) -> usize {
        let inside = match &self.value {
            Value::Scalar { text, .. } => text.len(),
            Value::List(nodes) => nodes.iter().map(Self::weight).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.key.len() + entry.node.weight()).sum(),
        };
        // A node is more than its text in memory.
        inside + 16
    }
}

/// A list or mapping that is still open.
struct Open {
    place: Place,
    anchor: usize,
    holds: Holds,
}

enum Holds {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, lines: HashMap<String, usize>, key: Option<(String, Place)> },
}

struct Tree<'a> {
    file: &'a Arc<Path>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    repeated: usize,
    root: Option<Node>,
}

/// The one document of `text`; None when there is none.
pub(crate) fn parse(file: &Arc<Path>, text: &str) -> Result<Option<Node>, ConfigError> {
    let mut tree = Tree { file, open: Vec::new(), anchors: HashMap::new(), repeated: 0, root: None };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) =
            event.map_err(|error| tree.error(*error.marker(), Problem::Syntax(error.info().to_owned())))?;
        tree.take(event, span.start)?;
    }
    Ok(tree.root)
}

impl Tree<'_> {
    fn place(&self, at: Marker) -> Place {
        Place { file: Arc::clone(self.file), line: at.line().max(1), column: at.col() + 1 }
    }

    fn error(&self, at: Marker, problem: Problem) -> ConfigError {
        ConfigError::at(self.place(at), self.path(), problem)
    }

    /// The keys that lead to where the parser is.
    fn path(&self) -> String {
        let keys = self.open.iter().filter_map(|open| match &open.holds {
            Holds::Map { key: Some((key, _)), .. } => Some(key.as_str()),
            _ => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }

    fn take(&mut self, event: Event<'_>, at: Marker) -> Result<(), ConfigError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_string = self.check(tag.as_deref(), at)?;
                let plain = style == ScalarStyle::Plain && !is_string;
                let value = Value::Scalar { text: text.into_owned(), plain };
                self.put(Node { place: self.place(at), value }, anchor, at)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check(tag.as_deref(), at)?;
                self.begin(Holds::List(Vec::new()), anchor, at)
            }
            Event::MappingStart(anchor, tag) => {
                self.check(tag.as_deref(), at)?;
                self.begin(Holds::Map { entries: Vec::new(), lines: HashMap::new(), key: None }, anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { place, anchor, holds }) = self.open.pop() else { return Ok(()) };
                let value = match holds {
                    Holds::List(nodes) => Value::List(nodes),
                    Holds::Map { entries, .. } => Value::Map(self.merged(entries)?),
                };
                self.put(Node { place, value }, anchor, at)
            }
            Event::Alias(anchor) => {
                // An anchor inside of itself is not complete yet.
                let found = self.anchors.get(&anchor).map(Node::weight);
                let weight = found.ok_or_else(|| self.error(at, Problem::AliasOfItself))?;
                self.repeated += weight;
                if self.repeated > MAX_REPEATED {
                    return Err(self.error(at, Problem::AliasBomb));
                }
                let node = self.anchors[&anchor].clone();
                self.put(node, 0, at)
            }
            Event::DocumentStart(_) if self.root.is_some() => Err(self.error(at, Problem::SecondDocument)),
            _ => Ok(()),
        }
    }

    /// Whether the tag makes it a string, whatever it looks like.
    fn check(&self, tag: Option<&Tag>, at: Marker) -> Result<bool, ConfigError> {
        match tag {
            None => Ok(false),
            // `!` alone, too, says "no guessing".
            Some(tag) if tag.handle.is_empty() || (tag.handle == "!" && tag.suffix.is_empty()) => Ok(true),
            Some(tag) if tag.is_yaml_core_schema() => Ok(tag.suffix == "str"),
            Some(tag) => Err(self.error(at, Problem::Tag(tag.to_string()))),
        }
    }

    fn begin(&mut self, holds: Holds, anchor: usize, at: Marker) -> Result<(), ConfigError> {
        let is_key = matches!(self.open.last(), Some(Open { holds: Holds::Map { key: None, .. }, .. }));
        if is_key {
            return Err(self.error(at, Problem::KeyNotText));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(self.error(at, Problem::TooDeep));
        }
        self.open.push(Open { place: self.place(at), anchor, holds });
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn put(&mut self, node: Node, anchor: usize, at: Marker) -> Result<(), ConfigError> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.holds) {
            None => self.root = Some(node),
            Some(Holds::List(nodes)) => nodes.push(node),
            Some(Holds::Map { entries, key: key @ Some(_), .. }) => {
                if let Some((key, place)) = key.take() {
                    entries.push(Entry { key, place, node });
                }
            }
            Some(Holds::Map { lines, key, .. }) => {
                let Value::Scalar { text, .. } = node.value else {
                    return Err(self.error(at, Problem::KeyNotText));
                };
                let place = Place { line: at.line().max(1), column: at.col() + 1, ..node.place };
                let before = lines.insert(text.clone(), place.line);
                *key = Some((text, place));
                if let Some(first) = before {
                    return Err(self.error(at, Problem::Duplicate { first }));
                }
            }
        }
        Ok(())
    }

    /// The entries with those of `<<` before them, as YAML 1.1 has it: what is written here comes before what is merged,
    /// an earlier source before a later one.
    fn merged(&self, entries: Vec<Entry>) -> Result<Vec<Entry>, ConfigError> {
        let (sources, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.key == "<<");
        let mut all = Vec::new();
        for Entry { place, node, .. } in sources {
            let nodes = match node.value {
                Value::List(nodes) => nodes,
                _ => vec![node],
            };
            for node in nodes.into_iter().rev() {
                let Value::Map(entries) = node.value else {
                    return Err(ConfigError::at(place, self.path(), Problem::MergeOfNoMapping));
                };
                all = overridden(all, entries, &mut |_, new| new);
            }
        }
        if all.is_empty() {
            return Ok(own);
        }
        Ok(overridden(all, own, &mut |_, new| new))
    }
}

/// `base` with `over` laid on it, in the order of `base`, then of `over`; `both` decides where a key is in both.
fn overridden(base: Vec<Entry>, over: Vec<Entry>, both: &mut dyn FnMut(Entry, Entry) -> Entry) -> Vec<Entry> {
    let mut all: Vec<Option<Entry>> = base.into_iter().map(Some).collect();
    let places: HashMap<String, usize> =
        all.iter().enumerate().filter_map(|(at, entry)| Some((entry.as_ref()?.key.clone(), at))).collect();
    for new in over {
        match places.get(&new.key) {
            Some(&at) => all[at] = all[at].take().map(|old| both(old, new)),
            None => all.push(Some(new)),
        }
    }
    all.into_iter().flatten().collect()
}

/// Lays `over` on `base`: mappings are merged at every depth, everything else, lists too, is replaced.
pub(crate) fn merge(base: Vec<Entry>, over: Vec<Entry>) -> Vec<Entry> {
    overridden(base, over, &mut |old, new| match (old.node.value, new.node.value) {
        (Value::Map(below), Value::Map(above)) => {
            let node = Node { value: Value::Map(merge(below, above)), ..new.node };
            Entry { node, ..new }
        }
        (_, value) => Entry { node: Node { value, ..new.node }, ..new },
    })
}
