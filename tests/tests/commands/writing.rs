//! `handoff-write`: what is written, what is refused, what is kept.

use std::path::Path;

use serde_json::json;
use tests::{BODY, World};

use crate::support::{clean, field, is, is_refused, json, kept_draft, mode, parts, published, sentinel};

const NO_ACTION: &str = "it has no `## Immediate next action`: add that heading and say what to do first";

#[test]
fn a_handoff_is_reported_and_holds_every_field_in_order() {
    let world = World::new();
    let app = world.repo("app");
    std::fs::write(app.join("new"), "").unwrap();
    let args = ["--topic", "auth", "--tool", "codex-cli", "--session-id", "s-1"];
    let ran = world.run("handoff-write", &app, &args, BODY);
    let body = format!("\n{BODY}");
    let sentinel = sentinel(&world, body.as_bytes());
    let unread = "TOP/home/.agent-handoffs/SLUG-app/app/unread";
    is(
        &world,
        &ran,
        0,
        &format!(
            "handoff written\npath:     {unread}/STAMP-from-app-auth.md\nto:       app (TOP/app)\nsentinel: {sentinel}\n"
        ),
        "",
    );
    let [path] = &published(&world.root())[..] else { panic!("one file") };
    let head = world.git(&app, &["rev-parse", "--short", "HEAD"]);
    let (front, written) = parts(path);
    assert_eq!(
        clean(&world, &front),
        format!(
            "name: Auth refactor\ndescription: Run `make test-auth`.\nfrom: app\nto: app\ncreated: TIME\nbranch: main\n\
             head: {}\ndirty_files_count: 1\nsession_tool: codex-cli\nto_path: TOP/app\nsentinel: {}\n\
             session_id: s-1\ntopic: auth\n",
            scalar(&front, &head),
            scalar(&front, &sentinel)
        )
    );
    assert_eq!(String::from_utf8(written).unwrap(), body);
    assert_eq!(mode(path), 0o600);
    let below_root = path.ancestors().skip(1).take_while(|dir| dir.starts_with(world.root()));
    assert_eq!(below_root.map(mode).collect::<Vec<_>>(), [0o700; 4]);
}

/// `text` as it stands in `front`: hex digits that read as a number are quoted.
fn scalar(front: &str, text: &str) -> String {
    let quoted = format!("\"{text}\"");
    if front.contains(&quoted) { quoted } else { text.to_owned() }
}

#[test]
fn the_writing_session_is_known_by_the_environment_of_the_agents_shell() {
    let (claude, codex) = (("CLAUDE_CODE_SESSION_ID", "claude-1"), ("CODEX_THREAD_ID", "codex_2"));
    let both = "note: no session is named as the writer, since both CLAUDE_CODE_SESSION_ID and CODEX_THREAD_ID are set; \
                --tool or --session-id says which\n";
    let ignored =
        "note: CODEX_THREAD_ID was ignored: a session id has letters, digits, `_` and `-`, at most 128\n";
    let long = "x".repeat(129);
    type Case<'c> = (&'c [(&'c str, &'c str)], &'c [&'c str], Option<&'c str>, &'c str);
    let cases: [Case<'_>; 10] = [
        (&[], &[], None, ""),
        (&[claude], &[], Some("claude-1"), ""),
        (&[codex], &[], Some("codex_2"), ""),
        (&[claude, codex], &[], None, both),
        (&[claude, codex], &["--tool", "claude-code"], Some("claude-1"), ""),
        (&[claude, codex], &["--tool", "codex-cli"], Some("codex_2"), ""),
        (&[claude, codex], &["--session-id", "typed"], Some("typed"), ""),
        // What it tells of is another session.
        (&[claude], &["--tool", "handover"], None, ""),
        (&[("CODEX_THREAD_ID", "../x")], &[], None, ignored),
        (&[("CODEX_THREAD_ID", &long)], &[], None, ignored),
    ];
    for (variables, args, id, notes) in cases {
        let world = World::new();
        let mut command = world.command("handoff-write", &world.dir("app"));
        command.args(args).envs(variables.iter().copied());
        let ran = tests::feed(command, BODY.as_bytes());
        assert_eq!((ran.code, ran.err()), (0, notes), "{variables:?} {args:?}");
        let [path] = &published(&world.root())[..] else { panic!("one file") };
        let front = parts(path).0;
        let written = front.lines().find_map(|line| line.strip_prefix("session_id: "));
        assert_eq!(written, id, "{variables:?} {args:?}");
    }
}

