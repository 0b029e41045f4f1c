//! From the command line to a [`Typed`].

use std::ffi::OsString;

use handoff_address::WorktreeName;
use lexopt::prelude::{Long, Short, Value};
use lexopt::{Arg, Error, Parser, ValueExt};

use super::{Capture, Command, Format, Pickup, Typed, Wire};

/// The verbs that hosts run. To Claude Code, 2 of a hook means that the user's prompt must not be sent.
const HOSTED: [&str; 3] = ["on-event", "session-start", "statusline-tap"];

/// A command line that makes no sense.
#[derive(Debug)]
pub(crate) struct Misuse {
    /// What is wrong with it.
    pub(crate) error: Error,
    /// The exit code: 2, or 0 where a host would take that for a word to it.
    pub(crate) code: u8,
}

/// Reads `words`, the command line without the program's name.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Typed, Misuse> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut verb = None;
    typed(&words, &mut verb).map_err(|error| {
        let is_hosted = |word: &str| HOSTED.contains(&word);
        // Where not even the verb was reached, it is somewhere behind.
        let hosted = match verb {
            Some(verb) => is_hosted(&verb),
            None => words.iter().any(|word| word.to_str().is_some_and(is_hosted)),
        };
        Misuse { error, code: if hosted { 0 } else { 2 } }
    })
}

/// The same, with `reached` becoming the verb once it is read.
fn typed(words: &[OsString], reached: &mut Option<String>) -> Result<Typed, Error> {
    let mut parser = Parser::from_args(words);
    let mut root = None;
    let verb = loop {
        match parser.next()? {
            Some(Long("root")) => root = Some(parser.value()?.into()),
            Some(Value(word)) => break word.string()?,
            Some(Short('V') | Long("version")) => return Ok(Typed { command: Command::Version, root }),
            None | Some(Short('h') | Long("help")) => return Ok(Typed { command: Command::Help, root }),
            Some(other) => return Err(other.unexpected()),
        }
    };
    *reached = Some(verb.clone());
    let mut words = Words { parser, root };
    let command = words.verb(&verb)?;
    Ok(Typed { command: command.unwrap_or(Command::Help), root: words.root })
}

/// The words after the verb.
struct Words {
    parser: Parser,
    root: Option<std::path::PathBuf>,
}

/// None where help was asked for.
type Asked = Result<Option<Command>, Error>;

impl Words {
    fn verb(&mut self, verb: &str) -> Asked {
        match verb {
            "help" => Ok(None),
            "init" => self.plain(Command::Init),
            "enable" => self.wire(Wire::default()),
            "disable" => self.wire(Wire { remove: true, ..Wire::default() }),
            "install" => self.wire(Wire { user: true, ..Wire::default() }),
            "capture" => self.capture(),
            "on-event" => self.on_event(),
            "session-start" => self.session_start(),
            "pending" => self.pending(),
            "pickup" => self.pickup(),
            "run" => self.run(),
            "render" => self.render(),
            "inspect" => self.inspect(),
            "status" => self.json(|json| Command::Status { json }),
            "adapters" => self.json(|json| Command::Adapters { json }),
            "print-config" => self.plain(Command::PrintConfig),
            "allow" => self.allow(),
            "statusline-tap" => self.statusline_tap(),
            other => Err(format!("there is no verb `{other}`").into()),
        }
    }

    /// Reads all options; `take` gives back what it does not know. False where help was asked for.
    fn each(
        &mut self,
        mut take: impl FnMut(Arg<'_>) -> Result<Option<Need>, Error>,
        mut fill: impl FnMut(&'static str, OsString) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        while let Some(arg) = self.parser.next()? {
            let need = match arg {
                Short('h') | Long("help") => return Ok(false),
                Long("root") => Some(Need("root")),
                other => take(other)?,
            };
            if let Some(Need(name)) = need {
                let value = self.parser.value()?;
                match name {
                    "root" => self.root = Some(value.into()),
                    name => fill(name, value)?,
                }
            }
        }
        Ok(true)
    }

    fn plain(&mut self, command: Command) -> Asked {
        let more = self.each(|arg| Err(arg.unexpected()), none)?;
        Ok(more.then_some(command))
    }

    fn json(&mut self, command: impl Fn(bool) -> Command) -> Asked {
        let mut json = false;
        let take = |arg: Arg<'_>| match arg {
            Long("json") => set(&mut json),
            other => Err(other.unexpected()),
        };
        let more = self.each(take, none)?;
        Ok(more.then(|| command(json)))
    }

