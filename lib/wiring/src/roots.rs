//! A directory among those that Codex's workspace-write sandbox lets an agent write to:
//! `[sandbox_workspace_write] writable_roots` in its `config.toml`.

use std::ops::Range;

use toml_edit::{Document, Item};

use crate::Made;
use crate::malformed::Malformed;
use crate::splice::Splices;

const TABLE: &str = "sandbox_workspace_write";
const KEY: &str = "writable_roots";

/// A writable root.
#[derive(Clone, Copy, Debug)]
pub struct Roots<'a> {
    /// The absolute path.
    pub root: &'a str,
}

impl Roots<'_> {
    /// Whether the root is in the file.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn find(&self, text: &str) -> Result<bool, Malformed> {
        let (_, text) = crate::without_bom(text);
        let document = parse(text)?;
        Ok(self.list(text, &document)?.is_some_and(|list| list.of(self.root).is_some()))
    }

    /// The value of a top-level key, when it is a string, number or boolean: as it is written, strings unquoted.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn setting(text: &str, path: &[&str]) -> Result<Option<String>, Malformed> {
        let (_, text) = crate::without_bom(text);
        let document = parse(text)?;
        let mut item = Some(document.as_item());
        for key in path {
            item = item.and_then(|item| item.get(key));
        }
        Ok(item.and_then(Item::as_value).map(|value| match value.as_str() {
            Some(string) => string.to_owned(),
            None => value.span().map_or_else(String::new, |span| text[span].to_owned()),
        }))
    }

    /// The names of the tables in the table `name`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn tables(text: &str, name: &str) -> Result<Vec<String>, Malformed> {
        let (_, text) = crate::without_bom(text);
        let document = parse(text)?;
        let table = document.as_item().get(name).and_then(Item::as_table_like);
        let names = table.into_iter().flat_map(toml_edit::TableLike::iter);
        Ok(names.filter(|(_, item)| item.is_table_like()).map(|(name, _)| name.to_owned()).collect())
    }

    /// The file with the root in it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn wire(&self, text: &str) -> Result<(String, Made), Malformed> {
        let (bom, text) = crate::without_bom(text);
        let document = parse(text)?;
        let mut splices = Splices::default();
        let made = match self.list(text, &document)? {
            Some(list) if list.of(self.root).is_some() => Made::Item,
            Some(list) => {
                list.add(text, &mut splices, self.root);
                Made::Item
            }
            None => self.add_list(text, &document, &mut splices)?,
        };
        let wired = splices.apply(text);
        // What toml_edit accepts in more ways than one may have been misread.
        if !self.find(&wired)? {
            return Err(Malformed::at(
                text,
                0,
                format!("`{TABLE}` is written in a way that is not understood"),
            ));
        }
        Ok(([bom, &wired].concat(), made))
    }

    /// The file without the root, and without what of its surroundings we made and is empty now.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn unwire(&self, text: &str, made: Made) -> Result<String, Malformed> {
        let (bom, text) = crate::without_bom(text);
        let document = parse(text)?;
        let mut splices = Splices::default();
        if let Some(list) = self.list(text, &document)? {
            let alone = list.elements.len() == 1;
            match list.of(self.root) {
                Some(_) if alone && made != Made::Item => {
                    remove_list(text, &document, &list, made, &mut splices)
                }
                Some(number) => list.take_out(text, &mut splices, number),
                None => {}
            }
        }
        let unwired = splices.apply(text);
        parse(&unwired)?;
        Ok([bom, &unwired].concat())
    }

    fn list(&self, text: &str, document: &Document<&str>) -> Result<Option<List>, Malformed> {
        let Some(table) = document.as_table().get(TABLE) else { return Ok(None) };
        let start = table.span().map_or(0, |span| span.start);
        let table = table
            .as_table_like()
            .ok_or_else(|| Malformed::at(text, start, format!("`{TABLE}` is no table")))?;
        let Some(item) = table.get(KEY) else { return Ok(None) };
        let at = item.span().map_or(start, |span| span.start);
        let wrong = |what: &str| Malformed::at(text, at, format!("`{TABLE}.{KEY}` {what}"));
        let array = item.as_array().ok_or_else(|| wrong("is no list"))?;
        let range = array.span().ok_or_else(|| wrong("cannot be located"))?;
        let mut elements = Vec::new();
        for value in array.iter() {
            let path = value.as_str().ok_or_else(|| wrong("holds what is no string"))?;
            elements.push((path.to_owned(), value.span().ok_or_else(|| wrong("cannot be located"))?));
        }
        let key = table.get_key_value(KEY).and_then(|(key, _)| key.span());
        Ok(Some(List { range, elements, key: key.ok_or_else(|| wrong("cannot be located"))? }))
    }

    fn add_list(
        &self,
        text: &str,
        document: &Document<&str>,
        splices: &mut Splices,
    ) -> Result<Made, Malformed> {
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = format!("{KEY} = [{}]", string(self.root));
        let Some(item) = document.as_table().get(TABLE) else {
            let ends = if text.is_empty() || text.ends_with('\n') { "" } else { eol };
            let blank = if text.trim().is_empty() { "" } else { eol };
            splices.insert(text.len(), format!("{ends}{blank}[{TABLE}]{eol}{line}{eol}"));
            return Ok(Made::Parent);
        };
        let misread =
            || Malformed::at(text, 0, format!("`{TABLE}` is written in a way that is not understood"));
        let span = item.span();
        if let Some(inline) = item.as_inline_table() {
            let close = span.ok_or_else(misread)?.end - 1;
            let inside = text[..close].trim_end();
            let comma = if inline.is_empty() { " " } else { ", " };
            splices.replace(inside.len()..close, format!("{comma}{line} "));
        } else if item.as_table().is_some_and(toml_edit::Table::is_dotted) {
            // After the last of the lines `sandbox_workspace_write.key = value`.
            let last = item.as_table().and_then(|table| {
                table.iter().filter_map(|(_, item)| item.span()).max_by_key(|span| span.end)
            });
            let at = end_of_line(text, last.ok_or_else(misread)?.end);
            splices.insert(at, format!("{eol}{TABLE}.{line}"));
        } else {
            let header = span.ok_or_else(misread)?;
            let close = text[header.start..].find(']').ok_or_else(misread)?;
            splices.insert(end_of_line(text, header.start + close), format!("{eol}{line}"));
        }
        Ok(Made::List)
    }
}

