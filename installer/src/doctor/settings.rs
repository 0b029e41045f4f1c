//! The settings of Claude Code as a session in a directory merges them.

use std::path::{Path, PathBuf};

use handoff_edits::MAX_FILE_BYTES;
use handoff_files::{Dir, FileError};
use serde_json::{Map, Value};

/// Where an administrator's settings are.
const MANAGED: &str =
    if cfg!(target_os = "macos") { "/Library/Application Support/ClaudeCode" } else { "/etc/claude-code" };

/// Who a settings file is of; a later one takes precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    User,
    Project,
    Local,
    Managed,
}

/// One settings file.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) scope: Scope,
    pub(super) path: PathBuf,
    pub(super) value: Value,
}

/// Why a settings file says nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("the top level is not an object")]
    NotAnObject,
    /// Claude Code passes over such a file as a whole.
    #[error("{0} is of the wrong type")]
    WrongType(&'static str),
}

/// All settings of a session, of the lowest precedence first.
#[derive(Debug, Default)]
pub(super) struct Settings {
    sources: Vec<Source>,
    /// The files that count for nothing.
    pub(super) unusable: Vec<(Scope, PathBuf, Unusable)>,
}

impl Settings {
    /// Those of a session that is started in `project`, by a user whose settings are in `directory`.
    pub(super) fn of(directory: &Path, project: &Path) -> Self {
        let mut settings = Self::default();
        let user = directory.join("settings.json");
        let projects = project.join(".claude/settings.json");
        if handoff_files::canonical(&projects) != handoff_files::canonical(&user) {
            settings.add(Scope::Project, projects);
        }
        settings.add(Scope::User, user);
        settings.add(Scope::Local, project.join(".claude/settings.local.json"));
        settings.add(Scope::Managed, Path::new(MANAGED).join("managed-settings.json"));
        let drop_ins = Path::new(MANAGED).join("managed-settings.d");
        // One that cannot be listed is not one that Claude Code can list.
        let entries = Dir::open(&drop_ins).ok().flatten().and_then(|dir| dir.entries().ok());
        let mut names: Vec<_> = entries.into_iter().flatten().map(|entry| entry.name).collect();
        names.retain(|name| {
            let name = name.as_encoded_bytes();
            name.ends_with(b".json") && !name.starts_with(b".")
        });
        names.sort_unstable();
        for name in names {
            settings.add(Scope::Managed, drop_ins.join(name));
        }
        // Stable: drop-ins stay behind what they override.
        settings.sources.sort_by_key(|source| source.scope);
        settings
    }

    fn add(&mut self, scope: Scope, path: PathBuf) {
        match load(&path, scope) {
            Ok(Some(value)) => self.sources.push(Source { scope, path, value }),
            Ok(None) => {}
            Err(why) => self.unusable.push((scope, path, why)),
        }
    }

    /// The value at `pointer` that takes precedence, and the file that it is in.
    pub(super) fn get(&self, pointer: &str) -> Option<(&Source, &Value)> {
        self.sources.iter().rev().find_map(|source| Some((source, source.value.pointer(pointer)?)))
    }

    /// The file that sets `pointer` to true, where no other takes precedence.
    pub(super) fn is_on(&self, pointer: &str) -> Option<&Source> {
        self.get(pointer).filter(|(_, value)| **value == Value::Bool(true)).map(|(source, _)| source)
    }

    /// An administrator's settings alone, merged.
    pub(super) fn managed(&self) -> Value {
        let mut merged = Value::Object(Map::new());
        for source in self.sources.iter().filter(|source| source.scope == Scope::Managed) {
            merge(&mut merged, &source.value);
        }
        merged
    }

    /// The last managed file that has `key`.
    pub(super) fn managed_source(&self, key: &str) -> Option<&Source> {
        let has = |source: &&Source| source.scope == Scope::Managed && source.value.get(key).is_some();
        self.sources.iter().rev().find(has)
    }

    /// The strings of the list at `pointer` in all files, which Claude Code joins.
    pub(super) fn strings<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = (&'a Source, &'a str)> {
        self.sources.iter().flat_map(move |source| {
            let list = source.value.pointer(pointer).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).map(move |text| (source, text))
        })
    }
}

/// The object in the file at `path`; `None` where there is no such file, or a blank one.
fn load(path: &Path, scope: Scope) -> Result<Option<Value>, Unusable> {
    let content = match handoff_files::read_file(path, MAX_FILE_BYTES) {
        Ok(content) => content,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
    if content.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut value: Value = match std::str::from_utf8(content) {
        Ok(text) => serde_json::from_str(&handoff_wiring::readable(text))?,
        Err(_) => serde_json::from_slice(content)?,
    };
    if !value.is_object() {
        return Err(Unusable::NotAnObject);
    }
    if scope == Scope::Managed {
        restrict(&mut value);
        return Ok(Some(value));
    }
    for (key, pointer) in [("disableAllHooks", "/disableAllHooks"), ("sandbox.enabled", "/sandbox/enabled")] {
        if value.pointer(pointer).is_some_and(|value| !value.is_boolean()) {
            return Err(Unusable::WrongType(key));
        }
    }
    for key in ["sandbox", "sandbox.filesystem", "sandbox.filesystem.allowWrite"] {
        let is_taken = |value: &Value| match value {
            Value::Array(list) if key.ends_with("allowWrite") => list.iter().all(Value::is_string),
            value => value.is_object(),
        };
        let there = value.pointer(&format!("/{}", key.replace('.', "/")));
        if there.is_some_and(|there| !is_taken(there)) {
            return Err(Unusable::WrongType(key));
        }
    }
    Ok(Some(value))
}

/// Reads settings of the wrong type as Claude Code reads an administrator's: what restricts counts as true,
/// `disableAllHooks` as not there.
fn restrict(value: &mut Value) {
    if let Some(object) = value.as_object_mut()
        && object.get("disableAllHooks").is_some_and(|flag| !flag.is_boolean())
    {
        object.remove("disableAllHooks");
    }
    for pointer in ["/allowManagedHooksOnly", "/sandbox/enabled", "/strictPluginOnlyCustomization"] {
        let is_right = |value: &Value| {
            value.is_boolean() || value.is_array() && pointer == "/strictPluginOnlyCustomization"
        };
        if let Some(value) = value.pointer_mut(pointer)
            && !is_right(value)
        {
            *value = Value::Bool(true);
        }
    }
}

fn is_absent(error: &FileError) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Objects become one, lists are joined, anything else is replaced.
fn merge(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                merge(below.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(below), Value::Array(above)) => below.extend(above.iter().cloned()),
        (below, above) => *below = above.clone(),
    }
}
