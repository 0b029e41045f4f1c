//! Documented in `opencode.ai/docs/rules` (the first of a directory's `AGENTS.md`, `CLAUDE.md`, `CONTEXT.md`) and
//! `opencode.ai/docs/plugins`; what a plugin is given, and what becomes of what it adds, was measured of 1.18.33.

use crate::{
    Attendance, Certainties, Delivers, Directory, Guidance, Host, InboxHook, InboxWiring, OwnFile, OwnText,
    PayloadForm, PluginPrograms, SettingsRules, Signs, SkillForm, SkillText, SkillsDirectory, TaskForm,
    Unproven,
};

/// OpenCode.
pub(crate) static OPENCODE: Host = Host {
    id: "opencode",
    name: "OpenCode",
    stamp: "opencode",
    signs: Signs {
        home: &[],
        project: &[".opencode", "opencode.json", "opencode.jsonc"],
        programs: &["opencode"],
    },
    directory: Some(Directory {
        variable: "XDG_CONFIG_HOME",
        below_variable: "opencode",
        below_home: ".config/opencode",
    }),
    shell_variables: &["OPENCODE"],
    // Our plugin sets it.
    session_variable: Some("OPENCODE_SESSION_ID"),
    // Our plugin, `plugins/opencode/agent-handoff.js`, sends it.
    payloads: &[PayloadForm { event: Some("chat.message"), present: &["cwd"], ..PayloadForm::CLAUDE }],
    delivers: Delivers::Offers,
    // Its sessions are in a database. What is put into a message stays there, and the message is what it sends next.
    unproven: Unproven::Archive,
    attendance: Attendance::Argument(&["run"]),
    guidance: Guidance::first_of(&["AGENTS.md", "CLAUDE.md", "CONTEXT.md"], "AGENTS.md"),
    inbox: Some(InboxWiring {
        // It loads every file of TypeScript and JavaScript there.
        hook: InboxHook::Own(OwnFile {
            file: "plugins/agent-handoff.js",
            event: "chat.message",
            text: OwnText::Plugin("plugins/opencode/agent-handoff.js"),
            by_hand: &[],
        }),
        letters: None,
        instructions: None,
        sandbox: None,
        skills: SkillsDirectory::Shared(".agents/skills"),
        agents: None,
        // It reads the skills of Claude Code too; of two with one name either may be the one that it takes.
        commands: Some("commands"),
        plugin: None,
        settings: SettingsRules::Variable("OPENCODE_PURE"),
        former_links: &[],
    }),
    certain: Certainties::run("1.18.33"),
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Shared,
        tasks: TaskForm::None,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
