//! The name under which a program runs, so that the commands in its messages are commands that its reader has.

use std::ffi::OsStr;
use std::fmt;

/// The words before a verb: `handoff`, `handoff inbox`, `inbox`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledAs(String);

impl CalledAs {
    /// From the name that the process was started with (`argv[0]`).
    ///
    /// `names` are the ways to type the program besides its own file name `own`; the front door starts the program beside
    /// it under one of them, as `handoff inbox`. A bare name was found on PATH, so its reader has it. A path was written
    /// by the installer into a hook or a skill: then it is the first of `names`.
    pub fn new(started_as: Option<&OsStr>, own: &str, names: &[&str]) -> Self {
        let typed = started_as.and_then(OsStr::to_str).unwrap_or_default();
        let is_known = typed == own || names.contains(&typed);
        Self(if is_known { typed } else { names.first().copied().unwrap_or(own) }.to_owned())
    }

    /// One verb further: `handoff` becomes `handoff inbox`.
    pub fn with(&self, verb: &str) -> Self {
        Self(format!("{self} {verb}"))
    }
}

impl fmt::Display for CalledAs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
