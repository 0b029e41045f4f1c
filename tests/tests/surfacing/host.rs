//! How hosts call the hook, and what they get.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{BODY, World, feed};

/// Payloads as the two hosts send them.
fn claude(cwd: &str) -> String {
    format!(
        "{{\"session_id\":\"879b5998-f745-4843-89ed-cb9c2eeb9631\",\"transcript_path\":\"/home/dev/t.jsonl\",\"cwd\":\"{cwd}\",\
         \"hook_event_name\":\"SessionStart\",\"source\":\"startup\"}}\n"
    )
}

fn codex(cwd: &str) -> String {
    format!(
        "{{\"session_id\":\"01a1fbc7-3559-7310-8d78-73e9fa49d7f3\",\"transcript_path\":null,\"cwd\":\"{cwd}\",\"hook_event_name\":\
         \"SessionStart\",\"model\":\"gpt-5.1\",\"permission_mode\":\"bypassPermissions\",\"source\":\"startup\"}}"
    )
}

fn context(out: &str) -> String {
    let answer: Value = serde_json::from_str(out).unwrap();
    answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned()
}

#[test]
fn both_hosts_get_one_line_of_json_with_the_fields_they_know_and_no_other() {
    let world = World::new();
    let repo = world.repo("app");
    for payload in [claude(repo.to_str().unwrap()), codex(repo.to_str().unwrap())] {
        world.write(&repo, &[], BODY);
        let ran = world.run("session-start", world.top(), &[], &payload);
        assert_eq!((ran.code, ran.err()), (0, ""));
        assert_eq!(ran.out().matches('\n').count(), 1);
        let answer: Value = serde_json::from_str(ran.out()).unwrap();
        let fields: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["hookSpecificOutput", "systemMessage"]);
        assert_eq!(answer["hookSpecificOutput"].as_object().unwrap().len(), 2);
        assert_eq!(answer["hookSpecificOutput"]["hookEventName"], "SessionStart");
        assert_eq!(
            answer["systemMessage"],
            "agent-handoff: 1 handoff loaded: Auth refactor (sentinel 39cfe143)"
        );
        let text = context(ran.out());
        assert!(text.starts_with("=== agent-handoff ") && text.contains(BODY), "{text}");
        world.run("session-start", world.top(), &[], &payload).is_silent();
    }
}

#[test]
fn a_subdirectory_a_link_and_the_top_level_are_one_worktree() {
    let world = World::new();
    let repo = world.repo("app");
    std::os::unix::fs::symlink(&repo, world.path("link")).unwrap();
    for start in [repo.clone(), repo.join("src"), world.path("link/src")] {
        world.write(&repo, &[], BODY);
        assert!(context(world.start(&start, "s", "startup").out()).contains(BODY));
    }
}

#[test]
fn the_root_option_wins_over_the_payload_that_over_the_environment_that_over_the_directory() {
    let world = World::new();
    let repos = ["a", "b", "c", "d"].map(|name| world.repo(name));
    let take = |root: Option<usize>, payload: Option<usize>, project: Option<usize>| {
        for repo in &repos {
            world.write(repo, &[], BODY);
        }
        let mut command = world.command("session-start", &repos[3]);
        command.args(["--format", "plain"]);
        if let Some(root) = root {
            command.arg("--root").arg(&repos[root]);
        }
        if let Some(project) = project {
            command.env("CLAUDE_PROJECT_DIR", &repos[project]);
        }
        let input = payload.map_or_else(String::new, |payload| claude(repos[payload].to_str().unwrap()));
        let out = feed(command, input.as_bytes()).out().to_owned();
        for repo in &repos {
            world.run("inbox", repo, &["prune", "--older-than", "0h"], "");
            std::fs::remove_dir_all(world.inbox(repo).join("unread")).unwrap();
        }
        out.split(" handoff for ").nth(1).unwrap()[..1].to_owned()
    };
    assert_eq!(take(Some(0), Some(1), Some(2)), "a");
    assert_eq!(take(None, Some(1), Some(2)), "b");
    assert_eq!(take(None, None, Some(2)), "c");
    assert_eq!(take(None, None, None), "d");
}

