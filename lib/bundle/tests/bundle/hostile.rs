//! Bundles made by somebody who means harm. Each is sealed with the user's own key, so that only the preflight is left to
//! stop it.

use std::path::{Path, PathBuf};

use handoff_bundle::{Change, Contents, File, Keyring, Manifest, Origin, Part, Refusal, Staged, TreePath};

use crate::support::{ALLOW, ONTO, World, all, refusal, write};

const NONE: &str = "0000000000000000000000000000000000000000";

fn part(content: &str) -> Part {
    Part { size: content.len() as u64, blake3: blake3::hash(content.as_bytes()).to_hex().to_string() }
}

/// One file that a hostile bundle lists.
fn listed(path: &str, mode: Option<&str>, content: &str) -> File {
    File {
        path: TreePath::new(path),
        change: Change::Added,
        mode: mode.map(str::to_owned),
        permissions: None,
        size: content.len() as u64,
        blake3: mode.map(|_| blake3::hash(content.as_bytes()).to_hex().to_string()),
    }
}

struct Hostile<'w> {
    world: &'w World,
    to: PathBuf,
    outside: PathBuf,
}

impl<'w> Hostile<'w> {
    fn new(world: &'w World) -> Self {
        let to = world.repository("target");
        let outside = world.path("outside");
        std::fs::create_dir(&outside).unwrap();
        write(&outside, "kept", "kept");
        std::os::unix::fs::symlink(&outside, to.join("out")).unwrap();
        std::os::unix::fs::symlink("dir", to.join("indir")).unwrap();
        std::os::unix::fs::symlink(".git", to.join("gitlink")).unwrap();
        world.commit(&to, "links");
        Self { world, to, outside }
    }

    fn blob(&self, content: &str) -> String {
        let file = self.world.path("blob");
        std::fs::write(&file, content).unwrap();
        self.world.run(&self.to, &["hash-object", "--no-filters", file.to_str().unwrap()]).trim().to_owned()
    }

    /// A section that makes a file, its name as the patch spells it.
    fn adds(&self, names: &str, mode: &str, content: &str) -> String {
        let (old, new) = (format!("a/{names}"), format!("b/{names}"));
        let blob = self.blob(content);
        format!(
            "diff --git {old} {new}\nnew file mode {mode}\nindex {NONE}..{blob}\n--- /dev/null\n+++ {new}\n@@ -0,0 +1 @@\n+{content}\n\\ No newline at end of file\n"
        )
    }

