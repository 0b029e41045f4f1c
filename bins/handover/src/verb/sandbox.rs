//! `handoff people sandbox`: a key for machines that are made anew for each session.

use handoff_document::Timestamp;
use handoff_mail::{
    Identity, Invitation, KEY_VARIABLE, Machine, PEOPLE_VARIABLE, People, PersonKey, PersonName,
};
use handoff_process::Failure;
use handoff_state::StateDir;
use serde_json::json;

use super::people::shown;
use crate::here::Here;

pub(super) fn run(
    here: &Here<'_>,
    state: &StateDir,
    name: &PersonName,
    code: bool,
    is_json: bool,
) -> Result<u8, Failure> {
    if name.to_string() == handoff_mail::ME {
        return Err(Failure::usage(
            "a sandbox is not you: what its agent signs would count as your own; name it, as `cloud`",
        ));
    }
    let people = People::read(state)?;
    let known = people.named(&name.to_string());
    if known.is_some_and(|person| {
        person.keys.iter().any(|key| !key.mail.is_empty() || key.machine != person.name)
    }) {
        return Err(Failure::usage(format!(
            "{name} is a person here, and no sandbox; give the sandbox another name"
        )));
    }
    let earlier = match known {
        Some(_) => format!(
            "the earlier key of {name} counts on; to have only this one: handoff people remove {name}, then this again\n"
        ),
        None => String::new(),
    };
    let identity = Identity::here(here.project.environment, here.top());
    let mail = identity.as_ref().map(|identity| identity.mail.as_str());
    let own = Machine::open(state)?.key();
    let given = Invitation::new(name, mail, &own, &people)?;
    let age = given.recipient.to_string();
    let key =
        PersonKey::new(&given.key, &name.to_string(), "").with_age(Some(&age), Timestamp::now().seconds());
    let line = shown(&key);
    People::add(state, name, key, Some(code))?;
    if is_json {
        return Ok(here.json(&json!({ "person": name.to_string(), "fingerprint": given.key.fingerprint(),
            "key": given.key.to_string(), "age": age,
            "variables": { KEY_VARIABLE: given.key_value, PEOPLE_VARIABLE: given.people_value } })));
    }
    Ok(here.print(&format!(
        "added {name}: {line}\nput these into the settings of the sandbox's environment, and nowhere else; the first is secret:\n\
         {KEY_VARIABLE}={}\n{PEOPLE_VARIABLE}={}\nwho can read the first writes as {name}; to end that: handoff people remove {name}\n{earlier}",
        given.key_value, given.people_value
    )))
}
