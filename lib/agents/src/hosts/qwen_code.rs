//! Its hooks, its transcript and the instructions that it reads were measured of 0.24.4.

use crate::{
    Attendance, Certainties, Delivers, Dialect, Directory, Form, Guidance, HookSwitches, Host, InboxHook,
    InboxWiring, Matchers, OutputForm, PayloadForm, PluginPrograms, SessionHook, SettingsRules, Signs,
    SkillForm, SkillText, SkillsDirectory, TaskForm, TimeUnit,
};

/// Qwen Code.
pub(crate) static QWEN_CODE: Host = Host {
    id: "qwen",
    also: &["qwen-code"],
    name: "Qwen Code",
    stamp: "qwen-code",
    signs: Signs { home: &[], project: &[".qwen", "QWEN.md"], programs: &["qwen"] },
    directory: Some(Directory { variable: "QWEN_HOME", below_variable: "", below_home: ".qwen" }),
    shell_variables: &["QWEN_CODE"],
    session_variable: Some("QWEN_CODE_SESSION_ID"),
    // What its SessionStart hook prints is thrown away. This one runs behind each result of a tool too, without a prompt.
    payloads: &[PayloadForm {
        event: Some("UserPromptSubmit"),
        present: &["timestamp", "permission_mode", "transcript_path", "prompt"],
        ..PayloadForm::CLAUDE
    }],
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    runs_at_each_prompt: true,
    transcript: Some(Dialect::Qwen),
    // `qwen "prompt"` answers and ends.
    attendance: Attendance::Prompt { without: &["-p", "--prompt"], with: &["-i", "--prompt-interactive"] },
    guidance: Guidance::each_of(&["AGENTS.md", "QWEN.md"], "AGENTS.md"),
    inbox: Some(InboxWiring {
        hook: InboxHook::Shared(SessionHook {
            file: "settings.json",
            event: "UserPromptSubmit",
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
            all: &["disableAllHooks"],
            off: true,
            some: &[],
        }),
        former_links: &[],
    }),
    certain: Certainties::run("0.24.4"),
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Shared,
        tasks: TaskForm::None,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
