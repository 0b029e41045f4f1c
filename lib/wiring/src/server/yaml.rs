//! A server in a file of YAML.
//!
//! Lines are put in and taken out whole. Whatever that does to the rest of a file, the rest is read again before anything is
//! given back: where it says anything else than before, the file is left alone.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{FoundServer, Server};
use crate::Made;
use crate::malformed::Malformed;
use crate::splice::Splices;

/// A file as the parser sees it.
struct Yaml<'t> {
    text: &'t str,
    /// Where each line begins, in bytes, and the end of the text.
    lines: Vec<usize>,
    events: Vec<(Event<'t>, Span)>,
    /// What stands at the top level: each key and its value, as numbers of events.
    root: Vec<Pair>,
}

/// A key and its value, by the numbers of the events that they begin with, and of the one behind the value.
#[derive(Clone, Copy)]
struct Pair {
    key: usize,
    value: usize,
    end: usize,
}

/// The mapping of servers.
struct Servers {
    pair: Pair,
    servers: Vec<Pair>,
    /// The server of our name.
    named: Option<(Pair, FoundServer)>,
}

/// Where the servers stand, and how far each is indented.
enum Place {
    /// In lines of their own.
    Lines { indent: usize },
    /// Nothing stands behind the key.
    Nothing,
    /// `{}` does.
    Braces(Range<usize>),
}

