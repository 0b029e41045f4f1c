use crate::{Call, Made, Server, ServerFormat, ServerShape};

const PLAIN: ServerShape = ServerShape {
    format: ServerFormat::Json { comments: true },
    constants: &[],
    switch: Some(("disabled", true)),
};
const STRICT: ServerShape = ServerShape {
    format: ServerFormat::Json { comments: false },
    constants: &[("type", "stdio")],
    switch: None,
};

fn owns(call: &Call) -> bool {
    call.program.ends_with("bin/handoff") && call.args.first().is_some_and(|verb| verb == "mcp")
}

fn server(shape: ServerShape) -> Server<'static> {
    Server {
        object: "mcpServers",
        name: "agent-handoff",
        shape,
        program: "/p/bin/handoff",
        args: &["mcp"],
        owns: &owns,
    }
}

#[track_caller]
fn wires(shape: ServerShape, before: &str, after: &str, made: Made) {
    let server = server(shape);
    let (wired, made_now) = server.wire(before).unwrap();
    assert_eq!(wired, after);
    assert_eq!(made_now, made);
    let found = server.find(&wired).unwrap().unwrap();
    assert!(server.is(&found) && found.is_ours && !found.is_off, "{found:?}");
    assert_eq!(server.wire(&wired).unwrap(), (wired.clone(), Made::Item), "twice is once");
    assert_eq!(server.unwire(&wired, made).unwrap(), before, "taken out again");
    assert_eq!(server.unwire(before, made).unwrap(), before);
}

#[test]
fn a_server_comes_and_goes_in_the_layout_of_the_file() {
    wires(
        PLAIN,
        "{\n\t\"mcpServers\": {\n\t\t\"mine\": {\"command\": \"x\"}\n\t}\n}\n",
        "{\n\t\"mcpServers\": {\n\t\t\"mine\": {\"command\": \"x\"},\n\t\t\"agent-handoff\": {\n\t\t\t\"command\": \"/p/bin/handoff\",\n\t\t\t\"args\": [\n\t\t\t\t\"mcp\"\n\t\t\t]\n\t\t}\n\t}\n}\n",
        Made::Item,
    );
    wires(
        STRICT,
        r#"{"theme":1e2,"mcpServers":{"mine":{}}}"#,
        r#"{"theme":1e2,"mcpServers":{"mine":{},"agent-handoff":{"type":"stdio","command":"/p/bin/handoff","args":["mcp"]}}}"#,
        Made::Item,
    );
}

#[test]
fn what_the_server_is_in_comes_and_goes_with_it() {
    wires(
        PLAIN,
        "\u{feff}{\r\n  // mine\r\n  \"theme\": \"dark\", // so\r\n}\r\n",
        "\u{feff}{\r\n  // mine\r\n  \"theme\": \"dark\", // so\r\n  \"mcpServers\": {\r\n    \"agent-handoff\": {\r\n      \"command\": \"/p/bin/handoff\",\r\n      \"args\": [\r\n        \"mcp\"\r\n      ]\r\n    }\r\n  },\r\n}\r\n",
        Made::Parent,
    );
    let server = server(STRICT);
    let fresh = server.wire("").unwrap().0;
    assert_eq!(
        fresh,
        "{\n  \"mcpServers\": {\n    \"agent-handoff\": {\n      \"type\": \"stdio\",\n      \"command\": \"/p/bin/handoff\",\n      \"args\": [\n        \"mcp\"\n      ]\n    }\n  }\n}\n"
    );
    assert_eq!(server.unwire(&fresh, Made::Parent).unwrap(), "{}\n");
    // An object that was there before stays, and one that holds another server by now too.
    assert_eq!(server.unwire(&fresh, Made::Item).unwrap(), "{\n  \"mcpServers\": {}\n}\n");
    let more = fresh.replacen("{\n    \"agent", "{\n    \"mine\": {},\n    \"agent", 1);
    assert_eq!(
        server.unwire(&more, Made::Parent).unwrap(),
        "{\n  \"mcpServers\": {\n    \"mine\": {}\n  }\n}\n"
    );
}

