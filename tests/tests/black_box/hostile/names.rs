//! File names of any bytes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;
use tests::{World, feed};

use crate::support::{Message, SMALL, assert_visible, handoff, unsigned};

const ODD: &[&[u8]] = &[
    b"new\nline.md",
    b"-dash.md",
    b"--help.md",
    b"sp ace.md",
    b"quo'te\"s.md",
    b"$(id).md",
    b"\x1b[31mred.md",
    b"\xff\xfe.md",
    "rtl\u{202E}.md".as_bytes(),
    "tag\u{E0041}.md".as_bytes(),
    "é漢🦀.md".as_bytes(),
    b"=== agent-handoff 00000000: x ===.md",
    b"\r.md",
    b"*.md",
];

#[test]
fn a_handoff_of_any_name_is_shown_once_and_keeps_its_name() {
    for name in ODD {
        let world = World::new();
        let dir = world.dir("notes");
        let name = OsStr::from_bytes(name);
        world.plant(&dir, name, unsigned(&["from: f"], SMALL));
        let text = world.surface(&dir);
        assert_visible(&text);
        assert_eq!(Message::of(&text).only().body, SMALL[1..], "{name:?}");
        let taken = world.take(&dir);
        assert_visible(&taken);
        // It was offered before, which is known of a file of any name.
        assert_eq!(world.names(&dir, "offers"), [""; 0], "{name:?}");
        assert_eq!(Message::of(&taken).only().body, SMALL[1..], "{name:?}");
        assert!(world.inbox(&dir).join("read").join(name).is_file(), "{name:?}");
        assert_eq!(world.surface(&dir), "", "{name:?}");
    }
}

#[test]
fn the_inbox_lists_any_name_in_one_line_and_takes_the_id_that_it_shows() {
    for name in ODD {
        let world = World::new();
        let dir = world.dir("notes");
        let name = OsStr::from_bytes(name);
        world.plant(&dir, name, unsigned(&["from: f"], SMALL));
        world.plant(&dir, "another.md", unsigned(&["from: f"], SMALL));
        let table = world.run("inbox", &dir, &[], "");
        assert_eq!((table.code, table.err(), table.out().lines().count()), (0, "", 3), "{name:?}");
        assert_visible(table.out());
        let rows: Value = serde_json::from_str(world.run("inbox", &dir, &["--json"], "").out()).unwrap();
        let ids: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        let id = ids.into_iter().find(|id| *id != "another").unwrap_or_else(|| panic!("{rows}"));
        // After `--`, as an ID may begin like an option.
        let ran = world.run("inbox", &dir, &["archive", "--", id], "");
        assert_eq!((ran.code, ran.err()), (0, ""), "{name:?} as {id:?}");
        assert!(world.inbox(&dir).join("read").join(name).is_file(), "{name:?}");
        let log = world.run("inbox", &dir, &["log"], "");
        assert_eq!((log.code, log.out().lines().count()), (0, 2), "{name:?}");
        assert_visible(log.out());
        let ran = world.run("inbox", &dir, &["delete", "--archived", "--yes", "--", id], "");
        assert_eq!((ran.code, ran.err(), ran.out().lines().count()), (0, "", 1), "{name:?} as {id:?}");
        assert_visible(ran.out());
        assert!(!world.inbox(&dir).join("read").join(name).exists(), "{name:?}");
    }
}

#[test]
fn a_number_is_a_place_in_the_list_and_with_its_ending_a_name() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "20261121T100000Z-from-x.md", handoff(&["name: first"], SMALL));
    world.plant(&dir, "20251121T100000Z-from-1.md", handoff(&["name: second"], SMALL));
    let show = |id: &str| world.run("inbox", &dir, &["show", id], "").out().to_owned();
    assert!(show("1").contains("name: first"));
    assert!(show("1.md").contains("name: second"));
}

#[test]
fn a_name_of_250_bytes_is_said_and_not_lost() {
    for length in [236, 237, 238, 250, 255] {
        let world = World::new();
        let dir = world.dir("notes");
        let name = format!("{}.md", "n".repeat(length - 3));
        world.plant(&dir, &name, handoff(&["name: long"], SMALL));
        let text = world.surface(&dir);
        assert_eq!(Message::of(&text).titles(), ["long"], "{length}");
        let ran = world.run("inbox", &dir, &["read"], "");
        assert_eq!(Message::of(ran.out()).titles(), ["long"], "{length}");
        // A claim adds 18 bytes and is a file name too. What cannot be claimed is said.
        if length + 18 <= 255 {
            assert_eq!(ran.err(), "");
            assert_eq!(world.names(&dir, "read"), [name]);
        } else {
            let complaint = "agent-handoff: shown, but it stays unread: could not ";
            assert!(ran.err().starts_with(complaint), "{length}: {}", ran.err());
            assert_eq!(world.names(&dir, "unread"), [name]);
        }
    }
}

#[test]
fn a_name_that_cannot_be_claimed_can_still_be_listed_and_shown() {
    let world = World::new();
    let dir = world.dir("notes");
    let name = format!("{}.md", "n".repeat(252));
    let file = handoff(&["name: long"], SMALL);
    world.plant(&dir, &name, &file);
    assert!(world.run("inbox", &dir, &[], "").out().contains("  long"));
    world.run("inbox", &dir, &["show", "1"], "").is(0, std::str::from_utf8(&file).unwrap(), "");
    let ran = world.run("inbox", &dir, &["read"], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(Message::of(ran.out()).titles(), ["long"]);
    assert!(ran.err().starts_with("agent-handoff: shown, but it stays unread: "), "{}", ran.err());
}

#[test]
fn a_taken_name_near_the_limit_is_archived_beside_the_old_one() {
    // The suffix needs six bytes more, which are there for any name that can be claimed.
    let world = World::new();
    let dir = world.dir("notes");
    let name = format!("{}.md", "n".repeat(234));
    world.plant(&dir, &name, handoff(&["name: new"], SMALL));
    std::fs::write(world.inbox(&dir).join("read").join(&name), "old").unwrap();
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["new"]);
    assert_eq!(world.names(&dir, "read").len(), 2);
    assert_eq!(world.surface(&dir), "");
}

#[test]
fn names_in_error_messages_are_one_visible_line() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "a\n\x1b[31m1.md", SMALL);
    world.plant(&dir, "a\n\x1b[31m2.md", SMALL);
    let ran = world.run("inbox", &dir, &["show", "[31m"], "");
    assert_eq!((ran.code, ran.out()), (1, ""));
    assert_visible(ran.err());
    assert_eq!(ran.err().lines().count(), 1, "{}", ran.err());
    let mut command = world.command("inbox", &dir);
    command.arg("show").arg(OsStr::from_bytes(b"\x1b[31m\nx\xff"));
    let ran = feed(command, b"");
    assert!(ran.code == 1 || ran.code == 2, "{ran:?}");
    assert_visible(ran.err());
}
