//! `/handoff --to` a person or another machine, as the skill has it: to oneself it goes at once, to others not without the
//! user's word.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::World;
use tests::agents::{Host, Machine, SessionEnd, Step, Text, reading, shell, text};

#[allow(dead_code, reason = "all of it is used by the tests that it is of")]
#[path = "../mailroom/server.rs"]
mod server;

use crate::documented::{AWKWARD, followed, invocation, skill};
use crate::support::{machine, nothing_was_denied, only_handoff, printed, restricted, unrestricted};

/// Codex's sandbox as it is by itself: the directory of temporary files can be written to.
const SANDBOXED: [&str; 4] =
    ["--sandbox", "workspace-write", "-c", "sandbox_workspace_write.exclude_tmpdir_env_var=false"];

/// Runs `handoff` in `dir`, which must succeed.
#[track_caller]
fn handoff(world: &World, dir: &Path, args: &[&str]) -> String {
    let ran = world.run("handoff", dir, args, "");
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out(), ran.err());
    ran.out().to_owned()
}

/// A laptop, a desk of the same person, and a remote that both go through.
struct Pair {
    laptop: Machine,
    app: PathBuf,
    desk: Machine,
    there: PathBuf,
    origin: PathBuf,
}

impl Pair {
    #[track_caller]
    fn new() -> Option<Self> {
        let (laptop, first) = machine()?;
        let (desk, _) = machine()?;
        let root = server::root(&laptop.world, &first, &[]);
        let (origin, url) = (root.join("origin.git"), server::Server::start(&root).url("origin.git"));
        let (app, there) = (laptop.world.path("clone"), desk.world.path("clone"));
        for (machine, dir, name) in [(&laptop, &app, "laptop"), (&desk, &there, "desk")] {
            let words = ["clone", "--quiet", origin.to_str().unwrap(), dir.to_str().unwrap()];
            machine.world.git(machine.world.top(), &words);
            machine.world.git(dir, &["remote", "set-url", "origin", &url]);
            machine.world.git(dir, &["config", "user.name", "Ann"]);
            machine.world.git(dir, &["config", "user.email", "ann@acme.io"]);
            handoff(&machine.world, dir, &["people", "--machine", name]);
            handoff(&machine.world, dir, &["join", "--private"]);
        }
        handoff(&desk.world, &there, &["people", "add", "@me", "--yes", "--card", "laptop"]);
        // A person whose machine is the desk's for this test: only the name counts.
        handoff(
            &laptop.world,
            &app,
            &["people", "add", "bob", "--yes", "--card", "desk", "--mail", "bob@acme.io"],
        );
        Some(Self { laptop, app, desk, there, origin })
    }

    /// The letters at the remote.
    fn letters(&self) -> Vec<String> {
        let listed =
            self.laptop.world.git(&self.origin, &["for-each-ref", "--format=%(refname)", "refs/handoffs/"]);
        let is_letter = |name: &&str| !name.contains("/card/") && !name.contains("/parcel/");
        listed.lines().filter(is_letter).map(str::to_owned).collect()
    }
}

/// What a model does that follows the skill, with `more` behind `push`.
fn sending(host: Host, more: &'static [&'static str]) -> Vec<Step> {
    let mut steps = followed(host, AWKWARD, "--topic x");
    let done = steps.pop().unwrap();
    for to in more {
        steps.push(reading(move |texts| {
            let (_, step) =
                skill(host, texts).split_once("## 4. Send a letter\n`").expect("a step that sends");
            let (command, _) = step.split_once('`').expect("a command");
            shell(command.replace("--to WHOM", to))
        }));
    }
    steps.push(done);
    steps
}

#[test]
fn a_handoff_to_oneself_ends_at_the_remote_and_another_machine_takes_it() {
    for host in Host::BOTH {
        let Some(pair) = Pair::new() else { return };
        let Pair { laptop, app, desk, there, .. } = &pair;
        let session = laptop.session(host, app).steps(sending(host, &["--to @me"]));
        // Claude Code as it is set up, so what is not allowed by the skill would be denied.
        let session =
            if host == Host::Claude { restricted(host, session) } else { unrestricted(host, session) };
        let end = session.run(&invocation(host, "--to @me --topic x")).ok();
        nothing_was_denied(&end);
        let context = match host {
            Host::Claude => skill(host, &end.texts(0)).to_owned(),
            _ => printed(&end, 1).remove(0),
        };
        assert!(
            context.contains(
                "letters:  @me, bob, host:desk, branch[:NAME], anyone, a mail address; through origin\n"
            ),
            "{context}"
        );
        let said = printed(&end, 3).pop().unwrap();
        assert!(said.contains("sent       ") && said.contains("to @me; not taken yet"), "{host:?}: {said}");
        assert_eq!(pair.letters().len(), 1, "{host:?}");
        handoff(&desk.world, there, &["pull"]);
        assert!(only_handoff(&desk.world, there).contains(AWKWARD.trim_end()), "{host:?}");
    }
}

