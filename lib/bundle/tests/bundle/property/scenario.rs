//! Random repositories: what they are committed as, and what is done to them then.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A path below a worktree's top.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name(pub(super) Vec<u8>);

impl Name {
    pub(super) fn path(&self) -> PathBuf {
        OsString::from_vec(self.0.clone()).into()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// A file's bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Content(pub(super) Vec<u8>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            0..=120 => write!(f, "b\"{}\"", self.0.escape_ascii()),
            length => write!(f, "b\"{}\"… ({length} bytes)", self.0[..40].escape_ascii()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    File(Content, u32),
    Link(Name),
}

/// Where a step happens.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    /// At this path, whether something is there or not.
    At(Name),
    /// At one of the files that are there, counted round.
    There(usize),
}

/// A line of the configuration: a section's heading and a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting(pub(super) &'static str, pub(super) &'static str);

/// What becomes of the submodule `sub`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sub {
    Edited,
    Untracked,
    Moved,
    Broken,
    Removed,
    Replaced,
}

/// Something that a user, an editor or another program does in the worktree.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Write(Spot, Content),
    Append(Spot, Content),
    /// Line feeds become CR LF, or the reverse.
    OtherLineEnds(Spot),
    Remove(Spot),
    /// The directory that a file is in goes, with all that is in it.
    RemoveDirectory(Spot),
    Link(Spot, Name),
    Chmod(Spot, u32),
    Rename(Spot, Name),
    /// One component of the path changes its case.
    Recase(Spot, usize),
    /// One component of the path changes its Unicode composition.
    Recompose(Spot, usize),
    Pipe(Name),
    /// Another repository; with a commit or without.
    Nested(Name, bool),
    /// Another worktree of this repository, inside of it.
    Worktree(Name),
    Submodule(Sub),
    /// Another program appends to a file all the time.
    Grow(Spot),
    /// Only here, not where the work is applied.
    Configure(Setting),
    AddAll,
    AddUpdate,
    Add(Spot),
    Promise(Spot),
    Forget(Spot),
    /// The index has another content than HEAD and the working tree.
    StageOther(Spot, Content),
    AssumeUnchanged(Spot),
    SkipWorktree(Spot),
    /// A sparse checkout leaves out the directory or file at the top that the spot is in.
    Sparse(Spot, bool),
    /// The index has these of the three versions of a conflict: bits 0 to 2.
    Conflict(Spot, u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A copy of the repository, made before the steps.
    Copy,
    /// Another worktree of the same repository.
    Worktree,
}

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) sha256: bool,
    /// Whether there is a commit.
    pub(super) born: bool,
    pub(super) target: Target,
    pub(super) settings: Vec<Setting>,
    /// Lines of the committed `.gitattributes`.
    pub(super) attributes: Vec<&'static str>,
    pub(super) submodule: bool,
    pub(super) base: Vec<(Name, Node)>,
    pub(super) steps: Vec<Step>,
    /// Whether `git stash` is asked too what it would take.
    pub(super) stash: bool,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            sha256: false,
            born: true,
            target: Target::Copy,
            settings: Vec::new(),
            attributes: Vec::new(),
            submodule: false,
            base: Vec::new(),
            steps: Vec::new(),
            stash: false,
        }
    }
}

const PARTS: [&[u8]; 44] = [
    b"a",
    b"a",
    b"a",
    b"b",
    b"b",
    b"A",
    b"B",
    b"c.txt",
    b"c.txt",
    b"C.txt",
    b"C.TXT",
    b"x.crlf",
    b"x.CRLF",
    b"r.rot",
    b"u.up",
    b"w.wide",
    b"i.id",
    b"-f",
    b"--",
    b"n\nl",
    b"\xfe",
    b"\xe9",
    b"\xe8",
    b"\"q\"",
    "é".as_bytes(),
    "e\u{301}".as_bytes(),
    "É".as_bytes(),
    b"x2",
    "x²".as_bytes(),
    "ß".as_bytes(),
    b"ss",
    "\u{212a}".as_bytes(),
    b"k",
    b"tab\t",
    b"\\",
    b" sp ",
    b"*",
    b"[a]",
    b":(top)",
    b"x.ign",
    b"ign",
    b"sub",
    b"h#",
    b"!n",
];

