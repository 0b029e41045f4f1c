//! Random steps of several machines, with kills and lost answers among them: in the end each handoff waits in exactly one inbox.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tests::World;

use crate::support::{BODY, Machine, names};

/// For so long it goes on, where the environment says nothing else.
const SECONDS: u64 = 20;

/// Runs git, or loses its push or the answer to it, as the file `fault` beside it says.
const GIT: &str = r#"#!/bin/sh
PATH=${PATH#*:}
fault=$(cat "${0%/*}/fault" 2>/dev/null)
for word; do
    [ "$word" = push ] || continue
    case $fault in
    down) exit 128 ;;
    deaf) git "$@" >/dev/null 2>&1; exit 128 ;;
    esac
done
exec git "$@"
"#;

/// How the pushes of a step end.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// They do not arrive.
    Down,
    /// They arrive, and the answer does not.
    Deaf,
    /// The program is killed after so many thousandths of the time that it takes, with what it started or without.
    Killed(u16, bool),
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Push,
    Pull,
    Sync,
    Recall,
    GiveBack,
    Reoffer,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    machine: usize,
    verb: Verb,
    fault: Fault,
    /// Another machine that pulls at the same moment.
    beside: Option<usize>,
}

fn step() -> impl Strategy<Value = Step> {
    let verb = prop_oneof![
        3 => Just(Verb::Push),
        5 => Just(Verb::Pull),
        3 => Just(Verb::Sync),
        2 => Just(Verb::Recall),
        2 => Just(Verb::GiveBack),
        1 => Just(Verb::Reoffer),
    ];
    let fault = prop_oneof![
        4 => Just(Fault::None),
        1 => Just(Fault::Down),
        2 => Just(Fault::Deaf),
        4 => (0_u16..1_200, any::<bool>()).prop_map(|(part, all)| Fault::Killed(part, all)),
    ];
    (0_usize..3, verb, fault, prop::option::weighted(0.3, 0_usize..3))
        .prop_map(|(machine, verb, fault, beside)| Step { machine, verb, fault, beside })
}

