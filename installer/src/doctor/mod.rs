//! Does it work, and if not, what fixes it?

mod capture;
mod claude;
mod claude_paths;
mod claude_rules;
mod claude_sandbox;
mod codex;
mod codex_switches;
mod commands;
mod directories;
mod dispatch;
mod glob;
mod handler;
mod host;
mod mail;
pub(crate) mod programs;
mod server;
mod settings;
mod store;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use handoff_agents::{McpHost, Wirable};
use handoff_edits::MAX_FILE_BYTES;
use handoff_process::{Environment, Output, Status, Unattended};
use handoff_text::Sanitised;
use serde_json::json;

use crate::args::Options;
use crate::cli_agent;
use crate::codex::{CodexError, Listed, Server};
use crate::error::InstallError;
use crate::hosts::{self, PlacedKind};
use crate::manifest::Manifest;
use crate::mcp_servers;
use crate::others::Others;
use crate::places::Places;
use crate::programs::{FRONT_DOOR, Source};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Well,
    Note,
    Problem,
}

/// One thing that was looked at.
#[derive(Debug)]
struct Finding {
    level: Level,
    area: &'static str,
    text: String,
    /// The command, or what else to do.
    fix: Option<String>,
}

/// A problem that was said: what follows from it needs no words.
struct Said;

/// All that is looked at.
struct Diagnosis<'a> {
    places: &'a Places,
    manifest: &'a Manifest,
    environment: &'a Environment,
    /// Whether Codex's app-server may be asked.
    thorough: bool,
    area: &'static str,
    /// The host that is looked at.
    host: Option<Wirable>,
    findings: Vec<Finding>,
    /// The files that cannot be read, which was said.
    unreadable: BTreeSet<PathBuf>,
    /// What Codex's app-server said when it was asked for its hooks.
    codex_hooks: Option<Result<Vec<Listed>, Rc<CodexError>>>,
}

/// Looks at everything and prints what it finds; [`Status::NotDone`] when there is a problem.
///
/// # Errors
/// Only when there is no telling where to look.
pub(crate) fn doctor(
    options: &Options,
    environment: &Environment,
    output: &Output,
) -> Result<Status, InstallError> {
    let places = Places::find(options.home.as_deref(), environment)?;
    let manifest = Manifest::load(&places)?;
    let mut diagnosis = Diagnosis::new(&places, &manifest, environment, !options.quick);
    diagnosis.programs();
    diagnosis.switch();
    Wirable::all().for_each(|host| diagnosis.host(host));
    McpHost::all().for_each(|host| diagnosis.server(host));
    diagnosis.host = None;
    let captures = diagnosis.capture();
    diagnosis.store();
    diagnosis.letters();
    diagnosis.state();
    diagnosis.dispatch();
    let serves = diagnosis.serves(captures);
    let findings = diagnosis.findings;
    let problems = findings.iter().filter(|finding| finding.level == Level::Problem).count();
    let printed = output.print(&if options.json {
        json_of(&findings, problems == 0 && serves, &manifest, &places)
    } else {
        text_of(&findings, serves, &manifest.agents.known().collect::<Vec<_>>())
    });
    Ok(if problems > 0 { Status::NotDone } else { printed })
}

/// A finding quotes paths and settings that others wrote: none of them may end the line, so that no text of theirs looks
/// like a finding or a command of ours, and nothing in it moves the cursor.
fn one_line(text: &str) -> String {
    Sanitised::text(text.as_bytes()).as_str().trim_end().replace('\n', " ")
}

/// A word of a settings file, which may be of any length.
fn quoted(text: &str) -> String {
    Sanitised::line(text.as_bytes(), 120).to_string()
}

fn text_of(findings: &[Finding], serves: bool, agents: &[Wirable]) -> String {
    let mut text = String::new();
    for Finding { level, area, text: found, fix } in findings {
        let level = level.word();
        text.push_str(&format!("{level:<8} {area}: {found}\n"));
        if let Some(fix) = fix {
            text.push_str(&format!("         fix: {fix}\n"));
        }
    }
    let problems: Vec<&Finding> = findings.iter().filter(|finding| finding.level == Level::Problem).collect();
    text.push_str(&match problems.len() {
        0 if serves => "healthy\n".to_owned(),
        0 => "no problem, and no agent that it is for\n".to_owned(),
        1 => "1 problem\n".to_owned(),
        many => format!("{many} problems\n"),
    });
    if let Some(next) = next(&problems, agents) {
        text.push_str(&format!("next:    {next}\n"));
    }
    text
}

/// What to do now: the first fix, else what the installation is for.
fn next(problems: &[&Finding], agents: &[Wirable]) -> Option<String> {
    if !problems.is_empty() {
        let fix = problems.iter().find_map(|problem| problem.fix.as_ref())?;
        return Some(format!("{fix}   # then this again"));
    }
    let calls: Vec<String> = agents.iter().map(|host| hosts::skill_call(*host)).collect();
    (!calls.is_empty()).then(|| format!("at the end of a session, {}", calls.join(", ")))
}

