//! Whatever a host does with standard input, the hook answers and ends.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::{BODY, World, program};

use crate::support::{Message, claude, context_of, finished, timed};

const SESSION: &str = "d332c158-17e8-4e87-ab2a-c1e5f074261c";

/// A fifth of a second is spent on standard input at most; the rest is for a busy machine.
const SOON: Duration = Duration::from_secs(1);

/// Runs `attempt` until it is soon enough, three times at most: another process may have had the machine.
#[track_caller]
fn soon(mut attempt: impl FnMut() -> Duration) {
    let times: Vec<Duration> = (0..3).map(|_| attempt()).take_while(|time| *time > SOON).collect();
    assert!(times.len() < 3, "{times:?}");
}

#[test]
fn an_input_that_never_ends_nor_says_anything_is_not_waited_for() {
    let world = World::new();
    let repo = world.repo("app");
    soon(|| {
        world.write(&repo, &[], BODY);
        let mut command = world.command("session-start", &repo);
        let (ran, time) = timed(command.stdin(Stdio::piped()));
        assert_eq!(Message::of(ran.out()).titles(), ["Auth refactor"]);
        time
    });
}

#[test]
fn a_payload_that_is_not_followed_by_an_end_is_enough() {
    let world = World::new();
    let repo = world.repo("app");
    soon(|| {
        world.write(&repo, &[], BODY);
        let start = std::time::Instant::now();
        let mut command = world.command("session-start", world.top());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let payload = claude(&repo, SESSION, "startup");
        let (first, second) = payload.trim_end().as_bytes().split_at(payload.len() / 2);
        let stdin = child.stdin.as_mut().unwrap();
        stdin.write_all(first).unwrap();
        stdin.write_all(second).unwrap();
        let ran = finished(child);
        assert_eq!(Message::of(&context_of(&ran).0).titles(), ["Auth refactor"]);
        start.elapsed()
    });
}

#[test]
fn an_endless_input_is_not_read_to_its_end() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    for word in ["y", "{\"cwd\": \"", "{}"] {
        soon(|| {
            let mut endless =
                Command::new("yes").arg(word).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut command = world.command("session-start", &repo);
            command.arg("--peek");
            let (ran, time) = timed(command.stdin(endless.stdout.take().unwrap()));
            // A command holds on to the pipe it was given; without it, `yes` ends.
            drop(command);
            endless.wait().unwrap();
            assert_eq!((ran.code, ran.err()), (0, ""));
            // `{}` may arrive alone and be taken for JSON of no host, by how much the pipe gives at once.
            if word != "{}" || !ran.out.is_empty() {
                assert_eq!(Message::of(ran.out()).titles(), ["Auth refactor"]);
            }
            time
        });
    }
}

#[test]
fn a_payload_of_nearly_a_megabyte_is_read_and_a_larger_one_is_none() {
    for (size, json) in [(900_000, true), (1_200_000, false), (20_000_000, false)] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        let payload = claude(&repo, SESSION, "startup");
        let payload = payload.replacen('{', &format!("{{\"padding\":\"{}\",", "x".repeat(size)), 1);
        // From elsewhere, so that what cannot be read of the payload shows.
        let ran = world.run("session-start", &repo, &[], payload);
        let text = if json { context_of(&ran).0 } else { ran.out().to_owned() };
        assert_eq!((ran.code, ran.err()), (0, ""));
        assert_eq!(Message::of(&text).titles(), ["Auth refactor"], "{size}");
    }
}

#[test]
fn a_closed_input_is_none() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let mut command = world.bare_command("sh");
    command.current_dir(&repo).args(["-c", "exec \"$0\" <&-"]).arg(program("session-start"));
    let (ran, _) = timed(&mut command);
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert_eq!(Message::of(ran.out()).titles(), ["Auth refactor"]);
    assert_eq!(world.names(&repo, "offers").len(), 1);
}

#[test]
fn a_directory_as_input_is_none() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let mut command = world.command("session-start", &repo);
    let (ran, _) = timed(command.stdin(std::fs::File::open(world.top()).unwrap()));
    assert_eq!((ran.code, ran.err()), (0, ""));
    assert_eq!(Message::of(ran.out()).titles(), ["Auth refactor"]);
}

#[test]
fn what_is_no_payload_is_as_if_nothing_came() {
    for input in [
        &b"garbage\n"[..],
        b"[]",
        b"[{\"cwd\":\"/\"}]",
        b"3",
        b"null",
        b"\"text\"",
        b"{\"cwd\":",
        b"{",
        b"}",
        b"\0\0\0",
        b"\xFF\xFE{}",
        b"\n\n\n",
        b"{\"cwd\":\"/\"} trailing",
    ] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        let ran = world.run("session-start", &repo, &[], input);
        assert_eq!((ran.code, ran.err()), (0, ""), "{input:?}");
        assert_eq!(Message::of(ran.out()).titles(), ["Auth refactor"], "{input:?}");
    }
}

#[test]
fn what_tells_no_host_is_given_nothing_and_changes_nothing() {
    for input in [
        "{}",
        "{\"cwd\":null,\"session_id\":null,\"hook_event_name\":null,\"source\":null}",
        "{\"cwd\":7,\"session_id\":[],\"source\":{}}",
        "{\"cwd\":\"\",\"session_id\":\"\"}",
        "{\"hook_event_name\":\"SessionStart\",\"session_id\":\"\"}",
        "{\"hook_event_name\":\"SessionStart\",\"session_id\":\"s\",\"source\":\"elsewhere\"}",
        "{\"hook_event_name\":\"SessionStart\",\"session_id\":\"s\",\"permission_mode\":\"off\"}",
        "  {\"unknown\": [[[[]]]]}  \n",
    ] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        world.run("session-start", &repo, &[], input).is_silent();
        assert_eq!(world.names(&repo, "unread").len(), 1, "{input}");
        assert!(!world.inbox(&repo).join("offers").exists(), "{input}");
    }
}

#[test]
fn a_payload_may_lack_any_field_that_tells_no_host_or_have_it_of_another_type() {
    let known = "\"hook_event_name\":\"SessionStart\",\"session_id\":\"s\"";
    for more in [
        "",
        ",\"cwd\":null,\"transcript_path\":null,\"source\":null",
        ",\"cwd\":7,\"transcript_path\":[],\"source\":{}",
        ",\"cwd\":\"\",\"transcript_path\":\"\"",
        ",\"unknown\": [[[[]]]]",
    ] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        let ran = world.run("session-start", &repo, &[], format!("  {{{known}{more}}}  \n"));
        assert_eq!(Message::of(&context_of(&ran).0).titles(), ["Auth refactor"], "{more}");
    }
}
