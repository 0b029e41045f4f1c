//! A bundle is taken exactly once.

use handoff_bundle::BundleError;
use handoff_document::Timestamp;

use crate::support::{World, write};

#[test]
fn of_thirty_at_once_one_gets_it() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    let (handover, bundle) = world.capture(&at);
    let now = Timestamp::parse("2026-11-21T11:00:00Z").unwrap();
    let barrier = std::sync::Barrier::new(30);
    let won = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..30)
            .map(|n| {
                let (barrier, handover, id) = (&barrier, &handover, bundle.id());
                scope.spawn(move || {
                    let bundle = handover.bundle(id).unwrap();
                    barrier.wait();
                    match bundle.claim(&format!("session {n}"), now) {
                        Ok(claim) => Some((n, claim)),
                        Err(BundleError::Claimed { .. }) => None,
                        Err(error) => panic!("{error}"),
                    }
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(won.len(), 1);
    let note = bundle.claimed().unwrap().flatten().unwrap();
    assert_eq!((note.by, note.at.as_str()), (format!("session {}", won[0].0), "2026-11-21T11:00:00Z"));
    assert_eq!(handover.pending().unwrap(), []);
    assert!(handover.list().unwrap()[0].claimed);
    // The bundle's content is as it was.
    assert!(world.keyring().trust(&handover.bundle(bundle.id()).unwrap()).unwrap().is_good());
    let names = std::fs::read_dir(bundle.path()).unwrap().count();
    assert_eq!(names, 5, "a temporary file was left");
}

#[test]
fn a_claim_outlives_its_process_and_is_given_back_only_by_who_has_it() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    let (handover, bundle) = world.capture(&at);
    let now = Timestamp::now();
    drop(bundle.claim("one", now).unwrap());
    match bundle.claim("two", now) {
        Err(BundleError::Claimed { by: Some(by), .. }) => assert_eq!(by, "one"),
        other => panic!("{other:?}"),
    }
    assert!(handover.release(bundle.id()).unwrap());
    let first = bundle.claim("one", now).unwrap();
    assert!(handover.release(bundle.id()).unwrap());
    let second = bundle.claim("one", now).unwrap();
    first.give_back().unwrap();
    assert_eq!(handover.pending().unwrap(), []);
    second.give_back().unwrap();
    assert_eq!(handover.pending().unwrap(), [bundle.id().clone()]);
    assert!(!handover.release(bundle.id()).unwrap());
}

#[test]
fn a_claim_that_cannot_be_read_is_a_claim() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    let (handover, bundle) = world.capture(&at);
    std::os::unix::fs::symlink("/nowhere", bundle.path().join("claimed")).unwrap();
    assert_eq!(handover.pending().unwrap(), []);
    assert_eq!(bundle.claimed().unwrap(), Some(None));
    assert!(matches!(bundle.claim("x", Timestamp::now()), Err(BundleError::Claimed { by: None, .. })));
}
