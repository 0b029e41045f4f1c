//! Block scalars: `|` keeps its lines, `>` folds them.

use super::lines::Reader;
use super::{Problem, YamlError};

/// What a block scalar's first line says of it.
struct Header {
    folded: bool,
    chomping: Chomping,
    /// By how much the text is indented, where the header tells.
    indentation: Option<usize>,
}

/// What becomes of the breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// One stays.
    Clip,
    /// None stays.
    Strip,
    /// All stay.
    Keep,
}

impl Header {
    /// Reads `|` or `>` and what follows on the line.
    fn read(rest: &str) -> Option<Self> {
        let mut header = Self { folded: rest.starts_with('>'), chomping: Chomping::Clip, indentation: None };
        let indicators = rest.get(1..)?;
        let after = indicators.trim_start_matches(|c: char| c == '+' || c == '-' || c.is_ascii_digit());
        let indicators = &indicators[..indicators.len() - after.len()];
        for c in indicators.chars() {
            match c {
                '1'..='9' if header.indentation.is_none() => {
                    header.indentation = c.to_digit(10).map(|digit| digit as usize);
                }
                '+' if header.chomping == Chomping::Clip => header.chomping = Chomping::Keep,
                '-' if header.chomping == Chomping::Clip => header.chomping = Chomping::Strip,
                _ => return None,
            }
        }
        let comment = after.trim_start_matches([' ', '\t']);
        let is_comment = comment.starts_with('#') && comment.len() < after.len();
        (comment.is_empty() || is_comment).then_some(header)
    }
}

/// The text of a block scalar, line by line.
struct Text {
    folded: bool,
    value: String,
    /// Empty lines since the last line with text.
    empty: usize,
    /// Whether any line had text.
    started: bool,
    /// Whether the last line with text started with a blank: such lines are not folded.
    spaced: bool,
}

impl Text {
    fn push(&mut self, line: &str) {
        if line.is_empty() {
            self.empty += 1;
            return;
        }
        let spaced = line.starts_with([' ', '\t']);
        let folds = self.folded && !spaced && !self.spaced;
        let breaks = match (self.started, folds) {
            (false, _) => self.empty,
            (true, false) => self.empty + 1,
            (true, true) if self.empty == 0 => {
                self.value.push(' ');
                0
            }
            (true, true) => self.empty,
        };
        self.value.extend(std::iter::repeat_n('\n', breaks));
        self.value.push_str(line);
        self.empty = 0;
        self.started = true;
        self.spaced = spaced;
    }

    fn finish(mut self, chomping: Chomping) -> String {
        let breaks = match chomping {
            Chomping::Strip => 0,
            Chomping::Clip => usize::from(self.started),
            Chomping::Keep => usize::from(self.started) + self.empty,
        };
        self.value.extend(std::iter::repeat_n('\n', breaks));
        self.value
    }
}

impl Reader<'_> {
    /// Reads the block scalar whose header stands at `column`, in a collection indented by `parent`.
    pub(super) fn block_scalar(&mut self, column: usize, parent: usize) -> Result<String, YamlError> {
        let header = Header::read(self.rest(column)).ok_or_else(|| self.error(Problem::BlockHeader))?;
        self.finish_line();
        let indent = match header.indentation {
            Some(deeper) => parent + deeper,
            None => self.detect_indentation(parent)?,
        };
        let mut text =
            Text { folded: header.folded, value: String::new(), empty: 0, started: false, spaced: false };
        while let Some(line) = self.current() {
            let deep = line.bytes().take(indent).take_while(|&b| b == b' ').count();
            if deep < indent && deep < line.len() {
                // A comment may end it here, but where no text came before, it may as well be meant as such.
                if !text.started && deep > parent {
                    return Err(self.error(Problem::BlockIndentation));
                }
                break;
            }
            text.push(&line[deep..]);
            self.line += 1;
            if deep < line.len() || header.chomping == Chomping::Keep {
                self.end = self.line;
            }
        }
        Ok(text.finish(header.chomping))
    }

    /// The indentation of the first line with text, from the current line on.
    ///
    /// Without such a line any indentation serves; it is then as deep as the widest blank line, so that none of
    /// them is taken for text.
    fn detect_indentation(&self, parent: usize) -> Result<usize, YamlError> {
        let mut widest = parent + 1;
        let mut widest_blank = 0;
        for (offset, line) in self.remaining().iter().enumerate() {
            let indent = line.len() - line.trim_start_matches(' ').len();
            if indent == line.len() {
                widest_blank = widest_blank.max(indent);
                widest = widest.max(indent);
            } else if indent <= parent {
                break;
            } else if widest_blank > indent {
                return Err(self.error_at(self.line + offset, Problem::BlockIndentation));
            } else if line[indent..].starts_with('\t') {
                // Text in YAML 1.2; parsers of 1.1 take it for indentation and stop.
                return Err(self.error_at(self.line + offset, Problem::Tab));
            } else {
                return Ok(indent);
            }
        }
        Ok(widest)
    }
}
