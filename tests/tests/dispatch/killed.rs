//! Whatever ends the supervisor, its backend ends too, and the state is true.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{DONE, Stage, goes, result, wait_until};

/// A backend that goes on for ever with a child that takes no notice of being asked to end.
const ENDLESS: &str = "echo $$ > ../pid
(trap '' TERM INT HUP; echo started; exec sleep 300) > ../child.out 2>&1 & echo $! > ../child
while [ ! -s ../child.out ]; do sleep 0.02; done; : > ../endless; sleep 300 & wait";

/// One that runs it, with `before` first.
fn endless(before: &str) -> Stage {
    Stage::new(&format!("{before}\n{ENDLESS}"))
}

fn is_endless(stage: &Stage) {
    wait_until("the backend works", || stage.world.path("endless").exists());
}

fn all_go(stage: &Stage) {
    goes(stage.process("pid"));
    goes(stage.process("child"));
    assert_eq!(stage.settings().len(), 0, "the token stays on the disk");
}

/// Whether this process was started to outlive its terminal.
fn hangups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn a_signal_ends_a_run_in_order() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        // Under nohup, what the tests start ignores it, and so it must.
        if signal == Signal::HUP && hangups_are_ignored() {
            continue;
        }
        let stage = endless("");
        let mut run = stage.started(&["run", "--text", "x"]);
        is_endless(&stage);
        run.signal(signal);
        assert_eq!(run.ends(), code);
        all_go(&stage);
        let row = stage.row();
        assert_eq!(row["state"], "interrupted");
        let reason = format!("it was ended by signal {}", signal.as_raw());
        let (state, why, _) = result(row["result"].as_str().unwrap().as_ref());
        assert_eq!((state.as_str(), why.as_str()), ("interrupted", reason.as_str()));
        let out = std::fs::read_to_string(stage.world.path("out")).unwrap();
        assert!(out.ends_with(&format!("RESULT={}\n", row["result"].as_str().unwrap())), "{out}");
    }
}

#[test]
fn a_killed_run_is_found_lost() {
    let stage = endless("");
    let mut run = stage.started(&["run", "--text", "x"]);
    is_endless(&stage);
    assert_eq!(stage.row()["state"], "running");
    assert_eq!(stage.settings().len(), 1);
    run.signal(Signal::KILL);
    assert_eq!(run.ends(), 137);
    let listed = stage.handoff(&["list"]);
    assert!(listed.err().contains(" was lost: "), "{}", listed.err());
    assert!(listed.out().contains(" lost "), "{}", listed.out());
    all_go(&stage);
    let row = stage.row();
    let (state, reason, text) = result(row["result"].as_str().unwrap().as_ref());
    assert_eq!((row["state"].as_str().unwrap(), state.as_str()), ("lost", "lost"));
    assert!(reason.contains("killed") && text.contains("--text …"), "{reason} {text}");
    let out = std::fs::read_to_string(row["progress"].as_str().unwrap()).unwrap();
    assert_eq!(out.lines().last().unwrap(), format!("RESULT={}", row["result"].as_str().unwrap()), "{out}");
    assert_eq!(out.matches("RESULT=").count(), 1);
    // It is told once.
    assert_eq!(stage.handoff(&["list"]).err(), "");
}

#[test]
fn what_a_killed_run_left_is_tidied_up() {
    let stage = endless("");
    let mut run = stage.started(&["run", "--text", "x"]);
    is_endless(&stage);
    run.signal(Signal::KILL);
    run.ends();
    // As if it had been killed in the midst of writing: prompts and tokens.
    let old = std::fs::FileTimes::new().set_modified(std::time::SystemTime::now() - Duration::from_secs(600));
    for name in ["tasks/.tmp-0123456789abcdef", "runs/.agent-handoff-tmp-0123456789abcdef"] {
        std::fs::File::create(stage.home().join(name)).unwrap().set_times(old).unwrap();
    }
    std::fs::write(stage.home().join("tasks/.tmp-fresh"), "").unwrap();
    assert_eq!(stage.row()["state"], "lost");
    all_go(&stage);
    let left: Vec<String> = stage
        .files()
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name.starts_with('.') || name.contains("lock") || name.starts_with("conversation"))
        .collect();
    assert_eq!(left, [".tmp-fresh"]);
}

