//! A web server: `git http-backend` behind a few lines of CGI, and paths that answer as other hosts do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// `ann:secret`, as a client sends it.
const AUTHORIZATION: &str = "Basic YW5uOnNlY3JldA==";

/// A server of the repositories `public.git`, `private.git` and `empty.git`. It ends with the process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

/// What a client asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

impl Server {
    /// Serves the repositories below `root`. A question for `/away` is sent on to `other`.
    pub(crate) fn start(root: &Path, other: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (root, list) = (root.to_owned(), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (root, list) = (root.clone(), Arc::clone(&list));
                // A client that goes away is not the server's failure.
                thread::spawn(move || drop(serve(stream, &root, other, &list)));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// All questions so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    root: &Path,
    other: Option<SocketAddr>,
    list: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let request = read(&mut BufReader::new(stream.try_clone()?))?;
    list.lock().unwrap().push(request.clone());
    let mut stream = stream;
    let first = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match first {
        "public.git" | "empty.git" => backend(&mut stream, root, &request),
        "private.git" if request.header("Authorization") == Some(AUTHORIZATION) => {
            backend(&mut stream, root, &request)
        }
        "private.git" => {
            answer(&mut stream, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"git\"\r\n", b"no\n")
        }
        "forbidden.git" => answer(&mut stream, "403 Forbidden", "", b"no\n"),
        "broken.git" => answer(&mut stream, "500 Internal Server Error", "", b"<html>sorry</html>"),
        "limited.git" => answer(&mut stream, "429 Too Many Requests", "Retry-After: 60\r\n", b""),
        "page.git" | "login" => {
            answer(&mut stream, "200 OK", "Content-Type: text/html\r\n", b"<html>Log in</html>")
        }
        "sso.git" => answer(&mut stream, "302 Found", "Location: /login\r\n", b""),
        "renamed.git" | "was-private.git" => {
            let now = if first == "renamed.git" { "public.git" } else { "private.git" };
            let to = format!("Location: {}?{}\r\n", request.path.replace(first, now), request.query);
            answer(&mut stream, "301 Moved Permanently", &to, b"")
        }
        "away.git" => {
            let other = other.unwrap();
            let to = format!("Location: http://{other}/gone.git/info/refs?{}\r\n", request.query);
            answer(&mut stream, "301 Moved Permanently", &to, b"")
        }
        "silent.git" => {
            // It reads until the client is gone, and says nothing.
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        "endless.git" => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n"
            )?;
            loop {
                stream.write_all(b"0032")?;
            }
        }
        "headers.git" => {
            write!(stream, "HTTP/1.1 200 OK\r\n")?;
            loop {
                write!(stream, "X-More: {}\r\n", "x".repeat(1000))?;
            }
        }
        _ => answer(&mut stream, "404 Not Found", "", b"no such repository\n"),
    }
}

fn read(input: &mut impl BufRead) -> std::io::Result<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let first = lines.first().cloned().unwrap_or_default();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut request =
        Request { method, path: path.to_owned(), query: query.to_owned(), headers, body: Vec::new() };
    if request.header("Transfer-Encoding") == Some("chunked") {
        request.body = chunks(input)?;
    } else if let Some(length) = request.header("Content-Length") {
        let mut body = vec![0; length.parse().unwrap()];
        input.read_exact(&mut body)?;
        request.body = body;
    }
    Ok(request)
}

fn chunks(input: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        input.read_line(&mut size)?;
        let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).unwrap() + 2];
        input.read_exact(&mut chunk)?;
        if chunk.len() == 2 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..chunk.len() - 2]);
    }
}

fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}

/// Runs `git http-backend` and gives its answer in chunks.
fn backend(stream: &mut TcpStream, root: &Path, request: &Request) -> std::io::Result<()> {
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", root.join("config"))
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", request.header("Content-Type").unwrap_or_default())
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", request.header("Content-Encoding").unwrap_or_default())
        .env("GIT_PROTOCOL", request.header("Git-Protocol").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().unwrap().write_all(&request.body)?;
    let output = child.wait_with_output()?.stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    write!(stream, "HTTP/1.1 {status}\r\n{head}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
    for chunk in output[end + 4..].chunks(50) {
        write!(stream, "{:x}\r\n", chunk.len())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b"0\r\n\r\n")
}

/// Repositories to serve: with a commit, and without.
pub(crate) fn repositories() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("srv");
    std::fs::create_dir(&root).unwrap();
    // The server may run as another user than the owner.
    std::fs::write(root.join("config"), "[safe]\n\tdirectory = *\n").unwrap();
    for name in ["public.git", "private.git", "empty.git"] {
        git(&root, &["init", "--quiet", "--bare", "--initial-branch=main", name]);
        if name != "empty.git" {
            let repository = root.join(name);
            let tree = git(&repository, &["hash-object", "-t", "tree", "-w", "/dev/null"]);
            let commit = git(&repository, &["commit-tree", "-m", "First", tree.trim()]);
            git(&repository, &["update-ref", "refs/heads/main", commit.trim()]);
        }
    }
    (scratch, root)
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ann").env(format!("GIT_{who}_EMAIL"), "ann@example.org");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
