//! What `docs/architecture.md` says of the verbs.

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
