//! The tables: what every program takes.

pub mod handoff;
pub mod handover;
pub mod inbox;
pub mod installer;
pub mod mail;
pub mod mcp;
pub mod session_start;
pub mod write;

use crate::table::{Opt, Program, Values};

/// `--json`, of every program.
pub static JSON: Opt = Opt::flag("json", "print JSON, for programs");
/// `--root`, of the programs of the inbox and of captures.
pub static ROOT: Opt =
    Opt::value("root", "DIR", Values::Directory, "the worktree, instead of this directory");
/// `--dry-run`.
pub static DRY_RUN: Opt = Opt::flag("dry-run", "show what would change, and change nothing");
/// `--yes`.
pub static YES: Opt = Opt::flag("yes", "without asking").letter('y');

/// Every program that is a file of its own, and that people or hosts run.
pub static PROGRAMS: [&Program; 6] = [
    &handoff::PROGRAM,
    &handover::PROGRAM,
    &inbox::PROGRAM,
    &write::PROGRAM,
    &mcp::PROGRAM,
    &session_start::PROGRAM,
];
