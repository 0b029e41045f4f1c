//! The first installation, the second, and the end.

use crate::support::{Machine, STORE, Tree, apart_from_store, none_was_found};

#[test]
fn with_neither_agent_the_programs_are_installed_and_that_is_said() {
    let machine = Machine::empty();
    let said = machine.install();
    assert!(said.starts_with("installed:   session-start, handoff-write, inbox, handoff, handover, handoff-mcp in ~/.agent-handoff/bin\nproved:      a handoff was written, shown to one session, and archived once that had answered (sentinel "), "{said}");
    let note = format!("note: {}, so none is wired; install again when one is there\n", none_was_found());
    assert!(said.contains(&note), "{said}");
    assert!(
        said.ends_with(
            "note: ~/.local/bin is not on your PATH, so the shell does not find `handoff` and `handover` there; \
             put this into your shell's profile: export PATH=\"$HOME/.local/bin:$PATH\"\n"
        ),
        "{said}"
    );
    let top: Vec<_> =
        std::fs::read_dir(&machine.home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(top.len(), 2, "{top:?}");
    for program in tests::PROGRAMS {
        assert_eq!(
            std::fs::read(machine.program(program)).unwrap(),
            std::fs::read(machine.dist.join(program)).unwrap()
        );
    }
    assert_eq!(std::fs::read_link(machine.path(".local/bin/handoff")).unwrap(), machine.program("handoff"));
    assert_eq!(machine.uninstall(), "removed:     everything\n");
    assert_eq!(machine.tree().names(), Vec::<&str>::new());
}

#[test]
fn with_both_agents_every_file_has_exactly_what_it_needs() {
    let machine = Machine::new();
    machine.install();
    let bin = machine.path(".agent-handoff/bin");
    let bin = bin.display();
    let store = machine.path(".agent-handoffs");
    let store = store.display();
    let settings = format!(
        r#"{{
  "hooks": {{
    "SessionStart": [
      {{
        "hooks": [
          {{
            "type": "command",
            "command": "{bin}/session-start",
            "args": [
              "--max-bytes",
              "10000"
            ],
            "timeout": 10
          }}
        ]
      }}
    ],
    "UserPromptSubmit": [
      {{
        "hooks": [
          {{
            "type": "command",
            "command": "{bin}/session-start",
            "args": [
              "--letters"
            ],
            "timeout": 30,
            "async": true
          }}
        ]
      }}
    ]
  }},
  "sandbox": {{
    "filesystem": {{
      "allowWrite": [
        "{store}"
      ]
    }}
  }}
}}
"#
    );
    assert_eq!(machine.text(".claude/settings.json"), settings);
    let instructions = format!(
        "<!-- BEGIN agent-handoff (managed: edits are lost) -->\n## Handoffs between sessions\nBefore your first reply \
         in a session, run this once, in the workspace:\n\n    {bin}/inbox read --max-bytes 20000\n\nIt prints what an \
         earlier session left for this worktree, with how to treat it, or nothing. If nothing, or if the command fails, \
         go on without a word. Do not run it in Claude Code, whose hook does this, as a sub-agent, or when a handoff was already shown.\n<!-- END \
         agent-handoff -->\n"
    );
    assert_eq!(machine.text(".codex/AGENTS.md"), instructions);
    assert!(instructions.len() <= 1500);
    let config =
        format!("[sandbox_workspace_write]\nwritable_roots = [\"{}\"]\n", machine.path(STORE).display());
    assert_eq!(machine.text(".codex/config.toml"), config);
    let skills = machine.tree().only(&[".claude/skills", ".agents"]);
    assert_eq!(
        skills.names(),
        [
            ".agents",
            ".agents/skills",
            ".agents/skills/handoff",
            ".agents/skills/handoff/SKILL.md",
            ".agents/skills/upgrade-handoff",
            ".agents/skills/upgrade-handoff/SKILL.md",
            ".claude/skills",
            ".claude/skills/handoff",
            ".claude/skills/handoff/SKILL.md",
            ".claude/skills/handoff-codex",
            ".claude/skills/handoff-codex/SKILL.md",
            ".claude/skills/handoff-ds",
            ".claude/skills/handoff-ds/SKILL.md",
            ".claude/skills/handoff-opus",
            ".claude/skills/handoff-opus/SKILL.md",
            ".claude/skills/upgrade-handoff",
            ".claude/skills/upgrade-handoff/SKILL.md",
        ]
    );
    for (agent, skills) in [("claude", ".claude/skills"), ("codex", ".agents/skills")] {
        for skill in ["handoff", "upgrade-handoff"] {
            let installed = machine.text(format!("{skills}/{skill}/SKILL.md"));
            assert_eq!(installed, machine.text(format!(".agent-handoff/skills/{agent}/{skill}/SKILL.md")));
            assert!(installed.contains(&format!("{bin}/")), "{installed}");
        }
    }
    for (placed, copy) in [
        (".claude/skills/handoff-ds/SKILL.md", "claude/handoff-ds/SKILL.md"),
        (".claude/skills/handoff-codex/SKILL.md", "claude/handoff-codex/SKILL.md"),
        (".claude/skills/handoff-opus/SKILL.md", "claude/handoff-opus/SKILL.md"),
        (".codex/agents/handoff-ds.toml", "codex/handoff-ds.toml"),
        (".codex/agents/handoff-opus.toml", "codex/handoff-opus.toml"),
    ] {
        let installed = machine.text(placed);
        assert_eq!(installed, machine.text(format!(".agent-handoff/skills/{copy}")));
        assert!(installed.contains(&format!("`{bin}/handoff run --backend ")), "{installed}");
    }
    let mode = |name: &str| {
        std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(machine.path(name)).unwrap()) & 0o7777
    };
    assert_eq!(mode(STORE), 0o700);
    assert_eq!(mode(".agent-handoff"), 0o700);
    assert_eq!(mode(".agent-handoff/bin/inbox"), 0o755);
    for private in [".claude/settings.json", ".codex/config.toml", ".agent-handoff/manifest.json"] {
        assert_eq!(mode(private), 0o600, "{private}");
    }
}

