//! What the doctor makes of Claude Code's settings: as the real one (2.1.329) was seen to merge them.

use std::process::Command;

use crate::support::Machine;

const OFF: &str = "{\"disableAllHooks\": true}";
const ON: &str = "{\"disableAllHooks\": false}";
const USER: &str = ".claude/settings.json";
const PROJECT: &str = "app/.claude/settings.json";
const LOCAL: &str = "app/.claude/settings.local.json";
const MANAGED: &str = "etc/claude-code/managed-settings.json";
const DROP_INS: &str = "etc/claude-code/managed-settings.d";

fn installed() -> Machine {
    let machine = Machine::small();
    machine.install();
    std::fs::create_dir(machine.path("app")).unwrap();
    machine
}

/// The user's settings with `more` among them.
fn user(machine: &Machine, more: &str) {
    let text = machine.text(USER);
    machine.file(USER, text.replacen('{', &format!("{{\n  {more},"), 1));
}

/// The exit code and output of the doctor in the project, with `etc` of HOME as `/etc`.
fn doctor(machine: &Machine) -> (i32, String) {
    let plain = machine.installer(&["doctor", "--quick"]);
    let mut command = if machine.path("etc").exists() {
        let mut outer = Command::new("unshare");
        outer.args(["--mount", "sh", "-c", "mount --bind \"$HOME/etc\" /etc && exec \"$0\" \"$@\""]);
        outer.arg(plain.get_program()).args(plain.get_args()).env_clear();
        outer.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        outer
    } else {
        plain
    };
    command.current_dir(machine.path("app"));
    let ran = tests::feed(command, b"");
    assert_eq!(ran.err(), "", "{}", ran.out());
    (ran.code, ran.out().to_owned())
}

#[track_caller]
fn says(machine: &Machine, problem: &str) {
    let (code, said) = doctor(machine);
    assert!(code == 1 && said.contains(&format!("problem  Claude Code: {problem}")), "{problem}: {said}");
}

#[track_caller]
fn is_healthy(machine: &Machine) {
    let (code, said) = doctor(machine);
    assert!(code == 0 && said.contains("\nhealthy\n"), "{said}");
}

/// Whether `/etc` can be another one for a process.
fn can_manage() -> bool {
    let works = || {
        let mount = ["--mount", "sh", "-c", "mount -t tmpfs none /etc"];
        Command::new("unshare").args(mount).status().is_ok_and(|status| status.success())
    };
    cfg!(target_os = "linux")
        && tests::can("mount another /etc", tests::is_root() && tests::has("unshare") && works())
}

#[test]
fn hooks_are_off_where_the_settings_that_take_precedence_say_so() {
    let machine = installed();
    user(&machine, "\"disableAllHooks\": true");
    says(&machine, "~/.claude/settings.json turns the hook off: \"disableAllHooks\": true\n");
    machine.file(PROJECT, ON);
    is_healthy(&machine);
    machine.file(LOCAL, OFF);
    says(&machine, "~/app/.claude/settings.local.json turns the hook off: ");
    machine.file(PROJECT, OFF);
    machine.file(LOCAL, ON);
    is_healthy(&machine);
    machine.file(LOCAL, "{}");
    says(&machine, "~/app/.claude/settings.json turns the hook off: ");
    for other in ["{\"disableAllHooks\": \"true\"}", "{\"disableAllHooks\": true,}"] {
        machine.file(PROJECT, other);
        says(&machine, "~/.claude/settings.json turns the hook off: ");
    }
}

#[test]
fn switches_that_count_in_managed_settings_alone_are_no_false_alarm_elsewhere() {
    let machine = installed();
    let switches = "\"allowManagedHooksOnly\": true, \"strictPluginOnlyCustomization\": true";
    user(&machine, switches);
    machine.file(PROJECT, format!("{{{switches}}}"));
    is_healthy(&machine);
}

