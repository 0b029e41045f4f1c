//! An agent in a terminal, with a person in front of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};

use super::hosts::settings;
use super::session::minimal_path;
use super::{Host, Machine, Model};
use crate::Terminal;

/// How long to wait for what an agent does.
const LIMIT: Duration = Duration::from_secs(30);

/// The last of it is what Claude Code asks about; it was approved.
const KEY: &str = "sk-ant-dummy-000";

/// An agent's program on a terminal of its own. Dropped, the terminal is gone, and the program with it.
#[derive(Debug)]
pub struct Interactive<'m> {
    /// What it shows.
    pub terminal: Terminal,
    /// Its process.
    pub pid: u32,
    machine: &'m Machine,
    model: &'m Model,
    host: Host,
}

impl Machine {
    /// Opens `host` in `dir`, with more arguments; `None` where there is no tmux.
    #[track_caller]
    pub fn open<'m>(
        &'m self,
        host: Host,
        dir: &Path,
        model: &'m Model,
        args: &[&str],
    ) -> Option<Interactive<'m>> {
        assert!(Host::BOTH.contains(&host), "{host:?} is not opened in a terminal");
        self.onboard(host, dir, model);
        let mut command = self.world.bare_command(host.program());
        host.point(&self.world, &mut command, model);
        command.env("PATH", minimal_path()).env("LANG", "C.UTF-8").env("TERM", "xterm-256color");
        command.env("TMPDIR", self.world.dir("tmp")).env("CLAUDE_CODE_MAX_RETRIES", "0");
        command.envs(self.environment());
        // With arguments like those, Codex does without the server that its terminals share.
        if host == Host::Claude || args.contains(&"--no-daemon") {
            command.args(self.recording(host));
        }
        command.args(args);
        let word = |word: &std::ffi::OsStr| format!("'{}'", word.to_string_lossy().replace('\'', "'\\''"));
        let mut line = format!("cd {} && exec env -i", word(dir.as_os_str()));
        for (name, value) in command.get_envs() {
            let value = value.unwrap_or_default().to_string_lossy();
            line.push_str(&format!(" {}", word(format!("{}={value}", name.to_string_lossy()).as_ref())));
        }
        for argument in std::iter::once(command.get_program()).chain(command.get_args()) {
            line.push_str(&format!(" {}", word(argument)));
        }
        let terminal = Terminal::new(130, 40, &line)?;
        let pid = terminal.asks("#{pane_pid}").parse().expect("tmux knows the process");
        let interactive = Interactive { terminal, pid, machine: self, model, host };
        interactive.terminal.wait("prompt", |screen| screen.lines().any(|line| is_prompt(host, line)));
        Some(interactive)
    }

    /// Answers beforehand what the program asks when it is opened first.
    fn onboard(&self, host: Host, dir: &Path, model: &Model) {
        let home = self.world.home();
        match host {
            Host::Claude => {
                let file = home.join(".claude.json");
                let mut all: Value = std::fs::read(&file)
                    .ok()
                    .and_then(|text| serde_json::from_slice(&text).ok())
                    .unwrap_or_else(|| json!({}));
                all["hasCompletedOnboarding"] = json!(true);
                all["theme"] = json!("dark");
                all["customApiKeyResponses"] = json!({ "approved": [KEY], "rejected": [] });
                let dir = dir.to_str().expect("a test's path");
                let trusted =
                    json!({ "hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true });
                all["projects"][dir] = trusted;
                std::fs::write(file, all.to_string()).unwrap();
            }
            _ => {
                let file = self.world.dir(home.join(".codex")).join("config.toml");
                let before = std::fs::read_to_string(&file).unwrap_or_default();
                if before.contains("model_provider=mock") || before.contains("model_provider = \"mock\"") {
                    return;
                }
                // The server that the terminals share reads no command line.
                let mut top = String::new();
                for set in settings(model) {
                    let (key, value) = set.split_once('=').expect("a setting");
                    let is_bare = !value.starts_with(['{', '"']) && value != "true" && value != "false";
                    let value = if is_bare { format!("\"{value}\"") } else { value.to_owned() };
                    // Some of it is the installer's table already.
                    if !key.starts_with("sandbox_workspace_write") {
                        top.push_str(&format!("{key} = {value}\n"));
                    }
                }
                let more = format!(
                    "\n[projects.{dir:?}]\ntrust_level = \"trusted\"\n[notice.model_migrations]\n\"gpt-5.5\" = \"gpt-6-sol\"\n\
                     [tui]\nscreen_reader_detection_done = true\n[tui.model_availability_nux]\n\"gpt-6.1-sol\" = 4\n"
                );
                std::fs::write(file, format!("{top}{before}{more}")).unwrap();
            }
        }
    }

    /// Every transcript of `host`, the main ones.
    pub fn transcripts(&self, host: Host) -> Vec<PathBuf> {
        let home = self.world.home();
        let mut dirs = vec![match host {
            Host::Claude => home.join(".claude/projects"),
            _ => home.join(".codex/sessions"),
        }];
        let mut files = Vec::new();
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() && entry.file_name() != "subagents" {
                    dirs.push(path);
                } else if path.extension().is_some_and(|extension| extension == "jsonl") {
                    files.push(path);
                }
            }
        }
        files.sort();
        files
    }

    /// Ends the server that Codex's terminals share: its program is a copy in HOME.
    pub fn end_the_server(&self) {
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let is_ours = std::fs::read_link(entry.path().join("exe"))
                .is_ok_and(|program| program.starts_with(self.world.home()));
            if let Some(pid) = Pid::from_raw(pid).filter(|_| is_ours) {
                kill_process(pid, Signal::KILL).ok();
            }
        }
    }
}

