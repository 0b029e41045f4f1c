//! `handoff` alone: this worktree at a glance.

use std::path::Path;

use tests::BODY;

use crate::support::Stage;

/// The glance of the worktree `directory`, in `columns`; the ages are of this second.
fn glance(stage: &Stage, directory: &Path, columns: usize) -> String {
    let mut command = stage.command(&[]);
    command.current_dir(directory).env("COLUMNS", columns.to_string());
    let ran = tests::feed(command, b"");
    assert_eq!((ran.code, ran.err()), (0, ""));
    ran.out().replace(&*stage.world.path("").to_string_lossy(), "TOP/")
}

#[test]
fn an_empty_worktree_says_what_can_be_done() {
    let stage = Stage::done();
    let text = glance(&stage, &stage.repo, 80);
    let expected = "\
TOP/app

Nothing waits here and nothing runs.

  /handoff              in a session of an agent: leaves a handoff for the next one
  handoff run --text …  gives another agent a task
  handoff capture       saves the uncommitted work, to go on elsewhere
handoff --help
";
    assert_eq!(text, expected);
}

#[test]
fn what_waits_and_what_ran_here_has_a_line_each_and_other_worktrees_are_counted() {
    let stage = Stage::done();
    stage.world.write(&stage.repo, &["--topic", "one"], BODY);
    let other = stage.world.repo("other");
    stage.world.write(&other, &[], BODY);
    assert_eq!(stage.handoff(&["run", "--slug", "tests", "--text", "fix the tests"]).code, 0);
    let text = glance(&stage, &stage.repo, 100);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["TOP/app", ""]);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert_eq!(words(lines[2]), "unread Auth refactor from app just now");
    let id = stage.row()["id"].as_str().unwrap().to_owned();
    assert_eq!(words(lines[3]), format!("success fix the tests {id}, ds just now"));
    assert_eq!(
        lines[4..],
        [
            "",
            "handoff inbox show 1 · handoff tail",
            "1 unread in another worktree: handoff inbox --all",
            "handoff --help"
        ]
    );
    // From the other one the run is elsewhere.
    assert!(!glance(&stage, &other, 100).contains("fix the tests"));
}

#[test]
fn no_line_is_wider_than_the_screen_and_none_obeys_what_others_wrote() {
    let stage = Stage::done();
    let title = "\u{1b}[31m漢字 👩\u{200d}👩\u{200d}👧 e\u{301} and more \u{202e}words than fit into a line of any screen";
    stage.world.write(&stage.repo, &["--name", title, "--topic", "a-long-topic-that-says-a-lot"], BODY);
    for columns in [40, 60, 80, 200] {
        let text = glance(&stage, &stage.repo, columns);
        let table = text.lines().skip(2).take_while(|line| !line.is_empty());
        for line in table {
            assert!(handoff_columns::width(line) <= columns, "{columns}: {line:?}");
            assert!(line.ends_with("just now"), "{columns}: {line:?}");
        }
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
}

#[test]
fn many_handoffs_are_counted_behind_the_first() {
    let stage = Stage::done();
    for topic in ["a", "b", "c", "d", "e", "f", "g"] {
        stage.world.write(&stage.repo, &["--topic", topic], BODY);
    }
    let text = glance(&stage, &stage.repo, 80);
    assert_eq!(text.lines().filter(|line| line.contains("Auth refactor")).count(), 5, "{text}");
    assert!(text.contains("\nunread  and 2 more"), "{text}");
}

#[test]
fn an_id_is_whole_where_there_is_room_for_it_and_the_title_is_cut() {
    let stage = Stage::done();
    let prompt = "a prompt with more words than there is room for beside the id of its run";
    assert_eq!(stage.handoff(&["run", "--slug", "three-long-words", "--text", prompt]).code, 0);
    let id = stage.row()["id"].as_str().unwrap().to_owned();
    let text = glance(&stage, &stage.repo, 80);
    assert!(text.contains(&format!("  {id}  just now\n")), "{text}");
    assert!(text.contains("success  a prompt with more"), "{text}");
    for columns in 30..=90 {
        let text = glance(&stage, &stage.repo, columns);
        let line = text.lines().nth(2).unwrap();
        // Whole, or not there.
        assert!(line.contains(&id) || !line.contains(&id[..8]), "{columns}: {line}");
    }
}

#[test]
fn a_time_is_said_once_of_what_was_offered_at_once() {
    let stage = Stage::done();
    stage.world.write(&stage.repo, &["--topic", "one"], BODY);
    let claude = tests::Claude::open(&stage.world, &stage.repo, "s-1");
    let hook = claude.command("session-start");
    assert!(tests::feed(hook, claude.payload("startup").as_bytes()).out().contains("UNTRUSTED"));
    let text = glance(&stage, &stage.repo, 100);
    assert!(text.contains("offered to claude-code"), "{text}");
    assert_eq!(text.matches("just now").count(), 1, "{text}");
}

#[test]
fn both_programs_that_people_type_have_completions() {
    let stage = Stage::done();
    for (args, name) in [
        (&["completions", "bash"][..], "handoff"),
        (&["completions", "bash", "handoff"], "handoff"),
        (&["completions", "bash", "handover"], "handover"),
    ] {
        let ran = stage.handoff(args);
        assert_eq!((ran.code, ran.err()), (0, ""));
        assert!(ran.out().ends_with(&format!("\ncomplete -F _{name} {name}\n")), "{}", ran.out());
    }
    assert_eq!(stage.handoff(&["completions", "bash", "inbox"]).code, 2);
}
