use crate::Undo;

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
