use super::*;

const OLD: &str = "1111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222";
const NONE: &str = "0000000000000000000000000000000000000000";

fn read(text: &str) -> Result<Vec<Section>, PatchError> {
    parse(text.as_bytes())
}

fn reason(text: &str) -> String {
    read(text).map(|sections| format!("{sections:?}")).map_err(|error| error.to_string()).unwrap_err()
}

fn change(names: &str, rest: &str) -> String {
    format!("diff --git {names}\n{rest}")
}

#[test]
fn each_kind_of_section_is_read() {
    let text = [
        change("a/m b/m", &format!("index {OLD}..{NEW} 100644\n--- a/m\n+++ b/m\n@@ -1 +1 @@ f\n-a\n+b\n\\ No newline at end of file\n")),
        change("a/with space b/with space", &format!("new file mode 100755\nindex {NONE}..{NEW}\n--- /dev/null\n+++ b/with space\t\n@@ -0,0 +1,2 @@\n+a\n+diff --git a/x b/x\n")),
        change("a/e b/e", &format!("new file mode 100644\nindex {NONE}..{NEW}\n")),
        change("a/x b/x", "old mode 100644\nnew mode 100755\n"),
        change("\"a/q\\\"\\377\" \"b/q\\\"\\377\"", &format!("deleted file mode 100644\nindex {OLD}..{NONE}\n")),
        change("a/from b/to", "similarity index 100%\nrename from from\nrename to to\n"),
        change("a/b b/b b/b b/b", &format!("index {OLD}..{NEW} 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n")),
    ]
    .concat();
    let sections = read(&text).unwrap();
    let seen: Vec<_> = sections
        .iter()
        .map(|section| {
            let side = |side: &Option<Side>| {
                side.as_ref().map(|side| (side.path.to_string(), side.mode.clone().unwrap_or_default()))
            };
            (side(&section.old), side(&section.new))
        })
        .collect();
    let at = |path: &str, mode: &str| Some((path.to_owned(), mode.to_owned()));
    assert_eq!(seen[0], (at("m", "100644"), at("m", "100644")));
    assert_eq!(seen[1], (None, at("with space", "100755")));
    assert_eq!(seen[2], (None, at("e", "100644")));
    assert_eq!(seen[3], (at("x", "100644"), at("x", "100755")));
    assert_eq!(seen[4], (at("\"q\\\"\\377\"", "100644"), None));
    assert_eq!(seen[5], (at("from", ""), at("to", "")));
    assert_eq!(seen[6], (at("b b/b", "100644"), at("b b/b", "100644")));
    assert!(
        sections[6].literal.is_some_and(|(size, at)| size == 1 && text[at as usize..].starts_with("Icm"))
    );
    let ends: Vec<_> = sections.iter().map(|section| section.span).collect();
    assert_eq!((ends[0].0, ends[6].1), (0, text.len() as u64));
    assert!(ends.windows(2).all(|pair| pair[0].1 == pair[1].0));
    assert_eq!(read("").unwrap(), Vec::new());
}

#[test]
fn a_patch_that_could_be_read_in_two_ways_is_refused() {
    let body = format!("index {OLD}..{NEW} 100644\n");
    let hunk = "@@ -1 +1 @@\n-a\n+b\n";
    for (text, why) in [
        (format!("From: me\n{}", change("a/x b/x", &body)), "something else"),
        (change("a/x b/x", &format!("{body}--- a/x\n+++ b/y\n{hunk}")), "two names"),
        (change("a/x b/x", &format!("{body}--- a/../y\n+++ b/../y\n{hunk}")), "two names"),
        (change("a/x b/y", &body), "two names"),
        (change("a/x b/y", "rename from x\nrename to ../y\n"), "two names"),
        (
            change("a/x b/x", &format!("{body}--- a/x\n+++ b/x\n{hunk}--- a/y\n+++ b/y\n{hunk}")),
            "something else",
        ),
        (change("a/x b/x", &format!("{body}--- a/x\n+++ b/x\n{hunk}\n")), "something else"),
        (change("a/x b/x", &format!("{body}--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n+b\n")), "an end in a hunk"),
        (
            change("a/x b/x", &format!("{body}--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n-b\n+b\n")),
            "longer than it says",
        ),
        (change("a/x b/x", &format!("{body}--- a/x\n+++ b/x\n@@ -1 +1 @@\n\n")), "does not belong to a hunk"),
        (change("a/x b/x", &format!("{body}--- a/x\n+++ b/x\n")), "no change"),
        (change("a/x b/x", &format!("{body}--- /dev/null\n+++ b/x\n{hunk}")), "is not"),
        (change("a/x b/x", &format!("{body}{body}")), "twice"),
        (change("a/x b/x", &format!("old mode 100644\nnew mode 100755\n{body}")), "twice"),
        (change("a/x b/x", "old mode 100644\n"), "one side"),
        (change("a/x b/x", &format!("new file mode 100644\nindex {OLD}..{NEW}\n")), "is not"),
        (change("a/x b/x", "index 1234567..2345678 100644\n"), "in full"),
        (change("a/x b/x", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), "without its blobs"),
        (change("a/x b/x", "new file mode 10064\n"), "no mode"),
        (change("a/x b/x", &format!("{body}GIT binary patch\nliteral 1\nZ?\n\n")), "cannot be read"),
        (
            change("a/x b/x", &format!("{body}GIT binary patch\nliteral 1\nIcmZPo000310RR91")),
            "without an end",
        ),
        (change("a/x b/x", &format!("{body}Binary files a/x and b/x differ\n")), "does not belong"),
        (change("a/x b/x", "rename from x\ncopy to y\n"), "twice"),
        (change("\"a/x b/x", &body), "two names"),
        (change("a/ b/", &body), "two names"),
        (change("a/x b/x", "new file mode 100644\ndeleted file mode 100644\n"), "twice"),
    ] {
        let reason = reason(&text);
        assert!(reason.contains(why), "{reason}, not {why}, of:\n{text}");
    }
}

