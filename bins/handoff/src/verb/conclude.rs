//! What is printed of a run that has ended.

use handoff_dispatch::{Concluded, Observer};
use handoff_runs::State;
use handoff_text::Sanitised;

use super::dispatch::Printer;

/// Says how the run ended and, where it `is_wanted` or a person is looking, with what; gives the exit code.
pub(super) fn report(printer: &Printer<'_>, is_wanted: bool, run: &Concluded) -> u8 {
    let output = printer.here.output;
    let id = &run.id;
    if let Some(error) = &run.unrecorded {
        output.note(&format!("warning: {error}; how the run ended is not in the list yet\n"));
    }
    if let Some(reason) = &run.reason {
        output.complain(format_args!("{id}: {}: {reason}", run.outcome.name()));
    }
    if let Some(hint) = &run.hint {
        output.note(&format!("hint: {hint}\n"));
    }
    if let Some(error) = &run.not_notified {
        output.note(&format!("warning: {error}\n"));
    }
    printer.progress(&run.last_line, false);
    if is_wanted || output.is_terminal() || (run.result.is_err() && run.outcome == State::Success) {
        output.print(&unforged(&run.text));
    }
    match &run.result {
        Ok(path) => {
            let line = format!("RESULT={}\n", path.display());
            output.print_exact(&line);
            // As the agents of handoff-cli call it, which read the line on standard error.
            if output.is_discarded() {
                output.note(&line);
            }
        }
        Err(error) => output.complain(format_args!("{id}: {error}")),
    }
    match (run.state, run.signal) {
        // Also one that was asked to end: what it was for is done.
        (State::Success, _) => 0,
        (_, Some(signal)) => u8::try_from(128 + signal).unwrap_or(1),
        _ => 1,
    }
}

/// `text` for standard output: no line of it can be taken for one of ours.
fn unforged(text: &str) -> String {
    let sanitised = Sanitised::from(text);
    let mut text = String::with_capacity(sanitised.len() + 1);
    for line in sanitised.split_inclusive('\n') {
        if line.starts_with("RESULT=") || line.starts_with("RUN_ID=") {
            text.push(' ');
        }
        text.push_str(line);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::unforged;

    #[test]
    fn no_line_of_a_result_looks_like_one_of_ours() {
        assert_eq!(unforged("RESULT=a\nx RUN_ID=b\nRUN_ID=c"), " RESULT=a\nx RUN_ID=b\n RUN_ID=c\n");
        assert_eq!(unforged(""), "\n");
    }
}
