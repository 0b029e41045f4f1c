//! The plugin as it is committed: up to date, of one version, and harmless without its programs.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests read the checkout they are in"
)]

use handoff_agents::{CLAUDE_CODE, CODEX};
use handoff_skills::{Programs, Skill, Target, render};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn plugin() -> PathBuf {
    checkout().join("plugins/agent-handoff")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// Every file below `directory`, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        assert!(!kind.is_symlink(), "{path:?}: Codex copies no symlinks");
        if kind.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn skills_are_those_that_are_rendered() {
    for (host, directory) in [(&CLAUDE_CODE, "skills"), (&CODEX, "codex/skills")] {
        let directory = plugin().join(directory);
        let mut expected = Vec::new();
        for skill in Skill::ALL {
            for file in render(skill, Target { host, programs: Programs::Plugin }) {
                let path = directory.join(file.path);
                let way_out = "differs; run: cargo run -p handoff-skills --example plugin";
                assert_eq!(fs::read_to_string(&path).unwrap_or_default(), file.text, "{path:?} {way_out}");
                expected.push(path);
            }
        }
        assert_eq!(files(&directory), expected);
    }
}

#[test]
fn versions_are_the_workspace_version() {
    for manifest in [".claude-plugin/plugin.json", ".codex-plugin/plugin.json"] {
        let manifest = json(&plugin().join(manifest));
        assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(manifest["name"], "agent-handoff");
    }
}

#[test]
fn marketplaces_point_to_the_plugin() {
    let claude = json(&checkout().join(".claude-plugin/marketplace.json"));
    assert_eq!(claude["plugins"][0]["source"], "./plugins/agent-handoff");
    let codex = json(&checkout().join(".agents/plugins/marketplace.json"));
    assert_eq!(codex["plugins"][0]["source"]["path"], "./plugins/agent-handoff");
    for marketplace in [claude, codex] {
        assert_eq!(marketplace["name"], "agent-handoff");
        assert_eq!(marketplace["plugins"][0]["name"], "agent-handoff");
    }
}

#[test]
fn both_hooks_run_the_launcher_for_at_most_ten_seconds() {
    let hook = |path: &str| json(&plugin().join(path))["hooks"]["SessionStart"][0]["hooks"][0].clone();
    let claude = hook("hooks/hooks.json");
    assert_eq!(claude["command"], "${CLAUDE_PLUGIN_ROOT}/bin/session-start");
    assert_eq!(claude["args"], serde_json::json!(["--max-bytes", "10000"]));
    let codex = hook("codex/hooks.json");
    assert_eq!(codex["command"], "\"${PLUGIN_ROOT}/bin/session-start\" --max-bytes 10000");
    for hook in [claude, codex] {
        assert_eq!(hook["timeout"], 10);
    }
    files(&plugin());
}

/// Runs a launcher with `home`, and `prefix` as `AGENT_HANDOFF_HOME`.
fn launch(line: &[&str], home: &Path, prefix: Option<&Path>) -> Output {
    let mut command = Command::new(plugin().join("bin").join(line[0]));
    command.args(&line[1..]).env_clear().env("HOME", home);
    if let Some(prefix) = prefix {
        command.env("AGENT_HANDOFF_HOME", prefix);
    }
    command.output().unwrap()
}

#[test]
fn launchers_without_programs_say_so_and_stop_nothing() {
    let nowhere = Path::new("/nonexistent/it's a home");
    for (line, code, stdout, stderr) in [
        (&["session-start", "--max-bytes", "10000"][..], 0, 1, 0),
        (&["handoff-write", "--context"], 0, 0, 1),
        (&["handoff-write", "--topic", "x"], 1, 0, 1),
        (&["inbox"], 1, 0, 1),
        (&["handoff", "push", "--to", "@me"], 1, 0, 1),
        (&["installer", "upgrade-check"], 0, 0, 0),
        (&["installer", "upgrade"], 1, 0, 1),
    ] {
        let output = launch(line, nowhere, None);
        assert_eq!(output.status.code(), Some(code), "{line:?}");
        for (bytes, lines) in [(&output.stdout, stdout), (&output.stderr, stderr)] {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(text.lines().count(), lines, "{line:?}: {text}");
            assert!(text.is_empty() || text.starts_with("agent-handoff: "), "{text}");
        }
    }
}

#[test]
fn launchers_hand_everything_on_to_the_program() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("it's a home");
    let bin = home.join(".agent-handoff/bin");
    fs::create_dir_all(&bin).unwrap();
    for name in ["session-start", "handoff-write", "inbox", "handoff", "installer"] {
        let program = bin.join(name);
        // Not a script written here: another thread's fork would hold it open for writing.
        let _ = fs::remove_file(&program);
        std::os::unix::fs::symlink("/bin/echo", &program).unwrap();
        for (home, prefix) in [(home.as_path(), None), (Path::new("/"), Some(home.join(".agent-handoff")))] {
            let output = launch(&[name, "a b", "c'd"], home, prefix.as_deref());
            assert_eq!(String::from_utf8_lossy(&output.stdout), "a b c'd\n", "{name}");
        }
    }
}
