//! What was typed.

use std::ffi::OsString;
use std::path::PathBuf;

use handoff_address::WorktreeName;
use handoff_document::Topic;
use lexopt::ValueExt;
use lexopt::prelude::{Long, Short};

use crate::place::Start;

pub(crate) const HELP: &str = "\
handoff-write: leaves a handoff for the next session of a worktree

usage: handoff-write [--to NAME] [--topic SLUG] [--file PATH|-] [--name S] [--description S]
                     [--tool S] [--session-id S] [--check] [--redact | --allow-secrets]
                     [--dirty-files N] [--root DIR | --project-dir DIR] [--json]
       handoff-write --template | --context [--root DIR | --project-dir DIR]

The body comes from standard input, or from --file. It must have `## Immediate next action`.

  --to NAME         another worktree: a linked one of this repository, else the directory ../NAME
  --topic SLUG      what it is about, for the file name
  --name S, --description S
                    title and summary; else from the draft's frontmatter or its headings
  --tool S          which agent writes: claude-code, codex-cli, …; else the one whose shell this is
  --session-id S    the writing session; else CLAUDE_CODE_SESSION_ID or CODEX_THREAD_ID, by --tool
  --check           judge the draft, write nothing
  --redact          replace secrets by [REDACTED:<rule>]
  --allow-secrets   write them
  --dirty-files N   so many files are uncommitted: who has counted them saves the look at all
  --root DIR        the writing worktree, instead of this directory
  --project-dir DIR what the session was started in, where the shell may be in another place
  --json            report as JSON
  --template        print the sections
  --context         print what a writer should know: branch, changed files, siblings
  -h, --help; -V, --version

Exit code: 0 written, 1 refused (the draft is kept, the message says where), 2 usage.

example:
  handoff-write --topic auth --to app-review < handoff.md
";

#[derive(Debug)]
pub(crate) enum Command {
    Write(Args),
    Context(Start),
    Template,
    Help,
    Version,
}

#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) to: Option<WorktreeName>,
    pub(crate) topic: Option<Topic>,
    /// None reads standard input.
    pub(crate) file: Option<PathBuf>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) session_id: Option<String>,
    /// How many files are uncommitted, where the caller has counted them.
    pub(crate) dirty_files: Option<usize>,
    pub(crate) check: bool,
    pub(crate) secrets: Secrets,
    pub(crate) start: Start,
    pub(crate) json: bool,
}

/// What to do about secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Secrets {
    #[default]
    Refuse,
    Redact,
    Allow,
}

impl Args {
    pub(crate) fn parse() -> Result<Command, lexopt::Error> {
        let mut args = Self::default();
        let mut context = false;
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("to") => args.to = Some(parser.value()?.parse_with(WorktreeName::new)?),
                Long("topic") => args.topic = Some(parser.value()?.parse_with(Topic::new)?),
                Long("file") => args.file = file(parser.value()?),
                Long("name") => args.name = Some(parser.value()?.string()?),
                Long("description") => args.description = Some(parser.value()?.string()?),
                Long("tool") => args.tool = Some(parser.value()?.string()?),
                Long("session-id") => {
                    args.session_id = Some(parser.value()?.string()?).filter(|id| !id.is_empty())
                }
                Long("dirty-files") => args.dirty_files = Some(parser.value()?.parse()?),
                Long("check") => args.check = true,
                Long("redact") => args.secrets = secrets(args.secrets, Secrets::Redact)?,
                Long("allow-secrets") => args.secrets = secrets(args.secrets, Secrets::Allow)?,
                Long("root") => args.start.root = Some(parser.value()?.into()),
                Long("project-dir") => {
                    args.start.project_dir =
                        Some(parser.value()?.into()).filter(|dir: &PathBuf| !dir.as_os_str().is_empty())
                }
                Long("json") => args.json = true,
                Long("template") => return Ok(Command::Template),
                Long("context") => context = true,
                Short('h') | Long("help") => return Ok(Command::Help),
                Short('V') | Long("version") => return Ok(Command::Version),
                other => return Err(other.unexpected()),
            }
        }
        Ok(if context { Command::Context(args.start) } else { Command::Write(args) })
    }
}

fn file(path: OsString) -> Option<PathBuf> {
    (path != "-").then(|| path.into())
}

fn secrets(already: Secrets, wanted: Secrets) -> Result<Secrets, lexopt::Error> {
    match already {
        Secrets::Refuse => Ok(wanted),
        same if same == wanted => Ok(wanted),
        _ => Err("--redact and --allow-secrets exclude each other".into()),
    }
}
