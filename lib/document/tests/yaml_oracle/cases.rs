//! Texts with the whole of what `read` makes of them, by hand.

use std::ops::Range;

use handoff_document::yaml::{Field, Problem, Value, YamlError, read};

use crate::oracle::oracle;

/// Fails unless `text` is read as these fields, and the oracle agrees.
#[track_caller]
fn reads(text: &str, expected: &[(&str, Value, Range<usize>)]) {
    let expected: Vec<Field> = expected
        .iter()
        .map(|(key, value, lines)| Field {
            key: (*key).to_owned(),
            value: value.clone(),
            lines: lines.clone(),
        })
        .collect();
    let values = expected.iter().map(|field| (field.key.clone(), field.value.clone())).collect();
    assert_eq!(read(text), Ok(expected), "{text}");
    assert_eq!(oracle(text), Ok(values), "{text}");
}

/// Fails unless `text` is one field `a` with this scalar on all of its lines, with both line ends.
#[track_caller]
fn reads_scalar(text: &str, value: &str) {
    reads(text, &[("a", text_of(value), 0..text.lines().count())]);
    let crlf = text.replace('\n', "\r\n");
    reads(&crlf, &[("a", text_of(value), 0..text.lines().count())]);
}

/// Fails unless `text` is one field `a` with a collection on all of its lines.
#[track_caller]
fn reads_collection(text: &str) {
    reads(text, &[("a", Value::Collection, 0..text.lines().count())]);
}

/// Fails unless `text` is refused with this problem on this line, counted from 1.
#[track_caller]
fn refuses(text: &str, line: usize, problem: Problem) {
    assert_eq!(read(text), Err(YamlError { line, problem }), "{text}");
}

fn text_of(value: &str) -> Value {
    Value::Scalar(value.to_owned())
}

