//! The ends of Codex's rollouts, of all versions and in all conditions.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use handoff_quota::{Ending, LimitKind, Rollout, Source, SourceError};

use crate::support::{fixture, later, now, soon, told};

struct File {
    _place: tempfile::TempDir,
    path: PathBuf,
}

fn file(content: impl AsRef<[u8]>) -> File {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("rollout-x.jsonl");
    std::fs::write(&path, content).unwrap();
    File { _place: place, path }
}

impl File {
    fn ending(&self) -> Ending {
        Rollout::new(self.path.clone()).ending(soon()).unwrap()
    }

    fn told(&self) -> Vec<String> {
        self.ending().reading.map(|reading| told(&reading)).unwrap_or_default()
    }
}

fn limits(limits: &str) -> String {
    format!(
        "{{\"timestamp\":\"2026-11-21T10:45:00.000Z\",\"type\":\"event_msg\",\
         \"payload\":{{\"type\":\"token_count\",\"info\":null,\"rate_limits\":{limits}}}}}\n"
    )
}

const PRIMARY: &str =
    r#"{"limit_id":"codex","primary":{"used_percent":50.0,"window_minutes":300,"resets_at":1795262400}}"#;

#[test]
fn what_codex_0_169_wrote_is_read() {
    let near = file(fixture("codex-0.169.0-near.jsonl"));
    assert_eq!(
        near.told(),
        [
            "codex primary: 93.5 %, resets 2026-11-21T12:00:00Z",
            "codex secondary: 41 %, resets 2026-11-26T12:00:00Z"
        ]
    );
    let ending = near.ending();
    let reading = ending.reading.unwrap();
    assert_eq!(reading.observed.to_string(), "2026-11-21T10:44:05Z");
    assert_eq!(reading.windows[1].minutes, Some(10_080));
    assert_eq!(ending.limit, None);
}

#[test]
fn a_turn_that_ended_at_the_limit_is_a_wall_until_the_window_resets() {
    let hit = file(fixture("codex-0.169.0-wall.jsonl"));
    let hit = hit.ending().limit.unwrap();
    assert_eq!((hit.kind, hit.window.as_ref().unwrap().as_str()), (LimitKind::Usage, "primary"));
    assert_eq!(hit.resets_at.unwrap().to_string(), "2026-11-21T12:00:00Z");
    assert!(hit.message.as_str().starts_with("You’ve hit your usage limit."), "{}", hit.message.as_str());
    assert!(hit.stands(now()) && !hit.stands(later(hit.resets_at.unwrap(), 1)));
    // Whoever goes on after it, is no longer at it.
    for next in ["task_started", "turn_started", "user_message"] {
        let line = format!(
            r#"{{"timestamp":"2026-11-21T10:46:00Z","type":"event_msg","payload":{{"type":"{next}"}}}}"#
        );
        let went_on = file([fixture("codex-0.169.0-wall.jsonl"), line.into_bytes()].concat());
        assert_eq!(went_on.ending().limit, None, "{next}");
        assert_eq!(went_on.told().len(), 2);
    }
}

