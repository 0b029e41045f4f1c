//! More handoffs than one session can be given.

use std::collections::BTreeMap;

use tests::{Claude, World};

use crate::support::{Message, ago, context_of, handoff};

fn plant(world: &World, dir: &std::path::Path, count: usize) {
    for number in 0..count {
        let time = ago(60 * (count - number) as i64);
        let body = format!("\n## Immediate next action\nStep {number}. {}\n", "word ".repeat(150));
        let lines = [format!("name: Task {number}"), format!("created: {time}")];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        world.plant(dir, format!("{}-from-app-{number}.md", time.compact()), handoff(&lines, body));
    }
}

#[test]
fn a_hundred_handoffs_are_each_given_to_one_session_newest_first() {
    let world = World::new();
    let dir = world.dir("notes");
    plant(&world, &dir, 100);
    let mut order = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..100 {
        let (mut claude, ran) = Claude::started(&world, &dir, &format!("s-{number}"));
        if ran.out.is_empty() {
            break;
        }
        let text = context_of(&ran).0;
        claude.speak("Loaded.");
        world.run("inbox", &dir, &["settle"], "").is_silent();
        assert!(text.len() <= 9_500, "{}", text.len());
        let message = Message::of(&text);
        let waiting = world.names(&dir, "unread").len();
        assert_eq!(waiting + order.len() + message.blocks.len(), 100);
        if waiting > 0 {
            let line = format!(
                "{waiting} more {} still unread, newest first",
                if waiting == 1 { "is" } else { "are" }
            );
            assert!(message.notes[0].starts_with(&line), "{:?}", message.notes);
            assert_eq!(message.notes.len(), 1 + waiting.min(5), "{:?}", message.notes);
        } else {
            assert_eq!(message.notes, [""; 0]);
        }
        for block in message.blocks {
            *seen.entry(block.title.clone()).or_default() += 1;
            order.push(block.title);
        }
    }
    assert_eq!(order, (0..100).rev().map(|n| format!("Task {n}")).collect::<Vec<_>>());
    assert!(seen.len() == 100 && seen.values().all(|&times| times == 1), "{seen:?}");
    assert_eq!(world.names(&dir, "read").len(), 100);
}

#[test]
fn the_command_that_is_named_reads_the_one_that_is_named() {
    // In a path that a shell would take apart.
    let world = World::new();
    let dir = world.dir("it's a $HOME; dir");
    plant(&world, &dir, 30);
    let message = Message::of(&context_of(&world.start(&dir, "s", "startup")).0);
    let (words, command) = message.notes[0].split_once("; to read one: ").unwrap();
    assert_eq!(words, format!("{} more are still unread, newest first", 30 - message.blocks.len()));
    let (id, name) = message.notes[3].trim().split_once(' ').unwrap();
    assert_eq!(name, format!("Task {} ({} min ago)", 27 - message.blocks.len(), 3 + message.blocks.len()));
    let mut shell = world.bare_command("sh");
    shell.current_dir(world.top()).args(["-c", &command.replace(" ID", &format!(" {id}"))]);
    let ran = tests::feed(shell, b"");
    assert_eq!((ran.code, ran.err()), (0, ""), "{command}");
    assert_eq!(Message::of(ran.out()).titles(), [name.split(" (").next().unwrap()]);
    assert!(!world.names(&dir, "unread").contains(&format!("{id}.md")));
    assert!(world.names(&dir, "read").contains(&format!("{id}.md")));
}

#[test]
fn peeking_at_many_shows_what_a_session_would_be_given() {
    let world = World::new();
    let dir = world.dir("notes");
    plant(&world, &dir, 30);
    let peeked = Message::of(world.run("session-start", &dir, &["--peek"], "").out());
    assert_eq!(world.names(&dir, "unread").len(), 30);
    let given = Message::of(&world.surface(&dir));
    assert_eq!(peeked.titles(), given.titles());
    assert_eq!(peeked.notes, given.notes);
}
