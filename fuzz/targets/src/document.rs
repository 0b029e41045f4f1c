//! A handoff that another program wrote.

use handoff_document::{Document, headings, sections, stamped, touched_files};

/// Reads a handoff, and sets the fields that a reader sets when it archives one.
pub fn frontmatter(data: &[u8]) {
    let document = Document::parse(data);
    let _ = (document.title(), document.seal(), document.problem().map(ToString::to_string));
    let _ = document.unknown_lines(&["name", "from", "to"]);
    headings(document.body());
    for section in sections(document.body()) {
        touched_files(&section);
        section.is_empty();
    }
    // Frontmatter that is not valid YAML is read line by line, without escapes.
    let session = if document.problem().is_none() { "a: \"b\" #c" } else { "0b1c2d3e" };
    let fields = [("received_at", Some("2026-11-21T10:00:00Z")), ("received_by", Some(session)), ("x", None)];
    let Some((head, body)) = stamped(data, &fields) else { return };
    assert_eq!(body, document.body(), "a stamp leaves the body alone");
    let whole = [&head, body].concat();
    let again = Document::parse(&whole);
    assert_eq!(again.body(), document.body(), "the body is found again");
    // A line that a stamp takes away may be the one that was not valid YAML.
    if again.problem() != document.problem() {
        assert!(document.problem().is_some(), "a stamp broke it: {:?}", again.problem());
        return;
    }
    for (key, value) in fields {
        // Behind 64 KiB no field is set.
        let found = again.field(key);
        assert!(found == value || found.is_none(), "`{key}` is {found:?}, not {value:?}");
    }
    for (key, value) in document.fields().filter(|(key, _)| fields.iter().all(|(set, _)| set != key)) {
        assert_eq!(again.field(key), document.field(key), "`{key}` was {value:?}");
    }
    assert_eq!(stamped(&whole, &fields).map(|(twice, _)| twice), Some(head), "a stamp is put on once");
}
