//! What a session is told of how far its worktree has moved.

use std::path::Path;

use tests::{BODY, World};

use crate::support::{Message, SMALL, handoff};

const TOUCHED: &str = "## Immediate next action\nGo on.\n\n## Files touched this session\n- `src/a.rs`: the parser\n- src/b.rs:12 the rest\n";

#[track_caller]
fn drift(world: &World, repo: &Path) -> Vec<String> {
    let message = Message::of(&world.take(repo));
    message.only().warnings().into_iter().map(str::to_owned).collect()
}

fn short(world: &World, repo: &Path, of: &str) -> String {
    world.git(repo, &["rev-parse", "--short", of])
}

fn change(world: &World, repo: &Path, file: &str) {
    let before = std::fs::read_to_string(repo.join(file)).unwrap_or_default();
    std::fs::write(repo.join(file), before + "more\n").unwrap();
    world.commit(repo, file);
}

#[test]
fn commits_since_are_counted_and_the_touched_files_that_changed_are_named() {
    let world = World::new();
    let repo = world.repo("app");
    let then = short(&world, &repo, "HEAD");
    world.write(&repo, &[], TOUCHED);
    change(&world, &repo, "src/a.rs");
    change(&world, &repo, "src/c.rs");
    change(&world, &repo, "README");
    let now = short(&world, &repo, "HEAD");
    let message = Message::of(&world.surface(&repo));
    assert_eq!(message.only().line("head"), format!("{then} (handoff) | {now} (current)"));
    assert_eq!(
        message.only().warnings(),
        [format!(
            "!! DRIFT: HEAD differs: 3 commits ahead of {then}; 1 of its 2 touched files changed since: src/a.rs"
        )]
    );
}

#[test]
fn that_no_touched_file_changed_is_said_too() {
    let world = World::new();
    let repo = world.repo("app");
    let then = short(&world, &repo, "HEAD");
    world.write(&repo, &[], TOUCHED);
    change(&world, &repo, "README");
    assert_eq!(
        drift(&world, &repo),
        [format!(
            "!! DRIFT: HEAD differs: 1 commit ahead of {then}; none of its 2 touched files changed since"
        )]
    );
}

#[test]
fn a_touched_file_that_was_removed_or_renamed_has_changed() {
    let world = World::new();
    let repo = world.repo("app");
    let then = short(&world, &repo, "HEAD");
    let absolute = TOUCHED.replace("`src/a.rs`", &format!("`{}`", repo.join("src/a.rs").display()));
    world.write(&repo, &[], absolute);
    world.git(&repo, &["rm", "--quiet", "src/a.rs"]);
    world.git(&repo, &["mv", "src/b.rs", "src/moved.rs"]);
    world.commit(&repo, "gone");
    assert_eq!(
        drift(&world, &repo),
        [format!(
            "!! DRIFT: HEAD differs: 1 commit ahead of {then}; 2 of its 2 touched files changed since: src/a.rs, src/b.rs"
        )]
    );
}

#[test]
fn without_touched_files_every_changed_file_counts() {
    let world = World::new();
    let repo = world.repo("app");
    let then = short(&world, &repo, "HEAD");
    world.write(&repo, &[], BODY);
    for file in ["f1", "f2", "src/a.rs", "src/f3", "src/f4", "z"] {
        change(&world, &repo, file);
    }
    assert_eq!(
        drift(&world, &repo),
        [format!(
            "!! DRIFT: HEAD differs: 6 commits ahead of {then}; 6 files changed since: f1, f2, src/a.rs, src/f3 and 2 more"
        )]
    );
}

#[test]
fn an_empty_commit_changes_no_file() {
    let world = World::new();
    let repo = world.repo("app");
    let then = short(&world, &repo, "HEAD");
    world.write(&repo, &[], BODY);
    world.git(&repo, &["commit", "--quiet", "--allow-empty", "--message", "nothing"]);
    assert_eq!(
        drift(&world, &repo),
        [format!("!! DRIFT: HEAD differs: 1 commit ahead of {then}; no file changed since")]
    );
}

#[test]
fn a_worktree_that_went_back_is_behind() {
    let world = World::new();
    let repo = world.repo("app");
    change(&world, &repo, "src/a.rs");
    let then = short(&world, &repo, "HEAD");
    world.write(&repo, &[], BODY);
    world.git(&repo, &["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(
        drift(&world, &repo),
        [format!("!! DRIFT: HEAD differs: 1 commit behind {then}; 1 file changed since: src/a.rs")]
    );
}

#[test]
fn an_amended_commit_has_diverged() {
    let world = World::new();
    let repo = world.repo("app");
    change(&world, &repo, "src/a.rs");
    let then = short(&world, &repo, "HEAD");
    world.write(&repo, &[], BODY);
    world.git(&repo, &["commit", "--quiet", "--amend", "--message", "other words"]);
    assert_eq!(
        drift(&world, &repo),
        [format!(
            "!! DRIFT: HEAD differs: diverged from {then}: 1 commit here, 1 commit there; no file changed since"
        )]
    );
}

#[test]
fn a_commit_that_is_not_there_is_said_to_be_gone() {
    for head in ["deadbeef", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"] {
        let world = World::new();
        let repo = world.repo("app");
        world.plant(&repo, "x.md", handoff(&["branch: main", &format!("head: {head}")], SMALL));
        assert_eq!(
            drift(&world, &repo),
            [format!(
                "!! DRIFT: HEAD differs: {head} is not in this repository (rewritten away, or never fetched)"
            )]
        );
    }
}

#[test]
fn another_branch_at_the_same_commit_is_only_another_branch() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    world.git(&repo, &["switch", "--quiet", "--create", "feature/x"]);
    assert_eq!(drift(&world, &repo), ["!! DRIFT: branch differs: it was written on main, this is feature/x"]);
}