#[test]
fn a_title_and_summary_come_from_option_then_frontmatter_then_headings() {
    let world = World::new();
    let app = world.dir("app");
    let front = format!("---\nname: Own\ndescription: Mine\ntopic: own-topic\n---\n{BODY}");
    let bare = "## Immediate next action\n\n  Go on.  \nMore.\n";
    let cases: [(&[&str], &str, &str, &str); 5] = [
        (&["--name", "Typed", "--description", "Said"], &front, "Typed", "Said"),
        (&[], &front, "Own", "Mine"),
        (&[], BODY, "Auth refactor", "Run `make test-auth`."),
        (&["--topic", "the-topic"], bare, "the-topic", "Go on."),
        (&[], bare, "Handoff from app", "Go on."),
    ];
    for (args, draft, name, description) in cases {
        let path = world.write(&app, args, draft);
        assert_eq!(
            (field(&path, "name").as_str(), field(&path, "description").as_str()),
            (name, description)
        );
    }
    let path = world.write(&app, &["--topic", "typed"], &front);
    assert_eq!(field(&path, "topic"), "typed");
    let path = world.write(&app, &[], &front);
    assert!(path.to_str().unwrap().contains("-from-app-own-topic"), "{}", path.display());
}

#[test]
fn a_drafts_unknown_fields_are_kept_and_its_forged_ones_are_not() {
    let world = World::new();
    let app = world.dir("app");
    let forged = "from: root\nto: root\nhead: fffffff\nbranch: evil\nsentinel: '00000000'\nreceived_at: 2020-01-01T00:00:00Z\n\
                  received_by: nobody\nto_path: /\ncreated: 1999-01-01T00:00:00Z\n";
    let path =
        world.write(&app, &[], format!("---\nname: Own\n{forged}ticket: A-1\nlabels:\n  - x\n---\n{BODY}"));
    let (front, body) = parts(&path);
    let sentinel = sentinel(&world, &body);
    assert_eq!(
        clean(&world, &front),
        format!(
            "name: Own\ndescription: Run `make test-auth`.\nfrom: app\nto: app\ncreated: TIME\nbranch: unknown\nhead: unknown\n\
             dirty_files_count: unknown\nsession_tool: unknown\nto_path: TOP/app\nsentinel: {}\nticket: A-1\nlabels:\n  - x\n",
            scalar(&front, &sentinel)
        )
    );
    assert!(!front.contains("1999"), "{front}");
}

#[test]
fn a_frontmatter_that_cannot_be_used_is_kept_in_the_body_and_named() {
    let world = World::new();
    let app = world.dir("app");
    let yaml =
        |line: usize, problem: &str| format!("its frontmatter is not valid YAML (line {line}: {problem})");
    // Each line has 72 bytes: 72,000 in all.
    let long = format!("---\n{}---\n", format!("key: {}\n", "x".repeat(66)).repeat(1_000));
    let cases: [(&[u8], String); 7] = [
        (
            b"---\nticket: A-1\ndescription: Fix: the lexer\n# by hand\n---\n",
            yaml(3, "a second `: ` in one field; put the text in quotes"),
        ),
        (b"---\n\tname\n---\n", yaml(2, "a tab where only spaces may stand")),
        (b"---\nticket: 1\nticket: 2\n---\n", yaml(3, "the same key as on line 2")),
        (
            b"---\nname: [a, b]\n---\n",
            "the `name` of its frontmatter is a list or a mapping, not a text".to_owned(),
        ),
        (b"---\nticket: caf\xe9\n---\n", "its frontmatter is not UTF-8".to_owned()),
        (
            b"---\nname: never closed\n",
            "its first line is `---`, and no second one closes a frontmatter".to_owned(),
        ),
        (
            long.as_bytes(),
            "its first line is `---`, and 72.0 kB stand between that and the next `---`; a frontmatter may have 65.5 kB".to_owned(),
        ),
    ];
    for (front, reason) in cases {
        let draft = [front, BODY.as_bytes()].concat();
        let note = format!("note: {reason}: it was kept in the body, whole\n");
        world.run("handoff-write", &app, &["--check"], &draft).is(0, "ok\n", &note);
        let ran = world.run("handoff-write", &app, &["--json"], &draft);
        assert_eq!((ran.code, ran.err()), (0, note.as_str()));
        let path = json(&ran)["path"].as_str().unwrap().to_owned();
        assert_eq!(parts(Path::new(&path)).1, [b"\n", &draft[..]].concat(), "{reason}");
    }
    let rows = json(&world.run("inbox", &app, &["--json"], ""));
    let problems: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["problem"].clone()).collect();
    assert_eq!(problems, vec![serde_json::Value::Null; 7]);
}

