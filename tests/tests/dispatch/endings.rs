//! How backends end, and that this is what is said of it.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::support::{DONE, Stage, announced, goes, result};

/// Runs `backend` and gives exit code, state, reason and text, which all places must agree on.
#[track_caller]
fn ended(stage: &Stage, backend: &str) -> (i32, String, String, String) {
    let ran = stage.handoff(&["run", "--backend", backend, "--text", "do", "it"]);
    let (id, file) = announced(&ran);
    let (state, reason, text) = result(&file);
    let row = stage.row();
    assert_eq!((row["id"].as_str().unwrap(), row["state"].as_str().unwrap()), (id.as_str(), state.as_str()));
    assert_eq!(row["reason"].as_str().unwrap_or_default(), reason);
    let out = std::fs::read_to_string(row["progress"].as_str().unwrap()).unwrap();
    assert_eq!(out.lines().last().unwrap(), format!("RESULT={}", file.display()), "{out}");
    assert_eq!(stage.settings(), [""; 0].map(std::path::PathBuf::from), "the token stays on the disk");
    (ran.code, state, reason, text)
}

/// Runs `backend`, which must not succeed; gives the reason.
#[track_caller]
fn fails(stage: &Stage, backend: &str) -> String {
    let (code, state, reason, text) = ended(stage, backend);
    assert_eq!((code, state.as_str()), (1, "error"), "{reason}");
    assert!(text.contains("did not succeed (error): "), "{text}");
    reason
}

#[test]
fn a_result_is_a_success() {
    let (code, state, reason, text) = ended(&Stage::done(), "ds");
    assert_eq!((code, state.as_str(), reason.as_str(), text.as_str()), (0, "success", "", "It is done.\n"));
}

#[test]
fn recorded_successes_are_successes() {
    for (backend, name) in [
        ("ds", "claude-tool"),
        ("ds", "claude-err529once"),
        ("ds", "claude-streamerr"),
        ("cx", "codex-tool"),
        ("cx", "codex-failedonce"),
    ] {
        let (code, state, reason, text) = ended(&Stage::replay(name, 0), backend);
        assert_eq!((code, state.as_str(), reason.as_str()), (0, "success", ""), "{name}");
        assert!(!text.trim().is_empty(), "{name}");
    }
}

#[test]
fn recorded_failures_say_why_in_the_backends_words() {
    for (backend, name, words) in [
        ("ds", "claude-err401", "Invalid API key"),
        ("ds", "claude-err429", "429"),
        ("ds", "claude-err500", "500"),
        ("ds", "claude-err400", "Prompt is too long"),
        ("ds", "claude-maxturns", "maximum number of turns"),
        ("ds", "claude-resume-bad", "No conversation found"),
        ("cx", "codex-err401", "401"),
        ("cx", "codex-err429", "429"),
        ("cx", "codex-err429u", "You’ve hit your usage limit. Try again later."),
        ("cx", "codex-ctxexceeded", "context window"),
    ] {
        let reason = fails(&Stage::replay(name, 1), backend);
        assert!(reason.contains(words), "{name}: {reason}");
    }
}

#[test]
fn an_error_with_exit_code_0_is_an_error() {
    assert!(fails(&Stage::replay("claude-err401", 0), "ds").contains("Invalid API key"));
}

#[test]
fn a_result_counts_whatever_the_exit_code() {
    let (code, state, ..) = ended(&Stage::new(&format!("{DONE}; exit 3")), "ds");
    assert_eq!((code, state.as_str()), (0, "success"));
}

#[test]
fn no_result_is_told_with_the_last_words() {
    let stage = Stage::new("echo 'Error: cannot find module' >&2; exit 4");
    assert_eq!(fails(&stage, "ds"), "claude ended without a result, exit code 4: Error: cannot find module");
    // A shell's own word for a program that is missing.
    let stage = Stage::new("exit 127");
    assert_eq!(fails(&stage, "ds"), "claude ended without a result, exit code 127");
    let stage = Stage::new("kill -SEGV $$");
    assert_eq!(fails(&stage, "cx"), "codex was ended by signal 11 without a result");
    // Exit code 0 makes no result of silence.
    assert_eq!(fails(&Stage::new(""), "ds"), "claude ended without a result, exit code 0");
}

#[test]
fn a_backend_that_cannot_be_started_is_told() {
    let stage = Stage::done();
    let program = stage.world.path("bin/claude");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::remove_file(stage.world.path("bin/codex")).unwrap();
    for (backend, reason) in [
        ("ds", "could not start claude: permission denied"),
        ("cx", "could not find codex: install it, or set path to where it is"),
    ] {
        let mut command = stage.command(&["run", "--backend", backend, "--text", "x"]);
        let ran = tests::feed(
            {
                command.env("PATH", stage.world.path("bin"));
                command
            },
            b"",
        );
        let (state, why, _) = result(&announced(&ran).1);
        assert_eq!((ran.code, state.as_str()), (1, "error"));
        assert_eq!(why.to_lowercase(), reason);
        assert_eq!(stage.settings().len(), 0);
    }
}

