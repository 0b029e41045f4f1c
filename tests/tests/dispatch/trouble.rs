//! A list that cannot be used, a disk that is full, an output that is closed: the run goes on, and what could not be
//! done is said.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{DONE, Stage, announced, result, wait_until};

/// A home on a file system of its own, unmounted with the test.
struct Small(std::path::PathBuf);

impl Small {
    /// None where this user may not mount.
    fn at(path: &Path, kib: u32) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let options = format!("mode=0700,size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(path).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        tests::can("mount a file system", mounted).then(|| Self(path.to_owned()))
    }

    /// Leaves `kib` free.
    fn fill(&self, kib: u64) {
        let left = rustix::fs::statvfs(&self.0).unwrap();
        let free = left.f_bavail * left.f_frsize;
        let size = usize::try_from(free.saturating_sub(kib << 10)).unwrap();
        let _ = std::fs::write(self.0.join("full"), vec![b'x'; size]);
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// A stage whose records are on a small disk.
fn small(script: &str, kib: u32) -> Option<(Stage, Small)> {
    let stage = Stage::new(script);
    let config = std::fs::read(stage.home().join("config.yaml")).unwrap();
    let disk = Small::at(&stage.home(), kib)?;
    std::fs::write(stage.home().join("config.yaml"), config).unwrap();
    Some((stage, disk))
}

#[test]
fn a_damaged_list_stops_no_run() {
    let stage = Stage::done();
    stage.write(&stage.home().join("runs/handoff.db"), "this is no database, and that is certain".repeat(40));
    let ran = stage.handoff(&["run", "--text", "x"]);
    let (_, file) = announced(&ran);
    assert_eq!((ran.code, result(&file).0.as_str()), (0, "success"));
    assert!(ran.err().contains("warning: could not use the list of runs"), "{}", ran.err());
    assert!(ran.err().contains("handoff.db.damaged"), "{}", ran.err());
    for args in [&["list"][..], &["tail"], &["wait"], &["resume", "--text", "x"]] {
        let refused = stage.handoff(args);
        assert!(refused.code == 1 && refused.out().is_empty(), "{args:?}: {}", refused.out());
        assert!(refused.err().contains("could not use the list of runs"), "{args:?}: {}", refused.err());
    }
    assert_eq!(stage.handoff(&["env"]).code, 0);
}

#[test]
fn a_locked_list_stops_no_run() {
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--text", "first"]));
    if !tests::can("lock a database with python3", tests::has("python3")) {
        return;
    }
    let locked = stage.world.path("locked");
    let script = "import sqlite3,sys,time;c=sqlite3.connect(sys.argv[1],isolation_level=None);c.execute('BEGIN EXCLUSIVE');open(sys.argv[2],'w').close();time.sleep(60)";
    let python = stage
        .world
        .bare_command("python3")
        .args(["-c", script])
        .arg(stage.home().join("runs/handoff.db"))
        .arg(&locked)
        .spawn()
        .unwrap();
    let holder = crate::support::Started(python);
    wait_until("the list is locked", || locked.exists());
    let ran = stage.handoff(&["run", "--text", "x"]);
    let (_, file) = announced(&ran);
    assert_eq!((ran.code, result(&file).0.as_str()), (0, "success"));
    assert!(ran.err().contains("another program keeps it locked"), "{}", ran.err());
    // What was not listed in time is by what comes next, or is nothing that runs.
    drop(holder);
    assert!(stage.list().iter().all(|row| row["state"] == "success"));
}

#[test]
fn a_disk_that_is_full_at_the_start_is_told() {
    let Some((stage, disk)) = small(DONE, 512) else { return };
    announced(&stage.handoff(&["run", "--text", "x"]));
    disk.fill(0);
    let ran = stage.handoff(&["run", "--text", "y"]);
    assert_eq!((ran.code, ran.out()), (1, ""), "{}", ran.err());
    assert!(ran.err().to_lowercase().contains("no space left"), "{}", ran.err());
    assert_eq!(stage.got().len(), 1);
    std::fs::remove_file(stage.home().join("full")).unwrap();
    assert_eq!(stage.list().len(), 1);
    assert_eq!(stage.handoff(&["run", "--text", "z"]).code, 0);
}

#[test]
fn a_disk_that_fills_on_the_way_ends_the_stream_and_not_the_run() {
    let Some((stage, _disk)) = small(
        &format!(
            "awk 'BEGIN{{for(i=0;i<4000;i++)printf \"{{\\\"type\\\":\\\"stream_event\\\",\\\"x\\\":\\\"%0400d\\\"}}\\n\",i}}'; rm \"$HOME/.handoff/full\"; {DONE}"
        ),
        1024,
    ) else {
        return;
    };
    std::fs::write(stage.home().join("full"), vec![b'x'; 300_000]).unwrap();
    let ran = stage.handoff(&["run", "--text", "x"]);
    let (_, file) = announced(&ran);
    assert!(ran.err().contains("note: the stream is not kept any more: "), "{}", ran.err());
    let (state, _, text) = result(&file);
    assert_eq!((ran.code, state.as_str(), text.as_str()), (0, "success", "It is done.\n"));
}

#[test]
fn a_result_that_finds_no_room_is_printed() {
    let Some((stage, disk)) = small("cat ../big", 1024) else { return };
    let long = "words ".repeat(20_000);
    let line =
        serde_json::json!({ "type": "result", "subtype": "success", "is_error": false, "result": long });
    std::fs::write(stage.world.path("big"), format!("{line}\n")).unwrap();
    announced(&stage.handoff(&["run", "--backend", "cx", "--text", "first"]));
    disk.fill(100);
    let ran = stage.handoff(&["run", "--text", "x"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert!(
        ran.out().starts_with("RUN_ID=") && ran.out().contains(&long),
        "the words are lost: {}",
        ran.out().len()
    );
    assert!(!ran.out().contains("RESULT="));
    assert!(ran.err().to_lowercase().contains("no space left"), "{}", ran.err());
    std::fs::remove_file(stage.home().join("full")).unwrap();
    // Where not even a row of the list had room, it is found without a result.
    let state = stage.row()["state"].as_str().unwrap().to_owned();
    assert!(["error", "lost"].contains(&state.as_str()), "{state}");
}

#[test]
fn an_output_that_is_closed_changes_nothing() {
    for closing in [">&-", "2>&-", ">&- 2>&-", "| :", "2>&1 | :", "2>&1 | head -c 3 >/dev/null"] {
        let stage = Stage::new(&format!(
            "echo '{{\"type\":\"assistant\",\"message\":{{\"content\":[{{\"type\":\"text\",\"text\":\"a\"}}]}}}}'; sleep 0.1; {DONE}"
        ));
        let run = stage.command(&["run", "--print", "--text", "x"]);
        let mut shell = stage.world.bare_command("sh");
        shell
            .args(["-c", &format!("{{ \"$0\" \"$@\"; echo $? > ../code; }} {closing}")])
            .arg(run.get_program())
            .args(run.get_args());
        shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(&stage.repo);
        shell.stdin(Stdio::null()).output().unwrap();
        wait_until("it ended", || std::fs::read(stage.world.path("code")).is_ok_and(|code| !code.is_empty()));
        assert_eq!(std::fs::read_to_string(stage.world.path("code")).unwrap(), "0\n", "{closing}");
        let row = stage.row();
        assert_eq!(row["state"], "success", "{closing}");
        let (state, _, text) = result(row["result"].as_str().unwrap().as_ref());
        assert_eq!((state.as_str(), text.as_str()), ("success", "It is done.\n"), "{closing}");
    }
}

#[test]
fn a_home_that_cannot_be_is_told() {
    let stage = Stage::done();
    let config = stage.home().join("config.yaml");
    std::fs::remove_file(&config).unwrap();
    let ran = stage.handoff(&["run", "--text", "x"]);
    assert_eq!((ran.code, ran.out()), (1, ""));
    assert!(ran.err().contains("handoff init"), "{}", ran.err());
    for broken in ["backends: [", "backends: {}", "x", "backends:\n  ds: 7\n", "\u{0}"] {
        std::fs::write(&config, broken).unwrap();
        let ran = stage.handoff(&["run", "--text", "x"]);
        assert_eq!((ran.code, ran.out()), (1, ""), "{broken}");
        assert!(ran.err().contains("config.yaml"), "{broken}: {}", ran.err());
        assert_eq!(stage.handoff(&["env"]).code, 0);
    }
    let mut relative = stage.command(&["list"]);
    relative.env("HANDOFF_HOME", "here");
    assert_eq!(tests::feed(relative, b"").code, 1);
}
