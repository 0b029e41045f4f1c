//! The verbs of `inbox` that move handoffs, killed at every step.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Place, Sample, Stage, calls_of, can_trace, samples};

fn inbox(stage: &Stage, args: &[&str]) -> Command {
    let mut command = stage.world.command("inbox", &stage.dir);
    command.args(args);
    command
}

#[test]
fn an_archiving_killed_at_any_step_leaves_each_in_one_place() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let samples = samples(2, true);
    let archiving = inbox(&stage, &["archive", "1", "2"]);
    stage.plant(&samples);
    let steps = calls_of(&archiving, b"", &log);
    stage.all_archived(&samples);

    let (mut halfway, mut swept) = (0, 0);
    for step in &steps {
        stage.clear();
        stage.plant(&samples);
        step.kills(&archiving, b"", &log);
        let unread = stage.places(&samples).iter().filter(|&&place| place != Place::Archived).count();
        halfway += usize::from(unread == 1);
        let rest: Vec<String> = (1..=unread).map(|number| number.to_string()).collect();
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        if unread > 0 {
            let again = stage.world.run("inbox", &stage.dir, &[&["archive"], rest.as_slice()].concat(), "");
            assert_eq!((again.code, again.err()), (0, ""), "after {step:?}");
        }
        stage.all_archived(&samples);
        swept += stage.sweeps();
    }
    assert!(halfway > 0 && swept > 0, "{halfway} {swept}");
}

#[test]
fn a_reading_killed_at_any_step_loses_nothing_and_archives_only_what_was_shown() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let samples = samples(2, true);
    stage.plant(&samples);
    let steps = calls_of(&stage.reader(), b"", &log);
    stage.all_archived(&samples);

    let (mut halfway, mut swept) = (0, 0);
    for step in &steps {
        stage.clear();
        stage.plant(&samples);
        let killed = step.kills(&stage.reader(), b"", &log);
        let places = stage.places(&samples);
        for (sample, place) in samples.iter().zip(&places) {
            assert!(*place != Place::Archived || sample.shown_in(&killed.out) == 1, "unseen after {step:?}");
        }
        let archived = places.iter().filter(|&&place| place == Place::Archived).count();
        halfway += usize::from(archived == 1);
        let again = stage.reads();
        for (sample, place) in samples.iter().zip(&places) {
            assert_eq!(sample.shown_in(&again.out), usize::from(*place != Place::Archived), "after {step:?}");
        }
        stage.all_archived(&samples);
        swept += stage.sweeps();
    }
    assert!(halfway > 0 && swept > 0, "{halfway} {swept}");
}

#[test]
fn a_settling_killed_at_any_step_archives_each_once() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let samples = samples(2, true);
    let settling = inbox(&stage, &["settle"]);
    // What one session was given, and answered.
    let prepare = |session: &str| {
        stage.clear();
        stage.plant(&samples);
        let (mut claude, ran) = tests::Claude::started(&stage.world, &stage.dir, session);
        assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        claude.speak("Loaded.");
    };
    prepare("undisturbed");
    let steps = calls_of(&settling, b"", &log);
    stage.all_archived(&samples);

    let (mut halfway, mut swept) = (0, 0);
    for (number, step) in steps.iter().enumerate() {
        prepare(&format!("s-{number}"));
        step.kills(&settling, b"", &log);
        let archived = stage.places(&samples).iter().filter(|&&place| place == Place::Archived).count();
        halfway += usize::from(archived == 1);
        // Nobody is given again what was used.
        stage.session().is_silent();
        tests::feed(inbox(&stage, &["settle"]), b"").is_silent();
        stage.all_archived(&samples);
        swept += stage.sweeps();
    }
    assert!(halfway > 0 && swept > 0, "{halfway} {swept}");
}

#[test]
fn a_restoring_killed_at_any_step_leaves_each_in_one_place() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let samples = samples(2, true);
    let prepare = || {
        stage.clear();
        stage.plant(&[]);
        for sample in &samples {
            std::fs::write(stage.read().join(sample.name()), &sample.text).unwrap();
        }
    };
    let restoring = inbox(&stage, &["restore", "1", "2"]);
    prepare();
    let steps = calls_of(&restoring, b"", &log);
    assert_eq!(stage.places(&samples), [Place::Unread; 2]);

    let mut halfway = 0;
    for step in &steps {
        prepare();
        step.kills(&restoring, b"", &log);
        let archived = stage.places(&samples).iter().filter(|&&place| place == Place::Archived).count();
        halfway += usize::from(archived == 1);
        let rest: &[&str] = &["restore", "1", "2"][..=archived];
        if archived > 0 {
            let again = stage.world.run("inbox", &stage.dir, rest, "");
            assert_eq!((again.code, again.err()), (0, ""), "after {step:?}");
        }
        assert_eq!(stage.places(&samples), [Place::Unread; 2], "after {step:?}");
        assert_eq!(stage.leftovers(), Vec::<PathBuf>::new(), "after {step:?}");
    }
    assert!(halfway > 0);
}

