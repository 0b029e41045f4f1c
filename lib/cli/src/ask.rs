//! From a command line to a program's own type for it, or to a text to print.

use std::ffi::OsString;

use crate::called::CalledAs;
use crate::given::Given;
use crate::help::{program_help, verb_help};
use crate::parse::{Misuse, Parsed, parse};
use crate::table::Program;

/// What a command line asks a program for.
#[derive(Debug)]
pub enum Asked<T> {
    /// A text on standard output: help or the version.
    Text(String),
    /// Nothing was typed.
    Nothing,
    /// A verb.
    Verb(T),
}

/// Reads `words`, the command line without the program's name; `read` makes the program's own type of a verb.
///
/// # Errors
/// What is wrong with it.
pub fn ask<T>(
    program: &'static Program,
    called: &CalledAs,
    version: &str,
    words: impl IntoIterator<Item = OsString>,
    read: impl FnOnce(&Given) -> Result<T, Misuse>,
) -> Result<Asked<T>, Misuse> {
    Ok(match parse(program, words)? {
        Parsed::Help { program, under, verb } => {
            let called = under.map_or_else(|| called.clone(), |under| called.with(under.name));
            Asked::Text(match verb {
                Some(verb) => verb_help(program, verb, &called),
                None => program_help(program, &called),
            })
        }
        Parsed::Version => Asked::Text(format!("{} {version}\n", program.name)),
        Parsed::Nothing => Asked::Nothing,
        Parsed::Verb(given) => Asked::Verb(read(&given)?),
    })
}
