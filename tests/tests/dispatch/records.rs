//! Files of a run that cannot be read: never taken for empty ones, never waited for.

use std::io::Write;
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
