//! `handoff export`: a handoff, with the work, as one file.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use handoff_bundle::Own;
use handoff_capturing::counted;
use handoff_files::{Dir, FileError};
use handoff_letter::{Letter, LetterId};
use handoff_mail::{NotPacked, PackRequest, Packed, Recipients, Seal, pack};
use handoff_process::{Failure, quoted};
use handoff_state::StateDir;
use handoff_text::Sanitised;
use serde_json::{Value, json};

use crate::args;
use crate::here::Here;
use crate::verb::{passphrase, wire};

/// What the name of such a file ends in.
const ENDING: &str = ".handoff";
/// The longest name that is made of a title, in bytes.
const MAX_NAME_BYTES: usize = 60;

pub(crate) fn run(here: &Here<'_>, typed: &args::Export) -> Result<u8, Failure> {
    // What is typed is asked for before anything is captured.
    let passphrase = typed.passphrase.as_ref().map(passphrase::new).transpose()?;
    let packed = make_again(here, typed.id.as_deref(), &typed.letter, &|_| None).map_err(misused)?;
    let seal = match passphrase {
        Some(passphrase) => Some(Seal::Passphrase(passphrase)),
        None if typed.letter.encrypt => {
            Some(Seal::Recipients(packed.recipients(&StateDir::of(here.project.environment)?)?))
        }
        None => None,
    };
    let path = typed.file.clone().unwrap_or_else(|| file_name(&packed.letter));
    let size = write(&packed, &path, seal.as_ref())?;
    say(here, &packed);
    if let Some(Seal::Recipients(recipients)) = &seal {
        say_unable(here, recipients);
    }
    let letter = &packed.letter;
    if typed.json {
        let json = json!({ "letter": letter.id.as_str(), "file": path.to_string_lossy(), "bytes": size,
            "to": letter.to.to_string(), "encrypted": seal.is_some(), "handoff": packed.name, "work": work_as_json(letter),
            "not_carried": packed.not_carried });
        return Ok(here.json(&json));
    }
    let encrypted = if seal.is_some() { ", encrypted" } else { "" };
    let mut text = format!(
        "exported \"{}\" into {} ({}{encrypted})\n{}",
        letter.title,
        quoted(&path),
        bytes(size),
        work(letter)
    );
    text.push_str(&format!(
        "there: handoff import {}\n",
        quoted(Path::new(path.file_name().unwrap_or_default()))
    ));
    if packed.is_unread {
        let id = packed.name.trim_end_matches(".md");
        text.push_str(&format!(
            "it still waits here too; when it was taken there: handoff inbox archive {id}\n"
        ));
    }
    Ok(here.print(&text))
}

/// Why no letter was made; a recipient that does not exist is a usage error.
pub(super) fn misused(error: NotPacked) -> Failure {
    match error {
        NotPacked::NoAddress(error) => Failure::usage(error.to_string()),
        error => error.into(),
    }
}

/// Makes the letter that was asked for, under the name that `again` gives for the handoff's file, where it gives one.
pub(super) fn make_again(
    here: &Here<'_>,
    id: Option<&str>,
    typed: &args::Letter,
    again: &dyn Fn(&str) -> Option<LetterId>,
) -> Result<Packed, NotPacked> {
    pack(&here.project, &request(id, typed, None, again, &|| wire::own(here)))
}

/// What the user typed.
pub(super) fn request<'a>(
    id: Option<&'a str>,
    typed: &'a args::Letter,
    repository: Option<&'a str>,
    again: &'a dyn Fn(&str) -> Option<LetterId>,
    own: &'a dyn Fn() -> Vec<Own>,
) -> PackRequest<'a> {
    PackRequest {
        id,
        to: typed.to.as_deref(),
        repository,
        with_work: typed.with_work,
        with_commits: true,
        allow_secrets: typed.allow_secrets,
        again,
        own,
    }
}

/// Says what stays behind, and what goes along although it is secret.
pub(super) fn say(here: &Here<'_>, packed: &Packed) {
    for left in &packed.not_carried {
        here.output.note(&format!("not carried: {left}\n"));
    }
    if !packed.leaks.is_empty() {
        here.output.complain(format_args!("warning: it carries secrets: {}", packed.leaks));
    }
}

/// Says which machines of whom it goes to cannot read it.
pub(super) fn say_unable(here: &Here<'_>, recipients: &Recipients) {
    for machine in &recipients.unable {
        here.output.complain(format_args!(
            "warning: {} cannot read it, since its age key is not known here: run `handoff join` there, or add the key",
            Sanitised::line(machine.as_bytes(), 100)
        ));
    }
    if !recipients.is_for_others {
        here.output.complain(format_args!("warning: no machine but this one can read it: handoff people"));
    }
}

/// What goes along, a line.
pub(super) fn work(letter: &Letter) -> String {
    let Some(parcel) = &letter.parcel else { return String::new() };
    let count = |number: u64, one: &str| counted(usize::try_from(number).unwrap_or(usize::MAX), one);
    let files = parcel.files.map(|files| count(files, "changed file"));
    let commits = parcel
        .commits
        .as_ref()
        .map(|commits| format!("{} that no remote has", count(commits.count, "commit")));
    let parts: Vec<_> = commits.into_iter().chain(files).chain([bytes(parcel.size)]).collect();
    format!("work: {}\n", parts.join(", "))
}

pub(super) fn work_as_json(letter: &Letter) -> Value {
    letter.parcel.as_ref().map_or(Value::Null, |parcel| {
        json!({ "files": parcel.files.unwrap_or(0), "bytes": parcel.size,
            "commits": parcel.commits.as_ref().map_or(0, |commits| commits.count) })
    })
}

/// A size for people.
fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", size / 1_000, size % 1_000 / 100),
        _ => format!("{}.{} MB", size / 1_000_000, size % 1_000_000 / 100_000),
    }
}

/// A name made of the title, in the current directory.
fn file_name(letter: &Letter) -> PathBuf {
    let mut name = String::new();
    for c in letter.title.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
        if name.len() == MAX_NAME_BYTES {
            break;
        }
    }
    let name = name.trim_end_matches('-');
    PathBuf::from(format!("{}{ENDING}", if name.is_empty() { letter.id.short() } else { name }))
}

/// Writes it as the file at `path`, whole and on disk, where none is; its size in bytes.
fn write(packed: &Packed, path: &Path, seal: Option<&Seal>) -> Result<u64, Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let error = |kind| FileError::new("write", path)(Error::from(kind));
    let name = path.file_name().ok_or_else(|| error(ErrorKind::IsADirectory))?;
    let taken = || Failure::new(format!("{} is there already; name another file", Sanitised::path(path)));
    if handoff_files::is_taken(path) {
        return Err(taken());
    }
    let dir = Dir::open(parent)?.ok_or_else(|| error(ErrorKind::NotFound))?;
    let hidden = format!(".tmp-{}", packed.letter.id);
    let written = (|| {
        let file = dir.create_new(&hidden)?.ok_or_else(|| error(ErrorKind::AlreadyExists))?;
        match seal {
            Some(seal) => packed.seal_to(&file.into_file(), seal)?,
            None => packed.write_to(file.into_file())?,
        }
        let mut file = dir.open_file(&hidden)?;
        file.sync()?;
        if dir.rename_new(&hidden, &dir, name)? { Ok(file.size()) } else { Err(taken()) }
    })();
    if written.is_err() {
        // The first error is the one to tell.
        let _ = dir.remove(&hidden);
    }
    dir.sync()?;
    written
}
