//! Files that cannot be edited: named with what to put in by hand, and left alone. The rest is installed.

use std::path::Path;
use std::process::Command;

use tests::feed;

use crate::support::{Machine, STORE, mode};

/// What is wrong with a file, as it must be said; made at the path it is given.
type Fault = (&'static str, fn(&Path));

const EVERYWHERE: [Fault; 5] = [
    ("no UTF-8", |path| std::fs::write(path, b"{\n\"a\": \"\xff\"}").unwrap()),
    ("could not read", |path| std::fs::create_dir(path).unwrap()),
    ("could not read", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ("could not follow", |path| std::os::unix::fs::symlink(path, path).unwrap()),
    ("", |path| {
        // Readable by others is too: it is the directory that is none.
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path.parent().unwrap(), "no directory").unwrap();
    }),
];

const JSON: [Fault; 8] = [
    ("line 1, column 1: unterminated object", |path| std::fs::write(path, "{\n").unwrap()),
    ("line 3, column", |path| std::fs::write(path, "{\n\"a\": 1,\n\"b\" 2}").unwrap()),
    ("line 1, column 1: the top level is no object", |path| std::fs::write(path, "[]").unwrap()),
    ("line 2, column 12: `hooks` is no object", |path| {
        std::fs::write(path, "{\n  \"hooks\": \"str\"}").unwrap()
    }),
    ("`hooks.SessionStart` is no list", |path| {
        std::fs::write(path, "{\"hooks\":{\"SessionStart\":{}}}").unwrap()
    }),
    ("an entry of the list is no object", |path| {
        std::fs::write(path, "{\"hooks\":{\"SessionStart\":[\"x\"]}}").unwrap()
    }),
    ("`hooks` of a group is no list", |path| {
        std::fs::write(path, "{\"hooks\":{\"SessionStart\":[{\"hooks\":1}]}}").unwrap()
    }),
    ("`hooks` is there twice", |path| std::fs::write(path, "{\"hooks\":{},\n\"hooks\":{}}").unwrap()),
];

const TOML: [Fault; 4] = [
    ("line 2, column", |path| std::fs::write(path, "a = 1\nb = = 2\n").unwrap()),
    ("`sandbox_workspace_write` is no table", |path| {
        std::fs::write(path, "sandbox_workspace_write = 1\n").unwrap()
    }),
    ("`sandbox_workspace_write.writable_roots` is no list", |path| {
        std::fs::write(path, "[sandbox_workspace_write]\nwritable_roots = 1\n").unwrap()
    }),
    ("holds what is no string", |path| {
        std::fs::write(path, "[sandbox_workspace_write]\nwritable_roots = [1]\n").unwrap()
    }),
];

const MARKDOWN: [Fault; 3] = [
    ("line 3, column 1: `<!-- BEGIN agent-handoff (managed: edits are lost) -->` is never ended", |path| {
        std::fs::write(path, "a\n\n<!-- BEGIN agent-handoff (managed: edits are lost) -->\nb\n").unwrap();
    }),
    ("line 1, column 1: `<!-- END agent-handoff -->` ends nothing", |path| {
        std::fs::write(path, "<!-- END agent-handoff -->\n").unwrap()
    }),
    ("is there twice", |path| {
        let block = "<!-- BEGIN agent-handoff (managed: edits are lost) -->\n<!-- END agent-handoff -->\n";
        std::fs::write(path, format!("{block}{block}")).unwrap();
    }),
];

fn directory(path: &Path) -> String {
    path.parent().unwrap().display().to_string()
}

/// Everything but the file `name` is installed, and what belongs into that is said.
#[track_caller]
fn is_left(machine: &Machine, install: &[&str], name: &str, problem: &str) {
    let dry_run: Vec<&str> = install.iter().copied().chain(["--dry-run"]).collect();
    let path = machine.path(name);
    let content =
        || std::fs::symlink_metadata(&path).unwrap().is_file().then(|| std::fs::read(&path).unwrap());
    let before = content();
    for args in [dry_run.as_slice(), install] {
        let ran = machine.run(args);
        assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.out(), ran.err());
        for said in [path.to_str().unwrap(), problem, "To put in by hand:\n"] {
            assert!(ran.err().contains(said), "{said:?} is not in: {}", ran.err());
        }
        let by_hand = ["session-start", "inbox read", "writable_roots"];
        assert!(by_hand.iter().any(|word| ran.err().contains(word)), "{}", ran.err());
        assert!(!ran.err().contains(".agent-handoff-tmp-"), "{}", ran.err());
        assert_eq!(content(), before);
    }
    for (other, word) in [(".claude/settings.json", "session-start"), (".codex/AGENTS.md", "inbox read")] {
        assert!(other == name || machine.text(other).contains(word), "{other} is not wired beside {name}");
    }
}

