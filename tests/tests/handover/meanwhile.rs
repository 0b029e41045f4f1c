//! Files that another program writes to in the instant in which they are replaced or removed: what it wrote stays.

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{EDITS, Stop, can_trace, feed, is_root, traced};

use crate::support::{Stage, tree};

struct Carried {
    stage: Stage,
    clone: PathBuf,
    log: PathBuf,
}

impl Carried {
    fn new() -> Self {
        let stage = Stage::changed();
        stage.capture(&[]);
        let clone = stage.clone("clone");
        let log = stage.world.path("trace");
        Self { stage, clone, log }
    }

    fn apply(&self) -> Command {
        let app = self.stage.app.to_str().unwrap();
        self.stage.command(&self.clone, &["pickup", "--from", app, "--apply"])
    }

    fn undo(&self) -> Command {
        self.stage.command(&self.clone, &["pickup", "--undo"])
    }

    fn status(&self) -> String {
        self.stage.world.git(&self.clone, &["status", "--porcelain"])
    }

    /// Edits the file at the instant in which an apply replaces or removes it.
    fn apply_meets(&self, stop: &Stop, file: &str, edit: &dyn Fn(&Path)) {
        let before = tree(&self.clone);
        let path = self.clone.join(file);
        let saved = std::fs::read(&path).ok().zip(path.metadata().ok());
        let give_back = || match &saved {
            Some((content, found)) => {
                std::fs::write(&path, content).unwrap();
                std::fs::set_permissions(&path, found.permissions()).unwrap();
            }
            None => std::fs::remove_file(&path).unwrap(),
        };
        edit(&path);
        let edited = tree(&self.clone);
        give_back();
        assert!(tree(&self.clone) == before);
        let (code, said) = stop.edit(&self.apply(), &self.log, || edit(&path));
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("another program changed these meanwhile") && said.contains(file), "{said}");
        assert!(tree(&self.clone) == edited, "{said}");
        assert_eq!(self.stage.pending(&self.stage.app).len(), 1, "the capture waits again: {said}");
        give_back();
        assert!(tree(&self.clone) == before);
    }
}

#[test]
fn an_edit_in_the_instant_of_an_apply_stays_and_all_else_is_put_back() {
    if !can_trace() {
        return;
    }
    let carried = Carried::new();
    let undo = || assert_eq!(feed(carried.undo(), b"").code, 0);
    // What is made once for all is there from here on.
    assert_eq!(feed(carried.apply(), b"").code, 0);
    undo();
    for (file, words) in [
        ("src/b.rs", ["\"b.rs\"", "RENAME_EXCHANGE"]),
        ("gone.txt", ["\"gone.txt\"", "RENAME_NOREPLACE"]),
        ("empty", ["\"empty\"", "RENAME_NOREPLACE"]),
    ] {
        let stop = Stop::find(&carried.apply(), &carried.log, &words);
        undo();
        for edit in EDITS {
            // A file that is not there yet has no mode.
            let path = carried.clone.join(file);
            let edit = |path: &Path| match path.exists() {
                true => edit(path),
                false => std::fs::write(path, "theirs\n").unwrap(),
            };
            carried.apply_meets(&stop, file, &edit);
            assert!(file == "empty" || path.exists());
        }
    }
    assert_eq!(feed(carried.apply(), b"").code, 0);
}

#[test]
fn an_edit_while_an_apply_is_prepared_is_not_taken_for_the_old_content() {
    if !can_trace() {
        return;
    }
    let carried = Carried::new();
    assert_eq!(feed(carried.apply(), b"").code, 0);
    assert_eq!(feed(carried.undo(), b"").code, 0);
    // The worktree was found clean by then, and nothing was copied yet.
    let stop = Stop::find(&carried.apply(), &carried.log, &["mkdirat", "\"old\""]);
    assert_eq!(feed(carried.undo(), b"").code, 0);
    carried.apply_meets(&stop, "src/b.rs", &|path| std::fs::write(path, "theirs\n").unwrap());
    assert_eq!(feed(carried.apply(), b"").code, 0);
}

