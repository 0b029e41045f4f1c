//! Files that are mount points, as single files are that are mounted into a container: no other file can take the place
//! of one, so it is written to where it is.
//!
//! That is not one step, as a rename is. Readers see the old text or the new one, except in the instant of the one call
//! that writes it; cut short after that call, the file is whole, with line feeds after its end. After a power cut it may
//! be neither.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::FileError;
use crate::open::OpenFile;

/// Whether the system refused to rename or remove a file because it is a mount point.
pub(crate) fn is_mount_point(error: &FileError) -> bool {
    // Ours, which say that another program changed a file, have no number.
    error.source.raw_os_error() == Some(Errno::BUSY.raw_os_error())
}

/// Turns the regular file `name` in `dir` from `old` into `new`, if that is what is in it; false when it is not. Where it
/// cannot be written as a whole, it is `old` again. `path` is what the user calls it.
pub(crate) fn overwrite(
    dir: &Dir,
    name: &OsStr,
    path: &Path,
    old: &[u8],
    new: &[u8],
) -> Result<bool, FileError> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd =
        rustix::fs::openat(&dir.fd, name, flags, Mode::empty()).map_err(FileError::new("change", path))?;
    let mut file = OpenFile::new(fd, path.to_owned())?;
    if file.read(old.len() as u64 + 1)? != old {
        return Ok(false);
    }
    write(file.file(), old, new).map_err(FileError::new("change", path))?;
    Ok(true)
}

fn write(file: &File, old: &[u8], new: &[u8]) -> io::Result<()> {
    // What is behind the end of a text is white space until it is cut off.
    let mut padded = new.to_vec();
    padded.resize(new.len().max(old.len()), b'\n');
    let put = |bytes: &[u8], length: usize| {
        file.write_all_at(bytes, 0)?;
        file.set_len(length as u64)?;
        file.sync_all()
    };
    put(&padded, new.len()).inspect_err(|_| {
        // It had room for that. The first error is the one to report.
        let _ = put(old, old.len());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_to_where_it_is_if_it_is_as_expected() -> Result<(), Box<dyn std::error::Error>> {
        use std::os::unix::fs::MetadataExt;
        let place = tempfile::tempdir()?;
        let path = place.path().join("file");
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        for (old, new) in [("old", "longer than that"), ("a long old text", "new"), ("x", ""), ("", "x")] {
            std::fs::write(&path, old)?;
            let inode = std::fs::metadata(&path)?.ino();
            assert!(!overwrite(&dir, "file".as_ref(), &path, b"another", new.as_bytes())?);
            assert_eq!(std::fs::read_to_string(&path)?, old);
            assert!(overwrite(&dir, "file".as_ref(), &path, old.as_bytes(), new.as_bytes())?);
            assert_eq!(std::fs::read_to_string(&path)?, new);
            assert_eq!(std::fs::metadata(&path)?.ino(), inode);
        }
        Ok(())
    }
}
