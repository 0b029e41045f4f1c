//! Where a table names hosts, it names those that their rows say.

use handoff_agents::{HOSTS, Host, McpHost, Protocol, Wirable};
use handoff_cli::table::{Opt, Takes, Values};
use handoff_cli::tables::{handoff, handover, installer, session_start};

/// The words that an option takes.
fn words(option: &Opt) -> &'static [&'static str] {
    match option.takes {
        Takes::Value(_, Values::OneOf(words)) => words,
        _ => panic!("--{} takes no words of a list", option.long),
    }
}

fn ids(is_named: impl Fn(&Host) -> bool) -> Vec<&'static str> {
    HOSTS.iter().filter(|host| is_named(host)).map(|host| host.id).collect()
}

#[test]
fn the_hook_prints_in_the_form_of_each_host_that_sends_a_payload() {
    let options = session_start::PROGRAM.verbs.iter().flat_map(|verb| verb.options);
    let format = options.copied().find(|option| option.long == "format").expect("it has --format");
    let hosts = ids(|host| !host.payloads.is_empty());
    assert_eq!(words(format), [vec!["auto", "plain"], hosts].concat());
}

#[test]
fn captures_are_told_in_the_form_of_each_host_whose_hooks_capture() {
    let hosts = ids(|host| host.hooks.is_some());
    assert_eq!(words(&handover::FORMAT), [vec!["plain"], hosts.clone()].concat());
    assert!(
        handover::FORMAT.about.contains(&format!("; {}: ", hosts.join(", "))),
        "{}",
        handover::FORMAT.about
    );
}

#[test]
fn only_names_each_host_that_the_installer_wires() {
    let hooked: Vec<_> = Wirable::all().map(|host| host.row().id).collect();
    let served = McpHost::all().map(|host| host.row()).filter(|row| Wirable::of(row).is_none());
    let served: Vec<_> = served.map(|row| row.id).collect();
    let expected =
        format!("{}; for the MCP server {}; with commas between; ", hooked.join(", "), served.join(", "));
    assert!(installer::ONLY.about.starts_with(&expected), "{expected}: {}", installer::ONLY.about);
}

#[test]
fn fast_names_each_backend_type_that_has_a_fast_mode() {
    let fast = Protocol::ALL.into_iter().filter(|protocol| protocol.program().has_fast_mode);
    let types: Vec<_> = fast.map(Protocol::name).collect();
    assert!(handoff::FAST.about.ends_with(&format!(": {}", types.join(", "))), "{}", handoff::FAST.about);
}
