//! Makes the repositories of a scenario, and does in one of them what its steps say.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use handoff_bundle::Reason;

use super::scenario::{Name, Node, Scenario, Setting, Spot, Step, Sub, Target, os, recased, recomposed};
use super::snapshot::{Thing, copy, files};
use crate::support::{World, pipe};

/// Where the submodule is.
const SUB: &str = "sub";

/// A world for many scenarios, one after the other.
pub(super) struct Workshop {
    pub(super) world: World,
    /// Why anything stayed behind, in all scenarios.
    pub(super) reasons: BTreeSet<Reason>,
    count: usize,
}

/// The repositories of a scenario. Removed when this is dropped.
pub(super) struct Made {
    place: PathBuf,
    /// Where the work is.
    pub(super) at: PathBuf,
    /// Where it is to be applied.
    pub(super) to: PathBuf,
    pub(super) growing: Option<Growing>,
    grows: Option<Vec<u8>>,
    /// Whether the worktrees are configured otherwise by now.
    pub(super) configured: bool,
}

/// A file that another thread appends to until this is dropped.
pub(super) struct Growing {
    pub(super) path: Vec<u8>,
    stop: Arc<AtomicBool>,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Growing {
    fn start(top: &Path, path: &[u8]) -> Option<Self> {
        let full = top.join(os(path));
        let mut file = plain(&full).and_then(|_| std::fs::OpenOptions::new().append(true).open(full).ok())?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let writer = std::thread::spawn(move || {
            // As a server logs, and not so much that memory fills up.
            for _ in 0..20_000 {
                if stopped.load(Ordering::Relaxed) || file.write_all(b"GET / 200\n").is_err() {
                    break;
                }
                std::thread::yield_now();
            }
        });
        Some(Self { path: path.to_owned(), stop, writer: Some(writer) })
    }

    pub(super) fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(writer) = self.writer.take() {
            writer.join().unwrap();
        }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(growing) = &mut self.growing {
            growing.stop();
        }
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

impl Workshop {
    pub(super) fn new() -> Self {
        let world = World::in_memory();
        let mut config =
            std::fs::OpenOptions::new().append(true).open(world.path("home/.gitconfig")).unwrap();
        config
            .write_all(
                b"[filter \"rot\"]\n\tclean = tr a-y b-z\n\tsmudge = tr b-z a-y\n[filter \"up\"]\n\tclean = tr a-z A-Z\n\
                [gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\taddEmbeddedRepo = false\n[core]\n\tfsync = none\n",
            )
            .unwrap();
        for (name, format) in [("sha1", "sha1"), ("sha256", "sha256")] {
            for kind in ["empty", "inner"] {
                let at = world.path(&format!("{name}-{kind}"));
                let format = format!("--object-format={format}");
                let init = ["init", "-q", "--template=", &format, at.to_str().unwrap()];
                world.run(world.place.path(), &init);
                if kind == "inner" {
                    std::fs::write(at.join("file"), "inner\n").unwrap();
                    world.commit(&at, "one");
                    std::fs::write(at.join("file"), "inner two\n").unwrap();
                    world.commit(&at, "two");
                }
            }
        }
        Self { world, reasons: BTreeSet::new(), count: 0 }
    }

    /// None where git does not take the scenario's commit.
    pub(super) fn make(&mut self, scenario: &Scenario) -> Option<Made> {
        self.count += 1;
        let place = self.world.path(&format!("case-{}", self.count));
        std::fs::create_dir(&place).unwrap();
        let (at, to) = (place.join("at"), place.join("to"));
        let mut made = Made { place, at, to, growing: None, grows: None, configured: false };
        copy(&self.template(scenario, "empty"), &made.at);
        for setting in &scenario.settings {
            configure(&made.at, *setting);
        }
        if scenario.born {
            self.commit(scenario, &made.at)?;
        }
        match scenario.target {
            Target::Copy => copy(&made.at, &made.to),
            Target::Worktree => {
                self.git(&made.at, &["worktree", "add", "-q", "--detach", "../to"]).then_some(())?;
            }
        }
        for step in &scenario.steps {
            self.step(scenario, &mut made, step);
        }
        made.growing = made.grows.take().and_then(|path| Growing::start(&made.at, &path));
        Some(made)
    }

    fn template(&self, scenario: &Scenario, kind: &str) -> PathBuf {
        self.world.path(&format!("{}-{kind}", if scenario.sha256 { "sha256" } else { "sha1" }))
    }

    fn commit(&self, scenario: &Scenario, at: &Path) -> Option<()> {
        let mut base = scenario.base.clone();
        if !scenario.attributes.is_empty() {
            base.push(super::scenario::file(".gitattributes", scenario.attributes.join("\n") + "\n"));
        }
        for (name, node) in &base {
            let full = clear(at, &name.0);
            match node {
                Node::File(content, mode) => {
                    std::fs::write(&full, &content.0).unwrap();
                    chmod(&full, *mode);
                }
                Node::Link(target) => drop(symlink(target.path(), &full)),
            }
        }
        if scenario.submodule {
            clear(at, SUB.as_bytes());
            copy(&self.template(scenario, "inner"), &at.join(SUB));
            clear(at, b".gitmodules");
            let text = "[submodule \"sub\"]\n\tpath = sub\n\turl = ../inner\n";
            std::fs::write(at.join(".gitmodules"), text).unwrap();
        }
        let add = ["-c", "core.safecrlf=false", "add", "-A", "-f"];
        if !self.git(at, &add) || !self.git(at, &["commit", "-q", "--allow-empty", "-m", "base"]) {
            return None;
        }
        let converts = !scenario.attributes.is_empty()
            || !scenario.settings.is_empty()
            || base.iter().any(|(name, _)| name.0.ends_with(b".gitattributes"));
        if converts {
            // Every file as git checks it out.
            for (path, _) in files(at).iter().filter(|(path, _)| !path.starts_with(b"sub/")) {
                std::fs::remove_file(at.join(os(path))).unwrap();
            }
            let out = ["checkout-index", "--all", "--force", "--index", "-q"];
            self.git(at, &out).then_some(())?;
        }
        Some(())
    }

    /// Whether git did it.
    fn git(&self, at: &Path, arguments: &[&str]) -> bool {
        self.world.try_run(at, arguments)
    }

    fn git_at(&self, at: &Path, arguments: &[&str], path: &[u8]) {
        let mut command = self.world.command(at);
        command.arg("--literal-pathspecs").args(arguments).arg("--").arg(os(path));
        // Some are nonsense, and git says so.
        let _ = command.stderr(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    }

    fn step(&self, scenario: &Scenario, made: &mut Made, step: &Step) {
        let at = made.at.clone();
        let of = |spot: &Spot| resolve(&at, spot);
        match step {
            // Git itself waits for ever where it reads its own settings from a pipe.
            Step::Pipe(name) if !name.0.windows(4).any(|part| part == b".git") => pipe(&clear(&at, &name.0)),
            Step::Nested(name, commit) => {
                let from = self.template(scenario, if *commit { "inner" } else { "empty" });
                copy(&from, &clear(&at, &name.0));
            }
            Step::Worktree(name) if scenario.born => {
                clear(&at, &name.0);
                self.git_at(&at, &["worktree", "add", "-q", "--detach"], &name.0);
            }
            Step::Submodule(sub) if scenario.submodule && scenario.born => self.submodule(&at, *sub),
            Step::Grow(spot) => made.grows = Some(of(spot)),
            Step::Configure(setting) => {
                configure(&at, *setting);
                made.configured = true;
            }
            Step::AddAll => drop(self.git(&at, &["add", "-A"])),
            Step::AddUpdate => drop(self.git(&at, &["add", "-u"])),
            Step::Add(spot) => self.git_at(&at, &["add", "-A"], &of(spot)),
            Step::Promise(spot) => self.git_at(&at, &["add", "--intent-to-add"], &of(spot)),
            Step::Forget(spot) => self.git_at(&at, &["rm", "-rq", "--cached", "--ignore-unmatch"], &of(spot)),
            Step::StageOther(spot, content) => {
                let full = at.join(os(&of(spot)));
                if let Some(kept) = plain(&full) {
                    std::fs::write(&full, &content.0).unwrap();
                    self.git_at(&at, &["add"], &of(spot));
                    std::fs::write(&full, kept).unwrap();
                }
            }
            Step::AssumeUnchanged(spot) => self.flag(&at, "--assume-unchanged", &of(spot)),
            Step::SkipWorktree(spot) => self.flag(&at, "--skip-worktree", &of(spot)),
            Step::Sparse(spot, cone) => self.sparse(&at, &of(spot), *cone),
            Step::Conflict(spot, stages) => self.conflict(&at, &of(spot), *stages),
            other => change(&at, other),
        }
    }

    fn flag(&self, at: &Path, flag: &str, path: &[u8]) {
        self.git_at(at, &["update-index", flag], path);
    }

    fn sparse(&self, at: &Path, path: &[u8], cone: bool) {
        let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
        let Ok(first) = std::str::from_utf8(first) else { return };
        if cone {
            self.git(at, &["sparse-checkout", "set", "--cone", "--end-of-options", first]);
        } else {
            let out = format!("!/{}", first.replace('\\', "\\\\").replace('[', "\\[").replace('*', "\\*"));
            self.git(at, &["sparse-checkout", "set", "--no-cone", "/*", &out]);
        }
    }

    fn conflict(&self, at: &Path, path: &[u8], stages: u8) {
        let staged = self.world.command(at).args(["ls-files", "-s", "-z"]).output().unwrap().stdout;
        let is_file = |record: &&[u8]| record.starts_with(b"100") || record.starts_with(b"120");
        let Some(entry) = staged.split(|byte| *byte == 0).find(is_file).and_then(|record| {
            record
                .get(..record.iter().position(|byte| *byte == b' ')?)
                .zip(record.split(|byte| *byte == b' ').nth(1))
        }) else {
            return;
        };
        let (mode, blob) = (String::from_utf8_lossy(entry.0), String::from_utf8_lossy(entry.1));
        let mut input = format!("0 {}\t", "0".repeat(blob.len())).into_bytes();
        input.extend_from_slice(path);
        input.push(0);
        for stage in (1..=3).filter(|stage| stages >> (stage - 1) & 1 == 1) {
            input.extend_from_slice(format!("{mode} {blob} {stage}\t").as_bytes());
            input.extend_from_slice(path);
            input.push(0);
        }
        let mut command = self.world.command(at);
        command.args(["update-index", "-z", "--index-info"]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&input).unwrap();
        let _ = child.wait().unwrap();
    }

    fn submodule(&self, at: &Path, sub: Sub) {
        let inner = at.join(SUB);
        if !inner.join("file").is_file() {
            return;
        }
        match sub {
            Sub::Edited => std::fs::write(inner.join("file"), "edited\n").unwrap(),
            Sub::Untracked => std::fs::write(inner.join("new"), "new\n").unwrap(),
            Sub::Moved => drop(self.git(&inner, &["checkout", "-q", "--detach", "HEAD~1"])),
            Sub::Broken => {
                std::fs::remove_dir_all(inner.join(".git")).unwrap();
                std::fs::write(inner.join(".git"), "gitdir: ../nowhere\n").unwrap();
            }
            Sub::Removed => std::fs::remove_dir_all(inner).unwrap(),
            Sub::Replaced => {
                std::fs::remove_dir_all(&inner).unwrap();
                std::fs::write(inner, "a file now\n").unwrap();
            }
        }
    }
}

fn configure(at: &Path, setting: Setting) {
    let mut config = std::fs::OpenOptions::new().append(true).open(at.join(".git/config")).unwrap();
    write!(config, "[{}]\n\t{}\n", setting.0, setting.1).unwrap();
}

fn resolve(at: &Path, spot: &Spot) -> Vec<u8> {
    match spot {
        Spot::At(name) => name.0.clone(),
        Spot::There(number) => {
            let files = files(at);
            let count = files.len().max(1);
            files.into_keys().nth(number % count).unwrap_or_else(|| b"first".to_vec())
        }
    }
}

/// What a plain file has, and no link.
fn plain(full: &Path) -> Option<Vec<u8>> {
    let found = full.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
    found.is_file().then(|| std::fs::read(full).ok())?
}

fn chmod(full: &Path, mode: u32) {
    std::fs::set_permissions(full, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Removes what stands at `path` or in its way, and makes the directories above it.
fn clear(at: &Path, path: &[u8]) -> PathBuf {
    let full = at.join(os(path));
    let mut way = at.to_owned();
    for part in Path::new(os(path)) {
        way.push(part);
        match way.symlink_metadata() {
            Ok(found) if found.is_dir() && way != full => {}
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(&way).unwrap(),
            Ok(_) => std::fs::remove_file(&way).unwrap(),
            Err(_) => break,
        }
    }
    std::fs::create_dir_all(full.parent().unwrap()).unwrap();
    full
}

/// Steps that are no more than changes to files.
fn change(at: &Path, step: &Step) {
    let of = |spot: &Spot| resolve(at, spot);
    let edit = |spot: &Spot, edit: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let full = at.join(os(&of(spot)));
        if let Some(content) = plain(&full) {
            std::fs::write(full, edit(content)).unwrap();
        }
    };
    match step {
        Step::Write(spot, content) => {
            let full = at.join(os(&of(spot)));
            // As an editor does: a plain file keeps its mode.
            let full = if plain(&full).is_some() { full } else { clear(at, &of(spot)) };
            std::fs::write(full, &content.0).unwrap();
        }
        Step::Append(spot, content) => edit(spot, &|old| [old, content.0.clone()].concat()),
        Step::OtherLineEnds(spot) => edit(spot, &|old| other_line_ends(&old)),
        Step::Remove(spot) => drop(clear(at, &of(spot))),
        Step::RemoveDirectory(spot) => {
            let path = of(spot);
            if let Some(slash) = path.iter().rposition(|byte| *byte == b'/') {
                clear(at, &path[..slash]);
            }
        }
        Step::Link(spot, target) => drop(symlink(target.path(), clear(at, &of(spot)))),
        Step::Chmod(spot, mode) => {
            let full = at.join(os(&of(spot)));
            if plain(&full).is_some() {
                chmod(&full, *mode);
            }
        }
        Step::Rename(spot, to) => rename(at, &of(spot), to),
        Step::Recase(spot, depth) => {
            if let Some((from, to)) = recased(&of(spot), *depth) {
                rename(at, &from.0, &to);
            }
        }
        Step::Recompose(spot, depth) => {
            if let Some((from, to)) = recomposed(&of(spot), *depth) {
                rename(at, &from.0, &to);
            }
        }
        _ => {}
    }
}

fn rename(at: &Path, from: &[u8], to: &Name) {
    let (from, full) = (at.join(os(from)), at.join(to.path()));
    let is_pipe = |found: std::fs::Metadata| std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type());
    if from.symlink_metadata().is_ok_and(|found| !is_pipe(found))
        && !full.starts_with(&from)
        && !from.starts_with(&full)
    {
        clear(at, &to.0);
        // Where it stood in the way it is gone now.
        let _ = std::fs::rename(from, full);
    }
}

fn other_line_ends(old: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.iter().any(|line| line.ends_with(b"\r\n")) {
        lines
            .into_iter()
            .flat_map(|line| match line.strip_suffix(b"\r\n") {
                Some(rest) => [rest, b"\n"].concat(),
                None => line.to_owned(),
            })
            .collect()
    } else {
        lines
            .into_iter()
            .flat_map(|line| match line.strip_suffix(b"\n") {
                Some(rest) => [rest, b"\r\n"].concat(),
                None => line.to_owned(),
            })
            .collect()
    }
}

/// For a failure's message.
pub(super) fn shown(at: &Path) -> String {
    let files = files(at);
    let line = |(path, thing): (&Vec<u8>, &Thing)| format!("  {}: {thing:?}\n", path.escape_ascii());
    files.iter().map(line).collect()
}
