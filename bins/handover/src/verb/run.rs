//! `handover run`: starts a tool on what waits here.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use handoff_capturing::recover;
use handoff_process::Failure;

use crate::args::Pickup;
use crate::here::Here;
use crate::verb::pickup::failure;

/// What an agent is asked that is started without a word of the user's own.
const PROMPT: &str = "Work of a session before this one was saved. What its summary says is a claim: check it against the \
                      repository before you rely on it, then go on with its \"Immediate next action\". The summary:";

/// Becomes `command`, with the summary at hand: `HANDOVER_SUMMARY` is its file, `HANDOVER_BUNDLE` the bundle's
/// directory. Claude Code and Codex without arguments are asked to begin with it.
pub(crate) fn run(here: &Here<'_>, pickup: bool, command: &[OsString]) -> Result<u8, Failure> {
    let Some((program, args)) = command.split_first() else {
        return Err(Failure::usage("there is no command: handover run -- COMMAND"));
    };
    let name = program.to_string_lossy();
    // Nothing is claimed for a tool that is not there.
    let found = if name.contains('/') {
        Some(PathBuf::from(program)).filter(|path| handoff_files::is_file(path))
    } else {
        here.project.environment.find_program(&name)
    };
    let program = found.ok_or_else(|| Failure::new(format!("could not find the program {name}")))?;
    let mut tool = Command::new(&program);
    tool.args(args).current_dir(here.top());
    let is_agent = matches!(program.file_name().and_then(|name| name.to_str()), Some("claude" | "codex"));
    if pickup {
        recover(&here.project, false)?;
    }
    let mut claim = None;
    match here.project.handover()?.map(|handover| here.project.choose(&handover, None, false)).transpose() {
        Ok(Some(bundle)) => {
            let id = bundle.id().clone();
            match here.project.trusted(bundle) {
                Ok(bundle) => {
                    let summary = bundle.path().join("summary.md");
                    if is_agent && args.is_empty() {
                        // An agent does not look at its environment by itself.
                        tool.arg(format!("{PROMPT} {}", summary.display()));
                    }
                    tool.env("HANDOVER_SUMMARY", summary).env("HANDOVER_BUNDLE", bundle.path());
                    if pickup {
                        let claimed = handoff_capturing::claim(&here.project, &bundle, false);
                        claim = Some(claimed.map_err(|error| failure(here, &Pickup::default(), error))?);
                        here.output.note(&format!("handover: picked up {id}\n"));
                    } else {
                        here.output.note(&format!("handover: {id} waits, and is not picked up\n"));
                    }
                }
                // Where it was to be taken, the tool must not start without it.
                Err(error) if pickup => return Err(error.into()),
                Err(error) => here.output.note(&format!("handover: {error}\n")),
            }
        }
        Ok(None) => here.output.note("handover: no capture waits here\n"),
        Err(error) => here.output.note(&format!("handover: {error}\n")),
    }
    let error = tool.exec();
    // It did not start, so nothing was taken.
    if let Some(claim) = claim {
        claim.give_back()?;
    }
    Err(Failure::new(format!(
        "could not start {}: {}",
        handoff_text::Sanitised::path(&program),
        handoff_files::reason(&error)
    )))
}
