//! The verbs that forward, edit and delete one handoff, killed at every step.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Call, Sample, Stage, calls_of, can_trace, files, samples, traced};

/// Two worktrees, of which `app` has two handoffs.
struct Acts {
    stage: Stage,
    other: PathBuf,
    samples: Vec<Sample>,
    log: PathBuf,
}

impl Acts {
    fn new() -> Self {
        let stage = Stage::new();
        let other = stage.world.dir("other");
        let log = stage.world.path("trace");
        let acts = Self { stage, other, samples: samples(2, true), log };
        acts.prepare();
        acts
    }

    fn prepare(&self) {
        self.stage.clear();
        self.stage.plant(&self.samples);
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.stage.world.command("inbox", &self.stage.dir);
        command.args(args);
        command
    }

    fn runs(&self, args: &[&str]) -> tests::Ran {
        tests::feed(self.command(args), b"")
    }

    /// The directories of each copy of the first sample that is no draft; the second is where it was, whatever happens.
    #[track_caller]
    fn places(&self, what: &str) -> Vec<String> {
        let mut places = [Vec::new(), Vec::new()];
        for (index, path) in files(&self.stage.world.root(), &self.samples) {
            if !path.parent().unwrap().ends_with(".drafts") {
                let inbox = path.parent().unwrap().parent().unwrap();
                let part = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
                places[index].push(format!("{}/{}", part(inbox), part(path.parent().unwrap())));
            }
        }
        let [first, second] = places;
        assert_eq!(second, ["app/unread"], "{what}");
        first
    }

    fn other_path(&self) -> &str {
        self.other.to_str().unwrap()
    }

    fn name(&self) -> String {
        self.samples[0].name()
    }
}

/// Runs `command`, which is killed when it, or a program that it runs, comes to `step`.
fn killed_at(step: &Call, command: &Command, log: &Path) -> tests::Ran {
    let trace = format!("trace={}", step.name);
    let inject = format!("inject={}:signal=KILL:when={}", step.name, step.number);
    traced(command, b"", &["-e", &trace, "-e", &inject], log).ran
}

#[test]
fn a_deletion_killed_at_any_step_leaves_the_handoff_whole_or_gone() {
    if !can_trace() {
        return;
    }
    let acts = Acts::new();
    let name = acts.name();
    for shelf in ["--unread", "--archived"] {
        let prepare = || {
            acts.prepare();
            if shelf == "--archived" {
                acts.runs(&["archive", &name]);
            }
        };
        prepare();
        let delete = ["delete", &name, shelf, "--yes"];
        let steps = calls_of(&acts.command(&delete), b"", &acts.log);
        assert_eq!(acts.places("an undisturbed deletion"), Vec::<String>::new());
        let (mut kept, mut gone) = (0, 0);
        for step in &steps {
            prepare();
            let ran = step.kills(&acts.command(&delete), b"", &acts.log);
            let places = acts.places(&format!("{step:?}"));
            assert!(
                places.len() <= 1 && (places.is_empty() || ran.out.is_empty()),
                "{places:?} after {step:?}"
            );
            if places.is_empty() {
                gone += 1;
                continue;
            }
            kept += 1;
            let again = acts.runs(&delete);
            assert_eq!((again.code, again.err()), (0, ""), "after {step:?}");
            assert_eq!(acts.places("a second deletion"), Vec::<String>::new(), "after {step:?}");
        }
        assert!(kept > 0 && gone > 0, "{shelf}: {kept} {gone}");
    }
}

#[test]
fn a_forward_killed_at_any_step_leaves_an_unread_handoff_in_one_inbox() {
    if !can_trace() {
        return;
    }
    let acts = Acts::new();
    let (name, to) = (acts.name(), format!("--to={}", acts.other_path()));
    let forward = ["forward", &name, "--unread", &to];
    let steps = calls_of(&acts.command(&forward), b"", &acts.log);
    assert_eq!(acts.places("an undisturbed forward"), ["other/unread"]);
    let (mut here, mut there) = (0, 0);
    for step in &steps {
        acts.prepare();
        step.kills(&acts.command(&forward), b"", &acts.log);
        let places = acts.places(&format!("{step:?}"));
        assert_eq!(places.len(), 1, "after {step:?}");
        if places[0] == "app/unread" {
            here += 1;
            let again = acts.runs(&forward);
            assert_eq!((again.code, again.err()), (0, ""), "after {step:?}");
        } else {
            there += 1;
        }
        // A reader there is given it, once.
        let read = acts.stage.world.run("inbox", &acts.other, &["read"], "");
        assert_eq!(acts.samples[0].shown_in(&read.out), 1, "after {step:?}");
        assert_eq!(acts.places("reading"), ["other/read"], "after {step:?}");
    }
    assert!(here > 0 && there > 0, "{here} {there}");
}

