//! From the command line to a [`Command`].

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value};
use lexopt::{Arg, Error, Parser, ValueExt};

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
        Long("pro") => task.pro = true,
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

/// Everything to the end of the line, joined by blanks, nothing of it taken for an option.
fn text(parser: &mut Parser) -> Result<Vec<u8>, Error> {
    let attached = parser.optional_value();
    let mut rest: Vec<OsString> = parser.raw_args()?.collect();
    if attached.is_none() && rest.first().is_some_and(|first| first == "--") {
        rest.remove(0);
    }
    let words: Vec<Vec<u8>> = attached.into_iter().chain(rest).map(OsStringExt::into_vec).collect();
    let text = words.join(&b' ');
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err("--text needs words".into());
    }
    Ok(text)
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
            Short('n') => match parser.value()?.parse()? {
                0 => return Err("-n needs a number of at least 1".into()),
                number => list.number = Some(number),
            },
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
        _ => return Err(format!("`{text}` is no time: 90s, 10m, 2h").into()),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is no time: 90s, 10m, 2h"))?;
    match number.checked_mul(seconds).filter(|&seconds| seconds > 0) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(format!("`{text}` is no time to wait").into()),
    }
}
