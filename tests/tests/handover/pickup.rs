//! Taking what waits, once.

use serde_json::Value;

use tests::feed;

use crate::support::{Stage, tree};

#[test]
fn of_thirty_at_once_one_wins() {
    let stage = Stage::changed();
    stage.capture(&["--title", "One"]);
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let each = || scope.spawn(|| stage.handover(&stage.app, &["pickup"]).code);
        let all: Vec<_> = (0..30).map(|_| each()).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|&&code| code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|&code| code < 2), "{codes:?}");
    assert_eq!(stage.pending(&stage.app).len(), 0);
}

#[test]
fn an_apply_that_is_refused_leaves_it_pending() {
    let stage = Stage::changed();
    stage.capture(&["--title", "One"]);
    let before = tree(&stage.app);
    let dirty = stage.handover(&stage.app, &["pickup", "--apply"]);
    assert!(dirty.code == 1 && dirty.err().contains("uncommitted changes"), "{}", dirty.err());
    assert_eq!((tree(&stage.app), stage.pending(&stage.app).len()), (before, 1));
    let clone = stage.clone("clone");
    std::fs::write(clone.join("elsewhere"), "moved\n").unwrap();
    stage.world.commit(&clone, "moved");
    let from = stage.app.to_str().unwrap();
    let moved = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    assert!(moved.code == 1 && moved.err().contains("--onto-head"), "{}", moved.err());
    assert_eq!(stage.world.git(&clone, &["status", "--porcelain"]), "");
    let merged = stage.handover(&clone, &["pickup", "--from", from, "--apply", "--onto-head"]);
    assert_eq!(merged.code, 0, "{}", merged.err());
    std::fs::remove_file(clone.join("elsewhere")).unwrap();
    assert_eq!(tree(&clone), tree(&stage.app));
}

#[test]
fn what_was_taken_is_found_and_taken_again() {
    let stage = Stage::changed();
    let bundle = stage.capture(&["--title", "One"]);
    let id = bundle.file_name().unwrap().to_str().unwrap();
    assert_eq!(stage.world.names(&stage.app, "unread").len(), 1);
    stage.ok(&["pickup"]);
    // Nobody is told to take what is taken.
    assert_eq!(stage.world.names(&stage.app, "unread"), [""; 0]);
    let way = format!("handover pickup {id} --again");
    for args in [&["pickup", id][..], &["pickup"], &["pickup", "--apply"]] {
        let late = stage.handover(&stage.app, args);
        assert!(late.code == 1 && late.err().contains(&way), "{args:?}: {}", late.err());
    }
    assert!(stage.handover(&stage.app, &["pending"]).err().contains("handover pending --all"));
    let all = stage.ok(&["pending", "--all"]);
    assert!(all.contains(id) && all.contains("taken by pickup in "), "{all}");
    assert!(stage.ok(&["inspect"]).contains("claimed by"), "the newest is shown, whoever has it");
    assert!(stage.ok(&["pickup", "--again"]).contains("# Handoff — One"));
    assert!(stage.ok(&["pickup", id, "--again"]).contains("# Handoff — One"));
    // Its changes for a clone too, and from there back to whoever comes.
    let clone = stage.clone("clone");
    let from = stage.app.to_str().unwrap();
    let refused = stage.handover(&clone, &["pickup", id, "--from", from, "--apply"]);
    assert!(refused.code == 1 && refused.err().contains("--again"), "{}", refused.err());
    assert_eq!(stage.world.git(&clone, &["status", "--porcelain"]), "");
    let again = stage.handover(&clone, &["pickup", id, "--from", from, "--apply", "--again"]);
    assert_eq!(again.code, 0, "{}", again.err());
    assert_eq!(tree(&clone), tree(&stage.app));
    let undone = stage.handover(&clone, &["pickup", "--undo"]);
    assert!(undone.out().contains("waits again"), "{}", undone.out());
    assert_eq!(stage.pending(&stage.app).len(), 1);
}

#[test]
fn a_capture_that_waits_again_is_announced_again() {
    let stage = Stage::changed();
    stage.capture(&["--title", "One"]);
    let clone = stage.clone("clone");
    let unread = || stage.world.names(&stage.app, "unread").len();
    assert_eq!(unread(), 1);
    let from = stage.app.to_str().unwrap();
    assert_eq!(stage.handover(&clone, &["pickup", "--from", from, "--apply"]).code, 0);
    assert_eq!(unread(), 0);
    let undone = stage.handover(&clone, &["pickup", "--undo"]);
    assert!(undone.out().contains("waits again"), "{}", undone.out());
    assert_eq!(unread(), 1);
}

