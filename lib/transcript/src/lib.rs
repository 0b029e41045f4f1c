//! What a session of Claude Code or Codex did, told from the transcript that its hooks name, without a model.
//!
//! [`read`] gives a [`Session`]: the task, the files and commands, the plan, the last answer, and what ended it.
//! [`cut_down`] gives a small copy that stays when the transcript does not.
//!
//! - A transcript is somebody else's file, without a published format, written while it is read. So a line that makes
//!   no sense tells nothing, a field of another type is not there, and the only error is that nothing can be read at
//!   all. Which agent wrote it is told by its lines.
//! - Memory does not grow with the file: it is read line by line, a line of more than 1 MB with its strings cut short,
//!   and of a file of more than [`WHOLE`] bytes only the beginning and the end. Together it is less than 8 MB, whatever
//!   the file is, and [`Coverage`] says what was not looked at.
//! - The texts are what stands in the file, each of bounded length: whoever shows them sanitises them, whoever keeps
//!   them takes the secrets out. One that is cut may end in half a secret, so cut it once more.
//!
//! Sources of the formats: transcripts of Claude Code 2.1.329 and rollouts of Codex 0.169.0 recorded with a mock
//! model, and what the published sources of Codex say of earlier rollouts.

mod claude;
mod codex;
mod digest;
mod event;
mod outcome;
mod patch;
mod request;
mod session;
mod source;
mod tally;
mod telling;

use std::io::{self, Read, Seek};
use std::path::Path;

use handoff_files::FileError;

pub use digest::{CUT_DOWN_LIMIT, CutDown};
pub use session::{Command, Coverage, Failure, Outcome, Session, Status, Text, Todo};
pub use source::{HEAD, TAIL, WHOLE};
pub use telling::is_telling;

/// The most bytes of a text that [`read`] gives.
pub const TEXT_LIMIT: usize = 8 << 10;

/// The most bytes of a path, and of a command's line.
pub const LINE_LIMIT: usize = 4 << 10;

/// How many commands [`read`] gives, the last ones.
pub const COMMANDS: usize = 20;

/// What the session did whose transcript stands at `path`. Only a regular file is read, links followed; a pipe is not
/// waited for.
///
/// # Errors
/// That it cannot be opened or read, with the path; `InvalidInput` when it is no regular file.
pub fn read(path: &Path) -> Result<Session, FileError> {
    let mut file = handoff_files::open_regular(path)?.into_file();
    read_from(&mut file).map_err(FileError::new("read", path))
}

/// The same from anything that can be read and sought in.
///
/// # Errors
/// What reading and seeking say.
pub fn read_from(transcript: &mut (impl Read + Seek)) -> io::Result<Session> {
    let mut tally = tally::Tally::default();
    let (tool, coverage) = source::pass(transcript, source::ALL, &mut |event| tally.take(event))?;
    Ok(tally.finish(tool, coverage))
}

/// A copy of the transcript at `path`, cut down to what was said and done last.
///
/// The copy is JSON lines, at most [`CUT_DOWN_LIMIT`] bytes:
/// - `{"from":"claude-code","session":"…","whole":false}` once, first: the agent and its session's id, where they are
///   known, and whether everything before the first line below is in the copy too.
/// - `{"role":"user","text":"…"}` what a person asked, `{"role":"assistant","text":"…"}` what the agent answered,
///   `{"role":"error","text":"…"}` what stopped it; at most 8 kB of text each.
/// - `{"tool":"Bash","input":"…","ok":true,"output":"…"}` what it did; at most 400 bytes of input and output each.
///   The input is the command or the patch, of other tools `name: value` lines. Without `ok` it is not known how it
///   ended, without `output` nothing came back.
///
/// What was cut ends in `…`. Every text goes through `redact` before it is cut, for half a secret is not recognised.
/// The agent's thinking, images, and what its program wrote for itself are left out.
///
/// # Errors
/// As for [`read`].
pub fn cut_down(path: &Path, redact: &dyn Fn(&str) -> String) -> Result<CutDown, FileError> {
    let mut file = handoff_files::open_regular(path)?.into_file();
    cut_down_from(&mut file, redact).map_err(FileError::new("read", path))
}

/// The same from anything that can be read and sought in.
///
/// # Errors
/// What reading and seeking say.
pub fn cut_down_from(
    transcript: &mut (impl Read + Seek),
    redact: &dyn Fn(&str) -> String,
) -> io::Result<CutDown> {
    let mut digest = digest::Digest::default();
    let (tool, coverage) = source::pass(transcript, source::END, &mut |event| digest.take(event))?;
    Ok(digest.finish(tool, coverage, redact))
}
