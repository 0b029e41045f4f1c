//! How the installer gives a host our MCP server, where the host has neither a hook nor a plugin of ours that was seen to
//! deliver.

use std::path::{Path, PathBuf};

use crate::hosts::DESKTOP;
use crate::{Directory, HOSTS, Host};

/// Where and how a host keeps the MCP servers that it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct McpWiring {
    /// The directory of its user's settings: the user has the host where it is there.
    pub directory: Directory,
    /// The same on macOS, where it is another one there.
    pub on_macos: Option<Directory>,
    /// The file in that directory.
    pub file: &'static str,
    /// What it is written in.
    pub format: McpFormat,
    /// The object at the top level of the file that has the servers, each by its name.
    pub object: &'static str,
    /// What stands in a server beside the program and its arguments, before them, each a text.
    pub constants: &'static [(&'static str, &'static str)],
    /// The boolean in a server by which a user switches it off, and its value then; `None` where the host documents none.
    pub switch: Option<(&'static str, bool)>,
    /// What its user has to know once the server is in the file, as the end of a sentence; empty where there is nothing.
    pub then: &'static str,
}

/// What a file of MCP servers is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum McpFormat {
    /// JSON: with `comments`, the host reads a file that has comments and trailing commas in it, or is not known to refuse one.
    Json {
        /// Whether they may be there.
        comments: bool,
    },
    /// YAML, where `cmd` stands for `command` and a server has its name in it: Goose's.
    Yaml,
}

impl McpWiring {
    /// Most hosts: `{"mcpServers": {"<name>": {"command": …, "args": [ … ]}}}` with a switch `"disabled": true`.
    pub(crate) const COMMON: Self = Self {
        directory: Directory { variable: "", below_variable: "", below_home: "" },
        on_macos: None,
        file: "mcp.json",
        format: McpFormat::Json { comments: true },
        object: "mcpServers",
        constants: &[],
        switch: Some(("disabled", true)),
        then: "",
    };

    /// What the path of the file ends with, wherever a variable says that its directory is; on each system.
    pub fn names(&self) -> Vec<PathBuf> {
        let name = |directory: Directory| match directory {
            Directory { variable: "", below_home, .. } => Path::new(below_home).join(self.file),
            Directory { below_variable: "", .. } => PathBuf::from(self.file),
            Directory { below_variable, .. } => Path::new(below_variable).join(self.file),
        };
        [Some(self.directory), self.on_macos].into_iter().flatten().map(name).collect()
    }

    /// Where the directory is on this system.
    pub fn place(&self) -> Directory {
        match self.on_macos {
            Some(directory) if cfg!(target_os = "macos") => directory,
            _ => self.directory,
        }
    }
}

/// A host that is given the MCP server: its row, and how.
#[derive(Clone, Copy, Debug)]
pub struct McpHost {
    row: &'static Host,
    /// How it is given the server.
    pub wiring: &'static McpWiring,
}

impl McpHost {
    /// The host with this row; `None` where it is not given the server.
    pub const fn of(row: &'static Host) -> Option<Self> {
        match &row.mcp {
            Some(wiring) => Some(Self { row, wiring }),
            None => None,
        }
    }

    /// All of them, in the order of the rows.
    pub fn all() -> impl Iterator<Item = Self> {
        HOSTS.iter().chain(DESKTOP).filter_map(|row| Self::of(row))
    }

    /// The one that goes by this word on the command line.
    pub fn named(word: &str) -> Option<Self> {
        Self::all().find(|host| host.row.id == word || host.row.also.contains(&word))
    }

    /// Its row.
    pub fn row(self) -> &'static Host {
        self.row
    }

    /// Its file of servers, when its directory is this one.
    pub fn file_in(self, directory: &Path) -> PathBuf {
        directory.join(self.wiring.file)
    }
}

impl PartialEq for McpHost {
    fn eq(&self, other: &Self) -> bool {
        self.row == other.row
    }
}

impl Eq for McpHost {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_that_is_given_the_server_says_where() {
        let mut files = Vec::new();
        for host in McpHost::all() {
            let id = host.row().id;
            for directory in [Some(host.wiring.directory), host.wiring.on_macos].into_iter().flatten() {
                for path in [directory.below_home, directory.below_variable, host.wiring.file] {
                    assert!(!path.starts_with('/') && !path.contains(".."), "{id}: {path}");
                }
                assert!(!directory.below_home.is_empty(), "{id}: HOME is the directory of no host");
                files.push(Path::new(directory.below_home).join(host.wiring.file));
            }
            assert!(!host.wiring.object.is_empty() && !host.wiring.file.is_empty(), "{id}");
            for name in host.wiring.names() {
                assert!(name.components().count() > 1, "{id}: {} may be any file", name.display());
            }
            assert_eq!(McpHost::named(id), Some(host));
            let is_told =
                crate::Wirable::named(id).is_some() && host.row().delivers == crate::Delivers::Offers;
            assert!(!is_told, "{id} has a hook of ours that delivers");
        }
        let count = files.len();
        files.sort_unstable();
        files.dedup();
        assert_eq!(files.len(), count, "two hosts have one file: {files:?}");
        assert_eq!(count, McpHost::all().count() + 1, "one has another place on macOS");
        assert_eq!(McpHost::named("claude"), None);
        assert_eq!(McpHost::named("emacs"), None);
    }

    #[test]
    fn a_host_of_the_desktop_is_called_like_no_other() {
        for app in DESKTOP {
            assert!(Host::named(app.id).is_none() && Host::stamped(app.stamp).is_none(), "{}", app.id);
            assert!(HOSTS.iter().all(|host| host.name != app.name), "{}", app.id);
        }
    }
}
