//! Inputs out of inputs, the same in every run.

/// What formats give a meaning to; where it stands matters more than what surrounds it.
const WORDS: &[&str] = &[
    "---\n",
    "---",
    "\n",
    "\r\n",
    "\r",
    "\u{feff}",
    ": ",
    ":",
    "- ",
    "|",
    ">",
    "|2-\n",
    "# ",
    "## ",
    "&a",
    "*a",
    "!!str ",
    "'",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ",",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "{}",
    "[]",
    "\t",
    "\0",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{200b}",
    "é",
    "日",
    "\u{1f600}",
    "${HOME}",
    "${",
    "}",
    "~/",
    "../",
    "/",
    ".git/",
    "diff --git a/x b/x\n",
    "GIT binary patch\n",
    "literal 5\n",
    "delta 5\n",
    "@@ -0,0 +1 @@\n",
    "@@ -1,18446744073709551615 +1 @@\n",
    "--- /dev/null\n",
    "+++ b/x\n",
    "rename from ",
    "\\ No newline at end of file\n",
    "index 0000000..1111111 100644\n",
    "//",
    "/*",
    "*/",
    "=",
    "[[a]]\n",
    "\"\"\"",
    "'''",
    "=== agent-handoff 00000000: ",
    "sentinel",
];

/// Changes inputs by a fixed sequence of numbers.
pub(crate) struct Mutator {
    state: u64,
    max_bytes: usize,
}

impl Mutator {
    /// A sequence of its own for each name.
    pub(crate) fn new(name: &str, max_bytes: usize) -> Self {
        // FNV-1a.
        let state = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { state, max_bytes }
    }

    /// At least 0 and less than `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*.
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let number = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).expect("31 bits fit") % limit
    }

    /// `seed` with one to eight changes; `other` is a second input that a part may come from.
    pub(crate) fn mutated<'a>(&mut self, seed: &[u8], other: impl Fn() -> &'a [u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(8) {
            self.change(&mut bytes, other());
        }
        bytes.truncate(self.max_bytes);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let (from, to) = self.range(bytes.len(), 64);
        match self.below(9) {
            0 if !bytes.is_empty() => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
            }
            1 if !bytes.is_empty() => {
                let at = self.below(bytes.len());
                bytes[at] = u8::try_from(self.below(256)).expect("it is below 256");
            }
            2 => drop(bytes.drain(from..to)),
            3 => {
                let part = bytes[from..to].to_vec();
                bytes.splice(from..from, part);
            }
            4 => {
                let (start, end) = self.range(other.len(), 256);
                bytes.splice(from..to, other[start..end].iter().copied());
            }
            // A line twice, or gone.
            5 => {
                let (start, end) = self.line(bytes);
                let line = bytes[start..end].to_vec();
                bytes.splice(start..start, line);
            }
            6 => {
                let (start, end) = self.line(bytes);
                bytes.drain(start..end);
            }
            7 if self.below(8) == 0 => bytes.truncate(from),
            _ => {
                let word = WORDS[self.below(WORDS.len())].bytes();
                let end = if self.below(2) == 0 { from } else { to };
                bytes.splice(from..end, word);
            }
        }
    }

    /// Two places of `length` bytes, at most `most` apart.
    fn range(&mut self, length: usize, most: usize) -> (usize, usize) {
        let from = self.below(length + 1);
        let to = from + self.below(most.min(length - from) + 1);
        (from, to)
    }

    /// Where one of the lines is.
    fn line(&mut self, bytes: &[u8]) -> (usize, usize) {
        let at = self.below(bytes.len() + 1);
        let start = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let end = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
        (start, end)
    }
}
