//! What each host is given.

use std::path::Path;

use serde_json::{Map, Value, json};
use tests::{BODY, World, can, feed, has, program};

use crate::support::{Message, claude, codex, context_for, context_of, normal};

const CLAUDE: &str = "879b5998-f745-4843-89ed-cb9c2eeb9631";
const CODEX: &str = "01a1fbc7-3559-7310-8d78-73e9fa49d7f3";

#[test]
fn both_hosts_get_the_text_in_one_line_of_json_with_no_other_field() {
    for (session, payload) in [(CLAUDE, claude as fn(&Path, &str, &str) -> String), (CODEX, codex)] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &["--name", "Auth \"quoted\" \\ refactor"], BODY);
        let text = world.run("session-start", &repo, &["--peek"], "").out().to_owned();
        let ran = world.run("session-start", &repo, &[], payload(&repo, session, "startup"));
        let (context, summary) = context_of(&ran);
        let but_closing = |text: &str| normal(&world, text.rsplit_once("=== agent").unwrap().0);
        assert_eq!(but_closing(&context), but_closing(&text));
        let message = Message::of(&context);
        let archive = world.inbox(&repo).join("read");
        let closing = format!("1 offered; once this session answers, archived to {}", archive.display());
        assert_eq!(message.closing, closing);
        assert_eq!(
            summary,
            "agent-handoff: Auth \"quoted\" \\ refactor, just now; go = Run `make test-auth`; not now: handoff inbox restore"
        );
        world.run("session-start", &repo, &[], payload(&repo, session, "startup")).is_silent();
    }
}

#[test]
fn the_summary_counts_what_is_loaded_and_what_stays() {
    let world = World::new();
    let repo = world.repo("app");
    for number in 0..4 {
        world.write(&repo, &[], format!("{BODY}\n## Notes\n{}\n", number.to_string().repeat(3_000)));
    }
    let (_, summary) = context_of(&world.start(&repo, CLAUDE, "startup"));
    assert_eq!(
        summary,
        "agent-handoff: 2 handoffs: Auth refactor · Auth refactor; 2 more unread; not now: handoff inbox restore"
    );
}

#[test]
fn every_source_of_a_session_start_surfaces() {
    for source in ["startup", "resume", "clear", "compact", "fork"] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        let ran = world.run("session-start", &repo, &[], claude(&repo, CLAUDE, source));
        assert_eq!(Message::of(&context_of(&ran).0).titles(), ["Auth refactor"], "{source}");
        assert_eq!(world.names(&repo, "unread").len(), 1, "{source}");
    }
}

#[test]
fn a_format_that_is_asked_for_is_given_whatever_arrives() {
    for (format, with_payload, json) in [
        ("auto", true, true),
        ("auto", false, false),
        ("plain", true, false),
        ("plain", false, false),
        ("claude", true, true),
        ("claude", false, true),
        ("codex", true, true),
        ("codex", false, true),
        ("gemini", false, true),
        ("opencode", true, false),
    ] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        let input = if with_payload { claude(&repo, CLAUDE, "startup") } else { String::new() };
        let ran = world.run("session-start", &repo, &["--format", format], input);
        let text = if json { context_of(&ran).0 } else { ran.out().to_owned() };
        assert_eq!((ran.code, ran.err()), (0, ""));
        assert_eq!(Message::of(&text).titles(), ["Auth refactor"], "{format} {with_payload}");
    }
}

#[test]
fn a_host_with_a_form_of_its_own_gets_one_line_of_that_and_no_other_field() {
    let own = json!({ "sessionId": CLAUDE, "timestamp": 1, "source": "new", "initialPrompt": "go" });
    let shared = json!({ "hook_event_name": "SessionStart", "session_id": CLAUDE, "timestamp": "t", "source": "resume" });
    for payload in [own, shared] {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        let mut payload = payload;
        payload["cwd"] = json!(repo);
        let start = || world.run("session-start", &repo, &[], payload.to_string());
        let ran = start();
        let fields: Map<String, Value> = serde_json::from_slice(&ran.out).unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["additionalContext"]);
        assert_eq!(Message::of(fields["additionalContext"].as_str().unwrap()).titles(), ["Auth refactor"]);
        assert_eq!(ran.out().matches('\n').count(), 1);
        start().is_silent();
    }
}

