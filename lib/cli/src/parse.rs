//! From words to what they mean by the table.

mod error;
mod line;
mod rules;

use std::ffi::OsString;

use lexopt::Parser;
use lexopt::prelude::{Long, Short, Value};

pub use error::{Misplaced, Misuse, Rewritten, UsageError};

use handoff_nearest::nearest;

use crate::given::Given;
use crate::table::{Audience, Default, HELP, Opt, Program, Tail, Takes, Target, VERSION, Values, Verb};

/// What a command line asks for.
#[derive(Debug)]
pub enum Parsed {
    /// The help of a verb, or of all verbs of a program, or of those behind the verb `under`.
    Help {
        /// Whose verbs they are.
        program: &'static Program,
        /// The verb whose verbs they are.
        under: Option<&'static Verb>,
        /// None for all.
        verb: Option<&'static Verb>,
    },
    /// The version.
    Version,
    /// Nothing was typed, and the program has no verb for that.
    Nothing,
    /// A verb.
    Verb(Given),
}

/// Reads `words`, the command line without the program's name.
///
/// # Errors
/// What is wrong with it: [`Misuse`].
pub fn parse(program: &'static Program, words: impl IntoIterator<Item = OsString>) -> Result<Parsed, Misuse> {
    let words: Vec<OsString> = words.into_iter().collect();
    let line = Line { program, parser: Parser::from_args(words.clone()), options: Vec::new(), under: None };
    line.read().map_err(|misuse| {
        // Where the verb was not reached, it stands somewhere behind.
        let is_hosted = |word: &OsString| {
            let verb = word.to_str().and_then(|word| program.verb(word));
            verb.is_some_and(|verb| verb.audience == Audience::Hosts)
        };
        let unreached = misuse.verb.is_none() && words.iter().any(is_hosted);
        if unreached { Misuse { code: 0, ..misuse } } else { misuse }
    })
}

/// A command line that is being read.
struct Line {
    program: &'static Program,
    parser: Parser,
    options: Vec<(&'static Opt, Option<OsString>)>,
    /// The verb whose verbs are read.
    under: Option<&'static Verb>,
}

/// What comes next on it.
enum Next {
    Option(&'static Opt),
    Word(OsString),
    /// An option that the verb does not have, as it was typed.
    Unknown(String),
    End,
}

/// How far a command line is read once its verb is looked for.
enum Reached {
    /// A verb, with a word of it that was read already.
    Verb(&'static Verb, Option<OsString>),
    Whole(Parsed),
}

impl Line {
    fn read(mut self) -> Result<Parsed, Misuse> {
        let reached = match self.program.verb("") {
            Some(only) => Reached::Verb(only, None),
            None => {
                self.find_verb().map_err(|error| Misuse { under: self.under, ..Misuse::new(error, None) })?
            }
        };
        match reached {
            Reached::Whole(parsed) => Ok(parsed),
            Reached::Verb(Verb { target: Target::Verbs(inner), .. }, _) => {
                let under =
                    self.program.verbs.iter().copied().find(
                        |verb| matches!(verb.target, Target::Verbs(verbs) if std::ptr::eq(verbs, *inner)),
                    );
                Line { program: inner, under, ..self }.read()
            }
            Reached::Verb(verb, word) => {
                let (under, program) = (self.under, self.program);
                // Where the line is no good with the word as one of the default verb, it was probably meant as a verb.
                let meant =
                    word.as_ref().map(|word| UsageError::unknown_verb(&word.to_string_lossy(), program));
                self.read_verb(verb, word).map_err(|error| match meant {
                    Some(meant @ UsageError::UnknownVerb { nearest: Some(_), .. }) => {
                        Misuse { under, ..Misuse::new(meant, None) }
                    }
                    _ => Misuse { under, ..Misuse::new(error, Some(verb)) },
                })
            }
        }
    }

    /// Reads up to the verb. Options of a verb may stand before it.
    fn find_verb(&mut self) -> Result<Reached, UsageError> {
        let program = self.program;
        let anywhere = || program.verbs.iter().flat_map(|verb| verb.options.iter().copied());
        loop {
            match self.next(anywhere())? {
                Next::Option(option) if option.is(&HELP) => return Ok(Reached::Whole(self.help(None))),
                Next::Option(option) if option.is(&VERSION) => return Ok(Reached::Whole(Parsed::Version)),
                Next::Option(option) => self.take(option, None)?,
                Next::Word(word) if word == "help" => return self.help_of(),
                Next::Word(word) => return self.named(word),
                Next::Unknown(typed) => return Err(UsageError::unknown_option(typed, None, program)),
                Next::End => return self.without_verb(),
            }
        }
    }

    fn without_verb(&self) -> Result<Reached, UsageError> {
        match self.program.default.verb().and_then(|name| self.program.verb(name)) {
            Some(verb) => Ok(Reached::Verb(verb, None)),
            None if self.options.is_empty() => Ok(Reached::Whole(Parsed::Nothing)),
            None => Err(UsageError::NoVerb),
        }
    }