#[test]
fn a_draft_that_begins_with_a_rule_loses_nothing() {
    let world = World::new();
    let app = world.dir("app");
    for draft in [
        format!("---\n# Title\n---\n{BODY}"),
        format!("---\n\n# Title\n\n---\n\n{BODY}"),
        format!("\u{feff}---\n# Title\n---\n{BODY}"),
    ] {
        let path = world.write(&app, &[], &draft);
        let body = String::from_utf8(parts(&path).1).unwrap();
        assert_eq!(body, format!("\n{}", draft.trim_start_matches('\u{feff}')));
        assert_eq!(field(&path, "name"), "Title");
    }
}

#[test]
fn a_handoff_goes_to_a_sibling_that_exists() {
    let world = World::new();
    let (app, review) = (world.dir("app"), world.dir("app-review"));
    let ran = world.run("handoff-write", &app, &["--to", "app-review", "--json"], BODY);
    let report = json(&ran);
    assert_eq!((ran.code, ran.err()), (0, ""));
    let path = report["path"].as_str().unwrap();
    assert_eq!(
        report,
        json!({
            "written": true, "path": path, "to": "app-review", "to_path": review, "name": "Auth refactor", "redacted": 0,
            "recipient_note": null,
            "sentinel": sentinel(&world, format!("\n{BODY}").as_bytes()),
        })
    );
    assert!(world.surface(&app).is_empty());
    assert!(world.surface(&review).contains("from:     app (unknown)"));
}

#[test]
fn a_handoff_to_a_worktree_that_is_not_there_yet_is_noted_and_waits_for_it() {
    let world = World::new();
    let app = world.dir("app");
    let ran = world.run("handoff-write", &app, &["--to", "later"], BODY);
    assert_eq!(
        (ran.code, clean(&world, ran.err()).as_str()),
        (
            0,
            "note: TOP/later does not exist yet; the first session there gets it; to give it to another worktree: handoff inbox move \
             TOP/later WORKTREE\n"
        )
    );
    assert!(world.surface(&world.dir("later")).contains("Handoff loaded: Auth refactor"));
}

#[test]
fn a_linked_worktree_is_found_by_its_name_wherever_it_is() {
    let world = World::new();
    let app = world.repo("app");
    let far = world.dir("elsewhere").join("zebra");
    world.git(&app, &["worktree", "add", "--quiet", "-b", "z", far.to_str().unwrap()]);
    let path = world.write(&app, &["--to", "zebra"], BODY);
    assert_eq!(clean(&world, &field(&path, "to_path")), "TOP/elsewhere/zebra");
    assert!(world.surface(&far).contains("Handoff loaded: Auth refactor"));
}

#[test]
fn a_name_of_two_linked_worktrees_is_refused_with_both() {
    let world = World::new();
    let app = world.repo("app");
    for (place, branch) in [("p", "one"), ("q", "two")] {
        let path = world.dir(place).join("same");
        world.git(&app, &["worktree", "add", "--quiet", "-b", branch, path.to_str().unwrap()]);
    }
    let ran = world.run("handoff-write", &app, &["--to", "same"], BODY);
    let err = clean(&world, ran.err());
    let (start, end) = err.split_once("is: ").unwrap();
    assert_eq!(start, "agent-handoff: could not write the handoff: could not tell which worktree same ");
    let (both, _) = end.split_once(" both are; ").unwrap();
    let mut both: Vec<_> = both.split(" and ").collect();
    both.sort_unstable();
    assert_eq!((ran.code, both), (1, vec!["TOP/p/same", "TOP/q/same"]));
    assert_eq!(std::fs::read_to_string(kept_draft(&ran)).unwrap(), BODY);
    assert!(published(&world.root()).is_empty());
}

