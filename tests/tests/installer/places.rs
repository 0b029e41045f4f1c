//! Where things go: for which agents, in which directories, under which names.

use tests::{Mount, feed};

use crate::support::{Machine, apart_from_store, replace};

#[test]
fn only_the_agent_that_is_named_is_wired_and_only_that_is_taken_away() {
    let machine = Machine::small();
    let before = machine.tree();
    machine.done(&["install", "--only", "codex"]);
    assert!(machine.path(".codex/AGENTS.md").is_file());
    assert!(!machine.path(".claude/settings.json").exists() && !machine.path(".claude/skills").exists());
    let codex = machine.tree();
    machine.done(&["install", "--only", "claude"]);
    assert!(machine.path(".claude/settings.json").is_file());
    assert_eq!(machine.manifest()["agents"], serde_json::json!(["codex", "claude"]));
    machine.done(&["uninstall", "--only", "claude"]);
    codex.is(&machine.tree());
    machine.done(&["install", "--only", "claude , codex"]);
    machine.done(&["uninstall", "--only", "codex"]);
    assert!(!machine.path(".agents").exists() && machine.program("inbox").is_file());
    machine.uninstall();
    before.is(&apart_from_store(&machine));
}

#[test]
fn the_agents_own_variables_say_where_their_directories_are() {
    let machine = Machine::empty();
    machine.stand_ins("");
    let machine = {
        let (claude, codex) = (machine.world.path("etc/claude 'x'"), machine.world.path("etc/codex"));
        machine.with("CLAUDE_CONFIG_DIR", claude).with("CODEX_HOME", codex)
    };
    machine.done(&["install", "--only", "claude,codex", "--codex-hook"]);
    for file in [
        "claude 'x'/settings.json",
        "claude 'x'/skills/handoff/SKILL.md",
        "codex/AGENTS.md",
        "codex/config.toml",
        "codex/hooks.json",
    ] {
        assert!(machine.world.path("etc").join(file).is_file(), "{file}");
    }
    assert!(!machine.path(".claude").exists() && !machine.path(".codex").exists());
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
    machine.uninstall();
    assert_eq!(apart_from_store(&machine).names(), Vec::<&str>::new());
    assert!(!machine.world.path("etc").exists());
}

#[test]
fn the_prefix_may_be_anywhere_and_the_installed_programs_find_it() {
    let machine = Machine::small();
    let prefix = machine.world.path("opt/it's \"here\" $HOME/handoff");
    let before = machine.tree();
    let home = prefix.to_str().unwrap();
    machine.done(&["install", "--home", home]);
    assert!(!machine.path(".agent-handoff").exists());
    let installed = |args: &[&str]| tests::feed(machine.command(prefix.join("bin/handoff"), args), b"");
    let wired = machine.tree();
    assert_eq!(installed(&["install"]).code, 0);
    wired.is(&machine.tree());
    let doctor = installed(&["doctor"]);
    assert_eq!(doctor.code, 0, "{}", doctor.out());
    let line = machine.text(".codex/AGENTS.md");
    let line = line.lines().find_map(|line| line.strip_prefix("    ")).unwrap().to_owned();
    assert_eq!(machine.shell(&line).code, 0, "{line}");
    let removed = installed(&["uninstall"]);
    assert_eq!((removed.code, removed.err()), (0, ""));
    before.is(&apart_from_store(&machine));
    assert!(!machine.world.path("opt").exists());

    let machine = Machine::small();
    let prefix = machine.world.path("by variable");
    let machine = machine.with("AGENT_HANDOFF_HOME", &prefix);
    machine.install();
    assert!(prefix.join("manifest.json").is_file() && !machine.path(".agent-handoff").exists());
    machine.uninstall();
    assert!(!prefix.exists());
}

