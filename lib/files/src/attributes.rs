//! The extended attributes of files: access control lists, labels, and what users and programs note of a file.

use std::fs::File;

use rustix::io::Errno;

/// Access control lists as Linux keeps them.
const ACCESS_LIST: &[u8] = b"system.posix_acl_access";

/// What the system works out of a file for itself, so that a copy of it would be wrong.
const OF_THE_SYSTEM: [&[u8]; 3] = [b"security.evm", b"security.ima", b"com.apple.provenance"];

/// Gives `to` the attributes of `from`, and takes an access control list away that only `to` has: its directory may give one
/// to each new file.
///
/// # Errors
/// What the system says. `to` may lack some of them then.
pub(crate) fn copy(from: &File, to: &File) -> Result<(), Errno> {
    let (wanted, there) = (names(from)?, names(to)?);
    for name in wanted.iter().filter(|name| !OF_THE_SYSTEM.contains(&name.as_slice())) {
        let value = value(from, name)?;
        if !there.contains(name) || self::value(to, name)? != value {
            set(to, name, &value)?;
        }
    }
    if there.iter().any(|name| name == ACCESS_LIST) && !wanted.iter().any(|name| name == ACCESS_LIST) {
        remove(to, ACCESS_LIST)?;
    }
    Ok(())
}

/// The names of all of them; none where the file system has no attributes.
fn names(file: &File) -> Result<Vec<Vec<u8>>, Errno> {
    let listed = match whole(|buffer| list(file, buffer)) {
        Err(Errno::NOTSUP | Errno::NOSYS) => Vec::new(),
        listed => listed?,
    };
    Ok(listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect())
}

fn value(file: &File, name: &[u8]) -> Result<Vec<u8>, Errno> {
    whole(|buffer| get(file, name, buffer))
}

/// What `read` puts into a buffer that is long enough for it.
fn whole(read: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; 1 << 10];
    loop {
        match read(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            // The longest that Linux has is 64 KiB.
            Err(Errno::RANGE) if buffer.len() < 1 << 24 => buffer.resize(buffer.len() * 4, 0),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    use std::fs::File;

    use rustix::fs::XattrFlags;
    use rustix::io::Errno;

    pub(super) fn list(file: &File, buffer: &mut [u8]) -> Result<usize, Errno> {
        rustix::fs::flistxattr(file, buffer)
    }

    pub(super) fn get(file: &File, name: &[u8], buffer: &mut [u8]) -> Result<usize, Errno> {
        rustix::fs::fgetxattr(file, name, buffer)
    }

    pub(super) fn set(file: &File, name: &[u8], value: &[u8]) -> Result<(), Errno> {
        rustix::fs::fsetxattr(file, name, value, XattrFlags::empty())
    }

    pub(super) fn remove(file: &File, name: &[u8]) -> Result<(), Errno> {
        rustix::fs::fremovexattr(file, name)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use std::fs::File;

    use rustix::io::Errno;

    pub(super) fn list(_: &File, _: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }

    pub(super) fn get(_: &File, _: &[u8], _: &mut [u8]) -> Result<usize, Errno> {
        Err(Errno::NOSYS)
    }

    pub(super) fn set(_: &File, _: &[u8], _: &[u8]) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }

    pub(super) fn remove(_: &File, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }
}

use system::{get, list, remove, set};

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::{self, OpenOptions, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::Path;

    use super::*;
    use crate::Foreign;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// An access control list that lets user `user` read, and its owner read and write.
    fn access_list(user: u32) -> Vec<u8> {
        let entries = [
            (1_u16, 6_u16, u32::MAX),
            (2, 4, user),
            (4, 0, u32::MAX),
            (0x10, 4, u32::MAX),
            (0x20, 0, u32::MAX),
        ];
        let entry = |(tag, bits, id): (u16, u16, u32)| {
            [&tag.to_le_bytes()[..], &bits.to_le_bytes(), &id.to_le_bytes()].concat()
        };
        [2_u32.to_le_bytes().to_vec(), entries.map(entry).concat()].concat()
    }

    fn open(path: &Path) -> std::io::Result<File> {
        OpenOptions::new().read(true).write(true).open(path)
    }

    /// Every attribute of the file at `path`.
    fn all(path: &Path) -> std::io::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        let file = open(path)?;
        let mut all = BTreeMap::new();
        for name in names(&file)? {
            let value = value(&file, &name)?;
            all.insert(name, value);
        }
        Ok(all)
    }

    /// Whether the file system of `directory` keeps such an attribute.
    fn can(directory: &Path, name: &[u8], value: &[u8]) -> std::io::Result<bool> {
        let path = directory.join("probe");
        fs::write(&path, "")?;
        let can = set(&open(&path)?, name, value).is_ok();
        fs::remove_file(&path)?;
        Ok(can)
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_attributes_and_its_access_control_list() -> Outcome {
        let place = tempfile::tempdir()?;
        let path = place.path().join("settings.json");
        let long = vec![b'x'; 3000];
        let noted = [
            ("user.note", b"mine".to_vec()),
            ("user.empty", Vec::new()),
            ("user.long", long),
            ("system.posix_acl_access", access_list(12345)),
        ];
        fs::write(&path, "{}")?;
        fs::set_permissions(&path, Permissions::from_mode(0o640))?;
        for (name, value) in &noted {
            if can(place.path(), name.as_bytes(), value)? {
                set(&open(&path)?, name.as_bytes(), value)?;
            }
        }
        let (before, inode) = (all(&path)?, fs::metadata(&path)?.ino());
        Foreign::read(&path, 100)?.replace(b"new")?;
        assert_eq!(fs::read(&path)?, b"new");
        assert_eq!(all(&path)?, before);
        let after = fs::metadata(&path)?;
        assert_eq!(after.permissions().mode() & 0o777, 0o640);
        assert_ne!(after.ino(), inode, "it was replaced, not written to");
        assert_eq!(fs::read_dir(place.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn a_file_gets_no_access_control_list_that_its_directory_has_for_new_ones() -> Outcome {
        let place = tempfile::tempdir()?;
        let path = place.path().join("settings.json");
        fs::write(&path, "{}")?;
        fs::set_permissions(&path, Permissions::from_mode(0o644))?;
        let directory = File::open(place.path())?;
        if set(&directory, b"system.posix_acl_default", &access_list(12345)).is_err() {
            return Ok(());
        }
        let before = all(&path)?;
        Foreign::read(&path, 100)?.replace(b"new")?;
        assert_eq!(all(&path)?, before);
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o644);
        Ok(())
    }

    #[test]
    fn a_value_that_differs_is_the_one_of_the_old_file() -> Outcome {
        let place = tempfile::tempdir()?;
        let paths = ["from", "to"].map(|name| place.path().join(name));
        if !can(place.path(), b"user.note", b"1")? {
            return Ok(());
        }
        for (path, value) in paths.iter().zip([b"theirs", b"others"]) {
            fs::write(path, "")?;
            set(&open(path)?, b"user.note", value)?;
        }
        copy(&open(&paths[0])?, &open(&paths[1])?)?;
        assert_eq!(value(&open(&paths[1])?, b"user.note")?, b"theirs");
        Ok(())
    }
}
