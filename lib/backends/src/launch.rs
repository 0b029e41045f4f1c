//! A launch: program, arguments, environment.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use handoff_agents::Protocol;

use crate::arguments;
use crate::backend::{Backend, Setting};
use crate::error::LaunchError;
use crate::known::KnownSecrets;
use crate::redact;
use crate::template::{self, Placeholder, Variables};
use crate::toml;

/// The longest argument or variable that Linux takes is one byte longer, its NUL.
const MAX_LENGTH: usize = 128 * 1024 - 1;

/// The conversation that an agent takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversation<'a> {
    /// A new one. The program gives it this UUID; Codex and OpenCode name their own, in their output.
    New(&'a str),
    /// The one with this id.
    Resume(&'a str),
}

/// What an agent is launched for.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The directory that it works in, absolute. The process is to be started in it.
    pub cwd: &'a Path,
    /// The user's home.
    pub home: &'a Path,
    /// Whether `pro_model` is asked for.
    pub pro: bool,
    /// Whether the program's fast mode is asked for.
    pub fast: bool,
    /// Which conversation.
    pub conversation: Conversation<'a>,
    /// The caller's environment, all of it: `${VAR}` is looked up here, and what may pass to the agent is taken from
    /// here.
    pub environment: &'a [(OsString, OsString)],
    /// A path that only the user can read, for what may be in [`Launch::settings`].
    pub settings: &'a Path,
}

/// How a process is to be started. `Debug` and `Display` show it as a command of the caller's shell, secrets as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Launch {
    /// Found on the `PATH` of `env`.
    pub program: OsString,
    /// Without the prompt: that goes to standard input.
    pub args: Vec<OsString>,
    /// All of it, what is inherited among it: the process gets nothing else. Sorted by name.
    pub env: Vec<(OsString, OsString)>,
    /// What must be in the file at [`Task::settings`], 0600, from before the start to the end. It holds the token.
    ///
    /// The `env` of the user's own settings overrides the environment of Claude Code (seen with 2.1.329): a backend with
    /// an endpoint or token of its own would be sent elsewhere, or be sent the user's token. These settings come before
    /// the user's, and neither arguments nor a pipe can carry them: the one can be read by everyone, the other is refused.
    pub settings: Option<String>,
    /// The model that is asked for, for the records; None where the agent chooses.
    pub model: Option<String>,
    /// What of the environment must be shown nowhere, also where the agent repeats it.
    pub secrets: KnownSecrets,
    /// Variables whose values were taken from a variable with a telling name.
    hidden: BTreeSet<OsString>,
    /// Variables of the caller that the agent does not get.
    withheld: BTreeSet<OsString>,
    /// Variables that are not as the caller has them.
    changed: BTreeSet<OsString>,
}

impl Backend {
    /// The agent without a person: the prompt is read from standard input to its end, events are written to standard
    /// output, one JSON text a line. (How much they take is the agents' own limit, and they say so themselves: Codex
    /// 1,048,576 characters a turn, Claude Code what fits its model.)
    ///
    /// # Errors
    /// [`LaunchError`]: a variable that is not set, a token that is none, a value that cannot be passed on.
    pub fn run(&self, task: &Task) -> Result<Launch, LaunchError> {
        self.launch(task, false)
    }

