//! Man pages, in the macros of man(7).

use crate::called::CalledAs;
use crate::table::{Audience, HELP, Opt, Program, Target, VERSION, Verb};
use crate::usage::{typed, usage};

/// The man page of `program`, in section 1. `date` stands in its footer, as `2026-11-21`; empty for none.
pub fn man_page(program: &Program, called: &CalledAs, version: &str, date: &str) -> String {
    let name = called.to_string().replace(' ', "-");
    let mut page = Page::default();
    page.macro_line(&format!(
        ".TH {} 1 \"{date}\" \"agent-handoff {version}\" \"agent-handoff\"",
        escaped(&name.to_uppercase())
    ));
    page.section("NAME");
    page.text(&format!("{name} - {}", program.about));
    page.section("SYNOPSIS");
    for (index, verb) in people(program).enumerate() {
        if index > 0 {
            page.macro_line(".br");
        }
        page.macro_line(&format!(".B {}", escaped(&usage(&called.to_string(), verb))));
    }
    page.section("DESCRIPTION");
    page.paragraphs(program.notes);
    for verb in people(program) {
        page.verb(program, verb, called);
    }
    if !program.globals.is_empty() {
        page.section("OPTIONS OF EVERY VERB");
        program.globals.iter().copied().chain([&HELP, &VERSION]).for_each(|option| page.option(option));
    }
    page.text
}

fn people(program: &Program) -> impl Iterator<Item = &'static Verb> {
    program.verbs.iter().copied().filter(|verb| verb.audience != Audience::Ourselves)
}

/// A page as far as it is written.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn macro_line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn section(&mut self, heading: &str) {
        self.macro_line(&format!(".SH \"{}\"", escaped(heading)));
    }

    /// One line of text: a dot or an apostrophe at its beginning is no macro.
    fn text(&mut self, text: &str) {
        self.macro_line(&format!("\\&{}", escaped(text)));
    }

    fn paragraphs(&mut self, notes: &str) {
        for paragraph in notes.lines().filter(|line| !line.is_empty()) {
            if !self.text.lines().next_back().is_some_and(|line| line.starts_with(".SH")) {
                self.macro_line(".PP");
            }
            self.text(paragraph);
        }
    }

    fn verb(&mut self, program: &Program, verb: &Verb, called: &CalledAs) {
        if let Target::Verb(owner, verb) = verb.target {
            return self.verb(owner, verb, called);
        }
        if !verb.name.is_empty() {
            self.section(&verb.name.to_uppercase());
            let aliases = match verb.aliases {
                [] => String::new(),
                aliases => format!(" (also: {})", aliases.join(", ")),
            };
            self.text(&format!("{}{aliases}.", verb.about));
        } else {
            self.section("OPTIONS");
        }
        if let Target::Verbs(inner) = verb.target {
            return people(inner).for_each(|verb| self.verb(inner, verb, &called.with(inner.name)));
        }
        if let Target::Program(inner) = verb.target {
            self.text(&format!("See {}(1).", inner.name));
        }
        for operand in verb.operands.iter().filter(|operand| !operand.about.is_empty()) {
            self.macro_line(".TP");
            self.macro_line(&format!(".I {}", escaped(operand.name)));
            self.text(&format!("{}.", operand.about));
        }
        verb.options.iter().for_each(|option| self.option(option));
        if verb.name.is_empty() {
            program.globals.iter().copied().chain([&HELP, &VERSION]).for_each(|option| self.option(option));
        }
        self.paragraphs(verb.notes);
        for example in verb.examples {
            self.macro_line(".TP");
            self.macro_line(&format!(".B {}", escaped(&format!("{called} {}", example.line))));
            self.text(example.about);
        }
    }

    fn option(&mut self, option: &Opt) {
        if option.audience != Audience::People {
            return;
        }
        self.macro_line(".TP");
        let letter = match option.short {
            Some(letter) if !option.long.is_empty() => format!("-{letter}, "),
            _ => String::new(),
        };
        self.macro_line(&format!(".B {}", escaped(&format!("{letter}{}", typed(option)))));
        self.text(&format!("{}.", option.about));
    }
}

/// `text` as roff prints it: hyphens are minus signs, as they are typed, and a backslash is one.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '"' => escaped.push_str("\\(dq"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '…' => escaped.push_str("..."),
            '–' => escaped.push_str("\\(en"),
            '·' => escaped.push_str("\\(pc"),
            other => escaped.push(other),
        }
    }
    escaped
}
