//! What agent-handoff's first program did, and users count on.

use std::os::unix::fs::symlink;

use tests::{BODY, World};

use crate::support::{Message, SMALL, handoff, only_content};

#[test]
fn only_markdown_files_that_are_not_hidden_are_handoffs() {
    let world = World::new();
    let dir = world.dir("notes");
    let others = [".hidden.md", ".tmp-1234", ".tmp-x.md", "notes.txt", "x.md.bak", "UPPER.MD", "md"];
    for name in others {
        world.plant(&dir, name, handoff(&["name: no"], SMALL));
    }
    assert_eq!(world.surface(&dir), "");
    world.plant(&dir, "x.md", handoff(&["name: yes"], SMALL));
    assert_eq!(Message::of(&world.surface(&dir)).titles(), ["yes"]);
    world.take(&dir);
    assert_eq!(world.names(&dir, "read"), ["x.md"]);
    let mut left = others.to_vec();
    left.sort_unstable();
    assert_eq!(world.names(&dir, "unread"), left);
}

#[test]
fn a_handoff_keeps_its_name_in_the_archive() {
    let world = World::new();
    let repo = world.repo("app");
    let path = world.write(&repo, &["--topic", "auth"], BODY);
    world.take(&repo);
    assert_eq!(world.names(&repo, "read"), [path.file_name().unwrap().to_string_lossy()]);
}

#[test]
fn the_inbox_of_another_worktree_is_neither_shown_nor_touched() {
    let world = World::new();
    let (one, other) = (world.repo("app"), world.repo("app-worker2"));
    let path = world.write(&one, &[], BODY);
    let before = std::fs::read(&path).unwrap();
    // They share the project's directory.
    assert_eq!(world.inbox(&one).parent(), world.inbox(&other).parent());
    assert_eq!(world.surface(&other), "");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn the_inbox_is_where_the_published_rule_puts_it() {
    let world = World::new();
    for (name, slug, key) in [
        ("assistant", "assistant", "assistant"),
        ("assistant-worker", "assistant", "assistant-worker"),
        ("assistant-worker2", "assistant", "assistant-worker2"),
        ("assistant-dev-preview", "assistant", "assistant-dev-preview"),
        ("assistant-preview", "assistant", "assistant-preview"),
        ("assistant-wt", "assistant", "assistant-wt"),
        ("assistant-wt3", "assistant", "assistant-wt3"),
        ("regular-name", "regular-name", "regular-name"),
        ("my.repo_v2", "my.repo_v2", "my.repo_v2"),
    ] {
        let dir = world.dir(name);
        let parent = world.top().to_string_lossy().replace('/', "-");
        let expected = world.root().join(format!("{}-{slug}", &parent[1..])).join(key);
        // A temporary directory's own name may need the digits that other characters need.
        if parent.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
            world.run("inbox", &dir, &["path"], "").is(0, &format!("{}\n", expected.display()), "");
        }
    }
}

#[test]
fn a_claim_of_a_live_process_is_neither_shown_nor_touched() {
    let world = World::new();
    let dir = world.dir("notes");
    let claim = format!(".claim-{}-x.md", std::process::id());
    let path = world.plant(&dir, &claim, handoff(&["name: taken"], SMALL));
    let before = std::fs::read(&path).unwrap();
    assert_eq!(world.surface(&dir), "");
    let zero = world.plant(&dir, ".claim-0-x.md", "zero");
    assert_eq!(world.surface(&dir), "");
    assert_eq!((std::fs::read(&path).unwrap(), std::fs::read(&zero).unwrap()), (before, b"zero".to_vec()));
}

#[test]
fn a_claim_of_a_dead_process_is_shown_once_under_its_own_name() {
    let world = World::new();
    let dir = world.dir("notes");
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    world.plant(&dir, format!(".claim-{}-x.md", dead.id()), handoff(&["name: recovered"], SMALL));
    assert_eq!(Message::of(&world.surface(&dir)).titles(), ["recovered"]);
    let message = Message::of(&world.take(&dir));
    assert_eq!(
        (message.banner.as_str(), message.titles()),
        ("1 UNTRUSTED handoff for notes", vec!["recovered"])
    );
    assert_eq!((world.names(&dir, "unread"), world.names(&dir, "read")), (vec![], vec!["x.md".to_owned()]));
    assert!(String::from_utf8(only_content(&world, &dir, "read")).unwrap().contains("\nreceived_at: "));
    assert_eq!(world.surface(&dir), "");
}

#[test]
fn a_link_in_the_inbox_is_not_shown() {
    let world = World::new();
    let dir = world.dir("notes");
    std::fs::write(world.path("outside.md"), handoff(&["name: outside"], "TOP SECRET\n")).unwrap();
    world.plant(&dir, "x.md", handoff(&["name: inside"], SMALL));
    symlink(world.path("outside.md"), world.inbox(&dir).join("unread/link.md")).unwrap();
    let text = world.surface(&dir);
    assert_eq!(Message::of(&text).titles(), ["inside"]);
    assert_eq!(world.run("inbox", &dir, &["archive", "x"], "").out(), "archived: x.md\n");
    assert!(!text.contains("TOP SECRET"));
    assert_eq!(world.names(&dir, "unread"), ["link.md"]);
}

#[test]
fn files_written_by_the_first_program_are_read() {
    // Without to_path, session_tool or a sentinel, with an unquoted head.
    let world = World::new();
    let repo = world.repo("app");
    let head = world.git(&repo, &["rev-parse", "--short", "HEAD"]);
    let file = format!(
        "---\nname: from bash\ndescription: d\nfrom: app-worker\nto: app\ncreated: 2026-11-21T10:00:00Z\nbranch: main\nhead: \"{head}\"\ndirty_files_count: 3\n---\n\n## Immediate next action\nGo.\n"
    );
    world.plant(&repo, "20261121T100000Z-from-app-worker-topic.md", file);
    let message = Message::of(&world.surface(&repo));
    let block = message.only();
    assert_eq!(block.title, "from bash");
    assert!(block.line("from").starts_with("app-worker, created 2026-11-21T10:00:00Z"));
    assert_eq!(block.warnings(), [""; 0]);
}