#[test]
fn the_manifest_names_every_file_link_directory_and_edit() {
    let machine = Machine::new();
    let before = machine.tree();
    machine.install();
    let manifest = machine.manifest();
    let recorded = |kind: &str| -> Vec<String> {
        match &manifest[kind] {
            serde_json::Value::Object(map) => map.keys().cloned().collect(),
            list => list.as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()).collect(),
        }
    };
    let mut all: Vec<String> =
        ["files", "links", "directories", "edits"].into_iter().flat_map(recorded).collect();
    let own = [".agent-handoff/.lock", ".agent-handoff/manifest.json"]
        .map(|name| machine.path(name).display().to_string());
    all.extend(own);
    all.sort();
    let after = apart_from_store(&machine);
    let mut new: Vec<String> = after
        .names()
        .into_iter()
        // It was there, empty.
        .filter(|name| *name != ".local" && !before.names().contains(name))
        .map(|name| machine.path(name).display().to_string())
        .collect();
    // What is compared here leaves it out.
    new.push(machine.path(".local/state/agent-handoff").display().to_string());
    new.sort();
    assert_eq!(all, new);
    assert_eq!(manifest["agents"], serde_json::json!(["claude", "codex"]));
    assert_eq!(manifest["version"], "0.1.0");
    assert_eq!(manifest["checkout"], serde_json::Value::Null);
}

#[test]
fn a_second_installation_changes_no_byte_and_no_time() {
    for args in [["install", "--only", "claude,codex"].as_slice(), &["install", "--codex-hook"]] {
        let machine = Machine::new();
        machine.done(args);
        let before = Tree::with_times(&machine.home);
        machine.done(args);
        machine.install();
        // The installed one as well.
        let again = tests::feed(machine.command(machine.program("handoff"), &["install"]), b"");
        assert_eq!((again.code, again.err()), (0, ""));
        before.is(&Tree::with_times(&machine.home));
        let report = machine.json(&["install", "--json"], 0);
        assert_eq!(report["changes"], serde_json::json!([]));
    }
}

#[test]
fn what_was_installed_carries_a_handoff_through_the_hook_as_it_stands_in_the_settings() {
    let machine = Machine::new().with_home("It's a \"home\" with $HOME, ü and spaces").with_agents();
    machine.done(&["install", "--codex-hook"]);
    let dir = machine.world.dir("app");
    let settings: serde_json::Value = serde_json::from_str(&machine.text(".claude/settings.json")).unwrap();
    let handler = &settings["hooks"]["SessionStart"][0]["hooks"][0];
    let hooks: serde_json::Value = serde_json::from_str(&machine.text(".codex/hooks.json")).unwrap();
    let line = hooks["hooks"]["SessionStart"][0]["hooks"][0]["command"].as_str().unwrap();
    for host in ["claude", "codex", "instructions"] {
        let mut write = machine.command(machine.path(".local/bin/handoff"), &["write"]);
        write.current_dir(&dir);
        let written = tests::feed(write, tests::BODY.as_bytes());
        assert_eq!(written.code, 0, "{}", written.err());
        let mut command = match host {
            "claude" => {
                let mut exec = machine.command(handler["command"].as_str().unwrap(), &[]);
                exec.args(handler["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()));
                exec
            }
            "codex" => machine.command("sh", &["-c", line]),
            _ => {
                let text = machine.text(".codex/AGENTS.md");
                let line = text.lines().find_map(|line| line.strip_prefix("    ")).unwrap().to_owned();
                machine.command("sh", &["-c", &line])
            }
        };
        command.current_dir(&dir);
        let shown = tests::feed(command, b"");
        assert_eq!(shown.code, 0, "{host}: {}", shown.err());
        assert!(shown.out().contains("Run `make test-auth`."), "{host}: {}", shown.out());
    }
}
