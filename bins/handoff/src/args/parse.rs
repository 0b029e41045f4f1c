//! From the command line to a [`Command`].

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value};
use lexopt::{Arg, Error, Parser, ValueExt};

use super::text::text;
use super::{Command, List, New, Source, Task};

/// Reads `words`, the command line without the program's name.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
    let mut parser = Parser::from_args(words);
    let verb = match parser.next()? {
        None => return Ok(Command::Status),
        Some(Short('h') | Long("help")) => return Ok(Command::Help),
        Some(Short('V') | Long("version")) => return Ok(Command::Version),
        Some(Value(word)) => word.string()?,
        Some(other) => return Err(other.unexpected()),
    };
    let installer = |first, parser: &mut Parser| sibling("installer", Some(first), parser);
    match verb.as_str() {
        "help" => Ok(Command::Help),
        "write" => sibling("handoff-write", None, &mut parser),
        "inbox" => sibling("inbox", None, &mut parser),
        "install" => installer("install", &mut parser),
        "uninstall" => installer("uninstall", &mut parser),
        "doctor" => installer("doctor", &mut parser),
        "upgrade" => installer("upgrade", &mut parser),
        "upgrade-check" => installer("upgrade-check", &mut parser),
        "leash" => Ok(Command::Leash { command: parser.raw_args()?.collect() }),
        "guard" => Ok(Command::Guard { command: parser.raw_args()?.collect() }),
        "run" => run(&mut parser),
        "resume" => resume(&mut parser),
        "new" => new(&mut parser),
        "list" | "ls" => list(&mut parser),
        "open" => with_id(&mut parser, |_| false).map(asked(|id, _| Command::Open { id })),
        "tail" => {
            let is_follow = |arg: &Arg<'_>| matches!(arg, Short('f') | Long("follow"));
            with_id(&mut parser, is_follow).map(asked(|id, follow| Command::Tail { id, follow }))
        }
        "wait" => wait(&mut parser),
        "stop" => with_id(&mut parser, |_| false).map(asked(|id, _| Command::Stop { id })),
        "init" => {
            let is_yes = |arg: &Arg<'_>| matches!(arg, Short('y') | Long("yes"));
            match with_id(&mut parser, is_yes)? {
                Asked::Help => Ok(Command::Help),
                Asked::Id(None, yes) => Ok(Command::Init { yes }),
                Asked::Id(Some(word), _) => Err(Error::UnexpectedArgument(word.into())),
            }
        }
        "env" => match with_id(&mut parser, |_| false)? {
            Asked::Help => Ok(Command::Help),
            Asked::Id(None, _) => Ok(Command::Env),
            Asked::Id(Some(word), _) => Err(Error::UnexpectedArgument(word.into())),
        },
        other => Err(format!("there is no verb `{other}`").into()),
    }
}

fn sibling(name: &'static str, first: Option<&'static str>, parser: &mut Parser) -> Result<Command, Error> {
    Ok(Command::Sibling { name, first, rest: parser.raw_args()?.collect() })
}

/// An optional id and one optional flag.
enum Asked {
    Help,
    Id(Option<String>, bool),
}

fn with_id(parser: &mut Parser, is_flag: impl Fn(&Arg<'_>) -> bool) -> Result<Asked, Error> {
    let (mut id, mut flag) = (None, false);
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Asked::Help),
            arg if is_flag(&arg) => flag = true,
            Value(word) if id.is_none() => id = Some(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Asked::Id(id, flag))
}

fn asked(command: impl Fn(Option<String>, bool) -> Command) -> impl Fn(Asked) -> Command {
    move |asked| match asked {
        Asked::Help => Command::Help,
        Asked::Id(id, flag) => command(id, flag),
    }
}