/// Three machines of one person, and a bare repository.
struct Scene {
    world: World,
    origin: PathBuf,
    machines: Vec<Machine>,
    titles: usize,
    /// How long a command takes here.
    whole: Duration,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let repository = world.repo("first");
        let origin = world.path("origin.git");
        let clone = ["clone", "--quiet", "--bare", repository.to_str().unwrap(), origin.to_str().unwrap()];
        world.git(world.top(), &clone);
        let machines: Vec<_> = ["laptop", "desk", "tower"]
            .iter()
            .map(|name| {
                let mut machine = Machine::new(name, "ann", &origin, origin.to_str().unwrap());
                machine.world.wrap("git", GIT);
                machine.ok(&["join", "--private"]);
                machine
            })
            .collect();
        for machine in &machines {
            for other in ["laptop", "desk", "tower"] {
                if !machine.ok(&["people"]).lines().next().unwrap_or_default().contains(other) {
                    let _ = machine.run(&["people", "add", "@me", "--yes", "--card", other]);
                }
            }
        }
        let start = Instant::now();
        machines[0].ok(&["pull"]);
        Self { world, origin, machines, titles: 0, whole: start.elapsed() }
    }

    fn command(&self, at: usize, args: &[&str]) -> Command {
        let machine = &self.machines[at];
        let mut command = machine.world.command("handoff", &machine.app);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        command
    }

    fn fault(&self, at: usize, fault: &str) {
        std::fs::write(self.machines[at].world.path("bin/fault"), fault).unwrap();
    }

    /// A letter that this machine sent, or had: the newest.
    fn letter(&self, at: usize, is_sent: bool) -> Option<String> {
        let machine = &self.machines[at];
        if is_sent {
            let out = machine.records("out").into_iter().rfind(|name| name.ends_with(".json"));
            return out.map(|name| name.trim_end_matches(".json").to_owned());
        }
        let is_digit = |c: char| c.is_ascii_hexdigit();
        let unread = machine.unread();
        unread
            .iter()
            .rev()
            .find_map(|name| name.split(|c| !is_digit(c)).find(|part| part.len() == 23).map(str::to_owned))
    }

    fn run(&mut self, step: Step) {
        let Step { machine, verb, fault, beside } = step;
        let id = match verb {
            Verb::Recall | Verb::Reoffer => self.letter(machine, true),
            Verb::GiveBack => self.letter(machine, false),
            _ => Some(String::new()),
        };
        let Some(id) = id else { return };
        let args: Vec<&str> = match verb {
            Verb::Push => {
                self.titles += 1;
                let title = format!("Letter {}", self.titles);
                let at = &self.machines[machine];
                at.world.write(&at.app, &["--name", &title], BODY);
                vec!["push"]
            }
            Verb::Pull => vec!["pull"],
            Verb::Sync => vec!["sync"],
            Verb::Recall => vec!["recall", &id],
            Verb::GiveBack => vec!["give-back", &id],
            Verb::Reoffer => vec!["push", "--reoffer", &id],
        };
        match fault {
            Fault::Down => self.fault(machine, "down"),
            Fault::Deaf => self.fault(machine, "deaf"),
            Fault::None | Fault::Killed(..) => {}
        }
        let start = Instant::now();
        let mut child = self.command(machine, &args).spawn().unwrap();
        let other = beside.map(|other| self.command(other, &["pull"]).spawn().unwrap());
        if let Fault::Killed(part, with_children) = fault {
            let delay = self.whole.mul_f64(f64::from(part) / 1_000.0);
            while start.elapsed() < delay && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(2));
            }
            if with_children {
                let group = rustix::process::Pid::from_child(&child);
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            let _ = child.kill();
        }
        child.wait().unwrap();
        if let Some(mut other) = other {
            other.wait().unwrap();
        }
        self.fault(machine, "");
        if matches!(fault, Fault::None) {
            self.whole = start.elapsed();
        }
    }

    /// What is still under way.
    fn left(&self) -> Vec<String> {
        let listed = self.world.git(&self.origin, &["for-each-ref", "--format=%(refname)", "refs/handoffs/"]);
        let refs = listed.lines().filter(|name| !name.contains("/card/")).map(str::to_owned);
        let records = self
            .machines
            .iter()
            .flat_map(|machine| [machine.records("out"), machine.records("journal")].concat());
        refs.chain(records).collect()
    }

    /// Without faults, until nothing is under way; then every title is unread in exactly one inbox.
    fn settle(&self) {
        for round in 0..12 {
            for machine in &self.machines {
                machine.run(&["sync"]);
                machine.run(&["pull"]);
            }
            if self.left().is_empty() {
                break;
            }
            if round > 1 {
                self.machines.iter().for_each(Machine::a_day_later);
            }
        }
        assert_eq!(self.left(), Vec::<String>::new());
        let (mut unread, mut places) = (Vec::new(), Vec::new());
        for (at, machine) in self.machines.iter().enumerate() {
            let dir = machine.world.inbox(&machine.app).join("unread");
            for name in names(&dir).iter().filter(|name| name.ends_with(".md")) {
                let text = std::fs::read_to_string(dir.join(name)).unwrap();
                let title = text.lines().find_map(|line| line.strip_prefix("name: Letter "));
                let title = title.and_then(|title| title.parse::<usize>().ok());
                unread.extend(title);
                places.extend(title.map(|title| format!("{title}: {at} {name}")));
            }
        }
        unread.sort_unstable();
        places.sort();
        assert_eq!(unread, (1..=self.titles).collect::<Vec<_>>(), "{}", places.join("\n"));
    }
}

#[test]
fn whatever_machines_do_each_handoff_waits_in_exactly_one_inbox_in_the_end() {
    let seconds = std::env::var("HANDOFF_TESTS_MODEL").ok().and_then(|text| text.parse().ok());
    // The same steps in each run of the tests, others where it is run for longer.
    let mut runner = match seconds {
        Some(_) => TestRunner::default(),
        None => TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let mut scene = Scene::new();
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(SECONDS));
    let (mut cases, mut steps) = (0, 0);
    let strategy = prop::collection::vec(step(), 4..14);
    while Instant::now() < end {
        let tree = strategy.new_tree(&mut runner).unwrap();
        let all = tree.current();
        eprintln!("{all:?}");
        all.iter().for_each(|step| scene.run(*step));
        scene.settle();
        cases += 1;
        steps += all.len();
    }
    eprintln!("{cases} runs, {steps} steps, {} letters", scene.titles);
    assert!(cases > 0);
}
