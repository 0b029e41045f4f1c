//! One path that cannot be carried is named, and everything else is carried all the same.

use std::io::Write;
use std::path::Path;

use handoff_bundle::{Bundle, Handover, Keyring, Limits, Reason};

use crate::support::{ALLOW, World, chmod, description, walk, write};

const LARGE: usize = (1 << 20) + 10;

/// What stays behind, and why.
fn left(bundle: &Bundle) -> Vec<(String, Reason)> {
    let left = bundle.manifest().contents.not_carried.iter();
    left.map(|left| (left.path.to_string(), left.reason)).collect()
}

#[track_caller]
fn carries(bundle: &Bundle, path: &str) {
    assert!(
        bundle.manifest().contents.files.iter().any(|file| file.path.to_string() == path),
        "{path}: {:?}",
        bundle.manifest().contents
    );
}

#[test]
fn a_large_file_changes_places_with_a_directory() {
    for staged in [false, true] {
        let world = World::new();
        let at = world.repository("source");
        write(&at, "large", vec![b'x'; LARGE]);
        write(&at, "small", "s\n");
        write(&at, "full/large", vec![b'y'; LARGE]);
        write(&at, "full/small", "s\n");
        world.commit(&at, "large");
        for gone in ["large", "small"] {
            std::fs::remove_file(at.join(gone)).unwrap();
        }
        write(&at, "large/one", "1\n");
        write(&at, "large/two", vec![b'z'; LARGE]);
        write(&at, "small/large", vec![b'q'; LARGE]);
        std::fs::remove_dir_all(at.join("full")).unwrap();
        write(&at, "full", vec![b'f'; LARGE]);
        std::fs::remove_dir_all(at.join("dir")).unwrap();
        write(&at, "dir", vec![b'd'; LARGE]);
        if staged {
            world.run(&at, &["add", "-A"]);
        }
        let to = world.round_trip(&at, "clone");
        assert!(to.join("large/one").is_file() && to.join("full").is_file());
    }
}

#[test]
fn a_log_that_grows_all_the_time_is_carried_as_it_was() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    write(&at, "server.log", vec![b'l'; LARGE]);
    let path = at.join("server.log");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        let mut log = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            log.write_all(b"GET / 200\n").unwrap();
        }
    });
    let (_, bundle) = world.capture(&at);
    stop.send(()).unwrap();
    writer.join().unwrap();
    carries(&bundle, "README");
    carries(&bundle, "server.log");
    let to = world.clone_of(&at, "clone");
    world.apply(&bundle, &to, ALLOW).unwrap();
    let (all, carried) =
        (std::fs::read(at.join("server.log")).unwrap(), std::fs::read(to.join("server.log")).unwrap());
    assert!(carried.len() >= LARGE && all.starts_with(&carried));
}

#[test]
fn a_file_that_is_written_anew_all_the_time_stops_nothing() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    write(&at, "busy", vec![b'0'; 8 * LARGE]);
    let path = at.join("busy");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        use std::os::unix::fs::FileExt;
        let busy = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let mut number = 0_u64;
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            number += 1;
            busy.write_at(&number.to_le_bytes(), number * 64 % (8 * LARGE as u64)).unwrap();
        }
    });
    let (_, bundle) = world.capture(&at);
    stop.send(()).unwrap();
    writer.join().unwrap();
    carries(&bundle, "README");
    // It is carried where nothing was written while it was read.
    match left(&bundle)[..] {
        [] => carries(&bundle, "busy"),
        ref left => assert_eq!(left, [("busy".to_owned(), Reason::Changing)]),
    }
}

#[test]
fn a_file_where_a_sparse_checkout_leaves_a_directory_out_is_named() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "kept/file", "k\n");
    world.commit(&at, "kept");
    world.run(&at, &["sparse-checkout", "set", "--no-cone", "/*", "!/dir/"]);
    assert!(!at.join("dir").exists());
    write(&at, "dir", "a file now\n");
    write(&at, "README", "changed\n");
    let (_, bundle) = world.capture(&at);
    carries(&bundle, "README");
    assert_eq!(left(&bundle), [("dir".to_owned(), Reason::NoPatch)]);
}

