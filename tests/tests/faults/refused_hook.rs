//! The hook, refused one system call after the other.

use tests::Ran;

use crate::support::{Call, Place, Sample, Stage, calls_of, can_trace, samples, traced, without_devices};

/// What can be refused, and how file systems say so.
const REFUSALS: [(&[&str], &[&str]); 6] = [
    (&["write", "writev"], &["ENOSPC", "EIO", "EDQUOT"]),
    (&["fdatasync", "fsync"], &["EIO", "ENOSPC", "EDQUOT"]),
    (&["renameat2", "renameat", "rename"], &["ENOSPC", "EIO", "EROFS", "EACCES"]),
    (&["openat", "open"], &["ENOSPC", "EIO", "EROFS", "EACCES"]),
    (&["mkdirat", "mkdir"], &["ENOSPC", "EROFS", "EACCES"]),
    (&["unlinkat", "unlink"], &["EIO", "EACCES"]),
];

fn errors_of(call: &Call) -> &'static [&'static str] {
    let fitting = REFUSALS.iter().find(|(names, _)| names.contains(&call.name.as_str()));
    fitting.map_or(&[], |(_, errors)| errors)
}

/// The whole message, one line that says what is wrong, or, when it was the message that was refused, nothing.
#[track_caller]
fn says_something(ran: &Ran, samples: &[Sample], step: &Call) {
    assert_eq!((ran.code, ran.err()), (0, ""), "at {step:?}");
    let shown = samples.iter().filter(|sample| sample.shown_in(&ran.out) > 0).count();
    // The message is the first thing that its thread writes. Another thread's first one is the record of the offer.
    let is_the_message = step.name == "write" && step.number == 1;
    if shown == 0 && !is_the_message {
        assert!(
            ran.out().contains("agent-handoff: ") && ran.out().lines().count() == 1,
            "{:?} at {step:?}",
            ran.out()
        );
        assert!(
            ran.out().contains("waiting") || ran.out().contains("could not"),
            "{:?} at {step:?}",
            ran.out()
        );
    }
}

fn refused_at_every_step(for_good: bool) {
    if !can_trace() {
        return;
    }
    let samples = samples(2, true);
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let payload = stage.payload("refused");
    // Without `offers/` and `sessions/` it has directories to make.
    stage.plant(&samples);
    let steps = calls_of(&stage.hook(), &payload, &log);
    let (mut refused, mut again) = (0, 0);
    for step in &steps {
        for error in errors_of(step) {
            stage.clear();
            stage.plant(&samples);
            let ran = step.refuses(error, for_good, &stage.hook(), &payload, &log);
            says_something(&ran, &samples, step);
            refused += 1;

            assert_eq!(stage.places(&samples), [Place::Unread; 2], "{error} at {step:?}");
            again += stage.recovers(&samples, &ran.out).0;
        }
    }
    assert!(refused > 30 && again > 0, "{refused} {again}");
}

#[test]
fn a_hook_that_is_refused_any_one_call_loses_nothing_and_says_so() {
    refused_at_every_step(false);
}

#[test]
fn a_hook_that_is_refused_any_call_from_then_on_loses_nothing_and_says_so() {
    refused_at_every_step(true);
}

#[test]
fn without_rename_noreplace_a_reader_overwrites_nothing_in_the_archive() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let [old, new] = &samples(2, true)[..] else { unreachable!() };
    for error in ["EINVAL", "ENOSYS", "EOPNOTSUPP"] {
        stage.clear();
        stage.plant(&[]);
        std::fs::write(stage.read().join(new.name()), &old.text).unwrap();
        std::fs::write(stage.unread().join(new.name()), &new.text).unwrap();
        let inject = format!("inject=renameat2:error={error}");
        let run = traced(&stage.reader(), b"", &["-e", "trace=renameat2", "-e", &inject], &log);
        assert!(run.refused() > 0 && run.ran.code == 0);
        assert_eq!((old.shown_in(&run.ran.out), new.shown_in(&run.ran.out)), (0, 1));
        let content = std::fs::read_to_string(stage.read().join(new.name())).unwrap();
        assert_eq!(content, old.text, "overwritten");
        let both = samples(2, true);
        assert_eq!(stage.places(&both), [Place::Archived; 2]);
    }
}

#[test]
fn without_locks_the_hook_shows_each_and_a_claim_is_its_process_s() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let samples = samples(2, true);
    for error in ["EOPNOTSUPP", "ENOLCK", "ENOSYS"] {
        stage.clear();
        stage.plant(&samples);
        let inject = format!("inject=flock:error={error}");
        let options = ["-e", "trace=flock", "-e", &inject];
        let run = traced(&stage.hook(), &stage.payload("lockless"), &options, &log);
        assert!(run.refused() > 0);
        assert_eq!((run.ran.code, run.ran.err()), (0, ""));
        assert!(samples.iter().all(|sample| sample.shown_in(&run.ran.out) == 1), "{}", run.ran.out());
        stage.end_sessions();
        let run = traced(&stage.reader(), b"", &options, &log);
        assert!(run.refused() > 0);
        assert!(samples.iter().all(|sample| sample.shown_in(&run.ran.out) == 1), "{}", run.ran.out());
        stage.all_archived(&samples);

        // A claim without a lock is its process's for as long as that lives.
        stage.clear();
        stage.plant(&samples[..1]);
        let claim = format!(".claim-{:010}-{}", std::process::id(), samples[0].name());
        std::fs::rename(stage.unread().join(samples[0].name()), stage.unread().join(&claim)).unwrap();
        let run = traced(&stage.hook(), &stage.payload("lockless"), &options, &log);
        assert!(run.refused() > 0);
        run.ran.is_silent();
        assert!(stage.unread().join(&claim).exists());
    }
}

#[test]
fn without_the_getrandom_call_the_hook_uses_the_device() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let samples = samples(1, true);
    // An old kernel, a strict container.
    for error in ["ENOSYS", "EPERM"] {
        stage.clear();
        stage.plant(&samples);
        let inject = format!("inject=getrandom:error={error}");
        let run = traced(&stage.hook(), b"", &["-e", "trace=getrandom", "-e", &inject], &log);
        assert!(run.refused() > 0);
        assert_eq!((run.ran.code, samples[0].shown_in(&run.ran.out)), (0, 1));
        stage.is_taken(&samples);
    }
}

#[test]
fn without_random_numbers_the_hook_shows_nothing_and_says_so() {
    let stage = Stage::new();
    let Some(hidden) = without_devices(&stage.hook()) else { return };
    let samples = samples(1, true);
    stage.plant(&samples);
    let log = stage.world.path("trace");
    let options = ["-e", "trace=getrandom", "-e", "inject=getrandom:error=ENOSYS"];
    let run = traced(&hidden, b"", &options, &log);
    assert!(run.refused() > 0);
    assert_eq!(run.ran.code, 0, "{}", run.ran.err());
    // Without a frame that nobody can foresee nothing may be shown.
    assert!(run.ran.out().starts_with("agent-handoff: could not look for handoffs: "), "{}", run.ran.out());
    assert_eq!(run.ran.out().lines().count(), 1);
    assert_eq!(stage.recovers(&samples, b""), (0, 0));
}
