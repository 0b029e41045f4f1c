//! What `handover mail --local --json` finds wrong, for `handoff doctor`: each with its way out, and without the network.

use serde_json::Value;

use crate::server::Mode;
use crate::support::{Machine, Net, names};

/// What is found wrong of all mailrooms and of this one.
#[track_caller]
fn findings(machine: &Machine) -> Vec<String> {
    let ran = machine.world.run("handover", &machine.app, &["mail", "--local", "--json"], "");
    let said: Value =
        serde_json::from_str(ran.out()).unwrap_or_else(|error| panic!("{error}: {}", ran.err()));
    let of = |found: &Value| -> Vec<String> {
        let line =
            |one: &Value| format!("{} => {}", one["text"].as_str().unwrap(), one["fix"].as_str().unwrap());
        found["findings"].as_array().unwrap().iter().map(line).collect()
    };
    let rooms = said["rooms"].as_array().unwrap();
    [of(&said), rooms.iter().flat_map(of).collect()].concat()
}

#[track_caller]
fn only(machine: &Machine, words: &str) {
    let found = findings(machine);
    assert!(found.len() == 1 && found[0].contains(words) && !found[0].contains('\n'), "{words}: {found:?}");
}

fn state(machine: &Machine, name: &str) -> std::path::PathBuf {
    machine.world.home().join(".local/state/agent-handoff").join(name)
}

fn room(machine: &Machine, name: &str) -> std::path::PathBuf {
    let root = machine.world.root().join(".mail");
    root.join(&names(&root)[0]).join(name)
}

#[test]
fn keys_that_are_gone_or_cannot_be_used_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let net = Net::new();
    let desk = net.joined("desk", "ann");
    assert_eq!(findings(&desk), Vec::<String>::new());
    let age = state(&desk, "letter-age-key");
    let text = std::fs::read_to_string(&age).unwrap();
    std::fs::set_permissions(&age, std::fs::Permissions::from_mode(0o640)).unwrap();
    only(&desk, "this machine's age key cannot be used, so no encrypted letter can be read here");
    std::fs::remove_file(&age).unwrap();
    only(&desk, "this machine's age key is gone");
    desk.ok(&["join", "--private"]);
    assert_eq!(findings(&desk), Vec::<String>::new());
    std::fs::write(&age, text.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-2")).unwrap();
    only(&desk, "could not use letter-age-key");
    std::fs::write(&age, text).unwrap();
    let key = state(&desk, "letter-key");
    let seed = std::fs::read(&key).unwrap();
    std::fs::write(&key, &seed[1..]).unwrap();
    only(&desk, "this machine's key cannot be used");
    std::fs::remove_file(&key).unwrap();
    only(&desk, "this machine's key is gone");
}

#[test]
fn people_without_age_keys_are_named_where_letters_have_to_be_encrypted() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let people = state(&laptop, "people.json");
    let mut known: Value = serde_json::from_str(&std::fs::read_to_string(&people).unwrap()).unwrap();
    known["people"][0]["keys"][0].as_object_mut().unwrap().remove("age");
    std::fs::write(&people, known.to_string()).unwrap();
    assert_eq!(findings(&laptop), Vec::<String>::new(), "a private remote needs none");
    let joined = state(&laptop, "mailrooms");
    let joined = joined.join(&names(&joined)[0]);
    let mut record: Value = serde_json::from_str(&std::fs::read_to_string(&joined).unwrap()).unwrap();
    record["private_by_word"] = false.into();
    record["audience"] = "public".into();
    std::fs::write(&joined, record.to_string()).unwrap();
    only(&laptop, "no age key of @me is known, and letters through origin are encrypted: none can go to @me");
    assert_eq!(findings(&desk), Vec::<String>::new());
}

#[test]
fn many_refs_and_claims_that_are_not_confirmed_are_named() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    net.server.set(Mode::Deaf);
    desk.fails(&["pull"]);
    only(&desk, "was not finished => handoff pull");
    net.server.set(Mode::Up);
    desk.ok(&["pull"]);
    let swept = room(&desk, "sweep.json");
    for (refs, words) in
        [(1_001, "above 5000 no letter goes out"), (5_001, "more than 5000, so no letter goes out")]
    {
        let text = format!("{{\"v\":1,\"at\":1,\"next\":99999999999,\"refs\":{refs}}}");
        std::fs::write(&swept, text).unwrap();
        only(&desk, words);
    }
}
