//! Killed, or refused something by the system, at every step: all or nothing, and the next command goes on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{Ran, can, can_trace, feed, traced};

use crate::support::{Stage, agree, tree};

/// The calls that change what is on the disk, or bring it there.
const STEPS: &str = "?rename,renameat,renameat2,?unlink,unlinkat,?link,linkat,?mkdir,mkdirat,?symlink,symlinkat,fsync,fdatasync";

/// One system call: its name, which of that name it is, and how strace prints it.
struct Step(String, usize, String);

/// What an undisturbed `command` does.
#[track_caller]
fn steps(command: &Command, log: &Path) -> Vec<Step> {
    let ran = feed(traced(command, &["-e", &format!("trace={STEPS}")], log), b"");
    assert_eq!(ran.code, 0, "{}", ran.err());
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    let mut numbers = std::collections::HashMap::new();
    let step = |line: &str| {
        let name = line.split_once('(')?.0.to_owned();
        let number = numbers.entry(name.clone()).and_modify(|number| *number += 1).or_insert(1);
        Some(Step(name, *number, line.to_owned()))
    };
    text.lines().filter_map(step).collect()
}

/// Runs `command`, to which `what` happens at `step`.
fn at(step: &Step, what: &str, command: &Command, log: &Path) -> Ran {
    let Step(name, number, _) = step;
    let inject = format!("inject={name}:{what}:when={number}");
    feed(traced(command, &["-e", &format!("trace={name}"), "-e", &inject], log), b"")
}

/// A repository with changes, captured, and a clone.
struct Carried {
    stage: Stage,
    clone: PathBuf,
    log: PathBuf,
    before: Vec<(PathBuf, u32, Vec<u8>)>,
}

impl Carried {
    fn new(stage: Stage, clone: PathBuf) -> Self {
        stage.capture(&[]);
        let log = stage.world.path("trace");
        let before = tree(&clone);
        let carried = Self { stage, clone, log, before };
        // `.handover` is there from here on, and every run does the same.
        carried.ok(&carried.apply());
        carried.ok(&carried.undo());
        carried
    }

    fn apply(&self) -> Command {
        let app = self.stage.app.to_str().unwrap();
        self.stage.command(&self.clone, &["pickup", "--from", app, "--apply"])
    }

    fn undo(&self) -> Command {
        self.stage.command(&self.clone, &["pickup", "--undo"])
    }

    #[track_caller]
    fn ok(&self, command: &Command) {
        let mut again = Command::new(command.get_program());
        again.args(command.get_args()).current_dir(command.get_current_dir().unwrap()).env_clear();
        again.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = feed(again, b"");
        assert_eq!(ran.code, 0, "{}", ran.err());
    }

    fn waits(&self) -> bool {
        self.stage.pending(&self.stage.app).len() == 1
    }

    /// Whether everything is as it was before the apply.
    fn is_before(&self) -> bool {
        tree(&self.clone) == self.before
            && !self.clone.join(".git/index.lock").exists()
            && self
                .stage
                .world
                .git(&self.clone, &["status", "--porcelain", "--untracked-files=all"])
                .is_empty()
    }
}

#[test]
fn an_apply_that_is_killed_is_mended_by_the_next_one() {
    if !can_trace() {
        return;
    }
    let stage = Stage::changed();
    let clone = stage.clone("clone");
    let carried = Carried::new(stage, clone);
    let all = steps(&carried.apply(), &carried.log);
    carried.ok(&carried.undo());
    // Where the record gets its name, and all that changes something from there on.
    let first = all.iter().position(|step| step.2.contains("\"00000001\"")).unwrap();
    let after: Vec<_> = all[first..].iter().filter(|step| !step.0.contains("sync")).collect();
    assert!(after.len() > 15, "{}", after.len());
    for step in after.into_iter().step_by(2) {
        let killed = at(step, "signal=KILL", &carried.apply(), &carried.log);
        assert_eq!(killed.code, 137, "{}: {}", step.2, killed.err());
        let next = feed(carried.apply(), b"");
        // Killed after the last step that matters, it is done, and has the bundle.
        assert!(next.code == 0 || next.err().contains("no capture waits"), "{}: {}", step.2, next.err());
        agree(&carried.stage.world, &carried.stage.app, &carried.clone);
        carried.ok(&carried.undo());
        assert!(carried.is_before() && carried.waits(), "{}", step.2);
    }
}

