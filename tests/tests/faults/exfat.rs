//! A file system without hard links, RENAME_NOREPLACE or permissions, through fuse.

use tests::feed;

use crate::support::{Mount, Place, Sample, Stage, samples};

fn stage() -> Option<(Stage, Mount)> {
    let stage = Stage::new();
    let mount = Mount::exfat(&stage.world.root(), &stage.world.path("image"))?;
    Some((stage, mount))
}

#[test]
fn on_exfat_a_handoff_is_written_shown_archived_and_restored() {
    let Some((stage, _disk)) = stage() else { return };
    let draft = Sample::draft(1);
    let drafts = std::slice::from_ref(&draft);
    let path = stage.world.write(&stage.dir, &["--topic", "poor"], &draft.body);
    assert_eq!(draft.shown_in(&stage.session().out), 1);
    assert_eq!(stage.places(drafts), [Place::Unread]);
    assert_eq!(draft.shown_in(&stage.reads().out), 1);
    assert_eq!(stage.places(drafts), [Place::Archived]);
    let archived = stage.read().join(path.file_name().unwrap());
    assert!(std::fs::read_to_string(archived).unwrap().contains("\nreceived_at: "));
    stage.session().is_silent();
    for (verb, place) in
        [("restore", Place::Unread), ("archive", Place::Archived), ("restore", Place::Unread)]
    {
        let ran = stage.world.run("inbox", &stage.dir, &[verb, "poor"], "");
        assert_eq!((ran.code, ran.err()), (0, ""));
        assert_eq!(stage.places(drafts), [place]);
    }
    assert_eq!(draft.shown_in(&stage.world.run("inbox", &stage.dir, &["read"], "").out), 1);
    assert_eq!(stage.places(drafts), [Place::Archived]);
    assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn on_exfat_forty_writers_at_once_overwrite_none() {
    let Some((stage, _disk)) = stage() else { return };
    let drafts: Vec<Sample> = (0..40).map(Sample::draft).collect();
    std::thread::scope(|scope| {
        for draft in &drafts {
            scope.spawn(|| stage.world.write(&stage.dir, &["--topic", "same"], &draft.body));
        }
    });
    assert_eq!(stage.places(&drafts), [Place::Unread; 40]);
    assert_eq!(stage.leftovers(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn on_exfat_nothing_is_overwritten_on_any_way() {
    let Some((stage, _disk)) = stage() else { return };
    let samples = samples(2, true);
    let name = samples[0].name();
    // Into the archive, where one of that name is.
    stage.plant(&samples[..1]);
    std::fs::write(stage.read().join(&name), &samples[1].text).unwrap();
    assert_eq!(samples[0].shown_in(&stage.reads().out), 1);
    assert_eq!(stage.places(&samples), [Place::Archived; 2]);
    assert_eq!(std::fs::read_to_string(stage.read().join(&name)).unwrap(), samples[1].text);
    // And back, where one of that name waits.
    std::fs::remove_file(stage.read().join(&name)).unwrap();
    std::fs::write(stage.read().join(&name), &samples[0].text).unwrap();
    std::fs::write(stage.unread().join(&name), &samples[1].text).unwrap();
    let ran = stage.world.run("inbox", &stage.dir, &["restore", name.trim_end_matches(".md")], "");
    assert_eq!((ran.code, ran.out()), (1, ""));
    assert!(ran.err().ends_with("one of that name is unread\n"), "{}", ran.err());
    assert_eq!(std::fs::read_to_string(stage.unread().join(&name)).unwrap(), samples[1].text);
    assert_eq!(std::fs::read_to_string(stage.read().join(&name)).unwrap(), samples[0].text);
}

#[test]
fn on_exfat_readers_at_once_are_given_each_handoff_once() {
    let Some((stage, _disk)) = stage() else { return };
    let samples = samples(3, true);
    for round in 0..15 {
        // exFAT cannot remove a directory that a dying process still has open.
        for path in crate::support::walk(&stage.world.root()) {
            std::fs::remove_file(path).unwrap();
        }
        stage.plant(&samples);
        let runs: Vec<_> = std::thread::scope(|scope| {
            let readers: Vec<_> = (0..3).map(|_| scope.spawn(|| feed(stage.reader(), b""))).collect();
            readers.into_iter().map(|reader| reader.join().unwrap()).collect()
        });
        for sample in &samples {
            let shown: usize = runs.iter().map(|ran| sample.shown_in(&ran.out)).sum();
            assert_eq!(shown, 1, "{} in round {round}: {runs:?}", sample.marker);
        }
        stage.all_archived(&samples);
    }
}
