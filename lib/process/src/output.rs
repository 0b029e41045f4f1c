//! Standard output and error, and how a process ends.

use std::fmt::Display;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use handoff_text::{Sanitised, visible_json};

use crate::environment::Environment;

/// How a program ended, in its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0: it was done.
    Done,
    /// 1: it was not done, and the message says why.
    NotDone,
    /// 2: it was asked for in a way that it does not know.
    Usage,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::NotDone => 1,
            Status::Usage => 2,
        })
    }
}

/// The process's output. A reader that closed it early has read enough: that is no error.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    terminal: bool,
    /// Whether to use colour: on a terminal, unless `NO_COLOR` is set.
    pub colour: bool,
    /// How many columns there are; `None` when it is no terminal and `COLUMNS` is not set.
    pub width: Option<usize>,
}

impl Output {
    /// Looks at standard output.
    pub fn new(environment: &Environment) -> Self {
        let stdout = io::stdout();
        let terminal = rustix::termios::isatty(stdout.as_fd());
        let measured = || {
            let size = rustix::termios::tcgetwinsize(stdout.as_fd()).ok()?;
            Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
        };
        Self {
            terminal,
            colour: terminal && !environment.no_color,
            width: if terminal {
                measured().or(environment.columns).or(Some(80))
            } else {
                environment.columns
            },
        }
    }

    /// Whether a person is looking.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether standard output is `/dev/null`: what is printed there reaches no reader.
    pub fn is_discarded(&self) -> bool {
        let stdout = rustix::fs::fstat(io::stdout()).ok();
        let null = rustix::fs::stat("/dev/null").ok();
        // The device, not the file: a container may have a node of its own for it.
        stdout.zip(null).is_some_and(|(stdout, null)| {
            rustix::fs::FileType::from_raw_mode(stdout.st_mode).is_char_device()
                && stdout.st_rdev == null.st_rdev
        })
    }

    /// Prints `text` as it is and flushes it.
    ///
    /// # Errors
    /// What the system says, a closed reader included: who must know that the text arrived asks here.
    pub fn deliver(&self, text: &str) -> io::Result<()> {
        // Not through std's handle: what it could not write to a closed or read-only output it calls written.
        let stdout = io::stdout();
        if was_closed(stdout.as_fd()) {
            return Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "standard output is closed, or thrown away",
            ));
        }
        std::fs::File::from(stdout.as_fd().try_clone_to_owned()?).write_all(text.as_bytes())
    }

    /// Prints `text`, sanitised as a whole: what others wrote may be in it. A closed reader or output is no error; a full
    /// disk is, and gives [`Status::NotDone`].
    pub fn print(&self, text: &str) -> Status {
        self.print_styled(&Sanitised::from(text))
    }

    /// Prints a JSON document and a line end. What a terminal obeys or a reader cannot see is escaped in it, so a program
    /// reads what it would have read.
    pub fn json(&self, json: &impl Display) -> Status {
        self.print_styled(&format!("{}\n", visible_json(&json.to_string())))
    }

    /// Prints `text` for a program, byte for byte, such as a path; on a terminal it is sanitised.
    pub fn print_exact(&self, text: &str) -> Status {
        if self.terminal { self.print(text) } else { self.print_styled(text) }
    }

    /// Prints `text` as it is: escape sequences of ours are in it, and what others wrote was sanitised part by part.
    pub fn print_styled(&self, text: &str) -> Status {
        match self.deliver(text) {
            Ok(()) => Status::Done,
            Err(error) if is_closed(&error) => Status::Done,
            Err(error) => {
                self.complain(format_args!("could not write the output: {error}"));
                Status::NotDone
            }
        }
    }

    /// Prints `text` on standard error, sanitised as a whole.
    pub fn note(&self, text: &str) {
        // If standard error is closed there is no place left for a message.
        let _ = io::stderr().lock().write_all(Sanitised::from(text).as_bytes());
    }

    /// Prints `agent-handoff: <message>` on standard error, sanitised as a whole.
    pub fn complain(&self, message: impl Display) {
        self.note(&format!("agent-handoff: {}\n", message.to_string().trim_end()));
    }
}

fn is_closed(error: &io::Error) -> bool {
    let closed = rustix::io::Errno::BADF.raw_os_error();
    error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(closed)
}

/// Whether there was no output when the process started: std has put `/dev/null` there by now, for reading and writing.
/// Who throws the output away on purpose opens it for writing only.
fn was_closed(stdout: std::os::fd::BorrowedFd<'_>) -> bool {
    use rustix::fs::OFlags;
    let device = |stat: rustix::fs::Stat| stat.st_rdev;
    let is_null = rustix::fs::fstat(stdout).map(device) == rustix::fs::stat("/dev/null").map(device);
    is_null && rustix::fs::fcntl_getfl(stdout).is_ok_and(|flags| flags.contains(OFlags::RDWR))
}