/// `writable_roots = [ … ]`.
struct List {
    key: Range<usize>,
    range: Range<usize>,
    elements: Vec<(String, Range<usize>)>,
}

impl List {
    fn of(&self, root: &str) -> Option<usize> {
        self.elements.iter().position(|(path, _)| path == root)
    }

    fn add(&self, text: &str, splices: &mut Splices, root: &str) {
        let Some((_, last)) = self.elements.last() else {
            // Comments may stand in it; after the bracket there is always room.
            return splices.insert(self.range.start + 1, string(root));
        };
        let first = &self.elements[0].1;
        let before_first = &text[self.range.start..first.start];
        let separator = match before_first.rfind('\n') {
            Some(newline) if before_first[newline + 1..].trim().is_empty() => {
                let eol = if before_first[..newline].ends_with('\r') { "\r\n" } else { "\n" };
                format!(",{eol}{}", &before_first[newline + 1..])
            }
            _ => ", ".to_owned(),
        };
        // Right behind the last one: a trailing comma and comments stay behind ours.
        splices.insert(last.end, format!("{separator}{}", string(root)));
    }

    fn take_out(&self, text: &str, splices: &mut Splices, number: usize) {
        let element = &self.elements[number].1;
        let before = number.checked_sub(1).map(|previous| self.elements[previous].1.end);
        match (before, self.elements.get(number + 1)) {
            (Some(before), _) if !text[before..element.start].contains('#') => {
                splices.remove(before..element.end);
            }
            (None, Some((_, next))) => splices.remove(element.start..next.start),
            // A comment stands before it or nothing beside it: its own comma goes, another one may trail.
            _ => {
                let rest = &text[element.end..self.range.end - 1];
                let comma = rest.trim_start().starts_with(',').then(|| rest.find(',')).flatten();
                splices.remove(element.start..element.end + comma.map_or(0, |at| at + 1));
            }
        }
    }
}

/// Takes the whole key away, and its table when nothing else is in it.
fn remove_list(text: &str, document: &Document<&str>, list: &List, made: Made, splices: &mut Splices) {
    let item = document.as_table().get(TABLE);
    if item.is_some_and(Item::is_inline_table) {
        let before = text[..list.key.start].trim_end();
        let start = before.strip_suffix(',').map_or(before.len(), str::len);
        return splices.remove(start..list.range.end);
    }
    let start = text[..list.key.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = (end_of_line(text, list.range.end) + 1).min(text.len());
    let end = end + usize::from(text[..end].ends_with('\r') && text[end..].starts_with('\n'));
    splices.remove(start..end);
    let table = item.and_then(Item::as_table).filter(|table| !table.is_dotted() && table.len() == 1);
    let header = table.and_then(toml_edit::Table::span).filter(|_| made >= Made::Parent);
    if let Some(header) = header {
        splices.remove(start_with_blank(text, header.start)..start);
    }
}

/// `at`, or the start of the empty line before it.
pub(crate) fn start_with_blank(text: &str, at: usize) -> usize {
    let before = &text[..at];
    let blank = ["\r\n\r\n", "\n\n"].into_iter().find(|blank| before.ends_with(blank));
    at - blank.map_or(0, |blank| blank.len() / 2)
}

/// Before the line end of the line of `at`.
pub(crate) fn end_of_line(text: &str, at: usize) -> usize {
    let line = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    line - usize::from(text[..line].ends_with('\r'))
}

pub(crate) fn parse(text: &str) -> Result<Document<&str>, Malformed> {
    Document::parse(text).map_err(|error| {
        let reason = error.message().lines().next().unwrap_or("this is no TOML").to_owned();
        Malformed::at(text, error.span().map_or(0, |span| span.start), reason)
    })
}

/// A TOML basic string.
fn string(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
