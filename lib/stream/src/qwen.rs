//! `qwen -o stream-json`: the dialect of Claude Code.
//!
//! Source: recorded streams of Qwen Code 0.24.4.

use crate::claude;
use crate::state::{State, Tell};

pub(crate) use crate::claude::is_dull;

pub(crate) fn read(state: &mut State, line: &[u8], tell: Tell<'_>) {
    claude::read(state, line, tell);
    // Its `usage` counts the whole conversation, resumed runs included.
    state.own_usage = None;
}
