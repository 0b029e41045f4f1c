//! Where in which file something stands.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use handoff_text::Sanitised;

/// A place in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: Arc<Path>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Place {
    /// The first character of `file`.
    pub(crate) fn start(file: &Arc<Path>) -> Self {
        Self { file: Arc::clone(file), line: 1, column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}, column {}", Sanitised::path(&self.file), self.line, self.column)
    }
}