#[test]
fn an_edit_of_settings_in_the_instant_of_enabling_or_disabling_stays() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let (log, settings) = (stage.world.path("trace"), stage.app.join(".claude/settings.local.json"));
    let command = |verb| stage.command(&stage.app, &[verb, "--tool", "claude"]);
    let deny = r#"{"permissions":{"deny":["Read(./.env)"]}}"#;
    // What is made once for all is there from here on.
    for verb in ["enable", "disable"] {
        assert_eq!(feed(command(verb), b"").code, 0);
    }
    for (there, verb, flag) in [
        (Some("{}\n"), "enable", "RENAME_EXCHANGE"),
        (None, "enable", "RENAME_NOREPLACE"),
        (Some("{}\n"), "disable", "RENAME_EXCHANGE"),
        (None, "disable", "RENAME_NOREPLACE"),
    ] {
        let before = || {
            assert_eq!(feed(command("disable"), b"").code, 0);
            let _ = std::fs::remove_dir_all(stage.app.join(".claude"));
            if let Some(there) = there {
                stage.write(".claude/settings.local.json", there);
            }
            if verb == "disable" {
                assert_eq!(feed(command("enable"), b"").code, 0);
            }
        };
        before();
        let stop = Stop::find(&command(verb), &log, &["\"settings.local.json\"", flag]);
        before();
        let (code, said) = stop.edit(&command(verb), &log, || std::fs::write(&settings, deny).unwrap());
        assert_eq!(code, 1, "{verb}: {said}");
        assert!(
            said.contains(".claude/settings.local.json: another program changed it meanwhile"),
            "{verb}: {said}"
        );
        assert_eq!(std::fs::read_to_string(&settings).unwrap(), deny, "{verb}");
        let mut beside =
            settings.parent().unwrap().read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!beside.any(|name| name.as_encoded_bytes().starts_with(b".agent-handoff")), "{verb}");
        // Done again, it takes what is there now.
        assert_eq!(feed(command(verb), b"").code, 0);
        assert!(std::fs::read_to_string(&settings).unwrap().contains("Read(./.env)"), "{verb}");
        assert_eq!(feed(command("disable"), b"").code, 0);
        assert_eq!(std::fs::read_to_string(&settings).unwrap(), deny, "{verb}");
    }
}

#[test]
fn an_edit_in_the_instant_of_an_undo_stays() {
    if !can_trace() {
        return;
    }
    let carried = Carried::new();
    let ok = |command: Command| assert_eq!(feed(command, b"").code, 0);
    for (file, words) in
        [("src/b.rs", ["\"b.rs\"", "RENAME_EXCHANGE"]), ("empty", ["\"empty\"", "RENAME_NOREPLACE"])]
    {
        ok(carried.apply());
        let stop = Stop::find(&carried.undo(), &carried.log, &words);
        for edit in &EDITS[..2] {
            ok(carried.apply());
            let path = carried.clone.join(file);
            let applied = std::fs::read(&path).unwrap();
            let (code, said) = stop.edit(&carried.undo(), &carried.log, || edit(&path));
            assert_eq!(code, 1, "{said}");
            assert!(said.contains(file) && said.contains("pickup --undo tries again"), "{said}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs\n");
            // What it names is the way out.
            std::fs::write(&path, applied).unwrap();
            ok(carried.undo());
            assert_eq!(carried.status(), "");
        }
    }
}

/// An exFAT file system, which can neither exchange names nor refuse to replace one; unmounted when this is dropped.
struct Exfat(PathBuf);

impl Exfat {
    fn new(stage: &Stage) -> Option<Self> {
        let tools = tests::has("mkfs.exfat") && tests::has("mount.exfat-fuse");
        if !tests::can("make an exFAT file system", is_root() && tools) {
            return None;
        }
        let (image, at) = (stage.world.path("image"), stage.world.dir("poor"));
        std::fs::File::create(&image).unwrap().set_len(32 << 20).unwrap();
        let quiet = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        assert!(quiet(Command::new("mkfs.exfat").arg(&image)), "mkfs.exfat failed");
        let options = ["-t", "exfat-fuse", "-o", "loop,uid=0,gid=0,fmask=0133,dmask=0022"];
        let mounted = quiet(Command::new("mount").args(options).arg(&image).arg(&at));
        tests::can("mount exFAT through fuse", mounted).then(|| Self(at))
    }
}

impl Drop for Exfat {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn where_names_cannot_be_exchanged_an_edit_stays_too_and_a_kill_is_rolled_back() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let Some(disk) = Exfat::new(&stage) else { return };
    stage.change_one();
    stage.capture(&[]);
    let clone = disk.0.join("clone");
    stage.world.git(stage.world.top(), &["clone", "--quiet", "app", clone.to_str().unwrap()]);
    let log = stage.world.path("trace");
    let carried = Carried { stage, clone, log };
    for command in [carried.apply(), carried.undo()] {
        assert_eq!(feed(command, b"").code, 0);
    }
    // The old file goes away first; the new one takes its name.
    for words in [["\"a.rs\", ", ".was-a.rs"], ["/new>, \"0\"", "\"a.rs\""]] {
        let stop = Stop::find(&carried.apply(), &carried.log, &words);
        assert_eq!(feed(carried.undo(), b"").code, 0);
        for edit in &EDITS[..2] {
            carried.apply_meets(&stop, "src/a.rs", edit);
        }
        let inject = format!("inject={}:signal=KILL:when={}", stop.name, stop.number);
        let trace = format!("trace={}", stop.name);
        let killed = feed(traced(&carried.apply(), &["-e", &trace, "-e", &inject], &carried.log), b"");
        assert_eq!(killed.code, 137, "{}", killed.err());
        assert_eq!(feed(carried.apply(), b"").code, 0);
        assert_eq!(feed(carried.undo(), b"").code, 0);
        assert_eq!(carried.status(), "");
    }
}
