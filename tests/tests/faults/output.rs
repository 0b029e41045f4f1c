//! An output that nobody gets, and an input that never comes.

use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::Ran;

use crate::support::{Place, Sample, Stage, samples, wrapped};

/// Runs `command` to its end; what it prints is dropped.
fn ends(mut command: Command) -> (i32, Duration) {
    let start = Instant::now();
    let status = command.status().unwrap();
    (status.code().unwrap_or(-1), start.elapsed())
}

/// The hook whose output goes where `redirect` says in a shell.
fn redirected(stage: &Stage, redirect: &str) -> Command {
    wrapped("sh", &["-c", &format!("exec \"$0\" {redirect}")], &stage.hook())
}

#[track_caller]
fn stays_unread(stage: &Stage, samples: &[Sample], hook: Command) {
    stage.plant(samples);
    assert_eq!(ends(hook).0, 0);
    let places = stage.places(samples);
    assert_eq!(places, vec![Place::Unread; samples.len()], "nobody was shown them");
    assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
    assert_eq!(stage.recovers(samples, b""), (0, 0));
}

#[test]
fn with_a_full_output_handoffs_stay_unread() {
    let stage = Stage::new();
    stays_unread(&stage, &samples(2, true), redirected(&stage, ">/dev/full"));
}

#[test]
fn with_a_closed_output_handoffs_stay_unread() {
    let stage = Stage::new();
    stays_unread(&stage, &samples(2, true), redirected(&stage, ">&-"));
}

#[test]
fn with_an_output_that_can_only_be_read_handoffs_stay_unread() {
    let stage = Stage::new();
    stays_unread(&stage, &samples(2, true), redirected(&stage, "1</dev/zero"));
}

#[test]
fn with_an_output_whose_reader_is_gone_handoffs_stay_unread() {
    let stage = Stage::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut hook = stage.hook();
    hook.stdout(writer);
    stays_unread(&stage, &samples(2, true), hook);
}

#[test]
fn with_an_output_whose_reader_leaves_in_the_middle_handoffs_stay_unread() {
    use std::io::Read;
    let stage = Stage::new();
    // More than a pipe holds.
    let filling = "A line of follow-ups to make the message long.\n".repeat(4_000);
    let samples = [Sample::with(0, true, &filling)];
    stage.plant(&samples);
    let mut hook = stage.hook();
    hook.args(["--max-bytes", "200000"]).stdout(Stdio::piped());
    let mut child = hook.spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 100]).unwrap();
    drop(out);
    assert!(child.wait().unwrap().success());
    assert_eq!(stage.places(&samples), [Place::Unread]);
    assert_eq!(samples[0].shown_in(&stage.session().out), 1);
}

#[test]
fn with_no_error_output_either_the_hook_still_ends_well() {
    let stage = Stage::new();
    stays_unread(&stage, &samples(1, true), redirected(&stage, ">/dev/full 2>&-"));
    stays_unread(&stage, &[Sample::new(1, true)].map(|s| s), {
        stage.clear();
        redirected(&stage, ">/dev/full 2>/dev/full")
    });
}

#[test]
fn whatever_standard_input_is_the_hook_answers_within_a_second() {
    let stage = Stage::new();
    let samples = samples(1, true);
    let endless = std::fs::File::open("/dev/zero").unwrap();
    let directory = std::fs::File::open("/").unwrap();
    let (never_closing, keeps_open) = std::io::pipe().unwrap();
    let inputs: [(&str, OwnedFd); 3] = [
        ("endless", endless.into()),
        ("a directory", directory.into()),
        ("never closed", never_closing.into()),
    ];
    for (what, input) in inputs {
        stage.clear();
        stage.plant(&samples);
        let mut hook = stage.hook();
        hook.stdin(input);
        answers(&stage, &samples, hook, what);
    }
    drop(keeps_open);
    stage.clear();
    stage.plant(&samples);
    answers(&stage, &samples, redirected(&stage, "<&-"), "closed");
}

#[track_caller]
fn answers(stage: &Stage, samples: &[Sample], mut hook: Command, what: &str) {
    let start = Instant::now();
    let output =
        hook.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    let took = start.elapsed();
    assert!(output.status.success() && output.stderr.is_empty(), "{what}: {output:?}");
    assert_eq!(samples[0].shown_in(&output.stdout), 1, "{what}: {output:?}");
    assert!(took < Duration::from_secs(1), "{what}: {took:?}");
    stage.is_taken(samples);
}

#[test]
fn a_reader_whose_output_is_lost_leaves_handoffs_unread_and_says_so() {
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let mut inbox = stage.world.command("inbox", &stage.dir);
    inbox.arg("read");
    let ran: Ran = tests::feed(wrapped("sh", &["-c", "exec \"$0\" \"$1\" >/dev/full"], &inbox), b"");
    let line = "agent-handoff: could not write the output: no space left on device\n";
    ran.is(1, "", line);
    assert_eq!(stage.places(&samples), [Place::Unread; 2]);
    assert_eq!(stage.recovers(&samples, b""), (0, 0));
}
