//! A recipient that is not there: mistyped, still to be made, or gone.

use tests::{BODY, World};

use crate::support::{json, kept_draft, published};

#[test]
fn a_name_that_is_like_that_of_a_worktree_or_is_its_branch_is_refused_with_the_one_that_is_there() {
    let world = World::new();
    let app = world.repo("app");
    let review = world.path("app-review");
    world.git(&app, &["worktree", "add", "--quiet", "-b", "fix-login", review.to_str().unwrap()]);
    world.dir("notes");
    world.write(&app, &[], BODY);
    let text = |name: &str, meant: &str| {
        format!(
            "no worktree is called {name}; did you mean {meant}? For one that is still to be made, add --new\n"
        )
    };
    let branch = "app-review, which has the branch fix-login";
    for (name, meant) in [
        ("app-reveiw", "app-review"),
        ("app-re", "app-review"),
        ("fix-login", branch),
        ("fix-logn", branch),
        ("ap", "app"),
        ("note", "notes"),
    ] {
        let ran = world.run("handoff-write", &app, &["--to", name], BODY);
        let said = format!("agent-handoff: could not write the handoff: {}draft kept: ", text(name, meant));
        assert!(ran.code == 2 && ran.err().starts_with(&said), "{said}: {}", ran.err());
        assert_eq!(std::fs::read_to_string(kept_draft(&ran)).unwrap(), BODY);
        let ran = world.run("inbox", &app, &["forward", "1", "--to", name], "");
        let said = format!("agent-handoff: --to: {}", text(name, meant));
        assert_eq!((ran.code, ran.err(), ran.out()), (2, said.as_str(), ""));
    }
    assert_eq!(published(&world.root()).len(), 1);
    // What is meant so, and what is like nothing that is there.
    for args in [&["--to", "app-reveiw", "--new"][..], &["--to", "app2"], &["--to", "another"]] {
        let ran = world.run("handoff-write", &app, args, BODY);
        assert!(ran.code == 0 && ran.err().contains(" does not exist yet; "), "{args:?}: {}", ran.err());
    }
    let ran = world.run("inbox", &app, &["forward", "1", "--to", "app-revie", "--new"], "");
    assert!(ran.code == 0 && ran.err().contains(" does not exist yet; "), "{}", ran.err());
}

#[test]
fn what_waits_for_a_worktree_that_is_gone_or_never_was_is_reached_by_its_path() {
    let world = World::new();
    let app = world.repo("app");
    let gone = world.path("later");
    let root = gone.to_str().unwrap();
    for _ in 0..4 {
        world.write(&app, &["--to", "later"], BODY);
    }
    let run = |args: &[&str]| world.run("inbox", &app, &[args, &["--root", root]].concat(), "");
    for args in [
        &["show", "1"][..],
        &["search", "jsonwebtoken"],
        &["path"],
        &["forward", "1", "--to", "app"],
        &["archive", "1"],
        &["log"],
        &["delete", "1", "--yes"],
        &["read"],
    ] {
        let ran = run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err());
    }
    let left = |args: &[&str]| json(&world.run("inbox", &app, args, "")).as_array().unwrap().len();
    assert_eq!((left(&["--json", "--root", root]), left(&["--json"])), (0, 1));
    assert!(!gone.exists());
    let ran = world.run("inbox", &app, &["delete", "1", "--yes", "--root", "/nonexistent"], "");
    let said = "agent-handoff: could not enter /nonexistent: no such file or directory, and it has no inbox; handoff inbox \
                worktrees lists those that have\n";
    assert_eq!((ran.code, ran.err()), (1, said));
}
