//! The writer, killed at every step.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Sample, Stage, calls_of, can_trace};

/// The handoffs under a name that readers take, each of which must be whole.
fn published(stage: &Stage, sample: &Sample) -> Vec<PathBuf> {
    let names = std::fs::read_dir(stage.unread()).into_iter().flatten().map(|entry| entry.unwrap().path());
    let published: Vec<PathBuf> =
        names.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.')).collect();
    for path in &published {
        let content = std::fs::read_to_string(path).unwrap();
        assert!(content.starts_with("---\n") && content.ends_with(&sample.body), "not whole: {content:?}");
    }
    published
}

fn writer(stage: &Stage) -> Command {
    stage.world.command("handoff-write", &stage.dir)
}

#[test]
fn a_writer_killed_at_any_step_publishes_all_or_nothing() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let sample = Sample::draft(7);
    let draft = sample.body.as_bytes();
    // The first makes the inbox, the second finds it.
    for inbox_is_there in [false, true] {
        let prepare = || {
            stage.clear();
            if inbox_is_there {
                stage.plant(&[]);
            }
        };
        prepare();
        let steps = calls_of(&writer(&stage), draft, &log);
        assert_eq!(published(&stage, &sample).len(), 1);

        let (mut before, mut after, mut swept) = (0, 0, 0);
        for step in &steps {
            prepare();
            let killed = step.kills(&writer(&stage), draft, &log);
            let count = published(&stage, &sample).len();
            assert!(count <= 1, "published {count} times at {step:?}");
            assert!(count == 1 || killed.out.is_empty(), "said to be written at {step:?}, and is not");
            before += 1 - count;
            after += count;

            stage.world.write(&stage.dir, &[], draft);
            assert_eq!(published(&stage, &sample).len(), count + 1, "after {step:?}");
            let shown = stage.session();
            assert_eq!(sample.shown_in(&shown.out), count + 1, "after {step:?}");
            swept += stage.sweeps();
        }
        assert!(before > 0 && after > 0 && swept > 0, "{before} {after} {swept}");
    }
}

#[test]
fn a_writer_killed_while_it_keeps_a_refused_draft_leaves_no_half_draft() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let draft = "# Handoff\n\nNo next action in here.\n".repeat(20);
    let drafts = stage.world.root().join(".drafts");
    let steps = calls_of(&writer(&stage), draft.as_bytes(), &log);
    let mut kept = 0;
    for step in &steps {
        stage.clear();
        step.kills(&writer(&stage), draft.as_bytes(), &log);
        let names = std::fs::read_dir(&drafts).into_iter().flatten().map(|entry| entry.unwrap().path());
        for path in names.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
            assert_eq!(std::fs::read_to_string(&path).unwrap(), draft, "at {step:?}");
            kept += 1;
        }
    }
    assert!(0 < kept && kept < steps.len(), "{kept} of {}", steps.len());
}

#[test]
fn what_a_writer_killed_among_the_drafts_left_is_swept_in_time() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let draft = b"# Handoff\n\nNo next action in here.\n";
    let steps = calls_of(&writer(&stage), draft, &log);
    stage.clear();
    let publishing = steps.iter().find(|step| step.name.starts_with("rename")).unwrap();
    publishing.kills(&writer(&stage), draft, &log);
    let left = stage.leftovers();
    assert_eq!(left.len(), 1);
    crate::support::age(&left[0], std::time::Duration::from_secs(7200));
    // Whoever keeps the next draft, or makes room, is the one to tidy up here: sessions never look at drafts.
    let refused = stage.world.run("handoff-write", &stage.dir, &[], draft);
    assert_eq!(refused.code, 1);
    stage.world.run("inbox", &stage.dir, &["prune", "--older-than", "1d", "--all"], "");
    assert_eq!(stage.leftovers(), Vec::<PathBuf>::new(), "left behind for ever");
}
