//! What a person does with one handoff: forwards, edits and deletes it; and what waits everywhere.

use std::path::{Path, PathBuf};

use serde_json::json;
use tests::{BODY, Claude, Ran, Terminal, World, feed, program};

use crate::support::{field, json, parts, published, sentinel};

/// A worktree with one unread handoff.
struct Place {
    world: World,
    app: PathBuf,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let world = World::new();
        let app = world.repo("app");
        let file = world.write(&app, &["--topic", "auth"], BODY);
        Self { world, app, file }
    }

    fn inbox(&self, args: &[&str]) -> Ran {
        self.world.run("inbox", &self.app, args, "")
    }

    /// The file's name.
    fn name(&self) -> String {
        self.file.file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// `inbox edit 1` with an editor that runs `script` on `$1`.
    fn edit(&self, script: &str, args: &[&str]) -> Ran {
        let editor = self.world.path("editor");
        std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mut command = self.world.command("inbox", &self.app);
        command.env("EDITOR", "false").env("VISUAL", format!("sh {}", editor.display()));
        command.arg("edit").args(args);
        feed(command, b"")
    }

    /// What lies in `.drafts/`.
    fn drafts(&self) -> Vec<PathBuf> {
        let dir = self.world.root().join(".drafts");
        let entries =
            std::fs::read_dir(dir).map(|entries| entries.map(|entry| entry.unwrap().path()).collect());
        entries.unwrap_or_default()
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn what_waits_everywhere_is_grouped_by_worktree_with_its_path() {
    let place = Place::new();
    let lib = place.world.repo("lib");
    place.world.write(&lib, &[], "## Immediate next action\nPublish it.\n");
    place.inbox(&["--all"]).is(
        0,
        &format!(
            "{} (this worktree)\n#  AGE       FROM  NAME           BRANCH  DRIFT\n1  just now  app   Auth refactor  main\n\n\
             {}\n#  AGE       FROM  NAME              BRANCH  DRIFT\n1  just now  lib   Handoff from lib  main\n",
            place.app.display(),
            lib.display()
        ),
        "",
    );
    let rows = json(&place.inbox(&["list", "--all", "--json"]));
    let facts = |row: &serde_json::Value| json!([row["for"], row["worktree"], row["number"], row["name"]]);
    assert_eq!(facts(&rows[0]), json!(["app", place.app, 1, "Auth refactor"]));
    assert_eq!(facts(&rows[1]), json!(["lib", lib, 1, "Handoff from lib"]));
    place.inbox(&["archive", "1"]);
    std::fs::remove_dir_all(&lib).unwrap();
    let ran = place.inbox(&["--all"]);
    assert!(ran.out().starts_with(&format!("{} (is gone)\n", lib.display())), "{}", ran.out());
    std::fs::remove_dir_all(place.world.root()).unwrap();
    place.inbox(&["--all"]).is(0, "nothing unread in any worktree\n", "");
}

#[test]
fn an_unread_handoff_is_forwarded_by_moving_it_with_its_sentinel() {
    let place = Place::new();
    let other = place.world.repo("other");
    let (body, token) = (parts(&place.file).1, field(&place.file, "sentinel"));
    let to = format!("{}/src", other.display());
    let ran = place.inbox(&["forward", "1", "--to", &to]);
    let said = format!("moved: {}, unread for {}\n", place.name(), other.display());
    assert_eq!((ran.code, ran.out()), (0, said.as_str()));
    assert!(ran.err().contains("so the sessions of that worktree get it"), "{}", ran.err());
    let there = published(&place.world.root());
    assert_eq!(there, [place.world.inbox(&other).join("unread").join(place.name())]);
    assert_eq!((parts(&there[0]).1, field(&there[0], "sentinel")), (body.clone(), token));
    assert_eq!(token_of(&place.world, &body), field(&there[0], "sentinel"));
    assert_eq!(
        (field(&there[0], "to"), field(&there[0], "to_path")),
        ("other".into(), other.display().to_string())
    );
    assert!(place.world.surface(&other).contains("Auth refactor"));
}

fn token_of(world: &World, body: &[u8]) -> String {
    sentinel(world, body)
}

#[test]
fn of_an_archived_handoff_a_copy_is_forwarded_that_nobody_has_read() {
    let place = Place::new();
    let linked = place.world.path("app-wt2");
    place.world.git(&place.app, &["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    place.inbox(&["read", "--session-id", "S"]);
    let archived = place.world.inbox(&place.app).join("read").join(place.name());
    let before = read(&archived);
    let forward = |to: &str| place.inbox(&["forward", "auth", "--to", to]);
    forward("app-wt2").is(0, &format!("copied: {}, unread for {}\n", place.name(), linked.display()), "");
    assert_eq!(read(&archived), before);
    let copy = place.world.inbox(&linked).join("unread").join(place.name());
    assert!(!read(&copy).contains("received_"), "{}", read(&copy));
    assert_eq!((parts(&copy).1, field(&copy, "to")), (parts(&archived).1, "app-wt2".to_owned()));
    let again = forward("app-wt2");
    assert!(again.code == 1 && again.err().contains("it waits there already"), "{}", again.err());
    assert_eq!(published(&place.world.root()).len(), 2);
    // Once it was read there, it can be given again.
    place.world.take(&linked);
    assert_eq!(forward("app-wt2").code, 0);
}

#[test]
fn a_forward_without_a_recipient_moves_nothing() {
    let place = Place::new();
    let before = published(&place.world.root());
    for (to, code, said) in [
        ("a b", 2, "--to: \"a b\" is not a worktree name"),
        ("./nowhere", 1, "there is no such directory"),
        ("./src/a.rs", 1, "it is not a directory"),
        (".", 1, "it is for this worktree already"),
        ("app", 1, "it is for this worktree already"),
    ] {
        let ran = place.inbox(&["forward", "1", "--to", to]);
        assert!(ran.code == code && ran.out().is_empty() && ran.err().contains(said), "{to}: {ran:?}");
    }
    assert!(place.inbox(&["forward", "1"]).err().contains("forward requires --to NAME|PATH"));
    assert!(place.inbox(&["forward", "1", "--archived", "--to", "other"]).err().contains("could not find"));
    assert_eq!(published(&place.world.root()), before);
}

#[test]
fn a_handoff_that_a_session_has_on_offer_is_neither_forwarded_nor_edited_nor_deleted() {
    let place = Place::new();
    let (mut claude, _) = Claude::started(&place.world, &place.app, "session-1");
    let before = read(&place.file);
    for args in [&["forward", "1", "--to", "other"][..], &["delete", "1", "--yes"], &["edit", "1"]] {
        let ran = place.inbox(args);
        let said = format!(
            "could not {} {}: the session session- of claude-code has it on offer, just now; handoff inbox restore {} takes it back from that session\n",
            args[0],
            place.name(),
            place.name().trim_end_matches(".md")
        );
        ran.is(1, "", &format!("agent-handoff: {said}"));
    }
    assert_eq!(read(&place.file), before);
    // Once it has answered, it is archived, and what was unread is not there to be deleted.
    claude.speak("Loaded.");
    let ran = place.inbox(&["delete", "auth", "--unread", "--yes"]);
    assert!(ran.code == 1 && ran.err().contains("could not find a handoff"), "{}", ran.err());
    // Taken back from it, it can be.
    place.inbox(&["restore"]);
    assert_eq!(place.inbox(&["delete", "1", "--yes"]).code, 0);
    assert_eq!(published(&place.world.root()), Vec::<PathBuf>::new());
}

#[test]
fn nothing_is_deleted_without_the_word_of_a_person() {
    let place = Place::new();
    let ran = place.inbox(&["delete", "1"]);
    let id = place.name().replace(".md", "");
    ran.is(
        2,
        "",
        &format!(
            "agent-handoff: could not delete {id}.md: there is no terminal to ask on, so it needs --yes; it is \"Auth refactor\", \
             unread, from app, just now, no session has it; handoff inbox show {id} shows it\n"
        ),
    );
    for variable in ["CLAUDECODE", "CODEX_THREAD_ID", "GEMINI_CLI"] {
        let mut command = place.world.command("inbox", &place.app);
        command.env(variable, "1").args(["delete", "1", "--yes"]);
        let ran = feed(command, b"");
        assert!(ran.code == 1 && ran.err().contains("only a person deletes a handoff"), "{}", ran.err());
    }
    assert!(place.file.exists());
    place.inbox(&["delete", "1", "--yes"]).is(
        0,
        &format!("deleted: {id}.md (\"Auth refactor\", unread, from app, just now, no session has it)\n"),
        "",
    );
    assert_eq!(published(&place.world.root()), Vec::<PathBuf>::new());
}

#[test]
fn a_number_means_one_that_is_unread_unless_the_archive_is_named() {
    let place = Place::new();
    place.inbox(&["read", "--session-id", "01234567-89ab"]);
    let ran = place.inbox(&["delete", "1", "--yes"]);
    assert!(ran.code == 1 && ran.err().contains("could not find a handoff \"1\""), "{}", ran.err());
    let ran = place.inbox(&["delete", "1", "--archived", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(
        ran.out().ends_with("archived, from app, just now, read just now by session 01234567)\n"),
        "{}",
        ran.out()
    );
    assert_eq!(published(&place.world.root()), Vec::<PathBuf>::new());
}

#[test]
fn on_a_terminal_it_asks_before_it_deletes() {
    let place = Place::new();
    let home = place.world.home().display();
    let (dir, inbox) = (place.app.display(), program("inbox"));
    let command = format!("env -i HOME={home} PATH=/usr/bin:/bin TERM=xterm PS1='READY ' sh -i");
    let Some(terminal) = Terminal::new(100, 20, &command) else { return };
    terminal.wait_for("READY");
    let delete = format!("cd {dir}; clear; {} delete 1\n", inbox.display());
    for answer in ["n", ""] {
        terminal.keys(&["-l", &delete]);
        let screen = terminal.wait_for("Type y to delete it:");
        assert!(screen.contains("It is deleted for good; to see it first: handoff inbox show"), "{screen}");
        terminal.keys(&["-l", &format!("{answer}\n")]);
        terminal.wait_for("nothing was deleted");
        assert!(place.file.exists());
    }
    terminal.keys(&["-l", &delete]);
    terminal.wait_for("Type y to delete it:");
    terminal.keys(&["-l", "y\n"]);
    terminal.wait_for("deleted: ");
    assert!(!place.file.exists());
}

#[test]
fn an_edited_handoff_has_its_new_text_a_new_sentinel_and_everything_else_as_it_was() {
    let place = Place::new();
    let before = parts(&place.file);
    let ran = place.edit("sed -i 's/make test-auth/make test-all/' \"$1\"", &["1"]);
    let now = parts(&place.file);
    let token = token_of(&place.world, &now.1);
    ran.is(0, &format!("changed: {} (sentinel {token})\n", place.name()), "");
    assert_eq!(
        String::from_utf8(now.1).unwrap(),
        String::from_utf8(before.1).unwrap().replace("test-auth", "test-all")
    );
    let kept = |front: &str| {
        let mut lines: Vec<String> = front
            .lines()
            .filter(|line| !line.starts_with("sentinel: ") && !line.starts_with("description: "))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(kept(&now.0), kept(&before.0));
    // The summary was the next action's, so it still is.
    assert!(field(&place.file, "description").contains("test-all"));
    assert_eq!((field(&place.file, "sentinel"), place.drafts()), (token.clone(), Vec::new()));
    // A summary that was typed stays.
    place.edit("sed -i 's/^description: .*/description: Mine/; s/test-all/test-more/' \"$1\"", &["1"]);
    assert_eq!(field(&place.file, "description"), "Mine");
    place.edit("sed -i 's/test-more/test-most/' \"$1\"", &["1"]);
    assert_eq!(field(&place.file, "description"), "Mine");
    assert!(place.world.surface(&place.app).contains("test-most"));
}

#[test]
fn an_edit_that_changes_nothing_leaves_no_draft() {
    let place = Place::new();
    let before = read(&place.file);
    for script in [":", ": > \"$1\""] {
        place.edit(script, &["1"]).is(0, &format!("nothing was changed: {}\n", place.name()), "");
    }
    let ran = place.edit("exit 3", &["1"]);
    assert!(ran.code == 1 && ran.err().contains("failed (exit status: 3)"), "{}", ran.err());
    assert_eq!((read(&place.file), place.drafts()), (before, Vec::new()));
}

#[test]
fn a_text_that_the_writer_would_refuse_is_kept_as_a_draft_and_can_be_gone_on_with() {
    let place = Place::new();
    let before = read(&place.file);
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLE".replace("EXAMPLE", "QWERTYU"));
    for (script, said) in [
        ("sed -i 's/Immediate next/Some other/' \"$1\"".to_owned(), "it has no `## Immediate next action`"),
        (format!("echo 'key {key}' >> \"$1\""), "it holds what looks like a secret"),
        ("echo more >> \"$1\"; exit 1".to_owned(), "failed (exit status: 1)"),
    ] {
        let ran = place.edit(&script, &["1"]);
        assert!(ran.code == 1 && ran.err().contains(said), "{}", ran.err());
        let [draft] = place.drafts().try_into().expect("one draft");
        assert!(ran.err().contains(&format!("draft kept: {}\n", draft.display())), "{}", ran.err());
        assert_eq!(read(&place.file), before);
        std::fs::remove_file(draft).unwrap();
    }
    let ran = place.edit("sed -i 's/Immediate next/Some other/' \"$1\"", &["1"]);
    let [draft] = place.drafts().try_into().expect("one draft");
    std::fs::write(&draft, "## Immediate next action\nMended.\n").unwrap();
    let line =
        ran.err().lines().find_map(|line| line.strip_prefix("to go on with it: handoff inbox ")).unwrap();
    let args: Vec<&str> = line.split(' ').collect();
    let ran = place.inbox(&args);
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert_eq!(
        (String::from_utf8(parts(&place.file).1).unwrap(), place.drafts()),
        ("\n## Immediate next action\nMended.\n".to_owned(), Vec::new())
    );
}

#[test]
fn a_handoff_that_is_taken_while_it_is_edited_is_left_to_its_reader_and_the_text_is_kept() {
    for (meanwhile, said) in [
        ("read", "another process has it or has moved it"),
        ("archive 1", "another process has it or has moved it"),
        ("delete 1 --yes", "another process has it or has moved it"),
    ] {
        let place = Place::new();
        let body = parts(&place.file).1;
        let ran = place.edit(
            &format!("{} {meanwhile} > /dev/null; echo typed >> \"$1\"", program("inbox").display()),
            &["1"],
        );
        assert!(ran.code == 1 && ran.err().contains(said), "{meanwhile}: {}", ran.err());
        let [draft] = place.drafts().try_into().expect("one draft");
        assert!(read(&draft).ends_with("typed\n"));
        for path in published(&place.world.root()) {
            assert_eq!(parts(&path).1, body, "{meanwhile}");
        }
    }
}

#[test]
fn a_handoff_that_is_offered_or_changed_while_it_is_edited_is_not_replaced() {
    let place = Place::new();
    let changes = format!("echo others >> '{}'; echo typed >> \"$1\"", place.file.display());
    let ran = place.edit(&changes, &["1"]);
    assert!(ran.code == 1 && ran.err().contains("it was changed meanwhile"), "{}", ran.err());
    assert!(read(&place.file).ends_with("others\n"));
    let place = Place::new();
    let claude = Claude::open(&place.world, &place.app, "session-1");
    let payload = place.world.path("payload");
    std::fs::write(&payload, claude.payload("startup")).unwrap();
    let offers = format!(
        "CLAUDE_PID={} {} < {} > /dev/null; echo typed >> \"$1\"",
        claude.pid(),
        program("session-start").display(),
        payload.display()
    );
    let before = read(&place.file);
    let ran = place.edit(&offers, &["1"]);
    assert!(ran.code == 1 && ran.err().contains("has it on offer"), "{}", ran.err());
    assert_eq!((read(&place.file), place.drafts().len()), (before, 1));
}
