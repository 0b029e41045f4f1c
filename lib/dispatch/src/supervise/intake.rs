//! What a backend writes, on its way to the disk, to the progress and to the outcome. The known secrets of its launch
//! are taken out before anything else sees it.

use std::io::Write;

use handoff_agents::Protocol;
use handoff_backends::{KnownSecrets, SecretFilter};
use handoff_stream::{Outcome, Progress, Reader};
use handoff_text::Sanitised;

use super::Watch;
use crate::journal::Journal;

/// The last of what a backend writes on standard error is kept, in bytes: the reason when there is no other.
const STDERR_TAIL_BYTES: usize = 8 << 10;

/// Takes both outputs of a backend.
pub(crate) struct Intake<'s> {
    secrets: &'s KnownSecrets,
    stdout: SecretFilter,
    stderr: SecretFilter,
    reader: Reader,
    /// The raw stream's file. A full disk ends the keeping, not the run.
    file: Option<std::fs::File>,
    stderr_tail: Vec<u8>,
}

impl<'s> Intake<'s> {
    pub(crate) fn new(secrets: &'s KnownSecrets, protocol: Protocol, file: Option<std::fs::File>) -> Self {
        let reader = Reader::new(protocol);
        Self {
            secrets,
            stdout: secrets.filter(),
            stderr: secrets.filter(),
            reader,
            file,
            stderr_tail: Vec::new(),
        }
    }

    /// Whether the backend has said how it ended.
    pub(crate) fn is_done(&self) -> bool {
        self.reader.is_done()
    }

    /// Takes `bytes` of standard output.
    pub(crate) fn output(&mut self, bytes: Vec<u8>, journal: &mut Journal<'_>, watch: &mut dyn Watch) {
        let bytes = self.stdout.push(bytes);
        self.read(&bytes, journal, watch);
    }

    /// Takes `bytes` of standard error.
    pub(crate) fn errors(&mut self, bytes: Vec<u8>) {
        let bytes = self.stderr.push(bytes);
        self.keep_tail(&bytes);
    }

    /// What it came to, and the end of standard error.
    pub(crate) fn finish(mut self, journal: &mut Journal<'_>, watch: &mut dyn Watch) -> (Outcome, String) {
        let rest = self.stdout.finish();
        self.read(&rest, journal, watch);
        let rest = self.stderr.finish();
        self.keep_tail(&rest);
        let secrets = self.secrets;
        let mut outcome = self.reader.finish(&mut |progress| pass_on(secrets, &progress, journal, watch));
        // What JSON may spell in other ways is known once it is read.
        outcome.text = secrets.hide(&outcome.text).into_owned();
        let clean = |text: &mut Sanitised| *text = Sanitised::from(&*secrets.hide(text));
        outcome.denied.iter_mut().for_each(clean);
        if let Some(reason) = &mut outcome.reason {
            clean(&mut reason.text);
        }
        let tail = Sanitised::from(String::from_utf8_lossy(&self.stderr_tail).as_ref());
        (outcome, secrets.hide(tail.trim()).into_owned())
    }

    fn read(&mut self, bytes: &[u8], journal: &mut Journal<'_>, watch: &mut dyn Watch) {
        if let Some(error) = self.file.as_mut().and_then(|file| file.write_all(bytes).err()) {
            journal
                .line(&format!("note: the stream is not kept any more: {}", handoff_files::reason(&error)));
            self.file = None;
        }
        let secrets = self.secrets;
        self.reader.push(bytes, &mut |progress| pass_on(secrets, &progress, journal, watch));
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        self.stderr_tail.extend_from_slice(bytes);
        self.stderr_tail.drain(..self.stderr_tail.len().saturating_sub(STDERR_TAIL_BYTES));
    }
}

/// Passes on what the backend says of its work, without the known secrets.
fn pass_on(secrets: &KnownSecrets, progress: &Progress, journal: &mut Journal<'_>, watch: &mut dyn Watch) {
    if let Progress::Session(id) = progress {
        watch.session(id.as_str());
    }
    let is_warning = matches!(progress, Progress::Warning(_));
    journal.add(&secrets.hide(&progress.to_string()), is_warning);
}