    /// The agent as a person uses it, in that conversation.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn open(&self, task: &Task) -> Result<Launch, LaunchError> {
        self.launch(task, true)
    }

    fn launch(&self, task: &Task, is_interactive: bool) -> Result<Launch, LaunchError> {
        let (Conversation::New(id) | Conversation::Resume(id)) = task.conversation;
        if id.is_empty() || id.starts_with('-') || id.contains('\0') {
            return Err(LaunchError::Conversation(id.to_owned()));
        }
        if !task.cwd.is_absolute() {
            return Err(LaunchError::RelativeDirectory(task.cwd.to_owned()));
        }
        let values = Values { backend: self, task };
        let model = values.model(task.pro)?;
        if let Some(setting) = self.chosen(task.pro)
            && self.protocol.program().needs_model
            && model.is_empty()
        {
            return Err(LaunchError::EmptyModel(setting.clone()));
        }
        let env = values.environment(is_interactive)?;
        let settings = values.settings(&env)?;
        let mut args =
            if is_interactive { arguments::open(&values, &model)? } else { arguments::run(&values, &model)? };
        if settings.is_some() {
            args.extend(["--settings".into(), task.settings.into()]);
        }
        let hidden = self.hidden();
        let is_declared = |name: &OsStr| {
            let has_name = |name: &str| self.sets(name) && redact::is_secret_name(name);
            hidden.contains(name) || name.to_str().is_some_and(has_name)
        };
        let (withheld, changed) = values.difference(&env);
        Ok(Launch {
            withheld,
            changed,
            secrets: KnownSecrets::in_environment(&env, &is_declared),
            program: self.protocol.name().into(),
            args,
            env: env.into_iter().collect(),
            settings,
            model: Some(model.to_string_lossy().into_owned()).filter(|model| !model.is_empty()),
            hidden,
        })
    }

    fn hidden(&self) -> BTreeSet<OsString> {
        let is_hidden = |setting: &Setting| template::variables(&setting.written).any(redact::is_secret_name);
        self.env.iter().filter(|(_, setting)| is_hidden(setting)).map(|(name, _)| name.into()).collect()
    }
}

/// What the settings of a backend come to in one task.
pub(crate) struct Values<'a> {
    pub(crate) backend: &'a Backend,
    pub(crate) task: &'a Task<'a>,
}

