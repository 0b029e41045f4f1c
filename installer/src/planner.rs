//! Working out a plan: reads everything, changes nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use handoff_files::Foreign;
use handoff_skills::Kind;
use handoff_wiring::hash;

use crate::agent::{Agent, Placed};
use crate::cli_agent;
use crate::error::InstallError;
use crate::manifest::{Edit, Manifest, Original, is_hash_of};
use crate::piece::{MadeIn, Piece};
use crate::places::Places;
use crate::plan::{Change, LARGEST};
use crate::programs::COMMANDS;

/// The longest file of somebody else's that is edited, in bytes.
const LONGEST: u64 = 16 << 20;

/// A file of the user's that is left as it is, though something of ours belongs into it.
pub(crate) struct Left {
    pub(crate) path: PathBuf,
    /// Why, with the path.
    pub(crate) reason: String,
    /// What to put into it by hand.
    pub(crate) by_hand: String,
}

/// A plan in the making.
pub(crate) struct Planner<'p> {
    places: &'p Places,
    /// What was installed before.
    old: &'p Manifest,
    /// What will be when it is carried out.
    pub(crate) manifest: Manifest,
    pub(crate) changes: Vec<Change>,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
    problems: Vec<String>,
    /// Files of the user's that cannot be changed; everything else is.
    pub(crate) left: Vec<Left>,
    /// The files that are all ours and belong to what is installed now.
    written: BTreeSet<PathBuf>,
}

impl<'p> Planner<'p> {
    pub(crate) fn new(places: &'p Places, old: &'p Manifest) -> Self {
        Self {
            places,
            old,
            manifest: old.clone(),
            changes: Vec::new(),
            notes: Vec::new(),
            problems: Vec::new(),
            left: Vec::new(),
            written: BTreeSet::new(),
        }
    }

    /// Fails when anything is in the way.
    ///
    /// # Errors
    /// [`InstallError::InTheWay`] with all of it.
    pub(crate) fn check(&mut self) -> Result<(), InstallError> {
        match std::mem::take(&mut self.problems) {
            problems if problems.is_empty() => Ok(()),
            mut problems => {
                problems.dedup();
                Err(InstallError::InTheWay(problems))
            }
        }
    }

    /// A directory and those above it, as far as they are missing.
    pub(crate) fn directory(&mut self, path: &Path) {
        let missing = path.ancestors().take_while(|path| !handoff_files::is_directory(path));
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.reverse();
        // Another installer may have made it since.
        let is_other = |path: &&PathBuf| handoff_files::is_taken(path) && !handoff_files::is_directory(path);
        if let Some(taken) = missing.iter().find(is_other) {
            return self.problems.push(format!(
                "could not create {}: it is no directory",
                handoff_text::Sanitised::path(taken)
            ));
        }
        for path in missing {
            if !self.changes.iter().any(|change| matches!(change, Change::Directory(other) if *other == path))
            {
                self.changes.push(Change::Directory(path.clone()));
            }
            if !self.manifest.directories.contains(&path) {
                self.manifest.directories.push(path);
            }
        }
    }

    /// The prefix, which is ours also when an installer that was killed made it.
    pub(crate) fn prefix(&mut self) {
        let prefix = &self.places.prefix;
        self.directory(prefix);
        if !self.manifest.directories.contains(prefix) {
            self.manifest.directories.push(prefix.clone());
        }
    }

    /// The state directory, which what first keeps state there creates: what of it was missing goes again with the rest.
    pub(crate) fn state(&mut self) {
        let path = self.places.state.path();
        let missing = path.ancestors().take_while(|path| !handoff_files::is_directory(path));
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.reverse();
        missing.retain(|path| !self.manifest.directories.contains(path));
        self.manifest.directories.extend(missing);
    }

    /// The store, which the agents' sandboxes only open where it is there. It stays when everything else goes.
    pub(crate) fn store(&mut self) {
        let path = self.places.store.clone();
        let is_made = |change: &Change| matches!(change, Change::Directory(made) if *made == path);
        if handoff_files::is_directory(&path) || self.changes.iter().any(is_made) {
            return;
        }
        if handoff_files::is_taken(&path) && !handoff_files::is_directory(&path) {
            self.problems.push(format!(
                "could not create {}: it is no directory",
                handoff_text::Sanitised::path(&path)
            ));
        } else {
            self.changes.push(Change::Directory(path));
        }
    }

