//! What a capture saves, and what it says.

use serde_json::Value;

use crate::support::{Stage, agree, tree};

#[test]
fn a_clone_that_picks_it_up_agrees_to_the_byte() {
    let stage = Stage::changed();
    let before = (tree(&stage.app), std::fs::read(stage.app.join(".git/index")).unwrap());
    let bundle = stage.capture(&["--title", "Half of it", "--next-step", "Write the other half."]);
    assert_eq!(before, (tree(&stage.app), std::fs::read(stage.app.join(".git/index")).unwrap()));
    for file in ["summary.md", "workspace.patch", "index.patch", "manifest.json"] {
        assert!(bundle.join(file).is_file(), "{file}");
    }
    for file in ["summary.md", "workspace.patch"] {
        let current = std::fs::read(stage.app.join(".handover/current").join(file)).unwrap();
        assert_eq!(current, std::fs::read(bundle.join(file)).unwrap());
    }
    // Nothing of it is seen by git.
    assert!(!stage.git(&["status", "--porcelain", "--ignored=no"]).contains(".handover"));
    let clone = stage.clone("clone");
    let from = stage.app.to_str().unwrap();
    let picked = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    assert_eq!(picked.code, 0, "{}", picked.err());
    assert!(
        picked.out().contains("# Handoff — Half of it") && picked.out().contains("Write the other half.")
    );
    agree(&stage.world, &stage.app, &clone);
    assert!(!clone.join("ignored").exists());
    // Once.
    let again = stage.handover(&clone, &["pickup", "--from", from]);
    assert!(again.code == 1 && again.err().contains("no capture waits"), "{}", again.err());
    // And back.
    let undone = stage.handover(&clone, &["pickup", "--undo"]);
    assert_eq!(undone.code, 0, "{}", undone.err());
    let status = stage.world.git(&clone, &["status", "--porcelain"]);
    assert_eq!(status, "");
    agree(&stage.world, &stage.clone("fresh"), &clone);
}

#[test]
fn the_next_session_is_told_by_its_inbox() {
    let stage = Stage::changed();
    stage.capture(&[
        "--title",
        "Half of it",
        "--summary",
        "The parser is done.",
        "--next-step",
        "Do the rest.",
    ]);
    let unread = stage.world.inbox(&stage.app).join("unread");
    let file = std::fs::read_dir(unread).unwrap().next().unwrap().unwrap().path();
    // Counted by the capture; git shows a directory of untracked files in one line, and a rename too.
    assert!(std::fs::read_to_string(file).unwrap().contains("\ndirty_files_count: 12\n"));
    let told = stage.world.surface(&stage.app);
    for words in ["Captured: Half of it", "Do the rest.", "> The parser is done.", "handover pickup --from "]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    stage.world.take(&stage.app);
    assert_eq!(stage.world.surface(&stage.app), "");
    // The bundle waits until somebody takes it.
    assert_eq!(stage.pending(&stage.app).len(), 1);
}

#[test]
fn it_may_be_for_another_worktree() {
    let stage = Stage::changed();
    stage.git(&["worktree", "add", "--quiet", "../other"]);
    let other = stage.world.path("other");
    stage.capture(&["--to", "other", "--title", "For the other"]);
    assert_eq!(stage.world.surface(&stage.app), "");
    assert!(stage.world.surface(&other).contains("For the other"));
    // Who it is not for does not take it by accident, and who it is for is told where it is.
    assert_eq!(stage.handover(&stage.app, &["pickup"]).code, 1);
    let told = stage.handover(&other, &["pickup"]);
    assert!(told.code == 1 && told.err().contains("--from "), "{}", told.err());
    let from = stage.app.to_str().unwrap();
    let picked = stage.handover(&other, &["pickup", "--from", from, "--apply"]);
    assert_eq!(picked.code, 0, "{}", picked.err());
    assert_eq!(tree(&stage.app), tree(&other));
}

#[test]
fn the_summary_tells_what_the_session_did() {
    let stage = Stage::changed();
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, task) in [("claude-work", "Fix main and test it"), ("codex-work", "")] {
        let transcript = workspace.join("lib/transcript/fixtures").join(name).with_extension("jsonl");
        let bundle = stage.capture(&["--transcript", transcript.to_str().unwrap()]);
        let summary = std::fs::read_to_string(bundle.join("summary.md")).unwrap();
        assert!(summary.len() <= 6_000 && summary.contains(task), "{summary}");
        assert!(
            summary.contains("Asked for last:\n> ") && summary.contains("\n## Immediate next action\n"),
            "{summary}"
        );
        let copy = std::fs::read_to_string(bundle.join("transcript.jsonl")).unwrap();
        assert!(copy.lines().count() > 3);
        for line in copy.lines() {
            serde_json::from_str::<Value>(line).unwrap();
        }
    }
    // One that cannot be read stops nothing.
    let ran = stage.handover(&stage.app, &["capture", "--transcript", "/nowhere"]);
    assert!(ran.code == 0 && ran.err().contains("what the session did is not told"), "{}", ran.err());
}

