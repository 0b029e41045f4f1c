//! openusage's daemon, in all the ways in which it can answer, or not.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use handoff_agents::{CLAUDE_CODE, CODEX};
use handoff_quota::{
    BUDGET, OpenusageSocket, Reading, Rollout, Source, SourceError, SourceName, Sources, socket_path,
};

use crate::support::{Daemon, chunked, counted, fixture, now, soon, told};

/// What a test's machine may be late by. Not what is promised: that is the deadline itself.
const SLACK: Duration = Duration::from_secs(2);

fn answer() -> Vec<u8> {
    fixture("openusage-0.19.0-read-model.json")
}

#[test]
fn its_windows_are_read_and_nothing_else() {
    let daemon = Daemon::saying(counted(&answer()));
    let reading = daemon.ask(Duration::from_secs(5)).0.unwrap().unwrap();
    assert_eq!(
        told(&reading),
        [
            "claude five_hour: 95 %, resets 2026-11-21T12:00:00Z",
            "claude seven_day: 41.5 %, resets 2026-11-26T12:00:00Z",
            "claude seven_day_opus: 12 %",
            "codex code_review:primary: 0 %",
            "codex primary: 22 %, resets 2026-11-21T13:00:00Z",
            "codex secondary: 41 %, resets 2026-11-26T12:00:00Z",
            "other cursor:plan_percent_used: 88.5 %, resets 2026-12-01T00:00:00Z",
        ]
    );
    assert_eq!(reading.source, SourceName::OpenusageSocket);
    assert_eq!(reading.observed.to_string(), "2026-11-21T10:44:30Z");
    let minutes = reading.windows.iter().find(|window| window.name.as_str() == "five_hour").unwrap().minutes;
    assert_eq!(minutes, Some(300));
    // LIMITED, says its status, of a tool whose windows are used to 41 %.
    let codex = reading.of(Some(&CODEX), now()).unwrap();
    assert_eq!(codex.fullest().unwrap().used.get(), 41.0);
}

