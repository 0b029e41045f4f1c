//! The store is shared with agent-handoff's bash program: its names, its files, its habits.

use tests::World;

/// As the bash program's skill writes one.
const BASH: &str = "---\nname: Auth refactor — pause point\ndescription: mid-stream\nfrom: assistant\nto: assistant\ncreated: 2026-05-15T18:30:00Z\n\
    branch: main\nhead: a7c4f12\ndirty_files_count: 3\nsession_tool: claude-code\ntopic: auth-refactor\n---\n\n# Handoff\n\n## Immediate next action\nGo on.\n";

#[test]
fn its_handoffs_are_found_by_the_published_rule_and_shown() {
    let world = World::new();
    let worker = world.repo("proj/assistant-worker2");
    let slug = world.path("proj/assistant").to_str().unwrap()[1..].replace('/', "-");
    // Outside the portable set the rule has no answer; a temporary directory may be such a place.
    if slug.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        assert_eq!(world.inbox(&worker), world.root().join(slug).join("assistant-worker2"));
    }
    world.plant(&worker, "20260515T183000Z-from-assistant-auth-refactor.md", BASH);
    let text = world.surface(&worker);
    assert!(text.contains("1/1 Auth refactor — pause point\nfrom:     assistant (claude-code), created 2026-05-15T18:30:00Z, "), "{text}");
    assert!(text.contains("!! DRIFT: HEAD differs: a7c4f12 is not in this repository"), "{text}");
    assert!(!text.contains("WARNING") && !text.contains("SENTINEL"), "{text}");
}

#[test]
fn only_markdown_files_that_are_not_hidden_are_handoffs() {
    let world = World::new();
    let dir = world.dir("plain");
    for name in ["notes.txt", ".hidden.md", ".tmp-123", "UPPER.MD", ".claim-x"] {
        world.plant(&dir, name, "text\n");
    }
    assert_eq!(world.surface(&dir), "");
    assert_eq!(world.names(&dir, "unread").len(), 5);
}

#[test]
fn another_recipients_inbox_is_neither_shown_nor_touched() {
    let world = World::new();
    let (app, worker) = (world.dir("app"), world.dir("app-worker"));
    world.plant(&worker, "x.md", BASH);
    assert_eq!(world.surface(&app), "");
    assert_eq!(world.names(&worker, "unread"), ["x.md"]);
    assert!(world.surface(&worker).contains("1 UNTRUSTED handoff for app-worker"));
}

#[test]
fn what_we_write_has_the_fields_and_the_name_that_it_reads() {
    let world = World::new();
    let repo = world.repo("app");
    let path = world.write(&repo, &["--topic", "auth", "--name", "A: title"], tests::BODY);
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(
        name.len() == "20260515T183000Z-from-app-auth.md".len() && name.ends_with("Z-from-app-auth.md"),
        "{name}"
    );
    let file = std::fs::read_to_string(&path).unwrap();
    // It takes the rest of the line and strips one pair of quotes.
    assert!(file.starts_with("---\nname: \"A: title\"\ndescription: "), "{file}");
    for field in ["from: app\n", "to: app\n", "branch: main\n", "session_tool: unknown\n", "topic: auth\n"] {
        assert!(file.contains(field), "{file}");
    }
}
