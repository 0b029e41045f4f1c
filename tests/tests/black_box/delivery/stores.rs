//! Stores of earlier versions, and of the bash program, which knows no offers.

use std::process::{Command, Stdio};

use super::{Desk, TITLE, titles};

#[test]
fn a_store_without_offers_works() {
    let desk = Desk::new();
    let inbox = desk.world.inbox(&desk.repo);
    // As it was: nothing beside these.
    let mut names: Vec<_> = std::fs::read_dir(&inbox).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["read", "unread"]);
    assert!(desk.inbox(&[]).out().contains(TITLE));
    desk.given("s-1").speak("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn what_an_earlier_version_archived_can_be_listed_and_restored() {
    let desk = Desk::empty();
    let lines = ["name: Old", "received_at: 2026-11-20T10:00:00Z", "received_by: s-0"];
    let planted =
        desk.world.plant(&desk.repo, "x.md", crate::support::handoff(&lines, crate::support::SMALL));
    std::fs::rename(&planted, desk.world.inbox(&desk.repo).join("read/x.md")).unwrap();
    let log = desk.inbox(&["log"]);
    assert!(log.out().contains("Old") && log.out().contains("delivered"), "{}", log.out());
    desk.inbox(&["restore"]).is(0, "restored: x.md\n", "");
    assert_eq!(titles(&desk.start("s-1").1), ["Old"]);
}

#[test]
fn a_claim_of_the_bash_program_on_what_was_offered_is_respected() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    let unread = crate::support::only_file(&desk.world, &desk.repo, "unread");
    let mut owner = Command::new("sh").args(["-c", "read line"]).stdin(Stdio::piped()).spawn().unwrap();
    let claim = unread.with_file_name(format!(
        ".claim-{}-{}",
        owner.id(),
        unread.file_name().unwrap().to_str().unwrap()
    ));
    std::fs::rename(&unread, &claim).unwrap();
    claude.speak("Loaded.");
    desk.start("s-2").1.is_silent();
    assert_eq!(desk.counts(), (1, 0));
    assert!(claim.exists());
    // It dies: what it held is recovered, and was used.
    owner.kill().unwrap();
    owner.wait().unwrap();
    desk.is_delivered("s-1");
}

#[test]
fn what_the_bash_program_archived_after_it_was_offered_is_not_touched() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    let unread = crate::support::only_file(&desk.world, &desk.repo, "unread");
    let archived = desk.world.inbox(&desk.repo).join("read").join(unread.file_name().unwrap());
    std::fs::rename(&unread, &archived).unwrap();
    let content = std::fs::read(&archived).unwrap();
    claude.speak("Loaded.");
    desk.start("s-2").1.is_silent();
    assert_eq!(desk.counts(), (0, 1));
    assert_eq!(std::fs::read(&archived).unwrap(), content);
}

#[test]
fn a_later_handoff_of_the_same_name_is_not_taken_for_the_one_that_was_offered() {
    let desk = Desk::empty();
    desk.world.plant(&desk.repo, "x.md", crate::support::handoff(&["name: first"], "first\n"));
    let (mut claude, _) = desk.start("s-1");
    claude.speak("Loaded.");
    // The bash program archives the one and another is written.
    std::fs::remove_file(desk.world.inbox(&desk.repo).join("unread/x.md")).unwrap();
    desk.world.plant(&desk.repo, "x.md", crate::support::handoff(&["name: second"], "second\n"));
    assert_eq!(desk.counts(), (1, 0));
    claude.kill();
    assert_eq!(titles(&desk.start("s-2").1), ["second"]);
}
