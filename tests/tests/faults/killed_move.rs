//! `inbox move`, killed at every step, and whoever looks next.

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Ran, World, feed};

use crate::support::{Sample, calls_of, can_trace, files, places};

/// A worktree `old` with two unread handoffs and an archived one, and a worktree `new` that they are to be moved to.
/// Both exist, so each reads only what is its own.
struct Pair {
    world: World,
    old: PathBuf,
    new: PathBuf,
    samples: Vec<Sample>,
}

impl Pair {
    fn new() -> Self {
        let world = World::new();
        let (old, new) = (world.dir("old"), world.dir("new"));
        let addressed = |number| {
            let mut sample = Sample::new(number, true);
            sample.text = sample.text.replacen("---\n\n", &format!("to_path: {}\n---\n\n", old.display()), 1);
            sample
        };
        let samples = (0..3).map(addressed).collect();
        Self { world, old, new, samples }
    }

    fn prepare(&self) {
        for path in [self.world.root(), self.world.home().join(".local")] {
            if path.exists() {
                std::fs::remove_dir_all(path).unwrap();
            }
        }
        for sample in &self.samples {
            self.world.plant(&self.old, sample.name(), &sample.text);
        }
        let (inbox, name) = (self.world.inbox(&self.old), self.samples[0].name());
        std::fs::rename(inbox.join("unread").join(&name), inbox.join("read").join(&name)).unwrap();
    }

    fn moving(&self) -> Command {
        let mut command = self.world.command("inbox", &self.new);
        command.arg("move").arg(&self.old).arg(&self.new);
        command
    }

    fn run(&self, dir: &Path, args: &[&str]) -> Ran {
        let ran = self.world.run("inbox", dir, args, "");
        assert_eq!((ran.code, ran.err()), (0, ""), "{args:?} in {}", dir.display());
        ran
    }

    /// What a session of either worktree is given of the unread handoffs, and what either lists as archived: of each
    /// exactly one, and then nothing is on its way any more.
    #[track_caller]
    fn each_is_in_one_worktree(&self, what: &str) {
        places(&self.world.root(), &self.samples);
        let both = |args: &[&str]| [&self.old, &self.new].map(|dir| self.run(dir, args));
        let logs = both(&["log", "--json"]);
        let archived = logs.iter().filter(|ran| ran.out().contains(&self.samples[0].name())).count();
        assert_eq!(archived, 1, "archived in so many worktrees after {what}: {logs:?}");
        let given = both(&["read"]);
        for sample in &self.samples[1..] {
            let shown: usize = given.iter().map(|ran| sample.shown_in(&ran.out)).sum();
            assert_eq!(shown, 1, "{} was given so many times after {what}", sample.marker);
        }
        for (_, path) in files(&self.world.root(), &self.samples) {
            assert_eq!(
                path.parent().unwrap().file_name().unwrap(),
                "read",
                "{} after {what}",
                path.display()
            );
        }
    }
}

/// Kills the move at every step, and each time lets `look` look before anything else does.
fn is_finished_or_put_back_by(look: impl Fn(&Pair)) {
    if !can_trace() {
        return;
    }
    let pair = Pair::new();
    let log = pair.world.path("trace");
    pair.prepare();
    let steps = calls_of(&pair.moving(), b"", &log);
    pair.each_is_in_one_worktree("an undisturbed move");
    for step in &steps {
        pair.prepare();
        step.kills(&pair.moving(), b"", &log);
        look(&pair);
        pair.each_is_in_one_worktree(&step.line);
    }
}

#[test]
fn a_killed_move_is_finished_or_put_back_for_a_reader_on_either_side() {
    is_finished_or_put_back_by(|_| {});
}

#[test]
fn a_killed_move_is_finished_or_put_back_for_a_listing_on_either_side() {
    is_finished_or_put_back_by(|pair| {
        let listed = [&pair.old, &pair.new].map(|dir| pair.run(dir, &["--json"]));
        for sample in &pair.samples[1..] {
            let count = listed.iter().filter(|ran| ran.out().contains(&sample.name())).count();
            assert_eq!(count, 1, "{} is listed so many times: {listed:?}", sample.name());
        }
        pair.run(&pair.old, &["worktrees"]);
        pair.run(&pair.new, &["log", "--all"]);
    });
}

#[test]
fn a_killed_move_is_finished_or_put_back_for_a_hook_on_either_side() {
    is_finished_or_put_back_by(|pair| {
        let given = [&pair.old, &pair.new].map(|dir| pair.world.surface(dir));
        for sample in &pair.samples[1..] {
            let shown: usize = given.iter().map(|text| sample.shown_in(text.as_bytes())).sum();
            assert_eq!(shown, 1, "{} is offered so many times: {given:?}", sample.marker);
        }
    });
}

#[test]
fn what_a_killed_move_left_is_counted_by_doctor_and_its_advice_helps() {
    is_finished_or_put_back_by(|pair| {
        let said = pair.world.run("handoff", &pair.new, &["doctor", "--quick"], "");
        let advice = said.out().lines().find(|line| line.contains("inbox read"));
        let Some(advice) = advice else { return };
        let dir = match advice.split_once(" --root ") {
            Some((_, dir)) => PathBuf::from(dir.trim()),
            None => pair.world.path(advice.rsplit_once("in the worktree ").unwrap().1.trim()),
        };
        let given = pair.run(&dir, &["read", "--session-id", "S"]);
        assert!(given.out().contains("UNTRUSTED"), "{advice} did not help: {}", given.out());
        // For the count that follows.
        pair.run(&dir, &["restore"]);
    });
}

#[test]
fn a_killed_move_is_finished_by_the_same_move() {
    is_finished_or_put_back_by(|pair| {
        assert_eq!(feed(pair.moving(), b"").code, 0);
        let left =
            pair.world.names(&pair.old, "unread").into_iter().chain(pair.world.names(&pair.old, "read"));
        let left: Vec<String> = left.filter(|name| !name.starts_with(".tmp-")).collect();
        assert_eq!(left, Vec::<String>::new(), "stayed behind");
    });
}