impl Interactive<'_> {
    /// Types a line and sends it.
    #[track_caller]
    pub fn say(&self, line: &str) {
        let holds = |screen: &str| {
            let lines: Vec<&str> = screen.lines().filter(|line| is_prompt(self.host, line)).collect();
            lines.last().is_some_and(|last| last.contains(line))
        };
        self.terminal.keys(&["-l", line]);
        self.terminal.wait("line as it was typed", holds);
        // A key that comes right after others is taken for a part of what is pasted.
        self.until("the line is sent", || {
            self.terminal.keys(&["Enter"]);
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(700) {
                if !holds(&self.terminal.screen()) {
                    return true;
                }
                std::thread::sleep(Duration::from_millis(30));
            }
            false
        });
    }

    /// Says a line and waits until the answer `words` is in the transcript.
    #[track_caller]
    pub fn ask(&self, line: &str, words: &str) {
        self.say(line);
        self.wrote(words);
    }

    /// Waits until an answer with `words` is in a transcript.
    #[track_caller]
    pub fn wrote(&self, words: &str) {
        self.until(&format!("{words:?} is in the transcript"), || {
            let answer = |line: &str| {
                let is_answer = match self.host {
                    Host::Claude => line.contains("\"type\":\"assistant\""),
                    _ => line.contains("\"response_item\"") && line.contains("\"role\":\"assistant\""),
                };
                is_answer && line.contains(words)
            };
            let holds =
                |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(answer));
            self.machine.transcripts(self.host).iter().any(holds)
        });
    }

    /// Waits until the model has stopped in the middle of its `number`th held answer.
    #[track_caller]
    pub fn is_held(&self, number: usize) {
        self.until("the answer is held", || self.model.held() >= number);
    }

    /// Leaves the program as its user does, and waits for its end.
    #[track_caller]
    pub fn quit(self) {
        let word = if self.host == Host::Claude { "/exit" } else { "/quit" };
        self.terminal.keys(&["-l", word]);
        self.terminal.wait("word", |screen| screen.contains(word) || self.is_gone());
        self.until("the program ends", || {
            self.terminal.keys(&["Enter"]);
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(700) && !self.is_gone() {
                std::thread::sleep(Duration::from_millis(20));
            }
            self.is_gone()
        });
    }

    /// Ends the program with a signal, and waits for its end.
    #[track_caller]
    pub fn kill(self, signal: Signal) {
        kill_process(self.process(), signal).unwrap();
        self.until("the program is gone", || self.is_gone());
    }

    /// Waits until it is so.
    #[track_caller]
    pub fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < LIMIT, "not so: {what}\n{}", self.terminal.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn process(&self) -> Pid {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw).expect("a process")
    }

    fn is_gone(&self) -> bool {
        test_kill_process(self.process()).is_err()
    }
}

/// Whether this line of a screen is the one that its user types in.
fn is_prompt(host: Host, line: &str) -> bool {
    line.trim_start_matches(['│', ' ']).starts_with(if host == Host::Claude { '❯' } else { '›' })
}
