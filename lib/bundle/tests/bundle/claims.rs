//! A bundle is taken exactly once.

use handoff_bundle::{ApplyOptions, BundleError, Handover};
use handoff_document::Timestamp;

use crate::support::{PLAIN, World, write};

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
    let first = bundle.claim_again("two", now).unwrap();
    let second = bundle.claim_again("two", now).unwrap();
    assert!(!first.give_back().unwrap(), "the same name at the same second is another claim");
    assert_eq!(handover.pending().unwrap(), []);
    assert!(second.give_back().unwrap());
    assert_eq!(handover.pending().unwrap(), [bundle.id().clone()]);
}

#[test]
fn an_apply_claims_and_its_undo_gives_back_only_that_claim() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    let (handover, bundle) = world.capture(&at);
    let to = Handover::create(&world.clone_of(&at, "clone"), false).unwrap();
    let apply = |options| {
        let bundle = world.trusted(&handover, bundle.id());
        to.apply(&world.git, &world.keyring(), &bundle, options, "the clone", Timestamp::now())
    };
    apply(PLAIN).unwrap();
    assert_eq!(bundle.claimed().unwrap().flatten().unwrap().by, "the clone");
    assert_eq!(to.undo(&world.git, &world.keyring()).unwrap().waits.as_deref(), Some(bundle.path()));
    assert_eq!(handover.pending().unwrap(), [bundle.id().clone()]);

    // Who comes too late changes nothing.
    let before = world.seen(to.top());
    let other = bundle.claim("another", Timestamp::now()).unwrap();
    match apply(PLAIN) {
        Err(BundleError::Claimed { by: Some(by), .. }) => assert_eq!(by, "another"),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.seen(to.top()), before);
    assert!(matches!(to.undo(&world.git, &world.keyring()), Err(BundleError::NothingToUndo)));
    assert_eq!(bundle.claimed().unwrap().flatten().unwrap().by, "another");

    apply(ApplyOptions { again: true, ..PLAIN }).unwrap();
    assert!(!other.give_back().unwrap());
    let taken = bundle.claim_again("a third", Timestamp::now()).unwrap();
    assert_eq!(to.undo(&world.git, &world.keyring()).unwrap().waits, None, "it is a third's by now");
    assert!(taken.give_back().unwrap());
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
