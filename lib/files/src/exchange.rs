//! Replacing and removing files that other programs may change at any moment, without losing what they write.
//!
//! Comparing a file and then renaming over it leaves an instant in which another program's change is lost. Here the file is
//! first taken out of its place, in one call with putting the new one there, and compared where nobody looks for it. If it
//! is not what was expected, it is put back.

use std::ffi::{OsStr, OsString};
use std::io;

use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::FileError;
use crate::random;

/// Stands between the name of a temporary file and the name of the file that it is to replace, while that lies beside it.
/// Only where the file system cannot exchange names.
const REPLACES: &str = ".was-";

/// What came of [`Dir::replace_if`] or [`Dir::move_away_if`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Replaced {
    /// It was done.
    Done,
    /// Another program changed the file meanwhile: its version stands there, and nothing was replaced or removed.
    Differs,
}

impl Dir {
    /// Puts `from` in the place of the file or link `to` in `target`, if that is what `is_expected` accepts: it is asked of
    /// the name that the old one has by then. If it was done, the old one has the name `from`, and the caller removes it.
    ///
    /// The names are exchanged in one call. Where the file system cannot do that (exFAT, NFS, some FUSE), the old file is
    /// renamed away, compared, and the new one takes its name: killed in between, the old one lies beside its place, and
    /// [`Dir::restore`] puts it back.
    ///
    /// # Errors
    /// What the system says, and what `is_expected` says: the old file is back in its place then. Where another program
    /// changed the file twice in that instant, the error names where its other version is kept.
    pub fn replace_if<E: From<FileError>>(
        &self,
        from: impl AsRef<OsStr>,
        target: &Self,
        to: impl AsRef<OsStr>,
        mut is_expected: impl FnMut(&Self, &OsStr) -> Result<bool, E>,
    ) -> Result<Replaced, E> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let ours = self.print(from)?;
        match exchange(self, from, target, to) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(Replaced::Differs),
            Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => {
                return self.replace_aside(from, target, to, is_expected);
            }
            Err(error) => return Err(target.error("replace", to)(error).into()),
        }
        // A program that removes what killed ones left passes over what is locked.
        let _lock = self.open_to_read(from).map(|old| old.lock().map(|_| old));
        let accepted = is_expected(self, from);
        if let Ok(true) = accepted {
            return Ok(Replaced::Done);
        }
        exchange(self, from, target, to).map_err(target.error("put back", to))?;
        if self.print(from)? != ours {
            return Err(self.keep_other(from, target, to)?.into());
        }
        accepted.map(|_| Replaced::Differs)
    }

    /// The same in two steps.
    fn replace_aside<E: From<FileError>>(
        &self,
        from: &OsStr,
        target: &Self,
        to: &OsStr,
        mut is_expected: impl FnMut(&Self, &OsStr) -> Result<bool, E>,
    ) -> Result<Replaced, E> {
        if !is_expected(target, to)? {
            return Ok(Replaced::Differs);
        }
        let aside = aside(from, to);
        match self.take(target, to, &aside, is_expected)? {
            Taken::Expected => {}
            Taken::Missing | Taken::Differs => return Ok(Replaced::Differs),
        }
        if !matches!(self.rename_new(from, target, to), Ok(true)) {
            // Another program made one there, which stays, or it could not be done: then the old one belongs there.
            let is_back = self.rename_new(&aside, target, to)?;
            if !is_back {
                self.remove(&aside)?;
            }
            return Ok(Replaced::Differs);
        }
        rustix::fs::renameat(&self.fd, &aside, &self.fd, from).map_err(self.error("rename", &aside))?;
        Ok(Replaced::Done)
    }

    /// Renames the file or link `name` of this directory to `aside` in `by`, on the same file system, if it is what
    /// `is_expected` accepts: it is asked of the name that the file has by then. The caller removes it there. That nothing
    /// stands at `name` is no error.
    ///
    /// # Errors
    /// As for [`Dir::replace_if`]; `AlreadyExists` when `aside` is taken.
    pub fn move_away_if<E: From<FileError>>(
        &self,
        name: impl AsRef<OsStr>,
        by: &Self,
        aside: impl AsRef<OsStr>,
        is_expected: impl FnMut(&Self, &OsStr) -> Result<bool, E>,
    ) -> Result<Replaced, E> {
        Ok(match by.take(self, name.as_ref(), aside.as_ref(), is_expected)? {
            Taken::Missing | Taken::Expected => Replaced::Done,
            Taken::Differs => Replaced::Differs,
        })
    }

    /// What the file `to` is called in the directory of `from` while that takes its place in two steps. Only a killed
    /// program leaves one.
    pub fn aside(from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> OsString {
        aside(from.as_ref(), to.as_ref())
    }

    /// Renames `name` of `target` to `aside` in this directory, compares it there, and puts it back if it is not expected.
    fn take<E: From<FileError>>(
        &self,
        target: &Self,
        name: &OsStr,
        aside: &OsStr,
        mut is_expected: impl FnMut(&Self, &OsStr) -> Result<bool, E>,
    ) -> Result<Taken, E> {
        match target.rename_new(name, self, aside) {
            Ok(true) => {}
            Ok(false) => return Err(self.error("create", aside)(Errno::EXIST).into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Taken::Missing),
            Err(error) => return Err(error.into()),
        }
        let _lock = self.open_to_read(aside).map(|old| old.lock().map(|_| old));
        let accepted = is_expected(self, aside);
        if let Ok(true) = accepted {
            return Ok(Taken::Expected);
        }
        if !self.rename_new(aside, target, name)? {
            return Err(self.keep_other(aside, target, name)?.into());
        }
        accepted.map(|_| Taken::Differs)
    }

    /// Puts the file back that the killed program that left `entry` had taken out of its place; false when `entry` is no
    /// such file. If another stands in that place, `entry` is removed.
    pub(crate) fn restore(&self, entry: &OsStr) -> Result<bool, FileError> {
        let Some(name) = replaced_by(entry) else { return Ok(false) };
        if !self.rename_new(entry, self, name)? {
            self.remove(entry)?;
        }
        Ok(true)
    }

    /// Gives `from`, a second version that another program made of `to` in `target`, a name beside it: the error that says
    /// so.
    fn keep_other(&self, from: &OsStr, target: &Self, to: &OsStr) -> Result<FileError, FileError> {
        let mut kept = to.to_owned();
        kept.push(format!(".other-{:08x}", u32::from_ne_bytes(random()?)));
        let path =
            if self.rename_new(from, target, &kept)? { target.path_of(&kept) } else { self.path_of(from) };
        let words = format!(
            "other programs changed it twice meanwhile; one version is there, and the other in {}",
            handoff_text::Sanitised::path(&path)
        );
        Ok(target.error("replace", to)(io::Error::new(io::ErrorKind::ResourceBusy, words)))
    }

    /// What tells a file that was written to, or another of its name, from this one.
    fn print(&self, name: &OsStr) -> Result<Print, FileError> {
        let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map(|stat| Print::of(&stat)).map_err(self.error("look at", name))
    }
}

