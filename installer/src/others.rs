//! The other installations of this user: what they wired is theirs, and theirs to remove.
//!
//! They are found by what stands in the agents' files and names their programs. One whose prefix is gone, or that has
//! no installer to remove it, is none: what is left of it is taken over or removed like our own.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use handoff_agents::{SessionHook, SkillsDirectory, Wirable};
use handoff_edits::MAX_FILE_BYTES;
use handoff_wiring::Call;

use crate::fragment::{BLOCK, hook};
use crate::hosts;
use crate::manifest::{self, Manifest};
use crate::own_file;
use crate::places::Places;
use crate::programs::{COMMANDS, FRONT_DOOR};

/// Another installation that can be removed by its own installer.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    /// Where it is.
    pub(crate) prefix: PathBuf,
    /// The files of agents that it has something in; all of them where its manifest cannot be read.
    edits: Option<Vec<PathBuf>>,
    /// The agents whose files name its programs.
    wired: Vec<Wirable>,
}

impl Other {
    /// The command that removes what it wired for `agents`; everything of it where that is all that is wired.
    pub(crate) fn removal(&self, agents: &[Wirable]) -> String {
        let prefix = handoff_process::quoted(&self.prefix);
        let installer = handoff_process::quoted(&self.prefix.join("bin/handoff"));
        let is_all = self.wired.iter().all(|agent| agents.contains(agent));
        let words: Vec<_> = agents.iter().map(|host| host.id).collect();
        let only = if is_all { String::new() } else { format!(" --only {}", words.join(",")) };
        // Without --home a variable could name another prefix.
        format!("{installer} uninstall{only} --home {prefix}")
    }

