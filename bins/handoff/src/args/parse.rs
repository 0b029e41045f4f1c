//! From the command line to a [`Command`].

use std::ffi::OsString;

use handoff_cli::table::Target;
use handoff_cli::tables::{DRY_RUN, JSON, ROOT, YES, handoff as table};
use handoff_cli::{Asked, CalledAs, Given, Misuse, UsageError, age, ask, positive_limit, timeout};

use super::{Command, List, New, Source, Task};
use handoff_dispatch::Native;

/// Reads `words`, the command line without the program's name, of a program that was called as `called`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(
    words: impl IntoIterator<Item = OsString>,
    called: &CalledAs,
) -> Result<Asked<Command>, Misuse> {
    ask(&table::PROGRAM, called, env!("CARGO_PKG_VERSION"), words, |given| command(given, called))
}

fn command(given: &Given, called: &CalledAs) -> Result<Command, Misuse> {
    let rest = || given.tail().to_vec();
    let id = || given.word(0);
    let required = || Ok(given.word(0)?.unwrap_or_default());
    match given.verb.target {
        Target::Itself | Target::Verbs(_) => {}
        Target::Program(program) => {
            let called = called.with(given.verb.name).to_string();
            return Ok(Command::Sibling { name: program.name, called, first: None, rest: rest() });
        }
        Target::Verb(program, verb) => {
            let (called, first) = (called.to_string(), Some(verb.name));
            return Ok(Command::Sibling { name: program.name, called, first, rest: rest() });
        }
    }
    Ok(match given.verb.name {
        "leash" => Command::Leash { command: rest() },
        "guard" => Command::Guard { command: rest() },
        "run" => run(given)?,
        "resume" => resume(given)?,
        "new" => Command::New(New {
            write: given.has(&table::WRITE),
            backend: given.text(&table::BACKEND)?,
            slug: given.text(&table::SLUG)?,
        }),
        "delete" => Command::Delete { ids: given.words_from(0)? },
        "prune" => Command::Prune {
            older_than: given.parsed(&table::OLDER_THAN, age)?.unwrap_or_default(),
            dry_run: given.has(&DRY_RUN),
        },
        "list" => Command::List(List {
            id: id()?,
            json: given.has(&JSON),
            all: given.has(&table::ALL),
            number: given.parsed(&table::NUMBER, positive_limit)?,
        }),
        "open" => open(given)?,
        "tail" => Command::Tail { id: id()?, follow: given.has(&table::FOLLOW) },
        "wait" => {
            Command::Wait { ids: given.words_from(0)?, timeout: given.parsed(&table::WAIT_TIMEOUT, timeout)? }
        }
        "stop" => Command::Stop { id: id()? },
        "init" => Command::Init { yes: given.has(&YES) },
        "completions" => Command::Completions { shell: required()?, program: given.word(1)? },
        "man" => Command::Man { program: id()? },
        "inbox-screen" => {
            Command::InboxScreen { root: given.path(&ROOT), all: given.has(&handoff_cli::tables::inbox::ALL) }
        }
        handoff_cli::complete::NAMES_VERB => Command::Complete { kind: required()? },
        _ => Command::Env,
    })
}

/// What `run` and `resume` have in common.
fn task(given: &Given) -> Result<Task, Misuse> {
    use std::os::unix::ffi::OsStrExt;
    let pro = given.has(&table::PRO).then_some(true).or(given.has(&table::NO_PRO).then_some(false));
    Ok(Task {
        source: given.value(&table::TEXT).map(|text| Source::Text(text.as_bytes().to_vec())),
        backend: given.text(&table::BACKEND)?,
        pro,
        fast: given.has(&table::FAST),
        dry_run: given.has(&table::NO_RUN),
        cwd: given.path(&table::CWD),
        slug: given.text(&table::SLUG)?,
        print: given.has(&table::PRINT),
        timeout: given.parsed(&table::TIMEOUT, timeout)?,
        to_inbox: given.has(&table::TO_INBOX),
        quiet: given.has(&table::QUIET),
        verbose: given.has(&table::VERBOSE),
    })
}

fn run(given: &Given) -> Result<Command, Misuse> {
    let mut task = task(given)?;
    for word in given.words() {
        take_source(given, &mut task, word)?;
    }
    Ok(Command::Run(task))
}

/// The first word is the run unless it is `-` or the conversation is named by its own id; a second one is the file.
fn resume(given: &Given) -> Result<Command, Misuse> {
    let mut task = task(given)?;
    let native = native(given)?;
    let mut words = given.words();
    let mut id = None;
    if native.is_none() && words.first().is_some_and(|first| first != "-") {
        id = given.word(0)?;
        words = words.get(1..).unwrap_or_default();
    }
    for word in words {
        take_source(given, &mut task, word)?;
    }
    Ok(Command::Resume { id, native, task })
}

fn open(given: &Given) -> Result<Command, Misuse> {
    let (id, native) = (given.word(0)?, native(given)?);
    if id.is_some() && native.is_some() {
        let error = "either the ID of a run or --session-id names the conversation, not both".to_owned();
        return Err(given.misuse(UsageError::Other(error)));
    }
    Ok(Command::Open { id, native })
}

/// The conversation that `--session-id` names, if it is given.
fn native(given: &Given) -> Result<Option<Native>, Misuse> {
    let Some(session) = given.text(&table::SESSION_ID)? else { return Ok(None) };
    Ok(Some(Native { session, backend: given.text(&table::ITS_BACKEND)?, cwd: given.path(&table::CWD) }))
}

fn take_source(given: &Given, task: &mut Task, word: &OsString) -> Result<(), Misuse> {
    if task.source.is_some() {
        let word = word.to_string_lossy();
        let error = format!("there is a prompt already, so `{word}` is one too many");
        return Err(given.misuse(UsageError::Other(error)));
    }
    task.source = Some(if word == "-" { Source::Input } else { Source::File(word.into()) });
    Ok(())
}