    fn wire(&mut self, mut wire: Wire) -> Asked {
        let mut tools = Vec::new();
        let take = |arg: Arg<'_>| match arg {
            Long("dry-run") => set(&mut wire.dry_run),
            Long("remove") if wire.user => set(&mut wire.remove),
            Long("tool") => Ok(Some(Need("tool"))),
            other => Err(other.unexpected()),
        };
        let more = self.each(take, |_, value| {
            tools.push(value.string()?);
            Ok(())
        })?;
        wire.tools = tools;
        Ok(more.then_some(Command::Wire(wire)))
    }

    fn capture(&mut self) -> Asked {
        let (mut capture, mut json) = (Capture::default(), false);
        const TAKEN: [&str; 7] = ["title", "summary", "next-step", "to", "tool", "session-id", "transcript"];
        let take = |arg: Arg<'_>| match arg {
            Long("json") => set(&mut json),
            Long(name) => match TAKEN.iter().find(|taken| **taken == name) {
                Some(taken) => Ok(Some(Need(taken))),
                None => Err(arg.unexpected()),
            },
            other => Err(other.unexpected()),
        };
        let more = self.each(take, |name, value| {
            match name {
                "title" => capture.title = Some(value.string()?),
                "summary" => capture.summary = Some(value.string()?),
                "next-step" => capture.next_step = Some(value.string()?),
                "to" => capture.to = Some(value.parse_with(WorktreeName::new)?.to_string()),
                "tool" => capture.tool = Some(value.string()?),
                "session-id" => capture.session_id = Some(value.string()?),
                _ => capture.transcript = Some(value.into()),
            }
            Ok(())
        })?;
        capture.json = json;
        Ok(more.then_some(Command::Capture(capture)))
    }

    fn on_event(&mut self) -> Asked {
        let (mut tool, mut detached) = (None, false);
        let take = |arg: Arg<'_>| match arg {
            Long("detached") => set(&mut detached),
            Long("tool") => Ok(Some(Need("tool"))),
            other => Err(other.unexpected()),
        };
        let more = self.each(take, |_, value| {
            tool = Some(value.string()?);
            Ok(())
        })?;
        Ok(more.then_some(Command::OnEvent { tool, detached }))
    }

    fn session_start(&mut self) -> Asked {
        let mut format = Format::Plain;
        let take = |arg: Arg<'_>| match arg {
            Long("format") => Ok(Some(Need("format"))),
            other => Err(other.unexpected()),
        };
        let more = self.each(take, |_, value| {
            format = match value.string()?.as_str() {
                "plain" => Format::Plain,
                "claude" | "codex" => Format::Json,
                other => return Err(format!("`{other}` is no format: plain, claude or codex").into()),
            };
            Ok(())
        })?;
        Ok(more.then_some(Command::SessionStart { format }))
    }

    fn pending(&mut self) -> Asked {
        let (mut all, mut json) = (false, false);
        let more = self.each(
            |arg| match arg {
                Long("all") => set(&mut all),
                Long("json") => set(&mut json),
                other => Err(other.unexpected()),
            },
            |_, _| Ok(()),
        )?;
        Ok(more.then_some(Command::Pending { all, json }))
    }

    fn pickup(&mut self) -> Asked {
        let (mut pickup, mut from) = (Pickup::default(), None);
        let take = |arg: Arg<'_>| match arg {
            Long("apply") => set(&mut pickup.apply),
            Long("onto-head") => set(&mut pickup.onto_head),
            Long("allow-config") => set(&mut pickup.allow_config),
            Long("again") => set(&mut pickup.again),
            Long("undo") => set(&mut pickup.undo),
            Long("from") => Ok(Some(Need("from"))),
            Value(word) if pickup.id.is_none() => {
                pickup.id = Some(word.string()?);
                Ok(None)
            }
            other => Err(other.unexpected()),
        };
        let more = self.each(take, |_, value| {
            from = Some(value.into());
            Ok(())
        })?;
        pickup.from = from;
        let applies = pickup.apply || !(pickup.onto_head || pickup.allow_config);
        if !applies {
            return Err("--onto-head and --allow-config go with --apply".into());
        }
        if pickup.undo && (pickup.apply || pickup.from.is_some() || pickup.again) {
            return Err("--undo stands alone".into());
        }
        Ok(more.then_some(Command::Pickup(pickup)))
    }

    fn run(&mut self) -> Asked {
        let mut pickup = false;
        loop {
            match self.parser.next()? {
                None => return Err("there is no command: handover run -- COMMAND".into()),
                Some(Short('h') | Long("help")) => return Ok(None),
                Some(Long("pickup")) => pickup = true,
                Some(Long("root")) => self.root = Some(self.parser.value()?.into()),
                Some(Value(first)) => {
                    let command = std::iter::once(first).chain(self.parser.raw_args()?).collect();
                    return Ok(Some(Command::Run { pickup, command }));
                }
                Some(other) => return Err(other.unexpected()),
            }
        }
    }

    fn render(&mut self) -> Asked {
        let (mut id, mut out, mut allow_secrets) = (None, None, false);
        let take = |arg: Arg<'_>| match arg {
            Long("allow-secrets") => set(&mut allow_secrets),
            Long("out") => Ok(Some(Need("out"))),
            Value(word) if id.is_none() => {
                id = Some(word.string()?);
                Ok(None)
            }
            other => Err(other.unexpected()),
        };
        let more = self.each(take, |_, value| {
            out = Some(value.into());
            Ok(())
        })?;
        Ok(more.then_some(Command::Render { out, id, allow_secrets }))
    }

    fn inspect(&mut self) -> Asked {
        let (mut id, mut json) = (None, false);
        let take = |arg: Arg<'_>| match arg {
            Long("json") => set(&mut json),
            Value(word) if id.is_none() => {
                id = Some(word.string()?);
                Ok(None)
            }
            other => Err(other.unexpected()),
        };
        let more = self.each(take, none)?;
        Ok(more.then_some(Command::Inspect { id, json }))
    }

    fn allow(&mut self) -> Asked {
        let (mut id, mut yes, mut config) = (None, false, false);
        let take = |arg: Arg<'_>| match arg {
            Short('y') | Long("yes") => set(&mut yes),
            Long("config") => set(&mut config),
            Value(word) if id.is_none() => {
                id = Some(word.string()?);
                Ok(None)
            }
            other => Err(other.unexpected()),
        };
        if !self.each(take, none)? {
            return Ok(None);
        }
        match (&id, config) {
            (None, false) => Err("say which: handover pending".into()),
            (Some(_), true) => Err("an ID and --config are two things: one at a time".into()),
            _ => Ok(Some(Command::Allow { id, yes })),
        }
    }

    fn statusline_tap(&mut self) -> Asked {
        let words = self.parser.raw_args()?;
        let is_help = |word: &std::ffi::OsStr| word == "-h" || word == "--help";
        if words.peek().is_some_and(is_help) {
            return Ok(None);
        }
        let command: Vec<OsString> = words.collect();
        let command = match command.split_first() {
            Some((first, rest)) if first == "--" => rest.to_vec(),
            Some((first, _)) if first.as_encoded_bytes().starts_with(b"-") => {
                return Err(Error::UnexpectedOption(first.to_string_lossy().into_owned()));
            }
            _ => command,
        };
        Ok(Some(Command::StatuslineTap { command }))
    }
}