#[test]
fn an_interrupted_apply_that_cannot_be_undone_stops_no_capture() {
    if !can_trace() {
        return;
    }
    let stage = Stage::changed();
    let clone = stage.clone("clone");
    let carried = Carried::new(stage, clone);
    let all = steps(&carried.apply(), &carried.log);
    carried.ok(&carried.undo());
    let written = all.iter().find(|step| step.2.contains("\"a.rs\"")).unwrap();
    let killed = at(written, "signal=KILL", &carried.apply(), &carried.log);
    assert_eq!(killed.code, 137, "{}", killed.err());
    // The user goes on in a file that the apply had changed, so it can't be rolled back.
    let applied = std::fs::read(carried.clone.join("image.bin")).unwrap();
    std::fs::write(carried.clone.join("image.bin"), "the user's own\n").unwrap();
    for args in [&["capture"][..], &["pickup"]] {
        let ran = carried.stage.handover(&carried.clone, args);
        assert_eq!(ran.code, 0, "{}", ran.err());
        for words in ["was not put back", "image.bin", "pickup --undo", "remove .handover/undo"] {
            assert!(ran.err().contains(words), "{words}: {}", ran.err());
        }
    }
    let own = std::fs::read_to_string(carried.clone.join("image.bin")).unwrap();
    assert_eq!(own, "the user's own\n");
    // An apply still wants it settled, and the way out that is named works.
    let refused = feed(carried.apply(), b"");
    assert!(refused.code == 1 && refused.err().contains("image.bin"), "{}", refused.err());
    std::fs::write(carried.clone.join("image.bin"), applied).unwrap();
    carried.ok(&carried.apply());
}

#[test]
fn an_apply_that_is_refused_something_is_done_or_undone_as_it_says() {
    if !can_trace() {
        return;
    }
    let stage = Stage::changed();
    let clone = stage.clone("clone");
    let carried = Carried::new(stage, clone);
    let all = steps(&carried.apply(), &carried.log);
    carried.ok(&carried.undo());
    let first = all.iter().position(|step| step.2.contains("\"00000001\"")).unwrap();
    for step in all[first..].iter().filter(|step| !step.0.contains("mkdir")).step_by(2) {
        let ran = at(step, "error=EIO", &carried.apply(), &carried.log);
        match ran.code {
            0 => {
                agree(&carried.stage.world, &carried.stage.app, &carried.clone);
                carried.ok(&carried.undo());
            }
            // In the words of glibc, and of musl.
            _ => {
                let is_said =
                    ["input/output error", "i/O error"].iter().any(|words| ran.err().contains(words));
                assert!(is_said, "{}", ran.err());
            }
        }
        assert!(carried.is_before() && carried.waits(), "{}: {} {}", step.2, ran.code, ran.err());
    }
}

#[test]
fn an_undo_that_is_cut_short_is_finished_by_the_next_command() {
    if !can_trace() {
        return;
    }
    let stage = Stage::changed();
    let clone = stage.clone("clone");
    let carried = Carried::new(stage, clone);
    carried.ok(&carried.apply());
    let all = steps(&carried.undo(), &carried.log);
    let of_the_tree = all.iter().filter(|step| step.2.contains("/clone>") || step.2.contains("/clone/src>"));
    let mut told = 0;
    for (step, what) in of_the_tree.flat_map(|step| [(step, "error=EIO"), (step, "signal=KILL")]).step_by(3) {
        carried.ok(&carried.apply());
        let ran = at(step, what, &carried.undo(), &carried.log);
        if carried.is_before() {
            // It was the last step, or one that need not be.
            feed(carried.undo(), b"");
            continue;
        }
        assert_ne!(ran.code, 0, "{}", step.2);
        if tree(&carried.clone) == tree(&carried.stage.app) {
            carried.ok(&carried.undo());
            continue;
        }
        told += usize::from(ran.err().contains("pickup --undo tries again"));
        // Not only an undo: whatever comes next puts the rest back.
        carried.ok(&carried.apply());
        agree(&carried.stage.world, &carried.stage.app, &carried.clone);
        carried.ok(&carried.undo());
        assert!(carried.is_before() && carried.waits(), "{}", step.2);
    }
    assert!(told > 0, "no undo was refused anything halfway");
}

