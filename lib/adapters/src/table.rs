//! The tools, as their makers' documentation had them in November 2026. Each row names where that stands; what could
//! not be confirmed there is not in it.

use crate::tool::{Event, Form, Guidance, HookFiles, Host, Linked, Reader, Signs, Tool};

/// All tools.
///
/// | tool | where it is documented |
/// |---|---|
/// | Claude Code | `code.claude.com/docs/en/memory` (`.claude/rules/*.md` is always read when it has no `paths`; `AGENTS.md` only while there is no `CLAUDE.md`, which is why none is made), `…/hooks`, `…/settings`, `…/statusline` |
/// | Codex | `learn.chatgpt.com/docs/agent-configuration/agents-md`, `…/docs/hooks`; that a project's `.codex/hooks.json` is read, from subdirectories too, was measured of 0.169.0 |
/// | Cursor | `cursor.com/docs/rules` (`.cursor/rules/*.mdc` with `alwaysApply: true`) |
/// | Continue | `docs.continue.dev/customize/deep-dives/rules` |
/// | Antigravity, Gemini CLI | `antigravity.google/docs/rules-workflows` and `github.com/google-gemini/gemini-cli` (both read `GEMINI.md`; whether workspace rules are in `.agent/rules` or `.agents/rules` changed between versions, so neither is used) |
/// | OpenCode | `opencode.ai/docs/rules` (the first of a directory's `AGENTS.md`, `CLAUDE.md`, `CONTEXT.md`) |
/// | GitHub Copilot | `docs.github.com/en/copilot/how-tos/configure-custom-instructions` (it also reads `AGENTS.md`) |
/// | Cline | `docs.cline.bot/features/cline-rules` (its editor extension reads `AGENTS.md` beside `.clinerules`; its command line reads only the former, measured of 3.0.65) |
/// | Windsurf | `docs.windsurf.com/windsurf/cascade/memories` (`trigger: always_on`; still read since it is called Devin Desktop) |
/// | Zed | `zed.dev/docs/ai/instructions` (the first file of the list) |
/// | Amp | `ampcode.com/manual` (the first of `AGENTS.md`, `AGENT.md`, `CLAUDE.md`) |
/// | Aider | `aider.chat/docs/usage/conventions.html` and `…/docs/config/aider_conf.html` (nothing is read that `.aider.conf.yml` does not name) |
pub const TOOLS: &[Tool] = &[
    Tool {
        id: "claude",
        also: &["claude-code"],
        name: "Claude Code",
        signs: Signs {
            host: Some(Host::Claude),
            home: &[],
            project: &[".claude", "CLAUDE.md", "CLAUDE.local.md"],
            programs: &["claude"],
        },
        guidance: own(".claude/rules/handover.md", ""),
        hooks: Some(HookFiles {
            host: Host::Claude,
            project: ".claude/settings.local.json",
            user: "settings.json",
            form: Form::Exec,
            linked: Linked::MainToo,
            events: &[
                event("UserPromptSubmit"),
                event("Stop"),
                event("StopFailure"),
                event("PreCompact"),
                // Its own limit is 1.5 s, unless a hook in the settings asks for more.
                event("SessionEnd"),
            ],
            trusted_by_place: false,
        }),
        status_line: Some("settings.json"),
    },
    Tool {
        id: "codex",
        also: &[],
        name: "Codex",
        signs: Signs { host: Some(Host::Codex), home: &[], project: &[".codex"], programs: &["codex"] },
        guidance: shared(&["AGENTS.override.md", "AGENTS.md"], "AGENTS.md"),
        hooks: Some(HookFiles {
            host: Host::Codex,
            project: ".codex/hooks.json",
            user: "hooks.json",
            form: Form::Shell,
            linked: Linked::MainAlone,
            events: &[
                event("UserPromptSubmit"),
                event("Stop"),
                event("PreCompact"),
                // Its limit. With more, Codex warns in every session.
                Event { name: "SessionEnd", timeout: 3 },
            ],
            trusted_by_place: true,
        }),
        status_line: None,
    },
    Tool {
        id: "cursor",
        also: &[],
        name: "Cursor",
        signs: signs(&[".cursor"], &[".cursor", ".cursorrules"], &["cursor", "cursor-agent"]),
        guidance: own(
            ".cursor/rules/handover.mdc",
            "---\ndescription: Work that other agents left in this repository\nalwaysApply: true\n---\n",
        ),
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "continue",
        also: &[],
        name: "Continue",
        signs: signs(&[".continue"], &[".continue", ".continuerules"], &["cn"]),
        guidance: own(".continue/rules/handover.md", "---\nname: Handover\nalwaysApply: true\n---\n"),
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "antigravity",
        also: &["gemini"],
        name: "Antigravity / Gemini CLI",
        signs: signs(&[".gemini"], &[".gemini", "GEMINI.md"], &["agy", "antigravity", "gemini"]),
        guidance: Guidance {
            looks: &["GEMINI.md"],
            first_only: false,
            formerly: &[],
            fresh: "GEMINI.md",
            preface: "",
            reader: None,
        },
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "opencode",
        also: &[],
        name: "OpenCode",
        signs: signs(&[".config/opencode"], &[".opencode", "opencode.json", "opencode.jsonc"], &["opencode"]),
        guidance: shared(&["AGENTS.md", "CLAUDE.md", "CONTEXT.md"], "AGENTS.md"),
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "copilot",
        also: &["github-copilot"],
        name: "GitHub Copilot",
        signs: signs(
            &[".copilot", ".vscode/extensions/github.copilot*"],
            &[".github/copilot-instructions.md"],
            &["copilot"],
        ),
        // Where there is an AGENTS.md it is told there: a new file of its own would take that one from Zed.
        guidance: Guidance {
            looks: &[".github/copilot-instructions.md", "AGENTS.md"],
            first_only: false,
            formerly: &[],
            fresh: ".github/copilot-instructions.md",
            preface: "",
            reader: None,
        },
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "cline",
        also: &[],
        name: "Cline",
        signs: signs(
            &[".cline", "Documents/Cline", ".vscode/extensions/saoudrizwan.claude-dev*"],
            &[".clinerules", ".cline"],
            &["cline"],
        ),
        guidance: Guidance {
            looks: &["AGENTS.md"],
            first_only: false,
            formerly: &[".clinerules/handover.md"],
            fresh: "AGENTS.md",
            preface: "",
            reader: None,
        },
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "windsurf",
        also: &["devin-desktop"],
        name: "Windsurf",
        signs: signs(&[".codeium/windsurf"], &[".windsurf", ".windsurfrules"], &["windsurf"]),
        guidance: own(".windsurf/rules/handover.md", "---\ntrigger: always_on\n---\n"),
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "zed",
        also: &[],
        name: "Zed",
        signs: signs(&[".config/zed"], &[".zed", ".rules"], &["zed", "zeditor"]),
        guidance: shared(
            &[
                ".rules",
                ".cursorrules",
                ".windsurfrules",
                ".clinerules",
                ".github/copilot-instructions.md",
                "AGENT.md",
                "AGENTS.md",
                "CLAUDE.md",
                "GEMINI.md",
            ],
            "AGENTS.md",
        ),
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "amp",
        also: &[],
        name: "Amp",
        signs: signs(&[".config/amp"], &[".amp"], &["amp"]),
        guidance: shared(&["AGENTS.md", "AGENT.md", "CLAUDE.md"], "AGENTS.md"),
        hooks: None,
        status_line: None,
    },
    Tool {
        id: "aider",
        also: &[],
        name: "Aider",
        signs: signs(&[".aider", ".aider.conf.yml"], &[".aider.conf.yml"], &["aider"]),
        guidance: Guidance {
            looks: &["CONVENTIONS.md"],
            first_only: false,
            formerly: &[],
            fresh: "CONVENTIONS.md",
            preface: "",
            reader: Some(Reader { file: ".aider.conf.yml", line: "read: CONVENTIONS.md" }),
        },
        hooks: None,
        status_line: None,
    },
];

/// After how many seconds a host gives up on a hook. Part of what Codex's users trust, so it does not change.
const TIMEOUT: u32 = 30;

const fn event(name: &'static str) -> Event {
    Event { name, timeout: TIMEOUT }
}

const fn signs(
    home: &'static [&'static str],
    project: &'static [&'static str],
    programs: &'static [&'static str],
) -> Signs {
    Signs { host: None, home, project, programs }
}

/// A file that nobody else writes.
const fn own(fresh: &'static str, preface: &'static str) -> Guidance {
    Guidance { looks: &[], first_only: false, formerly: &[], fresh, preface, reader: None }
}

/// The first file of a list, which others write.
const fn shared(looks: &'static [&'static str], fresh: &'static str) -> Guidance {
    Guidance { looks, first_only: true, formerly: &[], fresh, preface: "", reader: None }
}