#[test]
fn a_switch_of_the_wrong_type_takes_the_users_hook_with_it() {
    for value in ["\"true\"", "\"false\"", "1", "null"] {
        let machine = installed();
        user(&machine, &format!("\"disableAllHooks\": {value}"));
        says(
            &machine,
            "~/.claude/settings.json: disableAllHooks is of the wrong type, so Claude Code passes",
        );
    }
}

#[test]
fn of_sandbox_settings_of_the_wrong_type_install_and_doctor_say_that_they_are_passed_over() {
    for (sandbox, key, kind) in [
        ("null", "sandbox", "an object"),
        ("{\"filesystem\": null}", "sandbox.filesystem", "an object"),
        ("{\"filesystem\": {\"allowWrite\": \"/x\"}}", "sandbox.filesystem.allowWrite", "a list"),
    ] {
        let machine = Machine::small();
        std::fs::create_dir(machine.path("app")).unwrap();
        let before = format!("{{\"sandbox\": {sandbox}}}");
        machine.file(USER, &before);
        let ran = machine.run(&["install"]);
        let why =
            format!(": `{key}` is not {kind}, and its agent passes over such a file as a whole; the rest");
        assert!(ran.code == 1 && ran.err().contains(&why), "{}", ran.err());
        says(
            &machine,
            &format!("~/.claude/settings.json: {key} is of the wrong type, so Claude Code passes"),
        );
        machine.uninstall();
        assert_eq!(machine.text(USER), before);
    }
}

#[test]
fn settings_with_half_a_surrogate_pair_are_wired_and_are_healthy() {
    let machine = Machine::small();
    std::fs::create_dir(machine.path("app")).unwrap();
    let before = r#"{"env": {"A": "\ud800"}}"#;
    machine.file(USER, before);
    machine.install();
    assert!(machine.text(USER).starts_with(before.trim_end_matches('}')));
    is_healthy(&machine);
    machine.uninstall();
    assert_eq!(machine.text(USER), before);
}

#[test]
fn the_last_managed_drop_in_decides() {
    if !can_manage() {
        return;
    }
    let machine = installed();
    machine.file(MANAGED, ON);
    user(&machine, "\"disableAllHooks\": true");
    is_healthy(&machine);
    machine.file(format!("{DROP_INS}/10.json"), OFF);
    says(&machine, "/etc/claude-code/managed-settings.d/10.json turns the hook off: ");
    machine.file(format!("{DROP_INS}/20.json"), ON);
    machine.file(format!("{DROP_INS}/.30.json"), OFF);
    machine.file(format!("{DROP_INS}/40.txt"), OFF);
    is_healthy(&machine);
    // Of the wrong type, it counts as not there.
    machine.file(format!("{DROP_INS}/20.json"), "{\"disableAllHooks\": \"no\"}");
    says(&machine, "/etc/claude-code/managed-settings.d/10.json turns the hook off: ");
}

#[test]
fn what_managed_settings_keep_from_running_is_named() {
    if !can_manage() {
        return;
    }
    for (text, problem) in [
        ("{\"allowManagedHooksOnly\": true}", "lets no hooks run but those of managed settings: "),
        ("{\"allowManagedHooksOnly\": \"x\"}", "lets no hooks run but those of managed settings: "),
        ("{\"strictPluginOnlyCustomization\": true}", "lets no hooks run but those of plugins and "),
        ("{\"strictPluginOnlyCustomization\": [\"hooks\"]}", "lets no hooks run but those of plugins and "),
        ("{\"a\": 1,}", "is broken, with which Claude Code does not start: "),
        ("[]", "is broken, with which Claude Code does not start: the top level is not an object\n"),
    ] {
        for file in [MANAGED.to_owned(), format!("{DROP_INS}/a.json")] {
            let machine = installed();
            machine.file(&file, text);
            says(&machine, &format!("/{file} {problem}"));
        }
    }
    let machine = installed();
    for text in
        ["{\"strictPluginOnlyCustomization\": [\"skills\"]}", "{\"allowManagedHooksOnly\": false}", ""]
    {
        machine.file(MANAGED, text);
        is_healthy(&machine);
    }
}

