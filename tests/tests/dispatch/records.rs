//! Files of a run that cannot be read: never taken for empty ones, never waited for.

use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::{Stage, Started, announced, wait_until};

/// What makes something else in the place of a file.
const IN_THE_WAY: [&str; 2] = ["mkfifo", "mkdir"];

fn replace(path: &Path, command: &str) {
    let _ = std::fs::remove_file(path);
    let made = Command::new(command).arg(path).status().unwrap();
    assert!(made.success(), "{command}");
}

#[test]
fn a_progress_and_a_result_that_cannot_be_read_are_said() {
    for command in IN_THE_WAY {
        let stage = Stage::done();
        let (id, result) = announced(&stage.handoff(&["run", "--text", "x"]));
        let out = stage.home().join(format!("tasks/{id}.out.txt"));
        replace(&out, command);
        let ran = stage.handoff(&["tail", &id]);
        assert_eq!((ran.code, ran.out()), (1, "\nIt is done.\n"), "{command}: {}", ran.err());
        assert!(ran.err().contains(&format!("could not read {}", out.display())), "{}", ran.err());
        assert_eq!(ran.err().lines().count(), 1);
        replace(&result, command);
        std::fs::remove_file(&out).or_else(|_| std::fs::remove_dir(&out)).unwrap();
        let ran = stage.handoff(&["tail", &id]);
        assert_eq!((ran.code, ran.out()), (1, ""), "{command}: {}", ran.err());
        let said = format!("{id}: success: could not read {}", result.display());
        assert!(ran.err().contains(&said), "{}", ran.err());
    }
}

#[test]
fn a_long_result_is_shown_with_what_is_left_out() {
    let stage = Stage::done();
    let (id, result) = announced(&stage.handoff(&["run", "--text", "x"]));
    let head = std::fs::read_to_string(&result).unwrap().replace("It is done.\n", "");
    let long = format!("{head}{}", "a line of it\n".repeat(200_000));
    std::fs::write(&result, &long).unwrap();
    let ran = stage.handoff(&["tail", &id]);
    let left_out = long.len() - (1 << 20);
    let said = format!("\n[cut: {left_out} bytes more in {}]\n", result.display());
    assert!(ran.code == 0 && ran.out().ends_with(&said), "{}", &ran.out()[ran.out().len() - 200..]);
}

#[test]
fn a_line_of_progress_that_is_longer_than_is_read_at_once_hides_nothing_behind_it() {
    let stage = Stage::new("sleep 60");
    let _run = stage.started(&["run", "--text", "x"]);
    let row = stage.row();
    let progress = row["progress"].as_str().unwrap();
    let shown = stage.world.path("shown");
    let mut tail = stage.command(&["tail", "-f"]);
    let tail = tail.stdin(Stdio::null()).stdout(std::fs::File::create(&shown).unwrap()).spawn().unwrap();
    let _tail = Started(tail);
    let is_shown = |text: &str| std::fs::read_to_string(&shown).unwrap().contains(text);
    wait_until("the beginning is shown", || is_shown("start: ds"));
    let mut file = std::fs::File::options().append(true).open(progress).unwrap();
    file.write_all(format!("{}\nthe end\n", "x".repeat(40_000)).as_bytes()).unwrap();
    wait_until("the end is shown", || is_shown("\nthe end\n"));
}

#[test]
fn a_result_that_is_to_be_left_in_the_inbox_and_cannot_be_read_is_told() {
    for command in IN_THE_WAY {
        let stage = Stage::new("sleep 60");
        let mut run = stage.started(&["run", "--to-inbox", "--text", "x"]);
        let of = |end: &str| {
            let tasks = std::fs::read_dir(stage.home().join("tasks")).unwrap();
            let mut paths = tasks.map(|entry| entry.unwrap().path());
            paths.find(|path| path.to_string_lossy().ends_with(end)).unwrap()
        };
        let prompt = of(".prompt.md");
        let result = Path::new(&prompt.to_string_lossy().replace(".prompt.md", ".result.md")).to_owned();
        run.signal(Signal::KILL);
        run.ends();
        replace(&prompt, command);
        replace(&result, command);
        assert_eq!(stage.row()["state"], "lost");
        let shown = stage.world.surface(&stage.repo);
        assert!(shown.contains(&format!("> (could not read {}", result.display())), "{command}: {shown}");
        assert!(shown.contains(&format!("(could not read {}", prompt.display())), "{command}: {shown}");
    }
}

fn is_pipe(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

/// Every file that a user of all programs has, but for git's own and what git reads.
fn records(top: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    let mut left = vec![top.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if name == ".git" || name == ".gitignore" || name == "bin" || name == "got" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            } else {
                all.push(entry.path());
            }
        }
    }
    all.sort();
    all
}

/// A world in which each program has left something.
fn used() -> Stage {
    let stage = Stage::done();
    let run = |program: &str, args: &[&str], input: &str| stage.world.run(program, &stage.repo, args, input);
    stage.world.write(&stage.repo, &["--topic", "one"], tests::BODY);
    stage.world.take(&stage.repo);
    stage.world.write(&stage.repo, &["--topic", "two"], tests::BODY);
    stage.world.start(&stage.repo, "s1", "startup");
    assert_eq!(run("handoff-write", &[], "no section").code, 1);
    announced(&stage.handoff(&["run", "--text", "x"]));
    assert_eq!(stage.handoff(&["new", "--backend", "ds"]).code, 0);
    assert_eq!(run("handover", &["init"], "").code, 0);
    std::fs::write(stage.repo.join("changed"), "by somebody").unwrap();
    let captured = run("handover", &["capture", "--next-step", "go on"], "");
    assert_eq!(captured.code, 0, "{}", captured.err());
    stage
}

#[test]
fn nothing_in_the_place_of_a_record_is_waited_for() {
    const COMMANDS: [&[&str]; 9] = [
        &["session-start"],
        &["inbox"],
        &["inbox", "show", "1"],
        &["inbox", "log"],
        &["handoff", "list"],
        &["handoff", "tail"],
        &["handoff", "run", "--text", "x"],
        &["handover", "pending"],
        &["handover", "inspect"],
    ];
    let stage = used();
    let all = records(stage.world.top());
    assert!(all.len() > 20, "{all:#?}");
    let saved = stage.world.path("saved");
    for path in all {
        // What killed runs left is swept on the way.
        if std::fs::rename(&path, &saved).is_err() {
            continue;
        }
        for command in COMMANDS {
            if !is_pipe(&path) {
                replace(&path, "mkfifo");
            }
            let usual = stage.command(&[]);
            let mut run = stage.world.bare_command("timeout");
            run.arg("60").arg(tests::program(command[0])).args(&command[1..]).current_dir(&stage.repo);
            run.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let ran = tests::feed(run, b"");
            assert!(
                ran.code < 124,
                "{command:?} with a pipe at {}: {} {}",
                path.display(),
                ran.code,
                ran.err()
            );
        }
        // A program may have put its own there.
        let _ = std::fs::remove_file(&path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::rename(&saved, &path).unwrap();
    }
}
