//! Saying no without losing anything.

use handoff_process::{Environment, Output, Status};
use handoff_text::Sanitised;
use serde_json::json;

use crate::draft::{Kept, Source};

/// Refuses `source` for `reasons`: keeps the draft, says why and where.
pub(crate) fn draft(
    source: &Source,
    reasons: &[String],
    json: bool,
    environment: &Environment,
    output: &Output,
) -> Status {
    let kept = source.keep(environment, output);
    for reason in reasons {
        output.complain(format_args!("could not write the handoff: {reason}"));
    }
    say_where(&kept, output);
    if json {
        let path = match &kept {
            Kept::At(path) => Some(path.to_string_lossy()),
            Kept::Printed | Kept::Nothing => None,
        };
        output.json(&json!({ "written": false, "reasons": reasons, "draft": path }));
    }
    Status::NotDone
}

/// Refuses a command line. What was piped in is kept too: it is often the only copy.
pub(crate) fn usage(message: &str, environment: &Environment, output: &Output) -> Status {
    output.complain(message);
    if let Some(source) = Source::sent() {
        if let Some(cut) = &source.cut {
            output.complain(cut);
        }
        say_where(&source.keep(environment, output), output);
    }
    Status::Usage
}

/// Says where a draft is.
pub(crate) fn say_where(kept: &Kept, output: &Output) {
    match kept {
        Kept::At(path) => output.note(&format!("draft kept: {}\n", Sanitised::path(path))),
        Kept::Printed => output.complain("could not keep the draft anywhere: it was printed instead"),
        Kept::Nothing => {}
    }
}
