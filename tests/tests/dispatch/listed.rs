//! `list`, `tail`, `wait`.

use std::time::Duration;

use crate::support::{DONE, Stage, announced, recorded, wait_until};

#[test]
fn runs_are_listed() {
    let stage = Stage::replay("claude-tool", 0);
    stage.handoff(&["list"]).is(0, "(no runs)\n", "");
    stage.handoff(&["list", "--json"]).is(0, "[]\n", "");
    stage.handoff(&["tail"]).is(1, "", "agent-handoff: there is no run yet\n");
    let (id, result) = announced(&stage.handoff(&["run", "--text", "look\tat\nit \u{1b}[31m"]));
    let list = stage.handoff(&["ls"]);
    let lines: Vec<Vec<&str>> = list.out().lines().map(|line| line.split_whitespace().collect()).collect();
    let titles = "RUN AGE TIME STATE BACKEND IN/OUT/CACHED COST PROJECT CONTINUES PROMPT LAST STEP OR REASON";
    assert_eq!(lines[0].join(" "), titles);
    assert_eq!((lines[1][0], lines.len()), (id.as_str(), 2));
    assert!(list.out().contains(" success ") && list.out().contains(" ds ") && list.out().contains(" app "));
    assert!(
        list.out().trim_end().ends_with("  -          look at it [31m  -") && !list.out().contains('\u{1b}'),
        "{}",
        list.out()
    );
    let row = stage.row();
    for (field, value) in [
        ("id", id.as_str()),
        ("state", "success"),
        ("backend", "ds"),
        ("model", "small-1"),
        ("cwd", stage.repo.to_str().unwrap()),
        ("result", result.to_str().unwrap()),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    assert!(row["usage"]["output_tokens"].as_u64().unwrap() > 0, "{row}");
    assert!(row["usage"]["cost_usd"].as_f64().unwrap() > 0.0, "{row}");
    assert!(row["started"].as_str().unwrap().ends_with('Z') && row["ended"].as_str().unwrap().ends_with('Z'));
    let stream = std::fs::read(row["stream"].as_str().unwrap()).unwrap();
    assert_eq!(stream, std::fs::read(recorded("claude-tool")).unwrap(), "the stream is kept as it came");
    for _ in 0..3 {
        stage.handoff(&["run", "--text", "more"]);
    }
    assert_eq!(stage.handoff(&["list", "-n", "2"]).out().lines().count(), 3);
    assert_eq!(stage.handoff(&["list", &id]).out().lines().count(), 2);
    assert_eq!(stage.handoff(&["list", "99999999999999999999"]).code, 1);
    assert_eq!(stage.handoff(&["list", "--bogus"]).code, 2);
}

#[test]
fn rows_and_json_say_what_the_board_says() {
    let stage = Stage::new(
        "if grep -q wait \"$got/input\"; then \
           echo '{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"at step one\"}]}}'; \
           while [ ! -e ../go ]; do sleep 0.02; done; fi; exit 4",
    );
    let first = stage.handoff(&["run", "--pro", "--text", "first"]);
    assert_eq!(first.code, 1);
    let first = stage.list()[0]["id"].as_str().unwrap().to_owned();
    let mut run = stage.started(&["resume", &first, "--text", "wait"]);
    wait_until("there is a step", || stage.list()[0]["last_step"] == "text: at step one");
    let rows = stage.list();
    assert_eq!((&rows[0]["continues"], &rows[0]["state"]), (&first.as_str().into(), &"running".into()));
    assert_eq!((&rows[0]["project"], &rows[0]["pro"]), (&"app".into(), &true.into()));
    assert!(rows[0]["elapsed_seconds"].as_i64().is_some_and(|seconds| (0..600).contains(&seconds)));
    assert_eq!(
        (&rows[1]["continues"], &rows[1]["last_step"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    let reason = rows[1]["reason"].as_str().unwrap();
    let list = stage.handoff(&["list"]);
    let lines: Vec<&str> = list.out().lines().collect();
    assert!(lines[1].contains(" running ") && lines[1].ends_with(" at step one"), "{}", list.out());
    assert!(lines[1].contains(&format!(" {first} ")) && lines[1].contains(" ds+pro "), "{}", list.out());
    assert!(lines[2].contains(" error ") && lines[2].ends_with(reason), "{}", list.out());
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 1);
}

#[test]
fn progress_is_shown_and_followed() {
    let stage = Stage::new(&format!(
        r#"say() {{ echo '{{"type":"assistant","message":{{"content":[{{"type":"text","text":"step '$1'"}}]}}}}'; }}
           say 1; while [ ! -e ../go ]; do sleep 0.02; done; i=2; while [ $i -le 900 ]; do say $i; i=$((i+1)); done; {DONE}"#
    ));
    let mut run = stage.started(&["run", "--text", "x"]);
    wait_until("there is progress", || stage.handoff(&["tail"]).out().contains("step 1\n"));
    assert!(!stage.handoff(&["tail"]).out().contains("RESULT="));
    let follow = stage.command(&["tail", "-f"]);
    let follow = std::thread::spawn(move || tests::feed(follow, b""));
    std::thread::sleep(Duration::from_millis(100));
    assert!(!follow.is_finished());
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 0);
    let followed = follow.join().unwrap();
    assert_eq!(followed.code, 0);
    // All of it, however much comes at once, and the result.
    for step in 1..900 {
        assert!(followed.out().contains(&format!(" step {step}\n")), "step {step}: {}", followed.out());
    }
    assert!(followed.out().ends_with("\nIt is done.\n"), "{}", followed.out());
    assert!(stage.handoff(&["tail"]).out().ends_with("\nIt is done.\n"));
}

#[test]
fn the_end_of_a_long_progress_begins_with_a_line() {
    let stage = Stage::new(&format!(
        r#"i=1; while [ $i -le 900 ]; do echo '{{"type":"assistant","message":{{"content":[{{"type":"text","text":"step '$i'"}}]}}}}'; i=$((i+1)); done; {DONE}"#
    ));
    announced(&stage.handoff(&["run", "--text", "x"]));
    let tail = stage.handoff(&["tail"]);
    let first = tail.out().lines().next().unwrap();
    assert!(first.get(2..3) == Some(":") && first.get(8..9) == Some(" "), "{first}");
    assert!(tail.out().contains(" step 899\n"));
}

#[test]
fn the_end_is_waited_for() {
    let stage = Stage::new(&format!("while [ ! -e ../go ]; do sleep 0.02; done; {DONE}"));
    stage.handoff(&["wait"]).is(0, "", "");
    let mut first = stage.started(&["run", "--text", "x"]);
    let mut second = stage.start(&["run", "--backend", "cx", "--text", "y"]);
    wait_until("both run", || stage.got().iter().filter(|got| got.join("ready").exists()).count() == 2);
    let ids: Vec<String> = stage.list().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    // All that run, or these: by then it may be none.
    let (all, these) = (stage.command(&["wait"]), stage.command(&["wait", &ids[0], &ids[1]]));
    let all = std::thread::spawn(move || tests::feed(all, b""));
    let wait = std::thread::spawn(move || tests::feed(these, b""));
    std::thread::sleep(Duration::from_millis(100));
    assert!(!all.is_finished() && !wait.is_finished());
    let late = stage.handoff(&["wait", "--timeout", "1", &ids[0]]);
    assert!(late.code == 124 && late.out().is_empty() && late.err().contains(&ids[0]), "{}", late.err());
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!((first.ends(), second.ends()), (0, 1));
    let waited = wait.join().unwrap();
    let mut lines: Vec<&str> = waited.out().lines().collect();
    lines.sort_by_key(|line| line.contains(" error "));
    let rows = stage.list();
    let line = |row: &serde_json::Value| {
        let field = |name: &str| row[name].as_str().unwrap().to_owned();
        format!("{} {} RESULT={}", field("id"), field("state"), field("result"))
    };
    let mut wanted: Vec<String> = rows.iter().map(line).collect();
    wanted.sort_by_key(|line| line.contains(" error "));
    assert_eq!((waited.code, lines), (1, wanted.iter().map(String::as_str).collect()));
    let ok = rows.iter().find(|row| row["state"] == "success").unwrap();
    stage.handoff(&["wait", ok["id"].as_str().unwrap()]).is(0, &(line(ok) + "\n"), "");
    assert_eq!(stage.handoff(&["wait", "nothing"]).code, 1);
}

#[test]
fn a_killed_run_is_not_waited_for_for_ever() {
    let stage = Stage::new("sleep 300");
    let mut run = stage.started(&["run", "--to-inbox", "--text", "x"]);
    let wait = stage.command(&["wait", stage.row()["id"].as_str().unwrap()]);
    let wait = std::thread::spawn(move || tests::feed(wait, b""));
    std::thread::sleep(Duration::from_millis(150));
    run.signal(rustix::process::Signal::KILL);
    run.ends();
    let waited = wait.join().unwrap();
    assert!(waited.code == 1 && waited.out().contains(" lost RESULT="), "{}", waited.out());
    // Whoever finds it lost says so to whoever wanted the result.
    assert!(waited.err().contains(" was lost: "), "{}", waited.err());
    assert_eq!(stage.world.names(&stage.repo, "unread").len(), 1);
}

#[test]
fn a_number_is_at_least_one_and_wins() {
    let stage = Stage::done();
    for _ in 0..2 {
        announced(&stage.handoff(&["run", "--text", "x"]));
    }
    for number in ["0", "abc", "-1", "1.5", "", "٣"] {
        let refusal = format!(
            "agent-handoff: `-n {number}`: a whole number of at least 1 is needed\nsee handoff runs list --help\n"
        );
        stage.handoff(&["list", "-n", number]).is(2, "", &refusal);
    }
    assert_eq!(stage.handoff(&["list", "-n", "99999999999999999999"]).out().lines().count(), 3);
    for time in ["soon", "0", "9x", "", "99999999999999999999h"] {
        let refusal = format!(
            "agent-handoff: `--timeout {time}`: a time of at least 1s is needed, such as 90s, 10m or 2h\nsee handoff wait --help\n"
        );
        stage.handoff(&["wait", "--timeout", time]).is(2, "", &refusal);
    }
    let one = stage.handoff(&["list", "--all", "-n", "1"]);
    assert_eq!(one.out().lines().count(), 2, "{}", one.out());
}

#[test]
fn words_that_are_no_file_are_told_where_they_belong() {
    let stage = Stage::done();
    let ran = stage.handoff(&["run", "fix the bug"]);
    assert!(
        ran.code == 2 && ran.err().contains("to say it on the command line: --text WORDS…"),
        "{}",
        ran.err()
    );
}

#[test]
fn a_result_without_a_text_is_shown_with_its_reason() {
    let stage = Stage::new("exit 4");
    let (_, file) = announced(&stage.handoff(&["run", "--text", "x"]));
    // As it is where the disk had no room for the text.
    let whole = std::fs::read_to_string(&file).unwrap();
    let head = whole.find("\n---\n\n").unwrap() + "\n---\n\n".len();
    std::fs::write(&file, &whole[..head]).unwrap();
    let tail = stage.handoff(&["tail"]);
    assert!(tail.out().ends_with("\n\nclaude ended without a result, exit code 4\n"), "{}", tail.out());
}

#[test]
fn a_runs_id_has_the_day_of_the_users_time_zone() {
    let stage = Stage::done();
    // 26 hours lie between the two, so it is never the same day in both.
    let day = |zone: &str| {
        let mut command = stage.command(&["run", "--slug", "x", "--text", "x"]);
        command.env("TZ", zone);
        let ran = tests::feed(command, b"");
        assert_eq!(ran.code, 0, "{}", ran.err());
        stage.list().first().map(|run| run["id"].as_str().unwrap().to_owned()).unwrap()
    };
    let (east, west) = (day("<+14>-14"), day("<-12>12"));
    assert!(east[..6] > west[..6], "{east} {west}");
    assert_eq!(stage.list().len(), 2);
}

#[test]
fn progress_has_utc_in_its_file_and_the_users_time_on_the_screen() {
    let stage = Stage::done();
    let zoned = |args: &[&str]| {
        let mut command = stage.command(args);
        command.env("TZ", "<+05>-5");
        tests::feed(command, b"")
    };
    let hour = |line: &str| line[..2].parse::<u32>().unwrap();
    let ran = zoned(&["run", "--text", "x"]);
    let id = stage.list()[0]["id"].as_str().unwrap().to_owned();
    let file = std::fs::read_to_string(stage.home().join(format!("tasks/{id}.out.txt"))).unwrap();
    let tail = zoned(&["tail", &id]);
    for shown in [ran.err(), tail.out()] {
        assert_eq!(hour(shown), (hour(&file) + 5) % 24, "{shown}\n{file}");
        assert_eq!(shown[2..9], file[2..9]);
    }
}
