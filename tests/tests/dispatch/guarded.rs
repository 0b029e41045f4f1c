//! A backend outlives neither its guard nor its time, and no second one is on its conversation meanwhile.

use rustix::process::{Pid, Signal};

use crate::support::{DONE, Stage, goes, wait_until};

/// A backend that takes no notice of being asked to end.
const STUBBORN: &str =
    "trap '' TERM INT HUP; echo $PPID > ../guard; echo $$ > ../pid; while :; do sleep 0.05; done";

fn name_of(process: Pid) -> String {
    let comm = format!("/proc/{}/comm", process.as_raw_nonzero());
    std::fs::read_to_string(comm).unwrap_or_default().trim().to_owned()
}

#[test]
fn a_backend_ends_with_its_guard_also_where_the_supervisor_is_killed_with_it() {
    if !tests::can("see processes in /proc", std::path::Path::new("/proc/self/comm").exists()) {
        return;
    }
    let stage = Stage::new(STUBBORN);
    let mut run = stage.started(&["run", "--text", "x"]);
    let (guard, backend) = (stage.process("guard"), stage.process("pid"));
    // What ends all processes of our name does not end the guard.
    assert!(!name_of(guard).contains("handoff"), "{}", name_of(guard));
    // And when both are killed, the youngest first, nothing is left that works on.
    rustix::process::kill_process(guard, Signal::KILL).unwrap();
    run.signal(Signal::KILL);
    run.ends();
    goes(backend);
    assert!(["lost", "error"].contains(&stage.row()["state"].as_str().unwrap()));
}

#[test]
fn a_conversation_is_free_once_the_agent_of_a_killed_run_is_gone() {
    let stage = Stage::new(STUBBORN);
    let mut run = stage.started(&["run", "--text", "x"]);
    let backend = stage.process("pid");
    let id = stage.row()["id"].as_str().unwrap().to_owned();
    stage.backend(
        "claude",
        &format!("kill -0 {} 2>/dev/null && echo yes > ../both; {DONE}", backend.as_raw_nonzero()),
    );
    run.signal(Signal::KILL);
    run.ends();
    let resumed = stage.handoff(&["resume", &id, "--text", "y"]);
    assert_eq!(resumed.code, 0, "{}", resumed.err());
    assert!(!stage.world.path("both").exists(), "two agents were on one conversation");
    goes(backend);
}

#[test]
fn what_a_backend_started_in_a_session_of_its_own_ends_with_its_time() {
    let can = tests::has("setsid") && std::path::Path::new("/proc/self/stat").exists();
    if !tests::can("start a session of its own with setsid, and see it in /proc", can) {
        return;
    }
    for how in ["time", "signal", "kill"] {
        // The one between the two is gone by then, so that nothing but the guard leads to the last.
        let stage = Stage::new(
            "(setsid sh -c 'echo $$ > ../child; trap \"\" TERM INT HUP; while :; do sleep 0.05; done' >/dev/null 2>&1 &)
             echo $$ > ../pid; sleep 300",
        );
        let timeout = if how == "time" { "1s" } else { "60s" };
        let mut run = stage.started(&["run", "--timeout", timeout, "--text", "x"]);
        let child = stage.process("child");
        match how {
            "signal" => run.signal(Signal::TERM),
            "kill" => run.signal(Signal::KILL),
            _ => {}
        }
        run.ends();
        goes(child);
        goes(stage.process("pid"));
    }
}

#[test]
fn what_is_left_to_the_guard_while_the_backend_works_is_no_zombie_for_long() {
    if !tests::can("see processes in /proc", std::path::Path::new("/proc/self/stat").exists()) {
        return;
    }
    let stage = Stage::new(&format!(
        "(sh -c 'echo $$ > ../child' &); while [ ! -e ../go ]; do sleep 0.02; done; {DONE}"
    ));
    let mut run = stage.started(&["run", "--text", "x"]);
    let child = stage.process("child");
    let stat = format!("/proc/{}/stat", child.as_raw_nonzero());
    wait_until("the process is gone", || !std::path::Path::new(&stat).exists());
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 0);
}
