//! What is not whole and as it was sealed does not open.

use std::io::{self, Read};

use handoff_sealed::{
    HeaderFault, MAX_HEADER_BYTES, MAX_RECIPIENTS, OpenError, OpenWith, Passphrase, PayloadFault, SealError,
    open, open_stream, open_with_passphrase, seal,
};

use crate::support::{bytes, identity, payload_start, recipients, sealed_to};

const CHUNK: usize = 64 << 10;
const SEALED_CHUNK: usize = CHUNK + 16;

#[test]
fn every_shortened_file_is_refused() {
    let own = [identity()];
    let sealed = sealed_to(&own[0], b"Run the tests, then fix the parser.");
    for length in 0..sealed.len() {
        match open(&sealed[..length], &own).unwrap_err() {
            OpenError::NotAge | OpenError::Version | OpenError::Header(_) => {
                assert!(length < payload_start(&sealed), "{length}");
            }
            OpenError::Payload(_) => assert!(length >= payload_start(&sealed), "{length}"),
            error => panic!("{length}: {error:?}"),
        }
    }
    open(&sealed, &own).unwrap();
}

#[test]
fn a_file_of_several_chunks_is_refused_wherever_it_is_shortened() {
    let own = [identity()];
    for length in [2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK] {
        let sealed = sealed_to(&own[0], &bytes(length));
        let start = payload_start(&sealed) + 16;
        for chunk in 0..=length.div_ceil(CHUNK) {
            let border = start + chunk * SEALED_CHUNK;
            for cut in (border - 17..border + 18).filter(|&cut| (start - 16..sealed.len()).contains(&cut)) {
                assert!(matches!(open(&sealed[..cut], &own), Err(OpenError::Payload(_))), "{length}, {cut}");
            }
        }
    }
}

#[test]
fn every_changed_bit_is_refused() {
    let own = [identity()];
    let mut sealed = sealed_to(&own[0], b"Run the tests, then fix the parser.");
    for at in 0..sealed.len() {
        for bit in 0..8 {
            sealed[at] ^= 1 << bit;
            assert!(open(&sealed, &own).is_err(), "bit {bit} of byte {at}");
            sealed[at] ^= 1 << bit;
        }
    }
    open(&sealed, &own).unwrap();
}

#[test]
fn what_is_added_moved_left_out_or_doubled_is_refused() {
    let own = [identity()];
    let sealed = sealed_to(&own[0], &bytes(3 * CHUNK));
    let start = payload_start(&sealed) + 16;
    let (head, chunks) = sealed.split_at(start);
    let [one, two, three] = [0, 1, 2].map(|chunk| &chunks[chunk * SEALED_CHUNK..][..SEALED_CHUNK]);
    let refused = |parts: &[&[u8]], fault| {
        let changed = [&[head], parts].concat().concat();
        match open(&changed, &own) {
            Err(OpenError::Payload(found)) => assert_eq!(found, fault),
            other => panic!("{fault:?}: {other:?}"),
        }
    };
    refused(&[one, two, three, b"\n"], PayloadFault::Trailing);
    refused(&[one, two, three, three], PayloadFault::Trailing);
    refused(&[two, one, three], PayloadFault::Chunk(0));
    refused(&[one, three], PayloadFault::Chunk(1));
    refused(&[one, one, two, three], PayloadFault::Chunk(1));
    refused(&[one, two], PayloadFault::Truncated);
    refused(&[], PayloadFault::Truncated);
}

#[test]
fn a_chunk_of_another_file_to_the_same_recipient_is_refused() {
    let own = [identity()];
    let (one, other) = (sealed_to(&own[0], b"one"), sealed_to(&own[0], b"two"));
    let payload = &other[payload_start(&other)..];
    let mixed = [&one[..payload_start(&one)], payload].concat();
    assert!(matches!(open(&mixed, &own), Err(OpenError::Payload(PayloadFault::Chunk(0)))));
}

#[test]
fn a_recipient_that_was_taken_out_of_the_header_is_noticed() {
    let both = [identity(), identity()];
    let sealed = seal(b"to both", &recipients(&both)).unwrap();
    let text = String::from_utf8_lossy(&sealed[..payload_start(&sealed)]).into_owned();
    let second = text.match_indices("-> ").nth(1).unwrap().0;
    let mac = text.find("--- ").unwrap();
    let without = [&sealed[..second], &sealed[mac..]].concat();
    assert!(matches!(open(&without, &both[..1]), Err(OpenError::Mac)));
    assert!(matches!(open(&without, &both[1..]), Err(OpenError::NoMatch)));
}

