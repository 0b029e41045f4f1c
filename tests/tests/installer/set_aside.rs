//! What cannot be written is set aside: everything else is installed, nothing of the user's is changed, what failed is
//! named once by the path that the user knows, the doctor finds it, and all of it can be finished later and removed.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use tests::Mount;

use crate::support::{Machine, Tree, apart_from_store};

/// What an installation writes outside of its prefix.
const WRITTEN: [&str; 9] = [
    ".claude/settings.json",
    ".codex/AGENTS.md",
    ".codex/config.toml",
    ".codex/hooks.json",
    ".claude/skills/handoff/SKILL.md",
    ".claude/skills/handoff-ds/SKILL.md",
    ".agents/skills/handoff/SKILL.md",
    ".codex/agents/handoff-ds.toml",
    ".local/bin/handoff",
];

const INSTALL: [&str; 2] = ["install", "--codex-hook"];

/// A fault at a path of HOME, made there; the mount that it is, if it is one. `Err` where this machine cannot.
type Make = fn(&Path) -> Result<Option<Mount>, ()>;

struct Row {
    what: &'static str,
    /// Where the fault is.
    at: &'static str,
    make: Make,
    /// What is not written then: this, and all below it.
    without: &'static str,
    /// What is said of it.
    said: &'static str,
}

fn file(path: &Path) -> Result<Option<Mount>, ()> {
    std::fs::write(path, "no directory").unwrap();
    Ok(None)
}

fn dead_link(path: &Path) -> Result<Option<Mount>, ()> {
    symlink("nowhere", path).unwrap();
    Ok(None)
}

fn link_loop(path: &Path) -> Result<Option<Mount>, ()> {
    symlink(path, path).unwrap();
    Ok(None)
}

fn pipe(path: &Path) -> Result<Option<Mount>, ()> {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    Ok(None)
}

fn directory(path: &Path) -> Result<Option<Mount>, ()> {
    std::fs::create_dir(path).unwrap();
    Ok(None)
}

fn read_only(path: &Path) -> Result<Option<Mount>, ()> {
    std::fs::create_dir(path).unwrap();
    Mount::read_only(path).map(Some).ok_or(())
}

fn read_only_file(path: &Path) -> Result<Option<Mount>, ()> {
    std::fs::write(path, if path.extension().is_some_and(|kind| kind == "json") { "{}" } else { "" })
        .unwrap();
    Mount::read_only(path).map(Some).ok_or(())
}

/// With no room for a directory or a file.
fn full(path: &Path) -> Result<Option<Mount>, ()> {
    std::fs::create_dir(path).unwrap();
    Mount::tmpfs(path, "size=4096,nr_inodes=1").map(Some).ok_or(())
}

const fn row(
    what: &'static str,
    at: &'static str,
    make: Make,
    without: &'static str,
    said: &'static str,
) -> Row {
    Row { what, at, make, without, said }
}