#[test]
fn a_killed_run_leaves_nobody_also_after_its_result() {
    let stage = endless(DONE);
    let mut run = stage.started(&["run", "--text", "x"]);
    is_endless(&stage);
    run.signal(Signal::KILL);
    run.ends();
    all_go(&stage);
    assert_eq!(stage.row()["state"], "lost");
}

#[test]
fn a_killed_run_leaves_nobody_also_after_its_backend() {
    let stage = Stage::new(&format!(
        "(trap '' TERM; exec sleep 300) & echo $! > ../child; echo $$ > ../pid; : > ../endless\n{DONE}"
    ));
    let mut run = stage.started(&["run", "--text", "x"]);
    is_endless(&stage);
    std::thread::sleep(Duration::from_millis(300));
    run.signal(Signal::KILL);
    run.ends();
    all_go(&stage);
}

#[test]
fn a_run_killed_at_any_moment_has_a_true_end() {
    let stage = endless("");
    for wait in [1, 3, 6, 10, 15, 20, 30, 45] {
        let mut run = stage.start(&["run", "--text", "x"]);
        std::thread::sleep(Duration::from_millis(wait));
        run.signal(Signal::KILL);
        run.ends();
    }
    for row in stage.list() {
        assert_eq!(row["state"], "lost", "{row}");
        assert_eq!(result(row["result"].as_str().unwrap().as_ref()).0, "lost");
    }
    std::thread::sleep(Duration::from_millis(2500));
    for got in stage.got() {
        let pid = got.file_name().unwrap().to_str().unwrap().parse().unwrap();
        goes(rustix::process::Pid::from_raw(pid).unwrap());
    }
    assert_eq!(stage.settings().len(), 0);
}

#[test]
fn a_run_interrupted_at_any_moment_has_a_true_end() {
    let stage = endless("");
    for wait in [1, 3, 6, 10, 15, 20, 30, 45] {
        let before = stage.list().len();
        let mut run = stage.start(&["run", "--text", "x"]);
        std::thread::sleep(Duration::from_millis(wait));
        run.signal(Signal::TERM);
        assert_eq!(run.ends(), 143);
        let rows = stage.list();
        if rows.len() > before {
            assert_eq!(rows[0]["state"], "interrupted", "after {wait} ms");
        }
    }
    assert_eq!(stage.settings().len(), 0);
}

#[test]
fn a_result_that_was_there_is_kept() {
    let stage = endless(DONE);
    let mut run = stage.started(&["run", "--text", "x"]);
    is_endless(&stage);
    run.signal(Signal::TERM);
    assert_eq!(run.ends(), 0);
    all_go(&stage);
    let row = stage.row();
    let (state, _, text) = result(row["result"].as_str().unwrap().as_ref());
    assert_eq!(
        (row["state"].as_str().unwrap(), state.as_str(), text.as_str()),
        ("success", "success", "It is done.\n")
    );
}

#[test]
fn an_agent_that_hangs_may_end_what_it_has_started_elsewhere() {
    if !tests::can("start a session of its own with setsid", tests::has("setsid")) {
        return;
    }
    let stage = Stage::new(&format!(
        "{DONE}; setsid sleep 300 >/dev/null 2>&1 & echo $! > ../pid; setsid sh -c 'echo $$ > ../child; exec sleep 300' & \
         trap 'kill $(cat ../child ../pid); exit' TERM; while :; do sleep 0.1; done"
    ));
    assert_eq!(stage.handoff(&["run", "--text", "x"]).code, 0);
    all_go(&stage);
}

