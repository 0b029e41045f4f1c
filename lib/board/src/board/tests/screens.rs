//! Whole screens, as somebody sees them.

use ratatui::style::Color;

use super::*;

#[test]
fn the_table_in_a_usual_terminal() {
    let mut source = fake();
    let mut board = board(&mut source);
    assert_eq!(
        screen(&mut board, 80, 24),
        "  api  3 runs · 1 running · they used $0.36, 40k tokens today

  STATE      AGE   TIME  NAME                         LAST STEP, REASON    COST
▸ ● running   2m  2m00s  Fix the parser               edit src/parser.rs  $0.12
  ✓ success   2m  1m00s  ↳ 設計を 見直[31mして e\u{301} 👍…                      $0.12
  ? lost      2m  1m00s  Old things                                       $0.12









  ─────────────────────────────────────────────────────────────────────────────
  1121-ds-03-fix-parser
  2026-11-21 10:00 CET · for 2m00s · deepseek · deepseek-chat · $0.12 · 12k in…
  ~/work/api
  Fix the parser
  now: edit src/parser.rs


  enter look  / filter  a all or here  f follow  d changes  ? help  q quit
"
    );
    press(&mut board, &mut source, "j");
    assert_eq!(
        screen(&mut board, 80, 17),
        "  api  3 runs · 1 running · they used $0.36, 40k tokens today

  STATE      AGE   TIME  NAME                         LAST STEP, REASON    COST
  ● running   2m  2m00s  Fix the parser               edit src/parser.rs  $0.12
▸ ✓ success   2m  1m00s  ↳ 設計を 見直[31mして e\u{301} 👍…                      $0.12
  ? lost      2m  1m00s  Old things                                       $0.12




  ─────────────────────────────────────────────────────────────────────────────
  2026-11-21 10:00 CET · took 1m00s · deepseek+pro · deepseek-chat · $0.12 · 1…
  ~/work/api
  設計を 見直[31mして e\u{301} 👍 ok


  enter look  / filter  a all or here  f follow  d changes  ? help  q quit
"
    );
}

#[test]
fn the_table_in_a_wide_terminal() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "aj");
    assert_eq!(short(&screen(&mut board, 120, 40)), "  handoff runs  all worktrees  4 runs · 1 running · they used $0.36, 40k tokens today · $0.48, 53k tokens in all

  STATE      AGE   TIME  PROJECT   NAME                           LAST STEP, REASON         BACKEND       TOKENS   COST
  ● running   2m  2m00s  api       Fix the parser                 edit src/parser.rs        deepseek         13k  $0.12
▸ ✓ success   2m  1m00s  api       ↳ 設計を 見直[31mして e\u{301} 👍 ok                            deepseek+pro     13k  $0.12
  ? lost      2m  1m00s  api       Old things                                               deepseek         13k  $0.12
  ✗ error    25h  1h06m  web       Port the tests                 API Error: 529 overload…  deepseek         13k  $0.12
(24 empty lines)
  ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
  1121-ds-02-日本語 · continues 1121-ds-01-old
  2026-11-21 10:00 CET · took 1m00s · deepseek+pro · deepseek-chat · $0.12 · 12k in, 999 out, 90k cached
  ~/work/api
  設計を 見直[31mして e\u{301} 👍 ok
(3 empty lines)
  enter look  / filter  a all or here  f follow  d changes  o open  x delete  t totals  S sort  p pager  ? help  q quit
");
    assert_eq!(short(&screen(&mut board, 200, 60)), "  handoff runs  all worktrees  4 runs · 1 running · they used $0.36, 40k tokens today · $0.48, 53k tokens in all

  STATE      AGE   TIME  PROJECT   NAME                           LAST STEP, REASON                                            BACKEND       TOKENS   COST  STARTED               RUN
  ● running   2m  2m00s  api       Fix the parser                 edit src/parser.rs                                           deepseek         13k  $0.12  2026-11-21 10:00 CET  1121-ds-03-fix-parser
▸ ✓ success   2m  1m00s  api       ↳ 設計を 見直[31mして e\u{301} 👍 ok                                                               deepseek+pro     13k  $0.12  2026-11-21 10:00 CET  1121-ds-02-日本語
  ? lost      2m  1m00s  api       Old things                                                                                  deepseek         13k  $0.12  2026-11-21 10:00 CET  1121-ds-01-old
  ✗ error    25h  1h06m  web       Port the tests                 API Error: 529 overloaded                                    deepseek         13k  $0.12  2026-11-20 09:00 CET  1120-cx-09-elsewhere
(44 empty lines)
  ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
  1121-ds-02-日本語 · continues 1121-ds-01-old
  2026-11-21 10:00 CET · took 1m00s · deepseek+pro · deepseek-chat · $0.12 · 12k in, 999 out, 90k cached
  ~/work/api
  設計を 見直[31mして e\u{301} 👍 ok
(3 empty lines)
  enter look  / filter  a all or here  f follow  d changes  o open  x delete  t totals  S sort  p pager  y copy id  ? help  q quit
");
}

#[test]
fn the_table_in_forty_columns() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "aj");
    assert_eq!(
        screen(&mut board, 40, 12),
        "all worktrees  4 runs · 1 running
  STATE      AGE  NAME
  ● running   2m  Fix the parser
▸ ✓ success   2m  ↳ 設計を 見直[31mして…
  ? lost      2m  Old things
  ✗ error    25h  Port the tests





enter look  / filter  ? help  q quit
"
    );
    assert_eq!(
        screen(&mut board, 40, 5),
        "  STATE      AGE  NAME
  ● running   2m  Fix the parser
▸ ✓ success   2m  ↳ 設計を 見直[31mして…
  ? lost      2m  Old things
enter look  ? help  q quit        2 of 4
"
    );
}

#[test]
fn no_size_is_too_small() {
    let mut source = fake();
    source.detail.result = Some(document("# 日本語\n- a\n\n> b\n\n| a | b |\n|---|---|\n| c | d |\n"));
    source.changes = Changes::Known("a | 2 +-\n\ndiff --git a b\n+日本\n".to_owned());
    for keys in ["", "\n", "j\n", "?", "/日本", "s", "y", "/nothing", "t", "X", "jx", "d", "aS"] {
        let mut board = board(&mut source);
        press(&mut board, &mut source, keys);
        for width in (0..24).chain([39, 40, 59, 60, 61, 80]) {
            for height in [0, 1, 2, 3, 4, 5, 7, 13, 17, 22] {
                let _ = screen(&mut board, width, height);
            }
        }
        source.news.push_back(older(rows()));
    }
    let mut board = board(&mut Fake::default());
    for size in 0..20 {
        let _ = screen(&mut board, size, size);
    }
}

#[test]
fn without_colour_there_is_none() {
    let mut source = fake();
    source.detail.result = Some(document("# a\n`b` [c](d)\n"));
    source.changes = Changes::Known("a | 2 +-\n\ndiff --git a b\n@@ 1\n+1\n-2\n".to_owned());
    for keys in ["", "s", "\n", "j\n", "?", "/x", "t", "d", "aG"] {
        let mut board = board(&mut source);
        press(&mut board, &mut source, keys);
        let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
        terminal.draw(|frame| board.draw(frame)).unwrap();
        let cells = &terminal.backend().buffer().content;
        assert!(
            cells.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)),
            "after {keys:?}"
        );
        source.news.push_back(older(rows()));
    }
}

#[test]
fn a_running_run_is_watched_and_its_result_comes_into_sight() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "\n");
    assert_eq!(
        screen(&mut board, 70, 18),
        "  ● running  Fix the parser
  1121-ds-03-fix-parser
  2026-11-21 10:00 CET · for 2m00s · deepseek · deepseek-chat · $0.1…
  ~/work/api
  now: edit src/parser.rs

   1 prompt  [2 progress]  3 result   4 changes   …handoff/tasks/x.md
  ───────────────────────────────────────────────────────────────────
  10:00:01 start
  10:00:02 read







  esc back  ←→ tabs  f follow  s stop  p pager  ? help  q quit
"
    );
    source.detail.result = Some(document("## Done\nIt *parses* now."));
    source.news.push_back(changed(vec![Row { state: State::Success, ..running() }]));
    board.refresh(&mut source);
    assert_eq!(
        screen(&mut board, 40, 8),
        "✓ success  Fix the parser
 prompt  progress [result] changes
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
fn a_run_is_followed_and_one_comes_back() {
    let mut source = fake();
    source.detail.progress = document(&(0..50).map(|n| format!("step {n}\n")).collect::<String>());
    let mut board = board(&mut source);
    assert_eq!(press(&mut board, &mut source, "f"), Step::Stay);
    let watched = screen(&mut board, 70, 18);
    assert!(watched.contains("[2 progress]") && watched.contains("step 49"), "{watched}");
    assert!(watched.trim_end().ends_with("following"), "{watched}");
    press(&mut board, &mut source, "\x1b");
    assert!(screen(&mut board, 70, 18).contains("▸ ● running"));
    // Of one that has ended the end is in sight.
    press(&mut board, &mut source, "jf");
    let ended = screen(&mut board, 70, 18);
    assert!(ended.contains("step 49") && !ended.contains("following"), "{ended}");
}

#[test]
fn the_changes_of_a_run_that_has_ended_are_not_said_to_be_its_alone() {
    let mut source = fake();
    source.changes = Changes::Known("a.rs | 1 +\n".to_owned());
    let mut board = board(&mut source);
    press(&mut board, &mut source, "jd");
    let shown = screen(&mut board, 100, 18);
    assert!(
        shown.contains("what came after its end, is among it.") && shown.contains("a.rs | 1 +"),
        "{shown}"
    );
}

#[test]
fn the_changes_of_a_worktree_are_awaited_and_shown() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "d");
    assert!(board.is_waiting() && source.asked_changes == 1);
    assert!(screen(&mut board, 70, 18).contains("Looking for changes"));
    source.changes = Changes::Known(
        " a.rs | 1 +\n b.rs (new)\n\ndiff --git a/a.rs b/a.rs\n@@ -1 +1 @@\n+two\n".to_owned(),
    );
    board.look(&mut source);
    assert!(!board.is_waiting());
    assert_eq!(
        screen(&mut board, 70, 18),
        "  ● running  Fix the parser
  1121-ds-03-fix-parser
  2026-11-21 10:00 CET · for 2m00s · deepseek · deepseek-chat · $0.1…
  ~/work/api
  now: edit src/parser.rs

   1 prompt   2 progress   3 result  [4 changes]
  ───────────────────────────────────────────────────────────────────
  What was uncommitted before the run is among it.
   a.rs | 1 +
   b.rs (new)

  diff --git a/a.rs b/a.rs
  @@ -1 +1 @@
  +two


  esc back  ←→ tabs  f follow  s stop  p pager  ? help  q quit
"
    );
    // The answer of before stays in sight while the next is awaited.
    source.changes = Changes::Pending;
    press(&mut board, &mut source, "14");
    assert!(source.asked_changes == 2 && screen(&mut board, 70, 18).contains("+two"));
    source.changes = Changes::Unknown("it works in no repository".to_owned());
    board.look(&mut source);
    assert!(screen(&mut board, 70, 18).contains("it works in no repository"));
    source.changes = Changes::Known(String::new());
    board.look(&mut source);
    assert!(screen(&mut board, 70, 18).contains("Nothing has changed"));
}

#[test]
fn the_filter_narrows_as_one_types() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "/LOST o");
    assert_eq!(
        screen(&mut board, 60, 8),
        "  api  3 runs · 1 running · filter “LOST o”: 1
  STATE   AGE   TIME  NAME          BACKEND   TOKENS   COST
▸ ? lost   2m  1m00s  Old things    deepseek     13k  $0.12




  /LOST o                             enter keep  esc clear
"
    );
    press(&mut board, &mut source, "zzz");
    board.press(Key::Enter, &mut source);
    assert_eq!(
        screen(&mut board, 60, 9),
        "  api  3 runs · 1 running · filter “LOST ozzz”: 0
  Nothing matches “LOST ozzz”.

  Esc clears the filter, and a looks in all worktrees.




  esc clear filter  a all or here  ? help  q quit
"
    );
    press(&mut board, &mut source, "\n\x1b");
    assert_eq!(board.shown.len(), 3);
    board.press(Key::Paste("q\ns".to_owned()), &mut source);
    assert_eq!(board.filter, "", "a paste is no command");
    for (words, count) in
        [("+pro", 1), ("overloaded", 1), ("web error", 1), ("edit", 1), ("api", 4), ("port", 1)]
    {
        press(&mut board, &mut source, &format!("\x1b/{words}\n"));
        if !board.is_here_only {
            assert_eq!(board.shown.len(), count, "{words}");
        }
        if words == "+pro" {
            press(&mut board, &mut source, "a");
        }
    }
}

#[test]
fn no_line_of_the_help_is_cut() {
    for width in 20..130 {
        let lines = crate::help::help_lines(crate::help::KEYS, Theme::new(false), width);
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert!(text.iter().all(|line| crate::text::width(line) <= width), "{width}: {text:#?}");
        let words = text.join(" ");
        for word in ["reverse", "esc", "clears", "delete"] {
            assert!(words.contains(word), "{word} is not there at {width} columns");
        }
    }
}

#[test]
fn totals_are_by_day_and_in_all() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "at");
    assert_eq!(
        screen(&mut board, 80, 9),
        "  DAY         RUNS  FAILED    IN   OUT  CACHED    COST
  in all         4       2   49k  4.0k    361k   $0.48
  2026-11-21     3       1   37k  3.0k    271k   $0.36
  2026-11-20     1       1   12k   999     90k   $0.12




  esc back  ↑↓ scroll  q quit
"
    );
    assert_eq!(
        screen(&mut board, 40, 9),
        "DAY         RUNS    IN   OUT    COST
in all         4   49k  4.0k   $0.48
2026-11-21     3   37k  3.0k   $0.36
2026-11-20     1   12k   999   $0.12




esc back  ↑↓ scroll  q quit
"
    );
    press(&mut board, &mut source, "\x1b");
    assert!(screen(&mut board, 80, 12).contains("they used $0.36"));
}

