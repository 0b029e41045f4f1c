//! Programs at once, killed programs, full and read-only disks.

use std::process::Stdio;
use std::time::Duration;

use tests::{Mount, feed};

use crate::support::{Machine, Pair, names};

/// A letter with uncommitted work and a commit.
fn letter(laptop: &Machine) -> std::path::PathBuf {
    laptop.put("src/c.rs", "c\n");
    laptop.world.commit(&laptop.app, "second");
    laptop.put("src/a.rs", "changed\n");
    laptop.letter("q.handoff")
}

#[test]
fn of_programs_that_take_one_letter_at_once_one_takes_it() {
    let pair = Pair::new();
    let letter = letter(&pair.laptop);
    for _ in 0..3 {
        let children: Vec<_> = (0..4)
            .map(|_| {
                let mut import = pair.desk.world.command("handoff", &pair.desk.app);
                import.args(["import", letter.to_str().unwrap()]);
                import.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let ends: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let won = ends.iter().filter(|end| end.status.success()).count();
        let said: Vec<_> = ends.iter().map(|end| String::from_utf8_lossy(&end.stderr)).collect();
        assert_eq!((won, pair.desk.unread().len(), pair.desk.bundles().len()), (1, 1, 1), "{said:?}");
        assert_eq!(said.iter().filter(|said| said.contains("was taken here before")).count(), 3, "{said:?}");
        std::fs::remove_dir_all(pair.desk.world.inbox(&pair.desk.app)).unwrap();
    }
}

/// The handoffs that a reader sees. A temporary file of a killed program is swept when it is old.
fn waiting(machine: &Machine) -> Vec<String> {
    machine.unread().into_iter().filter(|name| !name.starts_with('.')).collect()
}

/// The bundles that have a name.
fn bundles(machine: &Machine) -> Vec<String> {
    machine.bundles().into_iter().filter(|name| !name.starts_with(".tmp-")).collect()
}

#[test]
fn an_import_that_is_killed_at_any_moment_is_done_by_the_next_one() {
    let pair = Pair::new();
    let letter = letter(&pair.laptop);
    let desk = &pair.desk;
    let (mut before, mut after) = (0, 0);
    for step in 0..24 {
        let mut import = desk.world.command("handoff", &desk.app);
        import.args(["import", letter.to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = import.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(step * 12));
        let _ = child.kill();
        child.wait().unwrap();
        let there = waiting(desk).len();
        assert!(there <= 1 && bundles(desk).len() <= 1);
        before += 1 - there;
        after += there;
        let ran = desk.run(&["import", letter.to_str().unwrap()]);
        assert_eq!(ran.code, i32::from(there == 1), "{}", ran.err());
        assert_eq!(
            (waiting(desk).len(), bundles(desk).len()),
            (1, 1),
            "{:?} {:?}",
            desk.unread(),
            desk.bundles()
        );
        if step == 23 {
            let bundle = bundles(desk).pop().unwrap();
            desk.ok(&["pickup", &bundle, "--apply"]);
            assert_eq!(desk.tree(), pair.laptop.tree());
        } else {
            std::fs::remove_dir_all(desk.world.inbox(&desk.app)).unwrap();
            std::fs::remove_dir_all(desk.app.join(".handover/bundles")).unwrap();
        }
    }
    eprintln!("killed before it waited: {before}, after: {after}");
}

#[test]
fn an_export_that_is_killed_at_any_moment_leaves_no_capture_and_no_half_file() {
    let pair = Pair::new();
    let whole = letter(&pair.laptop);
    let laptop = &pair.laptop;
    let unread = laptop.unread();
    let out = laptop.world.dir("out");
    for step in 0..24 {
        let file = out.join(format!("{step}.handoff"));
        let mut export = laptop.world.command("handoff", &laptop.app);
        export.args(["export", file.to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = export.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(step * 12));
        let _ = child.kill();
        child.wait().unwrap();
        assert_eq!((laptop.unread(), bundles(laptop)), (unread.clone(), vec![]));
        if file.exists() {
            let size = std::fs::metadata(&file).unwrap().len();
            assert!(size.abs_diff(std::fs::metadata(&whole).unwrap().len()) < 300, "{size}");
        }
    }
    laptop.export("last.handoff", &[]);
    assert!(laptop.bundles().is_empty(), "{:?}", laptop.bundles());
}

#[test]
fn a_full_disk_stops_an_export_with_nothing_written() {
    let pair = Pair::new();
    letter(&pair.laptop);
    let laptop = &pair.laptop;
    for (what, size) in [("out", "size=4k"), ("tmp", "size=64k")] {
        let place = laptop.world.path(what);
        let Some(_disk) = Mount::tmpfs(&place, size) else { return };
        let file = laptop.world.path(format!("{what}/full.handoff"));
        let mut export = laptop.world.command("handoff", &laptop.app);
        export.args(["export", file.to_str().unwrap()]);
        if what == "tmp" {
            export.env("TMPDIR", &place);
        } else {
            laptop.put(
                "large.bin",
                (0..40_000_u32)
                    .flat_map(|n| blake3::hash(&n.to_le_bytes()).as_bytes()[..4].to_vec())
                    .collect::<Vec<_>>(),
            );
        }
        let ran = feed(export, b"");
        assert_eq!((ran.code, ran.out()), (1, ""), "{what}: {}", ran.err());
        assert!(names(&place).is_empty(), "{:?}", names(&place));
        assert!(laptop.bundles().is_empty() && laptop.unread().len() == 1);
    }
}

#[test]
fn a_full_store_a_full_worktree_and_a_read_only_state_stop_an_import_with_nothing_taken() {
    let pair = Pair::new();
    let letter = letter(&pair.laptop);
    let desk = &pair.desk;
    let import = ["import", letter.to_str().unwrap()];
    for (path, options) in [
        (desk.world.root(), "size=1M,nr_inodes=1"),
        (desk.app.join(".handover"), "size=1M,nr_inodes=3"),
        (desk.world.path("tmp"), "size=16k"),
    ] {
        let Some(disk) = Mount::tmpfs(&path, options) else { return };
        let mut command = desk.world.command("handoff", &desk.app);
        command.args(import).env("TMPDIR", if path.ends_with("tmp") { path.clone() } else { "/tmp".into() });
        let ran = feed(command, b"");
        assert_eq!((ran.code, ran.out()), (1, ""), "{}: {}", path.display(), ran.err());
        let said = ran.err().to_lowercase();
        assert!(said.contains("no space left") || said.contains("out of diskspace"), "{said}");
        assert!(!said.contains("it is no letter"), "{said}");
        drop(disk);
        assert!(
            desk.unread().is_empty() && desk.bundles().is_empty(),
            "{}: {:?}",
            path.display(),
            desk.bundles()
        );
    }
    let state = desk.world.home().join(".local/state/agent-handoff");
    if let Some(_disk) = Mount::read_only(&state) {
        let ran = desk.run(&import);
        assert_eq!((ran.code, ran.out()), (1, ""), "{}", ran.err());
        assert!(desk.unread().is_empty() && desk.bundles().is_empty(), "{:?}", desk.bundles());
    }
    desk.import(&letter, &["--apply"]);
    assert_eq!(desk.tree(), pair.laptop.tree());
}
