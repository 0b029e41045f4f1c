//! What git itself says, where gitoxide cannot read a repository.

use std::path::Path;
use std::process::{Command, Stdio};

use gix::ObjectId;

use crate::repository::Resolved;

/// The variables by which a caller's git says of which repository it speaks, and with what settings.
const INHERITED: [&str; 18] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REF_STORAGE",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What HEAD is in the repository with this git directory; None when git is missing or does not know.
pub(crate) fn head(git_dir: &Path) -> Option<Resolved> {
    let ask = |args: &[&str]| {
        let mut git = Command::new("git");
        git.arg("--git-dir").arg(git_dir).args(args).stdin(Stdio::null()).stderr(Stdio::null());
        for name in INHERITED {
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
