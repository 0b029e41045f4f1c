//! What is carried, bit for bit, and what is named instead.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use handoff_bundle::{Change, Handover, Limits, Reason};

use crate::support::{World, all, chmod, description, write};

fn change_everything(world: &World, at: &std::path::Path) {
    write(at, "README", "one\nTWO\nthree\n");
    world.run(at, &["add", "README"]);
    write(at, "README", "one\nTWO\nthree\nfour");
    write(at, "staged-new", "s\n");
    world.run(at, &["add", "staged-new"]);
    write(at, "untracked/x/y", "y\n");
    write(at, "empty-new", "");
    write(at, "empty", "no more");
    write(at, "binary", (0..=255).rev().cycle().take(6000).collect::<Vec<u8>>());
    write(at, "new-binary", b"\0\x01\x02\xff\r\n\0");
    chmod(at, "run.sh", 0o644);
    chmod(at, "dir/a", 0o755);
    std::fs::remove_file(at.join("link")).unwrap();
    symlink("nowhere at all", at.join("link")).unwrap();
    symlink("dir", at.join("new-link")).unwrap();
    std::fs::remove_file(at.join("dir/deep/c")).unwrap();
    world.run(at, &["mv", "dir/b", "dir/renamed"]);
    world.run(at, &["rm", "-q", "--cached", "no-newline"]);
    write(at, "promised", "later\n");
    world.run(at, &["add", "-N", "promised"]);
    write(at, "secret", "k");
    chmod(at, "secret", 0o600);
}

