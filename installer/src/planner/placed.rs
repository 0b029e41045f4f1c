//! Skills, agents and hooks of ours in the agents' own directories, where the user may have others of their names.

use std::path::{Path, PathBuf};

use handoff_agents::Wirable;
use handoff_edits::{Change, MAX_FILE_BYTES, MAX_TEXT_BYTES, PRIVATE, missing};
use handoff_files::{FileError, Foreign};
use handoff_wiring::hash;

use super::{Note, Planner, unwritable};
use crate::cli_agent;
use crate::error::Obstacle;
use crate::hosts::{self, Placed, PlacedKind};
use crate::manifest::{Original, is_hash_of};
use crate::others;
use crate::own_file;

impl Planner<'_> {
    /// A file in the agent's own directory, where the user may have one of that name or have changed ours.
    pub(crate) fn put(&mut self, skill: Placed) {
        let link = old_skill_link(&skill);
        let directory = link.as_deref().unwrap_or(&skill.path).parent().unwrap_or(Path::new("/"));
        if let Err(taken) = missing(directory) {
            return self.leave(taken, "");
        }
        if let Some(link) = link {
            return self.skill_instead(&link, skill);
        }
        let there = match Foreign::read(&skill.path, MAX_TEXT_BYTES) {
            Ok(file) => file,
            // A directory that may not be looked into is in the way of all that goes there.
            Err(error) => {
                let is_denied = error.kind() == std::io::ErrorKind::PermissionDenied;
                let refusal = unwritable(&skill.path, &top(&skill)).filter(|_| is_denied);
                return self.leave(refusal.unwrap_or(error), "");
            }
        };
        if self.may_place(&skill, &there) {
            self.place(skill, there);
        }
    }

    /// Whether a skill's file goes where `there` is. It stays what it is otherwise, which is noted, or is in the way.
    fn may_place(&mut self, skill: &Placed, there: &Foreign) -> bool {
        let Placed { kind, path, text, .. } = skill;
        let recorded = self.old.files.get(path);
        let is_link = handoff_files::link_target(path).is_some();
        let shown = self.places.short(path);
        let Some(content) = there.content() else {
            // What a link of the user's leads to, which is not there, is not ours to make.
            match kind {
                _ if !is_link => return true,
                PlacedKind::Skill | PlacedKind::Hook => {
                    self.leave(Obstacle::DeadLink { path: path.clone(), what: skill.word(), shown }, "");
                }
                PlacedKind::Agent | PlacedKind::Command => self.note(format!(
                    "{shown} is a link that leads nowhere, so it stays; remove it and install again to get ours"
                )),
            }
            return false;
        };
        // handoff-cli may have put its own in the place of ours since.
        let is_replaced = match recorded {
            _ if *kind == PlacedKind::Agent && cli_agent::is_one(content) => true,
            _ if self.is_shared_of(path, content) => true,
            Some(recorded) => is_hash_of(recorded, content),
            None if *kind == PlacedKind::Hook => own_file::is_ours(&skill.name, content),
            None => is_orphan(content),
        };
        if content == text.as_bytes() {
            // A link to a text like ours is the user's, and so is the text.
            return !(is_link && recorded.is_none());
        }
        if is_replaced {
            return true;
        }
        match (recorded, kind) {
            (Some(_), _) => self.note(format!(
                "{shown} was changed after it was installed, so it stays as it is; remove it and install again to get ours"
            )),
            (None, PlacedKind::Skill) => {
                let why = match others::prefix_in(content) {
                    Some(prefix) => {
                        let bin = self.places.short(&prefix.join("bin"));
                        format!("it runs the programs in {bin}; move it away")
                    }
                    None => "there is another one; move it away, or leave its agent out with --only".to_owned(),
                };
                self.problems.push(format!("could not place the skill {shown}: {why}"));
            }
            (None, PlacedKind::Agent | PlacedKind::Command) => self.note(format!(
                "{shown} is another {}, so it stays; remove it and install again to get ours",
                skill.word()
            )),
            (None, PlacedKind::Hook) => {
                self.leave(Obstacle::Foreign { path: path.clone(), what: skill.word(), shown }, "");
            }
        }
        false
    }

    /// Puts a skill's file where `there` is.
    fn place(&mut self, skill: Placed, there: Foreign) {
        let Placed { kind, path, text, .. } = &skill;
        let content = there.content();
        let is_there = content == Some(text.as_bytes());
        if !is_there && let Some(error) = unwritable(path, &top(&skill)) {
            return self.leave(error, "");
        }
        if let Some(parent) = path.parent()
            && let Err(taken) = self.directory(parent)
        {
            return self.leave(taken, "");
        }
        if let Some(content) =
            content.filter(|content| *kind == PlacedKind::Agent && cli_agent::is_one(content))
        {
            let text = String::from_utf8_lossy(content).into_owned();
            self.replace(path, Original::File { text, mode: there.mode() });
        }
        // Its directory was made by an installation that is gone, which cannot remove it any more.
        if !self.old.files.contains_key(path)
            && content.is_some_and(is_orphan)
            && let (PlacedKind::Skill, Some(dir)) = (kind, path.parent())
            && !self.manifest.directories.iter().any(|other| other == dir)
        {
            self.manifest.directories.push(dir.to_owned());
        }
        self.record(path, text, path);
        // The other agent may read the same file.
        let place = there.place();
        let is_planned = self.changes.iter().any(|change| {
            matches!(change, Change::Place { file, content } if *content == text.as_bytes() && file.place() == place)
        });
        let path = path.clone();
        if !is_there && !is_planned {
            self.changes.push(Change::Place { file: there, content: skill.text.into_bytes() });
        }
        self.remove_former(&path);
    }

    /// Removes a file of ours that was written where a link led, which leads there no more.
    fn remove_former(&mut self, path: &Path) {
        let Some(former) = self.old.real.get(path).filter(|real| self.manifest.real.get(path) != Some(real))
        else {
            return;
        };
        let is_former = |path: &PathBuf| handoff_files::canonical(path) == handoff_files::canonical(former);
        if !self.manifest.files.keys().any(is_former) {
            self.remove_real(path, former);
        }
    }

    /// Records a file of ours in an agent's directory, by the path that the agent knows and by where it really is: the
    /// user may make another of the directories a link, or no link any more. `new` is the outermost of its path that is
    /// made for it.
    fn record(&mut self, path: &Path, text: &str, new: &Path) {
        self.manifest.files.insert(path.to_owned(), hash(text.as_bytes()));
        self.written.insert(path.to_owned());
        let there = new.parent().unwrap_or(Path::new("/"));
        let real = path.strip_prefix(there).map(|below| handoff_files::canonical(there).join(below));
        self.manifest.set_real(path, real.ok().filter(|real| real != path));
    }

    /// Whether a file is what was written under another name of it: agents may share a directory through a link.
    fn is_shared_of(&self, path: &Path, content: &[u8]) -> bool {
        let real = handoff_files::canonical(path);
        let is_other = |other: &Path| other != path && handoff_files::canonical(other) == real;
        self.old.files.iter().any(|(other, written)| is_hash_of(written, content) && is_other(other))
    }

    /// Removes an agent's skills that run programs of a prefix that is gone: its manifest went with it.
    pub(crate) fn remove_orphans(&mut self, host: Wirable) {
        for Placed { kind, path, name, .. } in hosts::placed(host, self.places, self.old) {
            let content = handoff_files::read_file(&path, MAX_FILE_BYTES).unwrap_or_default();
            let is_orphan = if kind == PlacedKind::Hook {
                own_file::is_orphan(&name, &content)
            } else {
                is_orphan(&content)
            };
            if self.old.files.contains_key(&path) || !is_orphan {
                continue;
            }
            self.changes.push(Change::Remove(path.clone()));
            if let (PlacedKind::Skill, Some(dir)) = (kind, path.parent()) {
                self.changes.push(Change::RemoveDirectory(dir.to_owned()));
            }
        }
    }

    /// Notes what of handoff-cli's gives way.
    fn replace(&mut self, path: &Path, original: Original) {
        self.notes.push(Note::Replaced(path.to_owned()));
        self.manifest.replaced.insert(path.to_owned(), original);
    }

    /// A skill's file where `link` is now: what that leads to is left alone.
    fn skill_instead(&mut self, link: &Path, skill: Placed) {
        if let Some(error) = unwritable(link, &top(&skill)) {
            return self.leave(error, "");
        }
        if cli_link(&skill).is_some()
            && let Some(target) = handoff_files::link_target(link)
        {
            self.replace(link, Original::Link(target));
        }
        let Placed { kind, path, text, .. } = skill;
        self.changes.push(Change::Remove(link.to_owned()));
        self.record(&path, &text, link);
        // It is there, or a link that goes first is: never found missing, and made for this file alone all the same.
        if let (PlacedKind::Skill, Some(dir)) = (kind, path.parent().map(Path::to_owned)) {
            if !self.manifest.directories.contains(&dir) {
                self.manifest.directories.push(dir.clone());
            }
            if dir == link {
                self.changes.push(Change::Directory { path: dir, shared: false });
            }
        }
        self.changes.push(Change::Write { path, content: text.into_bytes(), mode: PRIVATE });
    }

    /// Removes what was installed and is still as it was, wherever `is_meant`.
    pub(crate) fn remove(&mut self, is_meant: impl Fn(&Path) -> bool) {
        for path in self.old.files.keys().filter(|path| is_meant(path)) {
            self.manifest.files.remove(path);
            self.manifest.real.remove(path);
            if path.starts_with(&self.places.prefix) {
                if handoff_files::is_file(path) {
                    self.changes.push(Change::Remove(path.clone()));
                }
                continue;
            }
            // Another agent reads the same file, and goes on doing so.
            let real = handoff_files::canonical(path);
            let is_kept = |other: &PathBuf| !is_meant(other) && handoff_files::canonical(other) == real;
            if !self.old.files.keys().any(is_kept) {
                self.remove_placed(path);
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
            self.remove_directory(path);
        }
    }

    /// Removes a directory that we made. One that is a link by now is the user's.
    fn remove_directory(&mut self, path: &Path) {
        if handoff_files::is_directory(path) && handoff_files::link_target(path).is_none() {
            self.changes.push(Change::RemoveDirectory(path.to_owned()));
        }
    }

    /// Removes a file of ours from an agent's directory, and from where it really was when it was written.
    fn remove_placed(&mut self, path: &Path) {
        let written = &self.old.files[path];
        let real = self.old.real.get(path).filter(|real| {
            handoff_files::canonical(real) != handoff_files::canonical(path)
                && !self.old.files.contains_key(*real)
        });
        if handoff_files::link_target(path).is_some() {
            let shown = self.places.short(path);
            self.note(format!("{shown} is a link by now, so it stays, with what it leads to"));
            self.changed.push(path.to_owned());
        } else {
            match handoff_files::read_file(path, MAX_FILE_BYTES) {
                Ok(there) if is_hash_of(written, &there) || self.is_shared_of(path, &there) => {
                    self.changes.push(Change::Remove(path.to_owned()));
                }
                Ok(_) => {
                    let shown = self.places.short(path);
                    self.note(format!("{shown} was changed after it was installed, so it stays"));
                    self.changed.push(path.to_owned());
                }
                Err(error) if is_other(&error) => {}
                Err(error) => self.leave(error, ""),
            }
        }
        if let Some(real) = real {
            self.remove_real(path, real);
        }
    }

    /// Removes what was written to `path` from `real`, where it was by then, if it is there still.
    fn remove_real(&mut self, path: &Path, real: &Path) {
        let written = &self.old.files[path];
        let is_written = |content: &[u8]| is_hash_of(written, content) && is_ours(content);
        match handoff_files::read_file(real, MAX_FILE_BYTES) {
            _ if handoff_files::link_target(real).is_some() => {}
            Ok(content) if is_written(&content) => {
                self.changes.push(Change::Remove(real.to_owned()));
                let is_made =
                    path.parent().is_some_and(|dir| self.old.directories.iter().any(|old| old == dir));
                if let Some(directory) = real.parent().filter(|_| is_made) {
                    self.remove_directory(directory);
                }
            }
            Err(error) if !is_other(&error) => self.leave(error, ""),
            _ => {}
        }
    }

    /// Puts back what gave way to us, wherever nothing else is in the place of it.
    fn restore(&mut self, is_meant: impl Fn(&Path) -> bool) {
        for (path, original) in self.old.replaced.iter().filter(|(path, _)| is_meant(path)) {
            self.manifest.replaced.remove(path);
            let directory = path.parent().unwrap_or(Path::new("/"));
            // Its package may have gone since.
            let is_gone = |target: &Path| !handoff_files::is_taken(&directory.join(target));
            if matches!(original, Original::Link(target) if is_gone(target)) {
                continue;
            }
            if self.is_in_the_way(path) {
                let shown = self.places.short(path);
                self.note(format!(
                    "what of handoff-cli's was at {shown} is not put back: something else is there"
                ));
                continue;
            }
            self.remove_directory(path);
            let path = path.clone();
            self.changes.push(match original {
                Original::Link(target) => Change::Link { path, target: target.clone() },
                Original::Text(text) => {
                    Change::Write { path, content: text.clone().into_bytes(), mode: PRIVATE }
                }
                Original::File { text, mode } => {
                    Change::Write { path, content: text.clone().into_bytes(), mode: *mode }
                }
            });
        }
    }

    /// Whether something stands at `path` that is not removed: of a directory, anything in it.
    fn is_in_the_way(&self, path: &Path) -> bool {
        let goes = |path: &Path| {
            self.changes.iter().any(|change| matches!(change, Change::Remove(other) if other == path))
        };
        if !handoff_files::is_taken(path) || goes(path) {
            return false;
        }
        if handoff_files::link_target(path).is_some() || !handoff_files::is_directory(path) {
            return true;
        }
        let entries = handoff_files::Dir::open(path).ok().flatten().and_then(|dir| dir.entries().ok());
        entries.is_none_or(|entries| entries.iter().any(|entry| !goes(&path.join(&entry.name))))
    }

    /// Removes the links that the bash program's installer made for an agent.
    pub(crate) fn remove_old_links(&mut self, host: Wirable) {
        for link in host.wiring.former_links {
            let old = self.places.directory(host).join(link);
            let removed = self.changes.iter().any(|change| change.path() == old);
            if !removed && handoff_files::link_target(&old).is_some_and(|target| is_old_link(&old, &target)) {
                self.changes.push(Change::Remove(old));
            }
        }
    }
}

