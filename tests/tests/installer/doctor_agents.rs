//! What the doctor finds about Codex, and about the plugin; a `codex` that is broken never keeps it.

use std::time::{Duration, Instant};

use crate::doctor::finds;
use crate::support::{Machine, none_was_found, replace};

fn installed() -> Machine {
    let machine = Machine::small();
    machine.install();
    machine
}

#[test]
fn instructions_that_are_missing_or_old() {
    let machine = installed();
    let good = machine.text(".codex/AGENTS.md");
    std::fs::remove_file(machine.path(".codex/AGENTS.md")).unwrap();
    finds(&machine, "Codex: ~/.codex/AGENTS.md does not tell Codex to look for handoffs\n");
    machine.file(".codex/AGENTS.md", "# Mine\n");
    finds(&machine, "Codex: ~/.codex/AGENTS.md does not tell Codex to look for handoffs\n");
    assert!(machine.text(".codex/AGENTS.md").starts_with("# Mine\n\n<!-- BEGIN"));
    machine.file(".codex/AGENTS.md", good.replace("Before your first reply", "Now and then"));
    finds(&machine, "Codex: ~/.codex/AGENTS.md tells Codex what another version said\n");
    assert_eq!(machine.text(".codex/AGENTS.md"), good);
}

#[test]
fn an_override_of_the_instructions_wins() {
    let machine = installed();
    machine.file(".codex/AGENTS.override.md", " \n");
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0, "one that is empty does not");
    machine.file(".codex/AGENTS.override.md", "# For now\n");
    finds(&machine, "Codex: ~/.codex/AGENTS.override.md does not tell Codex to look for handoffs\n");
}

#[test]
fn a_store_that_the_sandbox_may_not_write_to() {
    let machine = installed();
    machine.file(".codex/config.toml", "a = 1\n");
    finds(&machine, "Codex: the sandbox may not write to ~/.agent-handoffs\n");
    std::fs::remove_dir(machine.path(".agent-handoffs")).unwrap();
    finds(&machine, "Codex: the sandbox may not write to ~/.agent-handoffs, which is not there\n");
}

#[test]
fn a_hook_of_codex_that_is_missing_or_was_there_before() {
    let machine = Machine::small();
    machine.done(&["install", "--codex-hook"]);
    let hooks = machine.text(".codex/hooks.json");
    std::fs::remove_file(machine.path(".codex/hooks.json")).unwrap();
    finds(&machine, "Codex: ~/.codex/hooks.json has no hook of ours\n");
    assert_eq!(machine.text(".codex/hooks.json"), hooks);
    machine.file(".codex/hooks.json", hooks.replace(machine.home.to_str().unwrap(), "/home/before"));
    finds(&machine, "Codex: ~/.codex/hooks.json line ");
    assert_eq!(machine.text(".codex/hooks.json"), hooks);
}

#[test]
fn the_plugin_that_is_there_too() {
    let machine = installed();
    let settings = machine.text(".claude/settings.json");
    machine.file(
        ".claude/settings.json",
        settings.replacen('{', "{\n  \"enabledPlugins\": {\"agent-handoff@agent-handoff\": true},", 1),
    );
    let config = machine.text(".codex/config.toml");
    machine.file(
        ".codex/config.toml",
        format!("{config}\n[plugins.\"agent-handoff@agent-handoff\"]\nenabled = true\n"),
    );
    let ran = machine.run(&["doctor"]);
    assert_eq!(ran.code, 1);
    let said = ran.out();
    assert!(said.contains("problem  Claude Code: the plugin is installed too"), "{said}");
    assert!(
        said.contains("         fix: remove the plugin agent-handoff in Claude Code: /plugin\n"),
        "{said}"
    );
    assert!(said.contains("problem  Codex: the plugin is installed too"), "{said}");
    let fix = "# and take [plugins.\"agent-handoff@agent-handoff\"] out\n";
    assert!(said.contains("config.toml") && said.contains(fix), "{said}");
    let dir = machine.world.dir("agents on path");
    for agent in ["claude", "codex"] {
        replace(&dir.join(agent), "#!/bin/sh\nexit 1\n");
    }
    let mut doctor = machine.installer(&["doctor", "--quick"]);
    doctor.env("PATH", std::env::join_paths([dir, "/usr/bin".into(), "/bin".into()]).unwrap());
    let ran = tests::feed(doctor, b"");
    for fix in ["claude plugin uninstall agent-handoff", "codex plugin remove agent-handoff@agent-handoff"] {
        assert!(ran.out().contains(&format!("         fix: {fix}\n")), "{}", ran.out());
    }
    // One that is switched off is none.
    machine.file(
        ".claude/settings.json",
        settings.replacen('{', "{\n  \"enabledPlugins\": {\"agent-handoff@agent-handoff\": false},", 1),
    );
    machine.file(".codex/config.toml", config);
    assert_eq!(machine.run(&["doctor"]).code, 0);
}

/// The doctor with `script` as the `codex` on PATH.
fn with_codex(script: &str, args: &[&str]) -> (tests::Ran, Duration) {
    let machine = Machine::small();
    machine.done(&["install", "--codex-hook"]);
    let dir = machine.world.dir("codex on path");
    replace(&dir.join("codex"), &format!("#!/bin/sh\n{script}\n"));
    let mut doctor = machine.installer(args);
    doctor.env("PATH", std::env::join_paths([dir, "/usr/bin".into(), "/bin".into()]).unwrap());
    let start = Instant::now();
    (tests::feed(doctor, b""), start.elapsed())
}

