//! Each case shows a whole file before and after.

use crate::{Call, Handler, Hooks, Made, Run, Standing};

const OURS: &str = "/home/me/.agent-handoff/bin/session-start";

fn owns(call: &Call) -> bool {
    call.program.ends_with("/bin/session-start")
}

fn claude() -> Hooks<'static> {
    Hooks { event: "SessionStart", owns: &owns, comments: true, keeps_places: false, flat: false }
}

fn codex() -> Hooks<'static> {
    Hooks { comments: false, keeps_places: true, ..claude() }
}

fn exec() -> Handler {
    Handler {
        run: Run::Exec(OURS.to_owned(), Vec::new()),
        timeout: 10,
        context_limit: None,
        status_message: None,
        in_background: false,
    }
}

fn shell() -> Handler {
    Handler {
        run: Run::Shell(OURS.to_owned()),
        timeout: 10,
        context_limit: None,
        status_message: None,
        in_background: false,
    }
}

#[track_caller]
fn wires(before: &str, after: &str) {
    let (wired, made) = claude().wire(before, &exec()).unwrap();
    assert_eq!(wired, after);
    assert_eq!(claude().wire(&wired, &exec()).unwrap().0, wired, "twice is once");
    assert_eq!(claude().unwire(&wired, made).unwrap(), before, "taken out again");
}

#[test]
fn a_fresh_file() {
    let text = claude().fresh(&exec());
    assert_eq!(
        text,
        r#"{
  "hooks": {
    "SessionStart": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "/home/me/.agent-handoff/bin/session-start",
            "args": [],
            "timeout": 10
          }
        ]
      }
    ]
  }
}
"#
    );
    assert_eq!(claude().unwire(&text, Made::Parent).unwrap(), "{}\n");
}

#[test]
fn an_empty_object_gets_lines() {
    wires(
        "{}",
        "{\n  \"hooks\": {\n    \"SessionStart\": [\n      {\n        \"hooks\": [\n          {\n            \"type\": \"command\",\n            \"command\": \"/home/me/.agent-handoff/bin/session-start\",\n            \"args\": [],\n            \"timeout\": 10\n          }\n        ]\n      }\n    ]\n  }\n}",
    );
}

#[test]
fn one_line_stays_one_line() {
    let handler =
        r#"{"type":"command","command":"/home/me/.agent-handoff/bin/session-start","args":[],"timeout":10}"#;
    wires(
        r#"{"n":12345678901234567890,"x":1e2}"#,
        &format!(
            r#"{{"n":12345678901234567890,"x":1e2,"hooks":{{"SessionStart":[{{"hooks":[{handler}]}}]}}}}"#
        ),
    );
}

#[test]
fn numbers_order_tabs_and_a_missing_last_newline_stay() {
    wires(
        "{\n\t\"z\": 1e2,\n\t\"a\": 12345678901234567890\n}",
        "{\n\t\"z\": 1e2,\n\t\"a\": 12345678901234567890,\n\t\"hooks\": {\n\t\t\"SessionStart\": [\n\t\t\t{\n\t\t\t\t\"hooks\": [\n\t\t\t\t\t{\n\t\t\t\t\t\t\"type\": \"command\",\n\t\t\t\t\t\t\"command\": \"/home/me/.agent-handoff/bin/session-start\",\n\t\t\t\t\t\t\"args\": [],\n\t\t\t\t\t\t\"timeout\": 10\n\t\t\t\t\t}\n\t\t\t\t]\n\t\t\t}\n\t\t]\n\t}\n}",
    );
}

#[test]
fn carriage_returns_stay() {
    let (wired, made) = claude().wire("{\r\n  \"a\": 1\r\n}\r\n", &exec()).unwrap();
    assert_eq!(wired.matches('\n').count(), wired.matches("\r\n").count());
    assert_eq!(claude().unwire(&wired, made).unwrap(), "{\r\n  \"a\": 1\r\n}\r\n");
}

