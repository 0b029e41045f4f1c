//! Bundles that were made to hurt. Each is allowed by a user who looked too briefly: what it may write is checked all the
//! same.

use std::path::Path;

use crate::support::{Stage, tree};

/// A bundle whose patch says `patch`, in a repository whose keys are gone, allowed by hand.
fn hostile(patch: &str) -> (Stage, tests::Ran, bool) {
    let stage = Stage::new();
    stage.write("src/a.rs", "a\nmore\n");
    let bundle = stage.capture(&["--title", "x"]);
    std::fs::write(bundle.join("workspace.patch"), patch).unwrap();
    let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let manifest = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    value["workspace_patch"] = serde_json::json!({ "size": patch.len(), "blake3": hash(patch.as_bytes()) });
    value["keyed_hash"] = "".into();
    std::fs::write(bundle.join("manifest.json"), value.to_string()).unwrap();
    let id = bundle.file_name().unwrap().to_str().unwrap().to_owned();
    let allowed = stage.handover(&stage.app, &["allow", "-y", &id]);
    assert_eq!(allowed.code, 0, "{}{}", allowed.out(), allowed.err());
    let clone = stage.clone("clone");
    let before = (tree(&clone), tree(stage.world.home()));
    let from = stage.app.to_str().unwrap();
    let ran = stage.handover(&clone, &["pickup", "--from", from, "--apply", "--allow-config"]);
    let unchanged = before.0 == tree(&clone);
    (stage, ran, unchanged)
}

fn new_file(path: &str) -> String {
    format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..\
         5716ca5987cbf97d6bb54920bea6adde242d87e6\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+bar\n"
    )
}

#[test]
fn no_patch_writes_outside_of_the_tree_or_into_git() {
    for path in [
        "../escaped",
        "/tmp/handover-escaped",
        ".git/hooks/post-checkout",
        ".GIT/config",
        "sub/.git/config",
        "git~1/config",
        ".handover/config.toml",
        "a/../../b",
        ".git /x",
    ] {
        let (stage, ran, unchanged) = hostile(&new_file(path));
        assert!(ran.code == 1 && unchanged, "{path}: {}{}", ran.out(), ran.err());
        assert!(!stage.world.path("escaped").exists() && !Path::new("/tmp/handover-escaped").exists());
    }
}

#[test]
fn no_patch_writes_through_a_link_or_what_its_manifest_does_not_name() {
    let link = "diff --git a/out b/out\nnew file mode 120000\nindex 0000000000000000000000000000000000000000..\
                3594e94c04db171e2767224db355f514b13715c5\n--- /dev/null\n+++ b/out\n@@ -0,0 +1 @@\n+/etc\n\
                \\ No newline at end of file\n";
    let gitlink = "diff --git a/sub b/sub\nnew file mode 160000\nindex 0000000000000000000000000000000000000000..\
                   5716ca5987cbf97d6bb54920bea6adde242d87e6\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n\
                   +Subproject commit 5716ca5987cbf97d6bb54920bea6adde242d87e6\n";
    let through = format!("{link}{}", new_file("out/passwd"));
    for patch in [link, gitlink, &through, &new_file("unnamed"), "garbage", "diff --git a/x b/y\n"] {
        let (_, ran, unchanged) = hostile(patch);
        assert!(ran.code == 1 && unchanged, "{patch}: {}{}", ran.out(), ran.err());
    }
}
