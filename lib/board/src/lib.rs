//! The live view of dispatched runs on a terminal: a table, a filter, and a look into one run.
//!
//! This crate draws and reads keys. What the runs are, it asks a [`Source`]; what happens to the chosen run after the
//! view is left, [`Left`] tells the caller.
//!
//! Not here: SQLite, files, processes, and the plain rows for output that is not a terminal.

mod board;
mod detail;
mod diff;
mod footer;
mod help;
mod input;
mod keys;
mod markdown;
mod model;
mod order;
mod overview;
mod pager;
mod table;
mod terminal;
pub mod text;
mod theme;
mod totals;

#[cfg(test)]
mod hostile_tests;

use std::io;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use board::{Board, Setting, Step};
use terminal::{Screen, Woken};
use theme::Theme;

pub use model::{
    Changes, Clock, Detail, Document, Left, News, Row, Shown, Source, SourceError, State, Tokens, Viewer,
};

/// What other screens are made of too: the terminal, keys, a footer, a typed line, pages that scroll.
pub mod parts {
    pub use crate::footer::{FILTER, Hint, PAGE, draw_hints};
    pub use crate::help::help_lines;
    pub use crate::input::{Input, Typed};
    pub use crate::keys::Key;
    pub use crate::markdown::markdown_lines;
    pub use crate::pager::{Pager, Piece, WHEEL_LINES, draw_page, plain, wrap};
    pub use crate::table::put;
    pub use crate::terminal::{Screen, Woken};
    pub use crate::text;
    pub use crate::theme::Theme;
}

/// How often the source is asked again.
const REFRESH: Duration = Duration::from_secs(1);

/// How often an answer is looked for that may come at any moment.
const LOOK: Duration = Duration::from_millis(50);

/// How the view looks, and where it is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether there are colours; else there is bold, dim and reversed text.
    pub colour: bool,
    /// How it tells the time.
    pub clock: Clock,
    /// What the worktree is called whose runs are shown first; None where there is none, and then all are.
    pub place: Option<String>,
}

/// Shows the runs of `source` until the user leaves, on standard input and output, which must be a terminal.
///
/// The terminal is given back as it was: when this returns, on a panic, and when a signal asks the process to end,
/// which is [`Left::Signal`]. Afterwards SIGTERM, SIGHUP and SIGINT do what they do by default.
///
/// # Errors
///
/// Where the terminal can't be set up, read or written. Errors of the source are shown in the view instead.
pub fn show(source: &mut dyn Source, options: Options) -> io::Result<Left> {
    let Options { colour, clock, place } = options;
    let mut board = Board::new(Setting { theme: Theme::new(colour), clock, place });
    board.refresh(source);
    let mut screen = Screen::enter()?;
    let mut asked = Instant::now();
    loop {
        if board.take_dirty() {
            screen.draw(|frame| board.draw(frame))?;
        }
        match screen.wait(timeout(&board, asked))? {
            Woken::Keys(keys) => {
                for key in keys {
                    let step = board.press(key, source);
                    if let Some(left) = take(step, &mut board, &mut screen, source)? {
                        return Ok(left);
                    }
                }
            }
            Woken::Resized => {
                screen.renew()?;
                board.mark_dirty();
            }
            Woken::Signal(signal) => return Ok(Left::Signal(signal)),
            Woken::Gone => return Ok(Left::Quit),
            Woken::Timeout if board.is_busy() => board.work(source),
            Woken::Timeout if board.is_waiting() => board.look(source),
            Woken::Timeout => {}
        }
        if asked.elapsed() >= REFRESH {
            board.refresh(source);
            asked = Instant::now();
        }
    }
}

/// How long to wait for a key.
fn timeout(board: &Board, asked: Instant) -> Duration {
    let rest = REFRESH.saturating_sub(asked.elapsed());
    if board.is_busy() {
        Duration::ZERO
    } else if board.is_waiting() {
        rest.min(LOOK)
    } else {
        rest
    }
}

/// Does what a key asked for outside of the board; gives why the view is left, if it is.
fn take(
    step: Step,
    board: &mut Board,
    screen: &mut Screen,
    source: &mut dyn Source,
) -> io::Result<Option<Left>> {
    match step {
        Step::Stay => {}
        Step::Leave(left) => return Ok(Some(left)),
        Step::Copy(text) => screen.copy(&text)?,
        Step::Renew => screen.renew()?,
        Step::Suspend => {
            screen.suspend()?;
            board.mark_dirty();
        }
        Step::Show { id, shown, viewer } => match source.viewer(&id, shown, viewer) {
            Ok(mut command) => {
                let status = screen.lend(&mut command);
                board.refresh(source);
                board.mark_dirty();
                if let Some(reason) = failed(status, viewer) {
                    board.tell(reason, true);
                }
            }
            Err(reason) => board.tell(reason.to_string(), true),
        },
    }
    Ok(None)
}

/// Why a text was not shown by `viewer`, if it was not.
fn failed(status: io::Result<ExitStatus>, viewer: Viewer) -> Option<String> {
    let (name, variable) = match viewer {
        Viewer::Pager => ("the pager", "PAGER"),
        Viewer::Editor => ("the editor", "VISUAL or EDITOR"),
    };
    match status {
        Ok(status) if status.success() => None,
        // What a shell exits with that cannot find or may not run a program.
        Ok(status) if matches!(status.code(), Some(126 | 127)) => {
            Some(format!("could not start {name}: set {variable} to a program that is there"))
        }
        Ok(status) => Some(format!("{name} failed ({status})")),
        Err(error) => Some(format!("could not start {name}: {error}")),
    }
}
