//! What a hook's call does: nothing, or one capture.

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Stage, openusage};

/// What the person is told. On a busy machine the daemon's answer may come after the time that a hook has for it: then
/// nothing was saved, and the event comes again.
#[track_caller]
fn told(event: impl Fn() -> tests::Ran) -> String {
    for _ in 0..50 {
        let ran = event();
        assert_eq!(ran.code, 0, "{}", ran.err());
        if !ran.out.is_empty() {
            let answer: Value =
                serde_json::from_slice(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out(), ran.err()));
            return answer["systemMessage"].as_str().unwrap().to_owned();
        }
    }
    panic!("the person is told nothing");
}

#[test]
fn near_the_limit_work_is_saved_once() {
    for (tool, window) in [("claude", "five_hour"), ("codex", "primary")] {
        let stage = Stage::changed();
        let daemon = openusage(&stage.world, 95);
        let words = told(|| stage.event(tool, &stage.payload("Stop"), Some(&daemon)));
        assert!(words.contains("saved the work") && words.contains(window), "{words}");
        assert_eq!(stage.pending(&stage.app).len(), 1);
        // Once for each window and its reset.
        for event in ["UserPromptSubmit", "Stop", "SessionEnd"] {
            stage.event(tool, &stage.payload(event), Some(&daemon)).is_silent();
        }
        assert_eq!(stage.pending(&stage.app).len(), 1);
        let surfaced = stage.world.surface(&stage.app);
        assert!(surfaced.contains("is used to 95 %"), "{surfaced}");
        // Another worktree has its own work.
        let clone = stage.clone("clone");
        let mut payload = stage.payload("Stop");
        payload["cwd"] = json!(clone);
        told(|| stage.event(tool, &payload, Some(&daemon)));
        assert_eq!(stage.pending(&clone).len(), 1);
    }
}

#[test]
fn far_from_the_limit_nothing_happens() {
    let stage = Stage::changed();
    let daemon = openusage(&stage.world, 89);
    for event in ["UserPromptSubmit", "Stop", "PreCompact", "SessionEnd"] {
        stage.event("claude", &stage.payload(event), Some(&daemon)).is_silent();
    }
    assert!(!stage.app.join(".handover").exists());
    // The project may want it earlier.
    stage.ok(&["init"]);
    std::fs::write(stage.app.join(".handover/config.toml"), "[capture]\nthreshold = 80\n").unwrap();
    told(|| stage.event("claude", &stage.payload("Stop"), Some(&daemon)));
}

#[test]
fn before_a_turn_in_a_clean_worktree_there_is_nothing_to_save_and_its_end_saves_it() {
    let stage = Stage::new();
    let daemon = openusage(&stage.world, 95);
    stage.event("claude", &stage.payload("UserPromptSubmit"), Some(&daemon)).is_silent();
    assert_eq!(stage.pending(&stage.app).len(), 0);
    stage.change_one();
    told(|| stage.event("claude", &stage.payload("Stop"), Some(&daemon)));
    assert_eq!(stage.pending(&stage.app).len(), 1);
}

#[test]
fn the_wall_itself_counts() {
    let stage = Stage::changed();
    let mut payload = stage.payload("StopFailure");
    payload["error"] = json!("rate_limit");
    payload["last_assistant_message"] = json!("You've hit your 5-hour limit · resets 12pm (UTC)");
    // The host does not wait.
    stage.event("claude", &payload, None).is_silent();
    assert!(stage.appears(1).contains("hit its limit"));
    stage.event("claude", &payload, None).is_silent();
    stage.stays(1);
    // Codex says it in its rollout only.
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let recorded =
        std::fs::read_to_string(workspace.join("lib/quota/fixtures/codex-0.169.0-wall.jsonl")).unwrap();
    let stage = Stage::changed();
    let rollout = stage.world.path("rollout-2026-11-21T10-00-00-x.jsonl");
    // As if it had been just now.
    std::fs::write(&rollout, recorded.replace("\"resets_at\":17", "\"resets_at\":27")).unwrap();
    let mut payload = stage.payload("SessionEnd");
    payload["transcript_path"] = json!(rollout);
    stage.event("codex", &payload, None).is_silent();
    assert!(stage.appears(1).contains("Codex hit its limit"));
}

