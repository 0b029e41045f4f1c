//! A handoff that a person types: in a line of the command line, or in an editor on a terminal.

use tests::{BODY, Terminal, World, program};

use crate::support::{field, is_refused, parts, published};

#[test]
fn a_line_is_a_whole_handoff() {
    let world = World::new();
    let app = world.repo("app");
    for text in ["next: run make test-auth", "run make test-auth"] {
        let path = world.write(&app, &["-m", text], "");
        let body = "\n# Handoff — run make test-auth\n\n## Immediate next action\nrun make test-auth\n";
        assert_eq!(String::from_utf8(parts(&path).1).unwrap(), body);
        assert_eq!(
            (field(&path, "name"), field(&path, "description")),
            ("run make test-auth".to_owned(), "run make test-auth".to_owned())
        );
    }
    let path = world.write(&app, &["--message", "next: a\nand b", "--name", "Mine", "--to", "other"], "");
    assert_eq!(field(&path, "name"), "Mine");
    assert!(String::from_utf8(parts(&path).1).unwrap().ends_with("action\na\nand b\n"));
}

#[test]
fn a_line_is_judged_as_every_draft_is() {
    let world = World::new();
    let app = world.dir("app");
    let write = |args: &[&str], input: &str| world.run("handoff-write", &app, args, input);
    let usage = "agent-handoff: `--message next:`: say what to do first\nsee handoff write --help\n";
    write(&["-m", "next:"], "").is(2, "", usage);
    let key = format!("AKIA{}", "IOSFODNN7QWERTYU");
    let ran = write(&["-m", &format!("next: use {key}")], "");
    let draft = format!("# Handoff — use {key}\n\n## Immediate next action\nuse {key}\n");
    let said = ran.err().split("draft kept").next().unwrap().to_owned();
    assert!(said.contains("it holds what looks like a secret") && !said.contains(&key), "{said}");
    // Where in what was typed, and not in what was made of it.
    assert!(said.contains(": aws-access-key in --message; take it out"), "{said}");
    is_refused(&world, &ran, 1, &said, &draft);
    let ran = write(&["-m", &format!("next: one\nand {key}")], "");
    assert!(ran.err().contains(" in line 2 of --message; take it out"), "{}", ran.err());
    std::fs::remove_dir_all(world.root()).unwrap();
    // Two are one too many, and neither is lost.
    let ran = write(&["-m", "next: x"], BODY);
    let said = "agent-handoff: --message is a whole handoff, and another one came on standard input: give one of them\n";
    is_refused(&world, &ran, 2, said, BODY);
    assert!(write(&["-m", "x", "--file", "y"], "").err().contains("exclude each other"));
}

/// A shell on a terminal, in `app`, whose editor runs `script` on `$1`.
fn shell(world: &World, script: &str) -> Option<Terminal> {
    let (app, home, editor) = (world.dir("app"), world.home(), world.path("editor"));
    std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    let command = format!(
        "cd {} && env -i HOME={} PATH=/usr/bin:/bin TERM=xterm EDITOR='sh {}' PS1='READY ' sh -i",
        app.display(),
        home.display(),
        editor.display()
    );
    let terminal = Terminal::new(120, 24, &command)?;
    terminal.wait_for("READY");
    terminal.keys(&["-l", &format!("{}; echo code=$?\n", program("handoff-write").display())]);
    Some(terminal)
}

fn drafts(world: &World) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(world.root().join(".drafts")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn on_a_terminal_the_sections_are_filled_in_in_an_editor() {
    let world = World::new();
    let script = "sed -i 's/<the one thing to do first; required>/Run it./; s/<title>/Typed/' \"$1\"";
    let Some(terminal) = shell(&world, script) else { return };
    terminal.wait_for("code=0");
    let [path] = published(&world.root()).try_into().expect("one handoff");
    let body = "\n# Handoff — Typed\n\n## Immediate next action\nRun it.\n\n";
    assert_eq!(String::from_utf8(parts(&path).1).unwrap(), body);
    assert_eq!((field(&path, "name"), drafts(&world)), ("Typed".to_owned(), Vec::new()));
}

#[test]
fn an_empty_or_untouched_text_is_not_written_and_leaves_no_draft() {
    for script in [":", ": > \"$1\"", "exit 1"] {
        let world = World::new();
        let Some(terminal) = shell(&world, script) else { return };
        let screen = terminal.wait_for("code=1");
        assert!(
            screen.contains("nothing was written") || screen.contains("failed (exit status: 1)"),
            "{screen}"
        );
        assert!(published(&world.root()).is_empty() && drafts(&world).is_empty());
    }
}

#[test]
fn a_text_from_an_editor_that_is_refused_is_kept_and_named() {
    for (script, said) in [
        ("echo '# Only this' > \"$1\"", "it has no `## Immediate next action`"),
        ("echo typed >> \"$1\"; exit 1", "to go on with it: handoff write --file "),
    ] {
        let world = World::new();
        let Some(terminal) = shell(&world, script) else { return };
        let screen = terminal.wait_for("code=1").replace('\n', "");
        let [draft] = drafts(&world).try_into().expect("one draft");
        assert!(screen.contains(said) && screen.contains("draft kept: "), "{screen}");
        assert!(screen.contains(draft.file_name().unwrap().to_str().unwrap()), "{screen}");
        assert!(published(&world.root()).is_empty());
    }
}
