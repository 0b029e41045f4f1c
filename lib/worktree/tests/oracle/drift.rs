//! How far HEAD has moved, against `git rev-list` and `git diff`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use handoff_worktree::Relation;

use crate::{Oracle, repository, strings, words};

#[test]
fn the_same_commit_is_the_same_short_full_and_in_capitals() {
    let oracle = Oracle::committed();
    let id = oracle.id("HEAD");
    for id in [id.clone(), id.to_uppercase(), id[..7].to_owned(), id[..4].to_uppercase()] {
        let drift = oracle.drift(&id);
        assert_eq!((drift.relation, drift.files), (Relation::Same, None));
    }
}

#[test]
fn in_linear_history_head_is_ahead_or_behind() {
    let oracle = Oracle::committed();
    let ids: Vec<String> = (0..5).map(|n| oracle.commit_file(&format!("f{n}"), "x\n")).collect();
    for id in &ids {
        oracle.same_drift(id);
        oracle.same_drift(&id[..7]);
        oracle.same_drift(&id.to_uppercase());
    }
    assert_eq!(words(oracle.same_drift(&ids[0])), "ahead 4 commits");
    oracle.git(&["reset", "-q", "--hard", &ids[1]]);
    for id in &ids {
        oracle.same_drift(id);
    }
    assert_eq!(words(oracle.same_drift(&ids[2])), "behind 1 commit");
}

#[test]
fn in_merged_history_commits_are_counted_as_git_counts_them() {
    let oracle = Oracle::committed();
    let mut ids = vec![oracle.id("HEAD")];
    for round in 0..3 {
        oracle.git(&["checkout", "-q", "-b", &format!("topic{round}")]);
        ids.push(oracle.commit_file(&format!("t{round}"), "x\n"));
        ids.push(oracle.commit_file(&format!("t{round}b"), "x\n"));
        oracle.git(&["checkout", "-q", "main"]);
        ids.push(oracle.commit_file(&format!("m{round}"), "x\n"));
        oracle.git(&["merge", "-q", "--no-ff", "-m", "merge", &format!("topic{round}")]);
        ids.push(oracle.id("HEAD"));
    }
    for head in &ids {
        oracle.git(&["checkout", "-q", head]);
        for id in &ids {
            oracle.same_drift(id);
        }
    }
}

/// Many commits of one second, as scripts and rebases make them: a walk by date meets them in any order.
#[test]
fn in_tangled_history_of_few_seconds_commits_are_counted_as_git_counts_them() {
    // A linear congruential generator: the same histories each time.
    let mut state = 20_260_101_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    for seconds_apart in [0, 0, 0, 1, 3] {
        let oracle = Oracle::empty();
        let commits = 24;
        let (mut stream, mut date) = (String::new(), 1_700_000_000);
        for number in 1..=commits {
            date += below(2 * seconds_apart + 1);
            write!(
                stream,
                "commit refs/heads/c{number}\nmark :{number}\ncommitter t <t@example.com> {date} +0000\n"
            )
            .unwrap();
            write!(stream, "data 2\n{number:02}\n").unwrap();
            let mut parents: Vec<usize> = (0..1 + below(3))
                .filter(|_| number > 1)
                .map(|_| number - 1 - below((number - 1).min(6)))
                .collect();
            parents.sort_unstable();
            parents.dedup();
            for (nth, parent) in parents.iter().enumerate() {
                writeln!(stream, "{} :{parent}", if nth == 0 { "from" } else { "merge" }).unwrap();
            }
        }
        oracle.fast_import(&stream);
        oracle.git(&["symbolic-ref", "HEAD", &format!("refs/heads/c{commits}")]);
        let ids: Vec<String> = (1..=commits).map(|number| oracle.id(&format!("c{number}"))).collect();
        for head in [commits, commits - 1, commits - 3, commits / 2] {
            oracle.git(&["symbolic-ref", "HEAD", &format!("refs/heads/c{head}")]);
            for id in &ids {
                oracle.same_drift(id);
            }
        }
    }
}

