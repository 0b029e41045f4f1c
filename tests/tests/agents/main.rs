//! What real agents tell their model: Claude Code and Codex, run against a model that the test plays.
//!
//! Every test asserts on the requests that the model got, never on what a hook printed.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up files and processes by hand"
)]

mod adapters;
mod bad_hooks;
mod boundaries;
mod dispatched;
mod documented;
mod elsewhere;
mod every_pair;
mod instructions;
mod interactive;
mod letters;
mod offered;
mod others;
mod over_mcp;
mod places;
mod plugin;
mod sandbox;
mod sent;
mod shown_once;
mod sizes;
mod skills;
mod slash;
mod support;
mod switched_off;
mod trusted;
mod uninstalled;

use tests::agents::Wiring;

/// How the machines of these tests are set up.
const WIRING: Wiring = Wiring::Installer;
