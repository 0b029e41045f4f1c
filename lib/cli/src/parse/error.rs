//! What can be wrong with a command line.

use std::fmt;

use handoff_nearest::nearest;

use crate::called::CalledAs;
use crate::table::{Audience, HELP, Opt, Program, VERSION, Verb};

/// A usage error, with the verb that was reached.
#[derive(Debug)]
pub struct Misuse {
    /// What is wrong.
    pub error: UsageError,
    /// The verb, if one was reached.
    pub verb: Option<&'static Verb>,
    /// The verb that has that verb behind it.
    pub under: Option<&'static Verb>,
    /// The exit code: 2, but 0 where a host would take 2 for a word to it.
    pub code: u8,
}

impl Misuse {
    pub(crate) fn new(error: UsageError, verb: Option<&'static Verb>) -> Self {
        let is_hosted = verb.is_some_and(|verb| verb.audience == Audience::Hosts);
        Self { error, verb, under: None, code: if is_hosted { 0 } else { 2 } }
    }

    /// The message: what is wrong, and which help explains it, for a program that was called as `called`.
    pub fn message(&self, called: &CalledAs) -> String {
        let verb = self.verb.filter(|verb| verb.is_shown() && !verb.name.is_empty());
        let words = self.under.into_iter().chain(verb).map(|verb| format!(" {}", verb.name));
        format!("{}\nsee {called}{} --help", self.error, words.collect::<String>())
    }
}

/// What is wrong with a command line.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// No verb has this name.
    #[error("there is no verb `{word}`{}", meant(*.nearest))]
    UnknownVerb {
        /// As it was typed.
        word: String,
        /// The verb that was probably meant.
        nearest: Option<&'static str>,
    },
    /// Only options were typed.
    #[error("the verb is missing")]
    NoVerb,
    /// Nothing has this option.
    #[error("there is no option `{option}`{}", meant_option(.nearest.as_ref()))]
    UnknownOption {
        /// As it was typed.
        option: String,
        /// The option that was probably meant.
        nearest: Option<String>,
    },
    /// Only other verbs have this option.
    #[error("`{verb}` has no option `{option}`")]
    OtherVerbs {
        /// As it was typed.
        option: String,
        /// The verb that was typed.
        verb: &'static str,
    },
    /// An option stands at the end, without its value.
    #[error("`{option}` needs a value: {option} {name}")]
    MissingValue {
        /// The option.
        option: String,
        /// The name of its value.
        name: &'static str,
    },
    /// `--option=value` where it takes none.
    #[error("`{option}` takes no value")]
    NoValue {
        /// The option.
        option: String,
    },
    /// A value that is not in the list.
    #[error("`{option}` takes {}, not `{value}`{}", listed(.choices), meant(*.nearest))]
    NotAChoice {
        /// The option.
        option: String,
        /// As it was typed.
        value: String,
        /// What it takes.
        choices: &'static [&'static str],
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A value that the verb cannot use.
    #[error("`{option} {value}`: {reason}")]
    Value {
        /// The option.
        option: String,
        /// As it was typed.
        value: String,
        /// Why.
        reason: String,
    },
    /// A word too many.
    #[error("`{word}` is one word too many{}", takes(.verb))]
    ExtraWord {
        /// As it was typed.
        word: String,
        /// The verb that was typed.
        verb: &'static Verb,
    },
    /// A word is missing.
    #[error("{name} is missing")]
    MissingWord {
        /// The operand.
        name: &'static str,
    },
    /// Two options that exclude each other.
    #[error("{first} and {second} exclude each other")]
    Exclusive {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// An option without another one that it needs.
    #[error("{option} requires {required}")]
    Requires {
        /// The option.
        option: String,
        /// One of these, as a list.
        required: String,
    },
    /// An option that the verb cannot do without.
    #[error("{verb} requires {option}")]
    Required {
        /// The verb.
        verb: &'static str,
        /// The option, with the name of its value.
        option: String,
    },
    /// An option that stands alone.
    #[error("{option} cannot be combined with {other}")]
    Alone {
        /// The option.
        option: String,
        /// Another option, or a word.
        other: String,
    },
    /// Not UTF-8.
    #[error("`{value}` is not valid UTF-8")]
    NotUtf8 {
        /// Shown with replacement characters.
        value: String,
    },
    /// An option among the words that end the line.
    #[error("{0}")]
    Misplaced(Box<Misplaced>),
    /// No words behind an option that takes all of them.
    #[error("{option} needs words")]
    NoWords {
        /// The option.
        option: String,
    },
    /// What a verb says of its own words.
    #[error("{0}")]
    Other(String),
}