impl Values<'_> {
    fn variable(&self, name: &str) -> Option<&OsStr> {
        let mut all = self.task.environment.iter();
        all.find(|(key, _)| key == name).map(|(_, value)| value.as_os_str())
    }

    /// The model of the task; empty when none is configured.
    fn model(&self, pro: bool) -> Result<OsString, LaunchError> {
        let Some(setting) = self.backend.chosen(pro) else { return Ok(OsString::new()) };
        self.model_of(setting)
    }

    fn model_of(&self, setting: &Setting) -> Result<OsString, LaunchError> {
        // A model cannot be made of itself.
        let placeholder = |found| match found {
            Placeholder::Home => Ok(self.task.home.into()),
            Placeholder::Cwd => Ok(self.task.cwd.into()),
            Placeholder::Model => Ok("{model}".into()),
            Placeholder::ProModel => Ok("{pro_model}".into()),
        };
        word(setting, self.expanded(setting, Variables::Read, &placeholder)?)
    }

    fn placeholder(&self, found: Placeholder) -> Result<OsString, LaunchError> {
        match found {
            Placeholder::Home => Ok(self.task.home.into()),
            Placeholder::Cwd => Ok(self.task.cwd.into()),
            Placeholder::Model => self.model(self.task.pro),
            Placeholder::ProModel => match &self.backend.pro_model {
                Some(setting) => self.model_of(setting),
                None => Ok(OsString::new()),
            },
        }
    }

    fn expanded(
        &self,
        setting: &Setting,
        variables: Variables,
        placeholder: &dyn Fn(Placeholder) -> Result<OsString, LaunchError>,
    ) -> Result<OsString, LaunchError> {
        let variable = |name: &str| {
            self.variable(name).map(OsStr::to_owned).ok_or_else(|| LaunchError::UnsetVariable {
                variable: name.to_owned(),
                setting: setting.clone(),
            })
        };
        let value = template::expand(&setting.written, variables, &variable, placeholder)?;
        match value.as_encoded_bytes() {
            bytes if bytes.contains(&0) => Err(unpassable(setting, "it holds a NUL")),
            bytes if bytes.len() > MAX_LENGTH => Err(unpassable(setting, "it is longer than 128 KiB")),
            _ => Ok(value),
        }
    }

    /// The value of a setting.
    pub(crate) fn value(&self, setting: &Setting, variables: Variables) -> Result<OsString, LaunchError> {
        self.expanded(setting, variables, &|found| self.placeholder(found))
    }

    /// The value of a setting that follows an option and must not look like one.
    pub(crate) fn word(&self, setting: &Setting) -> Result<OsString, LaunchError> {
        word(setting, self.value(setting, Variables::Read)?)
    }

    /// The value of a variable of `env`, with `~` for the home.
    fn variable_value(&self, name: &str, setting: &Setting) -> Result<OsString, LaunchError> {
        let value = match template::after_tilde(&setting.written) {
            None => self.value(setting, Variables::Read)?,
            Some(rest) => {
                let rest = Setting { written: rest.to_owned(), ..setting.clone() };
                let mut path = self.task.home.as_os_str().to_owned();
                path.push(self.value(&rest, Variables::Read)?);
                path
            }
        };
        if name.len() + 1 + value.len() > MAX_LENGTH {
            Err(unpassable(setting, "it is longer than 128 KiB"))
        } else {
            Ok(value)
        }
    }

    /// Claude Code's settings that hold what the backend declares, and nothing for what decides the same and is not
    /// declared; None for a backend that is the user's own Claude Code.
    fn settings(&self, env: &BTreeMap<OsString, OsString>) -> Result<Option<String>, LaunchError> {
        let is_set = |name: &&str| env.contains_key(OsStr::new(*name));
        if self.backend.protocol != Protocol::Claude || !OWN_ENDPOINT.iter().any(is_set) {
            return Ok(None);
        }
        // What decides the same is as it is in the environment, and nothing where it is not there.
        let given = |name: &&'static str| {
            let value = env.get(OsStr::new(*name)).and_then(|value| value.to_str());
            (*name, value.unwrap_or_default())
        };
        let mut all: BTreeMap<&str, &str> = ENDPOINT.iter().map(given).collect();
        for (name, setting) in &self.backend.env {
            let value = env.get(OsStr::new(name)).map_or(Some(""), |value| value.to_str());
            let value =
                value.ok_or_else(|| unpassable(setting, "it is no UTF-8, which is all that JSON holds"))?;
            all.insert(name, value);
        }
        // What is quoted for TOML is quoted for JSON.
        let pairs =
            all.iter().map(|(name, value)| format!("{}: {}", toml::quoted(name), toml::quoted(value)));
        Ok(Some(format!("{{\"apiKeyHelper\": \"\", \"env\": {{{}}}}}", pairs.collect::<Vec<_>>().join(", "))))
    }

    /// The names that the caller has and `env` has not, and those that `env` has otherwise. `PWD` follows from `cd`.
    fn difference(&self, env: &BTreeMap<OsString, OsString>) -> (BTreeSet<OsString>, BTreeSet<OsString>) {
        let caller: BTreeMap<&OsStr, &OsStr> =
            self.task.environment.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str())).collect();
        let withheld = caller.keys().filter(|name| !env.contains_key(**name)).map(|name| (*name).to_owned());
        let is_changed = |(name, value): &(&OsString, &OsString)| {
            *name != "PWD" && caller.get(name.as_os_str()) != Some(&value.as_os_str())
        };
        let changed = env.iter().filter(is_changed).map(|(name, _)| name.clone());
        (withheld.collect(), changed.collect())
    }

    fn environment(&self, is_interactive: bool) -> Result<BTreeMap<OsString, OsString>, LaunchError> {
        let Backend { protocol, ref inherit, .. } = *self.backend;
        let passes = |name: &OsStr| inherit.passes(protocol, &name.to_string_lossy(), is_interactive);
        let inherited = self.task.environment.iter().filter(|(name, _)| passes(name));
        let mut all: BTreeMap<OsString, OsString> = inherited.cloned().collect();
        all.insert("HOME".into(), self.task.home.into());
        // Where the caller works is where it does not.
        if let Some(directory) = all.get_mut(OsStr::new("PWD")) {
            self.task.cwd.as_os_str().clone_into(directory);
        }
        let mut own = BTreeMap::new();
        for (name, setting) in &self.backend.env {
            own.insert(name.as_str(), (self.variable_value(name, setting)?, setting));
        }
        if protocol == Protocol::Claude {
            has_its_own_login(&own, &all)?;
        }
        for (name, (value, setting)) in own {
            if is_placeholder(name, &value) {
                return Err(LaunchError::PlaceholderToken(setting.clone()));
            }
            // Empty means "not set", as in handoff-cli, also where the caller has one.
            if value.is_empty() {
                all.remove(OsStr::new(name))
            } else {
                all.insert(name.into(), value)
            };
        }
        // Whatever is configured: a backend must not take the handoffs that wait for its caller.
        all.insert("AGENT_HANDOFF_SKIP".into(), "1".into());
        Ok(all)
    }
}

