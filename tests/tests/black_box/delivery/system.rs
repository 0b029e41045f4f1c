//! What the hook does with the system: nothing that waits for a disk, and nothing that a slow or missing helper holds up.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tests::{Claude, can_trace, feed};

use super::{Desk, TITLE, titles};

/// The calls that the hook of `claude` itself makes, without those of what it starts.
fn calls(desk: &Desk, claude: &Claude<'_>, trace: &str) -> Vec<String> {
    let log = desk.world.path("trace");
    let hook = claude.command("session-start");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", trace, "-o"]).arg(&log).arg(hook.get_program()).env_clear();
    strace.current_dir(&desk.repo).envs(hook.get_envs().filter_map(|(k, v)| Some((k, v?))));
    let ran = feed(strace, claude.payload("startup").as_bytes());
    assert_eq!((ran.code, ran.err()), (0, ""));
    let text = std::fs::read_to_string(&log).unwrap();
    let starts = |line: &&str| line.contains("execve(") && line.contains("/inbox\"");
    let helpers: Vec<&str> = text.lines().filter(starts).filter_map(|line| line.split(' ').next()).collect();
    // A thread that is gone by the end is no call.
    let is_call = |line: &str| !line.contains(" --- SIG") && !line.contains("<detached ...>");
    let is_own = |line: &&str| is_call(line) && !helpers.contains(&line.split(' ').next().unwrap());
    text.lines().filter(is_own).map(str::to_owned).collect()
}

#[test]
fn the_hook_brings_nothing_to_the_disk_and_renames_nothing() {
    if !can_trace() {
        return;
    }
    const TRACE: &str = "trace=execve,fsync,fdatasync,sync,syncfs,sync_file_range,msync,?rename,?renameat,renameat2,?link,linkat,ftruncate";
    let desk = Desk::new();
    let first = Claude::open(&desk.world, &desk.repo, "s-1");
    let only_starts = |lines: &[String]| lines.iter().all(|line| line.contains("execve("));
    let lines = calls(&desk, &first, TRACE);
    assert!(!lines.is_empty() && only_starts(&lines), "{lines:?}");
    assert!(desk.record().is_file());
    // An offer that ended, one that is open.
    drop(first);
    let mut second = Claude::open(&desk.world, &desk.repo, "s-2");
    let lines = calls(&desk, &second, TRACE);
    assert!(only_starts(&lines), "{lines:?}");
    let third = Claude::open(&desk.world, &desk.repo, "s-3");
    let lines = calls(&desk, &third, TRACE);
    assert!(only_starts(&lines), "{lines:?}");
    drop(third);
    // And one that is to be archived: that is left to another process.
    second.start("startup").is_silent();
    second.kill();
    let (mut fourth, ran) = desk.start("s-4");
    assert_eq!(titles(&ran), [TITLE]);
    fourth.speak("Loaded.");
    let fifth = Claude::open(&desk.world, &desk.repo, "s-5");
    let lines = calls(&desk, &fifth, TRACE);
    assert!(only_starts(&lines), "{lines:?}");
    desk.is_delivered("s-4");
}

/// The hook in a directory of its own, where `inbox` is this script.
fn beside(desk: &Desk, script: &str) -> std::path::PathBuf {
    let dir = desk.world.dir("programs");
    let hook = dir.join("session-start");
    // A child that another test forks holds every file open for a moment that this process writes, and a file that is open
    // for writing cannot be run. So this process writes neither.
    let copy = Command::new("cp").arg(tests::program("session-start")).arg(&hook).status().unwrap();
    assert!(copy.success());
    let mut write = Command::new("sh");
    write.args(["-c", "cat > \"$0\""]).arg(dir.join("inbox"));
    feed(write, script.as_bytes()).is_silent();
    std::fs::set_permissions(dir.join("inbox"), std::fs::Permissions::from_mode(0o755)).unwrap();
    hook
}

#[test]
fn an_archiver_that_does_not_end_holds_nobody_up_and_what_is_new_is_shown() {
    let desk = Desk::new();
    desk.given("s-1").speak("Loaded.");
    desk.world.write(&desk.repo, &["--name", "New", "--topic", "new"], tests::BODY);
    // It ends when the test lets it: a FIFO that nobody opens yet.
    let gate = desk.world.path("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let hook = beside(
        &desk,
        &format!(
            "#!/bin/sh\necho \"$@\" > {0}/started\nread line < {1}\n",
            desk.world.top().display(),
            gate.display()
        ),
    );
    let mut claude = Claude::open(&desk.world, &desk.repo, "s-2");
    let own = claude.command("session-start");
    let mut command = Command::new(hook);
    command.current_dir(&desk.repo).env_clear().envs(own.get_envs().filter_map(|(k, v)| Some((k, v?))));
    let ran = feed(command, claude.payload("startup").as_bytes());
    assert_eq!(titles(&ran), ["New"]);
    // Opening it for both ways never waits, and lets the script go on to its end.
    let writer = std::fs::OpenOptions::new().read(true).write(true).open(&gate).unwrap();
    std::io::Write::write_all(&mut &writer, b"go\n").unwrap();
    let started = desk.world.path("started");
    while !started.exists() {
        std::thread::yield_now();
    }
    claude.receive(&ran);
    claude.speak("Loaded.");
    assert_eq!(desk.counts(), (0, 2));
}

#[test]
fn an_archiver_that_cannot_be_started_loses_nothing() {
    let desk = Desk::new();
    desk.given("s-1").speak("Loaded.");
    let hook = beside(&desk, "no script\n");
    std::fs::set_permissions(hook.with_file_name("inbox"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let claude = Claude::open(&desk.world, &desk.repo, "s-2");
    let own = claude.command("session-start");
    let mut command = Command::new(hook);
    command.current_dir(&desk.repo).env_clear().envs(own.get_envs().filter_map(|(k, v)| Some((k, v?))));
    feed(command, claude.payload("startup").as_bytes()).is_silent();
    assert_eq!(desk.world.names(&desk.repo, "unread").len(), 1);
    desk.is_delivered("s-1");
}

#[test]
fn without_a_state_directory_it_is_still_offered() {
    let desk = Desk::new();
    // A file is in its way.
    std::fs::create_dir_all(desk.world.home().join(".local")).unwrap();
    std::fs::write(desk.world.home().join(".local/state"), "").unwrap();
    let mut claude = desk.given("s-1");
    claude.start("startup").is_silent();
    claude.speak("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn what_does_not_answer_in_time_is_told_in_a_line() {
    let desk = Desk::new();
    let claude = Claude::open(&desk.world, &desk.repo, "s-1");
    // Nobody ever writes into it.
    let head = desk.repo.join(".git/HEAD");
    std::fs::rename(&head, desk.repo.join(".git/HEAD.kept")).unwrap();
    assert!(Command::new("mkfifo").arg(&head).status().unwrap().success());
    let ran = feed(claude.command("session-start"), claude.payload("startup").as_bytes());
    let said = super::line(&ran);
    let start = "agent-handoff: handoffs may wait here; looking at them took too long. To see them: ";
    assert!(said.starts_with(start), "{said}");
    std::fs::rename(desk.repo.join(".git/HEAD.kept"), &head).unwrap();
    assert_eq!(desk.counts(), (1, 0));
    drop(claude);
    assert_eq!(titles(&desk.start("s-2").1), [TITLE]);
}