impl Server<'_> {
    pub(super) fn find_in_yaml(&self, text: &str) -> Result<Option<FoundServer>, Malformed> {
        let yaml = Yaml::parse(text)?;
        Ok(self.servers(&yaml)?.and_then(|servers| servers.named).map(|(_, found)| found))
    }

    pub(super) fn wire_yaml(&self, text: &str) -> Result<(String, Made), Malformed> {
        let yaml = Yaml::parse(text)?;
        let eol = yaml.eol();
        let mut splices = Splices::default();
        let mut made = Made::Item;
        match self.servers(&yaml)? {
            None => {
                made = Made::Parent;
                let start = if text.is_empty() || text.ends_with('\n') { "" } else { eol };
                let lines = self.lines(2, eol);
                splices.insert(text.len(), format!("{start}{}:{eol}{lines}", self.object));
            }
            Some(Servers { named: Some((pair, found)), .. }) if !found.is_ours => {
                return Err(self.not_ours(text, yaml.byte(pair.key)));
            }
            Some(Servers { named: Some((pair, found)), .. }) => {
                let members = yaml.pairs(pair.value);
                let command = members.iter().find(|member| yaml.scalar(member.key) == Some("cmd"));
                if let Some(command) = command.filter(|_| !self.is(&found)) {
                    splices.replace(yaml.bytes(command.value), scalar(self.program));
                }
            }
            Some(servers) => match yaml.place(servers.pair, &servers.servers, self.object)? {
                Place::Lines { indent } => {
                    splices.insert(yaml.line_end(servers.pair.key), self.lines(indent, eol));
                }
                Place::Nothing => {
                    let at = yaml.line_end(servers.pair.key);
                    let start = if text[..at].ends_with('\n') { "" } else { eol };
                    splices.insert(at, format!("{start}{}", self.lines(2, eol)));
                }
                Place::Braces(range) => {
                    let lines = self.lines(2, eol);
                    splices.replace(range, format!("{eol}{}", lines.trim_end_matches(['\r', '\n'])));
                }
            },
        }
        Ok((self.checked(text, splices.apply(text))?, made))
    }

    pub(super) fn unwire_yaml(&self, text: &str, made: Made) -> Result<String, Malformed> {
        let yaml = Yaml::parse(text)?;
        let Some(servers) = self.servers(&yaml)? else { return Ok(text.to_owned()) };
        let Some((pair, _)) = servers.named.as_ref().filter(|(_, found)| found.is_ours) else {
            return Ok(text.to_owned());
        };
        let Place::Lines { .. } = yaml.place(servers.pair, &servers.servers, self.object)? else {
            return Ok(text.to_owned());
        };
        let mut splices = Splices::default();
        splices.remove(yaml.lines_of(*pair));
        if servers.servers.len() == 1 {
            let key = servers.pair.key;
            if made >= Made::Parent {
                splices.remove(yaml.line_start(key)..yaml.line_end(key));
            } else {
                splices.insert(yaml.after_colon(key), " {}");
            }
        }
        self.checked(text, splices.apply(text))
    }

    /// The server in lines, each with its end.
    fn lines(&self, indent: usize, eol: &str) -> String {
        let mut lines = vec![format!("{:indent$}{}:", "", self.name)];
        let deeper = indent + 2;
        let mut line = |key: &str, value: &str| lines.push(format!("{:deeper$}{key}: {value}", ""));
        if let Some((key, off)) = self.shape.switch {
            line(key, if off { "false" } else { "true" });
        }
        self.shape.constants.iter().for_each(|(key, text)| line(key, &scalar(text)));
        line("name", &scalar(self.name));
        line("cmd", &scalar(self.program));
        lines.push(format!("{:deeper$}args:", ""));
        lines.extend(self.args.iter().map(|arg| format!("{:deeper$}  - {}", "", scalar(arg))));
        lines.iter().map(|line| format!("{line}{eol}")).collect()
    }

    /// `after`, where all but the server in it says what it said in `before`.
    fn checked(&self, before: &str, after: String) -> Result<String, Malformed> {
        let said = |text: &str| -> Result<Vec<String>, Malformed> { self.others(&Yaml::parse(text)?) };
        let is_same = said(&after).is_ok_and(|after| said(before).is_ok_and(|before| before == after));
        if is_same {
            return Ok(after);
        }
        Err(Malformed::at(
            before,
            0,
            format!("the lines of `{}` cannot be told from the others", self.object),
        ))
    }

    /// What the file says beside our server, event by event.
    fn others(&self, yaml: &Yaml<'_>) -> Result<Vec<String>, Malformed> {
        let servers = self.servers(yaml)?;
        let ours = servers.as_ref().and_then(|servers| servers.named.as_ref()).map(|(pair, _)| *pair);
        let alone = servers.filter(|servers| servers.servers.len() == usize::from(ours.is_some()));
        // Servers that are not there, none, and none but ours are the same.
        let left_out = alone.map(|servers| servers.pair).or(ours);
        let is_other = |number: &usize| left_out.is_none_or(|pair| *number < pair.key || *number >= pair.end);
        let (first, last) =
            (yaml.root.first().map_or(0, |pair| pair.key), yaml.root.last().map_or(0, |pair| pair.end));
        Ok((first..last).filter(is_other).map(|number| format!("{:?}", yaml.events[number].0)).collect())
    }

    fn servers(&self, yaml: &Yaml<'_>) -> Result<Option<Servers>, Malformed> {
        let Some(pair) = yaml.the_only(&yaml.root, self.object, self.object)? else { return Ok(None) };
        let servers = match &yaml.events[pair.value].0 {
            Event::MappingStart(..) => yaml.pairs(pair.value),
            Event::Scalar(text, ScalarStyle::Plain, 0, None) if text.is_empty() => Vec::new(),
            _ => {
                let reason = format!("`{}` is no mapping", self.object);
                return Err(Malformed::at(yaml.text, yaml.byte(pair.value), reason));
            }
        };
        let named = yaml.the_only(&servers, self.name, &self.path())?;
        let named = named.map(|named| Ok((named, self.named_in_yaml(yaml, named)?))).transpose()?;
        Ok(Some(Servers { pair, servers, named }))
    }

    fn named_in_yaml(&self, yaml: &Yaml<'_>, pair: Pair) -> Result<FoundServer, Malformed> {
        let members = yaml.pairs(pair.value);
        let member = |key: &str| yaml.the_only(&members, key, &format!("{}.{key}", self.path()));
        let program = member("cmd")?.and_then(|member| yaml.scalar(member.value)).map(str::to_owned);
        let args = match member("args")? {
            Some(member) => yaml.scalars(member.value),
            None => Some(Vec::new()),
        };
        let is_off = match self.shape.switch {
            Some((key, off)) => member(key)?
                .and_then(|member| yaml.scalar(member.value))
                .is_some_and(|text| text == if off { "true" } else { "false" }),
            None => false,
        };
        Ok(self.found(yaml.events[pair.key].1.start.line(), program, args, is_off))
    }
}

