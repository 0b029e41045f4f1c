//! What was typed.

use std::path::PathBuf;

use handoff_surface::BUDGET;
use lexopt::ValueExt;
use lexopt::prelude::{Long, Short, Value};

pub(crate) const HELP: &str = "\
inbox: the handoffs of this worktree

usage: inbox [VERB] [--root DIR] [--json]

  (none), list         what is unread here
  read [ID…]           show and archive: all that fits, or those named
  show ID              show one, unread or archived, and leave it where it is
  archive ID…          archive without reading
  restore [ID…]        put back to unread; without an ID what the newest session here was given
  log [--all] [-n N]   what was archived, newest first (20); --all: in every inbox
  search TEXT [--all]  where TEXT stands, unread and archived
  worktrees            every inbox, its counts, and those whose path is gone
  move OLD NEW         a worktree was renamed: its handoffs go with it
  prune --older-than 90d [--all] [--dry-run]
                       delete archived handoffs for good
  path                 where this inbox is

  --max-bytes N        read: the most bytes of text (default 9500)
  --session-id S       read: the reading session
  --root DIR           the worktree, instead of this directory
  --json               for programs
  -h, --help; -V, --version

An ID is a number from the list or any part of a file name that only one has.
Exit code: 0 done, 1 nothing found or refused, 2 usage.

examples:
  inbox                     what waits here?
  inbox show 1              the newest, without taking it
  inbox search 'refresh token'
";

#[derive(Debug)]
pub(crate) enum Command {
    Run(Args),
    Help,
    Version,
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) verb: Verb,
    pub(crate) root: Option<PathBuf>,
    pub(crate) json: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    List,
    Read { ids: Vec<String>, max_bytes: usize, session_id: Option<String> },
    Show { id: String },
    Archive { ids: Vec<String> },
    Restore { ids: Vec<String> },
    Settle,
    Log { all: bool, most: usize },
    Search { text: String, all: bool },
    Worktrees,
    Move { old: PathBuf, new: PathBuf },
    Prune { older_than: i64, all: bool, dry_run: bool },
    Path,
}

/// Every option of every verb, before it is known which verb it is.
#[derive(Default)]
struct Typed {
    words: Vec<std::ffi::OsString>,
    root: Option<PathBuf>,
    json: bool,
    all: bool,
    dry_run: bool,
    most: Option<usize>,
    max_bytes: Option<usize>,
    older_than: Option<i64>,
    session_id: Option<String>,
}

impl Args {
    pub(crate) fn parse() -> Result<Command, lexopt::Error> {
        let mut typed = Typed::default();
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("root") => typed.root = Some(parser.value()?.into()),
                Long("json") => typed.json = true,
                Long("all") => typed.all = true,
                Long("dry-run") => typed.dry_run = true,
                Long("max-bytes") => typed.max_bytes = Some(parser.value()?.parse()?),
                Long("session-id") => typed.session_id = Some(parser.value()?.string()?),
                Long("older-than") => typed.older_than = Some(parser.value()?.parse_with(seconds)?),
                Short('n') => typed.most = Some(parser.value()?.parse()?),
                Short('h') | Long("help") => return Ok(Command::Help),
                Short('V') | Long("version") => return Ok(Command::Version),
                Value(word) => typed.words.push(word),
                other => return Err(other.unexpected()),
            }
        }
        typed.meant().map(Command::Run)
    }
}

impl Typed {
    fn meant(mut self) -> Result<Args, lexopt::Error> {
        let name = if self.words.is_empty() { "list".into() } else { self.words.remove(0) };
        let name = name.string()?;
        self.refuse_strangers(&name)?;
        let verb = match name.as_str() {
            "list" => Verb::List,
            "read" => Verb::Read {
                ids: self.rest()?,
                max_bytes: self.max_bytes.unwrap_or(BUDGET),
                session_id: self.session_id.take(),
            },
            "show" => Verb::Show { id: self.one("ID")?.string()? },
            "archive" => Verb::Archive { ids: self.some()? },
            "restore" => Verb::Restore { ids: self.rest()? },
            // The hook runs it, to archive what earlier sessions used.
            "settle" => Verb::Settle,
            "log" => Verb::Log { all: self.all, most: self.most.unwrap_or(20) },
            "search" => Verb::Search { text: self.one("TEXT")?.string()?, all: self.all },
            "worktrees" => Verb::Worktrees,
            "move" => Verb::Move { old: self.one("OLD")?.into(), new: self.one("NEW")?.into() },
            "prune" => Verb::Prune {
                older_than: self
                    .older_than
                    .ok_or("prune wants --older-than, as in: inbox prune --older-than 90d")?,
                all: self.all,
                dry_run: self.dry_run,
            },
            "path" => Verb::Path,
            other => return Err(format!("there is no verb `{other}`").into()),
        };
        match self.words.first() {
            Some(word) => Err(lexopt::Error::UnexpectedArgument(word.clone())),
            None => Ok(Args { verb, root: self.root, json: self.json }),
        }
    }

    /// An option that its verb does not know is a mistake, not nothing.
    fn refuse_strangers(&self, verb: &str) -> Result<(), lexopt::Error> {
        let given: [(&str, bool, &[&str]); 6] = [
            ("--all", self.all, &["log", "search", "prune"]),
            ("--dry-run", self.dry_run, &["prune"]),
            ("-n", self.most.is_some(), &["log"]),
            ("--max-bytes", self.max_bytes.is_some(), &["read"]),
            ("--session-id", self.session_id.is_some(), &["read"]),
            ("--older-than", self.older_than.is_some(), &["prune"]),
        ];
        match given.iter().find(|(_, given, verbs)| *given && !verbs.contains(&verb)) {
            Some((option, ..)) => Err(format!("{option} is no option of `inbox {verb}`").into()),
            None => Ok(()),
        }
    }

    fn one(&mut self, what: &str) -> Result<std::ffi::OsString, lexopt::Error> {
        if self.words.is_empty() {
            return Err(format!("{what} is missing").into());
        }
        Ok(self.words.remove(0))
    }

    fn rest(&mut self) -> Result<Vec<String>, lexopt::Error> {
        self.words.drain(..).map(|word| word.string()).collect()
    }

    fn some(&mut self) -> Result<Vec<String>, lexopt::Error> {
        let ids = self.rest()?;
        if ids.is_empty() { Err("ID is missing".into()) } else { Ok(ids) }
    }
}

/// `90d`, `12h`, `8w` in seconds.
fn seconds(text: &str) -> Result<i64, &'static str> {
    let wrong = "use a number and h, d or w, as in 90d";
    let unit = match text.chars().last() {
        Some('h') => 3_600,
        Some('d') => 86_400,
        Some('w') => 604_800,
        _ => return Err(wrong),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong)?;
    Ok(i64::from(number) * unit)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!((seconds("90d"), seconds("1h"), seconds("0w")), (Ok(7_776_000), Ok(3_600), Ok(0)));
        for wrong in ["", "90", "d", "-1d", "1.5d", "1y", "9é", "99999999999d"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
