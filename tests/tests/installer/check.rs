//! Is there something newer? Said in a line, asked of git once a day, in nobody's way.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tests::Ran;

use crate::support::{Machine, replace};

/// An installation from a checkout that follows another repository.
pub(crate) struct Upstream {
    pub(crate) machine: Machine,
    pub(crate) remote: PathBuf,
    pub(crate) checkout: PathBuf,
}

impl Upstream {
    pub(crate) fn new() -> Self {
        let machine = Machine::small();
        let remote = machine.world.repo("remote");
        let checkout = machine.world.path("check out");
        machine.world.git(&remote, &["clone", "--quiet", ".", checkout.to_str().unwrap()]);
        machine.install();
        let upstream = Self { machine, remote, checkout };
        upstream.installed_from(&upstream.head());
        upstream
    }

    /// Notes `commit` of the checkout as what is installed.
    pub(crate) fn installed_from(&self, commit: &str) {
        let mut manifest = self.machine.manifest();
        manifest["checkout"] = self.checkout.to_str().unwrap().into();
        manifest["commit"] = commit.into();
        self.machine.file(".agent-handoff/manifest.json", serde_json::to_string_pretty(&manifest).unwrap());
    }

    pub(crate) fn head(&self) -> String {
        self.machine.world.git(&self.checkout, &["rev-parse", "HEAD"])
    }

    /// A commit upstream; gives its name.
    pub(crate) fn publish(&self, file: &str, content: &str, message: &str) -> String {
        let path = self.remote.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self.machine.world.commit(&self.remote, message);
        self.machine.world.git(&self.remote, &["rev-parse", "HEAD"])
    }

    fn check(&self, args: &[&str]) -> Ran {
        self.machine.run(&[&["upgrade-check"], args].concat())
    }

    fn state(&self) -> String {
        std::fs::read_to_string(self.machine.path(".agent-handoff/upgrade-check.json")).unwrap_or_default()
    }

