//! What becomes of a handoff's bytes when it was given to a session.

use tests::{BODY, Claude, World};

use crate::support::{Message, SMALL, assert_mode, handoff, normal, only_content, only_file, unsigned};

const SESSION: &str = "b01dd566-d2c0-4f8d-920e-756d8a3de810";

/// `file` as it is in the archive after the session [`SESSION`] read it, with `<time>` for the time.
fn archived(file: impl AsRef<[u8]>) -> Vec<u8> {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", file);
    take(&world, &dir);
    let content = only_content(&world, &dir, "read");
    // Only the time of reading differs from run to run.
    let at = content.windows(13).position(|window| window == b"received_at: ").map(|at| at + 13);
    match at {
        Some(at) => [&content[..at], b"<time>", &content[at + 20..]].concat(),
        None => content,
    }
}

/// What a session is given that asks for it and says who it is.
fn take(world: &World, dir: &std::path::Path) -> String {
    let ran = world.run("inbox", dir, &["read", "--session-id", SESSION], "");
    assert_eq!((ran.code, ran.err()), (0, ""));
    ran.out().to_owned()
}

#[test]
fn a_stamp_is_two_lines_at_the_end_of_the_frontmatter_and_nothing_else_changes() {
    let file =
        unsigned(&["# a comment", "name:   spaced  ", "custom: {a: 1}", "list:", "- x"], "\n  body \n\n\n");
    let expected = format!(
        "---\n# a comment\nname:   spaced  \ncustom: {{a: 1}}\nlist:\n- x\nreceived_at: <time>\nreceived_by: {SESSION}\n---\n\n  body \n\n\n"
    );
    assert_eq!(String::from_utf8(archived(file)).unwrap(), expected);
}

#[test]
fn a_forged_stamp_is_replaced_and_one_of_each_remains() {
    let lines = [
        "received_at: 2001-01-01T00:00:00Z",
        "name: n",
        "received_by: evil",
        "received_at: again",
        "from: f",
    ];
    let expected =
        format!("---\nname: n\nfrom: f\nreceived_at: <time>\nreceived_by: {SESSION}\n---\n{SMALL}");
    assert_eq!(String::from_utf8(archived(unsigned(&lines, SMALL))).unwrap(), expected);
}

#[test]
fn what_only_looks_like_a_stamp_stays() {
    let file = unsigned(
        &["name: n", "description: |", "  received_at: in a text", "nested:", "  received_by: somebody"],
        "\nreceived_at: in the body\n",
    );
    let expected = format!(
        "---\nname: n\ndescription: |\n  received_at: in a text\nnested:\n  received_by: somebody\nreceived_at: <time>\nreceived_by: {SESSION}\n---\n\nreceived_at: in the body\n"
    );
    // The helper replaces the first time only, which here is the text.
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", file);
    take(&world, &dir);
    let content = String::from_utf8(only_content(&world, &dir, "read")).unwrap();
    assert_eq!(normal(&world, &content), expected);
}

#[test]
fn line_ends_stay_what_they_are() {
    let file = "---\r\nname: n\r\n---\r\n\r\nbody\r\nlast\n";
    let expected = format!(
        "---\r\nname: n\r\nreceived_at: <time>\r\nreceived_by: {SESSION}\r\n---\r\n\r\nbody\r\nlast\n"
    );
    assert_eq!(String::from_utf8(archived(file)).unwrap(), expected);
}

#[test]
fn a_byte_order_mark_stays_and_the_file_is_no_malformed_one() {
    let file = "\u{FEFF}---\nname: marked\n---\nbody\n";
    let expected =
        format!("\u{FEFF}---\nname: marked\nreceived_at: <time>\nreceived_by: {SESSION}\n---\nbody\n");
    assert_eq!(String::from_utf8(archived(file)).unwrap(), expected);
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", file);
    let message = Message::of(&world.surface(&dir));
    assert_eq!((message.only().title.as_str(), message.only().warnings().len()), ("marked", 0));
}

#[test]
fn a_body_keeps_every_byte() {
    let bodies: [&[u8]; 7] = [
        b"no final newline",
        b"",
        b"\n\n\n",
        b"invalid \xFF\xFE\x80 utf-8 \xED\xA0\x80\n",
        b"nul\0 and \x1b[31m and \x9b\n",
        b"---\nname: another frontmatter\n---\n",
        b"\xEF\xBB\xBFmark\r\n\r\r\n",
    ];
    for body in bodies {
        let mut expected =
            format!("---\nname: n\nreceived_at: <time>\nreceived_by: {SESSION}\n---\n").into_bytes();
        expected.extend(body);
        assert_eq!(archived(unsigned(&["name: n"], body)), expected, "{body:?}");
    }
}

