//! A server in a file of JSON.

use jsonc_parser::ast::{Array, ObjectProp, Value};
use jsonc_parser::common::{Range, Ranged};

use super::{FoundServer, Server};
use crate::Made;
use crate::json::{self, Container, Layout, Tree};
use crate::malformed::Malformed;
use crate::splice::Splices;

/// What is where in the file.
struct Survey {
    root: Container,
    /// The object of servers, and its number in the root.
    servers: Option<(usize, Container)>,
    /// The server of our name.
    named: Option<Named>,
}

/// A server of our name, which is ours or not.
struct Named {
    /// Its number among the servers.
    number: usize,
    /// From its name to its end.
    range: Range,
    command: Option<Range>,
    found: FoundServer,
}

impl Server<'_> {
    pub(super) fn find_in_json(&self, text: &str, comments: bool) -> Result<Option<FoundServer>, Malformed> {
        Ok(self.survey(text, comments)?.named.map(|named| named.found))
    }

    pub(super) fn wire_json(&self, text: &str, comments: bool) -> Result<(String, Made), Malformed> {
        let survey = self.survey(text, comments)?;
        let layout = Layout::of(text, &survey.root);
        let mut splices = Splices::default();
        let made = if survey.servers.is_some() { Made::Item } else { Made::Parent };
        match (&survey.named, &survey.servers) {
            (Some(named), _) if !named.found.is_ours => return Err(self.not_ours(text, named.range.start)),
            (Some(named), _) => {
                if let Some(command) = named.command.filter(|_| !self.is(&named.found)) {
                    splices.replace(command.start..command.end, json::string(self.program));
                }
            }
            (None, Some((_, servers))) => {
                layout.add_property(&mut splices, servers, self.name, &self.tree());
            }
            (None, None) => {
                let servers = Tree::Object(vec![(self.name, self.tree())]);
                layout.add_property(&mut splices, &survey.root, self.object, &servers);
            }
        }
        Ok((splices.apply(text), made))
    }

    pub(super) fn unwire_json(&self, text: &str, made: Made, comments: bool) -> Result<String, Malformed> {
        let survey = self.survey(text, comments)?;
        let mut splices = Splices::default();
        let ours = survey.named.as_ref().filter(|named| named.found.is_ours);
        if let (Some(named), Some((number, servers))) = (ours, &survey.servers) {
            let layout = Layout::of(text, &survey.root);
            if servers.children.len() == 1 && made >= Made::Parent {
                layout.take_out(&mut splices, &survey.root, *number);
            } else {
                layout.take_out(&mut splices, servers, named.number);
            }
        }
        Ok(splices.apply(text))
    }

    fn tree(&self) -> Tree {
        let constants = self.shape.constants.iter().map(|&(key, text)| (key, Tree::Text(text.to_owned())));
        let command = ("command", Tree::Text(self.program.to_owned()));
        Tree::Object(constants.chain([command, ("args", self.arguments())]).collect())
    }

    fn arguments(&self) -> Tree {
        Tree::Array(self.args.iter().map(|&arg| Tree::Text(arg.to_owned())).collect())
    }

    fn survey(&self, text: &str, comments: bool) -> Result<Survey, Malformed> {
        let readable = json::readable(text);
        let value = json::parse(&readable, comments)?;
        let wrong = |at: usize, reason: String| Malformed::at(text, at, reason);
        let root = value.as_object();
        let root = root.ok_or_else(|| wrong(value.start(), "the top level is no object".to_owned()))?;
        let mut survey = Survey { root: root.into(), servers: None, named: None };
        let Some((number, property)) = json::the_only(text, root, self.object, self.object)? else {
            return Ok(survey);
        };
        let no_object = || wrong(property.value.start(), format!("`{}` is no object", self.object));
        let servers = property.value.as_object().ok_or_else(no_object)?;
        survey.servers = Some((number, servers.into()));
        if let Some((number, property)) = json::the_only(text, servers, self.name, &self.path())? {
            survey.named = Some(self.named(text, number, property)?);
        }
        Ok(survey)
    }

    fn named(&self, text: &str, number: usize, property: &ObjectProp<'_>) -> Result<Named, Malformed> {
        let object = property.value.as_object();
        let member = |key: &str| match object {
            Some(object) => json::the_only(text, object, key, &format!("{}.{key}", self.path())),
            None => Ok(None),
        };
        let command = member("command")?.and_then(|(_, property)| property.value.as_string_lit());
        let args = member("args")?.map(|(_, property)| &property.value);
        let is_off = match self.shape.switch {
            Some((key, off)) => member(key)?
                .and_then(|(_, property)| property.value.as_boolean_lit())
                .is_some_and(|flag| flag.value == off),
            None => false,
        };
        let program = command.map(|command| command.value.to_string());
        let texts = args.map_or_else(|| Some(Vec::new()), |args| args.as_array().and_then(strings));
        let line = Malformed::at(text, property.range.start, "").line;
        let found = self.found(line, program, texts, is_off);
        Ok(Named { number, range: property.range, command: command.map(|command| command.range), found })
    }
}

fn strings(array: &Array<'_>) -> Option<Vec<String>> {
    let string = |value: &Value<'_>| Some(value.as_string_lit()?.value.to_string());
    array.elements.iter().map(string).collect()
}