#[test]
fn a_sandbox_that_closes_the_store_is_named() {
    let machine = installed();
    user(&machine, "\"permissions\": {\"deny\": [\"Edit(~/.agent-handoffs/**)\"]}");
    machine.file(LOCAL, "{\"sandbox\": {\"enabled\": true}}");
    let closed = "its sandbox, on by ~/app/.claude/settings.local.json, may not write to ~/.agent-handoffs: ";
    says(&machine, &format!("{closed}~/.claude/settings.json denies Edit("));
    let machine = installed();
    machine.file(LOCAL, "{\"sandbox\": {\"enabled\": true}}");
    is_healthy(&machine);
    let denies =
        "{\"sandbox\": {\"enabled\": true, \"filesystem\": {\"denyWrite\": [\"~/.agent-handoffs/\"]}}}";
    machine.file(LOCAL, denies);
    says(&machine, &format!("{closed}~/app/.claude/settings.local.json denies \"~/.agent-handoffs/\"\n"));
    machine.file(LOCAL, denies.replace("\"filesystem\": {", "\"filesystem\": {\"disabled\": true, "));
    is_healthy(&machine);
}

#[test]
fn a_store_that_the_sandbox_is_not_told_of_is_found_and_installing_opens_it() {
    let machine = installed();
    let wired = machine.text(USER);
    machine.link("link", machine.path(".agent-handoffs"));
    let allow = |entries: &str| {
        format!("{{\"sandbox\": {{\"enabled\": true, \"filesystem\": {{\"allowWrite\": [{entries}]}}}}}}")
    };
    let without = wired.replace(machine.path(".agent-handoffs").to_str().unwrap(), "/nowhere");
    machine.file(USER, &without);
    is_healthy(&machine);
    for entries in ["", "\"~/link\"", "\"~/.agent*\"", "\"~/.agent-handoffs/app\""] {
        machine.file(PROJECT, allow(entries));
        says(
            &machine,
            "its sandbox, on by ~/app/.claude/settings.json, may not write to ~/.agent-handoffs: no handoff",
        );
    }
    for entries in ["\"~/.agent-handoffs\"", "\"~/.agent-handoffs/\"", "\"../../.agent-handoffs\""] {
        machine.file(PROJECT, allow(entries));
        is_healthy(&machine);
    }
    let edit =
        "{\"sandbox\": {\"enabled\": true}, \"permissions\": {\"allow\": [\"Edit(~/.agent-handoffs/**)\"]}}";
    machine.file(PROJECT, edit);
    is_healthy(&machine);
    machine.file(PROJECT, allow(""));
    machine.file(LOCAL, "{\"sandbox\": {\"enabled\": false}}");
    is_healthy(&machine);
    machine.file(LOCAL, "{}");
    machine.done(&["install", "--only", "claude"]);
    is_healthy(&machine);
}

#[test]
fn a_sandbox_that_opens_the_state_directory_is_warned_of() {
    let machine = installed();
    let warns = |entry: &str, more: &str| {
        let files = format!("{{\"allowWrite\": [\"{entry}\"]{more}}}");
        machine.file(LOCAL, format!("{{\"sandbox\": {{\"enabled\": true, \"filesystem\": {files}}}}}"));
        let (code, said) = doctor(&machine);
        assert_eq!(code, 0, "{said}");
        said.contains("lets sandboxed commands write to ~/.local/state/agent-handoff, where the keys are")
    };
    let above = machine.home.parent().unwrap().display().to_string();
    for entry in
        ["~", "~/", "~/.local", "~/.local/state/agent-handoff", "~/.local/state/agent-handoff/keys", &above]
    {
        assert!(warns(entry, ""), "{entry}");
    }
    assert!(!warns("~", ", \"denyWrite\": [\"~/.local/state/agent-handoff\"]"));
    assert!(!warns("~/src", "") && !warns("~/.local/share", ""));
}
