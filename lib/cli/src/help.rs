//! `--help`, of a program and of a verb.

use crate::called::CalledAs;
use crate::table::{Audience, HELP, Opt, Program, Target, VERSION, Verb};
use crate::usage::{usage, with_letter};
use crate::wrap::{self, COLUMNS};

/// The widest left column. What is longer has a line of its own.
const WIDEST_LEFT: usize = 26;

/// The group of the verbs that a program's help only names, in one line.
pub(crate) const ALSO: &str = "also";

/// The help of a program: its verbs by group. For a program without verbs, that of its only one.
pub fn program_help(program: &Program, called: &CalledAs) -> String {
    if let Some(only) = program.verb("") {
        return verb_help(program, only, called);
    }
    let mut text = heading(&called.to_string(), program.about);
    let shown: Vec<&Verb> = program.shown().filter(|verb| verb.audience == Audience::People).collect();
    let widest = shown.iter().map(|verb| spelled(verb).len()).max().unwrap_or(0);
    for group in shown.chunk_by(|one, next| one.group == next.group) {
        let heading = group.first().map(|verb| verb.group).unwrap_or_default();
        if heading == ALSO {
            let names: Vec<&str> = group.iter().map(|verb| verb.name).collect();
            text.push_str(&format!(
                "\n{}\n",
                wrap::lines(&format!("{ALSO}: {}", names.join(", ")), COLUMNS).join("\n")
            ));
            continue;
        }
        text.push('\n');
        if !heading.is_empty() {
            text.push_str(&format!("{heading}:\n"));
        }
        let row = |verb: &&Verb| (format!("{:widest$}", spelled(verb)), verb.about.to_owned());
        text.push_str(&wrap::columns(&group.iter().map(row).collect::<Vec<_>>(), WIDEST_LEFT));
    }
    text.push('\n');
    if !program.globals.is_empty() {
        let globals: Vec<&Opt> = program.globals.to_vec();
        text.push_str(&options(&globals));
        text.push('\n');
    }
    text.push_str(&paragraphs(program.notes));
    text.push_str(&format!("`{called} VERB --help` explains one.\n"));
    text
}

/// The help of a verb.
pub fn verb_help(program: &Program, verb: &Verb, called: &CalledAs) -> String {
    match verb.target {
        Target::Itself => {}
        Target::Verb(owner, verb) => return verb_help(owner, verb, called),
        Target::Program(inner) | Target::Verbs(inner) => {
            return program_help(inner, &called.with(verb.name));
        }
    }
    let name = if verb.name.is_empty() { called.to_string() } else { format!("{called} {}", verb.name) };
    let about = if verb.name.is_empty() { program.about } else { verb.about };
    let mut text = heading(&name, about);
    text.push_str(&format!("\nusage: {}\n\n", usage(&called.to_string(), verb)));
    let operands = verb.operands.iter().filter(|operand| !operand.about.is_empty());
    let mut rows: Vec<(String, String)> =
        operands.map(|operand| (operand.name.to_owned(), operand.about.to_owned())).collect();
    let own = verb.options.iter().copied();
    let all: Vec<&Opt> = own.chain(program.globals.iter().copied()).chain([&HELP]).collect();
    let all = all.into_iter().chain(verb.name.is_empty().then_some(&VERSION));
    rows.extend(all.filter(|option| option.audience == Audience::People).map(row));
    text.push_str(&wrap::columns(&rows, WIDEST_LEFT));
    if !verb.aliases.is_empty() {
        text.push_str(&format!("\nalso: {}\n", verb.aliases.join(", ")));
    }
    if !verb.notes.is_empty() {
        text.push('\n');
        text.push_str(&paragraphs(verb.notes));
    }
    if !verb.examples.is_empty() {
        text.push_str("\nexamples:\n");
        let line = |line: &str| format!("{called} {line}");
        let rows: Vec<(String, String)> =
            verb.examples.iter().map(|example| (line(example.line), example.about.to_owned())).collect();
        text.push_str(&wrap::columns(&rows, 48));
    }
    text
}

/// `name: about`, wrapped.
fn heading(name: &str, about: &str) -> String {
    let mut text = wrap::lines(&format!("{name}: {about}"), COLUMNS).join("\n");
    text.push('\n');
    text
}

/// Every line of `notes` as a paragraph of its own.
fn paragraphs(notes: &str) -> String {
    let wrapped = notes.lines().flat_map(|paragraph| wrap::lines(paragraph, COLUMNS));
    wrapped.map(|line| line + "\n").collect()
}

fn options(options: &[&Opt]) -> String {
    let rows: Vec<(String, String)> = options.iter().copied().chain([&HELP, &VERSION]).map(row).collect();
    wrap::columns(&rows, WIDEST_LEFT)
}

fn row(option: &Opt) -> (String, String) {
    (with_letter(option), option.about.to_owned())
}

/// A verb with its other spellings: `runs, list, ls`.
fn spelled(verb: &Verb) -> String {
    let mut names = vec![verb.name];
    names.extend(verb.aliases);
    names.join(", ")
}