#[test]
fn an_input_that_never_ends_or_makes_no_sense_is_not_waited_for() {
    let world = World::new();
    let dir = world.dir("plain");
    for shell in [
        "sleep 30 | \"$0\"",
        "yes | \"$0\"",
        "printf '[1,' | \"$0\"",
        "head -c 3000000 /dev/zero | \"$0\"",
        "\"$0\" <&-",
        "\"$0\" < /",
    ] {
        world.write(&dir, &[], BODY);
        let mut command = world.bare_command("sh");
        command
            .current_dir(&dir)
            .args(["-c", &format!("({shell}) & wait $!")])
            .arg(tests::program("session-start"));
        command.stdout(Stdio::piped());
        let start = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut out = [0; 40];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut out).unwrap();
        assert!(start.elapsed() < Duration::from_secs(5), "{shell}");
        assert!(out.starts_with(b"=== agent-handoff "), "{shell}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_payload_on_a_pipe_that_stays_open_is_enough() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let mut command = world.command("session-start", world.top());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, codex(repo.to_str().unwrap()).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(context(std::str::from_utf8(&output.stdout).unwrap()).contains(BODY));
    drop(stdin);
}

#[test]
fn nothing_waiting_is_nothing_said() {
    let world = World::new();
    let repo = world.repo("app");
    world.start(&repo, "s", "startup").is_silent();
    world.run("session-start", &repo, &["--format", "claude"], "").is_silent();
    world.write(&repo, &[], BODY);
    world.surface(&repo);
    for source in ["startup", "resume", "clear", "compact"] {
        world.start(&repo, "another", source).is_silent();
    }
}

#[test]
fn with_skip_set_or_for_another_event_nothing_is_touched() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let mut command = world.command("session-start", &repo);
    command.env("AGENT_HANDOFF_SKIP", "1");
    feed(command, b"").is_silent();
    let payload = claude(repo.to_str().unwrap()).replace("SessionStart", "SessionEnd");
    world.run("session-start", &repo, &[], payload).is_silent();
    assert_eq!(world.names(&repo, "unread").len(), 1);
}

#[test]
fn a_wrong_option_is_said_with_exit_0_and_takes_nothing() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let ran = world.run("session-start", &repo, &["--fromat", "plain"], "");
    ran.is(0, "agent-handoff: session-start did not look for handoffs: invalid option '--fromat'\n", "");
    assert_eq!(world.names(&repo, "unread").len(), 1);
}

#[test]
fn peek_shows_and_leaves() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let before = world.names(&repo, "unread");
    let ran = world.run("session-start", &repo, &["--peek"], "");
    assert!(ran.out().contains(BODY) && ran.out().contains(": 1 shown, still unread in "), "{}", ran.out());
    assert_eq!((world.names(&repo, "unread"), world.names(&repo, "read").len()), (before, 0));
}

#[test]
fn after_compaction_a_session_is_reminded_of_what_it_was_given_and_no_other_session_is() {
    let world = World::new();
    let repo = world.repo("app");
    let body = format!("{BODY}\n## Decisions made (with evidence)\n{}\n", "- long\n".repeat(800));
    let path = world.write(&repo, &[], &body);
    world.start(&repo, "one", "startup");
    world.start(&repo, "two", "compact").is_silent();
    let text = context(world.start(&repo, "one", "compact").out());
    assert!(text.len() <= 2_500 && text.contains("REMINDER"), "{text}");
    let archived = world.inbox(&repo).join("read").join(path.file_name().unwrap());
    for part in
        ["Auth refactor", "sentinel: ", "Run `make test-auth`.", "- Do not swap", archived.to_str().unwrap()]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("- long"));
    // Together with something new it stays within the one budget.
    world.write(&repo, &["--name", "Another"], body.replace("- long", "- a much longer line than that one"));
    let text = context(world.start(&repo, "one", "compact").out());
    assert!(text.len() <= 9_500 && text.contains("Another") && text.contains("REMINDER"), "{}", text.len());
}
