//! The conformance tests that the protocol's makers publish. They speak HTTP, so each of their requests is passed on to a server
//! through its pipes; and they call things by names of their own, which are exchanged for ours.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tests::agents::{fetched, platform};
use tests::{BODY, World};

use crate::client::Client;

/// The tests, and a version of Node that they run on.
const SUITE: (&str, &str) = ("@modelcontextprotocol/conformance", "0.1.16");
const NODE: &str = "22.23.5";

/// Those that a server with our tools can pass.
const PASSED: &[&str] = &[
    "server-initialize",
    "ping",
    "tools-list",
    "tools-call-simple-text",
    "tools-call-error",
    "resources-list",
    "resources-read-text",
    "prompts-list",
    "prompts-get-simple",
    "prompts-get-with-args",
];

/// Those that are about what the server does not say that it can do, and never does.
const NOT_OFFERED: &[(&str, &[&str])] = &[
    ("log messages", &["logging-set-level", "tools-call-with-logging"]),
    ("completions of arguments", &["completion-complete"]),
    ("resources that tell of changes", &["resources-subscribe", "resources-unsubscribe"]),
    ("resources of a pattern", &["resources-templates-read"]),
    ("requests to the client's model", &["tools-call-sampling"]),
    ("progress", &["tools-call-with-progress"]),
    (
        "images, sounds and files",
        &[
            "tools-call-image",
            "tools-call-audio",
            "tools-call-embedded-resource",
            "tools-call-mixed-content",
            "resources-read-binary",
            "prompts-get-embedded-resource",
            "prompts-get-with-image",
        ],
    ),
    // Ours asks with one form, whose fields `asking.rs` looks at.
    (
        "tools that only ask with the suite's forms",
        &["tools-call-elicitation", "elicitation-sep1034-defaults", "elicitation-sep1330-enums"],
    ),
    ("a tool with the suite's schema", &["json-schema-2020-12"]),
    ("HTTP", &["server-sse-polling", "server-sse-multiple-streams", "dns-rebinding-protection"]),
];

/// What listens in the place of a server that speaks HTTP.
struct Bridge<'w> {
    world: &'w World,
    app: &'w Path,
    /// The server of the newest session.
    client: Mutex<Option<Client>>,
    /// A resource of the server's.
    resource: String,
    is_over: AtomicBool,
}

impl Bridge<'_> {
    /// Answers until it is over.
    fn serve(&self, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let stream = stream.unwrap();
            // A client that is gone needs no answer.
            let _ = self.answer(&stream);
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn answer(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let (method, body) = read(stream)?;
        let (status, body) = match method.as_str() {
            "POST" => match self.pass_on(serde_json::from_slice(&body).unwrap()) {
                Some(answer) => ("200 OK", answer.to_string()),
                None => ("202 Accepted", String::new()),
            },
            "DELETE" => ("200 OK", String::new()),
            _ => ("405 Method Not Allowed", String::new()),
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}");
        stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n{body}").as_bytes())
    }

    /// Passes a message on to the server; the answer, if it is a request.
    fn pass_on(&self, mut message: Value) -> Option<Value> {
        self.rename(&mut message["params"]);
        let mut client = self.client.lock().unwrap();
        if message["method"] == "initialize" {
            *client = Some(Client::start(self.world, self.app));
        }
        let client = client.as_mut().expect("it was introduced");
        client.line(&message.to_string());
        let id = message.get("id")?;
        loop {
            let answer = client.next().expect("an answer");
            if answer["id"] == *id {
                return Some(answer);
            }
        }
    }

    /// Exchanges the suite's names for ours.
    fn rename(&self, params: &mut Value) {
        let name = params["name"].as_str().unwrap_or_default();
        match name {
            "test_simple_text" => params["name"] = json!("handoff_list"),
            "test_error_handling" => {
                *params = json!({ "name": "handoff_result", "arguments": { "id": "x" } })
            }
            "test_simple_prompt" => params["name"] = json!("handoff"),
            "test_prompt_with_arguments" => {
                let given = &params["arguments"];
                let arguments = json!({ "to": given["arg1"], "topic": given["arg2"] });
                *params = json!({ "name": "handoff", "arguments": arguments });
            }
            _ => {}
        }
        if params["uri"] == "test://static-text" {
            params["uri"] = json!(self.resource);
        }
    }
}

/// The method and the body of a request.
fn read(stream: &TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((first.split(' ').next().unwrap_or_default().to_owned(), body))
}

/// Where the suite and its Node are.
fn suite() -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    let node = format!("node-{}", platform());
    let modules = fetched("mcp-conformance", &[SUITE, (&node, NODE)])?;
    Some((modules.join(node).join("bin/node"), modules.join(SUITE.0).join("dist/index.js")))
}

#[test]
fn the_protocols_own_tests_pass_or_are_about_what_is_not_offered() {
    let Some((node, suite)) = suite() else { return };
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &["--name", "first"], BODY);
    let resources = Client::introduced(&world, &app).ask("resources/list", json!({}));
    let resource = resources["result"]["resources"][0]["uri"].as_str().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    let bridge = Bridge { world: &world, app: &app, client: Mutex::new(None), resource, is_over };
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| bridge.serve(&listener));
        let mut command = Command::new(node);
        command.arg(suite).args(["server", "--suite", "all", "--url", &format!("http://{address}/mcp")]);
        let ran = command.current_dir(world.top()).stdin(Stdio::null()).output();
        bridge.is_over.store(true, Ordering::Relaxed);
        // It waits for the next one.
        let _ = TcpStream::connect(address);
        ran.unwrap()
    });
    let said = String::from_utf8_lossy(&ran.stdout);
    let (_, summary) = said.split_once("=== SUMMARY ===").unwrap_or_else(|| panic!("{ran:?}"));
    let scenarios: Vec<(&str, bool)> = summary
        .lines()
        .filter_map(|line| Some((line.split_once(' ')?.1.split_once(':')?.0, line.starts_with('✓'))))
        .filter(|(name, _)| !name.is_empty() && *name != "Total")
        .collect();
    let other: Vec<&str> = NOT_OFFERED.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    for (name, passed) in &scenarios {
        assert!(*passed || other.contains(name), "{name}: {said}");
    }
    let mut names: Vec<&str> = scenarios.iter().map(|(name, _)| *name).collect();
    let mut known = [PASSED, &other].concat();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known, "{summary}");
}