    /// A file that is all ours, in a directory that is too.
    pub(crate) fn write(&mut self, path: PathBuf, content: Vec<u8>, program: bool) {
        if let Some(parent) = path.parent() {
            self.directory(parent);
        }
        self.manifest.files.insert(path.clone(), hash(&content));
        self.written.insert(path.clone());
        let there = handoff_files::read_file(&path, LARGEST).ok();
        let runs = !program || handoff_files::is_program(&path);
        if there.as_deref() != Some(&content) || !runs {
            self.changes.push(Change::Write { path, content, program });
        }
    }

    /// A skill's file, in the agent's own directory, where the user may have one of that name or have changed ours.
    pub(crate) fn skill(&mut self, skill: Placed) {
        if let Some(link) = old_skill_link(&skill) {
            if let Some(target) = cli_link(&skill).and_then(|link| handoff_files::link_target(&link)) {
                // What was a link of its directory comes back as one of its file, which is the same to its reader.
                let target = if link == skill.path || skill.kind == Kind::Agent {
                    target
                } else {
                    target.join("SKILL.md")
                };
                self.replace(&skill.path, Original::Link(target));
            }
            return self.skill_instead(&link, skill);
        }
        let Placed { kind, path, text, .. } = skill;
        let there = match Foreign::read(&path, LONGEST) {
            Ok(file) => file,
            Err(error) => return self.problems.push(error.to_string()),
        };
        let recorded = self.old.files.get(&path);
        // handoff-cli may have put its own in the place of ours since.
        let is_of_cli = |content: &[u8]| kind == Kind::Agent && cli_agent::is_one(content);
        let is_replaced = |content: &[u8]| match recorded {
            _ if is_of_cli(content) => true,
            _ if self.is_shared_of(&path, content) => true,
            Some(recorded) => is_hash_of(recorded, content),
            None => is_orphan(content),
        };
        match there.content() {
            Some(content) if content != text.as_bytes() && !is_replaced(content) => {
                let shown = self.places.short(&path);
                match (recorded, kind) {
                    (Some(_), _) => self.notes.push(format!(
                        "{shown} was changed after it was installed, so it stays as it is; remove it and install again to get ours"
                    )),
                    (None, Kind::Skill) if is_ours(content) => self.problems.push(format!(
                        "could not place the skill {shown}: there is one of another installation; run the `handoff uninstall` of that first"
                    )),
                    (None, Kind::Skill) => self.problems.push(format!(
                        "could not place the skill {shown}: there is another one; move it away, or leave its agent out with --only"
                    )),
                    (None, Kind::Agent) => self.notes.push(format!(
                        "{shown} is another agent, so it stays; remove it and install again to get ours"
                    )),
                }
            }
            Some(content) if recorded.is_none() && is_orphan(content) => {
                // Its directory was made by that installation, which cannot remove it any more.
                if let (Kind::Skill, Some(dir)) = (kind, path.parent())
                    && !self.manifest.directories.iter().any(|other| other == dir)
                {
                    self.manifest.directories.push(dir.to_owned());
                }
                self.write(path, text.into_bytes(), false);
            }
            Some(content) if is_of_cli(content) => {
                let original = Original::Text(String::from_utf8_lossy(content).into_owned());
                self.replace(&path, original);
                self.write(path, text.into_bytes(), false);
            }
            _ => self.write(path, text.into_bytes(), false),
        }
    }

    /// Whether a file is what was written under another name of it: agents may share a directory through a link.
    fn is_shared_of(&self, path: &Path, content: &[u8]) -> bool {
        let real = handoff_files::canonical(path);
        let is_other = |other: &Path| other != path && handoff_files::canonical(other) == real;
        self.old.files.iter().any(|(other, written)| is_hash_of(written, content) && is_other(other))
    }

    /// Removes an agent's skills that run programs of a prefix that is gone: its manifest went with it.
    pub(crate) fn remove_orphans(&mut self, agent: Agent) {
        for Placed { kind, path, .. } in agent.placed(self.places, self.old) {
            let content = handoff_files::read_file(&path, LARGEST).unwrap_or_default();
            if self.old.files.contains_key(&path) || !is_orphan(&content) {
                continue;
            }
            self.changes.push(Change::Remove(path.clone()));
            if let (Kind::Skill, Some(dir)) = (kind, path.parent()) {
                self.changes.push(Change::RemoveDirectory(dir.to_owned()));
            }
        }
    }

    /// Removes the commands on PATH that lead into a prefix that is gone.
    pub(crate) fn remove_orphaned_commands(&mut self) {
        for name in COMMANDS {
            let path = self.places.command(name);
            let target = handoff_files::link_target(&path);
            if !self.old.links.contains_key(&path) && target.is_some_and(|there| leads_nowhere(&there, name))
            {
                self.changes.push(Change::Remove(path));
            }
        }
    }

