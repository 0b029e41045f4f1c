//! Where a host keeps what, and what it reads.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Matchers;

/// A directory that an environment variable may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The variable; empty where none names it.
    pub variable: &'static str,
    /// Where it is below what the variable names: empty where that is the directory itself.
    pub below_variable: &'static str,
    /// Where it is without the variable, below HOME.
    pub below_home: &'static str,
}

/// What shows that a user or a project has a host, beside its directory. A name that ends in `*` stands for every name
/// that begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// Below HOME.
    pub home: &'static [&'static str],
    /// Below the project.
    pub project: &'static [&'static str],
    /// On PATH.
    pub programs: &'static [&'static str],
}

/// Where a host reads standing instructions in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// Files that others write too, in the order in which the host looks for them. The first that is there gets ours.
    pub looks: &'static [&'static str],
    /// Whether the first hides all that come after it, so that making one can take another from the host.
    pub first_only: bool,
    /// Files that an earlier version put ours into, and this one does not.
    pub formerly: &'static [&'static str],
    /// The file that is made when there is none of them.
    pub fresh: &'static str,
    /// What a file that is ours alone begins with, for the host to always read it.
    pub preface: &'static str,
    /// What has to name the file before the host reads it.
    pub reader: Option<Reader>,
}

/// A file of settings that must name an instructions file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The file, in the project.
    pub file: &'static str,
    /// The line to put there.
    pub line: &'static str,
}

/// Where and how a host reads hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookFiles {
    /// The file in a project.
    pub project: &'static str,
    /// The file in its user's directory.
    pub user: &'static str,
    /// How a command is written.
    pub form: Form,
    /// The events that are wired.
    pub events: &'static [Event],
    /// Which hooks it runs in a linked worktree.
    pub linked: Linked,
    /// How it reads the matcher of a group of handlers.
    pub matchers: Matchers,
    /// Whether it reads a file that has comments in it.
    pub comments: bool,
    /// Whether its user has to trust each hook before it runs, at the place in the list where it stands: then nothing is
    /// ever put before another's, and none of another's moves.
    pub trusted_by_place: bool,
    /// Whether it does not read a file that begins with a byte order mark.
    pub refuses_mark: bool,
    /// What it calls our hooks where it asks for trust, and while they run.
    pub status_message: Option<&'static str>,
}

/// Which hooks a host runs in a linked worktree of a repository. Measured of Claude Code 2.1.329 and Codex 0.169.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// Those of the worktree and those of the main checkout.
    MainToo,
    /// Those of the main checkout alone, and only where the worktree has a directory of the same name.
    MainAlone,
}

/// How a host wants a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A program and its arguments: no shell, so no quoting.
    Exec,
    /// A line for the shell.
    Shell,
}

/// An event that a host runs hooks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name, as the host spells it.
    pub name: &'static str,
    /// After how many seconds the host gives up on the hook. Nearly always it takes milliseconds; a capture of a large
    /// repository takes longer, and is lost when it is cut.
    pub timeout: u32,
}

/// After how many seconds a host gives up on a hook. Part of what Codex's users trust, so it does not change.
const TIMEOUT: u32 = 30;

impl Directory {
    /// Where it is: what the variable says, else below HOME; always absolute. `None` where neither says.
    pub fn of(self, variable: impl FnOnce(&str) -> Option<OsString>, home: Option<&Path>) -> Option<PathBuf> {
        let named = if self.variable.is_empty() { None } else { variable(self.variable) };
        match named.map(PathBuf::from) {
            Some(path) => {
                let path = std::path::absolute(&path).unwrap_or(path);
                Some(if self.below_variable.is_empty() { path } else { path.join(self.below_variable) })
            }
            None => Some(home.filter(|home| home.is_absolute())?.join(self.below_home)),
        }
    }
}

impl Event {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, timeout: TIMEOUT }
    }
}

impl Guidance {
    /// A file that no one else writes.
    pub(crate) const fn own(fresh: &'static str, preface: &'static str) -> Self {
        Self { looks: &[], first_only: false, formerly: &[], fresh, preface, reader: None }
    }

    /// The first file of a list, which others write.
    pub(crate) const fn first_of(looks: &'static [&'static str], fresh: &'static str) -> Self {
        Self { first_only: true, ..Self::each_of(looks, fresh) }
    }

    /// Any file of a list, which others write: the host reads all of them.
    pub(crate) const fn each_of(looks: &'static [&'static str], fresh: &'static str) -> Self {
        Self { looks, first_only: false, formerly: &[], fresh, preface: "", reader: None }
    }

    /// Whether others write a file of that name too.
    pub fn is_shared(&self, name: &str) -> bool {
        self.looks.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_names_the_directory_before_home_does() {
        let directory = Directory { variable: "X_HOME", below_variable: "", below_home: ".x" };
        let of = |value: Option<&str>, home: Option<&str>| {
            let variable = |name: &str| value.filter(|_| name == "X_HOME").map(Into::into);
            directory.of(variable, home.map(Path::new))
        };
        assert_eq!(of(Some("/elsewhere"), Some("/home/me")), Some("/elsewhere".into()));
        assert_eq!(of(None, Some("/home/me")), Some("/home/me/.x".into()));
        assert_eq!(of(None, Some("home")), None);
        assert_eq!(of(None, None), None);
        assert!(of(Some("x"), None).is_some_and(|path| path.is_absolute()));
        let unnamed = Directory { variable: "", ..directory };
        assert_eq!(unnamed.of(|_| Some("/elsewhere".into()), Some(Path::new("/h"))), Some("/h/.x".into()));
        let below = Directory { below_variable: ".x", ..directory };
        assert_eq!(below.of(|_| Some("/elsewhere".into()), None), Some("/elsewhere/.x".into()));
    }
}
