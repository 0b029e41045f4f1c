//! What handoff-cli 4 has too: `--dry-run` and `--fast` of a task, and the result's line where its agents read it.

use std::process::Stdio;

use crate::support::{Stage, TOKEN, announced};

#[test]
fn a_dry_run_shows_the_command_without_secrets_and_starts_nothing() {
    let stage = Stage::done();
    let ran = stage.handoff(&["run", "--dry-run", "--pro", "--text", "do", "it"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    let out = ran.out();
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.starts_with(&format!("cd {} && env ", stage.repo.display())), "{out}");
    assert!(out.contains("--model large-1") && out.contains("ANTHROPIC_AUTH_TOKEN=***"), "{out}");
    assert!(!out.contains(TOKEN) && !out.contains("do it"), "{out}");
    assert_eq!((stage.got().len(), stage.list().len()), (0, 0));
}

#[test]
fn a_dry_run_of_resume_names_the_conversation_and_needs_a_prompt() {
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--text", "first"]));
    let session = stage.row()["session"].as_str().unwrap().to_owned();
    let ran = stage.handoff(&["resume", "--dry-run", "--text", "and"]);
    assert!(ran.out().contains(&format!("--resume {session}")), "{}{}", ran.out(), ran.err());
    assert_eq!(stage.handoff(&["resume", "--dry-run"]).code, 2);
    assert_eq!((stage.got().len(), stage.list().len()), (1, 1));
}

#[test]
fn fast_is_of_one_run_and_an_agent_without_it_says_so() {
    let stage = Stage::done();
    let fast = "features.fast_mode=true";
    let ran = stage.handoff(&["run", "--backend", "cx", "--fast", "--dry-run", "--text", "x"]);
    assert!(ran.out().contains(fast) && ran.err().is_empty(), "{}{}", ran.out(), ran.err());
    let ran = stage.handoff(&["run", "--backend", "cx", "--dry-run", "--text", "x"]);
    assert!(!ran.out().contains(fast), "{}", ran.out());
    let ran = stage.handoff(&["run", "--fast", "--dry-run", "--text", "x"]);
    assert!(ran.err().contains("has no fast mode, so --fast changes nothing"), "{}", ran.err());
}

#[test]
fn the_line_of_the_result_is_on_standard_error_where_standard_output_is_discarded() {
    let stage = Stage::done();
    let mut command = stage.command(&["run", "--text", "x"]);
    let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    let err = String::from_utf8(ran.stderr).unwrap();
    let line = err.lines().last().unwrap();
    assert!(line.starts_with("RESULT=") && line.ends_with(".result.md"), "{err}");
    let ran = stage.handoff(&["run", "--text", "x"]);
    assert!(!ran.err().contains("RESULT="), "{}", ran.err());
}
