//! Documented in `modelcontextprotocol.io/quickstart/user` for macOS; the place on Linux is that of its builds for Debian. It
//! works in no project, so its server is asked about one by path.

use crate::{Directory, Host, McpFormat, McpWiring};

/// Claude Desktop.
pub(crate) static CLAUDE_DESKTOP: Host = Host {
    id: "claude-desktop",
    name: "Claude Desktop",
    stamp: "claude-desktop",
    mcp: Some(McpWiring {
        directory: Directory {
            variable: "XDG_CONFIG_HOME",
            below_variable: "Claude",
            below_home: ".config/Claude",
        },
        on_macos: Some(Directory {
            variable: "",
            below_variable: "",
            below_home: "Library/Application Support/Claude",
        }),
        file: "claude_desktop_config.json",
        format: McpFormat::Json { comments: false },
        switch: None,
        then: "restart it, and name the worktree in what you ask for: it says none",
        ..McpWiring::COMMON
    }),
    ..Host::UNKNOWN
};