pub(super) const SETTINGS: [Setting; 34] = [
    Setting("core", "autocrlf = true"),
    Setting("core", "autocrlf = input"),
    Setting("core", "eol = crlf"),
    Setting("core", "fileMode = false"),
    Setting("core", "ignoreCase = true"),
    Setting("core", "precomposeUnicode = true"),
    Setting("core", "symlinks = false"),
    Setting("core", "safecrlf = true"),
    Setting("core", "splitIndex = true"),
    Setting("core", "untrackedCache = true"),
    Setting("core", "checkStat = minimal"),
    Setting("core", "trustctime = false"),
    Setting("core", "quotePath = false"),
    Setting("core", "bigFileThreshold = 10"),
    Setting("core", "preloadIndex = false"),
    Setting("core", "ignoreStat = true"),
    Setting("core", "sparseCheckout = true"),
    Setting("index", "version = 4"),
    Setting("index", "sparse = true"),
    Setting("index", "skipHash = true"),
    Setting("feature", "manyFiles = true"),
    Setting("status", "renames = copies"),
    Setting("status", "relativePaths = true"),
    Setting("status", "showUntrackedFiles = normal"),
    Setting("status", "showUntrackedFiles = no"),
    Setting("status", "branch = true"),
    Setting("diff", "noprefix = true"),
    Setting("diff", "external = false"),
    Setting("diff", "ignoreSubmodules = all"),
    Setting("diff", "renames = copies"),
    Setting("submodule", "recurse = true"),
    Setting("apply", "whitespace = fix"),
    Setting("color", "ui = always"),
    // Its program is missing.
    Setting("filter \"rot\"", "clean = no-such-program\n\trequired = true"),
];

const ATTRIBUTES: [&str; 17] = [
    "* text=auto",
    "*.txt text",
    "*.crlf text eol=crlf",
    "*.CRLF text eol=lf",
    "*.txt text=auto eol=crlf",
    "*.rot filter=rot",
    "*.up filter=up",
    "*.txt filter=up",
    "*.wide text working-tree-encoding=UTF-16",
    "*.txt text working-tree-encoding=UTF-16LE eol=crlf",
    "*.id ident",
    "a ident",
    "* -diff",
    "* merge=union whitespace=trailing-space",
    "b binary",
    "* eol=crlf",
    "c.txt filter=none-such",
];

fn name() -> impl Strategy<Value = Name> {
    let part = || select(PARTS.to_vec());
    prop_oneof![
        6 => part().prop_map(|part| Name(part.to_vec())),
        5 => vec(part(), 2..4).prop_map(|parts| Name(parts.join(&b'/'))),
        1 => (1_usize..30, part()).prop_map(|(depth, part)| Name([&b"a/".repeat(depth)[..], part].concat())),
        1 => part().prop_map(|part| Name([&[b'l'; 240][..], b"/", part].concat())),
        1 => select(vec![&b".gitattributes"[..], b".gitignore", b"a/.gitattributes", b".gitmodules", b"b/.gitignore"])
            .prop_map(|name| Name(name.to_vec())),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let lines: [&[u8]; 16] = [
        b"line\n",
        b"line\n",
        b"other\n",
        b"crlf\r\n",
        b"-- \n",
        b"@@ -1 +1 @@\n",
        b"\n",
        b"diff --git a/x b/x\n",
        b"\0\xff",
        b"end",
        b"\\ No newline at end of file\n",
        b"+++ b/y\n",
        b"$Id$\n",
        b"$Id: 0123 $\n",
        b"cr\r",
        "\u{feff}é\n".as_bytes(),
    ];
    let wide = |text: String| {
        Content([vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat())
    };
    prop_oneof![
        12 => vec(select(lines.to_vec()), 0..8).prop_map(|lines| Content(lines.concat())),
        4 => vec(select(vec![&b"one\n"[..], b"two\n", b"three\n"]), 0..60).prop_map(|lines| Content(lines.concat())),
        2 => "[a-z\n]{0,12}".prop_map(wide),
        2 => select(ATTRIBUTES.to_vec()).prop_map(|line| Content(format!("{line}\n").into_bytes())),
        2 => select(vec![&b"*.ign\n"[..], b"a\n", b"*\n", b"!*\n", b"b/\n"]).prop_map(|line| Content(line.to_vec())),
        1 => vec(any::<u8>(), 0..300).prop_map(Content),
        1 => (any::<u8>(), 0_usize..4).prop_map(|(byte, more)| Content(vec![byte; (1 << 20) - 1 + more])),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    prop_oneof![
        8 => (content(), select(vec![0o644, 0o644, 0o644, 0o755]))
            .prop_map(|(content, mode)| Node::File(content, mode)),
        1 => name().prop_map(Node::Link),
    ]
}

fn spot() -> impl Strategy<Value = Spot> {
    prop_oneof![2 => name().prop_map(Spot::At), 5 => any::<usize>().prop_map(Spot::There)]
}

fn setting() -> impl Strategy<Value = Setting> {
    select(SETTINGS.to_vec())
}

fn files() -> impl Strategy<Value = Step> {
    let modes = vec![0o644, 0o755, 0o755, 0o600, 0o444, 0o700, 0o654, 0o711];
    prop_oneof![
        8 => (spot(), content()).prop_map(|(spot, content)| Step::Write(spot, content)),
        3 => (spot(), content()).prop_map(|(spot, content)| Step::Append(spot, content)),
        2 => spot().prop_map(Step::OtherLineEnds),
        3 => spot().prop_map(Step::Remove),
        1 => spot().prop_map(Step::RemoveDirectory),
        2 => (spot(), name()).prop_map(|(spot, to)| Step::Link(spot, to)),
        2 => (spot(), select(modes)).prop_map(|(spot, mode)| Step::Chmod(spot, mode)),
        2 => (spot(), name()).prop_map(|(spot, to)| Step::Rename(spot, to)),
        2 => (spot(), 0_usize..3).prop_map(|(spot, depth)| Step::Recase(spot, depth)),
        1 => (spot(), 0_usize..3).prop_map(|(spot, depth)| Step::Recompose(spot, depth)),
    ]
}

fn rare() -> impl Strategy<Value = Step> {
    let sub = vec![Sub::Edited, Sub::Untracked, Sub::Moved, Sub::Broken, Sub::Removed, Sub::Replaced];
    prop_oneof![
        1 => name().prop_map(Step::Pipe),
        2 => (name(), any::<bool>()).prop_map(|(name, commit)| Step::Nested(name, commit)),
        1 => name().prop_map(Step::Worktree),
        2 => select(sub).prop_map(Step::Submodule),
        1 => spot().prop_map(Step::Grow),
        2 => setting().prop_map(Step::Configure),
        2 => spot().prop_map(Step::AssumeUnchanged),
        2 => spot().prop_map(Step::SkipWorktree),
        2 => (spot(), any::<bool>()).prop_map(|(spot, cone)| Step::Sparse(spot, cone)),
        3 => (spot(), 1_u8..8).prop_map(|(spot, stages)| Step::Conflict(spot, stages)),
    ]
}

fn staging() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::AddAll),
        1 => Just(Step::AddUpdate),
        3 => spot().prop_map(Step::Add),
        2 => spot().prop_map(Step::Promise),
        2 => spot().prop_map(Step::Forget),
        1 => (spot(), content()).prop_map(|(spot, content)| Step::StageOther(spot, content)),
    ]
}

