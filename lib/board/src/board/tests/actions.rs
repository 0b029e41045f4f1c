//! What keys and news do.

use super::*;

#[test]
fn runs_of_other_worktrees_are_shown_when_asked_for() {
    let mut source = fake();
    let mut board = board(&mut source);
    assert_eq!((board.shown.len(), board.all.runs), (3, 3));
    press(&mut board, &mut source, "ja");
    assert_eq!((board.shown.len(), board.all.runs), (4, 4));
    assert_eq!(board.current().unwrap().id, "1121-ds-02-日本語", "the selection stays with its run");
    press(&mut board, &mut source, "Ga");
    assert_eq!((board.shown.len(), board.selected), (3, 2));
}

#[test]
fn rows_are_sorted_and_the_title_says_how() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "aS");
    let states: Vec<_> = board.shown.iter().map(|&index| board.rows[index].state).collect();
    assert_eq!(states, [State::Running, State::Error, State::Lost, State::Success]);
    let shown = screen(&mut board, 120, 12);
    assert!(shown.contains("by state") && shown.contains("STATE▾"), "{shown}");
    press(&mut board, &mut source, "Sr");
    let shown = screen(&mut board, 120, 12);
    assert!(shown.contains("by time, reversed") && shown.contains("▴TIME"), "{shown}");
    // What comes in later stands where it belongs.
    source.news.push_back(Ok(News {
        newer: vec![Row { ended: Some(NOW - 119), ..row("9-new", State::Error, "x") }],
        ..News::default()
    }));
    board.refresh(&mut source);
    assert_eq!(board.rows[board.shown[0]].id, "9-new");
}

#[test]
fn the_wheel_and_a_click_select() {
    let mut source = fake();
    let mut board = board(&mut source);
    let _ = screen(&mut board, 80, 24);
    board.press(Key::WheelDown, &mut source);
    assert_eq!(board.selected, 2);
    board.press(Key::WheelUp, &mut source);
    assert_eq!(board.selected, 0);
    // Below a title, a line of air and the header.
    board.press(Key::Click { column: 9, row: 4 }, &mut source);
    assert_eq!((board.selected, board.inspection.is_none()), (1, true));
    board.press(Key::Click { column: 9, row: 20 }, &mut source);
    board.press(Key::Click { column: 9, row: 2 }, &mut source);
    board.press(Key::Click { column: 9, row: 8 }, &mut source);
    assert_eq!(board.selected, 1, "there is no row");
    board.press(Key::Click { column: 9, row: 4 }, &mut source);
    assert!(board.inspection.is_some());
}

#[test]
fn the_selection_stays_with_its_run() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "G");
    let new = row("1121-ds-04-new", State::Running, "New");
    source.news.push_back(Ok(News { newer: vec![new], ..News::default() }));
    board.refresh(&mut source);
    assert_eq!(board.current().unwrap().id, "1121-ds-01-old");
    assert_eq!(press(&mut board, &mut source, "o"), Step::Leave(Left::Open("1121-ds-01-old".to_owned())));
    assert_eq!(press(&mut board, &mut source, "gy"), Step::Copy("1121-ds-04-new".to_owned()));
    let shown = |shown, viewer| Step::Show { id: "1121-ds-04-new".to_owned(), shown, viewer };
    assert_eq!(press(&mut board, &mut source, "p"), shown(Shown::Result, Viewer::Pager));
    assert_eq!(press(&mut board, &mut source, "\n1e"), shown(Shown::Prompt, Viewer::Editor));
    assert_eq!(press(&mut board, &mut source, "4p"), shown(Shown::Changes, Viewer::Pager));
    // Also when the list is read anew.
    press(&mut board, &mut source, "\x1bG");
    source.news.push_back(Ok(News { is_reset: true, older: rows(), ..News::default() }));
    board.refresh(&mut source);
    assert_eq!(board.current().unwrap().id, "1121-ds-01-old");
    assert_eq!(press(&mut board, &mut source, "q"), Step::Leave(Left::Quit));
}

#[test]
fn only_a_yes_stops_a_run() {
    let mut source = fake();
    let mut all = rows();
    all.insert(3, row("stubborn", State::Running, ""));
    source.news = VecDeque::from([older(all)]);
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
fn only_a_yes_deletes_a_run_and_one_that_runs_is_not_deleted() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "x");
    assert_eq!(foot(&mut board), "1121-ds-03-fix-parser is running: stop it with s before it is deleted");
    press(&mut board, &mut source, "jx");
    assert_eq!(foot(&mut board), "1121-ds-02-日本語. Delete it for good? y/n");
    press(&mut board, &mut source, "\n");
    assert_eq!((foot(&mut board).as_str(), source.deleted.len()), ("nothing was deleted", 0));
    press(&mut board, &mut source, "\nx");
    source.news.push_back(Ok(News { is_reset: true, older: vec![running()], ..News::default() }));
    press(&mut board, &mut source, "y");
    assert_eq!(
        (foot(&mut board).as_str(), &source.deleted[..]),
        ("deleted 1121-ds-02-日本語", &["1121-ds-02-日本語".to_owned()][..])
    );
    assert!(screen(&mut board, 80, 12).contains("▸ ● running"), "the table is in sight again");
}