#[test]
fn any_name_of_home_will_do() {
    for name in
        ["with space", "it's", "a \"quote\"", "$HOME `id`", "ünï ☃", "back\\slash", "-dash", "#hash=1,2"]
    {
        let machine = Machine::empty().with_home(name).with_agents();
        machine.stand_ins("");
        let before = machine.tree();
        machine.done(&["install", "--codex-hook"]);
        let wired = machine.tree();
        machine.install();
        wired.is_after(name, &machine.tree());
        let doctor = machine.run(&["doctor", "--quick"]);
        assert_eq!(doctor.code, 0, "{name}: {}", doctor.out());
        let text = machine.text(".codex/AGENTS.md");
        let line = text.lines().find_map(|line| line.strip_prefix("    ")).unwrap();
        let ran = machine.shell(line);
        assert_eq!((ran.code, ran.err()), (0, ""), "{line}");
        machine.uninstall();
        before.is_after(name, &apart_from_store(&machine));
    }
}

#[test]
fn without_a_home_there_is_no_telling() {
    let machine = Machine::small();
    for verb in ["install", "uninstall", "doctor", "upgrade"] {
        let mut unset = machine.installer(&[verb]);
        unset.env_remove("HOME");
        tests::feed(unset, b"").is(1, "", "agent-handoff: could not tell where to install: HOME is not set, so there is no telling where agents keep their settings\n");
        for root in [None, Some(machine.world.path("root"))] {
            let mut relative = machine.installer(&[verb]);
            relative.env("HOME", "home").envs(root.map(|root| ("AGENT_HANDOFF_ROOT", root)));
            tests::feed(relative, b"").is(
                1,
                "",
                "agent-handoff: could not tell where to install: HOME is home, which is no absolute path\n",
            );
        }
        let mut broken = machine.installer(&[verb]);
        broken.env("HOME", "/a\nb");
        let broken = tests::feed(broken, b"");
        assert_eq!((broken.code, broken.out()), (1, ""));
        assert!(broken.err().contains("has a line break"), "{}", broken.err());
    }
    assert_eq!(machine.tree().names(), [".claude", ".codex"]);
}

#[test]
fn a_link_that_leads_to_nothing_in_our_prefix_is_ours_and_any_other_stays() {
    for own in ["../../.agent-handoff/bin/handoff-before", "/home/.agent-handoff/bin/gone"] {
        let machine = Machine::small();
        let own = match own.strip_prefix("/home/") {
            Some(below) => machine.path(below),
            None => own.into(),
        };
        let before = apart_from_store(&machine);
        machine.install();
        for name in ["handoff", "handover"] {
            std::fs::remove_file(machine.path(".local/bin").join(name)).unwrap();
        }
        machine.link(".local/bin/handoff", &own);
        machine.link(".local/bin/handover", "/nowhere/bin/other");
        let said = machine.install();
        assert_eq!(
            std::fs::read_link(machine.path(".local/bin/handoff")).unwrap(),
            machine.program("handoff")
        );
        let note = "note: ~/.local/bin/handover is a link that leads nowhere, so it stays; ours is ~/.agent-handoff/bin/handover\n";
        assert!(said.contains(note) && !said.contains("another program"), "{said}");
        std::fs::remove_file(machine.path(".local/bin/handoff")).unwrap();
        machine.link(".local/bin/handoff", &own);
        machine.uninstall();
        assert!(!machine.path(".local/bin/handoff").is_symlink());
        std::fs::remove_file(machine.path(".local/bin/handover")).unwrap();
        before.is(&apart_from_store(&machine).without_empty(".local/bin").without_empty(".local"));
    }
}

#[test]
fn a_prefix_on_which_no_program_may_run_is_told_from_programs_that_fail() {
    let machine = Machine::small();
    let Some(_mount) = Mount::tmpfs(&machine.path(".agent-handoff"), "noexec") else { return };
    let ran = machine.run(&["install"]);
    let why = "does not start: permission denied, for no program may run on its file system (noexec); choose another place \
               with --home\n";
    assert!(ran.code == 1 && ran.err().ends_with(why), "{}", ran.err());
    // What is a mount point stays.
    machine.uninstall();
    assert!(std::fs::read_dir(machine.path(".agent-handoff")).unwrap().next().is_none());
}

