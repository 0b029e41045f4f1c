//! Why a file is left alone.

/// Where a text is not what it must be for us to change it, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct Malformed {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
    /// Whether the host passes over a whole file with this in it, though it is JSON as other programs take it: comments, or a
    /// setting of another type.
    pub is_passed_over: bool,
}

impl Malformed {
    /// At the byte `at` of `text`.
    pub(crate) fn at(text: &str, at: usize, reason: impl Into<String>) -> Self {
        let before = &text[..text.floor_char_boundary(at.min(text.len()))];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            reason: reason.into(),
            is_passed_over: false,
        }
    }

    /// The same of what the host passes over, see [`Malformed::is_passed_over`].
    pub(crate) fn passed_over(self) -> Self {
        Self { is_passed_over: true, ..self }
    }

    /// In a text that begins with a byte order mark.
    ///
    /// # Errors
    /// Itself, where there is one.
    pub fn refuse_mark(text: &str, host: &str) -> Result<(), Self> {
        if !text.starts_with(crate::BOM) {
            return Ok(());
        }
        Err(Self::at(text, 0, format!("{host} does not read a file that begins with a byte order mark")))
    }
}

/// The text of a file's bytes.
///
/// # Errors
/// When it is no UTF-8, and where.
pub fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Malformed::at(&valid, valid.len(), "this is no UTF-8")
    })
}
