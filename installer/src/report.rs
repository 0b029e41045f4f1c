//! What is printed for the user.

use handoff_agents::{McpHost, Wirable};
use handoff_edits::{Cause as _, Change, Edit, Left, PRIVATE, PROGRAM};
use handoff_process::{Environment, Output, Status};
use serde_json::{Value, json};

use crate::codex::HOW_TO_TRUST;
use crate::doctor::programs::{first_on_path, way_out};
use crate::error::Obstacle;
use crate::hosts;
use crate::manifest::Manifest;
use crate::mcp_servers;
use crate::places::Places;
use crate::planner::{Leftovers, Planner};
use crate::programs;
use crate::programs::COMMANDS;
use crate::wired;

/// Lines for people, or an object for programs.
pub(crate) struct Report<'p> {
    places: &'p Places,
    json: bool,
    lines: Vec<String>,
    object: serde_json::Map<String, Value>,
    changes: Vec<Value>,
    notes: Vec<String>,
    /// How many changes in the prefix are not shown one by one.
    own: usize,
}

impl<'p> Report<'p> {
    pub(crate) fn new(places: &'p Places, json: bool) -> Self {
        Self {
            places,
            json,
            lines: Vec::new(),
            object: serde_json::Map::new(),
            changes: Vec::new(),
            notes: Vec::new(),
            own: 0,
        }
    }

    /// A line under a heading, and the same for programs.
    pub(crate) fn say(&mut self, heading: &str, text: &str, key: &str, value: Value) {
        self.lines.push(format!("{:<12} {text}", format!("{heading}:")));
        self.object.insert(key.to_owned(), value);
    }

    /// Lines below the last one, for people.
    pub(crate) fn list(&mut self, lines: &[String]) {
        const MOST: usize = 30;
        self.lines.extend(lines.iter().take(MOST).map(|line| format!("  {line}")));
        if lines.len() > MOST {
            self.lines.push(format!("  … and {} more", lines.len() - MOST));
        }
    }

    /// What the user should know.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// What an installation did.
    pub(crate) fn installed(
        &mut self,
        planner: &Planner<'_>,
        (agents, servers): (&[Wirable], &[McpHost]),
        proof: &str,
        environment: &Environment,
    ) {
        let bin = self.places.bin();
        let names = programs::installed(&planner.manifest, self.places).join(", ");
        let programs = format!("{names} in {}", self.places.short(&bin));
        self.say("installed", &programs, "programs", json!(bin));
        self.say("proved", proof, "proof", json!(proof));
        for &agent in agents {
            let what = wired::summary(agent, self.places, &planner.manifest);
            self.say(agent.name, &what, agent.id, json!(what));
        }
        mcp_servers::report(self, self.places, servers, &planner.manifest);
        if agents.is_empty() && planner.manifest.servers.is_empty() {
            self.note(hosts::none_was_found() + ", so none is wired; install again when one is there");
        }
        self.commands(planner, environment);
        self.notes.extend(planner.notes());
        self.next(planner, agents, environment);
        self.left(&planner.left);
        self.done(&planner.changes);
    }

    /// Whether the shell finds our commands.
    fn commands(&mut self, planner: &Planner<'_>, environment: &Environment) {
        let commands = self.places.commands();
        if !environment.search_path().contains(&commands) {
            self.note(format!(
                "{} is not on your PATH, so the shell does not find `handoff` and `handover` there; put this into your \
                 shell's profile: export PATH=\"$HOME/.local/bin:$PATH\"",
                self.places.short(&commands)
            ));
        }
        for name in COMMANDS {
            let is_linked = planner.manifest.links.contains_key(&self.places.command(name));
            if let Some(other) = first_on_path(environment, name, &self.places.program(name))
                && is_linked
            {
                self.note(format!(
                    "`{name}` on your PATH is {}, not ours: {}",
                    self.places.short(&other),
                    way_out(self.places, name)
                ));
            }
        }
    }

    /// What the user does next.
    fn next(&mut self, planner: &Planner<'_>, agents: &[Wirable], environment: &Environment) {
        if planner.changes.is_empty() && planner.left.is_empty() {
            self.note("all of it was installed already, as it is to be".to_owned());
        } else if !agents.is_empty() || !planner.manifest.servers.is_empty() {
            let handoff = self.places.command_word("handoff", environment);
            let can_write = |agent: &&Wirable| wired::can_write(**agent, self.places, &planner.manifest);
            let write: Vec<_> =
                agents.iter().filter(can_write).map(|agent| hosts::skill_call(*agent)).collect();
            let end =
                if write.is_empty() { String::new() } else { format!("; at its end {}", write.join(", ")) };
            let next = format!("start a new session{end}. `{handoff} doctor` says whether it works");
            self.say("next", &next, "next", json!(next));
        }
        if !agents.is_empty()
            && let Some(home) = environment.dispatch_home()
            && !handoff_files::is_taken(&home.join("config.yaml"))
        {
            self.note(format!(
                "to give whole tasks to other agents: `{} init` writes the config.yaml that it takes",
                self.places.command_word("handoff", environment)
            ));
        }
    }

