//! Things in an inbox that are no regular files.

use std::os::unix::fs::symlink;
use std::path::Path;

use tests::World;

use crate::support::{Message, SMALL, context_of, handoff};

/// Puts one `<kind>.md` of each kind into `unread/`.
fn plant_oddities(world: &World, dir: &Path) {
    let unread = world.plant(dir, "removed.md", "").parent().unwrap().to_owned();
    std::fs::remove_file(unread.join("removed.md")).unwrap();
    std::fs::write(world.path("outside"), handoff(&["name: outside"], "OUTSIDE\n")).unwrap();
    symlink(world.path("outside"), unread.join("link.md")).unwrap();
    symlink(world.path("nothing"), unread.join("dangling.md")).unwrap();
    std::fs::create_dir(unread.join("directory.md")).unwrap();
    std::fs::write(unread.join("directory.md/inside.md"), "INSIDE\n").unwrap();
    let made = std::process::Command::new("mkfifo").arg(unread.join("fifo.md")).status().unwrap();
    assert!(made.success());
}

#[test]
fn each_is_left_alone_and_named_in_one_line() {
    let world = World::new();
    let dir = world.dir("notes");
    plant_oddities(&world, &dir);
    let line = "agent-handoff: left alone in unread/, no regular files: dangling.md (symbolic link), directory.md (directory), fifo.md (special file) and 1 more";
    assert_eq!(world.surface(&dir), format!("{line}\n"));
    let (text, summary) = context_of(&world.start(&dir, "s", "startup"));
    assert_eq!((text, summary), (format!("{line}\n"), line.to_owned()));
    assert_eq!(world.names(&dir, "unread").len(), 4);
    assert_eq!(std::fs::read(world.path("outside")).unwrap(), handoff(&["name: outside"], "OUTSIDE\n"));
}

#[test]
fn they_do_not_keep_the_others() {
    let world = World::new();
    let dir = world.dir("notes");
    plant_oddities(&world, &dir);
    world.plant(&dir, "good.md", handoff(&["name: good"], SMALL));
    let message = Message::of(&world.surface(&dir));
    assert_eq!(message.titles(), ["good"]);
    assert_eq!(message.notes.len(), 1, "{:?}", message.notes);
    assert!(message.notes[0].starts_with("left alone in unread/, no regular files: "), "{:?}", message.notes);
    let ran = world.run("inbox", &dir, &["read"], "");
    assert_eq!(Message::of(ran.out()).titles(), ["good"]);
    assert_eq!(world.names(&dir, "read"), ["good.md"]);
}

#[test]
fn the_inbox_names_each_and_goes_on() {
    let world = World::new();
    let dir = world.dir("notes");
    plant_oddities(&world, &dir);
    world.plant(&dir, "good.md", handoff(&["name: good"], SMALL));
    let ran = world.run("inbox", &dir, &[], "");
    assert_eq!((ran.code, ran.out().lines().count()), (0, 2), "{}", ran.out());
    let line = |name: &str, kind: &str| {
        format!("agent-handoff: {name}.md in unread/ is a {kind}, no handoff; it is left alone\n")
    };
    let lines = [
        ("dangling", "symbolic link"),
        ("directory", "directory"),
        ("fifo", "special file"),
        ("link", "symbolic link"),
    ]
    .map(|(name, kind)| line(name, kind));
    assert_eq!(ran.err(), lines.concat());
    for verb in ["show", "read", "archive"] {
        let ran = world.run("inbox", &dir, &[verb, "link"], "");
        assert_eq!((ran.code, ran.out()), (1, ""), "{verb}");
    }
    let search = world.run("inbox", &dir, &["search", "SIDE"], "");
    assert_eq!((search.code, search.out()), (1, ""));
}

#[test]
fn a_link_in_the_archive_is_not_followed_either() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["name: x"], SMALL));
    std::fs::write(world.path("outside"), "OUTSIDE\n").unwrap();
    let read = world.inbox(&dir).join("read");
    symlink(world.path("outside"), read.join("x.md")).unwrap();
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["x"]);
    assert_eq!(std::fs::read(world.path("outside")).unwrap(), b"OUTSIDE\n");
    let log = world.run("inbox", &dir, &["log"], "");
    assert_eq!((log.code, log.out().lines().count()), (0, 2), "{}", log.out());
    let ran = world.run("inbox", &dir, &["search", "OUTSIDE"], "");
    assert_eq!((ran.code, ran.out()), (1, ""));
}

#[test]
fn a_claim_that_is_a_link_is_not_taken_over() {
    let world = World::new();
    let dir = world.dir("notes");
    std::fs::write(world.path("outside"), handoff(&["name: outside"], SMALL)).unwrap();
    let unread = world.plant(&dir, "good.md", handoff(&["name: good"], SMALL)).parent().unwrap().to_owned();
    symlink(world.path("outside"), unread.join(".claim-0000000001-x.md")).unwrap();
    std::fs::create_dir(unread.join(".claim-0000000002-y.md")).unwrap();
    assert_eq!(Message::of(&world.surface(&dir)).titles(), ["good"]);
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["good"]);
    assert_eq!(world.names(&dir, "read"), ["good.md"]);
}

#[test]
fn a_hard_link_is_a_file_and_the_other_name_keeps_its_content() {
    let world = World::new();
    let dir = world.dir("notes");
    let content = handoff(&["name: linked"], SMALL);
    std::fs::write(world.path("outside"), &content).unwrap();
    let unread = world.plant(&dir, "removed.md", "").parent().unwrap().to_owned();
    std::fs::remove_file(unread.join("removed.md")).unwrap();
    std::fs::hard_link(world.path("outside"), unread.join("x.md")).unwrap();
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["linked"]);
    assert_eq!(std::fs::read(world.path("outside")).unwrap(), content);
    assert!(world.inbox(&dir).join("read/x.md").is_file());
}