#[test]
fn a_name_that_is_no_worktrees_is_a_usage_error_and_keeps_the_draft() {
    for name in ["../x", "-rf", "a b", "..", "/etc", ""] {
        let world = World::new();
        let ran = world.run("handoff-write", &world.dir("app"), &["--to", name], BODY);
        let said = format!(
            "agent-handoff: `--to {name}`: {name:?} is not a worktree name: use letters, digits, `.`, `_` and \
             `-`, not starting with `-`\nsee handoff write --help\n"
        );
        is_refused(&world, &ran, 2, &said, BODY);
    }
}

#[test]
fn a_bad_topic_is_a_usage_error_that_suggests_a_good_one() {
    let world = World::new();
    let ran = world.run("handoff-write", &world.dir("app"), &["--topic", "Bad Topic"], BODY);
    let said = "agent-handoff: `--topic Bad Topic`: \"Bad Topic\" is not a topic: use letters, digits, `.`, `_` \
                and `-`, at most 60, for example `bad-topic`\nsee handoff write --help\n";
    is_refused(&world, &ran, 2, said, BODY);
}

#[test]
fn an_unknown_option_is_a_usage_error_and_keeps_the_draft() {
    let world = World::new();
    let ran = world.run("handoff-write", &world.dir("app"), &["--frobnicate"], BODY);
    is_refused(
        &world,
        &ran,
        2,
        "agent-handoff: there is no option `--frobnicate`\nsee handoff write --help\n",
        BODY,
    );
}

#[test]
fn a_draft_without_a_next_action_is_refused_and_kept_whole() {
    let empty = "its `## Immediate next action` is empty: say what to do first";
    let fenced = "```\n## Immediate next action\nGo.\n```\n";
    let cases = [
        ("# Title\n\nText \u{1b}[1m\r\n", NO_ACTION),
        (
            fenced,
            "it has no `## Immediate next action`: line 2, `## Immediate next action`, stands in a code block; close the \
                  block above it, or add the heading",
        ),
        ("---\nname: x\n---\ntext", NO_ACTION),
        ("## Immediate next action", empty),
        ("## Immediate next action\n \t\n\n## Other\nx\n", empty),
        ("---\nname: only\n---\n\n", "it is empty: handoff write --template prints the sections"),
    ];
    for (draft, reason) in cases {
        let world = World::new();
        let ran = world.run("handoff-write", &world.dir("app"), &[], draft);
        is_refused(
            &world,
            &ran,
            1,
            &format!("agent-handoff: could not write the handoff: {reason}\n"),
            draft,
        );
    }
}

#[test]
fn an_empty_draft_is_refused_and_there_is_nothing_to_keep() {
    for draft in ["", "\n \t\r\n"] {
        let world = World::new();
        let ran = world.run("handoff-write", &world.dir("app"), &[], draft);
        let said = "agent-handoff: could not write the handoff: it is empty: handoff write --template prints the sections\n";
        is(&world, &ran, 1, "", said);
        assert!(!world.root().exists());
    }
}

#[test]
fn a_draft_above_one_mebibyte_is_refused_and_one_of_it_is_written() {
    let world = World::new();
    let app = world.dir("app");
    let exact = format!("{BODY}{}", "x".repeat((1 << 20) - BODY.len()));
    let over = "y".repeat(3 << 19);
    let ran = world.run("handoff-write", &app, &[], &over);
    let said = "agent-handoff: could not write the handoff: it has 1.5 MB, a handoff may have 1.0 MB: name large files \
                instead of quoting them\n";
    is_refused(&world, &ran, 1, said, &over);
    assert_eq!(world.run("handoff-write", &app, &["--check"], format!("{exact}y")).code, 1);
    world.write(&app, &[], &exact);
}

