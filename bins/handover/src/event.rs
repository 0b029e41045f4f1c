//! What a host sends a hook on standard input.

use std::time::Duration;

use handoff_capturing::Event;
use handoff_process::{InputLimits, read_input};
use serde_json::Value;

/// Both hosts send one object, and either may leave the pipe open.
const INPUT_LIMITS: InputLimits = InputLimits { time: Some(Duration::from_millis(100)), size: 4 << 20 };

/// Reads it; one without fields when nothing of use arrives.
pub(crate) fn read() -> Event {
    let is_complete = |input: &[u8]| {
        input.trim_ascii_end().ends_with(b"}") && serde_json::from_slice::<Value>(input).is_ok()
    };
    Event::parse(read_input(INPUT_LIMITS, is_complete).unwrap_or_default())
}
