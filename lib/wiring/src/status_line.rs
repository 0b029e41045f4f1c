//! A program before the user's own in Claude Code's status line: `{"statusLine": {"type": "command", "command": …}}`.
//!
//! The host runs one command, by a shell. Ours is put before it as a program that is given the user's command to run:
//! `<tap> -- sh -c '<the user's command>'`. The shell in it is what makes every command of a user's one argument.

use jsonc_parser::ast::{ObjectProp, StringLit};
use jsonc_parser::common::Ranged;

use crate::json::{self, Container, Layout, Tree};
use crate::malformed::Malformed;
use crate::shell::{self, Call};
use crate::splice::Splices;

const KEY: &str = "statusLine";
const SHELL: [&str; 2] = ["sh", "-c"];

/// Our program in a status line.
#[derive(Clone, Copy)]
pub struct StatusLine<'a> {
    /// The command that runs our program, without what it hands on to.
    pub tap: &'a str,
    /// Whether a command is ours, of whichever version and prefix.
    pub owns: &'a dyn Fn(&Call) -> bool,
}

/// What a settings file says of the status line.
struct Found<'t> {
    text: &'t str,
    root: Container,
    /// The number of the property in the root, and the command in it.
    line: Option<(usize, std::ops::Range<usize>, String)>,
}

impl StatusLine<'_> {
    /// The command in the file that is ours; None when there is none or it is the user's alone.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn find(&self, text: &str) -> Result<Option<String>, Malformed> {
        let (_, text) = crate::without_bom(text);
        Ok(look(text)?.line.map(|(_, _, command)| command).filter(|command| self.is_ours(command)))
    }

    /// The command of a file that has no status line but ours, or that runs `theirs` behind it.
    fn command(&self, theirs: Option<&str>) -> String {
        match theirs {
            Some(theirs) => format!("{} -- {} {}", self.tap, SHELL.join(" "), shell::quoted(theirs)),
            None => self.tap.to_owned(),
        }
    }

    /// The file with ours before the user's own command, once.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn wire(&self, text: &str) -> Result<String, Malformed> {
        let (bom, text) = crate::without_bom(text);
        let found = look(text)?;
        let mut splices = Splices::default();
        match &found.line {
            None => {
                let command = Tree::Text(self.command(None));
                let line =
                    Tree::Object(vec![("type", Tree::Text("command".to_owned())), ("command", command)]);
                Layout::of(text, &found.root).add_property(&mut splices, &found.root, KEY, &line);
            }
            Some((_, range, written)) => {
                let theirs = if self.is_ours(written) {
                    self.theirs(&found, range, written)?
                } else {
                    Some(written.clone())
                };
                let command = self.command(theirs.as_deref());
                if command != *written {
                    splices.replace(range.clone(), json::string(&command));
                }
            }
        }
        Ok([bom, &splices.apply(text)].concat())
    }

    /// The file with the user's own command alone, and without a status line when they had none.
    ///
    /// # Errors
    /// [`Malformed`], also when our command was changed so that the user's own cannot be told from it.
    pub fn unwire(&self, text: &str) -> Result<String, Malformed> {
        let (bom, text) = crate::without_bom(text);
        let found = look(text)?;
        let mut splices = Splices::default();
        if let Some((number, range, written)) = &found.line
            && self.is_ours(written)
        {
            match self.theirs(&found, range, written)? {
                Some(theirs) => splices.replace(range.clone(), json::string(&theirs)),
                None => Layout::of(text, &found.root).take_out(&mut splices, &found.root, *number),
            }
        }
        Ok([bom, &splices.apply(text)].concat())
    }

    fn is_ours(&self, command: &str) -> bool {
        Call::of(command).is_some_and(|call| (self.owns)(&call))
    }

    /// The user's command in ours; None when ours runs alone.
    fn theirs(
        &self,
        found: &Found<'_>,
        range: &std::ops::Range<usize>,
        command: &str,
    ) -> Result<Option<String>, Malformed> {
        let words = shell::words(command);
        let dashes = words.iter().position(|word| word.text == "--");
        let rest = |number: usize| command[words[number].end..].trim();
        match dashes {
            // As we write it.
            Some(at) if words.len() == at + 4 && rest(at + 3).is_empty() => {
                let shell = [&words[at + 1].text, &words[at + 2].text];
                let is_shell = shell[0] == SHELL[0] && shell[1] == SHELL[1];
                Ok(Some(if is_shell { words[at + 3].text.clone() } else { rest(at).to_owned() }))
            }
            // What stands after the dashes does the same without us, even if the user wrote it.
            Some(at) if !rest(at).is_empty() => Ok(Some(rest(at).to_owned())),
            _ if words.last().is_some_and(|last| command[last.end..].trim().is_empty()) => Ok(None),
            _ => {
                let reason =
                    format!("`{KEY}.command` was changed so that it cannot be told what of it is whose");
                Err(Malformed::at(found.text, range.start, reason))
            }
        }
    }
}

fn look(text: &str) -> Result<Found<'_>, Malformed> {
    let readable = json::readable(text);
    let value = json::parse(&readable, false)?;
    let wrong = |at: usize, reason: String| Malformed::at(text, at, reason);
    let root =
        value.as_object().ok_or_else(|| wrong(value.start(), "the top level is no object".to_owned()))?;
    let mut named = root.properties.iter().enumerate().filter(|(_, property)| property.name.as_str() == KEY);
    let first = named.next();
    if let Some((_, second)) = named.next() {
        return Err(wrong(second.start(), format!("`{KEY}` is there twice")));
    }
    let line = match first {
        None => None,
        Some((number, property)) => {
            let command = command(property)
                .ok_or_else(|| wrong(property.start(), format!("`{KEY}` is no object with a `command`")))?;
            let range = command.range.start..command.range.end;
            if text[range.clone()] != readable[range.clone()] {
                let reason = format!("`{KEY}.command` has half a surrogate pair, which no shell takes");
                return Err(wrong(range.start, reason));
            }
            Some((number, range, command.value.to_string()))
        }
    };
    Ok(Found { text, root: root.into(), line })
}

fn command<'v, 't>(property: &'v ObjectProp<'t>) -> Option<&'v StringLit<'t>> {
    let object = property.value.as_object()?;
    let of_commands = object.get_string("type").is_none_or(|kind| kind.value == "command");
    object.get_string("command").filter(|_| of_commands)
}
