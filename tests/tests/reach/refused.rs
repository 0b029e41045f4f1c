//! Work that cannot be put in place: refused whole, with HEAD where it was.

use crate::support::{Machine, Pair};

/// Two commits that no remote has, and a change.
fn work(laptop: &Machine) {
    for text in ["one", "two"] {
        laptop.put("src/c.rs", text);
        laptop.world.commit(&laptop.app, text);
    }
    laptop.put("src/a.rs", "changed\n");
}

/// Takes the letter in; its work is refused for this reason, with nothing changed, and waits.
#[track_caller]
fn refused(pair: &Pair, because: &str) {
    let letter = pair.laptop.letter("q.handoff");
    let before = pair.desk.tree();
    let said = pair.desk.run(&["import", letter.to_str().unwrap(), "--apply"]);
    assert_eq!(said.code, 1, "{}", said.out());
    assert!(said.err().contains(because), "{because}: {}", said.err());
    assert_eq!(pair.desk.tree(), before);
    assert_eq!((pair.desk.unread().len(), pair.desk.bundles().len()), (1, 1));
}

#[track_caller]
fn then_it_fits(pair: &Pair) {
    let bundle = pair.desk.bundles().pop().unwrap();
    pair.desk.ok(&["pickup", &bundle, "--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
}

#[test]
fn a_worktree_with_changes_is_left_as_it_is() {
    let pair = Pair::new();
    work(&pair.laptop);
    pair.desk.put("src/b.rs", "mine\n");
    refused(&pair, "src/b.rs");
    pair.desk.git(&["checkout", "--quiet", "src/b.rs"]);
    then_it_fits(&pair);
}

#[test]
fn another_head_is_left_where_it_is() {
    let pair = Pair::new();
    work(&pair.laptop);
    pair.desk.put("src/d.rs", "mine\n");
    pair.desk.world.commit(&pair.desk.app, "mine");
    refused(&pair, "do not follow on HEAD");
    pair.desk.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    then_it_fits(&pair);
}

/// The commands that `said` prints behind `words`, up to the end of its sentence.
#[track_caller]
fn commands<'s>(said: &'s str, words: &str) -> &'s str {
    let (_, commands) = said.split_once(words).unwrap_or_else(|| panic!("{words}: {said}"));
    commands.split(". ").next().unwrap().trim()
}

/// Each has commits that the other lacks. Takes the letter in; its capture, and what a refusal to apply it onto HEAD says.
fn diverged(pair: &Pair) -> (String, String) {
    work(&pair.laptop);
    pair.desk.put("src/d.rs", "mine\n");
    pair.desk.world.commit(&pair.desk.app, "mine");
    refused(pair, "do not follow on HEAD");
    let bundle = pair.desk.bundles().pop().unwrap();
    let before = (pair.desk.tree(), pair.desk.ok(&["pending"]));
    // Commits that are not applied are not said to be, whatever is allowed.
    let said = pair.desk.run(&["pickup", &bundle, "--apply", "--onto-head"]);
    assert_eq!((said.code, said.out()), (1, ""), "{}", said.err());
    assert_eq!((pair.desk.tree(), pair.desk.ok(&["pending"])), before);
    (bundle, said.err().to_owned())
}

#[test]
fn commits_that_do_not_follow_on_head_are_merged_by_the_commands_in_the_message() {
    let pair = Pair::new();
    let (_, said) = diverged(&pair);
    pair.desk.shell(commands(&said, "merge them first:"));
    for (name, content) in [("src/a.rs", "changed\n"), ("src/c.rs", "two"), ("src/d.rs", "mine\n")] {
        assert_eq!(std::fs::read_to_string(pair.desk.app.join(name)).unwrap(), content, "{name}");
    }
    assert_eq!(pair.desk.git(&["status", "--porcelain"]), " M src/a.rs");
    let log = pair.desk.git(&["log", "--format=%s"]);
    assert!(["one", "two", "mine"].iter().all(|subject| log.lines().any(|line| line == *subject)), "{log}");
    pair.desk.git(&["gc", "--quiet", "--prune=now"]);
    pair.desk.git(&["cat-file", "-e", &pair.laptop.git(&["rev-parse", "HEAD"])]);
}