#[track_caller]
fn is_refused(name: &str, fault: &Fault) {
    let (problem, make) = fault;
    let machine = Machine::small();
    make(&machine.path(name));
    // Where the directory is none, any file of it may be the one that is named.
    let named = if problem.is_empty() {
        directory(&machine.path(name))
    } else {
        machine.path(name).display().to_string()
    };
    let install = ["install", "--codex-hook", "--only", "claude,codex"];
    if problem.is_empty() {
        let directory = Path::new(&named);
        let before = std::fs::read(directory).unwrap();
        let ran = machine.run(&install);
        let said =
            format!("could not create {named}: it is no directory; the rest is done. To put in by hand:\n");
        assert!(ran.code == 1 && ran.err().contains(&said), "{said}: {}", ran.err());
        assert_eq!(std::fs::read(directory).unwrap(), before);
        for other in [".claude/settings.json", ".codex/AGENTS.md", ".codex/hooks.json"] {
            let path = machine.path(other);
            assert!(path.starts_with(directory) || path.is_file(), "{other} is not wired beside {named}");
        }
    } else {
        is_left(&machine, &install, name, problem);
    }
    // What takes its place once it is installed is the user's, and everything of ours is removed.
    let machine = Machine::small();
    let installed_before = machine.tree();
    machine.done(&["install", "--codex-hook"]);
    let path = machine.path(name);
    std::fs::remove_file(&path).unwrap();
    make(&path);
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!((doctor.code, doctor.err()), (1, ""));
    let shown = if problem.is_empty() { path.parent() } else { Some(path.as_path()) };
    let shown = shown.and_then(Path::file_name).and_then(std::ffi::OsStr::to_str).unwrap();
    assert!(doctor.out().contains(shown), "{}", doctor.out());
    let content = || path.is_file().then(|| std::fs::read(&path).unwrap());
    let before = content();
    if before.as_ref().is_none_or(|text| String::from_utf8_lossy(text).contains("agent-handoff"))
        && !problem.is_empty()
    {
        stays_named(&machine, &path, problem);
        std::fs::remove_dir(&path).or_else(|_| std::fs::remove_file(&path)).unwrap();
        finishes(&machine);
    } else {
        machine.uninstall();
        assert_eq!(content(), before);
    }
    let top = if problem.is_empty() { path.parent().unwrap() } else { &path };
    let top = top.strip_prefix(&machine.home).unwrap().to_str().unwrap();
    let now = machine.tree().without(STORE).without(top);
    installed_before.without(STORE).without(top).is_after(name, &now);
}

/// Removes all but what is in the file at `path`, which is named with what to take out, and left as it is.
#[track_caller]
fn stays_named(machine: &Machine, path: &Path, problem: &str) {
    let content = || path.is_file().then(|| std::fs::read(path).unwrap());
    let before = content();
    for args in [&["uninstall", "--dry-run"][..], &["uninstall"]] {
        let ran = machine.run(args);
        assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.out(), ran.err());
        for said in [path.to_str().unwrap(), problem, "the rest is removed. To take out by hand:\n"] {
            assert!(ran.err().contains(said), "{said:?} is not in: {}", ran.err());
        }
        let by_hand = ["session-start", "inbox read", "writable_roots"];
        assert!(by_hand.iter().any(|word| ran.err().contains(word)), "{}", ran.err());
    }
    assert_eq!(content(), before);
    let again = format!("can be changed: {} uninstall\n", machine.program("handoff").display());
    let ran = machine.run(&["uninstall"]);
    assert!(ran.code == 1 && ran.err().ends_with(&again), "{}", ran.err());
    for (name, word) in [
        (".claude/settings.json", "session-start"),
        (".codex/AGENTS.md", "inbox read"),
        (".codex/config.toml", "writable_roots"),
        (".codex/hooks.json", "session-start"),
    ] {
        let other = machine.path(name);
        if other != path {
            let text = std::fs::read_to_string(&other).unwrap_or_default();
            assert!(!text.contains(word), "{name} is still wired beside {}", path.display());
        }
    }
    assert!(!machine.program("session-start").exists() && !machine.path(".local/bin/handoff").exists());
    assert!(!machine.path(".claude/skills/handoff").exists());
}

