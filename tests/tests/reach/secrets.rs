//! Secrets stay where they are.

use crate::support::{BODY, Pair};

/// What the scanner takes for a token; put together here so that no scanner finds it in this file.
fn token() -> String {
    format!("gh{}_{}", "p", "R7x2Kq9LmT4vWc8ZyB3nHd6JfG1sPa5EuQ0o")
}

#[track_caller]
fn refused(pair: &Pair, more: &[&str], place: &str) {
    let file = pair.laptop.world.path("z.handoff");
    let said = pair.laptop.refuses(&[&["export", file.to_str().unwrap()], more].concat());
    assert!(said.contains(place), "{place}: {said}");
    assert!(!said.contains(&token()) && !file.exists(), "{said}");
    assert!(said.contains("--allow-secrets"), "{said}");
}

#[test]
fn a_secret_in_the_handoff_in_the_work_and_in_a_commit_that_a_later_one_cleans_is_not_sent() {
    let pair = Pair::new();
    let laptop = &pair.laptop;
    laptop.leave(BODY);
    laptop.put("src/key.rs", format!("let token = \"{}\";\n", token()));
    refused(&pair, &[], "the uncommitted work");
    laptop.export("no-work.handoff", &["--no-work"]);
    laptop.world.commit(&laptop.app, "with a secret");
    let commit = laptop.git(&["rev-parse", "HEAD"]);
    std::fs::remove_file(laptop.app.join("src/key.rs")).unwrap();
    laptop.world.commit(&laptop.app, "without it");
    refused(&pair, &[], &format!("the commit {}", &commit[..10]));
    let letter = laptop.export("allowed.handoff", &["--allow-secrets"]);
    pair.desk.import(&letter, &["--apply"]);
    assert_eq!(pair.desk.tree(), laptop.tree());
}

#[test]
fn a_secret_in_the_text_of_a_handoff_is_not_sent() {
    let pair = Pair::new();
    let name = "20261130T100000Z-app.md";
    let body = format!(
        "---\nname: Planted\nto_path: {}\n---\n{BODY}\ntoken {}\n",
        pair.laptop.app.display(),
        token()
    );
    pair.laptop.world.plant(&pair.laptop.app, name, body);
    refused(&pair, &[], "the handoff, line");
    refused(&pair, &["--no-work"], "the handoff, line");
}
