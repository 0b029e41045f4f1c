//! Judging, without a store and without a process.

use handoff_document::{TEMPLATE, Topic};

use super::*;

const GOOD: &str = "# Handoff — A title\n\n## Immediate next action\nRun the tests.\n";
/// A key in the form of a vendor's, put together so that no scanner finds it here.
fn key() -> String {
    ["ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].concat()
}

fn request(draft: &str) -> Request {
    Request { source: Source::of_bytes(draft.as_bytes().to_vec()), ..Request::default() }
}

fn reasons(request: &Request) -> Vec<String> {
    check(request).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn reason(draft: &str) -> Reason {
    let mut reasons = check(&request(draft)).expect_err(draft);
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    reasons.remove(0)
}

#[test]
fn a_draft_with_a_next_action_is_good() {
    assert!(check(&request(GOOD)).unwrap().is_empty());
    assert!(check(&Request { source: Source::of_next_action("fix it"), ..Request::default() }).is_ok());
}

#[test]
fn an_empty_draft_is_refused_whatever_its_frontmatter_says() {
    for draft in ["", " \n", "---\nname: x\n---\n\n"] {
        assert!(matches!(reason(draft), Reason::Empty), "{draft:?}");
    }
}

#[test]
fn a_draft_of_the_limit_is_taken_and_a_longer_one_is_not() {
    let long = |length: usize| format!("{GOOD}{}", "x".repeat(length - GOOD.len()));
    assert!(check(&request(&long(MAX_HANDOFF_BYTES))).is_ok());
    assert!(
        matches!(reason(&long(MAX_HANDOFF_BYTES + 1)), Reason::TooLarge(size) if size == MAX_HANDOFF_BYTES + 1)
    );
}

#[test]
fn a_draft_that_is_cut_is_refused_for_that_alone() {
    let source = Source::of_bytes(Vec::new()).of_length(Some(7));
    let request = Request { source, ..Request::default() };
    let reasons = check(&request).unwrap_err();
    assert!(
        matches!(reasons.as_slice(), [Reason::Cut(Cut::Shorter { received: 0, announced: 7 })]),
        "{reasons:?}"
    );
}

#[test]
fn what_stands_in_the_place_of_the_next_action_is_named() {
    let at = |line, text: &str| HeadingAt { line, text: handoff_text::Sanitised::line(text.as_bytes(), 80) };
    let cases = [
        ("# A\n", NextActionFault::Missing),
        ("# A\n## Next steps\nx\n", NextActionFault::Misnamed(at(2, "## Next steps"))),
        (
            "---\nname: x\n---\n# Immediate next action\nx\n",
            NextActionFault::Misnamed(at(4, "# Immediate next action")),
        ),
        ("```\n## Immediate next action\nx\n", NextActionFault::InCode(at(2, "## Immediate next action"))),
        (
            "## Immediate\u{a0}next action\nx\n",
            NextActionFault::LooksTheSame(at(1, "## Immediate\u{a0}next action")),
        ),
        (TEMPLATE, NextActionFault::OfTemplate),
        ("## Immediate next action\n", NextActionFault::Empty),
        (
            "## Immediate next action: run it\n",
            NextActionFault::InHeading(at(1, "## Immediate next action: run it")),
        ),
    ];
    for (draft, expected) in cases {
        let found = reason(draft);
        assert!(matches!(&found, Reason::NextAction(fault) if *fault == expected), "{draft:?}: {found:?}");
    }
}

#[test]
fn a_secret_is_refused_redacted_or_allowed_as_asked() {
    let draft = format!("{GOOD}token: {}\n", key());
    let found = reason(&draft);
    let Reason::Secret(found) = found else { panic!("{found:?}") };
    assert_eq!(found.iter().map(|secret| secret.place).collect::<Vec<_>>(), [Place::Line(5)]);
    for secrets in [Secrets::Redact, Secrets::Allow] {
        let request = Request { fields: Fields { secrets, ..Fields::default() }, ..request(&draft) };
        let accepted = judge::accept(&request).unwrap();
        let is_there = String::from_utf8(accepted.body).unwrap().contains(&key());
        assert_eq!((is_there, accepted.redacted), (secrets == Secrets::Allow, usize::from(!is_there)));
    }
}

#[test]
fn a_secret_in_a_field_that_cannot_be_redacted_is_refused_even_then() {
    let fields = |secrets| Fields {
        session_id: Some(key()),
        topic: Some(Topic::new(&key()).unwrap()),
        name: Some(key()),
        secrets,
        ..Fields::default()
    };
    let request = |secrets| Request { fields: fields(secrets), ..request(GOOD) };
    let reasons = check(&request(Secrets::Redact)).unwrap_err();
    let [Reason::SecretInFixedField(found)] = reasons.as_slice() else { panic!("{reasons:?}") };
    let places: Vec<_> = found.iter().map(|secret| secret.place).collect();
    assert_eq!(places, [Place::Field(Field::Topic), Place::Field(Field::SessionId)]);
    let reasons = check(&request(Secrets::Refuse)).unwrap_err();
    let [Reason::Secret(found)] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert_eq!(found.first().map(|secret| secret.place), Some(Place::Field(Field::Name)));
    assert_eq!(found.len(), 3);
}

#[test]
fn a_secret_in_the_next_action_is_at_the_line_that_was_typed() {
    let places = |action: &str| {
        let request = Request { source: Source::of_next_action(action), ..Request::default() };
        let reasons = check(&request).unwrap_err();
        let [Reason::Secret(found)] = reasons.as_slice() else { panic!("{reasons:?}") };
        found.iter().map(|secret| secret.place).collect::<Vec<_>>()
    };
    assert_eq!(places(&format!("use {}", key())), [Place::NextAction { line: None }]);
    assert_eq!(places(&format!("one\nuse {}", key())), [Place::NextAction { line: Some(2) }]);
}

#[test]
fn the_drafts_own_topic_counts_where_no_other_is_given() {
    let draft = format!("---\ntopic: of draft\n---\n{GOOD}");
    assert!(matches!(reason(&draft), Reason::Topic(_)));
    let fields = Fields { topic: Some(Topic::new("given").unwrap()), ..Fields::default() };
    let accepted = judge::accept(&Request { fields, ..request(&draft) }).unwrap();
    assert_eq!(accepted.topic, Some(Topic::new("given").unwrap()));
    let draft = draft.replace("of draft", "own");
    assert_eq!(judge::accept(&request(&draft)).unwrap().topic, Some(Topic::new("own").unwrap()));
}

#[test]
fn a_frontmatter_that_cannot_be_used_stays_in_the_body_and_is_noted() {
    for (draft, expected) in [
        (format!("---\nname: x\n{GOOD}"), Unusable::NotClosed),
        (format!("---\nname: [x]\n---\n{GOOD}"), Unusable::NotText("name".to_owned())),
    ] {
        let accepted = judge::accept(&request(&draft)).unwrap();
        assert_eq!(accepted.body, format!("\n{draft}").into_bytes());
        assert!(
            matches!(accepted.notes.as_slice(), [Note::KeptInBody(found)] if *found == expected),
            "{:?}",
            accepted.notes
        );
    }
}

#[test]
fn each_reason_says_what_to_do() {
    assert_eq!(reasons(&request("")), ["it is empty: begin with the template's sections"]);
    let draft = format!("{GOOD}{}\n", key());
    assert_eq!(
        reasons(&request(&draft)),
        [
            "it holds what looks like a secret: github-token in line 5; take it out, redact it, or allow it if it is none"
        ]
    );
}

/// An environment with a store in `dir`, and nothing else.
fn environment(dir: &std::path::Path) -> Environment {
    Environment { root: Some(dir.join("store")), ..Environment::default() }
}

#[test]
fn the_context_counts_what_waits_in_the_writers_own_inbox() {
    let dir = tempfile::tempdir().unwrap();
    let environment = environment(dir.path());
    let start = Start { root: Some(dir.path().to_owned()), project_dir: None };
    let context = || Context::of(&start, &environment).unwrap();
    assert_eq!((context().unread, context().changes.is_none()), (Some(0), true));
    write(&Request { start: start.clone(), ..request(GOOD) }, &environment).unwrap();
    assert_eq!(context().unread, Some(1));
    let nowhere = Start { root: Some(dir.path().join("gone")), project_dir: None };
    assert!(matches!(Context::of(&nowhere, &environment), Err(PlaceError::NotLocated(_))));
}

#[test]
fn a_good_draft_is_in_the_inbox_and_a_refused_one_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let environment = environment(dir.path());
    let start = Start { root: Some(dir.path().to_owned()), project_dir: None };
    let fields = Fields { tool: Some("a-tool".to_owned()), ..Fields::default() };
    let written = write(&Request { start: start.clone(), fields, ..request(GOOD) }, &environment).unwrap();
    assert_eq!(written.name, "A title");
    assert!(written.path.starts_with(dir.path().join("store")));
    assert!(handoff_files::is_file(&written.path));

    let refused = write(&Request { start, ..request("no action") }, &environment).unwrap_err();
    let Kept::At(path) = &refused.kept else { panic!("{refused:?}") };
    let kept = Source::read(path).unwrap();
    assert_eq!((kept.bytes.as_slice(), kept.file.as_ref()), (b"no action".as_slice(), Some(path)));
}