pub(super) fn scenario() -> impl Strategy<Value = Scenario> {
    let attributes = prop_oneof![Just(Vec::new()), vec(select(ATTRIBUTES.to_vec()), 0..4)];
    let settings = prop_oneof![Just(Vec::new()), vec(setting(), 0..3)];
    let target = prop_oneof![7 => Just(Target::Copy), 1 => Just(Target::Worktree)];
    let steps = vec(prop_oneof![6 => files(), 1 => rare(), 2 => staging()], 0..14);
    let shape = (
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.92),
        target,
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.06),
    );
    (shape, settings, attributes, vec((name(), node()), 0..10), steps).prop_map(
        |((sha256, born, target, submodule, stash), settings, attributes, base, steps)| Scenario {
            sha256,
            born,
            target: if born { target } else { Target::Copy },
            settings,
            attributes,
            submodule,
            base,
            steps,
            stash,
        },
    )
}

/// For scenarios that are written by hand.
pub(super) fn at(name: impl AsRef<[u8]>) -> Spot {
    Spot::At(Name(name.as_ref().to_owned()))
}

pub(super) fn named(name: impl AsRef<[u8]>) -> Name {
    Name(name.as_ref().to_owned())
}

pub(super) fn bytes(content: impl AsRef<[u8]>) -> Content {
    Content(content.as_ref().to_owned())
}

/// A committed file.
pub(super) fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> (Name, Node) {
    (named(name), Node::File(bytes(content), 0o644))
}

/// The path with another case in its component `depth`, counted round; None where it has none.
pub(super) fn recased(path: &[u8], depth: usize) -> Option<(Name, Name)> {
    other(path, depth, |part| {
        let flipped = |byte: &u8| {
            if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() }
        };
        part.iter().map(flipped).collect()
    })
}

/// The same for its composition.
pub(super) fn recomposed(path: &[u8], depth: usize) -> Option<(Name, Name)> {
    other(path, depth, |part| match std::str::from_utf8(part) {
        Ok(text) if text.contains('é') => text.replace('é', "e\u{301}").into_bytes(),
        Ok(text) => text.replace("e\u{301}", "é").into_bytes(),
        Err(_) => part.to_owned(),
    })
}

/// The path up to a component, as it is and changed.
fn other(path: &[u8], depth: usize, change: impl Fn(&[u8]) -> Vec<u8>) -> Option<(Name, Name)> {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let depth = depth % parts.len();
    let changed = change(parts[depth]);
    let with = |last: &[u8]| Name([&parts[..depth], &[last]].concat().join(&b'/'));
    (changed != parts[depth]).then(|| (with(parts[depth]), with(&changed)))
}

pub(super) fn os(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}
