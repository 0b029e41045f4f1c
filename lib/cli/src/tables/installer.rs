//! The installer. It has no file of its own: its verbs are verbs of `handoff`, and are carried out by a part of `handover`.

use super::{DRY_RUN, JSON};
use crate::table::{Default, Example, Opt, Program, Values, Verb};

/// `--only`.
pub static ONLY: Opt = Opt::value(
    "only",
    "AGENTS",
    Values::Any,
    "claude, codex, gemini, droid, qwen, copilot, opencode, cursor, amp; for the MCP server continue, antigravity, cline, windsurf, zed, goose, kiro, crush, claude-desktop; with commas between; else those that are found",
);
/// `--codex-hook`.
pub static CODEX_HOOK: Opt =
    Opt::flag("codex-hook", "also Codex's SessionStart hook, which Codex runs once you trust it");
/// `--trust-codex-hook`.
pub static TRUST_CODEX_HOOK: Opt = Opt::flag(
    "trust-codex-hook",
    "trust our hooks through Codex itself; without one there, --codex-hook too",
);
/// `--downgrade`.
pub static DOWNGRADE: Opt = Opt::flag("downgrade", "also when what is installed is newer");
/// `--quick`.
pub static QUICK: Opt = Opt::flag("quick", "do not ask Codex's app-server");
/// `--skip`.
pub static SKIP: Opt = Opt::flag("skip", "say nothing more of the version that is there now");
/// `--now`.
pub static NOW: Opt = Opt::flag("now", "look, in the background").hidden();
/// `--home`.
pub static HOME: Opt = Opt::value(
    "home",
    "DIR",
    Values::Directory,
    "where to install, instead of $AGENT_HANDOFF_HOME or ~/.agent-handoff",
);

/// `install`.
pub static INSTALL: Verb = Verb {
    options: &[&ONLY, &CODEX_HOOK, &TRUST_CODEX_HOOK, &DOWNGRADE],
    examples: &[Example { line: "install --dry-run", about: "what would be changed?" }],
    ..Verb::new("install", "installs the programs and wires the agents")
};
/// `uninstall`.
pub static UNINSTALL: Verb =
    Verb { options: &[&ONLY], ..Verb::new("uninstall", "takes everything away but the handoffs") };
/// `doctor`.
pub static DOCTOR: Verb =
    Verb { options: &[&QUICK], ..Verb::new("doctor", "says what is wrong, and how to fix it") };
/// `upgrade`.
pub static UPGRADE: Verb = Verb::new("upgrade", "installs what is newer, by the way that it was installed");
/// `upgrade-check`.
pub static UPGRADE_CHECK: Verb =
    Verb { options: &[&SKIP, &NOW], ..Verb::new("upgrade-check", "says whether there is something newer") };

/// The program that it is a part of: its own name is the first word there.
pub static PART_OF: &Program = &super::handover::PROGRAM;

/// The program.
pub static PROGRAM: Program = Program {
    name: "installer",
    about: "installs agent-handoff, wires the agents, checks it, takes it away",
    verbs: &[&INSTALL, &UNINSTALL, &DOCTOR, &UPGRADE, &UPGRADE_CHECK],
    default: Default::Program,
    globals: &[&HOME, &DRY_RUN, &JSON],
    notes: "Exit code: 0 done, for doctor healthy; 1 not; 2 usage.",
};
