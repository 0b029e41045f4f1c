//! Do the settings of Claude Code let the skills be started, and their commands and drafts through?

use std::path::Path;

use handoff_agents::Wirable;

use super::claude_paths::pattern;
use super::glob::{is_path, is_text};
use super::settings::{Settings, Source};
use super::{Diagnosis, quoted};
use crate::hosts;
use crate::programs::FRONT_DOOR;

const DENY: &str = "/permissions/deny";
const ASK: &str = "/permissions/ask";

/// A permission rule: `Bash(git push *)`.
struct Rule<'a> {
    source: &'a Source,
    /// The list that it stands in.
    list: &'static str,
    /// As it is written.
    text: &'a str,
    tool: &'a str,
    argument: Option<&'a str>,
}

impl Rule<'_> {
    /// Whether it is about everything that `tool` does.
    fn is_whole(&self, tool: &str) -> bool {
        let is_all = self.tool == "*" && self.argument.is_none();
        is_all || (self.tool == tool && matches!(self.argument, None | Some("*")))
    }

    /// Whether it is about a call of the skill `name` by the model. What a person types is not asked for.
    fn is_about_skill(&self, name: &str) -> bool {
        let is_it = |argument: &str| {
            let argument =
                argument.strip_suffix(":*").or_else(|| argument.strip_suffix(" *")).unwrap_or(argument);
            argument == name
        };
        self.is_whole("Skill") || (self.tool == "Skill" && self.argument.is_some_and(is_it))
    }

    /// Whether it is about a command line, which Claude Code compares with the program's directory and without it.
    fn is_about_command(&self, program: &Path, arguments: &str) -> bool {
        let is_it = |argument: &str, line: &str| match argument
            .strip_suffix(":*")
            .or_else(|| argument.strip_suffix(" *"))
        {
            Some(start) => is_text(start, line, false) || is_text(&format!("{start} *"), line, false),
            None => is_text(argument, line, false),
        };
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let lines = [format!("{} {arguments}", program.display()), format!("{name} {arguments}")];
        self.is_whole("Bash")
            || (self.tool == "Bash"
                && self.argument.is_some_and(|argument| lines.iter().any(|line| is_it(argument, line))))
    }

    /// Whether it keeps Claude Code from writing the file at `path` with its Write tool: a rule for Edit that names the
    /// path does, and so does one for Read.
    fn is_about_file(&self, path: &str, home: &Path, project: &Path) -> bool {
        if self.is_whole("Write") || self.is_whole("Read") {
            return true;
        }
        let covers =
            |argument| pattern(argument, self.source, home, project).is_some_and(|it| is_path(&it, path));
        matches!(self.tool, "Edit" | "Read") && self.argument.is_some_and(covers)
    }
}

/// The rules of the lists at `lists` in all files.
fn rules<'a>(settings: &'a Settings, lists: &[&'static str]) -> Vec<Rule<'a>> {
    let mut rules = Vec::new();
    for &pointer in lists {
        let list = pointer.trim_start_matches("/permissions/");
        for (source, text) in settings.strings(pointer) {
            let (tool, argument) = match text.split_once('(') {
                Some((tool, rest)) => match rest.strip_suffix(')') {
                    Some(argument) => (tool, Some(argument)),
                    None => continue,
                },
                None => (text, None),
            };
            rules.push(Rule { source, list, text, tool, argument });
        }
    }
    rules
}

impl Diagnosis<'_> {
    /// What keeps the skills from being started, or from doing their work once they are.
    pub(super) fn claude_rules(&mut self, host: Wirable, settings: &Settings, project: &Path) {
        self.skill_overrides(host, settings);
        let denied = rules(settings, &[DENY]);
        if let Some(rule) = denied.iter().find(|rule| rule.is_about_skill("handoff")) {
            self.refused(
                rule,
                "keeps Claude Code from starting the skill handoff when it is asked to in words; a typed /handoff still starts it",
            );
        }
        // Claude Code asks about no command that a skill brings with it: it refuses the skill.
        let restricted = rules(settings, &[DENY, ASK]);
        let commands = [
            ("handoff-write", "--context"),
            (FRONT_DOOR, "upgrade-check"),
            ("handoff-write", "--topic SLUG --tool claude-code --session-id ID --file FILE"),
        ];
        let is_about = |rule: &&Rule<'_>| {
            commands
                .iter()
                .any(|(program, arguments)| rule.is_about_command(&self.places.program(program), arguments))
        };
        if let Some(rule) = restricted.iter().find(is_about) {
            let program = self.places.short(&self.places.program("handoff-write"));
            self.refused(
                rule,
                &format!("does not let the skill handoff run {program}, so /handoff is refused"),
            );
        }
        let store = &self.places.store;
        let drafts =
            [store.clone(), handoff_files::canonical(store)].map(|store| store.join(".drafts/draft.md"));
        let is_about = |rule: &&Rule<'_>| {
            drafts
                .iter()
                .any(|draft| rule.is_about_file(&draft.to_string_lossy(), &self.places.home, project))
        };
        if let Some(rule) = denied.iter().find(is_about) {
            let drafts = self.places.short(&self.places.store.join(".drafts"));
            self.refused(
                rule,
                &format!(
                    "does not let Claude Code write to {drafts}, so the skill handoff cannot write its draft"
                ),
            );
        }
        if let Some(source) = settings.is_on("/disableSkillShellExecution") {
            self.note(format!(
                "{} has skills run no commands of their own: the skill handoff is not given the worktree and what changed \
                 in it: disableSkillShellExecution",
                self.places.short(&source.path)
            ));
        }
    }

    fn refused(&mut self, rule: &Rule<'_>, effect: &str) {
        let (list, text) = (rule.list, quoted(rule.text));
        let fix = self.editor(&rule.source.path, None, &format!("take {text} out of permissions.{list}"));
        let shown = self.places.short(&rule.source.path);
        self.problem(format!("{shown} {effect}: permissions.{list} has {text}"), fix);
    }

    /// The skills that `skillOverrides` switches off, or hides from the model.
    fn skill_overrides(&mut self, host: Wirable, settings: &Settings) {
        let manifest = self.manifest;
        for file in hosts::placed(host, self.places, manifest) {
            let Some(name) = file.name.strip_suffix("/SKILL.md") else { continue };
            if !manifest.files.contains_key(&file.path) {
                continue;
            }
            let Some((source, value)) = settings.get(&format!("/skillOverrides/{name}")) else { continue };
            let shown = self.places.short(&source.path);
            let has = format!("skillOverrides has \"{name}\": {}", quoted(&value.to_string()));
            match value.as_str() {
                Some("off") => {
                    let fix = self.editor(&source.path, None, &format!("take {name} out of skillOverrides"));
                    self.problem(
                        format!("{shown} switches the skill {name} off, so /{name} is refused: {has}"),
                        fix,
                    );
                }
                Some("user-invocable-only") => self.note(format!(
                    "{shown} hides the skill {name} from the model, so only a typed /{name} starts it: {has}"
                )),
                _ => {}
            }
        }
    }
}
