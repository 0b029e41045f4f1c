//! HOME, the prefix and the agents' directories at names that a shell, JSON, TOML or a skill could trip over.

use std::path::Path;

use tests::agents::{Host, Machine, Session, Wiring, both_ready, reading, text};
use tests::{BODY, World};

use crate::documented::{AWKWARD, documented, followed, invocation};
use crate::support::{messages, nothing_was_denied, only_handoff, restricted, to_be_read, waiting};

/// A machine at these names, below its top: HOME, the prefix, and Claude Code's and Codex's directories.
#[track_caller]
fn machine(home: &str, prefix: &str, claude: &str, codex: &str) -> Machine {
    let machine = Machine::in_world(World::with_home(home), Wiring::Installer);
    let [claude, codex] = [claude, codex].map(|name| machine.world.dir(name));
    let prefix = machine.world.path(prefix);
    let machine = machine.with("CLAUDE_CONFIG_DIR", &claude).with("CODEX_HOME", &codex);
    let args = ["install", "--codex-hook", "--trust-codex-hook", "--home", prefix.to_str().unwrap()];
    let ran = machine.install(&args);
    assert_eq!(ran.code, 0, "{ran:?}");
    machine
}

/// A session; Codex's without the file that it writes with a shell command of its own, where `$` is expanded.
fn session<'m>(machine: &'m Machine, host: Host, repo: &Path) -> Session<'m> {
    let session = machine.session(host, repo);
    match host {
        Host::Claude => session,
        _ => session.args(&["-c", "features.shell_snapshot=false"]),
    }
}

#[track_caller]
fn works(machine: &Machine, dir: &str) {
    let repo = machine.world.repo(dir);
    for host in Host::BOTH {
        machine.world.write(&repo, &[], BODY);
        let expected = waiting(&machine.world, &repo);
        let end = session(machine, host, &repo).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{host:?}");
        let steps = followed(host, AWKWARD, "--topic x");
        let end = restricted(host, session(machine, host, &repo).steps(steps))
            .run(&invocation(host, "--topic x"))
            .ok();
        nothing_was_denied(&end);
        let handoff = only_handoff(&machine.world, &repo);
        assert!(handoff.contains(AWKWARD.trim_end()) && handoff.contains(end.id()), "{host:?}: {handoff}");
        let expected = to_be_read(&machine.world, &repo);
        // Without the hook: what is documented finds it all the same.
        let session = session(machine, Host::Codex, &repo).args(&["-c", "features.hooks=false"]);
        let steps = [reading(documented), text("done")];
        let end = restricted(Host::Codex, session.steps(steps)).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [""; 0], "{host:?}");
        assert_eq!(messages(&end.texts(1)), [expected], "{host:?}");
    }
}

#[test]
fn a_home_with_blanks_quotes_and_a_dollar_works_in_both_agents() {
    if both_ready() {
        let home = "ho me's $x";
        let below = |name: &str| format!("{home}/{name}");
        let machine = machine(home, &below(".agent-handoff"), &below(".claude"), &below(".codex"));
        works(&machine, "ap p's $(x)");
    }
}

#[test]
fn directories_of_the_agents_and_a_prefix_elsewhere_work_in_both_agents() {
    if both_ready() {
        let machine = machine("home", "pre fix's \"$y\"", "clau de's", "co dex's $z");
        works(&machine, "app");
        assert!(!machine.world.home().join(".claude/settings.json").exists());
        assert!(!machine.world.home().join(".codex").exists());
    }
}

#[test]
fn a_store_elsewhere_works_in_both_agents() {
    if !both_ready() {
        return;
    }
    let world = World::new();
    let root = world.path("my sto're");
    let machine = Machine::in_world(world, Wiring::Installer).with("AGENT_HANDOFF_ROOT", &root);
    let ran = machine.install(&["install", "--codex-hook", "--trust-codex-hook"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let repo = machine.world.repo("app");
    for host in Host::BOTH {
        let session = machine.session(host, &repo).steps(followed(host, AWKWARD, "--topic x"));
        let end = restricted(host, session).run(&invocation(host, "--topic x")).ok();
        nothing_was_denied(&end);
        let told = messages(&machine.session(host, &repo).run("go").ok().texts(0));
        assert_eq!(told.len(), 1, "{host:?}");
        assert!(told[0].contains(AWKWARD.trim_end()), "{host:?}: {}", told[0]);
        assert!(told[0].contains(root.to_str().unwrap()), "{host:?}: {}", told[0]);
    }
    let drafts = machine.world.root().join(".drafts");
    assert_eq!(std::fs::read_dir(drafts).unwrap().count(), 0, "a draft was left");
}

#[test]
fn a_prefix_with_names_of_variables_works_where_settings_have_their_values_put_in() {
    for host in [Host::Gemini, Host::Qwen].into_iter().filter(|host| host.ready()) {
        let machine = Machine::bare(Wiring::Installer);
        let prefix = machine.world.path("its $HOME's ${PATH}");
        let args = ["install", "--only", host.row().id, "--home", prefix.to_str().unwrap()];
        let ran = machine.install(&args);
        assert_eq!(ran.code, 0, "{ran:?}");
        let repo = machine.world.repo("app");
        machine.world.write(&repo, &[], BODY);
        let given = messages(&machine.session(host, &repo).run("go").ok().texts(0));
        assert!(given.len() == 1 && given[0].contains(BODY.trim_end()), "{host:?}: {given:?}");
    }
}
