//! The draft on standard input.

use std::time::Duration;

use handoff_process::{is_input_silent_for, read_whole_input};
use handoff_writing::{MAX_DRAFT_BYTES, Source};

/// Reads the draft from standard input to its end; `None` when that is a terminal.
pub(crate) fn read() -> Option<Source> {
    let read = read_whole_input(MAX_DRAFT_BYTES).transpose()?;
    Some(Source::of_input(read, "standard input"))
}

/// The draft that is on standard input where none is needed; `None` if nothing is sent there.
pub(crate) fn sent() -> Option<Source> {
    /// A host may leave standard input open without sending anything.
    const FIRST_BYTE: Duration = Duration::from_millis(200);
    if is_input_silent_for(FIRST_BYTE) { None } else { read() }
}
