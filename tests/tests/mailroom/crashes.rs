//! Senders and takers that are killed at any moment, and answers that are lost: afterwards each letter was delivered exactly once.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::server::Mode;
use crate::support::{BODY, Machine, Net};

/// How many letters, where the environment says nothing else.
const LETTERS: usize = 20;

/// Numbers that look random: the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn letters() -> usize {
    std::env::var("HANDOFF_TESTS_LETTERS").ok().and_then(|text| text.parse().ok()).unwrap_or(LETTERS)
}

/// A program in a process group of its own, which is killed after a while.
struct Victim {
    child: Child,
    delay: Duration,
    /// Whether what it started is killed too. Otherwise git goes on alone.
    with_children: bool,
}

impl Victim {
    fn start(machine: &Machine, args: &[&str], random: &mut Random, whole: Duration) -> Self {
        let mut command = machine.world.command("handoff", &machine.app);
        command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        // A third more than it takes, so that some come to their end.
        let delay = whole.mul_f64(random.below(1_300) as f64 / 1_000.0);
        Self { child: command.spawn().unwrap(), delay, with_children: random.below(2) == 0 }
    }

    fn kill(&mut self, start: Instant) {
        while start.elapsed() < self.delay {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        if self.with_children {
            let group = rustix::process::Pid::from_child(&self.child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

#[test]
fn each_letter_is_delivered_exactly_once_through_kills_and_lost_answers() {
    let net = Net::new();
    let sender = net.joined("laptop", "ann");
    let takers: Vec<_> = ["desk", "tower", "den"].iter().map(|name| net.joined(name, "ann")).collect();
    for taker in &takers {
        taker.knows("@me", "laptop");
    }
    let mut random = Random(7);
    // How long each takes here and now is measured as it goes.
    let (mut push, mut pull) = (Duration::from_millis(400), Duration::from_millis(400));
    for number in 0..letters() {
        if number % 5 == 0 {
            let start = Instant::now();
            sender.world.write(&sender.app, &["--name", "Measured"], BODY);
            sender.ok(&["push"]);
            push = start.elapsed();
            let start = Instant::now();
            takers[number / 5 % 3].run(&["pull"]);
            pull = start.elapsed();
        }
        sender.world.write(&sender.app, &["--name", "Quoted fields"], BODY);
        net.server.set(if random.below(10) < 3 { Mode::Deaf } else { Mode::Up });
        let mut victims = vec![Victim::start(&sender, &["push"], &mut random, push)];
        victims.extend(takers.iter().map(|taker| Victim::start(taker, &["pull"], &mut random, pull)));
        let start = Instant::now();
        victims.sort_by_key(|victim| victim.delay);
        victims.iter_mut().for_each(|victim| victim.kill(start));
        net.server.set(Mode::Up);
    }
    settle(&net, &sender, &takers);
    let mut delivered: BTreeMap<String, usize> = BTreeMap::new();
    for taker in &takers {
        for name in taker.unread() {
            *delivered.entry(id_in(&name)).or_default() += 1;
        }
    }
    let sent: Vec<_> =
        sender.records("sent").iter().map(|name| name.trim_end_matches(".json").to_owned()).collect();
    assert!(sent.len() >= letters() / 5, "{sent:?}");
    assert_eq!(sent, delivered.keys().cloned().collect::<Vec<_>>());
    assert!(delivered.values().all(|count| *count == 1), "{delivered:?}");
    assert!(sender.states().iter().all(|state| state == "delivered"), "{:?}", sender.states());
    assert_eq!(net.refs(), Vec::<String>::new());
}

/// Without faults, until nothing is under way.
fn settle(net: &Net, sender: &Machine, takers: &[Machine]) {
    for _ in 0..20 {
        let looked = sender.run(&["sync"]);
        let pulled: Vec<_> = takers.iter().map(|taker| taker.run(&["pull"])).collect();
        let is_quiet = looked.code == 0 && pulled.iter().all(|ran| ran.code == 0);
        let journals: usize = takers.iter().map(|taker| taker.records("journal").len()).sum();
        if is_quiet && journals == 0 && sender.records("out").is_empty() && net.refs().is_empty() {
            return;
        }
    }
    let out = sender.records("out");
    let journals: Vec<_> = takers.iter().map(|taker| taker.records("journal")).collect();
    let said = takers[0].run(&["pull"]);
    panic!("out {out:?}, journals {journals:?}, refs {:?}: {}{}", net.refs(), said.out(), said.err());
}

/// The letter's name in the name of its handoff.
fn id_in(name: &str) -> String {
    let is_digit = |c: char| c.is_ascii_hexdigit();
    let found = name.split(|c| !is_digit(c)).find(|part| part.len() == 23);
    found.unwrap_or_else(|| panic!("no letter in {name}")).to_owned()
}