const ROWS: [Row; 27] = [
    row("a file", ".claude/skills", file, ".claude/skills", "it is no directory"),
    row("a file", ".agents", file, ".agents", "it is no directory"),
    row("a file", ".codex/agents", file, ".codex/agents", "it is no directory"),
    row("a file", ".local/bin", file, ".local/bin", "it is no directory"),
    row(
        "a dead link",
        ".claude/skills",
        dead_link,
        ".claude/skills",
        "a link that does not lead to a directory",
    ),
    row(
        "a dead link",
        ".claude/skills/handoff",
        dead_link,
        ".claude/skills/handoff",
        "does not lead to a directory",
    ),
    row("a dead link", ".agents", dead_link, ".agents", "does not lead to a directory"),
    row("a dead link", ".codex/agents", dead_link, ".codex/agents", "does not lead to a directory"),
    row("a dead link", ".local/bin", dead_link, ".local/bin", "does not lead to a directory"),
    row(
        "a dead link",
        ".claude/skills/handoff/SKILL.md",
        dead_link,
        ".claude/skills/handoff",
        "leads nowhere",
    ),
    row(
        "a dead link",
        ".agents/skills/handoff/SKILL.md",
        dead_link,
        ".agents/skills/handoff",
        "leads nowhere",
    ),
    row("a loop", ".claude/skills", link_loop, ".claude/skills", "does not lead to a directory"),
    row("a loop", ".claude/skills/handoff/SKILL.md", link_loop, ".claude/skills/handoff", "could not follow"),
    row(
        "a loop",
        ".codex/agents/handoff-ds.toml",
        link_loop,
        ".codex/agents/handoff-ds.toml",
        "could not follow",
    ),
    row(
        "a directory",
        ".claude/skills/handoff/SKILL.md",
        directory,
        ".claude/skills/handoff",
        "could not read",
    ),
    row(
        "a pipe",
        ".agents/skills/handoff/SKILL.md",
        pipe,
        ".agents/skills/handoff",
        "it is a named pipe, not a file",
    ),
    row("read-only", ".claude/skills", read_only, ".claude/skills", "read-only file system"),
    row("read-only", ".agents/skills", read_only, ".agents/skills", "read-only file system"),
    row("read-only", ".codex/agents", read_only, ".codex/agents", "read-only file system"),
    row("read-only", ".local/bin", read_only, ".local/bin", "read-only file system"),
    row(
        "read-only",
        ".claude/settings.json",
        read_only_file,
        ".claude/settings.json",
        "read-only file system",
    ),
    row("read-only", ".codex/config.toml", read_only_file, ".codex/config.toml", "read-only file system"),
    row("read-only", ".codex/AGENTS.md", read_only_file, ".codex/AGENTS.md", "read-only file system"),
    row("full", ".claude/skills", full, ".claude/skills", "no space left on device"),
    row("full", ".agents/skills", full, ".agents/skills", "no space left on device"),
    row("full", ".codex/agents", full, ".codex/agents", "no space left on device"),
    row("full", ".local/bin", full, ".local/bin", "no space left on device"),
];

/// The lines that name a fault, and the command that finishes the work.
fn named(machine: &Machine, err: &str, rest: &str) -> (Vec<String>, String) {
    let mut lines = err.lines().filter_map(|line| line.strip_prefix("agent-handoff: ")).map(str::to_owned);
    let faults: Vec<String> = lines.by_ref().take_while(|line| !line.starts_with("to finish")).collect();
    assert!(!faults.is_empty() && faults.iter().all(|line| line.contains(rest)), "{err}");
    let to_finish = err.lines().last().and_then(|line| line.split_once("can be changed: ")).unwrap().1;
    assert!(to_finish.starts_with(machine.program("handoff").to_str().unwrap()), "{err}");
    (faults, to_finish.to_owned())
}

/// Everything but what is at or below `without` is there, and nothing is there.
#[track_caller]
fn is_wired(machine: &Machine, without: Option<&str>, what: &str) {
    for name in
        WRITTEN.iter().filter(|name| without.is_none_or(|without| !Path::new(name).starts_with(without)))
    {
        let text =
            std::fs::read(machine.path(name)).unwrap_or_else(|error| panic!("{what}: {name}: {error}"));
        let has = |word: &str| text.windows(word.len()).any(|bytes| bytes == word.as_bytes());
        assert!(has("agent-handoff") || *name == ".local/bin/handoff", "{what}: {name} is not wired");
    }
}

impl Row {
    fn machine(&self) -> (Machine, Tree) {
        let machine = Machine::small();
        machine.file(".claude/settings.local.json", "{}");
        std::fs::create_dir_all(machine.path(self.at).parent().unwrap()).unwrap();
        let before = apart_from_store(&machine);
        (machine, before)
    }

    /// Installs with the fault in place, which is named; gives the command that finishes the work.
    fn installed(&self, machine: &Machine) -> String {
        let what = format!("{} at {}", self.what, self.at);
        let ran = machine.run(&INSTALL);
        assert_eq!(ran.code, 1, "{what}: {}{}", ran.out(), ran.err());
        let (faults, to_finish) = named(machine, ran.err(), "; the rest is done");
        let path = machine.path(self.at).display().to_string();
        let shown = format!("~/{}", self.at);
        for fault in &faults {
            assert!(fault.contains(&path) || fault.contains(&shown), "{what}: {fault}");
            assert!(fault.contains(self.said) && !fault.contains("-tmp-"), "{what}: {fault}");
        }
        // Each path that could not be written, and it once.
        let is_full = self.what == "full";
        assert!(is_full || faults.len() == 1, "{what}: {faults:?}");
        is_wired(machine, Some(self.without), &what);
        let doctor = machine.run(&["doctor", "--quick"]);
        let mut findings = doctor.out().lines().filter(|line| line.starts_with("problem"));
        // What is missing there is not the file.
        let of_config =
            if self.at.ends_with("config.toml") { "the sandbox may not write to" } else { &shown };
        assert!(
            doctor.code == 1
                && findings.any(|line| [&path, &shown, of_config].iter().any(|word| line.contains(*word))),
            "{what}: {}",
            doctor.out()
        );
        to_finish
    }
}

