//! Installations that fail or meet another: what was there before is there still, and works.

use crate::support::{Machine, apart_from_store, replace};
use tests::feed;

/// Programs that do not pass their proof, and what is said of them.
const BROKEN: [(&str, &str, &str); 4] = [
    ("session-start", "#!/bin/sh\nexit 3\n", "session-start ended with exit status: 3"),
    (
        "session-start",
        "#!/bin/sh\n[ \"$1\" = --version ] || echo nothing\n",
        "session-start did not show the handoff",
    ),
    ("handoff-write", "#!/nowhere/sh\n", "handoff-write does not start"),
    // Whether the system takes it for a shell's depends on the C library.
    ("inbox", "not even a script", "inbox "),
];

#[test]
fn programs_that_fail_their_proof_on_a_new_machine_leave_no_trace() {
    for (program, script, why) in BROKEN {
        let machine = Machine::small();
        replace(&machine.dist.join(program), script);
        machine.file(".claude/settings.json", "{}");
        machine.refuses(
            &["install"],
            "agent-handoff: the programs failed their proof, so those that were there before are back: ",
        );
        machine.refuses(&["install", "--codex-hook"], why);
    }
}

#[test]
fn programs_that_fail_their_proof_give_way_to_those_of_before() {
    for (program, script, why) in BROKEN {
        let machine = Machine::small();
        machine.install();
        // As it was before something was added to the next version, and with a wiring that this one would change.
        machine.file(".claude/settings.json", "{}");
        machine.stand_ins("the next version");
        replace(&machine.dist.join(program), script);
        machine.refuses(&["install"], why);
        let ran = feed(machine.command(machine.program("handoff"), &["install"]), b"");
        assert_eq!(ran.code, 0, "{}", ran.err());
    }
}

#[test]
fn a_file_that_an_older_version_had_is_back_when_the_newer_fails() {
    let machine = Machine::small();
    machine.install();
    let old = machine.file(".agent-handoff/bin/older", "#!/bin/sh\n");
    crate::support::mode(&old, 0o755);
    let manifest = machine.text(".agent-handoff/manifest.json");
    let is_after = |line: &&str| line.contains("/bin/session-start\": \"") && !line.contains("/plugins/");
    let line = manifest.lines().find(is_after).unwrap();
    let older = line.replace("session-start", "older");
    machine.file(".agent-handoff/manifest.json", manifest.replace(line, &format!("{older}\n{line}")));
    replace(&machine.dist.join("inbox"), "#!/bin/sh\nexit 1\n");
    machine.refuses(&["install"], "inbox ended with exit status: 1");
    machine.stand_ins("");
    machine.install();
    assert!(!old.exists());
}

#[test]
fn another_installer_at_work_is_named() {
    let machine = Machine::small();
    machine.install();
    let lock = std::fs::File::open(machine.path(".agent-handoff/.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    for verb in ["install", "uninstall"] {
        machine.refuses(
            &[verb],
            "agent-handoff: another installer is at work on ~/.agent-handoff: wait for it\n",
        );
    }
    // Who only looks waits for nobody.
    assert_eq!(machine.run(&["doctor"]).code, 0);
    machine.done(&["install", "--dry-run"]);
    drop(lock);
    machine.install();
}

#[test]
fn of_installers_that_start_at_once_each_is_done_or_refused_and_the_result_is_right() {
    let machine = Machine::small();
    let before = machine.tree();
    machine.done(&["install", "--codex-hook"]);
    let wired = machine.tree();
    for round in 0..4 {
        machine.uninstall();
        let children: Vec<_> = (0..4)
            .map(|_| {
                let mut command = machine.installer(&["install", "--codex-hook"]);
                command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        let mut done = 0;
        for child in children {
            let output = child.wait_with_output().unwrap();
            let err = String::from_utf8(output.stderr).unwrap();
            match output.status.code() {
                Some(0) => done += 1,
                _ => assert!(err.starts_with("agent-handoff: another installer is at work on"), "{err}"),
            }
        }
        assert!(done > 0);
        wired.is_after(&format!("round {round}"), &machine.tree());
    }
    machine.uninstall();
    before.is(&apart_from_store(&machine));
}

#[test]
fn a_full_disk_leaves_the_programs_of_before_all_of_one_version() {
    let machine = Machine::small();
    let prefix = machine.world.path("small disk");
    let mounted = || {
        std::fs::create_dir_all(&prefix).unwrap();
        let mut mount = std::process::Command::new("mount");
        let bytes = |name| std::fs::metadata(machine.dist.join(name)).unwrap().len();
        let size = format!("size={},mode=0700", bytes("handoff") + bytes("handover") * 3 / 2 + (256 << 10));
        mount.args(["-t", "tmpfs", "-o", &size, "none"]).arg(&prefix);
        mount.output().is_ok_and(|output| output.status.success())
    };
    if !tests::can("mount a tmpfs", tests::is_root() && mounted()) {
        return;
    }
    struct Mounted<'a>(&'a std::path::Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount").arg("-l").arg(self.0).output();
        }
    }
    let _mounted = Mounted(&prefix);
    let home = prefix.join("it");
    let home = home.to_str().unwrap();
    machine.done(&["install", "--home", home]);
    // Every program is another, and the last of them does not fit beside the one it replaces.
    machine.stand_ins("the next version");
    // Not written by this process, which starts others meanwhile.
    let longer = "cp handover longer && printf x >>longer && mv -f longer handover";
    let made = std::process::Command::new("sh").args(["-c", longer]).current_dir(&machine.dist).status();
    assert!(made.unwrap().success());
    let before = crate::support::Tree::of(&prefix);
    machine.refuses(&["install", "--home", home], "no space left on device");
    before.is(&crate::support::Tree::of(&prefix));
}

#[test]
fn a_program_that_was_changed_in_the_prefix_is_no_source() {
    let machine = Machine::small();
    machine.install();
    crate::support::replace(&machine.program("inbox"), "#!/bin/sh\necho changed\n");
    let before = machine.tree();
    let ran = tests::feed(machine.command(machine.program("handoff"), &["install"]), b"");
    assert_eq!(ran.code, 1);
    assert!(
        ran.err().contains("inbox there is not what was installed; install from a checkout"),
        "{}",
        ran.err()
    );
    before.is(&machine.tree());
    // From where the programs came from it is fixed.
    machine.install();
    machine.done(&["doctor"]);
}