    /// Waits until what runs in the background has noted `commit`.
    #[track_caller]
    fn noted(&self, commit: &str) {
        let start = Instant::now();
        while !self.state().contains(&format!("\"newest\":\"{commit}\"")) {
            assert!(start.elapsed() < Duration::from_secs(20), "never noted: {}", self.state());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// As if the last question had been a day ago.
    fn a_day_later(&self) {
        let mut state: serde_json::Value = serde_json::from_str(&self.state()).unwrap();
        state["asked"] = 1.into();
        self.machine.file(".agent-handoff/upgrade-check.json", state.to_string());
    }
}

#[test]
fn it_is_said_once_the_background_knows_and_asked_once_a_day() {
    let upstream = Upstream::new();
    let newest = upstream.publish("new.txt", "1", "One more");
    upstream.check(&[]).is_silent();
    upstream.noted(&newest);
    let line = format!(
        "upgrade:  agent-handoff {} is there, 1 commit newer: the skill upgrade-handoff gets it\n",
        &newest[..7]
    );
    let state = upstream.state();
    for _ in 0..2 {
        upstream.check(&[]).is(0, &line, "");
    }
    // Another one comes, and nobody asks for it before the day is over.
    let newer = upstream.publish("new.txt", "2", "Two more");
    upstream.check(&[]).is(0, &line, "");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(upstream.state(), state);
    assert_eq!(
        upstream.machine.json(&["upgrade-check", "--json"], 0),
        serde_json::json!({"newest": newest, "commits": 1})
    );
    upstream.a_day_later();
    upstream.check(&[]).is(0, &line, "");
    upstream.noted(&newer);
    assert!(upstream.check(&[]).out().contains("2 commits newer"));
    // Once it is installed there is nothing to say.
    upstream.installed_from(&newer);
    upstream.check(&[]).is_silent();
}

#[test]
fn a_version_that_is_skipped_is_not_named_again_and_a_later_one_is() {
    let upstream = Upstream::new();
    upstream.check(&["--skip"]).is(0, "agent-handoff: there is nothing to skip\n", "");
    let newest = upstream.publish("new.txt", "1", "One more");
    upstream.check(&[]).is_silent();
    upstream.noted(&newest);
    upstream.check(&["--skip"]).is(
        0,
        &format!("agent-handoff: nothing more will be said of {}\n", &newest[..7]),
        "",
    );
    upstream.check(&[]).is_silent();
    let newer = upstream.publish("new.txt", "2", "Two more");
    upstream.a_day_later();
    upstream.check(&[]).is_silent();
    upstream.noted(&newer);
    assert!(upstream.check(&[]).out().contains(&newer[..7]));
    assert_eq!(
        upstream.machine.json(&["upgrade-check", "--skip", "--json"], 0)["newest"],
        serde_json::Value::Null
    );
    upstream.check(&[]).is_silent();
}

#[test]
fn whatever_is_wrong_is_passed_over_in_silence() {
    // Switched off.
    let upstream = Upstream::new();
    let newest = upstream.publish("new.txt", "1", "One more");
    let mut off = upstream.machine.installer(&["upgrade-check"]);
    off.env("AGENT_HANDOFF_NO_UPDATE_CHECK", "1");
    tests::feed(off, b"").is_silent();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(upstream.state(), "");
    // A state that is broken is asked for anew.
    upstream.machine.file(".agent-handoff/upgrade-check.json", "{\"asked\": \"yesterday\"");
    upstream.check(&[]).is_silent();
    upstream.noted(&newest);
    // Offline: what was known is said still.
    std::fs::rename(&upstream.remote, upstream.machine.world.path("gone")).unwrap();
    upstream.a_day_later();
    assert!(upstream.check(&[]).out().contains("1 commit newer"));
    upstream.machine.run(&["upgrade-check", "--now"]).is_silent();
    // The checkout is gone too.
    std::fs::rename(&upstream.checkout, upstream.machine.world.path("gone too")).unwrap();
    upstream.a_day_later();
    assert_eq!(upstream.check(&[]).code, 0);
    upstream.machine.run(&["upgrade-check", "--now"]).is_silent();
    // The state cannot be written.
    std::fs::remove_file(upstream.machine.path(".agent-handoff/upgrade-check.json")).unwrap();
    std::fs::create_dir(upstream.machine.path(".agent-handoff/upgrade-check.json")).unwrap();
    upstream.check(&[]).is_silent();
    // The manifest is broken; nothing is installed; there is no HOME.
    upstream.machine.file(".agent-handoff/manifest.json", "{");
    upstream.check(&[]).is_silent();
    Machine::small().run(&["upgrade-check"]).is_silent();
    let machine = Machine::small();
    let mut homeless = machine.installer(&["upgrade-check"]);
    homeless.env_remove("HOME");
    tests::feed(homeless, b"").is_silent();
}

#[test]
fn a_remote_that_hangs_keeps_nobody_waiting() {
    let upstream = Upstream::new();
    let dir = upstream.machine.world.dir("slow");
    let log = upstream.machine.world.path("asked");
    replace(&dir.join("git"), &format!("#!/bin/sh\necho \"$$ $*\" >>'{}'\nexec sleep 60\n", log.display()));
    let mut check = upstream.machine.installer(&["upgrade-check"]);
    check.env("PATH", std::env::join_paths([dir, "/usr/bin".into(), "/bin".into()]).unwrap());
    let start = Instant::now();
    tests::feed(check, b"").is_silent();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    while !std::fs::read_to_string(&log).is_ok_and(|log| log.ends_with('\n')) {
        assert!(start.elapsed() < Duration::from_secs(20), "nobody asked");
        std::thread::sleep(Duration::from_millis(10));
    }
    let asked = std::fs::read_to_string(&log).unwrap();
    assert!(asked.contains("fetch --quiet"), "{asked}");
    upstream.check(&[]).is_silent();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), asked, "asked again on the same day");
    let pid: i32 = asked.split(' ').next().unwrap().parse().unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
}
