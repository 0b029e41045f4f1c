//! Going on in a conversation, and which one.

use rustix::process::Signal;

use crate::support::{DONE, Stage, announced, wait_until};

fn id(row: &serde_json::Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_conversation_goes_on_under_its_first_id() {
    let stage = Stage::done();
    let (first, _) =
        announced(&stage.handoff(&["run", "--pro", "--slug", "Fix the login page", "--text", "a"]));
    let session = stage.row()["session"].as_str().unwrap().to_owned();
    let (second, _) = announced(&stage.handoff(&["resume", &first, "--text", "b"]));
    let args = stage.last("args");
    assert!(args.contains(&format!("--resume\n{session}\n")) && !args.contains("--session-id"), "{args}");
    assert_eq!(stage.last("input"), "b");
    // And from the second, by its number, by its UUID, and by nothing at all.
    let row = stage.row();
    assert_eq!((row["session"].as_str().unwrap(), id(&row)), (session.as_str(), second));
    let number = row["number"].to_string();
    let uuid = row["uuid"].as_str().unwrap().to_owned();
    for selector in [&[number.as_str()][..], &[uuid.as_str()], &[]] {
        let args = [&["resume"], selector, &["--text", "c"]].concat();
        announced(&stage.handoff(&args));
        assert!(stage.last("args").contains(&format!("--resume\n{session}\n")));
    }
    // The same from a file and from standard input.
    let file = stage.world.path("more.md");
    std::fs::write(&file, "from a file").unwrap();
    announced(&stage.handoff(&["resume", &first, file.to_str().unwrap()]));
    assert_eq!(stage.last("input"), "from a file");
    announced(&tests::feed(stage.command(&["resume", &first]), b"from a pipe"));
    assert_eq!(stage.last("input"), "from a pipe");
    assert!(stage.list().iter().all(|row| row["session"] == session.as_str()));
}

#[test]
fn a_conversation_goes_on_with_the_model_that_it_had_last() {
    let stage = Stage::done();
    let (first, _) = announced(&stage.handoff(&["run", "--text", "a"]));
    let model = |args: &[&str]| {
        let ran = stage.handoff(&[&["resume", &first], args, &["--text", "b"]].concat());
        announced(&ran);
        assert!(!ran.err().contains("warning:"), "{}", ran.err());
        let args = stage.last("args");
        let model = args.lines().skip_while(|word| *word != "--model").nth(1).unwrap().to_owned();
        assert_eq!(stage.row()["pro"], model == "large-1");
        model
    };
    assert_eq!(model(&[]), "small-1");
    assert_eq!(model(&["--pro"]), "large-1");
    assert_eq!(model(&[]), "large-1", "it went on with the small model in silence");
    assert_eq!(model(&["--no-pro"]), "small-1");
    assert_eq!(model(&[]), "small-1");
}

#[test]
fn codex_names_its_conversation_itself() {
    let thread = "0199a213-81c0-7800-8aa1-bbab2a035a53";
    let stage = Stage::new(&format!(
        "echo '{{\"type\":\"thread.started\",\"thread_id\":\"{thread}\"}}'
         echo '{{\"type\":\"item.completed\",\"item\":{{\"type\":\"agent_message\",\"text\":\"ok\"}}}}'; echo '{{\"type\":\"turn.completed\"}}'"
    ));
    announced(&stage.handoff(&["run", "--backend", "cx", "--text", "a"]));
    assert_eq!(stage.row()["session"], thread);
    let ran = stage.handoff(&["resume", "--text", "b"]);
    announced(&ran);
    assert_eq!(ran.code, 0);
    let args = stage.last("args");
    assert!(args.ends_with(&format!("resume\n{thread}\n-\n")), "{args}");
    assert!(args.contains("--sandbox\nworkspace-write\n"), "{args}");
}

#[test]
fn a_hostile_conversation_id_is_never_an_option() {
    for name in ["--dangerous", "a b", "../../x", "x\\ny", ""] {
        let stage = Stage::new(&format!(
            r#"echo '{{"type":"system","subtype":"init","session_id":"{name}"}}'; {DONE}"#
        ));
        announced(&stage.handoff(&["run", "--text", "a"]));
        let row = stage.row();
        assert_eq!(row["session"], row["uuid"], "{name}");
    }
}

#[test]
fn another_backend_is_refused() {
    let stage = Stage::done();
    let (first, _) = announced(&stage.handoff(&["run", "--text", "a"]));
    let ran = stage.handoff(&["resume", &first, "--backend", "cx", "--text", "b"]);
    ran.is(2, "", &format!("agent-handoff: {first} is a conversation with ds, not with cx\n"));
    assert_eq!(stage.list().len(), 1);
    // The same one may be named.
    announced(&stage.handoff(&["resume", &first, "--backend", "ds", "--text", "b"]));
    // A run of nobody.
    let none = stage.handoff(&["resume", "9999", "--text", "b"]);
    none.is(1, "", "agent-handoff: could not find a run `9999`: handoff list --all\n");
    assert_eq!(stage.handoff(&["resume", "99999999999999999999", "--text", "b"]).code, 1);
}

#[test]
fn one_run_at_a_time_is_on_a_conversation() {
    let stage = Stage::new(&format!("while [ ! -e ../go ]; do sleep 0.02; done; {DONE}"));
    let mut run = stage.started(&["run", "--text", "a"]);
    let first = id(&stage.row());
    let words = format!(
        "agent-handoff: {first} is at work on this conversation: handoff wait {first}, or handoff stop {first}\n"
    );
    for args in [&["resume", &first, "--text", "b"][..], &["open", &first], &["open"]] {
        stage.handoff(args).is(1, "", &words);
    }
    assert_eq!(stage.list().len(), 1);
    // A second one that resumes is in the way just so.
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 0);
    std::fs::remove_file(stage.world.path("go")).unwrap();
    let mut second = stage.start(&["resume", &first, "--text", "b"]);
    wait_until("the second backend runs", || {
        stage.got().iter().filter(|got| got.join("ready").exists()).count() == 2
    });
    let by = id(&stage.row());
    let refused = stage.handoff(&["resume", &first, "--text", "c"]);
    assert!(refused.code == 1 && refused.err().contains(&by), "{}", refused.err());
    // And a killed one is not.
    second.signal(Signal::KILL);
    second.ends();
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(stage.handoff(&["resume", &first, "--text", "d"]).code, 0);
}

