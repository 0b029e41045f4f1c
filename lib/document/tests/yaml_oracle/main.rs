//! The frontmatter's YAML reader and writer against a whole YAML parser.
//!
//! The contract: what `read` accepts, the parser accepts with the same keys and scalars; what is made of the
//! styles that `read` supports, it accepts; what `scalar` writes, both read back.

mod cases;
mod documents;
mod oracle;
mod scalars;

use documents::{Document, document, edits};
use handoff_document::yaml::{Value, read};
use proptest::prelude::*;

use oracle::oracle;

/// What `read` says, without the lines, in the oracle's terms.
fn ours(text: &str) -> Result<Vec<(String, Value)>, String> {
    let fields = read(text).map_err(|error| error.to_string())?;
    Ok(fields.into_iter().map(|field| (field.key, field.value)).collect())
}

/// A failure becomes a case in the table, so none is kept in a file.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn documents_of_the_subset_are_read_as_the_oracle_reads_them(Document { text, keys } in document()) {
        let theirs = oracle(&text);
        prop_assert!(theirs.is_ok(), "the generator is wrong: {theirs:?}\n{text}");
        let read = ours(&text);
        prop_assert_eq!(&read, &theirs, "{}", text);
        let read_keys: Vec<String> = read.unwrap_or_default().into_iter().map(|(key, _)| key).collect();
        prop_assert_eq!(read_keys, keys);
    }

    #[test]
    fn lines_of_a_field_hold_the_whole_field(Document { text, .. } in document()) {
        let fields = read(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut reached = 0;
        for field in fields {
            prop_assert!(reached <= field.lines.start && field.lines.start < field.lines.end);
            for between in &lines[reached..field.lines.start] {
                let between = between.trim();
                prop_assert!(between.is_empty() || between.starts_with('#'), "{:?}\n{}", between, text);
            }
            reached = field.lines.end;
            let alone: String = lines[field.lines].concat();
            prop_assert_eq!(ours(&alone), Ok(vec![(field.key, field.value)]), "{}", text);
        }
    }

    #[test]
    fn edited_documents_are_refused_or_read_as_the_oracle_reads_them(
        Document { text, .. } in document(),
        edits in edits(),
    ) {
        let text = documents::edited(&text, &edits);
        if let Ok(read) = ours(&text) {
            prop_assert_eq!(Ok(read), oracle(&text), "{}", text);
        }
    }

    #[test]
    fn noise_is_refused_or_read_as_the_oracle_reads_it(text in documents::noise()) {
        if let Ok(read) = ours(&text) {
            prop_assert_eq!(Ok(read), oracle(&text), "{}", text);
        }
    }

    #[test]
    fn any_text_at_all_is_read_without_a_panic(text in any::<String>()) {
        let _ = read(&text);
    }
}

/// A linear reader takes milliseconds, and a fraction of a second unoptimised on a busy machine; a quadratic one,
/// minutes.
#[test]
fn long_texts_take_linear_time() {
    let long = 1 << 20;
    let texts = [
        format!("a: {}", "x".repeat(long)),
        format!("a: {}", "x ".repeat(long / 2)),
        format!("a: \"{}", "\\".repeat(long)),
        format!("a: '{}", "'".repeat(long)),
        format!("a: {}", "[".repeat(long)),
        format!("a: [{}", "x, ".repeat(long / 3)),
        format!("a: {{{}}}", (0..long / 8).map(|n| format!("k{n},")).collect::<String>()),
        "- ".repeat(long / 2),
        format!("a:\n  {}", "- ".repeat(long / 2)),
        format!("a:\n{}", "  - - \"x\n".repeat(long / 9)),
        format!("a:{}", "\n".repeat(long)),
        format!("a: x{}", "\n".repeat(long)),
        format!("a: |{}", "\n ".repeat(long / 2)),
        format!("a: >+\n{}", " x\n\n".repeat(long / 4)),
        format!("a: x\n{}", " y\n".repeat(long / 3)),
        format!("a: \"x\n{}", " y\n".repeat(long / 3)),
        format!("a:\n{}", "- |\n".repeat(long / 4)),
        (0..100_000).map(|n| format!("k{n}: v\n")).collect(),
        format!("a:\n{}", (0..100_000).map(|n| format!("  k{n}: v\n")).collect::<String>()),
        "#\n".repeat(long / 2),
        format!("a: b{}", " #".repeat(long / 2)),
        ":".repeat(long),
        "\"".repeat(long),
    ];
    for text in texts {
        let started = std::time::Instant::now();
        let _ = read(&text);
        let taken = started.elapsed();
        let start: String = text.chars().take(20).collect();
        assert!(taken.as_secs() < 5, "{taken:?} for {start:?}…");
    }
}