/// Runs the installed installer, as the message says, which removes the rest and itself.
#[track_caller]
fn finishes(machine: &Machine) {
    let ran = machine.shell(&format!("{} uninstall", machine.program("handoff").display()));
    assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
    assert!(ran.out().starts_with("removed:     everything\n"), "{}", ran.out());
    assert!(!machine.path(".agent-handoff").exists());
}

#[test]
fn a_file_that_breaks_with_ours_in_it_is_named_the_rest_is_removed_and_a_second_uninstall_finishes() {
    for (name, fresh, broken) in [
        (".claude/settings.json", "{\n  \"model\": \"opus\"\n}\n", "}"),
        (".codex/hooks.json", "{}\n", ", x"),
        (".codex/config.toml", "a = 1\n", "= = 2\n"),
        (".codex/AGENTS.md", "mine\n", "<!-- BEGIN agent-handoff (managed: edits are lost) -->\n"),
    ] {
        let machine = Machine::small();
        let path = machine.file(name, fresh);
        let before = machine.tree();
        machine.done(&["install", "--codex-hook"]);
        let wired = machine.text(name);
        machine.file(name, format!("{wired}{broken}"));
        stays_named(&machine, &path, "could not change");
        machine.file(name, &wired);
        finishes(&machine);
        before.without(STORE).is_after(name, &machine.tree().without(STORE));
        // Or ours is taken out by hand, as it was said.
        machine.done(&["install", "--codex-hook"]);
        machine.file(name, format!("{}{broken}", machine.text(name)));
        stays_named(&machine, &path, "could not change");
        machine.file(name, fresh);
        finishes(&machine);
        assert_eq!(machine.text(name), fresh);
    }
}

#[test]
fn a_broken_file_of_the_captures_is_named_and_the_rest_is_removed() {
    let machine = Machine::new();
    let before = machine.tree();
    machine.done(&["install"]);
    let handover = |args: &[&str]| feed(machine.command(machine.program("handover"), args), b"");
    assert_eq!(handover(&["install"]).code, 0);
    let settings = machine.path(".claude/settings.json");
    let wired = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{wired}}}")).unwrap();
    let removed = handover(&["install", "--remove"]);
    assert_eq!(removed.code, 1, "{}{}", removed.out(), removed.err());
    assert!(removed.err().contains("the rest is removed. To take out by hand:\n"), "{}", removed.err());
    assert!(removed.err().contains("statusline-tap"), "{}", removed.err());
    assert!(!machine.path(".codex/hooks.json").exists());
    let ran = machine.run(&["uninstall"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out(), ran.err());
    assert!(ran.err().contains("on-event") && ran.err().contains("session-start"), "{}", ran.err());
    assert!(!machine.program("inbox").exists() && !machine.path(".local/bin/handover").exists());
    std::fs::write(&settings, &wired).unwrap();
    finishes(&machine);
    before.without(STORE).is_after("", &machine.tree().without(STORE));
}

#[test]
fn a_record_that_cannot_be_read_keeps_nothing_else_from_being_removed() {
    let machine = Machine::small();
    machine.install();
    let record = machine.file(".local/state/agent-handoff/wired.json", "broken");
    let ran = machine.run(&["uninstall"]);
    assert!(ran.code == 1 && ran.err().contains(record.to_str().unwrap()), "{}", ran.err());
    assert!(!machine.program("session-start").exists());
    assert!(!machine.path(".claude/settings.json").exists());
    std::fs::remove_file(record).unwrap();
    finishes(&machine);
}

#[test]
fn in_the_settings_of_claude_code() {
    JSON.iter().chain(&EVERYWHERE).for_each(|fault| is_refused(".claude/settings.json", fault));
}

#[test]
fn in_the_hooks_of_codex() {
    JSON.iter().chain(&EVERYWHERE).for_each(|fault| is_refused(".codex/hooks.json", fault));
    is_refused(
        ".codex/hooks.json",
        &("line 1, column", |path| std::fs::write(path, "{} // strict").unwrap()),
    );
}