#[test]
fn resume_without_words_opens_and_open_becomes_the_agent() {
    let stage = Stage::done();
    let (first, _) = announced(&stage.handoff(&["run", "--text", "a"]));
    let session = stage.row()["session"].as_str().unwrap().to_owned();
    stage.backend("claude", "cat \"$6\" > \"$got/settings\" 2>/dev/null; echo interactive; exit 7");
    let opened = stage.handoff(&["open", &first]);
    assert_eq!((opened.code, opened.out()), (7, "interactive\n"), "{}", opened.err());
    let args = stage.last("args");
    assert!(args.contains(&format!("--resume\n{session}\n")) && !args.contains("-p\n"), "{args}");
    assert!(stage.last("env").contains("AGENT_HANDOFF_SKIP=1"));
    assert_eq!(stage.settings().len(), 0);
    std::fs::remove_file(stage.world.path("bin/claude")).unwrap();
    let mut command = stage.command(&["open"]);
    command.env("PATH", stage.world.path("bin"));
    let missing = tests::feed(command, b"");
    assert!(
        missing.code == 1 && missing.err().contains("could not find claude: install it, or set PATH"),
        "{}",
        missing.err()
    );
    assert_eq!(stage.settings().len(), 0);
    // Nobody is at a pipe that could use an interactive agent.
    assert_eq!(stage.handoff(&["resume", &first]).code, 2);
}

