//! Whole screens, as somebody sees them.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::*;
use crate::model::{Detail, Document, Tokens};

struct Fake {
    rows: Result<Vec<Row>, String>,
    detail: Detail,
    stopped: Vec<String>,
    asked: usize,
}

impl Source for Fake {
    fn rows(&mut self) -> Result<Vec<Row>, String> {
        self.rows.clone()
    }

    fn detail(&mut self, _: &str) -> Result<Detail, String> {
        self.asked += 1;
        Ok(self.detail.clone())
    }

    fn stop(&mut self, id: &str) -> Result<(), String> {
        self.stopped.push(id.to_owned());
        if id.contains("stubborn") { Err("no\x1b[2J permission".to_owned()) } else { Ok(()) }
    }
}

fn row(id: &str, state: State, prompt: &str) -> Row {
    Row {
        id: id.to_owned(),
        started: "2026-11-21 10:00".to_owned(),
        age: "2m".to_owned(),
        state,
        backend: "deepseek".to_owned(),
        model: "deepseek-chat".to_owned(),
        tokens: Some(Tokens { input: 12_345, output: 999, cache_read: 90_210 }),
        cost_usd: Some(0.12),
        cwd: "~/work/api".to_owned(),
        prompt: prompt.to_owned(),
    }
}

fn document(text: &str) -> Document {
    Document { text: text.to_owned(), path: "~/.handoff/tasks/x.md".to_owned() }
}

fn fake() -> Fake {
    let rows = vec![
        row("1121-ds-03-fix-parser", State::Running, "Fix the parser"),
        row("1121-ds-02-日本語", State::Success, "設計を\t見直\x1b[31mして e\u{301} 👍🏽 ok"),
        row("1121-ds-01-old", State::Lost, "Old things"),
    ];
    let detail = Detail {
        prompt: document("Fix the parser\n\tand test it"),
        progress: document("10:00:01 start\n10:00:02 read\n"),
        result: None,
    };
    Fake { rows: Ok(rows), detail, stopped: Vec::new(), asked: 0 }
}

fn board(source: &mut Fake) -> Board {
    let mut board = Board::new(Theme::new(false));
    board.refresh(source);
    board
}

fn screen(board: &mut Board, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| board.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(crate::text::width(symbol).max(1)).unwrap();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn press(board: &mut Board, source: &mut Fake, keys: &str) -> Step {
    let mut step = Step::Stay;
    for c in keys.chars() {
        let key = match c {
            '\n' => Key::Enter,
            '\x1b' => Key::Escape,
            c => Key::Char(c),
        };
        step = board.press(key, source);
    }
    step
}

#[test]
fn the_table_in_a_usual_terminal() {
    let mut source = fake();
    let mut board = board(&mut source);
    assert_eq!(
        screen(&mut board, 80, 17),
        "  handoff list  3 runs · 1 running

  RUN                    AGE  STATE      BACKEND    COST  PROMPT
▸ 1121-ds-03-fix-parser   2m  ● running  deepseek  $0.12  Fix the parser
  1121-ds-02-日本語       2m  ✓ success  deepseek  $0.12  設計を 見直[31mして …
  1121-ds-01-old          2m  ? lost     deepseek  $0.12  Old things




  ─────────────────────────────────────────────────────────────────────────────
  2026-11-21 10:00 · deepseek · deepseek-chat · $0.12 · 12k in, 999 out, 90k c…
  ~/work/api
  Fix the parser


  ↑↓ select  enter look  / filter  o open  f follow  s stop  ? help  q quit
"
    );
}

#[test]
fn the_table_in_a_wide_terminal() {
    let mut source = fake();
    let mut board = board(&mut source);
    assert_eq!(
        screen(&mut board, 130, 8),
        "  handoff list  3 runs · 1 running
  RUN                    STARTED           AGE  STATE      BACKEND        TOKENS   COST  CWD         PROMPT
▸ 1121-ds-03-fix-parser  2026-11-21 10:00   2m  ● running  deepseek  12k/999/90k  $0.12  ~/work/api  Fix the parser
  1121-ds-02-日本語      2026-11-21 10:00   2m  ✓ success  deepseek  12k/999/90k  $0.12  ~/work/api  設計を 見直[31mして e\u{301} 👍 ok
  1121-ds-01-old         2026-11-21 10:00   2m  ? lost     deepseek  12k/999/90k  $0.12  ~/work/api  Old things


  ↑↓ select  enter look  / filter  o open  f follow  s stop  y copy id  ? help  q quit
"
    );
}

#[test]
fn the_table_in_forty_columns_and_five_rows() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "j");
    assert_eq!(
        screen(&mut board, 40, 5),
        "  RUN                    AGE  STATE
  1121-ds-03-fix-parser   2m  ● running
▸ 1121-ds-02-日本語       2m  ✓ success
  1121-ds-01-old          2m  ? lost
enter look  / filter  ? help  q quit
"
    );
}

#[test]
fn no_size_is_too_small() {
    let mut source = fake();
    source.detail.result = Some(document("# 日本語\n- a\n\n> b\n\n| a | b |\n|---|---|\n| c | d |\n"));
    for keys in ["", "\n", "j\n", "?", "/日本", "s", "y", "/nothing"] {
        let mut board = board(&mut source);
        press(&mut board, &mut source, keys);
        for width in (0..24).chain([39, 40, 59, 60, 61, 80]) {
            for height in [0, 1, 2, 3, 4, 5, 7, 13, 17] {
                let _ = screen(&mut board, width, height);
            }
        }
    }
    let mut board = board(&mut Fake { rows: Ok(Vec::new()), ..fake() });
    for size in 0..20 {
        let _ = screen(&mut board, size, size);
    }
}

#[test]
fn without_colour_there_is_none() {
    let mut source = fake();
    source.detail.result = Some(document("# a\n`b` [c](d)\n"));
    for keys in ["", "s", "\n", "j\n", "?", "/x"] {
        let mut board = board(&mut source);
        press(&mut board, &mut source, keys);
        let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
        terminal.draw(|frame| board.draw(frame)).unwrap();
        let cells = &terminal.backend().buffer().content;
        assert!(
            cells.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)),
            "after {keys:?}"
        );
    }
}

