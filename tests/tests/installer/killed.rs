//! The installer, killed or refused something at every step: every file of the user's is whole, and the next run ends
//! where an undisturbed one does.

use std::path::Path;
use std::process::Command;

use tests::{PROGRAMS, can_trace, feed, traced};

use crate::support::{Machine, STORE, Tree, is_one_file, note};

/// The calls that change what is on the disk.
const STEPS: &str = "?open,openat,write,?rename,?renameat,renameat2,?unlink,unlinkat,?mkdir,mkdirat,?symlink,symlinkat,fchmod,fsync,fdatasync,pwrite64,ftruncate,fsetxattr";

/// The files of the user's that are edited.
const EDITED: [&str; 4] =
    [".claude/settings.json", ".codex/AGENTS.md", ".codex/config.toml", ".codex/hooks.json"];

/// Another name of Codex's configuration.
const OTHER_NAME: &str = "dotfiles/config.toml";

struct Step {
    name: String,
    number: usize,
    line: String,
}

/// What `machine`'s installer does, step by step. Of the files that are all alike only a few.
fn steps(machine: &Machine, args: &[&str], log: &Path) -> Vec<Step> {
    let trace = format!("trace={STEPS}");
    let ran = feed(traced(&machine.installer(args), &["-e", &trace], log), b"");
    assert_eq!(ran.code, 0, "{}", ran.err());
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    let mut numbers = std::collections::HashMap::new();
    let mut steps = Vec::new();
    for line in text.lines() {
        let Some((name, _)) = line.split_once('(') else { continue };
        let number: &mut usize =
            numbers.entry(name.to_owned()).and_modify(|number| *number += 1).or_insert(1);
        let is_opening = name.starts_with("open") && !line.contains("O_CREAT");
        let is_alike = line.contains("/.agent-handoff/plugins") || line.contains("/.agent-handoff/skills");
        if line.contains("/home") && !is_opening && (!is_alike || (*number).is_multiple_of(9)) {
            steps.push(Step { name: name.to_owned(), number: *number, line: line.to_owned() });
        }
    }
    steps
}

/// The starting state: all files of the user's, wired or not, of an older version or this.
fn machine(is_installed: bool) -> Machine {
    let machine = Machine::small();
    machine.file(".claude/settings.json", "{\n  \"a\": 1e2\n}\n");
    machine.file("dotfiles/agents.md", "# Mine");
    machine.link(".codex/AGENTS.md", "../dotfiles/agents.md");
    // A dotfile manager may have another name for one, and users note things of them.
    let configuration = machine.file(".codex/config.toml", "a = 1\n");
    std::fs::hard_link(configuration, machine.path(OTHER_NAME)).unwrap();
    note(&machine.path(".claude/settings.json"), b"mine");
    if is_installed {
        machine.done(&["install", "--codex-hook"]);
    }
    machine
}

/// HOME as it was made once, made again.
struct Reset {
    saved: std::path::PathBuf,
}

impl Reset {
    fn of(machine: &Machine) -> Self {
        let saved = machine.world.path("saved");
        copy(&machine.home, &saved);
        Self { saved }
    }

