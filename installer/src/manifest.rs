//! What was installed, so that exactly that is taken away.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handoff_agents::{McpHost, Wirable};
use handoff_edits::is_plain;
use handoff_files::{Dir, FileError, Foreign};
use handoff_wiring::{self as wiring, Edited, hash};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::InstallError;
use crate::fragment::{Looks, MadeIn};
use crate::places::Places;
use crate::programs::COMMANDS;
use crate::way::Package;

/// Its file name in the prefix.
pub(crate) const NAME: &str = "manifest.json";

/// Far more than any has.
const LONGEST: u64 = 16 << 20;

/// Everything that an installation wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Manifest {
    /// The version of the programs.
    pub(crate) version: String,
    /// The checkout that they were built from.
    pub(crate) checkout: Option<PathBuf>,
    /// The directory that they were taken from, where they were not built.
    pub(crate) origin: Option<PathBuf>,
    /// The released package that they came in, where they did.
    #[serde(deserialize_with = "known")]
    pub(crate) package: Option<Package>,
    /// The commit that they were built at.
    pub(crate) commit: Option<String>,
    /// The hosts that are wired.
    pub(crate) agents: HostIds,
    /// The hosts that the user wants left alone.
    pub(crate) left_out: HostIds,
    /// Whether a hook that is wired on request only was asked for: Codex's.
    #[serde(rename = "codex_hook")]
    pub(crate) hook_on_request: bool,
    /// The keys under which Codex keeps the user's trust in our hooks, where we asked it to. Once there was at most one, or
    /// null.
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) trusted: Vec<String>,
    /// Whether Codex was found not to run the hook that it was asked to trust: it was moved, changed or disabled since.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) trust_lost: bool,
    /// Files that are all ours, with the BLAKE3 of what we wrote, in hex. Two, with a blank between, while a new one is
    /// on its way.
    pub(crate) files: BTreeMap<PathBuf, String>,
    /// Where files really are, by their paths in [`Manifest::files`] and [`Manifest::edits`], where links lead elsewhere.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) real: BTreeMap<PathBuf, PathBuf>,
    /// Links of ours, and where they lead.
    pub(crate) links: BTreeMap<PathBuf, PathBuf>,
    /// What of handoff-cli's gave way to files of ours: put back when they go.
    pub(crate) replaced: BTreeMap<PathBuf, Original>,
    /// Directories that were not there before, outer ones first.
    pub(crate) directories: Vec<PathBuf>,
    /// Files of others with something of ours in them.
    pub(crate) edits: BTreeMap<PathBuf, Edit>,
    /// The files of hosts that were given the MCP server, by the hosts' ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) servers: BTreeMap<String, PathBuf>,
}

/// Hosts by their ids, in the order in which they came. One that only another version knows stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct HostIds(Vec<String>);

impl HostIds {
    /// Those that this version knows.
    pub(crate) fn known(&self) -> impl Iterator<Item = Wirable> {
        self.0.iter().filter_map(|id| Wirable::all().find(|host| host.id == id))
    }

    pub(crate) fn contains(&self, host: Wirable) -> bool {
        self.has(host.id)
    }

    /// Whether the host with this id is among them.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|known| known == id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn insert(&mut self, host: Wirable) {
        self.add(host.id);
    }

    /// The same of a host's id.
    pub(crate) fn add(&mut self, id: &str) {
        if !self.has(id) {
            self.0.push(id.to_owned());
        }
    }

    /// The same, in the order of the rows.
    pub(crate) fn insert_in_order(&mut self, host: Wirable) {
        self.insert(host);
        let row = |id: &String| Wirable::all().position(|host| host.id == id).unwrap_or(usize::MAX);
        self.0.sort_by_key(row);
    }

    pub(crate) fn remove(&mut self, host: Wirable) {
        self.take(host.id);
    }

    /// The same of a host's id.
    pub(crate) fn take(&mut self, id: &str) {
        self.0.retain(|known| known != id);
    }
}

/// What was where a file of ours is, or its directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Original {
    /// A symbolic link, and where it leads.
    Link(PathBuf),
    /// A file with this text, as versions recorded it that knew no mode.
    Text(String),
    /// A file.
    File {
        /// What was in it.
        text: String,
        /// Its permission bits.
        mode: u32,
    },
}

/// What we did to a file of another program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edit {
    #[serde(flatten)]
    edit: wiring::Edit,
    /// What of the surroundings the edit made.
    #[serde(flatten)]
    made: MadeIn,
}