#[test]
fn what_a_user_changed_of_ours_stays() {
    let text = |inside: &str| format!(r#"{{"mcpServers": {{"agent-handoff": {{{inside}}}}}}}"#);
    for (before, after) in [
        (
            r#""command": "/old/bin/handoff", "args": ["mcp"], "env": {"A": "1"}, "disabled": true"#,
            r#""command": "/p/bin/handoff", "args": ["mcp"], "env": {"A": "1"}, "disabled": true"#,
        ),
        (
            r#""args": ["mcp", "--root", "/app"], "command": "/old/bin/handoff", "alwaysAllow": []"#,
            r#""args": ["mcp", "--root", "/app"], "command": "/p/bin/handoff", "alwaysAllow": []"#,
        ),
    ] {
        assert_eq!(server(PLAIN).wire(&text(before)).unwrap(), (text(after), Made::Item));
    }
    let off = text(r#""command": "/p/bin/handoff", "args": ["mcp"], "disabled": true"#);
    let found = server(PLAIN).find(&off).unwrap().unwrap();
    assert!(found.is_off && found.is_ours);
    assert!(!server(STRICT).find(&off).unwrap().unwrap().is_off);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    for (text, reason) in [
        (
            r#"{"mcpServers": {"agent-handoff": {"command": "npx", "args": ["x"]}}}"#,
            "another server than ours",
        ),
        (r#"{"mcpServers": {"agent-handoff": {"url": "https://x"}}}"#, "another server than ours"),
        (r#"{"mcpServers": {"agent-handoff": 1}}"#, "another server than ours"),
        (
            r#"{"mcpServers": {"agent-handoff": {"command": "/p/bin/handoff", "args": "mcp"}}}"#,
            "another server",
        ),
        (
            r#"{"mcpServers": {"agent-handoff": {}, "agent-handoff": {}}}"#,
            "`mcpServers.agent-handoff` is there twice",
        ),
        (r#"{"mcpServers": {}, "mcpServers": {}}"#, "`mcpServers` is there twice"),
        (
            r#"{"mcpServers": {"agent-handoff": {"command": "/p/bin/handoff", "command": "x", "args": ["mcp"]}}}"#,
            "`mcpServers.agent-handoff.command` is there twice",
        ),
        (r#"{"mcpServers": []}"#, "`mcpServers` is no object"),
        (r#"{"mcpServers": null}"#, "`mcpServers` is no object"),
        ("[]", "the top level is no object"),
        (r#"{"mcpServers": {"#, ""),
    ] {
        let error = server(PLAIN).wire(text).unwrap_err();
        assert!(error.reason.contains(reason), "{text}: {error}");
        // Nothing of another's is taken out.
        assert_eq!(server(PLAIN).unwire(text, Made::Parent).unwrap_or_else(|_| text.to_owned()), text);
    }
    let error = server(STRICT).wire("{\n  // mine\n}\n").unwrap_err();
    assert!(error.is_passed_over && error.line == 2, "{error}");
}

#[test]
fn a_server_is_found_with_what_it_runs() {
    let text = "{\n  \"mcpServers\": {\n    \"agent-handoff\": {\"command\": \"/x\"}\n  }\n}\n";
    let found = server(PLAIN).find(text).unwrap().unwrap();
    assert_eq!((found.line, found.program.as_deref(), found.args), (3, Some("/x"), Some(Vec::new())));
    assert!(!found.is_ours);
    assert_eq!(server(PLAIN).find("{\"mcpServers\": {}}"), Ok(None));
    // Half a surrogate pair of another's, as programs written in JavaScript take it.
    assert!(server(PLAIN).wire("{\"a\": \"\\ud800\"}").unwrap().0.starts_with("{\"a\": \"\\ud800\""));
}