#[test]
fn an_undo_that_is_killed_leaves_no_lock_where_there_was_no_index() {
    if !can_trace() {
        return;
    }
    // Nothing was ever committed or staged: undone, there is no index again.
    let stage = Stage::new();
    let empty = |name: &str| {
        let path = stage.world.dir(name);
        stage.world.git(&path, &["init", "--quiet", "--initial-branch=main"]);
        path
    };
    let (app, clone) = (empty("new"), empty("other"));
    std::fs::write(app.join("staged"), "staged\n").unwrap();
    stage.world.git(&app, &["add", "staged"]);
    let stage = Stage { world: stage.world, app };
    let carried = Carried::new(stage, clone);
    carried.ok(&carried.apply());
    let all = steps(&carried.undo(), &carried.log);
    let ours = all.iter().filter(|step| step.2.contains("/.git>") && !step.0.contains("sync"));
    let mut locked = 0;
    for step in ours {
        carried.ok(&carried.apply());
        let killed = at(step, "signal=KILL", &carried.undo(), &carried.log);
        assert_eq!(killed.code, 137, "{}: {}", step.2, killed.err());
        locked += usize::from(carried.clone.join(".git/index.lock").exists());
        carried.ok(&carried.undo());
        assert!(carried.is_before() && carried.waits(), "{}", step.2);
        assert!(!carried.clone.join(".git/index").exists());
    }
    assert!(locked > 1, "no kill met the lock");
}

#[test]
fn a_capture_is_not_swept_by_another_that_begins_at_the_same_time() {
    if !can_trace() {
        return;
    }
    let stage = Stage::changed();
    stage.capture(&[]);
    // The first one is slow between making its lock and holding it.
    let slow = ["-e", "trace=flock", "-e", "inject=flock:delay_enter=600000:when=1"];
    let mut first = traced(&stage.command(&stage.app, &["capture"]), &slow, &stage.world.path("trace"));
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let bundles = stage.app.join(".handover/bundles");
    let hidden = || {
        let names = std::fs::read_dir(&bundles).unwrap().map(|entry| entry.unwrap().path());
        names.into_iter().any(|path| {
            path.file_name().unwrap().as_encoded_bytes().starts_with(b".tmp-")
                && path.read_dir().unwrap().count() > 0
        })
    };
    let start = Instant::now();
    while !hidden() {
        assert!(start.elapsed() < Duration::from_secs(10), "the first one does not begin");
        std::thread::sleep(Duration::from_millis(2));
    }
    stage.capture(&[]);
    assert!(first.try_wait().unwrap().is_none(), "the first one was not slow");
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(stage.pending(&stage.app).len(), 3);
}

#[test]
fn settings_that_are_a_pipe_keep_nobody_waiting() {
    let stage = Stage::changed();
    let place = stage.world.dir("app/.handover").join("config.toml");
    for link in [false, true] {
        let start = Instant::now();
        let pipe = if link { stage.world.path("pipe") } else { place.clone() };
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Whoever waits all the same is let go in the end.
        let opened = pipe.clone();
        std::thread::spawn(move || {
            for _ in 0..4 {
                std::thread::sleep(Duration::from_secs(10));
                let _ = std::fs::OpenOptions::new().read(true).write(true).open(&opened);
            }
        });
        if link {
            std::os::unix::fs::symlink(&pipe, &place).unwrap();
        }
        let told = stage.event("claude", &stage.payload("Stop"), None);
        assert!(told.code == 0 && told.err().contains("config.toml"), "{}", told.err());
        let status = stage.handover(&stage.app, &["status"]);
        assert!(status.code == 0 && status.err().contains("config.toml"), "{}", status.err());
        assert_eq!(stage.handover(&stage.app, &["capture"]).code, 1);
        assert!(start.elapsed() < Duration::from_secs(9), "somebody waited");
        std::fs::remove_file(&place).unwrap();
    }
}

#[test]
fn captures_without_number_that_came_with_a_clone_keep_no_session_waiting() {
    let stage = Stage::changed();
    let one = stage.capture(&[]).join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&one).unwrap()).unwrap();
    let file = manifest["files"][0].clone();
    manifest["files"] = vec![file; 60_000].into();
    let large = stage.world.path("large.json");
    std::fs::write(&large, manifest.to_string()).unwrap();
    for n in 0..300 {
        let place =
            stage.world.dir(format!("app/.handover/bundles/29991121T10{:02}{:02}Z-x", n / 60, n % 60));
        std::fs::hard_link(&large, place.join("manifest.json")).unwrap();
        std::fs::write(place.join("summary.md"), "s").unwrap();
    }
    let start = Instant::now();
    let told = stage.ok(&["session-start"]);
    assert!(told.contains("were not looked at"), "{told}");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}