#[test]
fn what_git_was_told_not_to_look_at_may_have_become_a_directory() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let world = World::new();
        let at = world.repository("source");
        world.run(&at, &["update-index", flag, "no-newline", "dir/a", "dir/b", "dir/deep/c"]);
        std::fs::remove_file(at.join("no-newline")).unwrap();
        write(&at, "no-newline/inside", "x\n");
        std::fs::remove_dir_all(at.join("dir")).unwrap();
        write(&at, "dir", "a file now\n");
        write(&at, "README", "changed\n");
        let (_, bundle) = world.capture(&at);
        carries(&bundle, "README");
        let names: Vec<_> = left(&bundle).into_iter().map(|(path, _)| path).collect();
        for name in ["no-newline", "no-newline/inside", "dir"] {
            assert!(names.iter().any(|left| left == name), "{flag} {name}: {names:?}");
        }
        let to = world.clone_of(&at, "clone");
        world.apply(&bundle, &to, ALLOW).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("README")).unwrap(), "changed\n");
    }
}

#[test]
fn a_broken_submodule_is_named() {
    let world = World::new();
    let inner = world.repository("inner");
    let at = world.repository("source");
    world.run(&at, &["submodule", "--quiet", "add", inner.to_str().unwrap(), "sub"]);
    world.commit(&at, "sub");
    std::fs::write(at.join("sub/.git"), "gitdir: ../nowhere\n").unwrap();
    write(&at, "README", "changed\n");
    let (_, bundle) = world.capture(&at);
    carries(&bundle, "README");
    assert_eq!(left(&bundle), [("sub".to_owned(), Reason::Submodule)]);
}

#[test]
fn a_filter_whose_program_is_missing_keeps_nothing_from_being_saved() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, ".gitattributes", "*.bin filter=lfs\n");
    write(&at, "a.bin", "content\n");
    world.commit(&at, "filtered");
    for (name, value) in
        [("clean", "no-such-program clean"), ("process", "no-such-program"), ("required", "true")]
    {
        world.config(&format!("filter.lfs.{name}"), value);
    }
    write(&at, "a.bin", "changed content\n");
    write(&at, "README", "changed\n");
    let (_, bundle) = world.capture(&at);
    carries(&bundle, "README");
    carries(&bundle, "a.bin");
    assert_eq!(left(&bundle), []);
}

#[test]
fn a_replaced_head_is_captured_against_the_true_one() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    let head = world.run(&at, &["rev-parse", "HEAD"]);
    write(&at, "README", "replaced\n");
    world.commit(&at, "other");
    let other = world.run(&at, &["rev-parse", "HEAD"]);
    world.run(&at, &["reset", "-q", "--hard", head.trim()]);
    world.run(&at, &["replace", head.trim(), other.trim()]);
    world.run(&at, &["reset", "-q", "--hard"]);
    write(&at, "dir/a", "changed\n");
    let (_, bundle) = world.capture(&at);
    world.apply(&bundle, &to, ALLOW).unwrap();
    assert_eq!(std::fs::read_to_string(to.join("dir/a")).unwrap(), "changed\n");
    assert_eq!(std::fs::read_to_string(to.join("README")).unwrap(), "replaced\n");
}

/// Captures with `limits`.
fn limited(world: &World, at: &Path, limits: Limits) -> Bundle {
    let handover = Handover::create(at, false).unwrap();
    let draft = handover.capture(&world.git, limits, &[]).unwrap();
    draft.publish(&description("limited"), &world.keyring()).unwrap()
}

#[test]
fn what_is_over_the_limits_is_named_and_tracked_edits_come_first() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "zz-tracked", "x\n");
    world.commit(&at, "tracked");
    write(&at, "zz-tracked", "edited\n");
    write(&at, "notes/new.rs", "mine\n");
    for number in 0..300 {
        write(&at, &format!("junk/{number}/file"), "0123456789");
    }
    write(&at, "huge", vec![b'h'; 5000]);
    for limits in
        [Limits { max_files: 20, ..Limits::default() }, Limits { max_total_bytes: 200, ..Limits::default() }]
    {
        let bundle = limited(&world, &at, limits);
        carries(&bundle, "zz-tracked");
        carries(&bundle, "notes/new.rs");
        let contents = &bundle.manifest().contents;
        assert!(contents.files.len() <= 22, "{}", contents.files.len());
        let junk = contents.not_carried.iter().find(|left| left.path.to_string() == "junk").unwrap();
        assert_eq!(junk.reason, Reason::OverLimit);
        let carried = contents.files.iter().filter(|file| file.path.to_string().starts_with("junk")).count();
        assert_eq!(junk.files.unwrap() + carried, 300);
        assert!(junk.text().contains(" files: more than max_files"), "{}", junk.text());
    }
}