#[test]
fn a_refused_file_is_named_itself_and_no_copy_is_kept() {
    let world = World::new();
    let app = world.dir("app");
    let draft = app.join("draft.md");
    std::fs::write(&draft, "nothing").unwrap();
    let ran = world.run("handoff-write", &app, &["--file", draft.to_str().unwrap()], "");
    let said =
        format!("agent-handoff: could not write the handoff: {NO_ACTION}\ndraft kept: TOP/app/draft.md\n");
    is(&world, &ran, 1, "", &said);
    assert!(!world.root().exists());
    assert_eq!(std::fs::read_to_string(&draft).unwrap(), "nothing");
    let ran = world.run("handoff-write", &app, &["--file", "missing.md"], "");
    is(&world, &ran, 1, "", "agent-handoff: could not read missing.md: no such file or directory\n");
}

#[test]
fn a_file_and_a_dash_are_read_like_standard_input() {
    let world = World::new();
    let app = world.dir("app");
    std::fs::write(app.join("d"), BODY).unwrap();
    let from_file = world.write(&app, &["--file", "d"], "ignored");
    let from_dash = world.write(&app, &["--file", "-"], BODY);
    assert_eq!(parts(&from_file).1, parts(&from_dash).1);
}

#[test]
fn a_check_says_ok_or_why_not_and_writes_nothing() {
    let world = World::new();
    let app = world.dir("app");
    let run = |args: &[&str], draft: &str| world.run("handoff-write", &app, args, draft);
    run(&["--check"], BODY).is(0, "ok\n", "");
    run(&["--check", "--json"], BODY).is(0, "{\"ok\":true,\"reasons\":[]}\n", "");
    run(&["--check"], "x").is(1, "", &format!("agent-handoff: {NO_ACTION}\n"));
    let report = format!("{}\n", json!({ "ok": false, "reasons": [NO_ACTION] }));
    run(&["--check", "--json"], "x").is(1, &report, &format!("agent-handoff: {NO_ACTION}\n"));
    assert!(!world.root().exists());
}

#[test]
fn a_refusal_as_json_names_reasons_and_draft() {
    let world = World::new();
    let ran = world.run("handoff-write", &world.dir("app"), &["--json"], "x");
    let report = json!({ "written": false, "reasons": [NO_ACTION], "draft": kept_draft(&ran) });
    assert_eq!((ran.code, json(&ran)), (1, report));
}

#[test]
fn the_template_lists_every_section() {
    let world = World::new();
    let ran = world.run("handoff-write", &world.dir("app"), &["--template"], "");
    let headings: Vec<_> = ran.out().lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert_eq!(
        headings,
        [
            "# Handoff — <title>",
            "## Status as of <date>",
            "## Immediate next action",
            "## Decisions made (with evidence)",
            "## Recently verified / completed — DO NOT REDO",
            "## Open follow-ups",
            "## Assumptions / world-model snapshot",
            "## Verification commands",
            "## Files touched this session",
            "## What NOT to do on resume",
            "## Reader instruction",
        ]
    );
}

#[test]
fn two_handoffs_of_one_second_and_topic_are_two_files() {
    let world = World::new();
    let app = world.dir("app");
    let stamp = |path: &Path| path.file_name().unwrap().to_str().unwrap()[..16].to_owned();
    let mut written = vec![world.write(&app, &["--topic", "t"], BODY)];
    let is_twin = |paths: &[std::path::PathBuf]| {
        paths.len() > 1 && stamp(&paths[paths.len() - 1]) == stamp(&paths[paths.len() - 2])
    };
    while !is_twin(&written) {
        assert!(written.len() < 50, "no two in one second");
        written.push(world.write(&app, &["--topic", "t"], BODY));
    }
    written.sort();
    assert_eq!(published(&world.root()), written);
    let rows = json(&world.run("inbox", &app, &["--json"], ""));
    assert_eq!(rows.as_array().unwrap().len(), written.len());
}

