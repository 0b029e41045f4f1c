//! How many words a verb takes, and which options go together.

use super::error::{UsageError, listed};
use crate::given::Given;
use crate::table::{Count, Opt, Program, Rule, Tail};

/// Checks what was given against the table.
pub(super) fn check(given: &Given, program: &Program) -> Result<(), UsageError> {
    belong(given, program)?;
    count(given)?;
    given.verb.rules.iter().try_for_each(|rule| holds(rule, given, program))
}

/// An option that stood before the verb may be another verb's.
fn belong(given: &Given, program: &Program) -> Result<(), UsageError> {
    let own = || given.verb.options.iter().chain(program.globals);
    let foreign = given.options.iter().find(|(option, _)| !own().any(|known| known.is(option)));
    match foreign {
        Some((option, _)) => Err(UsageError::OtherVerbs { option: option.typed(), verb: given.verb.name }),
        None => Ok(()),
    }
}

fn count(given: &Given) -> Result<(), UsageError> {
    let verb = given.verb;
    if let Tail::Command(name) = verb.tail {
        let is_needed = verb.operands.iter().any(|operand| operand.count == Count::One);
        return if is_needed && given.tail.is_empty() {
            Err(UsageError::MissingWord { name })
        } else {
            Ok(())
        };
    }
    // What stands alone needs no words.
    let is_alone = |rule: &Rule| matches!(rule, Rule::Alone(option, _) if given.has(option));
    let mut needed =
        verb.operands.iter().filter(|operand| matches!(operand.count, Count::One | Count::AtLeastOne));
    if let Some(missing) = needed.nth(given.words.len())
        && !verb.rules.iter().any(is_alone)
    {
        return Err(UsageError::MissingWord { name: missing.name });
    }
    for (operand, word) in verb.operands.iter().zip(&given.words) {
        super::check_value(operand.name, operand.values, word)?;
    }
    let is_open = verb.operands.iter().any(|operand| matches!(operand.count, Count::AtLeastOne | Count::Any));
    match given.words.get(verb.operands.len()) {
        Some(word) if !is_open => {
            Err(UsageError::ExtraWord { word: word.to_string_lossy().into_owned(), verb })
        }
        _ => Ok(()),
    }
}

fn holds(rule: &Rule, given: &Given, program: &Program) -> Result<(), UsageError> {
    match rule {
        Rule::Exclusive(options) => {
            let mut both = options.iter().filter(|option| given.has(option));
            match (both.next(), both.next()) {
                (Some(first), Some(second)) => {
                    Err(UsageError::Exclusive { first: first.typed(), second: second.typed() })
                }
                _ => Ok(()),
            }
        }
        Rule::Requires(option, needed) => {
            if !given.has(option) || needed.iter().any(|needed| given.has(needed)) {
                return Ok(());
            }
            let required: Vec<String> = needed.iter().map(|option| option.typed()).collect();
            Err(UsageError::Requires { option: option.typed(), required: listed(&required) })
        }
        Rule::Required(option) => {
            if given.has(option) {
                return Ok(());
            }
            let value = option.value_name().map(|name| format!(" {name}")).unwrap_or_default();
            Err(UsageError::Required { verb: given.verb.name, option: format!("{}{value}", option.typed()) })
        }
        Rule::Alone(option, allowed) => alone(option, allowed, given, program),
    }
}

fn alone(option: &Opt, allowed: &[&Opt], given: &Given, program: &Program) -> Result<(), UsageError> {
    if !given.has(option) {
        return Ok(());
    }
    let may_stand = |other: &Opt| {
        other.is(option) || allowed.iter().chain(program.globals).any(|allowed| allowed.is(other))
    };
    let other = given.options.iter().map(|(other, _)| *other).find(|other| !may_stand(other));
    let word = given.words.first().map(|word| format!("`{}`", word.to_string_lossy()));
    match other.map(Opt::typed).or(word) {
        Some(other) => Err(UsageError::Alone { option: option.typed(), other }),
        None => Ok(()),
    }
}
