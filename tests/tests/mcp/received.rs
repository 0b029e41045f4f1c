//! A handoff is archived once the client has it, and never before.

use serde_json::json;
use tests::{BODY, World};

use crate::client::{Client, archived, unread, wait_until};

/// More than a pipe holds.
fn large_body() -> String {
    format!("{BODY}\n## Open follow-ups\n{}", "- a line that is long enough to count\n".repeat(5_000))
}

fn is_unread(world: &World) -> bool {
    matches!(unread(world).as_slice(), [name] if !name.starts_with('.')) && archived(world).is_empty()
}

#[test]
fn a_read_that_is_cancelled_leaves_the_handoff_unread() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first"], BODY);
    let mut client = Client::introduced(&world, &app);
    for _ in 0..20 {
        let id = client.send("tools/call", json!({ "name": "handoff_read", "arguments": {} }));
        client.notify("notifications/cancelled", json!({ "requestId": id }));
        // The answers of cancelled requests are dropped, so this is the next one.
        let next = client.send("ping", json!({}));
        assert_eq!(client.answer(next)["id"], next);
        wait_until("it is given back", || is_unread(&world));
    }
    assert!(client.call("handoff_read", json!({})).contains("1/1 first"));
}

#[test]
fn a_client_that_does_not_read_its_answer_leaves_the_handoff_unread() {
    for end in [kill, close_output, close_both] {
        let world = World::new();
        let app = world.repo("app");
        world.write(&app, &["--name", "first"], large_body());
        let mut client = Client::introduced(&world, &app);
        client.send("tools/call", json!({ "name": "handoff_read", "arguments": { "max_bytes": 400_000 } }));
        wait_until("it is claimed", || matches!(unread(&world).as_slice(), [name] if name.starts_with('.')));
        end(client);
        wait_until("it is given back", || is_unread(&world));
        // And given once, whole, to one that reads.
        let mut client = Client::introduced(&world, &app);
        let text = client.call("handoff_read", json!({ "max_bytes": 400_000 }));
        assert!(text.contains(large_body().trim_end()));
        client.leave();
        assert_eq!((unread(&world).len(), archived(&world).len()), (0, 1));
    }
}

fn kill(mut client: Client) {
    client.server.kill().unwrap();
}

fn close_output(mut client: Client) {
    client.close_output();
    client.leave();
}

fn close_both(client: Client) {
    drop(client);
}

#[test]
fn an_answer_that_was_asked_for_is_given_though_the_client_says_no_more() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first"], BODY);
    let mut client = Client::introduced(&world, &app);
    let id = client.send("tools/call", json!({ "name": "handoff_read", "arguments": {} }));
    client.close_input();
    assert!(client.answer(id)["result"]["content"][0]["text"].as_str().unwrap().contains("1/1 first"));
    assert_eq!(client.next(), None);
    assert_eq!((unread(&world).len(), archived(&world).len()), (0, 1));
}

#[test]
fn two_clients_that_read_at_once_are_given_each_handoff_once() {
    let world = World::new();
    let app = world.repo("app");
    for name in ["one", "two", "three", "four"] {
        world.write(&app, &["--name", name, "--topic", name], BODY);
    }
    let mut clients: Vec<Client> = (0..4).map(|_| Client::introduced(&world, &app)).collect();
    let ids: Vec<u64> = clients
        .iter_mut()
        .map(|client| client.send("tools/call", json!({ "name": "handoff_read", "arguments": {} })))
        .collect();
    let mut texts = String::new();
    for (client, id) in clients.iter_mut().zip(ids) {
        texts += client.answer(id)["result"]["content"][0]["text"].as_str().unwrap();
    }
    for name in ["one", "two", "three", "four"] {
        let given =
            texts.lines().filter(|line| line.starts_with("--- ") && line.ends_with(&format!(" {name}")));
        assert_eq!(given.count(), 1, "{name}: {texts}");
    }
}
