//! Its hooks, its transcript and the instructions that it reads were measured of 0.215.0.

use crate::wiring::STARTS;
use crate::{
    Attendance, Certainties, Delivers, Dialect, Directory, Form, Guidance, HookSwitches, Host, InboxHook,
    InboxWiring, Matchers, OutputForm, PayloadForm, PluginEntry, PluginList, PluginPrograms, SessionHook,
    SettingsRules, Signs, SkillForm, SkillText, SkillsDirectory, TaskForm, TimeUnit,
};

/// Factory droid.
pub(crate) static DROID: Host = Host {
    id: "droid",
    also: &["factory"],
    name: "Factory droid",
    stamp: "droid",
    signs: Signs { home: &[], project: &[".factory"], programs: &["droid"] },
    directory: Some(Directory {
        variable: "FACTORY_HOME_OVERRIDE",
        below_variable: ".factory",
        below_home: ".factory",
    }),
    // Its other variables are settings of the user's.
    shell_variables: &["FACTORY_EXEC_TARGET_AUTONOMY"],
    payloads: &[PayloadForm {
        present: &["permission_mode", "CLAUDE_ENV_FILE"],
        absent: &["timestamp"],
        ..PayloadForm::CLAUDE
    }],
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    transcript: Some(Dialect::Droid),
    attendance: Attendance::Argument(&["exec"]),
    guidance: Guidance::each_of(&["AGENTS.md"], "AGENTS.md"),
    inbox: Some(InboxWiring {
        hook: InboxHook::Shared(SessionHook {
            file: "settings.json",
            event: "SessionStart",
            sources: STARTS,
            form: Form::Shell,
            flat: false,
            expands: false,
            timeout: 10,
            unit: TimeUnit::Seconds,
            matchers: Matchers::Names,
            // It passes over a file with comments.
            comments: false,
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
        plugin: Some(PluginEntry {
            list: PluginList::Enabled("settings.json"),
            remove: "droid plugin uninstall {plugin}",
            by_hand: Some("remove the plugin agent-handoff in Factory droid: /plugins"),
        }),
        settings: SettingsRules::Hooks(&HookSwitches {
            file: "settings.json",
            all: &["hooks", "hooksDisabled"],
            off: true,
            some: &[],
        }),
        former_links: &[],
    }),
    certain: Certainties::run("0.215.0"),
    skills: Some(SkillForm {
        prefix: '/',
        text: SkillText::Shared,
        tasks: TaskForm::None,
        plugin: PluginPrograms::Installed,
    }),
    ..Host::UNKNOWN
};
