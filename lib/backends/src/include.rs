//! A configuration file with what it includes.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{ConfigError, Problem};
use crate::place::Place;
use crate::yaml::{self, Entry, Node, Value};

/// The most that one file may hold.
const MAX_BYTES: u64 = 1 << 20;
/// Two files that include one twice each double the work with every step.
const MAX_FILES: usize = 64;
const BACKENDS: &str = "backends";

/// Reads files and lays them over each other.
pub(crate) struct Reader<'a> {
    home: &'a Path,
    /// The files that are being read, each included by the one before it, without links.
    chain: Vec<PathBuf>,
    files: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(home: &'a Path) -> Self {
        Self { home, chain: Vec::new(), files: 0 }
    }

    /// The entries of `path`, laid over those of its includes; None when there is no such file.
    pub(crate) fn read(&mut self, path: &Path) -> Result<Option<Vec<Entry>>, ConfigError> {
        let file: Arc<Path> = Arc::from(path);
        let Some(text) = text(&file)? else { return Ok(None) };
        let Some(root) = yaml::parse(&file, &text)? else { return Ok(Some(Vec::new())) };
        if root.is_null() {
            return Ok(Some(Vec::new()));
        }
        let Value::Map(mut own) = root.value else {
            return Err(ConfigError::at(root.place, "", Problem::NotAMapping));
        };
        let Some(at) = own.iter().position(|entry| entry.key == "include") else { return Ok(Some(own)) };
        let include = own.remove(at);
        self.chain.push(handoff_files::canonical(path));
        let mut merged = Vec::new();
        for (place, name) in names(include)? {
            merged = yaml::merge(merged, self.include(path, place, &name)?);
        }
        self.chain.pop();
        let first = backends(&own);
        let mut all = yaml::merge(merged, own);
        // The first backend is the default, and the file that includes decides it. Elsewhere the order of the base stays:
        // of two arguments that say the same, Codex takes the last.
        if let Some(Value::Map(entries)) =
            all.iter_mut().find(|entry| entry.key == BACKENDS).map(|entry| &mut entry.node.value)
        {
            entries.sort_by_key(|entry| first.get(&entry.key).copied().unwrap_or(first.len()));
        }
        Ok(Some(all))
    }

    fn include(&mut self, from: &Path, place: Place, name: &str) -> Result<Vec<Entry>, ConfigError> {
        let path = match name.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => from.parent().unwrap_or(Path::new("")).join(name),
        };
        let fail = |problem| Err(ConfigError::at(place.clone(), "include", problem));
        if self.chain.contains(&handoff_files::canonical(&path)) {
            return fail(Problem::IncludeCycle(path));
        }
        self.files += 1;
        if self.files > MAX_FILES {
            return fail(Problem::TooManyIncludes);
        }
        match self.read(&path) {
            Ok(Some(entries)) => Ok(entries),
            Ok(None) => fail(Problem::IncludeMissing(path)),
            Err(ConfigError::Read(error)) => {
                fail(Problem::IncludeUnreadable(path, handoff_files::reason(&error.source)))
            }
            Err(error) => Err(error),
        }
    }
}

/// The names of the backends, and which comes when.
fn backends(entries: &[Entry]) -> HashMap<String, usize> {
    match entries.iter().find(|entry| entry.key == BACKENDS).map(|entry| &entry.node.value) {
        Some(Value::Map(entries)) => {
            entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect()
        }
        _ => HashMap::new(),
    }
}

/// The files that `include` names: a text, or a list of texts.
fn names(include: Entry) -> Result<Vec<(Place, String)>, ConfigError> {
    let nodes = match include.node.value {
        Value::List(nodes) => nodes,
        _ if include.node.is_null() => Vec::new(),
        _ => vec![include.node],
    };
    let name = |node: Node| match node.value {
        Value::Scalar { text, .. } if !text.is_empty() => Ok((node.place, text)),
        _ => Err(ConfigError::at(node.place, "include", Problem::NotText)),
    };
    nodes.into_iter().map(name).collect()
}

/// What the file holds; None when nothing stands there.
fn text(file: &Arc<Path>) -> Result<Option<String>, ConfigError> {
    let wrong = |problem| Err(ConfigError::at(Place::start(file), "", problem));
    let bytes = match handoff_files::read_file(file, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => match error.kind() {
            ErrorKind::NotFound if !handoff_files::is_taken(file) => return Ok(None),
            ErrorKind::InvalidInput if handoff_files::is_directory(file) => return wrong(Problem::Directory),
            // A link that leads nowhere is not the absence of a configuration.
            ErrorKind::NotFound | ErrorKind::InvalidInput => return wrong(Problem::NoRegularFile),
            ErrorKind::FileTooLarge => return wrong(Problem::TooLarge),
            _ => return Err(ConfigError::Read(error)),
        },
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ConfigError::at(Place { file: Arc::clone(file), line, column }, "", Problem::NotUtf8)
    })?;
    Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}
