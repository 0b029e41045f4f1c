//! A disk that is really full.

use std::io::Write;
use std::path::Path;

use crate::support::{LastResort, Mount, Place, Sample, Stage, says_that_it_is_not_noted};

/// Writes zeros to `dir/filling` until the file system has no byte left.
fn fill(dir: &Path) {
    let mut file = std::fs::File::create(dir.join("filling")).unwrap();
    for size in [1 << 12, 1] {
        let zeros = vec![0; size];
        let error = loop {
            if let Err(error) = file.write_all(&zeros) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}

fn empty(dir: &Path) {
    std::fs::remove_file(dir.join("filling")).unwrap();
}

#[test]
fn a_writer_on_a_full_disk_publishes_nothing_and_says_where_the_draft_is() {
    let last_resort = LastResort::new();
    let stage = Stage::new();
    let root = stage.world.root();
    let Some(_disk) = Mount::tmpfs(&root, "size=256k") else { return };
    // The published inbox is there, and a first handoff in it, whose like would fit if there were room.
    stage.world.write(&stage.dir, &[], Sample::draft(1).body);
    fill(&root);
    // Room for a part of it, which is what must not be published.
    let large = Sample::with(2, false, &"0123456789abcdef\n".repeat(12_000));
    empty(&root);
    std::fs::write(root.join("filling"), vec![0; 100 << 10]).unwrap();
    let ran = stage.world.run("handoff-write", &stage.dir, &[], &large.body);
    assert_eq!(ran.code, 1, "{}", ran.err());
    let reason = ran.err().lines().next().unwrap();
    assert!(reason.starts_with("agent-handoff: could not write the handoff: could not write "), "{reason}");
    assert!(reason.ends_with(": no space left on device"), "{reason}");
    last_resort.has(&ran, &large.body);
    assert_eq!(std::fs::read_dir(stage.unread()).unwrap().count(), 1, "something was published or left");
    // With room again it can be written.
    empty(&root);
    stage.world.write(&stage.dir, &[], &large.body);
    assert_eq!(std::fs::read_dir(stage.unread()).unwrap().count(), 2);
}

#[test]
fn a_writer_whose_inbox_cannot_be_made_on_a_full_disk_keeps_the_draft() {
    let last_resort = LastResort::new();
    let stage = Stage::new();
    let root = stage.world.root();
    // The root, and nothing in it.
    let Some(_disk) = Mount::tmpfs(&root, "size=256k,nr_inodes=2") else { return };
    std::fs::write(root.join("filling"), "").unwrap();
    let sample = Sample::draft(1);
    let ran = stage.world.run("handoff-write", &stage.dir, &[], &sample.body);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert!(ran.err().contains("could not create "), "{}", ran.err());
    last_resort.has(&ran, &sample.body);
}

#[test]
fn on_a_full_disk_the_hook_shows_what_waits_and_a_reader_archives_it_without_a_receipt() {
    let stage = Stage::new();
    let root = stage.world.root();
    let Some(_disk) = Mount::tmpfs(&root, "size=512k") else { return };
    let large = "A line of follow-ups to make it too large for the message.\n".repeat(1_050);
    assert!(large.len() > 60_000);
    let samples = [Sample::with(1, true, &large), Sample::new(0, true)];
    stage.plant(&samples);
    fill(&root);
    for _ in 0..2 {
        // That it was offered cannot be noted, which is said.
        let ran = stage.session();
        assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        assert!(says_that_it_is_not_noted(&ran.out), "{}", ran.out());
        assert_eq!(stage.places(&samples), [Place::Unread; 2]);
    }
    let ran = stage.reads();
    for sample in &samples {
        assert_eq!(sample.shown_in(&ran.out), 1, "{}", ran.out());
        let archived = stage.read().join(sample.name());
        // The large one is cut, and named with its path.
        assert_eq!(
            ran.out().contains(archived.to_str().unwrap()),
            sample.body.len() > 60_000,
            "{}",
            ran.out()
        );
        assert_eq!(std::fs::read_to_string(archived).unwrap(), sample.text);
    }
    assert_eq!(stage.places(&samples), [Place::Archived; 2]);
    assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
    stage.session().is_silent();
}

#[test]
fn a_full_disk_that_has_no_room_for_the_archive_keeps_nothing_from_anybody() {
    let stage = Stage::new();
    let root = stage.world.root();
    let Some(_disk) = Mount::tmpfs(&root, "size=512k,nr_inodes=40") else { return };
    let samples = [Sample::new(0, true), Sample::new(1, true)];
    stage.plant(&samples);
    std::fs::remove_dir(stage.read()).unwrap();
    let filler = |number: usize| root.join(format!("filling-{number}"));
    let count = (0..).take_while(|&number| std::fs::write(filler(number), "").is_ok()).count();
    assert!(count > 0);
    for _ in 0..2 {
        let ran = stage.session();
        assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        assert!(says_that_it_is_not_noted(&ran.out), "{}", ran.out());
        let ran = tests::feed(stage.reader(), b"");
        let complaint = format!(
            "agent-handoff: shown, but it stays unread: could not create {}: no space left on device\n",
            stage.read().display()
        );
        assert_eq!((ran.code, ran.err()), (0, complaint.as_str()));
        assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
        assert_eq!(stage.places(&samples), [Place::Unread; 2]);
    }
    (0..count).for_each(|number| std::fs::remove_file(filler(number)).unwrap());
    assert_eq!(stage.recovers(&samples, b""), (0, 0));
}