#[test]
fn another_branch_and_another_commit_are_two_lines() {
    let world = World::new();
    let repo = world.repo("app");
    let then = short(&world, &repo, "HEAD");
    world.write(&repo, &[], BODY);
    world.git(&repo, &["switch", "--quiet", "--create", "feature"]);
    change(&world, &repo, "src/a.rs");
    assert_eq!(
        drift(&world, &repo),
        [
            "!! DRIFT: branch differs: it was written on main, this is feature".to_owned(),
            format!("!! DRIFT: HEAD differs: 1 commit ahead of {then}; 1 file changed since: src/a.rs"),
        ]
    );
}

#[test]
fn the_same_commit_is_no_drift_however_it_is_written() {
    let world = World::new();
    let repo = world.repo("app");
    let full = world.git(&repo, &["rev-parse", "HEAD"]);
    for head in [full.clone(), full.to_uppercase(), full[..12].to_owned(), full[..5].to_owned()] {
        world.plant(&repo, "x.md", handoff(&["branch: main", &format!("head: \"{head}\"")], SMALL));
        assert_eq!(drift(&world, &repo), [""; 0], "{head}");
    }
}

#[test]
fn a_tag_that_points_at_the_same_commit_is_no_drift() {
    let world = World::new();
    let repo = world.repo("app");
    world.git(&repo, &["tag", "--annotate", "--message", "v1", "v1"]);
    let tag = world.git(&repo, &["rev-parse", "v1"]);
    world.plant(&repo, "x.md", handoff(&["branch: main", &format!("head: \"{tag}\"")], SMALL));
    assert_eq!(drift(&world, &repo), [""; 0]);
}

#[test]
fn uncommitted_work_is_no_drift() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], TOUCHED);
    std::fs::write(repo.join("src/a.rs"), "changed\n").unwrap();
    std::fs::write(repo.join("new"), "new\n").unwrap();
    assert_eq!(drift(&world, &repo), [""; 0]);
}

#[test]
fn a_detached_head_is_no_drift_by_itself() {
    let world = World::new();
    let repo = world.repo("app");
    world.git(&repo, &["switch", "--quiet", "--detach"]);
    world.write(&repo, &[], BODY);
    let message = Message::of(&world.surface(&repo));
    assert_eq!(message.only().line("branch"), "HEAD (handoff) | HEAD (current)");
    assert_eq!(message.only().warnings(), [""; 0]);
}

#[test]
fn what_was_written_before_the_first_commit_has_no_commit_to_drift_from() {
    let world = World::new();
    let repo = world.dir("new");
    world.git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    world.write(&repo, &[], BODY);
    std::fs::write(repo.join("a"), "a").unwrap();
    world.commit(&repo, "first");
    let now = short(&world, &repo, "HEAD");
    let message = Message::of(&world.surface(&repo));
    assert_eq!(message.only().line("head"), format!("unknown (handoff) | {now} (current)"));
    assert_eq!(message.only().warnings(), [""; 0]);
}

#[test]
fn outside_git_there_is_no_drift() {
    let world = World::new();
    let dir = world.dir("notes");
    world.plant(&dir, "x.md", handoff(&["branch: main", "head: a1b2c3d"], SMALL));
    let message = Message::of(&world.surface(&dir));
    assert_eq!(message.only().line("branch"), "main (handoff) | unknown (current)");
    assert_eq!(message.only().line("head"), "a1b2c3d (handoff) | unknown (current)");
    assert_eq!(message.only().warnings(), [""; 0]);
}

#[test]
fn an_object_that_is_no_commit_or_words_are_no_commit() {
    let world = World::new();
    let repo = world.repo("app");
    let tree = world.git(&repo, &["rev-parse", "HEAD^{tree}"]);
    world.plant(&repo, "x.md", handoff(&["branch: main", &format!("head: \"{tree}\"")], SMALL));
    let lines = drift(&world, &repo);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].ends_with("is not in this repository (rewritten away, or never fetched)"), "{lines:?}");
    for head in ["main", "HEAD", "unknown", "--help", "$(id)", "@{0}"] {
        world.plant(&repo, "x.md", handoff(&["branch: main", &format!("head: \"{head}\"")], SMALL));
        assert_eq!(drift(&world, &repo), [""; 0], "{head}");
    }
}

#[test]
fn names_in_a_drift_line_are_shown_in_one_visible_line() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], BODY);
    std::fs::write(repo.join("new\nline\u{1b}[31m\u{202e}.rs"), "x").unwrap();
    world.commit(&repo, "odd");
    let lines = drift(&world, &repo);
    assert!(lines[0].ends_with("1 file changed since: \"new line[31m.rs\""), "{lines:?}");
}
