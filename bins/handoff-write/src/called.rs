//! How the reader of a message types this program.

use handoff_cli::CalledAs;
use handoff_process::Environment;

/// `handoff write`, or `handoff-write` where it was found under that name.
pub(crate) fn called() -> CalledAs {
    CalledAs::new(Environment::started_as().as_deref(), "handoff-write", &["handoff write"])
}
