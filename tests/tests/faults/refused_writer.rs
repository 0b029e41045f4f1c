//! The writer, refused one system call after the other.

use std::process::Command;

use crate::support::{Call, LastResort, Place, Sample, Stage, calls_of, can_trace, traced, without_devices};

const ERRORS: [(&[&str], &[&str]); 5] = [
    (&["write", "writev"], &["ENOSPC", "EIO", "EDQUOT"]),
    (&["fdatasync", "fsync"], &["EIO", "ENOSPC", "EDQUOT"]),
    (&["renameat2", "renameat", "rename"], &["ENOSPC", "EIO", "EROFS", "EACCES"]),
    (&["openat", "open"], &["ENOSPC", "EIO", "EROFS", "EACCES"]),
    (&["mkdirat", "mkdir"], &["ENOSPC", "EROFS", "EACCES", "EDQUOT"]),
];

fn writer(stage: &Stage) -> Command {
    stage.world.command("handoff-write", &stage.dir)
}

fn errors_of(call: &Call) -> &'static [&'static str] {
    // What is refused once the report is due is another matter: the handoff is written by then.
    if call.line.starts_with("write(") && call.line.contains("handoff written") {
        return &[];
    }
    let fitting = ERRORS.iter().find(|(names, _)| names.contains(&call.name.as_str()));
    fitting.map_or(&[], |(_, errors)| errors)
}

/// Everything is refused in turn: nothing is published, and the draft is where the writer says or on its output.
fn refused_at_every_step(for_good: bool) {
    if !can_trace() {
        return;
    }
    let _turn = LastResort::new();
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let sample = Sample::draft(3);
    let draft = sample.body.as_bytes();
    let steps = calls_of(&writer(&stage), draft, &log);

    let (mut kept, mut printed, mut wrong) = (0, 0, Vec::new());
    for step in &steps {
        for error in errors_of(step) {
            // Words on the error stream that cannot be written are lost with everything else for good.
            let is_lost_for_words = for_good && step.name == "write";
            stage.clear();
            let ran = step.refuses(error, for_good, &writer(&stage), draft, &log);
            let what = format!("{error} at {}", step.line);
            let unread = std::fs::read_dir(stage.unread()).map_or(0, Iterator::count);
            if (ran.code, unread) != (1, 0) {
                wrong.push(format!("exit {} with {unread} in unread/: {what}", ran.code));
                continue;
            }
            if is_lost_for_words {
                continue;
            }
            assert!(
                ran.err().starts_with("agent-handoff: could not write the handoff: "),
                "{what}: {}",
                ran.err()
            );
            match LastResort::draft(ran.err()) {
                Some((content, _)) => {
                    assert_eq!(content, draft, "the draft after {what}");
                    kept += 1;
                }
                None => {
                    assert_eq!(ran.out(), sample.body, "the draft after {what}");
                    assert!(ran.err().contains("it was printed instead"), "{what}: {}", ran.err());
                    printed += 1;
                }
            }
            assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new(), "after {what}");
        }
    }
    assert!(if for_good { kept + printed > 0 } else { kept > 0 && printed == 0 }, "{kept} {printed}");
    assert!(wrong.is_empty(), "published and refused:\n{}", wrong.join("\n"));
}

#[test]
fn a_writer_that_is_refused_any_one_call_publishes_nothing_and_keeps_the_draft() {
    refused_at_every_step(false);
}

#[test]
fn a_writer_that_is_refused_any_call_from_then_on_publishes_nothing_and_keeps_the_draft() {
    refused_at_every_step(true);
}

#[test]
fn without_rename_noreplace_writers_of_one_second_overwrite_none() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    stage.plant(&[]);
    let count = 8;
    let drafts: Vec<Sample> = (0..count).map(Sample::draft).collect();
    for options in [
        &["inject=renameat2:error=EINVAL"][..],
        &["inject=renameat2:error=ENOSYS", "inject=flock:error=ENOLCK"],
    ] {
        stage.clear();
        stage.plant(&[]);
        let run = |sample: &Sample| {
            let log = stage.world.path(format!("trace-{}", sample.name()));
            let inject: Vec<&str> = options.iter().flat_map(|option| ["-e", option]).collect();
            let run = traced(&writer(&stage), sample.body.as_bytes(), &inject, &log);
            assert!(run.refused() > 0);
            assert_eq!(run.ran.code, 0, "{}", run.ran.err());
        };
        if options.len() == 1 {
            std::thread::scope(|scope| {
                for sample in &drafts {
                    scope.spawn(|| run(sample));
                }
            });
        } else {
            // With neither there is nothing to take turns by: one after the other must still be right.
            drafts.iter().for_each(run);
        }
        assert_eq!(stage.places(&drafts), vec![Place::Unread; count]);
        assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
    }
}

#[test]
fn without_locks_a_writer_still_writes() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let sample = Sample::draft(1);
    for error in ["EOPNOTSUPP", "ENOLCK"] {
        stage.clear();
        let inject = format!("inject=flock:error={error}");
        let run =
            traced(&writer(&stage), sample.body.as_bytes(), &["-e", "trace=flock", "-e", &inject], &log);
        assert!(run.refused() > 0);
        assert_eq!(run.ran.code, 0, "{}", run.ran.err());
        assert_eq!(stage.places(std::slice::from_ref(&sample)), [Place::Unread]);
    }
}

#[test]
fn a_writer_whose_report_cannot_be_written_has_written_the_handoff_and_kept_no_second_one() {
    let stage = Stage::new();
    let sample = Sample::draft(1);
    let mut command = crate::support::wrapped("sh", &["-c", "exec \"$0\" >/dev/full"], &writer(&stage));
    command.stderr(std::process::Stdio::piped());
    let ran = tests::feed(command, sample.body.as_bytes());
    assert_eq!(stage.places(std::slice::from_ref(&sample)), [Place::Unread]);
    assert!(ran.err().starts_with("agent-handoff: could not write the output: "), "{}", ran.err());
}

/// A system that gives no random numbers at all.
#[test]
fn without_random_numbers_the_writer_refuses_and_prints_the_draft() {
    let stage = Stage::new();
    let Some(hidden) = without_devices(&writer(&stage)) else { return };
    let sample = Sample::draft(1);
    let log = stage.world.path("trace");
    let options = ["-e", "trace=getrandom", "-e", "inject=getrandom:error=ENOSYS"];
    let run = traced(&hidden, sample.body.as_bytes(), &options, &log);
    assert!(run.refused() > 0);
    assert_eq!((run.ran.code, run.ran.out()), (1, sample.body.as_str()), "{}", run.ran.err());
    assert!(run.ran.err().contains("the system's random numbers"), "{}", run.ran.err());
    assert_eq!(stage.places(&[]), []);
}
