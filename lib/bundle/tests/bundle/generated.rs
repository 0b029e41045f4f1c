//! Working trees that nobody thought of.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::World;

/// A small generator of numbers, so that a failure can be had again by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % sides
    }

    fn pick<'o, T: ?Sized>(&mut self, of: &[&'o T]) -> &'o T {
        of[self.roll(of.len())]
    }

    fn name(&mut self) -> PathBuf {
        let mut path = PathBuf::new();
        for _ in 0..=self.roll(3) {
            let part: &[u8] = self.pick(&[
                &b"a"[..],
                b"b",
                b"c.txt",
                b"d e",
                b"-f",
                b"\xfe",
                b"n\nl",
                b"\"q\"",
                "ü".as_bytes(),
                b"tab\t",
                b"x.crlf",
                b"\\",
            ]);
            path.push(OsStr::from_bytes(part));
        }
        path
    }

    fn content(&mut self) -> Vec<u8> {
        let line: &[u8] = self.pick(&[
            &b"line\n"[..],
            b"crlf\r\n",
            b"-- \n",
            b"@@ -1 +1 @@\n",
            b"\n",
            b"diff --git a/x b/x\n",
            b"\0\xff",
            b"end",
            b"\\ No newline at end of file\n",
            b"+++ b/y\n",
        ]);
        let mut content = Vec::new();
        for number in 0..self.roll(40) {
            content.extend_from_slice(line);
            if self.roll(4) == 0 {
                content.extend_from_slice(format!("{number} {}\n", self.roll(1000)).as_bytes());
            }
        }
        content
    }
}

/// Removes what stands at `path` or in its way.
fn clear(at: &Path, path: &Path) {
    let mut way = at.to_owned();
    for part in path {
        way.push(part);
        match way.symlink_metadata() {
            Ok(found) if found.is_dir() && way != at.join(path) => {}
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(&way).unwrap(),
            Ok(_) => std::fs::remove_file(&way).unwrap(),
            Err(_) => break,
        }
    }
    std::fs::create_dir_all(at.join(path).parent().unwrap()).unwrap();
}

fn change(world: &World, at: &Path, dice: &mut Dice) {
    let path = match dice.roll(3) {
        0 => dice.name(),
        _ => {
            // One that is there, when there is one.
            let mut files = std::collections::BTreeMap::new();
            crate::support::walk(at, at, &mut files);
            match files.len() {
                0 => dice.name(),
                count => files.into_keys().nth(dice.roll(count)).map(PathBuf::from).unwrap(),
            }
        }
    };
    let full = at.join(&path);
    match dice.roll(10) {
        0..=3 => {
            clear(at, &path);
            std::fs::write(&full, dice.content()).unwrap();
        }
        4 => clear(at, &path),
        5 => {
            clear(at, &path);
            symlink(dice.name(), &full).unwrap();
        }
        6 if full.is_file() && !full.is_symlink() => {
            let mode = [0o644, 0o755][dice.roll(2)];
            std::fs::set_permissions(&full, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        7 if full.is_file() && !full.is_symlink() => {
            let mut content = std::fs::read(&full).unwrap();
            content.truncate(dice.roll(content.len() + 1));
            content.extend_from_slice(&dice.content());
            std::fs::write(&full, content).unwrap();
        }
        8 => {
            let to = dice.name();
            if full.symlink_metadata().is_ok()
                && !at.join(&to).starts_with(&full)
                && !full.starts_with(at.join(&to))
            {
                let kept = std::fs::read(&full).ok();
                clear(at, &to);
                if let Some(kept) = kept {
                    std::fs::write(at.join(&to), kept).unwrap();
                    clear(at, &path);
                }
            }
        }
        _ => {}
    }
    let command: &[&str] = match dice.roll(6) {
        0 => &["add", "-A"],
        1 => &["add", "-u"],
        2 => &["add", "-A", "--intent-to-add"],
        3 => &["rm", "-rq", "--cached", "--ignore-unmatch"],
        _ => return,
    };
    let mut command = world
        .command(at)
        .args(command)
        .arg("--")
        .arg(&path)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Some are nonsense, and git says so.
    let _ = command.wait().unwrap();
}

#[test]
fn generated_working_trees_come_back_bit_for_bit() {
    for seed in 1..=25_u64 {
        let world = World::new();
        let at = world.repository("source");
        std::fs::write(at.join(".gitattributes"), "*.crlf text eol=crlf\n*.txt ident\n").unwrap();
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for _ in 0..20 {
            change(&world, &at, &mut dice);
        }
        world.commit(&at, "generated");
        let to = world.clone_of(&at, "clone");
        // Neither has files that only one of both checked out otherwise than they were committed.
        std::fs::remove_dir_all(&at).unwrap();
        let at = world.clone_of(&to, "source");
        for _ in 0..30 {
            change(&world, &at, &mut dice);
        }
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.round_trip_to(&at, &to);
        }));
        assert!(caught.is_ok(), "seed {seed}:\n{}", world.run(&at, &["status", "--porcelain=v2", "-uall"]));
    }
}
