//! Its hooks, its transcript and the instructions that it reads were measured of 0.215.0.

use crate::{Attendance, Delivers, Dialect, Guidance, Host, OutputForm, PayloadForm, Signs};

/// Factory droid.
pub(crate) static DROID: Host = Host {
    id: "droid",
    also: &["factory"],
    name: "Factory droid",
    stamp: "droid",
    signs: Signs { home: &[".factory"], project: &[".factory"], programs: &["droid"] },
    // Its other variables are settings of the user's.
    shell_variables: &["FACTORY_EXEC_TARGET_AUTONOMY"],
    payloads: &[PayloadForm {
        present: &["permission_mode", "CLAUDE_ENV_FILE"],
        absent: &["timestamp"],
        ..PayloadForm::CLAUDE
    }],
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    transcript: Some(Dialect::Droid),
    attendance: Attendance::Argument(&["exec"]),
    guidance: Guidance::each_of(&["AGENTS.md"], "AGENTS.md"),
    ..Host::UNKNOWN
};
