//! What in the agents' own settings switches off a skill, its commands or its draft: as the real Claude Code (2.1.329) and
//! Codex (0.169.0) were seen to read them (`tests/tests/agents/switched_off.rs`).

use crate::support::{Machine, STORE};

const USER: &str = ".claude/settings.json";
const LOCAL: &str = "app/.claude/settings.local.json";
const CONFIG: &str = ".codex/config.toml";

fn installed() -> Machine {
    let machine = Machine::small();
    machine.install();
    std::fs::create_dir(machine.path("app")).unwrap();
    machine
}

/// The exit code and what the doctor says in the project.
fn doctor(machine: &Machine) -> (i32, String) {
    let mut command = machine.installer(&["doctor", "--quick"]);
    command.current_dir(machine.path("app"));
    let ran = tests::feed(command, b"");
    assert_eq!(ran.err(), "", "{}", ran.out());
    (ran.code, ran.out().to_owned())
}

/// The doctor has one problem, `problem`, and names `fix`.
#[track_caller]
fn has(machine: &Machine, problem: &str, fix: &str) {
    let (code, said) = doctor(machine);
    assert_eq!(code, 1, "{problem}: {said}");
    assert!(said.contains(&format!("problem  {problem}\n")), "{problem}: {said}");
    assert!(said.contains("\n1 problem\n") && said.contains(fix), "{fix}: {said}");
}

#[track_caller]
fn notes(machine: &Machine, note: &str) {
    let (code, said) = doctor(machine);
    assert!(code == 0 && said.contains(&format!("note     Claude Code: {note}")), "{note}: {said}");
}

#[track_caller]
fn is_healthy(machine: &Machine, what: &str) {
    let (code, said) = doctor(machine);
    assert!(code == 0 && said.contains("\nhealthy\n"), "{what}: {said}");
}

#[test]
fn a_skill_that_claude_codes_settings_switch_off_is_named_with_the_file_and_the_key() {
    let machine = installed();
    machine.file(LOCAL, "{\"skillOverrides\": {\"handoff\": \"off\", \"mine\": \"off\"}}");
    has(
        &machine,
        "Claude Code: ~/app/.claude/settings.local.json switches the skill handoff off, so /handoff is refused: \
         skillOverrides has \"handoff\": \"off\"",
        "app/.claude/settings.local.json   # and take handoff out of skillOverrides",
    );
    machine.file(LOCAL, "{\"skillOverrides\": {\"handoff\": \"user-invocable-only\"}}");
    notes(
        &machine,
        "~/app/.claude/settings.local.json hides the skill handoff from the model, so only a typed /handoff",
    );
    for other in [
        "{\"skillOverrides\": {\"handoff\": \"on\"}}",
        "{\"skillOverrides\": \"off\"}",
        "{\"skillOverrides\": {}}",
    ] {
        machine.file(LOCAL, other);
        is_healthy(&machine, other);
    }
}

#[test]
fn a_permission_rule_that_refuses_the_skill_its_commands_or_its_draft_is_named() {
    let machine = installed();
    let write = machine.program("handoff-write").display().to_string();
    let by_words = "keeps Claude Code from starting the skill handoff when it is asked to in words; a typed /handoff still starts it";
    let command =
        "does not let the skill handoff run ~/.agent-handoff/bin/handoff-write, so /handoff is refused";
    let draft = "does not let Claude Code write to ~/.agent-handoffs/.drafts, so the skill handoff cannot write its draft";
    let full = [
        format!("Bash({write} *)"),
        format!("Bash({write}:*)"),
        format!("Edit(/{}/**)", machine.path(STORE).display()),
    ];
    let cases = [
        (by_words, "deny", "Skill(handoff)"),
        (by_words, "deny", "Skill(handoff:*)"),
        (by_words, "deny", "Skill(handoff *)"),
        (by_words, "deny", "Skill"),
        (command, "deny", "Bash"),
        (command, "ask", "Bash"),
        (command, "deny", "Bash(*)"),
        (command, "deny", "Bash(*handoff*)"),
        (command, "deny", "Bash(handoff-write *)"),
        (command, "deny", "Bash(*upgrade-check*)"),
        (command, "deny", &full[0]),
        (command, "deny", &full[1]),
        (draft, "deny", "Write"),
        (draft, "deny", "Edit(~/.agent-handoffs/**)"),
        (draft, "deny", "Edit(~/.agent-handoffs)"),
        (draft, "deny", "Edit(~/.agent-handoffs/*)"),
        (draft, "deny", &full[2]),
        (draft, "deny", "Read"),
        (draft, "deny", "Read(~/.*/**)"),
        (draft, "deny", "Read(//**)"),
    ];
    for (effect, list, rule) in cases {
        machine.file(LOCAL, format!("{{\"permissions\": {{\"{list}\": [\"Bash(rm *)\", \"{rule}\"]}}}}"));
        has(
            &machine,
            &format!(
                "Claude Code: ~/app/.claude/settings.local.json {effect}: permissions.{list} has {rule}"
            ),
            &format!("settings.local.json   # and take {rule} out of permissions.{list}\n"),
        );
    }
}

