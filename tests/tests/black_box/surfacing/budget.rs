//! However much waits, a session is given a bounded text with what matters in it.

use std::path::PathBuf;

use tests::World;

use crate::support::{Message, SMALL, handoff, only_file};

const BUDGET: usize = 9_500;

fn peek(world: &World, dir: &std::path::Path, args: &[&str]) -> String {
    let ran = world.run("session-start", dir, &[&["--peek"], args].concat(), "");
    assert_eq!((ran.code, ran.err()), (0, ""));
    ran.out().to_owned()
}

/// A body of many sections, 60 kB in all.
fn large() -> String {
    let lines = |word: &str, count: usize| {
        (0..count).map(|n| format!("- {word} number {n} of the list\n")).collect::<String>()
    };
    format!(
        "\n# Handoff — Large\n\n## Status as of today\n{}\n## Immediate next action\nRun the NEXT thing.\n\n\
         ## Decisions made (with evidence)\n{}\n## Recently verified / completed — DO NOT REDO\n- The VERIFIED thing.\n\n\
         ## Open follow-ups\n- a short FOLLOW-UP\n\n## Files touched this session\n{}\n\
         ## What NOT to do on resume\n- Never the FORBIDDEN thing.\n",
        lines("status", 800),
        lines("decision", 800),
        lines("file", 400),
    )
}

#[test]
fn a_body_that_just_fits_is_whole_and_one_byte_more_is_cut() {
    let world = World::new();
    let dir = world.dir("notes");
    let with = |size: usize| {
        let body = format!("\n## Immediate next action\n{}\n", "x".repeat(size));
        world.plant(&dir, "x.md", handoff(&["name: n"], body));
        peek(&world, &dir, &[])
    };
    let frame = with(1_000).len() - 1_000;
    let fits = with(BUDGET - frame);
    assert_eq!(fits.len(), BUDGET);
    let is_whole = |text: &str, size: usize| {
        text.contains(&format!("\n{}\n", "x".repeat(size))) && !text.contains("whole:")
    };
    assert!(is_whole(&fits, BUDGET - frame), "{fits}");
    assert!(fits.contains(" archived to ") || fits.contains(", still unread in "));
    // A byte more, and the frame says less.
    let brief = with(BUDGET - frame + 1);
    assert!(is_whole(&brief, BUDGET - frame + 1), "{brief}");
    assert!(brief.ends_with(": 1 shown, still unread ===\n"), "{brief}");
    let most = BUDGET - (brief.len() - (BUDGET - frame + 1));
    let fits = with(most);
    assert!(fits.len() == BUDGET && is_whole(&fits, most), "{fits}");
    let cut = with(most + 1);
    assert!(cut.len() <= BUDGET && cut.contains("\nwhole:    ") && cut.contains("[… cut]"), "{cut}");
}

#[test]
fn what_hosts_pass_on_holds_a_handoff_of_9400_bytes() {
    let world = World::new();
    let repo = world.repo("app");
    let start = "# Handoff — Auth refactor\n\n## Immediate next action\nRun it.\n\n## Decisions made (with evidence)\n";
    let body = format!("{start}{}\n", "d".repeat(9_400 - 1 - start.len()));
    world.write(&repo, &["--topic", "auth", "--tool", "claude-code"], &body);
    let text = peek(&world, &repo, &["--max-bytes", "10000"]);
    assert!(text.len() <= 10_000, "{}", text.len());
    let message = Message::of(&text);
    assert_eq!(message.only().body, body);
    let head = world.git(&repo, &["rev-parse", "--short", "HEAD"]);
    assert_eq!(message.only().line("at"), format!("main {head}, as here"));
    assert_eq!(message.only().line("from"), "app (claude-code), just now");
}