#[test]
fn a_worktree_is_told_of_what_waits_for_it_in_another() {
    let stage = Stage::changed();
    stage.git(&["worktree", "add", "--quiet", "--detach", "../review"]);
    let review = stage.world.path("review");
    let mut write = stage.command(&stage.app, &["capture", "--title", "For you", "--to", "review"]);
    write.current_dir(&stage.app);
    assert_eq!(feed(write, b"").code, 0);
    let pending = stage.handover(&review, &["pending"]);
    let way = format!("handover pickup --from {}", stage.app.display());
    let own = stage.capture(&["--title", "For whoever comes"]);
    let own = own.file_name().unwrap().to_str().unwrap();
    let taken =
        stage.handover(&stage.clone("clone"), &["pickup", own, "--from", stage.app.to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{}", taken.err());
    assert_eq!(
        stage.world.names(&stage.app, "unread"),
        [""; 0],
        "what is taken is announced where it was made"
    );
    assert!(pending.out().contains(&way), "{}{}", pending.out(), pending.err());
    assert!(stage.handover(&review, &["pickup"]).err().contains(&way));
    assert_eq!(stage.world.names(&review, "unread").len(), 1);
    // Any directory of the worktree will do.
    let picked =
        stage.handover(&review, &["pickup", "--apply", "--from", stage.app.join("src").to_str().unwrap()]);
    assert_eq!(picked.code, 0, "{}", picked.err());
    assert_eq!(stage.world.names(&review, "unread"), [""; 0]);
    assert_eq!(tree(&review), tree(&stage.app));
}

#[test]
fn what_waits_for_a_worktree_of_another_name_is_named_with_the_command_that_takes_it() {
    let stage = Stage::changed();
    let printed = stage.ok(&["capture", "--title", "For it", "--to", "desk", "--json"]);
    let id = serde_json::from_str::<serde_json::Value>(&printed).unwrap()["id"].as_str().unwrap().to_owned();
    let top = stage.app.display();
    let refused = stage.handover(&stage.app, &["pickup", "--apply"]);
    let (here, clone) = (refused.err().to_owned(), stage.clone("clone"));
    assert!(here.contains(&format!("{id}, is for the worktree desk; ")), "{here}");
    assert!(here.contains(&format!(": handover pickup {id} --apply")), "{here}");
    let from = stage.handover(&clone, &["pickup", "--from", stage.app.to_str().unwrap()]);
    assert!(from.err().contains(&format!("handover pickup {id} --from {top}")), "{}", from.err());
    // At a glance too.
    let glance = stage.world.run("handoff", &stage.app, &[], "");
    assert!(glance.out().contains("for desk"), "{}", glance.out());
    assert!(glance.out().contains(&format!("handoff pickup {id}\n")), "{}", glance.out());
    // As the capture itself says.
    let again = stage.ok(&["capture", "--title", "For it", "--to", "desk"]);
    let said = again.lines().find_map(|line| line.strip_prefix("elsewhere: handover ")).unwrap();
    let words: Vec<&str> = said.split(' ').collect();
    let picked = stage.handover(&clone, &words);
    assert_eq!(picked.code, 0, "{}", picked.err());
    assert_eq!(tree(&clone), tree(&stage.app));
}

#[test]
fn a_hint_to_a_capture_elsewhere_keeps_how_it_was_asked_for() {
    let stage = Stage::changed();
    stage.capture(&["--title", "One"]);
    stage.git(&["worktree", "add", "--quiet", "--detach", "../beside"]);
    let beside = stage.world.path("beside");
    let ran = stage.handover(&beside, &["pickup", "--apply"]);
    let way = format!("handover pickup --from {} --apply", stage.app.display());
    assert!(ran.err().contains(&way), "{}", ran.err());
}

#[test]
fn where_the_changes_are_is_told() {
    let stage = Stage::changed();
    stage.capture(&["--title", "One"]);
    assert!(stage.ok(&["session-start"]).contains("The changes are in this worktree"));
    stage.git(&["stash", "--quiet", "--include-untracked"]);
    assert!(stage.ok(&["session-start"]).contains("Nothing is uncommitted in this worktree"));
    let clean = Stage::new();
    clean.capture(&["--title", "Only words"]);
    assert!(clean.ok(&["pickup"]).ends_with("Nothing was uncommitted.\n"));
}

#[test]
fn an_agent_that_is_started_alone_is_asked_to_begin_with_it() {
    let stage = Stage::changed();
    let bundle = stage.capture(&["--title", "One"]);
    let codex = stage.world.path("codex");
    std::fs::write(&codex, "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\"\n").unwrap();
    std::fs::set_permissions(&codex, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let codex = codex.to_str().unwrap();
    let alone = stage.ok(&["run", "--", codex]);
    let file = bundle.join("summary.md");
    assert!(alone.starts_with("1\nWork of a session") && alone.contains(file.to_str().unwrap()), "{alone}");
    assert_eq!(stage.ok(&["run", "--pickup", "--", codex, "exec", "mine"]), "2\nexec\nmine\n");
}

#[test]
fn conflicts_are_named_and_change_nothing() {
    let stage = Stage::changed();
    stage.capture(&["--title", "One"]);
    let clone = stage.clone("clone");
    std::fs::write(clone.join("src/b.rs"), "quite another b\n").unwrap();
    stage.world.commit(&clone, "another b");
    let from = stage.app.to_str().unwrap();
    let before = tree(&clone);
    let ran = stage.handover(&clone, &["pickup", "--from", from, "--apply", "--onto-head"]);
    assert!(ran.code == 1 && ran.err().contains("src/b.rs"), "{}", ran.err());
    assert_eq!((tree(&clone), stage.world.git(&clone, &["status", "--porcelain"])), (before, String::new()));
}

#[test]
fn a_tool_is_started_with_the_summary_at_hand() {
    let stage = Stage::changed();
    stage.capture(&["--title", "One"]);
    let look = stage.handover(&stage.app, &["run", "--", "sh", "-c", "head -1 \"$HANDOVER_SUMMARY\""]);
    assert_eq!((look.code, look.out()), (0, "# Handoff — One\n"), "{}", look.err());
    assert_eq!(stage.pending(&stage.app).len(), 1);
    let missing = stage.handover(&stage.app, &["run", "--pickup", "--", "no-such-tool"]);
    assert!(missing.code == 1 && missing.err().contains("could not find the program"), "{}", missing.err());
    assert_eq!(stage.pending(&stage.app).len(), 1, "nothing is claimed for a tool that is not there");
    let ran =
        stage.handover(&stage.app, &["run", "--pickup", "--", "sh", "-c", "ls \"$HANDOVER_BUNDLE\"; exit 7"]);
    assert!(ran.code == 7 && ran.out().contains("manifest.json"), "{}", ran.out());
    assert_eq!(stage.pending(&stage.app).len(), 0);
    // With nothing there it starts too.
    assert_eq!(stage.handover(&stage.app, &["run", "--pickup", "--", "true"]).code, 0);
}

#[test]
fn a_bundle_is_looked_at_before_it_is_taken() {
    let stage = Stage::changed();
    let bundle = stage.capture(&["--title", "One"]);
    let id = bundle.file_name().unwrap().to_str().unwrap();
    let text = stage.ok(&["inspect"]);
    for words in [id, "trust       own", "src/a.rs", "programs run or obey", "umlaut"] {
        // `.gitignore` is as it was, so nothing here is configuration.
        assert_eq!(text.contains(words), words != "programs run or obey", "{words}: {text}");
    }
    let json: Value = serde_json::from_str(&stage.ok(&["inspect", id, "--json"])).unwrap();
    assert_eq!((json["intact"].as_bool(), json["claimed"].as_bool()), (Some(true), Some(false)));
    assert_eq!(json["manifest"]["id"], id);
    let told = stage.ok(&["session-start"]);
    assert!(
        told.starts_with("=== agent-handoff ") && told.contains(&format!("handover pickup {id}")),
        "{told}"
    );
    let hook: Value = serde_json::from_str(&stage.ok(&["session-start", "--format", "claude"])).unwrap();
    assert!(hook["hookSpecificOutput"]["additionalContext"].as_str().unwrap().contains("# Handoff — One"));
    stage.ok(&["pickup", "one"]);
    assert_eq!(stage.ok(&["session-start"]), "");
}

#[test]
fn the_command_that_takes_another_worktrees_capture_again_works_as_it_stands() {
    let stage = Stage::changed();
    let bundle = stage.capture(&["--title", "One"]);
    let id = bundle.file_name().unwrap().to_str().unwrap();
    let clone = stage.clone("clone");
    let from = stage.app.to_str().unwrap();
    assert_eq!(stage.handover(&clone, &["pickup", "--from", from]).code, 0);
    let late = stage.handover(&clone, &["pickup", id, "--from", from, "--apply"]);
    let (_, advised) = late.err().trim_end().rsplit_once("to take it all the same: handover ").unwrap();
    assert_eq!(advised, format!("pickup {id} --from {from} --again --apply"));
    let unnamed = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    let (_, unnamed) = unnamed.err().trim_end().rsplit_once("; to apply it: handover ").unwrap();
    assert_eq!(unnamed, advised);
    let words: Vec<&str> = advised.split(' ').collect();
    let again = stage.handover(&clone, &words);
    assert_eq!(again.code, 0, "{}", again.err());
    assert_eq!(tree(&clone), tree(&stage.app));
}
