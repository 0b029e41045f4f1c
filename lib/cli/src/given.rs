//! What was typed, by the names of the table.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::path::PathBuf;

use crate::parse::{Misuse, UsageError};
use crate::table::{Opt, Verb};

/// A verb with the options and words that were typed for it.
#[derive(Debug)]
pub struct Given {
    /// The verb.
    pub verb: &'static Verb,
    /// The verb that has it behind it.
    pub under: Option<&'static Verb>,
    pub(crate) options: Vec<(&'static Opt, Option<OsString>)>,
    pub(crate) words: Vec<OsString>,
    pub(crate) tail: Vec<OsString>,
}

impl Given {
    /// Whether `option` was given.
    pub fn has(&self, option: &Opt) -> bool {
        self.options.iter().any(|(given, _)| given.is(option))
    }

    /// The value of `option`; the last one where it was given more than once.
    pub fn value(&self, option: &Opt) -> Option<&OsStr> {
        self.options.iter().rev().find(|(given, _)| given.is(option))?.1.as_deref()
    }

    /// The value of `option` as a path.
    pub fn path(&self, option: &Opt) -> Option<PathBuf> {
        self.value(option).map(PathBuf::from)
    }

    /// The value of `option` as text.
    ///
    /// # Errors
    /// When it is not valid UTF-8.
    pub fn text(&self, option: &Opt) -> Result<Option<String>, Misuse> {
        self.value(option).map(|value| self.utf8(value)).transpose()
    }

    /// Every value of `option` as text.
    ///
    /// # Errors
    /// When one is not valid UTF-8.
    pub fn texts(&self, option: &Opt) -> Result<Vec<String>, Misuse> {
        let values = self.options.iter().filter(|(given, _)| given.is(option));
        values.filter_map(|(_, value)| value.as_deref()).map(|value| self.utf8(value)).collect()
    }

    /// The value of `option` as `read` takes it.
    ///
    /// # Errors
    /// When it is not valid UTF-8, or what `read` says.
    pub fn parsed<T, E: Display>(
        &self,
        option: &Opt,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Misuse> {
        let Some(value) = self.text(option)? else { return Ok(None) };
        read(&value).map(Some).map_err(|error| {
            self.misuse(UsageError::Value { option: option.typed(), value, reason: error.to_string() })
        })
    }

    /// The words that are no options.
    pub fn words(&self) -> &[OsString] {
        &self.words
    }

    /// The word at `index` as text.
    ///
    /// # Errors
    /// When it is not valid UTF-8.
    pub fn word(&self, index: usize) -> Result<Option<String>, Misuse> {
        self.words.get(index).map(|word| self.utf8(word)).transpose()
    }

    /// The words from `index` on as text.
    ///
    /// # Errors
    /// When one is not valid UTF-8.
    pub fn words_from(&self, index: usize) -> Result<Vec<String>, Misuse> {
        self.words.iter().skip(index).map(|word| self.utf8(word)).collect()
    }

    /// The command behind the options, or the words that another program reads.
    pub fn tail(&self) -> &[OsString] {
        &self.tail
    }

    /// A usage error of this verb.
    pub fn misuse(&self, error: UsageError) -> Misuse {
        Misuse { under: self.under, ..Misuse::new(error, Some(self.verb)) }
    }

    fn utf8(&self, value: &OsStr) -> Result<String, Misuse> {
        let error = || self.misuse(UsageError::NotUtf8 { value: value.to_string_lossy().into_owned() });
        value.to_str().map(str::to_owned).ok_or_else(error)
    }
}
