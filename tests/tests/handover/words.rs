//! What people and hosts are told, and that it is true.

use std::path::Path;

use crate::support::Stage;

#[test]
fn a_mistyped_hook_never_stops_a_prompt() {
    let stage = Stage::new();
    for args in [
        &["on-event", "--bogus"][..],
        &["on-event", "--tool"],
        &["session-start", "--format", "xx"],
        &["--bogus", "session-start"],
        &["statusline-tap", "--bogus"],
    ] {
        let ran = stage.handover(&stage.app, args);
        assert_eq!((ran.code, ran.out()), (0, ""), "{args:?}: {}", ran.err());
        assert!(ran.err().contains("see handover "), "{args:?}: {}", ran.err());
    }
    assert_eq!(stage.handover(&stage.app, &["pending", "--bogus"]).code, 2);
}

#[test]
fn a_command_in_a_message_is_one_as_its_reader_types_it() {
    let stage = Stage::new();
    stage.change_one();
    stage.capture(&["--title", "t"]);
    stage.git(&["worktree", "add", "--quiet", "../beside"]);
    let beside = stage.world.path("beside");
    for program in ["handoff", "handover"] {
        let run = |args: &[&str]| stage.world.run(program, &beside, args, "");
        let pending = run(&["pending"]);
        assert!(
            pending.out().contains(&format!("in another worktree: {program} pickup --from ")),
            "{pending:?}"
        );
        let pickup = run(&["pickup"]);
        assert!(
            pickup.err().contains(&format!("there is one elsewhere: {program} pickup --from ")),
            "{pickup:?}"
        );
        let status = run(&["status"]);
        assert!(status.out().contains(&format!("{program} enable here, or handover install")), "{status:?}");
    }
    let ran = stage.world.run("handoff", &beside, &["write"], " \n");
    assert!(ran.err().contains("handoff write --template prints the sections"), "{ran:?}");
}

#[test]
fn of_captures_of_one_second_the_newest_is_taken() {
    let stage = Stage::new();
    stage.change_one();
    // Both orders of the names, in one second at least once each.
    for titles in [["t", "cfg"], ["cfg", "t"]] {
        for round in 0.. {
            assert!(round < 20, "never two captures within one second");
            let made: Vec<_> = titles.iter().map(|title| stage.capture(&["--title", title])).collect();
            let names: Vec<_> = made.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
            let listed: Vec<_> =
                stage.pending(&stage.app).iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(listed, [names[1], names[0]]);
            let taken = stage.ok(&["pickup"]);
            assert!(taken.contains(made[1].to_str().unwrap()), "{taken}");
            stage.ok(&["pickup"]);
            if names[0][..16] == names[1][..16] {
                break;
            }
        }
    }
}