    /// Those of `agents` that it wired.
    pub(crate) fn wired(&self, agents: &[Wirable]) -> Vec<Wirable> {
        agents.iter().copied().filter(|agent| self.wired.contains(agent)).collect()
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Others(Vec<Other>);

impl Others {
    /// Looks at the agents' files and at the commands on PATH.
    pub(crate) fn find(places: &Places) -> Self {
        let mut others = Self::default();
        for host in Wirable::all() {
            for program in programs_of(host, places) {
                others.add(&program, Some(host), places);
            }
        }
        for name in COMMANDS {
            if let Some(target) = handoff_files::link_target(&places.command(name)) {
                others.add(&target, None, places);
            }
        }
        for program in shared_skills(places) {
            others.add_shared(&program, places);
        }
        others
    }

    /// The skills that several hosts read say only whose they are: for which hosts, its manifest says.
    fn add_shared(&mut self, program: &Path, places: &Places) {
        let Some(prefix) = prefix_of(program, places) else { return };
        let its = Places { prefix: prefix.to_owned(), ..places.clone() };
        let wired: Vec<_> =
            Manifest::load(&its).map(|manifest| manifest.agents.known().collect()).unwrap_or_default();
        let readers = Wirable::all().filter(has_shared_skills).filter(|host| wired.contains(host));
        let readers: Vec<_> = readers.map(Some).collect();
        let readers = if readers.is_empty() { vec![None] } else { readers };
        readers.into_iter().for_each(|host| self.add(program, host, places));
    }

    fn add(&mut self, program: &Path, host: Option<Wirable>, places: &Places) {
        let Some(prefix) = prefix_of(program, places) else { return };
        let real = handoff_files::canonical(prefix);
        let known = self.0.iter().position(|other| handoff_files::canonical(&other.prefix) == real);
        let number = known.unwrap_or_else(|| {
            let its = Places { prefix: prefix.to_owned(), ..places.clone() };
            let edits = Manifest::load(&its).ok().map(|manifest| manifest.edits.into_keys().collect());
            self.0.push(Other { prefix: prefix.to_owned(), edits, wired: Vec::new() });
            self.0.len() - 1
        });
        let wired = &mut self.0[number].wired;
        wired.extend(host.filter(|host| !wired.contains(host)));
    }

    /// Those that wired something for one of `agents`.
    pub(crate) fn of<'o>(&'o self, agents: &'o [Wirable]) -> impl Iterator<Item = &'o Other> {
        self.0.iter().filter(|other| !other.wired(agents).is_empty())
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them has something in the agents' file at `path`.
    pub(crate) fn edited(&self, path: &Path) -> bool {
        let is_in = |edits: &Vec<PathBuf>| edits.iter().any(|edited| edited == path);
        self.0.iter().any(|other| other.edits.as_ref().is_none_or(is_in))
    }

    /// The one whose `handover` is named in one of the files at `paths`.
    pub(crate) fn saving(&self, mut paths: impl Iterator<Item = PathBuf>) -> Option<&Other> {
        paths.find_map(|path| {
            let text = handoff_files::read_file(&path, MAX_FILE_BYTES).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            self.0.iter().find(|other| {
                let program = other.prefix.join("bin/handover").display().to_string();
                text.contains(&program)
            })
        })
    }
}

/// The prefix of the other installation that `program` is of: it can be removed by its own installer.
pub(crate) fn prefix_of<'p>(program: &'p Path, places: &Places) -> Option<&'p Path> {
    let bin = program.parent().filter(|bin| bin.is_absolute() && bin.ends_with("bin"))?;
    let prefix = bin.parent()?;
    let is_installation = handoff_files::is_file(&prefix.join(manifest::NAME))
        && handoff_files::is_program(&bin.join(FRONT_DOOR));
    let is_own = || handoff_files::canonical(prefix) == handoff_files::canonical(&places.prefix);
    (is_installation && !is_own()).then_some(prefix)
}

/// The program that the part of ours in a host's instructions has the agent run.
pub(crate) fn program_in(block: &str) -> Option<PathBuf> {
    let commands = block.lines().filter_map(|line| line.strip_prefix("    "));
    commands.filter_map(Call::of).map(|call| call.program.into()).next()
}

/// The prefix whose programs a skill runs.
pub(crate) fn prefix_in(skill: &[u8]) -> Option<PathBuf> {
    let text = String::from_utf8_lossy(skill);
    let end = ["/bin/handoff", "/bin/installer"].iter().filter_map(|name| text.find(name)).min()?;
    let line = text[..end].rfind('\n').map_or(0, |at| at + 1);
    // A path with blanks stands in quotes.
    let is_quoted = !text[line..end].matches('\'').count().is_multiple_of(2);
    let marks: &[char] = if is_quoted { &['\''] } else { &[' ', '\n', '(', '`', '\'', '"'] };
    let start = text[..end].rfind(marks).map_or(0, |at| at + 1);
    let prefix = PathBuf::from(&text[start..end]);
    prefix.is_absolute().then_some(prefix)
}

/// The programs that a host's files name in the places where ours are.
fn programs_of(host: Wirable, places: &Places) -> Vec<PathBuf> {
    let read = |path: &Path| {
        let content = handoff_files::read_file(path, MAX_FILE_BYTES).unwrap_or_default();
        String::from_utf8(content).unwrap_or_default()
    };
    let hooks = read(&hosts::hook_file(host, places));
    let mut all = match host.wiring.hook.shared() {
        Some(row) => hooked(host, row, places, &hooks),
        None => own_file::program_in(&hooks).into_iter().collect(),
    };
    for name in host.wiring.instructions.iter().flat_map(|instructions| instructions.files.iter().rev()) {
        let text = read(&places.directory(host).join(name));
        all.extend(BLOCK.find(&text).ok().flatten().and_then(|range| program_in(&text[range])));
    }
    if !has_shared_skills(&host) {
        all.extend(run_by_skills(host, places));
    }
    all
}

/// Whether others read a host's skills too.
fn has_shared_skills(host: &Wirable) -> bool {
    matches!(host.wiring.skills, SkillsDirectory::Shared(_))
}

/// The programs that the skills which several hosts read run.
fn shared_skills(places: &Places) -> Vec<PathBuf> {
    Wirable::all().filter(has_shared_skills).flat_map(|host| run_by_skills(host, places)).collect()
}

/// The programs that a host's skills run.
fn run_by_skills(host: Wirable, places: &Places) -> Vec<PathBuf> {
    let prefix = |skill: hosts::Placed| {
        prefix_in(&handoff_files::read_file(&skill.path, MAX_FILE_BYTES).unwrap_or_default())
    };
    let prefixes = hosts::skills(host, places).into_iter().filter_map(prefix);
    prefixes.map(|prefix| prefix.join("bin/handoff")).collect()
}

/// The programs that the handlers of a file run.
fn hooked(host: Wirable, row: &SessionHook, places: &Places, text: &str) -> Vec<PathBuf> {
    let programs = RefCell::new(Vec::new());
    let owns = |call: &Call| {
        programs.borrow_mut().push(PathBuf::from(&call.program));
        false
    };
    // One that cannot be read names nothing, which is said where it is edited.
    let _ = hook(host, row, places, &owns).find(text);
    programs.into_inner()
}