#[test]
fn everything_uncommitted_comes_back_bit_for_bit_and_staged_apart() {
    let world = World::new();
    let at = world.repository("source");
    change_everything(&world, &at);
    write(&at, "kept.ignored", "i");
    write(&at, "ignored/x", "i");
    let to = world.round_trip(&at, "clone");
    assert!(!to.join("kept.ignored").exists() && !to.join("ignored").exists());
    assert_eq!(to.join("secret").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let manifest = std::fs::read_to_string(
        Handover::open(&to).unwrap().unwrap().path().join("bundles/20261121T100000Z-fix-it/manifest.json"),
    )
    .unwrap();
    assert!(manifest.contains("\"intent_to_add\"") && manifest.contains("\"promised\""), "{manifest}");
}

#[test]
fn a_capture_leaves_the_repository_as_it_is_to_the_byte() {
    let world = World::new();
    let at = world.repository("source");
    change_everything(&world, &at);
    let (before, tree) = (all(&at.join(".git")), world.seen(&at));
    let (handover, bundle) = world.capture(&at);
    assert_eq!(all(&at.join(".git")), before);
    assert_eq!(world.seen(&at), tree);
    let mut names: Vec<_> =
        std::fs::read_dir(bundle.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["index.patch", "manifest.json", "summary.md", "workspace.patch"]);
    for (path, (mode, _)) in all(handover.path()) {
        assert_eq!(mode, 0o600, "{path:?}");
    }
    for directory in [handover.path(), bundle.path()] {
        assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert!(!world.run(&at, &["status", "--porcelain", "-uall"]).contains("handover"));
}

#[test]
fn the_patches_are_such_as_git_itself_applies() {
    let world = World::new();
    let at = world.repository("source");
    change_everything(&world, &at);
    write(&at, "large", vec![b'x'; 3 << 20]);
    let (_, bundle) = world.capture(&at);
    let to = world.clone_of(&at, "clone");
    world.run(&to, &["apply", "--check", bundle.index_patch().to_str().unwrap()]);
    world.run(&to, &["apply", bundle.workspace_patch().to_str().unwrap()]);
    assert_eq!(std::fs::read(to.join("large")).unwrap(), vec![b'x'; 3 << 20]);
    assert_eq!(std::fs::read(to.join("README")).unwrap(), b"one\nTWO\nthree\nfour");
    assert!(!to.join("dir/deep/c").exists());
}

#[test]
fn awkward_names_are_names() {
    let world = World::new();
    let at = world.repository("source");
    for name in [
        &b"with space"[..],
        b" leading",
        b"trailing ",
        b"-dash",
        b"--help",
        b"tab\there",
        b"new\nline",
        b"quote\"d",
        b"back\\slash",
        b"\xff\xfe not utf-8",
        "umlaut-ä-漢字-😀".as_bytes(),
        b"star*?[x]",
        b":(top)magic",
        b"#hash",
        b"!bang",
        b"a b/c d",
        b"\x01\x7f",
        b"diff --git a/x b/x",
        b"dollar$(x)`y`",
    ] {
        let path = at.join(OsStr::from_bytes(name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, name).unwrap();
    }
    world.round_trip(&at, "untracked");
    world.run(&at, &["add", "-A"]);
    world.round_trip(&at, "staged");
    world.run(&at, &["commit", "-qm", "names"]);
    let clone = world.clone_of(&at, "committed");
    for entry in std::fs::read_dir(&at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with(".gitignore") {
            let mut content = std::fs::read(&path).unwrap();
            content.extend_from_slice(b"more");
            std::fs::write(path, content).unwrap();
        }
    }
    world.round_trip_to(&at, &clone);
    world.run(&at, &["stash", "-q"]);
    let clone = world.clone_of(&at, "deleted");
    world.run(&at, &["rm", "-rq", "--", "-dash", "a b", "new\nline", "\u{1}\u{7f}"]);
    world.round_trip_to(&at, &clone);
}

#[test]
fn a_file_may_become_a_directory_a_link_or_the_reverse() {
    let world = World::new();
    let at = world.repository("source");
    std::fs::remove_file(at.join("README")).unwrap();
    write(&at, "README/inside", "x");
    std::fs::remove_dir_all(at.join("dir")).unwrap();
    write(&at, "dir", "a file now");
    std::fs::remove_file(at.join("link")).unwrap();
    write(&at, "link", "a file now");
    std::fs::remove_file(at.join("binary")).unwrap();
    symlink("empty", at.join("binary")).unwrap();
    world.round_trip(&at, "unstaged");
    world.run(&at, &["add", "-A"]);
    world.round_trip(&at, "staged");
}

#[test]
fn filters_line_ends_encodings_and_idents_do_not_change_a_byte() {
    let world = World::new();
    let at = world.repository("source");
    let attributes = "*.crlf text eol=crlf\n*.auto text=auto\n*.u16 text working-tree-encoding=UTF-16LE\n*.id ident\n*.up filter=up\n*.bin -diff\n*.word diff=word\n";
    write(&at, ".gitattributes", attributes);
    for (name, content) in [
        ("a.crlf", &b"one\r\ntwo\r\n"[..]),
        ("a.auto", b"one\ntwo\n"),
        ("a.u16", b"h\0i\0\n\0"),
        ("a.id", b"$Id$\n"),
        ("a.up", b"text\n"),
        ("a.bin", b"text\n"),
        ("a.word", b"text\n"),
    ] {
        write(&at, name, content);
    }
    for at in ["filter.up.clean", "filter.up.smudge", "diff.word.textconv", "diff.word.command"] {
        world.config(at, if at.starts_with("filter") { "tr a-z A-Z" } else { "false" });
    }
    world.commit(&at, "attributes");
    let clone = world.clone_of(&at, "clone");
    for (name, content) in [
        ("a.crlf", &b"mixed\nends\r\nhere\n"[..]),
        ("a.auto", b"\r\nall\r\nof\r\nthem\r\n"),
        ("a.u16", b"h\0o\0\r\0\n\0"),
        ("a.id", b"$Id: something of my own $\nx\n"),
        ("a.up", b"Mixed Case\n"),
        ("a.bin", b"other\n"),
        ("a.word", b"other\n"),
        ("new.crlf", b"lf\ncrlf\r\n"),
        ("new.up", b"small\n"),
    ] {
        write(&at, name, content);
    }
    world.run(&at, &["-c", "core.safecrlf=false", "add", "a.crlf", "new.up", "a.id"]);
    write(&at, "a.crlf", b"again\nand\r\nagain");
    world.round_trip_to(&at, &clone);
}

#[test]
fn no_setting_of_the_user_changes_a_byte_of_a_patch() {
    let world = World::new();
    let at = world.repository("source");
    change_everything(&world, &at);
    let (_, plain) = world.capture(&at);
    let order = world.path("order");
    std::fs::write(&order, "*.sh\ndir/*\n").unwrap();
    for (name, value) in [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.renames", "copies"),
        ("diff.algorithm", "patience"),
        ("diff.context", "0"),
        ("diff.interHunkContext", "10"),
        ("diff.external", "false"),
        ("diff.suppressBlankEmpty", "true"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.orderFile", order.to_str().unwrap()),
        ("diff.relative", "true"),
        ("diff.srcPrefix", "x/"),
        ("diff.wsErrorHighlight", "all"),
        ("diff.colorMoved", "zebra"),
        ("color.ui", "always"),
        ("core.quotePath", "false"),
        ("core.abbrev", "4"),
        ("core.autocrlf", "input"),
        ("core.safecrlf", "true"),
        ("core.whitespace", "trailing-space"),
        ("core.compression", "0"),
        ("core.pager", "false"),
        ("core.hooksPath", "/nowhere"),
        ("apply.whitespace", "error"),
        ("apply.ignoreWhitespace", "change"),
        ("status.relativePaths", "true"),
        ("status.renames", "copies"),
        ("status.branch", "true"),
        ("status.short", "true"),
        ("status.showStash", "true"),
        ("submodule.recurse", "true"),
        ("commit.gpgSign", "true"),
        ("alias.status", "!false"),
    ] {
        world.config(name, value);
    }
    let (_, odd) = world.capture(&at);
    for part in ["workspace.patch", "index.patch"] {
        assert_eq!(
            String::from_utf8_lossy(&std::fs::read(plain.path().join(part)).unwrap()),
            String::from_utf8_lossy(&std::fs::read(odd.path().join(part)).unwrap())
        );
    }
    let to = world.clone_of(&at, "clone");
    world.apply(&odd, &to, crate::support::ALLOW).unwrap();
    world.same(&at, &to);
}

#[test]
fn submodules_nested_repositories_pipes_and_large_files_are_named_and_stay() {
    let world = World::new();
    let inner = world.repository("inner");
    let at = world.repository("source");
    world.run(&at, &["submodule", "--quiet", "add", inner.to_str().unwrap(), "sub"]);
    world.commit(&at, "submodule");
    write(&at, "sub/README", "dirty");
    world.repository("source/nested");
    std::os::unix::net::UnixListener::bind(at.join("socket")).unwrap();
    crate::support::pipe(&at.join("dir/pipe"));
    std::fs::create_dir(at.join("ignored")).unwrap();
    crate::support::pipe(&at.join("ignored/pipe"));
    write(&at, "large", vec![0; 2_000_000]);
    write(&at, "staged-large", vec![1; 2_000_000]);
    world.run(&at, &["add", "staged-large"]);
    write(&at, "staged-large", "small by now");
    write(&at, "git~1", "a trap on Windows");
    write(&at, "same", "x");
    write(&at, "SAME", "y");
    write(&at, "carried", "z");
    let handover = Handover::create(&at, false).unwrap();
    let limits = Limits { max_file_bytes: 1_000_000, ..Limits::default() };
    let draft = handover.capture(&world.git, limits, &[]).unwrap();
    let contents = draft.contents();
    let named: Vec<_> =
        contents.not_carried.iter().map(|one| (one.path.to_string(), one.reason, one.size)).collect();
    assert_eq!(
        named,
        [
            ("dir/pipe".to_owned(), Reason::SpecialFile, None),
            ("git~1".to_owned(), Reason::ForbiddenName, None),
            ("large".to_owned(), Reason::TooLarge, Some(2_000_000)),
            ("nested".to_owned(), Reason::NestedRepository, None),
            ("socket".to_owned(), Reason::SpecialFile, None),
            ("staged-large".to_owned(), Reason::TooLarge, Some(2_000_000)),
            ("sub".to_owned(), Reason::Submodule, None),
        ]
    );
    assert_eq!(
        contents.files.iter().map(|file| file.path.to_string()).collect::<Vec<_>>(),
        ["SAME", "carried", "same"]
    );
    assert_eq!(contents.staged, []);
    let bundle = draft.publish(&description("x"), &world.keyring()).unwrap();
    let to = world.clone_of(&at, "clone");
    world.apply(&bundle, &to, crate::support::PLAIN).unwrap();
    assert_eq!(world.run(&to, &["status", "--porcelain"]), "?? SAME\n?? carried\n?? same\n");
}

#[test]
fn a_submodule_that_moved_or_was_staged_is_named_and_not_half_carried() {
    let world = World::new();
    let inner = world.repository("inner");
    let at = world.repository("source");
    world.run(&at, &["submodule", "--quiet", "add", inner.to_str().unwrap(), "sub"]);
    let (_, draft) = world.draft(&at);
    assert_eq!(draft.contents().not_carried.len(), 1);
    assert_eq!(
        draft.contents().staged.iter().map(|one| one.path.to_string()).collect::<Vec<_>>(),
        [".gitmodules"]
    );
    world.commit(&at, "submodule");
    world.run(&at.join("sub"), &["commit", "-q", "--allow-empty", "-m", "moved"]);
    world.run(&at, &["add", "sub"]);
    let (_, draft) = world.draft(&at);
    assert_eq!(draft.contents().not_carried[0].reason, Reason::Submodule);
    assert_eq!((draft.contents().files.len(), draft.contents().staged.len()), (0, 0));
    assert_eq!(std::fs::read(draft.index_patch()).unwrap(), b"");
}

#[test]
fn large_files_are_carried_as_well_added_changed_removed_staged_and_of_another_kind() {
    let world = World::new();
    let at = world.repository("source");
    let noise = |seed: u32| -> Vec<u8> {
        (0..1_500_000_u32).map(|n| ((n ^ seed).wrapping_mul(2_654_435_761) >> 11) as u8).collect()
    };
    for name in ["changed", "gone", "moded", "shrunk", "to-link", "staged-gone"] {
        write(&at, name, noise(1));
    }
    world.commit(&at, "large");
    let clone = world.clone_of(&at, "clone");
    write(&at, "changed", noise(2));
    std::fs::remove_file(at.join("gone")).unwrap();
    chmod(&at, "moded", 0o755);
    write(&at, "shrunk", "small\n");
    write(&at, "README", noise(3));
    std::fs::remove_file(at.join("to-link")).unwrap();
    symlink("README", at.join("to-link")).unwrap();
    std::fs::remove_file(at.join("link")).unwrap();
    write(&at, "link", noise(4));
    write(&at, "staged", noise(5));
    world.run(&at, &["add", "staged", "changed"]);
    world.run(&at, &["rm", "-q", "staged-gone"]);
    write(&at, "changed", noise(6));
    world.round_trip_to(&at, &clone);
}

#[test]
fn what_may_not_be_read_is_named() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "closed", "x");
    chmod(&at, "closed", 0);
    if std::fs::read(at.join("closed")).is_ok() {
        // Root may read everything.
        return;
    }
    let (_, draft) = world.draft(&at);
    assert_eq!(draft.contents().not_carried[0].reason, Reason::Unreadable);
}

#[test]
fn a_manifest_says_what_each_file_is() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed");
    std::fs::remove_file(at.join("empty")).unwrap();
    symlink("x", at.join("new")).unwrap();
    let (_, bundle) = world.capture(&at);
    let manifest = bundle.manifest();
    let head = world.run(&at, &["rev-parse", "HEAD"]);
    assert_eq!(manifest.contents.base.as_deref(), Some(head.trim()));
    assert_eq!(
        (manifest.contents.branch.as_deref(), manifest.created.as_str()),
        (Some("main"), "2026-11-21T10:00:00Z")
    );
    let kinds: Vec<_> =
        manifest.contents.files.iter().map(|file| (file.path.to_string(), file.change, file.size)).collect();
    assert_eq!(
        kinds,
        [
            ("README".to_owned(), Change::Modified, 7),
            ("empty".to_owned(), Change::Deleted, 0),
            ("new".to_owned(), Change::Added, 1),
        ]
    );
    assert_eq!(
        manifest.contents.files[0].blake3.as_deref(),
        Some(blake3::hash(b"changed").to_hex().as_str())
    );
    bundle.verify().unwrap();
}

#[test]
fn nothing_uncommitted_is_an_empty_draft_and_dropping_it_leaves_nothing() {
    let world = World::new();
    let at = world.repository("source");
    let (handover, draft) = world.draft(&at);
    assert!(draft.is_empty());
    drop(draft);
    assert_eq!(std::fs::read_dir(handover.path().join("bundles")).unwrap().count(), 0);
}

#[test]
fn two_captures_in_one_second_have_two_names_and_current_is_the_last() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "x", "1");
    let (_, first) = world.capture(&at);
    write(&at, "x", "2");
    let (handover, second) = world.capture(&at);
    assert_ne!(first.id(), second.id());
    assert_eq!(handover.pending().unwrap().len(), 2);
    for bundle in [&first, &second] {
        handover.promote(bundle).unwrap();
        for name in ["summary.md", "workspace.patch"] {
            let current = std::fs::read(handover.path().join("current").join(name)).unwrap();
            assert_eq!(current, std::fs::read(bundle.path().join(name)).unwrap());
        }
    }
    assert_eq!(std::fs::read_dir(handover.path().join("current")).unwrap().count(), 2);
}

