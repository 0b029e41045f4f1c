//! `notify` in config.yaml: what the end of a run in the background does.

use tests::Terminal;

use crate::screen::typed;
use crate::support::{Stage, wait_until};

/// A stage whose configuration begins with the line `notify`.
fn stage(notify: &str) -> Stage {
    let stage = Stage::done();
    let config = std::fs::read_to_string(stage.home().join("config.yaml")).unwrap();
    stage.write(&stage.home().join("config.yaml"), format!("notify: {notify}\n{config}"));
    stage
}

#[test]
fn a_command_is_told_which_run_has_ended_and_how() {
    let stage = stage(
        "'printf \"%s|%s|%s|%s\" \"$HANDOFF_RUN_STATE\" \"$HANDOFF_RUN_BACKEND\" \"$HANDOFF_RUN_PROMPT\" \"$HANDOFF_RUN_RESULT\" > \"$HOME/ended.tmp\"; mv \"$HOME/ended.tmp\" \"$HOME/ended\"'",
    );
    let ran = stage.handoff(&["run", "--quiet", "--text", "fix", "the", "tests"]);
    assert_eq!((ran.code, ran.err()), (0, ""));
    let ended = stage.world.home().join("ended");
    wait_until("the command has run", || ended.is_file());
    let told = std::fs::read_to_string(ended).unwrap();
    let id = stage.list()[0]["id"].as_str().unwrap().to_owned();
    let result = stage.home().join(format!("tasks/{id}.result.md"));
    assert_eq!(told, format!("success|ds|fix the tests|{}", result.display()));
}

#[test]
fn nothing_runs_where_nothing_is_wanted_and_what_cannot_run_is_said_and_fails_nothing() {
    let quiet = Stage::done().handoff(&["run", "--quiet", "--text", "x"]);
    assert_eq!((quiet.code, quiet.err()), (0, ""));
    let stage = stage("desktop");
    // No `notify-send` on PATH.
    let mut command = stage.command(&["run", "--quiet", "--text", "x"]);
    command.env("PATH", stage.world.path("bin"));
    stage.write(
        &stage.world.path("bin/claude"),
        format!("#!/bin/sh\nexport PATH=/usr/bin:/bin\ncat > /dev/null\n{}\n", crate::support::DONE),
    );
    let ran = tests::feed(command, b"");
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(ran.err().starts_with("warning: could not run notify-send: "), "{}", ran.err());
}

#[test]
fn the_terminal_of_a_run_in_the_background_is_told_and_that_of_one_in_the_foreground_is_not() {
    let stage = stage("osc9");
    let Some(terminal) = Terminal::new(100, 24, "PS1='READY ' exec sh -i") else { return };
    terminal.wait_for("READY");
    terminal.record();
    let told =
        || String::from_utf8_lossy(&terminal.recorded()).matches("\u{1b}]9;handoff: success: ").count();
    let run = typed(&stage.command(&["run", "--quiet", "--text", "x;y"]), &[]);
    terminal.keys(&["-l", &format!("{run}; echo FORE$((1 + 1))\n")]);
    terminal.wait_for("FORE2");
    assert_eq!(told(), 0);
    terminal.keys(&["-l", &format!("{run} > /dev/null 2>&1 &\n")]);
    wait_until("the terminal is told", || told() == 1);
    let bytes = terminal.recorded();
    let text = String::from_utf8_lossy(&bytes);
    let notice = text.split("\u{1b}]9;").nth(1).and_then(|rest| rest.split('\u{7}').next()).unwrap();
    assert!(notice.ends_with(" x y"), "{notice:?}");
}
