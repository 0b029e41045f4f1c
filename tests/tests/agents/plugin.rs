//! The plugin instead of the wiring, beside it, and without the programs.

use std::path::{Path, PathBuf};

use tests::agents::{Host, Machine, Session, SessionEnd, Wiring, both_ready, shell, text};
use tests::{BODY, World};

use crate::documented::{AWKWARD, followed};
use crate::support::{machine as wired, messages, nothing_was_denied, only_handoff, restricted, waiting};

/// This checkout, which is a marketplace.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Adds the marketplace and installs the plugin from it, in both.
#[track_caller]
fn plug_in(machine: &Machine, marketplace: &Path) {
    for host in Host::BOTH {
        let add = if host == Host::Claude { "install" } else { "add" };
        let marketplace = ["plugin", "marketplace", "add", marketplace.to_str().unwrap()];
        for args in [&marketplace[..], &["plugin", add, "agent-handoff@agent-handoff"]] {
            let ran = machine.agent(host, args);
            assert_eq!(ran.code, 0, "{host:?} {args:?}: {ran:?}");
        }
    }
}

/// A session in which plugins are on.
fn session<'m>(machine: &'m Machine, host: Host, repo: &Path) -> Session<'m> {
    let session = machine.session(host, repo);
    match host {
        Host::Claude => session,
        _ => session.args(&["-c", "features.plugins=true"]),
    }
}

/// Takes the wiring away and leaves the programs to the plugin.
#[track_caller]
fn unwire(machine: &Machine, marketplace: &Path) {
    let ran = machine.install(&["uninstall", "--only", "claude,codex"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    plug_in(machine, marketplace);
    machine.trust_every_hook();
}

/// Shows a handoff once, and writes one by the skill.
#[track_caller]
fn works(machine: &Machine, repo: &Path) {
    for host in Host::BOTH {
        machine.world.write(repo, &[], BODY);
        let expected = waiting(&machine.world, repo);
        assert_eq!(told(&session(machine, host, repo).run("go").ok()), [expected], "{host:?}");
        assert_eq!(told(&session(machine, host, repo).run("go").ok()), [""; 0], "{host:?}");
        let steps = followed(host, AWKWARD, "--topic x");
        let mut session = restricted(host, session(machine, host, repo).steps(steps));
        if host == Host::Codex {
            // No installer made it writable.
            let roots = format!("sandbox_workspace_write.writable_roots={:?}", [machine.world.root()]);
            session = session.args(&["-c", &roots]);
        }
        // Codex knows a plugin's skill by both names only; Claude Code takes the short one too.
        let prompt = match host {
            Host::Claude => "/handoff --topic x",
            _ => "$agent-handoff:handoff --topic x",
        };
        let end = session.run(prompt).ok();
        nothing_was_denied(&end);
        let handoff = only_handoff(&machine.world, repo);
        assert!(handoff.contains(AWKWARD.trim_end()) && handoff.contains(end.id()), "{host:?}: {handoff}");
        std::fs::remove_dir_all(machine.world.inbox(repo).join("unread")).unwrap();
    }
}

fn told(end: &SessionEnd) -> Vec<String> {
    messages(&end.texts(end.model.turns().len() - 1))
}

#[test]
fn the_plugin_and_the_marketplace_are_valid_to_the_strictest() {
    if !both_ready() {
        return;
    }
    let machine = Machine::bare(Wiring::Installer);
    for place in [checkout().join("plugins/agent-handoff"), checkout()] {
        let ran = machine.agent(Host::Claude, &["plugin", "validate", "--strict", place.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn the_plugin_alone_shows_a_handoff_once_and_its_skill_writes_one_without_a_question() {
    let Some((machine, repo)) = wired() else { return };
    unwire(&machine, &checkout());
    works(&machine, &repo);
    let ran = machine.install(&["doctor"]);
    for area in ["Claude Code: ", "Codex: "] {
        assert!(ran.out().contains(&format!("{area}the plugin is installed\n")), "{}", ran.out());
    }
    // A plugin cannot tell Codex's sandbox of the store; `works` did so on the command line.
    assert!(
        ran.out().contains("problem  Codex: the sandbox may not write to ~/.agent-handoffs\n"),
        "{}",
        ran.out()
    );
    assert_eq!(ran.code, 1);
}

#[test]
fn the_plugin_that_the_programs_bring_works_from_wherever_they_are() {
    if !both_ready() {
        return;
    }
    // Not `$`: Claude Code puts the plugin's path between the skill's double quotes as it is.
    let machine = Machine::in_world(World::with_home("ho me's"), Wiring::Installer);
    let ran = machine.install(&["install"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let repo = machine.world.repo("app");
    unwire(&machine, &machine.world.home().join(".agent-handoff"));
    works(&machine, &repo);
}

#[test]
fn plugin_and_installer_at_once_show_a_handoff_once_and_doctor_names_both() {
    let Some((machine, repo)) = wired() else { return };
    plug_in(&machine, &checkout());
    machine.trust_every_hook();
    for host in Host::BOTH {
        machine.world.write(&repo, &[], BODY);
        let expected = waiting(&machine.world, &repo);
        assert_eq!(told(&session(&machine, host, &repo).run("go").ok()), [expected], "{host:?}");
        assert_eq!(told(&session(&machine, host, &repo).run("go").ok()), [""; 0], "{host:?}");
    }
    machine.world.write(&repo, &[], BODY);
    let end = session(&machine, Host::Claude, &repo).then("/compact").then("go").run("hi").ok();
    let told = told(&end);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(": REMINDER of handoffs "), "{}", told[0]);
    machine.world.write(&repo, &[], BODY);
    let limit = ["-c", "model_auto_compact_token_limit=9000"];
    let steps = [shell("true"), text("summary"), text("done")];
    let session = session(&machine, Host::Codex, &repo).args(&limit).steps(steps);
    let end = restricted(Host::Codex, session).run("hi").ok();
    let told = self::told(&end);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(": REMINDER of handoffs "), "{}", told[0]);
    let ran = machine.install(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.out());
    for area in ["Claude Code: ", "Codex: "] {
        let named =
            |line: &str| line.starts_with("problem") && line.contains(area) && line.contains("plugin");
        assert!(ran.out().lines().any(named), "{area}: {}", ran.out());
    }
    // What it says fixes it.
    for line in ran.out().lines().filter_map(|line| line.trim_start().strip_prefix("fix: ")) {
        let ran = machine.shell(line);
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
    }
    let ran = machine.install(&["doctor"]);
    assert_eq!(ran.code, 0, "{}", ran.out());
}

#[test]
fn a_plugin_without_the_programs_says_so_in_one_line() {
    if !both_ready() {
        return;
    }
    let machine = Machine::bare(Wiring::Installer);
    let repo = machine.world.repo("app");
    plug_in(&machine, &checkout());
    machine.trust_every_hook();
    for host in Host::BOTH {
        let end = session(&machine, host, &repo).run("go").ok();
        let texts = end.with(0, "agent-handoff: the plugin is here, its programs are not");
        assert_eq!(texts.len(), 1, "{host:?}");
        let said: Vec<_> =
            texts[0].text.lines().filter(|line| line.contains("its programs are not")).collect();
        assert_eq!(said.len(), 1, "{host:?}: {said:?}");
        assert!(said[0].contains("cargo run --release -p installer -- install"), "{host:?}: {said:?}");
    }
}
