//! The name under which a program runs, so that the commands in its messages are commands that its reader has.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

/// The words before a verb: `handoff`, `handoff inbox`, `inbox`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledAs(String);

impl CalledAs {
    /// From the name that the process was started with (`argv[0]`).
    ///
    /// The front door starts the program beside it under the words that were typed, as `handoff inbox`. A bare name was
    /// found on PATH, so its reader has it. A path was written by the installer into a hook or a skill, and the front
    /// door is what people have: then it is `front`.
    pub fn new(started_as: Option<&OsStr>, own: &str, front: &'static str) -> Self {
        let typed = started_as.and_then(OsStr::to_str).unwrap_or_default();
        if typed == own || typed == front {
            return Self(typed.to_owned());
        }
        let is_own_link = Path::new(typed).file_name().is_some_and(|name| name == own) && own == front;
        Self(if is_own_link { own } else { front }.to_owned())
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
