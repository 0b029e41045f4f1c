//! Documented in `cursor.com/docs/rules` (`.cursor/rules/*.mdc` with `alwaysApply: true`), `cursor.com/docs/hooks` and
//! `cursor.com/docs/skills`. Whether what a hook prints reaches the model depends on the version, and was not seen. With its
//! setting for third-party hooks it runs those of Claude Code too, with this payload. Its editor and its command line share their
//! MCP servers (`cursor.com/docs/mcp`); the command line starts one once its user agreed.

use crate::{
    Certainties, Certainty, Delivers, Directory, Form, Guidance, Host, InboxHook, InboxWiring, Matchers,
    McpWiring, OutputForm, PayloadForm, PluginPrograms, SessionHook, SettingsRules, Signs, SkillForm,
    SkillText, SkillsDirectory, TaskForm, TimeUnit,
};

/// Its editor and its command line share it.
const DIRECTORY: Directory = Directory { variable: "", below_variable: "", below_home: ".cursor" };

/// Cursor.
pub(crate) static CURSOR: Host = Host {
    id: "cursor",
    name: "Cursor",
    stamp: "cursor",
    signs: Signs {
        home: &[".cursor"],
        project: &[".cursor", ".cursorrules"],
        programs: &["cursor", "cursor-agent"],
    },
    directory: Some(DIRECTORY),
    shell_variables: &["CURSOR_AGENT"],
    payloads: &[PayloadForm {
        event: Some("sessionStart"),
        session: "conversation_id",
        present: &["cursor_version"],
        ..PayloadForm::CLAUDE
    }],
    output: OutputForm::SnakeContext,
    delivers: Delivers::Mentions,
    guidance: Guidance::own(
        ".cursor/rules/handover.mdc",
        "---\ndescription: Work that other agents left in this repository\nalwaysApply: true\n---\n",
    ),
    inbox: Some(InboxWiring {
        hook: InboxHook::Shared(SessionHook {
            file: "hooks.json",
            event: "sessionStart",
            sources: &[],
            form: Form::Shell,
            flat: true,
            expands: false,
            timeout: 10,
            unit: TimeUnit::Seconds,
            matchers: Matchers::Expression,
            comments: true,
            limits_context: false,
            on_request: false,
            trusted_by_place: false,
            refuses_mark: false,
            status_message: None,
            in_background: false,
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
    // Some of its versions drop what a hook prints.
    mcp: Some(McpWiring {
        directory: DIRECTORY,
        switch: None,
        then: "allow it in Cursor: Settings, MCP, or `agent mcp enable agent-handoff`",
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Documented,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Shared,
        tasks: TaskForm::None,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
