//! A handoff is archived once the client has it, and never before.

use std::time::Duration;

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
fn a_read_is_archived_if_its_answer_came_before_it_was_cancelled_and_unread_if_not() {
    let world = World::new();
    let app = world.repo("app");
    let mut client = Client::introduced(&world, &app);
    for round in 0..20_u64 {
        let name = format!("round-{round}");
        world.write(&app, &["--name", &name], BODY);
        let is_answered = answered_although_cancelled(&mut client, Duration::from_millis(round * 2));
        assert!(
            !(is_answered && round == 0),
            "what comes in one piece with the call is heard before its answer"
        );
        if !is_answered {
            // The reader of the cancelled call may hold its claim a little longer.
            let text = format!("1/1 {name}");
            wait_until("it is given back", || client.call("handoff_read", json!({})).contains(&text));
        }
        wait_until("the client has it", || archived(&world).len() == round as usize + 1);
    }
    assert!(unread(&world).is_empty());
}

/// Calls for what waits and cancels the call after `delay`: whether the answer came nevertheless.
fn answered_although_cancelled(client: &mut Client, delay: Duration) -> bool {
    let read = json!({ "name": "handoff_read", "arguments": {} });
    let id = if delay.is_zero() {
        client.send_cancelled("tools/call", read)
    } else {
        let id = client.send("tools/call", read);
        std::thread::sleep(delay);
        client.cancel(id);
        id
    };
    // The answer of a cancelled call is dropped, unless it was on its way before.
    let ping = client.send("ping", json!({}));
    let mut is_answered = false;
    loop {
        let message = client.next().expect("an answer");
        is_answered |= message["id"] == id;
        if message["id"] == ping {
            return is_answered;
        }
    }
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
