//! The cable is pulled after so many bytes, in either direction, in every step of a letter's way. Afterwards each letter is in
//! exactly one inbox.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{BODY, Machine, Net};
use crate::web;

/// In how many places each step is cut, where the environment says nothing else.
const CUTS: usize = 1;

fn cuts() -> usize {
    std::env::var("HANDOFF_TESTS_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(CUTS)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// What went through since it was asked last, and where the cable is cut.
#[derive(Default)]
struct Meter {
    passed: [usize; 2],
    cut: Option<(Direction, usize)>,
    is_cut: bool,
}

impl Meter {
    /// How much of `count` bytes goes through. When that is not all, nothing does any more.
    fn pass(&mut self, direction: Direction, count: usize) -> usize {
        let passed = &mut self.passed[direction as usize];
        let allowed = match self.cut {
            _ if self.is_cut => 0,
            Some((cut, at)) if cut == direction => count.min(at.saturating_sub(*passed)),
            _ => count,
        };
        *passed += allowed;
        self.is_cut |= allowed < count;
        allowed
    }
}

/// A way to a server that can be cut.
#[derive(Clone)]
struct Cable {
    port: u16,
    meter: Arc<Mutex<Meter>>,
}

impl Cable {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let cable = Self { port: listener.local_addr().unwrap().port(), meter: Arc::default() };
        let meter = Arc::clone(&cable.meter);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if meter.lock().unwrap().is_cut {
                    continue;
                }
                let Ok(there) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let ends = [(Direction::Up, &client, &there), (Direction::Down, &there, &client)];
                for (direction, from, to) in ends {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let meter = Arc::clone(&meter);
                    thread::spawn(move || carry(from, to, direction, &meter));
                }
            }
        });
        cable
    }

    /// From now on the cable holds, or is cut there; what went through before that.
    fn set(&self, cut: Option<(Direction, usize)>) -> [usize; 2] {
        let new = Meter { cut, ..Meter::default() };
        std::mem::replace(&mut *self.meter.lock().unwrap(), new).passed
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, direction: Direction, meter: &Mutex<Meter>) {
    let mut buffer = [0; 2048];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let allowed = meter.lock().unwrap().pass(direction, count);
        let is_sent = to.write_all(&buffer[..allowed]).is_ok();
        if allowed < count || !is_sent {
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Two machines behind a cable.
struct Scene {
    origin: PathBuf,
    cable: Cable,
    laptop: Machine,
    desk: Machine,
    letters: usize,
}

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Push,
    Pull,
    Receipt,
    Recall,
    GiveBack,
}

impl Scene {
    fn new(origin: &Path, url: &str, cable: Cable) -> Self {
        let [laptop, desk] = ["laptop", "desk"].map(|name| {
            let machine = Machine::new(name, "ann", origin, url);
            machine.ok(&["join", "--private"]);
            machine
        });
        desk.knows("@me", "laptop");
        Self { origin: origin.to_owned(), cable, laptop, desk, letters: 0 }
    }

    fn refs(&self) -> Vec<String> {
        let listed = ["for-each-ref", "--format=%(refname)", "refs/handoffs/"];
        let listed = self.laptop.world.git(&self.origin, &listed);
        listed.lines().filter(|name| !name.contains("/card/")).map(str::to_owned).collect()
    }

    /// One letter's way, with `cut` in `step`; how many bytes that step takes.
    fn way(&mut self, step: Step, cut: Option<(Direction, usize)>) -> [usize; 2] {
        self.letters += 1;
        let title = format!("Letter {}", self.letters);
        let mut passed = [0; 2];
        let mut run = |machine: &Machine, args: &[&str], is_meant: bool| {
            self.cable.set(cut.filter(|_| is_meant));
            machine.run(args);
            let went = self.cable.set(None);
            if is_meant {
                passed = went;
            }
        };
        std::fs::write(self.laptop.app.join("work.txt"), &title).unwrap();
        self.laptop.world.write(&self.laptop.app, &["--name", &title], BODY);
        run(&self.laptop, &["push"], step == Step::Push);
        let out = self.laptop.records("out").pop().unwrap_or_default();
        let id = out.trim_end_matches(".json");
        if step == Step::Recall {
            run(&self.laptop, &["recall", id], true);
        }
        run(&self.desk, &["pull"], step == Step::Pull);
        if step == Step::GiveBack {
            run(&self.desk, &["give-back", id], true);
        }
        run(&self.laptop, &["mail"], step == Step::Receipt);
        self.settle(&title, &format!("{step:?} {cut:?}"));
        passed
    }

    fn settle(&self, title: &str, what: &str) {
        for _ in 0..6 {
            self.laptop.ok(&["sync"]);
            // A give-back that came too late is said once.
            self.desk.run(&["pull"]);
            let left = [self.laptop.records("out"), self.desk.records("journal"), self.refs()].concat();
            if left.is_empty() {
                break;
            }
            self.laptop.a_day_later();
        }
        let left = [self.laptop.records("out"), self.desk.records("journal"), self.refs()];
        assert_eq!(left, [const { Vec::<String>::new() }; 3], "{what}");
        let count = |machine: &Machine| {
            let unread = machine.world.inbox(&machine.app).join("unread");
            let read = |name: &String| std::fs::read_to_string(unread.join(name)).unwrap();
            machine.unread().iter().filter(|name| read(name).contains(&format!("name: {title}\n"))).count()
        };
        assert_eq!(count(&self.laptop) + count(&self.desk), 1, "{what}");
    }
}

fn everywhere(mut scene: Scene) {
    let mut random = 7_usize;
    for step in [Step::Push, Step::Pull, Step::Receipt, Step::Recall, Step::GiveBack] {
        let whole = scene.way(step, None);
        for direction in [Direction::Up, Direction::Down] {
            let whole = whole[direction as usize];
            assert!(whole > 100, "{step:?} {direction:?}: {whole}");
            for number in 0..cuts() {
                random = random.wrapping_mul(1_103_515_245).wrapping_add(12_345) % (1 << 31);
                let part = whole / cuts();
                scene.way(step, Some((direction, part * number + random % part.max(1))));
            }
        }
    }
}

#[test]
fn a_letter_comes_through_git_once_wherever_the_cable_is_pulled() {
    let net = Net::new();
    let port = net.url().split([':', '/']).nth(4).unwrap().parse().unwrap();
    let cable = Cable::to(port);
    let url = format!("git://127.0.0.1:{}/origin.git", cable.port);
    everywhere(Scene::new(&net.origin, &url, cable));
}

#[test]
fn a_letter_comes_through_http_once_wherever_the_cable_is_pulled() {
    let (_scratch, root) = web::repositories();
    let server = web::Server::start(&root, None);
    let bare = root.join("public.git");
    let cable = Cable::to(server.address.port());
    let url = format!("http://127.0.0.1:{}/public.git", cable.port);
    let mut git = std::process::Command::new("git");
    git.current_dir(&bare).args(["config", "http.receivepack", "true"]).env("GIT_CONFIG_GLOBAL", "/dev/null");
    assert!(git.status().unwrap().success());
    everywhere(Scene::new(&bare, &url, cable));
}