#[test]
fn rules_that_the_real_claude_code_does_not_apply_to_ours_are_no_false_alarm() {
    let machine = installed();
    let rules = [
        "Bash(rm *)",
        "Bash(git push:*)",
        "Bash(~/.agent-handoff/bin/handoff-write *)",
        "Edit",
        "Edit(*)",
        "Edit(**/.drafts/**)",
        "Write(~/.agent-handoffs/**)",
        "Read(./.env)",
        "Read(**/.env)",
        "Skill(hand*)",
        "Skill(other)",
        "Skill(",
        "(",
        "",
    ];
    let rules: Vec<String> = rules.iter().map(|rule| format!("\"{rule}\"")).collect();
    machine.file(
        LOCAL,
        format!("{{\"permissions\": {{\"deny\": [{}, 1], \"ask\": [\"Write\"]}}}}", rules.join(", ")),
    );
    is_healthy(&machine, "deny");
    machine.file(LOCAL, "{\"permissions\": {\"deny\": \"Bash\", \"ask\": {}}}");
    is_healthy(&machine, "no list");
}

#[test]
fn a_rule_of_any_length_is_shown_in_one_line_that_is_no_command() {
    let machine = installed();
    let rule = format!("Bash(*handoff*{}\\n$(touch pwned)\\u001b[2J)", "*".repeat(100_000));
    machine.file(LOCAL, format!("{{\"permissions\": {{\"deny\": [\"{rule}\"]}}}}"));
    let (code, said) = doctor(&machine);
    assert_eq!(code, 0, "{said}");
    let rule = format!("Bash(*handoff*{})", "*".repeat(100_000));
    machine.file(LOCAL, format!("{{\"permissions\": {{\"deny\": [\"{rule}\"]}}}}"));
    let (code, said) = doctor(&machine);
    assert_eq!(code, 1, "{said}");
    assert!(said.lines().all(|line| line.len() < 500), "{said}");
}

#[test]
fn what_the_environment_of_claude_codes_sessions_changes_is_named() {
    let machine = installed();
    for name in ["CLAUDE_CODE_SAFE_MODE", "CLAUDE_CODE_SIMPLE"] {
        machine.file(LOCAL, format!("{{\"env\": {{\"{name}\": \"1\"}}}}"));
        has(
            &machine,
            &format!(
                "Claude Code: ~/app/.claude/settings.local.json turns the hook and the skills off: {name} in \"env\""
            ),
            &format!("# and take {name} out"),
        );
        machine.file(LOCAL, format!("{{\"env\": {{\"{name}\": \"0\"}}}}"));
        is_healthy(&machine, name);
    }
    let file = "~/app/.claude/settings.local.json";
    for (name, value, note) in [
        ("AGENT_HANDOFF_UNATTENDED", "off", "has sessions without a person (claude -p) be given nothing"),
        (
            "AGENT_HANDOFF_ROOT",
            "/x",
            "gives its sessions another store than this shell has: AGENT_HANDOFF_ROOT is /x",
        ),
        (
            "XDG_STATE_HOME",
            "/x",
            "gives its sessions another state directory than this shell has: XDG_STATE_HOME is /x",
        ),
        ("CLAUDE_CODE_SKIP_PROMPT_HISTORY", "1", "has sessions keep no transcript"),
    ] {
        machine.file(LOCAL, format!("{{\"env\": {{\"{name}\": \"{value}\"}}}}"));
        notes(&machine, &format!("{file} {note}"));
    }
    machine.file(LOCAL, "{\"disableSkillShellExecution\": true}");
    notes(&machine, &format!("{file} has skills run no commands of their own"));
    let quiet = Machine::small().with("AGENT_HANDOFF_UNATTENDED", "off");
    quiet.install();
    let said = quiet.done(&["doctor", "--quick"]);
    assert!(said.contains("note     environment: AGENT_HANDOFF_UNATTENDED is off in this shell"), "{said}");
}

