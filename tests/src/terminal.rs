//! Programs on a real terminal.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::{can, has};

/// A terminal of its own, which is one of tmux, with a shell in it or a program alone.
#[derive(Debug)]
pub struct Terminal {
    socket: PathBuf,
    scratch: PathBuf,
}

impl Terminal {
    /// One of `width` columns and `height` lines where `command` runs; None where there is no tmux.
    pub fn new(width: u16, height: u16, command: &str) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !can("start a terminal with tmux", has("tmux")) {
            return None;
        }
        let name = format!("handoff-tests-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // The path of a socket has to be short.
        let socket = std::env::temp_dir().join(&name);
        let terminal = Self { socket, scratch: std::env::temp_dir().join(format!("{name}.scratch")) };
        let (width, height) = (width.to_string(), height.to_string());
        terminal.tmux(&["new-session", "-d", "-x", &width, "-y", &height, command]);
        terminal.tmux(&["set-option", "-s", "set-clipboard", "on"]);
        Some(terminal)
    }

    /// One with a shell that waits for `command`, so that what it leaves behind is seen; once it shows a view.
    pub fn shell(width: u16, height: u16, command: &str) -> Option<Self> {
        let terminal = Self::new(width, height, "PS1='READY ' exec sh -i")?;
        terminal.wait_for("READY");
        terminal.keys(&[
            "-l",
            &format!("sh -c 'echo $$ > \"{}\"; exec {command}'\n", terminal.scratch.display()),
        ]);
        terminal.wait("the view", |_| terminal.asks("#{alternate_on}") == "1");
        Some(terminal)
    }

    /// The process that [`Terminal::shell`] started.
    pub fn process(&self) -> String {
        std::fs::read_to_string(&self.scratch).expect("the shell wrote who it is").trim().to_owned()
    }

    /// Does a command of tmux; gives what it prints.
    pub fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-u", "-f", "/dev/null", "-S"])
            .arg(&self.socket)
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env("RUST_BACKTRACE", "0")
            .env_remove("TMUX")
            .env_remove("NO_COLOR")
            .output()
            .expect("tmux was there a moment ago");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Types keys by their names in tmux, or a text after `-l`.
    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// What tmux knows, in its format language.
    pub fn asks(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", format])
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen is so; gives it.
    #[track_caller]
    pub fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(began.elapsed() < Duration::from_secs(15), "no {what} on this screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits for a text on the screen; gives the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// All bytes that the view writes from now on.
    pub fn record(&self) {
        self.tmux(&["pipe-pane", "-O", &format!("cat > '{}'", self.scratch.display())]);
    }

    /// What [`Terminal::record`] has so far.
    pub fn recorded(&self) -> Vec<u8> {
        std::fs::read(&self.scratch).unwrap_or_default()
    }

    /// Waits until the shell has the terminal again, as it was before.
    #[track_caller]
    pub fn is_given_back(&self) {
        self.wait("shell", |_| self.asks("#{alternate_on} #{cursor_flag}") == "0 1");
        self.keys(&["-l", "stty -a | grep -ow -e '-*icanon' -e '-*echo' -e '-*isig' | sort | tr '\\n' ' '; echo is the $((40+2))\n"]);
        let screen = self.wait_for("is the 42");
        let words = screen.lines().find(|line| line.contains("is the 42")).unwrap_or_default();
        assert!(words.ends_with("echo icanon isig is the 42"), "on this screen:\n{screen}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
        for file in [&self.scratch, &self.socket] {
            let _ = std::fs::remove_file(file);
        }
    }
}
