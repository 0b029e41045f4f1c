//! Documented in `docs.github.com/en/copilot/how-tos/configure-custom-instructions` (it also reads `AGENTS.md`); the hooks
//! and the sessions of its CLI were measured of 1.0.102.

use crate::{
    Attendance, Certainties, Delivers, Dialect, Directory, Guidance, HookSwitches, Host, InboxHook,
    InboxWiring, OutputForm, OwnFile, OwnText, PayloadForm, PluginPrograms, SettingsRules, Signs, SkillForm,
    SkillText, SkillsDirectory, TaskForm,
};

/// GitHub Copilot: its CLI, and the editors' extension.
pub(crate) static COPILOT: Host = Host {
    id: "copilot",
    also: &["github-copilot"],
    name: "GitHub Copilot",
    stamp: "copilot",
    signs: Signs {
        home: &[".vscode/extensions/github.copilot*"],
        project: &[".github/copilot-instructions.md"],
        programs: &["copilot"],
    },
    directory: Some(Directory { variable: "COPILOT_HOME", below_variable: "", below_home: ".copilot" }),
    shell_variables: &["COPILOT_CLI"],
    session_variable: Some("COPILOT_AGENT_SESSION_ID"),
    // Which it is depends on how the event is written in the file of hooks.
    payloads: &[
        PayloadForm {
            event: None,
            session: "sessionId",
            present: &["timestamp", "cwd", "source"],
            absent: &["transcript_path", "permission_mode"],
            sources: &["new", "resume"],
        },
        PayloadForm {
            present: &["timestamp", "cwd", "source"],
            absent: &["transcript_path", "permission_mode"],
            sources: &["new", "resume"],
            ..PayloadForm::CLAUDE
        },
    ],
    output: OutputForm::Context,
    delivers: Delivers::Offers,
    transcript: Some(Dialect::Copilot),
    transcripts: Some("session-state"),
    transcript_of: Some(("session-state/", "/events.jsonl")),
    attendance: Attendance::Argument(&["-p", "--prompt"]),
    // An AGENTS.md that is there gets our lines: Zed would read a new copilot-instructions.md instead of it.
    guidance: Guidance::each_of(
        &[".github/copilot-instructions.md", "AGENTS.md"],
        ".github/copilot-instructions.md",
    ),
    inbox: Some(InboxWiring {
        // It reads every file of JSON there.
        hook: InboxHook::Own(OwnFile {
            file: "hooks/agent-handoff.json",
            event: "sessionStart",
            text: OwnText::HookFile { timeout_secs: 10 },
            by_hand: &[
                r#"{"version":1,"hooks":{"sessionStart":[{"type":"command","bash":"\"$HOME/.agent-handoff/bin/session-start\"","timeoutSec":10}]}}"#,
            ],
        }),
        letters: None,
        instructions: None,
        sandbox: None,
        // With COPILOT_HOME it does not look into `.agents/skills`.
        skills: SkillsDirectory::Own("skills"),
        agents: None,
        commands: None,
        plugin: None,
        settings: SettingsRules::Hooks(&HookSwitches {
            file: "settings.json",
            all: &["disableAllHooks"],
            off: true,
            some: &[],
        }),
        former_links: &[],
    }),
    certain: Certainties::run("1.0.102"),
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Shared,
        tasks: TaskForm::None,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