impl Edit {
    /// The edit that turned `before` into `after`.
    pub(crate) fn new(before: Option<&str>, after: &str, made: MadeIn) -> Self {
        Self { edit: wiring::Edit::new(before, after), made }
    }

    /// What was there before, when `now` is what the edit left: the text, or None for no file. Err when it was
    /// edited since.
    pub(crate) fn undo(&self, now: &str) -> Result<Option<String>, Edited> {
        self.edit.undo(now)
    }

    /// Whether there was no such file.
    pub(crate) fn created(&self) -> bool {
        self.edit.created
    }

    pub(crate) fn made(&self) -> MadeIn {
        self.made
    }
}

impl Manifest {
    /// Who looks for handoffs in a host with instructions: the hook, as long as the user's trust in it, given through us, holds.
    pub(crate) fn looks(&self) -> Looks {
        if self.was_trusted() && !self.trust_lost { Looks::Hook } else { Looks::Agent }
    }

    /// Whether the hook that shows handoffs in it was trusted through us, whatever became of that since.
    pub(crate) fn was_trusted(&self) -> bool {
        self.hook_on_request && self.trusted.iter().any(|key| key.contains(":session_start:"))
    }

    /// Reads the one of an installation's prefix; an empty one when there is none. Where the prefix, or the home with it,
    /// was moved since, the paths are those of now.
    ///
    /// # Errors
    /// When it cannot be read or is no manifest.
    pub(crate) fn load(places: &Places) -> Result<Self, InstallError> {
        let path = &places.manifest();
        let file = Foreign::read(path, LONGEST)?;
        let Some(content) = file.content() else { return Ok(Self::default()) };
        let wrong = |reason: String| {
            InstallError::InTheWay(vec![format!(
                "could not read {}: {reason}; move it away to install anew",
                handoff_text::Sanitised::path(path)
            )])
        };
        let manifest: Self = serde_json::from_slice(content).map_err(|error| wrong(error.to_string()))?;
        let manifest = manifest.moved_to(&places.prefix, &places.home);
        match manifest.stray(path.parent().unwrap_or(Path::new("/"))) {
            Some(stray) => Err(wrong(format!(
                "it names {}, which is nothing that is installed",
                handoff_text::Sanitised::path(stray)
            ))),
            None => Ok(manifest),
        }
    }

