//! Documented in `code.claude.com/docs/en/memory` (`.claude/rules/*.md` is always read when it has no `paths`; `AGENTS.md`
//! only while there is no `CLAUDE.md`, which is why none is made), `…/hooks`, `…/settings`, `…/statusline`.

use crate::wiring::STARTS;
use crate::{
    Attendance, Certainties, Delivers, Dialect, Directory, Event, Form, Guidance, HookFiles, Host, InboxHook,
    InboxWiring, Linked, Matchers, OutputForm, PayloadForm, PluginEntry, PluginList, PluginPrograms,
    SandboxList, SessionHook, SettingsRules, Signs, SkillForm, SkillText, SkillsDirectory, TaskForm,
    TimeUnit, Unproven,
};

/// Claude Code.
pub static CLAUDE_CODE: Host = Host {
    id: "claude",
    also: &["claude-code"],
    name: "Claude Code",
    stamp: "claude-code",
    signs: Signs { home: &[], project: &[".claude", "CLAUDE.md", "CLAUDE.local.md"], programs: &["claude"] },
    directory: Some(Directory { variable: "CLAUDE_CONFIG_DIR", below_variable: "", below_home: ".claude" }),
    shell_variables: &["CLAUDECODE", "CLAUDE_CODE_SESSION_ID"],
    session_variable: Some("CLAUDE_CODE_SESSION_ID"),
    payloads: &[PayloadForm { absent: &["permission_mode", "timestamp"], ..PayloadForm::CLAUDE }],
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    transcript: Some(Dialect::ClaudeCode),
    transcripts: Some("projects"),
    // It runs the hook when it is opened, and may be closed again before the first prompt.
    unproven: Unproven::Wait,
    attendance: Attendance::ClaudeEnvironment,
    guidance: Guidance::own(".claude/rules/handover.md", ""),
    hooks: Some(HookFiles {
        project: ".claude/settings.local.json",
        user: "settings.json",
        form: Form::Exec,
        linked: Linked::MainToo,
        events: &[
            Event::named("UserPromptSubmit"),
            Event::named("Stop"),
            Event::named("StopFailure"),
            Event::named("PreCompact"),
            // Its own limit is 1.5 s, unless a hook in the settings asks for more.
            Event::named("SessionEnd"),
        ],
        matchers: Matchers::Names,
        comments: false,
        trusted_by_place: false,
        refuses_mark: false,
        status_message: None,
    }),
    status_line: Some("settings.json"),
    inbox: Some(InboxWiring {
        hook: InboxHook::Shared(SESSION_START),
        // What it prints comes with the next request of the session, and wakes none that is idle.
        letters: Some(SessionHook {
            event: "UserPromptSubmit",
            sources: &[],
            timeout: 30,
            in_background: true,
            ..SESSION_START
        }),
        instructions: None,
        sandbox: Some(SandboxList::AllowWrite("settings.json")),
        skills: SkillsDirectory::Own("skills"),
        agents: None,
        commands: None,
        plugin: Some(PluginEntry {
            list: PluginList::Enabled("settings.json"),
            remove: "claude plugin uninstall agent-handoff",
            by_hand: Some("remove the plugin agent-handoff in Claude Code: /plugin"),
        }),
        settings: SettingsRules::ClaudeCode,
        former_links: &["skills/handoff"],
    }),
    certain: Certainties::run("2.1.332"),
    windows: true,
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Own,
        tasks: TaskForm::Skill,
        plugin: PluginPrograms::Root("CLAUDE_PLUGIN_ROOT"),
    }),
    ..Host::UNKNOWN
};

/// What gives its sessions what waits.
const SESSION_START: SessionHook = SessionHook {
    file: "settings.json",
    event: "SessionStart",
    sources: STARTS,
    // No shell: no quoting, and no process of one.
    form: Form::Exec,
    flat: false,
    expands: false,
    timeout: 10,
    unit: TimeUnit::Seconds,
    matchers: Matchers::Names,
    // A hook in a file with comments would never run.
    comments: false,
    limits_context: false,
    on_request: false,
    trusted_by_place: false,
    refuses_mark: false,
    status_message: None,
    in_background: false,
};
