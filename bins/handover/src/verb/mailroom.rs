//! `handoff join`, `push`, `pull`, `sync`, `mail`, `recall`, `give-back`: letters through a remote of the repository.

use std::time::{Duration, Instant};

use handoff_document::{Timestamp, age};
use handoff_letter::LetterId;
use handoff_mail::Taken;
use handoff_mail::mailroom::{
    Doubt, Known, Looked, MailRemote, Mailroom, MailroomError, Pulled, Sent, SentState, elsewhere, is_cloud,
    leave_trouble,
};
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::{Value, json};

use super::copy::Applying;
use super::export::{misused, request, say, say_unable, work, work_as_json};
use super::{copy, import, on_branch, wire};
use crate::args;
use crate::args::MailroomVerb;
use crate::here::Here;

/// For how long a look in the background may take in all. Every step of it can be interrupted.
const BACKGROUND: Duration = Duration::from_secs(20);
/// For how long the remote may answer then: afterwards it is left for the sessions that it did not.
const ANSWERS: Duration = Duration::from_secs(18);

pub(crate) fn run(here: &Here<'_>, typed: &args::Mailroom) -> Result<u8, Failure> {
    let json = typed.json;
    match &typed.verb {
        MailroomVerb::Join { remote, mail, is_private } => {
            let mailroom = Mailroom::join(&here.project, remote.as_deref(), mail.as_deref(), *is_private)?;
            join(here, mailroom, json)
        }
        MailroomVerb::Push { id, letter } => push(here, id.as_deref(), letter, json),
        MailroomVerb::PushOnBranch { id, letter, is_private } => {
            on_branch::push(here, id.as_deref(), letter, *is_private, json)
        }
        MailroomVerb::PullFromBranch { branch, apply, allow_config } => {
            on_branch::pull(here, branch.as_deref(), *apply, *allow_config, json)
        }
        MailroomVerb::Copy { id, wait, apply, allow_config } => copy::run(
            here,
            id.as_deref(),
            *wait,
            Applying { apply: *apply, allow_config: *allow_config },
            json,
        ),
        MailroomVerb::OfferAgain(part) => {
            let id = with_letter(here, part, |mailroom| mailroom.offer_again(part))?;
            let text =
                format!("{} waits at the remote again: the first machine to pull it has it\n", id.short());
            Ok(answer(here, json, &json!({ "letter": id.as_str() }), &text))
        }
        MailroomVerb::Pull { id, apply, allow_config } => {
            pull(here, id.as_deref(), *apply, *allow_config, json)
        }
        MailroomVerb::Sync { background: true } => Ok(background(here)),
        MailroomVerb::Sync { background: false } => {
            open(here)?.retry_refused()?;
            look(here, json, false)
        }
        MailroomVerb::Mail => look(here, json, true),
        MailroomVerb::Overview => super::overview::run(here, json),
        MailroomVerb::Recall(part) => {
            let recalled = with_letter(here, part, |mailroom| mailroom.recall(part))?;
            let where_to = if recalled.is_unread { "waits here again" } else { "is in the archive here" };
            let text = format!("recalled \"{}\": it {where_to}\n", Sanitised::from(recalled.title.as_str()));
            let json_text = json!({ "letter": recalled.id.as_str(), "unread": recalled.is_unread });
            Ok(answer(here, json, &json_text, &text))
        }
        MailroomVerb::GiveBack(part) => {
            let back = with_letter(here, part, |mailroom| mailroom.give_back(part))?;
            let here_too = if back.is_archived { "; here it is archived" } else { "" };
            let text = format!(
                "{} waits at the remote again: the first machine to pull it has it{here_too}\n",
                back.id.short()
            );
            let json_text = json!({ "letter": back.id.as_str(), "archived": back.is_archived });
            Ok(answer(here, json, &json_text, &text))
        }
    }
}

fn open<'h>(here: &'h Here<'_>) -> Result<Mailroom<'h>, Failure> {
    Mailroom::open(&here.project).map_err(said)
}

fn said(error: MailroomError) -> Failure {
    match error {
        MailroomError::NotJoined if is_cloud() => Failure::new(
            "nothing was joined in this sandbox: handoff pull --copy copies what waits, handoff push --via branch sends",
        ),
        error => error.into(),
    }
}