#[test]
fn frontmatter_of_a_handoff() {
    let text = "\
name: Parser rewrite, part 2
description: \"Lexer done: parser next\"  # one line
from: 'it''s here'

# set by the writer
created: 2026-11-21T10:00:00Z
dirty_files_count: 3
head: 12345678
topic:
x-note: >-
  two
  lines

tags: [a, \"b]\"]
files:
- branch: x
- y
to_path: /abs/path
";
    reads(
        text,
        &[
            ("name", text_of("Parser rewrite, part 2"), 0..1),
            ("description", text_of("Lexer done: parser next"), 1..2),
            ("from", text_of("it's here"), 2..3),
            ("created", text_of("2026-11-21T10:00:00Z"), 5..6),
            ("dirty_files_count", text_of("3"), 6..7),
            ("head", text_of("12345678"), 7..8),
            ("topic", text_of(""), 8..9),
            ("x-note", text_of("two lines"), 9..12),
            ("tags", Value::Collection, 13..14),
            ("files", Value::Collection, 14..17),
            ("to_path", text_of("/abs/path"), 17..18),
        ],
    );
}

#[test]
fn nothing_is_no_field() {
    for text in ["", "\n", "\r\n", "# only\n\n  # comments\n", "   "] {
        reads(text, &[]);
    }
}

#[test]
fn keys() {
    reads("A_1.b-c: x\n", &[("A_1.b-c", text_of("x"), 0..1)]);
    reads("'it''s': x\n\"a\\tb: c\": y", &[("it's", text_of("x"), 0..1), ("a\tb: c", text_of("y"), 1..2)]);
    reads("a : x\n\"b\" : y\n", &[("a", text_of("x"), 0..1), ("b", text_of("y"), 1..2)]);
    reads("-a: x\n", &[("-a", text_of("x"), 0..1)]);
    reads("a:\nb:\n", &[("a", text_of(""), 0..1), ("b", text_of(""), 1..2)]);
}

#[test]
fn plain_scalars() {
    reads_scalar("a: b", "b");
    reads_scalar("a:   b  \n", "b");
    reads_scalar("a: b # c\n", "b");
    reads_scalar("a: b# c#\n", "b# c#");
    reads_scalar("a: # c\n", "");
    reads_scalar("a: x:y http://z, [w] {v} -u 'it' \"is\" &t\n", "x:y http://z, [w] {v} -u 'it' \"is\" &t");
    reads_scalar("a: -b\n", "-b");
    reads_scalar("a: :b\n", ":b");
    reads_scalar("a: ?b\n", "?b");
    reads_scalar("a: b\tc\t\n", "b\tc");
    reads_scalar("a: é😀\n", "é😀");
    reads_scalar("a: ~\n", "~");
    reads_scalar("a: b\n c\n\n\n  - d  \n   # e\n".strip_suffix("   # e\n").unwrap(), "b c\n\n- d");
    reads_scalar("a:\n  b\n c\n", "b c");
    reads_scalar("a: # c\n\n  # d\n  b\n", "b");
    reads("a: b\n\n# c\nd: e\n", &[("a", text_of("b"), 0..1), ("d", text_of("e"), 3..4)]);
}

#[test]
fn quoted_scalars() {
    reads_scalar("a: ''\n", "");
    reads_scalar("a: \"\"\n", "");
    reads_scalar("a: 'it''s: # \\n \"x\"'  # c\n", "it's: # \\n \"x\"");
    reads_scalar("a: ' b '\n", " b ");
    reads_scalar("a: '\n  b \n\n  c\n  '\n", " b\nc ");
    reads_scalar("a:\n  'b'\n", "b");
    reads_scalar(
        r#"a: "\0\a\b\t\n\v\f\r\e\ \"\/\\\N\_\L\P""#,
        "\0\x07\x08\t\n\x0b\x0c\r\x1b \"/\\\u{85}\u{a0}\u{2028}\u{2029}",
    );
    reads_scalar(r#"a: "\x41\u00e9\U0001F600""#, "Aé😀");
    reads_scalar("a: \"b\\\tc\"\n", "b\tc");
    reads_scalar("a: \"b \n  c\n\n\n  # d\"\n", "b c\n\n# d");
    reads_scalar("a: \"b \\\n   c\\\n\n  \\  d \\ \n  e\"\n", "b c\n  d   e");
    reads_scalar("a: \"b\\t\n  c\"\n", "b\t c");
}

#[test]
fn block_scalars() {
    reads_scalar("a: |\n  b\n   c\n\n  # d\n", "b\n c\n\n# d\n");
    reads_scalar("a: |-\n  b: c\n  d\n", "b: c\nd");
    reads_scalar("a: |+ # c\n  b\n\n\n", "b\n\n\n");
    reads_scalar("a: |\n\n b\n", "\nb\n");
    reads_scalar("a: |2-\n    b\n  c\n", "  b\nc");
    reads_scalar("a: |-2\n   b\n", " b");
    reads_scalar("a: >\n  b\n  c\n\n  d\n    e\n  f\n\n\n  g\n", "b c\nd\n  e\nf\n\ng\n");
    reads_scalar("a: >-\n\n  b\n  c  \n  d\n", "\nb c   d");
    reads_scalar("a: >+\n\n\n", "\n\n");
    reads_scalar("a: |2\n  \tb\n", "\tb\n");
    reads_scalar("a: |\n  b\n  \tc\n", "b\n\tc\n");
    reads_scalar("a: |", "");
    reads_scalar("a: |\n  b", "b\n");
    let after = |text: &str, value: &str, lines: Range<usize>, next: usize| {
        reads(text, &[("a", text_of(value), lines), ("b", text_of("x"), next..next + 1)]);
    };
    after("a: |\n  c\n\n \nb: x\n", "c\n", 0..2, 4);
    after("a: |+\n  c\n\n \nb: x\n", "c\n\n\n", 0..4, 4);
    after("a: |\n    c\n  # d\n# e\nb: x\n", "c\n", 0..2, 4);
    after("a: >\n# d\nb: x\n", "", 0..1, 2);
    after("a: |+\n      \n  \nb: x\n", "\n\n", 0..3, 3);
}

#[test]
fn collections() {
    reads_collection("a:\n  branch: x\n  head:\n    - y\n");
    reads_collection("a:\n- x\n-\n- - y\n  - z: 1\n    w: 2\n-   v\n");
    reads_collection("a:\n  - |\n    b: c\n  - \"x\n    y\"\n  - [\n    ]\n");
    reads_collection("a:\n    b: c\n    # d\n\n    e: f g\n     h\n");
    reads_collection("a:\n  b c/d: e\n  f:g: h\n");
    reads_collection("a: []\n");
    reads_collection("a: {}\n");
    reads_collection("a: [b, 'c]', \"d\\\"]\", {e: f, \"g\":1, h, i: }, [-1, j k], ] # c\n");
    reads_collection("a: [ # c\n  b, # ]\n# d\n\n  c\n d\n ]\n");
    reads_collection("a:\n  {b: c,\n  d: e}\n");
    reads_collection("a: {b:\n  c, d: \"e\n  f\"}\n");
    reads(
        "a:\n  b: |\n    c: d\n  e:\n  - f\ng: h\n",
        &[("a", Value::Collection, 0..5), ("g", text_of("h"), 5..6)],
    );
    reads("a: [b]\n# c\nd: e\n", &[("a", Value::Collection, 0..1), ("d", text_of("e"), 2..3)]);
}

#[test]
fn lines_that_are_no_field_are_refused() {
    refuses("a: b\nprose\n", 2, Problem::NotAField);
    refuses("key:value\n", 1, Problem::NotAField);
    refuses("a: b\n- c\n", 2, Problem::NotAField);
    refuses("- a\n", 1, Problem::NotAField);
    refuses("[a]: b\n", 1, Problem::NotAField);
    refuses("{a: b}\n", 1, Problem::NotAField);
    refuses(": b\n", 1, Problem::NotAField);
    refuses("\"a\"\n", 1, Problem::NotAField);
    refuses("\"a\":b\n", 1, Problem::NotAField);
    refuses("a b: c\n", 1, Problem::FieldName);
    refuses("é: c\n", 1, Problem::FieldName);
    refuses("a: b\nc: d\n\n\"a\": e\n", 4, Problem::DuplicateKey { first: 1 });
    refuses("a:\n  b: 1\n  b: 2\n", 3, Problem::DuplicateKey { first: 2 });
    refuses("a: {b: 1,\n  \"b\": 2}\n", 2, Problem::DuplicateKey { first: 1 });
    refuses("<<: *a\n", 1, Problem::MergeKey);
    refuses("a:\n  <<: b\n", 2, Problem::MergeKey);
    refuses("a: {<<: b}\n", 1, Problem::MergeKey);
    refuses("? a\n: b\n", 1, Problem::ComplexKey);
    refuses("a:\n  ? b\n", 2, Problem::ComplexKey);
    refuses("a: {[b]: c}\n", 1, Problem::ComplexKey);
    refuses("%YAML 1.2\n", 1, Problem::Directive);
    refuses("a: b\n---\nc: d\n", 2, Problem::DocumentMarker);
    refuses("a: b\n... # c\n", 2, Problem::DocumentMarker);
    refuses("a: |\n  b\n--- c\n", 3, Problem::DocumentMarker);
    refuses(&format!("{}: b\n", "a".repeat(1025)), 1, Problem::LongKey);
    refuses(&format!("a: {{{}: b}}\n", "a".repeat(1025)), 1, Problem::LongKey);
    reads_scalar("a: b\n", "b");
    assert!(read(&format!("{}: b\n", "a".repeat(1024))).is_ok());
}

#[test]
fn misplaced_blanks_and_characters_are_refused() {
    refuses("a:\n\tb: c\n", 2, Problem::Tab);
    refuses("a:\n  - b\n \t- c\n", 3, Problem::Tab);
    refuses("a:\tb\n", 1, Problem::Tab);
    refuses("a: \tb\n", 1, Problem::Tab);
    refuses("a: b\n\t\nc: d\n", 2, Problem::Tab);
    refuses("a: b\n\tc\n", 2, Problem::Tab);
    refuses("a: \"b\n\tc\"\n", 2, Problem::Tab);
    refuses("a:\n  -\tb\n", 2, Problem::Tab);
    refuses("a: [b,\tc]\n", 1, Problem::Tab);
    refuses("a: |\n\tb\n", 2, Problem::Tab);
    refuses("a: |\n\n  \tb\n", 3, Problem::Tab);
    refuses("  a: b\n", 1, Problem::Indentation);
    refuses("a: b # c\n  d\n", 2, Problem::Indentation);
    refuses("a: 'b'\n  c: d\n", 2, Problem::Indentation);
    refuses("a:\n    b: c\n  d: e\n", 3, Problem::Indentation);
    refuses("a:\n  - b\n c: d\n", 3, Problem::Indentation);
    refuses("a: b\rc\n", 1, Problem::Character('\r'));
    refuses("a: b\n# \0\n", 2, Problem::Character('\0'));
    refuses("a: b\x1b[31m\n", 1, Problem::Character('\x1b'));
    refuses("\u{feff}a: b\n", 1, Problem::Character('\u{feff}'));
    refuses("a: 'b\u{2028}c'\n", 1, Problem::Character('\u{2028}'));
    refuses("a: b\u{85}\n", 1, Problem::Character('\u{85}'));
}

#[test]
fn values_outside_the_subset_are_refused() {
    refuses("a: &b c\n", 1, Problem::NodeProperty('&'));
    refuses("a: *b\n", 1, Problem::NodeProperty('*'));
    refuses("a: !!str b\n", 1, Problem::NodeProperty('!'));
    refuses("&a b: c\n", 1, Problem::NodeProperty('&'));
    refuses("a:\n  - *b\n", 2, Problem::NodeProperty('*'));
    refuses("a: [&b c]\n", 1, Problem::NodeProperty('&'));
    for start in ['@', '`', '%', ',', ']', '}'] {
        refuses(&format!("a: {start}b\n"), 1, Problem::PlainStart(start));
    }
    refuses("a: - b\n", 1, Problem::PlainStart('-'));
    refuses("a: [:b]\n", 1, Problem::PlainStart(':'));
    refuses("a: ? b\n", 1, Problem::ComplexKey);
    refuses("a: b: c\n", 1, Problem::ColonInValue);
    refuses("a: b\n  c: d\n", 2, Problem::ColonInValue);
    refuses("a: b:\n", 1, Problem::ColonInValue);
    refuses("a: [b: c]\n", 1, Problem::ColonInValue);
    refuses("x: y\na: 'b\nc: d\n", 2, Problem::UnterminatedQuote);
    refuses("a: \"b\n\n", 1, Problem::UnterminatedQuote);
    refuses("a: \"b\nc\"\n", 1, Problem::UnterminatedQuote);
    refuses("a: \"b\\\"\n", 1, Problem::UnterminatedQuote);
    for escape in ["q", "'", "x4", "x4g", "u00e", "U0011FFFF", "uD800", "uD83D\\\\uDE00", "+1", "x+1"] {
        refuses(&format!("a: 'b'\nc: \"\n  \\{escape}\"\n"), 3, Problem::Escape);
    }
    refuses("a: 'b' c\n", 1, Problem::TextAfterValue);
    refuses("a: \"b\"#c\n", 1, Problem::TextAfterValue);
    refuses("a: 'b': c\n", 1, Problem::TextAfterValue);
    refuses("a: [b]c\n", 1, Problem::TextAfterValue);
    refuses("a: [b]: c\n", 1, Problem::TextAfterValue);
    refuses("a: [b]]\n", 1, Problem::TextAfterValue);
    refuses("x: y\na: [b,\nc: d\n", 2, Problem::UnterminatedCollection);
    refuses("a: [b\n]\n", 1, Problem::UnterminatedCollection);
    refuses("a: [b}\n", 1, Problem::FlowSyntax);
    refuses("a: [b,, c]\n", 1, Problem::FlowSyntax);
    refuses("a: ['b' 'c']\n", 1, Problem::FlowSyntax);
    refuses("a: {b:}\n", 1, Problem::FlowSyntax);
    refuses("a: [b #\n c]\n", 2, Problem::FlowSyntax);
    refuses("a: [#b]\n", 1, Problem::PlainStart('#'));
    refuses(&format!("a: {}", "[".repeat(65)), 1, Problem::TooDeep);
    refuses(&format!("a:\n  {}b\n", "- ".repeat(64)), 2, Problem::TooDeep);
    for header in ["|x", "|0", "|12", "|+-", ">1+1", "|#", "| b"] {
        refuses(&format!("a: {header}\n  b\n"), 1, Problem::BlockHeader);
    }
    refuses("a: |\n    \n  b\n", 3, Problem::BlockIndentation);
    refuses("a: |4\n  b\n", 2, Problem::BlockIndentation);
    refuses("a:\n  |\n  b\n", 2, Problem::BlockIndentation);
    refuses("a: |\n    b\n  c\n", 3, Problem::Indentation);
}

#[test]
fn messages_name_the_line_and_the_way_out() {
    let message = |text: &str| read(text).map_err(|error| error.to_string());
    assert_eq!(message("a: b\na: c\n"), Err("line 2: the same key as on line 1".to_owned()));
    assert_eq!(
        message("a: b: c\n"),
        Err("line 1: a second `: ` in one field; put the text in quotes".to_owned())
    );
    assert_eq!(
        message("\n\na: \x1b\n"),
        Err("line 3: the character U+001B, which may stand in YAML only as an escape in double quotes"
            .to_owned())
    );
}