#[test]
fn the_budget_can_be_chosen_and_has_a_floor() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["name: Large"], large()));
    for (asked, limit) in [("3000", 3_000), ("20000", 20_000), ("0", 2_000), ("1", 2_000)] {
        let text = peek(&world, &dir, &["--max-bytes", asked]);
        assert!(text.len() <= limit && text.len() > limit / 4, "{asked}: {}", text.len());
        let message = Message::of(&text);
        assert!(message.only().body.contains("Run the NEXT thing."), "{asked}: {text}");
        assert!(message.only().body.contains("Never the FORBIDDEN thing."), "{asked}: {text}");
    }
    let whole = peek(&world, &dir, &["--max-bytes", "100000"]);
    assert_eq!(Message::of(&whole).only().body, large()[1..]);
}

#[test]
fn a_large_handoff_arrives_with_what_matters_and_the_rest_by_name_size_and_path() {
    let world = World::new();
    let dir = world.dir("notes");
    let file = handoff(&["name: Large"], large());
    world.plant(&dir, "20261121T100000Z-from-x.md", &file);
    let text = world.surface(&dir);
    assert!(text.len() <= BUDGET, "{}", text.len());
    let message = Message::of(&text);
    let block = message.only();
    let (body, whole) = (&block.body, only_file(&world, &dir, "unread"));
    assert_eq!(
        block.line("whole"),
        format!(
            "{} ({:.1} kB, cut to fit here); after your answer {}",
            whole.display(),
            file.len() as f64 / 1000.0 - 0.05,
            world.inbox(&dir).join("read/20261121T100000Z-from-x.md").display()
        )
    );
    assert!(std::fs::read_to_string(&whole).unwrap().ends_with(&large()));
    for vital in [
        "## Immediate next action\nRun the NEXT thing.\n",
        "## What NOT to do on resume\n- Never the FORBIDDEN thing.\n",
        "## Recently verified / completed — DO NOT REDO\n- The VERIFIED thing.\n",
        "## Open follow-ups\n- a short FOLLOW-UP\n",
    ] {
        assert!(body.contains(vital), "{vital}: {body}");
    }
    let place = |words: &str| body.find(words).unwrap();
    assert!(place("NEXT") < place("FORBIDDEN") && place("FORBIDDEN") < place("VERIFIED"), "{body}");
    let named = body.lines().last().unwrap();
    assert!(named.starts_with("[not shown here: ") && named.ends_with(']'), "{named}");
    for (section, end) in [("Status as of today", " cut)"), ("Decisions made (with evidence)", " left out)")]
    {
        let heading = format!("## {section}\n");
        let size = large()[large().find(&heading).unwrap()..].split("\n## ").next().unwrap().len() + 1;
        let size = format!("{}.{} kB{end}", size / 1000, size % 1000 / 100);
        let name = named.split(section).nth(1).and_then(|rest| rest.split(';').next()).unwrap();
        assert!(name.trim_end_matches(']').ends_with(&size), "{section}: {size} in {named}");
    }
    // The room that is left is not wasted.
    assert!(text.len() > BUDGET - 400, "{}", text.len());
    assert!(
        body.contains("- status number 0 of the list\n") && !body.contains("- decision number 0"),
        "{body}"
    );
}

#[test]
fn a_vital_section_that_is_too_long_is_cut_and_says_how_much() {
    let world = World::new();
    let dir = world.dir("notes");
    let steps = "do the next step\n".repeat(2_000);
    let body = format!("\n## Immediate next action\n{steps}\n## What NOT to do on resume\n{steps}");
    world.plant(&dir, "x.md", handoff(&["name: n"], &body));
    let text = world.surface(&dir);
    assert!(text.len() <= BUDGET);
    let message = Message::of(&text);
    let body = &message.only().body;
    assert_eq!(body.matches("[… cut]\n").count(), 2, "{body}");
    assert!(body.matches("do the next step").count() > 300, "room was wasted: {body}");
    let named = body.lines().last().unwrap();
    assert!(named.contains("\"Immediate next action\" (") && named.contains(" of 34.0 kB cut)"), "{named}");
    assert!(named.contains("\"What NOT to do on resume\" ("), "{named}");
}

