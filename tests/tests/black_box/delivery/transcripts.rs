//! Transcripts that are not what they should be. What waits comes twice at worst.

use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;
use tests::{Claude, can, is_root};

use super::Desk;

/// A session that was given the handoff and answered, whose transcript is then `spoilt`. It is dead.
#[track_caller]
fn spoilt(spoil: impl FnOnce(&Claude<'_>)) -> Desk {
    let desk = Desk::new();
    {
        let mut claude = desk.given("s-1");
        claude.speak("Loaded.");
        spoil(&claude);
        claude.kill();
    }
    desk
}

fn replaced(claude: &Claude<'_>) -> std::path::PathBuf {
    let path = claude.transcript();
    std::fs::remove_file(&path).unwrap();
    path
}

#[test]
fn a_transcript_that_is_gone_shows_nothing() {
    spoilt(|claude| drop(replaced(claude))).waits_again("s-1");
}

#[test]
fn a_fifo_is_not_waited_for() {
    let desk = spoilt(|claude| {
        assert!(Command::new("mkfifo").arg(replaced(claude)).status().unwrap().success());
    });
    desk.waits_again("s-1");
}

#[test]
fn a_directory_is_no_transcript() {
    spoilt(|claude| std::fs::create_dir(replaced(claude)).unwrap()).waits_again("s-1");
}

#[test]
fn a_device_is_no_transcript() {
    spoilt(|claude| symlink("/dev/zero", replaced(claude)).unwrap()).waits_again("s-1");
}

#[test]
fn a_dangling_link_is_no_transcript() {
    spoilt(|claude| symlink("/nowhere/x", replaced(claude)).unwrap()).waits_again("s-1");
}

#[test]
fn a_file_of_another_user_is_no_transcript() {
    if !can("give a file to another user", is_root()) {
        return;
    }
    spoilt(|claude| std::os::unix::fs::chown(claude.transcript(), Some(54_321), None).unwrap())
        .waits_again("s-1");
}

#[test]
fn a_transcript_of_an_unknown_form_shows_nothing() {
    for content in [&b""[..], b"words\n", b"\0\0\0\0", b"\xFF\xFE\n\x80\n", b"[1,2]\n[3]\n", b"{'a':1}\n"] {
        spoilt(|claude| std::fs::write(claude.transcript(), content).unwrap()).waits_again("s-1");
    }
}

#[test]
fn lines_of_an_unknown_form_among_others_are_passed_over() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.write(b"words\n\n\0\n{\"type\":\n\xFF\n[]\n{}\n");
    claude.prompt("go");
    claude.write("{\"type\":\"assistant\"}\n{\"type\":\"assistant\",\"message\":7}\n{\"type\":[\"assistant\"],\"message\":{}}\n");
    claude.write("{\"type\":\"assistant\",\"message\":{\"content\":\"text\"}}\n");
    assert_eq!(desk.counts(), (1, 0));
    claude.answer("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn an_answer_counts_when_its_line_is_whole() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("go");
    let before = std::fs::read(claude.transcript()).unwrap().len();
    claude.answer("Loaded.");
    let whole = std::fs::read(claude.transcript()).unwrap();
    for length in (before..whole.len() - 1).step_by(17) {
        std::fs::write(claude.transcript(), &whole[..length]).unwrap();
        assert_eq!(desk.counts(), (1, 0), "{length} of {}", whole.len());
    }
    std::fs::write(claude.transcript(), &whole).unwrap();
    desk.is_delivered("s-1");
}

#[test]
fn a_transcript_that_is_cut_in_the_frame_s_line_shows_nothing() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("go");
    let content = std::fs::read(claude.transcript()).unwrap();
    std::fs::write(claude.transcript(), &content[..content.len() / 2]).unwrap();
    claude.kill();
    desk.waits_again("s-1");
}

#[test]
fn a_transcript_that_grows_while_it_is_read_is_read_as_far_as_it_goes() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("go");
    let written = std::sync::atomic::AtomicBool::new(false);
    let lines = |claude: &Claude<'_>| {
        for number in 0..2_000 {
            claude.writes(&json!({ "type": "progress", "n": number, "filling": "x".repeat(500) }));
        }
        written.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| lines(&claude));
        while !written.load(std::sync::atomic::Ordering::Relaxed) {
            assert_eq!(desk.counts(), (1, 0));
        }
    });
    claude.answer("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn what_stands_before_the_recorded_length_is_not_read() {
    let desk = Desk::new();
    let mut claude = Claude::open(&desk.world, &desk.repo, "s-1");
    claude.writes(&json!({ "type": "mode", "mode": "normal" }));
    // 500 MB that take no room.
    std::fs::OpenOptions::new().append(true).open(claude.transcript()).unwrap().set_len(500 << 20).unwrap();
    claude.write("\n");
    assert_eq!(super::titles(&claude.start("startup")), [super::TITLE]);
    assert_eq!(desk.counts(), (1, 0));
    claude.speak("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn of_what_stands_behind_it_only_a_bounded_part_is_read() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("go");
    std::fs::OpenOptions::new().append(true).open(claude.transcript()).unwrap().set_len(500 << 20).unwrap();
    claude.write("\n");
    claude.answer("Loaded.");
    // It is far behind: rather twice than never.
    assert_eq!(desk.counts(), (1, 0));
    claude.kill();
    desk.waits_again("s-1");
}

#[test]
fn a_very_long_line_before_the_answer_hides_nothing() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt(&"x".repeat(3 << 20));
    claude.says(&json!([{ "type": "text", "text": "long ".repeat(1 << 19) }]), &json!({}));
    desk.is_delivered("s-1");
}

#[test]
fn a_transcript_that_was_written_anew_is_read_from_its_beginning() {
    let desk = Desk::new();
    let mut claude = Claude::open(&desk.world, &desk.repo, "s-1");
    for number in 0..100 {
        claude.writes(&json!({ "type": "progress", "n": number, "filling": "x".repeat(500) }));
    }
    claude.start("startup");
    std::fs::remove_file(claude.transcript()).unwrap();
    claude.speak("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn a_live_session_whose_transcript_shows_nothing_still_has_it() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.speak("Loaded.");
    std::fs::write(claude.transcript(), "of another form\n").unwrap();
    let said = super::line(&desk.start("s-2").1);
    assert!(said.contains("1 handoff is on offer to a session"), "{said}");
    assert_eq!(desk.counts(), (1, 0));
}

#[test]
fn a_directory_of_transcripts_behind_a_link_is_still_the_host_s() {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.world.home().join(".claude")).unwrap();
    symlink(desk.world.dir("elsewhere"), desk.world.home().join(".claude/projects")).unwrap();
    let mut claude = desk.given("s-1");
    claude.speak("Loaded.");
    desk.is_delivered("s-1");
}