/// An option that stands where all words are one text.
#[derive(Debug)]
pub struct Misplaced {
    /// The option that the words begin after, such as `--text`.
    pub line: String,
    /// What the words are: `the prompt`.
    pub meaning: String,
    /// The first of the misplaced options.
    pub option: String,
    /// The line as it can be written instead; `None` where it is too long for a message.
    pub rewritten: Option<Rewritten>,
}

/// The parts of such a line, as a shell reads them.
#[derive(Debug)]
pub struct Rewritten {
    /// The misplaced options.
    pub options: String,
    /// The words without them.
    pub words: String,
    /// All that was typed behind the option.
    pub all: String,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, meaning, option, rewritten } = self;
        write!(formatter, "`{option}` stands behind {line}, where everything is {meaning}; as an option")?;
        match rewritten {
            Some(Rewritten { options, words, all }) => {
                write!(formatter, ": {options} {line} {words}; as a part of {meaning}: {line} -- {all}")
            }
            None => write!(formatter, ", put it before {line}; as a part of {meaning}, put -- behind {line}"),
        }
    }
}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        match error {
            lexopt::Error::UnexpectedValue { option, .. } => Self::NoValue { option },
            other => Self::Other(other.to_string()),
        }
    }
}

impl UsageError {
    /// `word` is no verb of `program`.
    pub(crate) fn unknown_verb(word: &str, program: &'static Program) -> Self {
        let known = program.shown().flat_map(|verb| [&[verb.name], verb.aliases].concat());
        Self::UnknownVerb { nearest: nearest(word, known), word: word.to_owned() }
    }

    /// `typed` is no option of `verb`, or of the program where no verb was reached.
    pub(crate) fn unknown_option(
        typed: String,
        verb: Option<&'static Verb>,
        program: &'static Program,
    ) -> Self {
        let all = || program.verbs.iter().flat_map(|verb| verb.options.iter().copied());
        if let Some(verb) = verb
            && !verb.name.is_empty()
            && all().any(|option| option.typed() == typed)
        {
            return Self::OtherVerbs { option: typed, verb: verb.name };
        }
        // Where no verb was typed, the usual one is meant.
        let meant = verb.or_else(|| program.verb(program.default.verb()?));
        let own = meant.map_or(&[][..], |verb| verb.options).iter().copied();
        let known: Vec<&Opt> = own.chain(program.globals.iter().copied()).chain([&HELP, &VERSION]).collect();
        let long = typed.strip_prefix("--").unwrap_or_default();
        let shown = known.iter().filter(|option| option.audience != Audience::Ourselves);
        let nearest = nearest(long, shown.map(|option| option.long)).map(|name| format!("--{name}"));
        Self::UnknownOption { option: typed, nearest }
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}

fn meant_option(nearest: Option<&String>) -> String {
    meant(nearest.map(String::as_str))
}

/// `a, b or c`.
pub(super) fn listed(words: &[impl fmt::Display]) -> String {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

/// What a verb takes instead of one more word.
fn takes(verb: &Verb) -> String {
    match verb.operands {
        [] if verb.name.is_empty() => String::new(),
        [] => format!(": `{}` takes options only", verb.name),
        operands => {
            let names: Vec<&str> = operands.iter().map(|operand| operand.name).collect();
            format!(": `{}` takes {}", verb.name, names.join(" "))
        }
    }
}
