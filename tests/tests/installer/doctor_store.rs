//! What the doctor says of the store where the programs are not installed, and where nothing can be written.

use std::process::Command;

use tests::Mount;

use crate::support::{Machine, Tree, mode};

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
    let fixes: Vec<&str> =
        ran.out().lines().filter_map(|line| line.trim_start().strip_prefix("fix: ")).collect();
    for fix in &fixes {
        let program = fix.split(' ').next().unwrap().trim_matches('\'');
        assert!(std::path::Path::new(program).is_file(), "{fix}");
    }
    let fix = fixes.iter().find(|fix| fix.contains(" NEW ")).unwrap_or_else(|| panic!("{}", ran.out()));
    let fix = fix.replace(" NEW ", &format!(" '{}' ", moved.display()));
    let done = machine.shell(&fix);
    assert_eq!(done.code, 0, "{fix}: {}", done.err());
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
    let ran =
        bind("\"$0\" \"$@\" | sed -n 's/^ *fix: //p' >\"$HOME/fix\"; sh \"$HOME/fix\"; exec \"$0\" \"$@\"");
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
        doctor.arg(machine.program("handoff"));
        doctor
    } else {
        machine.command(machine.program("handoff"), &[])
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

/// Takes all the room of the file system at `path`.
fn fill(path: &std::path::Path) {
    let file = path.join("filler");
    let _ = std::fs::write(&file, vec![0; 4 << 20]);
    assert!(std::fs::metadata(&file).unwrap().len() < 4 << 20, "{}", path.display());
}

/// The doctor has one problem, in a line that begins with `problem`; and it leaves `at` as it is.
#[track_caller]
fn finds(machine: &Machine, at: &std::path::Path, problem: &str, fix: &str) {
    let before = Tree::with_times(at);
    let ran = machine.run(&["doctor", "--quick"]);
    before.is(&Tree::with_times(at));
    assert_eq!((ran.code, ran.err()), (1, ""), "{}", ran.out());
    assert!(ran.out().contains(&format!("problem  {problem}")), "{problem}: {}", ran.out());
    assert!(ran.out().contains("\n1 problem\n") && ran.out().contains(fix), "{}", ran.out());
}

#[test]
fn a_store_or_a_state_directory_on_a_full_disk_is_named_with_what_is_free() {
    for (name, problem, effect) in [
        (
            ".agent-handoffs",
            "store: nothing can be written to ~/.agent-handoffs",
            "no handoff can be left or archived",
        ),
        (
            ".local/state/agent-handoff",
            "state: nothing can be written to ~/.local/state/agent-handoff",
            "no capture can be signed, and nothing that handover wires recorded",
        ),
    ] {
        let machine = Machine::small();
        machine.install();
        let at = machine.path(name);
        let Some(full) = Mount::tmpfs(&at, "size=256k") else { return };
        assert_eq!(machine.run(&["doctor", "--quick"]).code, 0, "{name}");
        fill(&at);
        finds(
            &machine,
            &at,
            &format!("{problem}: no space left on device (0 KiB are free): {effect}\n"),
            "df -h ",
        );
        drop(full);
        let _no_inodes = Mount::tmpfs(&at, "size=256k,nr_inodes=1");
        let no_inode = "no space left on device (256 KiB are free, and no inode for another file)";
        finds(&machine, &at, &format!("{problem}: {no_inode}: {effect}\n"), "df -i ");
    }
}

#[test]
fn a_full_disk_with_inboxes_is_one_finding_about_the_store() {
    let machine = Machine::new();
    machine.install();
    let at = machine.path(".agent-handoffs");
    let Some(_full) = Mount::tmpfs(&at, "size=512k") else { return };
    leave(&machine, "app");
    leave(&machine, "other");
    fill(&at);
    finds(
        &machine,
        &at,
        "store: nothing can be written to ~/.agent-handoffs: no space left on device (0 KiB",
        "df -h ",
    );
}

#[test]
fn what_stands_where_the_store_or_the_state_directory_belongs_is_named_and_can_be_moved_away() {
    let fifo = |path: &std::path::Path| {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let file = |path: &std::path::Path| std::fs::write(path, "x").unwrap();
    for (name, area) in [(".agent-handoffs", "store"), (".local/state/agent-handoff", "state")] {
        for what in ["a file", "a special file"] {
            let machine = Machine::small();
            machine.install();
            let path = machine.path(name);
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            if what == "a file" {
                file(&path)
            } else {
                fifo(&path)
            }
            let ran = machine.run(&["doctor", "--quick"]);
            assert_eq!(ran.code, 1, "{}", ran.out());
            let said = format!("problem  {area}: ~/{name} is {what}, where a directory belongs: ");
            assert!(ran.out().contains(&said), "{said}: {}", ran.out());
            let fix = format!("mv {0} {0}.old", path.display());
            assert!(ran.out().contains(&fix), "{fix}: {}", ran.out());
            assert_eq!(machine.shell(&fix).code, 0);
            machine.install();
            assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
        }
    }
}