#[test]
fn a_manifest_is_never_larger_than_readers_take() {
    let world = World::new();
    let at = world.repository("source");
    // Names that are long in JSON too.
    for number in 0..20_000 {
        let directory = at.join(format!("d{}", number % 100));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("{number}{}", "\u{1}".repeat(190))), "").unwrap();
    }
    write(&at, "README", "changed\n");
    let bundle = limited(&world, &at, Limits { max_files: 1_000_000, ..Limits::default() });
    carries(&bundle, "README");
    assert!(std::fs::metadata(bundle.path().join("manifest.json")).unwrap().len() <= 16 << 20);
    assert!(
        left(&bundle).iter().all(|(_, reason)| *reason == Reason::OverLimit) && !left(&bundle).is_empty()
    );
    Handover::open(&at).unwrap().unwrap().bundle(bundle.id()).unwrap();
}

#[test]
fn what_git_never_applies_is_named_while_the_original_is_there() {
    let world = World::new();
    let at = world.repository("source");
    std::os::unix::fs::symlink("README", at.join(".gitmodules")).unwrap();
    write(&at, "README", "changed\n");
    for number in 0..20 {
        write(&at, &format!("new/{number}"), "new\n");
    }
    let (_, bundle) = world.capture(&at);
    carries(&bundle, "README");
    assert_eq!(bundle.manifest().contents.files.len(), 21);
    assert_eq!(left(&bundle), [(".gitmodules".to_owned(), Reason::NoPatch)]);
    let to = world.clone_of(&at, "clone");
    world.apply(&bundle, &to, ALLOW).unwrap();
    let mut files = std::collections::BTreeMap::new();
    walk(&to, &to, &mut files);
    assert!(files.contains_key(std::ffi::OsStr::new("new/19")));
}

#[test]
fn without_a_key_the_work_is_saved_and_is_nobody_s_own() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    world.keyring();
    chmod(&world.path("state"), "key", 0o644);
    assert!(Keyring::open(&world.path("state")).is_err());
    let (_, draft) = world.draft(&at);
    let keyless = Keyring::without_key(&world.path("state"));
    let bundle = draft.publish(&description("keyless"), &keyless).unwrap();
    chmod(&world.path("state"), "key", 0o600);
    let trust = world.keyring().trust(&bundle).unwrap();
    assert_eq!(trust, handoff_bundle::Trust::Foreign);
}

#[test]
fn names_that_differ_in_case_or_composition_alone_are_carried_where_the_disk_tells_them_apart() {
    use std::os::unix::ffi::OsStrExt;
    let name = |bytes: &[u8]| std::ffi::OsStr::from_bytes(bytes).to_owned();
    for ignorecase in ["false", "true"] {
        let world = World::new();
        let at = world.repository("source");
        for bytes in [&b"caf\xe9"[..], b"caf\xe8", b"x2", b"Dir/readme.md"] {
            let path = at.join(name(bytes));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "before\n").unwrap();
        }
        world.commit(&at, "names");
        let to = world.clone_of(&at, "clone");
        world.run(&at, &["config", "core.ignorecase", ignorecase]);
        std::fs::rename(at.join("README"), at.join("readme")).unwrap();
        write(&at, "readme", "one\ntwo\nedited\n");
        std::fs::rename(at.join("Dir"), at.join("dIR")).unwrap();
        std::fs::write(at.join(name(b"caf\xe9")), "one\n").unwrap();
        std::fs::write(at.join(name(b"caf\xe8")), "other\n").unwrap();
        write(&at, "x2", "two\n");
        write(&at, "x\u{b2}", "square\n");
        write(&at, "e\u{301}", "decomposed\n");
        write(&at, "\u{e9}", "composed\n");
        let (_, bundle) = world.capture(&at);
        assert_eq!(left(&bundle), [], "{ignorecase}");
        world.apply(&bundle, &to, ALLOW).unwrap();
        let seen = |top: &Path| {
            let mut files = std::collections::BTreeMap::new();
            walk(top, top, &mut files);
            files
        };
        assert_eq!(seen(&at), seen(&to), "{ignorecase}");
    }
}

