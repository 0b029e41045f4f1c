//! The terminal: taken, drawn on, listened to, and given back however this ends.

use std::io::{self, BufWriter, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, MoveTo, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::low_level;

use crate::keys::{Key, Keys};

/// How long the rest of a sequence is waited for before its Escape is taken for the key.
const ESCAPE: Duration = Duration::from_millis(25);

/// Reports of buttons and of the wheel, in the SGR form. Not of movements: they would wake the view for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// How often a lent terminal is looked after.
const TICK: Duration = Duration::from_millis(20);

/// Whether the terminal is ours, so that a panic gives it back and nothing is given back twice.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Why the wait ended.
#[derive(Debug)]
pub enum Woken {
    /// Keys were pressed.
    Keys(Vec<Key>),
    /// The terminal has another size.
    Resized,
    /// The process was asked to end.
    Signal(i32),
    /// The terminal was closed.
    Gone,
    /// Nothing happened.
    Timeout,
}

/// The terminal while a view has it. It is given back when this is dropped, on a panic, and after a signal.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<io::Stdout>>>,
    keys: Keys,
    signals: Signals,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where standard input and output are not both a terminal, and what the system says.
    pub fn enter() -> io::Result<Self> {
        if !input().is_terminal() || !output().is_terminal() {
            return Err(io::Error::other("standard input and output are not both a terminal"));
        }
        give_back_on_panic();
        let signals = Signals::register()?;
        let options = TerminalOptions { viewport: Viewport::Fixed(area()) };
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, output()));
        let terminal = Terminal::with_options(backend, options)?;
        let screen = Self { terminal, keys: Keys::default(), signals };
        take()?;
        Ok(screen)
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(|_| ())
    }

    /// Takes the terminal's size, and draws everything anew with the next frame.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn renew(&mut self) -> io::Result<()> {
        self.terminal.resize(area())
    }

    /// Waits for a key, a signal, or the end of `timeout`, without using the processor.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn wait(&mut self, timeout: Duration) -> io::Result<Woken> {
        let timeout = if self.keys.is_waiting() { ESCAPE } else { timeout };
        let (typed, gone) = {
            let input = input();
            let mut watched = [
                PollFd::new(&input, PollFlags::IN),
                PollFd::from_borrowed_fd(self.signals.pipe.as_fd(), PollFlags::IN),
            ];
            let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
            match poll(&mut watched, Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let happened = watched[0].revents();
            let gone = happened.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
            (happened.contains(PollFlags::IN), gone)
        };
        if let Some(woken) = self.signals.take() {
            return Ok(woken);
        }
        if gone {
            return Ok(Woken::Gone);
        }
        if !typed {
            let keys = self.keys.give_up();
            return Ok(if keys.is_empty() { Woken::Timeout } else { Woken::Keys(keys) });
        }
        let mut bytes = [0; 4096];
        match rustix::io::read(input(), &mut bytes) {
            Ok(0) => return Ok(Woken::Gone),
            Ok(length) => self.keys.push(&bytes[..length]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(rustix::io::Errno::IO) => return Ok(Woken::Gone),
            Err(error) => return Err(error.into()),
        }
        Ok(Woken::Keys(self.keys.take()))
    }

    /// Puts text into the clipboard by OSC 52. Whether the terminal obeys, it doesn't say.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut output = output();
        write!(output, "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
        output.flush()
    }

    /// Gives the terminal to the shell, as Ctrl-Z does elsewhere, and takes it again when the shell continues us.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        low_level::raise(SIGTSTP)?;
        take()?;
        self.renew()
    }

    /// Runs `command` with the terminal, and takes the terminal again when it has ended. An interrupt from the keyboard
    /// is for the command alone; a signal that asks this process to end goes on to it, and the next
    /// [`Screen::wait`] gives it.
    ///
    /// # Errors
    /// When the command could not be started, and what the terminal says.
    pub fn lend(&mut self, command: &mut Command) -> io::Result<ExitStatus> {
        give_back();
        let status = self.run(command);
        take()?;
        self.renew()?;
        status
    }

    fn run(&mut self, command: &mut Command) -> io::Result<ExitStatus> {
        let mut child = command.spawn()?;
        loop {
            if let Some(status) = child.try_wait()? {
                self.signals.forget_interrupt();
                return Ok(status);
            }
            if self.signals.is_asked_to_end()
                && let Some(process) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
            {
                // It may be gone.
                let _ = rustix::process::kill_process(process, Signal::TERM);
            }
            std::thread::sleep(TICK);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    let taken = enable_raw_mode().and_then(|()| {
        execute!(output(), EnterAlternateScreen, EnableBracketedPaste, Print(MOUSE_ON), Hide, MoveTo(0, 0))
    });
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Best effort: where the terminal is gone there is nothing left to do.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut output = output();
        let _ = queue!(output, Print(MOUSE_OFF), DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = output.flush();
        let _ = disable_raw_mode();
    }
}

/// Before the message of a panic is printed, so that it is read; also where a panic aborts and nothing is dropped.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}

#[expect(clippy::disallowed_methods, reason = "a screen is drawn piece by piece, which no other output is")]
fn output() -> io::Stdout {
    io::stdout()
}

#[expect(clippy::disallowed_methods, reason = "keys are read as they come, not as one input")]
fn input() -> io::Stdin {
    io::stdin()
}

/// All of the terminal. One that doesn't know its size is taken for the usual one.
fn area() -> Rect {
    let size = rustix::termios::tcgetwinsize(output()).ok();
    let (width, height) = size.map_or((0, 0), |size| (size.ws_col, size.ws_row));
    if width == 0 || height == 0 { Rect::new(0, 0, 80, 24) } else { Rect::new(0, 0, width, height) }
}

/// Whether signals do what they do by default. A handler is never quite taken away again, so the one that is left
/// behind needs to know.
static AWAY: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Those that ask a process to end.
const ENDING: [i32; 3] = [SIGTERM, SIGHUP, SIGINT];

/// Signals as something to wait for: each writes a byte into the pipe. When this is dropped, they do again what they do by default.
struct Signals {
    pipe: UnixStream,
    ending: Arc<AtomicUsize>,
    resized: Arc<AtomicBool>,
    registered: Vec<SigId>,
}

impl Signals {
    fn register() -> io::Result<Self> {
        static ONCE: Once = Once::new();
        AWAY.store(false, Ordering::SeqCst);
        let mut outcome = Ok(());
        ONCE.call_once(|| {
            let register = |signal| signal_hook::flag::register_conditional_default(signal, AWAY.clone());
            outcome = ENDING.into_iter().try_for_each(|signal| register(signal).map(|_| ()));
        });
        outcome?;
        let (pipe, write) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let mut signals =
            Self { pipe, ending: Arc::default(), resized: Arc::default(), registered: Vec::new() };
        for signal in ENDING {
            let number = usize::try_from(signal).unwrap_or_default();
            let id = signal_hook::flag::register_usize(signal, signals.ending.clone(), number)?;
            signals.registered.push(id);
        }
        signals.registered.push(signal_hook::flag::register(SIGWINCH, signals.resized.clone())?);
        // After the flags, so that the one that is woken finds them.
        for signal in ENDING.into_iter().chain([SIGWINCH]) {
            signals.registered.push(low_level::pipe::register(signal, write.try_clone()?)?);
        }
        Ok(signals)
    }

    fn take(&mut self) -> Option<Woken> {
        let mut bytes = [0; 64];
        while matches!(self.pipe.read(&mut bytes), Ok(1..)) {}
        let ending = self.ending.swap(0, Ordering::SeqCst);
        if ending != 0 {
            return Some(Woken::Signal(i32::try_from(ending).unwrap_or(SIGTERM)));
        }
        self.resized.swap(false, Ordering::SeqCst).then_some(Woken::Resized)
    }

    /// Whether a signal came that is not only a key.
    fn is_asked_to_end(&self) -> bool {
        let signal = i32::try_from(self.ending.load(Ordering::SeqCst)).unwrap_or(SIGTERM);
        signal != 0 && signal != SIGINT
    }

    fn forget_interrupt(&self) {
        let interrupt = usize::try_from(SIGINT).unwrap_or_default();
        let _ = self.ending.compare_exchange(interrupt, 0, Ordering::SeqCst, Ordering::SeqCst);
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
        AWAY.store(true, Ordering::SeqCst);
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, index| bits << 8 | u32::from(*chunk.get(index).unwrap_or(&0)));
        for index in 0..4 {
            let sextet = (bits >> (18 - 6 * index)) as usize & 63;
            text.push(if index <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        let texts = ["", "f", "fo", "foo", "1121-ds-04"];
        assert_eq!(
            texts.map(|text| base64(text.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "MTEyMS1kcy0wNA=="]
        );
    }
}
