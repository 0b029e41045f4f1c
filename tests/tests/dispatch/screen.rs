//! `handoff list` and `handoff` alone as a person has them: the whole program on a real terminal.

use std::process::Command;

use rustix::process::Signal;
use tests::Terminal;

use crate::support::{DONE, Stage, announced, wait_until};

/// The program's command line with its environment, for a shell.
pub(crate) fn typed(command: &Command, settings: &[&str]) -> String {
    let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap().replace('\'', r"'\''"));
    let mut words = vec!["env".to_owned(), "-i".to_owned(), "TERM=tmux-256color".to_owned()];
    words.extend(settings.iter().map(ToString::to_string));
    for (name, value) in command.get_envs() {
        words.push(format!("{}={}", name.to_str().unwrap(), quoted(value.unwrap())));
    }
    words.push(quoted(command.get_program()));
    words.extend(command.get_args().map(quoted));
    format!("env -C {} {}", quoted(command.get_current_dir().unwrap().as_os_str()), words.join(" "))
}

/// The live view of `stage`.
fn view(stage: &Stage, width: u16, settings: &[&str]) -> Option<Terminal> {
    Terminal::shell(width, 24, &typed(&stage.command(&["list"]), settings))
}

/// A backend that is quick, but for prompts that say `wait`, which end when they are told to.
fn stage() -> Stage {
    Stage::new(&format!(
        "if grep -q wait \"$got/input\"; then \
           echo '{{\"type\":\"assistant\",\"message\":{{\"content\":[{{\"type\":\"text\",\"text\":\"at step one\"}}]}}}}'; \
           while [ ! -e ../go ]; do sleep 0.05; done; fi; {DONE}"
    ))
}

#[test]
fn a_run_is_found_looked_at_and_left_with_its_conversation() {
    let stage = stage();
    let (first, _) = announced(&stage.handoff(&["run", "--text", "first task"]));
    let (second, file) = announced(&stage.handoff(&["run", "--text", "second task"]));
    let Some(terminal) = view(&stage, 100, &[]) else { return };
    let screen = terminal.wait_for("2 runs").replace('\u{25b8}', ">");
    assert!(screen.contains(&format!("> {second}")), "{screen}");
    terminal.keys(&["Enter"]);
    let screen = terminal.wait_for("It is done.");
    assert!(screen.contains("[3 result]") && screen.contains(file.file_name().unwrap().to_str().unwrap()));
    terminal.keys(&["1"]);
    terminal.wait_for("second task");
    terminal.keys(&["Escape"]);
    terminal.wait_for("2 runs");
    terminal.keys(&["/"]);
    terminal.keys(&["-l", "first"]);
    terminal.wait_for("filter “first”: 1");
    terminal.keys(&["Enter"]);
    terminal.keys(&["y"]);
    terminal.wait_for(&format!("copied {first}"));
    assert_eq!(terminal.tmux(&["show-buffer"]), first);
    terminal.keys(&["o"]);
    wait_until("the agent is opened", || stage.got().len() == 3);
    // The file is there before it is written.
    wait_until("the agent is there", || {
        let args = stage.got().last().and_then(|got| std::fs::read_to_string(got.join("args")).ok());
        args.is_some_and(|args| args.contains("--resume\n"))
    });
}

#[test]
fn a_run_is_watched_and_stopped() {
    let stage = stage();
    let mut run = stage.started(&["run", "--text", "wait for it"]);
    let Some(terminal) = view(&stage, 100, &[]) else { return };
    terminal.wait_for("● running");
    terminal.keys(&["Enter"]);
    terminal.wait_for("at step one");
    terminal.keys(&["s"]);
    terminal.wait_for("Stop it? y/n");
    terminal.keys(&["y"]);
    assert_eq!(run.ends(), 143);
    terminal.keys(&["Escape"]);
    terminal.wait_for("■ interrupted");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn a_run_is_followed_to_its_result() {
    let stage = stage();
    let mut run = stage.started(&["run", "--text", "wait for it"]);
    let Some(terminal) = view(&stage, 100, &[]) else { return };
    terminal.wait_for("● running");
    terminal.keys(&["f"]);
    terminal.wait("progress on the plain terminal", |screen| {
        screen.contains("at step one") && terminal.asks("#{alternate_on}") == "0"
    });
    std::fs::write(stage.world.path("go"), "").unwrap();
    terminal.wait_for("It is done.");
    assert_eq!(run.ends(), 0);
    terminal.is_given_back();
}

#[test]
fn a_run_that_is_killed_meanwhile_is_told_of_when_the_view_is_left() {
    let stage = stage();
    let mut run = stage.started(&["run", "--to-inbox", "--text", "wait for it"]);
    let Some(terminal) = view(&stage, 60, &["NO_COLOR=1"]) else { return };
    terminal.wait_for("● running");
    terminal.record();
    run.signal(Signal::KILL);
    run.ends();
    let screen = terminal.wait("the loss", |screen| screen.contains("lost"));
    assert!(!screen.contains("note:"), "{screen}");
    assert_eq!(stage.world.names(&stage.repo, "unread").len(), 1);
    terminal.tmux(&["resize-window", "-x", "40", "-y", "6"]);
    terminal.wait("narrow table", |screen| screen.lines().count() <= 6 && screen.contains("lost"));
    // Wide enough that no line is broken.
    terminal.tmux(&["resize-window", "-x", "250", "-y", "24"]);
    terminal.keys(&["q"]);
    terminal.wait_for(" was lost: ");
    let bytes = terminal.recorded();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("\u{1b}[38;5;") && !text.contains("\u{1b}[31m"), "{text:?}");
    terminal.is_given_back();
}

#[test]
fn handoff_alone_says_how_things_stand() {
    let stage = stage();
    stage.world.write(&stage.repo, &[], tests::BODY);
    let captured = stage.world.run("handover", &stage.repo, &["capture", "--title", "Half of it"], "");
    assert_eq!(captured.code, 0, "{}", captured.err());
    let mut run = stage.started(&["run", "--text", "wait for it"]);
    let Some(terminal) = Terminal::new(100, 24, "PS1='READY ' exec sh -i") else { return };
    terminal.wait_for("READY");
    terminal.keys(&["-l", &format!("{}\n", typed(&stage.command(&[]), &[]))]);
    let screen = terminal.wait_for("handoff --help");
    let has = |kind: &str, what: &str| {
        screen.lines().any(|line| line.trim_start().starts_with(kind) && line.contains(what))
    };
    assert!(has("unread", "Auth refactor") && has("running", "wait for it"), "{screen}");
    assert!(has("capture", "-half-of-it"), "{screen}");
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 0);
}
