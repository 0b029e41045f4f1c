//! What of ours is in a file of another program.

use std::path::Path;

use handoff_agents::{Event, Form, HOSTS, HookFiles, Host, Matchers};
use handoff_edits::{Fragment, Hook, is_blank};
use handoff_wiring::{Block, Call, Found, Handler, Made, Malformed, Matcher, NeverRuns, Run, StatusLine};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::exclude;
use crate::guidance::{BLOCK, told};

/// As far as Codex reads a project's instructions, in bytes; the most that any tool is known to have as a limit. Measured
/// of 0.169.0: what comes after is not read, and nothing is said.
const MAX_READ_BYTES: usize = 32 << 10;

/// A byte order mark.
const BOM: &str = "\u{feff}";

/// The file name of the program.
const PROGRAM: &str = "handover";

/// What it is, as a manifest calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FragmentName {
    /// The block of instructions.
    Guidance,
    /// The hook of a tool, by its id, at an event.
    Hook(&'static str, &'static str),
    /// The tap before a status line.
    StatusLine,
    /// The block in `info/exclude`.
    Exclude,
}

/// A name in a manifest that is of nothing that this version wires.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that this version wires")]
pub(crate) struct UnknownFragment(String);

impl From<FragmentName> for String {
    fn from(name: FragmentName) -> Self {
        match name {
            FragmentName::Guidance => "guidance".to_owned(),
            FragmentName::Hook(tool, event) => format!("hook:{tool}:{event}"),
            FragmentName::StatusLine => "status-line".to_owned(),
            FragmentName::Exclude => "exclude".to_owned(),
        }
    }
}

impl TryFrom<String> for FragmentName {
    type Error = UnknownFragment;

    fn try_from(name: String) -> Result<Self, UnknownFragment> {
        let hooks = || HOSTS.iter().copied().flat_map(Self::hooks);
        let all = [Self::Guidance, Self::StatusLine, Self::Exclude].into_iter().chain(hooks());
        let found = all.into_iter().find(|fragment| String::from(*fragment) == name);
        found.ok_or(UnknownFragment(name))
    }
}

// By hand: a derived one would borrow the names from what it reads.
impl Serialize for FragmentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from(*self))
    }
}

impl<'de> Deserialize<'de> for FragmentName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl FragmentName {
    /// The hooks of a tool.
    pub(crate) fn hooks(tool: &'static Host) -> impl Iterator<Item = Self> {
        let events = tool.hooks.iter().flat_map(|hooks| hooks.events);
        events.map(|event| Self::Hook(tool.id, event.name))
    }
}

/// How something of ours goes in and out. `program` is what hooks run.
#[derive(Clone, Copy)]
pub(crate) struct Ours<'a> {
    pub(crate) name: FragmentName,
    pub(crate) program: &'a str,
}

impl Fragment for Ours<'_> {
    fn wire(&self, text: &str) -> Result<(String, Made), Malformed> {
        match self.kind() {
            // What stands in it depends on the other files: crate::exclude writes it.
            Kind::Exclude => Ok((text.to_owned(), Made::Item)),
            Kind::Guidance => {
                // An empty line goes before the block, unless only such lines are there.
                Ok((wire_guidance(text)?, if is_blank(text) { Made::Item } else { Made::Parent }))
            }
            Kind::StatusLine => {
                let text = if is_blank(text) { "{}\n" } else { text };
                self.status_line(|line| Ok((line.wire(text)?, Made::Parent)))
            }
            Kind::Hook(tool, files, event) => self.hook(tool, files, event).wire(text),
        }
    }

    fn unwire(&self, text: &str, made: Made) -> Result<String, Malformed> {
        match self.kind() {
            Kind::Guidance => unwire_guidance(text, made),
            Kind::Exclude => unwire(exclude::BLOCK, text, made),
            Kind::StatusLine if is_blank(text) => Ok(text.to_owned()),
            Kind::StatusLine => self.status_line(|line| line.unwire(text)),
            Kind::Hook(tool, files, event) => self.hook(tool, files, event).unwire(text, made),
        }
    }

    fn is_in(&self, text: &str) -> Result<bool, Malformed> {
        match self.kind() {
            Kind::Guidance => Ok(BLOCK.find(text)?.is_some()),
            Kind::Exclude => Ok(exclude::BLOCK.find(text)?.is_some()),
            Kind::StatusLine if is_blank(text) => Ok(false),
            Kind::StatusLine => self.status_line(|line| Ok(line.find(text)?.is_some())),
            Kind::Hook(tool, files, event) => self.hook(tool, files, event).is_in(text),
        }
    }
}