fn json_of(findings: &[Finding], healthy: bool, manifest: &Manifest, places: &Places) -> String {
    let entries: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({"level": finding.level.word(), "area": finding.area, "text": finding.text, "fix": finding.fix})
        })
        .collect();
    let version = Some(&manifest.version).filter(|version| !version.is_empty());
    let object =
        json!({"healthy": healthy, "version": version, "prefix": places.prefix, "findings": entries});
    format!("{object}\n")
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
        }
    }
}

impl<'a> Diagnosis<'a> {
    fn new(places: &'a Places, manifest: &'a Manifest, environment: &'a Environment, thorough: bool) -> Self {
        Self {
            places,
            manifest,
            environment,
            thorough,
            area: "programs",
            host: None,
            findings: Vec::new(),
            unreadable: BTreeSet::new(),
            codex_hooks: None,
        }
    }
}

/// What in the agents' own settings switches off what was installed, a line each; without the settings of any project.
pub(crate) fn switched_off(places: &Places, manifest: &Manifest, environment: &Environment) -> Vec<String> {
    let mut diagnosis = Diagnosis::new(places, manifest, environment, false);
    for host in manifest.agents.known() {
        diagnosis.look_at(host);
        diagnosis.switches(host, &places.home, false);
    }
    let problems = diagnosis.findings.into_iter().filter(|finding| finding.level == Level::Problem);
    problems.map(|finding| format!("{}: {}", finding.area, finding.text)).collect()
}

