//! `.handover/config.toml`.
//!
//! Every setting has a default, so a project without the file is one with all of them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use handoff_bundle::{BundleError, Git, Handover, Keyring, Limits};
use handoff_process::Environment;
use handoff_quota::{Percent, Policy, SourceName, Windows};
use toml_edit::{Document, Item, TableLike, Value};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// The sources as the file names them, in the order in which they are asked.
const SOURCES: [(&str, SourceName); 4] = [
    ("openusage-socket", SourceName::OpenusageSocket),
    ("openusage-export", SourceName::OpenusageExport),
    ("statusline", SourceName::Statusline),
    ("rollout", SourceName::Rollout),
];

/// Its name in `.handover`.
pub const FILE: &str = "config.toml";

/// What `handover init` writes: the defaults, explained.
pub const TEMPLATE: &str = "\
# What handover does in this repository. A line that is taken out has the value that stands here.

# true: git may see the bundles, so that they come with a clone. Whoever gets them so has to allow them first.
track = false

[capture]
# In percent of a usage window: work is saved once it is used so far.
threshold = 90
# Which windows count: five_hour, seven_day, primary, secondary, or a length in minutes as \"300\". None named: any.
windows = []
# Also when a session ends, or before it is compacted, if anything is uncommitted.
on_session_end = false
on_compact = false
# Larger files are named and stay behind, and so is what would be more in all: of that, what git tracks is carried first.
max_file_bytes = 67108864
max_total_bytes = 268435456
max_files = 20000

[quota]
# Where the use of the windows is asked for, in this order.
sources = [\"openusage-socket\", \"openusage-export\", \"statusline\", \"rollout\"]
# openusage's socket, when it is not in its usual place.
socket = \"\"
# How long all of them together may take, in milliseconds; at most 150.
budget_ms = 100
";

/// The longest that the sources of usage windows may be asked, in milliseconds.
const MAX_BUDGET_MS: u64 = 150;

/// What holds here.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether there is a file.
    pub is_set: bool,
    /// Whether the file is one that git tracks and the user has not allowed: then the defaults hold.
    pub is_ignored: bool,
    /// Whether git may see the bundles.
    pub track: bool,
    /// Which usage windows count, and from when on.
    pub policy: Policy,
    /// Whether the end of a session is captured.
    pub on_session_end: bool,
    /// Whether a compaction is captured.
    pub on_compact: bool,
    /// How much is carried.
    pub limits: Limits,
    /// Who is asked how full the usage windows are, in this order.
    pub sources: Vec<SourceName>,
    /// openusage's socket, when it is not in its usual place.
    pub socket: Option<PathBuf>,
    /// How long all of them may take.
    pub budget: Duration,
    /// What was passed over.
    pub warnings: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            is_set: false,
            is_ignored: false,
            track: false,
            policy: Policy::default(),
            on_session_end: false,
            on_compact: false,
            limits: Limits::default(),
            sources: SOURCES.map(|(_, source)| source).to_vec(),
            socket: None,
            budget: handoff_quota::BUDGET,
            warnings: Vec::new(),
        }
    }
}

