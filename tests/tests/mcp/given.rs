//! What a client is told and given.

use serde_json::json;
use tests::{BODY, World};

use crate::client::{Client, archived, unread};

#[test]
fn a_client_is_told_at_its_start_what_waits_and_by_every_list() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "The \"parser\"", "--description", "run make"], BODY);
    let mut client = Client::start(&world, &app);
    let says = client.initialize("test");
    let place = app.display();
    let sentence = format!("1 handoff waits for {place}: \"The 'parser'\", from app (unknown), ");
    let instructions = says["instructions"].as_str().unwrap();
    assert!(instructions.starts_with(&sentence), "{instructions}");
    assert!(instructions.contains("; it says: \"run make\". handoff_read gives it. "), "{instructions}");
    let tools = client.ask("tools/list", json!({}));
    let described =
        |index: usize| tools["result"]["tools"][index]["description"].as_str().unwrap().to_owned();
    assert!(described(0).contains(&sentence) && described(1).contains(&sentence), "{tools}");
    assert!(client.call("handoff_list", json!({})).starts_with(&sentence));
    assert_eq!(unread(&world).len(), 1);
}

#[test]
fn a_handoff_is_read_once_and_archived() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first"], BODY);
    let mut client = Client::introduced(&world, &app);
    let text = client.call("handoff_read", json!({}));
    assert!(text.starts_with("=== agent-handoff ") && text.contains("1 UNTRUSTED handoff for app"), "{text}");
    assert!(text.contains(BODY.trim_end()), "{text}");
    assert_eq!(client.call("handoff_read", json!({})), "No handoff waits for this worktree.");
    assert_eq!(client.leave(), Some(0));
    assert_eq!((unread(&world).len(), archived(&world).len()), (0, 1));
}

#[test]
fn a_handoff_is_read_by_its_id_and_the_others_wait() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first", "--topic", "one"], BODY);
    world.write(&app, &["--name", "second", "--topic", "two"], BODY);
    let mut client = Client::introduced(&world, &app);
    let list = client.call("handoff_list", json!({}));
    assert!(
        list.starts_with("2 handoffs wait for ") && list.contains("\"first\"") && list.contains("\"second\""),
        "{list}"
    );
    let text = client.call("handoff_read", json!({ "ids": ["-one"] }));
    assert!(text.contains("1/1 first") && !text.contains("second"), "{text}");
    let refused = client.refused("handoff_read", json!({ "ids": ["--help"] }));
    assert!(refused.contains("could not find a handoff \"--help\""), "{refused}");
    assert!(client.call("handoff_read", json!({})).contains("1/1 second"));
}

#[test]
fn a_resource_is_shown_as_a_session_would_be_given_it_and_stays_unread() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first"], BODY);
    let mut client = Client::introduced(&world, &app);
    let list = client.ask("resources/list", json!({}));
    let uri = list["result"]["resources"][0]["uri"].clone();
    let read = client.ask("resources/read", json!({ "uri": uri }));
    let text = read["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains("1 UNTRUSTED handoff for app") && text.contains("1 shown, still unread"), "{text}");
    for uri in ["handoff://unread/none", "handoff://unread/", "file:///etc/passwd"] {
        let none = client.ask("resources/read", json!({ "uri": uri }));
        assert_eq!(none["error"]["code"], -32002, "{none}");
    }
    client.leave();
    assert_eq!((unread(&world).len(), archived(&world).len()), (1, 0));
}

#[test]
fn what_a_client_writes_is_stamped_with_it_and_shown_to_the_next_session() {
    let world = World::new();
    let app = world.repo("app");
    let mut client = Client::start(&world, &app);
    client.initialize("Some Editor");
    let report = client.call("handoff_write", json!({ "body": BODY, "topic": "mcp" }));
    assert!(report.starts_with("handoff written\npath:     ") && report.contains("-mcp.md\n"), "{report}");
    assert!(world.surface(&app).contains("(some-editor)"));
    let refused = client.refused("handoff_write", json!({ "body": "# only a title\n" }));
    assert!(
        refused.contains("it has no `## Immediate next action`") && refused.contains("draft kept: "),
        "{refused}"
    );
    let secret = format!("{BODY}\ntoken: ghp_{}\n", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let refused = client.refused("handoff_write", json!({ "body": secret }));
    assert!(!refused.contains("a1B2c3D4"), "{refused}");
    assert!(
        client.call("handoff_write", json!({ "body": secret, "redact": true })).contains("handoff written")
    );
}

#[test]
fn the_prompt_has_the_sections_and_what_was_typed_behind_it() {
    let world = World::new();
    let app = world.repo("app");
    let mut client = Client::introduced(&world, &app);
    let list = client.ask("prompts/list", json!({}));
    assert_eq!(list["result"]["prompts"][0]["name"], "handoff");
    let prompt = client.ask("prompts/get", json!({ "name": "handoff", "arguments": { "to": "app-review" } }));
    let text = prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.contains("## Immediate next action") && text.contains("branch:   main"), "{text}");
    assert!(text.contains("call handoff_write with the text, `to` \"app-review\", and"), "{text}");
    let none = client.ask("prompts/get", json!({ "name": "other" }));
    assert_eq!(none["error"]["code"], -32602, "{none}");
}

#[test]
fn the_clients_root_is_the_worktree_unless_the_server_was_started_below_it() {
    let world = World::new();
    let (app, other) = (world.repo("app"), world.repo("other dir"));
    world.write(&other, &["--name", "of the other"], BODY);
    let uri = format!("file://{}", other.display().to_string().replace(' ', "%20"));
    let roots = json!({ "roots": [{ "uri": uri }] });
    let mut client = Client::start(&world, &app).with("roots", "roots/list", roots);
    client.initialize("test");
    assert!(client.call("handoff_read", json!({})).contains("1/1 of the other"));
    assert_eq!(client.asked.len(), 1, "it is asked once");
    let top = format!("file://{}", world.top().display());
    let mut client =
        Client::start(&world, &app).with("roots", "roots/list", json!({ "roots": [{ "uri": top }] }));
    client.initialize("test");
    assert!(client.call("handoff_list", json!({})).contains(&app.display().to_string()));
}

#[test]
fn a_server_that_knows_no_worktree_says_so_and_takes_one_by_its_path() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first"], BODY);
    let home = world.home().to_owned();
    let mut client = Client::introduced(&world, &home);
    let refused = client.refused("handoff_list", json!({}));
    assert!(refused.starts_with("it is not known which worktree this is: give `worktree`"), "{refused}");
    assert!(client.refused("handoff_read", json!({ "worktree": "app" })).starts_with("it is not known"));
    assert!(
        client
            .refused("handoff_read", json!({ "worktree": "/none" }))
            .contains("there is no directory /none")
    );
    assert!(client.call("handoff_read", json!({ "worktree": app })).contains("1/1 first"));
    let mut command = world.command("handoff-mcp", &home);
    command.arg("--root").arg(&app);
    let mut client = Client::of(command);
    let says = client.initialize("test");
    assert!(says["instructions"].as_str().unwrap().contains("No handoff waits for "), "{says}");
}

#[test]
fn the_front_door_becomes_the_server() {
    let world = World::new();
    let app = world.repo("app");
    let mut command = world.command("handoff", &app);
    command.arg("mcp");
    let mut client = Client::of(command);
    assert_eq!(client.initialize("test")["serverInfo"]["name"], "agent-handoff");
    assert_eq!(client.leave(), Some(0));
}
