//! Every pair of commands that look into inboxes, run against each other on shared handoffs.
//!
//! `HANDOFF_TESTS_RACES` sets the number of rounds; each round runs one pair.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;

use tests::{Ran, World, feed};

use crate::support::{Dice, Sample, files};

/// How many rounds are run where nothing else is said: one for each pair. Each takes about 50 ms on a free machine.
const ROUNDS: usize = VERBS.len() * (VERBS.len() + 1) / 2;

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    List,
    Read,
    Show,
    Archive,
    Restore,
    RestoreNewest,
    Move,
    MoveBack,
    Prune,
    Settle,
    Log,
    Worktrees,
    Hook,
    Write,
    Forward,
    ForwardArchived,
    Edit,
    Delete,
}

const VERBS: [Verb; 18] = [
    Verb::List,
    Verb::Read,
    Verb::Show,
    Verb::Archive,
    Verb::Restore,
    Verb::RestoreNewest,
    Verb::Move,
    Verb::MoveBack,
    Verb::Prune,
    Verb::Settle,
    Verb::Log,
    Verb::Worktrees,
    Verb::Hook,
    Verb::Write,
    Verb::Forward,
    Verb::ForwardArchived,
    Verb::Edit,
    Verb::Delete,
];

/// Two worktrees that hand over to each other. Of the samples 0 to 2 are unread, 2 used by a session, 3 and 4 archived,
/// 4 long ago; all for `app`. 5 is written meanwhile. 0 may be forwarded, 1 edited or deleted, of 3 a copy forwarded.
struct Field {
    world: World,
    app: PathBuf,
    other: PathBuf,
    samples: Vec<Sample>,
}

impl Field {
    fn new() -> Self {
        let world = World::new();
        let (app, other) = (world.dir("app"), world.dir("other"));
        let address = |number| {
            let mut sample = Sample::new(number, number < 5);
            let received =
                if number == 4 { "received_at: 2000-01-01T00:00:00Z\nreceived_by: S\n" } else { "" };
            let fields = format!("to_path: {}\n{received}---\n\n", app.display());
            sample.text = sample.text.replacen("---\n\n", &fields, 1);
            sample
        };
        let samples = (0..6).map(address).collect();
        Self { world, app, other, samples }
    }

    fn prepare(&self, round: usize) {
        for path in [self.world.root(), self.world.home().join(".local")] {
            if path.exists() {
                std::fs::remove_dir_all(path).unwrap();
            }
        }
        self.world.plant(&self.app, self.samples[2].name(), &self.samples[2].text);
        let (mut claude, _) = tests::Claude::started(&self.world, &self.app, &format!("used-{round}"));
        claude.speak("Loaded.");
        for sample in &self.samples[..2] {
            self.world.plant(&self.app, sample.name(), &sample.text);
        }
        let read = self.world.inbox(&self.app).join("read");
        for sample in &self.samples[3..5] {
            std::fs::write(read.join(sample.name()), &sample.text).unwrap();
        }
    }

    fn command(&self, verb: Verb, round: usize) -> (Command, Vec<u8>) {
        let inbox = |args: &[&str]| {
            let mut command = self.world.command("inbox", &self.app);
            command.args(args);
            (command, Vec::new())
        };
        let between = |from: &Path, to: &Path| inbox(&["move", from.to_str().unwrap(), to.to_str().unwrap()]);
        let names = [0, 1, 3].map(|number| self.samples[number].name());
        match verb {
            Verb::List => inbox(&["--json"]),
            Verb::Read => inbox(&["read", "--session-id", "R"]),
            Verb::Show => inbox(&["show", &names[round % 2]]),
            Verb::Archive => inbox(&["archive", &names[0], &names[1]]),
            Verb::Restore => inbox(&["restore", &names[2]]),
            Verb::RestoreNewest => inbox(&["restore"]),
            Verb::Move => between(&self.app, &self.other),
            Verb::MoveBack => between(&self.other, &self.app),
            Verb::Prune => inbox(&["prune", "--older-than", "9000d"]),
            Verb::Settle => inbox(&["settle"]),
            Verb::Log => inbox(&["log", "--all", "--json"]),
            Verb::Worktrees => inbox(&["worktrees"]),
            Verb::Hook => {
                let hook = self.world.command("session-start", &self.app);
                let payload = serde_json::json!({
                    "session_id": format!("hook-{round}"), "transcript_path": self.world.transcript("none"),
                    "cwd": self.app, "hook_event_name": "SessionStart", "source": "startup",
                });
                (hook, payload.to_string().into_bytes())
            }
            Verb::Forward => inbox(&["forward", &names[0], "--to", self.other.to_str().unwrap()]),
            Verb::ForwardArchived => {
                inbox(&["forward", &names[2], "--archived", "--to", self.other.to_str().unwrap()])
            }
            Verb::Edit => {
                let (mut command, input) = inbox(&["edit", &names[1]]);
                command.env("VISUAL", "sed -i 's/^name: A sample/name: Edited/'");
                (command, input)
            }
            Verb::Delete => inbox(&["delete", &names[1], "--yes"]),
            Verb::Write => {
                (self.world.command("handoff-write", &self.app), self.samples[5].body.clone().into_bytes())
            }
        }
    }