#[test]
fn a_sandbox_that_hides_the_programs_is_named() {
    let machine = installed();
    let sandbox = |more: &str| {
        machine.file(LOCAL, format!("{{\"sandbox\": {{\"enabled\": true, \"filesystem\": {{{more}}}}}}}"));
    };
    for entry in ["~/", "~/.agent-handoff", "~/.agent-*", "~/.agent-handoff/bin"] {
        sandbox(&format!("\"denyRead\": [\"{entry}\"]"));
        has(
            &machine,
            &format!(
                "Claude Code: its sandbox, on by ~/app/.claude/settings.local.json, hides the programs in ~/.agent-handoff: \
                 ~/app/.claude/settings.local.json denies reading \"{entry}\", so no handoff can be left or read in it"
            ),
            "# and put \"~/.agent-handoff\" into sandbox.filesystem.allowRead",
        );
        sandbox(&format!("\"denyRead\": [\"{entry}\"], \"allowRead\": [\"~/.agent-handoff\"]"));
        is_healthy(&machine, entry);
    }
    // What its commands may write to stays visible.
    sandbox("\"denyRead\": [\"~/.agent-handoffs\", \"~/.ssh\"]");
    is_healthy(&machine, "the store");
    sandbox("\"denyWrite\": [\"~/.agent-*\"]");
    let (code, said) = doctor(&machine);
    assert!(code == 1 && said.contains("may not write to ~/.agent-handoffs: "), "{said}");
}

#[test]
fn a_skill_that_codexs_settings_switch_off_is_named_with_the_entry() {
    let machine = installed();
    let config = machine.text(CONFIG);
    let entry = |by: &str, value: &str, enabled: bool| {
        format!("[[skills.config]]\n{by} = \"{value}\"\nenabled = {enabled}\n")
    };
    let path = machine.path(".agents/skills/handoff/SKILL.md").display().to_string();
    for (by, value) in [
        ("name", "handoff"),
        ("path", path.as_str()),
        ("path", "~/.agents/skills/handoff/SKILL.md"),
        ("path", "../.agents/skills/handoff/SKILL.md"),
    ] {
        machine.file(CONFIG, format!("{config}{}", entry(by, value, false)));
        has(
            &machine,
            &format!(
                "Codex: ~/.codex/config.toml switches the skill handoff off, so $handoff is passed over: [[skills.config]] \
                 has {by} = \"{value}\" with enabled = false"
            ),
            &format!("# and take the entry of [[skills.config]] with {by} = \"{value}\" out"),
        );
        machine
            .file(CONFIG, format!("{config}{}{}", entry(by, value, false), entry("name", "handoff", true)));
        is_healthy(&machine, value);
    }
    for (by, value) in
        [("name", "Handoff"), ("name", "hand*"), ("path", "~/.agents/skills/handoff"), ("name", "other")]
    {
        machine.file(CONFIG, format!("{config}{}", entry(by, value, false)));
        is_healthy(&machine, value);
    }
}

#[test]
fn a_policy_that_keeps_the_store_from_codexs_commands_is_named() {
    let machine = installed();
    let config = machine.text(CONFIG);
    for policy in ["inherit = \"none\"", "exclude = [\"HO*\"]", "include_only = [\"PATH\"]"] {
        machine.file(CONFIG, format!("{config}[shell_environment_policy]\n{policy}\n"));
        has(
            &machine,
            "Codex: ~/.codex/config.toml keeps HOME from the commands that Codex runs, so they find no store, and no handoff \
             can be left or read: [shell_environment_policy]",
            "# and put HOME into set of [shell_environment_policy]",
        );
    }
    machine.file(
        CONFIG,
        format!("{config}[shell_environment_policy]\nset = {{ AGENT_HANDOFF_ROOT = \"/x\" }}\n"),
    );
    has(
        &machine,
        "Codex: ~/.codex/config.toml gives the commands that Codex runs another store than this shell has, /x: \
         [shell_environment_policy]",
        "# and put AGENT_HANDOFF_ROOT = ",
    );
    machine.file(
        CONFIG,
        format!("{config}[shell_environment_policy]\ninherit = \"core\"\nexclude = [\"AWS_*\"]\n"),
    );
    is_healthy(&machine, "core");
}

#[test]
fn install_names_what_switches_off_what_it_installed() {
    let machine = Machine::small();
    machine.file(USER, "{\"disableAllHooks\": true, \"skillOverrides\": {\"handoff\": \"off\"}}");
    let said = machine.install();
    assert!(
        said.contains(
            "\nnote: Claude Code: ~/.claude/settings.json turns the hook off: \"disableAllHooks\": true, and 1 more; `handoff \
             doctor` says what to do\n"
        ),
        "{said}"
    );
}
