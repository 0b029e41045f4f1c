//! File systems of a test's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{can, has, is_root};

/// A mounted file system; unmounted when this is dropped, also by a test that fails.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
}

impl Mount {
    /// A new, empty file system in memory, 0700, of at most `limits` (`size=…`, `nr_inodes=…`).
    pub fn tmpfs(at: &Path, limits: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("mode=0700,{limits}");
        Self::made("mount a tmpfs", at, Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]))
    }

    /// `at` as it is, as a mount point: a file that a container mounts is one.
    pub fn bind(at: &Path) -> Option<Self> {
        Self::made("bind a file", at, Command::new("mount").arg("--bind").arg(at))
    }

    /// `at` as it is, and read-only.
    pub fn read_only(at: &Path) -> Option<Self> {
        let mount = Self::made("bind a directory", at, Command::new("mount").arg("--bind").arg(at))?;
        let mut remount = Command::new("mount");
        remount.args(["-o", "remount,bind,ro"]).arg(at);
        can("make a mount read-only", succeeds(&mut remount)).then_some(mount)
    }

    /// A new exFAT file system in the file `image`, which belongs to this user alone: no hard links, no
    /// RENAME_NOREPLACE, no permissions, and an inode's change time is its file's modification time.
    pub fn exfat(at: &Path, image: &Path) -> Option<Self> {
        let tools = has("mkfs.exfat") && has("mount.exfat-fuse");
        if !can("make an exFAT file system", is_root() && tools) {
            return None;
        }
        std::fs::create_dir_all(at).unwrap();
        std::fs::File::create(image).unwrap().set_len(32 << 20).unwrap();
        assert!(succeeds(Command::new("mkfs.exfat").arg(image)), "mkfs.exfat failed");
        let options = ["-t", "exfat-fuse", "-o", "loop,uid=0,gid=0,umask=077"];
        Self::made("mount exFAT through fuse", at, Command::new("mount").args(options).arg(image))
    }

    fn made(what: &str, at: &Path, command: &mut Command) -> Option<Self> {
        can(what, is_root() && succeeds(command.arg(at))).then(|| Self { at: at.to_owned() })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a process that still has a file open must not keep the mount.
        let _ = succeeds(Command::new("umount").arg("-l").arg(&self.at));
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
