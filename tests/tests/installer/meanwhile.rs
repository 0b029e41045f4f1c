//! Settings that another program writes to in the instant in which they are replaced or removed.

use std::os::unix::fs::symlink;

use tests::{Stop, can_trace};

use crate::support::Machine;

#[test]
fn an_edit_of_settings_in_the_instant_of_an_installation_or_removal_stays() {
    if !can_trace() {
        return;
    }
    let deny = r#"{"permissions":{"deny":["Read(./.env)"]}}"#;
    for (verb, there, flag) in [
        ("install", Some("{\n  \"a\": 1\n}\n"), "RENAME_EXCHANGE"),
        ("uninstall", Some("{\n  \"a\": 1\n}\n"), "RENAME_EXCHANGE"),
        ("uninstall", None, "RENAME_NOREPLACE"),
    ] {
        let ready = || {
            let machine = Machine::small();
            if let Some(there) = there {
                machine.file(".claude/settings.json", there);
            }
            if verb == "uninstall" {
                machine.done(&["install"]);
            }
            machine
        };
        let (first, machine) = (ready(), ready());
        let stop =
            Stop::find(&first.installer(&[verb]), &first.world.path("trace"), &["\"settings.json\"", flag]);
        let settings = machine.home.join(".claude/settings.json");
        let edit = || std::fs::write(&settings, deny).unwrap();
        let (code, said) = stop.edit(&machine.installer(&[verb]), &machine.world.path("trace"), edit);
        assert_eq!(code, 1, "{verb}: {said}");
        assert!(said.contains("settings.json: another program changed it meanwhile"), "{verb}: {said}");
        let way = match verb {
            "install" => "; the rest is done. To put in by hand:\n",
            _ => "; the rest is removed. To take out by hand:\n",
        };
        let by_hand = said.split_once(way).unwrap_or_else(|| panic!("{verb}: {said}")).1;
        assert!(by_hand.contains("bin/session-start\"") && by_hand.contains("allowWrite"), "{verb}: {said}");
        assert_eq!(std::fs::read_to_string(&settings).unwrap(), deny, "{verb}");
        // Done again, it takes what is there now.
        machine.done(&["install"]);
        machine.uninstall();
        assert_eq!(std::fs::read_to_string(&settings).unwrap(), deny, "{verb}");
    }
}

#[test]
fn a_program_of_the_users_that_takes_the_place_of_a_command_meanwhile_stays() {
    if !can_trace() {
        return;
    }
    let ready = || {
        let machine = Machine::small();
        std::fs::create_dir_all(machine.home.join(".local/bin")).unwrap();
        symlink(machine.home.join(".agent-handoff/bin/handoff"), machine.home.join(".local/bin/handoff"))
            .unwrap();
        machine
    };
    let (first, machine) = (ready(), ready());
    let old = machine.home.join("elsewhere/.agent-handoff/bin/handoff");
    for machine in [&first, &machine] {
        let path = machine.home.join(".local/bin/handoff");
        std::fs::remove_file(&path).unwrap();
        symlink(&old, &path).unwrap();
    }
    let words = ["\"handoff\"", "RENAME_EXCHANGE", ".local/bin"];
    let stop = Stop::find(&first.installer(&["install"]), &first.world.path("trace"), &words);
    let command = machine.home.join(".local/bin/handoff");
    let (code, said) = stop.edit(&machine.installer(&["install"]), &machine.world.path("trace"), || {
        std::fs::remove_file(&command).unwrap();
        std::fs::write(&command, "theirs").unwrap();
    });
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(".local/bin/handoff"), "{said}");
    assert_eq!(std::fs::read_to_string(&command).unwrap(), "theirs");
}
