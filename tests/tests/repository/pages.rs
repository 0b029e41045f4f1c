//! The files that the pages name.

use super::{page, quoted, root};

/// The pages that send a reader into the repository.
const PAGES: &[&str] =
    &["CONTRIBUTING.md", "docs/adding-a-host.md", "docs/architecture.md", "docs/glossary.md"];

/// Where a path of the repository may begin.
const TOP: &[&str] = &[
    ".ci/",
    ".github/",
    "benches/",
    "bins/",
    "docs/",
    "examples/",
    "fuzz/",
    "installer/",
    "lib/",
    "plugins/",
    "skills/",
    "spec/",
    "tests/",
];

/// The path of the repository that `word` is, if it is one; `…` and `<…>` stand for names that are not fixed.
fn path(word: &str) -> Option<&str> {
    let is_path = TOP.iter().any(|top| word.starts_with(top)) && !word.contains(['…', '<', '*', ' ']);
    is_path.then_some(word)
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let mut faults = Vec::new();
    for name in PAGES {
        for (line, number) in page(name).lines().zip(1..) {
            for word in quoted(line).filter_map(path) {
                if !root().join(word).exists() {
                    faults.push(format!("{name}:{number}: there is no `{word}`"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_link_of_a_page_leads_to_a_file() {
    let mut faults = Vec::new();
    for name in PAGES.iter().chain(&["README.md"]) {
        let directory = root().join(name).parent().expect("a page is in a directory").to_owned();
        for (line, number) in page(name).lines().zip(1..) {
            for rest in line.split("](").skip(1) {
                let target = rest.split([')', '#']).next().unwrap_or_default();
                if !target.is_empty() && !target.contains("://") && !directory.join(target).exists() {
                    faults.push(format!("{name}:{number}: there is no {target}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
