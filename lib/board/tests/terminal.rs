//! The view in a real terminal: keys, sizes, the clipboard, and that the terminal is given back.

#![allow(clippy::disallowed_methods, reason = "a test makes its own world")]

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tests::Terminal;

fn demo() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its program");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("a test is in target/PROFILE/deps");
    profile.join("examples/demo")
}

/// The view under a shell.
fn shell(width: u16, height: u16, arguments: &str) -> Option<Terminal> {
    assert!(demo().is_file(), "cargo test builds the example `demo`");
    Terminal::shell(width, height, &format!("{} {arguments}", demo().display()))
}

#[test]
fn one_finds_a_run_and_reads_its_result() {
    let Some(terminal) = shell(80, 24, "--plain") else { return };
    terminal.wait_for("▸ ● running      40s");
    terminal.keys(&["Down"]);
    terminal.wait_for("▸ ● running       6m");
    terminal.keys(&["End"]);
    terminal.wait_for("▸ ■ interrupted");
    terminal.keys(&["/"]);
    terminal.keys(&["-l", "REVIEW"]);
    let screen = terminal.wait_for("filter “REVIEW”: 1");
    assert!(screen.contains("▸ ✓ success") && screen.ends_with("enter keep  esc clear"), "{screen}");
    terminal.keys(&["Enter"]);
    terminal.wait_for("enter look");
    terminal.keys(&["Enter"]);
    assert_eq!(
        terminal.wait_for("1–15 of 26"),
        "  ✓ success  Review the last three commits for missing error handling
  261121-ds-05-review · continues 261121-ds-03-migrate
  2026-11-21 09:38 · took 11m00s · deepseek · deepseek-chat · $0.0142 · 12k in…
  ~/work/api

   1 prompt   2 progress  [3 result]  4 changes   …61121-ds-05-review.result.md
  ─────────────────────────────────────────────────────────────────────────────
  Quoted fields parse
  ━━━━━━━━━━━━━━━━━━━

  The parser read `\"a,b\"` as two fields, because it split the line before it
  looked at quotes. It is now a small state machine, see RFC 4180
  (https://www.rfc-editor.org/rfc/rfc4180).

  What changed
  ────────────

  • `src/parser.rs`: one pass, no allocation for fields without quotes
  • `tests/quotes.rs`: 14 cases
    1. a quote inside of quotes
    2. a line end inside of quotes


  esc back  ←→ tabs  f follow  o open  p pager  ? help  q quit       1–15 of 26"
    );
    terminal.keys(&["PageDown"]);
    terminal.wait_for("One test of the old suite");
    terminal.keys(&["1"]);
    terminal.wait_for("Keep the public API");
    terminal.keys(&["Escape"]);
    terminal.wait_for("filter “REVIEW”: 1");
    terminal.keys(&["Escape"]);
    terminal.wait("no filter", |screen| screen.contains("▸ ✓ success") && !screen.contains("filter “"));
    terminal.keys(&["o"]);
    terminal.wait_for("left with Open(\"261121-ds-05-review\"), stopped []");
    terminal.is_given_back();
}

#[test]
fn progress_follows_its_end_until_one_looks_back_and_one_comes_back() {
    let Some(terminal) = shell(80, 16, "--plain") else { return };
    terminal.wait_for("▸ ● running");
    terminal.keys(&["f"]);
    terminal.wait_for("step 31:");
    terminal.wait_for("s stop");
    terminal.wait_for("following");
    terminal.keys(&["g"]);
    let screen = terminal.wait_for("step 0:");
    assert!(!screen.contains("following"), "{screen}");
    terminal.keys(&["G"]);
    terminal.wait_for("following");
    terminal.keys(&["Escape"]);
    terminal.wait_for("▸ ● running");
    terminal.keys(&["q"]);
    terminal.wait_for("left with Quit");
    terminal.is_given_back();
}

#[test]
fn a_run_is_stopped_and_deleted_after_a_yes() {
    let Some(terminal) = shell(80, 24, "") else { return };
    terminal.wait_for("▸ ● running");
    terminal.keys(&["s"]);
    terminal.wait_for("261121-ds-07-fix-parser. Stop it? y/n");
    terminal.keys(&["n"]);
    terminal.wait_for("261121-ds-07-fix-parser goes on");
    terminal.keys(&["x"]);
    terminal.wait_for("stop it with s before it is deleted");
    terminal.keys(&["s"]);
    terminal.wait_for("y/n");
    terminal.keys(&["y"]);
    let screen = terminal.wait_for("asked 261121-ds-07-fix-parser to stop");
    assert!(screen.contains("▸ ■ interrupted  40s"), "{screen}");
    terminal.keys(&["x"]);
    terminal.wait_for("261121-ds-07-fix-parser. Delete it for good? y/n");
    terminal.keys(&["y"]);
    let screen = terminal.wait_for("deleted 261121-ds-07-fix-parser");
    assert!(!screen.contains("CSV parser") && screen.contains("4 runs"), "{screen}");
    terminal.keys(&["X"]);
    terminal.wait_for("longer ago than: 30d");
    terminal.keys(&["Enter"]);
    terminal.wait_for("1 run of all worktrees ended longer than 30d ago. Delete for good? y/n");
    terminal.keys(&["y"]);
    terminal.wait_for("deleted 1 run");
    terminal.keys(&["q"]);
    terminal.wait_for("parser\", \"261120-ds-01-docs\"]");
}

#[test]
fn other_worktrees_totals_and_orders_are_a_key_away() {
    let Some(terminal) = shell(100, 24, "--plain") else { return };
    terminal.wait_for("5 runs");
    terminal.keys(&["a"]);
    let screen = terminal.wait_for("all worktrees  7 runs");
    assert!(screen.contains("PROJECT") && screen.contains("? lost"), "{screen}");
    terminal.keys(&["S"]);
    terminal.wait_for("by state");
    terminal.keys(&["t"]);
    let screen = terminal.wait_for("in all");
    assert!(screen.contains("DAY") && screen.contains("2026-11-21") && screen.contains("$1.98"), "{screen}");
    terminal.keys(&["Escape"]);
    terminal.wait_for("by state");
    terminal.keys(&["?"]);
    terminal.wait_for("prune: delete what ended long ago");
    terminal.keys(&["?"]);
    terminal.wait_for("by state");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn the_mouse_scrolls_and_is_given_back() {
    let Some(terminal) = shell(80, 24, "--plain --many") else { return };
    terminal.wait_for("1 of 10000");
    assert_eq!(terminal.asks("#{mouse_standard_flag} #{mouse_sgr_flag}"), "1 1");
    terminal.keys(&["-l", "\u{1b}[<65;5;9M"]);
    terminal.wait_for("4 of 10000");
    terminal.keys(&["-l", "\u{1b}[<64;5;9M"]);
    terminal.wait_for("1 of 10000");
    terminal.keys(&["-l", "\u{1b}[<0;5;6M\u{1b}[<0;5;6m"]);
    terminal.wait_for("3 of 10000");
    terminal.keys(&["q"]);
    terminal.is_given_back();
    assert_eq!(terminal.asks("#{mouse_standard_flag} #{mouse_sgr_flag}"), "0 0");
}

#[test]
fn another_program_has_the_terminal_and_gives_it_back() {
    let Some(terminal) = shell(80, 24, "--plain") else { return };
    terminal.wait_for("▸ ● running");
    terminal.keys(&["d"]);
    let screen = terminal.wait_for("+    let mut field");
    assert!(screen.contains("[4 changes]") && screen.contains("src/parser.rs"), "{screen}");
    terminal.keys(&["p"]);
    terminal.wait_for("Pager of Changes of 261121-ds-07-fix-parser");
    assert_eq!(terminal.asks("#{alternate_on} #{cursor_flag} #{mouse_standard_flag}"), "0 1 0");
    terminal.keys(&["Enter"]);
    terminal.wait_for("[4 changes]");
    terminal.keys(&["Escape"]);
    terminal.wait_for("▸ ● running");
    terminal.keys(&["e"]);
    terminal.wait_for("Editor of Result of 261121-ds-07-fix-parser");
    // An interrupt is for the program alone.
    terminal.keys(&["C-c"]);
    terminal.wait_for("▸ ● running");
    terminal.keys(&["j"]);
    terminal.wait_for("▸ ● running       6m");
    // What is to end the board also ends what it waits for.
    terminal.keys(&["p"]);
    terminal.wait_for("Pager of Result of 261121-cx-06-port-tests");
    let killed = Command::new("kill").args(["-TERM", &terminal.process()]).status();
    assert!(killed.is_ok_and(|status| status.success()), "no view under the shell");
    terminal.wait_for("left with Signal(15)");
    terminal.is_given_back();
}

#[test]
fn the_view_follows_the_size_of_the_terminal() {
    let Some(terminal) = Terminal::new(80, 24, &format!("{} --plain", demo().display())) else { return };
    terminal.wait_for("NAME");
    terminal.tmux(&["resize-window", "-x", "40", "-y", "5"]);
    assert_eq!(
        terminal
            .wait("narrow table", |screen| screen.lines().next().is_some_and(|line| line.contains("STATE"))),
        "  STATE          AGE  NAME
▸ ● running      40s  Fix the CSV parse…
  ● running       6m  Port the tests of…
  ✓ success      22m  ↳ Review the last…
enter look  ? help  q quit        1 of 5"
    );
    terminal.tmux(&["resize-window", "-x", "1", "-y", "1"]);
    std::thread::sleep(Duration::from_millis(200));
    terminal.tmux(&["resize-window", "-x", "140", "-y", "24"]);
    terminal.wait_for("TOKENS");
    terminal.keys(&["a"]);
    let screen = terminal.wait_for("設計");
    let names: Vec<_> =
        ["NAME", "Fix the CSV", "設計", "Migrate"].into_iter().map(|text| column(&screen, text)).collect();
    assert!(names.iter().all(|column| *column == names[0]), "{names:?} in\n{screen}");
}

#[test]
fn a_board_without_runs_says_where_they_are() {
    let Some(terminal) = shell(80, 24, "--plain --elsewhere") else { return };
    terminal.wait_for("No run has worked in api yet.");
    terminal.keys(&["a"]);
    terminal.wait_for("7 runs");
    let Some(terminal) = shell(80, 24, "--plain --empty") else { return };
    terminal.wait_for("handoff run --text");
}

/// Where a text stands, by what is drawn.
fn column(screen: &str, text: &str) -> Option<usize> {
    screen.lines().find_map(|line| line.find(text).map(|at| handoff_columns::width(&line[..at])))
}

#[test]
fn the_id_gets_into_the_clipboard() {
    let Some(terminal) = shell(80, 24, "") else { return };
    terminal.wait_for("STATE");
    terminal.record();
    terminal.keys(&["j", "y"]);
    terminal.wait_for("copied 261121-cx-06-port-tests");
    assert_eq!(terminal.tmux(&["show-buffer"]), "261121-cx-06-port-tests");
    terminal.wait("OSC 52", |_| {
        let bytes = terminal.recorded();
        String::from_utf8_lossy(&bytes).contains("\x1b]52;c;MjYxMTIxLWN4LTA2LXBvcnQtdGVzdHM=\x07")
    });
}

#[test]
fn a_plain_view_has_no_colours() {
    for (arguments, is_colourful) in [("--plain", false), ("", true)] {
        let Some(terminal) = shell(100, 24, arguments) else { return };
        terminal.wait_for("STATE");
        terminal.record();
        terminal.keys(&["j", "j", "Enter"]);
        terminal.wait_for("[3 result]");
        terminal.keys(&["?"]);
        terminal.wait_for("in the table");
        terminal.keys(&["q"]);
        terminal.wait_for("left with");
        let bytes = terminal.recorded();
        let text = String::from_utf8_lossy(&bytes);
        let has_colour = text.contains("\x1b[38;5;") || text.contains("\x1b[36m");
        assert_eq!(has_colour, is_colourful, "{text:?}");
    }
}

#[test]
fn the_terminal_is_given_back_after_ctrl_c_and_after_a_panic() {
    let Some(terminal) = shell(80, 24, "") else { return };
    terminal.keys(&["C-c"]);
    terminal.wait_for("left with Quit");
    terminal.is_given_back();
    let Some(terminal) = shell(100, 24, "--panic") else { return };
    terminal.keys(&["Enter"]);
    terminal.wait_for("the demo panics as it was told to");
    terminal.is_given_back();
}

#[test]
fn the_terminal_is_given_back_after_a_signal() {
    for (name, number) in [("TERM", 15), ("HUP", 1), ("INT", 2)] {
        let Some(terminal) = shell(80, 24, "") else { return };
        terminal.wait_for("STATE");
        let killed = Command::new("kill").args([&format!("-{name}"), &terminal.process()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "no view under the shell");
        terminal.wait_for(&format!("left with Signal({number})"));
        terminal.is_given_back();
    }
}

#[test]
fn signals_do_what_they_always_do_after_the_view() {
    let Some(terminal) = shell(80, 24, "--linger") else { return };
    terminal.keys(&["o"]);
    terminal.wait_for("left with Open");
    terminal.keys(&["C-c"]);
    terminal.is_given_back();
}

#[test]
fn the_view_can_be_put_aside() {
    let Some(terminal) = shell(80, 24, "--plain") else { return };
    terminal.wait_for("STATE");
    terminal.keys(&["C-z"]);
    terminal.is_given_back();
    terminal.keys(&["-l", "fg\n"]);
    terminal.wait_for("▸ ● running      40s");
    terminal.keys(&["j"]);
    terminal.wait_for("▸ ● running       6m");
    terminal.keys(&["q"]);
    terminal.wait_for("left with Quit");
}

#[test]
fn a_closed_terminal_ends_the_view() {
    let Some(terminal) = Terminal::new(80, 24, &format!("exec {}", demo().display())) else { return };
    terminal.wait_for("STATE");
    let process = PathBuf::from(format!("/proc/{}", terminal.asks("#{pane_pid}")));
    let had = process.exists();
    terminal.tmux(&["kill-server"]);
    let began = Instant::now();
    while had && process.exists() {
        assert!(began.elapsed() < Duration::from_secs(10), "the view goes on without its terminal");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_idle_view_costs_nearly_nothing() {
    let Some(terminal) = Terminal::new(80, 24, &format!("exec {} --many", demo().display())) else { return };
    terminal.wait_for("1 of 10000");
    let process = terminal.asks("#{pane_pid}");
    // User and system time, in hundredths of a second: fields 14 and 15.
    let used = || -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
    };
    terminal.record();
    let before = used();
    std::thread::sleep(Duration::from_secs(3));
    // Three times 10,000 rows made up and compared by an unoptimised program.
    assert!(used() - before < 60, "used {} hundredths of a second in three", used() - before);
    assert_eq!(terminal.recorded(), b"", "nothing changed, so nothing is drawn");
}
