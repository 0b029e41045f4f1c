//! What the tests share: a home with backends that are scripts, and what they were given.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::Value;
use tests::{Ran, World, feed};

/// The token of the backend `ds`.
pub(crate) const TOKEN: &str = "tok-5f0c1e2d3b4a59687f6e5d4c3b2a1908";

const CONFIG: &str = "\
backends:
  ds:
    type: claude
    model: small-1
    pro_model: large-1
    env: { ANTHROPIC_BASE_URL: \"http://127.0.0.1:9\", ANTHROPIC_AUTH_TOKEN: \"${DS_KEY}\" }
  opus: { type: claude, model: opus }
  cx: { type: codex, model: gpt-5.5 }
";

/// A success in Claude Code's words, without an id of its own.
pub(crate) const DONE: &str =
    r#"printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"result":"It is done."}'"#;

/// A home with a configuration, a repository, and backends that are scripts.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) repo: PathBuf,
}

impl Stage {
    /// One whose `claude` and `codex` go on with the shell lines `script` once they have written down what they got.
    pub(crate) fn new(script: &str) -> Self {
        // Built by whoever asks first: no test is to wait for that while it looks at the clock.
        tests::program("handoff");
        let world = World::new();
        let repo = world.repo("app");
        let stage = Self { world, repo };
        stage.write(&stage.home().join("config.yaml"), CONFIG);
        stage.backend("claude", script);
        stage.backend("codex", script);
        stage
    }

    /// One whose backend gives its result at once.
    pub(crate) fn done() -> Self {
        Self::new(DONE)
    }

    /// One whose backend says what was recorded in lib/stream's fixture `name`, and exits with `code`.
    pub(crate) fn replay(name: &str, code: u8) -> Self {
        Self::new(&format!("cat '{}'; exit {code}", recorded(name).display()))
    }

    /// handoff's own directory.
    pub(crate) fn home(&self) -> PathBuf {
        self.world.home().join(".handoff")
    }

    pub(crate) fn write(&self, path: &Path, content: impl AsRef<[u8]>) {
        self.world.dir(path.parent().unwrap());
        std::fs::write(path, content).unwrap();
    }

    /// Makes `program` one that writes down its arguments, environment and input in `got/N/`, then does `script`.
    pub(crate) fn backend(&self, program: &str, script: &str) {
        let got = self.world.dir("got");
        let got = got.display();
        let text = format!(
            "#!/bin/sh\ngot='{got}'/$$; mkdir \"$got\"\nprintf '%s\\n' \"$@\" > \"$got/args\"; env > \"$got/env\"\n\
             cat > \"$got/input\"; pwd > \"$got/cwd\"; : > \"$got/ready\"\n{script}\n"
        );
        let path = self.world.path("bin").join(program);
        self.write(&path, text);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `handoff` with `args`, in the repository.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.world.command("handoff", &self.repo);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths(std::iter::once(self.world.path("bin")).chain(std::env::split_paths(&path)));
        command.env("PATH", path.unwrap()).env("DS_KEY", TOKEN).args(args);
        command
    }

    /// Runs it to its end.
    pub(crate) fn handoff(&self, args: &[&str]) -> Ran {
        feed(self.command(args), b"")
    }

    /// Starts it; standard output and error go to the files `out` and `err`.
    pub(crate) fn start(&self, args: &[&str]) -> Started {
        let file = |name| std::fs::File::create(self.world.path(name)).unwrap();
        let mut command = self.command(args);
        Started(command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().unwrap())
    }

    /// The same, once the backend runs.
    pub(crate) fn started(&self, args: &[&str]) -> Started {
        let ready = || self.got().iter().filter(|got| got.join("ready").exists()).count();
        let before = ready();
        let started = self.start(args);
        wait_until("the backend runs", || ready() > before);
        started
    }

