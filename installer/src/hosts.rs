//! What each host that is wired is given.

use std::path::{Path, PathBuf};

use handoff_agents::{Host, PluginEntry, PluginList, SandboxList, SkillText, Wirable};
use handoff_process::Environment;
use handoff_skills::{Kind, Programs, Rendered, Skill, Target};
use handoff_wiring::Roots;

use crate::cli_agent;
use crate::fragment::{Fragment, HostFile, Looks};
use crate::manifest::Manifest;
use crate::own_file;
use crate::places::Places;

/// What a file is to the host that finds it in its own directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlacedKind {
    /// A skill.
    Skill,
    /// An agent that it gives tasks to.
    Agent,
    /// A command of its user's, in the place of a skill.
    Command,
    /// What has it run our hook.
    Hook,
}

/// A file of ours that a host finds in its own directories.
pub(crate) struct Placed {
    pub(crate) kind: PlacedKind,
    /// What it is called below its directory, with `/`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Placed {
    /// What it is.
    pub(crate) fn word(&self) -> &'static str {
        match self.kind {
            PlacedKind::Skill => "skill",
            PlacedKind::Agent => "agent",
            PlacedKind::Command => "command",
            PlacedKind::Hook => "hook",
        }
    }
}

/// The hosts' names, for people.
pub(crate) fn named(hosts: &[Wirable]) -> String {
    joined(&hosts.iter().map(|host| host.name).collect::<Vec<_>>())
}