    /// Where each sample is, as `app/unread`: its directories, one for each copy.
    #[track_caller]
    fn places(&self) -> Vec<Vec<String>> {
        let mut places = vec![Vec::new(); self.samples.len()];
        for (index, path) in files(&self.world.root(), &self.samples) {
            // What an edit that was refused keeps.
            if path.parent().unwrap().ends_with(".drafts") {
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy();
            assert!(!name.starts_with('.'), "{} was left", path.display());
            let part = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
            let bucket = path.parent().unwrap();
            places[index].push(format!("{}/{}", part(bucket.parent().unwrap()), part(bucket)));
        }
        places
    }
}

/// What two commands did at the same time, and where everything is now.
struct Round<'f> {
    field: &'f Field,
    verbs: [Verb; 2],
    runs: [Ran; 2],
    places: Vec<Vec<String>>,
}

impl Round<'_> {
    fn has(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }

    /// How often all that was run printed `text`.
    fn said(&self, text: &str) -> usize {
        self.runs.iter().map(|ran| ran.out().matches(text).count()).sum()
    }

    fn is_in(&self, sample: usize, bucket: &str) -> bool {
        self.places[sample].iter().any(|place| place.ends_with(bucket))
    }

    #[track_caller]
    fn is_true(&self) {
        self.each_is_there_once();
        for (verb, ran) in self.verbs.iter().zip(&self.runs) {
            assert!(matches!(ran.code, 0 | 1), "{verb:?}: {ran:?}");
            let said = format!("{}{}", ran.err(), ran.out());
            assert!(!said.contains("o such file") && !said.contains("panicked"), "{verb:?}: {said}");
            self.did_what_it_says(*verb, ran);
        }
    }

    /// All but what was pruned or not written.
    #[track_caller]
    fn each_is_there_once(&self) {
        for (number, places) in self.places.iter().enumerate() {
            let name = self.field.samples[number].name();
            let pruned = self.said(&format!("deleted: app/{name}"));
            let deleted = self.said(&format!("deleted: {name} ("));
            assert!(pruned <= 1 && deleted <= 1, "{name} was deleted twice");
            let copied = self.said(&format!("copied: {name}, "));
            let wanted = match number {
                4 => 1 - pruned,
                5 => self.said("handoff written"),
                _ => 1 - deleted + copied,
            };
            assert_eq!(places.len(), wanted, "sample {number} is in {places:?}");
        }
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each verb")]
    #[track_caller]
    fn did_what_it_says(&self, verb: Verb, ran: &Ran) {
        let (names, restores) = (
            |number: usize| self.field.samples[number].name(),
            self.has(Verb::Restore) || self.has(Verb::RestoreNewest),
        );
        let is_deleted = |number: usize| self.said(&format!("deleted: {} (", names(number))) > 0;
        match verb {
            Verb::Archive => {
                for number in (0..2).filter(|&number| ran.out().contains(&names(number))) {
                    // What was just archived is what `restore` without a name puts back.
                    let is_back = self.said(&format!("restored: {}\n", names(number))) > 0;
                    assert!(
                        self.is_in(number, "/read") || is_back || is_deleted(number),
                        "{number} is not archived"
                    );
                }
            }
            Verb::Read => {
                for (number, sample) in self.field.samples.iter().enumerate() {
                    let shown: usize = self.shown(Verb::Read, sample);
                    assert!(restores || shown <= 1, "{number} was read {shown} times");
                    assert!(
                        shown == 0 || restores || self.is_in(number, "/read") || is_deleted(number),
                        "{number} is not archived"
                    );
                }
            }
            Verb::Restore | Verb::RestoreNewest => {
                for number in (0..5).filter(|&number| ran.out().contains(&names(number))) {
                    let is_read = self.shown(Verb::Read, &self.field.samples[number]) > 0;
                    assert!(is_read || self.is_in(number, "/unread"), "{number} is not restored");
                }
            }
            Verb::Move if !self.has(Verb::MoveBack) => {
                // What was given to `other` by another verb was not moved.
                let given = self.said("moved: ") + self.said("copied: ");
                let there = self.places.iter().flatten().filter(|place| place.starts_with("other/")).count();
                let moved = there - given;
                let counted: usize = self.runs.iter().flat_map(|ran| counts(ran.out())).sum();
                assert_eq!(moved, counted, "were moved, and so many are said to be");
                let left =
                    self.places.iter().take(5).flatten().filter(|place| place.starts_with("app/")).count();
                assert!(ran.code == 1 || left == 0, "{left} stayed behind without a word");
            }
            Verb::Show if ran.code == 0 => {
                let shown = self.field.samples[..2].iter().filter(|sample| ran.out().ends_with(&sample.body));
                assert_eq!(shown.count(), 1, "not whole");
            }
            Verb::Show => assert!(ran.err().contains("could not find a handoff"), "{}", ran.err()),
            Verb::List | Verb::Log => {
                let rows: serde_json::Value = serde_json::from_slice(&ran.out).unwrap();
                assert!(rows.as_array().unwrap().iter().all(|row| row["error"].is_null()), "{rows}");
            }
            Verb::Forward | Verb::Edit | Verb::Delete if ran.code == 0 && self.has(Verb::Hook) => {
                // A hook that was first has it on offer; one that was second sees what is there then.
                let number = usize::from(verb != Verb::Forward);
                let shown = self.shown(Verb::Hook, &self.field.samples[number]);
                let is_edited = verb == Verb::Edit && self.said("Edited") > 0;
                assert!(shown == 0 || is_edited, "{verb:?} of what a session was offered");
            }
            Verb::Edit if ran.code == 1 => {
                let refusals = ["draft kept: ", "could not find", "has it on offer"];
                assert!(refusals.iter().any(|refusal| ran.err().contains(refusal)), "{}", ran.err());
            }
            Verb::Hook => assert!((ran.code, ran.err()) == (0, "") && !ran.out().contains("could not")),
            _ => {}
        }
    }

    /// How often the runs of `verb` showed `sample` to its end. Lines about what another session has name it too.
    fn shown(&self, verb: Verb, sample: &Sample) -> usize {
        let end = sample.body.lines().last().unwrap();
        let runs = self.verbs.iter().zip(&self.runs).filter(|(ran, _)| **ran == verb);
        runs.map(|(_, ran)| ran.out().matches(end).count()).sum()
    }
}

