//! What arrives on standard input arrives whole, or is refused and kept.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Output, Stdio};

use tests::{BODY, World, feed};

use crate::support::{kept_draft, parts, published};

/// Starts `command` with a standard input that is a socket, and gives its other end.
fn started(mut command: Command, is_blocking: bool) -> (Child, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(!is_blocking).unwrap();
    command.stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    (child, ours)
}

/// Waits until `child` sleeps or has ended: what was sent before is read by then.
fn wait_for_sleep(child: &Child) {
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
        if !matches!(state, Some('R' | 'D')) {
            return;
        }
        std::thread::yield_now();
    }
}

/// Sends `parts` one by one to a non-blocking standard input of `command`, each when the one before was read.
fn in_parts(command: Command, parts: &[&[u8]]) -> Output {
    let (child, mut ours) = started(command, false);
    for part in parts {
        wait_for_sleep(&child);
        // One that gave up early is found out by what it did.
        let _ = ours.write_all(part);
    }
    drop(ours);
    child.wait_with_output().unwrap()
}

#[test]
fn a_draft_that_comes_in_parts_over_a_non_blocking_input_is_written_whole() {
    let world = World::new();
    let app = world.dir("app");
    let (first, second) = BODY.as_bytes().split_at(BODY.len() - 40);
    let output = in_parts(world.command("handoff-write", &app), &[b"", first, second]);
    assert!(output.status.success(), "{output:?}");
    let [path] = &published(&world.root())[..] else { panic!("one file") };
    assert_eq!(String::from_utf8(parts(path).1).unwrap(), format!("\n{BODY}"));
}

#[test]
fn a_draft_whose_input_fails_is_refused_and_what_came_is_kept() {
    for args in [&[][..], &["--check"], &["--frobnicate"]] {
        let world = World::new();
        let app = world.dir("app");
        let mut command = world.command("handoff-write", &app);
        command.args(args);
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        // What its peer never read makes the system reset the connection, behind what was sent.
        theirs.write_all(b"unread").unwrap();
        (&ours).write_all(BODY.as_bytes()).unwrap();
        drop(ours);
        command.stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)));
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = format!(
            "could not read standard input to its end: connection reset by peer; what came before that has {} bytes\n",
            BODY.len()
        );
        assert!(err.contains(&said) && !output.status.success(), "{args:?}: {output:?}");
        assert_eq!(published(&world.root()), Vec::<std::path::PathBuf>::new());
        if args != ["--check"] {
            let kept = err.lines().find_map(|line| line.strip_prefix("draft kept: ")).unwrap();
            assert_eq!(std::fs::read_to_string(kept).unwrap(), BODY);
        }
    }
}

#[test]
fn a_draft_of_a_sender_that_was_killed_is_kept_and_not_written() {
    let world = World::new();
    let app = world.dir("app");
    let length = BODY.len().to_string();
    let sent = |body: &[u8], args: &[&str]| {
        let mut command = world.command("handoff-write", &app);
        command.args(["--length", &length]).args(args);
        feed(command, body)
    };
    let cut = &BODY.as_bytes()[..BODY.len() - 7];
    let said = format!(
        "the draft has {} bytes and its sender announced {length}: it was ended before it had sent all of it\n",
        cut.len()
    );
    let ran = sent(cut, &[]);
    assert!(ran.code == 1 && ran.err().contains(&said), "{}", ran.err());
    assert_eq!(std::fs::read(kept_draft(&ran)).unwrap(), cut);
    let ran = sent(cut, &["--check"]);
    assert!(ran.code == 1 && ran.err().contains(&said), "{}", ran.err());
    assert_eq!(published(&world.root()), Vec::<std::path::PathBuf>::new());
    assert_eq!(sent(BODY.as_bytes(), &[]).code, 0);
    assert_eq!(published(&world.root()).len(), 1);
}

#[test]
fn a_standard_input_that_is_a_directory_is_no_empty_draft() {
    let world = World::new();
    let app = world.dir("app");
    let mut command = world.command("handoff-write", &app);
    command.stdin(std::fs::File::open(&app).unwrap());
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "agent-handoff: could not write the handoff: could not read standard input to its end: is a directory; what came \
         before that has 0 bytes\n"
    );
}

#[test]
fn an_input_above_the_limit_is_refused_and_never_cut_in_silence() {
    let world = World::new();
    let app = world.dir("app");
    let long = vec![b'x'; (64 << 20) + 1];
    let mut prompt = world.command("handoff", &app);
    prompt.args(["run", "-"]);
    feed(prompt, &long).is(2, "", "agent-handoff: the prompt on standard input is longer than 64 MiB\n");
    let ran = feed(world.command("handoff-write", &app), &long);
    let said =
        "could not write the handoff: standard input has more than 67.1 MB, of which no more is kept\n";
    assert!(ran.code == 1 && ran.err().contains(said), "{}", ran.err());
    assert_eq!(std::fs::metadata(kept_draft(&ran)).unwrap().len(), 64 << 20);
}

#[test]
fn a_pipe_in_the_place_of_a_file_that_git_reads_keeps_no_handoff_waiting() {
    let world = World::new();
    let repo = world.repo("app");
    world.dir("app/deep/er");
    std::fs::write(repo.join("deep/er/new.txt"), "new").unwrap();
    for name in [".gitmodules", "deep/er/.gitignore"] {
        let pipe = repo.join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let written = world.run("handoff-write", &repo, &[], tests::BODY);
        assert_eq!(written.code, 0, "{name}: {}", written.err());
        let captured = world.run("handover", &repo, &["capture"], "");
        assert_eq!(captured.code, 0, "{name}: {}", captured.err());
        std::fs::remove_file(pipe).unwrap();
    }
}
