//! Whole screens, as a user sees them, and what keys ask the source for.

use std::process::Command;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::*;
use crate::model::Lend;

/// A store in memory, which notes what it is asked to do.
struct Fake {
    rows: Result<Vec<Row>, String>,
    done: Vec<String>,
    refuses: bool,
}

impl Source for Fake {
    fn rows(&mut self) -> Result<Vec<Row>, SourceError> {
        Ok(self.rows.clone()?)
    }

    fn text(&mut self, place: &Place) -> Result<Text, SourceError> {
        let file = place.file.to_string_lossy();
        if file.contains("gone") {
            return Err("could not read\x1b[2J it".into());
        }
        Ok(Text {
            facts: vec![format!("from app · 3 h ago, {file}")],
            warnings: Vec::new(),
            body: "## Immediate next action\nRun `make`.\n\n- one\n- two\n".to_owned(),
        })
    }

    fn recipients(&mut self) -> Vec<String> {
        vec!["app-review".to_owned(), "app-wt2".to_owned()]
    }

    fn act(&mut self, place: &Place, act: &Act) -> Outcome {
        self.done.push(format!("{act:?} {:?} {}", place.shelf, place.file.to_string_lossy()));
        if self.refuses {
            return Outcome { is_done: false, message: "another process has it".to_owned() };
        }
        if let Ok(rows) = &mut self.rows {
            rows.retain(|row| row.place != *place);
        }
        Outcome { is_done: true, message: "it is done".to_owned() }
    }

    fn edit(&mut self, _: &Place, lend: &mut Lend<'_>) -> Outcome {
        let _ = lend(&mut Command::new("true"));
        Outcome { is_done: false, message: "refused\ndraft kept: /x".to_owned() }
    }
}

fn row(file: &str, shelf: Shelf, title: &str, to: &str) -> Row {
    Row {
        place: Place { inbox: format!("/store/{to}"), shelf, file: file.into() },
        state: if shelf == Shelf::Unread { State::Waiting } else { State::Archived },
        title: title.to_owned(),
        from: "app".to_owned(),
        to: to.to_owned(),
        is_here: to == "app",
        age: "3 h ago".to_owned(),
        words: format!("{} make jsonwebtoken", title.to_lowercase()),
    }
}

fn fake() -> Fake {
    let mut offered = row("3-offered.md", Shelf::Unread, "Given away", "app");
    offered.state = State::Offered;
    let rows = vec![
        row("5-auth.md", Shelf::Unread, "Auth refactor", "app"),
        row("4-日本.md", Shelf::Unread, "設計を\t見直\x1b[31mして e\u{301} 👍🏽", "app"),
        offered,
        row("2-lib.md", Shelf::Unread, "Publish it", "lib"),
        row("1-old.md", Shelf::Archived, "Old things", "app"),
    ];
    Fake { rows: Ok(rows), done: Vec::new(), refuses: false }
}

/// A view of `source` as it is opened.
fn view(source: &mut Fake, scope: Scope) -> View {
    let mut view = View::new(Theme::new(false), "app", scope);
    view.refresh(source);
    view
}