#[test]
fn a_cut_falls_between_characters() {
    for character in ["é", "日", "🦀", "e\u{301}"] {
        for shift in 0..4 {
            let world = World::new();
            let dir = world.dir("notes");
            let body =
                format!("\n## Immediate next action\n{}{}\n", "x".repeat(shift), character.repeat(20_000));
            world.plant(&dir, "x.md", handoff(&[&format!("name: {}", character.repeat(500))], body));
            // `surface` fails on what is no UTF-8.
            let text = world.surface(&dir);
            assert!(text.len() <= BUDGET && text.len() > BUDGET / 2, "{}", text.len());
            assert!(!text.contains('\u{FFFD}'), "{text}");
            assert!(Message::of(&text).only().body.contains(&character.repeat(50)));
        }
    }
}

#[test]
fn a_text_without_sections_arrives_with_its_beginning() {
    for body in
        [format!("\nSTART {}\n", "long ".repeat(100_000)), format!("\nSTART\n{}", "line\n".repeat(100_000))]
    {
        let world = World::new();
        let dir = world.dir("notes");
        world.plant(&dir, "x.md", handoff(&["name: n"], &body));
        let text = world.surface(&dir);
        assert!(text.len() <= BUDGET && text.len() > BUDGET / 2, "{}", text.len());
        let message = Message::of(&text);
        assert!(message.only().body.starts_with("START"), "{text}");
        assert!(message.only().body.contains("the opening ("), "{text}");
    }
}

#[test]
fn a_hundred_sections_are_not_all_named() {
    let world = World::new();
    let dir = world.dir("notes");
    let sections: String = (0..100).map(|n| format!("## Section {n}\n{}\n\n", "word ".repeat(300))).collect();
    world.plant(&dir, "x.md", handoff(&["name: n"], format!("\n## Immediate next action\nGO\n\n{sections}")));
    let text = world.surface(&dir);
    assert!(text.len() <= BUDGET);
    let message = Message::of(&text);
    let named = message.only().body.lines().last().unwrap().to_owned();
    assert!(named.contains(" more sections (") && named.len() < 1_500, "{named}");
    assert!(message.only().body.contains("GO"));
}

#[test]
fn one_that_does_not_fit_beside_the_newest_waits_for_the_next_session() {
    let world = World::new();
    let dir = world.dir("notes");
    let long = format!("{SMALL}{}\n", "word ".repeat(1_400));
    world.plant(&dir, "20261121T100000Z-from-old.md", handoff(&["name: old"], &long));
    world.plant(&dir, "20261121T110000Z-from-new.md", handoff(&["name: new"], &long));
    let first = Message::of(&world.surface(&dir));
    assert_eq!(first.titles(), ["new"]);
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["new"]);
    assert_eq!(first.notes.len(), 2, "{:?}", first.notes);
    assert!(first.notes[0].starts_with("1 more is still unread, newest first; to read one: "), "{first:?}");
    assert_eq!(first.notes[1], "  20261121T100000Z-from-old old");
    assert_eq!(world.names(&dir, "unread"), ["20261121T100000Z-from-old.md"]);
    assert_eq!(Message::of(&world.surface(&dir)).titles(), ["old"]);
    assert_eq!(Message::of(&world.take(&dir)).titles(), ["old"]);
    assert_eq!(world.surface(&dir), "");
}

#[test]
fn the_path_that_is_given_is_where_the_file_is_also_when_its_name_was_taken() {
    let world = World::new();
    let dir = world.dir("notes");
    let planted = world.plant(&dir, "x.md", handoff(&["name: n"], large()));
    std::fs::write(world.inbox(&dir).join("read/x.md"), "an older one").unwrap();
    let message = Message::of(&world.take(&dir));
    let whole = message.only().line("whole").to_owned();
    let path = PathBuf::from(whole.rsplit_once(" (").unwrap().0);
    assert!(!planted.exists() && path != world.inbox(&dir).join("read/x.md"), "{whole}");
    assert!(std::fs::read_to_string(&path).unwrap().ends_with(&large()));
}
