//! Letters through the real ssh and sshd. Sshd speaks through pipes (`ProxyCommand sshd -i`), so that no port is needed.

use std::path::Path;

use tests::{Ran, can, feed, has, is_root};

use crate::support::{BODY, Pair};

const SSHD: &str = "/usr/sbin/sshd";

/// What is run for the client in place of the command that it sends.
#[derive(Clone, Copy)]
enum Shell {
    /// That command.
    Plain,
    /// The same, after a greeting.
    Greeting,
    /// The connection is cut before.
    CutBefore,
    /// The connection is cut when the command has ended, and nothing of what it said comes back.
    CutAfter,
}

impl Shell {
    fn script(self, home: &Path) -> String {
        let run = "sh -c \"$SSH_ORIGINAL_COMMAND\"";
        let then = match self {
            Self::Plain => format!("exec {run}"),
            Self::Greeting => format!("echo 'Welcome to {{ desk }}'; echo '{{'; exec {run}"),
            Self::CutBefore => "kill -9 $PPID".to_owned(),
            Self::CutAfter => format!("{run} >\"$HOME/said\" 2>&1; kill -9 $PPID"),
        };
        format!(
            "export HOME='{}' PATH=/usr/local/bin:/usr/bin:/bin GIT_CONFIG_NOSYSTEM=1; cd\n{then}\n",
            home.display()
        )
    }
}

/// Two machines of one person; the laptop reaches the desk as `desk`.
struct Line {
    pair: Pair,
}

impl Line {
    fn new() -> Option<Self> {
        let is_possible = Path::new(SSHD).exists() && has("ssh") && has("ssh-keygen") && is_root();
        if !can("run sshd as root", is_possible) {
            return None;
        }
        // Sshd separates its privileges in it; the package makes it when the machine starts.
        std::fs::create_dir_all("/run/sshd").unwrap();
        let pair = Pair::strangers();
        let (laptop, desk) = (&pair.laptop.world, &pair.desk.world);
        for key in ["host", "user"] {
            let mut keygen = laptop.bare_command("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(laptop.path(key));
            assert_eq!(feed(keygen, b"").code, 0);
        }
        let at = |name: &str| laptop.path(name).display().to_string();
        std::fs::copy(laptop.path("user.pub"), laptop.path("authorized")).unwrap();
        let sshd = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n\
             PidFile none\nLogLevel QUIET\nForceCommand sh '{}'\n",
            at("host"),
            at("authorized"),
            at("shell")
        );
        std::fs::write(laptop.path("sshd_config"), sshd).unwrap();
        let host = std::fs::read_to_string(laptop.path("host.pub")).unwrap();
        std::fs::write(laptop.path("known"), format!("desk {host}")).unwrap();
        let ssh = format!(
            "Host desk\nUser root\nIdentityFile {}\nIdentitiesOnly yes\nUserKnownHostsFile {}\nHostKeyAlias desk\n\
             StrictHostKeyChecking yes\nLogLevel ERROR\nProxyCommand {SSHD} -i -f {}\n",
            at("user"),
            at("known"),
            at("sshd_config")
        );
        std::fs::write(laptop.path("ssh_config"), ssh).unwrap();
        std::fs::write(
            laptop.path("ssh.sh"),
            format!("#!/bin/sh\nexec /usr/bin/ssh -F '{}' \"$@\"\n", at("ssh_config")),
        )
        .unwrap();
        let mut install = laptop.bare_command("install");
        install.args(["-D", "-m", "755"]).arg(laptop.path("ssh.sh")).arg(laptop.path("bin/ssh"));
        assert_eq!(feed(install, b"").code, 0);
        let bin = desk.dir(desk.home().join(".local/bin"));
        std::os::unix::fs::symlink(tests::program("handoff"), bin.join("handoff")).unwrap();
        let line = Self { pair };
        line.shell(Shell::Plain);
        Some(line)
    }

    fn shell(&self, shell: Shell) {
        let script = shell.script(self.pair.desk.world.home());
        std::fs::write(self.pair.laptop.world.path("shell"), script).unwrap();
    }

    fn send(&self, args: &[&str]) -> Ran {
        let laptop = &self.pair.laptop;
        let mut send = laptop.world.command("handoff", &laptop.app);
        let path = std::env::var("PATH").unwrap();
        send.env("PATH", format!("{}:{path}", laptop.world.path("bin").display()));
        send.arg("send").args(args);
        feed(send, b"")
    }

    /// Where the desk's clone is, as the laptop names it.
    fn to(&self) -> String {
        format!("desk:{}", self.pair.desk.app.display())
    }