impl Ours<'_> {
    /// Whether ours stands in the text as it should; Err with the command when it runs something else.
    pub(crate) fn stands(self, text: &str) -> Result<Standing, Malformed> {
        match self.kind() {
            Kind::Guidance => Ok(match BLOCK.find(text)? {
                None => Standing::Absent,
                // Its tool stopped reading before.
                Some(range) if range.end > MAX_READ_BYTES && range.start > BOM.len() => Standing::Outdated,
                Some(range) if text[range.clone()].replace("\r\n", "\n").contains(&told()) => Standing::Good,
                Some(_) => Standing::Outdated,
            }),
            Kind::Exclude => Ok(match exclude::BLOCK.find(text)? {
                Some(_) => Standing::Good,
                None => Standing::Absent,
            }),
            Kind::StatusLine if is_blank(text) => Ok(Standing::Absent),
            Kind::StatusLine => self.status_line(|line| {
                Ok(match line.find(text)? {
                    None => Standing::Absent,
                    Some(_) if line.wire(text)? == text => Standing::Good,
                    Some(command) => Standing::Other(command),
                })
            }),
            Kind::Hook(tool, files, event) => {
                let hook = self.hook(tool, files, event);
                hook.check_mark(text)?;
                Ok(match hook.find(text)?.as_slice() {
                    [] => Standing::Absent,
                    [one] if hook.handler.is(one) => {
                        let reads = match files.matchers {
                            Matchers::Names => Matcher::Names,
                            Matchers::Expression => Matcher::Expression,
                        };
                        match one.conditions.never_runs(reads) {
                            Some(why) => Standing::Idle { line: one.line, why },
                            None => Standing::Good,
                        }
                    }
                    all => Standing::Other(shown(
                        all.iter().find(|one| !hook.handler.is(one)).unwrap_or(&all[0]),
                    )),
                })
            }
        }
    }

    fn status_line<T>(self, act: impl FnOnce(StatusLine<'_>) -> T) -> T {
        let tap = format!("{} statusline-tap", handoff_process::quoted(Path::new(self.program)));
        act(StatusLine { tap: &tap, owns: &|call| is_ours(call, "statusline-tap") })
    }

    fn hook(self, tool: &'static Host, files: &HookFiles, event: &Event) -> Hook<'static> {
        let args = ["on-event", "--tool", tool.id];
        let run = match files.form {
            Form::Exec => Run::Exec(self.program.to_owned(), args.map(str::to_owned).to_vec()),
            Form::Shell => {
                let program = handoff_process::quoted(Path::new(self.program));
                Run::Shell(format!("{program} {}", args.join(" ")))
            }
        };
        Hook {
            handler: Handler {
                run,
                timeout: event.timeout,
                context_limit: None,
                status_message: files.status_message,
                in_background: false,
            },
            event: event.name,
            owns: &|call| is_ours(call, "on-event"),
            comments: files.comments,
            keeps_places: files.trusted_by_place,
            flat: false,
            refuses_mark: Some(tool.name).filter(|_| files.refuses_mark),
        }
    }

    fn kind(self) -> Kind {
        match self.name {
            FragmentName::Guidance => Kind::Guidance,
            FragmentName::StatusLine => Kind::StatusLine,
            FragmentName::Exclude => Kind::Exclude,
            FragmentName::Hook(id, event) => {
                let tool = HOSTS.iter().copied().find(|tool| tool.id == id);
                let found = tool.and_then(|tool| {
                    let files = tool.hooks.as_ref()?;
                    Some((tool, files, files.events.iter().find(|known| known.name == event)?))
                });
                let (tool, files, event) = found.expect("a name is only made of what is in the table");
                Kind::Hook(tool, files, event)
            }
        }
    }
}

/// How ours stands in a file.
pub(crate) enum Standing {
    Absent,
    Good,
    /// Of another version.
    Outdated,
    /// It runs this, and not what it should.
    Other(String),
    /// It is as it should be, but for what keeps the tool from running it.
    Idle {
        line: usize,
        why: NeverRuns,
    },
}

enum Kind {
    Guidance,
    StatusLine,
    Exclude,
    Hook(&'static Host, &'static HookFiles, &'static Event),
}

/// The text with our guidance in it: at the end, or first in a file that is read to the limit only.
fn wire_guidance(text: &str) -> Result<String, Malformed> {
    let wired = BLOCK.wire(text, &told())?;
    let range = BLOCK.find(&wired)?.filter(|range| range.end > MAX_READ_BYTES && range.start > BOM.len());
    let Some(range) = range else { return Ok(wired) };
    let rest = unwire_guidance(text, Made::Parent)?;
    let eol = if rest.contains("\r\n") { "\r\n" } else { "\n" };
    let (mark, rest) = rest.split_at(rest.len() - rest.trim_start_matches(BOM).len());
    Ok([mark, &wired[range], eol, rest].concat())
}

/// The text without our guidance, and without the empty line that parts it from the rest.
fn unwire_guidance(text: &str, made: Made) -> Result<String, Malformed> {
    let first = BLOCK.find(text)?.filter(|range| range.start <= BOM.len() && text.len() > MAX_READ_BYTES);
    let Some(range) = first else { return unwire(BLOCK, text, made) };
    let rest = &text[range.end..];
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
    Ok([&text[..range.start], rest].concat())
}

/// The text without a block of ours.
fn unwire(block: Block, text: &str, made: Made) -> Result<String, Malformed> {
    // The empty line before it is not ours then.
    if made != Made::Item {
        return block.unwire(text);
    }
    Ok(match block.find(text)? {
        Some(range) => [&text[..range.start], &text[range.end..]].concat(),
        None => text.to_owned(),
    })
}

/// Whether a call is of a `handover`, wherever that lies, with this verb.
fn is_ours(call: &Call, verb: &str) -> bool {
    Path::new(&call.program).file_name().is_some_and(|name| name == PROGRAM)
        && call.args.first().is_some_and(|first| first == verb)
}

fn shown(found: &Found) -> String {
    match &found.args {
        Some(args) => format!("{} {}", found.command, args.join(" ")),
        None => found.command.clone(),
    }
}
