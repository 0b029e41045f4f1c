//! The user's trust in one of Codex's hooks, which Codex keeps as `[hooks.state."<key>"]` in its `config.toml`.

use toml_edit::{Item, Table};

use crate::malformed::Malformed;
use crate::roots::{end_of_line, parse, start_with_blank};
use crate::splice::Splices;

/// A trusted hook.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// `<path of the hooks file>:<event>:<group>:<handler>`, as Codex calls it.
    pub key: &'a str,
}

/// The file without `[hooks.state]`, when nothing is in that: Codex writes it with the first trust.
fn without_empty_state(text: &str) -> Result<String, Malformed> {
    let document = parse(text)?;
    let state = document.as_item().get("hooks").and_then(|hooks| hooks.get("state")).and_then(Item::as_table);
    let header = state.filter(|state| state.is_empty() && !state.is_implicit()).and_then(Table::span);
    let mut splices = Splices::default();
    if let Some(header) = header {
        let end = (end_of_line(text, header.start) + 1).min(text.len());
        let end = end + usize::from(text[..end].ends_with('\r') && text[end..].starts_with('\n'));
        splices.remove(start_with_blank(text, header.start)..end);
    }
    Ok(splices.apply(text))
}

impl Trust<'_> {
    /// Whether the file has an entry for it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn find(&self, text: &str) -> Result<bool, Malformed> {
        let (_, text) = crate::without_bom(text);
        let document = parse(text)?;
        Ok(self.table(document.as_item()).is_some())
    }

    /// The file without the entry. One that is not written as a table of its own, as Codex does, stays.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn unwire(&self, text: &str) -> Result<String, Malformed> {
        let (bom, text) = crate::without_bom(text);
        let document = parse(text)?;
        let mut splices = Splices::default();
        let table = self.table(document.as_item()).and_then(Item::as_table);
        if let Some(header) = table.and_then(Table::span) {
            let values = table.into_iter().flat_map(Table::iter).filter_map(|(_, item)| item.span());
            let last = values.map(|span| span.end).max().unwrap_or(0).max(header.start);
            let end = (end_of_line(text, last) + 1).min(text.len());
            let end = end + usize::from(text[..end].ends_with('\r') && text[end..].starts_with('\n'));
            splices.remove(start_with_blank(text, header.start)..end);
        }
        let unwired = without_empty_state(&splices.apply(text))?;
        parse(&unwired)?;
        Ok([bom, &unwired].concat())
    }

    fn table<'d>(&self, document: &'d Item) -> Option<&'d Item> {
        document.get("hooks")?.get("state")?.get(self.key)
    }
}