/// A worktree `old` with three handoffs, of which one is archived, that is now called `new`.
struct Renamed {
    stage: Stage,
    new: PathBuf,
    target: PathBuf,
    samples: Vec<Sample>,
}

impl Renamed {
    fn new() -> Self {
        let stage = Stage::new();
        let new = stage.world.dir("new");
        let target = stage.world.inbox(&new);
        let addressed = |mut sample: Sample| {
            let to = format!("to_path: {}\n---\n\n", stage.dir.display());
            sample.text = sample.text.replacen("---\n\n", &to, 1);
            sample
        };
        let mut samples: Vec<Sample> = samples(3, true).into_iter().map(addressed).collect();
        // One that says nothing of whom it is for.
        samples.push(Sample::new(3, false));
        std::fs::remove_dir(&stage.dir).unwrap();
        Self { stage, new, target, samples }
    }

    fn prepare(&self) {
        self.stage.clear();
        self.stage.plant(&self.samples[..3]);
        std::fs::rename(
            self.stage.unread().join(self.samples[0].name()),
            self.stage.read().join(self.samples[0].name()),
        )
        .unwrap();
        self.stage.plant(&self.samples[3..]);
    }

    fn command(&self) -> Command {
        let mut command = self.stage.world.command("inbox", &self.new);
        command.arg("move").arg(&self.stage.dir).arg(&self.new);
        command
    }

    #[track_caller]
    fn is_complete(&self, what: &str) {
        let wanted = [Place::Archived, Place::Unread, Place::Unread, Place::Unread];
        assert_eq!(self.stage.places(&self.samples), wanted, "{what}");
        for path in [self.stage.unread(), self.stage.read()] {
            assert_eq!(handoffs(&path), Vec::<String>::new(), "stayed behind after {what}");
        }
        assert_eq!(
            (handoffs(&self.target.join("unread")).len(), handoffs(&self.target.join("read")).len()),
            (3, 1)
        );
    }
}

/// The names in `dir` but for temporary files.
fn handoffs(dir: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with(".tmp-")).collect()
}

#[test]
fn a_move_killed_at_any_step_is_completed_by_the_next() {
    if !can_trace() {
        return;
    }
    let renamed = Renamed::new();
    let stage = &renamed.stage;
    let log = stage.world.path("trace");
    renamed.prepare();
    let steps = calls_of(&renamed.command(), b"", &log);
    renamed.is_complete("an undisturbed move");

    let mut stuck = Vec::new();
    for step in &steps {
        renamed.prepare();
        step.kills(&renamed.command(), b"", &log);
        stage.places(&renamed.samples);
        let again = tests::feed(renamed.command(), b"");
        assert_eq!((again.code, again.err()), (0, ""), "after {step:?}");
        stage.places(&renamed.samples);
        let left = [handoffs(&stage.unread()), handoffs(&stage.read())].concat();
        if !left.is_empty() {
            stuck.push(format!("{left:?} after {}", step.line));
        }
    }
    assert!(stuck.is_empty(), "stayed behind:\n{}", stuck.join("\n"));
}

#[test]
fn what_a_killed_move_left_is_swept_in_time() {
    if !can_trace() {
        return;
    }
    let renamed = Renamed::new();
    let stage = &renamed.stage;
    let log = stage.world.path("trace");
    renamed.prepare();
    let steps = calls_of(&renamed.command(), b"", &log);
    let (mut left_in_unread, mut left_in_read) = (0, 0);
    for step in steps.iter().filter(|step| step.name.starts_with("rename")) {
        renamed.prepare();
        step.kills(&renamed.command(), b"", &log);
        for path in stage.leftovers() {
            crate::support::age(&path, std::time::Duration::from_secs(7200));
            left_in_unread += usize::from(path.starts_with(renamed.target.join("unread")));
            left_in_read += usize::from(path.starts_with(renamed.target.join("read")));
        }
        // What lists either side comes by there.
        let again = tests::feed(renamed.command(), b"");
        assert_eq!(again.code, 0, "after {step:?}: {}", again.err());
        stage.world.run("inbox", &renamed.new, &["log", "--all"], "");
        stage.world.run("inbox", &renamed.new, &["worktrees"], "");
        assert_eq!(stage.leftovers(), Vec::<PathBuf>::new(), "left behind for ever after {}", step.line);
    }
    assert!(left_in_unread > 0 && left_in_read > 0, "{left_in_unread} {left_in_read}");
}