#[test]
fn at_one_limit_each_session_is_saved_once_and_then_what_is_new() {
    let stage = Stage::changed();
    let hit = |session: &str| {
        let mut payload = stage.payload("StopFailure");
        payload["error"] = json!("rate_limit");
        payload["last_assistant_message"] = json!("You've hit your 5-hour limit · resets 12pm (UTC)");
        payload["session_id"] = json!(session);
        stage.event("claude", &payload, None).is_silent();
    };
    let newest = || stage.pending(&stage.app)[0]["path"].as_str().unwrap().to_owned();
    hit("s-1");
    stage.appears(1);
    stage.settles();
    // Another session has a summary of its own, and the next one is told of it too.
    hit("s-2");
    stage.appears(2);
    stage.settles();
    assert_eq!(stage.world.names(&stage.app, "unread").len(), 2);
    let before = newest();
    for session in ["s-1", "s-2"] {
        hit(session);
    }
    stage.stays(2);
    assert_eq!(newest(), before);
    // What came since is saved, and takes the place of what was saved of that session.
    stage.write("src/new.rs", "new work\n");
    hit("s-2");
    let start = std::time::Instant::now();
    while newest() == before || stage.pending(&stage.app).len() > 2 {
        assert!(start.elapsed() < std::time::Duration::from_secs(60), "the news are not saved");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let patch = std::path::Path::new(&newest()).join("workspace.patch");
    assert!(std::fs::read_to_string(patch).unwrap().contains("+new work"));
    assert_eq!(stage.pending(&stage.app).len(), 2);
}

#[test]
fn sessions_that_end_are_saved_where_that_is_wanted() {
    let stage = Stage::changed();
    stage.ok(&["init"]);
    std::fs::write(
        stage.app.join(".handover/config.toml"),
        "[capture]\non_session_end = true\non_compact = true\n",
    )
    .unwrap();
    stage.event("claude", &stage.payload("SessionEnd"), None).is_silent();
    assert!(stage.appears(1).contains("the session ended"));
    told(|| stage.event("claude", &stage.payload("PreCompact"), None));
    stage.event("claude", &stage.payload("Stop"), None).is_silent();
    // The later one of the same session stands for both.
    assert_eq!(stage.pending(&stage.app).len(), 1);
    assert_eq!(stage.world.names(&stage.app, "unread").len(), 1);
    let mut other = stage.payload("PreCompact");
    other["session_id"] = json!("s-2");
    told(|| stage.event("claude", &other, None));
    assert_eq!(stage.pending(&stage.app).len(), 2);
}

#[test]
fn what_a_turn_brings_is_saved_though_what_was_before_it_was() {
    let stage = Stage::changed();
    let daemon = openusage(&stage.world, 95);
    let event = |payload: &Value| stage.event("claude", payload, Some(&daemon));
    let mut prompt = stage.payload("UserPromptSubmit");
    prompt["prompt"] = json!("Teach the parser quoted fields");
    // The host names a transcript that is not there yet.
    prompt["transcript_path"] = json!(stage.world.path("later.jsonl"));
    let words = told(|| event(&prompt));
    assert!(!words.contains("is not told"), "{words}");
    let newest = || std::path::PathBuf::from(stage.pending(&stage.app)[0]["path"].as_str().unwrap());
    let before = newest();
    let summary = std::fs::read_to_string(before.join("summary.md")).unwrap();
    assert!(summary.contains("> Teach the parser quoted fields"), "{summary}");
    event(&prompt).is_silent();
    stage.write("precious.txt", "of this turn\n");
    let mut stop = stage.payload("Stop");
    stop["last_assistant_message"] = json!("Half of it is there.");
    stop["transcript_path"] = json!(stage.world.path("empty.jsonl"));
    std::fs::write(stage.world.path("empty.jsonl"), "").unwrap();
    told(|| event(&stop));
    let summary = std::fs::read_to_string(newest().join("summary.md")).unwrap();
    assert!(summary.contains("> Half of it is there."), "what the host says itself: {summary}");
    let after = newest();
    let patch = std::fs::read_to_string(after.join("workspace.patch")).unwrap();
    assert!(after != before && patch.contains("of this turn"));
    // One waits, and one is told of.
    assert_eq!(stage.pending(&stage.app).len(), 1);
    assert_eq!(stage.world.names(&stage.app, "unread").len(), 1);
    for name in ["Stop", "UserPromptSubmit", "SessionEnd"] {
        event(&stage.payload(name)).is_silent();
    }
    stage.stays(1);
    assert_eq!(newest(), after, "nothing came since");
    // The window goes on, and so does the work; the session's end saves what came since.
    stage.write("precious.txt", "of another turn\n");
    event(&stage.payload("Stop")).is_silent();
    assert_eq!(newest(), after);
    let mut end = stage.payload("SessionEnd");
    end["session_id"] = json!("s-2");
    event(&end).is_silent();
    let start = Instant::now();
    while newest() == after {
        assert!(start.elapsed() < Duration::from_secs(60), "the end of the session saved nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
    let patch = std::fs::read_to_string(newest().join("workspace.patch")).unwrap();
    assert!(patch.contains("of another turn"));
}

#[test]
fn work_that_could_not_be_saved_at_the_wall_is_told_to_the_next_session_once() {
    let stage = Stage::changed();
    stage.ok(&["init"]);
    // Nothing can be saved there.
    let bundles = stage.app.join(".handover/bundles");
    std::fs::write(&bundles, "").unwrap();
    let mut payload = stage.payload("StopFailure");
    payload["error"] = json!("rate_limit");
    payload["last_assistant_message"] = json!("You've hit your 5-hour limit · resets 12pm (UTC)");
    let unread = || stage.world.names(&stage.app, "unread").len();
    for _ in 0..2 {
        stage.event("claude", &payload, None).is_silent();
        let start = Instant::now();
        while unread() == 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "nobody is told");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(unread(), 1);
    let told = stage.world.surface(&stage.app);
    assert!(told.contains("Not saved") && told.contains(".handover/bundles"), "{told}");
    // Once nothing keeps it, it is saved.
    std::fs::remove_file(bundles).unwrap();
    assert_eq!(stage.pending(&stage.app).len(), 0);
    stage.event("claude", &payload, None).is_silent();
    stage.appears(1);
}

#[test]
fn odd_payloads_and_places_hurt_nobody() {
    let stage = Stage::changed();
    for payload in
        ["", "{", "[]", "null", "{\"cwd\":7}", "{\"hook_event_name\":\"Stop\",\"cwd\":\"/nowhere\"}", "\u{0}"]
    {
        let ran =
            tests::feed(stage.command(&stage.app, &["on-event", "--tool", "claude"]), payload.as_bytes());
        assert_eq!((ran.code, ran.out()), (0, ""), "{payload}: {}", ran.err());
    }
    let mut command = stage.command(&stage.world.dir("plain"), &["on-event"]);
    command.env_remove("HOME");
    assert_eq!(tests::feed(command, b"{}").code, 0);
}

#[test]
fn a_mistake_in_the_settings_loses_no_work() {
    let stage = Stage::changed();
    stage.ok(&["init"]);
    let config = stage.app.join(".handover/config.toml");
    std::fs::write(&config, "[capture\n").unwrap();
    // Said where hosts keep it, while there is nothing to do.
    let far = stage.event("claude", &stage.payload("Stop"), None);
    assert!(far.code == 0 && far.out().is_empty() && far.err().contains("config.toml:1"), "{}", far.err());
    let daemon = openusage(&stage.world, 95);
    let words = told(|| stage.event("claude", &stage.payload("Stop"), Some(&daemon)));
    assert!(words.contains("saved the work") && words.contains("config.toml:1"), "{words}");
    assert!(stage.ok(&["session-start"]).contains("# Handoff"));
    // Who gives a command is told, and nothing is done.
    let by_hand = stage.handover(&stage.app, &["capture"]);
    assert!(by_hand.code == 1 && by_hand.err().contains("config.toml:1"), "{}", by_hand.err());
}

#[test]
fn settings_that_a_clone_brings_as_something_else_hold_nobody_up() {
    let stage = Stage::changed();
    stage.ok(&["init"]);
    let config = stage.app.join(".handover/config.toml");
    let pipe = stage.world.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for target in [pipe.as_path(), "/dev/zero".as_ref(), "/".as_ref()] {
        std::fs::remove_file(&config).unwrap();
        std::os::unix::fs::symlink(target, &config).unwrap();
        let start = Instant::now();
        let ran = stage.event("claude", &stage.payload("Stop"), None);
        assert!(ran.code == 0 && ran.err().contains("config.toml"), "{target:?}: {}", ran.err());
        assert!(start.elapsed() < Duration::from_secs(5), "{target:?}");
    }
}

#[test]
fn a_source_that_hangs_holds_nobody_up() {
    let stage = Stage::changed();
    let path = stage.world.path("hangs.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let start = Instant::now();
    let ran = stage.event("claude", &stage.payload("Stop"), Some(&path));
    assert!(ran.code == 0 && ran.out().is_empty(), "{}", ran.out());
    // What it costs is measured elsewhere; here only that it ends.
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_background_agent_saves_nobodys_work() {
    let stage = Stage::changed();
    let daemon = openusage(&stage.world, 95);
    let mut command = stage.command(&stage.app, &["on-event", "--tool", "claude"]);
    command.env("OPENUSAGE_TELEMETRY_SOCKET", daemon).env("AGENT_HANDOFF_SKIP", "1");
    tests::feed(command, stage.payload("Stop").to_string().as_bytes()).is_silent();
    assert_eq!(stage.pending(&stage.app).len(), 0);
}

#[test]
fn work_that_could_not_be_saved_is_told_to_the_person_and_tried_again() {
    let stage = Stage::changed();
    stage.ok(&["init"]);
    let bundles = stage.app.join(".handover/bundles");
    std::fs::write(&bundles, "").unwrap();
    let daemon = openusage(&stage.world, 95);
    let words = told(|| stage.event("claude", &stage.payload("Stop"), Some(&daemon)));
    assert!(words.contains("could not save") && words.contains(".handover/bundles"), "{words}");
    std::fs::remove_file(bundles).unwrap();
    told(|| stage.event("claude", &stage.payload("Stop"), Some(&daemon)));
    assert_eq!(stage.pending(&stage.app).len(), 1);
}

#[test]
fn the_statusline_tap_notes_the_windows_and_passes_on() {
    let stage = Stage::changed();
    let reset = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 7_200;
    let input = json!({
        "session_id": "s-1",
        "rate_limits": { "five_hour": { "used_percentage": 96.5, "resets_at": reset } },
    })
    .to_string();
    let tap = |words: &[&str]| {
        let args: Vec<&str> = ["statusline-tap", "--"].iter().chain(words).copied().collect();
        tests::feed(stage.command(&stage.app, &args), input.as_bytes())
    };
    let own = tap(&["sh", "-c", "printf 'mine: '; cat; exit 3"]);
    own.is(3, &format!("mine: {input}"), "");
    assert_eq!(tap(&["no-such-program"]).code, 127);
    // What is no JSON says nothing of them, and what was noted last holds.
    tests::feed(stage.command(&stage.app, &["statusline-tap"]), b"no json").is(0, "5h 96 %\n", "");
    let words = told(|| stage.event("claude", &stage.payload("Stop"), None));
    assert!(words.contains("Claude Code's five_hour window is used to 9"), "{words}");
}

#[test]
fn a_worktree_whose_repository_was_moved_is_named_with_git_worktree_repair_where_work_would_be_saved() {
    let stage = Stage::new();
    let linked = stage.world.path("linked");
    stage.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    // One that lies in the checkout of another repository too, which is not the one to be saved then.
    stage.world.repo("outer");
    let inner = stage.world.path("outer/inner");
    stage.git(&["worktree", "add", "-q", inner.to_str().unwrap()]);
    let moved = stage.world.path("moved");
    std::fs::rename(&stage.app, &moved).unwrap();
    let daemon = openusage(&stage.world, 95);
    let event = |top: &std::path::Path| {
        let mut payload = stage.payload("Stop");
        payload["cwd"] = json!(top);
        told(|| {
            let mut command = stage.command(top, &["on-event", "--tool", "claude"]);
            command.env("OPENUSAGE_TELEMETRY_SOCKET", &daemon);
            tests::feed(command, payload.to_string().as_bytes())
        })
    };
    for top in [&linked, &inner] {
        std::fs::create_dir(top.join("sub")).unwrap();
        std::fs::write(top.join("new"), "work\n").unwrap();
        let repair = format!("run: git worktree repair {}", top.display());
        for verb in [&["capture"][..], &["pickup"], &["init"], &["enable", "--tool", "claude"]] {
            let ran = stage.handover(&top.join("sub"), verb);
            assert!(ran.code == 1 && ran.err().contains(&repair), "{verb:?}: {}{}", ran.out(), ran.err());
        }
        assert!(stage.handover(top, &["status"]).out().contains(&repair));
        let words = event(top);
        assert!(words.contains("could not save the work") && words.contains(&repair), "{words}");
    }
    // As it says, it is put right, and then the work is saved.
    for top in [&linked, &inner] {
        let mut repair = stage.world.bare_command("git");
        repair.current_dir(&moved).args(["worktree", "repair"]).arg(top);
        assert!(repair.output().unwrap().status.success());
        let words = event(top);
        assert!(words.contains("saved the work") && words.contains(top.to_str().unwrap()), "{words}");
    }
}

#[test]
fn a_git_file_that_leads_nowhere_is_named() {
    let stage = Stage::new();
    let linked = stage.world.path("linked");
    stage.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    std::fs::remove_dir_all(stage.app.join(".git/worktrees")).unwrap();
    let capture = |top: &std::path::Path| {
        let ran = stage.handover(top, &["capture"]);
        assert_eq!(ran.code, 1, "{}", ran.out());
        ran.err().to_owned()
    };
    assert!(capture(&linked).contains("does not know any more"), "{}", capture(&linked));
    let other = stage.world.dir("other");
    std::fs::write(other.join(".git"), "gitdir: /nowhere/at/all\n").unwrap();
    assert!(capture(&other).contains("/other/.git leads to /nowhere/at/all"), "{}", capture(&other));
    for text in ["", "gitdir:\n", "gitdir: \n", "not a git file\n", "\0\u{1}"] {
        std::fs::write(other.join(".git"), text).unwrap();
        let words = capture(&other);
        assert!(
            words.contains("/other/.git is a file that does not begin with `gitdir: `"),
            "{text:?}: {words}"
        );
        assert!(!words.contains("git init"), "git does not do that there: {words}");
        std::fs::create_dir_all(other.join("sub")).unwrap();
        assert!(capture(&other.join("sub")).contains("/other/.git is a file"), "{text:?}");
        let ran = stage.handover(&other, &["status"]);
        assert!(
            ran.out().contains("/other/.git is a file") || ran.err().contains("/other/.git is a file"),
            "{ran:?}"
        );
    }
    std::fs::remove_file(other.join(".git")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(other.join(".git")).status().unwrap().success());
    assert!(
        capture(&other).contains("could not read ") && capture(&other).contains("/other/.git"),
        "{}",
        capture(&other)
    );
    let broken = stage.world.dir("broken/.git");
    let broken = broken.parent().unwrap();
    assert!(capture(broken).contains("broken/.git is no repository that can be read"), "{}", capture(broken));
}

#[test]
fn without_a_statusline_of_ones_own_the_tap_shows_the_windows() {
    let stage = Stage::changed();
    let reset = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 7_200;
    let tap = |input: &serde_json::Value| {
        tests::feed(stage.command(&stage.app, &["statusline-tap"]), input.to_string().as_bytes())
    };
    let model = json!({ "model": { "display_name": "Opus\u{1b}[2J 4.5\nx" } });
    // Nothing is known yet, and for who pays by the token nothing ever is.
    tap(&model).is(0, "Opus[2J 4.5 x\n", "");
    tap(&json!({})).is_silent();
    tap(&json!({ "session_id": "s-1", "rate_limits": {
        "seven_day": { "used_percentage": 13, "resets_at": reset + 90_000 },
        "five_hour": { "used_percentage": 41.6, "resets_at": reset },
        "spend_limit": { "used_percentage": 1, "resets_at": reset - 100_000 },
    } }))
    .is(0, "5h 42 % · 7d 13 %\n", "");
    // Before a session's first answer Claude Code says nothing of them, and they are the account's.
    tap(&model).is(0, "5h 42 % · 7d 13 %\n", "");
}

#[test]
fn with_nothing_to_do_no_process_is_started_and_no_index_is_read() {
    let traces = tests::has("strace");
    if !tests::can("trace system calls with strace", traces) {
        return;
    }
    let stage = Stage::changed();
    let log = stage.world.path("trace");
    let hook = stage.command(&stage.app, &["on-event", "--tool", "claude"]);
    let mut strace = stage.world.bare_command("strace");
    strace.args(["-f", "-qq", "-o", log.to_str().unwrap(), "-e", "trace=process,openat"]);
    strace.arg(hook.get_program()).args(hook.get_args()).current_dir(&stage.app);
    tests::feed(strace, stage.payload("Stop").to_string().as_bytes()).is_silent();
    let calls = std::fs::read_to_string(log).unwrap();
    assert!(calls.contains("execve("), "{calls}");
    for call in calls.lines() {
        let call = call.split_once(' ').unwrap().1.trim_start();
        assert!(!["fork", "vfork", "clone", "clone3"].contains(&call.split('(').next().unwrap()), "{call}");
        assert!(!call.contains("/.git/index"), "{call}");
    }
}
