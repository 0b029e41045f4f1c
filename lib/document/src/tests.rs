use proptest::prelude::*;

use super::*;

fn draft(name: &str, body: &[u8]) -> Draft {
    Draft {
        name: name.to_owned(),
        description: name.to_owned(),
        from: "a".to_owned(),
        to: "b".to_owned(),
        created: Timestamp::from_seconds(1_795_258_800),
        branch: name.to_owned(),
        head: "12345678".to_owned(),
        dirty_files: Some(3),
        tool: "claude-code".to_owned(),
        to_path: format!("/{name}"),
        session_id: None,
        topic: None,
        unknown: Vec::new(),
        body: body.to_owned(),
    }
}

#[test]
fn times_are_read_and_written_in_both_forms() {
    let time = Timestamp::parse("2026-11-21T11:00:00+01:00");
    assert_eq!(time.map(|time| time.to_string()), Some("2026-11-21T10:00:00Z".to_owned()));
    assert_eq!(time.map(Timestamp::compact), Some("20261121T100000Z".to_owned()));
    assert_eq!(Timestamp::parse_compact(b"20261121T100000Z-from-x.md"), time);
    for wrong in [&b"20261321T100000Z"[..], b"20261121T100000", b"x0261121T100000Z", b"", b"20261121 100000Z"]
    {
        assert_eq!(Timestamp::parse_compact(wrong), None);
    }
}

#[test]
fn ages_are_in_the_largest_unit_that_says_enough() {
    let now = Timestamp::from_seconds(1_000_000);
    let ages = [0, 59, 60, 3_599, 3_600, 172_799, 172_800, -5, -7_200]
        .map(|s| age(Timestamp::from_seconds(1_000_000 - s), now));
    assert_eq!(
        ages,
        [
            "just now",
            "just now",
            "1 min ago",
            "59 min ago",
            "1 h ago",
            "47 h ago",
            "2 days ago",
            "seconds ahead of this clock",
            "2 h ahead of this clock"
        ]
    );
}

#[test]
fn a_heading_in_a_code_block_opens_no_section() {
    let body = b"intro\n```md\n## Immediate next action\n```\n## What NOT to do on resume\nx\n";
    let parts: Vec<Part> = sections(body).iter().map(|section| section.part).collect();
    assert_eq!(parts, [Part::Opening, Part::DoNotDo]);
}

#[test]
fn a_heading_is_what_markdown_takes_for_one() {
    let first = |body: &str| {
        let sections = sections(body.as_bytes());
        let section = sections.first().expect("a body that is not blank has a section");
        (section.part, String::from_utf8_lossy(section.heading).into_owned())
    };
    for line in [
        "## Immediate next action",
        "##  Immediate   next\taction ",
        " ## Immediate next action",
        "   ## immediate NEXT action",
        "##\tImmediate next action",
        "## Immediate next action ##",
        "## Immediate next action #\r",
    ] {
        assert_eq!(first(&format!("{line}\nGo.\n")).0, Part::NextAction, "{line:?}");
    }
    for line in [
        "    ## Immediate next action",
        "\t## Immediate next action",
        "##Immediate next action",
        "### Immediate next action",
        "##\u{a0}Immediate next action",
        "\\## Immediate next action",
    ] {
        assert_eq!(first(&format!("{line}\nGo.\n")).0, Part::Opening, "{line:?}");
    }
    assert_eq!(first("## The language C# ##\nx\n").1, "The language C#");
    assert_eq!(first("## C#\nx\n").1, "C#");
    assert_eq!(first("##\nx\n"), (Part::Other, String::new()));
    let title = |body: &str| Document::parse(body.as_bytes()).title().map(std::borrow::Cow::into_owned);
    assert_eq!(title("  #  Handoff — Auth #\n").as_deref(), Some("Auth"));
    assert_eq!(title("#\n# Auth\n").as_deref(), Some("Auth"));
}

#[test]
fn the_longest_frontmatter_that_is_written_can_be_stamped_and_stays_readable() {
    let mut longest = draft("x", b"\nbody\n");
    longest.to_path = "/\u{1}".repeat(2_048);
    longest.unknown = vec![format!("ticket: {}", "t".repeat(Draft::MAX_UNKNOWN_BYTES - 9))];
    let file = longest.render();
    let id = "i".repeat(70_000);
    let fields = [("received_at", Some("2026-11-21T10:00:00Z")), ("received_by", Some("s-1"))];
    for (fields, by) in [(fields, Some("s-1")), ([fields[0], ("received_by", Some(id.as_str()))], None)] {
        let (head, body) = stamped(&file, &fields).unwrap();
        assert!(head.len() < 64 << 10, "{}", head.len());
        let stamped = [&head, body].concat();
        let document = Document::parse(&stamped);
        assert_eq!((document.problem(), document.body()), (None, &b"\nbody\n"[..]));
        assert_eq!(document.field("to_path"), Some(longest.to_path.as_str()));
        assert_eq!((document.field("received_at"), document.field("received_by")), (fields[0].1, by));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_stamping_keeps_every_byte_of_the_body(
        name in "\\PC{0,60}", body in prop::collection::vec(any::<u8>(), 0..2_000), by in "[a-z0-9-]{1,36}",
    ) {
        let file = draft(&name, &body).render();
        let document = Document::parse(&file);
        prop_assert_eq!(document.problem(), None);
        prop_assert_eq!(document.body(), &body[..]);
        prop_assert_eq!(document.seal().0, Seal::Intact);
        let read = |key: &str| document.field(key).unwrap_or_default().to_owned();
        prop_assert_eq!((read("name"), read("to_path"), read("head")), (name.clone(), format!("/{name}"), "12345678".to_owned()));
        let stamp = |file: &[u8], by: Option<&str>| {
            stamped(file, &[("received_at", Some("2026-11-21T10:00:00Z")), ("received_by", by)]).map(|(head, body)| [&head[..], body].concat())
        };
        let once = stamp(&file, Some(&by)).unwrap_or_default();
        let twice = stamp(&once, Some(&by)).unwrap_or_default();
        prop_assert_eq!(&once, &twice);
        let again = Document::parse(&twice);
        prop_assert_eq!((again.body(), again.field("received_by"), again.problem()), (&body[..], Some(by.as_str()), None));
        let without = stamp(&twice, None).unwrap_or_default();
        let without = Document::parse(&without);
        prop_assert_eq!(without.field("received_by"), None);
    }

    #[test]
    fn any_bytes_are_a_document(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let document = Document::parse(&bytes);
        prop_assert!(bytes.ends_with(document.body()));
        let parts: usize = sections(document.body()).iter().map(|section| section.text.len()).sum();
        prop_assert!(parts <= document.body().len());
    }
}
