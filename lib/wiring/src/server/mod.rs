//! An MCP server of ours among those that a host starts.
//!
//! Hosts keep them in one object of a settings file, by name: `{"mcpServers": {"<name>": {"command": …, "args": [ … ]}}}`
//! in JSON, or much the same in YAML. The name of the object and what else stands in a server differ from host to host.

mod json;
mod yaml;

use crate::Made;
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
    /// The arguments that a new one has.
    pub args: &'a [&'a str],
    /// Whether what a server runs is ours, of whichever version and prefix. What arguments it has is its user's.
    pub owns: &'a dyn Fn(&Call) -> bool,
}

/// How a host writes a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerShape {
    /// What the file is written in.
    pub format: ServerFormat,
    /// What stands in a server beside the program and its arguments, before them, each a text.
    pub constants: &'static [(&'static str, &'static str)],
    /// The boolean by which a user switches it off, and its value then; `None` where the host documents none.
    pub switch: Option<(&'static str, bool)>,
}

/// What a file of servers is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerFormat {
    /// JSON; with `comments` also comments and trailing commas.
    Json {
        /// Whether they may be there.
        comments: bool,
    },
    /// YAML, where `cmd` stands for `command`, and a server has its name and its switch in it.
    Yaml,
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
    /// The server of our name, ours or not; `None` where there is none, as in a blank file.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn find(&self, text: &str) -> Result<Option<FoundServer>, Malformed> {
        let (_, text) = crate::without_bom(text);
        match self.shape.format {
            _ if text.trim().is_empty() => Ok(None),
            ServerFormat::Json { comments } => self.find_in_json(text, comments),
            ServerFormat::Yaml => self.find_in_yaml(text),
        }
    }

    /// The file with the server in it, once. What a user changed of ours beside the program stays. A blank
    /// file is one without any server.
    ///
    /// # Errors
    /// [`Malformed`], also for another server of our name.
    pub fn wire(&self, text: &str) -> Result<(String, Made), Malformed> {
        let (bom, text) = crate::without_bom(text);
        let (text, made) = match self.shape.format {
            ServerFormat::Json { comments } if text.trim().is_empty() => {
                let (text, made) = self.wire_json("{}", comments)?;
                (text + "\n", made)
            }
            ServerFormat::Json { comments } => self.wire_json(text, comments)?,
            ServerFormat::Yaml => self.wire_yaml(text)?,
        };
        Ok(([bom, &text].concat(), made))
    }

    /// The file without the server, and without what of its surroundings we made and is empty now. Another server of our name
    /// stays.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn unwire(&self, text: &str, made: Made) -> Result<String, Malformed> {
        let (bom, text) = crate::without_bom(text);
        let text = match self.shape.format {
            _ if text.trim().is_empty() => text.to_owned(),
            ServerFormat::Json { comments } => self.unwire_json(text, made, comments)?,
            ServerFormat::Yaml => self.unwire_yaml(text, made)?,
        };
        Ok([bom, &text].concat())
    }

    /// Whether it is ours and the host starts this program there.
    pub fn is(&self, found: &FoundServer) -> bool {
        found.is_ours && found.program.as_deref() == Some(self.program)
    }

    /// A server of our name that runs `program`, which begins on `line`.
    fn found(
        &self,
        line: usize,
        program: Option<String>,
        args: Option<Vec<String>>,
        is_off: bool,
    ) -> FoundServer {
        let call = program.clone().zip(args.clone()).map(|(program, args)| Call { program, args });
        let is_ours = call.is_some_and(|call| (self.owns)(&call));
        FoundServer { line, program, args, is_ours, is_off }
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