/// The directory that has all of an agent's skills, or all of its agents.
fn top(skill: &Placed) -> PathBuf {
    let levels = if skill.kind == PlacedKind::Skill { 2 } else { 1 };
    skill.path.ancestors().nth(levels).unwrap_or(Path::new("/")).to_owned()
}

/// Whether what is said of a file of ours is that there is none: something else stands there, or nothing.
fn is_other(error: &FileError) -> bool {
    use std::io::ErrorKind::{FileTooLarge, InvalidInput, IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), FileTooLarge | InvalidInput | IsADirectory | NotADirectory | NotFound)
}

/// The link that stands where a skill's file or its directory goes, when handoff-cli or the bash program's installer made
/// it.
fn old_skill_link(skill: &Placed) -> Option<PathBuf> {
    let of_bash = || {
        let dir = skill.path.parent().filter(|_| skill.kind == PlacedKind::Skill)?;
        let target = handoff_files::link_target(dir)?;
        is_old_link(dir, &target).then(|| dir.to_owned())
    };
    cli_link(skill).or_else(of_bash)
}

/// The link into handoff-cli's package, which is called `cli`, that stands where a skill's file or its directory goes.
pub(crate) fn cli_link(skill: &Placed) -> Option<PathBuf> {
    if !matches!(skill.kind, PlacedKind::Skill | PlacedKind::Agent) {
        return None;
    }
    let is_of_cli = |(link, name): &(&Path, &Path)| {
        handoff_files::link_target(link).is_some_and(|to| to.ends_with(Path::new("cli/skills").join(name)))
    };
    let file = (skill.path.as_path(), Path::new(&skill.name));
    let directory = file.0.parent().zip(file.1.parent()).filter(|_| skill.kind == PlacedKind::Skill);
    [Some(file), directory].into_iter().flatten().find(is_of_cli).map(|(link, _)| link.to_owned())
}

/// Whether a file names programs of ours, of whichever version and prefix.
fn is_ours(skill: &[u8]) -> bool {
    let text = String::from_utf8_lossy(skill);
    ["/bin/handoff", "/bin/installer", "/bin/session-start"].iter().any(|program| text.contains(program))
}

/// Whether a skill of ours runs programs of a prefix that is gone.
fn is_orphan(skill: &[u8]) -> bool {
    others::prefix_in(skill).is_some_and(|prefix| !handoff_files::is_directory(&prefix.join("bin")))
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