#[test]
fn a_guard_that_is_killed_is_no_hiding_place() {
    let stage = endless("echo $PPID > ../guard");
    let mut run = stage.started(&["run", "--text", "x"]);
    is_endless(&stage);
    rustix::process::kill_process(stage.process("guard"), Signal::KILL).unwrap();
    assert_eq!(run.ends(), 1);
    all_go(&stage);
    let row = stage.row();
    assert_eq!(
        (row["state"].as_str(), row["reason"].as_str()),
        (Some("error"), Some("claude ended without a result"))
    );
}

#[test]
fn a_run_is_stopped() {
    let stage = endless("");
    let mut run = stage.started(&["run", "--text", "x"]);
    is_endless(&stage);
    let id = stage.row()["id"].as_str().unwrap().to_owned();
    let stopped = stage.handoff(&["stop", &id]);
    stopped.is(0, &format!("{id}: interrupted\n"), "");
    assert_eq!(run.ends(), 143);
    all_go(&stage);
    let again = stage.handoff(&["stop", &id]);
    again.is(1, "", &format!("agent-handoff: {id} has ended already: interrupted\n"));
    assert_eq!(stage.handoff(&["stop", "nothing"]).code, 1);
    assert_eq!(stage.handoff(&["stop"]).code, 1);
}

#[test]
fn a_run_ends_with_its_time() {
    let stage = endless("");
    let mut run = stage.start(&["run", "--timeout", "1s", "--text", "x"]);
    is_endless(&stage);
    assert_eq!(run.ends(), 1);
    all_go(&stage);
    let row = stage.row();
    let (state, reason, _) = result(row["result"].as_str().unwrap().as_ref());
    assert_eq!((state.as_str(), reason.as_str()), ("interrupted", "it was ended after 1 s, its --timeout"));
}

#[test]
fn a_closed_terminal_ends_no_run_that_was_told_to_stay() {
    let stage = Stage::new(&format!("while [ ! -e ../go ]; do sleep 0.05; done; {DONE}"));
    let run = stage.command(&["run", "--text", "x"]);
    let mut shell = stage.world.bare_command("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(run.get_program()).args(run.get_args());
    shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(&stage.repo);
    let child = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut run = crate::support::Started(child);
    wait_until("the backend runs", || stage.got().iter().any(|got| got.join("ready").exists()));
    run.signal(Signal::HUP);
    std::thread::sleep(Duration::from_millis(300));
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 0);
    assert_eq!(stage.row()["state"], "success");
}

#[test]
fn codex_is_interrupted_first_and_claude_terminated() {
    // Nothing is said where nobody listens any more: a shell tells of children that signals ended.
    let notes = "exec >../said 2>&1; trap 'echo INT >> ../asked' INT; trap 'echo TERM >> ../asked' TERM
         : > ../endless; while :; do sleep 0.05; done";
    for (backend, asked) in [("cx", "INT\nTERM\n"), ("ds", "TERM\n")] {
        for how in ["signal", "time", "kill", "result"] {
            let result = r#"echo '{"type":"turn.completed"}'"#;
            let stage = Stage::new(&match how {
                "result" => format!("{DONE}; {result}; {notes}"),
                _ => notes.to_owned(),
            });
            let timeout = if how == "time" { "1s" } else { "60s" };
            let mut run = stage.start(&["run", "--backend", backend, "--timeout", timeout, "--text", "x"]);
            is_endless(&stage);
            match how {
                "signal" => run.signal(Signal::TERM),
                "kill" => run.signal(Signal::KILL),
                _ => {}
            }
            run.ends();
            let noted = || std::fs::read_to_string(stage.world.path("asked")).unwrap_or_default();
            wait_until(&format!("{backend} is asked: {how}"), || noted().len() >= asked.len());
            assert_eq!(noted(), asked, "{backend}: {how}");
            let pid = stage.got()[0].file_name().unwrap().to_str().unwrap().parse().unwrap();
            goes(rustix::process::Pid::from_raw(pid).unwrap());
        }
    }
}
