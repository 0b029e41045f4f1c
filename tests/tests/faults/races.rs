//! Many at once, and deaths at any moment.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tests::{Ran, feed};

use crate::support::{Dice, Place, Sample, Stage, samples};

/// Runs `commands` at once.
fn at_once(commands: Vec<Command>) -> Vec<Ran> {
    std::thread::scope(|scope| {
        let running: Vec<_> =
            commands.into_iter().map(|command| scope.spawn(|| feed(command, b""))).collect();
        running.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

fn shown(sample: &Sample, runs: &[Ran]) -> usize {
    runs.iter().map(|ran| sample.shown_in(&ran.out)).sum()
}

#[test]
fn a_hundred_hooks_killed_at_any_moment_lose_nothing() {
    let stage = Stage::new();
    let samples = samples(4, true);
    let mut dice = Dice::new();
    let long = {
        stage.plant(&samples);
        let start = Instant::now();
        stage.session();
        u64::try_from(start.elapsed().as_micros()).unwrap()
    };
    let (mut killed, mut midway) = (0, 0);
    for _ in 0..100 {
        stage.clear();
        stage.plant(&samples);
        let mut hook = stage.hook();
        hook.stdout(Stdio::piped());
        let mut child = hook.spawn().unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(long)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        killed += usize::from(!output.status.success());
        let places = stage.places(&samples);
        midway += usize::from(places.contains(&Place::Claimed));
        stage.recovers(&samples, &output.stdout);
    }
    assert!(killed >= 20 && midway > 0, "{killed} killed, {midway} of them midway");
}

#[test]
fn forty_writers_in_one_second_write_forty_handoffs() {
    let stage = Stage::new();
    let drafts: Vec<Sample> = (0..40).map(Sample::draft).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for draft in &drafts {
            scope.spawn(|| stage.world.write(&stage.dir, &["--topic", "same"], &draft.body));
        }
    });
    let took = start.elapsed();
    assert_eq!(stage.places(&drafts), [Place::Unread; 40]);
    assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
    // They did meet: most had to look for another name.
    let suffixed = std::fs::read_dir(stage.unread()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        !name.ends_with("-same.md")
    });
    assert!(suffixed.count() > 20, "in {took:?}");
}

/// `hooks` sessions starting at once, `rounds` times.
fn sessions_at_once(hooks: usize, rounds: usize) {
    let stage = Stage::new();
    let samples = samples(3, true);
    let mut split = 0;
    for round in 0..rounds {
        stage.clear();
        stage.plant(&samples);
        let runs = at_once((0..hooks).map(|_| stage.hook()).collect());
        for ran in &runs {
            assert_eq!((ran.code, ran.err()), (0, ""), "round {round}");
        }
        for sample in &samples {
            assert_eq!(shown(sample, &runs), 1, "{} in round {round}: {runs:?}", sample.marker);
        }
        stage.all_archived(&samples);
        assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
        split += usize::from(runs.iter().filter(|ran| !ran.out.is_empty()).count() > 1);
    }
    eprintln!("{split} of {rounds} rounds were split between sessions");
}

#[test]
fn two_sessions_at_once_are_given_each_handoff_once() {
    sessions_at_once(2, 100);
}

#[test]
fn eight_sessions_at_once_are_given_each_handoff_once() {
    sessions_at_once(8, 100);
}

#[test]
fn two_sessions_at_once_are_given_what_a_dead_one_held_once() {
    let stage = Stage::new();
    let samples = samples(3, true);
    for round in 0..100 {
        stage.clear();
        stage.plant(&samples);
        for sample in &samples {
            // As a killed hook leaves it.
            let claim = stage.unread().join(format!(".claim-{:010}-{}", 4_194_304 + round, sample.name()));
            std::fs::rename(stage.unread().join(sample.name()), claim).unwrap();
        }
        let runs = at_once((0..2).map(|_| stage.hook()).collect());
        for sample in &samples {
            assert_eq!(shown(sample, &runs), 1, "{} in round {round}: {runs:?}", sample.marker);
        }
        stage.all_archived(&samples);
    }
}

#[test]
fn a_hook_a_reader_and_an_archiver_at_once_agree() {
    let stage = Stage::new();
    let samples = samples(3, true);
    let (mut read, mut archived) = (0, 0);
    for round in 0..60 {
        stage.clear();
        stage.plant(&samples);
        let inbox = |args: &[&str]| {
            let mut command = stage.world.command("inbox", &stage.dir);
            command.args(args);
            command
        };
        let runs = at_once(vec![stage.hook(), inbox(&["read"]), inbox(&["archive", "1", "2", "3"])]);
        assert_eq!((runs[0].code, runs[0].err()), (0, ""));
        assert_eq!((runs[1].code, runs[1].err()), (0, ""));
        for sample in &samples {
            let taken = runs[2].out().matches(&sample.name()).count();
            assert!(shown(sample, &runs[..2]) + taken <= 1, "{} in round {round}: {runs:?}", sample.marker);
        }
        read += usize::from(runs[1].out().contains("UNTRUSTED"));
        archived += usize::from(runs[2].code == 0);
        // One that two met at may have been given back by both.
        stage.session();
        stage.all_archived(&samples);
    }
    eprintln!(
        "of 60 rounds {read} had a reader that was given something, {archived} an archiver that won all"
    );
}

#[test]
fn writers_racing_sessions_have_each_handoff_shown_once() {
    const WRITTEN: usize = 150;
    let stage = Stage::new();
    let drafts: Vec<Sample> = (0..WRITTEN).map(Sample::draft).collect();
    let written = AtomicBool::new(false);
    let heard = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !written.load(Ordering::Relaxed) {
                    let ran = feed(stage.hook(), b"");
                    assert_eq!((ran.code, ran.err()), (0, ""));
                    heard.lock().unwrap().push(ran);
                }
            });
        }
        let writers: Vec<_> = drafts
            .chunks(WRITTEN / 2)
            .map(|part| {
                let stage = &stage;
                scope.spawn(move || {
                    for draft in part {
                        stage.world.write(&stage.dir, &["--topic", "race"], &draft.body);
                    }
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        written.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok));
    });
    let mut heard = heard.into_inner().unwrap();
    let sessions = heard.iter().filter(|ran| !ran.out.is_empty()).count();
    assert!(sessions > 10, "hardly a race: {sessions} sessions were given something");
    while !stage.places(&drafts).iter().all(|&place| place == Place::Archived) {
        let ran = stage.session();
        assert!(!ran.out.is_empty(), "something waits and is not shown");
        heard.push(ran);
    }
    for draft in &drafts {
        assert_eq!(shown(draft, &heard), 1, "{}", draft.marker);
    }
}
