//! Where a new child goes, and what goes with an old one.

use jsonc_parser::common::Range;

use super::Container;
use super::tree::{Form, Tree, property};
use crate::splice::Splices;

/// How the file is laid out.
pub(crate) struct Layout<'t> {
    text: &'t str,
    eol: &'static str,
    unit: String,
    /// Whether children stand on lines of their own where nothing else tells.
    lines: bool,
    blanks: bool,
}

impl<'t> Layout<'t> {
    /// Looks at a file whose outermost object is `root`.
    pub(crate) fn of(text: &'t str, root: &Container) -> Self {
        let inside = &text[root.range.start..root.range.end];
        let unit = root.children.first().and_then(|first| own_line_indent(text, first.start));
        Self {
            text,
            eol: if text.find('\n').is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" },
            unit: unit.filter(|unit| !unit.is_empty()).unwrap_or("  ").to_owned(),
            lines: inside.contains('\n') || root.children.is_empty(),
            blanks: !inside.contains("\":") || inside.contains("\": "),
        }
    }

    /// Puts `key: value` at the end of an object.
    pub(crate) fn add_property(&self, splices: &mut Splices, object: &Container, key: &str, value: &Tree) {
        self.add(splices, object, |form| property(key, value, form));
    }

    /// Puts `value` at the end of an array.
    pub(crate) fn add_element(&self, splices: &mut Splices, array: &Container, value: &Tree) {
        self.add(splices, array, |form| value.write(form));
    }

    /// Puts `value` in the place of what stands at `range`.
    pub(crate) fn replace(&self, splices: &mut Splices, range: Range, value: &Tree) {
        let indent = line_indent(self.text, range.start);
        let form = match own_line_indent(self.text, range.start) {
            Some(_) if self.lines => Form::Lines { eol: self.eol, unit: &self.unit, indent },
            _ => self.line(),
        };
        splices.replace(range.start..range.end, value.write(form));
    }

    fn line(&self) -> Form<'_> {
        Form::Line { blanks: self.blanks }
    }

    fn add(&self, splices: &mut Splices, into: &Container, write: impl Fn(Form<'_>) -> String) {
        match (into.children.first(), into.children.last()) {
            (Some(first), Some(last)) => self.add_after(splices, into, *first, *last, write),
            _ => self.add_first(splices, into, write),
        }
    }

    fn add_first(&self, splices: &mut Splices, into: &Container, write: impl Fn(Form<'_>) -> String) {
        let inside = into.range.start + 1..into.range.end - 1;
        let interior = &self.text[inside.clone()];
        if !self.lines && interior.trim().is_empty() {
            return splices.replace(inside, write(self.line()));
        }
        let outer = line_indent(self.text, into.range.start);
        let indent = format!("{outer}{}", self.unit);
        let child = write(Form::Lines { eol: self.eol, unit: &self.unit, indent: &indent });
        // After the comments, if there are any.
        let from = inside.start + interior.trim_end().len();
        splices.replace(from..inside.end, format!("{0}{indent}{child}{0}{outer}", self.eol));
    }

    fn add_after(
        &self,
        splices: &mut Splices,
        into: &Container,
        first: Range,
        last: Range,
        write: impl Fn(Form<'_>) -> String,
    ) {
        let trailing = self.comma_after(last.end);
        let end = trailing.map_or(last.end, |comma| comma + 1);
        if trailing.is_none() {
            splices.insert(last.end, ",");
        }
        let comma = if trailing.is_some() { "," } else { "" };
        if !self.text[into.range.start..first.start].contains('\n') {
            let blank = if self.blanks { " " } else { "" };
            return splices.insert(end, format!("{blank}{}{comma}", write(self.line())));
        }
        let indent = own_line_indent(self.text, first.start);
        let indent = indent.unwrap_or_else(|| line_indent(self.text, last.start));
        let child = write(Form::Lines { eol: self.eol, unit: &self.unit, indent });
        splices.insert(self.end_of_line_comments(end), format!("{}{indent}{child}{comma}", self.eol));
    }

    /// Takes the child `number` out, with its comma and the blanks before it.
    pub(crate) fn take_out(&self, splices: &mut Splices, from: &Container, number: usize) {
        let child = from.children[number];
        let before = &self.text[..child.start];
        let blanks = before.len() - before.trim_end().len();
        let start = child.start - blanks;
        let comma = self.comma_after(child.end);
        let end = comma.map_or(child.end, |comma| comma + 1);
        let (inside, rest) = (from.range.start + 1, from.range.end - 1);
        if from.children.len() == 1 {
            if self.text[inside..start].trim().is_empty() && self.text[end..rest].trim().is_empty() {
                return splices.remove(inside..rest);
            }
        } else if comma.is_none() {
            // The last one: the comma of the one before it goes too.
            let previous = from.children[number - 1];
            if let Some(comma) = self.comma_after(previous.end) {
                splices.remove(comma..comma + 1);
            }
        }
        // What follows must not slip into a comment that ends where the line ends.
        let ends_line = self.text[end..].trim_start_matches([' ', '\t']).starts_with(['\r', '\n']);
        let indent = own_line_indent(self.text, child.start).filter(|_| !ends_line);
        splices.remove(indent.map_or(start, |indent| child.start - indent.len())..end);
    }

    /// The comma that follows a child which ends at `at`.
    fn comma_after(&self, at: usize) -> Option<usize> {
        let next = skip_blanks_and_comments(self.text, at, true);
        self.text[next..].starts_with(',').then_some(next)
    }

    /// After the comments that stand on the line of `at`.
    fn end_of_line_comments(&self, at: usize) -> usize {
        skip_blanks_and_comments(self.text, at, false)
    }
}

/// With `over_lines`, the next thing that is neither blank nor comment; without, the end of the last comment on this line.
fn skip_blanks_and_comments(text: &str, mut at: usize, over_lines: bool) -> usize {
    loop {
        let rest = &text[at..];
        let blank = |c: char| c == ' ' || c == '\t' || (over_lines && (c == '\n' || c == '\r'));
        let blanks = rest.len() - rest.trim_start_matches(blank).len();
        let rest = &rest[blanks..];
        let comment = if rest.starts_with("//") {
            rest.find(['\r', '\n']).unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            0
        };
        if comment == 0 || (!over_lines && rest[..comment].contains('\n')) {
            return if over_lines { at + blanks } else { at };
        }
        at += blanks + comment;
    }
}

/// The blanks at the start of the line of `at`.
fn line_indent(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |newline| newline + 1)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The same, when nothing else stands before `at` on its line and there is a line before it.
fn own_line_indent(text: &str, at: usize) -> Option<&str> {
    let start = text[..at].rfind('\n')? + 1;
    let before = &text[start..at];
    before.trim_matches([' ', '\t']).is_empty().then_some(before)
}
