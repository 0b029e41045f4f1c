//! The agent's shell has gone into another repository; the handoff is for the worktree that the session is in.

use std::path::{Path, PathBuf};

use tests::agents::{Host, Machine, Step, reading, shell, text};

use crate::documented::{AWKWARD, block, followed, invocation, skill};
use crate::support::{
    leave, machine, messages, nothing_was_denied, only_handoff, printed, unrestricted, waiting,
};

/// A machine with the repository `app`, and one in it.
fn nested() -> Option<(Machine, PathBuf, PathBuf)> {
    let (machine, repo) = machine()?;
    let inner = machine.world.repo("app/lib/sub");
    Some((machine, repo, inner))
}

/// What the writer says of a shell in `inner`.
fn note(repo: &Path, inner: &Path) -> String {
    format!(
        "note: it is for {}, where this session was started; the current directory is in {}. To leave it there: --root {}",
        repo.display(),
        inner.display(),
        inner.display()
    )
}

#[test]
fn what_claude_hands_off_with_its_shell_in_a_nested_repository_is_given_to_the_session_that_is_cleared_for_it()
 {
    let Some((machine, repo, inner)) = nested() else { return };
    let mut steps = vec![shell("cd lib/sub && pwd")];
    steps.extend(followed(Host::Claude, AWKWARD, "--topic x"));
    let session = unrestricted(Host::Claude, machine.session(Host::Claude, &repo)).steps(steps);
    let end = session.then("/clear").then("go").run(&invocation(Host::Claude, "--topic x")).ok();
    nothing_was_denied(&end);
    let printed = printed(&end, 3);
    assert_eq!(printed[0], inner.to_str().unwrap());
    let report = printed.last().unwrap();
    assert!(report.contains(&note(&repo, &inner)) && report.contains("sentinel: "), "{report}");
    assert_eq!(machine.world.names(&inner, "unread"), [""; 0]);
    let told = messages(&end.texts(4));
    assert!(told.len() == 1 && told[0].contains(AWKWARD.trim_end()), "{told:?}");
}

#[test]
fn what_codex_hands_off_with_its_shell_in_a_nested_repository_is_given_to_the_next_session() {
    for sandbox in ["workspace-write", "danger-full-access"] {
        let Some((machine, repo, inner)) = nested() else { return };
        let mut steps = followed(Host::Codex, AWKWARD, "--topic x");
        steps[1] = reading(|texts| {
            let command = block(skill(Host::Codex, texts), "## 3. Write").replacen("SLUG", "x", 1);
            let (start, end) = command.split_once("# Handoff — …\n").expect("a place for the draft");
            shell(format!("cd lib/sub\n{start}{AWKWARD}{end}"))
        });
        let session = machine.session(Host::Codex, &repo).args(&["--sandbox", sandbox]).steps(steps);
        let end = session.run(&invocation(Host::Codex, "--topic x")).ok();
        let report = printed(&end, 2).pop().unwrap();
        assert!(
            report.contains(&note(&repo, &inner)) && report.contains("sentinel: "),
            "{sandbox}: {report}"
        );
        assert_eq!(machine.world.names(&inner, "unread"), [""; 0]);
        assert!(only_handoff(&machine.world, &repo).contains(end.id()), "{sandbox}");
        let expected = waiting(&machine.world, &repo);
        let end = machine.session(Host::Codex, &repo).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{sandbox}");
    }
}

/// A command of the model that leaves a handoff, run in `dir`.
fn leaving(machine: &Machine, dir: &str) -> Step {
    shell(format!("cd {dir} && {}", leave(machine)))
}

#[test]
fn a_session_that_is_resumed_in_another_worktree_leaves_its_handoff_there() {
    for host in Host::BOTH {
        let Some((machine, repo, _)) = nested() else { return };
        let other = machine.world.path("app-review");
        machine.world.git(&repo, &["worktree", "add", "--quiet", "-b", "review", other.to_str().unwrap()]);
        let end = machine.session(host, &repo).run("hello").ok();
        let steps = [leaving(&machine, repo.join("lib/sub").to_str().unwrap()), text("done")];
        let session = machine.session(host, &other).resume(end.id()).steps(steps);
        let end = unrestricted(host, session).run("hand off").ok();
        assert!(printed(&end, 1).pop().unwrap().contains("sentinel: "), "{host:?}");
        assert!(only_handoff(&machine.world, &other).contains("\nfrom: app-review\n"), "{host:?}");
    }
}

#[test]
fn what_another_program_leaves_from_an_agents_shell_is_for_the_directory_that_it_runs_in() {
    for host in Host::BOTH {
        let Some((machine, repo, inner)) = nested() else { return };
        let line = format!("cd lib/sub && {} --tool another-program", leave(&machine));
        let session = unrestricted(host, machine.session(host, &repo)).steps([shell(line), text("done")]);
        session.run("go").ok();
        assert!(only_handoff(&machine.world, &inner).contains("another-program"), "{host:?}");
    }
}
