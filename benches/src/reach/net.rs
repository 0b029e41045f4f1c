//! Servers of the bench, and the way to them: `git daemon`, `git http-backend`, and a proxy that counts bytes and delays them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;

/// The ticks of `/proc/<pid>/stat` in a second, on every Linux.
const TICKS: u64 = 100;
/// As long as a server may take to listen.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A `git daemon`. It ends with this value.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) port: u16,
}

impl Daemon {
    /// Serves the repositories below `root`.
    pub(crate) fn start(root: &Path) -> Result<Self, Failure> {
        // A port that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let programs = Command::new("git").arg("--exec-path").output()?.stdout;
        // `git daemon` itself would be a child of `git`, whose processor time says nothing.
        let program = Path::new(String::from_utf8(programs)?.trim_end()).join("git-daemon");
        let mut daemon = Command::new(program);
        daemon.args(["--listen=127.0.0.1", "--reuseaddr", "--export-all", "--enable=receive-pack"]);
        daemon.arg("--max-connections=0").arg(format!("--port={port}"));
        daemon.arg(format!("--base-path={}", root.display())).env("GIT_CONFIG_GLOBAL", config(root)?);
        let child = daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let daemon = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > TIMEOUT {
                return Err("git daemon does not listen".into());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(daemon)
    }

    /// The processor time of the server and of all connections that have ended, in microseconds.
    pub(crate) fn processor(&self) -> Result<u64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        // utime, stime, cutime and cstime, which are the 14th to the 17th of all.
        let ticks = fields.split_whitespace().skip(11).take(4).map(str::parse::<u64>);
        Ok(ticks.sum::<Result<u64, _>>()? * (1_000_000 / TICKS))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(root: &Path) -> std::io::Result<PathBuf> {
    let path = root.join("server.config");
    std::fs::write(&path, "[safe]\n\tdirectory = *\n[receive]\n\tautogc = false\n")?;
    Ok(path)
}

/// What went through a [`Proxy`].
#[derive(Default)]
struct Counts {
    down: AtomicU64,
    connections: AtomicU64,
    questions: AtomicU64,
    /// Whether what was said last is a question.
    is_asked: AtomicBool,
}

/// The same, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// Bytes from the server.
    pub(crate) down: u64,
    pub(crate) connections: u64,
    /// How often the client spoke after the server, or first: each such turn is a way there and back.
    pub(crate) questions: u64,
}

/// A way to a server of this machine that is as long as one across a network. It ends with the process.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    counts: Arc<Counts>,
}

impl Proxy {
    /// To the server at `to`; what is said and its answer take `round_trip` together, as does a connection.
    pub(crate) fn start(to: u16, round_trip: Duration) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let proxy = Self { port: listener.local_addr()?.port(), counts: Arc::default() };
        let counts = Arc::clone(&proxy.counts);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let counts = Arc::clone(&counts);
                // A client that goes away is not the proxy's failure.
                thread::spawn(move || drop(connect(client, to, round_trip, &counts)));
            }
        });
        Ok(proxy)
    }

    pub(crate) fn seen(&self) -> Seen {
        let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
        let Counts { down, connections, questions, .. } = &*self.counts;
        Seen { down: of(down), connections: of(connections), questions: of(questions) }
    }
}

fn connect(client: TcpStream, to: u16, round_trip: Duration, counts: &Arc<Counts>) -> std::io::Result<()> {
    counts.connections.fetch_add(1, Ordering::SeqCst);
    thread::sleep(round_trip);
    let server = TcpStream::connect(("127.0.0.1", to))?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (up, down) = ((client.try_clone()?, server.try_clone()?), (server, client));
    let asked = Arc::clone(counts);
    thread::spawn(move || {
        pump(up.0, up.1, round_trip / 2, |_| {
            if !asked.is_asked.swap(true, Ordering::SeqCst) {
                asked.questions.fetch_add(1, Ordering::SeqCst);
            }
        });
    });
    pump(down.0, down.1, round_trip / 2, |count| {
        counts.is_asked.store(false, Ordering::SeqCst);
        counts.down.fetch_add(count, Ordering::SeqCst);
    });
    Ok(())
}

/// Carries bytes on after `delay`, however many are under way.
fn pump(mut from: TcpStream, mut to: TcpStream, delay: Duration, count: impl Fn(u64)) {
    let (sender, receiver) = channel::<(Instant, Vec<u8>)>();
    let writer = thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count(length as u64);
        if sender.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
            break;
        }
    }
    drop(sender);
    let _ = writer.join();
}

/// Serves the repositories below `root` by `git http-backend`, a connection for as many questions as its client has. Ends with the
/// process.
pub(crate) fn web(root: &Path) -> Result<u16, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let (root, config) = (root.to_owned(), config(root)?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (root, config) = (root.clone(), config.clone());
            thread::spawn(move || {
                let Ok(copy) = stream.try_clone() else { return };
                let (mut input, mut output) = (BufReader::new(copy), stream);
                while let Ok(true) = answer(&mut input, &mut output, &root, &config) {}
            });
        }
    });
    Ok(port)
}

/// Answers one question; false at the end of the connection.
fn answer(
    input: &mut impl BufRead,
    output: &mut TcpStream,
    root: &Path,
    config: &Path,
) -> std::io::Result<bool> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        let pairs = head.iter().filter_map(|line| line.split_once(": "));
        let mut of = pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        of.next().map_or("", |(_, value)| value)
    };
    let mut words = head.first().map_or("", String::as_str).split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut body = vec![0; header("Content-Length").parse().unwrap_or(0)];
    input.read_exact(&mut body)?;
    let mut git = Command::new("git");
    git.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    git.env("GIT_CONFIG_GLOBAL", config).env("REMOTE_USER", "bench").env("REQUEST_METHOD", method);
    git.env("PATH_INFO", path).env("QUERY_STRING", query).env("CONTENT_LENGTH", body.len().to_string());
    git.env("CONTENT_TYPE", header("Content-Type")).env("GIT_PROTOCOL", header("Git-Protocol"));
    git.env("HTTP_CONTENT_ENCODING", header("Content-Encoding"));
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&body)?;
    }
    let said = child.wait_with_output()?.stdout;
    let end = said.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(0);
    let (headers, body) = (String::from_utf8_lossy(&said[..end]), &said[(end + 4).min(said.len())..]);
    let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let mut text =
        format!("HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    text.extend_from_slice(body);
    output.write_all(&text)?;
    Ok(true)
}
