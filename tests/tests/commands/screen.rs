//! `handoff inbox -i` on a real terminal, over a real store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tests::{BODY, Claude, Terminal, World, program};

use crate::support::{parts, published};

/// A worktree with two unread handoffs and one archived.
struct Stage {
    world: World,
    app: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let app = world.repo("app");
        for (hour, name) in [(1, "Old things"), (2, "CSV import"), (3, "Auth refactor")] {
            let front = format!("name: {name}\nfrom: other\ncreated: 2020-01-01T{hour:02}:00:00Z");
            let file = format!("20200101T{hour:02}0000Z-from-other.md");
            world.plant(&app, file, format!("---\n{front}\n---\n\n{BODY}"));
        }
        world.run("inbox", &app, &["archive", "3"], "");
        Self { world, app }
    }

    /// The screen of `width` columns and `height` lines, under a shell.
    fn open(&self, width: u16, height: u16, args: &str) -> Option<Terminal> {
        // What another program would be asked for is none of a test's.
        let editor = self.world.path("editor");
        std::fs::write(&editor, "#!/bin/sh\nsed -i s/test-auth/test-all/ \"$1\"\n").unwrap();
        let command = format!(
            "env -i -C {} HOME={} PATH=/usr/bin:/bin TERM=screen VISUAL=\"sh {}\" {} inbox -i {args}",
            self.app.display(),
            self.world.home().display(),
            editor.display(),
            program("handoff").display()
        );
        let terminal = Terminal::shell(width, height, &command)?;
        terminal.wait_for("[unread 2]");
        Some(terminal)
    }

    fn shelf(&self, name: &str) -> Vec<String> {
        self.world.names(&self.app, name)
    }

    /// Every file of the store and of the state directory, with its content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut left = vec![self.world.root(), self.world.home().join(".local")];
        while let Some(dir) = left.pop() {
            for entry in std::fs::read_dir(&dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    found.insert(path.clone(), std::fs::read(&path).unwrap());
                }
            }
        }
        found
    }
}

#[test]
fn looking_at_handoffs_changes_nothing_and_counts_neither_as_reading_nor_as_an_offer() {
    let stage = Stage::new();
    // One that was offered, by a session that is over: what a look would note of it.
    let (mut claude, _) = Claude::started(&stage.world, &stage.app, "session-1");
    claude.kill();
    let before = stage.files();
    let Some(terminal) = stage.open(80, 24, "") else { return };
    terminal.wait_for("offered to claude-code session- just now, not read");
    terminal.keys(&["Down", "Space", "Enter"]);
    terminal.wait_for("esc back");
    terminal.keys(&["Escape", "Right"]);
    terminal.wait_for("[archived 1]");
    terminal.keys(&["Left", "Tab", "/"]);
    terminal.keys(&["-l", "jsonweb"]);
    terminal.wait_for("/jsonweb");
    terminal.keys(&["Enter", "?"]);
    terminal.wait_for("select a handoff");
    terminal.keys(&["q"]);
    terminal.is_given_back();
    assert_eq!(stage.files(), before);
    let again = stage.world.surface(&stage.app);
    assert!(again.contains("Auth refactor") && again.contains("CSV import"), "{again}");
}

#[test]
fn each_key_does_what_its_verb_does() {
    let stage = Stage::new();
    let other = stage.world.path("app-wt2");
    stage.world.git(&stage.app, &["worktree", "add", "--quiet", other.to_str().unwrap()]);
    let Some(terminal) = stage.open(80, 24, "") else { return };
    terminal.keys(&["/"]);
    terminal.keys(&["-l", "csv"]);
    terminal.keys(&["Enter"]);
    terminal.wait_for("[unread 1]");
    terminal.keys(&["a"]);
    terminal.wait_for("archived “CSV import”");
    terminal.keys(&["Escape"]);
    terminal.wait_for("[unread 1]  archived 2");
    assert_eq!((stage.shelf("unread").len(), stage.shelf("read").len()), (1, 2));
    terminal.keys(&["e"]);
    terminal.wait_for("“Auth refactor” is as you left it");
    let [auth] = stage.shelf("unread").try_into().expect("one");
    let path = stage.world.inbox(&stage.app).join("unread").join(&auth);
    assert!(String::from_utf8(parts(&path).1).unwrap().contains("test-all"));
    terminal.keys(&["f", "Tab", "Enter"]);
    terminal.wait_for("moved: ");
    assert_eq!((stage.shelf("unread"), stage.world.names(&other, "unread")), (Vec::new(), vec![auth]));
    terminal.keys(&["Right"]);
    terminal.wait_for("▸ · CSV import");
    terminal.keys(&["u"]);
    terminal.wait_for("“CSV import” is unread again");
    terminal.keys(&["d"]);
    terminal.wait_for("Delete “Old things” for good? y/n");
    terminal.keys(&["n"]);
    terminal.wait_for("nothing was deleted");
    terminal.keys(&["x", "y"]);
    terminal.wait_for("deleted “Old things”");
    terminal.keys(&["C-c"]);
    terminal.is_given_back();
    assert_eq!((stage.shelf("unread").len(), stage.shelf("read").len()), (1, 0));
}

