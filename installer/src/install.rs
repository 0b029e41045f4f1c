//! From a checkout to proved programs in the prefix.

use std::path::PathBuf;

use handoff_files::Dir;
use handoff_process::{Environment, Output};

use crate::{InstallError, PROGRAMS, build, prove};

/// Larger than any of our programs.
const LARGEST: u64 = 64 << 20;

/// Builds the programs, copies them to `home` or the usual prefix, and proves them there.
///
/// # Errors
/// [`InstallError`]; a program that was installed before is replaced whole or not at all.
pub fn install(
    home: Option<PathBuf>,
    environment: &Environment,
    output: &Output,
) -> Result<(), InstallError> {
    let prefix = home.or_else(|| environment.install_prefix()).ok_or(InstallError::NoPrefix)?;
    let prefix = std::path::absolute(&prefix).unwrap_or(prefix);
    output.note("building the release programs: some minutes the first time\n");
    let built = build()?;
    let bin = Dir::create(&prefix.join("bin"))?;
    for program in PROGRAMS {
        let (bytes, _) = handoff_files::read_named(&built.join(program), LARGEST)?;
        bin.put_program(program, &bytes)?;
    }
    let proof = prove(bin.path())?;
    output.print(&format!(
        "installed: {} in {}\nproved:    {proof}\n",
        PROGRAMS.join(", "),
        bin.path().display()
    ));
    Ok(())
}