/// Why the file is not used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It can't be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Something in it is wrong.
    #[error("could not use {}:{line}: {reason}", handoff_text::Sanitised::path(path))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl Settings {
    /// Reads `.handover/config.toml` of the worktree at `top`. One that git tracks came with a clone or a pull: it could have
    /// patches staged, and switch off what saves the work, so it counts only once the user allowed this very content.
    ///
    /// # Errors
    /// What the system says; what is wrong with it and where.
    pub fn load(top: &Path, environment: &Environment) -> Result<Self, SettingsError> {
        let path = top.join(".handover/config.toml");
        let Some(handover) = Handover::open(top)? else { return Ok(Self::default()) };
        let Some(bytes) = handover.own_file(FILE, MAX_FILE_BYTES)? else { return Ok(Self::default()) };
        // Where git cannot say, it may have come so.
        let tracked =
            || Git::find(environment).is_ok_and(|git| handover.is_tracked(&git, FILE).unwrap_or(true));
        if !is_allowed(&bytes, environment) && handoff_files::is_taken(&top.join(".git")) && tracked() {
            let ignored = format!(
                "{} came with the repository and does not count: look at it, then {} allow --config",
                handoff_text::Sanitised::path(&path),
                crate::called::called()
            );
            return Ok(Self { is_set: true, is_ignored: true, warnings: vec![ignored], ..Self::default() });
        }
        let text = String::from_utf8_lossy(&bytes);
        Self::parse(&text).map_err(|(at, reason)| {
            let line = text[..at.min(text.len())].matches('\n').count() + 1;
            SettingsError::Wrong { path, line, reason }
        })
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        let document = Document::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            (at, error.message().to_owned())
        })?;
        let mut config = Self { is_set: true, ..Self::default() };
        let root = Table { name: "", table: document.as_table(), text };
        config.track = root.boolean("track")?.unwrap_or(config.track);
        root.known(&["track", "capture", "quota"], &mut config.warnings);
        if let Some(capture) = root.table("capture")? {
            config.take_capture(&capture)?;
        }
        if let Some(quota) = root.table("quota")? {
            config.take_quota(&quota)?;
        }
        Ok(config)
    }

    fn take_capture(&mut self, table: &Table<'_>) -> Result<(), Wrong> {
        if let Some((percent, at)) = table.number("threshold")? {
            let within = (1.0..=100.0).contains(&percent);
            let wrong = || (at, "threshold is a percentage, from 1 to 100".to_owned());
            self.policy.threshold = Percent::new(percent).filter(|_| within).ok_or_else(wrong)?;
        }
        if let Some(names) = table.strings("windows")? {
            let names = names.into_iter().map(|(name, at)| {
                let name = name.to_lowercase();
                if !Windows::is_known(&name) {
                    self.warnings.push(format!(
                        ".handover/config.toml line {}: no source names a window `{name}`, so nothing is captured for it: \
                         five_hour, seven_day, seven_day_opus, primary, secondary, NAME:primary, or minutes as \"300\"",
                        table.line(at)
                    ));
                }
                name
            });
            let names: Vec<String> = names.collect();
            self.policy.windows = if names.is_empty() { Windows::All } else { Windows::Named(names) };
        }
        self.on_session_end = table.boolean("on_session_end")?.unwrap_or(self.on_session_end);
        self.on_compact = table.boolean("on_compact")?.unwrap_or(self.on_compact);
        self.limits.max_file_bytes = table.positive("max_file_bytes")?.unwrap_or(self.limits.max_file_bytes);
        self.limits.max_total_bytes =
            table.positive("max_total_bytes")?.unwrap_or(self.limits.max_total_bytes);
        if let Some(files) = table.positive("max_files")? {
            self.limits.max_files = usize::try_from(files).unwrap_or(usize::MAX);
        }
        let known = [
            "threshold",
            "windows",
            "on_session_end",
            "on_compact",
            "max_file_bytes",
            "max_total_bytes",
            "max_files",
        ];
        table.known(&known, &mut self.warnings);
        Ok(())
    }

    fn take_quota(&mut self, table: &Table<'_>) -> Result<(), Wrong> {
        if let Some(names) = table.strings("sources")? {
            let known = SOURCES.map(|(known, _)| known).join(", ");
            self.sources.clear();
            for (name, at) in names {
                let source = SOURCES.iter().find(|(known, _)| *known == name);
                let wrong = || (at, format!("there is no source `{name}`: {known}"));
                self.sources.push(source.ok_or_else(wrong)?.1);
            }
        }
        if let Some((path, at)) = table.string("socket")?.filter(|(path, _)| !path.is_empty()) {
            let path = PathBuf::from(path);
            if !path.is_absolute() {
                return Err((at, "socket must be an absolute path".to_owned()));
            }
            self.socket = Some(path);
        }
        if let Some(ms) = table.count("budget_ms")? {
            // A hook is never kept longer.
            self.budget = Duration::from_millis(ms.min(MAX_BUDGET_MS));
            if ms > MAX_BUDGET_MS {
                self.warnings.push(format!(
                    ".handover/config.toml: quota.budget_ms = {ms} is more than a hook may take; {MAX_BUDGET_MS} is used"
                ));
            }
        }
        table.known(&["sources", "socket", "budget_ms"], &mut self.warnings);
        Ok(())
    }

    /// The settings that are not the defaults, a line each as in the file.
    pub fn changed(&self) -> Vec<String> {
        let defaults = Self::default().print();
        let is_new = |line: &&str| !defaults.lines().any(|other| other == *line);
        self.print().lines().filter(is_new).map(str::to_owned).collect()
    }

    /// Every setting with its value, in the form of the file.
    pub fn print(&self) -> String {
        let strings = |all: Vec<String>| {
            let quoted: Vec<String> = all.iter().map(|one| quoted(one)).collect();
            format!("[{}]", quoted.join(", "))
        };
        let windows = match &self.policy.windows {
            Windows::All => Vec::new(),
            Windows::Named(names) => names.clone(),
        };
        let named = |source: &SourceName| SOURCES.iter().find(|(_, known)| known == source);
        let sources = self.sources.iter().filter_map(named).map(|(name, _)| (*name).to_owned()).collect();
        let socket = self.socket.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        format!(
            "track = {}\n\n[capture]\nthreshold = {}\nwindows = {}\non_session_end = {}\non_compact = {}\n\
             max_file_bytes = {}\nmax_total_bytes = {}\nmax_files = {}\n\n[quota]\nsources = {}\nsocket = {}\n\
             budget_ms = {}\n",
            self.track,
            self.policy.threshold.get(),
            strings(windows),
            self.on_session_end,
            self.on_compact,
            self.limits.max_file_bytes,
            self.limits.max_total_bytes,
            self.limits.max_files,
            strings(sources),
            quoted(&socket),
            self.budget.as_millis(),
        )
    }
}

