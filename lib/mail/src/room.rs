//! A bare repository of ours, in which letters are written and read. The user's repository gets neither ref nor object.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use handoff_bundle::GitError;
use handoff_files::{Dir, FileError, Scratch};
use handoff_letter::REFS;
use handoff_sealed::{OpenError, OpenWith, SealError, SealTo};

use crate::git::{Call, Git, Running};
use crate::objects;

/// So much of a list of refs is read, in bytes.
const MAX_LIST_BYTES: u64 = 16 << 20;

/// The most that a tree of ours has in it.
const MAX_ENTRIES: usize = 64;

/// A bare repository of ours.
#[derive(Debug)]
pub(crate) struct Room {
    git: Git,
    home: Home,
    format: gix_hash::Kind,
    /// What was written here as long as that is all that it has: files of any size are not kept in mind.
    written: RefCell<Option<All>>,
    /// What reads the objects, where some were read.
    reader: Arc<Mutex<Option<Running>>>,
}

/// All that a room has.
#[derive(Debug, Default)]
struct All {
    /// The kind of each object, and its content.
    objects: Vec<(&'static str, Vec<u8>)>,
    /// Names without [`REFS`], and what they name.
    refs: Vec<(String, String)>,
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
        let room = Self::at(git, Home::Scratch(Scratch::new("agent-handoff-letter")?), format);
        room.written.replace(Some(All::default()));
        room.init_scratch()?;
        Ok(room)
    }

    /// The one at `path`, made when it is not there.
    pub(crate) fn kept(git: Git, path: &Path, format: &str) -> Result<Self, RoomError> {
        let room = Self::at(git, Home::Kept(path.to_owned()), format);
        // A killed `git init` leaves one that a second one completes.
        if !handoff_files::is_file(&path.join("HEAD")) {
            Dir::create(path)?;
            room.init(format)?;
        }
        Ok(room)
    }

    /// The same one once more, where it is one that stays.
    pub(crate) fn again(&self) -> Self {
        Self {
            git: self.git.clone(),
            home: Home::Kept(self.path().to_owned()),
            format: self.format,
            written: RefCell::default(),
            reader: Arc::clone(&self.reader),
        }
    }

    fn at(git: Git, home: Home, format: &str) -> Self {
        let format = if format == "sha256" { gix_hash::Kind::Sha256 } else { gix_hash::Kind::Sha1 };
        Self { git, home, format, written: RefCell::default(), reader: Arc::default() }
    }

    fn init(&self, format: &str) -> Result<(), RoomError> {
        let format = format!("--object-format={format}");
        Ok(self.call("init").args(["--bare", "--quiet", "--template=", &format, "."]).run()?)
    }

