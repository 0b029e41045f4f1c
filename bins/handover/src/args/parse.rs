//! From the command line to a [`Typed`].

use std::ffi::OsString;

use handoff_address::WorktreeName;
use handoff_cli::tables::{DRY_RUN, JSON, ROOT, YES, handover as table};
use handoff_cli::{Asked, CalledAs, Given, Misuse, UsageError, ask};

use super::mail::{export, import, mailroom, people, send};
use super::{Capture, Command, Format, Pickup, Typed, Wire};

/// Reads `words`, the command line without the program's name, of a program that was called as `called`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(
    words: impl IntoIterator<Item = OsString>,
    called: &CalledAs,
) -> Result<Asked<Typed>, Misuse> {
    ask(&table::PROGRAM, called, env!("CARGO_PKG_VERSION"), words, |given| {
        Ok(Typed { command: command(given)?, root: given.path(&ROOT) })
    })
}

fn command(given: &Given) -> Result<Command, Misuse> {
    let json = given.has(&JSON);
    Ok(match given.verb.name {
        "init" => Command::Init,
        "enable" => wire(given, Wire::default())?,
        "disable" => wire(given, Wire { remove: true, ..Wire::default() })?,
        "install" => wire(given, Wire { user: true, remove: given.has(&table::REMOVE), ..Wire::default() })?,
        "capture" => Command::Capture(capture(given)?),
        "on-event" => {
            Command::OnEvent { tool: given.text(&table::TOOL)?, detached: given.has(&table::DETACHED) }
        }
        "session-start" => Command::SessionStart { format: format(given)? },
        "pending" => Command::Pending { all: given.has(&table::ALL), json },
        "pickup" => Command::Pickup(pickup(given)?),
        "run" => Command::Run { pickup: given.has(&table::PICKUP_FIRST), command: given.tail().to_vec() },
        "render" => Command::Render {
            out: given.path(&table::OUT),
            id: given.word(0)?,
            allow_secrets: given.has(&table::ALLOW_SECRETS),
        },
        "inspect" => Command::Inspect { id: given.word(0)?, json },
        "adapters" => Command::Adapters { json },
        "print-config" => Command::PrintConfig,
        "allow" => allow(given)?,
        "export" => Command::Export(export(given)?),
        "import" => Command::Import(import(given)?),
        "send" => Command::Send(send(given)?),
        "people" => Command::People(people(given)?),
        "join" | "push" | "pull" | "sync" | "mail" | "recall" | "give-back" => {
            Command::Mailroom(mailroom(given)?)
        }
        "statusline-tap" => Command::StatuslineTap { command: given.tail().to_vec() },
        _ => Command::Status { json },
    })
}

fn wire(given: &Given, wire: Wire) -> Result<Command, Misuse> {
    let (tools, dry_run) = (given.texts(&table::TOOLS)?, given.has(&DRY_RUN));
    Ok(Command::Wire(Wire { tools, dry_run, ..wire }))
}

fn capture(given: &Given) -> Result<Capture, Misuse> {
    Ok(Capture {
        title: given.text(&table::TITLE)?,
        summary: given.text(&table::SUMMARY)?,
        next_step: given.text(&table::NEXT_STEP)?,
        to: given.parsed(&table::TO, WorktreeName::new)?.map(|name| name.to_string()),
        tool: given.text(&table::TOOL)?,
        session_id: given.text(&table::SESSION_ID)?,
        transcript: given.path(&table::TRANSCRIPT),
        json: given.has(&JSON),
    })
}

fn format(given: &Given) -> Result<Format, Misuse> {
    Ok(match given.text(&table::FORMAT)?.as_deref() {
        Some("claude" | "codex") => Format::Json,
        _ => Format::Plain,
    })
}

fn pickup(given: &Given) -> Result<Pickup, Misuse> {
    Ok(Pickup {
        id: given.word(0)?,
        from: given.path(&table::FROM),
        apply: given.has(&table::APPLY),
        onto_head: given.has(&table::ONTO_HEAD),
        allow_config: given.has(&table::ALLOW_CONFIG),
        again: given.has(&table::AGAIN),
        undo: given.has(&table::UNDO),
    })
}

fn allow(given: &Given) -> Result<Command, Misuse> {
    let (id, yes) = (given.word(0)?, given.has(&YES));
    let wrong = |what: &str| Err(given.misuse(UsageError::Other(what.to_owned())));
    match (&id, given.has(&table::CONFIG)) {
        (None, false) => wrong("an ID or --config is missing"),
        (Some(_), true) => wrong("an ID and --config exclude each other"),
        _ => Ok(Command::Allow { id, yes }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Option<Command> {
        let called = CalledAs::new(None, "handover", &["handover"]);
        match parse(line.split_whitespace().map(OsString::from), &called) {
            Ok(Asked::Verb(typed)) => Some(typed.command),
            _ => None,
        }
    }

    #[test]
    fn verbs_are_read_with_their_options() {
        let pickup = Pickup { id: Some("a".into()), apply: true, onto_head: true, ..Pickup::default() };
        assert_eq!(command("pickup a --apply --onto-head"), Some(Command::Pickup(pickup)));
        let run = Command::Run { pickup: true, command: vec!["codex".into(), "--pickup".into()] };
        assert_eq!(command("run --pickup -- codex --pickup"), Some(run));
        let wire = Wire { user: true, remove: true, tools: vec!["claude".into()], dry_run: false };
        assert_eq!(command("install --tool claude --remove"), Some(Command::Wire(wire)));
        let capture = Capture { title: Some("t".into()), json: true, ..Capture::default() };
        assert_eq!(command("capture --json --title=t"), Some(Command::Capture(capture)));
        let tap = Command::StatuslineTap { command: vec!["sh".into(), "-c".into()] };
        assert_eq!(command("statusline-tap -- sh -c"), Some(tap));
        assert_eq!(command("allow --config -y"), Some(Command::Allow { id: None, yes: true }));
    }

    #[test]
    fn every_verb_of_the_table_is_one_of_its_own() {
        let words = |verb: &str| match verb {
            "allow" | "run" | "import" | "send" | "recall" | "give-back" => format!("{verb} x"),
            verb => verb.to_owned(),
        };
        let verbs = table::PROGRAM.verbs.iter().map(|verb| verb.name);
        let status = verbs.filter(|verb| matches!(command(&words(verb)), Some(Command::Status { .. })));
        assert_eq!(status.collect::<Vec<_>>(), ["status"]);
        assert!(table::PROGRAM.verbs.iter().all(|verb| command(&words(verb.name)).is_some()));
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
            "allow x --config",
            "capture x",
            "capture --to ../x",
            "enable --remove",
            "session-start --format xml",
            "status --out",
        ] {
            assert_eq!(command(line), None, "{line}");
        }
    }
}