#[test]
fn the_latest_is_so_by_its_place_and_not_by_the_clock() {
    let stage = Stage::done();
    let (first, _) = announced(&stage.handoff(&["run", "--text", "a"]));
    // Its clock was ahead by a week.
    stage.change(
        "UPDATE runs SET created_at = datetime('now', '+7 days'), run_day = date('now', '+7 days'), runtime_info = \
         json_set(runtime_info, '$.started', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+7 days'))",
    );
    let mut later = stage.command(&["run", "--text", "b"]);
    later.env("TZ", "Pacific/Honolulu");
    let (second, _) = announced(&tests::feed(later, b""));
    let ids: Vec<String> = stage.list().iter().map(id).collect();
    assert_eq!(ids, [second, first]);
    let session = stage.row()["session"].as_str().unwrap().to_owned();
    let mut resume = stage.command(&["resume", "--text", "c"]);
    resume.env("TZ", "Pacific/Kiritimati");
    announced(&tests::feed(resume, b""));
    assert_eq!(stage.row()["session"].as_str().unwrap(), session);
    assert!(stage.last("args").contains(&session));
}

/// A stage with a run of `ds`, whose agent then stays until it is asked to end.
fn opened(script: &str) -> (Stage, crate::support::Started) {
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--text", "a"]));
    std::fs::remove_dir_all(&stage.got()[0]).unwrap();
    stage.backend("claude", script);
    let started = stage.started(&["open"]);
    assert_eq!(stage.settings().len(), 1);
    (stage, started)
}

#[test]
fn a_closed_terminal_leaves_no_token_of_an_opened_agent() {
    // Under nohup, nothing that is started here is told of a hangup.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let is_told = |signal: &(Signal, &str)| ignored >> (signal.0.as_raw() - 1) & 1 == 0;
    // Without `exec`, so that the shell is there to be told.
    for (signal, name) in [(Signal::HUP, "HUP"), (Signal::TERM, "TERM")].into_iter().filter(is_told) {
        let (stage, mut open) =
            opened(&format!("trap 'sleep 0.3; exit 9' {name}; while :; do sleep 0.05; done"));
        // What others do meanwhile takes nothing away.
        stage.list();
        assert_eq!(stage.settings().len(), 1);
        open.signal(signal);
        assert_eq!(open.ends(), 9);
        assert_eq!(stage.settings().len(), 0, "{name}");
    }
}

#[test]
fn an_interrupt_is_the_agents_own() {
    let (stage, mut open) = opened("while [ ! -e ../go ]; do sleep 0.05; done; exit 4");
    open.signal(Signal::INT);
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(stage.settings().len(), 1);
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(open.ends(), 4);
    assert_eq!(stage.settings().len(), 0);
}

#[test]
fn a_token_that_a_killed_open_left_goes_with_the_next_command() {
    let (stage, mut open) = opened("while [ ! -e ../go ]; do sleep 0.05; done");
    open.signal(Signal::KILL);
    open.ends();
    assert_eq!(stage.settings().len(), 1);
    assert_eq!(stage.handoff(&["tail"]).code, 0);
    assert_eq!(stage.settings().len(), 0);
    // The agent is at its own terminal still, and goes on until it is left.
    let agent = stage.got().pop().unwrap().file_name().unwrap().to_str().unwrap().parse().unwrap();
    std::fs::write(stage.world.path("go"), "").unwrap();
    crate::support::goes(rustix::process::Pid::from_raw(agent).unwrap());
}

#[test]
fn what_a_resumed_run_used_is_its_own_share() {
    let recorded = |name: &str| format!("cat '{}'", crate::support::recorded(name).display());
    let used = |stage: &Stage| {
        let usage = stage.row()["usage"].clone();
        (usage["input_tokens"].as_u64().unwrap(), usage["output_tokens"].as_u64().unwrap())
    };
    // As both count: over the conversation. Codex's cost nobody knows.
    let stage = Stage::new(&recorded("codex-tool"));
    announced(&stage.handoff(&["run", "--backend", "cx", "--text", "a"]));
    assert_eq!(used(&stage), (19540, 14));
    stage.backend("codex", "exit 1");
    announced(&stage.handoff(&["resume", "--text", "b"]));
    stage.backend("codex", &recorded("codex-resume").replace(';', ""));
    announced(&stage.handoff(&["resume", "--text", "c"]));
    assert_eq!(used(&stage), (29503 - 19540, 21 - 14));
    assert!(stage.row()["usage"]["cost_usd"].is_null());
    // It never is less than nothing: this one began anew.
    stage.backend("codex", &recorded("codex-tool"));
    announced(&stage.handoff(&["resume", "--text", "d"]));
    assert_eq!(used(&stage), (19540, 14));

    let stage = Stage::new(&recorded("claude-tool"));
    announced(&stage.handoff(&["run", "--backend", "opus", "--text", "a"]));
    let first = stage.row()["usage"]["cost_usd"].as_f64().unwrap();
    assert_eq!(used(&stage), (25232, 14));
    stage.backend("claude", &recorded("claude-resume"));
    announced(&stage.handoff(&["resume", "--text", "b"]));
    assert_eq!(used(&stage), (12703, 7));
    let cost = stage.row()["usage"]["cost_usd"].as_f64().unwrap();
    assert!((cost + first - 0.15216).abs() < 1e-9, "{cost}");
}

