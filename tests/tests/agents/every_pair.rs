//! A handoff that a session of any agent leaves is given to a session of any other, once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tests::agents::{Host, Machine, shell, text};
use tests::program;

use crate::WIRING;
use crate::support::{counts, messages};

/// How many sessions run at the same time: each keeps a processor busy while it starts.
const AT_ONCE: usize = 4;

/// Every agent that can be run here, on one machine.
struct Bench {
    machine: Machine,
    hosts: Vec<Host>,
    /// The repository that the writers work in.
    app: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let hosts: Vec<Host> = Host::ALL.into_iter().filter(|host| host.ready()).collect();
        let machine = Machine::bare(WIRING);
        machine.wire_all(&hosts);
        let app = machine.world.repo("app");
        Self { machine, hosts, app }
    }

    /// The repository that sessions of `reader` are in.
    fn desk(reader: Host) -> String {
        format!("for-{}", reader.row().id)
    }

    /// Runs `session` for each agent, [`AT_ONCE`] at the same time.
    fn each(&self, session: impl Fn(Host) + Sync) {
        let waiting = Mutex::new(self.hosts.iter().copied());
        let work = || {
            let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(host) = next() {
                session(host);
            }
        };
        std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    }
}

/// A script that leaves a handoff for each of the directories that its arguments name.
fn script(machine: &Machine) -> PathBuf {
    let path = machine.world.path("leave");
    let lines = format!(
        "for to in \"$@\"; do\n  printf '## Immediate next action\\nLook at src/b.rs.\\n' |\n    '{}' --to \"$to\" --name \"For $to\" || exit\ndone\n",
        machine.bin("handoff-write").display()
    );
    std::fs::write(&path, lines).unwrap();
    path
}

#[test]
fn what_any_agent_leaves_reaches_the_model_of_any_agent_once() {
    let bench = Bench::new();
    let Bench { machine, hosts, app } = &bench;
    let desks: Vec<String> = hosts.iter().map(|host| Bench::desk(*host)).collect();
    desks.iter().for_each(|desk| drop(machine.world.repo(desk)));
    let leave = format!("sh '{}' {}", script(machine).display(), desks.join(" "));

    bench.each(|writer| {
        let session = machine.session(writer, app).args(writer.unrestricted());
        let end = session.steps([shell(&leave), text("left")]).run("hand off").ok();
        assert_eq!(messages(&end.texts(0)), [""; 0], "{writer:?}: nothing waits in {}", app.display());
    });

    bench.each(|reader| {
        let repo = machine.world.path(Bench::desk(reader));
        assert_eq!(counts(&machine.world, &repo), (hosts.len(), 0), "{reader:?}");
        let end = machine.session(reader, &repo).run("go").ok();
        let given = messages(&end.texts(0));
        assert_eq!(given.len(), 1, "{reader:?}: {given:?}");
        for writer in hosts {
            let from = format!("from:     app ({})", writer.row().stamp);
            assert_eq!(given[0].matches(&from).count(), 1, "{writer:?} to {reader:?}: {}", given[0]);
        }
        assert_eq!(counts(&machine.world, &repo), (0, hosts.len()), "{reader:?}");
        is_silent(machine, &repo);
    });
}

/// Fails where the next session in `repo` would be told anything.
fn is_silent(machine: &Machine, repo: &Path) {
    let mut hook = machine.world.bare_command(program("session-start"));
    let said = hook.current_dir(repo).output().unwrap().stdout;
    assert_eq!(String::from_utf8_lossy(&said), "");
}