    #[track_caller]
    fn counts(&self, here: usize, there: usize) {
        assert_eq!((self.pair.laptop.unread().len(), self.pair.desk.unread().len()), (here, there));
    }
}

#[test]
fn a_handoff_is_sent_with_the_work_and_archived_here_once_the_other_side_has_it() {
    let Some(line) = Line::new() else { return };
    let Line { pair } = &line;
    pair.laptop.put("new.rs", "new\n");
    pair.laptop.leave(BODY);
    // The desk does not know the laptop.
    let refused = line.send(&[&line.to()]);
    assert_eq!((refused.code, refused.out()), (1, ""));
    assert!(
        refused.err().contains("desk did not take it: ") && refused.err().contains("SHA256:"),
        "{}",
        refused.err()
    );
    line.counts(1, 0);
    line.shell(Shell::Greeting);
    let sent = line.send(&["--introduce", &line.to()]);
    assert_eq!(sent.code, 0, "{}", sent.err());
    assert!(sent.out().starts_with("sent \"Quoted fields\" to desk: it waits in "), "{}", sent.out());
    assert!(sent.out().contains("here it is archived\n"), "{}", sent.out());
    line.counts(0, 1);
    assert!(pair.desk.only().contains("\nsender: "));
    let bundle = pair.desk.bundles().pop().unwrap();
    assert!(sent.out().contains(&format!("there: handoff pickup {bundle} --apply\n")), "{}", sent.out());
    pair.desk.ok(&["pickup", &bundle, "--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());

    // Every way to name a directory.
    let (home, spaced) = (pair.desk.world.home(), "a b/it's");
    pair.desk.world.dir(home.join("a b"));
    let clone = home.join(spaced);
    pair.desk.git(&["clone", "--quiet", ".", clone.to_str().unwrap()]);
    let absolute = format!("desk:{}", clone.display());
    for to in [absolute.as_str(), "desk:~/a b/it's", "desk:a b/it's"] {
        pair.laptop.leave(BODY);
        let sent = line.send(&["--no-work", "--json", to]);
        assert_eq!(sent.code, 0, "{to}: {}", sent.err());
        let said: serde_json::Value = serde_json::from_str(sent.out()).unwrap();
        assert_eq!(said["worktree"], clone.to_str().unwrap(), "{to}");
        assert_eq!(said["archived"], true);
    }
    assert_eq!(pair.desk.world.names(&clone, "unread").len(), 3);
}

#[test]
fn a_connection_that_is_cut_keeps_the_handoff_here_and_the_next_send_gives_it_once() {
    let Some(line) = Line::new() else { return };
    line.pair.introduce("@me", &[]);
    line.pair.laptop.put("new.rs", "new\n");
    line.pair.laptop.leave(BODY);
    for (shell, there) in [(Shell::CutBefore, 0), (Shell::CutAfter, 1), (Shell::CutAfter, 1)] {
        line.shell(shell);
        let cut = line.send(&[&line.to()]);
        assert_eq!((cut.code, cut.out()), (1, ""), "{}", cut.err());
        assert!(cut.err().contains("it is not taken twice"), "{}", cut.err());
        line.counts(1, there);
    }
    line.shell(Shell::Plain);
    let sent = line.send(&[&line.to()]);
    assert_eq!(sent.code, 0, "{}", sent.err());
    assert!(sent.out().contains("it had arrived there before"), "{}", sent.out());
    assert!(sent.out().contains("here it is archived"), "{}", sent.out());
    line.counts(0, 1);
    // Another handoff is another letter, also where the one before has the same name.
    line.pair.laptop.leave(BODY);
    let sent = line.send(&[&line.to()]);
    assert!(sent.out().contains("it waits in"), "{}{}", sent.out(), sent.err());
    line.counts(0, 2);
}

#[test]
fn a_host_without_agent_handoff_and_one_that_is_no_host_are_named() {
    let Some(line) = Line::new() else { return };
    line.pair.laptop.leave(BODY);
    std::fs::remove_file(line.pair.desk.world.home().join(".local/bin/handoff")).unwrap();
    let missing = line.send(&[&line.to()]);
    assert_eq!((missing.code, missing.out()), (1, ""), "{}", missing.err());
    assert!(missing.err().contains("desk has no agent-handoff"), "{}", missing.err());
    for to in ["-oProxyCommand=touch x:y", "--", "-Fx"] {
        let refused = line.send(&[to]);
        assert_eq!((refused.code, refused.out()), (2, ""), "{to}: {}", refused.err());
        let behind = line.send(&["--", to]);
        assert_eq!((behind.code, behind.out()), (2, ""), "{to}: {}", behind.err());
    }
    assert!(!line.pair.laptop.app.join("x").exists());
    line.counts(1, 0);
}
