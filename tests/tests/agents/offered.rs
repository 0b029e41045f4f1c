//! Sessions that no person sits in front of: what they are told, and what becomes of the handoff.

use serde_json::Value;
use tests::BODY;
use tests::agents::{Host, SessionEnd, shell, text};

use crate::support::{counts, leave, machine, messages, offer, unrestricted, waiting};

/// The lines of ours that the first request carries.
fn lines(end: &SessionEnd) -> Vec<String> {
    let texts = end.texts(0);
    let ours =
        texts.iter().flat_map(|text| text.text.lines()).filter(|line| line.contains("agent-handoff: "));
    ours.map(str::to_owned).collect()
}

#[test]
fn a_script_is_told_in_one_line_and_takes_nothing() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        machine.world.write(&repo, &[], BODY);
        let script = || machine.session(host, &repo).as_a_script().steps([text("Add the parser.")]);
        let end = script().run("write a commit message").ok();
        assert_eq!(messages(&end.texts(0)), [""; 0], "{host:?}");
        let said = lines(&end);
        assert_eq!(said.len(), 1, "{host:?}: {said:?}");
        let about = "1 handoff waits here: \"Auth refactor\", next: \"Run `make test-auth`\"";
        assert!(said[0].contains(about) && said[0].contains("inbox"), "{host:?}: {}", said[0]);
        assert!(end.with(0, "Handoff loaded").is_empty(), "{host:?}: it is not asked for");
        assert_eq!(counts(&machine.world, &repo), (1, 0), "{host:?}");
        assert_eq!(offer(&machine.world, &repo), Value::Null, "{host:?}");
        let end = script().env("AGENT_HANDOFF_UNATTENDED", "off").run("write a commit message").ok();
        assert_eq!(lines(&end), [""; 0], "{host:?}");
        // One that a loop starts asks for it in full.
        let expected = waiting(&machine.world, &repo);
        assert_eq!(messages(&machine.session(host, &repo).run("go").ok().texts(0)), [expected], "{host:?}");
        assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?}");
    }
}

#[test]
fn the_writing_session_is_not_given_its_own_and_the_next_session_is() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        let steps = [shell(leave(&machine)), text("left"), text("gone on")];
        let session = machine.session(host, &repo).steps(steps.clone());
        let writer = unrestricted(host, session).run("hand off").ok();
        let end = machine.session(host, &repo).resume(writer.id()).run("go on").ok();
        assert_eq!(messages(&end.texts(0)), [""; 0], "{host:?}: resumed");
        let fork = match host {
            Host::Claude => machine.session(host, &repo).resume(writer.id()).args(&["--fork-session"]),
            _ => machine.session(host, &repo),
        };
        if host == Host::Claude {
            assert_eq!(messages(&fork.run("go on").ok().texts(0)), [""; 0], "{host:?}: forked");
        }
        assert_eq!(counts(&machine.world, &repo), (1, 0), "{host:?}");
        let expected = waiting(&machine.world, &repo);
        let end = machine.session(host, &repo).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{host:?}");
        assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?}");
    }
}

#[test]
fn without_a_transcript_a_script_takes_nothing_and_one_that_asks_is_given_it_once() {
    for host in Host::BOTH {
        let ways: &[(&str, &[&str])] = match host {
            Host::Claude => &[("", &["--no-session-persistence"]), ("CLAUDE_CODE_SKIP_PROMPT_HISTORY", &[])],
            _ => &[("", &["--ephemeral"])],
        };
        for (variable, args) in ways {
            let Some((machine, repo)) = machine() else { return };
            machine.world.write(&repo, &[], BODY);
            let session = || {
                let session = machine.session(host, &repo).args(args);
                if variable.is_empty() { session } else { session.env(variable, "1") }
            };
            let end = session().as_a_script().run("go").ok();
            assert_eq!((messages(&end.texts(0)).len(), lines(&end).len()), (0, 1), "{host:?} {args:?}");
            assert_eq!(counts(&machine.world, &repo), (1, 0), "{host:?} {args:?}");
            let expected = waiting(&machine.world, &repo);
            assert_eq!(messages(&session().run("go").ok().texts(0)), [expected], "{host:?} {args:?}");
            assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?} {args:?}");
            assert_eq!(messages(&session().run("go").ok().texts(0)), [""; 0], "{host:?} {args:?}");
        }
    }
}
