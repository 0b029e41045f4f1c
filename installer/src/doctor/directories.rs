//! Can the store and the state directory be written to, and if not, what stands in the way?

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Kind, Room};
use handoff_process::quoted;
use handoff_state::StateError;

use super::Diagnosis;

/// How much is written to try it: several times what a handoff has.
const TRIED_BYTES: usize = 64 << 10;

impl Diagnosis<'_> {
    /// The user's state directory, where what must be trusted is.
    pub(super) fn state(&mut self) {
        self.area = "state";
        let state = self.places.state.clone();
        let path = state.path();
        let effect = "no capture can be signed, and nothing that handover wires recorded";
        match state.open() {
            Ok(Some(dir)) => {
                if self.takes_files(path, &dir, effect) {
                    self.well(format!("{} is yours", self.places.short(path)));
                }
            }
            Ok(None) => {
                self.is_in_the_way(path, effect);
            }
            Err(StateError::File(error)) => {
                if !self.is_in_the_way(path, effect) {
                    self.problem(error.to_string(), format!("ls -ld {}", quoted(path)));
                }
            }
            Err(error) => {
                let path = quoted(path);
                self.problem(error.to_string(), format!("chown -R \"$(id -u)\" {path} && chmod 700 {path}"));
            }
        }
    }

    /// That a file of an agent cannot be read: what stands there, and what to do.
    pub(super) fn unreadable(&mut self, path: &Path, error: &FileError) {
        let name = quoted(path);
        let real = handoff_files::canonical(path);
        match Kind::at(&real) {
            Some(kind @ (Kind::Directory | Kind::Special)) => self.is_no_file(path, kind),
            _ if error.kind() == ErrorKind::PermissionDenied => {
                self.problem(error.to_string(), format!("chown \"$(id -u)\" {name} && chmod u+rw {name}"));
            }
            _ => self.problem(error.to_string(), format!("ls -l {name}")),
        }
    }

    /// That something else stands where an agent looks for a file.
    fn is_no_file(&mut self, path: &Path, kind: Kind) {
        let install = self.host.map_or_else(|| self.again("install"), |host| self.install_again(host));
        let (shown, name) = (self.places.short(path), quoted(path));
        let old = quoted(&path.with_added_extension("old"));
        self.problem(
            format!("{shown} is a {}, where a file belongs", kind.name()),
            format!("mv {name} {old} && {install}"),
        );
    }

    /// Whether something keeps the file at `path` from being there: what is no directory on the way to it, a directory that
    /// takes no file, or a directory in its own place. Each is said once; `said` has those that were.
    pub(super) fn is_obstructed(&mut self, path: &Path, said: &mut Vec<PathBuf>) -> bool {
        if handoff_files::is_file(path) {
            return false;
        }
        let effect = "nothing of ours can be put there";
        let mut way: Vec<&Path> = path.ancestors().skip(1).collect();
        way.reverse();
        let obstacle =
            way.into_iter().find(|path| Kind::at(path).is_some() && !handoff_files::is_directory(path));
        let parent = path.ancestors().skip(1).find(|path| handoff_files::is_directory(path));
        let at = obstacle.or(parent).unwrap_or(path);
        if said.iter().any(|other| other == at) {
            return true;
        }
        let is_obstructed = match obstacle {
            Some(obstacle) => self.is_in_the_way(obstacle, effect),
            None if handoff_files::is_directory(path) => {
                self.is_no_file(path, Kind::Directory);
                return true;
            }
            None => Dir::open(at).ok().flatten().is_some_and(|dir| !self.takes_files(at, &dir, effect)),
        };
        if is_obstructed {
            said.push(at.to_owned());
        }
        is_obstructed
    }

    /// Names what stands at `path`, where a directory belongs; `false` where that is not it.
    pub(super) fn is_in_the_way(&mut self, path: &Path, effect: &str) -> bool {
        let shown = self.places.short(path);
        let name = quoted(path);
        match Kind::at(path) {
            Some(Kind::Link) if !handoff_files::is_directory(path) => {
                self.problem(
                    format!("{shown} is a link that leads to no directory: {effect}"),
                    format!("ls -l {name}   # and mount or make what it leads to"),
                );
                true
            }
            Some(kind @ (Kind::File | Kind::Special)) => {
                let old = quoted(&path.with_added_extension("old"));
                self.problem(
                    format!("{shown} is a {}, where a directory belongs: {effect}", kind.name()),
                    format!("mv {name} {old}   # if you can do without it there"),
                );
                true
            }
            _ => false,
        }
    }

    /// Whether the directory takes a new file, which is tried; what keeps it from that is said.
    pub(super) fn takes_files(&mut self, path: &Path, dir: &Dir, effect: &str) -> bool {
        let Err(error) = dir.try_write(TRIED_BYTES) else { return true };
        let shown = self.places.short(path);
        let name = quoted(path);
        let why = handoff_files::reason(&error.source);
        let (text, fix) = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
                format!("nothing can be written to {shown}: {why}{}: {effect}", free(path)),
                format!(
                    "df -h {name}; df -i {name}   # and delete what you can do without on that file system"
                ),
            ),
            ErrorKind::PermissionDenied => (
                format!("nothing can be written to {shown}: {why}: {effect}"),
                format!("chown \"$(id -u)\" {name} && chmod u+rwx {name}"),
            ),
            ErrorKind::ReadOnlyFilesystem => return self.is_read_only(path, effect),
            _ => (format!("nothing can be written to {shown}: {error}: {effect}"), format!("ls -ld {name}")),
        };
        self.problem(text, fix);
        false
    }

    /// That the file system is mounted read-only, whatever the owner of the directory.
    pub(super) fn is_read_only(&mut self, path: &Path, effect: &str) -> bool {
        let name = quoted(path);
        let fix = match self.environment.find_program("findmnt") {
            Some(_) => format!("mount -o remount,rw \"$(findmnt -no TARGET -T {name})\"   # as root"),
            None => format!("mount the file system of {name} so that it can be written"),
        };
        let shown = self.places.short(path);
        self.problem(format!("{shown} is on a file system that is mounted read-only: {effect}"), fix);
        false
    }
}

/// Whether an inbox is unusable for what is said of the whole store.
pub(super) fn is_of_file_system(error: &FileError) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// What is left there, in brackets.
fn free(path: &Path) -> String {
    let Some(Room { bytes, files }) = Room::of(path) else { return String::new() };
    match files {
        Some(0) => format!(" ({} KiB are free, and no inode for another file)", bytes >> 10),
        _ => format!(" ({} KiB are free)", bytes >> 10),
    }
}