    /// Where the backends wrote down what they got, the oldest first.
    pub(crate) fn got(&self) -> Vec<PathBuf> {
        let mut all: Vec<_> = std::fs::read_dir(self.world.path("got"))
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.metadata().unwrap().created().ok(), entry.path()))
            .collect();
        all.sort();
        all.into_iter().map(|(_, path)| path).collect()
    }

    /// What the latest backend got.
    #[track_caller]
    pub(crate) fn last(&self, file: &str) -> String {
        let got = self.got().pop().expect("a backend ran");
        String::from_utf8_lossy(&std::fs::read(got.join(file)).unwrap()).into_owned()
    }

    /// A process that the script named in the file `name` of the world.
    #[track_caller]
    pub(crate) fn process(&self, name: &str) -> Pid {
        let path = self.world.path(name);
        wait_until("the process is named", || std::fs::read(&path).is_ok_and(|text| text.ends_with(b"\n")));
        let text = std::fs::read_to_string(path).unwrap();
        Pid::from_raw(text.trim().parse().unwrap()).unwrap()
    }

    /// All runs, newest first.
    #[track_caller]
    pub(crate) fn list(&self) -> Vec<Value> {
        let ran = self.handoff(&["list", "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.err());
        serde_json::from_slice(&ran.out).unwrap()
    }

    /// The run that was started last.
    #[track_caller]
    pub(crate) fn row(&self) -> Value {
        self.list().remove(0)
    }

    /// Every file below handoff's own directory.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        ["", "runs", "tasks"]
            .iter()
            .filter_map(|dir| std::fs::read_dir(self.home().join(dir)).ok())
            .flatten()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect()
    }

    /// Files that may hold a token.
    pub(crate) fn settings(&self) -> Vec<PathBuf> {
        self.files().into_iter().filter(|path| path.to_string_lossy().contains("settings")).collect()
    }
}

/// A running `handoff`, ended with the test.
pub(crate) struct Started(pub(crate) Child);

impl Started {
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Its exit code; 128 + n when signal n ended it.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        let mut status = None;
        wait_until("handoff ends", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        let status = status.unwrap();
        status.code().or(status.signal().map(|signal| 128 + signal)).unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The file of a recorded stream.
pub(crate) fn recorded(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    workspace.join("lib/stream/tests/fixtures").join(name).with_extension("jsonl")
}

/// Waits until `happened`, for as long as a busy machine may need.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(15), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Fails unless `pid` is gone within the five seconds that a killed supervisor's backend has.
#[track_caller]
pub(crate) fn goes(pid: Pid) {
    let start = Instant::now();
    let state = || {
        let ps = Command::new("ps").args(["-o", "stat=", "-p", &pid.as_raw_nonzero().to_string()]).output();
        String::from_utf8(ps.unwrap().stdout).unwrap()
    };
    // What nobody has taken note of yet is gone too.
    while !matches!(state().trim().chars().next(), None | Some('Z')) {
        assert!(start.elapsed() < Duration::from_secs(5), "{pid:?} is still there: {}", state());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The id and the result file that standard output names, which holds nothing else.
#[track_caller]
pub(crate) fn announced(ran: &Ran) -> (String, PathBuf) {
    let lines: Vec<&str> = ran.out().lines().collect();
    let [id, result] = lines[..] else { panic!("{}", ran.out()) };
    let id = id.strip_prefix("RUN_ID=").expect("the id comes first");
    let result = PathBuf::from(result.strip_prefix("RESULT=").expect("the result comes last"));
    assert!(result.is_file(), "{}", result.display());
    (id.to_owned(), result)
}

/// The state, the reason and the text in a result file.
#[track_caller]
pub(crate) fn result(path: &Path) -> (String, String, String) {
    let bytes = std::fs::read(path).unwrap();
    let content = String::from_utf8_lossy(&bytes);
    let (head, text) = content.strip_prefix("---\n").unwrap().split_once("\n---\n\n").unwrap();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let reason = field("reason: ");
    let reason = if reason.is_empty() { String::new() } else { serde_json::from_str(reason).unwrap() };
    (field("state: ").to_owned(), reason, text.to_owned())
}

impl Stage {
    /// Changes the list by other means: what another clock, or a kill between two writes, would have left there.
    pub(crate) fn change(&self, change: &str) {
        let list = rusqlite::Connection::open(self.home().join("runs/handoff.db")).unwrap();
        assert!(list.execute(change, []).unwrap() > 0, "nothing to change: {change}");
    }
}
