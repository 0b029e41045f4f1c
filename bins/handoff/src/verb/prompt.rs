//! The prompt, byte for byte.

use std::time::Duration;

use handoff_process::{Failure, InputFault, Output, is_input_silent_for, read_whole_input};
use handoff_text::Sanitised;

use crate::args::{Source, Task};

/// The longest prompt, in bytes. Backends take less.
const MAX_PROMPT_BYTES: usize = 64 << 20;

/// What is to be said, and what a slug is made of where none was given.
pub(crate) struct Prompt {
    pub(crate) bytes: Vec<u8>,
    pub(crate) slug: &'static str,
}

/// How long standard input may be silent before it is said that it is waited for.
const SILENT: Duration = Duration::from_secs(2);

/// There is none.
pub(crate) fn missing() -> Failure {
    Failure::usage("there is no prompt: FILE, - or --text WORDS…")
}

/// Standard input to its end; None when it is a terminal. A pipe without a writer that sends anything is waited for, which is said.
fn input(output: Output) -> Result<Option<Vec<u8>>, Failure> {
    if is_input_silent_for(SILENT) {
        output.note("reading the prompt from standard input …\n");
    }
    read_whole_input(MAX_PROMPT_BYTES).map_err(|error| match error.fault {
        InputFault::TooLong(_) => Failure::usage("the prompt on standard input is longer than 64 MiB"),
        InputFault::Read(cause) => Failure::new(format!(
            "could not read the prompt from standard input: {}; nothing was run",
            handoff_files::reason(&cause)
        )),
    })
}

/// Reads the prompt; `None` when none was given and a person sits at the terminal.
pub(crate) fn read(output: Output, task: &Task) -> Result<Option<Prompt>, Failure> {
    let (bytes, slug) = match &task.source {
        Some(Source::Text(text)) => (text.clone(), "from-text"),
        Some(Source::File(path)) => {
            let (bytes, more) =
                handoff_files::read_named(path, MAX_PROMPT_BYTES as u64).map_err(|error| {
                    match error.kind() {
                        // Words were meant, it may be.
                        std::io::ErrorKind::NotFound => {
                            Failure::usage(format!("{error}; to say it on the command line: --text WORDS…"))
                        }
                        _ => Failure::usage(error.to_string()),
                    }
                })?;
            if more {
                return Err(Failure::usage(format!("{} is longer than 64 MiB", Sanitised::path(path))));
            }
            (bytes, "from-file")
        }
        Some(Source::Input) | None => match input(output)? {
            Some(bytes) if bytes.is_empty() && task.source.is_none() => return Err(missing()),
            Some(bytes) => (bytes, "from-stdin"),
            None if task.source.is_some() => {
                return Err(Failure::usage(
                    "standard input is a terminal: pipe the prompt in, or use --text",
                ));
            }
            None => return Ok(None),
        },
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Failure::usage("the prompt is empty"));
    }
    Ok(Some(Prompt { bytes, slug }))
}
