//! A question at the terminal whose answer nobody sees.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

/// The longest answer, in bytes.
const MAX_BYTES: usize = 1 << 10;

/// Asks `question` at the controlling terminal and reads a line there, without showing it. `None` when nothing was typed, or there
/// is no such terminal.
///
/// # Errors
/// `Interrupted` after control-C; what the system says.
pub fn ask_secret(question: &str) -> io::Result<Option<String>> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let Ok(terminal) = rustix::fs::open("/dev/tty", flags, Mode::empty()) else { return Ok(None) };
    let quiet = Quiet::new(terminal)?;
    write(&quiet.terminal, question.as_bytes())?;
    let answer = read(&quiet.terminal);
    // The newline that was typed was not shown either.
    write(&quiet.terminal, b"\n")?;
    let text =
        String::from_utf8(answer?).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Quiet {
    terminal: OwnedFd,
    before: Termios,
}

impl Quiet {
    fn new(terminal: OwnedFd) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        // Control-C comes as a character: a signal would end the program before the terminal is as it was.
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

fn write(terminal: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        bytes = &bytes[rustix::io::retry_on_intr(|| rustix::io::write(terminal, bytes))?..];
    }
    Ok(())
}

fn read(terminal: &OwnedFd) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while rustix::io::retry_on_intr(|| rustix::io::read(terminal, &mut byte))? == 1 {
        match byte[0] {
            b'\n' | b'\r' => break,
            // Control-C, control-D at the beginning, control-U, and both that erase a character.
            3 => return Err(ErrorKind::Interrupted.into()),
            4 if line.is_empty() => break,
            21 => line.clear(),
            8 | 127 => {
                // All bytes of a character.
                while line.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
            }
            byte if line.len() < MAX_BYTES => line.push(byte),
            _ => return Err(ErrorKind::InvalidInput.into()),
        }
    }
    Ok(line)
}
