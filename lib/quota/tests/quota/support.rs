//! A place on the disk, a fake openusage, and points in time.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use handoff_agents::Host;
use handoff_document::Timestamp;
use handoff_quota::{OpenusageSocket, Percent, Reading, Source, SourceError, SourceName, Window, WindowName};

/// Shortly after the fixtures were recorded.
pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T10:46:00Z").unwrap()
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub fn later(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_seconds(time.seconds() + seconds)
}

pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

pub fn window(tool: Option<&'static Host>, name: &str, used: f64, resets_at: Option<Timestamp>) -> Window {
    let name = WindowName::new(name).unwrap();
    Window { tool, name, minutes: None, used: Percent::new(used).unwrap(), resets_at }
}

pub fn reading(windows: Vec<Window>) -> Reading {
    Reading { windows, source: SourceName::OpenusageSocket, observed: now() }
}

/// The windows in words, in order.
pub fn told(reading: &Reading) -> Vec<String> {
    let mut told: Vec<String> = reading.windows.iter().map(ToString::to_string).collect();
    told.sort();
    told
}

/// A daemon that answers each connection in its own way.
pub struct Daemon {
    place: tempfile::TempDir,
    requests: Receiver<Vec<u8>>,
}

impl Daemon {
    /// One that reads a request and then does `answer`.
    pub fn new(answer: impl Fn(&mut UnixStream) + Send + 'static) -> Self {
        let place = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(place.path().join("telemetry.sock")).unwrap();
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                sender.send(request(&mut stream)).ok();
                answer(&mut stream);
            }
        });
        Self { place, requests }
    }

    /// One that writes these bytes and closes.
    pub fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        // Whoever has heard enough hangs up.
        Self::new(move |stream| drop(stream.write_all(&answer)))
    }

    pub fn path(&self) -> PathBuf {
        self.place.path().join("telemetry.sock")
    }

    pub fn request(&self) -> String {
        String::from_utf8(self.requests.recv().unwrap()).unwrap()
    }

    /// Asks it with so much time, and how long that took.
    pub fn ask(&self, time: Duration) -> (Result<Option<Reading>, SourceError>, Duration) {
        let start = Instant::now();
        let answer = OpenusageSocket::new(self.path()).read(now(), start + time);
        (answer, start.elapsed())
    }
}

/// A request with its body.
fn request(stream: &mut UnixStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let length =
        head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok();
    request.extend(body);
    request
}

/// An answer as Go's server frames a short one.
pub fn counted(body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sat, 21 Nov 2026 10:46:00 GMT\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// An answer as Go's server frames one that is longer than its buffer.
pub fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut answer =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    for chunk in body.chunks(size) {
        answer.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    answer
}