#[test]
fn in_the_configuration_of_codex() {
    TOML.iter().chain(&EVERYWHERE).for_each(|fault| is_refused(".codex/config.toml", fault));
}

#[test]
fn in_the_instructions_of_codex() {
    MARKDOWN.iter().chain(&EVERYWHERE).for_each(|fault| is_refused(".codex/AGENTS.md", fault));
}

#[test]
fn in_a_skill() {
    for skill in [".claude/skills/handoff/SKILL.md", ".agents/skills/handoff/SKILL.md"] {
        // What took its place since is the user's.
        let machine = Machine::small();
        machine.install();
        let path = machine.path(skill);
        std::fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let doctor = machine.run(&["doctor", "--quick"]);
        assert_eq!(doctor.code, 1, "{}", doctor.out());
        machine.uninstall();
        assert!(std::fs::symlink_metadata(path).is_ok());
    }
}

#[test]
fn a_pipe_where_the_override_of_the_instructions_would_be() {
    let machine = Machine::small();
    let path = machine.path(".codex/AGENTS.override.md");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let ran = machine.run(&["install"]);
    assert!(ran.code == 1 && ran.err().contains("AGENTS.override.md"), "{}", ran.err());
    assert!(machine.text(".claude/settings.json").contains("session-start"));
}

// A home that Nix or another manager keeps has settings that nothing may write.
#[test]
fn an_empty_file_is_an_empty_object_and_comes_back_empty() {
    for (name, text) in [
        (".claude/settings.json", ""),
        (".claude/settings.json", "\n \n"),
        (".codex/hooks.json", ""),
        (".codex/config.toml", ""),
        (".codex/AGENTS.md", ""),
    ] {
        let machine = Machine::small();
        let path = machine.file(name, text);
        machine.done(&["install", "--codex-hook"]);
        assert!(!std::fs::read_to_string(&path).unwrap().trim().is_empty());
        machine.uninstall();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name}");
    }
}

#[test]
fn read_only_files_are_not_written_to_even_by_root() {
    for name in [".claude/settings.json", ".codex/AGENTS.md", ".codex/config.toml", ".codex/hooks.json"] {
        let machine = Machine::small();
        let path = machine.file(name, if name.ends_with("json") { "{}" } else { "" });
        mode(&path, 0o444);
        let problem = format!("could not change {}: permission denied", path.display());
        is_left(&machine, &["install", "--codex-hook"], name, &problem);
        mode(&path, 0o644);
        machine.done(&["install", "--codex-hook"]);
        mode(&path, 0o400);
        // What needs no change may be read-only.
        machine.install();
        stays_named(&machine, &path, &problem);
        mode(&path, 0o644);
        finishes(&machine);
    }
}

#[test]
fn several_are_all_named_at_once() {
    let machine = Machine::small();
    machine.file(".claude/settings.json", "[");
    machine.file(".codex/config.toml", "= 1");
    machine.file(".agents/skills/handoff/SKILL.md", "other");
    let ran = machine.run(&["install"]);
    assert_eq!((ran.code, ran.out()), (1, ""));
    let lines: Vec<_> = ran.err().lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("could not place the skill ~/.agents/skills/handoff"), "{lines:?}");
    assert_eq!(lines[1], "nothing was changed");
    std::fs::remove_file(machine.path(".agents/skills/handoff/SKILL.md")).unwrap();
    let ran = machine.run(&["install"]);
    assert_eq!(ran.code, 1);
    for name in [".claude/settings.json", ".codex/config.toml"] {
        let problem = format!("agent-handoff: could not change {}: line 1", machine.path(name).display());
        assert!(ran.err().contains(&problem), "{}", ran.err());
    }
}

#[test]
fn a_broken_manifest_is_named_and_nothing_guessed() {
    let machine = Machine::small();
    machine.install();
    machine.file(".agent-handoff/manifest.json", "{\"version\": 3}");
    for verb in ["install", "uninstall", "doctor"] {
        machine.refuses(&[verb], &machine.path(".agent-handoff/manifest.json").display().to_string());
    }
}

#[test]
fn something_else_where_the_programs_go_is_named() {
    for link in [false, true] {
        let machine = Machine::small();
        let name = ".agent-handoff";
        if link {
            machine.link(name, "nowhere");
        } else {
            machine.file(name, "no directory");
        }
        machine.refuses(&["install"], &machine.path(name).display().to_string());
    }
}