    fn base(&self) -> String {
        self.world.run(&self.to, &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Writes the bundle, and has it applied with everything allowed.
    #[track_caller]
    fn tries(&self, workspace: &str, index: &str, files: Vec<File>, staged: Vec<Staged>) -> Refusal {
        let contents = Contents {
            base: Some(self.base()),
            object_format: "sha1".into(),
            branch: Some("main".into()),
            files,
            staged,
            ..Contents::default()
        };
        self.gives(workspace, index, contents)
    }

    #[track_caller]
    fn gives(&self, workspace: &str, index: &str, contents: Contents) -> Refusal {
        let id = "20261121T100000Z-hostile";
        let manifest = Manifest {
            transcript: None,
            version: 1,
            id: id.into(),
            created: "2026-11-21T10:00:00Z".into(),
            origin: Origin { tool: "claude-code".into(), session_id: None, event: "manual".into() },
            recipient: None,
            contents,
            summary: part("s"),
            workspace_patch: part(workspace),
            index_patch: part(index),
            keyed_hash: String::new(),
        };
        let handover = handoff_bundle::Handover::create(&self.to, false).unwrap();
        let dir = self.to.join(".handover/bundles").join(id);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("summary.md"), "s").unwrap();
        std::fs::write(dir.join("workspace.patch"), workspace).unwrap();
        std::fs::write(dir.join("index.patch"), index).unwrap();
        std::fs::write(dir.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
        let id = handoff_bundle::BundleId::parse(id).unwrap();
        let keyring = Keyring::create(&self.world.path("state")).unwrap();
        let bundle = handover.bundle(&id).unwrap();
        keyring.allow(&bundle).unwrap();
        let before = self.state();
        let refused = refusal(self.world.apply_in(&handover, &id, ALLOW));
        refusal(self.world.apply_in(&handover, &id, ONTO));
        assert_eq!(self.state(), before, "{refused}");
        refused
    }

    fn state(&self) -> impl PartialEq + std::fmt::Debug + use<'w> {
        (
            self.world.seen(&self.to),
            all(&self.to.join(".git")),
            all(&self.outside),
            all(&self.world.path("home")),
        )
    }

    /// One file added at `path`, spelled `names` in the patch.
    #[track_caller]
    fn adds_one(&self, names: &str, path: &str) -> Refusal {
        self.tries(
            &self.adds(names, "100644", "evil"),
            "",
            vec![listed(path, Some("100644"), "evil")],
            vec![],
        )
    }
}

#[test]
fn paths_that_lead_out_of_the_tree_or_into_git_s_own_are_refused() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    for path in [
        "../evil",
        "dir/../../evil",
        "/tmp/evil",
        "dir//evil",
        "./evil",
        ".git/hooks/post-checkout",
        ".git",
        ".GIT/config",
        "dir/.Git/config",
        "git~1/config",
        ".git /config",
        ".git./config",
        ".g\u{200c}it/config",
        ".git::$INDEX_ALLOCATION/config",
        ".handover/config.toml",
        ".Handover/bundles/x/claimed",
        "a\\.git\\config",
    ] {
        let refused = hostile.adds_one(path, path);
        assert!(matches!(refused, Refusal::Path { .. }), "{path}: {refused}");
        // What the patch says is looked at also where the manifest says otherwise.
        let refused = hostile.adds_one(path, "harmless");
        assert!(matches!(refused, Refusal::Path { .. }), "{path}: {refused}");
        let refused = hostile.adds_one("harmless", path);
        assert!(matches!(refused, Refusal::Path { .. }), "{path}: {refused}");
    }
    assert!(!world.path("evil").exists());
}

#[test]
fn a_name_that_stands_elsewhere_in_the_section_is_seen() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    let evil = listed("x", Some("100644"), "evil");
    let section = hostile.adds("x", "100644", "evil");
    for (from, to) in [("+++ b/x", "+++ b/../x"), ("b/x\nnew", "b/../x\nnew"), ("+++ b/x", "+++ b/.git/x")] {
        let patch = section.replace(from, to);
        assert_ne!(patch, section);
        let refused = hostile.tries(&patch, "", vec![evil.clone()], vec![]);
        assert!(matches!(refused, Refusal::Malformed { .. }), "{refused}");
    }
    for patch in [
        format!("--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+evil\n{section}"),
        format!("{section}--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+evil\n"),
        format!("Index: ../x\n{section}"),
        section.replace("@@ -0,0 +1 @@", "@@ -0,0 +1,9999999999999999999999 @@"),
    ] {
        let refused = hostile.tries(&patch, "", vec![evil.clone()], vec![]);
        assert!(matches!(refused, Refusal::Malformed { .. }), "{refused}");
    }
    let renames =
        "diff --git a/README b/../../x\nsimilarity index 100%\nrename from README\nrename to ../../x\n";
    let refused = hostile.tries(renames, "", vec![listed("README", None, "")], vec![]);
    assert!(matches!(refused, Refusal::Path { .. }), "{refused}");
    let copies = "diff --git a/README b/.git/x\nsimilarity index 100%\ncopy from README\ncopy to .git/x\n";
    let refused = hostile.tries(copies, "", vec![], vec![]);
    assert!(matches!(refused, Refusal::Path { .. }), "{refused}");
    let leaks = "diff --git a/.git/config b/x\nsimilarity index 100%\ncopy from .git/config\ncopy to x\n";
    assert!(matches!(hostile.tries(leaks, "", vec![], vec![]), Refusal::Path { .. }));
}

