//! An apply that is killed at any moment.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use handoff_bundle::{BundleError, BundleId, Git, Handover, Keyring};
use handoff_process::Environment;

use crate::support::{ALLOW, World, program, write};

fn variable(name: &str) -> Option<std::ffi::OsString> {
    Environment::all().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// What the other tests start in a process of its own.
#[test]
fn child() {
    let (Some(top), Some(state), Some(home)) =
        (variable("CHILD_TOP"), variable("CHILD_STATE"), variable("HOME"))
    else {
        return;
    };
    let git = Git::new(program(), vec![("HOME".into(), home), ("GIT_CONFIG_NOSYSTEM".into(), "1".into())]);
    let handover = Handover::open(Path::new(&top)).unwrap().unwrap();
    let keyring = Keyring::open(Path::new(&state)).unwrap();
    match variable("CHILD_VERB").unwrap().to_str().unwrap() {
        "apply" => {
            let id = BundleId::parse(variable("CHILD_ID").unwrap().to_str().unwrap()).unwrap();
            let bundle = handover.bundle(&id).unwrap().trusted(&keyring).unwrap();
            handover
                .apply(&git, &keyring, &bundle, ALLOW, "child", handoff_document::Timestamp::now())
                .unwrap();
        }
        "undo" => {
            handover.undo(&git, &keyring).unwrap();
        }
        _ => {
            let draft = handover.capture(&git, handoff_bundle::Limits::default(), &[]).unwrap();
            draft.publish(&crate::support::description("killed"), &keyring).unwrap();
        }
    }
}

fn start(world: &World, top: &Path, verb: &str, id: &str) -> std::process::Child {
    let own = Environment::own_program().unwrap();
    Command::new(own)
        .args(["--exact", "kills::child", "--nocapture"])
        .env("CHILD_TOP", top)
        .env("CHILD_STATE", world.path("state"))
        .env("CHILD_ID", id)
        .env("CHILD_VERB", verb)
        .env("HOME", world.path("home"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // So that it can be told when what it started has ended.
        .process_group(0)
        .spawn()
        .unwrap()
}

/// Waits until what a killed child had started, git, has ended too: it goes on for a moment.
fn wait_for_group(child: &std::process::Child) {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
    let start = std::time::Instant::now();
    while rustix::process::test_kill_process_group(group).is_ok() && start.elapsed() < Duration::from_secs(10)
    {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A source with many changes of every kind, its bundle carried to a clone.
fn prepared(world: &World) -> (std::path::PathBuf, std::path::PathBuf, Handover, BundleId) {
    let at = world.repository("source");
    for n in 0..150 {
        write(&at, &format!("many/{}/{n}", n % 7), format!("{n}\n"));
    }
    world.commit(&at, "many");
    let to = world.clone_of(&at, "clone");
    for n in 0..150 {
        let path = format!("many/{}/{n}", n % 7);
        match n % 5 {
            0 => write(&at, &path, "changed\n"),
            1 => std::fs::remove_file(at.join(&path)).unwrap(),
            2 => {
                std::fs::remove_file(at.join(&path)).unwrap();
                write(&at, &format!("{path}/inside"), "a directory now\n");
            }
            3 => {
                std::fs::remove_file(at.join(&path)).unwrap();
                std::os::unix::fs::symlink("nowhere", at.join(&path)).unwrap();
            }
            _ => write(&at, &format!("new/{n}"), "new\n"),
        }
    }
    std::fs::remove_dir_all(at.join("many/6")).unwrap();
    write(&at, "many/6", "a file now\n");
    world.run(&at, &["add", "many/0", "many/1", "new/4", "many/6"]);
    let (_, bundle) = world.capture(&at);
    let (handover, id) = world.carry(&bundle, &to);
    (at, to, handover, id)
}

/// Runs `verb` to its end once to see how long it takes.
fn duration(world: &World, top: &Path, verb: &str, id: &str) -> Duration {
    let started = Instant::now();
    assert!(start(world, top, verb, id).wait().unwrap().success(), "{verb}");
    started.elapsed()
}

/// Kills it after a delay; whether it was still running.
fn kill(world: &World, top: &Path, verb: &str, id: &str, delay: Duration) -> bool {
    let mut child = start(world, top, verb, id);
    std::thread::sleep(delay);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for_group(&child);
    running
}

/// Delays that grow by a fortieth of `whole`, up to ten times of it: a machine that became busy takes longer than when
/// that was measured. Whoever has seen it come to its end a few times stops.
fn delays(whole: Duration) -> impl Iterator<Item = Duration> {
    (0..400).map(move |n| whole * n / 40)
}

/// What a kill met.
enum Met {
    Nothing,
    Work,
    End,
}

/// Delays in search of the moment at which a command is at work. They grow by a fortieth of the time that it took once, until
/// it has come to its end a few times. If none has met it at work by then, they lie between the longest that met nothing and
/// the shortest that met its end: a machine does not take the same time twice.
struct Search {
    coarse: Box<dyn Iterator<Item = Duration>>,
    longest_before: Duration,
    shortest_after: Duration,
    fine: u32,
    worked: usize,
    ended: usize,
}

impl Search {
    /// How often it has to come to its end before the kill.
    const ENDS: usize = 3;

    fn of(whole: Duration) -> Self {
        let coarse = Box::new(delays(whole));
        Self {
            coarse,
            longest_before: Duration::ZERO,
            shortest_after: whole * 10,
            fine: 0,
            worked: 0,
            ended: 0,
        }
    }

    /// The next delay; `None` when enough was seen, or nothing will come of it.
    fn next(&mut self) -> Option<Duration> {
        if self.ended < Self::ENDS {
            return self.coarse.next();
        }
        if self.worked > 0 || self.fine == 400 {
            return None;
        }
        self.fine += 1;
        let (one, other) = (self.longest_before, self.shortest_after);
        let (from, to) = (one.min(other).mul_f64(0.8), one.max(other).mul_f64(1.2));
        // Spread evenly however many are taken.
        Some(from + (to - from).mul_f64(f64::from(self.fine) * 0.618_034 % 1.0))
    }

    fn note(&mut self, delay: Duration, met: &Met) {
        match met {
            Met::Nothing => self.longest_before = self.longest_before.max(delay),
            Met::Work => self.worked += 1,
            Met::End => {
                self.ended += 1;
                self.shortest_after = self.shortest_after.min(delay);
            }
        }
    }
}

#[test]
fn an_apply_that_is_killed_leaves_all_or_nothing_after_the_next_command() {
    let world = World::new();
    let (at, to, handover, id) = prepared(&world);
    let (before, source) = (world.seen(&to), world.seen(&at));
    let whole = duration(&world, &to, "apply", id.as_str());
    handover.undo(&world.git, &world.keyring()).unwrap();
    let waits = || handover.pending().unwrap().first() == Some(&id);
    assert!(waits());
    let index = std::fs::read(to.join(".git/index")).unwrap();
    let mut search = Search::of(whole);
    while let Some(delay) = search.next() {
        kill(&world, &to, "apply", id.as_str(), delay);
        let met = if handover.interrupted(&world.keyring()).unwrap().is_some() {
            match world.apply_in(&handover, &id, ALLOW) {
                Err(BundleError::Interrupted(named)) => assert_eq!(named, id.as_str()),
                other => panic!("{other:?}"),
            }
            assert!(handover.recover(&world.git, &world.keyring()).unwrap().unwrap().interrupted);
            assert_eq!(world.seen(&to), before);
            assert_eq!(std::fs::read(to.join(".git/index")).unwrap(), index);
            Met::Work
        } else if world.seen(&to) == source {
            handover.undo(&world.git, &world.keyring()).unwrap();
            assert_eq!(world.seen(&to), before);
            Met::End
        } else {
            assert_eq!(world.seen(&to), before);
            Met::Nothing
        };
        search.note(delay, &met);
        assert!(waits(), "the bundle is claimed, and was not applied");
        assert!(!to.join(".git/index.lock").exists());
        assert_eq!(handover.recover(&world.git, &world.keyring()).unwrap(), None);
    }
    assert!(search.worked > 0, "no kill met an apply at work: {} after its end", search.ended);
    // It still works, and nothing is left.
    assert!(start(&world, &to, "apply", id.as_str()).wait().unwrap().success());
    assert_eq!(world.seen(&to), source);
    assert_eq!(std::fs::read_dir(to.join(".handover/undo")).unwrap().count(), 1);
}

#[test]
fn an_undo_that_is_killed_is_finished_by_the_next() {
    let world = World::new();
    let (_, to, handover, id) = prepared(&world);
    let before = world.seen(&to);
    world.apply_in(&handover, &id, ALLOW).unwrap();
    let mut search = Search::of(duration(&world, &to, "undo", ""));
    while let Some(delay) = search.next() {
        world.apply_in(&handover, &id, ALLOW).unwrap();
        let after = world.seen(&to);
        kill(&world, &to, "undo", "", delay);
        let now = world.seen(&to);
        match handover.undo(&world.git, &world.keyring()) {
            Ok(_) | Err(BundleError::NothingToUndo) => {}
            Err(error) => panic!("{error}"),
        }
        let met = match now {
            now if now == before => Met::End,
            now if now == after => Met::Nothing,
            _ => Met::Work,
        };
        search.note(delay, &met);
        assert_eq!(world.seen(&to), before);
        assert_eq!(handover.pending().unwrap().first(), Some(&id), "it does not wait again");
    }
    assert!(search.worked > 0, "no kill met an undo at work");
}

#[test]
fn a_capture_that_is_killed_leaves_no_bundle_and_is_swept() {
    let world = World::new();
    let (at, _, _, _) = prepared(&world);
    let handover = Handover::open(&at).unwrap().unwrap();
    std::fs::remove_dir_all(at.join(".handover/bundles")).unwrap();
    let whole = duration(&world, &at, "capture", "");
    let seen = world.seen(&at);
    for n in 0..15 {
        kill(&world, &at, "capture", "", whole * n / 15);
    }
    std::thread::sleep(Duration::from_millis(50));
    for one in handover.list().unwrap() {
        let bundle = handover.bundle(&one.id).unwrap();
        bundle.verify().unwrap();
        assert!(world.keyring().trust(&bundle).unwrap().is_good());
    }
    assert_eq!(world.seen(&at), seen);
    let (_, draft) = world.draft(&at);
    drop(draft);
    for entry in std::fs::read_dir(at.join(".handover/bundles")).unwrap() {
        let path = entry.unwrap().path();
        let hidden = path.file_name().unwrap().as_encoded_bytes().starts_with(b".tmp-");
        // One without its lock is not swept yet: whoever makes it may be about to make that.
        let is_empty =
            || std::fs::read_dir(&path).unwrap().all(|entry| entry.unwrap().file_name() == "lock.new");
        assert!(!hidden || is_empty(), "{path:?}");
    }
}

#[test]
fn what_the_user_changed_after_a_kill_is_named_and_kept() {
    let world = World::new();
    let (_, to, handover, id) = prepared(&world);
    let whole = duration(&world, &to, "apply", id.as_str());
    handover.undo(&world.git, &world.keyring()).unwrap();
    // From half of it on, again and again: it is met late, and by luck.
    for delay in (0..10).flat_map(|_| delays(whole).skip(20).take(40)) {
        kill(&world, &to, "apply", id.as_str(), delay);
        if handover.interrupted(&world.keyring()).unwrap().is_none() {
            let _ = handover.undo(&world.git, &world.keyring());
            continue;
        }
        // A path that the apply would have changed, written by hand.
        write(&to, "new/4", "mine\n");
        let seen = world.seen(&to);
        match handover.recover(&world.git, &world.keyring()) {
            Err(BundleError::Refused(handoff_bundle::Refusal::ChangedSince(paths))) => {
                assert_eq!(paths.iter().map(ToString::to_string).collect::<Vec<_>>(), ["new/4"]);
                assert_eq!(world.seen(&to), seen);
                std::fs::remove_file(to.join("new/4")).unwrap();
                handover.recover(&world.git, &world.keyring()).unwrap().unwrap();
            }
            // The apply had not come to it, so it is in the way of nothing.
            Ok(Some(undone)) => {
                assert!(undone.paths.iter().all(|path| path.to_string() != "new/4"));
                assert_eq!(std::fs::read_to_string(to.join("new/4")).unwrap(), "mine\n");
                std::fs::remove_file(to.join("new/4")).unwrap();
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.run(&to, &["status", "--porcelain"]), "");
        return;
    }
    panic!("no kill met an apply at work");
}
