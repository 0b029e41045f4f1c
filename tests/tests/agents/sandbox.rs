//! Codex without the hook, in the sandbox in which it runs commands.

use std::path::Path;

use tests::BODY;
use tests::agents::{Host, Machine, SessionEnd, Wiring, shell, text};

use crate::WIRING;
use crate::support::{leave, machine, machine_wired, messages, printed, to_be_read};

/// A session in the workspace-write sandbox that runs one command; it may write to these roots too.
fn sandboxed(machine: &Machine, dir: &std::path::Path, line: &str, root: Option<&Path>) -> SessionEnd {
    let mut session = machine.session(Host::Codex, dir).args(&["--sandbox", "workspace-write"]);
    if let Some(root) = root {
        let roots = format!("sandbox_workspace_write.writable_roots={:?}", [root]);
        session = session.args(&["-c", &roots]);
    }
    session.steps([shell(line), text("done")]).run("go").ok()
}

#[test]
fn inbox_read_shows_and_archives_where_the_store_is_writable() {
    let Some((machine, repo)) = machine() else { return };
    machine.hooks(serde_json::json!([]), Host::Codex);
    machine.world.write(&repo, &[], BODY);
    let expected = to_be_read(&machine.world, &repo);
    let line = format!("'{}' read", machine.bin("inbox").display());
    let root = machine.world.root();
    // The installer makes it writable itself.
    let end = sandboxed(&machine, &repo, &line, (WIRING == Wiring::ByHand).then_some(root.as_path()));
    assert_eq!(messages(&end.texts(0)), [""; 0]);
    assert_eq!(messages(&end.texts(1)), [expected]);
    let after = (machine.world.names(&repo, "unread").len(), machine.world.names(&repo, "read").len());
    assert_eq!(after, (0, 1));
}

#[test]
fn a_handoff_is_left_where_the_store_is_writable_and_nowhere_where_it_is_not() {
    let Some((machine, repo)) = machine_wired(Wiring::ByHand) else { return };
    std::fs::create_dir(machine.world.root()).unwrap();
    let end = sandboxed(&machine, &repo, &leave(&machine), None);
    let said = end.texts(1).pop().unwrap().text;
    let (head, output) = said.split_once("Output:\n").unwrap();
    assert!(head.contains("Process exited with code 1\n"), "{said}");
    let inbox = machine.world.inbox(&repo);
    let expected = format!(
        "\
## Immediate next action
Look at b.rs.
agent-handoff: could not write the handoff: could not create {}: read-only file system
agent-handoff: could not keep the draft anywhere: it was printed instead
",
        inbox.parent().unwrap().display()
    );
    // Output and errors come through two pipes, in whichever order Codex reads them.
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(lines(output), lines(&expected));
    assert_eq!(machine.world.names(&repo, "unread"), [""; 0]);
    sandboxed(&machine, &repo, &leave(&machine), Some(&machine.world.root()));
    assert_eq!(machine.world.names(&repo, "unread").len(), 1);
}

#[test]
fn a_profile_of_permissions_keeps_codex_from_the_store_until_it_has_the_entry_that_doctor_names() {
    let Some((machine, repo)) = machine() else { return };
    let config = machine.world.home().join(".codex/config.toml");
    let wired = std::fs::read_to_string(&config).unwrap();
    let profile = "\n[permissions.mine.filesystem]\n\":root\" = \"read\"\n\":workspace_roots\" = \"write\"\n";
    let with = |more: &str| format!("default_permissions = \"mine\"\n{wired}{profile}{more}");
    let run = |machine: &Machine| {
        let steps = [shell(leave(machine)), text("done")];
        let end = machine.session(Host::Codex, &repo).steps(steps).run("go").ok();
        printed(&end, 1).remove(0)
    };
    std::fs::write(&config, with("")).unwrap();
    let ran = machine.install(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.out());
    let problem = ran.out().lines().find(|line| line.starts_with("problem")).unwrap();
    assert!(problem.contains("default_permissions") && problem.contains("may not write to"), "{problem}");
    let said = run(&machine);
    assert!(said.contains("Process exited with code 1\n") && said.contains("read-only"), "{said}");
    assert_eq!(machine.world.names(&repo, "unread"), [""; 0]);
    // The line that doctor names, under the table that it names.
    let fix = ran.out().lines().find(|line| line.contains("fix: ")).unwrap();
    let (_, entry) = fix.split_once("and put ").unwrap();
    let (entry, _) = entry.split_once(" under [permissions.").unwrap();
    std::fs::write(&config, with(&format!("{entry}\n"))).unwrap();
    let ran = machine.install(&["doctor"]);
    assert_eq!(ran.code, 0, "{}", ran.out());
    let said = run(&machine);
    assert!(said.contains("Process exited with code 0\n"), "{said}");
    assert_eq!(machine.world.names(&repo, "unread").len(), 1);
}
