use tests::{BODY, World};

#[test]
fn a_handoff_is_shown_once() {
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &["--topic", "auth"], BODY);
    assert!(world.surface(&repo).contains("1 UNTRUSTED handoff for app"));
    // It stays until a session has used it.
    assert_eq!((world.names(&repo, "unread").len(), world.names(&repo, "read").len()), (1, 0));
    assert!(world.take(&repo).contains("1 UNTRUSTED handoff for app"));
    assert_eq!(world.surface(&repo), "");
    assert_eq!((world.names(&repo, "unread").len(), world.names(&repo, "read").len()), (0, 1));
}
