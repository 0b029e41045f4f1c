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
    let Some(terminal) = view(&stage, 120, &[]) else { return };
    let screen = terminal.wait_for("2 runs");
    assert!(screen.contains("\u{25b8} ✓ success") && screen.contains(&second), "{screen}");
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
fn a_run_that_cannot_be_opened_is_named_with_the_reason_and_the_view_stays() {
    let stage = stage();
    announced(&stage.handoff(&["run", "--text", "first task"]));
    let mut run = stage.started(&["run", "--text", "wait for it"]);
    let Some(terminal) = view(&stage, 120, &[]) else { return };
    terminal.wait_for("2 runs");
    terminal.keys(&["o"]);
    terminal.wait_for("not opened: ");
    let screen = terminal.wait_for(" is at work on this conversation: handoff wait ");
    assert!(screen.contains("2 runs"), "{screen}");
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 0);
    std::fs::remove_file(stage.world.path("bin/claude")).unwrap();
    terminal.keys(&["q"]);
    terminal.is_given_back();
    let mut list = stage.command(&["list"]);
    list.env("PATH", stage.world.path("bin")).env("PAGER", "nowhere").env("VISUAL", "nowhere");
    let Some(terminal) = Terminal::shell(120, 24, &typed(&list, &[])) else { return };
    terminal.wait_for("2 runs");
    for (key, reason) in [
        ("o", "not opened: could not find claude: install it"),
        ("p", "could not start the pager: set PAGER to a program that is there"),
        ("e", "could not start the editor: set VISUAL or EDITOR to a program that is there"),
    ] {
        terminal.keys(&[key]);
        let screen = terminal.wait_for(reason);
        assert!(screen.contains("2 runs"), "{screen}");
    }
    terminal.keys(&["q"]);
    terminal.is_given_back();
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
fn a_run_is_followed_to_its_result_and_the_board_is_there_again() {
    let stage = stage();
    let mut run = stage.started(&["run", "--text", "wait for it"]);
    let Some(terminal) = view(&stage, 100, &[]) else { return };
    // Its last step is in the table, before one looks into it.
    terminal.wait("the last step", |screen| screen.contains("● running") && screen.contains("at step one"));
    terminal.keys(&["f"]);
    terminal.wait("its progress", |screen| screen.contains("[2 progress]") && screen.contains("at step one"));
    std::fs::write(stage.world.path("go"), "").unwrap();
    terminal.wait("its result", |screen| screen.contains("[3 result]") && screen.contains("It is done."));
    assert_eq!(run.ends(), 0);
    terminal.keys(&["Escape"]);
    terminal.wait_for("NAME");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn what_a_run_changed_is_shown_with_its_differences() {
    let stage = Stage::new(&format!("echo two >> \"$PWD/kept.txt\"; echo fresh > new.txt; {DONE}"));
    stage.world.git(&stage.repo, &["config", "diff.external", "false"]);
    stage.write(&stage.repo.join("kept.txt"), "one\n");
    stage.write(&stage.repo.join("older.txt"), "not its work\n");
    stage.world.git(&stage.repo, &["add", "kept.txt"]);
    stage.world.git(&stage.repo, &["commit", "--quiet", "-m", "before"]);
    // A file of before the run is older by more than a clock's tick.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    std::fs::File::options()
        .write(true)
        .open(stage.repo.join("older.txt"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    announced(&stage.handoff(&["run", "--text", "change it"]));
    // What was committed since counts too.
    let hour = std::time::SystemTime::now() + std::time::Duration::from_secs(3_600);
    let later = hour.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let identity =
        ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    let mut commit = stage.world.bare_command("git");
    commit.current_dir(&stage.repo).args(identity).args(["commit", "--quiet", "-am", "after"]);
    // By a clock that has gone on: a reflog counts in seconds.
    assert!(commit.env("GIT_COMMITTER_DATE", format!("@{later} +0000")).status().unwrap().success());
    let Some(terminal) = view(&stage, 100, &["PAGER=cat"]) else { return };
    terminal.wait_for("✓ success");
    terminal.keys(&["d"]);
    let screen = terminal.wait_for("+fresh");
    assert!(screen.contains("[4 changes]") && screen.contains("kept.txt | 1 +"), "{screen}");
    assert!(screen.contains("+two") && screen.contains("new.txt (new, not added)"), "{screen}");
    assert!(!screen.contains("older.txt"), "{screen}");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn a_result_is_shown_in_the_users_pager_and_editor() {
    let stage = stage();
    announced(&stage.handoff(&["run", "--text", "first task"]));
    let program = |name: &str, says: &str| {
        let path = stage.world.path(name);
        stage.write(&path, format!("grep -c 'It is done' \"$2\"; echo {says} \"$1\"; read line\n"));
        format!("\"sh {} -x\"", path.display())
    };
    let (pager, editor) = (program("pager.sh", "PAGED"), program("editor.sh", "EDITED"));
    let settings = [format!("PAGER={pager}"), format!("EDITOR={editor}")];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let Some(terminal) = view(&stage, 100, &settings) else { return };
    terminal.wait_for("✓ success");
    terminal.keys(&["p"]);
    terminal.wait("the pager", |screen| screen.contains("1\nPAGED -x") && !screen.contains("STATE"));
    terminal.keys(&["Enter"]);
    terminal.wait_for("✓ success");
    terminal.keys(&["e"]);
    terminal.wait("the editor", |screen| screen.contains("1\nEDITED -x") && !screen.contains("STATE"));
    terminal.keys(&["Enter"]);
    terminal.wait_for("✓ success");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn a_run_is_deleted_from_the_board_and_a_running_one_is_not() {
    let stage = stage();
    let (ended, file) = announced(&stage.handoff(&["run", "--text", "first task"]));
    let mut run = stage.started(&["run", "--text", "wait for it"]);
    let Some(terminal) = view(&stage, 120, &[]) else { return };
    terminal.wait("both", |screen| screen.contains("● running") && screen.contains("✓ success"));
    terminal.keys(&["x"]);
    terminal.wait_for("stop it with s before it is deleted");
    terminal.keys(&["j"]);
    terminal.wait_for("▸ ✓ success");
    terminal.keys(&["x"]);
    terminal.wait_for(&format!("{ended}. Delete it for good? y/n"));
    terminal.keys(&["y"]);
    terminal.wait_for(&format!("deleted {ended}"));
    assert!(!file.exists() && stage.list().len() == 1);
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(run.ends(), 0);
    terminal.wait_for("✓ success");
    terminal.keys(&["X"]);
    terminal.wait_for("30d");
    terminal.keys(&["C-u"]);
    terminal.keys(&["-l", "30"]);
    terminal.keys(&["Enter"]);
    terminal.wait_for("`30` is no age: 12h, 30d or 8w");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn runs_of_this_worktree_come_first_and_those_of_others_with_a_key() {
    let stage = stage();
    let other = stage.world.repo("other");
    announced(&stage.handoff(&["run", "--cwd", other.to_str().unwrap(), "--text", "elsewhere"]));
    let Some(terminal) = view(&stage, 100, &[]) else { return };
    terminal.wait_for("No run has worked in app yet.");
    let (first, _) = announced(&stage.handoff(&["run", "--pro", "--text", "here"]));
    let (_, _) = announced(&stage.handoff(&["resume", &first, "--text", "go on"]));
    let screen = terminal.wait("both", |screen| screen.contains("2 runs") && screen.contains("↳ go on"));
    assert!(!screen.contains("elsewhere"), "{screen}");
    terminal.wait_for(&format!("continues {first}"));
    terminal.keys(&["a"]);
    let screen = terminal.wait_for("all worktrees  3 runs");
    assert!(screen.contains("elsewhere") && screen.contains("PROJECT"), "{screen}");
    terminal.keys(&["/"]);
    terminal.keys(&["-l", "other"]);
    terminal.wait_for("filter “other”: 1");
    terminal.keys(&["Enter", "t"]);
    terminal.wait_for("in all");
    terminal.keys(&["q"]);
    terminal.is_given_back();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let stage = stage();
    announced(&stage.handoff(&["run", "--text", "first task"]));
    let Some(terminal) = view(&stage, 100, &[]) else { return };
    terminal.wait_for("✓ success");
    terminal.tmux(&["resize-window", "-x", "40", "-y", "12"]);
    terminal.wait("a narrow board", |screen| screen.contains("enter look") && screen.lines().count() <= 12);
    let killed = Command::new("kill").args(["-TERM", &terminal.process()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    terminal.is_given_back();
}

#[test]
fn a_dumb_terminal_gets_rows() {
    let stage = stage();
    let (id, _) = announced(&stage.handoff(&["run", "--text", "first task"]));
    let Some(terminal) = Terminal::new(60, 24, "PS1='READY ' exec sh -i") else { return };
    terminal.wait_for("READY");
    let line = typed(&stage.command(&["runs"]), &[]).replace("TERM=tmux-256color", "TERM=dumb");
    terminal.keys(&["-l", &format!("{line} && echo DONE-$((40+2))\n")]);
    let screen = terminal.wait_for("DONE-42");
    let rows: Vec<&str> = screen.lines().skip_while(|line| !line.starts_with("RUN ")).collect();
    assert!(rows[1].starts_with(&id) && rows[2].starts_with("DONE"), "{screen}");
    assert_eq!(terminal.asks("#{alternate_on}"), "0");
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
    let screen = terminal.wait("the loss", |screen| screen.contains("? lost"));
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