#[test]
fn a_file_from_a_clock_that_was_ahead_is_left_whole_and_both_surface() {
    let world = World::new();
    let app = world.dir("app");
    let ahead = world.plant(&app, "20990101T000000Z-from-app.md", "---\nname: From tomorrow\n---\n\nx\n");
    let now = world.write(&app, &[], BODY);
    assert_ne!(ahead, now);
    assert_eq!(std::fs::read_to_string(&ahead).unwrap(), "---\nname: From tomorrow\n---\n\nx\n");
    let told = world.surface(&app);
    assert!(told.contains(" 1/2 From tomorrow\n") && told.contains(" 2/2 Auth refactor\n"), "{told}");
    world.take(&app);
    assert_eq!(world.names(&app, "read").len(), 2);
}

#[test]
fn a_body_of_any_bytes_is_kept_byte_for_byte() {
    let bodies: [&[u8]; 3] = [
        b"## Immediate next action\r\nGo.\r\n\r\n## Other\r\n\ttabs \r\n",
        b"## Immediate next action\nGo \xff\xfe\xc3( \x00\x07 on.\n",
        "## Immediate next action\nGo \u{202e}\u{e0041}.\u{feff}\n\n\n".as_bytes(),
    ];
    let world = World::new();
    let app = world.dir("app");
    for body in bodies {
        let path = world.write(&app, &[], body);
        let (_, written) = parts(&path);
        assert_eq!(written, [b"\n", body].concat());
        let digits = sentinel(&world, &written);
        assert_eq!(field(&path, "sentinel").trim_matches(['"', '\'']), digits);
    }
}

#[test]
fn a_draft_among_the_drafts_is_gone_once_it_is_a_handoff() {
    let world = World::new();
    let repo = world.repo("app");
    let drafts = world.dir("home/.agent-handoffs/.drafts");
    let draft = drafts.join("mine.md");
    std::fs::write(&draft, "no next action\n").unwrap();
    let file = draft.to_str().unwrap();
    assert_eq!(world.run("handoff-write", &repo, &["--file", file], "").code, 1);
    assert!(draft.is_file(), "refused, it stays");
    std::fs::write(&draft, BODY).unwrap();
    assert_eq!(world.run("handoff-write", &repo, &["--check", "--file", file], "").code, 0);
    assert!(draft.is_file(), "only looked at, it stays");
    world.write(&repo, &["--file", file], "");
    assert!(!draft.exists());
    let own = world.path("own.md");
    std::fs::write(&own, BODY).unwrap();
    world.write(&repo, &["--file", own.to_str().unwrap()], "");
    assert!(own.is_file(), "a user's own file stays");
}

#[test]
fn a_report_that_nobody_reads_is_no_failure() {
    let world = World::new();
    let repo = world.repo("app");
    // As some programs give what they throw away: open for reading too.
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
    let mut command = world.command("handoff-write", &repo);
    let mut child = command.stdin(std::process::Stdio::piped()).stdout(null).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), BODY.as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(world.names(&repo, "unread").len(), 1);
}

#[test]
fn a_template_that_nobody_filled_in_is_no_handoff() {
    let world = World::new();
    let repo = world.repo("app");
    let template = world.run("handoff-write", &repo, &["--template"], "").out().to_owned();
    let ran = world.run("handoff-write", &repo, &[], &template);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err().contains("its `## Immediate next action` is still the template's: say what to do first")
    );
    assert!(world.names(&repo, "unread").is_empty());
}

#[test]
fn a_text_between_two_rules_is_no_frontmatter_also_where_it_reads_as_yaml() {
    for text in
        ["# Auth refactor\nStatus: tests are red, DO NOT push", "# T\n\nDate: today\nSummary: half done"]
    {
        let world = World::new();
        let app = world.repo("app");
        let ran = world.run("handoff-write", &app, &[], format!("---\n{text}\n---\n\n{BODY}"));
        assert_eq!((ran.code, ran.err()), (0, ""));
        let [path] = &published(&world.root())[..] else { panic!("one file") };
        let (_, body) = parts(path);
        let body = String::from_utf8(body).unwrap();
        assert!(text.lines().all(|line| body.contains(line)), "{body}");
    }
}