/// The numbers in `moved 2 unread and 1 archived to …`.
fn counts(out: &str) -> Vec<usize> {
    let Some(rest) = out.strip_prefix("moved ") else { return Vec::new() };
    rest.split(' ').take(4).filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn any_two_commands_at_once_leave_each_handoff_exactly_once_and_say_what_happened() {
    let rounds = std::env::var("HANDOFF_TESTS_RACES").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let field = Field::new();
    let mut dice = Dice::new();
    let pairs: Vec<[Verb; 2]> = VERBS
        .iter()
        .enumerate()
        .flat_map(|(n, &one)| VERBS[n..].iter().map(move |&two| [one, two]))
        .collect();
    let mut failed = Vec::new();
    for round in 0..rounds {
        let verbs = pairs[round % pairs.len()];
        field.prepare(round);
        let commands = verbs.map(|verb| field.command(verb, round));
        // Either may begin, by up to what one takes.
        let delays = if dice.below(2) == 0 { [0, dice.below(4_000)] } else { [dice.below(4_000), 0] };
        let start = Barrier::new(2);
        let runs = std::thread::scope(|scope| {
            let running = commands.into_iter().zip(delays).map(|((command, input), delay)| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    std::thread::sleep(std::time::Duration::from_micros(delay));
                    feed(command, &input)
                })
            });
            let running: Vec<_> = running.collect();
            let mut runs = running.into_iter().map(|run| run.join().unwrap());
            [runs.next().unwrap(), runs.next().unwrap()]
        });
        let said =
            runs.each_ref().map(|ran| format!("{} {:?} {:?}", ran.code, ran.out(), ran.err())).join("\n  ");
        let check = || Round { field: &field, verbs, runs, places: field.places() }.is_true();
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).is_err() {
            failed.push(format!("round {round}: {verbs:?} {delays:?}: {said}"));
        }
    }
    assert!(failed.is_empty(), "{} of {rounds}:\n{}", failed.len(), failed.join("\n"));
}