#[test]
fn a_byte_order_mark_stays() {
    let before = "\u{feff}{\n  \"a\": 1\n}\n";
    let (wired, made) = claude().wire(before, &exec()).unwrap();
    assert!(wired.starts_with("\u{feff}{"));
    assert_eq!(claude().unwire(&wired, made).unwrap(), before);
}

#[test]
fn comments_and_trailing_commas_stay() {
    let before =
        "{\n  // mine\n  \"a\": 1, // one, two\n  /* b */ \"b\": [1, 2,], // the last\n  // the end\n}\n";
    let (wired, made) = claude().wire(before, &exec()).unwrap();
    let (head, tail) = wired.split_once("\n  \"hooks\": {").unwrap();
    assert_eq!(head, "{\n  // mine\n  \"a\": 1, // one, two\n  /* b */ \"b\": [1, 2,], // the last");
    assert!(tail.ends_with("\n  },\n  // the end\n}\n"), "{tail}");
    assert_eq!(claude().unwire(&wired, made).unwrap(), before);
}

#[test]
fn a_comma_goes_before_the_comment_of_the_last_one() {
    let before = "{\n  \"a\": 1 // one\n}\n";
    let (wired, made) = claude().wire(before, &exec()).unwrap();
    assert!(wired.starts_with("{\n  \"a\": 1, // one\n  \"hooks\": {\n"), "{wired}");
    assert_eq!(claude().unwire(&wired, made).unwrap(), before);
}

#[test]
fn an_object_with_only_a_comment() {
    let before = "{\n  // nothing yet\n}\n";
    let (wired, made) = claude().wire(before, &exec()).unwrap();
    assert!(wired.starts_with("{\n  // nothing yet\n  \"hooks\": {\n"), "{wired}");
    assert_eq!(claude().unwire(&wired, made).unwrap(), before);
}

#[test]
fn other_hooks_stay_where_they_are() {
    let before = r#"{
  "hooks": {
    "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "check"}]}],
    "SessionStart": [
      {"hooks": [{"type": "command", "command": "hello"}]}
    ]
  },
  "model": "opus"
}
"#;
    let (wired, made) = claude().wire(before, &exec()).unwrap();
    assert_eq!(made, Made::Item);
    let (head, _) = before.split_once("}]}\n    ]").unwrap();
    assert!(wired.starts_with(&format!("{head}}}]}},\n      {{\n        \"hooks\": [\n")), "{wired}");
    assert_eq!(claude().unwire(&wired, made).unwrap(), before);
}

#[test]
fn an_empty_list_that_was_there_stays() {
    for before in [
        "{\n  \"hooks\": {}\n}\n",
        "{\n  \"hooks\": {\n    \"SessionStart\": []\n  }\n}\n",
        "{\"hooks\":{\"SessionStart\":[]}}",
    ] {
        let (wired, made) = claude().wire(before, &exec()).unwrap();
        assert_eq!(claude().unwire(&wired, made).unwrap(), before);
    }
}