#[test]
fn garbage_is_survived() {
    let stage = Stage::new(
        r#"printf 'plain\r\n\0\377\n{"type":"assistant","message":null}\n{"type":"assistant","message":{"content":["x"]}}\n'
           printf '{"type":"result","is_error":[],"result":7}\n{"type":"assistant","message":{"content":[{"type":"text","text":"\\ud800"}]}}\n'
           awk 'BEGIN{for(i=0;i<200000;i++)printf "[";print ""}'; head -c 300000 /dev/urandom"#,
    );
    let reason = fails(&stage, "ds");
    assert!(reason.starts_with("the result says only that it is an error"), "{reason}");
    let stage = Stage::new(
        r#"printf '{"type":"item.completed","item":"str"}\n{"type":7}\n{"type":"turn.failed"}\n{"type":"error","message":{}}\n'"#,
    );
    fails(&stage, "cx");
}

#[test]
fn a_backend_that_hangs_after_its_result_is_ended() {
    let stage = Stage::new(&format!("{DONE}\necho $$ > ../pid; trap '' TERM; sleep 300"));
    let start = Instant::now();
    let (code, state, _, text) = ended(&stage, "ds");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!((code, state.as_str(), text.as_str()), (0, "success", "It is done.\n"));
    goes(stage.process("pid"));
}

#[test]
fn a_child_that_holds_the_output_is_not_waited_for() {
    let stage = Stage::new(&format!("{DONE}\nsleep 300 & echo $! > ../pid"));
    let start = Instant::now();
    let (code, state, ..) = ended(&stage, "ds");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!((code, state.as_str()), (0, "success"));
    goes(stage.process("pid"));
}

#[test]
fn a_child_that_holds_nothing_does_not_outlive_the_run() {
    let stage = Stage::new(&format!("{DONE}\nsleep 300 </dev/null >/dev/null 2>&1 & echo $! > ../pid"));
    let start = Instant::now();
    assert_eq!(ended(&stage, "ds").0, 0);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    goes(stage.process("pid"));
}

#[test]
fn a_second_result_after_more_work_is_the_result() {
    let stage = Stage::new(
        r#"echo '{"type":"result","subtype":"success","is_error":false,"result":"first"}'
           echo '{"type":"assistant","message":{"content":[{"type":"text","text":"more"}]}}'; sleep 4
           echo '{"type":"result","subtype":"success","is_error":false,"result":"second"}'"#,
    );
    assert_eq!(ended(&stage, "ds").3, "second\n");
}

#[test]
fn a_token_that_is_not_set_is_told_and_nothing_started() {
    let stage = Stage::done();
    let mut command = stage.command(&["run", "--text", "x"]);
    command.env_remove("DS_KEY");
    let ran = tests::feed(command, b"");
    let (state, reason, _) = result(&announced(&ran).1);
    assert_eq!((ran.code, state.as_str()), (1, "error"));
    assert!(reason.contains("DS_KEY"), "{reason}");
    assert!(stage.got().is_empty());
}

#[test]
fn a_reason_is_told_once_and_progress_only_where_it_is_wanted() {
    let stage = Stage::replay("claude-err401", 1);
    let ran = stage.handoff(&["run", "--print", "--text", "x"]);
    let (err, reason) = (ran.err().to_owned(), stage.row()["reason"].as_str().unwrap().to_owned());
    assert_eq!(err.lines().filter(|line| line.starts_with("agent-handoff: ")).count(), 1, "{err}");
    let end = err.lines().find(|line| line.contains(" end: ")).unwrap();
    assert!(end.ends_with(" end: error"), "{end}");
    // The progress that is kept has it.
    let out = std::fs::read_to_string(stage.row()["progress"].as_str().unwrap()).unwrap();
    assert!(out.contains(&format!(" end: error: {reason}\n")), "{out}");
    let quiet = stage.handoff(&["run", "--quiet", "--text", "x"]);
    let (id, _) = announced(&quiet);
    let (told, hint) = quiet.err().split_once('\n').unwrap();
    assert_eq!(told, format!("agent-handoff: {id}: error: {reason}"));
    assert!(hint.starts_with("hint: ") && hint.contains("DS_KEY") && hint.lines().count() == 1, "{hint}");
    let out = std::fs::read_to_string(stage.row()["progress"].as_str().unwrap()).unwrap();
    assert!(out.contains(" start: ") && out.contains(" session: "), "{out}");
}

#[test]
fn what_was_passed_over_of_the_backend_that_is_used_is_said_once() {
    let stage = Stage::done();
    let config = stage.home().join("config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        text.replace(
            "  opus: { type: claude, model: opus }",
            "  opus: { type: claude, modle: opus, model: o }",
        ),
    )
    .unwrap();
    let quiet = stage.handoff(&["run", "--quiet", "--text", "x"]);
    assert_eq!((quiet.code, quiet.err()), (0, ""));
    let ran = stage.handoff(&["run", "--quiet", "--pro", "--backend", "opus", "--text", "x"]);
    assert!(ran.err().contains("modle") && ran.err().contains("pro_model"), "{}", ran.err());
    assert!(ran.err().lines().all(|line| line.starts_with("warning: ")), "{}", ran.err());
}
