//! Git through the real ssh and sshd. Sshd speaks through pipes (`ProxyCommand`), so that no port is needed.

use std::path::Path;

use tests::{Ran, can, feed, has, is_root};

use crate::support::{BODY, Machine, Net, names};

const SSHD: &str = "/usr/sbin/sshd";

/// A remote that is reached through ssh as `hub`.
struct Line {
    net: Net,
}

impl Line {
    fn new() -> Option<Self> {
        let is_possible = Path::new(SSHD).exists() && has("ssh") && has("ssh-keygen") && is_root();
        if !can("run sshd as root", is_possible) {
            return None;
        }
        // Sshd separates its privileges in it; the package makes it when the machine starts.
        std::fs::create_dir_all("/run/sshd").unwrap();
        let line = Self { net: Net::new() };
        for key in ["host", "user"] {
            let mut keygen = std::process::Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(line.at(key));
            assert_eq!(feed(keygen, b"").code, 0);
        }
        std::fs::copy(line.at("user.pub"), line.at("authorized")).unwrap();
        let at = |name: &str| line.at(name).display().to_string();
        let sshd = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPidFile none\nLogLevel QUIET\nForceCommand sh '{}'\n",
            at("host"),
            at("authorized"),
            at("shell")
        );
        std::fs::write(line.at("sshd_config"), sshd).unwrap();
        let shell = format!("echo x >>'{}'\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n", at("sessions"));
        std::fs::write(line.at("shell"), shell).unwrap();
        let proxy = format!("echo x >>'{}'\nexec {SSHD} -i -f '{}'\n", at("connections"), at("sshd_config"));
        std::fs::write(line.at("proxy"), proxy).unwrap();
        let host = std::fs::read_to_string(line.at("host.pub")).unwrap();
        std::fs::write(line.at("known"), format!("hub {host}")).unwrap();
        line.config("");
        Some(line)
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.net.origin.with_file_name(name)
    }

    /// Writes the client's configuration, with `more` of it.
    fn config(&self, more: &str) {
        let at = |name: &str| self.at(name).display().to_string();
        let config = format!(
            "Host hub\nUser root\nIdentityFile {}\nIdentitiesOnly yes\nUserKnownHostsFile {}\nHostKeyAlias hub\n\
             StrictHostKeyChecking yes\nLogLevel ERROR\nProxyCommand sh '{}'\n{more}",
            at("user"),
            at("known"),
            at("proxy")
        );
        std::fs::write(self.at("ssh_config"), config).unwrap();
    }

    /// A machine whose ssh reads that configuration.
    fn machine(&self, name: &str) -> Machine {
        let url = format!("hub:{}", self.net.origin.display());
        let machine = Machine::new(name, "ann", &self.net.origin, &url);
        let wrapper =
            format!("#!/bin/sh\nexec /usr/bin/ssh -F '{}' \"$@\"\n", self.at("ssh_config").display());
        std::fs::write(machine.world.path("ssh.sh"), wrapper).unwrap();
        let mut install = machine.world.bare_command("install");
        install
            .args(["-D", "-m", "755"])
            .arg(machine.world.path("ssh.sh"))
            .arg(machine.world.path("bin/ssh"));
        assert_eq!(feed(install, b"").code, 0);
        machine
    }

    fn count(&self, what: &str) -> usize {
        std::fs::read_to_string(self.at(what)).unwrap_or_default().lines().count()
    }

    /// How many connections and sessions the command took.
    fn cost(&self, machine: &Machine, args: &[&str]) -> (usize, usize) {
        let before = (self.count("connections"), self.count("sessions"));
        let ran = run(machine, args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out(), ran.err());
        (self.count("connections") - before.0, self.count("sessions") - before.1)
    }
}

fn run(machine: &Machine, args: &[&str]) -> Ran {
    let mut command = machine.world.command("handoff", &machine.app);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", machine.world.path("bin").display())).args(args);
    feed(command, b"")
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
    assert!(run(&laptop, &["mail"]).out().contains("delivered to ann@desk"));
    assert_eq!(line.net.refs(), Vec::<String>::new());
}

#[test]
fn a_shared_connection_of_the_users_own_is_left_to_them() {
    let Some(line) = Line::new() else { return };
    let laptop = line.machine("laptop");
    line.config("ControlPath none\n");
    assert_eq!(line.cost(&laptop, &["join", "--private"]).0, 1);
    let own = line.at("own-socket");
    line.config(&format!("ControlMaster no\nControlPath {}\n", own.display()));
    let (connections, sessions) = line.cost(&laptop, &["join", "--private"]);
    assert!(connections == sessions && sessions > 2, "{connections}, {sessions}");
}

#[test]
fn the_background_asks_for_no_password_and_the_session_is_told_once() {
    let Some(line) = Line::new() else { return };
    let laptop = line.machine("laptop");
    line.cost(&laptop, &["join", "--private"]);
    std::fs::write(line.at("authorized"), "").unwrap();
    // What is connected still ends by itself.
    let room = laptop.world.root().join(".mail");
    for name in names(&room.join(&names(&room)[0])) {
        if name.starts_with('s') && name[1..].bytes().all(|byte| byte.is_ascii_digit()) {
            std::fs::remove_file(room.join(&names(&room)[0]).join(name)).unwrap();
        }
    }
    let ran = run(&laptop, &["sync", "--background"]);
    assert_eq!((ran.out(), ran.err()), ("", ""));
    assert!(laptop.notice().contains("wants a password"), "{}", laptop.notice());
    assert!(run(&laptop, &["sync"]).err().contains("Permission denied"));
}