#[test]
fn what_a_killed_promotion_left_is_swept_when_it_is_old() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "new", "new\n");
    let (handover, bundle) = world.capture(&at);
    handover.promote(&bundle).unwrap();
    let current = at.join(".handover/current");
    for (name, age) in [(".tmp-old", 7_200), (".tmp-young", 60)] {
        write(&current, name, "half a patch");
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        std::fs::File::options().write(true).open(current.join(name)).unwrap().set_modified(then).unwrap();
    }
    handover.promote(&bundle).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(&current).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".tmp-young", "summary.md", "workspace.patch"]);
}

#[test]
fn what_is_nothing_but_our_own_wiring_is_left_out_and_named() {
    let own = |path: &str, before: Option<&str>, now: &str| handoff_bundle::Own {
        path: handoff_bundle::TreePath::new(path),
        before: before.map(Into::into),
        now: now.into(),
    };
    let world = World::new();
    let at = world.repository("source");
    for name in ["edited", "edited-first", "edited-since", "staged", "staged-other", "mode"] {
        write(&at, name, "before\n");
    }
    world.commit(&at, "before");
    write(&at, "edited-first", "theirs\n");
    let wired = "before\nours\n";
    for name in ["edited", "staged", "staged-other", "mode", "made"] {
        write(&at, name, wired);
    }
    write(&at, "edited-first", "theirs\nours\n");
    write(&at, "edited-since", "before\nours\ntheirs\n");
    world.run(&at, &["add", "staged"]);
    write(&at, "staged-other", "other\n");
    world.run(&at, &["add", "staged-other"]);
    write(&at, "staged-other", wired);
    std::fs::set_permissions(at.join("mode"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let before = Some("before\n");
    let all = [
        own("made", None, wired),
        own("edited", before, wired),
        own("staged", before, wired),
        own("staged-other", before, wired),
        own("mode", before, wired),
        own("edited-first", Some("theirs\n"), "theirs\nours\n"),
        own("edited-since", before, wired),
        own("nowhere", None, wired),
    ];
    let handover = Handover::create(&at, false).unwrap();
    let draft = handover.capture(&world.git, Limits::default(), &all).unwrap();
    let contents = draft.contents();
    let left: Vec<_> = contents.not_carried.iter().map(|one| (one.path.to_string(), one.reason)).collect();
    let wiring = |name: &str| (name.to_owned(), Reason::OwnWiring);
    assert_eq!(left, [wiring("edited"), wiring("made"), wiring("staged")]);
    assert_eq!(contents.left_behind().count(), 0);
    let carried: Vec<_> = contents.files.iter().map(|file| file.path.to_string()).collect();
    assert_eq!(carried, ["edited-first", "edited-since", "mode", "staged-other"]);
    assert_eq!(contents.staged.len(), 1);
    for name in ["edited-first", "edited-since", "mode", "staged-other"] {
        world.run(&at, &["checkout", "-q", "HEAD", "--", name]);
    }
    let draft = handover.capture(&world.git, Limits::default(), &all).unwrap();
    assert!(draft.is_empty() && !draft.contents().not_carried.is_empty());
}
