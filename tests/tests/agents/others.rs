//! What is true of Gemini CLI, Factory droid, Qwen Code, GitHub Copilot CLI and OpenCode as it is of the first two.

use std::path::PathBuf;

use serde_json::json;
use tests::BODY;
use tests::agents::{Host, Machine, Session, Step, call, refuse, shell, text};

use crate::WIRING;
use crate::support::{counts, leave_as_another, messages};

/// A machine on which `host` runs our hook, with the repository `app` in which a handoff waits.
fn machine(host: Host) -> Option<(Machine, PathBuf)> {
    host.ready().then(|| {
        let machine = Machine::bare(WIRING);
        machine.wire(host);
        let repo = machine.world.repo("app");
        machine.world.write(&repo, &[], BODY);
        (machine, repo)
    })
}

/// A session that may do everything.
fn free<'m>(machine: &'m Machine, host: Host, repo: &PathBuf) -> Session<'m> {
    machine.session(host, repo).args(host.unrestricted())
}

fn is_told_in_a_line_as_a_script(host: Host) {
    let Some((machine, repo)) = machine(host) else { return };
    let end = machine.session(host, &repo).as_a_script().run("write a commit message").ok();
    assert_eq!(messages(&end.texts(0)), [""; 0]);
    let told = end.with(0, "agent-handoff: 1 handoff waits here: \"Auth refactor\"");
    assert_eq!(told.len(), 1, "{:?}", end.texts(0));
    assert_eq!(counts(&machine.world, &repo), (1, 0));
    assert!(!machine.world.inbox(&repo).join("offers").exists());
}

/// The next session is given it, and told that it was offered before.
fn waits_again_when_the_model_refuses(host: Host) {
    let Some((machine, repo)) = machine(host) else { return };
    let refused: Step = refuse(400, "invalid_request_error", "mock says no");
    let end = machine.session(host, &repo).steps([refused]).run("go");
    assert_eq!(messages(&end.texts(0)).len(), 1, "{end:?}");
    assert_eq!(counts(&machine.world, &repo), (1, 0), "{end:?}");
    let end = machine.session(host, &repo).run("go").ok();
    let given = messages(&end.texts(0));
    assert!(given.len() == 1 && given[0].contains("offered before: "), "{given:?}");
    assert_eq!(counts(&machine.world, &repo), (0, 1));
}

/// What another program leaves meanwhile is for the session after it.
fn is_given_it_once_in_a_session_that_runs_tools(host: Host) {
    let Some((machine, repo)) = machine(host) else { return };
    let steps = [shell(leave_as_another(&machine)), shell("echo again"), text("done")];
    let end = free(&machine, host, &repo).steps(steps).run("go").ok();
    for turn in 0..3 {
        let given = messages(&end.texts(turn));
        assert!(given.len() == 1 && given[0].contains("Auth refactor"), "{turn}: {given:?}");
    }
    assert_eq!(counts(&machine.world, &repo), (1, 1));
}

/// One that goes on with an earlier session is given what came since.
fn is_given_what_came_when_it_is_continued(host: Host, words: &[&str]) {
    let Some((machine, repo)) = machine(host) else { return };
    machine.session(host, &repo).run("go").ok();
    assert_eq!(counts(&machine.world, &repo), (0, 1));
    machine.world.write(&repo, &["--name", "Second"], BODY);
    let end = machine.session(host, &repo).args(words).run("go on").ok();
    let given = messages(&end.texts(0));
    assert!(given.iter().any(|message| message.contains("Second")), "{given:?}");
    assert_eq!(counts(&machine.world, &repo), (0, 2));
}

/// What it left itself is for the session after it, also when it goes on.
fn is_not_given_its_own_when_it_is_continued(host: Host, words: &[&str]) {
    let Some((machine, repo)) = machine(host) else { return };
    machine.world.take(&repo);
    let program = machine.bin("handoff-write");
    let line = format!("printf '## Immediate next action\\nLook.\\n' | '{}' --name Own", program.display());
    free(&machine, host, &repo).steps([shell(line), text("left")]).run("hand off").ok();
    assert_eq!(counts(&machine.world, &repo), (1, 1));
    let end = machine.session(host, &repo).args(words).run("go on").ok();
    assert_eq!(messages(&end.texts(0)), [""; 0]);
    let end = machine.session(host, &repo).run("go").ok();
    assert_eq!(messages(&end.texts(0)).len(), 1);
    assert_eq!(counts(&machine.world, &repo), (0, 2));
}

#[test]
fn gemini_is_told_in_a_line_as_a_script() {
    is_told_in_a_line_as_a_script(Host::Gemini);
}

#[test]
fn gemini_refused() {
    waits_again_when_the_model_refuses(Host::Gemini);
}

#[test]
fn gemini_with_tools() {
    is_given_it_once_in_a_session_that_runs_tools(Host::Gemini);
}

#[test]
fn gemini_continued() {
    let host = Host::Gemini;
    let Some((machine, repo)) = machine(host) else { return };
    machine.world.take(&repo);
    machine.session(host, &repo).run("go").ok();
    machine.world.write(&repo, &["--name", "Second"], BODY);
    for turn in ["go on", "and on"] {
        let end = machine.session(host, &repo).args(&["--resume", "latest"]).run(turn).ok();
        let given = messages(&end.texts(0));
        assert!(given.len() == 1 && given[0].contains("Second"), "{turn}: {given:?}");
    }
    assert_eq!(counts(&machine.world, &repo), (0, 2));
}