/// What decides where Claude Code sends a request, as whom, and for which model.
const ENDPOINT: [&str; 13] = [
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_SUBAGENT_MODEL",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
];
/// Those of them without which a backend is the user's own Claude Code, settings and all.
const OWN_ENDPOINT: [&str; 4] =
    ["ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"];

fn unpassable(setting: &Setting, reason: &'static str) -> LaunchError {
    LaunchError::Unpassable { setting: setting.clone(), reason }
}

fn word(setting: &Setting, value: OsString) -> Result<OsString, LaunchError> {
    if value.as_encoded_bytes().starts_with(b"-") {
        Err(unpassable(setting, "it begins with `-`, so it would be read as an option"))
    } else {
        Ok(value)
    }
}

/// Whether a token is `<your key>` or the like.
fn is_placeholder(name: &str, value: &OsStr) -> bool {
    let value = value.as_encoded_bytes().trim_ascii();
    redact::is_secret_name(name) && value.starts_with(b"<") && value.ends_with(b">")
}

/// Claude Code sends the user's own login to whatever `ANTHROPIC_BASE_URL` names when no token is set beside it (seen
/// with 2.1.329), so another endpoint needs one.
fn has_its_own_login(
    own: &BTreeMap<&str, (OsString, &Setting)>,
    inherited: &BTreeMap<OsString, OsString>,
) -> Result<(), LaunchError> {
    let set = |name: &str| own.get(name).filter(|(value, _)| !value.is_empty());
    // One is inherited only where `inherit` names it.
    let is_inherited = |name: &str| {
        !own.contains_key(name) && inherited.get(OsStr::new(name)).is_some_and(|value| !value.is_empty())
    };
    let has_login = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"]
        .into_iter()
        .any(|name| set(name).is_some() || is_inherited(name));
    if has_login {
        return Ok(());
    }
    if let Some((_, token)) = own.get("ANTHROPIC_AUTH_TOKEN") {
        return Err(LaunchError::EmptyToken((*token).clone()));
    }
    match set("ANTHROPIC_BASE_URL") {
        Some((url, setting)) if !is_anthropic(url) => Err(LaunchError::LoginToOthers((*setting).clone())),
        _ => Ok(()),
    }
}

fn is_anthropic(url: &OsStr) -> bool {
    let url = url.to_str().unwrap_or_default();
    url.trim_end_matches('/') == "https://api.anthropic.com"
}

impl Launch {
    fn shown(&self, name: &OsStr, value: &OsStr) -> String {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        if self.hidden.contains(OsStr::new(&*name)) {
            redact::HIDDEN.to_owned()
        } else {
            quoted(&redact::value(&name, &value))
        }
    }
}

/// What a shell reads as this one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+*".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

impl fmt::Display for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("env")?;
        for name in &self.withheld {
            write!(f, " -u {}", quoted(&name.to_string_lossy()))?;
        }
        for (name, value) in self.env.iter().filter(|(name, _)| self.changed.contains(name)) {
            write!(f, " {}={}", name.to_string_lossy(), self.shown(name, value))?;
        }
        write!(f, " {}", quoted(&self.program.to_string_lossy()))?;
        for argument in &self.args {
            write!(f, " {}", quoted(&redact::value("", &argument.to_string_lossy())))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Launch({self})")
    }
}

impl fmt::Debug for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cwd, home, pro, fast, conversation, environment, settings } = self;
        let variables = environment.len();
        write!(
            f,
            "Task({cwd:?}, {home:?}, pro: {pro}, fast: {fast}, {conversation:?}, {variables} variables, {settings:?})"
        )
    }
}
