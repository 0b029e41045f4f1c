//! Taking over, once, the records that earlier versions kept in the store and in projects.
//!
//! A sandboxed agent could have written them, so they are not believed: a file counts only when the table names it, and
//! the text that an edit would put back only when it differs in nothing but white space from the file without what is
//! ours. Keys, allowances and records of captures that lay in the store are not taken over.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_agents::HOSTS;
use handoff_edits::MAX_TEXT_BYTES;
use handoff_files::{Dir, FileError, Foreign, Kind, Lock, OpenFile};
use handoff_wiring as wiring;
use handoff_worktree::Worktree;

use crate::enable::{hooks_file, status_line_file};
use crate::error::AdapterError;
use crate::exclude;
use crate::found::Here;
use crate::manifest::{Entry, Manifest, Record};
use crate::planner::{is_nothing, take_out};
use crate::records::{PROJECTS, Records, USER, file_name};
use crate::surface::Scope;

/// In the state directory once all was taken over.
const DONE: &str = "taken-over";
/// Locked meanwhile.
const LOCK: &str = ".taking-over.lock";
/// How long another process that takes over is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// The largest record, in bytes, and the longest path of a project in the list.
const MAX_RECORD_BYTES: u64 = 4 << 20;
const MAX_PATH_BYTES: u64 = 64 << 10;

impl Records {
    /// Takes over what an earlier version recorded in `store` and in the projects that it lists there, unless that was
    /// done before. Killed at any step, the next call completes it. Returns what was not taken over, and why.
    ///
    /// # Errors
    /// [`AdapterError::State`], also when the state directory cannot be written; what the system says.
    pub fn take_over(&self, store: &Path, here: &Here) -> Result<Vec<String>, AdapterError> {
        let is_done = |dir: &Dir| dir.kind_of(DONE).map(|kind| kind.is_some());
        if let Some(dir) = self.state.open()?
            && is_done(&dir)?
        {
            return Ok(Vec::new());
        }
        let dir = self.state.create()?;
        let _lock = lock(&dir)?;
        if is_done(&dir)? {
            return Ok(Vec::new());
        }
        let mut refused = Vec::new();
        // A link in its place is none of ours.
        let old = Dir::open(store)?.and_then(|store| store.child(".handover").ok().flatten());
        if let Some(old) = old {
            if let Some(record) = user_record(&old, here, &mut refused) {
                publish(&dir, USER, &crate::manifest::text(None, &record))?;
            }
            let projects = listed(&old)?;
            if !projects.is_empty() {
                let records = dir.create_child(PROJECTS)?;
                for project in projects {
                    take_project(&records, &project, here, &mut refused)?;
                }
            }
        }
        dir.create_new(DONE)?;
        dir.sync()?;
        Ok(refused)
    }
}

/// Waits for the lock; without locks, what is done twice gives the same.
fn lock(dir: &Dir) -> Result<OpenFile, AdapterError> {
    dir.append(LOCK, b"")?;
    let file = dir.open_file(LOCK)?;
    let deadline = Instant::now() + BUSY_TIMEOUT;
    while file.lock()? == Lock::Busy {
        if Instant::now() >= deadline {
            let busy = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
            return Err(FileError::new("lock", file.path())(busy).into());
        }
        std::thread::sleep(BUSY_PAUSE);
    }
    Ok(file)
}

/// Writes a record under a name that none has yet.
fn publish(dir: &Dir, name: &str, text: &str) -> Result<(), AdapterError> {
    if dir.kind_of(name)?.is_none() {
        dir.temporary(&[text.as_bytes()])?.publish(name)?;
        dir.sync()?;
    }
    Ok(())
}

/// The user's record as far as it is believed; `None` when there is none.
fn user_record(old: &Dir, here: &Here, refused: &mut Vec<String>) -> Option<Record> {
    let path = old.path_of(USER);
    let record = read(old, USER, Scope::User, refused)?;
    let mut known = Vec::new();
    for tool in HOSTS {
        known.extend(hooks_file(here, tool, Scope::User));
        known.extend(status_line_file(here, tool).ok().flatten());
    }
    Some(believed(record, &path, here, |key| known.iter().any(|known| known == key), Path::to_owned, refused))
}

/// The record named `name` in `old`; `None` when there is none that can be read.
fn read(old: &Dir, name: &str, scope: Scope, refused: &mut Vec<String>) -> Option<Record> {
    let mut file = match old.open_to_read(name) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            refused.push(error.to_string());
            return None;
        }
    };
    let record = file
        .read(MAX_RECORD_BYTES)
        .map_err(AdapterError::File)
        .and_then(|bytes| Manifest::parse(&bytes, &old.path_of(name), scope));
    record.map_err(|error| refused.push(error.to_string())).ok()
}

