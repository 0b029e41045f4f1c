//! What has moved since a handoff was written, in words.

use handoff_document::Document;
use handoff_worktree::{Drift, Head, Relation, Touched};

use crate::frame;

/// How many changed files are named.
const NAMED: usize = 4;

/// The longest name of a branch, commit or file that is shown, in bytes.
const NAME: usize = 80;

/// The `!! DRIFT` lines of a handoff, without their line ends. `drift` is what became of its commit; None when that
/// cannot be said.
pub fn drift_lines(document: &Document<'_>, head: &Head, drift: Option<&Drift>) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(then), Some(now)) =
        (document.field("branch").filter(|&name| name != "unknown"), &head.branch)
        && then != now
    {
        let (then, now) = (shown(then), shown(now));
        lines.push(format!("!! DRIFT: branch differs: it was written on {then}, this is {now}"));
    }
    if let (Some(then), Some(drift)) = (document.field("head"), drift)
        && drift.relation != Relation::Same
    {
        let moved = relation(&drift.relation, &shown(then));
        let files = drift.files.as_ref().map(files).unwrap_or_default();
        lines.push(format!("!! DRIFT: HEAD differs: {moved}{files}"));
    }
    lines
}

fn shown(name: &str) -> String {
    frame::name(name, NAME)
}

fn relation(relation: &Relation, then: &str) -> String {
    match relation {
        Relation::Same => format!("still {then}"),
        Relation::Ahead(count) => format!("{count} ahead of {then}"),
        Relation::Behind(count) => format!("{count} behind {then}"),
        Relation::Diverged { ahead, behind } => format!("diverged from {then}: {ahead} here, {behind} there"),
        Relation::Gone => format!("{then} is not in this repository (rewritten away, or never fetched)"),
        Relation::Unclear => format!("it is not {then}, and the history between cannot be read"),
    }
}

fn files(touched: &Touched) -> String {
    let names = || {
        let named: Vec<String> = touched.changed.iter().take(NAMED).map(|path| shown(path)).collect();
        let rest = touched.changed.len().saturating_sub(NAMED);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        format!("{}{more}", named.join(", "))
    };
    match (touched.changed.len(), touched.of) {
        (0, Some(of)) => format!("; none of its {of} touched files changed since"),
        (changed, Some(of)) => format!("; {changed} of its {of} touched files changed since: {}", names()),
        (0, None) => "; no file changed since".to_owned(),
        (1, None) => format!("; 1 file changed since: {}", names()),
        (changed, None) => format!("; {changed} files changed since: {}", names()),
    }
}
