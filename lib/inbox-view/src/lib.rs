//! The handoffs of one worktree or of all as a screen: a list, a preview, and keys that do something with one.
//!
//! This crate draws and reads keys. Which handoffs there are, and what a key does to one, it asks a [`Source`]. It names
//! each by its [`Place`], the place where it was seen: a source refuses to act on one that is not there any more.
//!
//! Not here: the store, files, processes.

mod draw;
mod list;
mod model;
mod pages;
mod preview;
mod view;

use std::io;
use std::time::{Duration, Instant};

use handoff_board::parts::{Screen, Theme, Woken};

use view::{Step, View};

pub use model::{Act, Left, Lend, Outcome, Place, Row, Scope, Shelf, Source, State, Text};

/// How often the source is asked again.
const REFRESH: Duration = Duration::from_secs(1);

/// Shows the handoffs of `source`, of the worktree that is called `here` or of all, until the user leaves, on standard input
/// and output, which must be a terminal. The terminal is given back as it was, also after a panic and a signal. Without `colour` there is
/// bold and reversed text, but no colour.
///
/// # Errors
/// Where the terminal cannot be set up, read or written. Errors of the source are shown in the view.
pub fn show(source: &mut dyn Source, here: &str, scope: Scope, colour: bool) -> io::Result<Left> {
    let mut view = View::new(Theme::new(colour), here, scope);
    view.refresh(source);
    let mut screen = Screen::enter()?;
    let mut asked = Instant::now();
    loop {
        if view.take_dirty() {
            screen.draw(|frame| view.draw(frame))?;
        }
        match screen.wait(REFRESH.saturating_sub(asked.elapsed()))? {
            Woken::Keys(keys) => {
                for key in keys {
                    match view.press(key, source) {
                        Step::Stay => {}
                        Step::Leave => return Ok(Left::Quit),
                        Step::Copy(text) => screen.copy(&text)?,
                        Step::Renew => screen.renew()?,
                        Step::Suspend => screen.suspend()?,
                        Step::Edit(place) => {
                            let outcome = source.edit(&place, &mut |command| screen.lend(command));
                            view.edited(outcome, source);
                        }
                    }
                }
                view.mark_dirty();
            }
            Woken::Resized => {
                screen.renew()?;
                view.mark_dirty();
            }
            Woken::Signal(signal) => return Ok(Left::Signal(signal)),
            Woken::Gone => return Ok(Left::Quit),
            Woken::Timeout => {}
        }
        if asked.elapsed() >= REFRESH {
            view.refresh(source);
            asked = Instant::now();
        }
    }
}
