//! How soon the board is there, and how soon it answers: `handoff runs` in a terminal of `script`.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::cases::Row;
use crate::dispatch::{CONFIG, Stage, micros};

/// How often the board is opened, and how many keys are pressed in it.
const OPENED: usize = 20;
const PRESSED: usize = 200;

/// How many of the keys may be answered later: what else the machine does is none of ours.
const LATE: usize = 2;

/// The pause between two keys, so that they fall on any moment of the second after which the list is looked at again.
const PAUSE: Duration = Duration::from_millis(17);

/// As long as anything here may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long the board has to read the whole list before keys are pressed.
const READ: Duration = Duration::from_secs(2);

/// The end of the last line of a frame.
const LAST_HINT: &str = "quit";

/// The board by itself, on a list of 10,000 runs.
pub(crate) fn alone(programs: &Path) -> Result<Vec<Row>, Failure> {
    let stage = Stage::new(&programs.join("handoff"), CONFIG)?;
    stage.fill(10_000)?;
    Ok(all(&stage, 10_000)?.into())
}

/// The rows of a board with `count` runs, which the list of `stage` has.
pub(crate) fn all(stage: &Stage, count: usize) -> Result<[Row; 2], Failure> {
    let mut frames = Vec::new();
    let mut answers = Vec::new();
    for turn in 0..=OPENED {
        let began = Instant::now();
        let mut board = match Screen::open(stage) {
            Ok(board) => board,
            // Not every system has it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(rows(count, None, None)),
            Err(error) => return Err(error.into()),
        };
        board.wait(LAST_HINT)?;
        // The first time warms the caches.
        if turn > 0 {
            frames.push(began.elapsed());
        }
        if turn == OPENED {
            std::thread::sleep(READ);
            for number in 0..PRESSED {
                std::thread::sleep(PAUSE);
                answers.push(board.press(if number % 4 == 3 { b"k" } else { b"j" })?);
            }
            answers.extend(board.filter()?);
        }
        board.close()?;
    }
    frames.sort_unstable();
    answers.sort_unstable();
    Ok(rows(count, micros(frames[frames.len() / 2]), micros(answers[answers.len() - 1 - LATE])))
}

fn rows(count: usize, frame: Option<u64>, answer: Option<u64>) -> [Row; 2] {
    [
        Row::number(&format!("the board's first frame, {count} runs"), frame, 60_000, "µs"),
        Row::number(&format!("a key's answer, all but {LATE} of {PRESSED}"), answer, 16_000, "µs"),
    ]
}

/// The board in a terminal, and what it draws.
struct Screen {
    child: Child,
    keys: ChildStdin,
    drawn: Receiver<Vec<u8>>,
}

impl Screen {
    fn open(stage: &Stage) -> std::io::Result<Self> {
        let board = stage.handoff(&[]);
        let mut command = Command::new("script");
        let line = format!("exec {} runs", board.get_program().to_string_lossy());
        command.args(["-qfec", &line, "/dev/null"]).env_clear().env("TERM", "xterm-256color");
        command.envs(board.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(directory) = board.get_current_dir() {
            command.current_dir(directory);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let missing = || std::io::Error::other("a pipe is missing");
        let keys = child.stdin.take().ok_or_else(missing)?;
        let mut output = child.stdout.take().ok_or_else(missing)?;
        let (sender, drawn) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, keys, drawn })
    }

    /// Waits for a text on the screen.
    fn wait(&mut self, text: &str) -> Result<(), Failure> {
        let mut seen = Vec::new();
        loop {
            let drawn = self.drawn.recv_timeout(TIMEOUT);
            seen.extend(drawn.map_err(|_| format!("the board does not draw `{text}`"))?);
            if seen.windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
                return Ok(());
            }
        }
    }

    /// Presses a key; gives how long its answer took.
    fn press(&mut self, key: &[u8]) -> Result<Duration, Failure> {
        // What came by itself is no answer.
        while self.drawn.try_recv().is_ok() {}
        let began = Instant::now();
        self.keys.write_all(key)?;
        self.keys.flush()?;
        match self.drawn.recv_timeout(TIMEOUT) {
            Ok(_) => Ok(began.elapsed()),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Err("the board does not answer a key".into())
            }
        }
    }

    /// The keys that look at every run: a filter that is typed, another order, the runs of all worktrees.
    fn filter(&mut self) -> Result<Vec<Duration>, Failure> {
        let keys: [&[u8]; 10] = [b"/", b"d", b"o", b" ", b"i", b"\r", b"S", b"r", b"a", b"\x1b[F"];
        keys.into_iter()
            .map(|key| {
                std::thread::sleep(PAUSE);
                self.press(key)
            })
            .collect()
    }

    fn close(mut self) -> Result<(), Failure> {
        self.keys.write_all(b"q")?;
        drop(self.keys);
        self.child.wait()?;
        Ok(())
    }
}
