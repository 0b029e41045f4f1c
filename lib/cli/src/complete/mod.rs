//! The shells' completions. Each script finds out by the words before the cursor at which verb it stands; names that only
//! the running program knows come from `handoff complete KIND`, which prints no character that a shell would expand.

mod bash;
mod fish;
mod zsh;

use crate::table::{Audience, HELP, Opt, Program, Tail, Takes, Target, Values, Verb};

pub use bash::bash;
pub use fish::fish;
pub use zsh::zsh;

/// The hidden verb that prints the names of a kind.
pub const NAMES_VERB: &str = "complete";

/// A place on the command line: behind the program's name, or behind a verb.
struct Node {
    /// The verbs that lead to it, each with a blank before it.
    at: String,
    /// The same with each other spelling of the last verb.
    spellings: Vec<String>,
    /// The verbs that can follow.
    verbs: Vec<&'static Verb>,
    /// What stands here.
    verb: Option<&'static Verb>,
    /// The options that can follow.
    options: Vec<&'static Opt>,
}

impl Node {
    /// Whether its words are a command of the user's.
    fn takes_command(&self) -> bool {
        self.verb.is_some_and(|verb| matches!(verb.tail, Tail::Command(_)))
    }

    /// What its words can be.
    fn operands(&self) -> Vec<Values> {
        let operands = self.verb.map_or(&[][..], |verb| verb.operands);
        let mut values: Vec<Values> = Vec::new();
        for operand in operands.iter().map(|operand| operand.values) {
            if operand != Values::Any && !values.contains(&operand) {
                values.push(operand);
            }
        }
        values
    }

    /// The options that take one value.
    fn with_value(&self) -> impl Iterator<Item = (&'static Opt, Values)> {
        self.options.iter().copied().filter_map(|option| match option.takes {
            Takes::Value(_, values) | Takes::Each(_, values) => Some((option, values)),
            Takes::Nothing | Takes::Line(_) => None,
        })
    }
}

/// All places of `program`, the one behind its name first.
fn nodes(program: &'static Program) -> Vec<Node> {
    let mut all = vec![Node {
        at: String::new(),
        spellings: Vec::new(),
        verbs: people(program),
        verb: program.verb(""),
        options: own(program, program.verb("")),
    }];
    descend(program, "", &mut all);
    all
}

fn descend(program: &'static Program, before: &str, all: &mut Vec<Node>) {
    for verb in people(program) {
        let at = format!("{before} {}", verb.name);
        let (owner, does, inner) = match verb.target {
            Target::Itself => (program, Some(verb), None),
            Target::Verb(owner, does) => (owner, Some(does), None),
            Target::Program(inner) | Target::Verbs(inner) => {
                (inner, inner.verb(inner.default.verb().unwrap_or_default()), Some(inner))
            }
        };
        all.push(Node {
            spellings: verb.aliases.iter().map(|alias| format!("{before} {alias}")).collect(),
            verbs: inner.map(people).unwrap_or_default(),
            verb: does,
            options: own(owner, does),
            at: at.clone(),
        });
        if let Some(inner) = inner {
            descend(inner, &at, all);
        }
    }
}

fn people(program: &'static Program) -> Vec<&'static Verb> {
    let is_for_people = |verb: &&'static Verb| verb.audience == Audience::People && !verb.name.is_empty();
    program.verbs.iter().copied().filter(is_for_people).collect()
}

fn own(program: &'static Program, verb: Option<&'static Verb>) -> Vec<&'static Opt> {
    let of_verb = verb.map_or(&[][..], |verb| verb.options).iter().copied();
    let all = of_verb.chain(program.globals.iter().copied()).chain([&HELP]);
    all.filter(|option| option.audience == Audience::People).collect()
}

/// The spellings of an option, with their dashes.
fn spellings(option: &Opt) -> Vec<String> {
    let long = (!option.long.is_empty()).then(|| format!("--{}", option.long));
    long.into_iter().chain(option.short.map(|letter| format!("-{letter}"))).collect()
}

/// `text` between single quotes, as every one of the shells reads it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