#[test]
fn a_wrong_key_is_another_error_than_a_damaged_file() {
    let own = [identity()];
    let sealed = sealed_to(&own[0], b"a letter");
    assert!(matches!(open(&sealed, &[identity()]), Err(OpenError::NoMatch)));
    assert!(matches!(open(&sealed, &[]), Err(OpenError::NoMatch)));
    assert!(matches!(
        open_with_passphrase(&sealed, &Passphrase::new("a".to_owned())),
        Err(OpenError::NeedsIdentity)
    ));
    let mut damaged = sealed.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(matches!(open(&damaged, &own), Err(OpenError::Payload(PayloadFault::Chunk(0)))));
}

#[test]
fn headers_without_end_are_given_up() {
    let own = [identity()];
    let version = b"age-encryption.org/v1\n".as_slice();
    let refused = |rest: &[u8]| match open(&[version, rest].concat(), &own) {
        Err(OpenError::Header(fault)) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&b"-> a b\n\n".repeat(MAX_RECIPIENTS + 1)), HeaderFault::TooManyStanzas);
    assert_eq!(refused(&[b"-> ".as_slice(), &vec![b'a'; MAX_HEADER_BYTES]].concat()), HeaderFault::TooLong);
    let long_body =
        [b"-> a\n".as_slice(), &format!("{}\n", "A".repeat(64)).into_bytes().repeat(1100)].concat();
    assert_eq!(refused(&long_body), HeaderFault::TooLong);
    assert_eq!(refused(format!("--- {}\n", "A".repeat(43)).as_bytes()), HeaderFault::NoStanza);
    // Endless, so that only the limits end it.
    for (endless, is_right) in [
        (b"a".as_slice(), (|error| matches!(error, OpenError::NotAge)) as fn(&OpenError) -> bool),
        (b"-", |error| matches!(error, OpenError::Armor(_))),
        (b"\n", |error| matches!(error, OpenError::Armor(_))),
    ] {
        let input = Endless(endless[0]);
        let error = open_stream(input, io::sink(), OpenWith::Identities(&own), u64::MAX).unwrap_err();
        assert!(is_right(&error), "{error:?}");
    }
}

struct Endless(u8);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(self.0);
        Ok(buffer.len())
    }
}

#[test]
fn no_more_is_written_than_the_limit() {
    let own = [identity()];
    let sealed = sealed_to(&own[0], &bytes(2 * CHUNK + 5));
    for (limit, written) in [(0, 0), (CHUNK - 1, 0), (CHUNK, CHUNK), (2 * CHUNK + 4, 2 * CHUNK)] {
        let mut plain = Vec::new();
        let error =
            open_stream(sealed.as_slice(), &mut plain, OpenWith::Identities(&own), limit as u64).unwrap_err();
        assert!(matches!(error, OpenError::TooLong { limit: named } if named == limit as u64));
        assert_eq!(plain.len(), written);
    }
    let mut plain = Vec::new();
    open_stream(sealed.as_slice(), &mut plain, OpenWith::Identities(&own), 2 * CHUNK as u64 + 5).unwrap();
}

#[test]
fn an_error_of_the_stream_is_no_damage() {
    let own = [identity()];
    let sealed = sealed_to(&own[0], &bytes(CHUNK));
    let broken = sealed[..500].chain(Broken);
    let error = open_stream(broken, io::sink(), OpenWith::Identities(&own), u64::MAX).unwrap_err();
    assert!(matches!(error, OpenError::Read(_)), "{error:?}");
    let full = open_stream(sealed.as_slice(), Broken, OpenWith::Identities(&own), u64::MAX).unwrap_err();
    assert!(matches!(full, OpenError::Write(_)), "{full:?}");
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the line is down"))
    }
}

impl io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is full"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn to_none_and_to_too_many_nothing_is_sealed() {
    assert!(matches!(seal(b"", &[]), Err(SealError::NoRecipients)));
    let many = vec![*identity().recipient(); MAX_RECIPIENTS + 1];
    assert!(
        matches!(seal(b"", &many), Err(SealError::TooManyRecipients(count)) if count == MAX_RECIPIENTS + 1)
    );
}