    fn reset(&self, machine: &Machine) {
        std::fs::remove_dir_all(&machine.home).unwrap();
        copy(&self.saved, &machine.home);
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// Every edited file and every program is as it was before or as it is after.
#[track_caller]
fn are_whole(machine: &Machine, before: &Tree, after: &Tree, what: &str) {
    let now = machine.tree();
    assert!(is_one_file(&machine.path(".codex/config.toml"), &machine.path(OTHER_NAME)), "{what}");
    // What is written to where it is may be cut short; then a record lies beside it, and the next run repairs it.
    let is_recorded = now.names().iter().any(|name| name.ends_with(".of-config.toml"));
    let programs = PROGRAMS.map(|program| format!(".agent-handoff/bin/{program}"));
    let programs = programs.iter().map(String::as_str);
    for file in EDITED.into_iter().chain(["dotfiles/agents.md"]).chain(programs) {
        if is_recorded && file == ".codex/config.toml" {
            continue;
        }
        let now = now.clone().only(&[file]);
        if now != before.clone().only(&[file]) {
            after.clone().only(&[file]).is_after(&format!("{what}: {file}"), &now);
        }
    }
}

/// Disturbs `args` at each of its steps. `state` is the state it starts from; `install` and `uninstall` are what an
/// undisturbed one leaves.
fn disturbed(args: &[&str], is_installed: bool, part: usize, faults: &[&str]) {
    if !can_trace() {
        return;
    }
    let machine = machine(is_installed);
    let log = machine.world.path("trace");
    let reset = Reset::of(&machine);
    let before = machine.tree();
    if is_installed {
        machine.stand_ins("the next version");
    }
    let install = ["install", "--codex-hook"];
    machine.done(&install);
    let installed = machine.tree();
    machine.uninstall();
    let uninstalled = machine.tree();
    let after = if args[0] == "install" { &installed } else { &uninstalled };
    reset.reset(&machine);
    let mut steps = steps(&machine, args, &log);
    if faults == KILL {
        // What it brings to the disk or whom it lets read is no other state than the one before its next step.
        steps.retain(|step| !["fsync", "fdatasync", "fchmod"].contains(&step.name.as_str()));
    }
    after.is_after("undisturbed", &machine.tree());
    assert!(steps.len() > 20, "{}", steps.len());
    let (mut refused, mut count) = (0, 0);
    for (at, step) in steps.iter().enumerate().filter(|(at, _)| part == ALL || at % 2 == part) {
        let fault = faults[at / 2 % faults.len()];
        reset.reset(&machine);
        let inject = format!("inject={}:{fault}:when={}", step.name, step.number);
        let what = format!("{args:?} with {inject} at {}", step.line);
        let ran = feed(
            traced(&machine.installer(args), &["-e", &format!("trace={}", step.name), "-e", &inject], &log),
            b"",
        );
        are_whole(&machine, &before, after, &what);
        if fault.starts_with("signal") {
            assert_eq!(ran.code, 137, "{what}: {}", ran.err());
        } else if ran.code != 0 {
            assert_eq!(ran.code, 1, "{what}");
            // What can be done is, and then it is said what was.
            let (rest, heading) = match args[0] {
                "install" => ("; the rest is done", "installed:"),
                _ => ("; the rest is removed", "removed:"),
            };
            let goes_on = ran.err().contains(rest);
            assert_eq!(ran.out().starts_with(heading), goes_on, "{what}: {}", ran.out());
            assert!(
                ran.err().starts_with("agent-handoff: could not ")
                    && (goes_on || ran.err().lines().count() <= 2),
                "{what}: {}",
                ran.err()
            );
            refused += 1;
            // What was there before works still.
            if is_installed && args[0] == "install" {
                let doctor = feed(machine.command(machine.program("handoff"), &["--version"]), b"");
                assert_eq!(doctor.code, 0, "{what}");
            }
        }
        count += 1;
        // The way on is the same again or the opposite, in turn: neighbouring steps leave nearly the same behind.
        if count % 2 == 0 {
            machine.done(&install);
            installed.is_after(&what, &machine.tree());
        } else {
            machine.uninstall();
            // The store may not have been made yet.
            uninstalled.clone().without(STORE).is_after(&what, &machine.tree().without(STORE));
        }
    }
    eprintln!("{count} steps, {refused} refused");
    assert!(faults[0].starts_with("signal") || refused > 5, "{refused} of {count}");
}

/// Not every other step alone.
const ALL: usize = 2;

const KILL: [&str; 1] = ["signal=KILL"];
const REFUSE: [&str; 3] = ["error=ENOSPC", "error=EIO", "error=EACCES"];

#[test]
fn a_first_installation_killed_at_any_step() {
    disturbed(&["install", "--codex-hook"], false, 0, &KILL);
}

#[test]
fn a_first_installation_killed_at_any_other_step() {
    disturbed(&["install", "--codex-hook"], false, 1, &KILL);
}

#[test]
fn a_removal_killed_at_any_step() {
    disturbed(&["uninstall"], true, 0, &KILL);
}

#[test]
fn a_removal_killed_at_any_other_step() {
    disturbed(&["uninstall"], true, 1, &KILL);
}

#[test]
fn a_first_installation_that_is_refused_something_at_any_step() {
    disturbed(&["install", "--codex-hook"], false, 1, &REFUSE);
}

#[test]
fn a_removal_that_is_refused_something_at_any_step() {
    disturbed(&["uninstall"], true, 0, &REFUSE);
}

#[test]
fn a_newer_version_killed_at_any_step() {
    disturbed(&["install", "--codex-hook"], true, ALL, &KILL);
}

#[test]
fn a_newer_version_that_is_refused_something_at_any_step() {
    disturbed(&["install", "--codex-hook"], true, ALL, &REFUSE);
}
