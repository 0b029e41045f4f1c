//! The configuration: backends in their order, and what was passed over.

use std::path::Path;
use std::sync::Arc;

use crate::backend::{Backend, Setting};
use crate::environment::Inherit;
use crate::error::{ConfigError, Problem, Reason, UnknownBackend, Warning};
use crate::include::Reader;
use crate::notify::Notify;
use crate::place::Place;
use crate::template;
use crate::toml;
use crate::yaml::{Entry, Node, Value};
use handoff_agents::Protocol;
use handoff_nearest::nearest;

const TOP: [&str; 5] = ["backends", "include", "inherit", "notify", "system_prompt"];
/// What handoff-cli 4 has and nothing here depends on: its view, and notes for people.
const WITHOUT_EFFECT: [&str; 2] = ["description", "tui"];
const COMMON: [&str; 7] = ["type", "model", "pro_model", "env", "inherit", "notify", "system_prompt"];

const SANDBOXES: &[&str] = &["read-only", "workspace-write", "danger-full-access"];

const DELETE: &str = "delete it";
const OWN_MODELS: &str = "delete it, each backend has its own `model` and `pro_model`";

/// What handoff-cli warned of at the top of the file.
const DEPRECATED_TOP: [(&str, &str); 8] = [
    ("type_defaults", DELETE),
    ("backend_types", DELETE),
    ("types", DELETE),
    ("backend_template", DELETE),
    ("fast_backend", "delete it, and name a backend with --backend"),
    ("default_backend", "delete it, and put the default first in `backends`"),
    ("default_model", OWN_MODELS),
    ("pro_model", OWN_MODELS),
];
/// What it let a backend override against its word.
const DEPRECATED: [(&str, &str); 7] = [
    ("command", "delete it; the program is found on PATH, which `env` can set"),
    ("claude_command", "delete it; the program is found on PATH, which `env` can set"),
    ("pty", DELETE),
    ("session_flags", DELETE),
    ("session_id_flags", DELETE),
    ("continue_id_flags", DELETE),
    ("resume_flags", DELETE),
];

/// The backends that tasks can be handed to.
#[derive(Clone, Debug)]
pub struct Config {
    /// In the order of the file, then those of its includes; the first is the default. Never empty.
    pub backends: Vec<Backend>,
    /// What was passed over at the top of the file, in order; what is of one backend is
    /// [`Backend::warnings`].
    pub warnings: Vec<Warning>,
}

impl Config {
    /// Reads the file at `path` and what it includes; None when there is no such file. `home` is what `~/` stands for
    /// in `include`.
    ///
    /// # Errors
    /// [`ConfigError`] with file, line, column and key. Nothing is left out in silence: handoff-cli's habit of ignoring
    /// missing includes, cycles and doubled keys ran tasks with another backend than the one configured.
    pub fn load(path: &Path, home: &Path) -> Result<Option<Self>, ConfigError> {
        let Some(entries) = Reader::new(home).read(path)? else { return Ok(None) };
        let mut warnings = Vec::new();
        let mut common = Common::default();
        let mut named = Vec::new();
        let mut place = Place::start(&Arc::from(path));
        for Entry { key, place: at, node } in entries {
            match key.as_str() {
                "backends" => {
                    place = at;
                    named = if node.is_null() { Vec::new() } else { mapping(node, "backends")? };
                }
                "system_prompt" => common.prompt = setting(node, key)?,
                "inherit" => common.inherit = inherit(node, key)?,
                "notify" => common.notify = setting(node, key)?.map(|setting| Notify::read(&setting.written)),
                _ if WITHOUT_EFFECT.contains(&key.as_str()) => {}
                _ => {
                    let reason = passed_over(&key, &DEPRECATED_TOP, &TOP);
                    warnings.push(Warning { place: at, key, reason });
                }
            }
        }
        if named.is_empty() {
            return Err(ConfigError::at(place, "backends", Problem::NoBackends));
        }
        let backends = named.into_iter().map(|entry| backend(entry, &common));
        Ok(Some(Self { backends: backends.collect::<Result<_, _>>()?, warnings }))
    }

    /// The backend of this name, or the default.
    ///
    /// # Errors
    /// [`UnknownBackend`], with what there is.
    pub fn backend(&self, name: Option<&str>) -> Result<&Backend, UnknownBackend> {
        let Some(name) = name else {
            return self.backends.first().ok_or_else(|| self.unknown(""));
        };
        self.backends.iter().find(|backend| backend.name == name).ok_or_else(|| self.unknown(name))
    }

    /// The names of the backends, the default one first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.backends.iter().map(|backend| backend.name.as_str())
    }

    fn unknown(&self, name: &str) -> UnknownBackend {
        UnknownBackend {
            name: name.to_owned(),
            nearest: nearest(name, self.names()).map(str::to_owned),
            known: self.names().map(str::to_owned).collect(),
        }
    }
}

