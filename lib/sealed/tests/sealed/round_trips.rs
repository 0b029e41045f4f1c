//! What is sealed opens, however it is read and written.

use handoff_sealed::{
    Identity, MAX_RECIPIENTS, OpenError, OpenWith, Passphrase, SealError, SealTo, open, open_stream,
    open_with_passphrase, seal, seal_stream, seal_with_passphrase,
};
use proptest::prelude::*;

use crate::support::{Portions, bytes, identity, recipients, sealed_to};

const CHUNK: usize = 64 << 10;

#[test]
fn every_length_around_a_chunk_opens() {
    let own = [identity()];
    for length in [0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1] {
        let plain = bytes(length);
        let sealed = sealed_to(&own[0], &plain);
        assert!(open(&sealed, &own).unwrap() == plain, "{length}");
        assert_eq!(sealed.len(), sealed.capacity(), "{length}: it is as long as it was worked out to be");
    }
}

#[test]
fn as_many_recipients_as_are_allowed_all_open_it() {
    let others: Vec<_> = (1..MAX_RECIPIENTS).map(|_| identity()).collect();
    let last = [identity()];
    let sealed = seal(b"to all", &[recipients(&others), recipients(&last)].concat()).unwrap();
    assert_eq!(open(&sealed, &last).unwrap(), b"to all");
    assert_eq!(open(&sealed, &others[..1]).unwrap(), b"to all");
}

#[test]
fn the_same_bytes_are_never_sealed_alike() {
    let own = identity();
    let (one, other) = (sealed_to(&own, b"same"), sealed_to(&own, b"same"));
    assert_ne!(one, other);
}

#[test]
fn with_its_passphrase_it_opens_and_with_another_it_does_not() {
    let right = Passphrase::new("correct horse battery staple".to_owned());
    let sealed = seal_with_passphrase(b"a letter", &right).unwrap();
    assert_eq!(open_with_passphrase(&sealed, &right).unwrap(), b"a letter");
    let wrong = Passphrase::new("correct horse battery stapler".to_owned());
    assert!(matches!(open_with_passphrase(&sealed, &wrong), Err(OpenError::WrongPassphrase)));
    assert!(matches!(open(&sealed, &[identity()]), Err(OpenError::NeedsPassphrase)));
    let empty = Passphrase::new(String::new());
    assert!(matches!(seal_with_passphrase(b"a letter", &empty), Err(SealError::EmptyPassphrase)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn one_of_several_identities_opens_what_is_sealed_to_several(
        length in 0..200_000_usize,
        (to, opener) in (1..5_usize).prop_flat_map(|to| (Just(to), 0..to)),
        portions in (1..100_000_usize, 1..100_000_usize),
    ) {
        let plain = bytes(length);
        let identities: Vec<Identity> = (0..to).map(|_| identity()).collect();
        let to = recipients(&identities);
        let mut sealed = Vec::new();
        let from = Portions { bytes: &plain, portion: portions.0 };
        prop_assert_eq!(seal_stream(from, &mut sealed, SealTo::Recipients(&to)).unwrap(), length as u64);
        let own = [identity(), identities.into_iter().nth(opener).unwrap()];
        prop_assert!(open(&sealed, &own).unwrap() == plain);
        let mut opened = Vec::new();
        let from = Portions { bytes: &sealed, portion: portions.1 };
        let count = open_stream(from, &mut opened, OpenWith::Identities(&own), length as u64).unwrap();
        prop_assert_eq!(count, length as u64);
        prop_assert!(opened == plain);
    }

    #[test]
    fn any_bytes_are_opened_or_refused(noise in prop::collection::vec(any::<u8>(), 0..400), kind in 0..4_usize) {
        let beginning: &[u8] = match kind {
            0 => b"",
            1 => b"age-encryption.org/v1\n-> ",
            2 => b"age-encryption.org/v1\n-> X25519 ",
            _ => b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        };
        prop_assert!(open(&[beginning, &noise].concat(), &[identity()]).is_err());
    }
}
