use crate::{Edit, Edited, Made, Undo};

#[test]
fn only_the_difference_is_kept() {
    let undo = Undo::between("{\"key\": \"secret\", \"a\": 1}", "{\"key\": \"secret\", \"a\": 1, \"b\": 2}");
    assert_eq!((undo.inserted, undo.removed.as_str()), (8, ""));
}

#[test]
fn characters_are_never_split() {
    for (old, new) in [("ä", "ö"), ("aé", "aè"), ("", "é"), ("日本", "日木"), ("x", "x"), ("aa", "aaa")]
    {
        assert_eq!(Undo::between(old, new).apply(new).as_deref(), Some(old));
    }
}

#[test]
fn what_cannot_be_undone_is_none() {
    let undo = Undo { at: 5, inserted: 3, removed: String::new() };
    assert_eq!(undo.apply("short"), None);
    assert_eq!(Undo { at: 1, inserted: usize::MAX, removed: String::new() }.apply("short"), None);
    assert_eq!(Undo { at: 1, inserted: 1, removed: String::new() }.apply("ä"), None);
}

#[test]
fn an_edit_is_undone_until_somebody_else_edits() {
    let edit = Edit::new(Some("a: ä\n"), "a: ä\nb: ö\n");
    assert_eq!(edit.undo("a: ä\nb: ö\n"), Ok(Some("a: ä\n".to_owned())));
    assert_eq!(edit.undo("a: ä\nb: ö\nc\n"), Err(Edited));
    assert_eq!(Edit::new(None, "new\n").undo("new\n"), Ok(None));
}

#[test]
fn a_manifest_of_any_version_says_what_was_made() {
    let made: Vec<Made> = serde_json::from_str(r#"["item", "list", "parent", "outer", "more"]"#).unwrap();
    assert_eq!(made, [Made::Item, Made::List, Made::Parent, Made::Outer, Made::Outer]);
    assert_eq!(serde_json::to_string(&made).unwrap(), r#"["item","list","parent","outer","outer"]"#);
}