#[test]
fn droid_is_told_in_a_line_as_a_script() {
    is_told_in_a_line_as_a_script(Host::Droid);
}

#[test]
fn droid_refused() {
    waits_again_when_the_model_refuses(Host::Droid);
}

#[test]
fn droid_with_tools() {
    is_given_it_once_in_a_session_that_runs_tools(Host::Droid);
}

#[test]
fn qwen_is_told_in_a_line_as_a_script() {
    is_told_in_a_line_as_a_script(Host::Qwen);
}

/// A prompt on the command line is answered, and no person says anything after it.
#[test]
fn qwen_with_nothing_but_a_prompt_is_a_script() {
    let Some((machine, repo)) = machine(Host::Qwen) else { return };
    let session = machine.session(Host::Qwen, &repo).as_a_script().arguments(&["write", "a commit message"]);
    let end = session.run("").ok();
    assert_eq!(end.with(0, "agent-handoff: 1 handoff waits here: ").len(), 1, "{:?}", end.texts(0));
    assert_eq!(counts(&machine.world, &repo), (1, 0));
}

#[test]
fn qwen_refused() {
    waits_again_when_the_model_refuses(Host::Qwen);
}

#[test]
fn qwen_with_tools() {
    is_given_it_once_in_a_session_that_runs_tools(Host::Qwen);
}

#[test]
fn copilot_is_told_in_a_line_as_a_script() {
    is_told_in_a_line_as_a_script(Host::Copilot);
}

#[test]
fn copilot_refused() {
    waits_again_when_the_model_refuses(Host::Copilot);
}

#[test]
fn copilot_with_tools() {
    is_given_it_once_in_a_session_that_runs_tools(Host::Copilot);
}

#[test]
fn qwen_is_not_given_its_own() {
    is_not_given_its_own_when_it_is_continued(Host::Qwen, &["--continue"]);
}

#[test]
fn copilot_is_not_given_its_own() {
    is_not_given_its_own_when_it_is_continued(Host::Copilot, &["--continue"]);
}

#[test]
fn opencode_is_not_given_its_own() {
    is_not_given_its_own_when_it_is_continued(Host::OpenCode, &["--continue"]);
}

#[test]
fn copilot_continued() {
    is_given_what_came_when_it_is_continued(Host::Copilot, &["--continue"]);
}

#[test]
fn opencode_is_told_in_a_line_as_a_script() {
    is_told_in_a_line_as_a_script(Host::OpenCode);
}

#[test]
fn opencode_with_tools() {
    is_given_it_once_in_a_session_that_runs_tools(Host::OpenCode);
}

#[test]
fn opencode_continued() {
    is_given_what_came_when_it_is_continued(Host::OpenCode, &["--continue"]);
}

/// Its own session, whose parent has the handoffs.
#[test]
fn a_subagent_of_opencode_is_given_nothing() {
    let host = Host::OpenCode;
    let Some((machine, repo)) = machine(host) else { return };
    let task = json!({ "description": "Looks", "prompt": "look at src", "subagent_type": "general" });
    let steps = [shell(leave_as_another(&machine)), call("task", task), text("looked"), text("done")];
    let end = free(&machine, host, &repo).steps(steps).run("go").ok();
    assert!(!end.with(2, "look at src").is_empty(), "{:?}", end.texts(2));
    assert_eq!(messages(&end.texts(2)), [""; 0]);
    assert_eq!(counts(&machine.world, &repo), (1, 1));
}

#[test]
fn a_prompt_of_opencode_goes_on_when_the_program_is_missing_or_slow_or_fails() {
    let host = Host::OpenCode;
    let Some((machine, repo)) = machine(host) else { return };
    let program = machine.world.path("stub");
    machine.wire_to(host, &program);
    for script in ["", "exit 3", "echo half; kill -9 $$", "echo early; sleep 600"] {
        // Written by another process, so that this one does not have it open for writing when it is run.
        let make = format!("printf '#!/bin/sh\\n%s\\n' '{script}' > stub && chmod 755 stub");
        if !script.is_empty() {
            let ran = machine
                .world
                .bare_command("sh")
                .current_dir(machine.world.top())
                .args(["-c", &make])
                .status();
            assert!(ran.unwrap().success());
        }
        let end = machine.session(host, &repo).run("go").ok();
        let said: Vec<String> = end.with(0, "go").into_iter().map(|text| text.text).collect();
        assert!(said.iter().any(|text| text == "go"), "{script}: {said:?}");
        assert!(end.with(0, "half").is_empty() && end.with(0, "early").is_empty(), "{script}");
    }
}

/// As `doctor` says.
#[test]
fn opencode_runs_no_plugin_where_it_is_pure() {
    let host = Host::OpenCode;
    let Some((machine, repo)) = machine(host) else { return };
    let end = machine.session(host, &repo).env("OPENCODE_PURE", "1").run("go").ok();
    assert_eq!(messages(&end.texts(0)), [""; 0]);
    assert_eq!(counts(&machine.world, &repo), (1, 0));
}
