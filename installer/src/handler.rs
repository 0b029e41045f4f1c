//! Whether a handler of ours is run at every start of a session, and what it prints is used.

use std::time::Duration;

use handoff_wiring::{Conditions, Matcher, NeverRuns};

use crate::agent::Agent;
use crate::piece::HOST_LIMIT;

/// What both hosts say of how a session started.
pub(crate) const SOURCES: [&str; 4] = ["startup", "resume", "clear", "compact"];

/// The hook gives up on a slow machine after 2.8 s; a host that gives up before drops what it prints.
const MIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the host does not run a handler, or does not use what it prints; each with what to do about it in an editor.
pub(crate) fn faults(conditions: &Conditions, agent: Agent) -> Vec<(String, String)> {
    let name = agent.name();
    let mut faults = Vec::new();
    let mut add = |fault: String, fix: &str| faults.push((fault, fix.to_owned()));
    if let Some(why) = conditions.never_runs(reads(agent)) {
        let fix = match why {
            NeverRuns::HasIf => "take \"if\" out",
            NeverRuns::OtherType(_) | NeverRuns::NoType => "make its type \"command\"",
        };
        add(format!("the hook is not run: {why}"), fix);
    }
    if let Some(missed) = missed_sources(conditions, agent).filter(|missed| !missed.is_empty()) {
        let matcher = conditions.matcher.as_deref().unwrap_or_default();
        add(
            format!("the hook is not run at {}: its matcher is {matcher:?}", missed.join(", ")),
            "take \"matcher\" out",
        );
    }
    if conditions.in_background {
        add(
            format!("{name} does not wait for the hook, so a session begins without the handoff: async"),
            "take \"async\" and \"asyncRewake\" out",
        );
    }
    if let Some(timeout) = conditions.timeout.filter(|timeout| *timeout < MIN_TIMEOUT) {
        add(
            format!(
                "{name} gives up on the hook after {} s, and it may need {}",
                timeout.as_secs_f64(),
                MIN_TIMEOUT.as_secs()
            ),
            "make its timeout 10",
        );
    }
    let limit: u64 = HOST_LIMIT.parse().unwrap_or(u64::MAX);
    if agent == Agent::Codex
        && let Some(tokens) = conditions.context_limit.filter(|tokens| tokens.saturating_mul(4) < limit)
    {
        add(
            format!("{name} cuts what the hook prints at {tokens} tokens: additionalContextLimit"),
            "take \"additionalContextLimit\" out",
        );
    }
    faults
}

/// At which starts of a session the handler is not run; `None` where the matcher does not say it plainly.
pub(crate) fn missed_sources(conditions: &Conditions, agent: Agent) -> Option<Vec<&'static str>> {
    let mut missed = Vec::new();
    for source in SOURCES {
        if !conditions.runs_at(source, reads(agent))? {
            missed.push(source);
        }
    }
    Some(missed)
}

fn reads(agent: Agent) -> Matcher {
    match agent {
        Agent::Claude => Matcher::Names,
        Agent::Codex => Matcher::Expression,
    }
}
