//! Changes carried out in real directories: what fails is set aside, everything else is done, and the record says what is
//! true.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up files by hand"
)]

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use handoff_edits::{Account, Change, Left, Leftovers, PRIVATE, Problem, Target, carry_out, former, missing};

/// What is kept of it: the paths that the record does not have any more, and what is left.
#[derive(Default)]
struct Kept {
    forgotten: Vec<PathBuf>,
    left: Leftovers,
}

impl Kept {
    /// The only file that is left, why, and what to do by hand.
    #[track_caller]
    fn only(&self) -> (&Path, String, &str) {
        let [Left { problem, by_hand }] = self.left.as_slice() else { panic!("{:?}", self.left) };
        (problem.path(), problem.to_string(), by_hand)
    }
}

impl Account for Kept {
    type Cause = Problem;

    fn forget(&mut self, change: &Change) {
        self.forgotten.push(change.path().to_owned());
    }

    fn left(&mut self) -> &mut Leftovers {
        &mut self.left
    }
}

fn directory(path: PathBuf) -> Change {
    Change::Directory { path, shared: false }
}

fn write(path: PathBuf, content: &str) -> Change {
    Change::Write { path, content: content.into(), mode: PRIVATE }
}

fn edit(path: &Path, after: &str, by_hand: &str) -> Change {
    let target = Target::read(path, path).unwrap();
    Change::Edit(target.edit(Some(after.to_owned()), by_hand.to_owned()).unwrap())
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn what_is_below_a_directory_that_cannot_be_made_is_left_with_it_and_the_rest_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let changes = vec![
        directory(at("a")),
        edit(&at("a/one"), "one\n", "put one\n"),
        write(at("a/two"), "two\n"),
        directory(at("b")),
        write(at("b/three"), "three\n"),
    ];
    // Made between the plan and this.
    std::fs::write(at("a"), "not a directory\n").unwrap();
    let mut kept = Kept::default();
    let done = carry_out(changes, &mut kept);
    assert_eq!(done.iter().map(Change::path).collect::<Vec<_>>(), [at("b"), at("b/three")]);
    assert_eq!(kept.forgotten, [at("a"), at("a/one"), at("a/two")]);
    let (path, why, by_hand) = kept.only();
    assert_eq!((path, by_hand), (at("a").as_path(), "put one\n"));
    assert!(why.starts_with("could not create "), "{why}");
    assert_eq!(text(&at("a")), "not a directory\n");
    assert_eq!(text(&at("b/three")), "three\n");
}

#[test]
fn a_file_that_another_program_changed_meanwhile_is_named_by_the_path_that_its_user_knows() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    std::fs::write(&real, "before\n").unwrap();
    symlink(&real, &link).unwrap();
    let changes = vec![edit(&link, "ours\n", "by hand\n")];
    std::fs::write(&real, "theirs\n").unwrap();
    let mut kept = Kept::default();
    assert!(carry_out(changes, &mut kept).is_empty());
    let (path, why, by_hand) = kept.only();
    assert_eq!((path, by_hand), (link.as_path(), "by hand\n"));
    assert!(
        why.contains("another program changed it meanwhile") && !why.contains("agent-handoff-tmp"),
        "{why}"
    );
    assert_eq!((kept.forgotten, text(&real)), (vec![link], "theirs\n".to_owned()));
}

#[test]
fn a_link_that_gave_way_is_back_when_what_takes_its_place_cannot_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir(at("theirs")).unwrap();
    symlink(at("theirs"), at("skill")).unwrap();
    // A directory stands where the file goes, so the write fails when all before it is done.
    let changes = vec![Change::Remove(at("skill")), directory(at("skill")), write(at("skill/.."), "ours\n")];
    let mut kept = Kept::default();
    let done = carry_out(changes, &mut kept);
    assert_eq!(done.len(), 0, "{done:?}");
    assert_eq!(std::fs::read_link(at("skill")).unwrap(), at("theirs"));
    assert!(kept.forgotten.contains(&at("skill")));
}

#[test]
fn what_stands_where_a_directory_goes_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("file"), "").unwrap();
    symlink(at("nowhere"), at("link")).unwrap();
    for (name, what) in
        [("file", "it is no directory"), ("link", "it is a link that does not lead to a directory")]
    {
        let path = at(name).join("below");
        for problem in [
            missing(&path).unwrap_err(),
            Target::read(&path.join("x"), &path).err().unwrap_or(Problem::Taken(at(name))),
        ] {
            assert_eq!(problem.path(), at(name));
            assert!(problem.to_string().ends_with(what), "{problem}");
        }
    }
    assert_eq!(missing(&at("a/b")).unwrap(), [at("a"), at("a/b")]);
}

#[test]
fn a_file_is_former_once_its_link_leads_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().canonicalize().unwrap().join(name);
    std::fs::write(at("real"), "").unwrap();
    symlink(at("real"), at("link")).unwrap();
    let real = BTreeMap::from([(at("link"), at("real"))]);
    assert_eq!(Target::read(&at("link"), &at("link")).unwrap().real(), Some(at("real")));
    assert_eq!(Target::read(&at("real"), &at("real")).unwrap().real(), None);
    assert_eq!(former(&real, &at("link")), None);
    std::fs::remove_file(at("link")).unwrap();
    assert_eq!(former(&real, &at("link")), Some(&at("real")));
    assert_eq!(former(&real, &at("other")), None);
}

#[test]
fn a_directory_stays_without_a_word_where_something_in_it_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(at("a/b")).unwrap();
    std::fs::write(at("a/b/file"), "planned").unwrap();
    let changes = || {
        let target = Target::read(&at("a/b/file"), &at("a/b/file")).unwrap();
        let edit = target.edit(None, "take this out".to_owned()).unwrap();
        vec![Change::Edit(edit), Change::RemoveDirectory(at("a/b")), Change::RemoveDirectory(at("a"))]
    };
    let planned = changes();
    std::fs::write(at("a/b/file"), "another").unwrap();
    let mut kept = Kept::default();
    carry_out(planned, &mut kept);
    let (path, _, by_hand) = kept.only();
    assert_eq!((path, by_hand), (at("a/b/file").as_path(), "take this out"));
    assert_eq!(text(&at("a/b/file")), "another");
    let mut kept = Kept::default();
    assert_eq!(carry_out(changes(), &mut kept).len(), 3);
    assert!(kept.left.is_empty() && !at("a").exists());
}

#[test]
fn a_problem_is_named_once_with_all_that_it_keeps_out() {
    let mut left: Leftovers = Leftovers::default();
    for by_hand in ["one\n", "two\n", "one\n"] {
        left.add(Problem::Taken("/h/file".into()), by_hand);
    }
    left.add(Problem::Taken("/h/other".into()), "");
    let messages: Vec<_> = left.messages("the rest is done", "To put in by hand").collect();
    assert_eq!(
        messages,
        [
            "could not create /h/file: it is no directory; the rest is done. To put in by hand:\none\ntwo\n",
            "could not create /h/other: it is no directory; the rest is done",
        ]
    );
}
