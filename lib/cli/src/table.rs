//! What a table of verbs and options is made of. All of it is `const` data: nothing is built at start.

/// A program, or a verb with verbs of its own (`handoff inbox`).
#[derive(Debug)]
pub struct Program {
    /// The file name, and the first word of its messages.
    pub name: &'static str,
    /// What it is for: one line, without a full stop.
    pub about: &'static str,
    /// In the order in which help lists them. The verbs of one group stand together.
    pub verbs: &'static [&'static Verb],
    /// What is meant when no verb is typed.
    pub default: Default,
    /// Options that stand before or behind every verb.
    pub globals: &'static [&'static Opt],
    /// Lines at the end of the help.
    pub notes: &'static str,
}

/// What is meant when no verb is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// The program decides.
    Program,
    /// This verb; another word is a mistyped verb.
    Verb(&'static str),
    /// This verb, also where the first word is no verb: it is a word of this one.
    Words(&'static str),
}

impl Default {
    /// The verb, if there is one.
    pub fn verb(self) -> Option<&'static str> {
        match self {
            Self::Program => None,
            Self::Verb(verb) | Self::Words(verb) => Some(verb),
        }
    }
}

/// A verb.
#[derive(Debug)]
pub struct Verb {
    /// As it is typed. Empty for a program that has options only.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// The heading above it in the program's help.
    pub group: &'static str,
    /// What it does: one line, without a full stop.
    pub about: &'static str,
    /// Words that are no options, in order.
    pub operands: &'static [Operand],
    /// Its options.
    pub options: &'static [&'static Opt],
    /// Which of them go together.
    pub rules: &'static [Rule],
    /// What is done with the words behind its options.
    pub tail: Tail,
    /// Whole lines to type, and what each does.
    pub examples: &'static [Example],
    /// Paragraphs at the end of its help.
    pub notes: &'static str,
    /// Who types it.
    pub audience: Audience,
    /// Who does it.
    pub target: Target,
}

/// Who does what a verb says.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// The program that has the verb.
    Itself,
    /// Another program, with all words behind the verb.
    Program(&'static Program),
    /// The same program, which has verbs behind this one.
    Verbs(&'static Program),
    /// A verb of another program.
    Verb(&'static Program, &'static Verb),
}

/// Who runs a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A person: it stands in help, man page, completions and reference.
    People,
    /// A hook of a host, which takes the exit code 2 for a word to it. Usage errors exit 0.
    Hosts,
    /// Another program of ours: it stands nowhere.
    Ourselves,
}

/// A word of a verb that is no option.
#[derive(Debug)]
pub struct Operand {
    /// In capitals.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// How many there are.
    pub count: Count,
    /// What it can be.
    pub values: Values,
}

/// How often an operand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Exactly once.
    One,
    /// Once or not at all.
    Optional,
    /// At least once.
    AtLeastOne,
    /// As often as one likes.
    Any,
}

/// An option.
#[derive(Debug)]
pub struct Opt {
    /// Without the dashes. Empty where it has a letter only.
    pub long: &'static str,
    /// Its letter.
    pub short: Option<char>,
    /// Its value.
    pub takes: Takes,
    /// What it does: one sentence without a full stop.
    pub about: &'static str,
    /// Whether help shows it.
    pub audience: Audience,
}

/// The value of an option.
#[derive(Debug)]
pub enum Takes {
    /// None.
    Nothing,
    /// One, with its name in capitals. Given twice, the last counts.
    Value(&'static str, Values),
    /// One each time that the option is given.
    Each(&'static str, Values),
    /// All the words to the end of the line, with their name in capitals.
    Line(&'static str),
}

/// What a value can be: for completions, and checked where it is a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Anything.
    Any,
    /// The path of a file.
    File,
    /// The path of a directory.
    Directory,
    /// One of these; anything else is refused.
    OneOf(&'static [&'static str]),
    /// Names that only the running program knows.
    Known(Known),
}

/// Names that are looked up when they are completed: `handoff complete KIND` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Runs.
    Runs,
    /// Backends of the configuration.
    Backends,
    /// Handoffs of this worktree, unread.
    Unread,
    /// Handoffs of this worktree, archived.
    Archived,
    /// Handoffs of this worktree, unread and archived.
    Handoffs,
    /// Captures that wait here.
    Captures,
    /// Worktrees of this repository.
    Worktrees,
}

