//! Documented in `learn.chatgpt.com/docs/agent-configuration/agents-md`, `…/docs/hooks`; that a project's
//! `.codex/hooks.json` is read, from subdirectories too, was measured of 0.169.0.

use crate::wiring::STARTS;
use crate::{
    Attendance, Certainties, Delivers, Dialect, Directory, Event, Form, Guidance, HookFiles, Host, InboxHook,
    InboxInstructions, InboxWiring, Linked, Matchers, OutputForm, PayloadForm, PluginEntry, PluginList,
    PluginPrograms, SandboxList, SessionHook, SettingsRules, Signs, SkillForm, SkillText, SkillsDirectory,
    TaskForm, TimeUnit, Unproven,
};

/// Codex.
pub static CODEX: Host = Host {
    id: "codex",
    name: "Codex",
    stamp: "codex-cli",
    signs: Signs { home: &[], project: &[".codex"], programs: &["codex"] },
    directory: Some(Directory { variable: "CODEX_HOME", below_variable: "", below_home: ".codex" }),
    shell_variables: &["CODEX_THREAD_ID"],
    session_variable: Some("CODEX_THREAD_ID"),
    payloads: &[PayloadForm {
        present: &["permission_mode", "model"],
        absent: &["timestamp", "CLAUDE_ENV_FILE"],
        ..PayloadForm::CLAUDE
    }],
    // It refuses the whole output where a field is another, and takes plain text that begins with `{` or `[` for broken JSON.
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    transcript: Some(Dialect::Codex),
    transcripts: Some("sessions"),
    // It runs the hook with the first prompt, so the request that carries the text follows at once.
    unproven: Unproven::Archive,
    attendance: Attendance::CodexRollout,
    server_argument: Some("app-server"),
    guidance: Guidance::first_of(&["AGENTS.override.md", "AGENTS.md"], "AGENTS.md"),
    hooks: Some(HookFiles {
        project: ".codex/hooks.json",
        user: "hooks.json",
        form: Form::Shell,
        linked: Linked::MainAlone,
        events: &[
            Event::named("UserPromptSubmit"),
            Event::named("Stop"),
            Event::named("PreCompact"),
            // Its limit. With more, Codex warns in every session.
            Event { name: "SessionEnd", timeout: 3 },
        ],
        matchers: Matchers::Expression,
        comments: false,
        trusted_by_place: true,
        refuses_mark: true,
        // Part of what its users trust, so it does not change.
        status_message: Some("handover: saves the work before a usage limit"),
    }),
    inbox: Some(InboxWiring {
        hook: InboxHook::Shared(SessionHook {
            file: "hooks.json",
            event: "SessionStart",
            sources: STARTS,
            form: Form::Shell,
            flat: false,
            expands: false,
            timeout: 10,
            unit: TimeUnit::Seconds,
            matchers: Matchers::Expression,
            comments: false,
            limits_context: true,
            on_request: true,
            trusted_by_place: true,
            refuses_mark: true,
            status_message: Some("agent-handoff: what an earlier session left"),
            in_background: false,
        }),
        letters: None,
        instructions: Some(InboxInstructions {
            files: &["AGENTS.override.md", "AGENTS.md"],
            opening: "<!-- BEGIN agent-handoff (managed",
            warns_from: Some(32 << 10),
        }),
        sandbox: Some(SandboxList::WritableRoots("config.toml")),
        skills: SkillsDirectory::Shared(".agents/skills"),
        agents: Some("agents"),
        commands: None,
        plugin: Some(PluginEntry {
            list: PluginList::Tables("config.toml"),
            remove: "codex plugin remove agent-handoff@agent-handoff",
            by_hand: None,
        }),
        settings: SettingsRules::Codex,
        former_links: &["plugins/agent-handoff"],
    }),
    certain: Certainties::run("0.171.0"),
    windows: true,
    skills: Some(SkillForm {
        prefix: '$',
        text: SkillText::Shared,
        tasks: TaskForm::Agent,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
