//! What goes wrong with a remote, a mailroom or a machine: what no other file here has. Every failure that the design names is
//! proved by a test:
//!
//! | what | where |
//! |---|---|
//! | offline | `letters::a_letter_that_finds_the_server_down_is_queued_and_goes_out_with_the_next_sync` |
//! | 5xx, 429, 401, 404, a network that wants a login | `answers::whatever_a_web_server_answers_a_letter_stays_queued_and_one_line_says_why` |
//! | an answer that is cut off or lost | `cut`, `answers::a_letter_of_which_the_half_came_is_not_called_broken`, `letters::a_claim_whose_answer_is_lost_…` |
//! | killed | `crashes`, `model` |
//! | a server that says nothing, a slow way | `background::the_background_ends_where_the_server_says_nothing_…`, `slow` |
//! | a password or passphrase is wanted in the background | `over_ssh::the_background_asks_for_no_password_and_the_session_is_told_once` |
//! | the host refuses refs, identity, removals, many refs, has a slow hook | `policies`, `gitolite` |
//! | two pull at once | `races`, `other_git::letters_go_through_reftables_and_of_those_who_pull_at_once_one_has_it` |
//! | a base commit is missing here; HEAD is elsewhere; a branch was rewritten | `tests/reach`: `refused` |
//! | a mailbox is flooded | `numbers::a_flooded_mailbox_hides_no_new_letter` |
//! | a letter is too large, broken, badly signed, of another key, in another mailbox; `.git`, paths, links in a tree | `hostile` |
//! | its work is not what it says | `hostile::a_letter_whose_work_is_not_what_it_says_is_named_and_holds_up_no_other` |
//! | people who were not added | `letters::letters_of_strangers_are_counted_and_not_shown` |
//! | the remote is another one, or was made anew | `letters::a_remote_that_is_reached_otherwise_…`, `a_remote_that_was_made_anew_…` here |
//! | the mailroom is lost or rolled back, the key is lost | `a_claim_of_a_mailroom_that_was_lost_…`, `letters_of_a_machine_whose_key_was_lost_…` here |
//! | a clock is wrong by days | `clocks`, `numbers::the_sweep_removes_what_expired_at_two_sweeps_and_nothing_else` |
//! | `push --mirror` from an old clone | `letters_that_an_old_mirror_removed_are_named_and_sent_again` here |
//! | a full disk, on either side | `full` |
//! | another version of git, another protocol | `other_git` |

use crate::server::Mode;
use crate::support::Net;

#[test]
fn letters_that_an_old_mirror_removed_are_named_and_sent_again() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let mirror = laptop.world.path("mirror");
    laptop.world.git(
        laptop.world.top(),
        &["clone", "--quiet", "--mirror", net.origin.to_str().unwrap(), mirror.to_str().unwrap()],
    );
    std::fs::write(laptop.app.join("src/a.rs"), "changed\n").unwrap();
    let id = laptop.push("Quoted fields", &[]);
    laptop.world.git(&mirror, &["push", "--quiet", "--mirror", net.origin.to_str().unwrap()]);
    assert_eq!(net.refs(), Vec::<String>::new());
    // A clone from before anyone joined removes the cards too.
    let cards = || net.git(&["for-each-ref", "--format=%(refname)", "refs/handoffs/v1/card"]);
    for card in cards().lines() {
        net.git(&["update-ref", "-d", card]);
    }
    let mail = laptop.ok(&["mail"]);
    assert_eq!(cards().lines().count(), 1, "each machine leaves its card anew");
    assert!(mail.contains("no machine is known to have taken it") && mail.contains("--reoffer"), "{mail}");
    laptop.ok(&["push", "--reoffer", &id]);
    assert_eq!((net.refs().len(), laptop.states()), (2, vec!["waiting".to_owned()]));
    desk.ok(&["pull", "--apply"]);
    assert_eq!(std::fs::read_to_string(desk.app.join("src/a.rs")).unwrap(), "changed\n");
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!(net.refs(), Vec::<String>::new());
}

#[test]
fn a_remote_that_was_made_anew_gets_what_is_queued_and_what_it_lost_again() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let lost = laptop.push("Lost with the old one", &[]);
    net.server.set(Mode::Down);
    laptop.push("Queued", &[]);
    net.server.set(Mode::Up);
    let old = net.origin.with_file_name("old.git");
    std::fs::rename(&net.origin, &old).unwrap();
    let clone = ["clone", "--quiet", "--bare", "--single-branch", old.to_str().unwrap()];
    laptop.world.git(laptop.world.top(), &[&clone[..], &[net.origin.to_str().unwrap()]].concat());
    laptop.ok(&["sync"]);
    let mut states = laptop.states();
    states.sort();
    assert_eq!(states, ["gone", "waiting"]);
    laptop.ok(&["push", "--reoffer", &lost]);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 2);
    assert_eq!(laptop.states(), ["delivered"; 2]);
}

#[test]
fn locks_of_git_processes_that_were_killed_are_in_no_ones_way() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let id = laptop.push("Quoted fields", &[]);
    let mailbox = net.letter().replace("refs/handoffs/v1/", "").replace(&format!("/{id}"), "");
    let root = desk.world.root().join(".mail");
    let room = root.join(&crate::support::names(&root)[0]).join("mail.git");
    let came = room.join("refs/came").join(&mailbox);
    std::fs::create_dir_all(&came).unwrap();
    for lock in [came.join(format!("{id}.lock")), room.join("packed-refs.lock"), room.join("HEAD.lock")] {
        let file = std::fs::File::create(lock).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    }
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.states(), ["delivered"]);
}

#[test]
fn a_claim_of_a_mailroom_that_was_lost_is_shown_unconfirmed_and_offered_again() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let id = laptop.push("Quoted fields", &[]);
    net.server.set(Mode::Deaf);
    desk.fails(&["pull"]);
    net.server.set(Mode::Up);
    // As a container that is rolled back.
    std::fs::remove_dir_all(desk.world.root().join(".mail")).unwrap();
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 0);
    assert!(laptop.ok(&["mail"]).contains("taken by ann@desk"));
    laptop.ok(&["push", "--reoffer", &id]);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!((desk.unread().len(), laptop.states()), (1, vec!["delivered".to_owned()]));
}

#[test]
fn letters_of_a_machine_whose_key_was_lost_are_left_alone_until_it_is_known_anew() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    std::fs::remove_file(laptop.world.home().join(".local/state/agent-handoff/letter-key")).unwrap();
    laptop.ok(&["join", "--private"]);
    laptop.push("Quoted fields", &[]);
    let mail = desk.ok(&["mail"]);
    assert!(mail.contains("is signed with another key than that machine's"), "{mail}");
    assert!(!mail.contains("Quoted fields"), "{mail}");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 0);
    let people = laptop.ok(&["people"]);
    let fingerprint = people.split("SHA256:").nth(1).unwrap().split_whitespace().next().unwrap();
    desk.ok(&["people", "add", "@me", "--yes", "--card", fingerprint]);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.states(), ["delivered"]);
}