impl Known {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Runs,
        Self::Backends,
        Self::Unread,
        Self::Archived,
        Self::Handoffs,
        Self::Captures,
        Self::Worktrees,
    ];

    /// The word for it on the command line of `handoff complete`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Backends => "backends",
            Self::Unread => "unread",
            Self::Archived => "archived",
            Self::Handoffs => "handoffs",
            Self::Captures => "captures",
            Self::Worktrees => "worktrees",
        }
    }
}

/// What a verb does with words that are not its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// There are none.
    Nothing,
    /// From the first word that is no option, or from `--`, a command with its arguments. The name is in capitals.
    Command(&'static str),
    /// All words behind the verb, untouched: another program reads them.
    Raw,
}

/// Which options go together.
#[derive(Debug)]
pub enum Rule {
    /// At most one of these.
    Exclusive(&'static [&'static Opt]),
    /// The first needs one of the others.
    Requires(&'static Opt, &'static [&'static Opt]),
    /// It must be given.
    Required(&'static Opt),
    /// It stands alone: with no other option of its verb but these, and with no operand.
    Alone(&'static Opt, &'static [&'static Opt]),
}

/// A line to type.
#[derive(Debug)]
pub struct Example {
    /// The words behind the program's name.
    pub line: &'static str,
    /// What it does or answers.
    pub about: &'static str,
}

impl Opt {
    /// An option without a value.
    pub const fn flag(long: &'static str, about: &'static str) -> Self {
        Self { long, short: None, takes: Takes::Nothing, about, audience: Audience::People }
    }

    /// An option with a value, whose name is in capitals.
    pub const fn value(long: &'static str, name: &'static str, values: Values, about: &'static str) -> Self {
        Self { long, short: None, takes: Takes::Value(name, values), about, audience: Audience::People }
    }

    /// The same with a letter.
    pub const fn letter(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    /// The same, shown nowhere.
    pub const fn hidden(self) -> Self {
        Self { audience: Audience::Ourselves, ..self }
    }

    /// The option as it is typed in full: `--json`, or `-n`.
    pub fn typed(&self) -> String {
        match self.short {
            Some(letter) if self.long.is_empty() => format!("-{letter}"),
            _ => format!("--{}", self.long),
        }
    }

    /// The name of its value, if it takes one.
    pub fn value_name(&self) -> Option<&'static str> {
        match self.takes {
            Takes::Nothing => None,
            Takes::Value(name, _) | Takes::Each(name, _) | Takes::Line(name) => Some(name),
        }
    }

    /// What its value can be.
    pub fn values(&self) -> Values {
        match self.takes {
            Takes::Value(_, values) | Takes::Each(_, values) => values,
            Takes::Nothing | Takes::Line(_) => Values::Any,
        }
    }

    /// Whether the two are one option.
    pub fn is(&self, other: &Self) -> bool {
        self.long == other.long && self.short == other.short
    }
}

impl Verb {
    /// A verb for people, without operands, options and examples.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            group: "",
            about,
            operands: &[],
            options: &[],
            rules: &[],
            tail: Tail::Nothing,
            examples: &[],
            notes: "",
            audience: Audience::People,
            target: Target::Itself,
        }
    }

    /// A verb of the front door that is `verb` of `program`.
    pub const fn of(group: &'static str, program: &'static Program, verb: &'static Verb) -> Self {
        Self {
            group,
            aliases: verb.aliases,
            audience: verb.audience,
            tail: Tail::Raw,
            target: Target::Verb(program, verb),
            ..Self::new(verb.name, verb.about)
        }
    }

    /// A verb of the front door that is all of `program`.
    pub const fn whole(
        group: &'static str,
        name: &'static str,
        about: &'static str,
        program: &'static Program,
    ) -> Self {
        Self { group, tail: Tail::Raw, target: Target::Program(program), ..Self::new(name, about) }
    }

    /// Whether help lists it.
    pub fn is_shown(&self) -> bool {
        self.audience != Audience::Ourselves
    }

    /// Whether `word` is it.
    pub fn is_called(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }
}

impl Program {
    /// Finds a verb by its name or by another spelling.
    pub fn verb(&self, word: &str) -> Option<&'static Verb> {
        self.verbs.iter().copied().find(|verb| verb.is_called(word))
    }

    /// The verbs that help lists.
    pub fn shown(&self) -> impl Iterator<Item = &'static Verb> {
        self.verbs.iter().copied().filter(|verb| verb.is_shown())
    }
}

/// `-h`, `--help`.
pub static HELP: Opt = Opt::flag("help", "this text").letter('h');
/// `-V`, `--version`.
pub static VERSION: Opt = Opt::flag("version", "the version").letter('V');
