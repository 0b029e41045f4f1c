//! Inboxes that are not what they should be.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use tests::{BODY, Claude, Ran, World};

use crate::support::{Message, SMALL, assert_visible, context_of, handoff, kept};

/// Moves `path` to `elsewhere` and leaves a link in its place.
fn behind_link(world: &World, path: &Path) {
    let elsewhere = world.path("elsewhere");
    std::fs::rename(path, &elsewhere).unwrap();
    symlink(&elsewhere, path).unwrap();
}

fn is_one_line_of_hook(ran: &Ran, start: &str) {
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert!(ran.out().starts_with(start) && ran.out().matches('\n').count() == 1, "{}", ran.out());
}

#[test]
fn an_inbox_behind_a_link_is_not_followed_and_that_is_said() {
    for part in ["slug", "key", "unread", "read"] {
        let world = World::new();
        let dir = world.dir("notes");
        let planted = world.plant(&dir, "x.md", handoff(&["name: n"], "CONTENT\n"));
        let inbox = world.inbox(&dir);
        behind_link(
            &world,
            &match part {
                "slug" => inbox.parent().unwrap().to_owned(),
                "key" => inbox.clone(),
                other => inbox.join(other),
            },
        );
        let ran = world.run("session-start", &dir, &[], "");
        // The hook has nothing to do with the archive.
        if part == "read" {
            assert_eq!(Message::of(ran.out()).titles(), ["n"]);
        } else {
            is_one_line_of_hook(&ran, "agent-handoff: ");
            assert!(ran.out().contains("not a directory"), "{part}: {}", ran.out());
            assert!(!ran.out().contains("CONTENT"), "{part}");
        }
        assert_eq!(std::fs::read(planted).unwrap(), handoff(&["name: n"], "CONTENT\n"), "{part}");
        // Nobody writes through one either, and the draft is kept.
        if part != "read" {
            let ran = world.run("handoff-write", &dir, &[], BODY);
            assert_eq!((ran.code, ran.out()), (1, ""), "{part}: {ran:?}");
            assert_eq!(std::fs::read_to_string(kept(&ran)).unwrap(), BODY, "{part}");
        }
    }
}

#[test]
fn the_root_itself_may_be_a_link() {
    let world = World::new();
    let dir = world.dir("notes");
    symlink(world.dir("disk/handoffs"), world.root()).unwrap();
    world.write(&dir, &[], BODY);
    assert_eq!(Message::of(&world.surface(&dir)).titles(), ["Auth refactor"]);
    assert!(world.path("disk/handoffs").read_dir().unwrap().next().is_some());
}

#[test]
fn an_archive_that_is_a_file_is_said_where_something_is_to_be_archived_and_nothing_is_lost() {
    let world = World::new();
    let dir = world.dir("notes");
    let path = world.plant(&dir, "x.md", handoff(&["name: n"], SMALL));
    let before = std::fs::read(&path).unwrap();
    let read = world.inbox(&dir).join("read");
    std::fs::remove_dir(&read).unwrap();
    std::fs::write(&read, "a file").unwrap();
    let (mut claude, ran) = Claude::started(&world, &dir, "s-1");
    assert_eq!(Message::of(&context_of(&ran).0).titles(), ["n"]);
    claude.speak("Loaded.");
    // It is known to be used, so that nobody is offered it again, although it cannot be archived.
    Claude::started(&world, &dir, "s-2").1.is_silent();
    assert_eq!((std::fs::read(&path).unwrap(), std::fs::read(&read).unwrap()), (before, b"a file".to_vec()));
    assert_eq!(world.names(&dir, "unread"), ["x.md"]);
    // Whoever asks for it is shown it all the same.
    let ran = world.run("inbox", &dir, &["read", "1"], "");
    assert_eq!(ran.code, 0);
    assert_eq!(Message::of(ran.out()).titles(), ["n"]);
    assert!(ran.err().starts_with("agent-handoff: shown, but it stays unread: could not "), "{}", ran.err());
    assert_eq!(world.names(&dir, "unread"), ["x.md"]);
}

#[test]
fn a_missing_archive_is_made() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["name: n"], SMALL));
    std::fs::remove_dir(world.inbox(&dir).join("read")).unwrap();
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["n"]);
    assert_eq!(world.names(&dir, "read"), ["x.md"]);
}

#[test]
fn an_unread_that_is_a_file_is_said() {
    let world = World::new();
    let dir = world.dir("notes");
    let inbox = world.inbox(&dir);
    std::fs::create_dir_all(&inbox).unwrap();
    std::fs::write(inbox.join("unread"), "a file").unwrap();
    is_one_line_of_hook(
        &world.run("session-start", &dir, &[], ""),
        &format!(
            "agent-handoff: could not look for handoffs: could not open {}: ",
            inbox.join("unread").display()
        ),
    );
    let ran = world.run("inbox", &dir, &[], "");
    assert_eq!((ran.code, ran.out()), (1, ""));
    assert!(ran.err().starts_with("agent-handoff: could not open "), "{}", ran.err());
}

#[test]
fn a_root_that_anybody_can_write_to_is_not_trusted() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["name: n"], "CONTENT\n"));
    std::fs::set_permissions(world.root(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let reason = format!("{0} is writable by others (mode 0777); run: chmod 700 {0}", world.root().display());
    world.run("session-start", &dir, &[], "").is(
        0,
        &format!("agent-handoff: could not look for handoffs: 1 waiting, not shown: {reason}\n"),
        "",
    );
    let ran = world.run("handoff-write", &dir, &[], BODY);
    assert_eq!((ran.code, ran.out()), (1, ""));
    assert!(
        ran.err().starts_with(&format!("agent-handoff: could not write the handoff: {reason}\n")),
        "{ran:?}"
    );
    std::fs::set_permissions(world.root(), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(Message::of(&world.surface(&dir)).titles(), ["n"]);
}

#[test]
fn a_root_that_is_a_file_is_said() {
    let world = World::new();
    let dir = world.dir("notes");
    std::fs::write(world.root(), "a file").unwrap();
    let ran = world.run("session-start", &dir, &[], "");
    is_one_line_of_hook(&ran, "agent-handoff: could not look for handoffs: could not open ");
    assert_eq!(world.run("inbox", &dir, &[], "").code, 1);
    assert_eq!(world.run("inbox", &dir, &["worktrees"], "").code, 1);
}

#[test]
fn what_a_project_holds_besides_inboxes_is_passed_over() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["name: n"], SMALL));
    let slug = world.inbox(&dir).parent().unwrap().to_owned();
    std::fs::write(slug.join("a file"), "").unwrap();
    std::fs::create_dir(slug.join("empty")).unwrap();
    symlink("/etc", slug.join("link")).unwrap();
    std::fs::write(world.root().join("README"), "").unwrap();
    symlink("/etc", world.root().join("evil")).unwrap();
    let ran = world.run("inbox", &dir, &["worktrees"], "");
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert_eq!(ran.out().lines().count(), 2, "{}", ran.out());
    assert_visible(ran.out());
}