#[test]
fn a_frontmatter_that_is_no_utf8_keeps_its_bytes() {
    let file = b"---\nname: \xFF\xFE\nother: \x80\n---\nbody\n";
    let expected = [
        &b"---\nname: \xFF\xFE\nother: \x80\nreceived_at: <time>\nreceived_by: "[..],
        SESSION.as_bytes(),
        b"\n---\nbody\n",
    ];
    assert_eq!(archived(file), expected.concat());
}

#[test]
fn what_has_no_frontmatter_is_archived_as_it_is() {
    for file in ["", "text\n", "---\nnever closed\n", "---"] {
        assert_eq!(archived(file), file.as_bytes());
    }
}

#[test]
fn an_empty_frontmatter_gets_a_stamp() {
    let expected = format!("---\nreceived_at: <time>\nreceived_by: {SESSION}\n---\nbody\n");
    assert_eq!(String::from_utf8(archived("---\n---\nbody\n")).unwrap(), expected);
}

#[test]
fn a_reader_without_a_name_leaves_only_the_time() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", unsigned(&["name: n", "received_by: an earlier one"], SMALL));
    world.take(&dir);
    let content = String::from_utf8(only_content(&world, &dir, "read")).unwrap();
    assert!(content.contains("\nreceived_at: 20"), "{content}");
    // Whoever read it before has not read it now.
    assert!(!content.contains("received_by: an earlier one"), "{content}");
}

#[test]
fn a_session_id_cannot_forge_a_field() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", unsigned(&["name: n"], SMALL));
    let (mut claude, ran) = Claude::started(&world, &dir, "a\nname: forged\n---\n# \"'");
    assert_eq!(ran.code, 0);
    claude.speak("Loaded.");
    world.run("inbox", &dir, &["settle"], "").is_silent();
    let content = only_content(&world, &dir, "read");
    let document = handoff_document::Document::parse(&content);
    assert_eq!(document.problem(), None);
    assert_eq!(document.field("name"), Some("n"));
    assert_eq!(document.field("received_by"), Some("a\nname: forged\n---\n# \"'"));
    assert_eq!(document.body(), SMALL.as_bytes());
}

#[test]
fn a_name_that_is_taken_in_the_archive_gets_a_suffix_and_the_old_one_stays() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["name: new"], SMALL));
    std::fs::write(world.inbox(&dir).join("read/x.md"), "the old one").unwrap();
    world.take(&dir);
    let names = world.names(&dir, "read");
    assert_eq!(names.len(), 2, "{names:?}");
    let suffix = names[0].strip_prefix("x-").and_then(|rest| rest.strip_suffix(".md")).unwrap();
    assert!(suffix.len() == 5 && suffix.bytes().all(|b| b.is_ascii_hexdigit()), "{names:?}");
    let read = |name: &str| std::fs::read_to_string(world.inbox(&dir).join("read").join(name)).unwrap();
    assert_eq!(read("x.md"), "the old one");
    assert!(read(&names[0]).contains("name: new"));
}

#[test]
fn a_directory_of_that_name_in_the_archive_stays_empty() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["name: new"], SMALL));
    let taken = world.inbox(&dir).join("read/x.md");
    std::fs::create_dir(&taken).unwrap();
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["new"]);
    assert_eq!(std::fs::read_dir(&taken).unwrap().count(), 0);
    assert_eq!(world.names(&dir, "read").len(), 2);
}

#[test]
fn directories_and_files_are_for_their_owner_only() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let inbox = world.inbox(&repo);
    world.plant(&repo, "planted.md", handoff(&["name: planted"], SMALL));
    assert_mode(&only_written(&world, &repo), 0o600);
    let (mut claude, _) = Claude::started(&world, &repo, SESSION);
    for name in world.names(&repo, "offers") {
        assert_mode(&inbox.join("offers").join(name), 0o600);
    }
    claude.speak("Loaded.");
    world.run("inbox", &repo, &["settle"], "").is_silent();
    assert_eq!(world.names(&repo, "read").len(), 2);
    for dir in [
        world.root(),
        inbox.parent().unwrap().into(),
        inbox.clone(),
        inbox.join("unread"),
        inbox.join("read"),
        inbox.join("offers"),
    ] {
        assert_mode(&dir, 0o700);
    }
    for name in world.names(&repo, "read") {
        assert_mode(&inbox.join("read").join(name), 0o600);
    }
}

fn only_written(world: &World, repo: &std::path::Path) -> std::path::PathBuf {
    std::fs::remove_file(world.inbox(repo).join("unread/planted.md")).unwrap();
    let written = only_file(world, repo, "unread");
    world.plant(repo, "planted.md", handoff(&["name: planted"], SMALL));
    written
}
