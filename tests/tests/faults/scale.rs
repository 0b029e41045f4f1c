//! Very many handoffs, and a very large one.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tests::World;

use crate::support::{Place, Sample, Stage, can_trace, samples, traced, wrapped};

#[test]
fn of_ten_thousand_the_newest_are_shown_and_none_is_lost() {
    let stage = Stage::new();
    let samples = samples(10_000, true);
    stage.plant(&samples);
    let mut next = samples.len();
    for _ in 0..3 {
        let session = stage.session();
        let ran = stage.reads();
        assert!(session.out().contains(&samples[next - 1].marker), "{}", session.out());
        let shown: Vec<bool> = samples.iter().map(|sample| ran.out().contains(&sample.marker)).collect();
        let count = shown.iter().filter(|&&shown| shown).count();
        assert!(count > 0, "{}", ran.out());
        assert!(shown[next - count..next].iter().all(|&shown| shown), "not the newest ones");
        next -= count;
        assert!(ran.out().contains(&format!("{next} more are still unread")), "{}", ran.out());
    }
    let places = stage.places(&samples);
    assert!(places[..next].iter().all(|&place| place == Place::Unread));
    assert!(places[next..].iter().all(|&place| place == Place::Archived));
}

/// What a session start in `dir` that is told nothing does with the system.
fn idle(world: &World, dir: &Path) -> Vec<String> {
    let log = world.path("trace");
    let run = traced(&world.command("session-start", dir), b"", &["-y"], &log);
    run.ran.is_silent();
    let lines: Vec<String> = run.calls.into_iter().map(|call| call.line).collect();
    assert!(
        lines.iter().any(|line| line.contains("getdents") && line.contains("/unread>")),
        "it looked nowhere"
    );
    lines
}

#[test]
fn with_nothing_waiting_no_head_is_read_no_archive_is_listed_and_nothing_is_started() {
    if !can_trace() {
        return;
    }
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &[], tests::BODY);
    world.take(&repo);
    let read = world.inbox(&repo).join("read");
    let before = idle(&world, &repo);
    for line in &before {
        let call = line.split('(').next().unwrap();
        assert!(!matches!(call, "fork" | "vfork" | "clone" | "clone3"), "{line}");
        assert!(call != "execve" || line.contains("session-start"), "{line}");
        assert!(!(call.starts_with("open") && line.contains("HEAD")), "{line}");
        assert!(!line.contains(read.to_str().unwrap()), "{line}");
    }
    // So it is the same however many lie there.
    for number in 0..5_000 {
        std::fs::write(read.join(format!("20250101T000000Z-from-app-{number:05x}.md")), tests::BODY).unwrap();
    }
    assert_eq!(idle(&world, &repo).len(), before.len());
}

/// The most memory that the processes which `pid` started have had so far, in kB.
fn peak_below(pid: u32) -> Option<u64> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let peak = |child: &str| {
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).ok()?;
        // Between fork and exec it is strace itself.
        if status.starts_with("Name:\tstrace") {
            return None;
        }
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .ok()
    };
    children.split_whitespace().filter_map(peak).max()
}

#[test]
fn one_of_fifty_megabytes_on_a_single_line_is_cut_and_archived_whole_in_little_memory() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let sample = Sample::with(1, true, &"0123456789abcdef".repeat((50 << 20) / 16));
    assert!(sample.body.len() > 50 << 20);
    stage.plant(std::slice::from_ref(&sample));
    // Held back when it is about to end, it can be asked how much it took at most.
    let log = stage.world.path("trace");
    let mut hook = wrapped(
        "strace",
        &[
            "-qq",
            "-o",
            log.to_str().unwrap(),
            "-e",
            "trace=exit_group",
            "-e",
            "inject=exit_group:delay_enter=1s",
        ],
        &stage.hook(),
    );
    let mut child = hook.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak_below(child.id()).map_or(peak, |now| peak.max(now));
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let out = String::from_utf8(output.stdout).unwrap();
    // A hook that was not built for speed may come to its deadline.
    if !out.contains("looking at them took too long") {
        assert_eq!(sample.shown_in(out.as_bytes()), 1);
        assert!(out.contains(stage.unread().join(sample.name()).to_str().unwrap()), "{out}");
    }
    assert!(out.len() <= 9_500, "{} bytes", out.len());
    let archived = stage.read().join(sample.name());
    assert!(stage.reads().out().contains(archived.to_str().unwrap()), "{out}");
    assert!(peak > 1_000 && peak <= 120 << 10, "{peak} kB of memory");
    let text = std::fs::read(archived).unwrap();
    assert!(text.ends_with(sample.body.as_bytes()), "the body is another one");
    let front = String::from_utf8_lossy(&text[..text.len() - sample.body.len()]).into_owned();
    assert!(front.contains("\nreceived_at: "), "{front}");
    assert_eq!(front.lines().count(), 8, "{front}");
    assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
}
