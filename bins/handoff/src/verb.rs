//! Which program a verb is.

use std::ffi::OsStr;

/// `--help`.
pub(crate) const HELP: &str = "\
handoff: carries work from one coding session to the next

usage: handoff VERB …

  write           leave a handoff for the next session of a worktree
  inbox           what waits here, and what was read
  install         wire Claude Code and Codex
  uninstall       take that away again
  doctor          does it work, and if not, what mends it?
  upgrade         get the newest version
  upgrade-check   is there one?
  -h, --help; -V, --version

Each verb has a --help of its own.

examples:
  handoff write --template > handoff.md
  handoff write --topic auth < handoff.md
  handoff inbox
";

/// What the first word means.
pub(crate) enum Typed {
    /// [`HELP`].
    Help,
    /// The version.
    Version,
    /// A program, and its first argument where the verb is one.
    Program { name: &'static str, first: Option<&'static str> },
    /// Nothing.
    Unknown(String),
}

pub(crate) fn typed(word: Option<&OsStr>) -> Typed {
    let installer = |first| Typed::Program { name: "installer", first: Some(first) };
    match word.map(OsStr::to_string_lossy).as_deref() {
        None | Some("-h" | "--help" | "help") => Typed::Help,
        Some("-V" | "--version") => Typed::Version,
        Some("write") => Typed::Program { name: "handoff-write", first: None },
        Some("inbox") => Typed::Program { name: "inbox", first: None },
        Some("install") => installer("install"),
        Some("uninstall") => installer("uninstall"),
        Some("doctor") => installer("doctor"),
        Some("upgrade") => installer("upgrade"),
        Some("upgrade-check") => installer("upgrade-check"),
        Some(other) => Typed::Unknown(other.to_owned()),
    }
}
