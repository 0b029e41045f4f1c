//! Permission bits. The systems keep them in 16 or 32 bits; here they have 32.
#![allow(clippy::useless_conversion, reason = "on some systems these are the same type")]

use rustix::fs::{FileType, Mode, Stat};

/// Permission bits, with set-user-ID, set-group-ID and the sticky bit.
const ALL: u32 = 0o7777;

/// The bits of what was looked at.
pub(crate) fn bits(stat: &Stat) -> u32 {
    u32::from(stat.st_mode) & ALL
}

/// What kind of file has the mode `mode`, as the standard library gives it.
pub(crate) fn file_type(mode: u32) -> FileType {
    // The bits of the kind are among the lowest 16 everywhere.
    FileType::from_raw_mode((mode & 0o17_0000).try_into().unwrap_or_default())
}

/// The bits for a call; anything else in them is left out.
pub(crate) fn mode(bits: u32) -> Mode {
    // 12 bits are never too many.
    Mode::from_raw_mode((bits & ALL).try_into().unwrap_or_default())
}