    /// Notes what of handoff-cli's gives way.
    fn replace(&mut self, path: &Path, original: Original) {
        let shown = self.places.short(path);
        self.notes
            .push(format!("{shown} was handoff-cli's and is ours now; `handoff uninstall` puts it back"));
        self.manifest.replaced.insert(path.to_owned(), original);
    }

    /// Puts back what gave way to us, wherever nothing else is in the place of it.
    fn restore(&mut self, is_meant: impl Fn(&Path) -> bool) {
        for (path, original) in self.old.replaced.iter().filter(|(path, _)| is_meant(path)) {
            self.manifest.replaced.remove(path);
            let goes = |change: &Change| matches!(change, Change::Remove(other) if other == path);
            if handoff_files::is_taken(path) && !self.changes.iter().any(goes) {
                continue;
            }
            let path = path.clone();
            self.changes.push(match original {
                Original::Text(text) => {
                    Change::Write { path, content: text.clone().into_bytes(), program: false }
                }
                // Its package may have gone since.
                Original::Link(target) if !handoff_files::is_taken(target) => continue,
                Original::Link(target) => Change::Link { path, target: target.clone() },
            });
        }
    }

    /// A skill's file where `link` is now: what that leads to is left alone.
    fn skill_instead(&mut self, link: &Path, Placed { kind, path, text, .. }: Placed) {
        self.changes.push(Change::Remove(link.to_owned()));
        self.manifest.files.insert(path.clone(), hash(text.as_bytes()));
        self.written.insert(path.clone());
        // It is there, or a link that goes first is: never found missing, and made for this file alone all the same.
        if let (Kind::Skill, Some(dir)) = (kind, path.parent().map(Path::to_owned)) {
            if !self.manifest.directories.contains(&dir) {
                self.manifest.directories.push(dir.clone());
            }
            if dir == link {
                self.changes.push(Change::Directory(dir));
            }
        }
        self.changes.push(Change::Write { path, content: text.into_bytes(), program: false });
    }

    /// Removes what an earlier version had in the prefix and this one has not.
    pub(crate) fn remove_stale(&mut self) {
        let prefix = self.places.prefix.clone();
        for path in self.old.files.keys().filter(|path| path.starts_with(&prefix)) {
            if !self.written.contains(path) {
                self.manifest.files.remove(path);
                self.changes.push(Change::Remove(path.clone()));
            }
        }
    }

    /// The commands on PATH. Other programs of their names are left alone.
    pub(crate) fn commands(&mut self) {
        for name in COMMANDS {
            self.command(name);
        }
    }

    fn command(&mut self, name: &str) {
        let (path, target) = (self.places.command(name), self.places.program(name));
        let there = handoff_files::link_target(&path);
        if there.as_ref() == Some(&target) {
            self.manifest.links.insert(path, target);
            return;
        }
        let ours = there.is_some_and(|there| {
            self.old.links.get(&path) == Some(&there)
                || there.ends_with(Path::new(".agent-handoff/bin").join(name))
                || leads_nowhere(&there, name)
        });
        if !ours && handoff_files::is_taken(&path) {
            let (path, target) = (self.places.short(&path), self.places.short(&target));
            self.notes.push(format!("{path} is another program, so it stays; ours is {target}"));
            return;
        }
        self.directory(&self.places.commands());
        self.manifest.links.insert(path.clone(), target.clone());
        self.changes.push(Change::Link { path, target });
    }

    /// Whether a piece of ours is in its file, as far as that can be read.
    pub(crate) fn holds(&self, piece: &Piece) -> bool {
        let file = handoff_files::read_file(&piece.path(), LONGEST).unwrap_or_default();
        handoff_wiring::text(&file).is_ok_and(|text| piece.is_in(text) == Ok(true))
    }

    /// Puts a piece of ours into its file. One that cannot be changed is noted in [`Planner::left`].
    pub(crate) fn wire(&mut self, piece: &Piece) {
        let path = piece.path();
        if let Err(reason) = self.try_wire(piece, &path) {
            self.left.push(Left { path, reason, by_hand: piece.by_hand() });
        }
    }