    /// What `git init --bare` makes, for a room that need not be on the disk.
    fn init_scratch(&self) -> Result<(), RoomError> {
        let dir = Dir::create(self.path())?;
        let (version, extensions) = match self.format {
            gix_hash::Kind::Sha256 => (1, "[extensions]\n\tobjectFormat = sha256\n"),
            _ => (0, ""),
        };
        let config = format!("[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{extensions}");
        dir.put("config", config.as_bytes())?;
        dir.create_unsynced("objects")?;
        dir.create_unsynced("refs")?;
        Ok(dir.put("HEAD", b"ref: refs/heads/main\n")?)
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
    /// [`REFS`]. What they are: names without it.
    pub(crate) fn copy_from(&self, other: &Self, prefix: &str) -> Result<Vec<(String, String)>, RoomError> {
        if let Some(all) = other.written.borrow().as_ref().filter(|_| self.format == other.format) {
            for (kind, content) in &all.objects {
                self.add(kind, content)?;
            }
            // The refs last: what they name is there then.
            let set = all.refs.iter().map(|(name, id)| (format!("{prefix}{name}"), Some(id.as_str())));
            self.set_all(&set.collect::<Vec<_>>())?;
            return Ok(all.refs.clone());
        }
        let call = self.call("fetch").args(["--quiet", "--no-tags", "--no-write-fetch-head", "--"]);
        call.args([other.path()]).args([format!("+{REFS}*:{prefix}*")]).run()?;
        self.refs(prefix)
    }

    /// Gives each ref, whole, what it becomes; `None` removes it.
    pub(crate) fn set_all(&self, refs: &[(String, Option<&str>)]) -> Result<(), RoomError> {
        if refs.is_empty() {
            return Ok(());
        }
        let lines = refs.iter().map(|(name, id)| match id {
            Some(id) => format!("update {name} {id}\n"),
            None => format!("delete {name}\n"),
        });
        Ok(self.call("update-ref").args(["--stdin"]).input(lines.collect::<String>()).run()?)
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
        self.add("blob", content)
    }

    /// Writes the content of the file at `path`, of any size; its name.
    pub(crate) fn write_file(&self, path: &Path) -> Result<String, RoomError> {
        self.written.replace(None);
        let call = self.call("hash-object").args(["-w", "--no-filters", "--"]).args([path]);
        Ok(call.line()?)
    }

    /// Writes a tree of files, which are in the order of their names; its name.
    pub(crate) fn write_tree(&self, files: &[(&str, String)]) -> Result<String, RoomError> {
        let mut content = Vec::new();
        for (name, id) in files {
            content.extend_from_slice(format!("100644 {name}\0").as_bytes());
            let id = gix_hash::ObjectId::from_hex(id.as_bytes());
            content.extend_from_slice(id.map_err(|_| RoomError::Odd("git names a file oddly"))?.as_slice());
        }
        self.add("tree", &content)
    }

    /// Writes a commit that is signed already; its name.
    pub(crate) fn write_commit(&self, bytes: &[u8]) -> Result<String, RoomError> {
        self.add("commit", bytes)
    }

    fn add(&self, kind: &'static str, content: &[u8]) -> Result<String, RoomError> {
        let is_durable = matches!(self.home, Home::Kept(_));
        let id = objects::write(&self.path().join("objects"), self.format, kind, content, is_durable)?;
        if let Some(all) = self.written.borrow_mut().as_mut() {
            all.objects.push((kind, content.to_owned()));
        }
        Ok(id)
    }

    /// Gives the commit `id` a ref, whose name is `name` behind [`REFS`].
    pub(crate) fn set_ref(&self, name: &str, id: &str) -> Result<(), RoomError> {
        if let Some(all) = self.written.borrow_mut().as_mut() {
            all.refs.push((name.to_owned(), id.to_owned()));
        }
        let name = format!("{REFS}{name}");
        match (&self.home, Path::new(&name).parent().zip(Path::new(&name).file_name())) {
            // Only this process knows of it, so it needs no lock.
            (Home::Scratch(_), Some((parent, last))) => {
                let dir = Dir::create_path_unsynced(&self.path().join(parent))?;
                Ok(dir.put(last, format!("{id}\n").as_bytes())?)
            }
            _ => self.set(&name, Some(id)),
        }
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
        self.written.replace(None);
        self.call("bundle").args(["unbundle"]).args([path]).run()?;
        Ok(refs)
    }

    /// The bytes of the commit `id`, at most 16 kB.
    pub(crate) fn commit(&self, id: &str) -> Result<Vec<u8>, RoomError> {
        self.bytes(id, "commit", 16 << 10)
    }

    /// The files in the tree `id`. Anything else in it is an error.
    pub(crate) fn entries(&self, id: &str) -> Result<Vec<Entry>, RoomError> {
        const ODD: RoomError = RoomError::Odd("it has something else in it than the files of a letter");
        let bytes = self.bytes(id, "tree", 1 << 16)?;
        let (mut entries, mut rest) = (Vec::new(), &bytes[..]);
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(ODD)?;
            let line = std::str::from_utf8(&rest[..end]).map_err(|_| ODD)?;
            let name = line.strip_prefix("100644 ").ok_or(ODD)?.to_owned();
            let (id, more) = rest[end + 1..].split_at_checked(self.format.len_in_bytes()).ok_or(ODD)?;
            let id = gix_hash::ObjectId::try_from(id).map_err(|_| ODD)?.to_string();
            entries.push(Entry { name, id });
            rest = more;
        }
        if entries.len() > MAX_ENTRIES { Err(ODD) } else { Ok(entries) }
    }

    /// The content of a file, where it has at most `limit` bytes.
    pub(crate) fn read(&self, entry: &Entry, limit: u64) -> Result<Vec<u8>, RoomError> {
        self.bytes(&entry.id, "blob", limit)
    }

    /// The content of a file goes to `file`, where it has at most `limit` bytes; how many it has.
    pub(crate) fn read_into(&self, entry: &Entry, mut file: File, limit: u64) -> Result<u64, RoomError> {
        self.object(&entry.id, "blob", limit, |content| std::io::copy(content, &mut file))
    }

    fn bytes(&self, id: &str, kind: &str, limit: u64) -> Result<Vec<u8>, RoomError> {
        let mut bytes = Vec::new();
        self.object(id, kind, limit, |content| content.read_to_end(&mut bytes).map(|count| count as u64))?;
        Ok(bytes)
    }