#[test]
fn a_conversation_that_the_agent_had_by_itself_goes_on_and_is_listed_from_then_on() {
    let stage = Stage::done();
    let sessions = ["11111111-2222-4333-8444-555555555555", "21111111-2222-4333-8444-555555555555"];
    let elsewhere = stage.world.dir("elsewhere");
    let at = elsewhere.to_str().unwrap();
    let resume = |session, args: &[&str]| {
        stage.handoff(&[&["resume", "--session-id", session], args, &["--text", "a"]].concat())
    };
    let unknown = resume(sessions[0], &[]);
    assert!(unknown.code == 2 && unknown.err().contains("--backend B"), "{}", unknown.err());
    announced(&resume(sessions[0], &["--backend", "opus"]));
    assert!(stage.last("args").contains(&format!("--resume\n{}\n", sessions[0])), "{}", stage.last("args"));
    assert_eq!(stage.row()["session"], sessions[0]);
    // It is listed now, with its backend.
    announced(&resume(sessions[0], &[]));
    assert_eq!(stage.row()["backend"], "opus");
    let other = resume(sessions[0], &["--backend", "cx"]);
    assert!(other.code == 2 && other.err().contains("with opus, not with cx"), "{}", other.err());
    announced(&resume(sessions[1], &["--backend", "opus", "--cwd", at]));
    assert_eq!(stage.last("cwd").trim_end(), at);
    // The prompt may come from a file.
    let file = stage.world.path("more.md");
    std::fs::write(&file, "from a file").unwrap();
    announced(&stage.handoff(&["resume", "--session-id", sessions[1], file.to_str().unwrap()]));
    assert_eq!((stage.last("input").as_str(), stage.last("cwd").trim_end()), ("from a file", at));
}

#[test]
fn a_conversation_that_the_agent_had_by_itself_is_opened() {
    let stage = Stage::new("echo interactive");
    let session = "31111111-2222-4333-8444-555555555555";
    let elsewhere = stage.world.dir("elsewhere");
    let at = elsewhere.to_str().unwrap();
    // With a token in its settings, and without.
    for backend in ["ds", "opus"] {
        let opened = stage.handoff(&["open", "--backend", backend, "--session-id", session, "--cwd", at]);
        assert_eq!((opened.code, opened.out()), (0, "interactive\n"), "{}", opened.err());
        assert!(stage.last("args").contains(&format!("--resume\n{session}\n")), "{}", stage.last("args"));
        assert_eq!((stage.last("cwd").trim_end(), stage.settings().len()), (at, 0));
    }
    for wrong in [
        &["open", "--backend", "opus"][..],
        &["open", "--cwd", at],
        &["open", "--session-id", session],
        &["open", "x", "--session-id", session, "--backend", "opus"],
        &["open", "--session-id", session, "--backend", "unknown"],
        &["run", "--session-id", session, "--text", "x"],
        &["resume", "--backend", "opus", "--session-id", "", "--text", "x"],
        &["resume", "--backend", "opus", "--session-id=--help", "--text", "x"],
        &["resume", "--backend", "unknown", "--session-id", session, "--text", "x"],
    ] {
        let ran = stage.handoff(wrong);
        assert_eq!(ran.code, 2, "{wrong:?}: {}", ran.err());
    }
    assert!(stage.list().is_empty(), "a refused command left a run");
}