#[test]
fn clocks_that_ran_backwards_do_not_change_the_count() {
    let oracle = Oracle::committed();
    let tree = oracle.id("HEAD^{tree}");
    let mut ids: Vec<String> = Vec::new();
    let mut add = |date: u32, parents: &[usize]| {
        let mut args = vec!["commit-tree".to_owned(), tree.clone(), "-m".to_owned(), ids.len().to_string()];
        for parent in parents {
            args.extend(["-p".to_owned(), ids[*parent].clone()]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = oracle.command(&oracle.dir, &args);
        command.env("GIT_COMMITTER_DATE", format!("{} +0000", 1_700_000_000 + date));
        let output = command.output().unwrap();
        assert!(output.status.success());
        ids.push(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    };
    add(900, &[]);
    add(100, &[0]);
    add(800, &[1]);
    add(50, &[2]);
    add(700, &[0]);
    add(10, &[4]);
    add(990, &[3, 5]);
    add(1, &[2, 4]);
    for head in &ids {
        oracle.git(&["update-ref", "--no-deref", "HEAD", head]);
        for id in &ids {
            oracle.same_drift(id);
        }
    }
}

#[test]
fn unrelated_histories_have_diverged() {
    let oracle = Oracle::committed();
    let main = oracle.commit_file("more", "x\n");
    oracle.git(&["checkout", "-q", "--orphan", "other"]);
    oracle.commit_file("else", "x\n");
    assert_eq!(words(oracle.same_drift(&main)), "ahead 1 commit, behind 2 commits");
}

#[test]
fn a_commit_that_is_not_here_is_gone() {
    let oracle = Oracle::committed();
    for id in ["0123456789012345678901234567890123456789", "0123456789", &"0123".repeat(16)] {
        let drift = oracle.drift(id);
        assert_eq!((drift.relation, drift.files), (Relation::Gone, None), "{id}");
    }
}

#[test]
fn a_file_s_or_tree_s_id_is_no_commit() {
    let oracle = Oracle::committed();
    for object in ["HEAD:a", "HEAD^{tree}"] {
        assert_eq!(oracle.drift(&oracle.id(object)).relation, Relation::Gone);
    }
}

#[test]
fn what_is_no_id_has_no_drift() {
    let oracle = Oracle::committed();
    for id in ["unknown", "zzzz", "", "abc", "HEAD", "main", "deadbeef^", &"a".repeat(65), "ééé"] {
        assert_eq!(oracle.repository().drift(id, &[]), None, "{id}");
    }
    let unborn = Oracle::empty();
    assert_eq!(unborn.repository().drift(&oracle.id("HEAD"), &[]), None);
}

#[test]
fn of_the_touched_files_those_that_git_says_differ_are_listed() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    oracle.write("a", "other\n");
    oracle.write("new", "new\n");
    oracle.write("d/deep/new", "new\n");
    fs::remove_file(oracle.path("b")).unwrap();
    oracle.commit("second");
    oracle.write("d/c", "only in the worktree\n");
    for touched in [
        &["a"][..],
        &["d/c"],
        &["a", "b", "d/c", "new"],
        &["d/deep/new", "never/was"],
        &["d"],
        &["never"],
        &["a/b/c"],
    ] {
        let files = oracle.repository().drift(&then, &strings(touched)).unwrap().files.unwrap();
        assert_eq!(files.of, Some(touched.len()));
        if touched == ["d"] {
            assert_eq!(files.changed, ["d"]);
        } else {
            assert_eq!(files.changed, oracle.diff(&then, touched), "{touched:?}");
        }
    }
}

#[test]
fn touched_files_that_are_no_paths_from_the_top_are_no_panic() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    oracle.commit_file("a", "other\n");
    let touched = strings(&["", "/", ".", "..", "../a", "/a", "b/", "\u{0}", "d//c"]);
    let files = oracle.repository().drift(&then, &touched).unwrap().files.unwrap();
    assert_eq!(files.of, Some(touched.len()));
}

#[test]
fn without_touched_files_all_that_git_says_differ_are_listed() {
    let oracle = Oracle::committed();
    for path in ["d.x", "d/e/f", "d0", "moved/one", "moved/two"] {
        oracle.write(path, &format!("{path}\n"));
    }
    let then = oracle.commit("more");
    oracle.git(&["mv", "moved", "elsewhere"]);
    oracle.write("d.x", "other\n");
    oracle.write("d/e/f", "other\n");
    oracle.write("d0", "other\n");
    fs::remove_file(oracle.path("b")).unwrap();
    oracle.write("b/now/directory", "x\n");
    oracle.commit("second");
    oracle.same_drift(&then);
    assert_eq!(oracle.drift(&then).files.unwrap().changed.len(), 9);
    // And the other way round: a directory that became a file.
    let now = oracle.id("HEAD");
    oracle.git(&["reset", "-q", "--hard", &then]);
    oracle.same_drift(&now);
}

#[test]
fn more_than_a_thousand_commits_are_not_counted_out() {
    let oracle = Oracle::empty();
    oracle.import(1_102);
    let head = oracle.id("HEAD");
    assert_eq!(words(oracle.drift(&oracle.id("HEAD~1101")).relation), "ahead over 1000 commits");
    assert_eq!(words(oracle.drift(&oracle.id("HEAD~1001")).relation), "ahead over 1000 commits");
    assert_eq!(words(oracle.same_drift(&oracle.id("HEAD~1000"))), "ahead 1000 commits");
    oracle.git(&["reset", "-q", "--hard", "HEAD~1001"]);
    assert_eq!(words(oracle.drift(&head).relation), "behind over 1000 commits");
}

/// A clone of `commits` commits' depth.
fn shallow(oracle: &Oracle, depth: &str) -> PathBuf {
    let clone = oracle.outside("shallow");
    let from = format!("file://{}", oracle.dir.display());
    oracle.git(&["clone", "-q", "--depth", depth, &from, clone.to_str().unwrap()]);
    clone
}

#[test]
fn in_a_shallow_clone_a_commit_beyond_its_depth_is_gone() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    oracle.commit_file("new", "x\n");
    let clone = shallow(&oracle, "1");
    assert_eq!(repository(&clone).relation_to(&then), Some(Relation::Gone));
    oracle.same_head_in(&clone);
    oracle.same_status_in(&clone, &[]);
}

#[test]
fn in_a_shallow_clone_what_lies_within_its_depth_is_counted() {
    let oracle = Oracle::committed();
    for n in 0..5 {
        oracle.commit_file("new", &n.to_string());
    }
    let clone = shallow(&oracle, "3");
    let relation = repository(&clone).relation_to(&oracle.id("HEAD~2")).unwrap();
    assert_eq!(words(relation), "ahead 2 commits");
}

#[test]
fn in_a_shallow_clone_history_with_a_gap_is_unclear() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    for n in 0..5 {
        oracle.commit_file("new", &n.to_string());
    }
    let clone = shallow(&oracle, "1");
    oracle.git_in(&clone, &["fetch", "-q", "--depth", "1", "origin", &then]);
    let drift = repository(&clone).drift(&then, &[]).unwrap();
    assert_eq!(drift.relation, Relation::Unclear);
    assert_eq!(drift.files.unwrap().changed, ["new"]);
    let here = oracle.git_in(&clone, &["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "more"]);
    oracle.git_in(&clone, &["reset", "-q", "--hard", &here]);
    assert_eq!(repository(&clone).relation_to(&then), Some(Relation::Unclear));
}