/// What came of taking a file out of its place.
enum Taken {
    /// It is the one that was expected.
    Expected,
    /// It is another, and back in its place.
    Differs,
    /// There was none.
    Missing,
}

/// Device, inode, size, and when the content was last changed, in seconds and nanoseconds.
#[derive(PartialEq, Eq)]
struct Print(u64, u64, i64, i64, u64);

impl Print {
    fn of(stat: &Stat) -> Self {
        // Their types differ between systems.
        #[allow(clippy::unnecessary_cast)]
        Self(
            stat.st_dev as u64,
            stat.st_ino as u64,
            stat.st_size as i64,
            stat.st_mtime as i64,
            stat.st_mtime_nsec as u64,
        )
    }
}

/// What the file `to` is called while `from` takes its place.
fn aside(from: &OsStr, to: &OsStr) -> OsString {
    let mut aside = from.to_owned();
    aside.push(REPLACES);
    aside.push(to);
    aside
}

/// The name of the file that lies beside its place under `entry`.
fn replaced_by(entry: &OsStr) -> Option<&OsStr> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = entry.as_bytes();
    let start = bytes.windows(REPLACES.len()).position(|part| part == REPLACES.as_bytes())?;
    let name = &bytes[start + REPLACES.len()..];
    (!name.is_empty()).then(|| OsStr::from_bytes(name))
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(source: &Dir, from: &OsStr, target: &Dir, to: &OsStr) -> Result<(), Errno> {
    rustix::fs::renameat_with(&source.fd, from, &target.fd, to, rustix::fs::RenameFlags::EXCHANGE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Dir, _: &OsStr, _: &Dir, _: &OsStr) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// A directory with `new`, and `old` that `edit` changes when it is looked at for the first time.
    fn replaced_while(
        in_two_steps: bool,
        edit: impl Fn(&Path),
    ) -> Result<(tempfile::TempDir, Result<Replaced, FileError>), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        fs::write(place.path().join("new"), "new")?;
        fs::write(place.path().join("old"), "old")?;
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        let mut asked = 0;
        let is_old = |dir: &Dir, name: &OsStr| {
            asked += 1;
            let found = dir.open_to_read(name)?.read(100)? == b"old";
            if asked == 1 {
                edit(place.path());
            }
            Ok(found)
        };
        let replaced = if in_two_steps {
            dir.replace_aside("new".as_ref(), &dir, "old".as_ref(), is_old)
        } else {
            dir.replace_if("new", &dir, "old", is_old)
        };
        Ok((place, replaced))
    }

    fn content(place: &tempfile::TempDir, name: &str) -> String {
        fs::read_to_string(place.path().join(name)).unwrap_or_default()
    }

    #[test]
    fn a_file_that_is_as_expected_is_replaced_and_has_the_other_name() -> Outcome {
        for in_two_steps in [false, true] {
            let (place, replaced) = replaced_while(in_two_steps, |_| ())?;
            assert_eq!(replaced?, Replaced::Done);
            assert_eq!((content(&place, "old"), content(&place, "new")), ("new".into(), "old".into()));
            assert_eq!(fs::read_dir(place.path())?.count(), 2);
        }
        Ok(())
    }

    #[test]
    fn what_another_program_wrote_just_before_stays() -> Outcome {
        for what in ["edited", "another file", "a link", "a directory", "nothing"] {
            let place = tempfile::tempdir()?;
            let path = place.path().join("old");
            fs::write(place.path().join("new"), "new")?;
            match what {
                "a link" => symlink("elsewhere", &path)?,
                "a directory" => fs::create_dir(&path)?,
                "nothing" => {}
                _ => fs::write(&path, "theirs")?,
            }
            let dir = Dir::open(place.path())?.ok_or("missing")?;
            let is_old = |dir: &Dir, name: &OsStr| -> Result<bool, FileError> {
                Ok(dir.kind_of(name)? == Some(crate::Kind::File)
                    && dir.open_to_read(name)?.read(9)? == b"old")
            };
            assert_eq!(dir.replace_if("new", &dir, "old", is_old)?, Replaced::Differs, "{what}");
            assert_eq!(content(&place, "new"), "new", "{what}");
            assert_eq!(path.is_dir(), what == "a directory", "{what}");
            assert_eq!(path.is_symlink(), what == "a link", "{what}");
            if what != "nothing" {
                assert_eq!(dir.move_away_if("old", &dir, "aside", is_old)?, Replaced::Differs, "{what}");
                assert!(crate::is_taken(&path), "{what}");
            }
        }
        Ok(())
    }

    #[test]
    fn an_edit_between_the_two_steps_stays() -> Outcome {
        let edit = |place: &Path| fs::write(place.join("old"), "theirs").unwrap();
        let (place, replaced) = replaced_while(true, edit)?;
        assert_eq!(replaced?, Replaced::Differs);
        assert_eq!((content(&place, "old"), content(&place, "new")), ("theirs".into(), "new".into()));
        Ok(())
    }

    #[test]
    fn of_two_edits_at_once_both_are_kept() -> Outcome {
        let place = tempfile::tempdir()?;
        fs::write(place.path().join("new"), "new")?;
        fs::write(place.path().join("old"), "first edit")?;
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        let replaced = dir.replace_if("new", &dir, "old", |_, _| -> Result<bool, FileError> {
            fs::write(place.path().join("old"), "second edit").unwrap();
            Ok(false)
        });
        let error = replaced.map(drop).map_err(|error| error.to_string()).err().unwrap_or_default();
        assert_eq!(content(&place, "old"), "first edit");
        let kept = error.rsplit('/').next().unwrap_or_default();
        assert!(kept.starts_with("old.other-"), "{error}");
        assert_eq!(content(&place, kept), "second edit");
        Ok(())
    }

    #[test]
    fn a_file_that_a_killed_program_took_out_of_its_place_is_put_back() -> Outcome {
        let place = tempfile::tempdir()?;
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        let left = aside(".agent-handoff-tmp-0".as_ref(), "settings.json".as_ref());
        for there in [None, Some("newer")] {
            fs::write(place.path().join(&left), "old")?;
            if let Some(there) = there {
                fs::write(place.path().join("settings.json"), there)?;
            }
            crate::Foreign::sweep_directory(&dir)?;
            assert_eq!(content(&place, "settings.json"), there.unwrap_or("old"));
            assert_eq!(fs::read_dir(place.path())?.count(), 1);
        }
        Ok(())
    }
}
