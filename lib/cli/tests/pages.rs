//! What pages say of the verbs.
#![expect(clippy::disallowed_methods, reason = "tests look at the files as any program would")]

use std::path::Path;

use handoff_cli::table::{Audience, Target, Verb};
use handoff_cli::tables::handoff;

const PAGE: &str = include_str!("../../../docs/architecture.md");

/// The program that has `verb`.
fn program(verb: &Verb) -> &'static str {
    match verb.target {
        Target::Itself | Target::Verbs(_) => handoff::PROGRAM.name,
        Target::Program(program) | Target::Verb(program, _) => program.name,
    }
}

#[test]
fn each_verb_of_the_front_door_stands_beside_its_program() {
    let (_, rest) = PAGE.split_once("### Which program has a verb").expect("the page has the table");
    let (section, _) = rest.split_once("\n## ").expect("another section follows");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row[2..].split_once(" | "));
    let mut said: Vec<(&str, &str)> = cells
        .flat_map(|(verbs, rest)| {
            let program = rest.split('`').nth(1).expect("a program stands behind the verbs");
            verbs.split(", ").map(move |verb| (verb.trim_matches('`'), program))
        })
        .collect();
    let people = handoff::PROGRAM.verbs.iter().filter(|verb| verb.audience == Audience::People);
    let mut verbs: Vec<_> = people.map(|verb| (verb.name, program(verb))).collect();
    said.sort_unstable();
    verbs.sort_unstable();
    assert_eq!(said, verbs);
}

/// The files of `directory` whose names end in `.md`, those of its directories too.
fn pages(directory: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).expect("the directory is there").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            pages(&path, found);
        } else if name.ends_with(".md") && name != "CHANGELOG.md" {
            found.push(std::fs::read_to_string(&path).expect("a page is a text"));
        }
    }
}

#[test]
fn each_command_that_a_page_names_is_there() {
    let mut texts = Vec::new();
    pages(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")), &mut texts);
    let commands = texts.iter().flat_map(|text| text.split("`handoff ").skip(1));
    let words = commands.map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next());
    let words: Vec<_> = words.flatten().filter(|word| !word.is_empty() && !word.starts_with('-')).collect();
    let is_verb = |word: &str| {
        handoff::PROGRAM.verbs.iter().any(|verb| verb.name == word || verb.aliases.contains(&word))
    };
    // With these begins what the names of mailboxes and the keys of sandboxes are the hashes of.
    let is_hashed = |word: &str| ["mailbox", "sandbox"].contains(&word);
    let unknown: Vec<_> = words.iter().filter(|word| !is_hashed(word) && !is_verb(word)).collect();
    assert!(words.len() > 100 && unknown.is_empty(), "{} words, unknown: {unknown:?}", words.len());
}