/// An option whose value is read next.
struct Need(&'static str);

fn set(flag: &mut bool) -> Result<Option<Need>, Error> {
    *flag = true;
    Ok(None)
}

fn none(_: &'static str, value: OsString) -> Result<(), Error> {
    Err(Error::UnexpectedArgument(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
            .map(|typed| typed.command)
            .map_err(|misuse| misuse.error.to_string())
    }

    #[test]
    fn a_host_is_never_told_that_its_prompt_is_to_be_stopped() {
        for (line, wanted) in [
            ("on-event --bogus", 0),
            ("on-event extra", 0),
            ("--root /x session-start --format xx", 0),
            ("session-start --format", 0),
            ("--bogus on-event", 0),
            ("statusline-tap --bogus", 0),
            ("pending --bogus", 2),
            ("--bogus pending", 2),
            ("capture on-event", 2),
            ("nothing", 2),
        ] {
            let code = parse(line.split_whitespace().map(OsString::from)).err().map(|misuse| misuse.code);
            assert_eq!(code, Some(wanted), "{line}");
        }
    }

    #[test]
    fn verbs_are_read_with_their_options() {
        assert_eq!(command(""), Ok(Command::Help));
        assert_eq!(command("pickup --help"), Ok(Command::Help));
        let pickup = Pickup { id: Some("a".into()), apply: true, onto_head: true, ..Pickup::default() };
        assert_eq!(command("pickup a --apply --onto-head"), Ok(Command::Pickup(pickup)));
        let run = Command::Run { pickup: true, command: vec!["codex".into(), "--pickup".into()] };
        assert_eq!(command("run --pickup -- codex --pickup"), Ok(run));
        let wire = Wire { user: true, remove: true, tools: vec!["claude".into()], dry_run: false };
        assert_eq!(command("install --tool claude --remove"), Ok(Command::Wire(wire)));
        let capture = Capture { title: Some("t".into()), json: true, ..Capture::default() };
        assert_eq!(command("capture --json --title=t"), Ok(Command::Capture(capture)));
        let tap = Command::StatuslineTap { command: vec!["sh".into(), "-c".into()] };
        assert_eq!(command("statusline-tap -- sh -c"), Ok(tap));
        let root = parse(["--root", "/x", "pending"].map(OsString::from)).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(
            root,
            Typed { command: Command::Pending { all: false, json: false }, root: Some("/x".into()) }
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "nothing",
            "pending x",
            "pickup a b",
            "pickup --onto-head",
            "pickup --undo --apply",
            "run",
            "render a b",
            "allow",
            "capture x",
            "capture --to ../x",
            "enable --remove",
            "session-start --format xml",
            "status --out",
        ] {
            assert!(command(line).is_err(), "{line}");
        }
    }
}
