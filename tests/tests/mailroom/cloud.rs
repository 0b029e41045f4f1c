//! A cloud sandbox: a new home and a shallow clone, whose only way to the remote answers 403 to every push but that of one branch.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use tests::{Ran, World, feed};

use crate::support::{BODY, Machine, names};
use crate::web;

/// What becomes of what goes through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    /// The only branch that can be pushed.
    pub(crate) branch: String,
    /// What is pushed arrives, and the answer does not.
    pub(crate) is_deaf: bool,
    /// Nothing is ever said.
    pub(crate) is_silent: bool,
}

/// A remote behind such a way. Its users know the password.
pub(crate) struct Cloud {
    _scratch: tempfile::TempDir,
    /// The bare repository.
    pub(crate) origin: PathBuf,
    server: web::Server,
    proxy: SocketAddr,
    way: Arc<Mutex<Way>>,
    world: World,
}

/// A machine of it.
pub(crate) struct Sandbox {
    pub(crate) world: World,
    pub(crate) app: PathBuf,
    /// What the environment's settings give.
    pub(crate) variables: Vec<(String, String)>,
}

/// The branch of the session.
pub(crate) const BRANCH: &str = "claude/fix-q";

impl Cloud {
    pub(crate) fn new() -> Self {
        let (scratch, root) = web::repositories();
        let server = web::Server::start(&root, None);
        let way = Arc::new(Mutex::new(Way { branch: BRANCH.to_owned(), ..Way::default() }));
        let proxy = proxy(server.address, &way);
        let (origin, world) = (root.join("private.git"), World::new());
        world.git(&origin, &["config", "http.receivepack", "true"]);
        let tree = world.path("tree");
        world.git(world.top(), &["clone", "--quiet", origin.to_str().unwrap(), tree.to_str().unwrap()]);
        std::fs::write(tree.join("a.rs"), "a\n").unwrap();
        world.commit(&tree, "files");
        world.git(&tree, &["push", "--quiet", "origin", "HEAD:main", &format!("HEAD:{BRANCH}")]);
        Self { _scratch: scratch, origin, server, proxy, way, world }
    }

    /// A machine of Ann's at home.
    pub(crate) fn home(&self, name: &str) -> Machine {
        let url = format!("http://ann:secret@{}/private.git", self.server.address);
        Machine::new(name, "ann", &self.origin, &url)
    }

    /// A machine in the cloud, with a clone of the session's branch.
    pub(crate) fn sandbox(&self) -> Sandbox {
        let world = World::new();
        let config = "[user]\n\tname = Claude\n\temail = noreply@anthropic.com\n[safe]\n\tdirectory = *\n";
        std::fs::write(world.home().join(".gitconfig"), config).unwrap();
        let app = world.path("user/app");
        let url = format!("http://ann:secret@{}/private.git", self.proxy);
        let clone = ["clone", "--quiet", "--depth", "1", "--branch", BRANCH, &url, app.to_str().unwrap()];
        world.git(world.top(), &clone);
        Sandbox { world, app, variables: vec![("CLAUDE_CODE_REMOTE".into(), "true".into())] }
    }

    /// Changes what becomes of what goes through.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Way)) {
        change(&mut self.way.lock().unwrap());
    }

    /// Runs git in the bare repository.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.world.git(&self.origin, args)
    }

    /// The newest commit of the session's branch there.
    #[track_caller]
    pub(crate) fn tip(&self) -> String {
        self.git(&["rev-parse", BRANCH])
    }

    /// Puts a commit with this message behind the newest one of the session's branch.
    #[track_caller]
    pub(crate) fn put_message(&self, message: &[u8]) -> String {
        let (tree, parent) = (format!("{BRANCH}^{{tree}}"), self.tip());
        let mut git = self.world.bare_command("git");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Eve").env(format!("GIT_{who}_EMAIL"), "eve@evil.io");
        }
        git.current_dir(&self.origin).args(["commit-tree", "-p", &parent, "-F", "-", &tree]);
        let ran = feed(git, message);
        assert_eq!(ran.code, 0, "{}", ran.err());
        let commit = ran.out().trim().to_owned();
        self.git(&["update-ref", &format!("refs/heads/{BRANCH}"), &commit]);
        commit
    }
}

impl Sandbox {
    /// What Ann's environment for sandboxes gives each, as `laptop` makes it.
    #[track_caller]
    pub(crate) fn invite(&mut self, laptop: &Machine, more: &[&str]) {
        let given = laptop.json(&[&["people", "sandbox", "cloud"], more].concat());
        for (name, value) in given["variables"].as_object().unwrap() {
            self.variables.push((name.clone(), value.as_str().unwrap().to_owned()));
        }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.world.command("handoff", &self.app);
        command.args(args).envs(self.variables.iter().map(|(name, value)| (name, value)));
        feed(command, b"")
    }

    /// The same, which must succeed; what it prints.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out(), ran.err());
        ran.out().to_owned()
    }

    /// The same, which must fail; what it says.
    #[track_caller]
    pub(crate) fn fails(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!((ran.code, ran.out()), (1, ""), "{args:?}: {}", ran.err());
        ran.err().to_owned()
    }

    /// Runs a verb with `--json`.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[args, &["--json"]].concat())).unwrap()
    }

    /// Leaves a handoff.
    #[track_caller]
    pub(crate) fn leave(&self, title: &str) {
        self.world.write(&self.app, &["--name", title], BODY);
    }

    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.world.git(&self.app, args)
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn unread(&self) -> Vec<String> {
        names(&self.world.inbox(&self.app).join("unread"))
    }
}

fn proxy(server: SocketAddr, way: &Arc<Mutex<Way>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, way) = (listener.local_addr().unwrap(), Arc::clone(way));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let way = Arc::clone(&way);
            // A client that goes away is not the server's failure.
            thread::spawn(move || drop(pass(stream, server, &way)));
        }
    });
    address
}

fn pass(mut client: TcpStream, server: SocketAddr, way: &Mutex<Way>) -> std::io::Result<()> {
    let way = way.lock().unwrap().clone();
    if way.is_silent {
        return client.read_to_end(&mut Vec::new()).map(drop);
    }
    let Some((request, head)) = request(&client)? else { return Ok(()) };
    let is_push = request.starts_with(b"POST ") && contains(&request[..head], "/git-receive-pack ");
    let allowed = format!(" refs/heads/{}\0", way.branch);
    if is_push && !contains(&request[head..], &allowed) {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(&request)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    if is_push && way.is_deaf {
        return Ok(());
    }
    client.write_all(&answer)
}

/// A whole request, and how many bytes its head has; `None` where there is none.
pub(crate) fn request(client: &TcpStream) -> std::io::Result<Option<(Vec<u8>, usize)>> {
    let mut input = BufReader::new(client.try_clone()?);
    let (mut request, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        request.extend_from_slice(line.as_bytes());
        if line.trim().is_empty() {
            break;
        }
    }
    let head = request.len();
    request.resize(head + length, 0);
    input.read_exact(&mut request[head..])?;
    Ok(Some((request, head)))
}

pub(crate) fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}
