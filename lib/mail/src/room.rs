//! A bare repository of ours, in which letters are written and read. The user's repository gets neither ref nor object.

use std::fs::File;
use std::path::{Path, PathBuf};

use handoff_bundle::GitError;
use handoff_files::{Dir, FileError, Scratch};
use handoff_letter::REFS;
use handoff_sealed::{OpenError, OpenWith, SealError, SealTo};

use crate::git::{Call, Git};

/// So much of a list of refs is read, in bytes.
const MAX_LIST_BYTES: u64 = 16 << 20;

/// The most that a tree of ours has in it.
const MAX_ENTRIES: usize = 64;

/// A bare repository of ours.
#[derive(Debug)]
pub(crate) struct Room {
    git: Git,
    home: Home,
}

/// Where it is.
#[derive(Debug)]
enum Home {
    /// Where the system keeps temporary files. It goes when this is dropped.
    Scratch(Scratch),
    /// In the store. It stays, and what is written there is on the disk.
    Kept(PathBuf),
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
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something came that no letter of ours has in it.
    #[error("{0}")]
    Odd(&'static str),
}

impl Room {
    /// An empty one, where the system keeps temporary files, whose objects have names of the kind `format` (`sha1`,
    /// `sha256`). It goes when this is dropped.
    pub(crate) fn scratch(git: Git, format: &str) -> Result<Self, RoomError> {
        let room = Self { git, home: Home::Scratch(Scratch::new("agent-handoff-letter")?) };
        room.init(format)?;
        Ok(room)
    }

    /// The one at `path`, made when it is not there.
    pub(crate) fn kept(git: Git, path: &Path, format: &str) -> Result<Self, RoomError> {
        let room = Self { git, home: Home::Kept(path.to_owned()) };
        // A killed `git init` leaves one that a second one completes.
        if !handoff_files::is_file(&path.join("HEAD")) {
            Dir::create(path)?;
            room.init(format)?;
        }
        Ok(room)
    }

    /// The same one once more, where it is one that stays.
    pub(crate) fn again(&self) -> Self {
        Self { git: self.git.clone(), home: Home::Kept(self.path().to_owned()) }
    }

    fn init(&self, format: &str) -> Result<(), RoomError> {
        let format = format!("--object-format={format}");
        Ok(self.call("init").args(["--bare", "--quiet", "--template=", &format, "."]).run()?)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        match &self.home {
            Home::Scratch(scratch) => scratch.path(),
            Home::Kept(path) => path,
        }
    }

    /// A call in it.
    pub(crate) fn call(&self, verb: &'static str) -> Call {
        self.git.call(self.path(), verb, matches!(self.home, Home::Kept(_)))
    }

    /// The program.
    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// Copies every ref of ours that `other` has, with all that it names; their names begin with `prefix` here instead of
    /// [`REFS`].
    pub(crate) fn copy_from(&self, other: &Self, prefix: &str) -> Result<(), RoomError> {
        let call = self.call("fetch").args(["--quiet", "--no-tags", "--no-write-fetch-head", "--"]);
        Ok(call.args([other.path()]).args([format!("+{REFS}*:{prefix}*")]).run()?)
    }

    /// Gives `id` the ref `name`, whole; `None` removes the ref.
    pub(crate) fn set(&self, name: &str, id: Option<&str>) -> Result<(), RoomError> {
        let call = self.call("update-ref");
        match id {
            Some(id) => call.args([name, id]).run()?,
            None => call.args(["-d", name]).run()?,
        }
        Ok(())
    }

    /// The refs whose names begin with `prefix`, which ends in a slash; each without it.
    pub(crate) fn refs(&self, prefix: &str) -> Result<Vec<(String, String)>, RoomError> {
        let call = self.call("for-each-ref").args(["--format=%(objectname) %(refname)", prefix]);
        let listed = call.output(MAX_LIST_BYTES)?;
        let listed = String::from_utf8_lossy(&listed);
        let named = listed.lines().filter_map(|line| {
            let (id, name) = line.split_once(' ')?;
            Some((name.strip_prefix(prefix)?.to_owned(), id.to_owned()))
        });
        Ok(named.collect())
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

    /// Encrypts the refs with these names, each without [`REFS`], into `file`, in git's bundle format; `None`: every ref.
    pub(crate) fn seal_into(&self, name: Option<&str>, file: &File, to: SealTo<'_>) -> Result<(), RoomError> {
        let which = name.map_or_else(|| "--all".to_owned(), |name| format!("{REFS}{name}"));
        let call = self.call("bundle").args(["create", "--quiet", "-", &which]);
        call.pipe(|plain| handoff_sealed::seal_stream(plain, file, to).map(drop).map_err(RoomError::from))
    }

    /// Takes in what `sealed` has, which holds at most `limit` bytes; see [`Self::unpack`].
    pub(crate) fn unseal(
        &self,
        sealed: impl std::io::Read,
        with: OpenWith<'_>,
        limit: u64,
    ) -> Result<Vec<(String, String)>, RoomError> {
        let scratch = Scratch::new("agent-handoff-letter")?;
        let path = scratch.path().join("letter");
        let taken =
            || FileError::new("create", &path)(std::io::Error::from(std::io::ErrorKind::AlreadyExists));
        let file = Dir::create(scratch.path())?.create_new("letter")?.ok_or_else(taken)?.into_file();
        handoff_sealed::open_stream(sealed, &file, with, limit)?;
        self.unpack(&path)
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