/// Does `act` with the letter that has `part` in its name. Where the mailroom has none, it may have come or gone by another way.
fn with_letter<T>(
    here: &Here<'_>,
    part: &str,
    act: impl FnOnce(&mut Mailroom<'_>) -> Result<T, MailroomError>,
) -> Result<T, Failure> {
    let done = Mailroom::open(&here.project).and_then(|mut mailroom| act(&mut mailroom));
    done.map_err(|error| match error {
        MailroomError::NotJoined | MailroomError::NoLetter(_) => {
            said(elsewhere(&here.project, part).unwrap_or(error))
        }
        error => error.into(),
    })
}

fn answer(here: &Here<'_>, is_json: bool, json: &Value, text: &str) -> u8 {
    if is_json { here.json(json) } else { here.print(text) }
}

fn join(here: &Here<'_>, mut mailroom: Mailroom<'_>, is_json: bool) -> Result<u8, Failure> {
    let cards = mailroom.cards()?;
    let looked = mailroom.sync(true);
    mailroom.leave_notice(&looked)?;
    let looked = looked?;
    let (joined, identity, machine) = (&mailroom.joined, &mailroom.identity, &mailroom.machine);
    if is_json {
        let cards: Vec<_> = cards.iter().map(card_as_json).collect();
        let json = json!({ "remote": joined.remote, "mail": joined.mail.as_ref().map(MailRemote::url), "private": joined.is_private(), "audience": joined.audience,
            "you": { "name": identity.name, "mail": identity.mail }, "machine": machine.name,
            "fingerprint": machine.key().fingerprint(), "cards": cards, "waiting": looked.waiting.len() });
        return Ok(here.json(&json));
    }
    let audience = joined.audience.words();
    let so = match (joined.is_private(), joined.private_by_word) {
        (true, true) => "you say that it is private: letters go as they are, signed",
        (true, false) => "so it is private: letters go as they are, signed",
        (false, _) => {
            "so letters go there encrypted, and to persons alone; if you know better: handoff join --private"
        }
    };
    let mut text = format!("{:<10} {audience}; {so}\n", joined.place());
    if joined.mail.is_some() {
        text.push_str(&format!("{:<10} no letter goes there\n", joined.remote));
    }
    text.push_str(&format!(
        "{:<10} {} <{}>; this machine: {}, key {}\n",
        "you",
        identity.name,
        identity.mail,
        machine.name,
        machine.key().fingerprint()
    ));
    for card in &cards {
        text.push_str(&card_line(card, &identity.mail));
    }
    text.push_str(&waiting_lines(&looked));
    Ok(here.print(&text))
}

fn card_line(known: &Known, own_mail: &str) -> String {
    let sender = &known.card.sender;
    let who =
        Sanitised::line(format!("{} <{}>, {}", sender.name, sender.mail, sender.machine).as_bytes(), 200);
    let fingerprint = known.card.key.fingerprint();
    match &known.person {
        Some(person) => format!("{person:<10} {who}, key {fingerprint}\n"),
        None => {
            let is_own = sender.mail.eq_ignore_ascii_case(own_mail);
            let (what, name) = if is_own { ("of a machine of yours", "@me") } else { ("theirs", "NAME") };
            let card = &fingerprint[fingerprint.len() - 8..];
            format!(
                "unknown    {who}, key {fingerprint}\n           if that key is {what}: handoff people add {name} --card {card}\n"
            )
        }
    }
}

fn card_as_json(known: &Known) -> Value {
    let sender = &known.card.sender;
    json!({ "name": sender.name, "mail": sender.mail, "machine": sender.machine, "person": known.person,
        "key": known.card.key.to_string(), "fingerprint": known.card.key.fingerprint() })
}

fn push(here: &Here<'_>, id: Option<&str>, typed: &args::Letter, is_json: bool) -> Result<u8, Failure> {
    // Whether there is a mailroom is said before anything is captured.
    let mut mailroom = open(here)?;
    let addressed = mailroom.address(typed.to.as_deref()).map_err(not_addressed)?;
    let recipients = mailroom.recipients(&addressed.to, typed.encrypt)?;
    // Nobody else can read what is encrypted.
    let is_moot = |doubt: &Doubt| recipients.is_some() && matches!(doubt, Doubt::AnyMachine { .. });
    let doubt = addressed.doubt.filter(|doubt| !is_moot(doubt)).map(|doubt| doubt.to_string());
    let repository = mailroom.joined.mail.as_ref().map(|mail| mail.repository().to_owned());
    let own = || wire::own(here);
    let request = request(id, typed, repository.as_deref(), &|_| None, &own);
    let packed = mailroom.pack(&request)?;
    let pushed = mailroom.post(&packed, recipients.as_ref())?;
    say(here, &packed);
    if let Some(recipients) = &recipients {
        say_unable(here, recipients);
    }
    let letter = &packed.letter;
    if is_json {
        let json = json!({ "letter": letter.id.as_str(), "to": letter.to.to_string(), "sent": pushed.is_there,
            "encrypted": recipients.is_some(), "cannot_read": recipients.as_ref().map(|recipients| &recipients.unable),
            "why_not": pushed.why_not, "note": doubt, "handoff": packed.name, "archived": pushed.is_archived,
            "work": work_as_json(letter), "not_carried": packed.not_carried });
        return Ok(here.json(&json));
    }
    let to = shown_mailbox(&mailroom, &letter.to.to_string());
    let encrypted = if recipients.is_some() { ", encrypted" } else { "" };
    let mut text = match &pushed.why_not {
        None => format!(
            "sent       {} \"{}\" to {to}{encrypted}; not taken yet\n",
            letter.id.short(),
            letter.title
        ),
        Some(why) => format!(
            "queued     {} \"{}\" to {to}{encrypted}; it goes out with the next `handoff sync`: {}\n",
            letter.id.short(),
            letter.title,
            Sanitised::line(why.as_bytes(), 400)
        ),
    };
    text.push_str(&doubt.map(|doubt| format!("note       {doubt}\n")).unwrap_or_default());
    text.push_str(&work(letter));
    if pushed.is_archived {
        text.push_str(&format!(
            "here it is archived; to have it back: handoff recall {}\n",
            letter.id.short()
        ));
    }
    Ok(here.print(&text))
}

/// The failure of a push; a recipient that does not exist is a usage error.
fn not_addressed(error: MailroomError) -> Failure {
    match error {
        MailroomError::NotPacked(error) => misused(error),
        error => error.into(),
    }
}

fn pull(
    here: &Here<'_>,
    id: Option<&str>,
    is_applied: bool,
    allow_config: bool,
    is_json: bool,
) -> Result<u8, Failure> {
    let mut mailroom = open(here)?;
    let pulled = mailroom.pull(id)?;
    let rest = mailroom.sync(true);
    mailroom.leave_notice(&rest)?;
    let connection = mailroom.connection();
    drop(mailroom);
    let on_branch = if id.is_none() { on_branch::here(here, connection) } else { None };
    let applied =
        Applying { apply: is_applied, allow_config }.of(here, pulled.taken.iter().chain(&on_branch));
    // The one that is asked for was left alone.
    let is_missing = id.is_some() && pulled.taken.is_empty() && pulled.lost.is_empty();
    let is_failed = matches!(applied, Some(Err(_))) || !pulled.open.is_empty() || is_missing;
    let code = if is_json {
        let is_applied = applied.as_ref().is_some_and(Result::is_ok);
        here.json(&pulled_as_json(&pulled, on_branch.as_ref(), is_applied))
    } else {
        let changed = applied.as_ref().and_then(|applied| applied.as_ref().ok());
        here.print(&pulled_as_text(&pulled, on_branch.as_ref(), changed))
    };
    for (id, why) in &pulled.open {
        here.output.complain(format_args!(
            "{} is not settled yet: {}",
            id.short(),
            Sanitised::line(why.as_bytes(), 400)
        ));
    }
    if let Some(why) = &pulled.looked.unsent {
        here.output.complain(format_args!("what is queued here did not go out: {why}"));
    }
    if let Some(Err(failure)) = applied {
        here.output.complain(failure.message);
    }
    Ok(if is_failed { 1 } else { code })
}

fn pulled_as_text(
    pulled: &Pulled,
    on_branch: Option<&(LetterId, Taken)>,
    applied: Option<&String>,
) -> String {
    let mut text = on_branch.map(|(id, taken)| copy::lines(id, taken, applied)).unwrap_or_default();
    for (id, taken) in &pulled.taken {
        text.push_str(&format!(
            "taken      {}, yours alone now; it waits here: {}\n",
            id.short(),
            Sanitised::path(&taken.path)
        ));
        match (applied, &taken.work) {
            (Some(changed), Some(_)) => text.push_str(changed),
            (None, Some(_)) => text.push_str(&import::work_line(taken)),
            _ => {}
        }
    }
    for lost in &pulled.lost {
        text.push_str(&format!("lost       {}: taken by {}\n", lost.id.short(), lost.by));
    }
    if pulled.taken.is_empty() && pulled.lost.is_empty() && on_branch.is_none() {
        text.push_str("nothing waits for you\n");
    }
    text.push_str(&passed_over_lines(&pulled.looked));
    text
}

fn pulled_as_json(pulled: &Pulled, on_branch: Option<&(LetterId, Taken)>, is_applied: bool) -> Value {
    let taken = |(id, taken): &(LetterId, Taken)| {
        json!({ "letter": id.as_str(), "path": taken.path.to_string_lossy(), "person": taken.signer.name(),
            "capture": taken.work.as_ref().map(|work| work.id.as_str()),
            "allowed": taken.work.as_ref().map(|work| work.is_allowed), "applied": is_applied && taken.work.is_some() })
    };
    json!({
        "taken": pulled.taken.iter().map(taken).collect::<Vec<_>>(),
        "copied": on_branch.iter().map(|(id, taken)| copy::entry(id, taken, is_applied)).collect::<Vec<_>>(),
        "lost": pulled.lost.iter().map(|lost| json!({ "letter": lost.id.as_str(), "by": lost.by.as_str() })).collect::<Vec<_>>(),
        "unsettled": pulled.open.iter().map(|(id, why)| json!({ "letter": id.as_str(), "why": why })).collect::<Vec<_>>(),
        "strangers": pulled.looked.strangers,
    })
}

/// `sync` and `mail`.
fn look(here: &Here<'_>, is_json: bool, with_sent: bool) -> Result<u8, Failure> {
    let mut mailroom = open(here)?;
    let looked = mailroom.sync(true);
    mailroom.leave_notice(&looked)?;
    let (looked, trouble) = match looked {
        Ok(looked) => (looked, None),
        // What is known here is shown all the same.
        Err(error @ MailroomError::Remote(_)) => (Looked::default(), Some(error)),
        Err(error) => return Err(error.into()),
    };
    let (sent, many) = (mailroom.sent()?, mailroom.many_refs()?);
    let code = if is_json {
        here.json(&looked_as_json(&looked, &sent, trouble.as_ref()))
    } else {
        let mut text = waiting_lines(&looked);
        if let Some(refs) = many.filter(|_| with_sent) {
            text.push_str(&format!(
                "warning    {} has {refs} refs of letters, and each `git push` to it lists them all; above 5,000 no letter goes out\n",
                mailroom.joined.place()
            ));
        }
        for letter in sent
            .iter()
            .filter(|letter| with_sent || matches!(letter.state, SentState::Queued | SentState::Held))
        {
            text.push_str(&sent_line(&mailroom, letter));
        }
        if text.is_empty() && trouble.is_none() {
            text.push_str("no letter waits for you, and none of yours is under way\n");
        }
        here.print(&text)
    };
    match (trouble, looked.unsent) {
        (Some(error), _) => Err(error.into()),
        (None, Some(error)) => Err(MailroomError::from(error).into()),
        (None, None) => Ok(code),
    }
}

fn waiting_lines(looked: &Looked) -> String {
    let mut text = String::new();
    let now = Timestamp::now();
    for letter in &looked.waiting {
        let branch = letter.branch.as_ref().map(|branch| format!(", branch {branch}")).unwrap_or_default();
        let copy = if letter.has_copy { "; a copy is here, not taken" } else { "" };
        text.push_str(&format!(
            "for you    {} \"{}\" from {} ({}), {}{branch}{copy}; to take it: handoff pull {}\n",
            letter.id.short(),
            letter.title,
            letter.from,
            letter.person,
            age(Timestamp::from_seconds(letter.at), now),
            letter.id.short()
        ));
    }
    text.push_str(&passed_over_lines(looked));
    text
}

fn passed_over_lines(looked: &Looked) -> String {
    let mut text = String::new();
    if looked.strangers > 0 {
        let letters = handoff_capturing::counted(looked.strangers, "letter");
        text.push_str(&format!(
            "strangers  {letters} of people whose keys are not known here: handoff join shows their cards\n"
        ));
    }
    for (id, why) in looked.passed_over.iter().take(10) {
        let why = Sanitised::line(why.as_bytes(), 300);
        text.push_str(&format!("left alone {}: {why}\n", &id[id.len().saturating_sub(8)..]));
    }
    text
}

fn sent_line(mailroom: &Mailroom<'_>, sent: &Sent) -> String {
    let now = Timestamp::now();
    let ago = |at: i64| age(Timestamp::from_seconds(at), now);
    let state = match &sent.state {
        SentState::Queued => "queued here; the remote was not reached yet".to_owned(),
        SentState::Held => format!(
            "held here: {} {}; to send it encrypted: handoff recall {}, then push it again",
            mailroom.joined.place(),
            mailroom.joined.audience.words(),
            sent.id.short()
        ),
        SentState::Refused(said) => format!("refused by the remote: {said}; to try again: handoff sync"),
        SentState::Waiting => "not taken yet".to_owned(),
        SentState::Taken(by, at) => {
            format!(
                "taken by {by} {}, not confirmed yet; to have it wait again: handoff push --reoffer {}",
                ago(*at),
                sent.id.short()
            )
        }
        SentState::Delivered(by, at) => format!("delivered to {by} {}", ago(*at)),
        SentState::Recalling => "is taken back as soon as the remote is reached".to_owned(),
        SentState::Recalled => "taken back".to_owned(),
        SentState::Gone => {
            format!(
                "gone from the remote, and no machine is known to have taken it; to send it again: handoff push --reoffer {}",
                sent.id.short()
            )
        }
    };
    let title = Sanitised::line(sent.title.as_bytes(), 120);
    let to = shown_mailbox(mailroom, &sent.to);
    format!("sent       {} \"{title}\" to {to}, {}: {state}\n", sent.id.short(), ago(sent.at))
}

/// A mailbox for people: one's own as `@me`.
fn shown_mailbox(mailroom: &Mailroom<'_>, mailbox: &str) -> String {
    match mailbox.strip_prefix("me:") {
        Some(mail) if mail == mailroom.identity.mail => "@me".to_owned(),
        Some(mail) => mail.to_owned(),
        None => mailbox.to_owned(),
    }
}

fn looked_as_json(looked: &Looked, sent: &[Sent], trouble: Option<&MailroomError>) -> Value {
    let waiting = looked.waiting.iter().map(|letter| {
        json!({ "letter": letter.id.as_str(), "title": letter.title.as_str(), "from": letter.from.as_str(),
            "person": letter.person, "branch": letter.branch.as_ref().map(Sanitised::as_str),
            "at": Timestamp::from_seconds(letter.at).to_string(), "to": letter.to.to_string(), "work_bytes": letter.work_bytes,
            "copy": letter.has_copy })
    });
    let sent = sent.iter().map(|sent| {
        let (state, by, at) = match &sent.state {
            SentState::Queued => ("queued", None, None),
            SentState::Held => ("held", None, None),
            SentState::Refused(said) => ("refused", Some(said.as_str()), None),
            SentState::Waiting => ("waiting", None, None),
            SentState::Taken(by, at) => ("taken", Some(by.as_str()), Some(*at)),
            SentState::Delivered(by, at) => ("delivered", Some(by.as_str()), Some(*at)),
            SentState::Recalling => ("recalling", None, None),
            SentState::Recalled => ("recalled", None, None),
            SentState::Gone => ("gone", None, None),
        };
        json!({ "letter": sent.id.as_str(), "title": sent.title, "to": sent.to,
            "at": Timestamp::from_seconds(sent.at).to_string(), "state": state, "by": by,
            "since": at.map(|at| Timestamp::from_seconds(at).to_string()) })
    });
    json!({ "waiting": waiting.collect::<Vec<_>>(), "sent": sent.collect::<Vec<_>>(), "strangers": looked.strangers,
        "passed_over": looked.passed_over, "unsent": looked.unsent.as_ref().map(ToString::to_string), "trouble": trouble.map(ToString::to_string) })
}

/// As a hook starts it: nothing is asked, nothing printed, nothing taken, and only letters to the user's own machines go out.
fn background(here: &Here<'_>) -> u8 {
    // Every step can be interrupted, so there is nothing to end first.
    std::thread::spawn(|| {
        std::thread::sleep(BACKGROUND);
        handoff_process::end_with_group();
    });
    let deadline = Instant::now() + ANSWERS;
    let done = match Mailroom::open_until(&here.project, deadline) {
        Ok(mut mailroom) => {
            let looked = mailroom.sync(false);
            mailroom.leave_notice(&looked)
        }
        Err(error) => leave_trouble(&here.project, &error),
    };
    u8::from(done.is_err())
}