#[test]
fn many_files_come_to_the_disk_at_once_before_the_record_has_its_name_and_before_it_says_done() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    for number in 0..100 {
        stage.write(&format!("many/{}/{number}", number % 40), format!("{number}\n"));
    }
    let clone = stage.clone("clone");
    let kind = Command::new("stat").args(["-f", "-c", "%T"]).arg(&clone).output().unwrap().stdout;
    let known = ["ext2/ext3", "xfs", "btrfs", "tmpfs", "overlayfs"].map(str::as_bytes);
    if !can("sync a whole file system", known.contains(&kind.trim_ascii())) {
        return;
    }
    let carried = Carried::new(stage, clone);
    let log = &carried.log;
    let traced_steps = |command: &Command| -> Vec<String> {
        let calls = "trace=syncfs,fsync,fdatasync,renameat,renameat2,rename";
        let ran = feed(traced(command, &["-e", calls], log), b"");
        assert_eq!(ran.code, 0, "{}", ran.err());
        std::fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect()
    };
    let apply = traced_steps(&carried.apply());
    let place =
        |what: &str| apply.iter().position(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what}"));
    let whole: Vec<_> = (0..apply.len()).filter(|at| apply[*at].starts_with("syncfs")).collect();
    let placed: Vec<_> = (0..apply.len()).filter(|at| apply[*at].contains("/many/")).collect();
    assert_eq!((whole.len(), placed.len()), (2, 100), "{apply:#?}");
    let (named, done) = (place("\"00000001\""), place("\"record.json\""));
    assert!(whole[0] < named && named < placed[0] && placed[99] < whole[1] && whole[1] < done, "{apply:#?}");
    let single = apply.iter().filter(|line| line.contains("sync(")).count();
    assert!(single < 25, "{single}: {apply:#?}");
    agree(&carried.stage.world, &carried.stage.app, &carried.clone);
    let undo = traced_steps(&carried.undo());
    assert_eq!(undo.iter().filter(|line| line.starts_with("syncfs")).count(), 1, "{undo:#?}");
    assert!(carried.is_before() && carried.waits());
    // What cannot be brought to the disk is not called done.
    for number in [1, 2] {
        let step = Step("syncfs".to_owned(), number, String::new());
        let refused = self::at(&step, "error=EIO", &carried.apply(), log);
        assert!(refused.code == 1 && refused.err().contains("could not sync"), "{}", refused.err());
        assert!(carried.is_before() && carried.waits(), "{number}");
    }
}

/// Gone when it is dropped.
pub(crate) struct Tmpfs(PathBuf);

impl Tmpfs {
    pub(crate) fn new(at: &Path, limits: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("mode=0700,{limits}");
        let mount = || Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(at).status();
        let mounted = tests::is_root() && mount().is_ok_and(|status| status.success());
        can("mount a tmpfs", mounted).then(|| Self(at.to_owned()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_worktree_of_two_file_systems_is_synced_on_both() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    stage.write("other/kept", "kept\n");
    stage.world.commit(&stage.app, "other");
    let clone = stage.clone("clone");
    for number in 0..40 {
        stage.write(&format!("other/{number}"), "x\n");
        stage.write(&format!("here/{number}"), "x\n");
    }
    let Some(_mounted) = Tmpfs::new(&clone.join("other"), "size=8m") else { return };
    std::fs::write(clone.join("other/kept"), "kept\n").unwrap();
    let carried = Carried::new(stage, clone);
    let ran = feed(traced(&carried.apply(), &["-e", "trace=syncfs"], &carried.log), b"");
    assert_eq!(ran.code, 0, "{}", ran.err());
    let log = std::fs::read_to_string(&carried.log).unwrap();
    assert!(log.lines().any(|line| line.contains("/other")), "{log}");
    assert_eq!(log.lines().filter(|line| line.starts_with("syncfs")).count(), 3, "{log}");
    agree(&carried.stage.world, &carried.stage.app, &carried.clone);
    carried.ok(&carried.undo());
    assert!(carried.is_before() && carried.waits());
}

#[test]
fn a_full_disk_is_not_taken_for_a_patch_that_does_not_apply() {
    let stage = Stage::new();
    for number in 0..600 {
        stage.write(&format!("many/{number}"), format!("{number}\n"));
    }
    stage.capture(&[]);
    let clone = stage.clone("clone");
    // Enough for the scratch repository, and not for the objects in it.
    let Some(_mounted) = Tmpfs::new(&clone.join(".handover"), "size=16m,nr_inodes=300") else { return };
    let before = tree(&clone);
    let from = stage.app.to_str().unwrap();
    let ran = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert!(!ran.err().contains("does not apply"), "{}", ran.err());
    assert!(ran.err().contains("git could not write") && ran.err().contains("make room"), "{}", ran.err());
    assert_eq!(tree(&clone), before);
    assert_eq!(stage.pending(&stage.app).len(), 1);
}
