//! `inbox delete`: one handoff, for good. The user's act: it asks, and an agent cannot do it.

use handoff_agents::Host;
use handoff_delivery::Ledger;
use handoff_document::Document;
use handoff_process::{Environment, Status, asks_person, is_input_terminal, read_line};
use handoff_store::Inbox;
use serde_json::json;

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};
use crate::one::{One, Shelf, busy, check_not_on_offer};

pub(crate) fn run(here: &Here, id: &str, only: Option<Shelf>, yes: bool) -> Result<Status, Failure> {
    if !is_input_terminal() && !Host::of_shell(|name| Environment::variable(name).is_some()).is_empty() {
        return Err("could not delete: this is the shell of an agent, and only a person deletes a handoff, in a terminal; archive puts it out of the way".into());
    }
    let unknown = || Unclear::Unknown(id.to_owned());
    let inbox = here.own_inbox()?.ok_or_else(unknown)?;
    let one = One::find(here, &inbox, id, only)?;
    let shown = one.shown();
    let show = format!("{} show {}", here.called, id::of(&one.name));
    // Before the question, which would be for nothing; and again when nothing can change any more.
    if let Some(waiting) = &one.waiting {
        check_not_on_offer(here, &Ledger::open(&inbox, &here.looker)?, waiting, "delete")?;
    }
    if !yes {
        if !asks_person() {
            here.output.complain(format_args!(
                "could not delete {shown}: there is no terminal to ask on, so it needs --yes; it is {}; {show} shows it",
                one.describe(here.now)
            ));
            return Ok(Status::Usage);
        }
        here.output.note(&format!(
            "{}\nIt is deleted for good; to see it first: {show}\nType y to delete it: ",
            one.describe(here.now)
        ));
        let line = read_line().unwrap_or_default();
        if !matches!(line.trim_ascii(), b"y" | b"Y" | b"yes") {
            return Err("nothing was deleted".into());
        }
    }
    delete(here, &inbox, &one)?;
    if here.json {
        return Ok(here.output.json(&json!({ "deleted": [shown] })));
    }
    Ok(here.output.print(&format!("deleted: {shown} ({})\n", one.describe(here.now))))
}

/// Deletes it, if it still is where it was and has the text that it had.
fn delete(here: &Here, inbox: &Inbox, one: &One) -> Result<(), Failure> {
    // A person may have thought about the answer.
    let looker = here.looker_now();
    let is_that = |content: &[u8]| Document::parse(content).body() == body(one);
    let Some(waiting) = &one.waiting else {
        return match inbox.forget_whole(&one.name, is_that) {
            Ok(true) => Ok(()),
            Ok(false) => Err(busy("delete", &one.name)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(busy("delete", &one.name)),
            Err(error) => Err(error.into()),
        };
    };
    let Some(ledger) = Ledger::take_turn_alone(inbox, &looker)? else {
        return Err(
            format!("could not delete {}: a session starts at this moment; try again", one.shown()).into()
        );
    };
    check_not_on_offer(here, &ledger, waiting, "delete")?;
    let Some(mut claim) = inbox.claim(waiting, &inbox.archive()?)? else {
        return Err(busy("delete", &one.name));
    };
    // A hook that did not wait for its turn may have offered it before it was claimed.
    check_not_on_offer(here, &Ledger::open(inbox, &looker)?, waiting, "delete")?;
    if !is_that(&claim.read()?) {
        return Err(format!("could not delete {}: it was changed meanwhile", one.shown()).into());
    }
    claim.delete()?;
    ledger.forget(&one.name);
    Ok(())
}

fn body(one: &One) -> &[u8] {
    Document::parse(&one.content).body()
}
