//! A client that sends and reads what a test says.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tests::World;

/// A client of a server of its own.
pub(crate) struct Client {
    pub(crate) server: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    last_id: u64,
    /// The capabilities that it claims.
    can: Value,
    /// What it answers to the server's own requests, by method.
    answers: Vec<(&'static str, Value)>,
    /// The requests that the server sent.
    pub(crate) asked: Vec<Value>,
}

impl Client {
    /// One whose server was started in `dir`, before any message.
    pub(crate) fn start(world: &World, dir: &Path) -> Self {
        Self::of(world.command("handoff-mcp", dir))
    }

    /// One whose server is `command`.
    pub(crate) fn of(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let (input, output) = (server.stdin.take(), server.stdout.take().map(BufReader::new));
        Self { server, input, output, last_id: 0, can: json!({}), answers: Vec::new(), asked: Vec::new() }
    }

    /// The same with a capability, and what it answers to the request that goes with it.
    pub(crate) fn with(mut self, capability: &str, method: &'static str, answer: Value) -> Self {
        self.can[capability] = json!({});
        self.answers.push((method, answer));
        self
    }

    /// Introduces itself as `name`, and gives what the server says of itself.
    #[track_caller]
    pub(crate) fn initialize(&mut self, name: &str) -> Value {
        let params = json!({
            "protocolVersion": "2025-06-18", "capabilities": self.can, "clientInfo": { "name": name, "version": "1" },
        });
        let answer = self.ask("initialize", params);
        self.notify("notifications/initialized", json!({}));
        answer["result"].clone()
    }

    /// One that is introduced already.
    #[track_caller]
    pub(crate) fn introduced(world: &World, dir: &Path) -> Self {
        let mut client = Self::start(world, dir);
        client.initialize("test");
        client
    }

    /// Sends a request, and gives its number.
    pub(crate) fn send(&mut self, method: &str, params: Value) -> u64 {
        let request = self.request(method, params);
        self.line(&request);
        self.last_id
    }

    fn request(&mut self, method: &str, params: Value) -> String {
        self.last_id += 1;
        json!({ "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params }).to_string()
    }

    /// Sends a request together with its cancellation, and gives its number.
    pub(crate) fn send_cancelled(&mut self, method: &str, params: Value) -> u64 {
        let request = self.request(method, params);
        self.line(&format!("{request}\n{}", cancellation(self.last_id)));
        self.last_id
    }

    /// Cancels the request `id`.
    pub(crate) fn cancel(&mut self, id: u64) {
        self.line(&cancellation(id));
    }

    /// Sends a notification.
    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.line(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    /// Sends a line as it is. A server that is gone is found out by its answers.
    pub(crate) fn line(&mut self, line: &str) {
        let _ = self.input.as_mut().expect("it is open").write_all(format!("{line}\n").as_bytes());
    }

    /// The next message that is no request of the server's; those are answered. `None` at its end.
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.output.as_mut().expect("it is open").read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let message: Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let (Some(method), Some(id)) = (message["method"].as_str(), message.get("id")) else {
                return Some(message);
            };
            let answer = self.answers.iter().find(|(of, _)| *of == method).map(|(_, answer)| answer.clone());
            let reply = json!({ "jsonrpc": "2.0", "id": id, "result": answer.expect("an answer") });
            self.asked.push(message);
            self.line(&reply.to_string());
        }
    }

    /// The answer to the request `id`; notifications before it are passed over.
    #[track_caller]
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next().expect("an answer");
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Sends a request and gives its answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)
    }

    /// Calls a tool that must succeed, and gives its text.
    #[track_caller]
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> String {
        let (is_error, text) = self.try_call(tool, arguments);
        assert!(!is_error, "{text}");
        text
    }

    /// Calls a tool that must fail, and gives the reason.
    #[track_caller]
    pub(crate) fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let (is_error, text) = self.try_call(tool, arguments);
        assert!(is_error, "{text}");
        text
    }

    #[track_caller]
    fn try_call(&mut self, tool: &str, arguments: Value) -> (bool, String) {
        let answer = self.ask("tools/call", json!({ "name": tool, "arguments": arguments }));
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"));
        (result["isError"] == true, text.to_owned())
    }

    /// Reads no more of what the server says, and has it find its output closed.
    pub(crate) fn close_output(&mut self) {
        drop(self.output.take());
    }

    /// Says no more.
    pub(crate) fn close_input(&mut self) {
        drop(self.input.take());
    }

    /// Closes the server's input, and gives its exit code once it has ended.
    pub(crate) fn leave(mut self) -> Option<i32> {
        drop(self.input.take());
        self.server.wait().unwrap().code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn cancellation(id: u64) -> String {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
        .to_string()
}

/// The file names in `unread` of the only inbox of `world`: claims too.
pub(crate) fn unread(world: &World) -> Vec<String> {
    names(world, "unread")
}

/// Those in `read`.
pub(crate) fn archived(world: &World) -> Vec<String> {
    names(world, "read")
}

fn names(world: &World, shelf: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut directories = vec![world.root()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                directories.push(entry.path());
            } else if directory.ends_with(shelf) && name.ends_with(".md") {
                all.push(name);
            }
        }
    }
    all
}

/// Waits until `is_so`.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed() < std::time::Duration::from_secs(60), "{what}: it did not come to that");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