impl<'t> Yaml<'t> {
    fn parse(text: &'t str) -> Result<Self, Malformed> {
        let lone = text.match_indices('\r').find(|(at, _)| !text[at + 1..].starts_with('\n'));
        if let Some((at, _)) = lone {
            return Err(Malformed::at(text, at, "a line ends with a carriage return alone"));
        }
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = [0].into_iter().chain(ends).chain([text.len()]).collect();
        let mut yaml = Self { text, lines, events: Vec::new(), root: Vec::new() };
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let event = event.map_err(|error| {
                let place = yaml.place_of(error.marker().line(), error.marker().col());
                Malformed::at(text, place, error.info())
            })?;
            yaml.events.push(event);
        }
        yaml.find_root()?;
        Ok(yaml)
    }

    /// Finds what stands at the top level.
    fn find_root(&mut self) -> Result<(), Malformed> {
        let mut starts =
            (0..self.events.len()).filter(|number| matches!(self.events[*number].0, Event::DocumentStart(_)));
        let (first, second) = (starts.next(), starts.next());
        if let Some(second) = second {
            return Err(Malformed::at(self.text, self.byte(second), "the file has more than one document"));
        }
        let Some(root) = first.map(|start| start + 1) else { return Ok(()) };
        let is_block = matches!(self.events[root].0, Event::MappingStart(..))
            && !self.text[self.byte(root)..].starts_with('{')
            && self.events[root].1.start.col() == 0;
        if !is_block {
            return Err(Malformed::at(
                self.text,
                self.byte(root),
                "the top level is no mapping in lines of its own",
            ));
        }
        self.root = self.pairs(root);
        Ok(())
    }

    /// The keys and values of the mapping that begins at the event `start`; none where that is no mapping.
    fn pairs(&self, start: usize) -> Vec<Pair> {
        let mut pairs = Vec::new();
        if !matches!(self.events[start].0, Event::MappingStart(..)) {
            return pairs;
        }
        let mut key = start + 1;
        while key < self.events.len() && !matches!(self.events[key].0, Event::MappingEnd) {
            let value = self.behind(key);
            let end = self.behind(value);
            pairs.push(Pair { key, value, end });
            key = end;
        }
        pairs
    }

    /// The event behind the node that begins at the event `start`.
    fn behind(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        for (number, (event, _)) in self.events.iter().enumerate().skip(start) {
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return number + 1;
            }
        }
        self.events.len()
    }

    /// The pair with the key `name`. Twice the same key means something else to every reader.
    fn the_only(&self, pairs: &[Pair], name: &str, path: &str) -> Result<Option<Pair>, Malformed> {
        let mut named = pairs.iter().filter(|pair| self.scalar(pair.key) == Some(name));
        let first = named.next().copied();
        match named.next() {
            None => Ok(first),
            Some(second) => {
                Err(Malformed::at(self.text, self.byte(second.key), format!("`{path}` is there twice")))
            }
        }
    }

    fn scalar(&self, number: usize) -> Option<&str> {
        if let Event::Scalar(text, ..) = &self.events[number].0 { Some(text) } else { None }
    }

    /// The texts of the sequence that begins at the event `start`.
    fn scalars(&self, start: usize) -> Option<Vec<String>> {
        if !matches!(self.events[start].0, Event::SequenceStart(..)) {
            return None;
        }
        let inside = start + 1..self.behind(start) - 1;
        inside.map(|number| self.scalar(number).map(str::to_owned)).collect()
    }

    /// How the servers of `pair` are laid out.
    fn place(&self, pair: Pair, servers: &[Pair], object: &str) -> Result<Place, Malformed> {
        let range = self.bytes(pair.value);
        let is_braces = self.text[range.start..].starts_with('{');
        let is_below =
            |server: &Pair| self.events[server.key].1.start.line() > self.events[pair.key].1.start.line();
        match (servers.first(), &self.events[pair.value].0) {
            (Some(first), _) if !is_braces && is_below(first) => {
                Ok(Place::Lines { indent: self.events[first.key].1.start.col() })
            }
            (None, Event::Scalar(..)) => Ok(Place::Nothing),
            (None, Event::MappingStart(..)) if self.text[range.start..].starts_with("{}") => {
                // Without the blanks before it.
                let start = self.text[..range.start].trim_end_matches(' ').len();
                Ok(Place::Braces(start..range.start + 2))
            }
            _ => Err(Malformed::at(self.text, range.start, format!("`{object}` is not in lines of its own"))),
        }
    }

    fn eol(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// Where the event begins, in bytes.
    fn byte(&self, number: usize) -> usize {
        self.bytes(number).start
    }

    /// What the event stands for, in bytes.
    fn bytes(&self, number: usize) -> Range<usize> {
        let Span { start, end } = self.events[number].1;
        let start = self.place_of(start.line(), start.col());
        start..self.place_of(end.line(), end.col()).max(start)
    }

    /// The byte at a column, in characters from 0, of a line, from 1.
    fn place_of(&self, line: usize, column: usize) -> usize {
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let mut letters = self.text[start..].char_indices();
        letters.nth(column).map_or(self.text.len(), |(at, _)| start + at)
    }

    /// Where the line begins that the event begins on.
    fn line_start(&self, number: usize) -> usize {
        self.place_of(self.events[number].1.start.line(), 0)
    }

    /// The end of the line that the event begins on, with what ends it.
    fn line_end(&self, number: usize) -> usize {
        self.lines.get(self.events[number].1.start.line()).copied().unwrap_or(self.text.len())
    }

    /// Behind the colon of a key.
    fn after_colon(&self, key: usize) -> usize {
        let end = self.bytes(key).end;
        self.text[end..].find(':').map_or(end, |at| end + at + 1)
    }

    /// The lines of a key and its value, to the last one that has something of them.
    fn lines_of(&self, pair: Pair) -> Range<usize> {
        let ends = (pair.key..pair.end).filter_map(|number| {
            let Span { start, end } = self.events[number].1;
            let is_block_end = matches!(self.events[number].0, Event::MappingEnd | Event::SequenceEnd)
                && start.index() == end.index();
            // What ends at the beginning of a line has its last one above.
            let line = if end.col() == 0 { end.line().saturating_sub(1) } else { end.line() };
            (!is_block_end).then(|| line.max(start.line()))
        });
        let ends_something = |event: &Event<'_>| {
            matches!(event, Event::MappingEnd | Event::SequenceEnd | Event::DocumentEnd | Event::StreamEnd)
        };
        // An empty block scalar is said to begin where the next key does.
        let next = self.events[pair.end..].iter().find(|(event, _)| !ends_something(event));
        let before_next = next.map_or(usize::MAX, |(_, span)| span.start.line().saturating_sub(1));
        let last = ends.max().unwrap_or_default().min(before_next);
        self.line_start(pair.key)..self.lines.get(last).copied().unwrap_or(self.text.len())
    }
}

/// `text` as YAML reads it back: in quotes, unless it is letters, digits and what paths are made of.
fn scalar(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '.' | '_' | '-');
    let starts_so = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/');
    let is_word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if starts_so && is_word && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        crate::json::string(text)
    }
}
