//! Scenarios by hand: what a random one found, and what each kind of step should reach.

use std::sync::Mutex;

use super::build::Workshop;
use super::oracle::{Outcome, check};
use super::scenario::{Scenario, Setting, Step, Sub, at, bytes, file, named};

#[track_caller]
fn is_applied(scenario: &Scenario) {
    let workshop = Mutex::new(Workshop::new());
    let outcome = check(&mut workshop.lock().unwrap(), scenario);
    assert_eq!(outcome, Ok(Outcome::Applied), "{scenario:?}");
}

#[test]
fn a_repository_where_a_tracked_directory_was_is_named_and_the_removal_in_it_carried() {
    let base = vec![file("b/.gitignore", "")];
    is_applied(&Scenario {
        base,
        steps: vec![Step::Nested(named("b"), false), Step::AddAll],
        ..Scenario::default()
    });
}

#[test]
fn names_of_every_kind_with_staged_and_unstaged_differences_are_carried() {
    let names = [
        &b"caf\xe9"[..],
        b"n\nl",
        b"-f",
        b"A",
        b"a",
        "e\u{301}".as_bytes(),
        "é".as_bytes(),
        b"x2",
        b"x\xc2\xb2",
    ];
    for born in [false, true] {
        for sha256 in [false, true] {
            let mut steps = vec![Step::Write(at("A"), bytes("edited\n")), Step::Recompose(at("e\u{301}"), 0)];
            for name in names {
                steps.push(Step::StageOther(at(name), bytes("staged\n")));
                steps.push(Step::Append(at(name), bytes("unstaged\r\n")));
            }
            steps.push(Step::Promise(at("n\nl")));
            let base = names.map(|name| file(name, "committed\n")).to_vec();
            is_applied(&Scenario { born, sha256, base, steps, ..Scenario::default() });
        }
    }
}

#[test]
fn filters_and_line_ends_make_no_difference() {
    let attributes = vec![
        "*.crlf text eol=crlf",
        "*.rot filter=rot",
        "*.id ident",
        "*.wide text working-tree-encoding=UTF-16",
    ];
    let base = vec![
        file("x.crlf", "one\ntwo\n"),
        file("r.rot", "abc\n"),
        file("i.id", "$Id$\n"),
        file("w.wide", b"\xff\xfeo\0n\0e\0\n\0"),
    ];
    let steps = vec![
        Step::OtherLineEnds(at("x.crlf")),
        Step::Append(at("r.rot"), bytes("xyz\n")),
        Step::Append(at("i.id"), bytes("more\n")),
        Step::Append(at("w.wide"), bytes(b"t\0w\0o\0")),
        Step::Add(at("r.rot")),
        Step::Append(at("r.rot"), bytes("z\r\n")),
    ];
    for settings in [vec![], vec![Setting("core", "autocrlf = true")]] {
        is_applied(&Scenario {
            settings,
            attributes: attributes.clone(),
            base: base.clone(),
            steps: steps.clone(),
            ..Scenario::default()
        });
    }
}

#[test]
fn whatever_became_of_a_submodule_is_named_and_the_rest_carried() {
    for sub in [Sub::Edited, Sub::Untracked, Sub::Moved, Sub::Broken, Sub::Removed, Sub::Replaced] {
        for add in [false, true] {
            let mut steps = vec![Step::Submodule(sub), Step::Write(at("a"), bytes("edited\n"))];
            steps.extend(add.then_some(Step::AddAll));
            let base = vec![file("a", "one\n")];
            is_applied(&Scenario { submodule: true, base, steps, ..Scenario::default() });
        }
    }
}

#[test]
fn what_is_staged_of_a_path_that_is_not_checked_out_comes_as_the_file_too() {
    let base = vec![file("a", ""), file("b/c", "one\n"), file("d", "one\n")];
    is_applied(&Scenario {
        base: base.clone(),
        steps: vec![
            Step::Write(at("a"), bytes("line\n")),
            Step::Link(at("b/c"), named("a")),
            Step::AddAll,
            Step::SkipWorktree(at("a")),
            Step::Remove(at("a")),
            Step::Sparse(at("b/c"), false),
        ],
        ..Scenario::default()
    });
    is_applied(&Scenario {
        base,
        steps: vec![
            Step::Chmod(at("d"), 0o755),
            Step::AddUpdate,
            Step::Sparse(at("d"), false),
            Step::Write(at("a"), bytes("x")),
        ],
        ..Scenario::default()
    });
}

#[test]
fn a_worktree_of_the_repository_in_a_directory_whose_name_is_no_text_is_no_change() {
    let steps = vec![Step::Worktree(named(b"\xfe")), Step::Write(at("a"), bytes("x"))];
    is_applied(&Scenario { steps, ..Scenario::default() });
}

#[test]
fn another_repository_where_a_worktree_of_this_one_was_is_named() {
    let steps = vec![
        Step::Worktree(named("there")),
        Step::Nested(named("there"), true),
        Step::Write(at("a"), bytes("x")),
    ];
    is_applied(&Scenario { steps, ..Scenario::default() });
}
