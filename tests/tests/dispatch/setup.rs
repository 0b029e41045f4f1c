//! `env`, `init`, and a home that handoff-cli left.

use tests::{Ran, World};

use crate::support::{Stage, announced};

#[test]
fn env_says_where_everything_is() {
    let stage = Stage::done();
    let home = stage.home();
    let home = home.display();
    let text = format!(
        "config={home}/config.yaml\nbackend_types=claude codex gemini qwen opencode copilot\ntasks={home}/tasks\nruns={home}/runs\n"
    );
    stage.handoff(&["env"]).is(0, &text, "");
    let mut elsewhere = stage.command(&["env"]);
    elsewhere.env("HANDOFF_HOME", "/somewhere");
    assert!(tests::feed(elsewhere, b"").out().starts_with("config=/somewhere/config.yaml\n"));
    assert_eq!(stage.handoff(&["env", "x"]).code, 2);
    assert_eq!(stage.handoff(&["nothing"]).code, 2);
    assert!(stage.handoff(&["--help"]).out().starts_with("handoff: "));
}

/// `handoff` from a directory as a release unpacks.
fn released(world: &World, args: &[&str], input: &[u8]) -> Ran {
    let dist = world.dir("dist");
    for name in tests::PROGRAMS {
        let built = tests::program(name);
        if !dist.join(name).exists() {
            tests::take(&built, &dist.join(name));
        }
    }
    let mut command = world.bare_command(dist.join("handoff"));
    command.current_dir(&dist).args(args);
    tests::feed(command, input)
}

#[test]
fn init_writes_the_configuration_and_the_skills() {
    let world = World::new();
    world.dir("home/.claude");
    world.dir("home/.codex");
    let ran = released(&world, &["init", "-y"], b"");
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    let config = world.home().join(".handoff/config.yaml");
    let written = std::fs::read_to_string(&config).unwrap();
    assert!(written.contains("deepseek:") && written.contains("codex:"), "{written}");
    let out = ran.out();
    assert!(
        out.contains("\ntasks:       deepseek is to take them, and `claude` is not on your PATH"),
        "{out}"
    );
    let installed = world.home().join(".agent-handoff/bin/handoff");
    assert!(installed.is_file());
    // Again changes nothing, also what the user wrote.
    std::fs::write(&config, "backends:\n  own: { type: codex }\n").unwrap();
    assert_eq!(released(&world, &["init", "-y"], b"").code, 0);
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "backends:\n  own: { type: codex }\n");
}

#[test]
fn init_makes_a_backend_the_default_that_can_run_here_and_ends_with_a_command_to_try() {
    for (programs, key, wanted, narrower) in [
        (&["claude", "codex"][..], None, "opus", "permission_mode: acceptEdits"),
        (&["claude"], Some("x"), "deepseek", "permission_mode: acceptEdits"),
        (&["codex"], Some("x"), "codex", "sandbox: read-only"),
        (&["gemini"], None, "gemini", "permission_mode: auto_edit"),
    ] {
        let world = World::new();
        world.dir("home/.claude");
        released(&world, &["--version"], b"");
        let bin = world.dir("programs");
        for program in programs {
            std::os::unix::fs::symlink("/bin/true", bin.join(program)).unwrap();
        }
        let mut init = world.bare_command(world.path("dist/handoff"));
        init.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).args(["init", "-y"]);
        init.envs(key.map(|key| ("DEEPSEEK_API_KEY", key)));
        let ran = tests::feed(init, b"");
        assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
        let config = std::fs::read_to_string(world.home().join(".handoff/config.yaml")).unwrap();
        let first = wanted.len() + config.find(&format!("\n  {wanted}:\n")).unwrap();
        assert!(
            ["deepseek", "opus", "codex", "gemini"].iter().all(|name| config
                .find(&format!("\n  {name}:\n"))
                .unwrap()
                + name.len()
                >= first)
        );
        let out = ran.out();
        assert!(
            out.contains(&format!("\ntasks:       {wanted} takes them")) && out.contains(narrower),
            "{out}"
        );
        assert!(
            out.ends_with(
                "\ntry:         handoff run --text \"Say in three lines what this project does\"\n"
            ),
            "{out}"
        );
    }
}