#[test]
fn nothing_is_written_through_a_link_that_is_there_or_that_the_patch_makes() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    for path in ["out/evil", "indir/evil", "gitlink/evil", "gitlink/hooks/evil"] {
        let refused = hostile.adds_one(path, path);
        assert!(
            matches!(refused, Refusal::DoesNotApply { .. } | Refusal::Through { .. }),
            "{path}: {refused}"
        );
    }
    let outside = hostile.outside.to_str().unwrap().to_owned();
    let files = vec![listed("l", Some("120000"), &outside), listed("l/evil", Some("100644"), "evil")];
    let both = hostile.adds("l", "120000", &outside) + &hostile.adds("l/evil", "100644", "evil");
    let refused = hostile.tries(&both, "", files.clone(), vec![]);
    assert!(matches!(refused, Refusal::Through { what: "a symbolic link", .. }), "{refused}");
    let both = hostile.adds("l/evil", "100644", "evil") + &hostile.adds("l", "120000", &outside);
    let refused = hostile.tries(&both, "", files, vec![]);
    assert!(matches!(refused, Refusal::Through { .. }), "{refused}");
    // A link in the way that git ignores, or that is none of git's.
    write(&hostile.to, ".git/info/exclude", "ignored-link\n");
    std::os::unix::fs::symlink(&hostile.outside, hostile.to.join("ignored-link")).unwrap();
    let refused = hostile.adds_one("ignored-link/evil", "ignored-link/evil");
    assert!(matches!(refused, Refusal::Through { what: "symbolic link", .. }), "{refused}");
    let refused = hostile.adds_one("ignored-link", "ignored-link");
    assert!(matches!(refused, Refusal::InTheWay(_)), "{refused}");
}

#[test]
fn nothing_is_written_into_another_repository() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    write(&hostile.to, ".git/info/exclude", "vendored\n");
    world.repository("target/vendored");
    let refused = hostile.adds_one("vendored/x", "vendored/x");
    assert!(matches!(refused, Refusal::Through { what: "another repository", .. }), "{refused}");
}

#[test]
fn submodules_and_odd_modes_are_refused() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    for mode in ["160000", "040000", "100664", "100777", "140000", "777777"] {
        let patch = hostile.adds("x", mode, "evil");
        let refused = hostile.tries(&patch, "", vec![listed("x", Some(mode), "evil")], vec![]);
        assert!(matches!(refused, Refusal::Mode { .. }), "{mode}: {refused}");
        let staged =
            Staged { path: TreePath::new("x"), change: Change::Added, mode: Some(mode.into()), blob: None };
        let refused = hostile.tries("", &patch, vec![], vec![staged.clone()]);
        assert!(matches!(refused, Refusal::Mode { .. }), "{mode}: {refused}");
        let contents = Contents {
            base: Some(hostile.base()),
            object_format: "sha1".into(),
            intent_to_add: vec![staged],
            ..Contents::default()
        };
        assert!(matches!(hostile.gives("", "", contents), Refusal::Mode { .. }));
    }
}

#[test]
fn a_manifest_that_says_something_else_than_the_patch_is_refused() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    let patch = hostile.adds("x", "100644", "evil");
    let good = || listed("x", Some("100644"), "evil");
    for files in [
        vec![],
        vec![good(), listed("y", Some("100644"), "evil")],
        vec![good(), good()],
        vec![listed("x", Some("100755"), "evil")],
        vec![listed("x", None, "")],
        vec![listed("y", Some("100644"), "evil")],
    ] {
        let refused = hostile.tries(&patch, "", files, vec![]);
        assert!(matches!(refused, Refusal::Mismatch { .. }), "{refused}");
    }
    for file in [listed("x", Some("100644"), "evil twin"), listed("x", Some("100644"), "live")] {
        let refused = hostile.tries(&patch, "", vec![file], vec![]);
        assert!(matches!(refused, Refusal::Unfaithful(_)), "{refused}");
    }
    let staged = |blob: &str| Staged {
        path: TreePath::new("x"),
        change: Change::Added,
        mode: Some("100644".into()),
        blob: Some(blob.into()),
    };
    let refused = hostile.tries("", &patch, vec![], vec![staged(&hostile.blob("other"))]);
    assert!(matches!(refused, Refusal::Mismatch { .. }), "{refused}");
    let twice = format!("{patch}{patch}");
    assert!(matches!(hostile.tries(&twice, "", vec![good()], vec![]), Refusal::Path { reason: "twice", .. }));
}

