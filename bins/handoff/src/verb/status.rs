//! `handoff` alone: how things stand here.

use std::process::Stdio;

use handoff_cli::CalledAs;
use handoff_process::Failure;
use handoff_runs::{Filter, State};

use super::{printed, sibling};
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>, called: &CalledAs) -> Result<u8, Failure> {
    if !here.output.is_terminal() {
        printed(here.output, &handoff_cli::program_help(&handoff_cli::tables::handoff::PROGRAM, called));
        return Ok(2);
    }
    let mut text = said("inbox", &[]);
    for line in said("handover", &["pending"]).lines() {
        text.push_str(&format!("capture: {line}\n"));
    }
    if handoff_files::is_directory(&here.home) {
        let runs = here.runs()?;
        for row in runs.list(&Filter { state: Some(State::Running), ..Filter::default() })? {
            let prompt = handoff_text::Sanitised::line(row.prompt.as_bytes(), 60);
            text.push_str(&format!("running: {} ({}) {prompt}\n", row.id, row.backend));
        }
    }
    text.push_str(&format!("see {called} --help\n"));
    Ok(printed(here.output, &text))
}

/// What the program beside this one says of this worktree.
fn said(name: &str, args: &[&str]) -> String {
    let said = sibling::command(name).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output();
    said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default()
}
