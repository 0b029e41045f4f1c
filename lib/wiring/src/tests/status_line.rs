use crate::{Call, StatusLine};

fn owns(call: &Call) -> bool {
    call.program.ends_with("/handover") && call.args.first().is_some_and(|verb| verb == "statusline-tap")
}

fn line() -> StatusLine<'static> {
    StatusLine { tap: "'/my programs/handover' statusline-tap", owns: &owns }
}

#[track_caller]
fn wires(before: &str, after: &str) {
    let wired = line().wire(before).unwrap();
    assert_eq!(wired, after);
    assert!(line().find(&wired).unwrap().is_some());
    assert_eq!(line().wire(&wired).unwrap(), wired, "twice is once");
    assert_eq!(line().unwire(&wired).unwrap(), before, "taken out again");
    assert_eq!(line().unwire(before).unwrap(), before);
}

#[test]
fn the_users_command_runs_behind_ours() {
    wires(
        r#"{"statusLine": {"type": "command", "command": "~/.claude/line.sh", "padding": 0}, "n": 1e2}"#,
        r#"{"statusLine": {"type": "command", "command": "'/my programs/handover' statusline-tap -- sh -c '~/.claude/line.sh'", "padding": 0}, "n": 1e2}"#,
    );
}

#[test]
fn every_command_is_one_argument() {
    for theirs in [
        "input=$(cat); echo \\\"$input\\\" | jq -r '.model' # it's",
        "a 'b' \\\"c\\\" && d; e",
        "-- x",
        "sh -c 'x'",
        "",
    ] {
        let before = format!("{{\"statusLine\": {{\"type\": \"command\", \"command\": \"{theirs}\"}}}}");
        let wired = line().wire(&before).unwrap();
        assert_eq!(line().unwire(&wired).unwrap(), before, "{wired}");
    }
}

#[test]
fn where_there_is_none_ours_comes_and_goes() {
    wires(
        "{\n  \"a\": 1\n}\n",
        "{\n  \"a\": 1,\n  \"statusLine\": {\n    \"type\": \"command\",\n    \"command\": \"'/my programs/handover' statusline-tap\"\n  }\n}\n",
    );
}

#[test]
fn another_prefix_is_brought_up_to_date() {
    let old = r#"{"statusLine": {"command": "/old/handover statusline-tap -- sh -c 'mine'"}}"#;
    let new = r#"{"statusLine": {"command": "'/my programs/handover' statusline-tap -- sh -c 'mine'"}}"#;
    assert_eq!(line().wire(old).unwrap(), new);
    assert_eq!(line().unwire(old).unwrap(), r#"{"statusLine": {"command": "mine"}}"#);
}

#[test]
fn what_a_user_made_of_it_stays_what_it_does() {
    let text = |command: &str| format!("{{\"statusLine\": {{\"command\": \"{command}\"}}}}");
    for (edited, theirs) in [
        ("/p/handover statusline-tap -- sh -c 'a' | cut -c1-9", "sh -c 'a' | cut -c1-9"),
        ("/p/handover statusline-tap -- line.sh --wide $COLUMNS", "line.sh --wide $COLUMNS"),
        ("/p/handover statusline-tap -- a b c", "a b c"),
    ] {
        assert_eq!(line().unwire(&text(edited)).unwrap(), text(theirs));
    }
    let error = line().unwire(&text("/p/handover statusline-tap | tee x")).unwrap_err();
    assert_eq!((error.line, error.column), (1, 28));
}

#[test]
fn what_is_no_command_is_left_alone() {
    for text in [
        r#"{"statusLine": "x"}"#,
        r#"{"statusLine": {"type": "other", "command": "x"}}"#,
        r#"{"statusLine": {"command": 1}}"#,
        r#"{"statusLine": {"command": "x"}, "statusLine": {"command": "x"}}"#,
        "[]",
        "",
    ] {
        assert!(line().wire(text).is_err(), "{text}");
    }
    assert_eq!(line().find(r#"{"statusLine": {"command": "handover statusline-tap"}}"#), Ok(None));
}

#[test]
fn what_is_run_is_told_as_far_as_that_goes() {
    let call = |program: &str, args: &[&str]| {
        Some(Call { program: program.to_owned(), args: args.iter().map(|&arg| arg.to_owned()).collect() })
    };
    assert_eq!(Call::of("'/a b/c' on-event --tool codex"), call("/a b/c", &["on-event", "--tool", "codex"]));
    assert_eq!(Call::of("/c on-event '' x || true"), call("/c", &["on-event", "", "x"]));
    assert_eq!(Call::of("/c a $(b) d"), call("/c", &["a"]));
    assert_eq!(Call::of("/c 'open"), call("/c", &[]));
    assert_eq!(Call::of("$X a"), None);
    assert_eq!(Call::of("; a"), None);
    assert_eq!(Call::of(""), None);
}
