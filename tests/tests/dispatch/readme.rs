//! Every command that README shows, run as it stands there.

use std::path::Path;
use std::process::Command;

use crate::support::{Stage, recorded};

/// A handoff as a person fills the template in.
const HANDOFF: &str = "# Handoff — Auth refactor\n\n## Immediate next action\nRun `make test-auth`.\n";

/// The commands of README's blocks for a shell, without what comments say, in their order. Those that set everything up
/// are left to CI.
fn commands() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let lines = blocks.flat_map(str::lines).map(|line| line.split(" # ").next().unwrap_or_default().trim());
    lines
        .filter(|line| line.starts_with("handoff ") || line.starts_with("handover "))
        .map(str::to_owned)
        .collect()
}

/// The programs as a release unpacks them, and nothing else that is called so.
fn released(stage: &Stage) -> std::path::PathBuf {
    let directory = stage.world.dir("released");
    for name in ["session-start", "handoff-write", "inbox", "handoff", "handoff-mcp", "handover", "installer"]
    {
        let built = tests::program(name);
        if std::fs::hard_link(&built, directory.join(name)).is_err() {
            assert!(Command::new("cp").arg(&built).arg(&directory).status().unwrap().success());
        }
    }
    directory
}

#[test]
fn every_command_of_the_readme_works_as_it_stands_there() {
    if !tests::can("run a command on a terminal", tests::has("script")) {
        return;
    }
    let stage = Stage::done();
    stage.backend("codex", &format!("cat '{}'", recorded("codex-tool").display()));
    std::fs::remove_file(stage.home().join("config.yaml")).unwrap();
    stage.world.dir("home/.claude");
    stage.world.git(&stage.repo, &["worktree", "add", "--quiet", "../app-review"]);
    let editor = stage.world.path("editor");
    stage.write(&editor, format!("#!/bin/sh\ncat > \"$1\" <<'END'\n{HANDOFF}END\n"));
    assert!(Command::new("chmod").arg("+x").arg(&editor).status().unwrap().success());
    let (programs, backends) = (released(&stage), stage.world.path("bin"));
    let path = format!("{}:{}:/usr/bin:/bin", programs.display(), backends.display());
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for line in &commands {
        // What the text around it says that is done first.
        let directory = match line.as_str() {
            line if line.starts_with("handover pickup") => stage.world.path("app-review"),
            line if line.starts_with("handover capture") => {
                stage.write(&stage.repo.join("src/a.rs"), "changed\n");
                stage.repo.clone()
            }
            _ => stage.repo.clone(),
        };
        let words = match line.as_str() {
            "handoff init" => format!("echo y | {line}"),
            // These ask for a terminal.
            "handoff write" => format!("script -qec '{line}' /dev/null"),
            "handoff inbox -i" => format!("printf q | script -qec '{line}' /dev/null"),
            line => line.to_owned(),
        };
        let mut shell = stage.world.bare_command("sh");
        shell.current_dir(directory).args(["-c", &words]);
        shell.env("PATH", &path).env("EDITOR", &editor).env("TERM", "xterm-256color");
        let ran = tests::feed(shell, b"");
        // Doctor finds something where, say, nothing of Codex is installed.
        let is_good = ran.code == 0 || (line == "handoff doctor" && ran.code == 1);
        assert!(is_good, "{line}: {}\n{}{}", ran.code, ran.out(), ran.err());
        if line.contains("--template") {
            stage.write(&stage.repo.join("handoff.md"), HANDOFF);
        }
        // A search and a read need something that is there.
        if line.starts_with("handoff inbox -i") {
            stage.world.write(
                &stage.repo,
                &["--topic", "more"],
                "## Immediate next action\nLook at the refresh token.\n",
            );
        }
        if line.starts_with("handoff inbox search") {
            stage.world.write(&stage.repo, &["--topic", "again"], HANDOFF);
        }
    }
}
