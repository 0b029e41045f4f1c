//! Clients that break the protocol: answered as it says, nothing taken, nothing left behind.

use serde_json::json;
use tests::{BODY, World};

use crate::client::{Client, archived, unread};

#[test]
fn a_client_that_does_not_introduce_itself_is_given_nothing() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &[], BODY);
    let mut client = Client::start(&world, &app);
    let id = client.send("tools/call", json!({ "name": "handoff_read", "arguments": {} }));
    let answer = client.next();
    assert!(
        answer.as_ref().is_none_or(|answer| answer["id"] == id && answer["error"].is_object()),
        "{answer:?}"
    );
    client.leave();
    assert_eq!((unread(&world).len(), archived(&world).len()), (1, 0));
}

#[test]
fn a_client_that_leaves_before_it_spoke_is_no_error() {
    let world = World::new();
    let app = world.repo("app");
    assert_eq!(Client::start(&world, &app).leave(), Some(0));
}

#[test]
fn what_is_no_message_is_passed_over_and_the_next_one_answered() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &[], BODY);
    let mut client = Client::introduced(&world, &app);
    let deep =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":{}1", "[".repeat(200_000));
    let huge =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\",\"x\":\"{}\"}}", "x".repeat(9 << 20));
    for line in
        ["", "{", "nonsense", "\u{0}\u{1}", "null", "[]", "{\"jsonrpc\":\"1.0\"}", "\u{feff}{}", &deep, &huge]
    {
        client.line(line);
    }
    let id = client.send("ping", json!({}));
    let answer = client.answer(id);
    assert!(answer["result"].is_object(), "{answer}");
    client.leave();
    assert_eq!((unread(&world).len(), archived(&world).len()), (1, 0));
}

#[test]
fn what_is_not_known_is_refused_as_the_protocol_says() {
    let world = World::new();
    let app = world.repo("app");
    let mut client = Client::introduced(&world, &app);
    for (method, params, code) in [
        ("handoff/none", json!({}), -32601),
        ("resources/subscribe", json!({ "uri": "handoff://unread/x" }), -32601),
        ("tools/call", json!({ "name": "none", "arguments": {} }), -32602),
    ] {
        let answer = client.ask(method, params);
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    for arguments in [json!({ "ids": "x" }), json!({ "other": 1 }), json!({ "max_bytes": -1 })] {
        assert!(client.refused("handoff_read", arguments).starts_with("the arguments are not right: "));
    }
    client.notify("notifications/cancelled", json!({ "requestId": 999 }));
    client.notify("notifications/none", json!({}));
    assert!(client.ask("ping", json!({}))["result"].is_object());
}

#[test]
fn a_flood_of_requests_is_answered() {
    let world = World::new();
    let app = world.repo("app");
    let mut client = Client::introduced(&world, &app);
    let ids: Vec<u64> = (0..50)
        .map(|_| client.send("tools/call", json!({ "name": "handoff_list", "arguments": {} })))
        .collect();
    let mut answered: Vec<u64> = ids.iter().map(|_| client.next().unwrap()["id"].as_u64().unwrap()).collect();
    answered.sort_unstable();
    assert_eq!(answered, ids);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_person_who_types_it_is_told_what_it_is_for() {
    let world = World::new();
    let app = world.repo("app");
    if !tests::can("open a terminal", tests::has("script")) {
        return;
    }
    let mut script = world.bare_command("script");
    script.current_dir(&app).args([
        "-qec",
        &tests::program("handoff-mcp").display().to_string(),
        "/dev/null",
    ]);
    let output = script.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("an MCP client starts this program"), "{text}");
    assert_eq!(output.status.code(), Some(2));
}
