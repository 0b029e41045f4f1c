//! Documented in `github.com/google-gemini/gemini-cli`; its hooks and transcript were measured.

use crate::{
    Attendance, Certainties, Delivers, Dialect, Directory, Form, Guidance, HookSwitches, Host, InboxHook,
    InboxWiring, Matchers, OutputForm, PayloadForm, PluginPrograms, SessionHook, SettingsRules, Signs,
    SkillForm, SkillText, SkillsDirectory, TaskForm, TimeUnit,
};

/// Gemini CLI.
pub(crate) static GEMINI_CLI: Host = Host {
    id: "gemini",
    also: &["gemini-cli"],
    name: "Gemini CLI",
    stamp: "gemini-cli",
    signs: Signs { home: &[], project: &[".gemini", "GEMINI.md"], programs: &["gemini"] },
    directory: Some(Directory {
        variable: "GEMINI_CLI_HOME",
        below_variable: ".gemini",
        below_home: ".gemini",
    }),
    shell_variables: &["GEMINI_CLI"],
    payloads: &[
        // In its terminal program the text of this hook is discarded after `/clear` and `/resume`.
        PayloadForm {
            present: &["timestamp", "transcript_path"],
            absent: &["permission_mode"],
            sources: &["startup"],
            ..PayloadForm::CLAUDE
        },
        // That of this one is not: it stands behind the prompt.
        PayloadForm {
            event: Some("BeforeAgent"),
            present: &["timestamp", "transcript_path", "prompt"],
            absent: &["permission_mode"],
            ..PayloadForm::CLAUDE
        },
    ],
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    runs_at_each_prompt: true,
    transcript: Some(Dialect::Gemini),
    attendance: Attendance::Argument(&["-p", "--prompt"]),
    guidance: Guidance::each_of(&["GEMINI.md"], "GEMINI.md"),
    inbox: Some(InboxWiring {
        hook: InboxHook::Shared(SessionHook {
            file: "settings.json",
            event: "BeforeAgent",
            sources: &[],
            form: Form::Shell,
            flat: false,
            expands: true,
            timeout: 10_000,
            unit: TimeUnit::Milliseconds,
            matchers: Matchers::Names,
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
        settings: SettingsRules::Hooks(&HookSwitches {
            file: "settings.json",
            all: &["hooksConfig", "enabled"],
            off: false,
            some: &["hooksConfig", "disabled"],
        }),
        former_links: &[],
    }),
    certain: Certainties::run("0.61.0"),
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Shared,
        tasks: TaskForm::None,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
