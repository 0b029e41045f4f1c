//! `handoff people`: whose letters are taken here.

use std::path::Path;

use handoff_document::Timestamp;
use handoff_letter::{Letter, PublicKey};
use handoff_mail::mailroom::Mailroom;
use handoff_mail::{Added, Identity, ME, Machine, Opened, People, Person, PersonKey, PersonName};
use handoff_process::{Failure, read_whole_input};
use handoff_state::StateDir;
use handoff_text::Sanitised;
use serde_json::{Value, json};

use super::{allow, import, sandbox};
use crate::args;
use crate::args::{KeySource, PeopleAction};
use crate::here::Here;

/// So much of a file of keys is read, in bytes.
const MAX_KEYS_BYTES: u64 = 256 << 10;

pub(crate) fn run(here: &Here<'_>, typed: &args::People) -> Result<u8, Failure> {
    let state = StateDir::of(here.project.environment)?;
    match &typed.action {
        PeopleAction::List => list(here, &state, typed.json),
        PeopleAction::NameMachine(name) => {
            Machine::open(&state)?.rename(&state, name)?;
            Ok(here.print(&format!("this machine is called {name} in its letters from now on\n")))
        }
        PeopleAction::Sandbox { name, code } => sandbox::run(here, &state, name, *code, typed.json),
        PeopleAction::Remove(name) => {
            let Person { name, keys, .. } = People::remove(&state, name)?;
            let keys = handoff_capturing::counted(keys.len(), "key");
            Ok(here.print(&format!("removed {name}, {keys}; letters of theirs are not taken any more\n")))
        }
        PeopleAction::Add { name, source, machine, mail, code, yes } => {
            let (mut keys, letter) = found(here, source)?;
            for key in &mut keys {
                if let Some(machine) = machine {
                    key.machine.clone_from(machine);
                }
                if let Some(mail) = mail {
                    key.mail = mail.to_lowercase();
                }
            }
            match (source, &letter) {
                (KeySource::Letter(_), Some(letter)) => show(here, letter),
                (KeySource::Card(_), _) => keys.iter().for_each(|key| show_card(here, key)),
                _ => {}
            }
            if !matches!(source, KeySource::File(_)) {
                allow::confirm(here, *yes, &question(name, *code), "nobody was added")?;
            }
            add(here, &state, name, keys, code.then_some(true))
        }
    }
}

/// What the user is asked before a key counts as that of `name`.
fn question(name: &PersonName, code: bool) -> String {
    let is_me = name.to_string() == ME;
    let whose = if is_me { "your own".to_owned() } else { format!("{name}'s") };
    let code = if is_me || code { "; their work is applied without `handoff allow`" } else { "" };
    format!("Type y to take letters of this key as {whose}{code}: ")
}

fn add(
    here: &Here<'_>,
    state: &StateDir,
    name: &PersonName,
    keys: Vec<PersonKey>,
    code: Option<bool>,
) -> Result<u8, Failure> {
    let (mut text, mut others) = (String::new(), String::new());
    for key in keys {
        let line = shown(&key);
        if name.to_string() == ME {
            others.push_str(&other_mail(here, &key));
        }
        match People::add(state, name, key, code)? {
            Added::New => text.push_str(&format!("added {name}: {line}\n")),
            Added::NewAgeKey => {
                text.push_str(&format!("its age key is new, and {name}'s from now on: {line}\n"))
            }
            Added::Renamed(old) => text.push_str(&format!(
                "known already as {name}'s, and renewed: {line}\nuntil now it was {}\n",
                Sanitised::line(old.as_bytes(), 300)
            )),
            Added::Already => text.push_str(&format!("known already as {name}'s: {line}\n")),
            Added::Beside(old) => {
                let old = PublicKey::parse(&old).map_or(old, |key| key.fingerprint());
                text.push_str(&format!(
                    "added {name}: {line}\nanother key of a machine of that name stays known: {old}\n"
                ));
            }
        }
    }
    text.push_str(&others);
    if name.to_string() == ME {
        text.push_str("its letters count as your own: their work is applied here without `handoff allow`\n");
    }
    Ok(here.print(&text))
}

/// What has to be known of a machine of the user's own whose git knows the user by another mail address.
fn other_mail(here: &Here<'_>, key: &PersonKey) -> String {
    let own = Identity::here(here.project.environment, here.top()).map(|identity| identity.mail);
    match own {
        Some(own) if key.mail.is_empty() => format!(
            "its mail address is not known; where git there has another than {own}, what it sends to @me comes here only after \
             the same command with --mail ADDRESS\n"
        ),
        Some(own) if !own.eq_ignore_ascii_case(&key.mail) => format!(
            "warning: its mail address is {}, and yours here {own}; what goes to @me reaches both machines once each has added \
             the other as @me\n",
            Sanitised::line(key.mail.as_bytes(), 255)
        ),
        _ => String::new(),
    }
}