/// The paths in the list of projects.
fn listed(old: &Dir) -> Result<Vec<PathBuf>, AdapterError> {
    let mut all = Vec::new();
    let Some(dir) = old.child(PROJECTS_BEFORE).ok().flatten() else { return Ok(all) };
    for slug in dir.entries()?.into_iter().filter(|entry| entry.kind == Kind::Directory) {
        let Some(keys) = dir.child(&slug.name)? else { continue };
        for key in keys.entries()?.into_iter().filter(|entry| entry.kind == Kind::File) {
            let path = keys.open_to_read(&key.name).and_then(|mut file| file.read(MAX_PATH_BYTES));
            let path = path.map(|path| PathBuf::from(OsStr::from_bytes(&path))).unwrap_or_default();
            let is_plain =
                path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
            if path.is_absolute() && is_plain {
                all.push(handoff_files::canonical(&path));
            }
        }
    }
    Ok(all)
}

/// What the directory of the list was called.
const PROJECTS_BEFORE: &str = "projects";

/// Moves a project's record. One that cannot be read or moved is replaced by one that says nothing, so that the project
/// stays known.
fn take_project(
    records: &Dir,
    project: &Path,
    here: &Here,
    refused: &mut Vec<String>,
) -> Result<(), AdapterError> {
    let old = Dir::open(project).ok().flatten().and_then(|top| top.child(".handover").ok().flatten());
    let record = old.as_ref().and_then(|old| {
        let record = read(old, USER, Scope::Project, refused)?;
        let here = Here { project: project.to_owned(), ..here.clone() };
        let here = match Worktree::find(project) {
            Ok(worktree) if worktree.top() == project => here.in_worktree(&worktree),
            _ => here,
        };
        let place = |key: &Path| {
            if exclude::is_key(key) { exclude::path(&here, key) } else { project.join(key) }
        };
        // Which files a project's record may name was checked when it was read.
        Some(believed(record, &old.path_of(USER), &here, |_| true, place, refused))
    });
    let text = crate::manifest::text(Some(project), &record.unwrap_or_default());
    publish(records, &file_name(project), &text)?;
    if let Some(old) = old {
        // It is not read any more, so that it stays on a read-only file system does no harm.
        let _ = old.remove(USER);
    }
    Ok(())
}

/// `record` without what is not believed.
fn believed(
    record: Record,
    path: &Path,
    here: &Here,
    is_known: impl Fn(&Path) -> bool,
    place: impl Fn(&Path) -> PathBuf,
    refused: &mut Vec<String>,
) -> Record {
    let mut kept = Record::default();
    for (key, entry) in record.edits {
        if is_known(&key) {
            let entry = checked(entry, &place(&key), here);
            kept.edits.insert(key, entry);
        } else {
            refused.push(format!(
                "{} names {}, which no tool reads",
                handoff_text::Sanitised::path(path),
                handoff_text::Sanitised::path(&key)
            ));
        }
    }
    let leads_there = |directory: &PathBuf| kept.edits.keys().any(|key| key.starts_with(directory));
    kept.directories = record.directories.into_iter().filter(leads_there).collect();
    kept
}

/// `entry`, with its undo only when that gives the file without what is ours, white space apart.
fn checked(entry: Entry, path: &Path, here: &Here) -> Entry {
    let Entry { edit, fragments, was } = entry;
    let never = wiring::Edit {
        hash: String::new(),
        created: edit.created,
        at: 0,
        inserted: 0,
        removed: String::new(),
    };
    let file = Foreign::read(path, MAX_TEXT_BYTES).ok();
    let text = file.as_ref().and_then(|file| wiring::text(file.content()?).ok());
    let program = here.program.to_string_lossy();
    let is_right = |edit: &wiring::Edit| {
        let Some(text) = text else { return false };
        let (Ok(before), Ok(without)) = (edit.undo(text), take_out(&program, text, &fragments)) else {
            return false;
        };
        match before {
            None => is_nothing(&without),
            Some(before) => {
                let visible = |text: &str| text.split_whitespace().collect::<String>();
                visible(&before) == visible(&without)
            }
        }
    };
    let edit = [Some(edit), was].into_iter().flatten().find(|edit| is_right(edit)).unwrap_or(never);
    Entry { edit, fragments, was: None }
}