#[test]
fn a_running_run_is_watched_and_its_result_comes_into_sight() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "\n");
    assert_eq!(
        screen(&mut board, 70, 14),
        "  1121-ds-03-fix-parser  ● running
  2026-11-21 10:00 · deepseek · deepseek-chat · $0.12 · 12k in, 999 …
  ~/work/api

   1 prompt  [2 progress]  3 result             ~/.handoff/tasks/x.md
  ───────────────────────────────────────────────────────────────────
  10:00:01 start
  10:00:02 read





  esc back  ←→ tabs  o open  f follow  s stop  ? help  q quit
"
    );
    source.rows.as_mut().unwrap()[0].state = State::Success;
    source.detail.result = Some(document("## Done\nIt *parses* now."));
    board.refresh(&mut source);
    assert_eq!(
        screen(&mut board, 40, 8),
        "1121-ds-03-fix-parser  ✓ success
 1 prompt   2 progress  [3 result]
Done
────

It parses now.

esc back  ←→ tabs  ? help  q quit
"
    );
    let asked = source.asked;
    board.take_dirty();
    board.refresh(&mut source);
    assert_eq!((source.asked, board.take_dirty()), (asked, false), "what has ended is not read again");
}

#[test]
fn the_filter_narrows_as_one_types() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "/LOST o");
    assert_eq!(
        screen(&mut board, 60, 8),
        "  handoff list  3 runs · 1 running · filter “LOST o”: 1
  RUN             AGE  STATE   BACKEND    COST  PROMPT
▸ 1121-ds-01-old   2m  ? lost  deepseek  $0.12  Old things




  /LOST o                             enter keep  esc clear
"
    );
    press(&mut board, &mut source, "zzz");
    board.press(Key::Enter, &mut source);
    assert_eq!(
        screen(&mut board, 60, 7),
        "  handoff list  3 runs · 1 running · filter “LOST ozzz”: 0
  Nothing matches “LOST ozzz”.




  esc clear filter  ? help  q quit
"
    );
    press(&mut board, &mut source, "\n\x1b");
    assert_eq!(board.shown.len(), 3);
    board.press(Key::Paste("q\ns".to_owned()), &mut source);
    assert_eq!(board.filter, "", "a paste is no command");
}

