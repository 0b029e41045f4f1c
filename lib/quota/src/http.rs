//! One HTTP/1.1 request over a Unix socket.
//!
//! By hand, since this stands in the path of a hook: an HTTP crate brings a runtime or a connection pool, starts threads,
//! and none of them bounds the connecting, the answering and a drip of single bytes by one deadline. What is asked for
//! is one small answer of a local daemon: one request, `Connection: close`, a body of known length, in chunks or to the
//! end.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketType};

use crate::source::SourceError;

/// The most that an answer may be long, head and framing included.
pub(crate) const LIMIT: usize = 1 << 20;

/// The most that an answer's head may be long.
const HEAD: usize = 16 << 10;

/// Posts the JSON `body` to `target` of the server behind the socket at `path`, which must run as this user.
pub(crate) fn post(path: &Path, target: &str, body: &str, deadline: Instant) -> Result<Vec<u8>, SourceError> {
    let socket = connect(path, deadline)?;
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: unix\r\nContent-Type: application/json\r\nAccept: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    send(&socket, request.as_bytes(), path, deadline)?;
    let mut response = Response::default();
    let mut buffer = [0; 16 << 10];
    loop {
        match rustix::net::recv(&socket, &mut buffer[..], rustix::net::RecvFlags::empty()) {
            Ok((0, _)) => return response.end().map_err(|fault| fault.at(path)),
            Ok((read, _)) => {
                if let Some(body) = response.push(&buffer[..read]).map_err(|fault| fault.at(path))? {
                    return Ok(body);
                }
                // A flood is ended by the limit, a drip by this.
                if Instant::now() >= deadline {
                    return Err(SourceError::Late(path.to_owned()));
                }
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(&socket, PollFlags::IN, path, deadline)?,
            Err(error) => return Err(talk(path, error)),
        }
    }
}

/// A connection that never waits by itself. Connecting to a Unix socket waits too, when nobody accepts and the queue is
/// full: so it is begun without waiting, which the standard library cannot.
fn connect(path: &Path, deadline: Instant) -> Result<OwnedFd, SourceError> {
    let failed = |error: Errno| SourceError::Connect { path: path.to_owned(), reason: error.into() };
    let address = SocketAddrUnix::new(path).map_err(failed)?;
    let socket = new_socket().map_err(failed)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) => {}
        Err(Errno::INPROGRESS | Errno::INTR) => {
            wait(&socket, PollFlags::OUT, path, deadline)?;
            rustix::net::sockopt::socket_error(&socket).and_then(|outcome| outcome).map_err(failed)?;
        }
        Err(error) => return Err(failed(error)),
    }
    // Who made the file was looked at before; this is who listens.
    #[cfg(target_os = "linux")]
    {
        let peer = rustix::net::sockopt::socket_peercred(&socket).map_err(failed)?;
        if peer.uid != rustix::process::geteuid() {
            return Err(SourceError::NotOurs(path.to_owned()));
        }
    }
    Ok(socket)
}

#[cfg(not(target_vendor = "apple"))]
fn new_socket() -> Result<OwnedFd, Errno> {
    use rustix::net::SocketFlags;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

#[cfg(target_vendor = "apple")]
fn new_socket() -> Result<OwnedFd, Errno> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    rustix::net::sockopt::set_socket_nosigpipe(&socket, true)?;
    Ok(socket)
}

fn send(socket: &OwnedFd, mut bytes: &[u8], path: &Path, deadline: Instant) -> Result<(), SourceError> {
    #[cfg(not(target_vendor = "apple"))]
    let flags = SendFlags::NOSIGNAL;
    #[cfg(target_vendor = "apple")]
    let flags = SendFlags::empty();
    while !bytes.is_empty() {
        match rustix::net::send(socket, bytes, flags) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(socket, PollFlags::OUT, path, deadline)?,
            Err(error) => return Err(talk(path, error)),
        }
    }
    Ok(())
}

/// Waits until the socket is ready, at most to the deadline.
fn wait(socket: &OwnedFd, flags: PollFlags, path: &Path, deadline: Instant) -> Result<(), SourceError> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left < Duration::from_micros(1) {
            return Err(SourceError::Late(path.to_owned()));
        }
        let timeout = Timespec::try_from(left).map_err(|_| SourceError::Late(path.to_owned()))?;
        match poll(&mut [PollFd::from_borrowed_fd(socket.as_fd(), flags)], Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(talk(path, error)),
        }
    }
}

fn talk(path: &Path, error: Errno) -> SourceError {
    SourceError::Talk { path: path.to_owned(), reason: io::Error::from(error) }
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed(&'static str),
    Status(u16),
    TooLong,
}

impl Fault {
    fn at(self, path: &Path) -> SourceError {
        let path = path.to_owned();
        match self {
            Self::Malformed(reason) => SourceError::Malformed { path, reason },
            Self::Status(status) => SourceError::Status { path, status },
            Self::TooLong => SourceError::TooLong { path, limit: LIMIT },
        }
    }
}

/// An answer as it comes in, in whatever portions.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// What came and is not yet understood.
    raw: Vec<u8>,
    /// How much came.
    seen: usize,
    body: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    /// So many bytes of the body are to come.
    Counted(usize),
    /// The body goes on to the end.
    ToTheEnd,
    /// A chunk's size is to come.
    ChunkSize,
    /// So many bytes of a chunk are to come, and the line end after them.
    Chunk(usize),
}