/// The keys that are meant, and the letter that they are of.
fn found(here: &Here<'_>, source: &KeySource) -> Result<(Vec<PersonKey>, Option<Opened>), Failure> {
    match source {
        KeySource::Letter(file) => {
            let (opened, _scratch) = import::open(here, file, None)?;
            let Letter { from, age, created, .. } = &opened.letter;
            let key = PersonKey::new(&opened.key, &from.machine, &from.mail.to_lowercase());
            let key = key.with_age(age.as_deref(), created.seconds());
            Ok((vec![key], Some(opened)))
        }
        KeySource::Card(word) => {
            let card = Mailroom::open(&here.project)?.card_called(word)?;
            Ok((vec![card.person_key()], None))
        }
        KeySource::File(file) => {
            let text = if file == Path::new("-") {
                read_whole_input(MAX_KEYS_BYTES as usize)?.unwrap_or_default()
            } else {
                handoff_files::read_named(file, MAX_KEYS_BYTES)?.0
            };
            let keys = keys_in(here, &String::from_utf8_lossy(&text));
            if keys.is_empty() {
                return Err(Failure::new("there is no ssh-ed25519 key in it"));
            }
            Ok((keys, None))
        }
    }
}

/// The keys in a text: each a line, and behind it what is encrypted to that machine, where that is known.
fn keys_in(here: &Here<'_>, text: &str) -> Vec<PersonKey> {
    let mut keys: Vec<PersonKey> = Vec::new();
    let pass_over = |why: &str| here.output.complain(format_args!("passed over: {why}"));
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with("age1")
            && let Some(key) = keys.last_mut()
        {
            *key = key.clone().with_age(Some(line), Timestamp::now().seconds());
            if key.age != line {
                pass_over("it is no age key");
            }
            continue;
        }
        match PublicKey::parse(line) {
            Ok(key) => keys.push(PersonKey::new(&key, "", "")),
            Err(error) => pass_over(&error.to_string()),
        }
    }
    keys
}

/// Shows what a card says, before its key is trusted.
fn show_card(here: &Here<'_>, key: &PersonKey) {
    here.output.note(&format!(
        "the card says: {}\nAsk them, by another way than the remote, whether `handoff people` shows that key.\n",
        shown(key)
    ));
}

/// Shows what the letter says, before its key is trusted.
fn show(here: &Here<'_>, opened: &Opened) {
    here.output.note(&format!(
        "the letter says that it is from {}\ntitle \"{}\"\nsigned with {}\nAsk them, by another way than this letter, whether \
         `handoff people` shows that key.\n",
        opened.sender(),
        Sanitised::line(opened.letter.title.as_bytes(), 200),
        opened.key.fingerprint()
    ));
}

fn list(here: &Here<'_>, state: &StateDir, as_json: bool) -> Result<u8, Failure> {
    let machine = Machine::open(state)?;
    let age = Machine::recipient(state)?;
    let people = People::read(state)?;
    let identity = Identity::here(here.project.environment, here.top());
    if as_json {
        let own = identity.map(|identity| json!({ "name": identity.name, "mail": identity.mail }));
        let key = machine.key();
        let machine = json!({ "name": machine.name, "key": key.to_string(), "fingerprint": key.fingerprint(),
            "age": age.to_string() });
        let people: Vec<_> = people.iter().map(person_as_json).collect();
        return Ok(here.json(&json!({ "you": own, "machine": machine, "people": people })));
    }
    let you = identity.map(|identity| format!("{} <{}>; ", identity.name, identity.mail)).unwrap_or_default();
    let key = machine.key();
    let mut text = format!(
        "you        {you}this machine: {}, key {}\n           {key}\n           {age}\n",
        machine.name,
        key.fingerprint()
    );
    for person in people.iter() {
        let code = if person.code && !person.is_me() { " (work without `allow`)" } else { "" };
        text.push_str(&format!(
            "{:<10} {}{code}\n",
            person.name,
            person.keys.iter().map(shown).collect::<Vec<_>>().join("\n           ")
        ));
    }
    if people.iter().next().is_none() {
        text.push_str(
            "no letters of others are taken yet: handoff people add NAME --from LETTER, or --key FILE\n",
        );
    }
    Ok(here.print(&text))
}

/// A key in a line.
pub(super) fn shown(key: &PersonKey) -> String {
    let fingerprint = key.public().map_or_else(|| "no key".to_owned(), |key| key.fingerprint());
    let day = key.added.get(..10).unwrap_or_default();
    let age = if key.age.is_empty() { "no age key" } else { &key.age };
    let parts = [key.machine.as_str(), key.mail.as_str(), &fingerprint, age]
        .map(|part| Sanitised::line(part.as_bytes(), 300));
    let parts: Vec<_> = parts.iter().map(Sanitised::as_str).filter(|part| !part.is_empty()).collect();
    format!("{}, since {day}", parts.join(", "))
}

fn person_as_json(person: &Person) -> Value {
    let keys: Vec<_> = person
        .keys
        .iter()
        .map(|key| {
            json!({ "key": key.key, "fingerprint": key.public().map(|key| key.fingerprint()), "machine": key.machine,
                "mail": key.mail, "added": key.added, "age": Some(&key.age).filter(|age| !age.is_empty()) })
        })
        .collect();
    json!({ "name": person.name, "code": person.code, "keys": keys })
}
