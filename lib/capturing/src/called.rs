//! How the reader of a message types this program: `handover`, or `handoff` for the verbs that the front door has too.

use handoff_cli::CalledAs;
use handoff_process::Environment;

/// The words before a verb in a message. A verb that only `handover` has is named with that.
pub fn called() -> CalledAs {
    CalledAs::new(Environment::started_as().as_deref(), "handover", &["handover", "handoff"])
}