impl Response {
    /// Takes the next bytes; gives the body when it is whole. The rest of the connection says nothing more then.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.seen = self.seen.saturating_add(bytes.len());
        if self.seen > LIMIT {
            return Err(Fault::TooLong);
        }
        self.raw.extend_from_slice(bytes);
        let mut used = 0;
        let whole = loop {
            match self.step(used)? {
                Step::Used(bytes) => used += bytes,
                Step::More => break false,
                Step::Whole => break true,
            }
        };
        self.raw.drain(..used);
        Ok(whole.then(|| std::mem::take(&mut self.body)))
    }

    /// Takes the end of the connection.
    pub(crate) fn end(self) -> Result<Vec<u8>, Fault> {
        match self.state {
            State::ToTheEnd => Ok(self.body),
            _ => Err(Fault::Malformed("its answer is cut off")),
        }
    }

    /// Understands one thing of what came from `at` on.
    fn step(&mut self, at: usize) -> Result<Step, Fault> {
        let rest = &self.raw[at..];
        match self.state {
            State::Head => {
                let Some(end) = memchr::memmem::find(rest, b"\r\n\r\n") else {
                    let fits = rest.len() <= HEAD && b"HTTP/1.".starts_with(&rest[..rest.len().min(7)]);
                    return if fits {
                        Ok(Step::More)
                    } else {
                        Err(Fault::Malformed("it does not speak HTTP"))
                    };
                };
                self.state = head(&rest[..end])?;
                Ok(Step::Used(end + 4))
            }
            State::Counted(0) => Ok(Step::Whole),
            State::Counted(_) | State::ToTheEnd | State::Chunk(_) if rest.is_empty() => Ok(Step::More),
            State::Counted(left) => {
                let taken = left.min(rest.len());
                self.body.extend_from_slice(&rest[..taken]);
                self.state = State::Counted(left - taken);
                Ok(Step::Used(taken))
            }
            State::ToTheEnd => {
                self.body.extend_from_slice(rest);
                Ok(Step::Used(rest.len()))
            }
            State::ChunkSize => {
                let Some(end) = memchr::memchr(b'\n', rest) else {
                    return if rest.len() <= 1024 { Ok(Step::More) } else { Err(NO_CHUNK) };
                };
                // What follows a `;` are extensions, which nobody uses.
                let size = rest[..end].split(|byte| *byte == b';').next().unwrap_or_default();
                match chunk_size(size.trim_ascii()).ok_or(NO_CHUNK)? {
                    0 => return Ok(Step::Whole),
                    size if size > LIMIT => return Err(Fault::TooLong),
                    size => self.state = State::Chunk(size),
                }
                Ok(Step::Used(end + 1))
            }
            State::Chunk(0) => {
                let end = match rest {
                    [b'\r', b'\n', ..] => 2,
                    [b'\n', ..] => 1,
                    [b'\r'] => return Ok(Step::More),
                    _ => return Err(NO_CHUNK),
                };
                self.state = State::ChunkSize;
                Ok(Step::Used(end))
            }
            State::Chunk(left) => {
                let taken = left.min(rest.len());
                self.body.extend_from_slice(&rest[..taken]);
                self.state = State::Chunk(left - taken);
                Ok(Step::Used(taken))
            }
        }
    }
}

const NO_CHUNK: Fault = Fault::Malformed("its answer's chunks are broken");

enum Step {
    Used(usize),
    More,
    Whole,
}

/// How the body after this head is framed.
fn head(head: &[u8]) -> Result<State, Fault> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let version = first.next().is_some_and(|version| version.starts_with("HTTP/1."));
    let status = first.next().filter(|_| version).and_then(|status| status.parse::<u16>().ok());
    match status.ok_or(Fault::Malformed("it does not speak HTTP"))? {
        200 => {}
        status => return Err(Fault::Status(status)),
    }
    let mut length = None;
    let mut is_chunked = false;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.trim() {
            name if name.eq_ignore_ascii_case("transfer-encoding") => {
                is_chunked |= value.eq_ignore_ascii_case("chunked");
            }
            name if name.eq_ignore_ascii_case("content-length") => length = value.parse::<usize>().ok(),
            _ => {}
        }
    }
    Ok(match length {
        _ if is_chunked => State::ChunkSize,
        Some(length) if length > LIMIT => return Err(Fault::TooLong),
        Some(length) => State::Counted(length),
        None => State::ToTheEnd,
    })
}

fn chunk_size(digits: &[u8]) -> Option<usize> {
    let digits =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    usize::from_str_radix(digits, 16).ok()
}
