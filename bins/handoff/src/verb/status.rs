//! `handoff` alone: how things stand here.

use std::process::Stdio;

use handoff_process::Failure;
use handoff_runs::{Filter, State};

use super::{printed, sibling};
use crate::args::HELP;
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>) -> Result<u8, Failure> {
    if !here.output.is_terminal() {
        printed(here.output, HELP);
        return Ok(2);
    }
    let mut text = said(here, "inbox", &[]);
    for line in said(here, "handover", &["pending"]).lines() {
        text.push_str(&format!("capture: {line}\n"));
    }
    if handoff_files::is_directory(&here.home) {
        let runs = here.runs()?;
        for row in runs.list(&Filter { state: Some(State::Running), ..Filter::default() })? {
            let prompt = handoff_text::Sanitised::line(row.prompt.as_bytes(), 60);
            text.push_str(&format!("running: {} ({}) {prompt}\n", row.id, row.backend));
        }
    }
    text.push_str("see handoff --help\n");
    Ok(printed(here.output, &text))
}

/// What the program beside this one says of this worktree.
fn said(here: &Here<'_>, name: &str, args: &[&str]) -> String {
    let mut program = sibling::command(name);
    match program.args(args).stdin(Stdio::null()).output() {
        Ok(said) => {
            here.output.note(&String::from_utf8_lossy(&said.stderr));
            String::from_utf8_lossy(&said.stdout).into_owned()
        }
        Err(error) => {
            here.output.complain(sibling::could_not_run(&program, &error).words);
            String::new()
        }
    }
}