/// `a, b and c`.
pub(crate) fn joined(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// That no host is here, as the beginning of a sentence.
pub(crate) fn none_was_found() -> String {
    let names: Vec<_> = Wirable::all().map(|host| host.name).collect();
    match names.as_slice() {
        [one, other] => format!("neither {one} nor {other} was found"),
        names => format!("none of {} was found", joined(names)),
    }
}

/// How its user calls the skill that leaves a handoff.
pub(crate) fn skill_call(host: Wirable) -> String {
    format!("{}handoff in {}", skill_prefix(host), host.name)
}

/// What its user types before a skill's name.
pub(crate) fn skill_prefix(host: Wirable) -> char {
    host.skills.map_or('/', |form| form.prefix)
}

/// The path of its program; `None` where it is not on PATH.
pub(crate) fn program(host: Wirable, environment: &Environment) -> Option<PathBuf> {
    host.signs.programs.iter().find_map(|name| environment.find_program(name))
}

/// Whether this user has it: its directory, or its program on PATH.
pub(crate) fn is_here(host: Wirable, places: &Places, environment: &Environment) -> bool {
    handoff_files::is_directory(places.directory(host)) || program(host, environment).is_some()
}

/// The file that has its hook.
pub(crate) fn hook_file(host: Wirable, places: &Places) -> PathBuf {
    places.directory(host).join(host.wiring.hook.file())
}

/// The file that it reads its user's instructions from, with ours; `None` where it needs none.
pub(crate) fn instructions(host: Wirable, places: &Places, looks: Looks) -> Option<HostFile> {
    let directory = places.directory(host);
    let name = Fragment::instructions_file(host.wiring.instructions?, directory);
    Some(HostFile::new(places, directory.join(name), vec![Fragment::Instructions(looks)]))
}

/// What is put into its files. A hook that is wired on request only where it was asked for.
pub(crate) fn files(host: Wirable, places: &Places, manifest: &Manifest) -> Vec<HostFile> {
    let on_request = host.wiring.hook.on_request();
    let mut files: Vec<HostFile> = instructions(host, places, manifest.looks()).into_iter().collect();
    let mut others = edits(host, places.directory(host), places, manifest);
    others.retain(|file| !on_request || manifest.hook_on_request || !file.has_hook());
    files.extend(others);
    files
}

/// Every file that something of ours may be in: also one that the host does not read any more, and those of directories
/// that it was wired in.
pub(crate) fn all_files(host: Wirable, places: &Places, manifest: &Manifest) -> Vec<HostFile> {
    // A file of servers may be called like one of another host's.
    let has_server = |path: &PathBuf| manifest.servers.values().any(|file| file == path);
    let is_its = |path: &&PathBuf| !has_server(path) && owner(path, places) == Some(host);
    let wired = manifest.edits.keys().filter(is_its).filter_map(|path| path.parent());
    let mut directories: Vec<&Path> = wired.chain([places.directory(host)]).collect();
    directories.sort_unstable();
    directories.dedup();
    let in_directory = |directory: &Path| {
        let names = host.wiring.instructions.iter().flat_map(|instructions| instructions.files.iter().rev());
        let instructions = names.map(|name| {
            HostFile::new(places, directory.join(name), vec![Fragment::Instructions(Looks::Agent)])
        });
        instructions.chain(edits(host, directory, places, manifest)).collect::<Vec<_>>()
    };
    directories.into_iter().flat_map(in_directory).collect()
}

/// The host that an edited file is of: the one whose directory it is in, or is called so.
fn owner(file: &Path, places: &Places) -> Option<Wirable> {
    let directory = file.parent()?;
    let has = |host: &Wirable| host.wiring.files().iter().any(|name| directory.join(name) == *file);
    let is_called_so =
        |host: &Wirable| host.directory.is_some_and(|known| directory.ends_with(known.below_home));
    let hosts = || Wirable::all().filter(has);
    let here = hosts().find(|host| places.directory(*host) == directory);
    // A variable may have named any directory.
    here.or_else(|| hosts().find(is_called_so)).or_else(|| hosts().next())
}

/// What of ours goes into the files of its settings in `directory`, without its instructions.
fn edits(host: Wirable, directory: &Path, places: &Places, manifest: &Manifest) -> Vec<HostFile> {
    let hook = host.wiring.hook.shared().map(|hook| {
        let all = std::iter::once(hook).chain(&host.wiring.letters);
        (hook.file, all.map(|hook| Fragment::Hook(host, *hook)).collect())
    });
    let sandbox = host.wiring.sandbox.map(|list| {
        (
            list.file(),
            match list {
                SandboxList::AllowWrite(_) => vec![Fragment::AllowWrite],
                // What a host keeps of its user's trust stands there too.
                SandboxList::WritableRoots(_) => {
                    vec![Fragment::Trust(manifest.trusted.clone()), Fragment::WritableRoots]
                }
            },
        )
    });
    let mut files: Vec<(&str, Vec<Fragment>)> = Vec::new();
    for (name, fragments) in [hook, sandbox].into_iter().flatten() {
        match files.iter_mut().find(|(other, _)| *other == name) {
            Some((_, other)) => other.extend(fragments),
            None => files.push((name, fragments)),
        }
    }
    if host.wiring.hook.on_request() {
        files.reverse();
    }
    files
        .into_iter()
        .map(|(name, fragments)| HostFile::new(places, directory.join(name), fragments))
        .collect()
}

/// The command that removes our plugin, where `text`, the file of its settings that names those, has it on.
pub(crate) fn plugin_removal(plugin: PluginEntry, text: &str) -> Option<String> {
    let names = match plugin.list {
        PluginList::Enabled(_) => handoff_wiring::enabled(text, "enabledPlugins"),
        PluginList::Tables(_) => Roots::tables(text, "plugins"),
    };
    let ours = names.unwrap_or_default().into_iter().find(|name| is_our_plugin(name))?;
    Some(plugin.remove.replace("{plugin}", &handoff_process::quoted(Path::new(&ours))))
}

/// Whether a plugin, as `name@marketplace`, is ours.
pub(crate) fn is_our_plugin(name: &str) -> bool {
    name.split('@').next() == Some("agent-handoff")
}

/// The directory that it looks for skills in.
pub(crate) fn skills_directory(host: Wirable, places: &Places) -> PathBuf {
    host.wiring.skills_in(places.directory(host), &places.home)
}

/// Its skills' files, and where it looks for them.
pub(crate) fn skills(host: Wirable, places: &Places) -> Vec<Placed> {
    let bin = places.bin();
    let target = Target { host: host.row(), programs: Programs::Installed(&bin) };
    let placed = |Rendered { kind, path: name, text }| {
        let own = places.directory(host);
        let (kind, directory) = match kind {
            Kind::Skill => (PlacedKind::Skill, skills_directory(host, places)),
            Kind::Agent => (PlacedKind::Agent, own.join(host.wiring.agents.unwrap_or("agents"))),
            Kind::Command => (PlacedKind::Command, own.join(host.wiring.commands.unwrap_or("commands"))),
        };
        Placed { kind, path: directory.join(&name), name, text }
    };
    let render = |skill: Skill| {
        let is_read_by_all = matches!(skill, Skill::Handoff | Skill::UpgradeHandoff);
        let host = if is_read_by_all { reader(skill, host, places) } else { host.row() };
        handoff_skills::render(skill, Target { host, ..target })
    };
    Skill::ALL.into_iter().flat_map(render).map(placed).collect()
}

/// Whose text a skill of `host` has: where links make one file of it and of the skill that several hosts read, it is the
/// text that names none.
fn reader(skill: Skill, host: Wirable, places: &Places) -> &'static Host {
    let file = |host: Wirable| {
        let name = Path::new(skill.name()).join("SKILL.md");
        handoff_files::canonical(&skills_directory(host, places).join(name))
    };
    let is_shared = |other: &Wirable| other.skills.is_some_and(|form| form.text == SkillText::Shared);
    let mut shared = Wirable::all().filter(is_shared);
    shared.find(|other| file(*other) == file(host)).unwrap_or(host).row()
}

/// The file of its hook, where that is ours alone, its skills' files, and those that stand where handoff-cli placed others.
pub(crate) fn placed(host: Wirable, places: &Places, manifest: &Manifest) -> Vec<Placed> {
    let mut all = skills(host, places);
    all.splice(0..0, own_file::of(host, places));
    if let Some(agents) = host.wiring.agents {
        let more = cli_agent::found(&places.directory(host).join(agents), &all, &places.bin(), manifest);
        all.extend(more);
    }
    all
}
