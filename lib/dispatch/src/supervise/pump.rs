//! What a backend writes, as it comes: two pipes, one order of arrival, bounded memory.

use std::io::{ErrorKind, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How much is read at a time, in bytes.
const CHUNK: usize = 256 << 10;

/// How many chunks may wait. A backend that is faster than the disk waits then.
const WAITING: usize = 4;

/// What arrived.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// On standard output.
    Output(Vec<u8>),
    /// On standard error.
    Errors(Vec<u8>),
    /// A read of one of them failed: what else it had is not known.
    Failed(std::io::Error),
    /// Nothing, for as long as was waited.
    Nothing,
    /// Both pipes are closed by everybody who had them.
    End,
}

/// Both pipes of a process.
#[derive(Debug)]
pub(crate) struct Pump(Receiver<Arrived>);

impl Pump {
    /// Takes the pipes of `child`.
    pub(crate) fn of(child: &mut Child) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        if let Some(stdout) = child.stdout.take() {
            spawn(stdout, sender.clone(), Arrived::Output);
        }
        if let Some(stderr) = child.stderr.take() {
            spawn(stderr, sender, Arrived::Errors);
        }
        Self(receiver)
    }

    /// The next thing that arrives within `timeout`.
    pub(crate) fn next(&self, timeout: Duration) -> Arrived {
        self.0.recv_timeout(timeout).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Arrived::Nothing,
            RecvTimeoutError::Disconnected => Arrived::End,
        })
    }
}

fn spawn(mut pipe: impl Read + Send + 'static, sender: SyncSender<Arrived>, arrived: fn(Vec<u8>) -> Arrived) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; CHUNK];
        loop {
            let next = match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(size) => arrived(buffer[..size].to_vec()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Arrived::Failed(error),
            };
            let is_last = matches!(next, Arrived::Failed(_));
            // The reader has ended the run.
            if sender.send(next).is_err() || is_last {
                return;
            }
        }
    });
}