fn screen(view: &mut View, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y: u16| {
        let (mut line, mut x) = (String::new(), 0);
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // A wide symbol hides the cell behind it.
            x += u16::try_from(handoff_board::parts::text::width(symbol).max(1)).unwrap();
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

fn press(view: &mut View, source: &mut Fake, keys: &str) -> Step {
    let mut last = Step::Stay;
    for key in keys.chars() {
        let key = match key {
            '\n' => Key::Enter,
            '\t' => Key::Tab,
            '\x1b' => Key::Escape,
            '→' => Key::Right,
            '↓' => Key::Down,
            key => Key::Char(key),
        };
        last = view.press(key, source);
    }
    last
}

#[test]
fn the_list_stands_above_its_preview() {
    let mut source = fake();
    let mut view = view(&mut source, Scope::Here);
    assert_eq!(
        screen(&mut view, 80, 20),
        "  [unread 3]  archived 1  this worktree, app

▸ ● Auth refactor                                                  app  3 h ago
  ● 設計を 見直[31mして e\u{301} 👍                                       app  3 h ago
  ◐ Given away                                                     app  3 h ago
  ─────────────────────────────────────────────────────────────────────────────
  Auth refactor
  from app · 3 h ago, 5-auth.md
  ─────────────────────────────────────────────────────────────────────────────
  Immediate next action
  ─────────────────────

  Run `make`.

  • one
  • two



  enter read  a archive  f forward  e edit  x delete  / search  ? help  q quit"
    );
}

#[test]
fn on_a_wide_terminal_the_preview_stands_beside_the_list() {
    let mut source = fake();
    let mut view = view(&mut source, Scope::All);
    let screen = screen(&mut view, 130, 12);
    let lines: Vec<&str> = screen.lines().collect();
    assert!(lines[0].starts_with("  [unread 4]  archived 1  all worktrees"), "{screen}");
    assert!(
        lines[2].starts_with("▸ ● app  Auth refactor") && lines[2].contains("│ Auth refactor"),
        "{screen}"
    );
    assert!(lines[5].starts_with("  ● lib  Publish it"), "{screen}");
}

#[test]
fn a_small_terminal_keeps_the_list_and_the_keys() {
    let mut source = fake();
    let mut view = view(&mut source, Scope::Here);
    assert_eq!(
        screen(&mut view, 40, 12),
        "[unread 3]  archived 1  this worktree, …

▸ ● Auth refactor                3 h ago
  ● 設計を 見直[31mして e\u{301} 👍     3 h ago
  ◐ Given away                   3 h ago
────────────────────────────────────────
Auth refactor
Immediate next action
Run `make`.
• one
• two
enter read  a archive  ? help  q quit"
    );
}

#[test]
fn every_size_is_drawn_on_every_page() {
    let mut source = fake();
    for keys in ["", "→", "\t", "?", "\n", "/x", "/xqz\n", "d", "f\t", "↓↓"] {
        let mut view = view(&mut source, Scope::Here);
        press(&mut view, &mut source, keys);
        for (width, height) in
            [(1, 1), (2, 3), (7, 4), (40, 12), (59, 13), (60, 14), (99, 24), (100, 5), (200, 60)]
        {
            screen(&mut view, width, height);
        }
    }
}

#[test]
fn nothing_of_others_reaches_the_terminal_as_a_command() {
    let mut source = fake();
    let hostile = "x\x1b]52;c;eA==\x07\u{9b}2J\r\n\u{202E}y".to_owned();
    source.rows = Ok(vec![Row {
        title: hostile.clone(),
        from: hostile.clone(),
        to: hostile.clone(),
        age: hostile.clone(),
        ..row("gone.md", Shelf::Unread, "", "app")
    }]);
    for scope in [Scope::Here, Scope::All] {
        let mut view = view(&mut source, scope);
        view.refresh(&mut source);
        for width in [20, 40, 80, 130] {
            let mut terminal = Terminal::new(TestBackend::new(width, 20)).unwrap();
            terminal.draw(|frame| view.draw(frame)).unwrap();
            let symbols = terminal.backend().buffer().content.iter().map(|cell| cell.symbol());
            assert!(
                symbols.clone().all(|symbol| !symbol.contains(|c: char| c.is_control() || c == '\u{202E}'))
            );
        }
    }
}

#[test]
fn keys_ask_for_what_they_say_with_place_and_state() {
    let mut source = fake();
    let mut shown = view(&mut source, Scope::Here);
    press(&mut shown, &mut source, "a");
    press(&mut shown, &mut source, "→u");
    assert_eq!(source.done, ["Archive Unread 5-auth.md", "Restore Archived 1-old.md"]);
    let mut source = fake();
    let mut shown = view(&mut source, Scope::Here);
    press(&mut shown, &mut source, "f\t\t\n");
    assert_eq!(source.done, ["Forward(\"app-wt2\") Unread 5-auth.md"]);
    let mut source = fake();
    let mut shown = view(&mut source, Scope::Here);
    assert!(screen(&mut shown, 80, 20).contains("Auth refactor"));
    press(&mut shown, &mut source, "d");
    assert!(screen(&mut shown, 80, 20).ends_with("Delete “Auth refactor” for good? y/n"));
    press(&mut shown, &mut source, "n");
    assert_eq!(source.done, Vec::<String>::new());
    assert!(screen(&mut shown, 80, 20).ends_with("nothing was deleted"));
    press(&mut shown, &mut source, "dy");
    assert_eq!(source.done, ["Delete Unread 5-auth.md"]);
    assert!(matches!(press(&mut shown, &mut source, "e"), Step::Edit(place) if place.file == "4-日本.md"));
}

#[test]
fn what_a_session_was_offered_is_taken_back_before_it_is_touched() {
    let mut source = fake();
    let mut view = view(&mut source, Scope::Here);
    press(&mut view, &mut source, "↓↓");
    for key in ["f", "e", "x", "d"] {
        press(&mut view, &mut source, key);
        assert!(screen(&mut view, 80, 20).ends_with("has not answered: u takes it back first"));
    }
    assert_eq!(source.done, Vec::<String>::new());
    press(&mut view, &mut source, "u");
    assert_eq!(source.done, ["Restore Unread 3-offered.md"]);
}

#[test]
fn a_refusal_is_shown_and_a_long_one_has_a_page() {
    let mut source = Fake { refuses: true, ..fake() };
    let mut view = view(&mut source, Scope::Here);
    press(&mut view, &mut source, "a");
    assert!(screen(&mut view, 80, 20).ends_with("another process has it"));
    let outcome = source.edit(&view.current().unwrap().place.clone(), &mut |command| command.status());
    view.edited(outcome, &mut source);
    let shown = screen(&mut view, 80, 20);
    assert!(shown.starts_with("  refused\n  draft kept: /x\n"), "{shown}");
    press(&mut view, &mut source, "\x1b");
    assert!(screen(&mut view, 80, 20).contains("[unread 3]"));
}

#[test]
fn a_handoff_that_went_elsewhere_is_said_to_and_nothing_is_done_to_it() {
    let archived = |source: &mut Fake| {
        let Ok(rows) = &mut source.rows else { return };
        rows[0].place.shelf = Shelf::Archived;
        rows[0].state = State::Archived;
    };
    // While it is asked about.
    let mut source = fake();
    let mut asked = view(&mut source, Scope::Here);
    press(&mut asked, &mut source, "d");
    archived(&mut source);
    asked.refresh(&mut source);
    assert!(screen(&mut asked, 80, 20).ends_with("“Auth refactor” was archived meanwhile"));
    press(&mut asked, &mut source, "y");
    assert_eq!(source.done, Vec::<String>::new());
    // While it is read: the text stays, and no key acts on what is not there.
    let mut source = fake();
    let mut read = view(&mut source, Scope::Here);
    press(&mut read, &mut source, "\n");
    archived(&mut source);
    read.refresh(&mut source);
    press(&mut read, &mut source, "a");
    assert!(screen(&mut read, 80, 20).ends_with("“Auth refactor” is not here any more"));
    assert!(screen(&mut read, 80, 20).starts_with("  Auth refactor\n"));
    assert_eq!(source.done, Vec::<String>::new());
    press(&mut read, &mut source, "\x1b");
    assert!(screen(&mut read, 80, 20).contains("[unread 2]  archived 2"));
}

#[test]
fn a_selection_stays_with_its_handoff_when_others_come_and_go() {
    let mut source = fake();
    let mut view = view(&mut source, Scope::Here);
    press(&mut view, &mut source, "↓→");
    assert_eq!(view.selected, 0);
    view.press(Key::Left, &mut source);
    press(&mut view, &mut source, "↓");
    if let Ok(rows) = &mut source.rows {
        rows.insert(0, row("6-new.md", Shelf::Unread, "New", "app"));
    }
    view.refresh(&mut source);
    assert_eq!(view.current().unwrap().place.file, "4-日本.md");
    assert!(view.notice.is_none());
}

#[test]
fn search_looks_through_titles_worktrees_and_texts_as_one_types() {
    let mut source = fake();
    let mut view = view(&mut source, Scope::All);
    press(&mut view, &mut source, "/JSONweb auth");
    let shown = screen(&mut view, 80, 20);
    assert!(shown.contains("[unread 1]  archived 0") && shown.contains("/JSONweb auth"), "{shown}");
    press(&mut view, &mut source, "\n");
    assert!(screen(&mut view, 80, 20).contains("“JSONweb auth”"));
    press(&mut view, &mut source, "\x1b/lib\n");
    assert_eq!(view.current().unwrap().place.file, "2-lib.md");
    press(&mut view, &mut source, "\x1b/xqz\n");
    assert!(screen(&mut view, 80, 20).contains("Nothing matches “xqz” here."));
    press(&mut view, &mut source, "\x1b");
    assert_eq!(view.listed.len(), 4);
}

#[test]
fn an_empty_inbox_says_what_to_do_next() {
    let mut source = fake();
    if let Ok(rows) = &mut source.rows {
        rows.retain(|row| row.to == "lib" || row.place.shelf == Shelf::Archived);
    }
    let mut empty = view(&mut source, Scope::Here);
    let shown = screen(&mut empty, 80, 20);
    for said in [
        "Nothing is unread for app.",
        "`/handoff` (Claude Code)",
        "→  1 archived",
        "tab  1 in other worktrees",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    press(&mut empty, &mut source, "\t");
    assert!(screen(&mut empty, 80, 20).contains("Publish it"));
    let mut source = Fake { rows: Ok(Vec::new()), ..fake() };
    let mut nothing = view(&mut source, Scope::Here);
    // Keys without a handoff do nothing.
    press(&mut nothing, &mut source, "aufedy\n →↓");
    assert!(screen(&mut nothing, 80, 20).contains("Nothing is archived here."));
    source.rows = Err("no permission".into());
    nothing.refresh(&mut source);
    let shown = screen(&mut nothing, 80, 20);
    assert!(
        shown.contains("cannot be read") && shown.ends_with("could not read the handoffs: no permission"),
        "{shown}"
    );
}

#[test]
fn the_mouse_selects_and_scrolls() {
    let mut source = fake();
    let mut view = view(&mut source, Scope::Here);
    screen(&mut view, 80, 20);
    view.press(Key::Click { column: 10, row: 4 }, &mut source);
    assert_eq!(view.selected, 2);
    view.press(Key::Click { column: 10, row: 12 }, &mut source);
    assert_eq!(view.selected, 2);
    view.press(Key::WheelUp, &mut source);
    assert_eq!(view.selected, 0);
    press(&mut view, &mut source, "\n");
    screen(&mut view, 80, 6);
    view.press(Key::WheelDown, &mut source);
    assert!(!screen(&mut view, 80, 6).contains("Immediate next action"));
}

#[test]
fn without_colour_there_is_none_and_with_it_states_differ_by_more_than_colour() {
    let mut source = fake();
    for colour in [false, true] {
        let mut view = View::new(Theme::new(colour), "app", Scope::Here);
        view.refresh(&mut source);
        let mut terminal = Terminal::new(TestBackend::new(80, 20)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        let cells = &terminal.backend().buffer().content;
        assert_eq!(cells.iter().any(|cell| cell.fg != Color::Reset), colour);
        assert!(cells.iter().all(|cell| cell.bg == Color::Reset));
    }
    let symbols = [State::Waiting, State::Offered, State::Archived, State::Acknowledged].map(State::symbol);
    assert_eq!(symbols.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
}
