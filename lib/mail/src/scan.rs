//! The secrets that a letter would carry away.

use std::collections::BTreeSet;

use handoff_bundle::{Bundle, BundleError, Git, Handover};
use handoff_capturing::secrets::Secrets;
use handoff_secrets::Stream;

/// A kind of secret, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// For example `the handoff, line 12`.
    pub place: String,
    /// What it is, for example `github-token`; never the secret itself.
    pub what: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaks(pub BTreeSet<Leak>);

impl Leaks {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Looks through the text of a handoff.
    pub(crate) fn look_at_handoff(&mut self, text: &str) {
        for finding in handoff_secrets::scan(text) {
            self.add(format!("the handoff, line {}", finding.line), finding.rule.to_owned());
        }
    }

    /// Looks through everything that the patches of `bundle` say.
    pub(crate) fn look_at_bundle(&mut self, bundle: &Bundle) -> Result<(), BundleError> {
        for words in Secrets::of(bundle)?.words() {
            self.add("the uncommitted work".to_owned(), words);
        }
        Ok(())
    }

    /// Looks through every commit that no remote has: what a later one removes goes along all the same.
    pub(crate) fn look_at_commits(&mut self, handover: &Handover, git: &Git) -> Result<(), BundleError> {
        let (mut at, mut stream, mut found) = (String::new(), Stream::default(), BTreeSet::new());
        handover.read_unpushed(git, |commit, piece| {
            if at != commit {
                stream.end(|finding| {
                    found.insert((at.clone(), finding.rule));
                });
                commit.clone_into(&mut at);
            }
            stream.take(piece, |finding| {
                found.insert((at.clone(), finding.rule));
            });
        })?;
        stream.end(|finding| {
            found.insert((at.clone(), finding.rule));
        });
        for (commit, rule) in found {
            self.add(format!("the commit {}", &commit[..commit.len().min(10)]), rule.to_owned());
        }
        Ok(())
    }

    fn add(&mut self, place: String, what: String) {
        self.0.insert(Leak { place, what });
    }
}

impl std::fmt::Display for Leaks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MAX_NAMED: usize = 5;
        let named: Vec<_> =
            self.0.iter().take(MAX_NAMED).map(|leak| format!("{} ({})", leak.what, leak.place)).collect();
        let more = self.0.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        write!(f, "{}{more}", named.join(", "))
    }
}
