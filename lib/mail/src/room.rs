//! A bare repository of ours, in which letters are written and read. The user's repository gets neither ref nor object.

use std::fs::File;
use std::path::Path;

use handoff_bundle::GitError;
use handoff_files::{FileError, Scratch};
use handoff_letter::REFS;

use crate::git::{Call, Git};

/// The most that a tree of ours has in it.
const MAX_ENTRIES: usize = 64;

/// A bare repository for the moment.
#[derive(Debug)]
pub(crate) struct Room {
    git: Git,
    scratch: Scratch,
}

/// What a tree has in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) id: String,
    /// In bytes.
    pub(crate) size: u64,
}

/// A room could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoomError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    File(#[from] FileError),
    /// Something came that no letter of ours has in it.
    #[error("{0}")]
    Odd(&'static str),
}

impl Room {
    /// An empty one, where the system keeps temporary files. It goes when this is dropped.
    pub(crate) fn scratch(git: Git) -> Result<Self, RoomError> {
        let scratch = Scratch::new("agent-handoff-letter")?;
        let room = Self { git, scratch };
        let init = ["--bare", "--quiet", "--template=", "--object-format=sha1", "."];
        room.call("init").args(init).run()?;
        Ok(room)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn call(&self, verb: &'static str) -> Call {
        self.git.call(self.scratch.path(), verb)
    }

    /// Writes a content; its name.
    pub(crate) fn write(&self, content: &[u8]) -> Result<String, RoomError> {
        Ok(self.call("hash-object").args(["-w", "--stdin"]).input(content).line()?)
    }

    /// Writes the content of the file at `path`, of any size; its name.
    pub(crate) fn write_file(&self, path: &Path) -> Result<String, RoomError> {
        let call = self.call("hash-object").args(["-w", "--no-filters", "--"]).args([path]);
        Ok(call.line()?)
    }

    /// Writes a tree of files; its name.
    pub(crate) fn write_tree(&self, files: &[(&str, String)]) -> Result<String, RoomError> {
        let lines: String = files.iter().map(|(name, id)| format!("100644 blob {id}\t{name}\n")).collect();
        Ok(self.call("mktree").input(lines).line()?)
    }

    /// Writes a commit that is signed already; its name.
    pub(crate) fn write_commit(&self, bytes: Vec<u8>) -> Result<String, RoomError> {
        Ok(self.call("hash-object").args(["-t", "commit", "-w", "--stdin"]).input(bytes).line()?)
    }

    /// Gives the commit `id` a ref, whose name is `name` behind [`REFS`].
    pub(crate) fn set_ref(&self, name: &str, id: &str) -> Result<(), RoomError> {
        Ok(self.call("update-ref").args([format!("{REFS}{name}").as_str(), id]).run()?)
    }

    /// Writes everything to `file`, in git's bundle format.
    pub(crate) fn pack_into(&self, file: File) -> Result<(), RoomError> {
        Ok(self.call("bundle").args(["create", "--quiet", "-", "--all"]).into_file(file)?)
    }

    /// Takes in what the file at `path` has, in git's bundle format; the refs that it names, each without [`REFS`], with their
    /// commits.
    pub(crate) fn unpack(&self, path: &Path) -> Result<Vec<(String, String)>, RoomError> {
        let heads = self.call("bundle").args(["list-heads"]).args([path]).output(1 << 16)?;
        let mut refs = Vec::new();
        for line in String::from_utf8_lossy(&heads).lines() {
            let (id, name) = line.split_once(' ').unwrap_or_default();
            let name =
                name.strip_prefix(REFS).ok_or(RoomError::Odd("it names refs that are none of a letter"))?;
            refs.push((name.to_owned(), id.to_owned()));
        }
        self.call("bundle").args(["unbundle"]).args([path]).run()?;
        Ok(refs)
    }

    /// The bytes of the commit `id`, at most 16 kB.
    pub(crate) fn commit(&self, id: &str) -> Result<Vec<u8>, RoomError> {
        Ok(self.call("cat-file").args(["commit", id]).output(16 << 10)?)
    }

    /// The files in the tree `id`. Anything else in it is an error.
    pub(crate) fn entries(&self, id: &str) -> Result<Vec<Entry>, RoomError> {
        const ODD: RoomError = RoomError::Odd("it has something else in it than the files of a letter");
        let listed = self.call("ls-tree").args(["-z", "-l", id]).output(1 << 16)?;
        let listed = String::from_utf8(listed).map_err(|_| ODD)?;
        let mut entries = Vec::new();
        for line in listed.split_terminator('\0') {
            let (fields, name) = line.split_once('\t').ok_or(ODD)?;
            let fields: Vec<_> = fields.split_ascii_whitespace().collect();
            let ["100644", "blob", id, size] = fields[..] else { return Err(ODD) };
            let size = size.parse().map_err(|_| ODD)?;
            entries.push(Entry { name: name.to_owned(), id: id.to_owned(), size });
        }
        if entries.len() > MAX_ENTRIES { Err(ODD) } else { Ok(entries) }
    }

    /// The content of a file, where it has at most `limit` bytes.
    pub(crate) fn read(&self, entry: &Entry, limit: u64) -> Result<Vec<u8>, RoomError> {
        if entry.size > limit {
            return Err(RoomError::Odd("a file in it is larger than any letter has it"));
        }
        Ok(self.call("cat-file").args(["blob", &entry.id]).output(limit)?)
    }

    /// The content of a file of any size goes to `file`.
    pub(crate) fn read_into(&self, entry: &Entry, file: File) -> Result<(), RoomError> {
        Ok(self.call("cat-file").args(["blob", &entry.id]).into_file(file)?)
    }
}