#[test]
fn what_status_lists_with_the_bytes_of_head_is_carried_too() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, ".gitattributes", "*.crlf text eol=crlf\n");
    write(&at, "a.crlf", "one\r\ntwo\r\n");
    world.commit(&at, "lines");
    let to = world.clone_of(&at, "clone");
    assert_eq!(std::fs::read_to_string(to.join("a.crlf")).unwrap(), "one\r\ntwo\r\n");
    // As dos2unix does it: what git has in its objects, and not what it checks out.
    write(&at, "a.crlf", "one\ntwo\n");
    let (_, bundle) = world.capture(&at);
    carries(&bundle, "a.crlf");
    assert_eq!(bundle.manifest().contents.files[0].change, handoff_bundle::Change::AsCommitted);
    let before = world.seen(&to);
    world.apply(&bundle, &to, ALLOW).unwrap();
    assert_eq!(std::fs::read_to_string(to.join("a.crlf")).unwrap(), "one\ntwo\n");
    Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.seen(&to), before);
}

#[test]
fn a_repository_around_a_home_gives_away_neither_what_it_does_not_show_nor_our_own_files() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, ".ssh/id_ed25519", "secret\n");
    write(&at, ".agent-handoffs/.handover/key", "key\n");
    write(&at, ".agent-handoffs/app/unread/x.md", "x\n");
    write(&at, "README", "changed\n");
    crate::support::pipe(&at.join("pipe"));
    let capture = || {
        let handover = Handover::create(&at, false).unwrap().leaving_out(&[at.join(".agent-handoffs")]);
        handover.capture(&world.git, Limits::default(), &[]).unwrap().contents().clone()
    };
    let paths = |contents: &handoff_bundle::Contents| {
        contents.files.iter().map(|file| file.path.to_string()).collect::<Vec<_>>()
    };
    // Shown, it is work like any other; the store never is.
    assert_eq!(paths(&capture()), [".ssh/id_ed25519", "README"]);
    world.run(&at, &["config", "status.showUntrackedFiles", "no"]);
    let contents = capture();
    assert_eq!((paths(&contents), contents.not_carried), (vec!["README".to_owned()], Vec::new()));
}

#[test]
fn what_the_user_keeps_beside_the_store_is_carried_and_our_own_files_are_named() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, ".handover/notes.md", "one\n");
    write(&at, ".handover/gone.md", "gone\n");
    write(&at, ".handover/sub/staged.md", "one\n");
    write(&at, ".handover/config.toml", "track = true\n");
    write(&at, ".handover/bundles/a/summary.md", "a\n");
    write(&at, ".handover/bundles/b/summary.md", "b\n");
    write(&at, "store/key", "one\n");
    world.commit(&at, "notes");
    let to = world.clone_of(&at, "clone");
    write(&at, ".handover/notes.md", "two\n");
    std::fs::remove_file(at.join(".handover/gone.md")).unwrap();
    write(&at, ".handover/config.toml", "track = false\n");
    write(&at, ".handover/sub/staged.md", "two\n");
    write(&at, "store/key", "two\n");
    std::fs::remove_dir_all(at.join(".handover/bundles")).unwrap();
    // What is staged of our own is in no patch of the index.
    world.run(&at, &["add", ".handover/sub", ".handover/config.toml", "store"]);

    let handover = Handover::create(&at, true).unwrap().leaving_out(&[at.join("store")]);
    // Not ignored, since the user wants bundles tracked.
    write(&at, ".handover/new.md", "new\n");
    let draft = handover.capture(&world.git, Limits::default(), &[]).unwrap();
    let contents = draft.contents();
    let files: Vec<_> = contents.files.iter().map(|file| file.path.to_string()).collect();
    let names = ["gone.md", "new.md", "notes.md", "sub/staged.md"].map(|name| format!(".handover/{name}"));
    assert_eq!(files, names);
    assert_eq!(contents.staged.len(), 1);
    let left: Vec<_> =
        contents.not_carried.iter().map(|left| (left.path.to_string(), left.reason, left.files)).collect();
    let own = |path: &str, files| (path.to_owned(), Reason::OwnState, files);
    assert_eq!(
        left,
        [own(".handover/bundles", Some(2)), own(".handover/config.toml", None), own("store/key", None)]
    );

    let bundle = draft.publish(&crate::support::description("Fix it"), &world.keyring()).unwrap();
    // Changes of our own are in no apply's way, and it leaves them as they are.
    write(&to, ".handover/config.toml", "# mine\n");
    let (before, config) = (world.run(&to, &["status", "--porcelain"]), to.join(".handover/config.toml"));
    world.apply(&bundle, &to, ALLOW).unwrap();
    let read = |name: &str| std::fs::read_to_string(to.join(".handover").join(name)).unwrap();
    assert_eq!(
        (read("notes.md"), read("sub/staged.md"), read("new.md")),
        ("two\n".into(), "two\n".into(), "new\n".into())
    );
    assert!(!to.join(".handover/gone.md").exists());
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "# mine\n");
    Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
    let without_store = |status: String| {
        status.lines().filter(|line| !line.contains("bundles")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_store(world.run(&to, &["status", "--porcelain"])), without_store(before));
    assert_eq!((read("notes.md"), read("gone.md")), ("one\n".into(), "gone\n".into()));
}