#[test]
fn the_bash_programs_entries_are_replaced_where_they_stand() {
    let before = r#"{
  "hooks": {
    "SessionStart": [
      {"hooks": [{"type": "command", "command": "first"}]},
      {"type": "command", "command": "/opt/x y/agent-handoff/adapters/claude-code/hooks/surface-handoffs.sh"},
      {"hooks": [{"type": "command", "command": "bash '/b/adapters/claude-code/hooks/surface-handoffs.sh'"}]},
      {"hooks": [{"type": "command", "command": "last"}]}
    ]
  }
}
"#;
    let (wired, _) = claude().wire(before, &exec()).unwrap();
    let found = claude().find(&wired).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].standing), (7, Standing::Grouped(1, 0)));
    assert!(!wired.contains("surface-handoffs"), "{wired}");
    assert!(wired.contains(r#"      {"hooks": [{"type": "command", "command": "first"}]},"#));
    assert!(wired.contains("\n      {\"hooks\": [{\"type\": \"command\", \"command\": \"last\"}]}\n    ]"));
    let gone = claude().unwire(before, Made::Parent).unwrap();
    assert_eq!(gone.lines().count(), before.lines().count() - 2);
}

#[test]
fn a_stray_list_at_the_top_level_goes() {
    let before = r#"{"SessionStart":[{"type":"command","command":"/r/adapters/codex/hooks/surface-handoffs.sh"}],"x":1}"#;
    let (wired, _) = codex().wire(before, &shell()).unwrap();
    assert_eq!(
        wired,
        r#"{"x":1,"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"/home/me/.agent-handoff/bin/session-start","timeout":10}]}]}}"#
    );
}

#[test]
fn what_the_user_changed_of_ours_stays() {
    let before = r#"{"hooks":{"SessionStart":[{"matcher":"startup","hooks":[{"type":"command","command":"/home/me/.agent-handoff/bin/session-start","args":[],"timeout":3}]}]}}"#;
    assert_eq!(claude().wire(before, &exec()).unwrap().0, before);
    let moved = before.replace("/home/me/", "/home/you/");
    assert_eq!(claude().wire(&moved, &exec()).unwrap().0, before);
}

#[test]
fn two_of_ours_become_one() {
    let entry = r#"{"hooks":[{"type":"command","command":"/home/me/.agent-handoff/bin/session-start","args":[],"timeout":10}]}"#;
    let before = format!(r#"{{"hooks":{{"SessionStart":[{entry},{entry}]}}}}"#);
    let after = format!(r#"{{"hooks":{{"SessionStart":[{entry}]}}}}"#);
    assert_eq!(claude().wire(&before, &exec()).unwrap().0, after);
}

#[test]
fn where_places_count_nothing_of_others_moves_up() {
    let ours = r#"{"hooks":[{"type":"command","command":"/home/me/.agent-handoff/bin/session-start","timeout":10}]}"#;
    let other = r#"{"hooks":[{"type":"command","command":"other"}]}"#;
    let before = format!(r#"{{"hooks":{{"SessionStart":[{ours},{other}]}}}}"#);
    let after = format!(r#"{{"hooks":{{"SessionStart":[{{"hooks":[]}},{other}]}}}}"#);
    assert_eq!(codex().unwire(&before, Made::Parent).unwrap(), after);
    assert_eq!(
        claude().unwire(&before, Made::Parent).unwrap(),
        format!(r#"{{"hooks":{{"SessionStart":[{other}]}}}}"#)
    );
}

#[test]
fn what_is_not_understood_is_named_with_its_place() {
    for (text, message) in [
        ("", "line 1, column 1: the file is empty: a JSON object was expected"),
        ("  \n", "line 1, column 1: the file is empty: a JSON object was expected"),
        ("[]", "line 1, column 1: the top level is no object"),
        ("{\n  \"hooks\": \"str\"\n}", "line 2, column 12: `hooks` is no object"),
        ("{\"hooks\": {\"SessionStart\": {}}}", "line 1, column 28: `hooks.SessionStart` is no list"),
        ("{\"hooks\": {\"SessionStart\": [\"x\"]}}", "line 1, column 29: an entry of the list is no object"),
        ("{\"ä\": 1,\n \"hooks\": {}, \"hooks\": {}}", "line 2, column 15: `hooks` is there twice"),
        ("{\n  \"a\": 1\n  \"b\": 2\n}", "line 2, column 9: expected comma"),
        ("{\"a\": 1", "line 1, column 1: unterminated object"),
        ("{'a': 1}", "line 1, column 2: single-quoted strings are not allowed"),
    ] {
        let error = claude().wire(text, &exec()).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
        assert_eq!(claude().find(text).unwrap_err(), error);
    }
    let error = codex().wire("{\n  // c\n}", &shell()).unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 3: comments are not allowed");
}

#[test]
fn what_a_host_passes_over_as_a_whole_is_told_from_what_is_broken() {
    let is_passed_over = |text: &str| codex().wire(text, &shell()).unwrap_err().is_passed_over;
    for text in ["{\n  // c\n}", "{\"a\": 1,}", "{'a': 1}", "{\"a\": +1}"] {
        assert!(is_passed_over(text), "{text}");
    }
    for text in ["", "{", "[]", "{\"hooks\": 1}", "{\"a\": 1 \"b\": 2}"] {
        assert!(!is_passed_over(text), "{text}");
    }
}

#[test]
fn only_the_program_that_a_command_runs_is_looked_at() {
    for (command, ours) in [
        ("/p/bin/session-start", true),
        ("'/p q/it'\\''s/bin/session-start' --format codex", true),
        ("\"/p q/bin/session-start\"", true),
        ("/p\\ q/bin/session-start; true", true),
        ("echo /p/bin/session-start", false),
        ("'/p/bin/session-start", false),
        ("$HOME/bin/session-start", false),
        ("/x/adapters/codex/hooks/surface-handoffs.sh", true),
        ("bash '/x y/hooks/surface-handoffs.sh'", true),
        ("/x/surface-handoffs.sh.old", true),
        ("/x/my-surface-handoffs.sh", false),
    ] {
        let text = serde_json::json!({"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": command}]}]}});
        assert_eq!(claude().find(&text.to_string()).unwrap().len(), usize::from(ours), "{command}");
    }
}

#[test]
fn a_matcher_lets_through_what_its_host_lets_through() {
    use crate::{Conditions, Matcher};
    let runs = |matcher: &str, source: &str, reads| {
        Conditions { matcher: Some(matcher.to_owned()), ..Conditions::default() }.runs_at(source, reads)
    };
    let both = [Matcher::Names, Matcher::Expression];
    for reads in both {
        for all in [
            "",
            "*",
            ".*",
            "^.*$",
            "startup|resume|clear|compact",
            "^(startup|resume)$",
            "(?:startup)",
            ".*up|x",
        ] {
            assert_eq!(runs(all, "startup", reads), Some(true), "{all}");
        }
        for other in ["resume", "resume|clear", "^(resume|clear)$", "^start$"] {
            assert_eq!(runs(other, "startup", reads), Some(false), "{other}");
        }
        assert_eq!(runs("start[a-z]+", "startup", reads), None);
    }
    assert_eq!(both.map(|reads| runs("start", "startup", reads)), [Some(false), Some(true)]);
    assert_eq!(both.map(|reads| runs("resume, startup", "startup", reads)), [Some(true), None]);
    assert_eq!(Conditions::default().runs_at("clear", Matcher::Names), Some(true));
}

#[test]
fn what_takes_the_place_of_the_bash_programs_hook_is_run_at_every_start() {
    let old = r#"{"type": "command", "command": "/x/adapters/claude-code/hooks/surface-handoffs.sh"}"#;
    let text = format!(r#"{{"hooks": {{"SessionStart": [{{"matcher": "startup", "hooks": [{old}]}}]}}}}"#);
    let owns = |call: &crate::Call| call.program.ends_with("session-start");
    for keeps_places in [false, true] {
        let hooks = Hooks { event: "SessionStart", owns: &owns, comments: false, keeps_places, flat: false };
        let run = crate::Run::Shell("/bin/session-start".to_owned());
        let handler =
            Handler { run, timeout: 10, context_limit: None, status_message: None, in_background: false };
        let (wired, _) = hooks.wire(&text, &handler).unwrap();
        let found = hooks.find(&wired).unwrap();
        assert!(
            found.len() == 1 && handler.is(&found[0]) && found[0].conditions.matcher.is_none(),
            "{wired}"
        );
        assert!(!wired.contains("surface-handoffs"), "{wired}");
    }
}

#[test]
fn half_a_surrogate_pair_is_left_as_it_is_where_the_host_takes_it() {
    for written in
        [r"\ud800", r"\uDFFF x", r"\ud83d\ude00 \ud83d\\ude00", r"\\ud800", r"\ud800\n", r"\ud8zz\ud800"]
    {
        let before = format!("{{\"a\": \"{written}\", \"{written}\": [1]}}");
        if written.contains("zz") {
            assert!(claude().wire(&before, &exec()).is_err());
            continue;
        }
        let (after, made) = claude().wire(&before, &exec()).unwrap();
        assert!(after.starts_with(before.trim_end_matches('}')), "{after}");
        assert_eq!(claude().wire(&after, &exec()).unwrap().0, after);
        assert_eq!(claude().unwire(&after, made).unwrap(), before);
    }
    assert!(codex().wire(r#"{"a": "\ud800"}"#, &shell()).is_err());
}

/// Cursor's form.
fn flat() -> Hooks<'static> {
    Hooks { event: "sessionStart", flat: true, ..claude() }
}

const FLAT_COMMAND: &str = "\"command\": \"/home/me/.agent-handoff/bin/session-start\"";

#[track_caller]
fn wires_flat(before: &str, after: &str) {
    let (wired, made) = flat().wire(before, &shell()).unwrap();
    assert_eq!(wired, after.replace("OURS", &format!("{FLAT_COMMAND}, \"timeout\": 10")));
    assert_eq!(flat().wire(&wired, &shell()).unwrap().0, wired, "twice is once");
    let found = flat().find(&wired).unwrap();
    assert!(found.len() == 1 && found[0].standing == Standing::Flat && shell().is(&found[0]), "{wired}");
    assert_eq!(flat().unwire(&wired, made).unwrap(), before, "taken out again");
}

#[test]
fn a_hook_in_no_group_stands_in_the_list_itself() {
    let text = flat().fresh(&shell());
    let list = format!(
        "\"sessionStart\": [\n      {{\n        {FLAT_COMMAND},\n        \"timeout\": 10\n      }}\n    ]"
    );
    assert_eq!(text, format!("{{\n  \"version\": 1,\n  \"hooks\": {{\n    {list}\n  }}\n}}\n"));
    assert_eq!(flat().unwire(&text, Made::Outer).unwrap(), "{}\n");
    wires_flat(
        r#"{"version": 1, "hooks": {"sessionStart": [{"command": "mine"}], "stop": []}}"#,
        r#"{"version": 1, "hooks": {"sessionStart": [{"command": "mine"}, {OURS}], "stop": []}}"#,
    );
    wires_flat(r#"{"version": 1, "hooks": {}}"#, r#"{"version": 1, "hooks": {"sessionStart": [{OURS}]}}"#);
    wires_flat(r#"{"version": 1}"#, r#"{"version": 1, "hooks": {"sessionStart": [{OURS}]}}"#);
    // What the host makes of hooks without a version is not ours to change.
    wires_flat(r#"{"hooks": {"stop": []}}"#, r#"{"hooks": {"stop": [], "sessionStart": [{OURS}]}}"#);
}

#[test]
fn a_version_that_others_need_by_now_stays() {
    let (wired, made) = flat().wire("{}", &shell()).unwrap();
    let others = wired.replace("\"hooks\": {", "\"hooks\": {\"stop\": [{\"command\": \"mine\"}],");
    let unwired = flat().unwire(&others, made).unwrap();
    assert!(unwired.contains("\"version\": 1") && unwired.contains("mine"), "{unwired}");
    assert!(!unwired.contains("session-start"), "{unwired}");
}

#[test]
fn a_hook_in_a_group_where_the_host_has_none_is_put_where_it_is_run() {
    let group = format!("{{\"hooks\": [{{{FLAT_COMMAND}}}]}}");
    let text = format!("{{\"version\": 1, \"hooks\": {{\"sessionStart\": [{group}]}}}}");
    assert!(!shell().is(&flat().find(&text).unwrap()[0]));
    let (wired, _) = flat().wire(&text, &shell()).unwrap();
    let found = flat().find(&wired).unwrap();
    assert!(found.len() == 1 && shell().is(&found[0]), "{wired}");
}
