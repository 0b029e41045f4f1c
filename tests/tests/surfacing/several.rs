//! More than fits.

use tests::{BODY, World};

#[test]
fn several_come_newest_first_with_one_line_for_all() {
    let world = World::new();
    let dir = world.dir("plain");
    for (name, hour) in [("old", 1), ("new", 3), ("middle", 2)] {
        world.plant(
            &dir,
            format!("20260101T0{hour}0000Z-from-x.md"),
            format!("---\nname: {name}\nsentinel: none\n---\nbody of {name}\n"),
        );
    }
    let text = world.surface(&dir);
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
    assert!(at("1/3 new") < at("2/3 middle") && at("2/3 middle") < at("3/3 old"));
    assert!(
        text.contains("3 UNTRUSTED handoffs for plain")
            && text.contains("**Handoffs loaded: 3 — sentinels: "),
        "{text}"
    );
    assert!(text.contains(": 3 archived to "));
}

#[test]
fn what_does_not_fit_stays_unread_and_every_one_is_shown_exactly_once_in_the_end() {
    let world = World::new();
    let dir = world.dir("plain");
    let padding = "x".repeat(3_000);
    for number in 0..30 {
        world.plant(
            &dir,
            format!("20260101T00{number:02}00Z-from-x.md"),
            format!("---\nname: handoff {number}.\n---\n{padding}\n"),
        );
    }
    let mut seen = Vec::new();
    loop {
        let text = world.surface(&dir);
        if text.is_empty() {
            break;
        }
        assert!(text.len() <= 9_500);
        let shown = text.lines().filter(|line| line.starts_with("--- ") && line.contains(" handoff "));
        seen.extend(shown.map(|line| {
            line.split("handoff ").nth(1).unwrap().trim_end_matches('.').parse::<usize>().unwrap()
        }));
        let left = 30 - seen.len();
        if left > 1 {
            assert!(
                text.contains(&format!("{left} more are still unread, newest first; to read one: ")),
                "{text}"
            );
        }
    }
    let newest_first: Vec<usize> = (0..30).rev().collect();
    assert_eq!(seen, newest_first);
    assert_eq!((world.names(&dir, "unread").len(), world.names(&dir, "read").len()), (0, 30));
}

#[test]
fn the_command_that_is_named_for_the_rest_works() {
    let world = World::new();
    let dir = world.dir("a dir");
    for number in 0..4 {
        world.plant(
            &dir,
            format!("20260101T00000{number}Z-from-x.md"),
            format!("---\nname: n{number}\n---\n{}\n", "x".repeat(5_000)),
        );
    }
    let text = world.surface(&dir);
    let command = text.split("to read one: ").nth(1).unwrap().split(" ID\n").next().unwrap();
    let id = text.split(" ID\n").nth(1).unwrap().split_whitespace().next().unwrap();
    let mut shell = world.bare_command("sh");
    let output = shell.current_dir(world.top()).args(["-c", &format!("{command} {id}")]).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && out.contains("1/1 n2"), "{command} {id}: {out}");
}

#[test]
fn a_large_handoff_arrives_cut_with_the_path_of_the_whole() {
    let world = World::new();
    let repo = world.repo("app");
    let body = format!("{BODY}\n## Decisions made (with evidence)\n{}", "- because é\n".repeat(5_000));
    let path = world.write(&repo, &[], &body);
    let text = world.surface(&repo);
    let archived = world.inbox(&repo).join("read").join(path.file_name().unwrap());
    assert!(
        text.len() <= 9_500 && text.contains("Run `make test-auth`.") && text.contains("- Do not swap"),
        "{text}"
    );
    assert!(text.contains(&format!("whole:    {} (6", archived.display())), "{text}");
    assert!(text.contains("[not shown here: Decisions made (with evidence) ("), "{text}");
    assert!(std::fs::read_to_string(archived).unwrap().ends_with(&body));
}

#[test]
fn the_budget_can_be_set_and_has_a_floor() {
    let world = World::new();
    let dir = world.dir("plain");
    for budget in ["3000", "1"] {
        world.write(&dir, &[], format!("{BODY}{}\n", "word ".repeat(3_000)));
        let ran = world.run("session-start", &dir, &["--max-bytes", budget], "");
        assert!(
            ran.out().len() <= budget.parse::<usize>().unwrap().max(2_000)
                && ran.out().contains("make test-auth")
        );
    }
}

#[test]
fn a_name_that_is_taken_in_the_archive_gets_a_suffix_and_nothing_is_replaced() {
    let world = World::new();
    let dir = world.dir("plain");
    for text in ["one", "two"] {
        world.plant(&dir, "x.md", format!("---\nname: x\n---\n{text}\n"));
        assert!(world.surface(&dir).contains(text));
    }
    let names = world.names(&dir, "read");
    assert_eq!(names.len(), 2);
    assert!(
        names[0].starts_with("x-") && names[0].len() == "x-12345.md".len() && names[1] == "x.md",
        "{names:?}"
    );
    assert!(std::fs::read_to_string(world.inbox(&dir).join("read/x.md")).unwrap().ends_with("one\n"));
}
