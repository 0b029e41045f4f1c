//! What is left as it is, and how it is said.

use std::path::Path;

use handoff_files::FileError;

use crate::Problem;

/// Why a file is left as it is.
pub trait Cause: std::fmt::Display + From<FileError> {
    /// The file, or what stands in the way of it.
    fn path(&self) -> &Path;
}

impl Cause for Problem {
    fn path(&self) -> &Path {
        Problem::path(self)
    }
}

/// A file that is left as it is, though something of ours belongs into it, or out of it.
#[derive(Debug)]
pub struct Left<P = Problem> {
    /// Why it cannot be changed, with its path.
    pub problem: P,
    /// What to put into it by hand, or to take out; empty where that is a whole file of ours.
    pub by_hand: String,
}

/// All that is left, each problem once: a directory that cannot be made is in the way of every file in it.
#[derive(Debug)]
pub struct Leftovers<P = Problem>(Vec<Left<P>>);

impl<P> Default for Leftovers<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P: Cause> Leftovers<P> {
    /// Adds what `problem` keeps from being changed; `by_hand` is what a user puts in or takes out there.
    pub fn add(&mut self, problem: impl Into<P>, by_hand: &str) {
        let problem = problem.into();
        let words = problem.to_string();
        match self.0.iter_mut().find(|left| left.problem.to_string() == words) {
            Some(left) if left.by_hand.contains(by_hand) => {}
            Some(left) => left.by_hand.push_str(by_hand),
            None => self.0.push(Left { problem, by_hand: by_hand.to_owned() }),
        }
    }

    /// Adds to what was left at `above` what belongs into a file below it.
    pub(crate) fn add_by_hand(&mut self, above: &Path, by_hand: &str) {
        if let Some(left) = self.0.iter_mut().find(|left| left.problem.path() == above) {
            left.by_hand.push_str(by_hand);
        }
    }

    /// Adds all of `others`.
    pub fn extend<Q: Into<P>>(&mut self, others: Leftovers<Q>) {
        others.0.into_iter().for_each(|left| self.add(left.problem, &left.by_hand));
    }

    /// Whether anything at or below `path` is left.
    pub fn any_below(&self, path: &Path) -> bool {
        self.0.iter().any(|left| left.problem.path().starts_with(path))
    }

    /// A message for each: `rest` is what is true of everything else, `way` what a user does by hand, as a sentence begins.
    pub fn messages<'l>(&'l self, rest: &'l str, way: &'l str) -> impl Iterator<Item = String> + 'l {
        self.0.iter().map(move |Left { problem, by_hand }| match by_hand.as_str() {
            "" => format!("{problem}; {rest}"),
            by_hand => format!("{problem}; {rest}. {way}:\n{by_hand}"),
        })
    }
}

impl<P> Leftovers<P> {
    /// Each of them, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Left<P>> {
        self.0.iter()
    }

    /// The same.
    pub fn as_slice(&self) -> &[Left<P>] {
        &self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'l, P> IntoIterator for &'l Leftovers<P> {
    type Item = &'l Left<P>;
    type IntoIter = std::slice::Iter<'l, Left<P>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
