//! Documented in `ampcode.com/manual` (the first of `AGENTS.md`, `AGENT.md`, `CLAUDE.md`) and `ampcode.com/manual/plugin-api`.
//! It needs its own server, so it was not run: that what its plugin returns reaches the model was not seen.

use crate::{
    Attendance, Certainties, Certainty, Delivers, Directory, Guidance, Host, InboxHook, InboxWiring, OwnFile,
    OwnText, PayloadForm, PluginPrograms, SettingsRules, Signs, SkillForm, SkillText, SkillsDirectory,
    TaskForm,
};

/// Amp.
pub(crate) static AMP: Host = Host {
    id: "amp",
    name: "Amp",
    stamp: "amp",
    signs: Signs { home: &[], project: &[".amp"], programs: &["amp"] },
    directory: Some(Directory { variable: "", below_variable: "", below_home: ".config/amp" }),
    // Our plugin, `plugins/amp/agent-handoff.ts`, sends it.
    payloads: &[PayloadForm { event: Some("agent.start"), present: &["cwd"], ..PayloadForm::CLAUDE }],
    delivers: Delivers::Mentions,
    attendance: Attendance::Argument(&["-x", "--execute"]),
    guidance: Guidance::first_of(&["AGENTS.md", "AGENT.md", "CLAUDE.md"], "AGENTS.md"),
    inbox: Some(InboxWiring {
        // It loads every file of TypeScript there.
        hook: InboxHook::Own(OwnFile {
            file: "plugins/agent-handoff.ts",
            event: "agent.start",
            text: OwnText::Plugin("plugins/amp/agent-handoff.ts"),
            by_hand: &[],
        }),
        letters: None,
        instructions: None,
        sandbox: None,
        skills: SkillsDirectory::Shared(".agents/skills"),
        agents: None,
        commands: None,
        plugin: None,
        settings: SettingsRules::Unknown,
        former_links: &[],
    }),
    certain: Certainties {
        hook: Certainty::Documented,
        instructions: Certainty::Documented,
        mcp: Certainty::Unknown,
    },
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Shared,
        tasks: TaskForm::None,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