    /// With the paths of an installation whose prefix is `prefix` by now, in `home`. Nothing changes as long as the prefix
    /// that the manifest was written in is there: then this one is a copy.
    fn moved_to(mut self, prefix: &Path, home: &Path) -> Self {
        let is_gone = |path: &&Path| *path != prefix && *path != home && !handoff_files::is_directory(path);
        let above = |path: &'_ PathBuf, below: &str| {
            let count = Path::new(below).components().count();
            path.ends_with(below).then(|| path.ancestors().nth(count).map(Path::to_owned)).flatten()
        };
        let old_prefix = self.files.keys().find_map(|path| above(path, "bin/handoff"));
        let Some(old_prefix) = old_prefix.filter(|path| is_gone(&path.as_path())) else { return self };
        let old_home = self.links.keys().find_map(|path| above(path, ".local/bin/handoff"));
        let old_home = old_home.filter(|path| is_gone(&path.as_path()));
        let moved = |path: PathBuf| {
            let pairs = [(Some(&old_prefix), prefix), (old_home.as_ref(), home)];
            let below = pairs.into_iter().find_map(|(old, new)| Some((path.strip_prefix(old?).ok()?, new)));
            match below {
                Some((below, new)) if below.as_os_str().is_empty() => new.to_owned(),
                Some((below, new)) => new.join(below),
                None => path,
            }
        };
        self.files = self.files.into_iter().map(|(path, hash)| (moved(path), hash)).collect();
        self.real = self.real.into_iter().map(|(path, real)| (moved(path), moved(real))).collect();
        // Where a link leads is not changed by moving it.
        self.links = self.links.into_iter().map(|(path, target)| (moved(path), target)).collect();
        self.replaced = self.replaced.into_iter().map(|(path, original)| (moved(path), original)).collect();
        self.edits = self.edits.into_iter().map(|(path, edit)| (moved(path), edit)).collect();
        self.servers = self.servers.into_iter().map(|(id, path)| (id, moved(path))).collect();
        self.directories = self.directories.into_iter().map(moved).collect();
        self
    }

    /// A path that no installation in `prefix` writes, if one is named: a program that could write this file must not
    /// have any other written or removed.
    fn stray(&self, prefix: &Path) -> Option<&PathBuf> {
        let hooks: Vec<_> = Wirable::all().filter_map(|host| Some(host.wiring.hook.own()?.file)).collect();
        let is_hook = |path: &Path| hooks.iter().any(|name| path.ends_with(name));
        let is_placed = |path: &Path| is_skill(path) || is_hook(path);
        let files = self.files.keys().filter(|path| !path.starts_with(prefix) && !is_placed(path));
        let replaced =
            self.replaced.keys().filter(|path| !is_skill(path) && !is_skill(&path.join("SKILL.md")));
        // Of an edited file, which may have any name, only what is ours by its form is taken out.
        let is_named = |(path, real): &(&PathBuf, &PathBuf)| {
            real.file_name() == path.file_name() || self.edits.contains_key(*path)
        };
        let real = self.real.iter().filter(|pair| !is_named(pair)).map(|(_, real)| real);
        let links = self
            .links
            .keys()
            .filter(|path| !COMMANDS.iter().any(|name| path.ends_with(Path::new(".local/bin").join(name))));
        let edited = Wirable::all().flat_map(|host| host.wiring.files()).map(PathBuf::from);
        let edited: Vec<_> = edited.chain(McpHost::all().flat_map(|host| host.wiring.names())).collect();
        let is_strange = |path: &&PathBuf| !edited.iter().any(|name| path.ends_with(name));
        let edits = self.edits.keys().chain(self.servers.values()).filter(is_strange);
        let all = self.files.keys().chain(self.replaced.keys()).chain(self.links.keys());
        let all = all.chain(self.real.values()).chain(self.edits.keys()).chain(self.servers.values());
        let all = all.chain(&self.directories);
        let odd = all.filter(|path| !is_plain(path));
        files.chain(replaced).chain(real).chain(links).chain(edits).chain(odd).next()
    }

    /// Writes it, when it is not what is there already.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn save(&self, path: &Path) -> Result<(), FileError> {
        let file = Foreign::read(path, LONGEST)?;
        let text = self.text();
        if file.content() == Some(text.as_bytes()) {
            return Ok(());
        }
        if let Some(dir) = path.parent() {
            Dir::create(dir)?;
        }
        file.put(text.as_bytes(), file.mode(), true)
    }

    pub(crate) fn text(&self) -> String {
        // Outer ones first, whatever came and went before.
        let mut sorted = self.clone();
        sorted.directories.sort_unstable();
        // Only maps with keys that are no strings fail, and paths were checked to be UTF-8.
        serde_json::to_string_pretty(&sorted).unwrap_or_default() + "\n"
    }

    /// This one while it takes the place of `old`: if the work is cut short, what is there is of one or the other.
    pub(crate) fn on_the_way_from(&self, old: &Self) -> Self {
        let mut both = self.clone();
        for (path, hash) in &mut both.files {
            if let Some(old) = old.files.get(path).filter(|old| *old != hash) {
                *hash = format!("{hash} {old}");
            }
        }
        both
    }

    /// Records where the file at `path` really is; None where no link is in the path.
    pub(crate) fn set_real(&mut self, path: &Path, real: Option<PathBuf>) {
        match real {
            Some(real) => drop(self.real.insert(path.to_owned(), real)),
            None => drop(self.real.remove(path)),
        }
    }

    /// Whether nothing is installed.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a path is where a skill, an agent or a command of ours, of whichever version, is placed: `skills/NAME/SKILL.md`,
/// `agents/NAME.md` or `commands/NAME.md`, with `handoff` in the name.
fn is_skill(path: &Path) -> bool {
    let names: Vec<_> = path.iter().rev().take(3).map(|name| name.to_string_lossy()).collect();
    match names.as_slice() {
        [file, name, skills] if file == "SKILL.md" => skills == "skills" && name.contains("handoff"),
        [file, directory, ..] => {
            ["agents", "commands"].contains(&directory.as_ref()) && file.contains("handoff")
        }
        _ => false,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A package that a newer version recorded may have come by a way that this one does not know.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Package>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(deserializer)?).ok())
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Keys {
        One(Option<String>),
        All(Vec<String>),
    }
    Ok(match Keys::deserialize(deserializer)? {
        Keys::One(key) => key.into_iter().collect(),
        Keys::All(keys) => keys,
    })
}