#[test]
fn another_program_called_handoff_stays() {
    let machine = Machine::small();
    replace(&machine.file(".local/bin/handoff", ""), "#!/bin/sh\necho theirs\n");
    let before = machine.tree();
    let said = machine.install();
    assert!(said.contains("note: ~/.local/bin/handoff is another program, so it stays; ours is ~/.agent-handoff/bin/handoff\n"), "{said}");
    let doctor = machine.run(&["doctor"]);
    assert!(
        doctor.code == 0
            && doctor.out().contains("note     programs: ~/.local/bin/handoff is another program; ours is"),
        "{}",
        doctor.out()
    );
    machine.uninstall();
    before.is(&apart_from_store(&machine));

    // So does a link to one; a link to an installation of ours follows.
    let machine = Machine::small();
    machine.link(".local/bin/handoff", "/opt/other/handoff");
    machine.install();
    assert_eq!(
        std::fs::read_link(machine.path(".local/bin/handoff")).unwrap().to_str(),
        Some("/opt/other/handoff")
    );
    let machine = Machine::small();
    machine.link(".local/bin/handoff", "/gone/.agent-handoff/bin/handoff");
    machine.install();
    assert_eq!(std::fs::read_link(machine.path(".local/bin/handoff")).unwrap(), machine.program("handoff"));
}

#[test]
fn whether_the_command_is_on_path_is_said() {
    let machine = Machine::small();
    let path = machine.path(".local/bin");
    let on_path = |args: &[&str]| {
        let mut command = machine.installer(args);
        let old = command.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
        let paths = std::iter::once(path.clone()).chain(std::env::split_paths(&old));
        command.env("PATH", std::env::join_paths(paths).unwrap());
        tests::feed(command, b"")
    };
    assert!(!on_path(&["install"]).out().contains("PATH"));
    assert!(on_path(&["doctor"]).out().contains("ok       programs: ~/.local/bin/handoff is on your PATH\n"));
    assert!(machine.install().contains("~/.local/bin is not on your PATH"));
    assert!(machine.run(&["doctor"]).out().contains("note     programs: ~/.local/bin is not on your PATH"));
}

#[test]
fn what_is_not_understood_is_a_usage_error_and_nothing_is_done() {
    let machine = Machine::small();
    let before = machine.tree();
    let wrong: [&[&str]; 13] = [
        &["instal"],
        &["install", "--what"],
        &["install", "doctor"],
        &["install", "--only"],
        &["install", "--only", "aider"],
        &["install", "--only", ""],
        &["install", "--home"],
        &["install", "--home", ""],
        &["install", "--quick"],
        &["install", "--skip"],
        &["uninstall", "--codex-hook"],
        &["doctor", "--trust-codex-hook"],
        &["upgrade", "--now"],
    ];
    for args in wrong {
        let ran = machine.run(args);
        assert_eq!((ran.code, ran.out()), (2, ""), "{args:?}: {}", ran.err());
        assert!(
            ran.err().starts_with("agent-handoff: ")
                && ran.err().contains("\nsee handoff ")
                && ran.err().ends_with("--help\n"),
            "{}",
            ran.err()
        );
    }
    before.is(&machine.tree());
    let help = machine.done(&["install", "--help"]);
    assert!(help.starts_with("handoff install: ") && help.lines().count() < 40);
    assert!(machine.done(&["-V"]).contains(" 0."));
}

