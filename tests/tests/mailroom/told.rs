//! What sessions are told of letters that wait: at their start, and while they go on.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Machine, Net};

/// What the hook says, with these words behind it, to a session in the clone.
fn told(machine: &Machine, args: &[&str], session: &str, event: &str) -> String {
    told_in(machine, &machine.app, args, session, event)
}

fn told_in(machine: &Machine, dir: &Path, args: &[&str], session: &str, event: &str) -> String {
    let transcript = machine.world.transcript(session);
    let mut payload =
        json!({ "session_id": session, "transcript_path": transcript, "cwd": dir, "hook_event_name": event });
    match event {
        "SessionStart" => payload["source"] = "startup".into(),
        _ => payload["prompt"] = "go on".into(),
    }
    let ran = machine.world.run("session-start", dir, args, payload.to_string());
    assert_eq!((ran.code, ran.err()), (0, ""));
    ran.out().to_owned()
}

/// What a hook beside a session says as context, and nothing else.
#[track_caller]
fn context(said: &str) -> String {
    let said: Value = serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(said.as_object().unwrap().len(), 1, "{said}");
    let output = &said["hookSpecificOutput"];
    assert_eq!(output["hookEventName"], "UserPromptSubmit");
    output["additionalContext"].as_str().unwrap().to_owned()
}

/// Has the next look be due.
fn is_due(machine: &Machine) {
    let path = machine.world.inbox(&machine.app).join("unread/.mail");
    let mut notice: Value = serde_json::from_str(&machine.notice()).unwrap();
    notice["next"] = 0.into();
    std::fs::write(path, notice.to_string()).unwrap();
}

#[test]
fn a_session_is_told_once_and_that_it_takes_nothing_by_itself() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    desk.ok(&["sync"]);
    let said: Value = serde_json::from_str(&told(&desk, &[], "s-one", "SessionStart")).unwrap();
    let line = "agent-handoff: 1 handoff for you waits at origin: \"Quoted fields\" from ann@laptop, branch main. To take it: `handoff pull`";
    assert_eq!(said["systemMessage"], line);
    let text = said["hookSpecificOutput"]["additionalContext"].as_str().unwrap();
    let rest = text.strip_prefix(line).unwrap_or_else(|| panic!("{text}"));
    assert!(rest.starts_with("\nTell the user, and take nothing before they say so. Then run `"), "{text}");
    // What it names is what takes it, and shows it.
    let commands: Vec<_> = rest.split('`').skip(1).step_by(2).collect();
    assert!(
        commands[0].ends_with("/handoff pull --apply") && commands[1].ends_with("/inbox read"),
        "{commands:?}"
    );
    assert_eq!(told(&desk, &[], "s-one", "SessionStart"), "");
    assert_eq!(told(&desk, &["--letters"], "s-one", "UserPromptSubmit"), "");
    assert!(told(&desk, &["--peek"], "s-two", "SessionStart").contains("waits at origin"));
    assert!(told(&desk, &[], "s-two", "SessionStart").contains("waits at origin"));
    for command in commands {
        let (program, args) = command.rsplit_once('/').unwrap().1.split_once(' ').unwrap();
        let ran = desk.world.run(program, &desk.app, &args.split(' ').collect::<Vec<_>>(), "");
        assert_eq!(ran.code, 0, "{command}: {}", ran.err());
    }
    assert_eq!((desk.unread().len(), desk.world.names(&desk.app, "read").len()), (0, 1));
    assert_eq!(told(&desk, &[], "s-three", "SessionStart"), "");
}

#[test]
fn a_session_that_goes_on_hears_of_a_letter_that_came_meanwhile() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let at_a_prompt = || told(&desk, &["--letters"], "s-one", "UserPromptSubmit");
    assert_eq!(at_a_prompt(), "");
    let before = net.server.connections();
    assert_eq!(at_a_prompt(), "");
    assert_eq!(net.server.connections(), before, "a look that is not due is not made");
    laptop.push("Quoted fields", &[]);
    assert_eq!(at_a_prompt(), "");
    is_due(&desk);
    let text = context(&at_a_prompt());
    assert!(
        text.starts_with("agent-handoff: 1 handoff for you waits at origin: \"Quoted fields\""),
        "{text}"
    );
    assert_eq!(desk.unread().len(), 0, "nothing is taken");
    is_due(&desk);
    assert_eq!(at_a_prompt(), "");
    laptop.push("More fields", &[]);
    is_due(&desk);
    let text = context(&at_a_prompt());
    assert!(
        text.starts_with("agent-handoff: 2 handoffs for you wait at origin, the newest \"More fields\""),
        "{text}"
    );
    desk.ok(&["pull"]);
    is_due(&desk);
    assert_eq!(at_a_prompt(), "");
}

#[test]
fn nothing_is_looked_for_beside_a_session_where_the_repository_is_not_joined() {
    let net = Net::new();
    let desk = net.machine("desk", "ann");
    let before = net.server.connections();
    assert_eq!(told(&desk, &["--letters"], "s-one", "UserPromptSubmit"), "");
    assert_eq!(net.server.connections(), before);
    assert!(!desk.world.root().exists(), "no store is made");
    // Nor where nothing says which session it is.
    let desk = net.joined("desk", "ann");
    is_due(&desk);
    let before = net.server.connections();
    assert_eq!(desk.world.run("session-start", &desk.app, &["--letters"], "{}").out(), "");
    assert_eq!(net.server.connections(), before);
}
