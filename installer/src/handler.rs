//! Whether a handler of ours is run at every start of a session, and what it prints is used.

use std::time::Duration;

use handoff_agents::{Matchers, SessionHook, TimeUnit, Wirable};
use handoff_wiring::{Conditions, Matcher, NeverRuns};

use crate::fragment::HOST_LIMIT;

/// The hook gives up on a slow machine after 2.8 s; a host that gives up before drops what it prints.
const MIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the host does not run a handler, or does not use what it prints; each with what to do about it in an editor.
pub(crate) fn faults(conditions: &Conditions, host: Wirable, hook: &SessionHook) -> Vec<(String, String)> {
    let name = host.name;
    let mut faults = Vec::new();
    let mut add = |fault: String, fix: &str| faults.push((fault, fix.to_owned()));
    let why = conditions.never_runs(reads(hook));
    // A handler in no group needs no type.
    if let Some(why) = why.filter(|why| !(hook.flat && *why == NeverRuns::NoType)) {
        let fix = match why {
            NeverRuns::HasIf => "take \"if\" out",
            NeverRuns::OtherType(_) | NeverRuns::NoType => "make its type \"command\"",
        };
        add(format!("the hook is not run: {why}"), fix);
    }
    if let Some(missed) = missed_sources(conditions, hook).filter(|missed| !missed.is_empty()) {
        let matcher = conditions.matcher.as_deref().unwrap_or_default();
        add(
            format!("the hook is not run at {}: its matcher is {matcher:?}", missed.join(", ")),
            "take \"matcher\" out",
        );
    }
    if hook.in_background && !conditions.in_background {
        add(format!("{name} waits for the hook at each prompt: it is not async"), "put \"async\": true in");
    }
    if conditions.in_background && !hook.in_background {
        add(
            format!("{name} does not wait for the hook, so a session begins without the handoff: async"),
            "take \"async\" and \"asyncRewake\" out",
        );
    }
    let timeout = conditions.timeout.map(|timeout| match hook.unit {
        TimeUnit::Seconds => timeout,
        // It was read as seconds.
        TimeUnit::Milliseconds => timeout / 1000,
    });
    if let Some(timeout) = timeout.filter(|timeout| *timeout < MIN_TIMEOUT) {
        add(
            format!(
                "{name} gives up on the hook after {} s, and it may need {}",
                timeout.as_secs_f64(),
                MIN_TIMEOUT.as_secs()
            ),
            &format!("make its timeout {}", hook.timeout),
        );
    }
    let limit: u64 = HOST_LIMIT.parse().unwrap_or(u64::MAX);
    if hook.limits_context
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
pub(crate) fn missed_sources(conditions: &Conditions, hook: &SessionHook) -> Option<Vec<&'static str>> {
    let mut missed = Vec::new();
    for &source in hook.sources {
        if !conditions.runs_at(source, reads(hook))? {
            missed.push(source);
        }
    }
    Some(missed)
}

fn reads(hook: &SessionHook) -> Matcher {
    match hook.matchers {
        Matchers::Names => Matcher::Names,
        Matchers::Expression => Matcher::Expression,
    }
}
