//! Codex's hook and the user's trust in it: asked for openly, kept through upgrades, taken back with the hook.

use std::path::Path;

use serde_json::json;
use tests::BODY;
use tests::agents::{Host, Machine, Wiring, both_ready};

use crate::support::{counts, messages, waiting};

/// A machine on which the hook was put in and nobody was asked to trust it.
#[track_caller]
fn untrusted() -> Machine {
    let machine = Machine::bare(Wiring::Installer);
    done(&machine, &["install", "--codex-hook"]);
    machine
}

#[track_caller]
fn done(machine: &Machine, args: &[&str]) {
    let ran = machine.install(args);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The command by which `doctor` says the problem with `what` in it is fixed; it has found no other.
#[track_caller]
fn fix(machine: &Machine, what: &str) -> String {
    let ran = machine.install(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.out());
    let mut lines =
        ran.out().lines().skip_while(|line| !(line.starts_with("problem") && line.contains(what)));
    assert!(lines.next().is_some() && ran.out().contains("\n1 problem\n"), "{}", ran.out());
    let fix = lines.next().and_then(|line| line.trim_start().strip_prefix("fix: "));
    fix.unwrap_or_else(|| panic!("{}", ran.out())).to_owned()
}

/// Whether the next session is told of a handoff that waits: it is, or nothing of ours is in it.
#[track_caller]
fn fires(machine: &Machine, repo: &Path) -> bool {
    if counts(&machine.world, repo).0 == 0 {
        machine.world.write(repo, &[], BODY);
    }
    let expected = waiting(&machine.world, repo);
    let told = messages(&machine.session(Host::Codex, repo).run("go").ok().texts(0));
    assert!(told.is_empty() || told == [expected], "{told:?}");
    !told.is_empty()
}

#[test]
fn an_untrusted_hook_is_named_by_doctor_and_what_it_says_mends_it() {
    if !both_ready() {
        return;
    }
    let machine = untrusted();
    let repo = machine.world.repo("app");
    assert!(!fires(&machine, &repo));
    let fix = fix(&machine, "untrusted");
    let ran = machine.shell(&fix);
    assert_eq!(ran.code, 0, "{fix}: {ran:?}");
    assert!(fires(&machine, &repo));
    done(&machine, &["doctor"]);
}

#[test]
fn untrusted_hooks_that_save_the_work_are_named_by_doctor_and_what_it_says_mends_it() {
    if !both_ready() {
        return;
    }
    let machine = Machine::bare(Wiring::Installer);
    done(&machine, &["install"]);
    let config = machine.world.home().join(".codex/config.toml");
    let before = std::fs::read_to_string(&config).unwrap();
    let handover = machine.bin("handover");
    let wired = machine.shell(&format!("'{}' install", handover.display()));
    assert_eq!(wired.code, 0, "{wired:?}");
    assert!(wired.out().contains("handoff install --only codex --trust-codex-hook"), "{wired:?}");
    let fix = fix(&machine, "capture: 4 of these hooks are not trusted");
    assert!(fix.ends_with("install --only codex --trust-codex-hook"), "{fix}");
    let ran = machine.shell(&fix);
    assert_eq!(ran.code, 0, "{fix}: {ran:?}");
    let hooks = std::fs::read_to_string(machine.world.home().join(".codex/hooks.json")).unwrap();
    assert!(!hooks.contains("session-start"), "nobody asked for that one: {hooks}");
    let trusted = std::fs::read_to_string(&config).unwrap();
    assert_eq!(trusted.matches("trusted_hash").count(), 4, "{trusted}");
    done(&machine, &["doctor"]);
    done(&machine, &["install", "--trust-codex-hook", "--codex-hook"]);
    let trusted = std::fs::read_to_string(&config).unwrap();
    assert_eq!(trusted.matches("trusted_hash").count(), 5, "{trusted}");
    done(&machine, &["install"]);
    assert_eq!(std::fs::read_to_string(&config).unwrap(), trusted);
    let other = "\n[hooks.state.\"/other/hooks.json:stop:0:0\"]\ntrusted_hash = \"sha256:00\"\n";
    std::fs::write(&config, trusted + other).unwrap();
    done(&machine, &["uninstall"]);
    let left = std::fs::read_to_string(&config).unwrap();
    assert!(left.matches("trusted_hash").count() == 1 && left.contains("/other/hooks.json"), "{left}");
    assert!(!left.contains("agent-handoff"), "{before} became {left}");
}

#[test]
fn a_hook_stays_trusted_through_another_installation_and_through_newer_programs() {
    if !both_ready() {
        return;
    }
    let machine = Machine::new(Wiring::Installer);
    let repo = machine.world.repo("app");
    assert!(fires(&machine, &repo));
    let config = machine.world.home().join(".codex/config.toml");
    let trusted = std::fs::read_to_string(&config).unwrap();
    for newer in [false, true] {
        if newer {
            for name in ["session-start", "inbox", "handoff-write"] {
                let path = machine.world.path("dist").join(name);
                // Its file is shared with other tests, and is not written by this process, which starts others meanwhile.
                let new = machine.world.path("dist/new");
                let script = "cp -- \"$1\" \"$2\" && printf newer >>\"$2\"";
                let made =
                    std::process::Command::new("sh").args(["-c", script, "sh"]).arg(&path).arg(&new).status();
                assert!(made.unwrap().success());
                std::fs::rename(new, path).unwrap();
            }
        }
        done(&machine, &["install"]);
        assert_eq!(std::fs::read_to_string(&config).unwrap(), trusted);
        assert!(fires(&machine, &repo), "newer: {newer}");
        done(&machine, &["doctor"]);
    }
    let installed = std::fs::read(machine.bin("session-start")).unwrap();
    assert!(installed.ends_with(b"newer"));
}

/// Whether Codex's instructions have its agent look for handoffs; else they leave that to the hook.
#[track_caller]
fn agent_looks(machine: &Machine) -> bool {
    let told = std::fs::read_to_string(machine.world.home().join(".codex/AGENTS.md")).unwrap();
    let (agent, hook) =
        (told.contains("Before your first reply in a session, run"), told.contains("A hook shows"));
    assert!(agent != hook, "{told}");
    agent
}

#[test]
fn instructions_look_for_handoffs_again_when_codex_stops_to_run_the_hook_that_was_trusted() {
    if !both_ready() {
        return;
    }
    let machine = Machine::new(Wiring::Installer);
    let repo = machine.world.repo("app");
    let codex = machine.world.home().join(".codex");
    let (hooks, config) = (codex.join("hooks.json"), codex.join("config.toml"));
    let (good_hooks, good_config) =
        (std::fs::read_to_string(&hooks).unwrap(), std::fs::read_to_string(&config).unwrap());
    let mut moved: serde_json::Value = serde_json::from_str(&good_hooks).unwrap();
    let group = json!({ "hooks": [{ "type": "command", "command": "true" }] });
    moved["hooks"]["SessionStart"].as_array_mut().unwrap().insert(0, group);
    let changed = good_hooks.replace("\"timeout\": 10", "\"timeout\": 11");
    assert_ne!(changed, good_hooks);
    let disabled = good_config.replace("trusted_hash", "enabled = false\ntrusted_hash");
    let off = format!("{good_config}\n[features]\nhooks = false\n");
    for (what, now_hooks, now_config) in [
        ("untrusted", moved.to_string(), &good_config),
        ("modified", changed, &good_config),
        ("disabled", good_hooks.clone(), &disabled),
        ("turns hooks off", good_hooks.clone(), &off),
    ] {
        std::fs::write(&hooks, &now_hooks).unwrap();
        std::fs::write(&config, now_config).unwrap();
        assert!(!fires(&machine, &repo), "{what}");
        for _ in 0..2 {
            let ran = machine.install(&["install"]);
            assert_eq!(ran.code, 0, "{ran:?}");
            assert!(ran.out().contains("Codex does not run our hook any more"), "{what}: {}", ran.out());
            assert!(ran.out().contains(what), "{what}: {}", ran.out());
            assert!(agent_looks(&machine), "{what}");
        }
        fix(&machine, what);
        std::fs::write(&hooks, &good_hooks).unwrap();
        std::fs::write(&config, &good_config).unwrap();
        done(&machine, &["install"]);
        assert!(!agent_looks(&machine) && fires(&machine, &repo), "{what}");
    }
    std::fs::write(&hooks, moved.to_string()).unwrap();
    done(&machine, &["install"]);
    assert!(agent_looks(&machine));
    let fix = fix(&machine, "untrusted");
    assert_eq!(machine.shell(&fix).code, 0, "{fix}");
    assert!(!agent_looks(&machine) && fires(&machine, &repo));
    done(&machine, &["doctor"]);
    done(&machine, &["uninstall"]);
    let left = std::fs::read_to_string(&config).unwrap_or_default();
    assert!(!left.contains("trusted_hash"), "{left}");
}

#[test]
fn the_hooks_of_others_before_and_after_ours_stay_trusted_and_ours_leaves_no_trust_behind() {
    if !both_ready() {
        return;
    }
    let machine = Machine::bare(Wiring::Installer);
    let repo = machine.world.repo("app");
    let codex = machine.world.dir(machine.world.home().join(".codex"));
    let (hooks, config) = (codex.join("hooks.json"), codex.join("config.toml"));
    let group = |word: &str| json!({ "hooks": [{ "type": "command", "command": format!("echo {word}") }] });
    let of = |groups: &[serde_json::Value]| json!({ "hooks": { "SessionStart": groups } }).to_string();
    std::fs::write(&hooks, of(&[group("FIRST-HOOK")])).unwrap();
    machine.trust_every_hook();
    let others_fire = |machine: &Machine, words: &[&str]| {
        let end = machine.session(Host::Codex, &repo).run("go").ok();
        for word in words {
            assert_eq!(end.with(0, word).len(), 1, "{word}: {}", std::fs::read_to_string(&hooks).unwrap());
        }
    };
    others_fire(&machine, &["FIRST-HOOK"]);
    done(&machine, &["install", "--codex-hook", "--trust-codex-hook"]);
    others_fire(&machine, &["FIRST-HOOK"]);
    assert!(fires(&machine, &repo));
    let mut all: serde_json::Value = serde_json::from_slice(&std::fs::read(&hooks).unwrap()).unwrap();
    all["hooks"]["SessionStart"].as_array_mut().unwrap().push(group("LAST-HOOK"));
    std::fs::write(&hooks, all.to_string()).unwrap();
    machine.trust_every_hook();
    done(&machine, &["install"]);
    others_fire(&machine, &["FIRST-HOOK", "LAST-HOOK"]);
    assert!(fires(&machine, &repo));
    done(&machine, &["uninstall"]);
    others_fire(&machine, &["FIRST-HOOK", "LAST-HOOK"]);
    assert!(!fires(&machine, &repo));
    let left = std::fs::read_to_string(&config).unwrap();
    let key = |index: usize| format!("hooks.json:session_start:{index}:0");
    assert!(left.contains(&key(0)) && left.contains(&key(2)) && !left.contains(&key(1)), "{left}");
    assert!(!left.contains("agent-handoff"), "{left}");
}