#[test]
fn another_handoff_earlier_on_path_is_a_problem_with_its_way_out() {
    let machine = Machine::small();
    let other = machine.file("venv/bin/handoff", "");
    replace(&other, "#!/bin/sh\necho theirs\n");
    let path = |first: &str| {
        let all = std::env::var("PATH").unwrap();
        [first, "venv/bin"].map(|dir| machine.path(dir).display().to_string()).join(":") + ":" + &all
    };
    let run = |first: &str, verb: &str| {
        let mut command = machine.installer(&[verb]);
        command.env("PATH", path(first));
        tests::feed(command, b"")
    };
    let said = "`handoff` on your PATH is ~/venv/bin/handoff, not ours";
    let way_out = format!("export PATH=\"{}:$PATH\"", machine.path(".local/bin").display());
    let installed = run("none", "install");
    assert!(
        installed.code == 0 && installed.out().contains(&format!("note: {said}: {way_out}")),
        "{}",
        installed.out()
    );
    let doctor = run("none", "doctor");
    let problem = format!("problem  programs: {said}\n         fix: {way_out}");
    assert!(doctor.code == 1 && doctor.out().contains(&problem), "{}", doctor.out());
    assert!(doctor.out().contains("pip uninstall handoff-cli"), "{}", doctor.out());
    for verb in ["install", "doctor"] {
        let ran = run(".local/bin", verb);
        assert!(!ran.out().contains(said), "{}", ran.out());
    }
}

#[test]
fn doctor_and_the_last_words_look_at_dispatch_too() {
    let machine = Machine::small();
    let installed = machine.install();
    assert!(installed.contains("/.agent-handoff/bin/handoff init` writes the config.yaml"), "{installed}");
    let doctor = || machine.run(&["doctor", "--quick"]);
    let none = doctor();
    assert!(
        none.out().contains("note     dispatch: there is no ~/.handoff/config.yaml yet"),
        "{}",
        none.out()
    );
    machine.file(
        ".handoff/config.yaml",
        "backends:\n  a: {model: m, pty: []}\n  b: {model: m, env: {PATH: /opt/bin}}\n",
    );
    assert!(!machine.install().contains("handoff init"));
    let some = doctor();
    assert!(
        some.out().contains("config.yaml, line 2, column 17: `backends.a.pty` is handoff-cli's"),
        "{}",
        some.out()
    );
    assert!(
        some.out().contains("note     dispatch: the backend a cannot start: `claude` is not on your PATH"),
        "{}",
        some.out()
    );
    assert!(!some.out().contains("the backend b cannot"), "{}", some.out());
    assert!(
        some.out().contains("ok       dispatch: ~/.handoff/config.yaml has backends that can start: b\n"),
        "{}",
        some.out()
    );
    machine.file(
        ".handoff/config.yaml",
        "backends:\n  c: {model: m, env: {PATH: /opt/bin, ANTHROPIC_AUTH_TOKEN: '${SUCH_A_KEY}'}}\n",
    );
    let unset = doctor();
    let why = "note     dispatch: the backend c cannot start: the variable SUCH_A_KEY is not set";
    assert!(unset.code == 1 && unset.out().contains(why), "{}", unset.out());
    assert!(unset.out().contains("has no backend that can start"), "{}", unset.out());
    let mut command = machine.installer(&["doctor", "--quick"]);
    command.env("SUCH_A_KEY", "k");
    let set = feed(command, b"");
    assert!(set.out().contains("has backends that can start: c\n"), "{}", set.out());
    machine.file(".handoff/config.yaml", "backends:\n  a: {type: cluade}\n");
    let broken = doctor();
    assert!(
        broken.code == 1 && broken.out().contains("config.yaml, line 2, column 13, key"),
        "{}",
        broken.out()
    );
    let removed = machine.run(&["uninstall"]);
    assert!(
        removed.out().contains("note: the backends, prompts and results of your runs stay in ~/.handoff\n"),
        "{}",
        removed.out()
    );
}