#[test]
fn a_session_that_goes_on_is_told_once_of_a_letter_that_came_meanwhile() {
    for host in Host::BOTH {
        let Some(pair) = Pair::new() else { return };
        let Pair { laptop, app, desk, there, .. } = &pair;
        laptop.world.write(app, &["--name", "Quoted fields"], tests::BODY);
        handoff(&laptop.world, app, &["push"]);
        // The last look was before that; the session's start shows what it left, and the next look is due.
        let notice = desk.world.inbox(there).join("unread/.mail");
        let mut said: Value = serde_json::from_slice(&std::fs::read(&notice).unwrap()).unwrap();
        assert_eq!(said["line"], "");
        said["next"] = 0.into();
        std::fs::write(&notice, said.to_string()).unwrap();
        if host == Host::Codex {
            // By hand, as its documentation has it: the installer gives it none.
            desk.hooks(json!([]), host);
            let command = format!("'{}' --letters", desk.bin("session-start").display());
            let handler = json!({ "type": "command", "command": command, "timeout": 30, "async": true });
            let hooks = json!({ "hooks": { "UserPromptSubmit": [{ "hooks": [handler] }] } });
            std::fs::write(desk.world.home().join(".codex/hooks.json"), hooks.to_string()).unwrap();
        }
        let line = "agent-handoff: 1 handoff for you waits at origin: \"Quoted fields\" from Ann@laptop";
        let is_told = move |text: &Text| text.text.contains(line);
        let until_told =
            reading(
                move |texts| {
                    if texts.iter().any(is_told) { text("A letter waits.") } else { shell("sleep 0.2") }
                },
            );
        let session = || unrestricted(host, desk.session(host, there));
        let end = session().steps([until_told]).run("begin").ok();
        assert!(!end.texts(0).iter().any(is_told), "{host:?}: it was not there yet");
        let last = end.model.turns().len() - 1;
        let told = |end: &SessionEnd, turn| {
            end.texts(turn).iter().map(|text| text.text.matches(line).count()).sum::<usize>()
        };
        assert_eq!(told(&end, last), 1, "{host:?}");
        let again = session().resume(end.id()).steps([text("Going on.")]).run("go on").ok();
        assert_eq!(told(&again, 0), 1, "{host:?}");
        assert_eq!(pair.letters().len(), 1, "{host:?}: nothing is taken");
    }
}

#[test]
fn an_agent_that_asks_nobody_sends_to_no_one_else() {
    let Some(pair) = Pair::new() else { return };
    let Pair { laptop, app, .. } = &pair;
    let tries = &["--to bob", "--to @me --to bob", "--to @me --allow-secrets", "--to anyone"];
    let end =
        laptop.session(Host::Claude, app).steps(sending(Host::Claude, tries)).run("/handoff --to bob").ok();
    let denied = |line: &serde_json::Value| line["permission_denials"].as_array().map(Vec::len);
    assert_eq!(end.lines.iter().filter_map(denied).collect::<Vec<_>>(), [tries.len()], "{}", end.ran.out());
    assert_eq!(pair.letters(), [""; 0]);
    // It is left here.
    assert!(only_handoff(&laptop.world, app).contains(AWKWARD.trim_end()));
}

#[test]
fn what_a_sandboxed_agent_queues_goes_to_oneself_by_itself_and_to_others_only_with_the_users_sync() {
    let Some(pair) = Pair::new() else { return };
    let Pair { laptop, app, .. } = &pair;
    let send = |to: &'static [&'static str]| {
        let session = laptop.session(Host::Codex, app).args(&SANDBOXED);
        let end = session.steps(sending(Host::Codex, to)).run(&invocation(Host::Codex, "")).ok();
        let said = printed(&end, 3).pop().unwrap();
        assert!(said.contains("queued     ") && said.contains("goes out with the next"), "{said}");
    };
    let background = || laptop.world.run("handover", app, &["sync", "--background"], "").code;
    send(&["--to bob"]);
    assert_eq!(background(), 0);
    assert_eq!(pair.letters(), [""; 0]);
    send(&["--to @me"]);
    assert_eq!(background(), 0);
    assert_eq!(pair.letters().len(), 1);
    handoff(&laptop.world, app, &["sync"]);
    assert_eq!(pair.letters().len(), 2);
}
