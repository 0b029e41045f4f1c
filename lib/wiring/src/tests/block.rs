use crate::Block;

const BLOCK: Block = Block { begin: "<!-- begin -->", end: "<!-- end -->" };

#[test]
fn it_goes_to_the_end_and_away_again() {
    for (before, after) in [
        ("", "<!-- begin -->\nbody\n<!-- end -->\n"),
        ("# Mine\n", "# Mine\n\n<!-- begin -->\nbody\n<!-- end -->\n"),
        ("# Mine\n\n\n", "# Mine\n\n\n\n<!-- begin -->\nbody\n<!-- end -->\n"),
        ("# Mine\r\nx\r\n", "# Mine\r\nx\r\n\r\n<!-- begin -->\r\nbody\r\n<!-- end -->\r\n"),
        ("\u{feff}", "\u{feff}<!-- begin -->\nbody\n<!-- end -->\n"),
    ] {
        let wired = BLOCK.wire(before, "body\n").unwrap();
        assert_eq!(wired, after);
        assert_eq!(BLOCK.wire(&wired, "body\n").unwrap(), after);
        assert_eq!(BLOCK.unwire(&wired).unwrap(), before);
    }
    assert_eq!(BLOCK.wire("no newline", "b\n").unwrap(), "no newline\n\n<!-- begin -->\nb\n<!-- end -->\n");
}

#[test]
fn a_new_body_stays_in_its_place() {
    let before = "one\n\n<!-- begin -->\nold\nolder\n<!-- end -->\ntwo\n";
    assert_eq!(BLOCK.wire(before, "new\n").unwrap(), "one\n\n<!-- begin -->\nnew\n<!-- end -->\ntwo\n");
    assert_eq!(BLOCK.unwire(before).unwrap(), "one\ntwo\n");
}

#[test]
fn lonely_markers_are_named() {
    for (text, message) in [
        ("a\n<!-- begin -->\nb\n", "line 2, column 1: `<!-- begin -->` is never ended"),
        ("<!-- end -->\n", "line 1, column 1: `<!-- end -->` ends nothing"),
        (
            "<!-- begin -->\n<!-- end -->\n<!-- begin -->\n<!-- end -->\n",
            "line 3, column 1: `<!-- begin -->` is there twice",
        ),
    ] {
        assert_eq!(BLOCK.wire(text, "b\n").unwrap_err().to_string(), message);
    }
}

#[test]
fn wiring_again_changes_nothing_whatever_the_line_ends_are() {
    for text in ["# Mine\rText\r", "# Mine\rText", "\r", "a\r\nb\rc\n", "a\n\rb\r", "a\r\n\r"] {
        let once = BLOCK.wire(text, "one\ntwo\n").unwrap();
        assert_eq!(BLOCK.wire(&once, "one\ntwo\n").unwrap(), once, "{text:?}");
        assert!(once.starts_with(text), "{once:?}");
    }
}
