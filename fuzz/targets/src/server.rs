//! Settings that have MCP servers in them.

use handoff_wiring::{Call, Edit, Made, Server, ServerFormat, ServerShape};

/// Puts a server into a user's file and takes it out again: to the byte with what was recorded, and in meaning without.
pub fn server(data: &[u8]) {
    let Ok(text) = handoff_wiring::text(data) else { return };
    let owns = |call: &Call| call.program.ends_with("handoff") && call.args == ["mcp"];
    let formats =
        [ServerFormat::Json { comments: true }, ServerFormat::Json { comments: false }, ServerFormat::Yaml];
    for format in formats {
        let shape = ServerShape { format, constants: &[("type", "stdio")], switch: Some(("disabled", true)) };
        let server = Server {
            object: "mcpServers",
            name: "agent-handoff",
            shape,
            program: "/opt/bin/handoff",
            args: &["mcp"],
            owns: &owns,
        };
        let Ok((wired, made)) = server.wire(text) else { continue };
        let before = Edit::new(Some(text), &wired).undo(&wired).expect("the file is as the edit left it");
        assert_eq!(before.as_deref(), Some(text), "the file is given back to the byte");
        let found = server.find(&wired).expect("what was wired can be read").expect("the server is there");
        assert!(server.is(&found), "the host starts ours:\n{wired}");
        assert_eq!(server.wire(&wired), Ok((wired.clone(), Made::Item)), "twice is once");
        let unwired = match server.unwire(&wired, made) {
            Ok(unwired) => unwired,
            // Of a server that stood there, the file may have made what no line of can be told from the others.
            Err(_) if format == ServerFormat::Yaml && server.find(text) != Ok(None) => continue,
            Err(error) => panic!("what was wired can be unwired: {error}\n{wired}"),
        };
        assert_eq!(server.find(&unwired), Ok(None), "nothing of ours is left:\n{unwired}");
    }
}
