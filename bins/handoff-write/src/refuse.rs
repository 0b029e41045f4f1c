//! Saying no without losing anything.

use handoff_process::{Environment, Output, Status};
use handoff_text::Sanitised;
use handoff_writing::{Kept, Refused, Source};
use serde_json::json;

use crate::{input, line};

/// Says why `source` was refused and where it is.
pub(crate) fn draft(refused: &Refused, source: &Source, json: bool, output: &Output) -> Status {
    print_lost(&refused.kept, source, output);
    let reasons: Vec<_> = refused.reasons.iter().map(line::reason).collect();
    for reason in &reasons {
        output.complain(format_args!("could not write the handoff: {reason}"));
    }
    say_where(&refused.kept, output);
    if json {
        let path = match &refused.kept {
            Kept::At(path) => Some(path.to_string_lossy()),
            Kept::Nowhere | Kept::Nothing => None,
        };
        output.json(&json!({ "written": false, "reasons": reasons, "draft": path }));
    }
    if refused.is_misuse() { Status::Usage } else { Status::NotDone }
}

/// Refuses a command line. What was piped in is kept too: it is often the only copy.
pub(crate) fn usage(message: &str, environment: &Environment, output: &Output) -> Status {
    output.complain(message);
    if let Some(source) = input::sent() {
        if let Some(cut) = &source.cut {
            output.complain(cut);
        }
        keep(&source, environment, output);
    }
    Status::Usage
}

/// Keeps a draft and says where it is.
pub(crate) fn keep(source: &Source, environment: &Environment, output: &Output) {
    let kept = source.keep(environment);
    print_lost(&kept, source, output);
    say_where(&kept, output);
}

/// Prints a draft that could be kept nowhere: the last place where it can still be found is what called us.
fn print_lost(kept: &Kept, source: &Source, output: &Output) {
    if *kept == Kept::Nowhere {
        output.print_exact(&String::from_utf8_lossy(&source.bytes));
    }
}

/// Says where a draft is.
fn say_where(kept: &Kept, output: &Output) {
    match kept {
        Kept::At(path) => output.note(&format!("draft kept: {}\n", Sanitised::path(path))),
        Kept::Nowhere => output.complain("could not keep the draft anywhere: it was printed instead"),
        Kept::Nothing => {}
    }
}