impl Diagnosis<'_> {
    fn well(&mut self, text: impl Into<String>) {
        self.add(Level::Well, text.into(), None);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.add(Level::Note, text.into(), None);
    }

    fn problem(&mut self, text: impl Into<String>, fix: impl Into<String>) {
        self.add(Level::Problem, text.into(), Some(fix.into()));
    }

    fn add(&mut self, level: Level, text: String, fix: Option<String>) {
        let (text, fix) = (one_line(&text), fix.as_deref().map(one_line));
        self.findings.push(Finding { level, area: self.area, text, fix });
    }

    /// What keeps the hooks of the agents that are started from this shell from taking anything.
    fn switch(&mut self) {
        if self.environment.skip {
            self.area = "environment";
            self.problem(
                "AGENT_HANDOFF_SKIP is set in this shell: an agent that is started from it is shown no handoff",
                "unset AGENT_HANDOFF_SKIP   # here, and in what sets it",
            );
        }
        if self.environment.unattended == Unattended::Off {
            self.area = "environment";
            self.note(
                "AGENT_HANDOFF_UNATTENDED is off in this shell: a session without a person in front of it that is started \
                 from it is given nothing, not even the line that says what waits",
            );
        }
    }

    /// The command line that runs this installer again.
    fn again(&self, arguments: &str) -> String {
        let own = self.places.program(FRONT_DOOR);
        if handoff_files::is_program(&own) {
            format!("{} {arguments}", handoff_process::quoted(&own))
        } else {
            self.anew(arguments)
        }
    }

    /// The command line that wires a host again.
    fn install_again(&self, host: Wirable) -> String {
        self.again(&format!("install --only {}", host.id))
    }

    /// The command line that gets the programs from where they came from: those that are installed are missing or not
    /// what they were.
    fn anew(&self, arguments: &str) -> String {
        let quoted = handoff_process::quoted;
        let build =
            |checkout: &Path| format!("cd {} && cargo run --release -p installer --", quoted(checkout));
        let own = Source::find().ok();
        let (checkout, origin) = (&self.manifest.checkout, &self.manifest.origin);
        let installer = match (own, checkout, origin) {
            (Some(Source::Built(dir)), ..) if dir != handoff_files::canonical(&self.places.bin()) => {
                quoted(&dir.join(FRONT_DOOR))
            }
            (_, _, Some(origin)) if handoff_files::is_program(&origin.join(FRONT_DOOR)) => {
                quoted(&origin.join(FRONT_DOOR))
            }
            _ if self.by_its_way(arguments).is_some() => {
                return self.by_its_way(arguments).unwrap_or_default();
            }
            (_, Some(checkout), _) if handoff_files::is_file(&checkout.join("Cargo.toml")) => build(checkout),
            (Some(Source::Checkout(checkout)), ..) => build(&checkout),
            _ => {
                let from = origin.as_ref().or(checkout.as_ref()).map(|from| self.places.short(from));
                let from = from.map(|from| format!(", which came from {from}")).unwrap_or_default();
                return format!(
                    "get the programs again{from}, and run `./handoff {arguments}` in the directory that they are in"
                );
            }
        };
        let usual = self.places.home.join(".agent-handoff");
        let home = if self.places.prefix == usual {
            String::new()
        } else {
            format!(" --home {}", quoted(&self.places.prefix))
        };
        format!("{installer} {arguments}{home}")
    }

    /// The command line that gets a released package again, by the way that it came; `None` where this machine has not
    /// what it takes.
    fn by_its_way(&self, arguments: &str) -> Option<String> {
        let usual = self.places.home.join(".agent-handoff");
        let home = Some(self.places.prefix.as_path()).filter(|prefix| *prefix != usual);
        // The verb itself is part of each way's own line.
        let options: Vec<String> = arguments.split_whitespace().skip(1).map(str::to_owned).collect();
        self.manifest.package.as_ref()?.again(self.manifest, home, self.environment, &options)
    }

    /// The hooks as Codex's app-server lists them, asked once.
    fn codex_hooks(&mut self) -> Result<Vec<Listed>, Rc<CodexError>> {
        let ask = || {
            let server = Server::start(self.places, self.environment);
            server.and_then(|mut server| server.hooks()).map_err(Rc::new)
        };
        self.codex_hooks.get_or_insert_with(ask).clone()
    }

    /// A settings file's text; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, which is said.
    fn read(&mut self, path: &Path) -> Result<Option<String>, Said> {
        if self.unreadable.contains(path) {
            return Err(Said);
        }
        let read = self.read_once(path);
        if read.is_err() {
            self.unreadable.insert(path.to_owned());
        }
        read
    }

    fn read_once(&mut self, path: &Path) -> Result<Option<String>, Said> {
        let file = match handoff_files::Foreign::read(path, MAX_FILE_BYTES) {
            Ok(file) => file,
            Err(error) => {
                self.unreadable(path, &error);
                return Err(Said);
            }
        };
        match file.content().map(handoff_wiring::text) {
            Some(Ok(text)) => Ok(Some(text.to_owned())),
            Some(Err(error)) => {
                self.malformed(path, &error);
                Err(Said)
            }
            None => Ok(None),
        }
    }

    fn malformed(&mut self, path: &Path, error: &handoff_wiring::Malformed) {
        let shown = self.places.short(path);
        let editor = self.editor(path, Some(error.line), "");
        self.problem(format!("{shown} is broken: {error}"), editor);
    }

    /// An agent that is not wired: by its plugin, or because it is not here, or that is the problem.
    fn not_wired(&mut self, host: Wirable, has_plugin: bool) {
        if has_plugin {
            return self.well("the plugin is installed");
        }
        if let Some(other) = Others::find(self.places).of(&[host]).next() {
            return self.note(format!(
                "the installation in {} wired it; to remove that: {}",
                self.places.short(&other.prefix),
                other.removal(&[host])
            ));
        }
        if self.manifest.left_out.contains(host) {
            return self.note("it was left out with --only, or its wiring was taken away");
        }
        if hosts::is_here(host, self.places, self.environment) {
            self.problem("it is here and not wired", self.install_again(host));
        } else {
            self.note("it was not found here");
        }
    }

    /// Another installation that wired an agent too: its programs are run beside or instead of ours.
    fn wired_twice(&mut self, host: Wirable) {
        let others = Others::find(self.places);
        if let Some(other) = others.of(&[host]).next() {
            let prefix = self.places.short(&other.prefix);
            self.problem(format!("the installation in {prefix} wired it too"), other.removal(&[host]));
        }
    }

    /// Whether there is an agent that is served, or could be: where there is none, everything is in order for nothing.
    fn serves(&mut self, captures: bool) -> bool {
        let is_here = |host: Wirable| hosts::is_here(host, self.places, self.environment);
        let has_server = mcp_servers::wired(self.manifest).next().is_some();
        if captures || has_server || !self.manifest.agents.is_empty() || Wirable::all().any(is_here) {
            return true;
        }
        self.area = "agents";
        let install = self.again("install");
        self.note(format!(
            "{} here, so no session is shown a handoff: install one of them, then: {install}",
            hosts::none_was_found()
        ));
        false
    }

    /// The skills that an agent was given.
    fn skills(&mut self, host: Wirable) {
        let fix = self.install_again(host);
        let mut obstacles = Vec::new();
        let placed = hosts::placed(host, self.places, self.manifest);
        for file in placed.into_iter().filter(|file| file.kind != PlacedKind::Hook) {
            let (what, shown) = (file.word(), self.places.short(&file.path));
            if let Some(link) = crate::planner::cli_link(&file) {
                self.problem(format!("{} is of handoff-cli", self.places.short(&link)), fix.clone());
                continue;
            }
            if self.is_obstructed(&file.path, &mut obstacles) {
                continue;
            }
            match handoff_files::read_file(&file.path, MAX_FILE_BYTES) {
                Ok(text) if file.kind == PlacedKind::Agent && cli_agent::is_one(&text) => self.problem(
                    format!("{shown} is of handoff-cli and finds no result in what ours prints"),
                    fix.clone(),
                ),
                Err(_) => self.problem(format!("the {what} {shown} is missing"), fix.clone()),
                Ok(text) if text != file.text.as_bytes() => {
                    let why = if self.manifest.files.contains_key(&file.path) {
                        "the one of this version: it was changed, or is older"
                    } else {
                        "ours"
                    };
                    self.note(format!("the {what} {shown} is not {why}"));
                }
                Ok(_) => {}
            }
        }
    }
}