    /// Has `take` read the object `id` of the kind `kind`, where it has at most `limit` bytes; how many it has. One git reads all
    /// that a command looks at: of twenty letters it would be a hundred otherwise.
    fn object(
        &self,
        id: &str,
        kind: &str,
        limit: u64,
        take: impl FnOnce(&mut dyn Read) -> std::io::Result<u64>,
    ) -> Result<u64, RoomError> {
        let failed = |message: String| GitError::Failed { verb: "cat-file".to_owned(), code: None, message };
        if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(failed(format!("{id:?} names no object")).into());
        }
        let mut known = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not put back ends: it is in the middle of an answer.
        let mut reader = match known.take() {
            Some(reader) => reader,
            None => self.call("cat-file").args(["--batch"]).start()?,
        };
        let answer = reader.ask(id)?;
        let fields: Vec<_> = answer.split(' ').collect();
        let [_, found, size] = fields[..] else {
            *known = Some(reader);
            return Err(failed(answer).into());
        };
        let size: u64 = size.parse().map_err(|_| failed(answer.clone()))?;
        if found != kind {
            return Err(RoomError::Odd(match kind {
                "commit" => "it is not a commit",
                "tree" => "what should be a tree in it is none",
                _ => "what should be a file in it is none",
            }));
        }
        if size > limit {
            return Err(RoomError::Odd("a file in it is larger than any letter has it"));
        }
        // The answer ends in a line of its own.
        let taken = take(&mut reader.rest().take(size));
        let mut end = [0];
        let is_whole = taken.as_ref().is_ok_and(|count| *count == size);
        if !is_whole || reader.rest().read_exact(&mut end).is_err() || end != *b"\n" {
            return Err(match taken {
                Err(source) => GitError::Run { verb: "cat-file".to_owned(), source }.into(),
                Ok(_) => reader.failure().into(),
            });
        }
        *known = Some(reader);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use handoff_process::Environment;

    use super::*;

    #[test]
    fn what_is_written_without_git_is_what_git_itself_writes_and_is_copied_with_its_refs() {
        let git = Git::find(&Environment::read()).unwrap();
        let place = tempfile::tempdir().unwrap();
        for format in ["sha1", "sha256"] {
            let scratch = Room::scratch(git.clone(), format).unwrap();
            let large = vec![b'x'; 1 << 20];
            let files = ["", "# A handoff\n", std::str::from_utf8(&large).unwrap()].map(str::as_bytes);
            let ids = files.map(|file| scratch.write(file).unwrap());
            for (content, id) in files.iter().zip(&ids) {
                let call = scratch.call("hash-object").args(["--stdin"]);
                assert_eq!(call.input(*content).line().unwrap(), *id);
            }
            let [empty, handoff, large] = ids;
            let tree = scratch.write_tree(&[("a", empty), ("b.md", handoff.clone()), ("c", large)]).unwrap();
            let who = "Ann <ann@acme.io> 1750000000 +0000";
            let commit = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nletter\n");
            let commit = scratch.write_commit(commit.as_bytes()).unwrap();
            scratch.set_ref("mailbox/letter", &commit).unwrap();
            let kept = Room::kept(git.clone(), &place.path().join(format), format).unwrap();
            let copied = kept.copy_from(&scratch, "refs/ours/x/").unwrap();
            assert_eq!(copied, [("mailbox/letter".to_owned(), commit.clone())]);
            assert_eq!(kept.refs("refs/ours/x/").unwrap(), copied);
            for room in [&scratch, &kept] {
                room.call("fsck").args(["--strict", "--no-dangling"]).run().unwrap();
                let entries = room.entries(&tree).unwrap();
                assert_eq!(room.read(&entries[1], 100).unwrap(), b"# A handoff\n");
            }
            // A file of any size is not kept in mind, and comes along all the same.
            let path = place.path().join("file");
            Dir::create(place.path()).unwrap().put("file", b"work").unwrap();
            let file = scratch.write_file(&path).unwrap();
            let tree = scratch.write_tree(&[("file", file)]).unwrap();
            let commit = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nwork\n");
            let parcel = scratch.write_commit(commit.as_bytes()).unwrap();
            scratch.set_ref("parcel/letter", &parcel).unwrap();
            let mut copied = kept.copy_from(&scratch, "refs/ours/y/").unwrap();
            copied.sort();
            let names =
                [("mailbox/letter".to_owned(), copied[0].1.clone()), ("parcel/letter".to_owned(), parcel)];
            assert_eq!(copied, names);
            kept.call("fsck").args(["--strict", "--no-dangling"]).run().unwrap();
        }
    }
}
