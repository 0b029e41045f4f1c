//! The SDK's own client.

use std::process::Stdio;

use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, GetPromptRequestParams, ReadResourceRequestParams};
use tests::{BODY, World, program};
use tokio::process::Command;

#[test]
fn the_sdks_own_client_is_told_given_and_left_in_order() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first"], BODY);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut server = Command::new(program("handoff-mcp"))
            .current_dir(&app)
            .env("HOME", world.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pipes = (server.stdout.take().unwrap(), server.stdin.take().unwrap());
        let client = ().serve(pipes).await.unwrap();
        let says = client.peer_info().unwrap();
        assert!(says.instructions.as_ref().unwrap().contains("1 handoff waits for "), "{says:?}");
        let tools = client.list_all_tools().await.unwrap();
        assert_eq!(tools.len(), 6);
        assert_eq!(client.list_all_prompts().await.unwrap().len(), 1);
        client.get_prompt(GetPromptRequestParams::new("handoff")).await.unwrap();
        let resources = client.list_all_resources().await.unwrap();
        let read = ReadResourceRequestParams::new(resources[0].uri.clone());
        assert_eq!(client.read_resource(read).await.unwrap().contents.len(), 1);
        for expected in ["1/1 first", "No handoff waits"] {
            let result = client.call_tool(CallToolRequestParams::new("handoff_read")).await.unwrap();
            assert!(result.content[0].as_text().unwrap().text.contains(expected), "{result:?}");
        }
        client.cancel().await.unwrap();
        assert!(server.wait().await.unwrap().success());
    });
}