#[test]
fn the_selection_stays_with_its_run() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "G");
    source.rows.as_mut().unwrap().insert(0, row("1121-ds-04-new", State::Running, "New"));
    board.refresh(&mut source);
    assert_eq!(board.current().unwrap().id, "1121-ds-01-old");
    assert_eq!(press(&mut board, &mut source, "o"), Step::Leave(Left::Open("1121-ds-01-old".to_owned())));
    assert_eq!(
        press(&mut board, &mut source, "kf"),
        Step::Leave(Left::Follow("1121-ds-02-日本語".to_owned()))
    );
    assert_eq!(press(&mut board, &mut source, "gy"), Step::Copy("1121-ds-04-new".to_owned()));
    assert_eq!(press(&mut board, &mut source, "q"), Step::Leave(Left::Quit));
}

#[test]
fn only_a_yes_stops_a_run() {
    let foot = |board: &mut Board| screen(board, 60, 3).lines().last().unwrap().trim().to_owned();
    let mut source = fake();
    source.rows.as_mut().unwrap().push(row("stubborn", State::Running, ""));
    let mut board = board(&mut source);
    press(&mut board, &mut source, "s");
    assert_eq!(foot(&mut board), "1121-ds-03-fix-parser. Stop it? y/n");
    press(&mut board, &mut source, "n");
    assert_eq!(foot(&mut board), "1121-ds-03-fix-parser goes on");
    press(&mut board, &mut source, "s");
    board.press(Key::Paste("y".to_owned()), &mut source);
    assert!(source.stopped.is_empty());
    press(&mut board, &mut source, "sy");
    assert_eq!(source.stopped, ["1121-ds-03-fix-parser"]);
    assert_eq!(foot(&mut board), "asked 1121-ds-03-fix-parser to stop");
    press(&mut board, &mut source, "js");
    assert_eq!(foot(&mut board), "nothing to stop: 1121-ds-02-日本語 has ended (success)");
    press(&mut board, &mut source, "Gsy");
    assert_eq!(foot(&mut board), "could not stop stubborn: no[2J permission");
}

#[test]
fn trouble_is_told_and_the_rows_stay() {
    let mut source = fake();
    let mut board = board(&mut source);
    let rows = std::mem::replace(&mut source.rows, Err("database is locked".to_owned()));
    board.refresh(&mut source);
    assert_eq!(
        screen(&mut board, 60, 5),
        "  RUN                    AGE  STATE      PROMPT
▸ 1121-ds-03-fix-parser   2m  ● running  Fix the parser
  1121-ds-02-日本語       2m  ✓ success  設計を 見直[31mし…
  1121-ds-01-old          2m  ? lost     Old things
  could not read the runs: database is locked
"
    );
    source.rows = rows;
    board.refresh(&mut source);
    assert!(screen(&mut board, 60, 5).contains("enter look"));
}

#[test]
fn what_cannot_be_read_is_not_called_empty() {
    let mut source = Fake { rows: Err("database is locked".to_owned()), ..fake() };
    let mut board = board(&mut source);
    assert_eq!(
        screen(&mut board, 70, 7),
        "  handoff list
  The runs can't be read. This is tried again every second.




  could not read the runs: database is locked
"
    );
    source.rows = Ok(Vec::new());
    board.refresh(&mut source);
    assert!(screen(&mut board, 70, 7).contains("0 runs"));
    assert!(screen(&mut board, 70, 7).contains("No runs yet."));
}

#[test]
fn nothing_is_drawn_again_while_nothing_changes() {
    let mut source = fake();
    let mut board = board(&mut source);
    assert!(board.take_dirty());
    board.refresh(&mut source);
    assert!(!board.take_dirty());
    source.rows.as_mut().unwrap()[0].age = "3m".to_owned();
    board.refresh(&mut source);
    assert!(board.take_dirty());
}

#[test]
fn ten_thousand_rows_are_drawn_like_ten() {
    let mut source = fake();
    let many = (0..10_000).map(|n| row(&format!("1121-ds-{n:05}-x"), State::Success, "Something"));
    source.rows = Ok(many.collect());
    let mut board = board(&mut source);
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
    let began = std::time::Instant::now();
    for _ in 0..100 {
        board.press(Key::PageDown, &mut source);
        terminal.draw(|frame| board.draw(frame)).unwrap();
    }
    // A frame takes a few milliseconds here; one that looked at all rows would take a hundred times that.
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(screen(&mut board, 80, 24).contains("of 10000"));
}
