//! `docs/architecture.md` beside `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::{page, quoted, root};

const PAGE: &str = "docs/architecture.md";

/// One crate of the workspace.
#[derive(Debug, Default, PartialEq, Eq)]
struct Crate {
    directory: String,
    /// The crates of the workspace that it is built with.
    uses: BTreeSet<String>,
    /// Those that only its tests are built with.
    test_uses: BTreeSet<String>,
}

impl Crate {
    /// The line of the page that is true of it.
    fn line(&self, name: &str, role: &str) -> String {
        let list = |names: &BTreeSet<String>| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        let mut uses = list(&self.uses);
        if uses.is_empty() {
            uses.push('–');
        }
        if !self.test_uses.is_empty() {
            uses += &format!("; in tests {}", list(&self.test_uses));
        }
        format!("| `{name}` | `{}` | {uses} | {role} |", self.directory)
    }
}

/// The crates as cargo knows them.
fn crates() -> BTreeMap<String, Crate> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let members: BTreeSet<_> = packages.iter().map(name).collect();
    let described = packages.iter().map(|package| {
        let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
        let directory = manifest.parent().unwrap().strip_prefix(metadata["workspace_root"].as_str().unwrap());
        let mut described =
            Crate { directory: directory.unwrap().to_str().unwrap().to_owned(), ..Crate::default() };
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = name(dependency);
            if !members.contains(&used) {
                continue;
            }
            if dependency["kind"] == "dev" {
                described.test_uses.insert(used);
            } else {
                described.uses.insert(used);
            }
        }
        (name(package), described)
    });
    described.collect()
}

/// The page's lines about crates: the line's number, the crate, its role, the whole line.
fn rows(page: &str) -> Vec<(usize, &str, &str, &str)> {
    let layers = page.lines().zip(1..).skip_while(|(line, _)| *line != "## The layers");
    let rows = layers.filter_map(|(line, number)| {
        let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [name, _, _, role] = cells[..] else { return None };
        let name = name.strip_prefix('`')?.strip_suffix('`')?;
        Some((number, name, role, line))
    });
    rows.collect()
}

#[test]
fn the_architecture_page_names_each_crate_once_with_its_dependencies() {
    let page = page(PAGE);
    let (crates, rows) = (crates(), rows(&page));
    let mut faults = Vec::new();
    let mut seen = BTreeMap::new();
    for &(number, name, role, line) in &rows {
        let Some(described) = crates.get(name) else {
            faults.push(format!(
                "{PAGE}:{number}: there is no crate `{name}` in the workspace; remove the line"
            ));
            continue;
        };
        if let Some(first) = seen.insert(name, number) {
            faults.push(format!("{PAGE}:{number}: `{name}` has line {first} already; remove one of them"));
        }
        let right = described.line(name, role);
        if line != right {
            faults.push(format!("{PAGE}:{number}: cargo metadata differs; write\n{right}"));
        }
    }
    for (name, described) in crates.iter().filter(|(name, _)| !seen.contains_key(name.as_str())) {
        faults.push(format!("{PAGE}: `{name}` is missing; add\n{}", described.line(name, "what it is")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_crate_uses_only_crates_that_stand_above_it_on_the_page() {
    let page = page(PAGE);
    let (crates, rows) = (crates(), rows(&page));
    let mut above = BTreeSet::new();
    for &(number, name, ..) in &rows {
        for used in &crates[name].uses {
            assert!(
                above.contains(used.as_str()),
                "{PAGE}:{number}: `{name}` uses `{used}`, which stands below it. Move a line; if no order fits, the new \
                 dependency goes against the layers"
            );
        }
        above.insert(name);
    }
}

#[test]
fn every_crate_that_the_page_speaks_of_exists() {
    let crates = crates();
    for (line, number) in page(PAGE).lines().zip(1..) {
        for word in quoted(line).filter(|word| word.starts_with("handoff-") && !word.contains(' ')) {
            assert!(crates.contains_key(word), "{PAGE}:{number}: there is no crate `{word}`");
        }
    }
}