fn is_allowed(content: &[u8], environment: &Environment) -> bool {
    let keyring = crate::state(environment).ok().and_then(|state| Keyring::open(&state).ok());
    keyring.is_some_and(|keyring| keyring.allows_config(content).unwrap_or(false))
}

/// What is wrong, and where in the text.
type Wrong = (usize, String);

/// A value and where it stands.
type At<T> = Option<(T, usize)>;

/// A table of the file.
struct Table<'t> {
    name: &'t str,
    table: &'t dyn TableLike,
    text: &'t str,
}

impl<'t> Table<'t> {
    fn wrong(&self, key: &str, item: &Item, what: &str) -> Wrong {
        let key = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        (place(item.span()), format!("{key} must be {what}"))
    }

    fn get(&self, key: &str) -> Option<&'t Item> {
        self.table.get(key)
    }

    fn table(&self, name: &'t str) -> Result<Option<Table<'t>>, Wrong> {
        let Some(item) = self.get(name) else { return Ok(None) };
        let table = item.as_table_like().ok_or_else(|| self.wrong(name, item, "a table"))?;
        Ok(Some(Table { name, table, text: self.text }))
    }

    fn boolean(&self, key: &str) -> Result<Option<bool>, Wrong> {
        let Some(item) = self.get(key) else { return Ok(None) };
        item.as_bool().map(Some).ok_or_else(|| self.wrong(key, item, "true or false"))
    }

    fn number(&self, key: &str) -> Result<At<f64>, Wrong> {
        let Some(item) = self.get(key) else { return Ok(None) };
        let number = item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64));
        number
            .map(|number| Some((number, place(item.span()))))
            .ok_or_else(|| self.wrong(key, item, "a number"))
    }

    fn count(&self, key: &str) -> Result<Option<u64>, Wrong> {
        let Some(item) = self.get(key) else { return Ok(None) };
        let count = item.as_integer().and_then(|number| u64::try_from(number).ok());
        count.map(Some).ok_or_else(|| self.wrong(key, item, "a whole number, 0 or more"))
    }

    /// The same where nothing could be saved with 0.
    fn positive(&self, key: &str) -> Result<Option<u64>, Wrong> {
        match (self.count(key)?, self.get(key)) {
            (Some(0), Some(item)) => Err(self.wrong(key, item, "a whole number, 1 or more")),
            (count, _) => Ok(count),
        }
    }

    /// The line, from 1 on, of the place `at`.
    fn line(&self, at: usize) -> usize {
        self.text[..at.min(self.text.len())].matches('\n').count() + 1
    }

    fn string(&self, key: &str) -> Result<At<String>, Wrong> {
        let Some(item) = self.get(key) else { return Ok(None) };
        let text = item.as_str().ok_or_else(|| self.wrong(key, item, "a text in quotes"))?;
        Ok(Some((text.to_owned(), place(item.span()))))
    }

    fn strings(&self, key: &str) -> Result<Option<Vec<(String, usize)>>, Wrong> {
        let Some(item) = self.get(key) else { return Ok(None) };
        let wrong = || self.wrong(key, item, "a list of texts in quotes");
        let array = item.as_array().ok_or_else(wrong)?;
        let one = |value: &Value| Some((value.as_str()?.to_owned(), place(value.span())));
        array.iter().map(one).collect::<Option<_>>().map(Some).ok_or_else(wrong)
    }

    /// Says which keys are none of `known`.
    fn known(&self, known: &[&str], warnings: &mut Vec<String>) {
        for (key, _) in self.table.iter().filter(|(key, _)| !known.contains(key)) {
            let at = self.table.key(key).and_then(toml_edit::Key::span);
            let line = self.line(place(at));
            let of = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            warnings.push(format!(
                ".handover/config.toml line {line}: there is no setting `{key}`{of}: {}",
                known.join(", ")
            ));
        }
    }
}

