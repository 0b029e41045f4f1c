//! Many at once, and deaths at any moment.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tests::{Ran, feed};

use crate::support::{Dice, Place, Sample, Stage, samples};

/// Runs `commands` at once, each with its input.
fn at_once(commands: Vec<(Command, Vec<u8>)>) -> Vec<Ran> {
    std::thread::scope(|scope| {
        let running: Vec<_> =
            commands.into_iter().map(|(command, input)| scope.spawn(move || feed(command, &input))).collect();
        running.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

/// `count` agents at once that ask for what waits.
fn readers_at_once(stage: &Stage, count: usize) -> Vec<Ran> {
    at_once((0..count).map(|_| (stage.reader(), Vec::new())).collect())
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
    let mut killed = 0;
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
        assert_eq!(stage.places(&samples), [Place::Unread; 4]);
        stage.recovers(&samples, &output.stdout);
    }
    eprintln!("{killed} of 100 were killed before their end");
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

/// `count` readers at once, `rounds` times.
fn each_is_read_once(count: usize, rounds: usize) {
    let stage = Stage::new();
    let samples = samples(3, true);
    for round in 0..rounds {
        stage.clear();
        stage.plant(&samples);
        let runs = readers_at_once(&stage, count);
        for ran in &runs {
            assert_eq!((ran.code, ran.err()), (0, ""), "round {round}");
        }
        for sample in &samples {
            assert_eq!(shown(sample, &runs), 1, "{} in round {round}: {runs:?}", sample.marker);
        }
        stage.all_archived(&samples);
        assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
    }
}

#[test]
fn two_readers_at_once_are_given_each_handoff_once() {
    each_is_read_once(2, 100);
}

#[test]
fn eight_readers_at_once_are_given_each_handoff_once() {
    each_is_read_once(8, 100);
}

/// A hook that waits for its turn does so for half a second. What took less had its turn.
const TURN: Duration = Duration::from_millis(500);

/// `count` hooks at once, `rounds` times, of one session or of one each. All sessions run in one process, so that each
/// ends the one before. Of each handoff one hook shows it as new; the others say that it was offered before, or, in the
/// session that has it already, nothing.
fn one_is_first(count: usize, rounds: usize, is_one_session: bool) {
    let stage = Stage::new();
    let samples = samples(3, true);
    let mut in_turn = 0;
    for round in 0..rounds {
        stage.clear();
        stage.plant(&samples);
        let session = |n: usize| format!("at-once-{round}-{}", if is_one_session { 0 } else { n });
        let start = Instant::now();
        let runs = at_once((0..count).map(|n| (stage.hook(), stage.payload(&session(n)))).collect());
        let had_turns = start.elapsed() < TURN;
        in_turn += usize::from(had_turns);
        for ran in &runs {
            assert_eq!((ran.code, ran.err()), (0, ""), "round {round}");
        }
        for sample in &samples {
            let again = runs.iter().filter(|ran| sample.is_again_in(&ran.out)).count();
            let shown = shown(sample, &runs);
            let as_new = shown - again;
            assert!(as_new >= 1, "{} in round {round}: {runs:?}", sample.marker);
            if had_turns {
                let wanted = if is_one_session { (1, 1) } else { (1, count) };
                assert_eq!((as_new, shown), wanted, "{} in round {round}: {runs:?}", sample.marker);
            }
        }
        assert_eq!(stage.places(&samples), [Place::Unread; 3]);
        stage.is_taken(&samples);
    }
    eprintln!("{in_turn} of {rounds} rounds took less than a turn");
}

#[test]
fn of_two_sessions_at_once_one_is_given_each_handoff_first_and_the_other_is_told() {
    one_is_first(2, 60, false);
}

#[test]
fn of_eight_sessions_at_once_one_is_given_each_handoff_first_and_the_others_are_told() {
    one_is_first(8, 30, false);
}

#[test]
fn of_two_hooks_of_one_session_at_once_one_shows_each_handoff() {
    one_is_first(2, 60, true);
}

#[test]
fn two_readers_at_once_are_given_what_a_dead_one_held_once() {
    let stage = Stage::new();
    let samples = samples(3, true);
    for round in 0..100 {
        stage.clear();
        stage.plant(&samples);
        for sample in &samples {
            // As a killed reader leaves it.
            let claim = stage.unread().join(format!(".claim-{:010}-{}", 4_194_304 + round, sample.name()));
            std::fs::rename(stage.unread().join(sample.name()), claim).unwrap();
        }
        let runs = readers_at_once(&stage, 2);
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
        let mut archiver = stage.world.command("inbox", &stage.dir);
        archiver.args(["archive", "1", "2", "3"]);
        let commands = [stage.hook(), stage.reader(), archiver];
        let runs = at_once(commands.map(|command| (command, Vec::new())).into());
        assert_eq!((runs[0].code, runs[0].err()), (0, ""));
        assert_eq!((runs[1].code, runs[1].err()), (0, ""));
        for sample in &samples {
            let taken = runs[2].out().matches(&sample.name()).count();
            assert!(shown(sample, &runs[1..2]) + taken <= 1, "{} in round {round}: {runs:?}", sample.marker);
        }
        read += usize::from(runs[1].out().contains("UNTRUSTED"));
        archived += usize::from(runs[2].code == 0);
        // One that two met at may have been given back by both.
        stage.reads();
        stage.all_archived(&samples);
    }
    eprintln!(
        "of 60 rounds {read} had a reader that was given something, {archived} an archiver that won all"
    );
}

#[test]
fn writers_racing_readers_have_each_handoff_given_once() {
    const WRITTEN: usize = 150;
    let stage = Stage::new();
    let drafts: Vec<Sample> = (0..WRITTEN).map(Sample::draft).collect();
    let written = AtomicBool::new(false);
    let heard = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !written.load(Ordering::Relaxed) {
                    // A hook in between changes nothing of that.
                    feed(stage.hook(), b"");
                    let ran = feed(stage.reader(), b"");
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
    let sessions = heard.iter().filter(|ran| ran.out().contains("UNTRUSTED")).count();
    assert!(sessions > 1, "no race: {sessions} readers were given something");
    while !stage.places(&drafts).iter().all(|&place| place == Place::Archived) {
        let ran = stage.reads();
        assert!(ran.out().contains("UNTRUSTED"), "something waits and is not given");
        heard.push(ran);
    }
    for draft in &drafts {
        assert_eq!(shown(draft, &heard), 1, "{}", draft.marker);
    }
}
