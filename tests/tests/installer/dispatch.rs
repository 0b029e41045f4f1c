//! `handoff` on PATH: each verb is the program beside it.

use crate::support::Machine;
use tests::feed;

#[test]
fn each_verb_runs_its_program_through_the_link_on_path() {
    let machine = Machine::new();
    machine.install();
    let dir = machine.world.dir("app");
    let run = |args: &[&str], input: &str| {
        let mut command = machine.command(machine.path(".local/bin/handoff"), args);
        command.current_dir(&dir);
        feed(command, input.as_bytes())
    };
    let written = run(&["write", "--name", "Ann"], tests::BODY);
    assert_eq!(written.code, 0, "{}", written.err());
    let listed = run(&["inbox"], "");
    assert!(listed.code == 0 && listed.out().contains("Ann"), "{}", listed.out());
    // Input, arguments and exit codes pass through.
    assert_eq!(run(&["write", "--check"], tests::BODY).code, 0);
    assert_eq!(run(&["write", "--check"], "# Handoff\n\nNo next action.\n").code, 1);
    assert_eq!(run(&["inbox", "show", "99"], "").code, 1);
    assert_eq!(run(&["inbox", "--nothing"], "").code, 2);
    for (verb, word) in
        [("write", "usage: handoff write"), ("inbox", "handoff inbox: "), ("doctor", "usage: handoff doctor")]
    {
        let help = run(&[verb, "--help"], "");
        assert!(help.code == 0 && help.out().contains(word), "{verb}: {}", help.out());
    }
    let doctor = run(&["doctor"], "");
    assert!(doctor.code == 0 && doctor.out().contains("\nhealthy\n"), "{}", doctor.out());
    run(&["upgrade-check"], "").is_silent();
    let upgrade = run(&["upgrade"], "");
    assert_eq!(upgrade.code, 1);
    assert!(upgrade.err().contains("the programs were installed from "), "{}", upgrade.err());
    assert_eq!(run(&["install"], "").code, 0);
    assert_eq!(run(&["install", "--nothing"], "").code, 2);
    let removed = run(&["uninstall"], "");
    assert_eq!((removed.code, removed.err()), (0, ""));
    assert!(!machine.path(".agent-handoff").exists() && !machine.path(".local/bin").exists());
}

#[test]
fn what_is_no_verb_is_a_usage_error() {
    let machine = Machine::empty();
    let run = |args: &[&str]| feed(machine.command(machine.dist.join("handoff"), args), b"");
    for help in [["--help"].as_slice(), &["-h"], &["help"]] {
        assert!(run(help).out().starts_with("handoff: hands work"), "{help:?}");
    }
    assert!(run(&["--version"]).out().starts_with("handoff 0."));
    run(&["wrote"]).is(
        2,
        "",
        "agent-handoff: there is no verb `wrote`; did you mean `write`?\nsee handoff --help\n",
    );
    std::fs::remove_file(machine.dist.join("inbox")).unwrap();
    let ran = run(&["inbox"]);
    assert_eq!((ran.code, ran.out()), (1, ""));
    assert!(ran.err().starts_with("agent-handoff: could not run "), "{}", ran.err());
}