/// An option of `run` and `resume`; gives it back when it is none.
fn task_option<'p>(arg: Arg<'p>, task: &mut Task) -> Result<Option<Arg<'p>>, Error> {
    // The parser is borrowed by `arg`, so values are taken by the caller.
    match arg {
        Long("pro") => task.pro = Some(true),
        Long("no-pro") => task.pro = Some(false),
        Long("print") => task.print = true,
        Long("to-inbox") => task.to_inbox = true,
        Long("quiet") => task.quiet = true,
        Long("verbose") => task.verbose = true,
        other => return Ok(Some(other)),
    }
    Ok(None)
}

/// What `run` and `resume` have in common: reads to the end of the line. Words that are no option are given back.
fn task(parser: &mut Parser) -> Result<Option<(Task, Vec<OsString>)>, Error> {
    let mut task = Task::default();
    let mut words = Vec::new();
    while let Some(arg) = parser.next()? {
        let Some(arg) = task_option(arg, &mut task)? else { continue };
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("backend") => task.backend = Some(parser.value()?.string()?),
            Long("cwd") => task.cwd = Some(parser.value()?.into()),
            Long("slug") => task.slug = Some(parser.value()?.string()?),
            Long("timeout") => task.timeout = Some(duration(&parser.value()?.string()?)?),
            Long("text") => {
                task.source = Some(Source::Text(text(parser)?));
                break;
            }
            Value(word) => words.push(word),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((task, words)))
}

fn run(parser: &mut Parser) -> Result<Command, Error> {
    let Some((mut task, words)) = task(parser)? else { return Ok(Command::Help) };
    for word in words {
        take_source(&mut task, word)?;
    }
    Ok(Command::Run(task))
}

/// The first word is the run unless it is `-`; a second one is the file.
fn resume(parser: &mut Parser) -> Result<Command, Error> {
    let Some((mut task, words)) = task(parser)? else { return Ok(Command::Help) };
    let mut id = None;
    for word in words {
        if id.is_none() && word != "-" && task.source.is_none() | matches!(task.source, Some(Source::Text(_)))
        {
            id = Some(word.string()?);
        } else {
            take_source(&mut task, word)?;
        }
    }
    Ok(Command::Resume { id, task })
}

fn take_source(task: &mut Task, word: OsString) -> Result<(), Error> {
    if task.source.is_some() {
        return Err(
            format!("there is a prompt already, so `{}` is one too many", word.to_string_lossy()).into()
        );
    }
    task.source = Some(if word == "-" { Source::Input } else { Source::File(word.into()) });
    Ok(())
}

fn new(parser: &mut Parser) -> Result<Command, Error> {
    let mut new = New::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("write") => new.write = true,
            Long("backend") => new.backend = Some(parser.value()?.string()?),
            Long("slug") => new.slug = Some(parser.value()?.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::New(new))
}

fn list(parser: &mut Parser) -> Result<Command, Error> {
    let mut list = List::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("json") => list.json = true,
            Long("all") => list.all = true,
            Short('n') => list.number = Some(count(&parser.value()?)?),
            Value(word) if list.id.is_none() => list.id = Some(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::List(list))
}

fn wait(parser: &mut Parser) -> Result<Command, Error> {
    let (mut ids, mut timeout) = (Vec::new(), None);
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("timeout") => timeout = Some(duration(&parser.value()?.string()?)?),
            Value(word) => ids.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Wait { ids, timeout })
}

/// How many; more than can be counted are all.
fn count(text: &OsStr) -> Result<usize, Error> {
    let text = text.to_string_lossy();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse().unwrap_or(usize::MAX) {
        number @ 1.. if is_number => Ok(number),
        _ => Err(format!("-n needs a number of at least 1, not `{text}`").into()),
    }
}

/// `90s`, `10m`, `2h`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, Error> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => 0,
    };
    // A number that cannot be read is too large, or is not there.
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    match seconds.filter(|&seconds| seconds > 0) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(format!("--timeout needs a time such as 90s, 10m or 2h, not `{text}`").into()),
    }
}
