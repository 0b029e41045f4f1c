//! The real ssh and sshd. Sshd speaks through pipes (`ProxyCommand`), so that no port is needed.

use std::path::{Path, PathBuf};

use tests::{can, feed, has, is_root};

use crate::support::Machine;

const SSHD: &str = "/usr/sbin/sshd";

/// A server, which clients reach as `hub`.
pub(crate) struct Sshd {
    dir: PathBuf,
}

impl Sshd {
    /// One whose files are in `dir`, and which lets in whose keys are in the file `authorized`.
    pub(crate) fn new(dir: &Path, authorized: &Path, more: &str) -> Option<Self> {
        let is_possible = Path::new(SSHD).exists() && has("ssh") && has("ssh-keygen") && is_root();
        if !can("run sshd as root", is_possible) {
            return None;
        }
        // Sshd separates its privileges in it; the package makes it when the machine starts.
        std::fs::create_dir_all("/run/sshd").unwrap();
        let sshd = Self { dir: dir.to_owned() };
        sshd.key("host");
        let config = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPidFile none\nLogLevel QUIET\n{more}",
            sshd.at("host").display(),
            authorized.display()
        );
        std::fs::write(sshd.at("sshd_config"), config).unwrap();
        let (connections, config) = (sshd.at("connections"), sshd.at("sshd_config"));
        let proxy =
            format!("echo x >>'{}'\nexec {SSHD} -i -f '{}'\n", connections.display(), config.display());
        std::fs::write(sshd.at("proxy"), proxy).unwrap();
        let host = std::fs::read_to_string(sshd.at("host.pub")).unwrap();
        std::fs::write(sshd.at("known"), format!("hub {host}")).unwrap();
        Some(sshd)
    }

    /// A file of it.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Makes the key `name`, and `name.pub`.
    pub(crate) fn key(&self, name: &str) {
        let mut keygen = std::process::Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(self.at(name));
        assert_eq!(feed(keygen, b"").code, 0);
    }

    /// Writes the configuration of a client with the key `key`, with `more` of it.
    pub(crate) fn config(&self, key: &str, more: &str) {
        let at = |name: &str| self.at(name).display().to_string();
        let config = format!(
            "Host hub\nUser root\nIdentityFile {}\nIdentitiesOnly yes\nUserKnownHostsFile {}\nHostKeyAlias hub\n\
             StrictHostKeyChecking yes\nLogLevel ERROR\nProxyCommand sh '{}'\n{more}",
            at(key),
            at("known"),
            at("proxy")
        );
        std::fs::write(self.at(&format!("{key}.config")), config).unwrap();
    }

    /// Has ssh on `machine` be the client with the key `key`.
    pub(crate) fn give(&self, machine: &mut Machine, key: &str) {
        let config = self.at(&format!("{key}.config"));
        machine
            .world
            .wrap("ssh", &format!("#!/bin/sh\nexec /usr/bin/ssh -F '{}' \"$@\"\n", config.display()));
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        std::fs::read_to_string(self.at("connections")).unwrap_or_default().lines().count()
    }
}
