//! What git itself says, where gitoxide cannot read a repository.

use std::path::Path;
use std::process::{Command, Stdio};

use gix::ObjectId;

use crate::environment::REPOSITORY_VARIABLES;
use crate::repository::Resolved;

/// Further variables that change what git says of a repository whose directory is named.
const SETTINGS: [&str; 3] = ["GIT_CEILING_DIRECTORIES", "GIT_CONFIG_COUNT", "GIT_REF_STORAGE"];

/// What HEAD is in the repository with this git directory; None when git is missing or does not know.
pub(crate) fn head(git_dir: &Path) -> Option<Resolved> {
    let ask = |args: &[&str]| {
        let mut git = Command::new("git");
        git.arg("--git-dir").arg(git_dir).args(args).stdin(Stdio::null()).stderr(Stdio::null());
        for name in REPOSITORY_VARIABLES.iter().chain(&SETTINGS) {
            git.env_remove(name);
        }
        let output = git.output().ok()?;
        let line = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
        Some((output.status.code()?, line))
    };
    // 1: HEAD is no branch; or names no commit. Anything else is a repository that cannot be read.
    let branch = match ask(&["symbolic-ref", "--quiet", "--short", "HEAD"])? {
        (0, branch) => branch,
        (1, _) => "HEAD".to_owned(),
        _ => return None,
    };
    let commit = match ask(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])? {
        (0, id) => Some(ObjectId::from_hex(id.as_bytes()).ok()?),
        (1, _) => None,
        _ => return None,
    };
    Some(Resolved { branch, commit })
}
