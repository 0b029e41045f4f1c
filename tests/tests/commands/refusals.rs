//! `handoff-write`: what a refusal says, and what is said when only the report failed.

use tests::{BODY, World};

use crate::support::{clean, field, is_refused, published};

#[test]
fn a_refusal_names_the_line_and_the_heading_that_the_draft_has_instead() {
    let world = World::new();
    let app = world.dir("app");
    let other = |line: usize, heading: &str| {
        format!(
            "it has no `## Immediate next action`: line {line}, `{heading}`, is another heading; make that line \
             `## Immediate next action`"
        )
    };
    let cases = [
        ("# T\n\n## Immediate next steps\nGo.\n", other(3, "## Immediate next steps")),
        ("### Immediate next action\nGo.\n", other(1, "### Immediate next action")),
        ("---\nname: x\n---\n## 1. Immediate next action\nGo.\n", other(4, "## 1. Immediate next action")),
        ("##Immediate next action\nGo.\n", other(1, "##Immediate next action")),
        ("## Next\nx\n\n# **Immediate Next Action:**\nGo.\n", other(4, "# **Immediate Next Action:**")),
        ("## Status\nx\n## What comes next\nGo.\n", other(3, "## What comes next")),
        (
            "\n## Immediate next action: run the tests\n\n## Status\nx\n",
            "line 2, `## Immediate next action: run the tests`, says the action in the heading itself: end the heading \
             after `## Immediate next action` and put the rest on the lines below"
                .to_owned(),
        ),
        (
            "## Status\nx\n\n    ## Immediate next action\nGo.\n",
            "it has no `## Immediate next action`: line 4, `## Immediate next action`, is indented so far that markdown \
             takes it for code; move it to the start of its line"
                .to_owned(),
        ),
        (
            "##\u{a0}Immediate next action\nGo.\n",
            "it has no `## Immediate next action`: line 1, `## Immediate next action`, has a character that looks \
             like a blank and is none; type that line again"
                .to_owned(),
        ),
    ];
    for (draft, reason) in cases {
        let ran = world.run("handoff-write", &app, &["--check"], draft);
        ran.is(1, "", &format!("agent-handoff: {reason}\n"));
    }
    let behind_a_mark = "\u{feff}## Immediate next action\nGo.\n";
    world.run("handoff-write", &app, &["--check"], behind_a_mark).is(0, "ok\n", "");
}

#[test]
fn a_next_action_is_accepted_in_every_form_that_markdown_takes_for_its_heading() {
    let world = World::new();
    let app = world.dir("app");
    for heading in
        ["##  Immediate  next action", "  ## Immediate next action", "##\tImmediate next action ##"]
    {
        let draft = format!("# T\n\n{heading}\nGo.\n");
        world.run("handoff-write", &app, &["--check"], &draft).is(0, "ok\n", "");
        let empty = format!("# T\n\n{heading}\n");
        let reason = "agent-handoff: its `## Immediate next action` is empty: say what to do first\n";
        world.run("handoff-write", &app, &["--check"], &empty).is(1, "", reason);
    }
}

#[test]
fn a_frontmatter_that_could_not_be_stamped_is_refused_and_the_longest_is_written() {
    let world = World::new();
    let app = world.dir("app");
    let draft = |length: usize| format!("---\nticket: {}\n---\n{BODY}", "t".repeat(length));
    let ran = world.run("handoff-write", &app, &[], draft(60_000));
    let said = "agent-handoff: could not write the handoff: its frontmatter has 60.0 kB of fields that handoff-write does not \
                know, a handoff may have 40.9 kB: move what is long into the body\n";
    is_refused(&world, &ran, 1, said, draft(60_000));
    let id = "i".repeat(70_000);
    world.write(&app, &["--session-id", "s".repeat(70_000).as_str()], draft(40_000));
    let told = world.run("inbox", &app, &["read", "--session-id", id.as_str()], "");
    assert!(told.out().contains("Handoff loaded: Auth refactor"));
    let [path] = &published(&world.root())[..] else { panic!("one file") };
    assert_eq!(clean(&world, &field(path, "to_path")), "TOP/app");
    assert_eq!(field(path, "received_at").len(), "2026-11-21T10:00:00Z".len());
}

#[test]
fn a_report_that_cannot_be_printed_says_that_the_handoff_was_written() {
    for args in [&[][..], &["--json"]] {
        let world = World::new();
        let app = world.dir("app");
        let mut command = world.command("handoff-write", &app);
        command.args(args).stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), BODY.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let [path] = &published(&world.root())[..] else { panic!("one file") };
        let said = format!(
            "agent-handoff: the handoff was written, only its report was not; do not write it again: {} (sentinel ",
            path.display()
        );
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && err.contains(&said), "{err}");
    }
}

#[test]
fn an_option_with_a_wrong_number_or_time_says_what_its_value_must_be() {
    let world = World::new();
    let app = world.dir("app");
    let whole = "a whole number is needed";
    let age = "a number with its unit is needed, such as 12h, 30d or 8w";
    for (program, verb, option, value, reason) in [
        ("handoff-write", "", "--length", "abc", whole),
        ("handoff-write", "", "--dirty-files", "-1", whole),
        ("handoff-write", "", "--dirty-files", "99999999999999999999999", "the number is too large"),
        ("inbox", "read", "--max-bytes", "1e3", whole),
        ("inbox", "log", "-n", "", whole),
        ("inbox", "prune", "--older-than", "90", age),
        ("inbox", "prune", "--older-than", "soon", age),
    ] {
        let words: Vec<&str> = [verb, option, value].into_iter().skip(usize::from(verb.is_empty())).collect();
        let ran = world.run(program, &app, &words, BODY);
        let expected = format!("agent-handoff: `{option} {value}`: {reason}\n");
        assert!(ran.code == 2 && ran.err().starts_with(&expected), "{} {}", ran.code, ran.err());
    }
    let refused = "agent-handoff: session-start did not look for handoffs: ";
    let ran = world.run("session-start", &app, &["--max-bytes", "abc"], "");
    ran.is(0, &format!("{refused}`--max-bytes abc`: {whole}\n"), "");
    let ran = world.run("session-start", &app, &["--format", "x"], "");
    ran.is(0, &format!("{refused}`--format x`: use auto, plain, claude, codex, gemini, droid, qwen, copilot, opencode, cursor, amp\n"), "");
}