    /// What the agents' own settings switch off of it: the first, and how the rest is seen.
    pub(crate) fn switched_off(&mut self, found: &[String]) {
        let Some(first) = found.first() else { return };
        let more = if found.len() > 1 { format!(", and {} more", found.len() - 1) } else { String::new() };
        self.note(format!("{first}{more}; `handoff doctor` says what to do"));
    }

    /// The files that could not be changed, for programs.
    pub(crate) fn left(&mut self, left: &Leftovers) {
        let entry = |left: &Left<Obstacle>| json!({"path": left.problem.path(), "reason": left.problem.to_string(), "by_hand": left.by_hand});
        self.object.insert("left".to_owned(), left.iter().map(entry).collect());
    }

    /// Codex trusts our hooks.
    pub(crate) fn trusted(&mut self, manifest: &Manifest) {
        let text = if manifest.trust_lost {
            "Codex trusts our hooks, but they are switched off there; `handoff doctor` says how they are switched on"
        } else {
            "Codex runs our hooks from now on"
        };
        self.say("trusted", text, "trusted", json!(true));
    }

    /// The hook is there, and it is not known that Codex runs it: what a person trusted in Codex, Codex alone knows.
    /// `idle` says so, with the way out, where it did run it once.
    pub(crate) fn untrusted(&mut self, idle: Option<String>) {
        let text = idle.unwrap_or_else(|| {
            format!("Codex runs a hook only once you trust it. If you have not yet: {HOW_TO_TRUST}")
        });
        self.note(format!("{text}. Until then its instructions do the work"));
    }

    /// What was changed, for programs.
    pub(crate) fn done(&mut self, changes: &[Change]) {
        self.changes
            .extend(changes.iter().map(|change| json!({"path": change.path(), "action": action(change)})));
    }

    /// What would be changed.
    pub(crate) fn would(&mut self, change: &Change) {
        let path = self.places.short(change.path());
        let is_own = change.path().starts_with(&self.places.prefix);
        let text = match change {
            Change::Directory { .. } => format!("would make the directory {path}"),
            Change::Link { target, .. } => format!("would link {path} to {}", self.places.short(target)),
            Change::Remove(_) => format!("would remove {path}"),
            Change::RemoveDirectory(_) => format!("would remove the directory {path}, if it is empty then"),
            Change::Write { content, mode: PROGRAM, .. } => {
                format!("would write the program {path}, {} bytes", content.len())
            }
            Change::Write { .. } | Change::Place { .. } => format!("would write {path}"),
            Change::Edit(Edit { after: Some(_), .. }) => format!("would change {path}"),
            Change::Edit(_) => format!("would remove {path}"),
        };
        // What is all ours no one has to look at.
        let diff = if is_own { None } else { change.diff() };
        self.changes.push(json!({"path": change.path(), "action": action(change), "diff": diff}));
        if is_own && matches!(change, Change::Directory { .. } | Change::Write { mode: PRIVATE, .. }) {
            return self.own += 1;
        }
        self.lines.push(text);
        self.lines.extend(diff.map(|diff| diff.trim_end().to_owned()));
    }

    /// Prints it.
    pub(crate) fn print(mut self, output: &Output) -> Status {
        if self.json {
            self.object.insert("changes".to_owned(), Value::Array(self.changes));
            self.object.insert("notes".to_owned(), json!(self.notes));
            return output.print(&format!("{}\n", Value::Object(self.object)));
        }
        if self.own > 0 {
            let prefix = self.places.short(&self.places.prefix);
            self.lines.push(format!("would make {} more files and directories in {prefix}", self.own));
        }
        if self.lines.is_empty() {
            self.lines.push("nothing to change".to_owned());
        }
        self.lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        output.print(&(self.lines.join("\n") + "\n"))
    }
}

fn action(change: &Change) -> &'static str {
    match change {
        Change::Directory { .. } => "make directory",
        Change::Write { .. } | Change::Place { .. } => "write",
        Change::Edit(edit) if edit.after.is_some() => "edit",
        Change::Edit(_) | Change::Remove(_) => "remove",
        Change::Link { .. } => "link",
        Change::RemoveDirectory(_) => "remove directory",
    }
}
