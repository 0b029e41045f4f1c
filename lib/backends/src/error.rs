//! What can be wrong, with the place, the key and the way out. No message holds a value of `env`.

use std::fmt;
use std::path::PathBuf;

use handoff_agents::Protocol;
use handoff_files::FileError;
use handoff_text::Sanitised;

use crate::backend::Setting;
use crate::place::Place;

/// Why a configuration cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The system refused.
    #[error(transparent)]
    Read(#[from] FileError),
    /// Something in it is wrong.
    #[error("could not use {place}{}: {problem}", in_key(key))]
    Wrong {
        /// Where.
        place: Place,
        /// The keys that lead there, with dots between; empty where there is none.
        key: String,
        /// What.
        problem: Problem,
    },
}

impl ConfigError {
    pub(crate) fn at(place: Place, key: impl Into<String>, problem: Problem) -> Self {
        Self::Wrong { place, key: key.into(), problem }
    }
}

fn in_key(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!(", key `{}`", shown(key)) }
}

/// What stands in a file, as one line of a message.
pub(crate) fn shown(text: &str) -> Sanitised {
    const MAX_SHOWN_BYTES: usize = 200;
    Sanitised::line(text.as_bytes(), MAX_SHOWN_BYTES)
}

/// What is wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A directory stands where the file should be.
    #[error("this is a directory, not a file")]
    Directory,
    /// A pipe, a device, a link that leads nowhere.
    #[error("this is no regular file")]
    NoRegularFile,
    /// More than a configuration can need.
    #[error("the file is larger than 1 MiB")]
    TooLarge,
    /// Another encoding, or no text.
    #[error("this is no UTF-8")]
    NotUtf8,
    /// The parser's words.
    #[error("this is no YAML: {}", shown(.0))]
    Syntax(String),
    /// A key that stands twice in one mapping; holds the first line.
    #[error("this key is also in line {first}: remove one of them")]
    Duplicate {
        /// From 1.
        first: usize,
    },
    /// `? [a, b]` and the like.
    #[error("a key must be text")]
    KeyNotText,
    /// Deeper than 32 levels.
    #[error("this is nested more than 32 levels deep")]
    TooDeep,
    /// An alias inside of what it stands for.
    #[error("this alias stands for a value that it is a part of")]
    AliasOfItself,
    /// Aliases that repeat more than a megabyte.
    #[error("aliases repeat too much here")]
    AliasBomb,
    /// `<<: 5`.
    #[error("`<<` takes a mapping or a list of mappings")]
    MergeOfNoMapping,
    /// `!include` and the like; holds the tag.
    #[error("unknown tag {}", shown(.0))]
    Tag(String),
    /// `---` in the middle.
    #[error("a second document begins here: a configuration is one document")]
    SecondDocument,
    /// The whole file, `backends`, one of them, `env` or `config`.
    #[error("this must be a mapping, lines of `key: value`")]
    NotAMapping,
    /// A list or mapping where a text belongs.
    #[error("this must be text")]
    NotText,
    /// `include` of a file that is not there.
    #[error("the included file {} does not exist", Sanitised::path(.0))]
    IncludeMissing(PathBuf),
    /// `include` of a file that cannot be read, and why.
    #[error("the included file {} could not be read: {_1}", Sanitised::path(.0))]
    IncludeUnreadable(PathBuf, String),
    /// `include` of a file that includes this one.
    #[error("{} includes this file, so it cannot be included here", Sanitised::path(.0))]
    IncludeCycle(PathBuf),
    /// More than 64 files.
    #[error("more than 64 files are included")]
    TooManyIncludes,
    /// There is nothing to hand a task to.
    #[error("no backends are configured; `handoff init` writes a config.yaml where there is none")]
    NoBackends,
    /// Anything but `[A-Za-z0-9][A-Za-z0-9._-]*`.
    #[error("a backend's name is letters, digits, `.`, `_` and `-`, and begins with a letter or digit")]
    Name,
    /// `type: claud`.
    #[error(
        "unknown type `{}`{}; the types are {}",
        shown(written),
        meant(nearest),
        listed(Protocol::names(), "and")
    )]
    UnknownType {
        /// As it was written.
        written: String,
        /// What it may have been meant to be.
        nearest: Option<&'static str>,
    },
    /// A claude backend without `model`.
    #[error("a backend of type claude needs a `model`")]
    NoModel,
    /// A name that no environment, or no command line of Codex, takes.
    #[error("this cannot be the name of a variable or setting")]
    KeyName,
}

/// "a, b or c".
fn listed(all: impl IntoIterator<Item = impl fmt::Display>, word: &str) -> String {
    let mut all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    match (all.pop(), all.as_slice()) {
        (Some(last), []) => last,
        (Some(last), others) => format!("{} {word} {last}", others.join(", ")),
        (None, _) => String::new(),
    }
}

fn known(nearest: &Option<&str>) -> String {
    match nearest {
        Some(_) => meant(nearest),
        None => ": known are {model}, {pro_model}, {home} and {cwd}".to_owned(),
    }
}

