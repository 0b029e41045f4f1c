//! Which worktree a session is in.

use std::os::unix::fs::symlink;
use std::path::Path;

use tests::{BODY, Claude, Ran, World, feed};

use crate::support::{Message, claude, context_of};

const SESSION: &str = "90d86706-65f7-498f-92b0-36a12b1e63c2";

#[test]
fn the_option_outranks_the_payload_and_that_the_variable_and_that_the_directory() {
    let world = World::new();
    let places = ["option", "payload", "variable", "directory"];
    for place in places {
        let repo = world.repo(place);
        for _ in 0..4 {
            world.write(&repo, &["--name", place], BODY);
        }
    }
    let start = |option: bool, payload: bool, variable: bool| {
        let mut command = world.command("session-start", &world.path("directory"));
        command.arg("--peek");
        if option {
            command.arg("--root").arg(world.path("option"));
        }
        if variable {
            command.env("CLAUDE_PROJECT_DIR", world.path("variable"));
        }
        let input = if payload { claude(&world.path("payload"), SESSION, "startup") } else { String::new() };
        feed(command, input.as_bytes())
    };
    let shown = |ran: Ran| {
        let text = if ran.out().starts_with('{') { context_of(&ran).0 } else { ran.out().to_owned() };
        Message::of(&text).titles()[0].to_owned()
    };
    assert_eq!(shown(start(true, true, true)), "option");
    assert_eq!(shown(start(false, true, true)), "payload");
    assert_eq!(shown(start(false, false, true)), "variable");
    assert_eq!(shown(start(false, false, false)), "directory");
}

#[test]
fn a_subdirectory_a_link_and_the_top_are_one_worktree() {
    let world = World::new();
    let repo = world.repo("app");
    world.dir("app/src/deep/er");
    symlink(&repo, world.path("link")).unwrap();
    symlink(repo.join("src/deep"), world.path("deep-link")).unwrap();
    let ways = ["app", "app/src", "app/src/deep/er", "link", "link/src/deep", "deep-link", "deep-link/er"];
    for writer in ways {
        for reader in ways {
            world.write(&world.path(writer), &["--name", writer], BODY);
            let mut claude =
                Claude::open(&world, &world.path(reader), &format!("{writer} {reader}").replace('/', "-"));
            let ran = claude.start("startup");
            claude.speak("Loaded.");
            let message = Message::of(&context_of(&ran).0);
            assert_eq!(message.titles(), [writer], "{reader}");
            assert_eq!(message.banner, "1 UNTRUSTED handoff for app");
        }
    }
}

#[test]
fn a_subdirectory_as_project_directory_is_its_worktree() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let mut command = world.command("session-start", world.top());
    command.env("CLAUDE_PROJECT_DIR", repo.join("src"));
    assert_eq!(Message::of(feed(command, b"").out()).titles(), ["Auth refactor"]);
}

#[test]
fn the_repositorys_own_directory_is_its_worktree() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    assert_eq!(Message::of(&world.surface(&repo.join(".git"))).titles(), ["Auth refactor"]);
    world.take(&repo.join(".git"));
    world.write(&repo, &[], BODY);
    assert_eq!(Message::of(&world.surface(&repo.join(".git/refs/heads"))).titles(), ["Auth refactor"]);
}

#[test]
fn a_directory_outside_git_is_a_worktree_by_itself() {
    let world = World::new();
    let (outer, inner) = (world.dir("notes"), world.dir("notes/inner"));
    world.write(&inner, &["--name", "for the inner"], BODY);
    assert_eq!(world.surface(&outer), "");
    assert_eq!(Message::of(&world.surface(&inner)).titles(), ["for the inner"]);
}

#[test]
fn a_relative_root_is_relative_to_where_it_is_typed() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let ran = world.run("session-start", world.top(), &["--root", "app/src"], "");
    assert_eq!(Message::of(ran.out()).titles(), ["Auth refactor"]);
}

#[test]
fn a_place_that_cannot_be_entered_is_said_in_one_line() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let (gone, file) = (repo.join("src/gone"), repo.join("src/a.rs"));
    let line = |path: &Path, reason: &str| {
        format!("agent-handoff: could not look for handoffs: could not enter {}: {reason}", path.display())
    };
    for (path, reason) in [(&gone, "no such file or directory"), (&file, "not a directory")] {
        let ran = world.run("session-start", &repo, &["--root", path.to_str().unwrap()], "");
        assert_eq!((ran.code, ran.err()), (0, ""));
        assert_eq!(ran.out().to_lowercase(), format!("{}\n", line(path, reason)).to_lowercase());
    }
    let start = |place: &Path| world.run("session-start", &repo, &[], claude(place, SESSION, "startup"));
    let (text, summary) = context_of(&start(&gone));
    assert_eq!(text, format!("{summary}\n"));
    assert!(text.starts_with(&line(&gone, "")), "{text}");
    assert_eq!(world.names(&repo, "unread").len(), 1);
    // Nothing can be waiting where nothing ever was.
    start(&world.path("elsewhere")).is_silent();
}

#[test]
fn a_working_directory_that_was_removed_is_said() {
    let world = World::new();
    let dir = world.dir("doomed");
    let mut command = world.bare_command("sh");
    command
        .current_dir(&dir)
        .args(["-c", "rmdir \"$PWD\" && exec \"$0\""])
        .arg(tests::program("session-start"));
    let ran = feed(command, b"");
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert!(
        ran.out().starts_with(
            "agent-handoff: could not look for handoffs: could not tell the current directory: "
        ),
        "{}",
        ran.out()
    );
}
