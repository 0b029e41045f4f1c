//! Encrypted letters for a sandbox, whose only secret is the variable that it was given.

use tests::World;

use crate::cloud::{Cloud, Sandbox};
use crate::support::Machine;
use crate::web;

#[test]
fn an_encrypted_letter_to_the_sandbox_is_copied_there_with_its_work() {
    let cloud = Cloud::new();
    let (laptop, mut sandbox) = (cloud.home("laptop"), cloud.sandbox());
    laptop.ok(&["join"]);
    sandbox.invite(&laptop, &[]);
    laptop.world.git(&laptop.app, &["switch", "--quiet", crate::cloud::BRANCH]);
    std::fs::write(laptop.app.join("a.rs"), "changed\n").unwrap();
    let id = laptop.push("Quoted fields", &["--to", "cloud", "--encrypt"]);
    let letter = laptop.json(&["mail"])["sent"][0].clone();
    assert_eq!((letter["letter"].as_str(), letter["to"].as_str()), (Some(id.as_str()), Some("host:cloud")));
    assert!(!cloud.git(&["log", "--all", "--format=%B"]).contains("Quoted"), "nothing of it is seen there");
    let said = sandbox.ok(&["pull", "--copy", "--apply"]);
    assert!(said.starts_with("COPY: not taken"), "{said}");
    assert_eq!(std::fs::read_to_string(sandbox.app.join("a.rs")).unwrap(), "changed\n");
    assert!(sandbox.world.surface(&sandbox.app).contains("make test-quoted"));
    // A machine that is made anew has the same key.
    let mut other = cloud.sandbox();
    other.variables.clone_from(&sandbox.variables);
    assert_eq!(other.json(&["pull", "--copy"])["copied"].as_array().unwrap().len(), 1);
    let state = other.world.home().join(".local/state/agent-handoff/letter-age-key");
    assert!(!state.exists(), "it is not written to disk");
}

#[test]
fn a_letter_that_is_encrypted_to_others_is_left_alone_and_the_way_out_named() {
    let cloud = Cloud::new();
    let (laptop, desk, mut sandbox) = (cloud.home("laptop"), cloud.home("desk"), cloud.sandbox());
    for machine in [&laptop, &desk] {
        machine.ok(&["join"]);
    }
    laptop.knows("@me", "desk");
    sandbox.invite(&laptop, &[]);
    laptop.push("Quoted fields", &["--encrypt"]);
    let said = sandbox.ok(&["pull", "--copy"]);
    assert!(
        said.contains("it is encrypted, and not to this sandbox; from home: handoff push --to cloud"),
        "{said}"
    );
    assert_eq!(sandbox.unread().len(), 0);
}

#[test]
fn at_a_remote_that_answers_strangers_a_letter_to_the_sandbox_is_encrypted_by_itself() {
    let (_scratch, root) = web::repositories();
    let server = web::Server::start(&root, None);
    let (origin, url) = (root.join("public.git"), server.url("public.git"));
    let laptop = Machine::new("laptop", "ann", &origin, &url);
    laptop.world.git(&origin, &["config", "http.receivepack", "true"]);
    laptop.ok(&["join"]);
    let world = World::new();
    let app = world.path("user/app");
    world.git(world.top(), &["clone", "--quiet", &url, app.to_str().unwrap()]);
    let mut sandbox = Sandbox { world, app, variables: vec![("CLAUDE_CODE_REMOTE".into(), "true".into())] };
    sandbox.invite(&laptop, &[]);
    let said = laptop.fails(&["push", "--to", "anyone"]);
    assert!(said.contains("a letter to anyone cannot be encrypted"), "{said}");
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], crate::support::BODY);
    let pushed = laptop.json(&["push", "--to", "cloud"]);
    assert_eq!(
        (pushed["encrypted"].as_bool(), pushed["sent"].as_bool()),
        (Some(true), Some(true)),
        "{pushed}"
    );
    assert_eq!(sandbox.json(&["pull", "--copy"])["copied"].as_array().unwrap().len(), 1);
}