fn passed_over(key: &str, deprecated: &[(&str, &'static str)], known: &[&'static str]) -> Reason {
    match deprecated.iter().find(|(name, _)| *name == key) {
        Some((_, reason)) => Reason::Deprecated(reason),
        None => Reason::Unknown { nearest: nearest(key, known.iter().copied()) },
    }
}

/// What the file says for all of its backends.
#[derive(Default)]
struct Common {
    prompt: Option<Setting>,
    inherit: Option<Inherit>,
    notify: Option<Notify>,
}

fn backend(entry: Entry, common: &Common) -> Result<Backend, ConfigError> {
    let Entry { key: name, place, node } = entry;
    let key = format!("backends.{name}");
    if !is_name(&name) {
        return Err(ConfigError::at(place, key, Problem::Name));
    }
    let mut fields = Fields::read(node, &key)?;
    fields.entries.retain(|entry| !WITHOUT_EFFECT.contains(&entry.key.as_str()));
    let protocol = fields.protocol()?;
    let passed_over = fields.passed_over(protocol).into_iter();
    let mut warnings: Vec<_> =
        passed_over.map(|(key, place, reason)| Warning { place, key, reason }).collect();
    for (field, known) in [("permission_mode", protocol.program().permission_modes), ("sandbox", SANDBOXES)] {
        warnings.extend(fields.unknown_value(field, known));
    }
    let model = fields.text("model")?;
    if protocol.program().needs_model && model.is_none() {
        return Err(ConfigError::at(place, key + ".model", Problem::NoModel));
    }
    let config = match fields.take("config") {
        Some(node) => toml::settings(mapping(node, &fields.path("config"))?, "", &fields.path("config"))?,
        None => Vec::new(),
    };
    // Codex's own name for it, which ours would take the place of.
    let has_instructions = config.iter().any(|(name, _)| name.written == "developer_instructions");
    let notify = fields.text_or_empty("notify")?.map(|setting| Notify::read(&setting.written));
    let own = fields.text_or_empty("system_prompt")?;
    let mut system_prompt = system_prompt(common.prompt.clone(), own, has_instructions, &place);
    if !protocol.program().takes_system_prompt {
        // What a user wrote is not dropped in silence; our own default is.
        let written = system_prompt.drain(..).filter(|prompt| prompt.written != crate::SYSTEM_PROMPT);
        let reason = || Reason::NoSystemPrompt(protocol);
        warnings.extend(written.map(|Setting { place, key, .. }| Warning { place, key, reason: reason() }));
    }
    let mut backend = Backend {
        protocol,
        model,
        pro_model: fields.text("pro_model")?,
        effort: fields.text("model_reasoning_effort")?,
        pro_effort: fields.text("pro_model_reasoning_effort")?,
        system_prompt,
        env: fields.env()?,
        inherit: fields.inherit()?.or(common.inherit.clone()).unwrap_or_default(),
        notify: notify.or_else(|| common.notify.clone()).unwrap_or_default(),
        permission_mode: fields.text("permission_mode")?,
        sandbox: fields.text("sandbox")?,
        config,
        warnings,
        place,
        name,
    };
    let without_meaning: Vec<_> = backend.settings().filter_map(without_meaning).collect();
    backend.warnings.extend(without_meaning);
    Ok(backend)
}

/// The parts of a backend's system prompt: the one of all backends and its own, else our default. An empty one of its own
/// has none, and so has one whose own settings bring instructions. `place` is where the backend is written.
fn system_prompt(
    common: Option<Setting>,
    own: Option<Setting>,
    has_instructions: bool,
    place: &Place,
) -> Vec<Setting> {
    let is_empty = |prompt: &Setting| prompt.written.trim().is_empty();
    let default = || Setting {
        written: crate::SYSTEM_PROMPT.to_owned(),
        key: "system_prompt".to_owned(),
        place: place.clone(),
    };
    let mut parts = match (common, own) {
        (_, Some(own)) if is_empty(&own) => Vec::new(),
        (common, Some(own)) => common.into_iter().chain([own]).collect(),
        (_, None) if has_instructions => Vec::new(),
        (common, None) => vec![common.unwrap_or_else(default)],
    };
    parts.retain(|prompt| !is_empty(prompt));
    parts
}

/// What looks like a placeholder in the value and is none.
fn without_meaning(setting: &Setting) -> Option<Warning> {
    let (word, nearest) = template::unknown(&setting.written)?;
    let reason = if word.starts_with('$') {
        Reason::NoVariable(word)
    } else {
        Reason::NoPlaceholder { word, nearest }
    };
    Some(Warning { place: setting.place.clone(), key: setting.key.clone(), reason })
}

/// What a backend is made of, taken one by one.
struct Fields<'a> {
    key: &'a str,
    entries: Vec<Entry>,
}

impl<'a> Fields<'a> {
    fn read(node: Node, key: &'a str) -> Result<Self, ConfigError> {
        Ok(Self { key, entries: mapping(node, key)? })
    }

    fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.key)
    }

    /// The value of `field`, unless it is null.
    fn take(&mut self, field: &str) -> Option<Node> {
        let at = self.entries.iter().position(|entry| entry.key == field)?;
        Some(self.entries.remove(at).node).filter(|node| !node.is_null())
    }

    fn text_or_empty(&mut self, field: &str) -> Result<Option<Setting>, ConfigError> {
        let key = self.path(field);
        Ok(self.take(field).map(|node| setting(node, key)).transpose()?.flatten())
    }

    fn text(&mut self, field: &str) -> Result<Option<Setting>, ConfigError> {
        Ok(self.text_or_empty(field)?.filter(|setting| !setting.written.is_empty()))
    }

    fn protocol(&mut self) -> Result<Protocol, ConfigError> {
        let Some(Setting { written, key, place }) = self.text("type")? else { return Ok(Protocol::Claude) };
        Protocol::from_name(&written).ok_or_else(|| {
            let nearest = nearest(&written, Protocol::names());
            ConfigError::at(place, key, Problem::UnknownType { written, nearest })
        })
    }

    fn env(&mut self) -> Result<Vec<(String, Setting)>, ConfigError> {
        let key = self.path("env");
        let entries = self.take("env").map(|node| mapping(node, &key)).transpose()?.unwrap_or_default();
        let mut env = Vec::new();
        for Entry { key: name, place, node } in entries {
            let key = format!("{key}.{name}");
            if name.is_empty() || name.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control()) {
                return Err(ConfigError::at(place, key, Problem::KeyName));
            }
            env.extend(setting(node, key)?.map(|setting| (name, setting)));
        }
        Ok(env)
    }

    fn inherit(&mut self) -> Result<Option<Inherit>, ConfigError> {
        let key = self.path("inherit");
        self.take("inherit").map(|node| inherit(node, key)).transpose().map(Option::flatten)
    }

    /// The keys that a backend of this kind has no use for.
    fn passed_over(&mut self, protocol: Protocol) -> Vec<(String, Place, Reason)> {
        let known = [&COMMON, protocol.program().keys].concat();
        let (kept, dropped) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|entry| known.contains(&entry.key.as_str()));
        self.entries = kept;
        let say = |entry: Entry| {
            let has_key = |other: &Protocol| other.program().keys.contains(&entry.key.as_str());
            let others: Vec<Protocol> = Protocol::ALL.into_iter().filter(has_key).collect();
            let reason = if others.is_empty() {
                passed_over(&entry.key, &DEPRECATED, &known)
            } else {
                Reason::OtherTypes(others)
            };
            (self.path(&entry.key), entry.place, reason)
        };
        Vec::into_iter(dropped).map(say).collect()
    }

    /// A word that the agents of today do not know; those of tomorrow may.
    fn unknown_value(&self, field: &str, known: &'static [&'static str]) -> Option<Warning> {
        let entry = self.entries.iter().find(|entry| entry.key == field)?;
        let Value::Scalar { text, .. } = &entry.node.value else { return None };
        if text.is_empty()
            || known.contains(&text.as_str())
            || text.contains(['$', '{'])
            || entry.node.is_null()
        {
            return None;
        }
        let nearest = nearest(text, known.iter().copied());
        let reason = Reason::UnknownValue { known, nearest };
        Some(Warning { place: entry.node.place.clone(), key: self.path(field), reason })
    }
}

/// The text of a scalar, whatever type YAML sees in it, as it is written; None for a null.
fn setting(node: Node, key: String) -> Result<Option<Setting>, ConfigError> {
    if node.is_null() {
        return Ok(None);
    }
    match node.value {
        Value::Scalar { text: written, .. } => Ok(Some(Setting { written, key, place: node.place })),
        _ => Err(ConfigError::at(node.place, key, Problem::NotText)),
    }
}

/// Which variables pass: a list, or one word, `all` and `none` among them; None for a null.
fn inherit(node: Node, key: String) -> Result<Option<Inherit>, ConfigError> {
    if node.is_null() {
        return Ok(None);
    }
    let nodes = match node.value {
        Value::List(nodes) => nodes,
        Value::Scalar { ref text, .. } if text == "all" => return Ok(Some(Inherit::default())),
        Value::Scalar { ref text, .. } if text == "none" => Vec::new(),
        _ => vec![node],
    };
    let word = |node: Node| {
        let place = node.place.clone();
        let word = setting(node, key.clone())?.map(|setting| setting.written).unwrap_or_default();
        let pattern = word.strip_prefix('!').unwrap_or(&word);
        let name = pattern.strip_suffix('*').unwrap_or(pattern);
        let is_name = name.bytes().all(|b| b.is_ascii_graphic() && !b"=*!${}".contains(&b));
        if is_name && !pattern.is_empty() {
            Ok(word)
        } else {
            Err(ConfigError::at(place, key.clone(), Problem::KeyName))
        }
    };
    let words: Result<Vec<String>, ConfigError> = nodes.into_iter().map(word).collect();
    words.map(|words| Some(Inherit::new(words)))
}

fn mapping(node: Node, key: &str) -> Result<Vec<Entry>, ConfigError> {
    match node.value {
        Value::Map(entries) => Ok(entries),
        _ => Err(ConfigError::at(node.place, key, Problem::NotAMapping)),
    }
}

/// `[A-Za-z0-9][A-Za-z0-9._-]*`: a name becomes part of ids and of file names.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