#[test]
fn a_capture_by_hand_says_how_full_the_windows_are() {
    let stage = Stage::changed();
    let daemon = crate::support::openusage(&stage.world, 40);
    let summary = || {
        let mut capture = stage.command(&stage.app, &["capture"]);
        capture.env("OPENUSAGE_TELEMETRY_SOCKET", &daemon);
        assert_eq!(tests::feed(capture, b"").code, 0);
        std::fs::read_to_string(stage.app.join(".handover/current/summary.md")).unwrap()
    };
    // On a busy machine the daemon's answer may come after the time that a capture has for it.
    let summary = (0..50).map(|_| summary()).find(|summary| summary.contains("Usage windows"));
    let summary = summary.expect("a summary that says how full the windows are");
    assert!(summary.contains("Usage windows: Claude Code's five_hour window is used to 40 %"), "{summary}");
    assert!(summary.contains("Codex's primary window is used to 40 %"), "{summary}");
}

#[test]
fn what_stays_behind_is_named() {
    let stage = Stage::changed();
    stage.ok(&["init"]);
    let config = stage.app.join(".handover/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("max_file_bytes = 67108864", "max_file_bytes = 1000")).unwrap();
    let inner = stage.world.dir("app/inner");
    stage.world.git(&inner, &["init", "--quiet"]);
    std::fs::write(inner.join("x"), "x").unwrap();
    let text = stage.ok(&["capture", "--title", "x"]);
    assert!(text.contains("not carried: image.bin: larger than max_file_bytes"), "{text}");
    assert!(text.contains("not carried: inner"), "{text}");
    let summary = std::fs::read_to_string(stage.app.join(".handover/current/summary.md")).unwrap();
    assert!(summary.contains("- image.bin: larger than max_file_bytes"), "{summary}");
    // Of more in all than may be, what git tracks is carried first.
    std::fs::write(&config, "[capture]\nmax_total_bytes = 100\n").unwrap();
    let text = stage.ok(&["capture"]);
    assert!(text.contains("not carried: image.bin: more than max_files or max_total_bytes"), "{text}");
    let patch = std::fs::read_to_string(stage.app.join(".handover/current/workspace.patch")).unwrap();
    assert!(patch.contains("b/src/a.rs") && !patch.contains("image.bin"));
    // Where nothing is left of it, that is not called clean.
    std::fs::write(&config, "[capture]\nmax_file_bytes = 1\n").unwrap();
    stage.git(&["reset", "-q", "--hard"]);
    stage.git(&["clean", "-qffdx", "-e", ".handover"]);
    stage.write("only", "uncommitted\n");
    let text = stage.ok(&["capture"]);
    assert!(
        text.contains("nothing of it could be carried") && !text.contains("nothing was uncommitted"),
        "{text}"
    );
}

/// The file `name` somewhere below `dir`.
fn named(dir: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find_map(|path| match path.is_dir() {
        true => named(&path, name),
        false => path.file_name().is_some_and(|file| file == name).then_some(path),
    })
}

#[test]
fn a_key_that_others_may_read_keeps_no_work_from_being_saved() {
    let stage = Stage::changed();
    stage.capture(&[]);
    let key = named(stage.world.home(), "key").unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    stage.write("src/b.rs", "more\n");
    let ran = stage.handover(&stage.app, &["capture"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(
        ran.err().contains("saved without your seal") && ran.err().contains("others may read it"),
        "{}",
        ran.err()
    );
    assert_eq!(std::fs::read_dir(stage.app.join(".handover/bundles")).unwrap().count(), 2);
}

#[test]
fn secrets_leave_the_summary_and_are_named_in_the_patch() {
    let stage = Stage::new();
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    stage.write("src/a.rs", format!("let token = \"{token}\";\n"));
    let said = format!("use {token}");
    let text = stage.ok(&["capture", "--summary", &said]);
    assert!(text.contains("taken out of the summary: ") && text.contains("secret in the patch: "), "{text}");
    assert!(!text.contains(&token));
    let summary = std::fs::read_to_string(stage.app.join(".handover/current/summary.md")).unwrap();
    assert!(!summary.contains(&token) && summary.contains("[REDACTED:"), "{summary}");
    assert!(!stage.world.surface(&stage.app).contains(&token));
    let out = stage.world.path("out");
    let out = out.to_str().unwrap();
    let refused = stage.handover(&stage.app, &["render", "--out", out]);
    assert!(refused.code == 1 && refused.err().contains("--allow-secrets"), "{}", refused.err());
    assert!(!std::path::Path::new(out).exists());
    // What stays here is no export.
    stage.ok(&["render"]);
    assert!(stage.app.join(".handover/rendered/prompt.md").is_file());
    stage.ok(&["render", "--out", out, "--allow-secrets"]);
    for file in ["summary.md", "prompt.md", "workspace.patch", "index.patch"] {
        assert!(std::path::Path::new(out).join(file).is_file());
    }
}

#[test]
fn a_secret_is_found_however_the_patch_holds_it() {
    let stage = Stage::new();
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let noise = |salt: u32| -> Vec<u8> {
        let byte = |n: u32| (n.wrapping_mul(2_654_435_761).wrapping_add(salt) >> 11) as u8;
        (0..400_000).map(byte).collect()
    };
    let within = |before: &[u8], after: &[u8]| [before, b"\nkey = ", token.as_bytes(), b"\n", after].concat();
    stage.write("delta.bin", noise(1));
    stage.write("gone.txt", within(b"", b""));
    stage.world.commit(&stage.app, "before");
    let clean = stage.ok(&["capture", "--title", "clean"]);
    assert!(!clean.contains("secret"), "{clean}");
    let out = stage.world.path("clean");
    stage.ok(&["render", "--out", out.to_str().unwrap()]);

    stage.write("delta.bin", within(&noise(1)[..200_000], &noise(1)[200_000..]));
    stage.write("small.bin", within(b"\0", b"\0"));
    stage.write("large.txt", within(&vec![b'\n'; 3 << 20], &vec![b'\n'; 1 << 20]));
    std::fs::remove_file(stage.app.join("gone.txt")).unwrap();
    stage.write("staged.txt", within(b"", b""));
    stage.world.git(&stage.app, &["add", "staged.txt"]);
    stage.write("staged.txt", "clean by now\n");
    let text = stage.ok(&["capture", "--title", "x"]);
    let patch = std::fs::read(stage.app.join(".handover/current/workspace.patch")).unwrap();
    assert!(patch.windows(7).any(|seven| seven == b"\ndelta "), "git made no delta");
    for path in ["delta.bin", "small.bin", "large.txt", "gone.txt, in what is removed", "staged.txt"] {
        assert!(text.contains(&format!("secret in the patch: github-token in {path}\n")), "{path}: {text}");
    }
    assert_eq!(text.matches("secret in the patch").count(), 5, "{text}");
    assert_eq!(stage.ok(&["inspect"]).matches("secret in the patch").count(), 5);
    let json: serde_json::Value = serde_json::from_str(&stage.ok(&["inspect", "--json"])).unwrap();
    assert_eq!(json["secrets"].as_array().unwrap().len(), 5);
    let out = stage.world.path("out");
    let refused = stage.handover(&stage.app, &["render", "--out", out.to_str().unwrap()]);
    assert!(refused.code == 1 && refused.err().contains("large.txt"), "{}", refused.err());
}

#[test]
fn where_nothing_can_be_captured_that_is_said() {
    let stage = Stage::new();
    let plain = stage.world.dir("plain");
    let ran = stage.handover(&plain, &["capture"]);
    assert!(ran.code == 1 && ran.err().contains("git"), "{}", ran.err());
    stage.world.git(stage.world.top(), &["clone", "--quiet", "--bare", "app", "bare.git"]);
    let bare = stage.handover(&stage.world.path("bare.git"), &["capture"]);
    assert!(bare.code == 1 && bare.err().contains("bare"), "{}", bare.err());
    // A clean worktree has a summary to hand on all the same.
    let bundle = stage.capture(&["--summary", "only words"]);
    assert_eq!(std::fs::read(bundle.join("workspace.patch")).unwrap(), b"");
}

#[test]
fn a_full_or_read_only_disk_is_told_and_leaves_nothing_half() {
    let stage = Stage::changed();
    let place = stage.world.dir("app/.handover");
    let mount = |options: &str| {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(&place);
        mount.output().is_ok_and(|output| output.status.success())
    };
    if !tests::can("mount a file system", tests::is_root() && mount("mode=0700,size=128k")) {
        return;
    }
    struct Mounted<'a>(&'a std::path::Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount").arg("-l").arg(self.0).output();
        }
    }
    let _mounted = Mounted(&place);
    stage.write("large", (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    let before = tree(&stage.app);
    let full = stage.handover(&stage.app, &["capture"]);
    assert!(full.code == 1 && full.err().contains("no space left on device"), "{}", full.err());
    assert_eq!((stage.pending(&stage.app).len(), stage.world.surface(&stage.app).as_str()), (0, ""));
    let left = std::fs::read_dir(place.join("bundles")).map_or(0, Iterator::count);
    assert_eq!((left, tree(&stage.app)), (0, before));
    assert!(mount("remount,ro"));
    let refused = stage.handover(&stage.app, &["capture"]);
    assert!(refused.code == 1 && refused.err().contains("read-only file system"), "{}", refused.err());
}

#[test]
fn the_command_in_the_summary_can_be_typed_wherever_the_worktree_is_and_the_next_step_keeps_its_lines() {
    let stage = Stage::new();
    let odd = stage.world.repo("it's a; touch x");
    std::fs::write(odd.join("src/a.rs"), "half\n").unwrap();
    let step = "run this:\n\n    cd sub\n    make test\n# not a heading";
    assert_eq!(stage.handover(&odd, &["capture", "--next-step", step]).code, 0);
    let summary = std::fs::read_to_string(odd.join(".handover/current/summary.md")).unwrap();
    assert!(summary.contains("run this:\n\n    cd sub\n    make test\n\\# not a heading\n"), "{summary}");
    let command = summary.split("`handover ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    let clone = stage.world.path("clone");
    stage.world.git(stage.world.top(), &["clone", "--quiet", odd.to_str().unwrap(), clone.to_str().unwrap()]);
    let mut shell = std::process::Command::new("sh");
    let handover = tests::program("handover");
    shell.current_dir(&clone).env("HOME", stage.world.home()).env_remove("AGENT_HANDOFF_ROOT");
    let ran = shell.arg("-c").arg(format!("'{}' {command}", handover.display())).output().unwrap();
    assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(std::fs::read_to_string(clone.join("src/a.rs")).unwrap(), "half\n");
}

#[test]
fn a_command_in_a_repository_inside_is_about_the_sessions_own_worktree_and_says_so() {
    let stage = Stage::changed();
    let inner = stage.world.repo("app/inner");
    std::fs::write(inner.join("new"), "work\n").unwrap();
    let note = format!(
        "note: this is about {}, where this session was started; the current directory is in {}. For that one: --root {}",
        stage.app.display(),
        inner.display(),
        inner.display()
    );
    let rollouts = stage.world.home().join(".codex/sessions/2026/11/30");
    std::fs::create_dir_all(&rollouts).unwrap();
    let meta = serde_json::json!({ "type": "session_meta", "payload": { "cwd": stage.app } });
    std::fs::write(rollouts.join("rollout-1-s-1.jsonl"), format!("{meta}\n")).unwrap();
    for (name, value) in [("CLAUDE_PROJECT_DIR", stage.app.to_str().unwrap()), ("CODEX_THREAD_ID", "s-1")] {
        let run = |args: &[&str]| {
            let mut command = stage.command(&inner, args);
            command.env(name, value);
            tests::feed(command, b"")
        };
        let ran = run(&["capture"]);
        assert!(ran.code == 0 && ran.err().contains(&note), "{name}: {}", ran.err());
        let saved = format!("staged in {}/.handover/", stage.app.display());
        assert!(ran.out().contains(&saved), "{name}: {}", ran.out());
        for args in [&["pending"][..], &["status"], &["inspect"], &["adapters"], &["enable", "--dry-run"]] {
            let ran = run(args);
            assert!(ran.err().contains(&note), "{name} {args:?}: {}", ran.err());
        }
        let ran = run(&["capture", "--root", "."]);
        assert!(ran.code == 0 && !ran.err().contains("note: "), "{name}: {}", ran.err());
        assert!(ran.out().contains(&format!("staged in {}/.handover/", inner.display())), "{}", ran.out());
        assert!(!run(&["install", "--dry-run"]).err().contains("note: this is about"), "{name}");
    }
    let ran = stage.handover(&inner, &["capture"]);
    assert!(ran.code == 0 && !ran.err().contains("note: "), "no session is known: {}", ran.err());
}
