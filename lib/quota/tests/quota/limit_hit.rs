//! What hosts say when they hit a limit.

use handoff_agents::{CLAUDE_CODE, CODEX};
use handoff_quota::{LimitHit, LimitKind, Percent};

use crate::support::{at, fixture, later, now, reading, window};

fn failure(error: &str, told: &str) -> Option<LimitHit> {
    let error = if error.is_empty() { String::new() } else { format!("\"error\":\"{error}\",") };
    let event = format!(r#"{{"hook_event_name":"StopFailure",{error}"last_assistant_message":"{told}"}}"#);
    LimitHit::of_event(event.as_bytes(), now())
}

#[test]
fn the_recorded_failure_is_a_wall_with_its_window_and_end() {
    let hit = LimitHit::of_event(&fixture("claude-2.1.329-stop-failure-limit.json"), now()).unwrap();
    assert_eq!((hit.tool, hit.kind), (Some(&CLAUDE_CODE), LimitKind::Usage));
    assert_eq!(hit.window.as_ref().unwrap().as_str(), "five_hour");
    assert_eq!(hit.resets_at, Some(at("2026-11-21T12:00:00Z")));
    assert_eq!(hit.message.as_str(), "You've hit your 5-hour limit · resets 12pm (UTC)");
}

#[test]
fn each_sort_of_limit_is_told_from_the_others() {
    let kind = |error, told| failure(error, told).map(|hit| hit.kind);
    let rejected = "API Error: Request rejected (429) · Number of requests has exceeded your rate limit";
    assert_eq!(kind("rate_limit", rejected), Some(LimitKind::Rate));
    assert_eq!(kind("rate_limit", "You've hit your weekly limit"), Some(LimitKind::Usage));
    assert_eq!(kind("billing_error", "Credit balance is too low"), Some(LimitKind::Credit));
    assert_eq!(kind("", "Claude AI usage limit reached|1795262400"), Some(LimitKind::Usage));
    assert_eq!(kind("", "You’ve hit your session limit"), Some(LimitKind::Usage));
    for other in ["server_error", "overloaded", "authentication_failed", "max_output_tokens"] {
        assert_eq!(kind(other, "You've hit your limit"), None, "{other}");
    }
    assert_eq!(kind("unknown", "Something about a usage limit reached"), None);
}

#[test]
fn windows_are_called_what_the_statusline_calls_them() {
    let name = |told: &str| {
        let hit = failure("rate_limit", &format!("You've hit your {told} · resets 12pm (UTC)")).unwrap();
        hit.window.map(|name| name.as_str().to_owned())
    };
    assert_eq!(name("session limit").unwrap(), "five_hour");
    assert_eq!(name("weekly limit").unwrap(), "seven_day");
    assert_eq!(name("Opus limit").unwrap(), "seven_day_opus");
    assert_eq!(name("Sonnet weekly limit").unwrap(), "seven_day_sonnet");
    assert_eq!(name("monthly spend limit").unwrap(), "spend_limit");
    assert_eq!(name("limit"), None);
}

#[test]
fn an_end_is_believed_only_when_it_can_be_known() {
    let end = |told: &str| {
        let hit = failure("rate_limit", &format!("You've hit your 5-hour limit{told}")).unwrap();
        hit.resets_at.map(|reset| reset.to_string())
    };
    assert_eq!(end(" · resets 3:30pm (UTC)").unwrap(), "2026-11-21T15:30:00Z");
    assert_eq!(end(" · resets 12am (Etc/UTC)").unwrap(), "2026-11-22T00:00:00Z");
    assert_eq!(end(" · resets 9am (UTC)").unwrap(), "2026-11-22T09:00:00Z");
    assert_eq!(end("|1795262400").unwrap(), "2026-11-21T12:00:00Z");
    assert_eq!(end(" · try again in 45 minutes").unwrap(), "2026-11-21T11:31:00Z");
    for unknown in [
        "",
        " · resets 3pm (Europe/Berlin)",
        " · resets Nov 24, 3pm (UTC)",
        " · resets 13pm (UTC)",
        " · resets 0am (UTC)",
        " · resets 3:99pm (UTC)",
        " · resets \u{e9}pm (UTC)",
        " · resets pm (UTC)",
        " · resets (UTC",
        "|1",
        "|99999999999999999999",
        " · try again in 3 fortnights",
        " · try again in 4294967295 days 4294967295 days",
    ] {
        assert_eq!(end(unknown), None, "{unknown}");
    }
}

#[test]
fn a_reading_adds_what_was_not_told() {
    let reset = later(now(), 600);
    let full = reading(vec![
        window(Some(&CLAUDE_CODE), "five_hour", 100.0, Some(reset)),
        window(Some(&CLAUDE_CODE), "seven_day", 60.0, Some(later(now(), 6000))),
        window(Some(&CODEX), "primary", 100.0, Some(later(now(), 9000))),
    ]);
    let mut hit = failure("rate_limit", "You've hit your limit").unwrap();
    hit.complete(&full);
    assert_eq!((hit.window.unwrap().as_str(), hit.resets_at), ("five_hour", Some(reset)));
    let mut named = failure("rate_limit", "You've hit your weekly limit").unwrap();
    named.complete(&full);
    assert_eq!(named.resets_at, Some(later(now(), 6000)));
    let mut told = failure("rate_limit", "You've hit your 5-hour limit · resets 12pm (UTC)").unwrap();
    told.complete(&full);
    assert_eq!(told.resets_at, Some(at("2026-11-21T12:00:00Z")));
    let mut refused = failure("rate_limit", "API Error: Request rejected (429)").unwrap();
    refused.complete(&full);
    assert_eq!((refused.window, refused.resets_at), (None, None));
}

#[test]
fn what_a_model_says_of_limits_is_no_wall() {
    for event in [
        r#"{"hook_event_name":"Stop","last_assistant_message":"You've hit your usage limit, the code says."}"#,
        r#"{"hook_event_name":"UserPromptSubmit","prompt":"You've hit your 5-hour limit","error":"rate_limit"}"#,
        r#"{"hook_event_name":"Stop","error":null}"#,
        r#"{"hook_event_name":"Stop","error":{"message":"stream disconnected"}}"#,
        r#"{"error":"rate_limit"}"#,
        r#"{"hook_event_name":7}"#,
        "[]",
        "",
        "{",
    ] {
        assert_eq!(LimitHit::of_event(event.as_bytes(), now()), None, "{event}");
    }
    let stop =
        r#"{"hook_event_name":"Stop","error":{"message":"limit","codex_error_info":"usage_limit_exceeded"}}"#;
    assert_eq!(LimitHit::of_event(stop.as_bytes(), now()).unwrap().tool, Some(&CODEX));
}

#[test]
fn what_is_kept_of_its_words_is_one_short_clean_line() {
    let long = format!("You've hit your 5-hour limit \\u001b[31m\\n{}", "x".repeat(1000));
    let told = failure("rate_limit", &long).unwrap().message;
    assert!(told.as_str().len() <= 300 && !told.as_str().contains(char::is_control), "{}", told.as_str());
}

#[test]
fn a_share_is_a_number_from_zero_on() {
    assert_eq!(Percent::new(-0.0).unwrap().to_string(), "0 %");
    assert_eq!(Percent::new(105.04).unwrap().to_string(), "105 %");
    assert_eq!(Percent::new(93.5).unwrap().to_string(), "93.5 %");
    for none in [f64::NAN, f64::INFINITY, -0.1, 10_000.1] {
        assert_eq!(Percent::new(none), None);
    }
}
