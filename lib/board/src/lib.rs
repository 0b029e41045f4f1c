//! The live view of dispatched runs on a terminal: a table, a filter, and a look into one run.
//!
//! This crate draws and reads keys. What the runs are, it asks a [`Source`]; what happens to the chosen run after the
//! view is left, [`Left`] tells the caller.
//!
//! Not here: SQLite, files, processes, and the plain rows for output that is not a terminal.

mod board;
mod detail;
mod footer;
mod help;
mod input;
mod keys;
mod markdown;
mod model;
mod overview;
mod pager;
mod table;
mod terminal;
pub mod text;
mod theme;

#[cfg(test)]
mod hostile_tests;

use std::io;
use std::time::{Duration, Instant};

use board::{Board, Step};
use terminal::{Screen, Woken};
use theme::Theme;

pub use model::{Detail, Document, Left, Row, Source, State, Tokens};

/// What other screens are made of too: the terminal, keys, a footer, a typed line, pages that scroll.
pub mod parts {
    pub use crate::footer::{Hint, hints};
    pub use crate::help::help_lines;
    pub use crate::input::{Input, Typed};
    pub use crate::keys::Key;
    pub use crate::markdown::markdown_lines;
    pub use crate::pager::{Pager, Piece, WHEEL_LINES, plain, wrap};
    pub use crate::table::put;
    pub use crate::terminal::{Screen, Woken};
    pub use crate::text;
    pub use crate::theme::Theme;
}

/// How often the source is asked again.
const REFRESH: Duration = Duration::from_secs(1);

/// Shows the runs of `source` until somebody leaves, on standard input and output, which must be a terminal.
///
/// The terminal is given back as it was: when this returns, on a panic, and when a signal asks the process to end,
/// which is [`Left::Signal`]. Afterwards SIGTERM, SIGHUP and SIGINT do what they do by default. Without `colour` the view has bold and reversed text, but no colours.
///
/// # Errors
///
/// Where the terminal can't be set up, read or written. Errors of the source are shown in the view instead.
pub fn show(source: &mut dyn Source, colour: bool) -> io::Result<Left> {
    let mut board = Board::new(Theme::new(colour));
    board.refresh(source);
    let mut screen = Screen::enter()?;
    let mut asked = Instant::now();
    loop {
        if board.take_dirty() {
            screen.draw(|frame| board.draw(frame))?;
        }
        match screen.wait(REFRESH.saturating_sub(asked.elapsed()))? {
            Woken::Keys(keys) => {
                for key in keys {
                    match board.press(key, source) {
                        Step::Stay => {}
                        Step::Leave(left) => return Ok(left),
                        Step::Copy(text) => screen.copy(&text)?,
                        Step::Renew => screen.renew()?,
                        Step::Suspend => {
                            screen.suspend()?;
                            board.soil();
                        }
                    }
                }
            }
            Woken::Resized => {
                screen.renew()?;
                board.soil();
            }
            Woken::Signal(signal) => return Ok(Left::Signal(signal)),
            Woken::Gone => return Ok(Left::Quit),
            Woken::Timeout => {}
        }
        if asked.elapsed() >= REFRESH {
            board.refresh(source);
            asked = Instant::now();
        }
    }
}