#[test]
fn what_is_done_elsewhere_is_noticed_and_a_row_that_is_gone_is_not_acted_on() {
    let stage = Stage::new();
    let Some(terminal) = stage.open(100, 24, "") else { return };
    let run = |args: &[&str]| assert_eq!(stage.world.run("inbox", &stage.app, args, "").code, 0);
    terminal.keys(&["d"]);
    terminal.wait_for("Delete “Auth refactor” for good? y/n");
    run(&["archive", "1"]);
    terminal.wait_for("“Auth refactor” was archived meanwhile");
    terminal.keys(&["y"]);
    terminal.wait_for("[unread 1]  archived 2");
    assert_eq!(stage.shelf("read").len(), 2);
    run(&["restore", "1"]);
    terminal.wait_for("[unread 2]  archived 1");
    // One that a session is offered is marked, and taken back with a key.
    let (_claude, _) = Claude::started(&stage.world, &stage.app, "session-1");
    terminal.keys(&["Home"]);
    terminal.wait_for("▸ ◐ Auth refactor");
    terminal.keys(&["d"]);
    terminal.wait_for("u takes it back first");
    terminal.keys(&["u"]);
    terminal.wait_for("is unread again");
    terminal.keys(&["q"]);
    terminal.is_given_back();
    assert_eq!(published(&stage.world.root()).len(), 3);
}

#[test]
fn between_two_looks_only_what_still_is_where_it_was_seen_is_touched() {
    // The verbs behind the keys, on a row that went to the other shelf.
    let stage = Stage::new();
    let [name, _] = stage.shelf("unread").try_into().expect("two");
    let inbox = |args: &[&str]| stage.world.run("inbox", &stage.app, args, "");
    inbox(&["archive", &name]);
    let before = published(&stage.world.root());
    for args in [
        &["archive", &name][..],
        &["delete", &name, "--unread", "--yes"],
        &["forward", &name, "--unread", "--to", "other"],
        &["edit", &name],
    ] {
        let ran = inbox(args);
        assert!(ran.code == 1 && ran.err().contains("could not find a handoff"), "{args:?} {}", ran.err());
    }
    let ran = inbox(&["restore", &name, "--unread"]);
    assert!(ran.code == 1 && ran.err().contains("it is archived"), "{}", ran.err());
    assert_eq!(published(&stage.world.root()), before);
}

#[test]
fn a_refused_edit_says_where_the_text_is() {
    let stage = Stage::new();
    let Some(terminal) = stage.open(120, 30, "") else { return };
    std::fs::write(stage.world.path("editor"), "echo '# Nothing' > \"$1\"\n").unwrap();
    terminal.keys(&["e"]);
    let screen = terminal.wait_for("draft kept:");
    assert!(screen.contains("it has no `## Immediate next action`"), "{screen}");
    terminal.keys(&["Escape"]);
    terminal.wait_for("[unread 2]");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn it_ends_with_a_signal_and_gives_the_terminal_back() {
    let stage = Stage::new();
    for signal in ["TERM", "HUP", "INT"] {
        let Some(terminal) = stage.open(40, 12, "--all") else { return };
        let status = std::process::Command::new("kill").args(["-s", signal, &terminal.process()]).status();
        assert!(status.unwrap().success());
        terminal.is_given_back();
    }
}

#[test]
fn all_worktrees_stand_in_one_list() {
    let stage = Stage::new();
    let lib = stage.world.repo("lib");
    stage.world.write(&lib, &["--name", "Publish it"], BODY);
    let Some(terminal) = stage.open(80, 24, "") else { return };
    terminal.keys(&["Tab"]);
    let screen = terminal.wait_for("[unread 3]");
    assert!(screen.contains("all worktrees") && screen.contains("lib  Publish it"), "{screen}");
    terminal.keys(&["Tab"]);
    terminal.wait_for("[unread 2]");
    terminal.tmux(&["resize-window", "-x", "140", "-y", "40"]);
    terminal.wait("a preview beside the list", |screen| screen.contains(" │ from other"));
    terminal.tmux(&["resize-window", "-x", "40", "-y", "12"]);
    terminal.wait("a small page", |screen| !screen.contains('│') && screen.contains("q quit"));
}

#[test]
fn without_a_terminal_there_is_no_screen() {
    let stage = Stage::new();
    let run = |args: &[&str]| stage.world.run("handoff", &stage.app, args, "");
    let said = "agent-handoff: -i needs a terminal; without it the list is printed\n";
    run(&["inbox", "-i"]).is(2, "", said);
    run(&["inbox", "-i", "--json"]).is(
        2,
        "",
        "agent-handoff: -i is a screen for people, and --json is for programs: give one of them\n",
    );
    let nowhere: &Path = &stage.world.dir("empty");
    assert_eq!(stage.world.run("handoff", nowhere, &["inbox", "-i"], "").code, 2);
}
