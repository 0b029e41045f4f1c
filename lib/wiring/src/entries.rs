//! What stands in a list of Codex's `config.toml`.

use std::collections::BTreeMap;

use toml_edit::{Item, TableLike, Value};

use crate::Roots;
use crate::malformed::Malformed;
use crate::roots::parse;

impl Roots<'_> {
    /// The strings of the list at `path`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn strings(text: &str, path: &[&str]) -> Result<Vec<String>, Malformed> {
        let (_, text) = crate::without_bom(text);
        let document = parse(text)?;
        let list = at(document.as_item(), path).and_then(Item::as_array);
        let strings = list.into_iter().flatten().filter_map(Value::as_str);
        Ok(strings.map(str::to_owned).collect())
    }

    /// The tables of the list at `path`, each with its strings and, as `true` and `false`, its booleans.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn entries(text: &str, path: &[&str]) -> Result<Vec<BTreeMap<String, String>>, Malformed> {
        let (_, text) = crate::without_bom(text);
        let document = parse(text)?;
        let item = at(document.as_item(), path);
        let tables = item.and_then(Item::as_array_of_tables);
        let tables = tables.into_iter().flatten().map(|table| scalars(table));
        let inline = item.and_then(Item::as_array);
        let inline =
            inline.into_iter().flatten().filter_map(Value::as_inline_table).map(|table| scalars(table));
        Ok(tables.chain(inline).collect())
    }
}

fn at<'a>(item: &'a Item, path: &[&str]) -> Option<&'a Item> {
    path.iter().try_fold(item, |item, key| item.get(key))
}

fn scalars(table: &dyn TableLike) -> BTreeMap<String, String> {
    let scalar = |value: &Value| {
        let string = value.as_str().map(str::to_owned);
        string.or_else(|| value.as_bool().map(|flag| flag.to_string()))
    };
    let pairs = table.iter().filter_map(|(key, item)| Some((key.to_owned(), scalar(item.as_value()?)?)));
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use crate::Roots;

    #[test]
    fn both_forms_of_a_list_of_tables_are_read() {
        let path = ["skills", "config"];
        for text in [
            "[[skills.config]]\nname = \"a\"\nenabled = false\n[[skills.config]]\npath = \"/b\"\nenabled = true\n",
            "skills = { config = [{ name = \"a\", enabled = false }, { path = \"/b\", enabled = true }] }\n",
            "\u{feff}[skills]\nconfig = [{ name = \"a\", enabled = false }, { path = \"/b\", enabled = true }]\n",
        ] {
            let entries = Roots::entries(text, &path).unwrap();
            assert_eq!(entries.len(), 2, "{text}");
            assert_eq!((&*entries[0]["name"], &*entries[0]["enabled"]), ("a", "false"), "{text}");
            assert_eq!((&*entries[1]["path"], &*entries[1]["enabled"]), ("/b", "true"), "{text}");
        }
        assert_eq!(Roots::strings("x = [\"a\", 1, \"b\"]\n", &["x"]).unwrap(), ["a", "b"]);
        for text in ["", "skills = 1\n", "[skills]\nconfig = 1\n"] {
            assert!(Roots::entries(text, &path).unwrap().is_empty(), "{text}");
            assert!(Roots::strings(text, &path).unwrap().is_empty(), "{text}");
        }
    }
}