#[test]
fn our_own_files_that_git_tracks_are_no_work_on_their_own() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, ".handover/config.toml", "one\n");
    world.commit(&at, "config");
    write(&at, ".handover/config.toml", "two\n");
    let (_, draft) = world.draft(&at);
    assert!(draft.is_empty() && draft.contents().left_behind().count() == 1, "{:?}", draft.contents());
}

#[test]
fn no_apply_writes_into_a_directory_of_this_program_that_lies_in_the_worktree() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "store/x.md", "one\n");
    world.commit(&at, "store");
    let to = world.clone_of(&at, "clone");
    write(&at, "store/x.md", "two\n");
    let (_, bundle) = world.capture(&at);
    let (handover, id) = world.carry(&bundle, &to);
    let handover = handover.leaving_out(&[to.join("store")]);
    let refused = crate::support::refusal(world.apply_in(&handover, &id, ALLOW));
    assert!(matches!(refused, handoff_bundle::Refusal::Path { .. }), "{refused}");
    assert_eq!(std::fs::read_to_string(to.join("store/x.md")).unwrap(), "one\n");
}

#[test]
fn everything_that_this_program_puts_into_its_directory_is_known_as_its_own() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    write(&at, "README", "changed\n");
    let (handover, bundle) = world.capture(&at);
    handover.promote(&bundle).unwrap();
    handover.rendered().unwrap();
    world.apply(&bundle, &to, ALLOW).unwrap();
    for entry in [&at, &to].into_iter().flat_map(|top| std::fs::read_dir(top.join(".handover")).unwrap()) {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = handoff_bundle::TreePath::new(format!(".handover/{name}"));
        assert!(handoff_bundle::policy::is_own_state(&path), "{path}");
    }
}

#[test]
fn git_s_configuration_in_the_environment_says_what_is_ignored() {
    let world = World::new();
    let at = world.repository("source");
    let global = world.path("global");
    std::fs::write(world.path("excludes"), "*.secret\n").unwrap();
    std::fs::write(&global, format!("[core]\n\texcludesFile = {}\n", world.path("excludes").display()))
        .unwrap();
    write(&at, "a.secret", "x\n");
    write(&at, "b.private", "x\n");
    write(&at, "README", "changed\n");
    std::fs::write(world.path("others"), "*.private\n*.secret\n").unwrap();
    let others = world.path("others").to_str().unwrap().to_owned();
    let path = ("PATH".into(), handoff_process::Environment::read().path.unwrap());
    let files = |environment: &[(&str, &str)]| {
        let all = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let git = handoff_bundle::Git::new(crate::support::program(), all.chain([path.clone()]).collect());
        let handover = Handover::create(&at, false).unwrap();
        handover.capture(&git, Limits::default(), &[]).unwrap().contents().files.len()
    };
    assert_eq!(files(&[("GIT_CONFIG_NOSYSTEM", "1"), ("HOME", "/nowhere")]), 3);
    assert_eq!(files(&[("GIT_CONFIG_GLOBAL", global.to_str().unwrap())]), 2);
    assert_eq!(
        files(&[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "core.excludesFile"),
            ("GIT_CONFIG_VALUE_0", &others),
        ]),
        1
    );
}

#[test]
fn a_worktree_of_the_repository_inside_of_it_is_no_change_and_another_repository_is_in_no_other_path_s_way() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    world.run(&to, &["worktree", "add", "-q", ".claude/worktrees/x", "-b", "x"]);
    let (_, draft) = world.draft(&to);
    assert!(draft.is_empty(), "{:?}", draft.contents());
    drop(draft);
    world.repository("clone/vendor/other");
    write(&at, "README", "changed\n");
    write(&at, "vendor/mine", "mine\n");
    let (_, bundle) = world.capture(&at);
    world.apply(&bundle, &to, ALLOW).unwrap();
    Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
    // A path inside of it is refused.
    write(&at, "vendor/other/new", "new\n");
    let (_, bundle) = world.capture(&at);
    let refused = crate::support::refusal(world.apply(&bundle, &to, ALLOW));
    assert!(matches!(refused, handoff_bundle::Refusal::Through { .. }), "{refused}");
}
