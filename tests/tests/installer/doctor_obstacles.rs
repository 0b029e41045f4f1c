//! What stands in the way of our files: doctor names it, and what it says works.

use std::process::Command;

use crate::doctor::finds;
use crate::support::{Machine, mode};

fn installed() -> Machine {
    let machine = Machine::small();
    machine.install();
    machine
}

#[test]
fn a_directory_or_a_fifo_where_an_agent_looks_for_a_file_is_named_and_moved_away() {
    for (agent, file) in [
        ("Claude Code", ".claude/settings.json"),
        ("Codex", ".codex/config.toml"),
        ("Codex", ".codex/AGENTS.md"),
        ("Claude Code", ".claude/skills/handoff/SKILL.md"),
    ] {
        let machine = installed();
        let path = machine.path(file);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        finds(&machine, &format!("{agent}: ~/{file} is a directory, where a file belongs\n"));
    }
    let machine = installed();
    let path = machine.path(".claude/settings.json");
    std::fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let ran = machine.run(&["doctor", "--quick"]);
    let said = "problem  Claude Code: ~/.claude/settings.json is a special file, where a file belongs\n";
    assert!(
        ran.code == 1 && ran.out().contains(said) && ran.out().contains("\n1 problem\n"),
        "{}",
        ran.out()
    );
}

#[test]
fn what_is_no_directory_on_the_way_to_the_skills_is_one_finding() {
    let machine = installed();
    let skills = machine.path(".claude/skills");
    std::fs::remove_dir_all(&skills).unwrap();
    std::os::unix::fs::symlink("/nonexistent/skills", &skills).unwrap();
    let ran = machine.run(&["doctor", "--quick"]);
    let said = "problem  Claude Code: ~/.claude/skills is a link that leads to no directory: nothing of ours can be put there\n";
    assert!(
        ran.code == 1 && ran.out().contains(said) && ran.out().contains("\n1 problem\n"),
        "{}",
        ran.out()
    );
    std::fs::remove_file(&skills).unwrap();
    std::fs::write(&skills, "mine").unwrap();
    let ran = machine.run(&["doctor", "--quick"]);
    let said = "problem  Claude Code: ~/.claude/skills is a file, where a directory belongs: nothing of ours can be put there\n";
    assert!(
        ran.code == 1 && ran.out().contains(said) && ran.out().contains("\n1 problem\n"),
        "{}",
        ran.out()
    );
    assert_eq!(machine.shell(&format!("mv {0} {0}.old", skills.display())).code, 0);
    machine.install();
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
}

#[test]
fn skills_that_are_missing_where_nothing_can_be_written_are_a_matter_of_the_directory() {
    if !tests::can("be refused by a mode", !tests::is_root() || tests::has("setpriv")) {
        return;
    }
    let machine = installed();
    std::fs::remove_dir_all(machine.path(".claude/skills/handoff")).unwrap();
    mode(&machine.path(".claude/skills"), 0o500);
    let mut doctor = if tests::is_root() {
        let mut doctor = machine.command("setpriv", &["--bounding-set=-dac_override,-dac_read_search", "--"]);
        doctor.arg(machine.program("handoff"));
        doctor
    } else {
        machine.command(machine.program("handoff"), &[])
    };
    doctor.args(["doctor", "--quick"]);
    let ran = tests::feed(doctor, b"");
    mode(&machine.path(".claude/skills"), 0o700);
    let said = "problem  Claude Code: nothing can be written to ~/.claude/skills: permission denied: nothing of ours can be put there\n";
    assert!(ran.code == 1 && ran.out().contains(said) && ran.out().contains("chmod u+rwx "), "{}", ran.out());
}

#[test]
fn a_command_that_is_a_link_to_nothing_is_linked_again() {
    let machine = installed();
    let link = machine.path(".local/bin/handoff");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("/nonexistent/handoff", &link).unwrap();
    finds(&machine, "programs: ~/.local/bin/handoff is a link to /nonexistent/handoff, which is not there\n");
}

#[test]
fn programs_on_a_file_system_that_runs_none_are_not_to_be_installed_again() {
    let machine = installed();
    let prefix = machine.path(".agent-handoff");
    let bind = |rest: &str| {
        let script = format!(
            "mount --bind '{0}' '{0}' && mount -o remount,bind,noexec '{0}' && {rest}",
            prefix.display()
        );
        let plain = machine.installer(&["doctor", "--quick"]);
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &script]).arg(plain.get_program()).args(plain.get_args());
        command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        tests::feed(command, b"")
    };
    if !tests::can("mount a file system noexec", bind("true").code == 0) {
        return;
    }
    let ran = bind("exec \"$0\" \"$@\"");
    let said = "problem  programs: ~/.agent-handoff/bin/session-start does not start: its file system is mounted noexec";
    assert!(ran.code == 1 && ran.out().contains(said), "{}", ran.out());
    assert!(!ran.out().contains("handoff install"), "{}", ran.out());
}
