use proptest::prelude::*;

use crate::{Call, Made, Server, ServerFormat, ServerShape, Undo};

const SHAPE: ServerShape = ServerShape {
    format: ServerFormat::Yaml,
    constants: &[("type", "stdio")],
    switch: Some(("enabled", false)),
};

fn owns(call: &Call) -> bool {
    call.program.ends_with("bin/handoff") && call.args.first().is_some_and(|verb| verb == "mcp")
}

fn server() -> Server<'static> {
    Server {
        object: "extensions",
        name: "agent-handoff",
        shape: SHAPE,
        program: "/p/bin/handoff",
        args: &["mcp"],
        owns: &owns,
    }
}

/// Our lines below `extensions`, indented by `indent`.
fn ours(indent: usize) -> String {
    let lines = [
        "agent-handoff:",
        "  enabled: true",
        "  type: stdio",
        "  name: agent-handoff",
        "  cmd: /p/bin/handoff",
        "  args:",
        "    - mcp",
    ];
    lines.map(|line| format!("{:indent$}{line}\n", "")).concat()
}

#[track_caller]
fn wires(before: &str, after: &str, made: Made) {
    let server = server();
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
fn a_server_comes_and_goes_in_lines_of_its_own() {
    let developer = "    developer: # mine\n        enabled: true\n";
    wires(
        &format!("GOOSE_MODEL: 'x'\nextensions: # all\n    # the first\n{developer}tail: |\n  text\n"),
        &format!(
            "GOOSE_MODEL: 'x'\nextensions: # all\n{}    # the first\n{developer}tail: |\n  text\n",
            ours(4)
        ),
        Made::Item,
    );
    let crlf = |text: &str| text.replace('\n', "\r\n");
    wires(
        &crlf("\u{feff}extensions:\n  memory: {enabled: true}\n"),
        &crlf(&format!("\u{feff}extensions:\n{}  memory: {{enabled: true}}\n", ours(2))),
        Made::Item,
    );
}

#[test]
fn what_the_server_is_in_comes_and_goes_with_it() {
    wires("", &format!("extensions:\n{}", ours(2)), Made::Parent);
    wires("# none\n", &format!("# none\nextensions:\n{}", ours(2)), Made::Parent);
    wires("A: 1\n", &format!("A: 1\nextensions:\n{}", ours(2)), Made::Parent);
    wires("---\nA: 1\n", &format!("---\nA: 1\nextensions:\n{}", ours(2)), Made::Parent);
    wires("extensions: {}\nA: 1\n", &format!("extensions:\n{}A: 1\n", ours(2)), Made::Item);
    // What stood there was nothing, and says so then.
    let (wired, made) = server().wire("extensions:\nA: 1\n").unwrap();
    assert_eq!((wired.as_str(), made), (format!("extensions:\n{}A: 1\n", ours(2)).as_str(), Made::Item));
    assert_eq!(server().unwire(&wired, made).unwrap(), "extensions: {}\nA: 1\n");
    // A last line without an end gets one.
    let (wired, made) = server().wire("A: 1").unwrap();
    assert_eq!(wired, format!("A: 1\nextensions:\n{}", ours(2)));
    assert_eq!(server().unwire(&wired, made).unwrap(), "A: 1\n");
}

#[test]
fn what_a_user_changed_of_ours_stays() {
    let text = |program: &str| {
        format!(
            "extensions:\n  agent-handoff:\n    cmd: {program}\n    args: [\"mcp\", --root, /app]\n    envs: {{A: b}}\n    enabled: false\n  x:\n    enabled: true\n"
        )
    };
    assert_eq!(server().wire(&text("'/old/bin/handoff'")).unwrap(), (text("/p/bin/handoff"), Made::Item));
    let found = server().find(&text("/p/bin/handoff")).unwrap().unwrap();
    assert!(found.is_ours && found.is_off && found.line == 2, "{found:?}");
    let unwired = server().unwire(&text("/p/bin/handoff"), Made::Parent).unwrap();
    assert_eq!(unwired, "extensions:\n  x:\n    enabled: true\n");
    let quoted = Server { program: "/p q/bin/handoff", ..server() };
    let (wired, _) = quoted.wire("").unwrap();
    assert!(wired.contains("    cmd: \"/p q/bin/handoff\"\n"), "{wired}");
    assert!(quoted.is(&quoted.find(&wired).unwrap().unwrap()));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    for (text, reason) in [
        ("extensions:\n  agent-handoff:\n    cmd: npx\n    args: [x]\n", "another server than ours"),
        ("extensions:\n  agent-handoff: 1\n", "another server than ours"),
        (
            "extensions:\n  agent-handoff: {}\n  agent-handoff: {}\n",
            "`extensions.agent-handoff` is there twice",
        ),
        ("extensions: {}\nextensions: {}\n", "`extensions` is there twice"),
        ("extensions: [a]\n", "`extensions` is no mapping"),
        ("extensions: null\n", "`extensions` is no mapping"),
        ("extensions: {a: 1}\n", "not in lines of its own"),
        ("{extensions: {}}\n", "the top level is no mapping"),
        ("- a\n", "the top level is no mapping"),
        ("text\n", "the top level is no mapping"),
        ("a: 1\n---\nb: 1\n", "more than one document"),
        ("a: 1\n...\n", "cannot be told"),
        ("a: [\n", ""),
        ("a: 1\rb: 1\n", "carriage return"),
    ] {
        let error = server().wire(text).unwrap_err();
        assert!(error.reason.contains(reason), "{text:?}: {error}");
    }
}

#[test]
fn a_text_without_a_line_ends_before_the_next_key() {
    let text = "extensions:\n  a: 1\n  agent-handoff:\n    cmd: /p/bin/handoff\n    args: [mcp]\n    note: |\n\nb: 1\n";
    assert_eq!(server().unwire(text, Made::Item).unwrap(), "extensions:\n  a: 1\nb: 1\n");
}

#[test]
fn a_server_within_others_texts_is_none() {
    let text =
        "note: |\n  extensions:\n    agent-handoff:\n      cmd: /p/bin/handoff\nother: &a {extensions: {}}\n";
    assert_eq!(server().find(text), Ok(None));
    let (wired, made) = server().wire(text).unwrap();
    assert!(wired.starts_with(text));
    assert_eq!(server().unwire(&wired, made).unwrap(), text);
}

/// YAML files that Goose's users have.
fn config() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "GOOSE_MODEL: \"x: y\" # mine\n",
        "# extensions:\n",
        "\n",
        "note: |\n  extensions:\n    agent-handoff: {}\n\n",
        "folded: >-\n  a\n\n  b\n",
        "list:\n- a: {b: [c]}\n-\n  - d\n",
        "? complex\n: value\n",
        "'quoted key': !tag &anchor text\n",
        "alias: [*anchor, \"\\\n  on\"]\n",
    ]);
    let servers = prop::sample::select(vec![
        "",
        "extensions:\n",
        "extensions: {}\n",
        "extensions: # none\n  # yet\n",
        "extensions:\n  a: {enabled: true}\n",
        "extensions:\n    # first\n    a:\n        cmd: x\n        args:\n        - y\n\n    b: 1\n",
        "\"extensions\":\n a: |\n   text\n b:\n",
    ]);
    (prop::collection::vec(piece, 0..4), servers, any::<prop::sample::Index>(), any::<[bool; 3]>()).prop_map(
        |(mut pieces, servers, at, [crlf, newline, bom])| {
            pieces.insert(at.index(pieces.len() + 1), servers);
            let mut text = pieces.concat();
            if !newline {
                text.truncate(text.trim_end().len());
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            format!("{}{text}", if bom { "\u{feff}" } else { "" })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_server_in_yaml_only_adds_and_is_given_back(before in config()) {
        // One that refers to what comes later, or has a key twice, is refused.
        let Ok((wired, made)) = server().wire(&before) else { return Ok(()) };
        let found = server().find(&wired).unwrap().unwrap();
        prop_assert!(server().is(&found) && found.is_ours);
        prop_assert_eq!(&server().wire(&wired).unwrap().0, &wired);
        prop_assert_eq!(Undo::between(&before, &wired).apply(&wired), Some(before.clone()));
        let unwired = server().unwire(&wired, made).unwrap();
        let rest = |text: &str| text.replace("extensions: {}", "extensions:").trim_end().to_owned();
        prop_assert_eq!(rest(&unwired), rest(&before));
    }

    #[test]
    fn no_yaml_makes_it_fall(text in "[a-c:{}\\[\\]\"'|>&*!#, \n\r\t?-]{0,60}", name in any::<bool>()) {
        let text = if name { format!("extensions:{text}") } else { text };
        let _ = server().wire(&text);
        let _ = server().unwire(&text, Made::Parent);
    }
}