    /// `help VERB`, and `help VERB VERB` where the first has verbs of its own, in this program or in another.
    fn help_of(&mut self) -> Result<Reached, UsageError> {
        let Next::Word(word) = self.next([])? else { return Ok(Reached::Whole(self.help(None))) };
        let text = word.to_string_lossy();
        let verb = self.program.verb(&text).ok_or_else(|| UsageError::unknown_verb(&text, self.program))?;
        match verb.target {
            Target::Verbs(inner) | Target::Program(inner) if inner.verb("").is_none() => {
                self.program = inner;
                self.under = Some(verb);
                self.help_of()
            }
            _ => Ok(Reached::Whole(self.help(Some(verb)))),
        }
    }

    /// The help of a verb, or of all verbs that are read.
    fn help(&self, verb: Option<&'static Verb>) -> Parsed {
        Parsed::Help { program: self.program, under: self.under, verb }
    }

    fn named(&self, word: OsString) -> Result<Reached, UsageError> {
        let text = word.to_string_lossy().into_owned();
        if let Some(verb) = self.program.verb(&text) {
            return Ok(Reached::Verb(verb, None));
        }
        if let Default::Words(default) = self.program.default
            && let Some(verb) = self.program.verb(default)
        {
            return Ok(Reached::Verb(verb, Some(word)));
        }
        Err(UsageError::unknown_verb(&text, self.program))
    }

    /// Reads what stands behind the verb and the word `first`.
    fn read_verb(mut self, verb: &'static Verb, first: Option<OsString>) -> Result<Parsed, UsageError> {
        let words = first.into_iter().collect();
        let mut given = Given { verb, under: self.under, options: Vec::new(), words, tail: Vec::new() };
        if verb.tail == Tail::Raw {
            given.tail = self.parser.raw_args().map_err(UsageError::from)?.collect();
            return Ok(Parsed::Verb(given));
        }
        loop {
            match self.next(verb.options.iter().copied())? {
                Next::Option(option) if option.is(&HELP) => return Ok(self.help(Some(verb))),
                Next::Option(option) if option.is(&VERSION) => return Ok(Parsed::Version),
                Next::Option(option) => self.take(option, Some(verb))?,
                Next::Word(word) if matches!(verb.tail, Tail::Command(_)) => {
                    let rest = self.parser.raw_args().map_err(UsageError::from)?;
                    given.tail = std::iter::once(word).chain(rest).collect();
                    break;
                }
                Next::Word(word) => given.words.push(word),
                Next::Unknown(typed) => {
                    return Err(UsageError::unknown_option(typed, Some(verb), self.program));
                }
                Next::End => break,
            }
        }
        given.options = self.options;
        rules::check(&given, self.program)?;
        Ok(Parsed::Verb(given))
    }

    /// The next option of `known` or of the program, or the next word.
    fn next(&mut self, known: impl IntoIterator<Item = &'static Opt>) -> Result<Next, UsageError> {
        let globals = self.program.globals.iter().copied().chain([&HELP, &VERSION]);
        let mut known = known.into_iter().chain(globals);
        Ok(match self.parser.next().map_err(UsageError::from)? {
            None => Next::End,
            Some(Value(word)) => Next::Word(word),
            Some(Long(name)) => {
                let found = known.find(|option| option.long == name);
                found.map_or_else(|| Next::Unknown(format!("--{name}")), Next::Option)
            }
            Some(Short(letter)) => {
                let found = known.find(|option| option.short == Some(letter));
                found.map_or_else(|| Next::Unknown(format!("-{letter}")), Next::Option)
            }
        })
    }

    /// Reads the value of `option`, if it has one, and notes both.
    fn take(&mut self, option: &'static Opt, verb: Option<&'static Verb>) -> Result<(), UsageError> {
        let value = match option.takes {
            Takes::Nothing => match self.parser.optional_value() {
                Some(_) => return Err(UsageError::NoValue { option: option.typed() }),
                None => None,
            },
            Takes::Value(name, values) | Takes::Each(name, values) => {
                let value = self
                    .parser
                    .value()
                    .map_err(|_| UsageError::MissingValue { option: option.typed(), name })?;
                check_value(&option.typed(), values, &value)?;
                Some(value)
            }
            Takes::Line(name) => Some(line::words(&mut self.parser, option, name, verb, self.program)?),
        };
        self.options.push((option, value));
        Ok(())
    }
}

/// Refuses a value that is none of a closed list.
fn check_value(name: &str, values: Values, value: &std::ffi::OsStr) -> Result<(), UsageError> {
    let Values::OneOf(choices) = values else { return Ok(()) };
    if choices.iter().any(|choice| value == *choice) {
        return Ok(());
    }
    let value = value.to_string_lossy().into_owned();
    let nearest = nearest(&value, choices.iter().copied());
    Err(UsageError::NotAChoice { option: name.to_owned(), value, choices, nearest })
}
