//! What the doctor says of the store where the programs are not installed, and where nothing can be written.

use std::process::Command;

use crate::support::{Machine, mode};

/// Leaves a handoff for the directory `name` with the programs that are about to be installed.
#[track_caller]
fn leave(machine: &Machine, name: &str) {
    let dir = machine.world.dir(name);
    let mut write = machine.command(machine.dist.join("handoff-write"), &[]);
    write.current_dir(dir);
    let ran = tests::feed(write, tests::BODY.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err());
}

#[test]
fn a_command_that_the_doctor_names_is_there_also_where_nothing_is_installed() {
    let machine = Machine::new();
    leave(&machine, "app");
    let moved = machine.world.path("moved");
    std::fs::rename(machine.world.path("app"), &moved).unwrap();
    let ran = machine.run(&["doctor", "--quick"]);
    assert_eq!(ran.code, 1);
    let mends: Vec<&str> =
        ran.out().lines().filter_map(|line| line.trim_start().strip_prefix("mend: ")).collect();
    for mend in &mends {
        let program = mend.split(' ').next().unwrap().trim_matches('\'');
        assert!(std::path::Path::new(program).is_file(), "{mend}");
    }
    let mend = mends.iter().find(|mend| mend.contains(" NEW ")).unwrap_or_else(|| panic!("{}", ran.out()));
    let mend = mend.replace(" NEW ", &format!(" '{}' ", moved.display()));
    let done = machine.shell(&mend);
    assert_eq!(done.code, 0, "{mend}: {}", done.err());
    assert!(!ran.out().contains("`handover enable`"), "the shell finds no such command: {}", ran.out());
}

#[test]
fn a_store_that_is_mounted_read_only_is_one_finding() {
    let machine = Machine::new();
    machine.install();
    for number in 0..5 {
        leave(&machine, &format!("app {number}"));
    }
    let bind = |rest: &str| {
        let store = machine.path(".agent-handoffs");
        let script =
            format!("mount --bind '{0}' '{0}' && mount -o remount,bind,ro '{0}' && {rest}", store.display());
        let plain = machine.installer(&["doctor", "--quick"]);
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &script]).arg(plain.get_program()).args(plain.get_args());
        command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        tests::feed(command, b"")
    };
    if !tests::can("mount a file system read-only", bind("true").code == 0) {
        return;
    }
    let ran = bind("exec \"$0\" \"$@\"");
    assert_eq!((ran.code, ran.err()), (1, ""), "{}", ran.out());
    let said = "problem  store: ~/.agent-handoffs is on a file system that is mounted read-only: ";
    assert!(ran.out().contains(said) && ran.out().contains("\n1 problem\n"), "{}", ran.out());
    assert!(!ran.out().contains("chown"), "{}", ran.out());
    let ran = bind(
        "\"$0\" \"$@\" | sed -n 's/^ *mend: //p' >\"$HOME/mend\"; sh \"$HOME/mend\"; exec \"$0\" \"$@\"",
    );
    assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
}

#[test]
fn many_inboxes_that_cannot_be_used_are_one_finding() {
    if !tests::can("be refused by a mode", !tests::is_root() || tests::has("setpriv")) {
        return;
    }
    let machine = Machine::new();
    machine.install();
    for number in 0..5 {
        leave(&machine, &format!("app {number}"));
    }
    let inside = |dir: &std::path::Path| -> Vec<_> {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let inboxes = inside(&machine.path(".agent-handoffs")).into_iter().flat_map(|dir| inside(&dir));
    let unread: Vec<_> = inboxes.map(|inbox| inbox.join("unread")).filter(|unread| unread.is_dir()).collect();
    assert_eq!(unread.len(), 5);
    unread.iter().for_each(|unread| mode(unread, 0o000));
    let mut doctor = if tests::is_root() {
        // Without these root is refused as others are.
        let mut doctor = machine.command("setpriv", &["--bounding-set=-dac_override,-dac_read_search", "--"]);
        doctor.arg(machine.program("installer"));
        doctor
    } else {
        machine.command(machine.program("installer"), &[])
    };
    doctor.args(["doctor", "--quick"]);
    let ran = tests::feed(doctor, b"");
    assert!(
        ran.out().contains("inboxes cannot be used, as this one: ") && ran.out().contains("\n1 problem\n"),
        "{}",
        ran.out()
    );
}

#[test]
fn a_store_that_is_a_link_to_nothing_is_a_problem() {
    let machine = Machine::new();
    machine.install();
    let store = machine.path(".agent-handoffs");
    std::fs::remove_dir_all(&store).unwrap();
    std::os::unix::fs::symlink("/nonexistent/disk", &store).unwrap();
    let ran = machine.run(&["doctor", "--quick"]);
    let said = "problem  store: ~/.agent-handoffs is a link that leads to no directory";
    assert!(ran.code == 1 && ran.out().contains(said), "{}", ran.out());
}
