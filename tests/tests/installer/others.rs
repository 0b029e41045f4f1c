//! Two installations of one user: what the other one wired is its own, and it is named with the command that removes it.

use std::path::{Path, PathBuf};

use tests::feed;

use crate::support::{Machine, apart_from_store, replace};

/// Installs to `prefix` in the world's directory.
fn installed(machine: &Machine, prefix: &str, more: &[&str]) -> PathBuf {
    let prefix = machine.world.path(prefix);
    let mut args = vec!["install", "--home", prefix.to_str().unwrap()];
    args.extend(more);
    machine.done(&args);
    prefix
}

/// The command that removes what the installation in `prefix` wired.
fn removal(prefix: &Path, only: &str) -> String {
    let quoted = |path: PathBuf| match path.to_str().unwrap() {
        path if path.contains(' ') => format!("'{path}'"),
        path => path.to_owned(),
    };
    let (installer, prefix) = (quoted(prefix.join("bin/handoff")), quoted(prefix.to_owned()));
    format!("{installer} uninstall{only} --home {prefix}")
}

#[test]
fn an_uninstall_where_nothing_is_installed_leaves_another_installation_as_it_is() {
    let machine = Machine::new();
    let prefix = installed(&machine, "other prefix", &["--codex-hook"]);
    assert_eq!(feed(machine.command(prefix.join("bin/handover"), &["install"]), b"").code, 0);
    let before = machine.tree();
    for (only, named) in [
        (&[][..], "Claude Code and Codex"),
        (&["--only", "claude"], "Claude Code"),
        (&["--only", "codex"], "Codex"),
    ] {
        for more in [&["--dry-run"][..], &[]] {
            let args = [&["uninstall"], only, more].concat();
            let said = machine.done(&args);
            let command = removal(&prefix, &only.iter().map(|word| format!(" {word}")).collect::<String>());
            let note = format!(
                "note: the installation in {} still has {named} wired; to remove that: {command}\n",
                prefix.display()
            );
            assert!(said.contains(&note), "{note}: {said}");
            assert!(said.contains("note: what handover wired for you stays: "), "{said}");
            before.is_after(&format!("{args:?}"), &machine.tree());
        }
    }
    let said = machine.uninstall();
    assert!(said.starts_with("removed:     nothing, for nothing was installed\n"), "{said}");
    // The state that both keep is the other's still.
    assert_eq!(feed(machine.command(prefix.join("bin/handover"), &["status"]), b"").code, 0);
    let ran = machine.shell(&removal(&prefix, ""));
    assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
    assert_eq!(apart_from_store(&machine).names(), [".claude", ".codex"]);
}

#[test]
fn an_agent_that_another_installation_wired_is_refused_with_the_command_that_removes_it() {
    let machine = Machine::small();
    machine.install();
    let own = machine.path(".agent-handoff");
    let other = machine.world.path("other prefix");
    let refused = |args: &[&str], named: &str, only: &str| {
        let args = [&["install", "--home", other.to_str().unwrap()], args].concat();
        let said = format!(
            "agent-handoff: could not wire {named}: the installation in ~/.agent-handoff has; to remove what it wired, first \
             run: {}\nnothing was changed\n",
            removal(&own, only)
        );
        machine.refuses(&args, &said);
    };
    refused(&[], "Claude Code and Codex", "");
    refused(&["--only", "claude"], "Claude Code", " --only claude");
    let doctor = machine.run(&["doctor", "--quick", "--home", other.to_str().unwrap()]);
    let note = |only| {
        format!("the installation in ~/.agent-handoff wired it; to remove that: {}\n", removal(&own, only))
    };
    for only in [" --only claude", " --only codex"] {
        assert!(doctor.out().contains(&note(only)), "{}", doctor.out());
    }
    assert!(!doctor.out().contains("not wired"), "{}", doctor.out());
    assert!(!other.exists());
    // As it says: then it is done.
    assert_eq!(machine.shell(&removal(&own, " --only claude")).code, 0);
    machine.done(&["install", "--home", other.to_str().unwrap(), "--only", "claude"]);
}

#[test]
fn of_two_installations_that_wired_an_agent_each_removes_its_own() {
    let machine = Machine::small();
    machine.file(".claude/settings.json", "{\n  \"a\": 1\n}\n");
    machine.file(".codex/AGENTS.md", "# Mine\n");
    let before = apart_from_store(&machine);
    let one = installed(&machine, "one", &["--only", "codex", "--codex-hook"]);
    let codex = machine.tree().only(&[".codex", ".agents", ".local/bin"]);
    let two = installed(&machine, "two", &["--only", "claude"]);
    // The command on PATH is the first one's.
    assert_eq!(std::fs::read_link(machine.path(".local/bin/handoff")).unwrap(), one.join("bin/handoff"));
    let doctor = machine.run(&["doctor", "--quick", "--home", two.to_str().unwrap()]);
    assert_eq!(doctor.code, 0, "{}", doctor.out());
    let said = machine.done(&["uninstall", "--home", two.to_str().unwrap()]);
    assert!(said.contains("still has Codex wired; to remove that: "), "{said}");
    assert!(!two.exists());
    codex.is(&machine.tree().only(&[".codex", ".agents", ".local/bin"]));
    machine.done(&["uninstall", "--home", one.to_str().unwrap()]);
    before.is(&apart_from_store(&machine));
}

#[test]
fn an_installation_whose_hook_stands_beside_ours_is_a_problem_with_its_way_out() {
    let machine = Machine::small();
    machine.install();
    let wired = machine.text(".claude/settings.json");
    machine.done(&["uninstall", "--only", "claude"]);
    let other = installed(&machine, "other", &["--only", "claude"]);
    let theirs = machine.text(".claude/settings.json");
    assert_ne!(wired, theirs);
    // As one that both wired, before each left the other's alone.
    let manifest = machine.text(".agent-handoff/manifest.json");
    let manifest = manifest.replace("\"agents\": [\n", "\"agents\": [\n    \"claude\",\n");
    machine.file(".agent-handoff/manifest.json", manifest);
    let doctor = machine.run(&["doctor", "--quick"]);
    let problem = format!(
        "problem  Claude Code: the installation in {} wired it too\n         fix: {}\n",
        other.display(),
        removal(&other, "")
    );
    assert!(doctor.code == 1 && doctor.out().contains(&problem), "{}", doctor.out());
    machine.done(&["uninstall"]);
    assert_eq!(machine.text(".claude/settings.json"), theirs);
}

// What an earlier version called its program.
#[test]
fn a_handler_of_ours_with_another_program_in_this_prefix_gives_way() {
    for (name, more) in [(".claude/settings.json", ""), (".codex/hooks.json", "--codex-hook")] {
        let machine = Machine::small();
        let install: Vec<&str> = ["install", more].into_iter().filter(|word| !word.is_empty()).collect();
        machine.done(&install);
        let wired = machine.text(name);
        machine.file(name, wired.replace("bin/session-start", "bin/surface"));
        machine.done(&install);
        assert_eq!(machine.text(name), wired);
        // Another program of ours, or one that is called otherwise, is the user's to run.
        let theirs = wired.replace("bin/session-start", "bin/mine").replace("10000", "10");
        machine.file(name, &theirs);
        replace(&machine.program("mine"), "#!/bin/sh\n");
        machine.done(&install);
        assert!(machine.text(name).contains("bin/mine") && machine.text(name).contains("bin/session-start"));
        machine.uninstall();
        assert!(machine.text(name).contains("bin/mine"));
    }
}
