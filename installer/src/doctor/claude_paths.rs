//! The paths in Claude Code's settings: those of its sandbox, and those of permission rules.

use std::path::{Component, Path, PathBuf};

use super::settings::Source;

/// The absolute path that `text` of the list of a sandbox stands for; it may have `*` in it.
pub(super) fn listed(text: &str, source: &Source, home: &Path) -> Option<PathBuf> {
    absolute(text, source.path.parent()?, home)
}

/// The absolute path or pattern of a permission rule: `//` begins an absolute path, `/` one below the directory of the
/// settings, anything else one below the directory that the session was started in.
pub(super) fn pattern(text: &str, source: &Source, home: &Path, project: &Path) -> Option<String> {
    let below = text.strip_prefix('/').filter(|rest| !rest.starts_with('/'));
    let path = match below {
        Some(below) => absolute(below, source.path.parent()?, home),
        None => absolute(text, project, home),
    };
    path?.to_str().map(str::to_owned)
}

fn absolute(text: &str, base: &Path, home: &Path) -> Option<PathBuf> {
    let joined = match (text.strip_prefix('~'), text.strip_prefix("//")) {
        (Some(""), _) => home.to_owned(),
        (Some(rest), _) => home.join(rest.strip_prefix('/')?),
        (_, Some(rest)) => Path::new("/").join(rest),
        _ => base.join(text),
    };
    let mut path = PathBuf::new();
    for part in joined.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    Some(path)
}