#[test]
fn what_cannot_be_written_when_it_is_installed() {
    for row in &ROWS {
        let what = format!("{} at {}", row.what, row.at);
        let (machine, _) = row.machine();
        let Ok(mount) = (row.make)(&machine.path(row.at)) else { continue };
        let before = apart_from_store(&machine);
        row.installed(&machine);
        row.installed(&machine);
        machine.uninstall();
        before.is_after(&format!("{what}, removed"), &apart_from_store(&machine));
        // Once the fault is gone, the command that was named does the rest.
        let to_finish = row.installed(&machine);
        drop(mount);
        let path = machine.path(row.at);
        if !matches!(row.what, "read-only" | "full") {
            std::fs::remove_dir(&path).or_else(|_| std::fs::remove_file(&path)).unwrap();
        }
        let before = before.without(row.at).with_only_of(&apart_from_store(&machine), row.at);
        let before = before.without_empty(".local");
        let ran = machine.shell(&to_finish);
        assert_eq!((ran.code, ran.err()), (0, ""), "{what}");
        is_wired(&machine, None, &what);
        assert_eq!(machine.run(&["doctor", "--quick"]).code, 0, "{what}");
        machine.uninstall();
        before.is_after(&format!("{what}, finished"), &apart_from_store(&machine));
    }
}

#[test]
fn what_cannot_be_removed_when_it_is_uninstalled() {
    for at in [".claude/skills", ".agents/skills", ".codex/agents", ".local/bin", ".claude/settings.json"] {
        let machine = Machine::small();
        machine.file(".claude/settings.json", "{\n  \"a\": 1\n}\n");
        let before = apart_from_store(&machine);
        machine.done(&INSTALL);
        let Some(mount) = Mount::read_only(&machine.path(at)) else { return };
        let wired = machine.tree().only(&[at]);
        for _ in 0..2 {
            let ran = machine.run(&["uninstall"]);
            assert_eq!(ran.code, 1, "{at}: {}{}", ran.out(), ran.err());
            let (faults, _) = named(&machine, ran.err(), "; the rest is removed");
            let path = machine.path(at).display().to_string();
            assert!(faults.iter().all(|fault| fault.contains(&path)), "{at}: {faults:?}");
            let mut each = faults.clone();
            each.dedup();
            assert_eq!(each, faults);
            assert!(ran.out().starts_with("removed:     everything, except for ~/"), "{}", ran.out());
            wired.is_after(at, &machine.tree().only(&[at]));
            for name in WRITTEN.iter().filter(|name| !Path::new(name).starts_with(at)) {
                let text = std::fs::read_to_string(machine.path(name)).unwrap_or_default();
                assert!(!text.contains("agent-handoff"), "{at}: {name} is still wired");
            }
        }
        drop(mount);
        let installer = machine.program("handoff").display().to_string();
        let ran = machine.shell(&format!("{installer} uninstall"));
        assert_eq!((ran.code, ran.err()), (0, ""), "{at}: {}", ran.out());
        assert!(ran.out().starts_with("removed:     everything\n"), "{}", ran.out());
        before.is_after(at, &apart_from_store(&machine));
    }
}

