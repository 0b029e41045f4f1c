//! A store that may not be written to, that is somebody else's, or that everybody may write to.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Ran, can, feed, is_root, program};

use crate::support::{LastResort, Mount, Place, Sample, Stage, samples, says_that_it_is_not_noted};

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Fails unless the hook said this one line, in whichever form the host takes.
#[track_caller]
fn says_in_one_line(ran: &Ran, line: &str) {
    assert_eq!((ran.code, ran.err(), ran.out().lines().count()), (0, "", 1), "{}", ran.out());
    if ran.out().starts_with('{') {
        let message: serde_json::Value = serde_json::from_slice(&ran.out).unwrap();
        assert_eq!(message["systemMessage"], line);
        assert_eq!(message["hookSpecificOutput"]["additionalContext"], format!("{line}\n"));
    } else {
        assert_eq!(ran.out(), format!("{line}\n"));
    }
}

#[test]
fn on_a_read_only_root_the_hook_shows_what_waits_and_says_that_it_could_not_be_noted() {
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let Some(mount) = Mount::read_only(&stage.world.root()) else { return };
    for _ in 0..2 {
        let ran = stage.session();
        assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        assert!(says_that_it_is_not_noted(&ran.out), "{}", ran.out());
    }
    assert_eq!(stage.places(&samples), [Place::Unread; 2]);
    drop(mount);
    assert_eq!(stage.recovers(&samples, b""), (0, 0));
}

#[test]
fn on_a_read_only_root_the_hook_is_silent_when_nothing_waits() {
    let stage = Stage::new();
    stage.plant(&[]);
    let Some(_mount) = Mount::read_only(&stage.world.root()) else { return };
    feed(stage.hook(), b"").is_silent();
}

#[test]
fn on_a_read_only_root_a_reader_shows_lists_and_says_that_it_could_not_archive() {
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let Some(_mount) = Mount::read_only(&stage.world.root()) else { return };
    for _ in 0..2 {
        let read = stage.world.run("inbox", &stage.dir, &["read"], "");
        assert_eq!(read.code, 0, "{}", read.err());
        assert!(samples.iter().all(|sample| sample.shown_in(&read.out) == 1), "{}", read.out());
        assert!(!read.out().contains("archived to"), "{}", read.out());
        let complaint = "agent-handoff: shown, but it stays unread: ";
        assert!(read.err().starts_with(complaint) && read.err().lines().count() == 1, "{}", read.err());
    }
    let list = stage.world.run("inbox", &stage.dir, &[], "");
    assert_eq!((list.code, list.err()), (0, ""));
    assert_eq!(list.out().matches("A sample").count(), 2, "{}", list.out());
    let archive = stage.world.run("inbox", &stage.dir, &["archive", "1"], "");
    assert_eq!((archive.code, archive.out()), (1, ""));
    assert!(archive.err().starts_with("agent-handoff: could not "), "{}", archive.err());
    assert_eq!(stage.places(&samples), [Place::Unread; 2]);
}

#[test]
fn on_a_read_only_root_the_writer_keeps_the_draft_elsewhere() {
    let last_resort = LastResort::new();
    let stage = Stage::new();
    stage.plant(&[]);
    let Some(_mount) = Mount::read_only(&stage.world.root()) else { return };
    let sample = Sample::draft(1);
    let ran = stage.world.run("handoff-write", &stage.dir, &[], &sample.body);
    assert_eq!(ran.code, 1);
    assert!(ran.err().contains(": read-only file system\n"), "{}", ran.err());
    last_resort.has(&ran, &sample.body);
}

/// The root is not trusted, for the reason that the programs give.
#[track_caller]
fn is_distrusted(stage: &Stage, reason: &str) {
    let last_resort = LastResort::new();
    let planted = samples(2, true);
    stage.plant(&planted);
    let line = format!("agent-handoff: could not look for handoffs: 2 waiting, not shown: {reason}");
    says_in_one_line(&feed(stage.hook(), b""), &line);
    says_in_one_line(&feed(stage.hook(), &stage.payload("again")), &line);

    let list = stage.world.run("inbox", &stage.dir, &[], "");
    assert_eq!((list.code, list.err()), (0, format!("agent-handoff: be careful: {reason}\n").as_str()));
    assert_eq!(list.out().matches("A sample").count(), 2, "{}", list.out());

    let sample = Sample::draft(7);
    let written = stage.world.run("handoff-write", &stage.dir, &[], &sample.body);
    assert_eq!(written.code, 1);
    let refusal = format!("agent-handoff: could not write the handoff: {reason}\n");
    assert!(written.err().starts_with(&refusal), "{}", written.err());
    last_resort.has(&written, &sample.body);
    assert_eq!(stage.places(&planted), [Place::Unread; 2]);
}

