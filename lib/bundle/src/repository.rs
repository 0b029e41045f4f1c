//! The repository as it is, and a scratch one beside it in which patches are made and tried.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Kind};
use serde::{Deserialize, Serialize};

use crate::error::BundleError;
use crate::git::{Call, Git, odd};
use crate::path::{TreePath, quoted};

/// The content size, in bytes, from which on a file is carried as a literal that is never held in memory. Smaller ones
/// are left to git's own diff.
pub(crate) const LARGE: u64 = 1 << 20;

/// Something that git is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// `git merge` with conflicts, or not yet committed.
    Merge,
    /// `git rebase`.
    Rebase,
    /// `git am`.
    Am,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git bisect`.
    Bisect,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::Am => "git am",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Bisect => "bisect",
        })
    }
}

/// A worktree and the repository behind it.
#[derive(Debug)]
pub(crate) struct Repository<'g> {
    pub(crate) git: &'g Git,
    /// The worktree's top, canonical.
    pub(crate) top: PathBuf,
    /// This worktree's own git directory: index, HEAD and what is in progress.
    pub(crate) git_dir: Dir,
    /// Where the objects are.
    objects: PathBuf,
    pub(crate) format: gix_hash::Kind,
    /// Directories of this program that no capture reads and no apply writes.
    pub(crate) left_out: Vec<TreePath>,
    /// Whether its file system tells names apart by their case.
    pub(crate) knows_case: bool,
    /// Where new objects go while there is a scratch repository. Some of git's commands that only read write trees all the
    /// same, as when they expand a sparse index.
    shield: RefCell<Option<PathBuf>>,
}

impl<'g> Repository<'g> {
    pub(crate) fn open(git: &'g Git, top: &Path) -> Result<Self, BundleError> {
        let top = handoff_files::canonical(top);
        let call = git.real(&top, "rev-parse", &[]).args([
            "--is-bare-repository",
            "--is-inside-work-tree",
            "--show-object-format",
            "--show-prefix",
            // Last, since a path may have a line end in it.
            "--absolute-git-dir",
        ]);
        let (said, _) = call.output(Vec::new(), 1 << 20)?;
        let mut lines = said.splitn(5, |byte| *byte == b'\n');
        let mut line = || lines.next().ok_or_else(|| odd("rev-parse", "too few lines"));
        let (bare, inside, format, prefix, git_dir) = (line()?, line()?, line()?, line()?, line()?);
        if bare == b"true" {
            return Err(BundleError::Bare(top));
        }
        if inside != b"true" || !prefix.is_empty() {
            return Err(BundleError::NotTop(top));
        }
        let format = match format {
            b"sha1" => gix_hash::Kind::Sha1,
            b"sha256" => gix_hash::Kind::Sha256,
            _ => return Err(odd("rev-parse", "an object format that is not known")),
        };
        let git_dir = PathBuf::from(OsStr::from_bytes(git_dir.strip_suffix(b"\n").unwrap_or(git_dir)));
        let git_dir =
            Dir::open(&git_dir)?.ok_or_else(|| odd("rev-parse", "a git directory that is not there"))?;
        let objects = common(&git_dir)?.join("objects");
        let knows_case = git_dir.kind_of("HEAD")?.is_some() && git_dir.kind_of("hEAD")?.is_none();
        Ok(Self {
            git,
            top,
            git_dir,
            objects,
            format,
            knows_case,
            left_out: Vec::new(),
            shield: RefCell::default(),
        })
    }

    /// Whether `path` is in a directory that is left out.
    pub(crate) fn is_left_out(&self, path: &TreePath) -> bool {
        self.left_out.iter().any(|directory| path.is_within(directory.as_bytes()))
    }

    /// What has to be written to for another index, and cannot be: the git directory, the objects.
    pub(crate) fn not_writable(&self) -> Result<Vec<PathBuf>, BundleError> {
        let objects = Dir::open(&self.objects)?;
        let both = objects.iter().chain([&self.git_dir]);
        Ok(both.filter(|dir| dir.check_writable().is_err()).map(|dir| dir.path().to_owned()).collect())
    }

    /// A command that reads the real worktree. Where the file system tells `a` and `A` apart git has to as well, whatever
    /// its configuration says: else it takes a file for another that is gone.
    pub(crate) fn call(&self, verb: &str) -> Call {
        let settings: &[&str] = if self.knows_case { &["core.ignorecase=false"] } else { &[] };
        let call = self.git.real(&self.top, verb, settings);
        match &*self.shield.borrow() {
            Some(shield) => call.objects(shield),
            None => call,
        }
    }

    /// Whether what is at `top` is a worktree of this repository: another repository may have come to where one was.
    pub(crate) fn is_linked_from(&self, top: &Path) -> bool {
        let read = || -> Option<Vec<u8>> {
            let mut file = Dir::open(top).ok()??.open_to_read(".git").ok()?;
            file.read(1 << 16).ok()
        };
        let link = read().unwrap_or_default();
        let Some(git_dir) = link.trim_ascii_end().strip_prefix(b"gitdir: ") else { return false };
        let worktrees = self.objects.with_file_name("worktrees");
        handoff_files::canonical(&top.join(OsStr::from_bytes(git_dir)))
            .starts_with(handoff_files::canonical(&worktrees))
    }

    /// What is in progress.
    pub(crate) fn progress(&self) -> Result<Vec<Progress>, BundleError> {
        let mut found = Vec::new();
        for (name, progress) in [
            ("MERGE_HEAD", Progress::Merge),
            ("rebase-merge", Progress::Rebase),
            ("CHERRY_PICK_HEAD", Progress::CherryPick),
            ("REVERT_HEAD", Progress::Revert),
            ("BISECT_LOG", Progress::Bisect),
        ] {
            if self.git_dir.kind_of(name)?.is_some() {
                found.push(progress);
            }
        }
        if let Ok(Some(apply)) = self.git_dir.child("rebase-apply") {
            let am = apply.kind_of("applying")?.is_some();
            found.push(if am { Progress::Am } else { Progress::Rebase });
        }
        Ok(found)
    }

    /// The tree without anything in it, which every repository knows.
    pub(crate) fn empty_tree(&self) -> String {
        gix_hash::ObjectId::empty_tree(self.format).to_string()
    }

    pub(crate) fn format_name(&self) -> &'static str {
        match self.format {
            gix_hash::Kind::Sha1 => "sha1",
            _ => "sha256",
        }
    }

    /// A hasher to which it was announced that a blob of `size` bytes follows.
    pub(crate) fn blob_hasher(&self, size: u64) -> gix_hash::Hasher {
        let mut hasher = gix_hash::hasher(self.format);
        hasher.update(format!("blob {size}\0").as_bytes());
        hasher
    }

    /// `error`, or that git's index is broken, if it is: that is why git failed then, whatever it says.
    pub(crate) fn explain(&self, error: BundleError) -> BundleError {
        match self.has_whole_index() {
            Ok(false) => {
                BundleError::BrokenIndex { index: self.git_dir.path_of("index"), top: self.top.clone() }
            }
            _ => error,
        }
    }

    /// Whether the index has the checksum at its end that git put there, or none, or is not there.
    fn has_whole_index(&self) -> Result<bool, BundleError> {
        let mut file = match self.git_dir.open_to_read("index") {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        let path = file.path().to_owned();
        let failed = || FileError::new("read", &path);
        let Some(size) = file.size().checked_sub(self.format.len_in_bytes() as u64) else { return Ok(false) };
        let mut hasher = gix_hash::hasher(self.format);
        let mut content = file.stream().take(size);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = content.read(&mut buffer).map_err(failed())?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
        }
        let mut checksum = vec![0; self.format.len_in_bytes()];
        file.stream().read_exact(&mut checksum).map_err(failed())?;
        let checksum = crate::path::hex(&checksum);
        // With `index.skipHash` git leaves it at zero.
        Ok(finish(hasher)? == checksum || checksum.bytes().all(|digit| digit == b'0'))
    }

    /// Whether the commit with this whole name is here.
    pub(crate) fn has_commit(&self, id: &str) -> Result<bool, BundleError> {
        let call = self.call("cat-file").args(["-t", id]).accept(128);
        let (said, code) = call.output(Vec::new(), 1 << 10)?;
        Ok(code == 0 && said == b"commit\n")
    }

    /// The name of a blob.
    pub(crate) fn blob(&self, content: &[u8]) -> Result<String, BundleError> {
        let mut hasher = self.blob_hasher(content.len() as u64);
        hasher.update(content);
        finish(hasher)
    }
}

pub(crate) fn finish(hasher: gix_hash::Hasher) -> Result<String, BundleError> {
    match hasher.try_finalize() {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err(odd("hash-object", "the content is made to collide with another")),
    }
}

/// The directory that all worktrees of the repository share.
fn common(git_dir: &Dir) -> Result<PathBuf, BundleError> {
    match git_dir.open_to_read("commondir") {
        Ok(mut file) => {
            let text = file.read(1 << 16)?;
            let text = text.strip_suffix(b"\n").unwrap_or(&text);
            Ok(handoff_files::canonical(&git_dir.path().join(OsStr::from_bytes(text))))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(git_dir.path().to_owned()),
        Err(error) => Err(error.into()),
    }
}

/// A repository of our own: it borrows the real one's objects, writes new ones to itself, and knows neither filters nor
/// configuration.
#[derive(Debug)]
pub(crate) struct Scratch<'r> {
    repository: &'r Repository<'r>,
    dir: Dir,
    git_dir: PathBuf,
    tree: PathBuf,
}

/// With `info/attributes`, which outranks every other source, no file's content is converted on its way, and each is
/// compared by its bytes.
const ATTRIBUTES: &str = "* -text -filter -ident !eol !crlf !working-tree-encoding !diff !merge !whitespace !conflict-marker-size\n";

const CONFIG: &str = "\
[core]
\tbare = false
\tfilemode = true
\tsymlinks = true
\tignorecase = false
\tprecomposeunicode = false
\tautocrlf = false
\tsafecrlf = false
\tprotectHFS = true
\tprotectNTFS = true
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\thooksPath = /dev/null
\tfsmonitor = false
\tfsync = none
\tuntrackedCache = false
\tsplitIndex = false
\tlooseCompression = 1
\tbigFileThreshold = 1m
\tpackedGitWindowSize = 16m
\tpackedGitLimit = 32m
\tdeltaBaseCacheLimit = 16m
[pack]
\tcompression = 1
\tthreads = 1
[fastimport]
\tunpackLimit = 1
[merge]
\trenames = false
\tdirectoryRenames = false
[apply]
\twhitespace = nowarn
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

impl<'r> Scratch<'r> {
    /// Makes it in `dir`, which should be empty.
    pub(crate) fn new(repository: &'r Repository<'r>, dir: Dir) -> Result<Self, BundleError> {
        // Nothing of it has to outlive a power loss, so none of it waits for the disk.
        let git = dir.make_child("git", 0o700)?;
        let (objects, refs) = (git.make_child("objects", 0o700)?, git.make_child("refs", 0o700)?);
        let (info, attributes) = (objects.make_child("info", 0o700)?, git.make_child("info", 0o700)?);
        objects.make_child("pack", 0o700)?;
        refs.make_child("heads", 0o700)?;
        dir.make_child("tree", 0o700)?;
        let extension = match repository.format {
            gix_hash::Kind::Sha1 => "\trepositoryformatversion = 0\n",
            _ => "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n",
        };
        let mut alternate = quoted(b"", repository.objects.as_os_str().as_bytes());
        // A leading "#" would be a comment; an absolute path has none.
        alternate.push(b'\n');
        write(&git, "HEAD", b"ref: refs/heads/none\n")?;
        write(&git, "config", format!("{CONFIG}[core]\n{extension}").as_bytes())?;
        write(&attributes, "attributes", ATTRIBUTES.as_bytes())?;
        write(&info, "alternates", &alternate)?;
        // A split index names the file with the rest of it, which is looked for in the git directory.
        for entry in repository.git_dir.entries()? {
            if entry.kind == Kind::File && entry.name.as_bytes().starts_with(b"sharedindex.") {
                copy(&repository.git_dir, &entry.name, &git, &entry.name)?;
            }
        }
        let (git_dir, tree) = (git.path().to_owned(), dir.path_of("tree"));
        repository.shield.replace(Some(git.path_of("objects")));
        Ok(Self { repository, dir, git_dir, tree })
    }

    /// A command in it, with the index `index`.
    pub(crate) fn call(&self, index: &str, verb: &str) -> Call {
        self.repository.git.scratch(&self.git_dir, &self.dir.path_of(index), &self.tree, verb)
    }

    /// The same, but what it writes goes among the objects of the real repository.
    pub(crate) fn keep(&self, verb: &str) -> Call {
        self.repository
            .git
            .scratch(&self.git_dir, &self.dir.path_of("index"), &self.tree, verb)
            .objects(&self.repository.objects)
            .durable()
    }

    /// Copies the real index to `name`; false when there is none.
    pub(crate) fn copy_index(&self, name: &str) -> Result<bool, BundleError> {
        copy(&self.repository.git_dir, OsStr::new("index"), &self.dir, OsStr::new(name))
    }

    /// The directory that it is in.
    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Sets entries of `index`: each a mode, a blob and a path; without them the entry goes.
    pub(crate) fn set_entries<'e>(
        &self,
        index: &str,
        entries: impl IntoIterator<Item = (&'e [u8], Option<(&'e str, &'e str)>)>,
    ) -> Result<(), BundleError> {
        let null = self.repository.format.null().to_string();
        let (mut gone, mut set) = (Vec::new(), Vec::new());
        for (path, entry) in entries {
            let (target, mode, blob) = match entry {
                Some((mode, blob)) => (&mut set, mode, blob),
                None => (&mut gone, "0", null.as_str()),
            };
            target.extend_from_slice(format!("{mode} {blob}\t").as_bytes());
            target.extend_from_slice(path);
            target.push(0);
        }
        if gone.is_empty() && set.is_empty() {
            return Ok(());
        }
        // What goes makes place for what comes: a file where a directory was.
        gone.extend_from_slice(&set);
        self.call(index, "update-index").args(["-z", "--index-info"]).feed(|stdin| {
            stdin.write_all(&gone).map_err(crate::git::failed("update-index"))?;
            Ok(())
        })
    }

    /// The sizes of blobs, in order; None for one that is not here.
    pub(crate) fn sizes(&self, blobs: &[&str]) -> Result<Vec<Option<u64>>, BundleError> {
        if blobs.is_empty() {
            return Ok(Vec::new());
        }
        let input = blobs.iter().flat_map(|blob| [blob.as_bytes(), b"\n"]).flatten().copied().collect();
        let call = self.call("index", "cat-file").arg("--batch-check=%(objectsize)");
        let (said, _) = call.output(input, 100 * (blobs.len() as u64 + 1))?;
        let sizes: Vec<_> = String::from_utf8_lossy(&said).lines().map(|line| line.parse().ok()).collect();
        if sizes.len() == blobs.len() {
            Ok(sizes)
        } else {
            Err(odd("cat-file", "not one line for each blob"))
        }
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        self.repository.shield.replace(None);
    }
}

pub(crate) fn write(dir: &Dir, name: &str, content: &[u8]) -> Result<(), BundleError> {
    let file = dir.create_new(name)?.ok_or_else(|| taken(dir, name))?;
    file.into_file().write_all(content).map_err(FileError::new("write", &dir.path_of(name)))?;
    Ok(())
}

pub(crate) fn taken(dir: &Dir, name: impl AsRef<OsStr>) -> FileError {
    FileError::new("create", &dir.path_of(name))(std::io::Error::from(std::io::ErrorKind::AlreadyExists))
}

/// Copies a file of any size; false when there is none.
pub(crate) fn copy(from: &Dir, name: &OsStr, to: &Dir, new: &OsStr) -> Result<bool, BundleError> {
    let mut source = match from.open_to_read(name) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let mut target = to.create_new(new)?.ok_or_else(|| taken(to, new))?;
    std::io::copy(source.stream(), target.stream()).map_err(FileError::new("copy", &from.path_of(name)))?;
    Ok(true)
}

/// Asks the file system of `dir` whether two names are one file. Where it does not take the first, they count as one: it
/// could not have both.
pub(crate) fn is_one(dir: &Dir, one: &[u8], other: &[u8]) -> bool {
    const PLACE: &str = "names";
    let ask = || -> Result<bool, FileError> {
        dir.remove_all(PLACE)?;
        let place = dir.make_child(PLACE, 0o700)?;
        place.create_new(os(one))?;
        let found = place.kind_of(os(other))?.is_some();
        dir.remove_all(PLACE)?;
        Ok(found)
    };
    ask().unwrap_or(true)
}

/// An owned name of raw bytes.
pub(crate) fn os(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_owned())
}