#[test]
fn a_forward_of_an_archived_handoff_killed_at_any_step_leaves_one_copy_at_most() {
    if !can_trace() {
        return;
    }
    let acts = Acts::new();
    let (name, to) = (acts.name(), format!("--to={}", acts.other_path()));
    let prepare = || {
        acts.prepare();
        acts.runs(&["archive", &name]);
    };
    prepare();
    let forward = ["forward", &name, "--archived", &to];
    let steps = calls_of(&acts.command(&forward), b"", &acts.log);
    let sorted = |what: &str| {
        let mut places = acts.places(what);
        places.sort();
        places
    };
    assert_eq!(sorted("an undisturbed forward"), ["app/read", "other/unread"]);
    let (mut without, mut with) = (0, 0);
    for step in &steps {
        prepare();
        step.kills(&acts.command(&forward), b"", &acts.log);
        let places = sorted(&format!("{step:?}"));
        assert_eq!(places[0], "app/read", "after {step:?}");
        let again = acts.runs(&forward);
        if places.len() == 1 {
            without += 1;
            assert_eq!((again.code, again.err()), (0, ""), "after {step:?}");
        } else {
            with += 1;
            assert!(again.err().contains("it waits there already"), "after {step:?}: {}", again.err());
        }
        assert_eq!(sorted("a second forward"), ["app/read", "other/unread"], "after {step:?}");
    }
    assert!(without > 0 && with > 0, "{without} {with}");
}

#[test]
fn an_edit_killed_at_any_step_leaves_the_old_text_or_the_new_one_and_what_was_typed() {
    if !can_trace() {
        return;
    }
    let acts = Acts::new();
    let name = acts.name();
    let draft = acts.stage.world.path("typed.md");
    let typed = format!("---\nname: Another title\n---\n\n{}", acts.samples[0].body);
    std::fs::write(&draft, &typed).unwrap();
    let edit = ["edit", &name, "--file", draft.to_str().unwrap()];
    let steps = calls_of(&acts.command(&edit), b"", &acts.log);
    let titles = || {
        let found =
            files(&acts.stage.world.root(), &acts.samples).into_iter().filter(|(index, _)| *index == 0);
        found
            .map(|(_, path)| std::fs::read_to_string(path).unwrap().contains("name: Another title\n"))
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(), [true]);
    let (mut old, mut new) = (0, 0);
    for step in &steps {
        acts.prepare();
        killed_at(step, &acts.command(&edit), &acts.log);
        assert_eq!(acts.places(&format!("{step:?}")), ["app/unread"], "after {step:?}");
        assert_eq!(std::fs::read_to_string(&draft).unwrap(), typed, "after {step:?}");
        match titles().as_slice() {
            [true] => new += 1,
            _ => {
                old += 1;
                let again = acts.runs(&edit);
                assert_eq!((again.code, again.err()), (0, ""), "after {step:?}");
                assert_eq!(titles(), [true], "after {step:?}");
            }
        }
        acts.stage.sweeps();
    }
    assert!(old > 0 && new > 0, "{old} {new}");
}

#[test]
fn a_text_that_is_being_edited_when_everything_is_killed_is_a_draft() {
    let acts = Acts::new();
    let editor = acts.stage.world.path("editor");
    let ready = acts.stage.world.path("ready");
    // The editor has saved once, and goes on.
    std::fs::write(
        &editor,
        format!("echo typed >> \"$1\"; : > '{}'; kill -9 $PPID; exit 0\n", ready.display()),
    )
    .unwrap();
    let mut edit = acts.command(&["edit", &acts.name()]);
    edit.env("VISUAL", format!("exec sh '{}'", editor.display()));
    let ran = tests::feed(edit, b"");
    assert!(ready.exists() && ran.code == 137, "{ran:?}");
    let drafts: Vec<_> = std::fs::read_dir(acts.stage.world.root().join(".drafts")).unwrap().collect();
    assert_eq!(drafts.len(), 1);
    let draft = drafts[0].as_ref().unwrap().path();
    assert!(std::fs::read_to_string(&draft).unwrap().ends_with("typed\n"));
    std::fs::remove_file(draft).unwrap();
    assert_eq!(acts.places("a killed edit"), ["app/unread"]);
}
