//! What the doctor finds about the hooks that save the work.

use crate::doctor::finds;
use crate::support::Machine;

/// With the hooks of `handover install`.
fn wired() -> Machine {
    let machine = Machine::new();
    machine.install();
    let said = machine.done(&["doctor", "--quick"]);
    assert!(said.contains("note     capture: ") && said.contains("handover install"), "{said}");
    let wired = tests::feed(machine.command(machine.program("handover"), &["install"]), b"");
    assert_eq!(wired.code, 0, "{}", wired.err());
    machine
}

#[test]
fn hooks_that_save_the_work() {
    let machine = wired();
    let said = machine.done(&["doctor", "--quick"]);
    assert!(
        said.contains("ok       capture: the hooks of Claude Code in ~/.claude/settings.json run handover\n"),
        "{said}"
    );
    assert!(said.contains("ok       capture: the statusline of Claude Code"), "{said}");
    assert!(
        said.contains("ok       capture: the hooks of Codex in ~/.codex/hooks.json run handover\n"),
        "{said}"
    );
}

#[test]
fn hooks_that_run_another_program_or_lack_an_event() {
    let machine = wired();
    let settings = machine.text(".claude/settings.json");
    let ours = machine.program("handover");
    let ours = ours.to_str().unwrap();
    machine.file(".claude/settings.json", settings.replace(ours, "/gone/.agent-handoff/bin/handover"));
    finds(&machine, "capture: the hooks of Claude Code in ~/.claude/settings.json run another one: /gone/");
    assert_eq!(machine.text(".claude/settings.json"), settings);
    assert!(settings.contains("\"PreCompact\""));
    machine.file(".claude/settings.json", settings.replace("\"PreCompact\"", "\"Elsewhere\""));
    finds(&machine, "capture: the hooks of Claude Code in ~/.claude/settings.json lack PreCompact\n");
}

#[test]
fn a_hook_that_the_host_does_not_run() {
    let machine = wired();
    for (file, name) in [(".claude/settings.json", "Claude Code"), (".codex/hooks.json", "Codex")] {
        let good = machine.text(file);
        let at = good.find("on-event").unwrap();
        let at = good[..at].rfind("\"command\",").unwrap();
        machine.file(file, format!("{}\"prompt\",{}", &good[..at], &good[at + "\"command\",".len()..]));
        let ran = machine.run(&["doctor", "--quick"]);
        let said = format!("problem  capture: the hooks of {name} in ~/{file} are not all run: of line ");
        assert!(ran.code == 1 && ran.out().contains(&said), "{}", ran.out());
        assert!(
            ran.out().contains("its type is \"prompt\"") && ran.out().contains("\n1 problem\n"),
            "{}",
            ran.out()
        );
        machine.file(file, good);
    }
    machine.done(&["doctor", "--quick"]);
}
