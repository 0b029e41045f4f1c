//! The line that says how a verb is typed.

use crate::table::{Audience, Count, Opt, Rule, Tail, Takes, Verb};

/// How `verb` is typed behind `called`: `handoff pickup [OPTIONS] [ID]`.
pub fn usage(called: &str, verb: &Verb) -> String {
    let mut words = vec![called.to_owned()];
    if !verb.name.is_empty() {
        words.push(verb.name.to_owned());
    }
    let is_required = |option: &Opt| {
        verb.rules.iter().any(|rule| matches!(rule, Rule::Required(needed) if needed.is(option)))
    };
    let is_shown = |option: &&&Opt| option.audience == Audience::People;
    let own: Vec<&Opt> = verb.options.iter().filter(is_shown).copied().collect();
    words.extend(own.iter().filter(|option| is_required(option)).map(|option| typed(option)));
    let optional: Vec<&Opt> = own.into_iter().filter(|option| !is_required(option)).collect();
    match optional[..] {
        [] => {}
        [only] => words.push(format!("[{}]", typed(only))),
        _ => words.push("[OPTIONS]".to_owned()),
    }
    match verb.tail {
        Tail::Command(name) if verb.operands.iter().any(|operand| operand.count == Count::One) => {
            words.push(format!("-- {name}…"));
        }
        Tail::Command(name) => words.push(format!("[-- {name}…]")),
        Tail::Nothing | Tail::Raw => {
            words.extend(verb.operands.iter().map(|operand| match operand.count {
                Count::One => operand.name.to_owned(),
                Count::Optional => format!("[{}]", operand.name),
                Count::AtLeastOne => format!("{}…", operand.name),
                Count::Any => format!("[{}…]", operand.name),
            }));
        }
    }
    words.join(" ")
}

/// An option with its value: `--backend B`, `--tool TOOL…`.
pub(crate) fn typed(option: &Opt) -> String {
    match option.takes {
        Takes::Nothing => option.typed(),
        Takes::Value(name, _) => format!("{} {name}", option.typed()),
        Takes::Each(name, _) | Takes::Line(name) => format!("{} {name}…", option.typed()),
    }
}

/// The same with its letter before it: `-f, --follow`.
pub(crate) fn with_letter(option: &Opt) -> String {
    match option.short {
        Some(letter) if !option.long.is_empty() => format!("-{letter}, {}", typed(option)),
        _ => typed(option),
    }
}