#[test]
fn names_are_shown_as_they_are_and_nothing_hidden_with_them() {
    let stage = Stage::new();
    stage.write("ümläut.txt", "x\n");
    stage.write("bidi\u{202e}txt.exe", "x\n");
    stage.write("line\nbreak", "x\n");
    let bundle = stage.capture(&["--title", "t"]);
    let summary = std::fs::read_to_string(bundle.join("summary.md")).unwrap();
    for text in [summary, stage.ok(&["inspect"]), stage.ok(&["pickup"])] {
        assert!(text.contains("ümläut.txt") && text.contains("\"line\\nbreak\""), "{text}");
        assert!(!text.contains('\u{202e}') && !text.contains("\\303"), "{text}");
    }
    let clone = stage.clone("clone");
    let id = bundle.file_name().unwrap().to_str().unwrap();
    let ran =
        stage.handover(&clone, &["pickup", id, "--from", stage.app.to_str().unwrap(), "--apply", "--again"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(ran.out().contains("ümläut.txt") && !ran.out().contains('\u{202e}'), "{}", ran.out());
    // The same where it is refused.
    stage.world.git(&clone, &["stash", "--include-untracked", "--quiet"]);
    std::fs::write(clone.join("bidi\u{202e}ü"), "x").unwrap();
    let ran =
        stage.handover(&clone, &["pickup", id, "--from", stage.app.to_str().unwrap(), "--apply", "--again"]);
    assert!(ran.code == 1 && ran.err().contains('ü') && !ran.err().contains('\u{202e}'), "{}", ran.err());
}

#[test]
fn a_clean_worktree_and_one_without_commits_are_told_as_such() {
    let stage = Stage::new();
    let bundle = stage.capture(&["--title", "t"]);
    let summary = std::fs::read_to_string(bundle.join("summary.md")).unwrap();
    assert!(summary.contains("\nNothing was uncommitted.\n"), "{summary}");
    assert!(
        !summary.contains("still uncommitted") && summary.contains("0 changed paths, 0 staged, on main at ")
    );
    let told = stage.handover(&stage.app, &["session-start"]);
    assert!(told.out().contains("Nothing was uncommitted."), "{}", told.out());
    assert!(!told.out().contains("The changes themselves"), "{}", told.out());

    let new = stage.world.dir("new");
    stage.world.git(&new, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(new.join("a"), "a\n").unwrap();
    let ran = stage.handover(&new, &["capture", "--title", "t"]);
    assert!(ran.code == 0 && ran.out().contains("saved 1 changed path and 0 staged"), "{}", ran.out());
    let summary = std::fs::read_to_string(new.join(".handover/current/summary.md")).unwrap();
    assert!(summary.contains("1 changed path, 0 staged, on main, before its first commit, in "), "{summary}");
    assert!(summary.contains("The changes are still uncommitted in "), "{summary}");
    assert!(stage.handover(&new, &["pending"]).out().contains("  1 changed path on main"));
}

#[test]
fn the_commands_that_a_refusal_names_are_the_way() {
    let stage = Stage::new();
    stage.change_one();
    let bundle = stage.capture(&["--title", "t"]);
    // As if somebody else had made it.
    let manifest = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    value["keyed_hash"] = "".into();
    std::fs::write(bundle.join("manifest.json"), value.to_string()).unwrap();
    let id = bundle.file_name().unwrap().to_str().unwrap();
    let here = stage.handover(&stage.app, &["pickup"]);
    assert!(here.err().contains(&format!("handover inspect {id}; handover allow {id}\n")), "{}", here.err());
    let clone = stage.clone("clone");
    let from = stage.app.to_str().unwrap();
    let pickup = || stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    let refused = pickup();
    let way = format!("handover inspect {id} --root {from}; handover allow {id} --root {from}");
    assert!(refused.code == 1 && refused.err().contains(&way), "{}", refused.err());
    for args in [&["inspect", id, "--root", from][..], &["allow", "-y", id, "--root", from]] {
        let ran = stage.handover(&clone, args);
        assert_eq!(ran.code, 0, "{}", ran.err());
    }
    let applied = pickup();
    assert_eq!(applied.code, 0, "{}", applied.err());
}

#[test]
fn a_bundle_whose_patch_was_changed_is_not_called_own_and_nothing_more() {
    let stage = Stage::new();
    stage.change_one();
    let bundle = stage.capture(&["--title", "t"]);
    let trust = || stage.ok(&["inspect"]).lines().find(|line| line.starts_with("trust")).unwrap().to_owned();
    assert_eq!(trust(), "trust       own");
    std::fs::write(bundle.join("workspace.patch"), "other").unwrap();
    assert_eq!(trust(), "trust       own, but its files were changed since: see the end");
}

#[test]
fn outside_of_git_everybody_says_so_in_one_line() {
    let stage = Stage::new();
    let plain = stage.world.dir("plain");
    let bare = stage.world.dir("bare");
    stage.world.git(&bare, &["init", "--quiet", "--bare"]);
    let words = |dir: &Path, verb: &[&str], code| {
        let ran = stage.handover(dir, verb);
        assert_eq!(ran.code, code, "{verb:?}: {}{}", ran.out(), ran.err());
        let said = format!("{}{}", ran.out(), ran.err());
        assert!(!said.contains("rev-parse") && !said.contains("handover enable"), "{verb:?}: {said}");
        said
    };
    for (verb, code) in [
        (&["capture"][..], 1),
        (&["pickup"], 1),
        (&["pickup", "--apply"], 1),
        (&["pickup", "--apply", "--from", stage.app.to_str().unwrap()], 1),
        (&["pending"], 0),
        (&["status"], 0),
    ] {
        if verb.contains(&"--from") {
            stage.change_one();
            stage.capture(&["--title", "t"]);
        }
        let said = words(&plain, verb, code);
        assert!(
            said.contains("/plain is not in a git repository; git init, or go to one\n"),
            "{verb:?}: {said}"
        );
        let said = words(&bare, verb, code);
        assert!(said.contains("/bare is a git directory, which has no working tree"), "{verb:?}: {said}");
        for dir in [&plain, &bare] {
            assert!(!dir.join(".handover").exists(), "{verb:?} left something behind");
        }
    }
}

#[test]
fn a_broken_config_is_in_nobodys_way_who_looks_or_takes() {
    let stage = Stage::new();
    stage.change_one();
    stage.capture(&["--title", "t"]);
    let config = stage.app.join(".handover/config.toml");
    std::fs::write(&config, "track = maybe\n").unwrap();
    for args in [&["status"][..], &["pending"], &["inspect"], &["adapters"], &["disable"], &["pickup"]] {
        let ran = stage.handover(&stage.app, args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err());
        assert!(ran.err().contains("config.toml:1"), "{args:?}: {}", ran.err());
    }
    for args in [&["capture"][..], &["enable"], &["install"], &["print-config"]] {
        let ran = stage.handover(&stage.app, args);
        assert!(ran.code == 1 && ran.err().contains("config.toml:1"), "{args:?}: {}", ran.err());
    }
    std::fs::write(&config, "[capture]\nwindows = [\"foo\"]\n").unwrap();
    let ran = stage.handover(&stage.app, &["status"]);
    assert!(ran.err().contains("config.toml line 2: no source names a window `foo`"), "{}", ran.err());
    std::fs::write(&config, "[capture]\nmax_files = 0\n").unwrap();
    let ran = stage.handover(&stage.app, &["capture"]);
    assert!(ran.code == 1 && ran.err().contains("config.toml:2: capture.max_files must be"), "{}", ran.err());
}