#[test]
fn a_host_whose_hook_runs_at_each_prompt_is_told_once() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let prompt = |session: &str, prompt: &str| {
        let payload = json!({
            "hook_event_name": "UserPromptSubmit", "session_id": session, "cwd": repo, "timestamp": "t",
            "permission_mode": "default", "transcript_path": world.path("chat.jsonl"), "prompt": prompt,
        });
        world.run("session-start", &repo, &[], payload.to_string())
    };
    // What a tool printed is no prompt.
    prompt("s-1", "").is_silent();
    let ran = prompt("s-1", "go");
    assert_eq!(Message::of(&context_for(&ran, "UserPromptSubmit").0).titles(), ["Auth refactor"]);
    // Nor is it given what comes later: that is for the session after it.
    world.write(&repo, &["--name", "Later"], BODY);
    prompt("s-1", "").is_silent();
    prompt("s-1", "go on").is_silent();
    assert!(prompt("s-2", "go").out().contains("Later"));
}

/// What Cursor sends when a session starts in a worktree, where that is from, and in which version.
const CURSOR: [&str; 2] = [
    include_str!("payloads/cursor-session-start-from-documents.json"),
    include_str!("payloads/cursor-cli-session-start-reported-by-a-user.json"),
];

/// A hook of Cursor's for its user, which it runs in its own directory; what it says in the field for that.
fn cursor_is_told(world: &World, payload: &str, repo: &Path) -> Option<String> {
    let elsewhere = world.dir(world.home().join(".cursor"));
    let payload = payload.replace("WORKTREE", &repo.display().to_string());
    let ran = world.run("session-start", &elsewhere, &["--max-bytes", "10000"], payload);
    assert_eq!((ran.code, ran.err()), (0, ""));
    if ran.out().is_empty() {
        return None;
    }
    let output: Map<String, Value> = serde_json::from_slice(&ran.out).unwrap();
    assert_eq!(output.keys().collect::<Vec<_>>(), ["additional_context"]);
    Some(output["additional_context"].as_str().unwrap().to_owned())
}

#[test]
fn a_host_that_was_not_seen_to_deliver_is_told_once_in_a_line_and_nothing_changes() {
    for payload in CURSOR {
        let world = World::new();
        let repo = world.repo("app");
        world.write(&repo, &[], BODY);
        let tell = |payload: &str| cursor_is_told(&world, payload, &repo);
        let said = tell(payload).unwrap();
        assert!(said.starts_with("agent-handoff: 1 handoff waits here: \"Auth refactor\""), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        // By the hook of Claude Code's settings, which Cursor may run beside its own.
        assert_eq!(tell(payload), None);
        // A session of its own is told too, and the first one of what came later.
        let fields: Value = serde_json::from_str(payload).unwrap();
        let other = payload.replace(fields["conversation_id"].as_str().unwrap(), "another-conversation");
        assert_eq!(tell(&other), Some(said));
        world.write(&repo, &["--name", "Later"], BODY);
        assert!(tell(payload).unwrap().contains("2 handoffs wait here"));
        assert!(!world.inbox(&repo).join("offers").exists());
        assert_eq!(world.names(&repo, "unread").len(), 2);
        // Asked for by hand, it is shown each time.
        for _ in 0..2 {
            let payload = payload.replace("WORKTREE", &repo.display().to_string());
            assert!(world.run("session-start", &repo, &["--peek"], payload).out().contains("2 handoffs"));
        }
    }
}

#[test]
fn of_two_hooks_that_run_at_once_one_tells_the_session() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    for number in 0..5 {
        let payload = CURSOR[0].replace("668320d2", &format!("668320d{number}"));
        let said = std::thread::scope(|scope| {
            let both = [0, 1].map(|_| scope.spawn(|| cursor_is_told(&world, &payload, &repo)));
            both.map(|one| one.join().unwrap())
        });
        assert_eq!(said.iter().flatten().count(), 1, "{said:?}");
    }
}

/// The plugin for Amp, as Amp's documentation has plugins called: its answer to each prompt of these threads.
fn amp_answers(world: &World, repo: &Path, threads: &[&str]) -> Vec<Value> {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/amp/agent-handoff.ts");
    // Node runs a file of another language by this name.
    std::fs::copy(shipped, world.path("plugin.mjs")).unwrap();
    let script = "import plugin from './plugin.mjs'\nlet answer\n\
        plugin({ on: (event, handler) => { if (event === 'agent.start') answer = handler } })\n\
        const said = []\n\
        for (const id of process.argv.slice(2)) said.push(await answer({ id: 1, message: 'go', thread: { id } }))\n\
        console.log(JSON.stringify(said))\n";
    std::fs::write(world.path("answers.mjs"), script).unwrap();
    let mut node = world.bare_command("node");
    node.arg(world.path("answers.mjs")).args(threads).current_dir(repo);
    let ran = feed(node, b"");
    assert_eq!((ran.code, ran.err()), (0, ""));
    serde_json::from_slice(&ran.out).unwrap()
}