#[test]
fn commits_that_do_not_follow_on_head_come_as_a_branch_by_the_commands_in_the_message() {
    let pair = Pair::new();
    let (_, said) = diverged(&pair);
    pair.desk.shell(commands(&said, "beside what is here:"));
    assert_eq!(pair.desk.git(&["rev-parse", "HEAD"]), pair.laptop.git(&["rev-parse", "HEAD"]));
    assert_eq!(pair.desk.git(&["status", "--porcelain"]), " M src/a.rs");
    assert_eq!(pair.desk.git(&["log", "-1", "--format=%s", "main"]), "mine");
}

#[test]
fn commits_do_not_get_lost_beside_a_repository_in_the_worktree_or_in_a_bisect() {
    let pair = Pair::new();
    work(&pair.laptop);
    pair.desk.git(&["init", "--quiet", "nested"]);
    pair.desk.git(&["bisect", "start"]);
    let letter = pair.laptop.letter("q.handoff");
    pair.desk.import(&letter, &[]);
    let bundle = pair.desk.bundles().pop().unwrap();
    let said = pair.desk.run(&["pickup", &bundle, "--apply", "--onto-head"]);
    assert!(said.code == 1 && said.err().contains("a bisect is under way"), "{}{}", said.out(), said.err());
    pair.desk.git(&["bisect", "reset"]);
    pair.desk.ok(&["pickup", &bundle, "--apply"]);
    assert_eq!(pair.desk.git(&["rev-parse", "HEAD"]), pair.laptop.git(&["rev-parse", "HEAD"]));
}

#[test]
fn a_merge_under_way_is_left_as_it_is() {
    let pair = Pair::new();
    work(&pair.laptop);
    pair.desk.git(&["checkout", "--quiet", "-b", "side"]);
    pair.desk.put("src/a.rs", "side\n");
    pair.desk.world.commit(&pair.desk.app, "side");
    pair.desk.git(&["checkout", "--quiet", "main"]);
    pair.desk.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    refused(&pair, "a merge is under way");
    pair.desk.git(&["merge", "--abort"]);
    then_it_fits(&pair);
}

#[test]
fn commits_whose_base_is_missing_name_it() {
    let pair = Pair::new();
    let laptop = &pair.laptop;
    laptop.put("src/p.rs", "pushed\n");
    laptop.world.commit(&laptop.app, "pushed");
    // As if it was pushed: a remote has it, and the desk did not fetch it.
    laptop.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let base = laptop.git(&["rev-parse", "HEAD"]);
    work(laptop);
    refused(&pair, &format!("the commit {base} "));
}

#[test]
fn an_apply_that_fails_after_the_commits_came_moves_the_branch_back() {
    let pair = Pair::new();
    let laptop = &pair.laptop;
    work(laptop);
    laptop.put("ignored.log", "theirs\n");
    laptop.git(&["add", "--force", "ignored.log"]);
    // An ignored file stands where one would be made.
    pair.desk.put(".git/info/exclude", "*.log\n");
    pair.desk.put("ignored.log", "mine\n");
    refused(&pair, "ignored.log");
    std::fs::remove_file(pair.desk.app.join("ignored.log")).unwrap();
    then_it_fits(&pair);
}

#[test]
fn a_letter_that_lies_in_the_worktree_is_no_work_and_in_no_ones_way() {
    let pair = Pair::new();
    work(&pair.laptop);
    pair.laptop.leave(crate::support::BODY);
    // Both in the worktree: where it is made, and where it is taken.
    pair.laptop.ok(&["export", "q.handoff"]);
    pair.laptop.ok(&["export", "again.handoff"]);
    let from = pair.laptop.app.join("again.handoff");
    std::fs::copy(&from, pair.desk.app.join("q.handoff")).unwrap();
    let said = pair.desk.ok(&["import", "q.handoff", "--apply"]);
    assert!(!pair.desk.app.join("again.handoff").exists(), "{said}");
    assert_eq!(std::fs::read_to_string(pair.desk.app.join("src/a.rs")).unwrap(), "changed\n");
    for name in ["q.handoff", "again.handoff"] {
        let _ = std::fs::remove_file(pair.laptop.app.join(name));
        let _ = std::fs::remove_file(pair.desk.app.join(name));
    }
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
}