/// A text as TOML has it: its basic strings take every escape of JSON's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn place(span: Option<Range<usize>>) -> usize {
    span.map_or(0, |span| span.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_the_defaults() {
        let config = Settings::parse(TEMPLATE).unwrap_or_else(|error| panic!("{error:?}"));
        let printed = config.print();
        assert_eq!(printed, Settings::default().print());
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        let again = Settings::parse(&printed).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(again.print(), printed);
    }

    #[test]
    fn settings_are_read() {
        let text = "track = true\n[capture]\nthreshold = 75.5\nwindows = [\"Five_Hour\"]\non_compact = true\n\
                    [quota]\nsources = [\"rollout\"]\nsocket = \"/x/y.sock\"\nbudget_ms = 9999\n";
        let config = Settings::parse(text).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!((config.track, config.on_compact, config.policy.threshold.get()), (true, true, 75.5));
        assert_eq!(config.policy.windows, Windows::Named(vec!["five_hour".to_owned()]));
        assert_eq!((config.sources, config.budget), (vec![SourceName::Rollout], Duration::from_millis(150)));
        let warning =
            ".handover/config.toml: quota.budget_ms = 9999 is more than a hook may take; 150 is used";
        assert_eq!(config.warnings, [warning]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, line, word) in [
            ("track = 1", 1, "track must be true or false"),
            ("a = 1\n[capture]\nthreshold = 0", 3, "threshold is a percentage"),
            ("[capture]\nwindows = [1]", 2, "capture.windows must be a list"),
            ("[quota]\n\nsources = [\"x\"]", 3, "there is no source `x`"),
            ("[quota]\nsocket = \"x\"", 2, "absolute"),
            ("[capture]\nmax_files = -1", 2, "capture.max_files must be"),
            ("[capture]\n\nmax_files = 0", 3, "capture.max_files must be a whole number, 1 or more"),
            ("[capture]\nmax_file_bytes = 0", 2, "capture.max_file_bytes must be"),
            ("[capture]\nmax_total_bytes = 0", 2, "capture.max_total_bytes must be"),
            ("capture = 3", 1, "capture must be a table"),
            ("x = [", 1, ""),
        ] {
            let (at, reason) = Settings::parse(text).err().unwrap_or_else(|| panic!("{text}"));
            assert!(reason.contains(word), "{text}: {reason}");
            assert_eq!(text[..at.min(text.len())].matches('\n').count() + 1, line, "{text}");
        }
        let odd =
            Settings::parse("trak = true\n[capture]\nmax = 1").unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(odd.warnings.len(), 2);
        let windows = "[capture]\nwindows = [\"Five_Hour\", \"300\", \"codex:primary\",\n\"foo\"]";
        let windows = Settings::parse(windows).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(windows.warnings.len(), 1, "{:?}", windows.warnings);
        assert!(
            windows.warnings[0].contains("line 3: no source names a window `foo`"),
            "{:?}",
            windows.warnings
        );
        assert!(
            odd.warnings[1].starts_with(
                ".handover/config.toml line 3: there is no setting `max` in [capture]: threshold"
            )
        );
    }
}
