//! The verbs and options as markdown, for `docs/reference.md`.

use crate::called::CalledAs;
use crate::table::{Audience, Opt, Program, Target, Verb};
use crate::usage::{usage, with_letter};

/// The reference of `program`: how each verb is typed, then a table of its words and options.
pub fn reference(program: &Program, called: &CalledAs) -> String {
    let mut text = String::new();
    if let Some(only) = program.verb("") {
        section(&mut text, program, only, called);
        return text;
    }
    if !program.globals.is_empty() {
        text.push_str("Every verb takes these:\n\n");
        table(&mut text, program.globals.iter().map(|option| row(option)));
    }
    for verb in program.verbs.iter().copied().filter(|verb| verb.audience != Audience::Ourselves) {
        text.push_str(&format!("### {called} {}\n\n{}.\n\n", verb.name, capitalised(verb.about)));
        match verb.target {
            Target::Itself => section(&mut text, program, verb, called),
            Target::Verb(owner, verb) => section(&mut text, owner, verb, called),
            Target::Verbs(inner) => text.push_str(&reference(inner, &called.with(verb.name))),
            Target::Program(inner) => text.push_str(&format!(
                "All of [{name}](#{name}): what follows `{called} {verb}` goes to it.\n\n",
                name = inner.name,
                verb = verb.name
            )),
        }
    }
    text
}

fn section(text: &mut String, program: &Program, verb: &Verb, called: &CalledAs) {
    text.push_str(&format!("```\n{}\n```\n\n", usage(&called.to_string(), verb)));
    let operands = verb.operands.iter().filter(|operand| !operand.about.is_empty());
    let globals = if verb.name.is_empty() { program.globals } else { &[] };
    let shown = verb.options.iter().chain(globals).filter(|option| option.audience == Audience::People);
    let operands = operands.map(|operand| (operand.name.to_owned(), operand.about));
    table(text, operands.chain(shown.map(|option| row(option))));
    for paragraph in verb.notes.lines().filter(|line| !line.is_empty()) {
        text.push_str(&format!("{paragraph}\n\n"));
    }
    if !verb.examples.is_empty() {
        text.push_str("```sh\n");
        for example in verb.examples {
            let about =
                if example.about.is_empty() { String::new() } else { format!("    # {}", example.about) };
            text.push_str(&format!("{called} {}{about}\n", example.line));
        }
        text.push_str("```\n\n");
    }
}

fn row(option: &Opt) -> (String, &'static str) {
    (with_letter(option), option.about)
}

/// A table of two columns; nothing when it has no rows.
fn table(text: &mut String, rows: impl Iterator<Item = (String, &'static str)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    text.push_str("| | |\n|---|---|\n");
    for (name, about) in rows {
        let about = about.replace('|', "\\|").replace('<', "&lt;");
        text.push_str(&format!("| `{name}` | {about} |\n"));
    }
    text.push('\n');
}

fn capitalised(about: &str) -> String {
    let mut letters = about.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
