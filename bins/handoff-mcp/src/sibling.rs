//! Runs the programs that do the work.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use handoff_process::Environment;
use handoff_text::Sanitised;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// The most of a program's output that is taken, in bytes.
const MAX_OUTPUT_BYTES: u64 = 4 << 20;

/// A program that lies beside this one.
pub(crate) struct Sibling {
    name: &'static str,
    command: Command,
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    /// Its standard output.
    pub(crate) text: String,
    /// Its standard error, sanitised, without blanks around it.
    pub(crate) complaint: String,
}

/// A program of ours could not be run.
#[derive(Debug, thiserror::Error)]
#[error("could not run {name}: {}", handoff_files::reason(.error))]
pub(crate) struct CannotRun {
    name: &'static str,
    error: std::io::Error,
}

impl Sibling {
    /// The program `name`, to run in `directory`. It is stopped when the call of it is dropped.
    pub(crate) fn new(name: &'static str, directory: &Path) -> Self {
        let mut command = Command::new(Environment::sibling(name));
        command.current_dir(directory).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { name, command }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// With `value` for `option`, where there is one.
    pub(crate) fn option(mut self, option: &str, value: Option<impl AsRef<OsStr>>) -> Self {
        if let Some(value) = value {
            self.command.arg(option).arg(value);
        }
        self
    }

    /// Keeps it running when the call of it is dropped.
    pub(crate) fn outliving(mut self) -> Self {
        self.command.kill_on_drop(false);
        self
    }

    /// Starts it with a pipe as its input.
    ///
    /// # Errors
    /// [`CannotRun`].
    pub(crate) fn start(mut self) -> Result<Child, CannotRun> {
        let name = self.name;
        self.command.stdin(Stdio::piped()).spawn().map_err(|error| CannotRun { name, error })
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// [`CannotRun`].
    pub(crate) async fn run(self) -> Result<Said, CannotRun> {
        self.run_with(&[]).await
    }

    /// Runs it to its end with `input`.
    ///
    /// # Errors
    /// [`CannotRun`].
    pub(crate) async fn run_with(self, input: &[u8]) -> Result<Said, CannotRun> {
        let name = self.name;
        let cannot_run = |error| CannotRun { name, error };
        let mut child = self.start()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let write = async move {
            if let Some(mut stdin) = stdin {
                // Its exit code says whether it took it.
                let _ = stdin.write_all(input).await;
            }
        };
        let ((), text, complaint) = tokio::join!(write, read(stdout), read(stderr));
        let status = child.wait().await.map_err(cannot_run)?;
        Ok(Said { status, text: text.map_err(cannot_run)?, complaint: complaint.map_err(cannot_run)? }.tidy())
    }
}

impl Said {
    fn tidy(self) -> Self {
        let complaint = Sanitised::text(self.complaint.trim().as_bytes()).to_string();
        Self { complaint, ..self }
    }
}

/// All that comes, up to the limit; what is over it is read and dropped, so that the program ends.
async fn read(source: Option<impl tokio::io::AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(mut source) = source {
        (&mut source).take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut source, &mut tokio::io::sink()).await?;
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