#[test]
fn old_runs_are_pruned_after_an_age_and_a_yes() {
    let mut source = fake();
    let mut board = board(&mut source);
    press(&mut board, &mut source, "X");
    assert_eq!(foot(&mut board), "older than: 30d                                   enter count  esc cancel");
    press(&mut board, &mut source, "\n");
    assert_eq!(foot(&mut board), "no run ended longer than 30d ago");
    press(&mut board, &mut source, "X");
    board.press(Key::Ctrl('u'), &mut source);
    press(&mut board, &mut source, "soon\n");
    assert_eq!(foot(&mut board), "`soon` is no age");
    source.old = vec!["1".to_owned(), "stubborn".to_owned(), "3".to_owned()];
    press(&mut board, &mut source, "X\n");
    assert_eq!(
        screen(&mut board, 100, 3).lines().last().unwrap().trim(),
        "3 runs of all worktrees ended longer than 30d ago. Delete for good? y/n"
    );
    press(&mut board, &mut source, "n");
    assert!(source.deleted.is_empty() && !board.is_busy());
    press(&mut board, &mut source, "X\ny");
    assert!(board.is_busy());
    assert_eq!(foot(&mut board), "deleted 0 of 3 …");
    while board.is_busy() {
        board.work(&mut source);
    }
    assert_eq!(source.deleted, ["1", "stubborn", "3"]);
    assert_eq!(foot(&mut board), "deleted 2 runs, and could not delete 1: no[2J permission");
    press(&mut board, &mut source, "X\x1b");
    assert!(board.asking.is_none());
}

#[test]
fn nothing_is_drawn_again_while_nothing_changes() {
    let mut source = fake();
    let mut board = board(&mut source);
    assert!(board.take_dirty());
    board.refresh(&mut source);
    source.news.push_back(changed(vec![running()]));
    board.refresh(&mut source);
    assert!(!board.take_dirty());
    source.news.push_back(changed(vec![Row { note: "read tests".to_owned(), ..running() }]));
    board.refresh(&mut source);
    assert!(board.take_dirty());
}

#[test]
fn ten_thousand_rows_come_in_pieces_and_are_drawn_like_ten() {
    let mut source = fake();
    let piece = |from: usize| {
        let rows = (from..from + 500)
            .map(|n| row(&format!("1121-ds-{n:05}-x"), State::Success, "Something"))
            .collect();
        Ok(News { older: rows, has_more: from + 500 < 10_000, ..News::default() })
    };
    source.news = (0..20).map(|number| piece(number * 500)).collect();
    let mut board = board(&mut source);
    assert!(screen(&mut board, 80, 24).contains("of 500"));
    press(&mut board, &mut source, "G");
    while board.is_busy() {
        board.work(&mut source);
    }
    assert!(screen(&mut board, 80, 24).contains("500 of 10000"));
    press(&mut board, &mut source, "/09999");
    assert_eq!(board.shown.len(), 1);
}

#[test]
fn a_list_that_is_read_anew_in_pieces_leaves_one_where_one_was() {
    let mut source = fake();
    let many = |from: usize, to: usize| {
        (from..to).map(|n| row(&format!("1121-ds-{n:05}-x"), State::Success, "Something")).collect::<Vec<_>>()
    };
    source.news = VecDeque::from([older(many(0, 900))]);
    let mut board = board(&mut source);
    press(&mut board, &mut source, "Gk");
    let shown = screen(&mut board, 80, 24);
    // The selected run is gone, and one has begun meanwhile.
    let new = row("1122-ds-new", State::Running, "New");
    source.news.push_back(Ok(News {
        is_reset: true,
        older: many(0, 500),
        has_more: true,
        ..News::default()
    }));
    let mut rest = many(500, 900);
    rest.remove(398);
    source.news.push_back(Ok(News { newer: vec![new], older: rest, ..News::default() }));
    board.refresh(&mut source);
    assert!(board.is_busy() && screen(&mut board, 80, 24) == shown, "nothing moves before all is read");
    board.work(&mut source);
    assert_eq!((board.rows.len(), board.selected, board.is_busy()), (900, 898, false));
    assert_eq!(board.current().unwrap().id, "1121-ds-00897-x");
}

#[test]
fn a_run_that_cannot_be_opened_leaves_the_board_open_and_says_why() {
    let mut source = fake();
    source.news.push_front(older(vec![row("1121-ds-09-stubborn", State::Success, "x")]));
    let mut board = board(&mut source);
    assert_eq!(press(&mut board, &mut source, "o"), Step::Stay);
    let shown = screen(&mut board, 120, 12);
    assert!(shown.contains("not opened: its directory"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
    // Another key, and the keys are there again.
    press(&mut board, &mut source, "j");
    assert!(screen(&mut board, 120, 12).contains("enter look"));
}
