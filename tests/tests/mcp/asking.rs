//! A capture is taken on a person's word only.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::World;

use crate::client::Client;

/// A repository whose uncommitted change was captured and then lost.
fn captured(world: &World) -> PathBuf {
    let app = world.repo("app");
    std::fs::write(app.join("src/a.rs"), "changed\n").unwrap();
    let ran = world.run("handover", &app, &["capture"], "");
    assert_eq!(ran.code, 0, "{}", ran.err());
    world.git(&app, &["checkout", "--quiet", "src/a.rs"]);
    app
}

fn is_applied(app: &Path) -> bool {
    std::fs::read_to_string(app.join("src/a.rs")).unwrap() == "changed\n"
}

fn apply() -> Value {
    json!({ "action": "apply" })
}

#[test]
fn a_look_changes_nothing_and_takes_nothing() {
    let world = World::new();
    let app = captured(&world);
    let mut client = Client::introduced(&world, &app);
    for _ in 0..2 {
        let text = client.call("handoff_pickup", json!({}));
        assert!(text.contains("src/a.rs") && text.ends_with("Nothing was taken or changed."), "{text}");
    }
    assert!(!is_applied(&app));
}

#[test]
fn a_client_that_can_ask_its_person_is_asked_and_the_answer_counts() {
    let world = World::new();
    let app = captured(&world);
    for (answer, is_done) in [("decline", false), ("cancel", false), ("accept", true)] {
        let answers = json!({ "action": answer, "content": {} });
        let mut client = Client::start(&world, &app).with("elicitation", "elicitation/create", answers);
        client.initialize("test");
        if is_done {
            client.call("handoff_pickup", apply());
        } else {
            // What the model says of a person's word does not count where the person can be asked.
            let refused = client.refused("handoff_pickup", json!({ "action": "apply", "confirmed": true }));
            assert_eq!(refused, "the user did not agree; nothing was done");
        }
        let question = client.asked[0]["params"]["message"].as_str().unwrap();
        assert_eq!(question, format!("Make the changes of the capture in {}?", app.display()));
        assert_eq!(is_applied(&app), is_done, "{answer}");
    }
    let mut client = Client::introduced(&world, &app);
    client.call("handoff_pickup", json!({ "action": "undo", "confirmed": true }));
    assert!(!is_applied(&app));
}

#[test]
fn a_client_that_cannot_ask_has_the_model_ask_first() {
    let world = World::new();
    let app = captured(&world);
    let mut client = Client::introduced(&world, &app);
    let refused = client.refused("handoff_pickup", apply());
    assert!(refused.starts_with("nothing was done: ask the user first"), "{refused}");
    assert!(!is_applied(&app));
    client.call("handoff_pickup", json!({ "action": "apply", "confirmed": true }));
    assert!(is_applied(&app));
}

#[test]
fn a_client_of_the_newest_protocol_asks_by_calling_again() {
    let world = World::new();
    let app = captured(&world);
    let mut client = Client::start(&world, &app);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
    });
    let call = |responses: Option<Value>| {
        let mut params = json!({ "name": "handoff_pickup", "arguments": apply(), "_meta": meta });
        if let Some(responses) = responses {
            params["inputResponses"] = responses;
        }
        params
    };
    let first = client.ask("tools/call", call(None));
    assert_eq!(first["result"]["resultType"], "input_required", "{first}");
    assert!(first["result"]["inputRequests"]["confirm"]["params"]["message"].is_string(), "{first}");
    assert!(!is_applied(&app));
    let declined = client.ask("tools/call", call(Some(json!({ "confirm": { "action": "decline" } }))));
    assert_eq!(declined["result"]["isError"], true, "{declined}");
    assert!(!is_applied(&app));
    let done =
        client.ask("tools/call", call(Some(json!({ "confirm": { "action": "accept", "content": {} } }))));
    assert_ne!(done["result"]["isError"], true, "{done}");
    assert!(is_applied(&app));
}
