//! The secrets that a bundle's patches would carry elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use handoff_bundle::{Bundle, BundleError, TreePath, Which};
use handoff_secrets::{Finding, Stream};
use handoff_text::Sanitised;

/// So much binary content is unpacked, in bytes. What a stranger packed tightly must not take long.
const MAX_UNPACKED_BYTES: u64 = 2 << 30;

/// What was found.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Each kind in each file.
    pub found: BTreeSet<Found>,
    /// Files with too much in them to look at.
    pub passed_over: Vec<TreePath>,
}

/// A kind of secret in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The file.
    pub path: TreePath,
    /// The rule that found it, for example `github-token`.
    pub rule: &'static str,
    /// On which side of the change.
    pub which: Which,
}

impl Found {
    /// In words, never the secret itself.
    pub fn words(&self) -> String {
        let path = shown(&self.path);
        match self.which {
            Which::After => format!("{} in {path}", self.rule),
            Which::Before => format!("{} in {path}, in what is removed", self.rule),
        }
    }
}

/// A path in a message.
pub fn shown(path: &TreePath) -> Sanitised {
    Sanitised::line(path.to_string().as_bytes(), 400)
}

impl Secrets {
    /// Looks at everything that the patches of `bundle` say, compressed content too.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn of(bundle: &Bundle) -> Result<Self, BundleError> {
        let mut search = Search::default();
        let passed_over =
            bundle.contents(MAX_UNPACKED_BYTES, &mut |path, which, piece| search.take(path, which, piece))?;
        search.end();
        Ok(Self { found: search.found, passed_over })
    }

    /// Each of them in words.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let found = self.found.iter().map(|found| format!("secret in the patch: {}", found.words()));
        let large = |path| format!("too large to be searched for secrets: {}", shown(path));
        found.chain(self.passed_over.iter().map(large))
    }
}

/// What a person should know of the secrets in `bundle`, a line each.
pub fn lines(bundle: &Bundle) -> String {
    match Secrets::of(bundle) {
        Ok(secrets) => secrets.words().map(|words| words + "\n").collect(),
        Err(error) => format!("secrets could not be looked for: {error}\n"),
    }
}

/// Looks through a file at a time, each side by itself.
#[derive(Debug, Default)]
struct Search {
    path: TreePath,
    texts: BTreeMap<Which, Stream>,
    found: BTreeSet<Found>,
}

impl Search {
    fn take(&mut self, path: &TreePath, which: Which, piece: &[u8]) {
        if *path != self.path {
            self.end();
            self.path = path.clone();
        }
        let Self { path, texts, found } = self;
        texts.entry(which).or_default().take(piece, |finding| note(found, path, which, &finding));
    }

    fn end(&mut self) {
        let Self { path, texts, found } = self;
        for (which, mut text) in std::mem::take(texts) {
            text.end(|finding| note(found, path, which, &finding));
        }
    }
}

fn note(found: &mut BTreeSet<Found>, path: &TreePath, which: Which, finding: &Finding) {
    found.insert(Found { path: path.clone(), rule: finding.rule, which });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As large as a window of [`Stream`].
    const WINDOW_BYTES: usize = 1 << 20;

    const KEY: &str = concat!("AKIA", "Q3EGRPLK7VNWZ2XD");

    fn found(pieces: &[(&str, Which, &[u8])]) -> Vec<(String, &'static str, Which)> {
        let mut search = Search::default();
        for (path, which, piece) in pieces {
            search.take(&TreePath::new(*path), *which, piece);
        }
        search.end();
        search.found.into_iter().map(|found| (found.path.to_string(), found.rule, found.which)).collect()
    }

    #[test]
    fn a_secret_is_found_wherever_a_window_ends() {
        let line = format!("key = {KEY}\n");
        for before in (WINDOW_BYTES - 40..WINDOW_BYTES + 10).step_by(8) {
            let mut text = vec![b'\n'; before];
            text.extend_from_slice(line.as_bytes());
            text.extend_from_slice(&[b'\n'; WINDOW_BYTES]);
            let pieces: Vec<_> = text.chunks(4096).map(|piece| ("a", Which::After, piece)).collect();
            assert_eq!(found(&pieces).len(), 1, "{before}");
        }
    }

    #[test]
    fn the_sides_take_turns_and_each_is_read_by_itself() {
        let (start, end) = KEY.split_at(9);
        let pieces = [
            ("a", Which::After, start.as_bytes()),
            ("a", Which::Before, b"-\n"),
            ("a", Which::After, end.as_bytes()),
            ("b", Which::Before, KEY.as_bytes()),
        ];
        let all = found(&pieces);
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!((all[0].0.as_str(), all[0].2), ("a", Which::After));
        assert_eq!((all[1].0.as_str(), all[1].2), ("b", Which::Before));
    }
}