#[test]
fn a_line_without_end_takes_no_more_memory_than_a_long_one() {
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += buffer.len() as u64;
            assert!(self.0 < 64 << 20, "it went on reading");
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }
    let head = change("a/x b/x", "");
    let source = head.as_bytes().chain(Endless(0));
    let error = parse(std::io::BufReader::new(source)).unwrap_err();
    assert_eq!((error.line, error.reason.as_str()), (2, "a line that is too long"));
}

#[test]
fn no_cut_and_no_changed_byte_makes_the_reader_stumble() {
    let text = change(
        "\"a/q\\\"\" \"b/q\\\"\"",
        &format!("index {OLD}..{NEW} 100644\n--- \"a/q\\\"\"\n+++ \"b/q\\\"\"\n@@ -1 +1,2 @@\n-a\n+b\n+c\n"),
    );
    let whole = read(&text).unwrap();
    for at in 0..text.len() {
        for byte in [0, b'\n', b'"', b'\\', b'9', 255] {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = byte;
            // It may still be a patch, but then it is one of a single file.
            if let Ok(sections) = parse(&damaged[..]) {
                assert!(sections.len() <= whole.len());
            }
        }
        let _ = parse(&text.as_bytes()[..at]);
    }
}

/// `delta` as a binary patch says it, and the empty line behind it.
fn delta(content: &[u8]) -> String {
    let mut text = Vec::new();
    literal::write(&mut text, &mut &content[..], content.len() as u64, |_| {}).unwrap();
    String::from_utf8(text).unwrap().replacen("literal", "delta", 1)
}

#[test]
fn a_few_bytes_that_would_take_all_memory_are_refused() {
    let binary = |pieces: &str| {
        let pieces = format!("index {OLD}..{NEW} 100644\nGIT binary patch\n{pieces}");
        read(&change("a/x b/x", &pieces)).map(|sections| sections[0].inflated).map_err(|error| error.reason)
    };
    // Of 65,536 bytes so many times all of them: a byte each.
    let of = |result: &[u8], times: usize| [&[0x80, 0x80, 4], result, &vec![0x80; times]].concat();
    let small = of(&[0x80, 0x80, 8], 2);
    assert_eq!(binary(&delta(&small)), Ok(small.len() as u64 + 131_072));
    // Compressed so that the head comes after many lines.
    let noise: Vec<u8> = (0_u32..4_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(binary(&delta(&[&small[..], &noise].concat())).is_ok());
    let large = |result: &[u8], times| binary(&delta(&of(result, times))).unwrap_err();
    assert!(large(&[0x80, 0x80, 0x80, 0x08], 256).contains("larger than any"));
    assert!(large(&[0xff; 9], 0).contains("cannot be read"));
    assert!(binary(&delta(&[0x80])).unwrap_err().contains("cannot be read"));
    assert!(binary("delta 99999999999\n\n").unwrap_err().contains("larger than any"));
    // The way back is for git too.
    let back = "literal 1\nIcmZPo000310RR91\n\nliteral 99999999999\nIcmZPo000310RR91\n\n";
    assert!(binary(back).unwrap_err().contains("larger than any"));
}