// As a devcontainer mounts them: nothing can take the place of a mount point.
#[test]
fn a_file_that_is_mounted_is_wired_where_it_is_and_given_back() {
    for (name, text) in [
        (".claude/settings.json", "{\n  \"a\": 1\n}\n"),
        (".claude/settings.json", ""),
        (".codex/AGENTS.md", "# Mine\n"),
        (".codex/config.toml", "a = 1\n"),
        (".codex/hooks.json", "{}"),
    ] {
        let machine = Machine::small();
        let path = machine.file(name, text);
        let before = apart_from_store(&machine);
        let Some(mount) = Mount::bind(&path) else { return };
        let inode = || std::fs::metadata(&path).unwrap().ino();
        let was = inode();
        machine.done(&INSTALL);
        is_wired(&machine, None, name);
        let wired = machine.tree();
        machine.done(&INSTALL);
        wired.is(&machine.tree());
        assert_eq!(machine.run(&["doctor", "--quick"]).code, 0, "{name}");
        machine.uninstall();
        assert_eq!(inode(), was, "{name}");
        before.is_after(name, &apart_from_store(&machine));
        // Mounted when it was wired already: it is emptied, and its place is whose mount it is.
        drop(mount);
        std::fs::remove_file(&path).unwrap();
        machine.done(&INSTALL);
        let _mount = Mount::bind(&path);
        machine.uninstall();
        assert_eq!(machine.text(name), "", "{name}");
    }
}

#[test]
fn broken_settings_of_the_sandbox_cost_the_sandbox_alone() {
    for text in [
        "{\"sandbox\": []}",
        "{\"sandbox\": {\"filesystem\": 1}}",
        "{\"sandbox\": {\"filesystem\": {\"allowWrite\": \"x\"}}}",
        "{\"sandbox\": {\"filesystem\": {\"allowWrite\": [1]}}}",
        "{\"sandbox\": {}, \"sandbox\": {}}",
    ] {
        let machine = Machine::small();
        let settings = machine.file(".claude/settings.json", text);
        let before = apart_from_store(&machine);
        for args in [&["install", "--dry-run"][..], &["install"], &["install"]] {
            let ran = machine.run(args);
            assert_eq!(ran.code, 1, "{text}: {}", ran.err());
            let (faults, _) = named(&machine, ran.err(), "; the rest is done. To put in by hand:");
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(
                faults[0].contains(&format!("could not change {}: line 1", settings.display())),
                "{faults:?}"
            );
            assert!(
                ran.err().contains("\"allowWrite\": [\n") && !ran.err().contains("SessionStart"),
                "{}",
                ran.err()
            );
        }
        assert!(machine.text(&settings).contains("session-start"), "{text}");
        machine.uninstall();
        before.is_after(text, &apart_from_store(&machine));
    }
}

#[test]
fn a_link_of_the_users_in_the_place_of_ours_stays_as_it_is() {
    let agent = ".codex/agents/handoff-ds.toml";
    let skill = ".claude/skills/handoff/SKILL.md";
    // Dead when it is installed.
    let machine = Machine::small();
    machine.link(agent, "../../dotfiles/ds.toml");
    let before = apart_from_store(&machine);
    let said = machine.install();
    let note = format!(
        "note: ~/{agent} is a link that leads nowhere, so it stays; remove it and install again to get ours\n"
    );
    assert!(said.contains(&note), "{said}");
    assert!(!machine.path("dotfiles").exists());
    machine.uninstall();
    before.is(&apart_from_store(&machine));
    // Made since, to where the user moved ours, or to nothing.
    for name in [agent, skill] {
        for target in ["moved", "nowhere"] {
            let machine = Machine::small();
            machine.install();
            std::fs::rename(machine.path(name), machine.path("moved")).unwrap();
            machine.link(name, machine.path(target));
            let ran = machine.run(&["install"]);
            assert_eq!(ran.code, i32::from(name == skill && target == "nowhere"), "{name}: {}", ran.err());
            assert!(!machine.path("nowhere").exists());
            let moved = machine.text("moved");
            let said = machine.uninstall();
            assert!(said.starts_with(&format!("removed:     everything, except for ~/{name}\n")), "{said}");
            let note = format!("note: ~/{name} is a link by now, so it stays, with what it leads to\n");
            assert!(said.contains(&note), "{said}");
            assert_eq!(std::fs::read_link(machine.path(name)).unwrap(), machine.path(target));
            assert_eq!(machine.text("moved"), moved);
        }
    }
    // A link to a text like ours is the user's, and so is the text.
    let machine = Machine::small();
    machine.install();
    let text = machine.text(skill);
    machine.uninstall();
    machine.link(skill, "../../../dotfiles/handoff.md");
    machine.file("dotfiles/handoff.md", text);
    let before = apart_from_store(&machine);
    machine.install();
    machine.uninstall();
    before.is(&apart_from_store(&machine));
}
