//! What `openusage export` said last, for when its daemon does not run.
//!
//! It asks vendors over the network and takes seconds, which a hook doesn't have. So a hook only reads what an earlier
//! one had written ([`OpenusageExport`]), and has the next one written beside itself ([`refresh`]).
//!
//! Relied on, of openusage 0.12 to 0.19, `cmd/openusage/export.go` and `internal/export`: `openusage export --output
//! FILE --format json --source auto` writes, not atomically, `{"schema_version":"1","generated_at","openusage_version",
//! "source","snapshots":[…]}`, the snapshots as in [`crate::openusage`].

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

use handoff_document::Timestamp;
use handoff_files::{Dir, FileError, Lock};

use crate::source::{Source, SourceError};
use crate::window::{Reading, SourceName};
use crate::{json, openusage};

/// The last answer, in the state directory.
const CACHE: &str = "openusage.json";
/// The next one, while it is written.
const PART: &str = "openusage.json.part";
/// Locked for as long as one is being written.
const RUNNING: &str = "openusage.running";

/// The most that an export may be long, in bytes: snapshots with their daily series.
const LIMIT: usize = 4 << 20;

/// How old the last answer may be before another is due, in minutes, unless configured otherwise.
pub const REFRESH_MINUTES: u32 = 5;

/// Writes the export beside the cache and puts it in its place when it is whole. The shell holds the lock as its
/// standard input, so that the lock ends with it however it ends; what it starts in the background does not get that
/// input. The export is given 24 naps, and is stopped only while the shell waits for it: later, its number may be
/// another process's.
const SCRIPT: &str = r#"
"$1" export --output "$2" --format json --source auto & export=$!
(
    trap 'kill "$nap"; exit' TERM
    naps=0
    while [ "$naps" -lt 24 ]; do
        sleep "$4" & nap=$!
        wait "$nap"
        kill -0 "$$" || exit
        naps=$((naps + 1))
    done
    kill "$export"
) & watch=$!
if wait "$export"; then mv -f "$2" "$3"; else rm -f "$2"; fi
kill "$watch"
"#;

/// How long a nap is, in seconds: two minutes in all.
const NAP: &str = "5";

/// The last answer of `openusage export`. Costs one look at the file system when there is none.
#[derive(Debug)]
pub struct OpenusageExport(PathBuf);

impl OpenusageExport {
    /// The answer that is kept in `state`.
    pub fn new(state: &Path) -> Self {
        Self(state.join(CACHE))
    }
}

impl Source for OpenusageExport {
    fn name(&self) -> SourceName {
        SourceName::OpenusageExport
    }

    fn read(&self, now: Timestamp, _deadline: Instant) -> Result<Option<Reading>, SourceError> {
        let content = match handoff_files::read_file(&self.0, LIMIT as u64) {
            Ok(content) => content,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                return Err(SourceError::TooLong { path: self.0.clone(), limit: LIMIT });
            }
            Err(error) => return Err(error.into()),
        };
        let malformed = |reason| SourceError::Malformed { path: self.0.clone(), reason };
        let envelope = json::parse(&content).ok_or(malformed("it is no JSON"))?;
        if json::first(&envelope, &["schema_version"]).and_then(json::number) != Some(1.0) {
            return Err(malformed("it is no export of schema version 1"));
        }
        let snapshots = envelope.get("snapshots").ok_or(malformed("it has no snapshots"))?;
        Ok(openusage::reading(snapshots, SourceName::OpenusageExport, now))
    }
}

/// A refresh that is due, and that nobody else begins while this lives or its command runs.
#[derive(Debug)]
pub struct Refresh {
    program: PathBuf,
    dir: PathBuf,
    running: File,
}

/// Whether the answer in `state` has to be refreshed: it is older than `minutes`, nobody is at it, and `find` knows
/// where openusage is (it is asked last, since that is a walk along PATH). Costs one look at the file system while the
/// answer is young.
///
/// # Errors
/// What the system says, of the state directory above all.
pub fn refresh(
    state: &Path,
    minutes: u32,
    now: Timestamp,
    find: impl FnOnce() -> Option<PathBuf>,
) -> Result<Option<Refresh>, FileError> {
    let existing = Dir::open(state)?;
    let young = |written: i64| (0..i64::from(minutes) * 60).contains(&now.seconds().saturating_sub(written));
    if existing.as_ref().and_then(|dir| dir.modified(CACHE)).is_some_and(young) {
        return Ok(None);
    }
    let Some(program) = find() else { return Ok(None) };
    let dir = existing.map_or_else(|| Dir::create(state), Ok)?;
    let running = match dir.create_new(RUNNING)? {
        Some(file) => file,
        // One that failed just now is not tried again by every hook.
        None if dir.modified(RUNNING).is_some_and(young) => return Ok(None),
        None => dir.open_file(RUNNING)?,
    };
    if running.lock()? == Lock::Busy {
        return Ok(None);
    }
    let running = running.into_file();
    // The file's time says to the next one that it was tried.
    running.set_modified(SystemTime::now()).map_err(FileError::new("change", &dir.path_of(RUNNING)))?;
    Ok(Some(Refresh { program, dir: state.to_owned(), running }))
}

impl Refresh {
    /// The command that does it, to be spawned and not waited for: it has a process group of its own, says nothing, and
    /// ends by itself after two minutes at most.
    pub fn command(self) -> Command {
        self.napping(NAP)
    }

    fn napping(self, nap: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        let script: [OsString; 3] = ["-c".into(), SCRIPT.into(), "openusage-export".into()];
        command.args(script).arg(self.program).arg(self.dir.join(PART)).arg(self.dir.join(CACHE)).arg(nap);
        command.stdin(Stdio::from(self.running)).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0);
        command
    }
}

#[cfg(test)]
mod tests {
    use handoff_files::Foreign;

    use super::*;

    #[test]
    fn an_export_that_hangs_is_stopped_and_leaves_nothing() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let state = place.path().join("state");
        let program = place.path().join("openusage");
        let script = b"#!/bin/sh\necho half > \"$3\"\nexec sleep 60\n";
        Foreign::read(&program, 0)?.put(script, 0o755, false)?;
        let now = Timestamp::now();
        let due = refresh(&state, 5, now, || Some(program))?.ok_or("nothing is due")?;
        let start = Instant::now();
        due.napping("0.02").status()?;
        assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
        let names = Dir::open(&state)?.ok_or("no state")?.entries()?;
        assert_eq!(names.into_iter().map(|entry| entry.name).collect::<Vec<_>>(), [RUNNING]);
        Ok(())
    }
}