#[test]
fn an_empty_board_says_what_to_do_next() {
    let mut source = Fake::default();
    let mut board = self::board(&mut source);
    assert_eq!(
        screen(&mut board, 70, 14),
        "  handoff runs  api  0 runs

  No runs yet.

  Give another agent a task, and it appears here:

    handoff run --text fix the failing test

  Before the first, `handoff init` writes a configuration.




  ? help  q quit
"
    );
    source.news.push_back(older(rows().split_off(3)));
    board.refresh(&mut source);
    assert_eq!(
        screen(&mut board, 70, 14),
        "  handoff runs  api  0 runs

  No run has worked in api yet.

  Press a for the 1 run of other worktrees, or start one here:

    handoff run --text fix the failing test






  a all worktrees  ? help  q quit
"
    );
}

#[test]
fn trouble_is_told_and_the_rows_stay() {
    let mut source = fake();
    let mut board = board(&mut source);
    source.news.push_back(Err("database is locked".into()));
    board.refresh(&mut source);
    assert_eq!(
        screen(&mut board, 60, 5),
        "  STATE      AGE   TIME  NAME            LAST STEP, REASON
▸ ● running   2m  2m00s  Fix the parser  edit src/parser.rs
  ✓ success   2m  1m00s  ↳ 設計を 見直…
  ? lost      2m  1m00s  Old things
  could not read the runs: database is locked
"
    );
    board.refresh(&mut source);
    assert!(screen(&mut board, 60, 5).contains("enter look"));
}

#[test]
fn what_cannot_be_read_is_not_called_empty() {
    let mut source = Fake { news: VecDeque::from([Err("database is locked".into())]), ..fake() };
    let mut board = board(&mut source);
    assert_eq!(
        screen(&mut board, 70, 7),
        "  handoff runs  api
  The runs can't be read. This is tried again every second.




  could not read the runs: database is locked
"
    );
    board.refresh(&mut source);
    assert!(screen(&mut board, 70, 7).contains("0 runs"));
    assert!(screen(&mut board, 70, 7).contains("No runs yet."));
}