#[test]
fn a_thread_of_amp_is_told_once_in_a_line_and_nothing_changes() {
    if !can("run a plugin in Node", has("node")) {
        return;
    }
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    // Without the program a prompt goes on as it is.
    assert_eq!(amp_answers(&world, &repo, &["T-1"]), [json!({})]);
    std::fs::create_dir_all(world.home().join(".agent-handoff/bin")).unwrap();
    let installed = world.home().join(".agent-handoff/bin/session-start");
    std::os::unix::fs::symlink(program("session-start"), installed).unwrap();
    let answers = amp_answers(&world, &repo, &["T-1", "T-1", "T-2"]);
    assert_eq!(answers[1], json!({}));
    for answer in [&answers[0], &answers[2]] {
        let said = answer["message"]["content"].as_str().unwrap();
        assert!(said.starts_with("agent-handoff: 1 handoff waits here: \"Auth refactor\""), "{said}");
        assert_eq!((said.lines().count(), &answer["message"]["display"]), (1, &json!(false)), "{said}");
    }
    assert!(!world.inbox(&repo).join("offers").exists());
    assert_eq!(world.names(&repo, "unread").len(), 1);
}

/// What the plugin for OpenCode makes of the text of a command that its user called with `x y`.
fn opencode_runs(world: &World, name: &str, text: &str) -> String {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/opencode/agent-handoff.js");
    let plugins = world.dir("opencode/plugins");
    std::fs::copy(shipped, plugins.join("agent-handoff.mjs")).unwrap();
    let script = "import { AgentHandoff } from './agent-handoff.mjs'\n\
        const [command, text] = process.argv.slice(2)\n\
        const parts = [{ type: 'file' }, { type: 'text', text }]\n\
        const hooks = await AgentHandoff({})\n\
        await hooks['command.execute.before']({ command, sessionID: 's', arguments: 'x y' }, { parts })\n\
        process.stdout.write(parts[1].text)\n";
    std::fs::write(plugins.join("runs.mjs"), script).unwrap();
    let mut node = world.bare_command("node");
    node.arg(plugins.join("runs.mjs")).args([name, text]);
    let ran = feed(node, b"");
    assert_eq!((ran.code, ran.err()), (0, ""));
    ran.out().to_owned()
}

/// OpenCode takes a skill for a command that it does not know, whichever agent the skill is for.
#[test]
fn opencode_is_given_its_command_where_it_took_another_agents_skill_for_it() {
    if !can("run a plugin in Node", has("node")) {
        return;
    }
    let world = World::new();
    let of_a_skill = "\n\nBase directory for this skill: /h/.claude/skills/handoff\nRelative paths …";
    let skill = format!("Leave what is needed.\n\nFor another agent.{of_a_skill}");
    // There is no command of ours.
    assert_eq!(opencode_runs(&world, "handoff", &skill), skill);
    let file = world.dir("opencode/commands").join("handoff.md");
    let command = |text: &str| std::fs::write(&file, format!("---\ndescription: d\n---\n{text}\n")).unwrap();
    command("Leave what is needed.\n\nFor OpenCode.");
    assert_eq!(opencode_runs(&world, "handoff", &skill), "Leave what is needed.\n\nFor OpenCode.\n\nx y");
    command("Leave what is needed.\n\nFor OpenCode: $ARGUMENTS, $ARGUMENTS.");
    let given = opencode_runs(&world, "handoff", &skill);
    assert_eq!(given, "Leave what is needed.\n\nFor OpenCode: x y, x y.");
    // A command of the user's, or a skill of the user's, stays; so does any other command.
    for own in ["Leave what is needed.\n\nMine.".to_owned(), format!("Leave it.{of_a_skill}")] {
        assert_eq!(opencode_runs(&world, "handoff", &own), own);
    }
    assert_eq!(opencode_runs(&world, "review", &skill), skill);
}