#[test]
fn a_root_of_somebody_else_is_not_used() {
    if !can("give a directory away", is_root()) {
        return;
    }
    let stage = Stage::new();
    let root = stage.world.root();
    stage.plant(&[]);
    std::os::unix::fs::chown(&root, Some(54_321), None).unwrap();
    let reason = format!(
        "{} belongs to another user (uid 54321); set AGENT_HANDOFF_ROOT to a directory of yours",
        root.display()
    );
    is_distrusted(&stage, &reason);
}

#[test]
fn a_root_that_all_may_write_to_is_not_used_until_it_is_mended_as_told() {
    let stage = Stage::new();
    let root = stage.world.root();
    stage.plant(&[]);
    chmod(&root, 0o777);
    let mend = format!("chmod 700 {}", root.display());
    is_distrusted(&stage, &format!("{} is writable by others (mode 0777); run: {mend}", root.display()));
    assert!(Command::new("sh").args(["-c", &mend]).status().unwrap().success());
    assert_eq!(stage.recovers(&samples(2, true), b""), (0, 0));
}

#[test]
fn a_file_in_the_way_of_the_archive_keeps_nothing_from_anybody() {
    let stage = Stage::new();
    let planted = samples(2, true);
    stage.plant(&planted);
    std::fs::remove_dir(stage.read()).unwrap();
    std::fs::write(stage.read(), "").unwrap();
    for number in 0..3 {
        let ran = stage.session();
        assert!(planted.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        assert!(planted.iter().all(|sample| sample.is_again_in(&ran.out) == (number > 0)), "{}", ran.out());
    }
    // Who asks is still shown them.
    let read = stage.world.run("inbox", &stage.dir, &["read", "1", "2"], "");
    assert!(planted.iter().all(|sample| sample.shown_in(&read.out) == 1), "{}", read.out());
    assert_eq!(read.code, 0);
    std::fs::remove_file(stage.read()).unwrap();
    assert_eq!(stage.recovers(&planted, b""), (0, 0));
}

/// A user who is not root, and to whom permissions apply. Everything of the stage is made his.
struct Somebody<'s> {
    stage: &'s Stage,
    /// The programs where he can run them.
    programs: PathBuf,
}

const SOMEBODY: u32 = 54_321;

impl<'s> Somebody<'s> {
    fn new(stage: &'s Stage) -> Option<Self> {
        if !is_root() {
            // Then the user whom the tests run as is one already.
            return Some(Self { stage, programs: program("inbox").parent().unwrap().to_owned() });
        }
        let programs = stage.world.dir("programs");
        for name in ["session-start", "inbox"] {
            tests::take(&program(name), &programs.join(name));
        }
        chown_all(stage.world.top());
        Some(Self { stage, programs })
    }

    fn run(&self, name: &str, args: &[&str]) -> Ran {
        let mut command = self.stage.world.bare_command(self.programs.join(name));
        command.current_dir(&self.stage.dir).args(args);
        if is_root() {
            command.uid(SOMEBODY).gid(SOMEBODY);
        }
        feed(command, b"")
    }
}

fn chown_all(path: &Path) {
    std::os::unix::fs::lchown(path, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    if std::fs::symlink_metadata(path).unwrap().is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| chown_all(&entry.unwrap().path()));
    }
}