#[test]
fn a_prefix_that_was_moved_is_removed_with_all_that_was_installed_from_where_it_is_now() {
    let machine = Machine::new();
    let before = machine.tree();
    machine.done(&["install", "--codex-hook"]);
    assert_eq!(feed(machine.command(machine.program("handover"), &["install"]), b"").code, 0);
    let moved = machine.path("elsewhere");
    std::fs::rename(machine.path(".agent-handoff"), &moved).unwrap();
    let installer = |args: &[&str]| feed(machine.command(moved.join("bin/handoff"), args), b"");
    let doctor = installer(&["doctor", "--quick"]);
    let fix = format!("fix: {}/bin/handoff install", moved.display());
    assert!(doctor.code == 1 && doctor.out().contains(&fix), "{}{}", doctor.out(), doctor.err());
    let ran = installer(&["uninstall"]);
    assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
    assert!(ran.out().starts_with("removed:     everything\n"), "{}", ran.out());
    before.is_after("moved", &apart_from_store(&machine));
}

#[test]
fn a_home_that_was_moved_is_left_as_it_was() {
    let mut machine = Machine::new();
    machine.file(".claude/settings.json", "{\n  \"a\": 1\n}\n");
    let before = machine.tree();
    machine.done(&["install", "--codex-hook"]);
    assert_eq!(feed(machine.command(machine.program("handover"), &["install"]), b"").code, 0);
    let moved = machine.world.path("new-home");
    std::fs::rename(&machine.home, &moved).unwrap();
    machine.home = moved;
    let ran = feed(machine.command(machine.program("handoff"), &["uninstall"]), b"");
    assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
    assert!(ran.out().starts_with("removed:     everything\n"), "{}", ran.out());
    before.is_after("moved", &apart_from_store(&machine));
}

#[test]
fn a_copy_of_a_prefix_takes_nothing_of_the_one_that_is_still_there() {
    let machine = Machine::small();
    machine.install();
    let copy = machine.path("copy");
    let copied =
        std::process::Command::new("cp").arg("-a").arg(machine.path(".agent-handoff")).arg(&copy).status();
    assert!(copied.unwrap().success());
    let before = machine.tree();
    let ran = machine.run(&["uninstall", "--home", copy.to_str().unwrap()]);
    assert!(ran.code == 1 && ran.err().contains("which is nothing that is installed"), "{}", ran.err());
    before.is(&machine.tree());
}

#[test]
fn programs_that_were_not_built_here_are_got_again_from_where_they_came_from() {
    let machine = Machine::small();
    machine.install();
    let installer = |args: &[&str]| feed(machine.command(machine.program("handoff"), args), b"");
    let origin = machine.dist.display().to_string();
    let upgrade = installer(&["upgrade"]);
    assert_eq!(upgrade.code, 1);
    for said in
        [&format!("the programs were installed from {origin}; put newer ones there"), "/handoff install"]
    {
        assert!(upgrade.err().contains(said), "{}", upgrade.err());
    }
    std::fs::remove_file(machine.program("inbox")).unwrap();
    let fix = |wanted: &str| {
        let doctor = installer(&["doctor", "--quick"]);
        assert!(doctor.code == 1 && doctor.out().contains(wanted), "{wanted}: {}", doctor.out());
        // The checkout that they were built from is another machine's.
        assert!(!doctor.out().contains("cargo run"), "{}", doctor.out());
    };
    fix(&format!("fix: {origin}/handoff install\n"));
    std::fs::rename(&machine.dist, machine.world.path("gone")).unwrap();
    fix(&format!("get the programs again, which came from {origin}, and run `./handoff install`"));
    let install = installer(&["install"]);
    assert!(install.code == 1 && !install.err().contains("checkout"), "{}", install.err());
}

#[test]
fn only_the_programs_that_are_missing_are_named() {
    let machine = Machine::small();
    let installer = machine.itself().display().to_string();
    std::fs::remove_file(machine.dist.join("inbox")).unwrap();
    let said = format!("could not find the programs: inbox does not lie beside this one, {installer}\n");
    machine.refuses(&["install"], &said);
    std::fs::remove_file(machine.dist.join("handoff-write")).unwrap();
    let said = format!(
        "could not find the programs: handoff-write, inbox do not lie beside this one, {installer}\n"
    );
    machine.refuses(&["install"], &said);
}