#[test]
fn init_writes_nothing_where_the_installation_is_refused() {
    let world = World::new();
    let settings = world.dir("home/.claude").join("settings.json");
    std::fs::write(&settings, "{ broken").unwrap();
    let ran = released(&world, &["init", "-y"], b"");
    assert!(ran.code == 1 && ran.err().contains("settings.json"), "{}", ran.err());
    assert!(!world.home().join(".handoff").exists(), "{}", ran.err());
    // Where all is installed but the configuration, what was written is said.
    std::fs::remove_file(&settings).unwrap();
    assert_eq!(released(&world, &["init", "-y"], b"").code, 0);
    let config = world.home().join(".handoff/config.yaml");
    std::fs::remove_file(&config).unwrap();
    let again = released(&world, &["init", "-y"], b"");
    assert!(again.out().contains(&format!("\nwrote: {}\n", config.display())), "{}", again.out());
    assert!(!again.out().contains("nothing was changed") && !again.err().contains("nothing was changed"));
}

#[test]
fn init_works_where_home_is_on_another_file_system() {
    use std::os::unix::fs::MetadataExt;
    let shared = std::path::Path::new("/dev/shm");
    let device = |path: &std::path::Path| std::fs::metadata(path).map(|path| path.dev()).ok();
    let other = device(shared) != device(&tests::program("handoff"));
    if !tests::can("use a second file system", other && device(shared).is_some()) {
        return;
    }
    let world = World::new();
    let home = tempfile::tempdir_in(shared).unwrap();
    std::fs::create_dir(home.path().join(".claude")).unwrap();
    released(&world, &["--version"], b"");
    let mut init = world.bare_command(world.path("dist/handoff"));
    init.env("HOME", home.path()).args(["init", "-y"]);
    let ran = tests::feed(init, b"");
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert!(home.path().join(".handoff/config.yaml").is_file());
    assert!(home.path().join(".claude/skills/handoff-codex/SKILL.md").is_file());
}

#[test]
fn init_asks_first() {
    let world = World::new();
    for answer in [&b""[..], b"n\n", b"\n"] {
        let ran = released(&world, &["init"], answer);
        assert_eq!(ran.code, 1, "{}", ran.err());
        let said = "agent-handoff: nothing was done: `handoff init --yes` does not ask\n";
        assert!(ran.err().ends_with(said), "{}", ran.err());
        assert!(!world.home().join(".handoff/config.yaml").exists());
    }
    assert_eq!(released(&world, &["init", "--bogus"], b"").code, 2);
}

/// A list that handoff-cli 0.3.9 made; the last of its runs was killed.
fn old() -> Stage {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::done();
    let list =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../lib/runs/fixtures/handoff-cli-0.3.9.db");
    stage.write(&stage.home().join("runs/handoff.db"), std::fs::read(list).unwrap());
    stage.write(&stage.home().join("tasks/1121-ds-01-from-text.result.md"), "done by claude");
    let config = stage.home().join("config.yaml");
    let deepseek = std::fs::read_to_string(&config).unwrap().replace("  ds:", "  deepseek:");
    std::fs::write(&config, deepseek.replace("  cx:", "  codex:")).unwrap();
    for dir in ["", "runs", "tasks"] {
        std::fs::set_permissions(stage.home().join(dir), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    stage
}

#[test]
fn what_handoff_cli_ran_is_listed() {
    let stage = old();
    let list = stage.handoff(&["list"]);
    let ids: Vec<&str> = list.out().lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(
        ids,
        [
            "1121-ds-07-from-text",
            "1121-ds-05-later",
            "1121-ds-04-from-text",
            "1121-ds-03-resume",
            "1121-cx-02-write-docs-now",
            "1121-ds-01-from-text"
        ]
    );
    assert!(stage.handoff(&["tail", "1"]).out().ends_with("\ndone by claude\n"));
}

#[test]
fn what_handoff_cli_ran_goes_on() {
    let stage = old();
    let session = stage.handoff(&["list", "--json", "1121-ds-01-from-text"]);
    let session: serde_json::Value = serde_json::from_slice(&session.out).unwrap();
    let session = session[0]["session"].as_str().unwrap().to_owned();
    let cwd = stage.repo.to_str().unwrap().to_owned();
    let ran = stage.handoff(&["resume", "1121-ds-01-from-text", "--cwd", &cwd, "--text", "go on"]);
    let (id, _) = announced(&ran);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(stage.last("args").contains(&format!("--resume\n{session}\n")));
    assert_eq!((stage.row()["id"].as_str().unwrap(), stage.row()["number"].as_u64()), (id.as_str(), Some(8)));
    // Where its directory is gone, that is said.
    let gone = stage.handoff(&["resume", "1121-cx-02-write-docs-now", "--text", "go on"]);
    assert!(gone.code == 2 && gone.err().contains("there is no such directory"), "{}", gone.err());
    let codex = stage.handoff(&["resume", "2", "--cwd", &cwd, "--text", "go on"]);
    assert!(stage.last("args").contains("resume\n0199a213-81c0-7800-8aa1-bbab2a035a53\n"), "{}", codex.err());
}