#[test]
fn a_codex_that_dies_or_talks_nonsense_is_said_and_no_problem_of_ours() {
    let note = "note     Codex: whether it trusts the hook could not be asked of its app-server: ";
    for (script, why) in [
        ("exit 1", "it ended"),
        ("echo nonsense; echo '{}'; echo '[1]'; exit", "it ended"),
        (
            "read -r line; echo '{\"id\":1,\"error\":{\"message\":\"not today\"}}'; cat >/dev/null",
            "initialize: not today",
        ),
        (
            "read -r line; echo '{\"id\":1,\"result\":{}}'; read -r line; read -r line; echo '{\"id\":2,\"result\":{\"data\":7}}'; cat >/dev/null",
            "its list of hooks is of another shape",
        ),
        ("head -c 40000000 /dev/zero", "it ended"),
    ] {
        let (ran, time) = with_codex(script, &["doctor"]);
        assert_eq!((ran.code, ran.err()), (0, ""), "{script}: {}", ran.out());
        assert!(ran.out().contains(&format!("{note}{why}")), "{script}: {}", ran.out());
        assert!(time < Duration::from_secs(15), "{script}: {time:?}");
    }
}

#[test]
fn a_codex_that_hangs_or_floods_is_given_up_on() {
    let hanging = std::thread::spawn(|| with_codex("sleep 100", &["doctor"]));
    let flooding = with_codex("exec yes nonsense", &["doctor"]);
    for (ran, time) in [flooding, hanging.join().unwrap()] {
        assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
        assert!(
            ran.out().contains("could not be asked of its app-server: no answer to initialize in 20 s\n"),
            "{}",
            ran.out()
        );
        assert!(time < Duration::from_secs(40), "{time:?}");
    }
}

#[test]
fn the_quick_doctor_asks_no_app_server_and_says_so() {
    let (ran, time) = with_codex("sleep 100", &["doctor", "--quick"]);
    assert_eq!((ran.code, ran.err()), (0, ""), "{}", ran.out());
    assert!(
        ran.out().contains(
            "note     Codex: whether it trusts the hook was not asked of its app-server: --quick\n"
        ),
        "{}",
        ran.out()
    );
    assert!(time < Duration::from_secs(10));
}

#[test]
fn trust_that_cannot_be_had_is_said_before_anything_is_done() {
    let machine = Machine::small();
    machine.refuses(
        &["install", "--trust-codex-hook"],
        "agent-handoff: could not trust Codex's hook: there is no `codex` on PATH to do it; put it there, or install \
         without --trust-codex-hook\nnothing was changed\n",
    );
}

#[test]
fn a_codex_that_does_not_answer_is_said_once_everything_else_is_done() {
    let machine = Machine::small();
    let dir = machine.world.dir("codex on path");
    replace(&dir.join("codex"), "#!/bin/sh\nexit 1\n");
    let mut install = machine.installer(&["install", "--trust-codex-hook"]);
    install.env("PATH", std::env::join_paths([dir, "/usr/bin".into(), "/bin".into()]).unwrap());
    let ran = tests::feed(install, b"");
    assert_eq!(ran.code, 1);
    assert!(
        ran.err().starts_with("agent-handoff: could not trust the hook through Codex: "),
        "{}",
        ran.err()
    );
    assert!(
        ran.out().contains("installed:   ")
            && ran.out().contains("note: Codex runs a hook only once you trust it. If you have not yet: ")
    );
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
    machine.uninstall();
    assert_eq!(crate::support::apart_from_store(&machine).names(), [".claude", ".codex"]);
}

#[test]
fn with_the_plugin_alone_codex_is_asked_for_the_sandbox_all_the_same() {
    let machine = Machine::small();
    machine.done(&["install", "--only", "claude"]);
    let plugin = "[plugins.\"agent-handoff@agent-handoff\"]\nenabled = true\n";
    machine.file(".codex/config.toml", plugin);
    let ran = machine.run(&["doctor"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out().contains("problem  Codex: the sandbox may not write to ~/.agent-handoffs\n"),
        "{}",
        ran.out()
    );
    assert!(ran.out().contains(" into writable_roots of [sandbox_workspace_write]\n"), "{}", ran.out());
    let store = machine.path(".agent-handoffs");
    let roots = format!("[sandbox_workspace_write]\nwritable_roots = ['{}']\n\n{plugin}", store.display());
    machine.file(".codex/config.toml", roots);
    assert!(machine.done(&["doctor"]).contains("ok       Codex: the plugin is installed\n"));
}

#[test]
fn without_an_agent_or_a_backend_that_can_start_nothing_is_called_healthy() {
    let machine = Machine::empty();
    machine.stand_ins("");
    machine.install();
    let said = machine.done(&["doctor", "--quick"]);
    assert!(said.contains(&format!("note     agents: {} here", none_was_found())), "{said}");
    assert!(!said.contains("healthy"), "{said}");
    assert_eq!(machine.json(&["doctor", "--quick", "--json"], 0)["healthy"], false);

    let machine = installed();
    let config = "backends:\n  a: {model: m}\n  b: {type: codex}\n";
    machine.file(".handoff/config.yaml", config);
    let none = machine.run(&["doctor", "--quick"]);
    let problem = "problem  dispatch: ~/.handoff/config.yaml has no backend that can start";
    assert!(none.code == 1 && none.out().contains(problem), "{}", none.out());
    let fix = "fix: put claude or codex on your PATH, where it is installed\n";
    assert!(none.out().contains(fix), "{}", none.out());
}