#[test]
fn contents_that_are_not_what_they_say_are_refused() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    let blob = hostile.blob("evil");
    let file = |size: usize| {
        let mut file = listed("x", Some("100644"), "evil");
        file.size = size as u64;
        vec![file]
    };
    let section = |literal: &str| {
        format!(
            "diff --git a/x b/x\nnew file mode 100644\nindex {NONE}..{blob}\nGIT binary patch\n{literal}\n\n"
        )
    };
    // Says that it is two million bytes long, and is none; says that it is more than the disk has.
    for size in ["2000000", "70000000000", "18446744073709551615", "99999999999999999999999"] {
        let refused = hostile.tries(&section(&format!("literal {size}\nHcmV?d00001")), "", file(4), vec![]);
        assert!(
            matches!(
                refused,
                Refusal::DoesNotApply { .. } | Refusal::Path { .. } | Refusal::Malformed { .. }
            ),
            "{size}: {refused}"
        );
    }
    let refused = hostile.tries(&section("delta 4\nHcmV?d00001"), "", file(4), vec![]);
    assert!(matches!(refused, Refusal::Malformed { .. }), "{refused}");
    // A change of a file that is not what the patch expects.
    let changes = format!(
        "diff --git a/README b/README\nindex {blob}..{blob} 100644\n--- a/README\n+++ b/README\n@@ -1 +1 @@\n-nothing like it\n+evil\n"
    );
    let mut readme = listed("README", Some("100644"), "evil\n");
    readme.change = Change::Modified;
    assert!(matches!(hostile.tries(&changes, "", vec![readme], vec![]), Refusal::DoesNotApply { .. }));
}

#[test]
fn a_base_that_is_an_option_or_no_commit_is_refused() {
    let world = World::new();
    let hostile = Hostile::new(&world);
    let tree = world.run(&hostile.to, &["rev-parse", "HEAD^{tree}"]);
    for base in ["--output=/tmp/evil", "HEAD", "main", "", tree.trim(), "a1b2c3d", NONE] {
        let contents =
            Contents { base: Some(base.into()), object_format: "sha1".into(), ..Contents::default() };
        assert!(matches!(hostile.gives("", "", contents), Refusal::MissingBase(_)), "{base}");
    }
}

#[test]
fn a_handover_directory_that_is_a_link_or_full_of_traps_is_not_followed() {
    let world = World::new();
    let at = world.repository("source");
    let outside = world.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, at.join(".handover")).unwrap();
    assert!(
        handoff_bundle::Handover::open(&at).is_err() && handoff_bundle::Handover::create(&at, false).is_err()
    );
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    std::fs::remove_file(at.join(".handover")).unwrap();

    let handover = handoff_bundle::Handover::create(&at, false).unwrap();
    let bundles = at.join(".handover/bundles");
    let good = |n: u32| format!("20261121T{:02}{:02}00Z-x", n / 60, n % 60);
    std::fs::create_dir(&bundles).unwrap();
    std::os::unix::fs::symlink(&outside, bundles.join(good(0))).unwrap();
    std::fs::write(bundles.join(good(1)), "a file").unwrap();
    std::fs::create_dir(bundles.join("no-bundle")).unwrap();
    let make = |n: u32| {
        let dir = bundles.join(good(n));
        std::fs::create_dir(&dir).unwrap();
        dir
    };
    let empty = make(2);
    let huge = make(3);
    std::fs::write(huge.join("summary.md"), "").unwrap();
    std::fs::File::create(huge.join("manifest.json")).unwrap().set_len(1 << 40).unwrap();
    let linked = make(4);
    std::fs::write(linked.join("summary.md"), "").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", linked.join("manifest.json")).unwrap();
    let piped = make(5);
    crate::support::pipe(&piped.join("manifest.json"));
    for n in 100..1100 {
        std::fs::create_dir(bundles.join(good(n))).unwrap();
    }
    let listed = handover.list().unwrap();
    assert_eq!(listed.len(), 1004);
    assert!(listed.windows(2).all(|pair| pair[0].id > pair[1].id));
    for one in &listed[1000..] {
        assert!(
            matches!(handover.bundle(&one.id), Err(handoff_bundle::BundleError::Damaged { .. })),
            "{}",
            one.id
        );
    }
    assert!(Path::new(&empty).exists());
}
