use proptest::collection::vec;
use proptest::prelude::*;

use crate::unified;

#[test]
fn a_difference_is_printed_as_git_prints_it() {
    let before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
    let after = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj";
    let expected = "--- f\n+++ f\n@@ -2,9 +2,9 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n i\n-j\n+j\n\\ No newline at end of file\n";
    assert_eq!(unified("f", Some(before), Some(after)), expected);
    assert_eq!(unified("f", None, Some("a\n")), "--- /dev/null\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
    assert_eq!(unified("f", Some("a\n"), None), "--- f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n");
    assert_eq!(unified("f", Some("a"), Some("a")), "");
}

/// The text that a patch makes of `before`, by the rules of `patch`.
fn patched(before: &str, diff: &str) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let (mut out, mut at) = (String::new(), 0);
    let mut lines = diff.lines().skip(2).peekable();
    while let Some(line) = lines.next() {
        if let Some(header) = line.strip_prefix("@@ -") {
            let (start, rest) = header.split_once(',').unwrap();
            let is_empty = rest.starts_with("0 ");
            let start = start.parse::<usize>().unwrap() - usize::from(!is_empty);
            out.extend(old[at..start].iter().copied());
            at = start;
            continue;
        }
        let (mark, text) = line.split_at(1);
        let has_end = !lines.peek().is_some_and(|next| next.starts_with('\\'));
        let text = if has_end { format!("{text}\n") } else { text.to_owned() };
        match mark {
            " " | "-" => {
                assert_eq!(old[at], text);
                at += 1;
                if mark == " " {
                    out.push_str(&text);
                }
            }
            "+" => out.push_str(&text),
            "\\" => {}
            _ => panic!("{line:?} is no line of a patch"),
        }
    }
    out.extend(old[at..].iter().copied());
    out
}

proptest! {
    #[test]
    fn a_difference_makes_the_one_text_of_the_other(
        before in vec("[abc]", 0..30), after in vec("[abc]", 0..30), ends in any::<[bool; 2]>(),
    ) {
        let text = |lines: Vec<String>, end: bool| lines.join("\n") + if end { "\n" } else { "" };
        let (before, after) = (text(before, ends[0]), text(after, ends[1]));
        prop_assert_eq!(patched(&before, &unified("f", Some(&before), Some(&after))), after);
    }
}
