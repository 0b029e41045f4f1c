//! As much of HTTP/1.1 as the agents speak: one request a connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    /// Where in the body to stop for a while.
    held_at: Option<usize>,
}

impl Response {
    pub(super) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), held_at: None }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).header("content-type", "application/json")
    }

    /// A stream of events without names.
    pub(super) fn stream(events: impl IntoIterator<Item = String>) -> Self {
        let events = events.into_iter().map(|event| format!("data: {event}\n\n"));
        Self::new(200, events.collect::<String>()).header("content-type", "text/event-stream")
    }

    /// A stream of events, each named by its `type`.
    pub(super) fn events(events: &[Value]) -> Self {
        let named = |event: &Value| {
            let name = event["type"].as_str().expect("an event has a type");
            format!("event: {name}\ndata: {event}\n\n")
        };
        Self::new(200, events.iter().map(named).collect::<String>())
            .header("content-type", "text/event-stream")
    }

    /// Stops before the `event`th event of a stream until it is told to go on.
    pub(super) fn held_before(mut self, event: usize) -> Self {
        self.held_at = self.body.match_indices("event: ").nth(event).map(|(at, _)| at);
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes it. `wait` is called where it is held.
    pub(super) fn write(&self, mut stream: &TcpStream, wait: impl FnOnce()) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} mock\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", self.body.len()));
        let (now, later) = self.body.split_at(self.held_at.unwrap_or(self.body.len()));
        stream.write_all((head + now).as_bytes())?;
        if self.held_at.is_some() {
            wait();
        }
        stream.write_all(later.as_bytes())
    }
}

/// Method, path and body of the request, or nothing when the connection held none.
pub(super) fn read(stream: &TcpStream) -> Option<(String, String, Value)> {
    let mut reader = BufReader::new(stream);
    let first = line(&mut reader)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    let mut is_chunked = false;
    loop {
        let header = line(&mut reader)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
        is_chunked |= name.eq_ignore_ascii_case("transfer-encoding");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    while is_chunked {
        let size = usize::from_str_radix(&line(&mut reader)?, 16).ok()?;
        let mut chunk = vec![0; size];
        reader.read_exact(&mut chunk).ok()?;
        line(&mut reader)?;
        body.extend(chunk);
        is_chunked = size > 0;
    }
    let text = |_| Value::from(String::from_utf8_lossy(&body));
    let body = serde_json::from_slice(&body).unwrap_or_else(text);
    Some((method, path, body))
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
}