#[test]
fn an_error_event_of_other_versions_is_a_wall_too() {
    let event = |payload: &str| {
        let line =
            format!(r#"{{"timestamp":"2026-11-21T10:45:00Z","type":"event_msg","payload":{payload}}}"#);
        file(line + "\n").ending().limit
    };
    let words = r#"{"type":"error","message":"You've hit your usage limit. To get more access now, send a request to your admin or try again in 3 days 6 hours 57 minutes."}"#;
    let hit = event(words).unwrap();
    assert_eq!(hit.resets_at.unwrap().to_string(), "2026-11-24T17:42:00Z");
    let named = r#"{"type":"error","message":"limit","codex_error_info":{"usage_limit_exceeded":{}}}"#;
    let hit = event(named).unwrap();
    assert_eq!(hit.resets_at, None);
    assert!(hit.stands(now()) && !hit.stands(later(now(), 3600)));
    assert_eq!(event(r#"{"type":"error","message":"stream disconnected","codex_error_info":"other"}"#), None);
    assert_eq!(event(r#"{"type":"agent_message","message":"You've hit your usage limit"}"#), None);
    // An error event, and then the end of its turn.
    let end = r#"{"timestamp":"2026-11-21T10:45:00Z","type":"event_msg","payload":{"type":"task_complete","last_agent_message":null}}"#;
    let line = format!(r#"{{"timestamp":"2026-11-21T10:45:00Z","type":"event_msg","payload":{named}}}"#);
    assert!(file(format!("{line}\n{end}\n")).ending().limit.is_some());
}

#[test]
fn the_forms_of_other_versions_are_understood() {
    let one = ["codex primary: 50 %, resets 2026-11-21T12:00:00Z"];
    for form in [
        PRIMARY,
        r#"{"primary":{"used_percent":50,"window_minutes":300,"resets_in_seconds":4500},"secondary":null}"#,
        r#"{"primary":{"usedPercent":50,"windowDurationMins":300,"resetsAt":1795262400},"secondary":null}"#,
        r#"{"primary":{"used_percent":"50.0","resets_at":"2026-11-21T12:00:00Z"}}"#,
        r#"{"primary_used_percent":50.0,"primary_window_minutes":300,"primary_resets_in_seconds":4500}"#,
        r#"{"limit_id":null,"primary":{"used_percent":50,"resets_at":1795262400,"x":{}},"new_field":[1,2]}"#,
    ] {
        assert_eq!(file(limits(form)).told(), one, "{form}");
    }
    let flat = r#"{"primary_used_percent":50.0,"secondary_used_percent":7,"primary_to_secondary_ratio_percent":3.0}"#;
    assert_eq!(file(limits(flat)).told(), ["codex primary: 50 %", "codex secondary: 7 %"]);
}

#[test]
fn the_limits_of_single_models_stand_beside_the_main_one() {
    let main = limits(PRIMARY);
    let old = limits(r#"{"limit_id":"codex_sonic","primary":{"used_percent":1}}"#);
    let new = limits(r#"{"limit_id":"codex_sonic","primary":{"used_percent":80,"resets_at":1795262400}}"#);
    assert_eq!(
        file([main, old, new].concat()).told(),
        [
            "codex codex_sonic:primary: 80 %, resets 2026-11-21T12:00:00Z",
            "codex primary: 50 %, resets 2026-11-21T12:00:00Z"
        ]
    );
}

#[test]
fn the_last_line_that_says_something_counts() {
    let newest = limits(&PRIMARY.replace("50.0", "60.0"));
    let start = limits(PRIMARY) + &newest + &limits("null") + &limits("7") + &limits("{}");
    let expected = ["codex primary: 60 %, resets 2026-11-21T12:00:00Z"];
    for end in [
        "",
        "\n\n\n",
        // Cut off while it was written.
        &limits(&PRIMARY.replace("50.0", "99.0"))[..150],
        "{\"timestamp\":\"2026-11-21T10:45:00Z\",\"type\":\"response_item\",\"payload\":{\"text\":\"\\\"rate_limits\\\"\"}}\n",
        "not json at all, but \"rate_limits\"\n",
        "{\"type\":\"event_msg\",\"payload\":{\"type\":\"agent_message\",\"rate_limits\":{\"primary\":{\"used_percent\":99}}}}\n",
        &limits(&PRIMARY.replace("50.0", "-3")),
        &limits(&PRIMARY.replace("50.0", "1e999")),
        &limits(&PRIMARY.replace("50.0", "\"full\"")),
    ] {
        assert_eq!(file(format!("{start}{end}")).told(), expected, "{end}");
    }
    // A line that is whole but for its line end is whole.
    assert_eq!(
        file(format!("{start}{}", limits(PRIMARY).trim_end())).told()[0],
        expected[0].replace("60", "50")
    );
}

#[test]
fn odd_text_in_a_line_does_not_hide_its_limits() {
    let text = r#"{"limit_name":"\ud83d \udc00 \ud83d\ude00 \\ud800","primary":{"used_percent":50}}"#;
    assert_eq!(file(limits(text)).told(), ["codex primary: 50 %"]);
    let mut bytes = limits(r#"{"limit_name":"@","primary":{"used_percent":50}}"#).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'@').unwrap();
    bytes[at] = 0xff;
    assert_eq!(file(bytes).told(), ["codex primary: 50 %"]);
}

#[test]
fn limits_are_found_as_far_back_as_two_megabytes_and_no_further() {
    let filler = |bytes: usize| {
        let line = format!("{{\"type\":\"response_item\",\"payload\":\"{}\"}}\n", "x".repeat(970));
        line.repeat(bytes / line.len())
    };
    for before in [100 << 10, 300 << 10, 1100 << 10, 2000 << 10] {
        let long = file(filler(300 << 10) + &limits(PRIMARY) + &filler(before));
        assert_eq!(long.told().len(), 1, "{before}");
    }
    let too_far = file(limits(PRIMARY) + &filler(2200 << 10));
    assert!(too_far.told().is_empty());
    // One line that is longer than all that is read.
    let wide = file(limits(PRIMARY) + &format!("{{\"x\":\"{}\"}}\n", "y".repeat(3 << 20)));
    assert!(wide.told().is_empty());
    let after_wide = file(format!("{{\"x\":\"{}\"}}\n", "y".repeat(3 << 20)) + &limits(PRIMARY));
    assert_eq!(after_wide.told().len(), 1);
}

#[test]
fn a_line_on_any_border_of_what_is_read_is_whole() {
    let line = limits(PRIMARY);
    for shift in (0..line.len() + 4).step_by(3) {
        // The line stands across the first 256 kB from the end.
        let after = (256 << 10) - shift;
        let content = format!("{}\n{line}{}\n", "a".repeat(5000), "b".repeat(after - 1));
        assert_eq!(file(content).told().len(), 1, "{shift}");
    }
}

#[test]
fn an_old_reading_counts_where_its_reset_is_known() {
    let read = |form: &str, at| {
        let rollout = file(limits(form));
        let reading = Rollout::new(rollout.path.clone()).read(at, soon()).unwrap();
        reading.map_or(0, |reading| reading.windows.len())
    };
    let unknown = r#"{"primary":{"used_percent":95}}"#;
    assert_eq!((read(PRIMARY, now()), read(unknown, now())), (1, 1));
    assert_eq!((read(PRIMARY, later(now(), 3600)), read(unknown, later(now(), 3600))), (1, 0));
}

#[test]
fn no_file_is_no_reading_and_anything_else_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    assert!(Rollout::new(place.path().join("none")).read(now(), soon()).unwrap().is_none());
    assert!(file("").told().is_empty());
    assert!(file("\n").told().is_empty());
    let directory = Rollout::new(place.path().to_owned()).read(now(), soon());
    assert!(matches!(directory, Err(SourceError::File(_))));
}

#[test]
fn a_file_full_of_what_looks_like_limits_ends_at_the_deadline() {
    let bait = format!("{{\"a\":\"\\\"rate_limits\\\"\",\"rate_limits\":[{}0]}}\n", "[],".repeat(300));
    let rollout = file(bait.repeat((4 << 20) / bait.len()));
    let read = Rollout::new(rollout.path.clone()).read(now(), Instant::now() + Duration::from_millis(5));
    assert!(matches!(read, Err(SourceError::Late(_))), "{read:?}");
}

#[test]
fn a_rollout_without_limits_is_read_in_time() {
    let line = limits("null");
    let rollout = file(line.repeat((4 << 20) / line.len()));
    let ending = Rollout::new(rollout.path.clone()).ending(Instant::now() + Duration::from_secs(60)).unwrap();
    assert!(ending.reading.is_none() && ending.limit.is_none());
}

#[test]
fn a_rollout_that_grows_meanwhile_is_read_as_it_is() {
    let rollout = file(fixture("codex-0.169.0-near.jsonl"));
    let path = rollout.path.clone();
    let writer = std::thread::spawn(move || {
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        for used in 0..300 {
            file.write_all(limits(&PRIMARY.replace("50.0", &format!("{used}.0"))).as_bytes()).unwrap();
        }
    });
    let mut last = 0.0;
    while !writer.is_finished() {
        let used = rollout.ending().reading.unwrap().windows[0].used.get();
        assert!(used >= last || last == 93.5, "{used} after {last}");
        last = used;
    }
    writer.join().unwrap();
    assert_eq!(rollout.told()[0], "codex primary: 299 %, resets 2026-11-21T12:00:00Z");
}