#[test]
fn an_unreadable_handoff_among_good_ones_is_named_and_stops_none_of_them() {
    let stage = Stage::new();
    let planted = samples(3, true);
    stage.plant(&planted);
    let bad = stage.unread().join(planted[1].name());
    chmod(&bad, 0o000);
    let Some(somebody) = Somebody::new(&stage) else { return };
    let ran = somebody.run("session-start", &[]);
    assert_eq!((ran.code, ran.err()), (0, ""));
    let shown: Vec<usize> = planted.iter().map(|sample| sample.shown_in(&ran.out)).collect();
    assert_eq!(shown, [1, 0, 1], "{}", ran.out());
    assert!(
        ran.out().contains(&format!("could not open {}: permission denied", bad.display())),
        "{}",
        ran.out()
    );
    assert_eq!(std::fs::metadata(&bad).unwrap().mode() & 0o777, 0);
    // So that we can read it, whoever we are.
    chmod(&bad, 0o600);
    assert_eq!(stage.places(&planted), [Place::Unread; 3]);
    chmod(&bad, 0o000);
    let ran = somebody.run("inbox", &["read"]);
    let shown: Vec<usize> = planted.iter().map(|sample| sample.shown_in(&ran.out)).collect();
    assert_eq!((ran.code, shown), (0, vec![1, 0, 1]), "{}", ran.out());
    chmod(&bad, 0o600);
    assert_eq!(stage.places(&planted), [Place::Archived, Place::Unread, Place::Archived]);
    chmod(&bad, 0o000);

    // Alone it is one line each time.
    for _ in 0..2 {
        let ran = somebody.run("session-start", &[]);
        let line = format!(
            "agent-handoff: 1 handoff is waiting here but was not shown: could not open {}: permission denied",
            bad.display()
        );
        says_in_one_line(&ran, &line);
    }
    let list = somebody.run("inbox", &[]);
    assert_eq!(list.code, 0);
    assert!(list.err().contains(bad.to_str().unwrap()), "{}", list.err());
    chmod(&bad, 0o600);
    let ran = somebody.run("session-start", &[]);
    assert_eq!(planted[1].shown_in(&ran.out), 1);
}

/// A file that nobody can change or move, until this is dropped.
struct Immutable(PathBuf);

impl Immutable {
    /// `None` where the file system or this user cannot do that.
    fn new(path: PathBuf) -> Option<Self> {
        let changed = Command::new("chattr").arg("+i").arg(&path).output();
        let is_immutable = changed.is_ok_and(|output| output.status.success());
        can("make a file immutable", is_immutable).then(|| Self(path))
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-i").arg(&self.0).output();
    }
}

#[test]
fn an_immutable_newest_handoff_is_named_and_keeps_nothing_older_from_anybody() {
    let stage = Stage::new();
    let planted = samples(3, true);
    stage.plant(&planted);
    let newest = planted.iter().max_by_key(|sample| sample.name()).unwrap();
    let path = stage.unread().join(newest.name());
    let Some(immutable) = Immutable::new(path.clone()) else { return };
    let read = stage.world.run("inbox", &stage.dir, &["read"], "");
    for sample in &planted {
        let is_newest = sample.name() == newest.name();
        assert_eq!(sample.shown_in(&read.out), usize::from(!is_newest), "{}", read.out());
    }
    let reason = "operation not permitted";
    assert!(read.out().contains(path.to_str().unwrap()) && read.out().contains(reason), "{}", read.out());
    assert_eq!(read.code, 0);
    // Alone it is shown where it is.
    let read = stage.world.run("inbox", &stage.dir, &["read"], "");
    assert_eq!((read.code, newest.shown_in(&read.out)), (0, 1), "{}", read.out());
    assert!(read.err().starts_with("agent-handoff: shown, but it stays unread: "), "{}", read.err());
    let ran = stage.session();
    assert_eq!(newest.shown_in(&ran.out), 1, "{}", ran.out());
    drop(immutable);
    let read = stage.world.run("inbox", &stage.dir, &["read", "1"], "");
    assert_eq!((read.code, newest.shown_in(&read.out)), (0, 1), "{}", read.out());
    assert_eq!(stage.places(&planted), [Place::Archived; 3]);
}

#[test]
fn an_inbox_without_write_permission_keeps_nothing_from_anybody() {
    let stage = Stage::new();
    let planted = samples(2, true);
    stage.plant(&planted);
    let Some(somebody) = Somebody::new(&stage) else { return };
    for path in [stage.unread(), stage.read()] {
        chmod(&path, 0o500);
        let ran = somebody.run("session-start", &[]);
        assert_eq!((ran.code, ran.err()), (0, ""));
        assert!(planted.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        let read = somebody.run("inbox", &["read"]);
        assert_eq!(read.code, 0);
        assert!(planted.iter().all(|sample| sample.shown_in(&read.out) == 1), "{}", read.out());
        assert!(read.err().starts_with("agent-handoff: shown, but it stays unread: "), "{}", read.err());
        assert_eq!(stage.places(&planted), [Place::Unread; 2]);
        chmod(&path, 0o700);
    }
    let ran = somebody.run("session-start", &[]);
    assert!(planted.iter().all(|sample| sample.shown_in(&ran.out) == 1));
}
