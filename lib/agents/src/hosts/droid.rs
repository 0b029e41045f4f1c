//! Its hooks, its transcript and the instructions that it reads were measured of 0.215.0.

use crate::session::CLAUDE_SOURCES;
use crate::{Attendance, Dialect, Guidance, Host, PayloadForm, Signs};

/// Factory droid.
pub(crate) static DROID: Host = Host {
    id: "droid",
    also: &["factory"],
    name: "Factory droid",
    stamp: "droid",
    signs: Signs { home: &[".factory"], project: &[".factory"], programs: &["droid"] },
    // Its other variables are settings of the user's.
    shell_variables: &["FACTORY_EXEC_TARGET_AUTONOMY"],
    payload: Some(PayloadForm {
        present: &["permission_mode", "CLAUDE_ENV_FILE"],
        absent: &["timestamp"],
        sources: CLAUDE_SOURCES,
    }),
    delivers: true,
    transcript: Some(Dialect::Droid),
    attendance: Attendance::Argument(&["exec"]),
    guidance: Guidance::each_of(&["AGENTS.md"], "AGENTS.md"),
    ..Host::UNKNOWN
};
