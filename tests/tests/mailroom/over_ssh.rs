//! Git through the real ssh and sshd.

use crate::sshd::Sshd;
use crate::support::{BODY, Machine, Net, names};

/// A remote that is reached through ssh as `hub`.
struct Line {
    net: Net,
    sshd: Sshd,
}

impl Line {
    fn new() -> Option<Self> {
        let net = Net::new();
        let dir = net.origin.parent().unwrap();
        let force = format!("ForceCommand sh '{}'\n", dir.join("shell").display());
        let sshd = Sshd::new(dir, &dir.join("authorized"), &force)?;
        sshd.key("user");
        std::fs::copy(sshd.at("user.pub"), sshd.at("authorized")).unwrap();
        let shell = format!(
            "echo x >>'{}'\nexport PATH='{}'\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n",
            sshd.at("sessions").display(),
            std::env::var("PATH").unwrap()
        );
        std::fs::write(sshd.at("shell"), shell).unwrap();
        sshd.config("user", "");
        Some(Self { net, sshd })
    }

    /// A machine whose ssh reaches it.
    fn machine(&self, name: &str) -> Machine {
        let url = format!("hub:{}", self.net.origin.display());
        let mut machine = Machine::new(name, "ann", &self.net.origin, &url);
        self.sshd.give(&mut machine, "user");
        machine
    }

    fn sessions(&self) -> usize {
        std::fs::read_to_string(self.sshd.at("sessions")).unwrap_or_default().lines().count()
    }

    /// How many connections and sessions the command took.
    fn cost(&self, machine: &Machine, args: &[&str]) -> (usize, usize) {
        let before = (self.sshd.connections(), self.sessions());
        let ran = machine.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out(), ran.err());
        (self.sshd.connections() - before.0, self.sessions() - before.1)
    }
}

#[test]
fn a_letter_goes_through_ssh_with_one_connection_for_each_command() {
    let Some(line) = Line::new() else { return };
    let (laptop, desk) = (line.machine("laptop"), line.machine("desk"));
    for machine in [&laptop, &desk] {
        let (connections, sessions) = line.cost(machine, &["join", "--private"]);
        // Who can read the remote is asked as a stranger, without the user's configuration.
        assert!(connections == 1 && sessions > 2, "{connections}, {sessions}");
    }
    line.cost(&desk, &["people", "add", "@me", "--yes", "--card", "laptop"]);
    std::fs::write(laptop.app.join("src/a.rs"), "changed\n").unwrap();
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    assert_eq!(line.cost(&laptop, &["push"]).0, 1);
    let (connections, sessions) = line.cost(&desk, &["pull", "--apply"]);
    assert!(connections == 1 && sessions > 4, "{connections}, {sessions}");
    assert_eq!(std::fs::read_to_string(desk.app.join("src/a.rs")).unwrap(), "changed\n");
    assert!(laptop.run(&["mail"]).out().contains("delivered to ann@desk"));
    assert_eq!(line.net.refs(), Vec::<String>::new());
}

#[test]
fn a_shared_connection_of_the_users_own_is_left_to_them() {
    let Some(line) = Line::new() else { return };
    let laptop = line.machine("laptop");
    line.sshd.config("user", "ControlPath none\n");
    assert_eq!(line.cost(&laptop, &["join", "--private"]).0, 1);
    let own = line.sshd.at("own-socket");
    line.sshd.config("user", &format!("ControlMaster no\nControlPath {}\n", own.display()));
    let (connections, sessions) = line.cost(&laptop, &["join", "--private"]);
    assert!(connections == sessions && sessions > 2, "{connections}, {sessions}");
}

#[test]
fn the_background_asks_for_no_password_and_the_session_is_told_once() {
    let Some(line) = Line::new() else { return };
    let laptop = line.machine("laptop");
    line.cost(&laptop, &["join", "--private"]);
    std::fs::write(line.sshd.at("authorized"), "").unwrap();
    // What is connected still ends by itself.
    let room = laptop.world.root().join(".mail");
    for name in names(&room.join(&names(&room)[0])) {
        if name.starts_with('s') && name[1..].bytes().all(|byte| byte.is_ascii_digit()) {
            std::fs::remove_file(room.join(&names(&room)[0]).join(name)).unwrap();
        }
    }
    let ran = laptop.run(&["sync", "--background"]);
    assert_eq!((ran.out(), ran.err()), ("", ""));
    assert!(laptop.notice().contains("wants a password"), "{}", laptop.notice());
    assert!(laptop.run(&["sync"]).err().contains("Permission denied"));
}
