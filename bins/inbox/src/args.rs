//! What was typed.

use std::path::PathBuf;

use handoff_cli::tables::{DRY_RUN, JSON, ROOT, YES, inbox, write};
use handoff_cli::{Asked, CalledAs, Given, Misuse, age, ask, limit};
use handoff_surface::BUDGET;

use crate::one::Shelf;

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) verb: Verb,
    pub(crate) root: Option<PathBuf>,
    pub(crate) json: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    List {
        all: bool,
    },
    /// The screen, which is another program's.
    Screen {
        all: bool,
    },
    Read(Read),
    Show {
        id: String,
    },
    Archive {
        ids: Vec<String>,
    },
    Restore {
        ids: Vec<String>,
        only: Option<Shelf>,
    },
    Settle,
    Log {
        all: bool,
        most: usize,
    },
    Search {
        text: String,
        all: bool,
    },
    Forward {
        id: String,
        to: String,
        /// Whether the worktree of that name may be still to be made.
        is_new: bool,
        only: Option<Shelf>,
    },
    Edit {
        id: String,
        file: Option<PathBuf>,
        allow_secrets: bool,
    },
    Delete {
        id: String,
        only: Option<Shelf>,
        yes: bool,
    },
    Worktrees,
    Move {
        old: PathBuf,
        new: PathBuf,
    },
    Prune {
        older_than: i64,
        all: bool,
        dry_run: bool,
    },
    Path,
}

/// `read`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// Which; all that fits where none is named.
    pub(crate) ids: Vec<String>,
    pub(crate) max_bytes: usize,
    /// The session that reads.
    pub(crate) session_id: Option<String>,
    /// When what was shown is archived.
    pub(crate) archives: Archives,
}

/// When what `read` shows is archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Archives {
    /// When all of it is written.
    OnceOut,
    /// When standard input has a line after that.
    OnReceipt,
    Never,
}

/// Reads the command line of a program that was called as `called`.
pub(crate) fn parse(called: &CalledAs) -> Result<Asked<Args>, Misuse> {
    ask(
        &inbox::PROGRAM,
        called,
        env!("CARGO_PKG_VERSION"),
        handoff_process::Environment::arguments(),
        |given| Ok(Args { verb: verb(given)?, root: given.path(&ROOT), json: given.has(&JSON) }),
    )
}

fn verb(given: &Given) -> Result<Verb, Misuse> {
    let all = given.has(&inbox::ALL);
    let ids = || given.words_from(0);
    let first = || Ok(given.word(0)?.unwrap_or_default());
    let path = |index: usize| given.words().get(index).map(PathBuf::from).unwrap_or_default();
    Ok(match given.verb.name {
        "read" => Verb::Read(Read {
            ids: ids()?,
            max_bytes: given.parsed(&inbox::MAX_BYTES, limit)?.unwrap_or(BUDGET),
            session_id: given.text(&inbox::SESSION_ID)?,
            archives: match given {
                given if given.has(&inbox::PEEK) => Archives::Never,
                given if given.has(&inbox::RECEIPT) => Archives::OnReceipt,
                _ => Archives::OnceOut,
            },
        }),
        "show" => Verb::Show { id: first()? },
        "archive" => Verb::Archive { ids: ids()? },
        "restore" => Verb::Restore { ids: ids()?, only: only(given) },
        "settle" => Verb::Settle,
        "log" => Verb::Log { all, most: given.parsed(&inbox::NUMBER, limit)?.unwrap_or(20) },
        "search" => Verb::Search { text: first()?, all },
        "forward" => {
            let to = given.text(&inbox::TO)?.unwrap_or_default();
            Verb::Forward { id: first()?, to, is_new: given.has(&write::NEW), only: only(given) }
        }
        "edit" => Verb::Edit {
            id: first()?,
            file: given.path(&inbox::FILE),
            allow_secrets: given.has(&inbox::ALLOW_SECRETS),
        },
        "delete" => Verb::Delete { id: first()?, only: only(given), yes: given.has(&YES) },
        "worktrees" => Verb::Worktrees,
        "move" => Verb::Move { old: path(0), new: path(1) },
        "prune" => Verb::Prune {
            older_than: given.parsed(&inbox::OLDER_THAN, age)?.map_or(0, seconds),
            all,
            dry_run: given.has(&DRY_RUN),
        },
        "path" => Verb::Path,
        _ if given.has(&inbox::INTERACTIVE) => Verb::Screen { all },
        _ => Verb::List { all },
    })
}

/// The shelf that the command line confines an ID to.
fn only(given: &Given) -> Option<Shelf> {
    let unread = given.has(&inbox::UNREAD).then_some(Shelf::Unread);
    unread.or(given.has(&inbox::ARCHIVED).then_some(Shelf::Archived))
}

/// More seconds than can be counted are all.
fn seconds(age: std::time::Duration) -> i64 {
    i64::try_from(age.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn read(line: &str) -> Option<Verb> {
        let called = CalledAs::new(None, "inbox", &[]);
        let words = line.split_whitespace().map(OsString::from);
        match ask(&inbox::PROGRAM, &called, "", words, verb) {
            Ok(Asked::Verb(verb)) => Some(verb),
            _ => None,
        }
    }

    #[test]
    fn every_verb_of_the_table_is_one_of_its_own() {
        for verb in inbox::PROGRAM.verbs.iter().map(|verb| verb.name) {
            let line = match verb {
                "show" | "archive" | "search" | "edit" | "delete" => format!("{verb} x"),
                "forward" => "forward x --to y".to_owned(),
                "move" => "move a b".to_owned(),
                "prune" => "prune --older-than 1d".to_owned(),
                verb => verb.to_owned(),
            };
            let found = read(&line);
            assert!(found.is_some(), "{line}");
            assert_eq!(found == Some(Verb::List { all: false }), verb == "list", "{line}");
        }
    }

    #[test]
    fn an_age_is_in_seconds() {
        let prune = Verb::Prune { older_than: 7_776_000, all: true, dry_run: false };
        assert_eq!(read("prune --older-than 90d --all"), Some(prune));
        assert_eq!(read("prune --older-than 90"), None);
        assert_eq!(read("log -n x"), None);
    }
}
