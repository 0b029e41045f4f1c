#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the test asks git")]

use std::process::Command;

use super::REPOSITORY_VARIABLES;

#[test]
fn every_variable_that_git_calls_a_repositorys_own_is_known_but_the_one_that_trusts_a_directory() {
    let output = Command::new("git").args(["rev-parse", "--local-env-vars"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let unknown: Vec<&str> = text.lines().filter(|name| !REPOSITORY_VARIABLES.contains(name)).collect();
    assert_eq!(unknown, ["GIT_CONFIG_COUNT"]);
}