/// Whether `recorded`, as it stands in [`Manifest::files`], is of `bytes`.
pub(crate) fn is_hash_of(recorded: &str, bytes: &[u8]) -> bool {
    let hash = hash(bytes);
    recorded.split(' ').any(|recorded| recorded == hash)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Manifest;

    #[test]
    fn it_names_nothing_that_no_installation_writes() {
        let prefix = Path::new("/h/.agent-handoff");
        let of = |text: &str| serde_json::from_str::<Manifest>(text).unwrap();
        let edit = r#"{"hash":"","created":true,"at":0,"inserted":0,"removed":"evil","made":"item"}"#;
        for text in [
            r#"{"files":{"/h/.bashrc":""}}"#.to_owned(),
            r#"{"files":{"/h/.agent-handoff/../.ssh/authorized_keys":""}}"#.to_owned(),
            r#"{"links":{"/h/.local/bin/git":"/x"}}"#.to_owned(),
            r#"{"replaced":{"/h/.profile":{"text":"evil"}}}"#.to_owned(),
            r#"{"directories":["/h/.agent-handoff/.."]}"#.to_owned(),
            r#"{"files":{"/h/.copilot/hooks/mine.json":""}}"#.to_owned(),
            r#"{"files":{"/h/.config/opencode/plugins/../agent-handoff.js":""}}"#.to_owned(),
            r#"{"files":{"/h/.copilot/hooks/agent-handoff.json":""},"real":{"/h/.copilot/hooks/agent-handoff.json":"/h/.bashrc"}}"#
                .to_owned(),
            r#"{"replaced":{"/h/.copilot/hooks/agent-handoff.json":{"text":"evil"}}}"#.to_owned(),
            r#"{"files":{"/h/.claude/skills/handoff/SKILL.md":""},"real":{"/h/.claude/skills/handoff/SKILL.md":"/h/.bashrc"}}"#
                .to_owned(),
            format!(r#"{{"edits":{{"/h/.bashrc":{edit}}}}}"#),
            format!(r#"{{"edits":{{"/h/x/../.claude/settings.json":{edit}}}}}"#),
            format!(r#"{{"edits":{{"/h/.kube/config.yaml":{edit}}}}}"#),
            r#"{"servers":{"cursor":"/h/.bashrc"}}"#.to_owned(),
        ] {
            assert!(of(&text).stray(prefix).is_some(), "{text}");
        }
        for text in [
            r#"{"files":{"/h/.agent-handoff/bin/inbox":"","/h/.claude/skills/upgrade-handoff/SKILL.md":""}}"#
                .to_owned(),
            r#"{"files":{"/h/.codex/agents/handoff-ds.toml":""},"links":{"/h/.local/bin/handoff":"/x"}}"#
                .to_owned(),
            r#"{"files":{"/h/.copilot/hooks/agent-handoff.json":"","/x/opencode/plugins/agent-handoff.js":""}}"#
                .to_owned(),
            r#"{"files":{"/h/.config/opencode/commands/handoff.md":""}}"#.to_owned(),
            format!(r#"{{"edits":{{"/elsewhere/settings.json":{edit}}},"directories":["/elsewhere"]}}"#),
            format!(
                r#"{{"edits":{{"/x/goose/config.yaml":{edit},"/x/data/settings/cline_mcp_settings.json":{edit}}}}}"#
            ),
            r#"{"servers":{"cursor":"/h/.cursor/mcp.json"}}"#.to_owned(),
        ] {
            assert_eq!(of(&text).stray(prefix), None, "{text}");
        }
    }

    #[test]
    fn a_host_that_only_another_version_knows_stays_in_the_record() {
        let text = r#"{"agents":["claude","newer","codex"],"left_out":["other"],"codex_hook":true}"#;
        let mut manifest: Manifest = serde_json::from_str(text).unwrap();
        let ids = |manifest: &Manifest| manifest.agents.known().map(|host| host.row().id).collect::<Vec<_>>();
        assert_eq!(ids(&manifest), ["claude", "codex"]);
        manifest.agents.remove(handoff_agents::Wirable::named("codex").unwrap());
        let written: serde_json::Value = serde_json::from_str(&manifest.text()).unwrap();
        assert_eq!(written["agents"], serde_json::json!(["claude", "newer"]));
        assert_eq!(written["left_out"], serde_json::json!(["other"]));
        assert_eq!(written["codex_hook"], true);
    }

    #[test]
    fn trust_is_read_as_earlier_versions_wrote_it() {
        for (text, keys) in [
            (r#"{"trusted":null}"#, &[][..]),
            ("{}", &[]),
            (r#"{"trusted":"/h/hooks.json:stop:0:0"}"#, &["/h/hooks.json:stop:0:0"]),
            (r#"{"trusted":["a","b"]}"#, &["a", "b"]),
        ] {
            let manifest: Manifest = serde_json::from_str(text).unwrap();
            assert_eq!(manifest.trusted, keys, "{text}");
            let again: Manifest = serde_json::from_str(&manifest.text()).unwrap();
            assert_eq!(again, manifest);
        }
    }
}