    fn try_wire(&mut self, piece: &Piece, path: &Path) -> Result<(), String> {
        let (file, text) = read(path)?;
        let before = self.without(piece, text.as_deref());
        let wired = before.and_then(|before| Ok((before, piece.wire(text.as_deref())?)));
        let (before, (after, made)) = wired.map_err(|error| malformed(path, &error))?;
        let recorded = self.old.edits.get(path);
        if text.as_deref() == Some(&after) {
            if recorded.is_none() {
                let edit = Edit::new(before.as_deref(), &after, MadeIn::ALL);
                self.manifest.edits.insert(path.to_owned(), edit);
            }
            return Ok(());
        }
        file.check_writable().map_err(|error| error.to_string())?;
        let made = recorded.map_or(made, |recorded| recorded.made().or(made));
        self.manifest.edits.insert(path.to_owned(), Edit::new(before.as_deref(), &after, made));
        if let Some(directory) = file.directory() {
            self.directory(&directory);
        }
        self.changes.push(Change::Edit { file, content: Some(after) });
        Ok(())
    }

    /// Takes a piece of ours out of its file. One that cannot be changed is noted in [`Planner::left`], and stays on
    /// record, unless nothing of ours is in it.
    pub(crate) fn unwire(&mut self, piece: &Piece) {
        let path = piece.path();
        match self.try_unwire(piece, &path) {
            Err(reason) if self.may_hold_ours(&path) => {
                self.left.push(Left { path, reason, by_hand: piece.to_take_out() });
            }
            _ => drop(self.manifest.edits.remove(&path)),
        }
    }

    fn try_unwire(&mut self, piece: &Piece, path: &Path) -> Result<(), String> {
        let (file, text) = read(path)?;
        let content = self.without(piece, text.as_deref()).map_err(|error| malformed(path, &error))?;
        if content != text {
            file.check_writable().map_err(|error| error.to_string())?;
            self.changes.push(Change::Edit { file, content });
        }
        Ok(())
    }

    /// Whether something of ours may be in a file that cannot be edited: it names us, or it cannot be read and is on
    /// record.
    fn may_hold_ours(&self, path: &Path) -> bool {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        let content = match handoff_files::read_file(path, LONGEST) {
            Ok(content) => content,
            Err(error) if matches!(error.kind(), NotADirectory | NotFound) => return false,
            Err(_) => return self.old.edits.contains_key(path),
        };
        let places = [&self.places.prefix, &self.places.store].map(|path| path.display().to_string());
        let names = ["agent-handoff", "session-start", &places[0], &places[1]];
        names.iter().any(|name| content.windows(name.len()).any(|bytes| bytes == name.as_bytes()))
    }

    /// Removes what was installed and is still as it was, wherever `is_meant`.
    pub(crate) fn remove(&mut self, is_meant: impl Fn(&Path) -> bool) {
        for (path, written) in self.old.files.iter().filter(|(path, _)| is_meant(path)) {
            self.manifest.files.remove(path);
            // Another agent reads the same file, and goes on doing so.
            let real = handoff_files::canonical(path);
            let is_kept = |other: &PathBuf| !is_meant(other) && handoff_files::canonical(other) == real;
            if !path.starts_with(&self.places.prefix) && self.old.files.keys().any(is_kept) {
                continue;
            }
            match handoff_files::read_file(path, LARGEST) {
                Ok(there)
                    if !is_hash_of(written, &there)
                        && !self.is_shared_of(path, &there)
                        && !path.starts_with(&self.places.prefix) =>
                {
                    let path = self.places.short(path);
                    self.notes.push(format!("{path} was changed after it was installed, so it stays"));
                }
                Ok(_) => self.changes.push(Change::Remove(path.clone())),
                Err(_) => {}
            }
        }
        for (path, target) in self.old.links.iter().filter(|(path, _)| is_meant(path)) {
            self.manifest.links.remove(path);
            if handoff_files::link_target(path).as_ref() == Some(target) {
                self.changes.push(Change::Remove(path.clone()));
            }
        }
        // Before their directories, which then are not empty and stay.
        self.restore(&is_meant);
        for path in self.old.directories.iter().rev().filter(|path| is_meant(path)) {
            self.manifest.directories.retain(|other| other != path);
            if handoff_files::is_directory(path) {
                self.changes.push(Change::RemoveDirectory(path.clone()));
            }
        }
    }

    /// Removes the links that the bash program's installer made for an agent.
    pub(crate) fn remove_old_links(&mut self, agent: Agent) {
        let old = match agent {
            Agent::Claude => self.places.claude.join("skills/handoff"),
            Agent::Codex => self.places.codex.join("plugins/agent-handoff"),
        };
        let removed = self.changes.iter().any(|change| change.path() == old);
        if !removed && handoff_files::link_target(&old).is_some_and(|target| is_old_link(&old, &target)) {
            self.changes.push(Change::Remove(old));
        }
    }