#[test]
fn it_is_asked_as_its_own_client_asks() {
    let daemon = Daemon::saying(counted(&answer()));
    daemon.ask(Duration::from_secs(5)).0.unwrap();
    let request = daemon.request();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/read-model HTTP/1.1\r\nHost: unix\r\n"), "{head}");
    assert!(head.contains("\r\nConnection: close"), "{head}");
    assert!(head.contains("\r\nContent-Type: application/json"), "{head}");
    assert_eq!(body, r#"{"accounts":[],"provider_links":{}}"#);
}

#[test]
fn chunks_of_any_size_are_put_together() {
    let whole = Daemon::saying(counted(&answer())).ask(Duration::from_secs(5)).0.unwrap();
    for size in [1, 7, 2048, 1 << 20] {
        let daemon = Daemon::saying(chunked(&answer(), size));
        assert_eq!(daemon.ask(Duration::from_secs(5)).0.unwrap(), whole, "{size}");
    }
}

#[test]
fn an_answer_without_a_length_goes_to_the_end() {
    let daemon = Daemon::saying([b"HTTP/1.0 200 OK\r\n\r\n", &answer()[..]].concat());
    assert!(daemon.ask(Duration::from_secs(5)).0.unwrap().is_some());
}

#[test]
fn it_need_not_close_the_connection() {
    let whole = counted(&answer());
    let daemon = Daemon::new(move |stream| {
        stream.write_all(&whole).ok();
        stream.read_exact(&mut [0]).ok();
    });
    let (reading, took) = daemon.ask(Duration::from_secs(5));
    assert!(reading.unwrap().is_some());
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn one_that_never_answers_costs_the_time_it_was_given_and_no_more() {
    let daemon = Daemon::new(|stream| drop(stream.read(&mut [0])));
    let (reading, took) = daemon.ask(Duration::from_millis(60));
    assert!(matches!(reading, Err(SourceError::Late(_))), "{reading:?}");
    assert!(took >= Duration::from_millis(60) && took < Duration::from_millis(60) + SLACK, "{took:?}");
}

#[test]
fn one_that_never_accepts_costs_no_more_either() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("sock");
    // The standard library's queue of connections that wait to be accepted is too long to be filled here.
    let listener =
        rustix::net::socket(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::STREAM, None).unwrap();
    rustix::net::bind(&listener, &rustix::net::SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&listener, 1).unwrap();
    let mut full = None;
    for _ in 0..10 {
        let start = Instant::now();
        let asked = OpenusageSocket::new(path.clone()).read(now(), start + Duration::from_millis(30));
        assert!(start.elapsed() < Duration::from_millis(30) + SLACK, "{:?}", start.elapsed());
        match asked {
            Err(SourceError::Late(_)) => {}
            other => full = Some(other),
        }
    }
    // Those that hung up still stand in the queue. A connection that waits would have hung here.
    if cfg!(target_os = "linux") {
        assert!(matches!(full, Some(Err(SourceError::Connect { .. }))), "{full:?}");
    }
}

#[test]
fn a_drip_ends_at_the_deadline() {
    let whole = counted(&answer());
    let daemon = Daemon::new(move |stream| {
        for byte in &whole {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let (reading, took) = daemon.ask(Duration::from_millis(100));
    assert!(matches!(reading, Err(SourceError::Late(_))), "{reading:?}");
    assert!(took < Duration::from_millis(100) + SLACK, "{took:?}");
}

#[test]
fn a_flood_ends_at_the_limit() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n{\"snapshots\":[",
        "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
    ] {
        let daemon = Daemon::new(move |stream| {
            stream.write_all(head.as_bytes()).ok();
            while stream.write_all(&[b'1'; 4096]).is_ok() {}
        });
        let (reading, took) = daemon.ask(Duration::from_secs(5));
        assert!(matches!(reading, Err(SourceError::TooLong { .. })), "{head}: {reading:?}");
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
}

#[test]
fn garbage_is_named_as_such() {
    let cases: [(&[u8], &str); 8] = [
        (b"", "its answer is cut off"),
        (b"\0\xff\xfe garbage", "it does not speak HTTP"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "it does not speak HTTP"),
        (b"HTTP/1.1 OK\r\n\r\n", "it does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"snap", "its answer is cut off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}", "its answer's chunks are broken"),
        (b"HTTP/1.1 200 OK\r\n\r\nno json", "its answer is no JSON"),
        (b"HTTP/1.1 200 OK\r\n\r\n[]", "its answer has no snapshots"),
    ];
    for (answer, expected) in cases {
        let (reading, took) = Daemon::saying(answer).ask(Duration::from_secs(5));
        match reading {
            Err(SourceError::Malformed { reason, .. }) => assert_eq!(reason, expected),
            other => panic!("{expected}: {other:?}"),
        }
        assert!(took < Duration::from_secs(4));
    }
    let refused = Daemon::saying("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}");
    assert!(matches!(refused.ask(Duration::from_secs(5)).0, Err(SourceError::Status { status: 503, .. })));
}

#[test]
fn a_head_without_an_end_is_no_http() {
    let daemon = Daemon::new(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").ok();
        while stream.write_all(b"X-Y: zzzzzzzzzzzzzzzzzzzzzzzz\r\n").is_ok() {}
    });
    assert!(matches!(daemon.ask(Duration::from_secs(5)).0, Err(SourceError::Malformed { .. })));
}

#[test]
fn nothing_there_is_no_error_and_a_dead_socket_is_one() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("telemetry.sock");
    assert_eq!(OpenusageSocket::new(path.clone()).read(now(), soon()).unwrap(), None);
    drop(UnixListener::bind(&path).unwrap());
    let stale = OpenusageSocket::new(path.clone()).read(now(), soon());
    assert!(matches!(stale, Err(SourceError::Connect { .. })), "{stale:?}");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "no socket").unwrap();
    let message = OpenusageSocket::new(path.clone()).read(now(), soon()).unwrap_err().to_string();
    assert_eq!(message, format!("could not connect to {}: invalid argument", path.display()));
}

#[test]
fn a_socket_of_another_user_is_not_trusted() {
    let daemon = Daemon::saying(counted(&answer()));
    // Only root can give a file away; anyone else has nobody to receive one from.
    if std::os::unix::fs::chown(daemon.path(), Some(65_534), None).is_err() {
        return;
    }
    let refused = daemon.ask(Duration::from_secs(5)).0;
    assert!(matches!(refused, Err(SourceError::NotOurs(_))), "{refused:?}");
}

#[test]
fn what_was_so_an_hour_ago_or_before_a_reset_is_not_told() {
    let text = String::from_utf8(answer()).unwrap();
    let ask = |text: String| Daemon::saying(counted(text.as_bytes())).ask(Duration::from_secs(5)).0.unwrap();
    let names = |reading: Reading| told(&reading).join(", ");
    let old = names(ask(text.replace("2026-11-21T10:44:30.123456789Z", "2026-11-21T09:40:00Z")).unwrap());
    assert!(!old.contains("claude") && old.contains("codex"), "{old}");
    let over = names(ask(text.replace("2026-11-21T12:00:00.41Z", "2026-11-21T10:45:00Z")).unwrap());
    assert!(!over.contains("five_hour") && over.contains("seven_day"), "{over}");
    assert_eq!(ask(r#"{"snapshots":{}}"#.to_owned()), None);
    assert_eq!(ask(r#"{"snapshots":null}"#.to_owned()), None);
}

#[test]
fn of_two_accounts_the_fuller_counts() {
    let text = String::from_utf8(answer()).unwrap();
    let text = text.replace(
        r#""cursor-ide":{"provider_id":"cursor""#,
        r#""second":{"provider_id":"claude_code","timestamp":"2026-11-21T10:45:00Z","metrics":{"usage_five_hour":{"used":97,"unit":"%"},"usage_seven_day":{"used":3,"unit":"%"}}},"cursor-ide":{"provider_id":"cursor""#,
    );
    let reading = Daemon::saying(counted(text.as_bytes())).ask(Duration::from_secs(5)).0.unwrap().unwrap();
    let claude = told(&reading.of(Some(&CLAUDE_CODE), now()).unwrap());
    assert_eq!(claude[0], "claude five_hour: 97 %");
    assert_eq!(claude[1], "claude seven_day: 41.5 %, resets 2026-11-26T12:00:00Z");
}

#[test]
fn one_that_hangs_leaves_time_for_the_next_and_is_reported() {
    let daemon = Daemon::new(|stream| drop(stream.read(&mut [0])));
    let place = tempfile::tempdir().unwrap();
    let rollout = place.path().join("rollout.jsonl");
    std::fs::write(&rollout, fixture("codex-0.169.0-near.jsonl")).unwrap();
    let sources = Sources::new().with(OpenusageSocket::new(daemon.path())).with(Rollout::new(rollout));
    let start = Instant::now();
    let answer = sources.ask(Some(&CODEX), now(), BUDGET);
    assert!(start.elapsed() < BUDGET + SLACK, "{:?}", start.elapsed());
    assert_eq!(answer.reading.unwrap().source, SourceName::Rollout);
    assert!(matches!(answer.errors[..], [(SourceName::OpenusageSocket, SourceError::Late(_))]));
    assert!(answer.errors[0].1.to_string().ends_with("telemetry.sock: no answer in time"));
}

#[test]
fn the_first_that_knows_the_tool_wins() {
    let daemon = Daemon::saying(counted(&answer()));
    let place = tempfile::tempdir().unwrap();
    let rollout = place.path().join("rollout.jsonl");
    std::fs::write(&rollout, fixture("codex-0.169.0-near.jsonl")).unwrap();
    let sources =
        || Sources::new().with(OpenusageSocket::new(daemon.path())).with(Rollout::new(rollout.clone()));
    let long = Duration::from_secs(5);
    let codex = sources().ask(Some(&CODEX), now(), long).reading.unwrap();
    assert_eq!(codex.source, SourceName::OpenusageSocket);
    assert!(codex.windows.iter().all(|window| window.tool == Some(&CODEX)));
    // A daemon that knows only of Claude Code says nothing of Codex.
    let other = Daemon::saying(counted(br#"{"snapshots":{"a":{"provider_id":"claude_code","timestamp":"2026-11-21T10:45:00Z","metrics":{"usage_five_hour":{"used":1,"unit":"%"}}}}}"#));
    let sources = Sources::new().with(OpenusageSocket::new(other.path())).with(Rollout::new(rollout));
    assert_eq!(sources.ask(Some(&CODEX), now(), long).reading.unwrap().source, SourceName::Rollout);
    assert!(sources.ask(None, now(), long).reading.is_none());
}

#[test]
fn the_socket_is_where_openusage_puts_it() {
    let path = |named: &str, state: &str, home: &str| {
        let path = |text| Some(Path::new(text)).filter(|path: &&Path| !path.as_os_str().is_empty());
        socket_path(path(named), path(state), path(home)).map(|path| path.display().to_string())
    };
    assert_eq!(path("", "", "/home/a").unwrap(), "/home/a/.local/state/openusage/telemetry.sock");
    assert_eq!(path("", "/state", "/home/a").unwrap(), "/state/openusage/telemetry.sock");
    assert_eq!(path(" /run/x.sock ", "/state", "/home/a").unwrap(), "/run/x.sock");
    assert_eq!(path("  ", " ", "/home/a").unwrap(), "/home/a/.local/state/openusage/telemetry.sock");
    assert_eq!(path("relative.sock", "", "/home/a"), None);
    assert_eq!(path("", "", ""), None);
}
