//! A server: each connection is one run of `git daemon --inetd`, so that the test decides which connections are served, and how.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is served.
    Up,
    /// It ends at once.
    Down,
    /// Nothing is ever said.
    Hangs,
    /// What is pushed arrives, and the answer does not.
    Deaf,
    /// It is served, and only the first protocol is spoken.
    First,
}

/// A server of the repositories in a directory. It ends with the process.
#[derive(Clone)]
pub(crate) struct Server {
    port: u16,
    mode: Arc<Mutex<Mode>>,
    connections: Arc<Mutex<usize>>,
}

/// The first question of a push has less, and what is pushed has more, in bytes.
const ASKED: usize = 120;

impl Server {
    pub(crate) fn start(root: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, mode: Arc::new(Mutex::new(Mode::Up)), connections: Arc::default() };
        let (own, root) = (server.clone(), root.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *own.connections.lock().unwrap() += 1;
                let (mode, root) = (*own.mode.lock().unwrap(), root.clone());
                // A client that goes away is not the server's failure.
                thread::spawn(move || drop(serve(stream, &root, mode)));
            }
        });
        server
    }

    pub(crate) fn url(&self, repository: &str) -> String {
        format!("git://127.0.0.1:{}/{repository}", self.port)
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// How many there were so far.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

fn daemon(root: &Path) -> std::io::Result<Child> {
    let base = format!("--base-path={}", root.display());
    let mut git = Command::new("git");
    git.args(["daemon", "--inetd", "--export-all", "--enable=receive-pack", &base]).arg(root);
    git.env("GIT_CONFIG_GLOBAL", config(root)).env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR");
    git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

fn config(root: &Path) -> PathBuf {
    root.join("server.config")
}

fn serve(mut client: TcpStream, root: &Path, mode: Mode) -> std::io::Result<()> {
    match mode {
        Mode::Down => return Ok(()),
        Mode::Hangs => return client.read_to_end(&mut Vec::new()).map(drop),
        Mode::Up | Mode::Deaf | Mode::First => {}
    }
    let mut child = daemon(root)?;
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let asked = Arc::new(Mutex::new(0));
    let (counter, mut from) = (Arc::clone(&asked), client.try_clone()?);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let mut counter = counter.lock().unwrap();
            // Fetches are answered.
            if *counter > 0 || buffer[..count].windows(16).any(|window| window == b"git-receive-pack") {
                *counter += count;
            }
            drop(counter);
            if mode == Mode::First {
                hide_version(&mut buffer[..count]);
            }
            if input.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
    });
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        let is_lost = mode == Mode::Deaf && *asked.lock().unwrap() > ASKED;
        if !is_lost && client.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // Its answer is read to the end, so that what was pushed is there.
    let _ = client.shutdown(Shutdown::Both);
    child.wait().map(drop)
}

/// Has git not see which protocol the client asks for: it knows none of this number.
fn hide_version(bytes: &mut [u8]) {
    let asked = b"\0version=2\0";
    if let Some(at) = bytes.windows(asked.len()).position(|window| window == asked) {
        bytes[at + asked.len() - 2] = b'9';
    }
}

/// Makes the directory that servers serve, with a bare copy of `repository` in it, cloned with these options.
pub(crate) fn root(world: &tests::World, repository: &Path, options: &[&str]) -> PathBuf {
    let root = world.dir("srv");
    std::fs::write(config(&root), "[safe]\n\tdirectory = *\n").unwrap();
    let bare = root.join("origin.git");
    let paths = [repository.to_str().unwrap(), bare.to_str().unwrap()];
    world.git(&root, &[&["clone", "--quiet", "--bare"], options, &paths].concat());
    root
}