/// Nothing says where its session works when it was not started with `--add-dir`.
#[test]
fn a_request_of_antigravity_is_told_nothing_and_nothing_changes() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    for workspaces in [json!([]), json!([repo])] {
        let payload = json!({ "conversationId": CLAUDE, "invocationNum": 1, "workspacePaths": workspaces });
        world.run("session-start", &repo, &[], payload.to_string()).is_silent();
    }
    assert_eq!(world.names(&repo, "unread").len(), 1);
}

#[test]
fn plain_text_never_begins_like_json() {
    let world = World::new();
    let repo = world.repo("app");
    let body = format!("[x]\n{{\"a\":1}}\n{BODY}");
    world.write(&repo, &["--name", "{\"hookSpecificOutput\":1}"], body);
    let text = world.surface(&repo);
    assert!(text.starts_with("=== agent-handoff "), "{text}");
}

#[test]
fn nothing_waiting_is_silence_in_every_form() {
    let world = World::new();
    let repo = world.repo("app");
    let all = |world: &World| {
        for format in ["auto", "plain", "claude", "codex"] {
            for input in [claude(&repo, CLAUDE, "startup"), codex(&repo, CODEX, "compact"), String::new()] {
                world.run("session-start", &repo, &["--format", format], input).is_silent();
            }
        }
    };
    all(&world);
    assert!(!world.root().exists(), "looking makes nothing");
    world.write(&repo, &[], BODY);
    world.take(&repo);
    all(&world);
}

#[test]
fn other_events_get_nothing_and_take_nothing() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    for event in [
        "UserPromptSubmit",
        "PreToolUse",
        "PostToolUse",
        "Stop",
        "SessionEnd",
        "PreCompact",
        "SubagentStop",
        "sessionstart",
    ] {
        let payload = claude(&repo, CLAUDE, "startup").replace("SessionStart", event);
        world.run("session-start", &repo, &[], payload).is_silent();
    }
    assert_eq!(world.names(&repo, "unread").len(), 1);
}

#[test]
fn a_background_agent_takes_nothing() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    let skip = |value: &str, args: &[&str]| {
        let mut command = world.command("session-start", &repo);
        command.env("AGENT_HANDOFF_SKIP", value).args(args);
        feed(command, claude(&repo, CLAUDE, "startup").as_bytes())
    };
    for value in ["1", "0", "no"] {
        skip(value, &[]).is_silent();
        skip(value, &["--peek"]).is_silent();
        skip(value, &["--format", "claude"]).is_silent();
    }
    assert_eq!(world.names(&repo, "unread").len(), 1);
    // Set and empty is not set.
    assert_eq!(Message::of(&context_of(&skip("", &[])).0).titles(), ["Auth refactor"]);
}

#[test]
fn what_was_typed_wrong_is_said_and_is_no_failure() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    for (args, word) in [
        (&["--frobnicate"][..], "--frobnicate"),
        (&["--format", "xml"], "use auto, plain, claude, codex, gemini"),
        (&["--format", "aider"], "copilot, opencode, cursor, amp"),
        (&["--max-bytes", "lots"], "lots"),
        (&["--max-bytes"], "--max-bytes"),
        (&["stray"], "stray"),
        (&["--peek=yes"], "--peek"),
    ] {
        let ran = world.run("session-start", &repo, args, claude(&repo, CLAUDE, "startup"));
        assert_eq!((ran.code, ran.err()), (0, ""), "{args:?}");
        let said = ran.out();
        assert!(said.starts_with("agent-handoff: session-start did not look for handoffs: "), "{said}");
        assert!(said.contains(word) && said.matches('\n').count() == 1, "{said}");
    }
    assert_eq!(world.names(&repo, "unread").len(), 1);
}

#[test]
fn help_and_version_are_on_standard_output() {
    let world = World::new();
    let dir = world.dir("x");
    for (program, called) in
        [("session-start", "session-start"), ("handoff-write", "handoff write"), ("inbox", "handoff inbox")]
    {
        let help = world.run(program, &dir, &["--help"], "");
        assert_eq!((help.code, help.err()), (0, ""));
        assert!(help.out().starts_with(&format!("{called}: ")), "{}", help.out());
        // It fits a screen.
        assert!(help.out().lines().count() <= 40, "{program}");
        assert!(help.out().lines().all(|line| line.chars().count() <= 100), "{program}");
        world.run(program, &dir, &["-h"], "").is(0, help.out(), "");
        let version = world.run(program, &dir, &["--version"], "");
        version.is(0, &format!("{program} {}\n", env!("CARGO_PKG_VERSION")), "");
        world.run(program, &dir, &["-V"], "").is(0, version.out(), "");
    }
}