    /// The file as it is without us; None for no file.
    fn without(
        &self,
        piece: &Piece,
        text: Option<&str>,
    ) -> Result<Option<String>, handoff_wiring::Malformed> {
        let Some(text) = text else { return Ok(None) };
        let recorded = self.old.edits.get(&piece.path());
        if let Some(before) = recorded.and_then(|edit| edit.undo(text).ok()) {
            return Ok(before);
        }
        if !piece.is_in(text)? {
            return Ok(Some(text.to_owned()));
        }
        let before = piece.unwire(text, recorded.map_or(MadeIn::ALL, Edit::made))?;
        let is_empty = matches!(before.trim().trim_start_matches('\u{feff}'), "" | "{}");
        Ok((!(is_empty && recorded.is_some_and(Edit::created))).then_some(before))
    }
}

/// A file of somebody else's and its text; why it cannot be had, otherwise.
fn read(path: &Path) -> Result<(Foreign, Option<String>), String> {
    let file = Foreign::read(path, LONGEST).map_err(|error| error.to_string())?;
    let text = file.content().map(handoff_wiring::text).transpose();
    let text = text.map_err(|error| malformed(path, &error))?.map(str::to_owned);
    Ok((file, text))
}

fn malformed(path: &Path, error: &handoff_wiring::Malformed) -> String {
    let not_allowed = error.reason.ends_with("not allowed");
    let so = if not_allowed { ", and its agent passes over a file with them as a whole" } else { "" };
    format!("could not change {}: {error}{so}", handoff_text::Sanitised::path(path))
}

/// The link that stands where a skill's file or its directory goes, when handoff-cli or the bash program's installer made
/// it.
fn old_skill_link(skill: &Placed) -> Option<PathBuf> {
    let of_bash = || {
        let dir = skill.path.parent().filter(|_| skill.kind == Kind::Skill)?;
        let target = handoff_files::link_target(dir)?;
        is_old_link(dir, &target).then(|| dir.to_owned())
    };
    cli_link(skill).or_else(of_bash)
}

/// The link into handoff-cli's package, which is called `cli`, that stands where a skill's file or its directory goes.
pub(crate) fn cli_link(skill: &Placed) -> Option<PathBuf> {
    let is_of_cli = |(link, name): &(&Path, &Path)| {
        handoff_files::link_target(link).is_some_and(|to| to.ends_with(Path::new("cli/skills").join(name)))
    };
    let file = (skill.path.as_path(), Path::new(&skill.name));
    let directory = file.0.parent().zip(file.1.parent()).filter(|_| skill.kind == Kind::Skill);
    [Some(file), directory].into_iter().flatten().find(is_of_cli).map(|(link, _)| link.to_owned())
}

/// Whether a skill is one of ours, of whichever version and prefix.
fn is_ours(skill: &[u8]) -> bool {
    let text = String::from_utf8_lossy(skill);
    text.contains("/bin/handoff") || text.contains("/bin/installer")
}

/// Whether a link to the command `name` of an installation leads to a prefix that is gone.
fn leads_nowhere(target: &Path, name: &str) -> bool {
    target.is_absolute()
        && target.ends_with(Path::new("bin").join(name))
        && target.parent().is_some_and(|bin| !handoff_files::is_directory(bin))
}

/// Whether a skill of ours runs programs of a prefix that is gone.
fn is_orphan(skill: &[u8]) -> bool {
    let text = String::from_utf8_lossy(skill);
    let Some(end) = ["/bin/handoff", "/bin/installer"].iter().filter_map(|name| text.find(name)).min() else {
        return false;
    };
    let start = text[..end].rfind([' ', '\n', '(', '`', '\'', '"']).map_or(0, |at| at + 1);
    let prefix = Path::new(&text[start..end]);
    prefix.is_absolute() && !handoff_files::is_directory(&prefix.join("bin"))
}

/// Whether a link was made by the bash program's installer, wherever that was checked out.
pub(crate) fn is_old_link(link: &Path, target: &Path) -> bool {
    let target = link.parent().unwrap_or(Path::new("/")).join(target);
    let checkout = target.ancestors().take(5).any(|dir| {
        handoff_files::is_directory(&dir.join("adapters/claude-code"))
            || handoff_files::is_directory(&dir.join("adapters/codex"))
    });
    let text = target.to_string_lossy();
    checkout
        || text.contains("/adapters/")
        || (text.contains("/agent-handoff/") && !handoff_files::is_taken(&target))
}
