//! The rows.

mod aider;
mod amp;
mod antigravity;
mod claude_code;
mod claude_desktop;
mod cline;
mod codex;
mod continue_dev;
mod copilot;
mod crush;
mod cursor;
mod droid;
mod gemini_cli;
mod goose;
mod kiro;
mod opencode;
mod qwen_code;
mod windsurf;
mod zed;

use crate::Host;

pub use claude_code::CLAUDE_CODE;
pub use codex::CODEX;

/// Every host, in the order in which they are listed.
pub static HOSTS: &[&Host] = &[
    &CLAUDE_CODE,
    &CODEX,
    &gemini_cli::GEMINI_CLI,
    &droid::DROID,
    &qwen_code::QWEN_CODE,
    &copilot::COPILOT,
    &opencode::OPENCODE,
    &cursor::CURSOR,
    &continue_dev::CONTINUE,
    &antigravity::ANTIGRAVITY,
    &cline::CLINE,
    &windsurf::WINDSURF,
    &zed::ZED,
    &goose::GOOSE,
    &kiro::KIRO,
    &crush::CRUSH,
    &amp::AMP,
    &aider::AIDER,
];

/// Hosts that work in no project: nothing but an MCP server goes into their files, and they are listed nowhere else.
pub(crate) static DESKTOP: &[&Host] = &[&claude_desktop::CLAUDE_DESKTOP];
