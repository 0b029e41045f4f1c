//! An MCP server of ours among those that a host starts.
//!
//! Hosts keep them in one object of a settings file, by name: `{"mcpServers": {"<name>": {"command": …, "args": [ … ]}}}`
//! in JSON, or the same in YAML. The name of the object and what stands in a server differ from host to host.

mod json;

use crate::malformed::Malformed;
use crate::shell::Call;

/// A server of ours in a settings file.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// The object at the top level that the host reads servers from: `mcpServers`.
    pub object: &'static str,
    /// The server's name in it.
    pub name: &'static str,
    /// How the host writes a server.
    pub shape: ServerShape,
    /// The program that the host starts, as an absolute path.
    pub program: &'a str,
    /// Its arguments.
    pub args: &'a [&'a str],
    /// Whether what a server runs is ours, of whichever version and prefix.
    pub owns: &'a dyn Fn(&Call) -> bool,
}

/// How a host writes a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerShape {
    /// Whether the host reads a file of JSON that has comments and trailing commas in it.
    pub comments: bool,
    /// What stands in it beside `command` and `args`, before them, each a text.
    pub constants: &'static [(&'static str, &'static str)],
    /// The boolean by which a user switches it off, and its value then; `None` where the host documents none.
    pub switch: Option<(&'static str, bool)>,
}

/// A server of our name in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundServer {
    /// The line it begins on, from 1.
    pub line: usize,
    /// The program, as it is named; `None` where it names none, as one that is reached over a network.
    pub program: Option<String>,
    /// Its arguments, where all of them are texts.
    pub args: Option<Vec<String>>,
    /// Whether it runs a program of ours.
    pub is_ours: bool,
    /// Whether its user switched it off.
    pub is_off: bool,
}

impl Server<'_> {
    /// Whether the host starts exactly this there.
    pub fn is(&self, found: &FoundServer) -> bool {
        found.program.as_deref() == Some(self.program)
            && found.args.as_ref().is_some_and(|args| args.iter().eq(self.args.iter()))
    }

    /// Where it stands, for messages.
    fn path(&self) -> String {
        format!("{}.{}", self.object, self.name)
    }

    /// That a server of our name is another one.
    fn not_ours(&self, text: &str, at: usize) -> Malformed {
        Malformed::at(text, at, format!("`{}` is another server than ours", self.path()))
    }
}