/// " (did you mean `x`?)", or nothing.
pub(crate) fn meant(nearest: &Option<impl fmt::Display>) -> String {
    nearest.as_ref().map(|nearest| format!(" (did you mean `{nearest}`?)")).unwrap_or_default()
}

/// Something that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: `{}` {reason}", shown(key))]
pub struct Warning {
    /// Where the key stands.
    pub place: Place,
    /// The keys that lead there, with dots between.
    pub key: String,
    /// Why it was passed over.
    pub reason: Reason,
}

/// Why a key was passed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nothing is called so.
    #[error("is unknown and ignored{}", if nearest.is_none() { ": delete it".to_owned() } else { meant(nearest) })]
    Unknown {
        /// What it may have been meant to be.
        nearest: Option<&'static str>,
    },
    /// A key of older or other versions of handoff-cli; holds what to do.
    #[error("is handoff-cli's and ignored: {0}")]
    Deprecated(&'static str),
    /// A key that only these other types have.
    #[error("is ignored, as only a backend of type {} has it: delete it", listed(.0, "or"))]
    OtherTypes(Vec<Protocol>),
    /// Instructions beside the task, for a program that takes none.
    #[error(
        "is ignored, as {0} has no option for it: write it into the tasks; `system_prompt: \"\"` in the backend ends \
         this message"
    )]
    NoSystemPrompt(Protocol),
    /// `{modle}`, which is passed on as it is.
    #[error("has {}, which stands for nothing and is passed on as it is{}", shown(word), known(nearest))]
    NoPlaceholder {
        /// The word, with its braces.
        word: String,
        /// What it may have been meant to be.
        nearest: Option<&'static str>,
    },
    /// `--pro` of a backend that has no `pro_model`.
    #[error("has no `pro_model`, so --pro changes nothing")]
    NoProModel,
    /// `--fast` of a program that has no such mode.
    #[error("is of type {0}, which has no fast mode, so --fast changes nothing")]
    NoFastMode(Protocol),
    /// `${VAR:-x}`, which is passed on as it is; holds the beginning.
    #[error("has {}, which is passed on as it is: only `${{NAME}}` stands for a variable", shown(.0))]
    NoVariable(String),
    /// A value that the agents of today do not know. It is passed to them as it is.
    #[error("is not one of {}{}", known.join(", "), meant(nearest))]
    UnknownValue {
        /// What they know.
        known: &'static [&'static str],
        /// What it may have been meant to be.
        nearest: Option<&'static str>,
    },
}

/// A backend that is not configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no backend `{}`{}; configured: {}", shown(name), meant(nearest), known.join(", "))]
pub struct UnknownBackend {
    /// What was asked for.
    pub name: String,
    /// What may have been meant.
    pub nearest: Option<String>,
    /// All there are, in their order.
    pub known: Vec<String>,
}

/// Why a backend cannot be launched as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// `${VAR}` of a variable that is not set.
    #[error(
        "the variable {} is not set, and {setting} needs it: export it, or write the value there",
        shown(variable)
    )]
    UnsetVariable {
        /// Its name.
        variable: String,
        /// Where it is used.
        setting: Setting,
    },
    /// A token that is there and empty.
    #[error("{0} is empty: write the token there, or set the variable that it names")]
    EmptyToken(Setting),
    /// A token such as `<your key>`.
    #[error(
        "{0} is still a placeholder: write the token there, or `${{VARIABLE}}` to take it from a variable"
    )]
    PlaceholderToken(Setting),
    /// Another endpoint without a token of its own: Claude Code would send it the user's login.
    #[error(
        "{0} is not Anthropic's, and no token is set for it, so it would be sent your own login: \
         set ANTHROPIC_AUTH_TOKEN beside it (any word when the endpoint asks for none)"
    )]
    LoginToOthers(Setting),
    /// A model that comes out empty.
    #[error("{0} is empty: write a model's name there")]
    EmptyModel(Setting),
    /// A value that no command line or environment can hold.
    #[error("{setting} cannot be passed to a program: {reason}")]
    Unpassable {
        /// What.
        setting: Setting,
        /// Why.
        reason: &'static str,
    },
    /// `${VAR}` in what becomes an argument, and arguments can be read by every user of the machine.
    #[error(
        "{0} goes to the command line, which everyone on this machine can read, so it takes no variables: \
         put the variable into `env` and name it in Codex's `env_key`"
    )]
    VariableInArgument(Setting),
    /// A key or token in what becomes an argument.
    #[error(
        "{0} looks like it holds a secret, and it goes to the command line, which everyone on this machine can read: \
         put the secret into `env` and name it in Codex's `env_key`"
    )]
    SecretInArgument(Setting),
    /// An id that would be read as an option, or none at all.
    #[error("{0:?} cannot be the id of a conversation")]
    Conversation(String),
    /// A working directory that the program would take for something else.
    #[error("the working directory must be an absolute path: {}", Sanitised::path(.0))]
    RelativeDirectory(PathBuf),
}
