//! Keys as texts.

use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
use bech32::{Bech32, Fe32, Hrp};
use handoff_sealed::{Identity, ParseKeyError, Passphrase, Recipient};

use crate::support::identity;

/// The format's own example.
const SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
const PUBLIC: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

#[test]
fn the_example_of_the_specification_is_read_and_written() {
    let identity: Identity = SECRET.parse().unwrap();
    assert_eq!(identity.to_secret_text().as_str(), SECRET);
    assert_eq!(identity.recipient().to_string(), PUBLIC);
    assert_eq!(PUBLIC.parse::<Recipient>().unwrap(), *identity.recipient());
}

#[test]
fn what_is_generated_is_read_back_and_never_the_same() {
    let (one, other) = (identity(), identity());
    assert_ne!(one.recipient(), other.recipient());
    let again: Identity = one.to_secret_text().parse().unwrap();
    assert_eq!(again.recipient(), one.recipient());
    assert_eq!(one.recipient().to_string().parse::<Recipient>().unwrap(), *one.recipient());
}

#[test]
fn debug_shows_no_secret() {
    let identity: Identity = SECRET.parse().unwrap();
    assert_eq!(format!("{identity:?}"), format!("Identity {{ recipient: Recipient({PUBLIC}), .. }}"));
    assert_eq!(format!("{:?}", Passphrase::new("correct horse".to_owned())), "Passphrase(…)");
}

#[test]
fn any_mistyped_character_is_noticed() {
    for text in [SECRET, PUBLIC] {
        for at in 0..text.len() {
            for other in ["q", "Q", "x", "2", "1", " ", ""] {
                if text[at..].starts_with(other) && !other.is_empty() {
                    continue;
                }
                let mistyped = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                assert!(mistyped.parse::<Identity>().is_err(), "{mistyped}");
                assert!(mistyped.parse::<Recipient>().is_err(), "{mistyped}");
            }
        }
    }
}

#[test]
fn a_key_says_what_is_wrong_with_it() {
    let recipient = |text: &str| text.parse::<Recipient>().unwrap_err();
    let secret = |text: &str| text.parse::<Identity>().map(|_| ()).unwrap_err();
    assert_eq!(recipient(""), ParseKeyError::Prefix { prefix: "age1" });
    assert_eq!(recipient(SECRET), ParseKeyError::Prefix { prefix: "age1" });
    assert_eq!(secret(PUBLIC), ParseKeyError::Prefix { prefix: "AGE-SECRET-KEY-1" });
    assert_eq!(secret(&SECRET.to_lowercase()), ParseKeyError::Prefix { prefix: "AGE-SECRET-KEY-1" });
    assert_eq!(recipient(&PUBLIC.to_uppercase()), ParseKeyError::Prefix { prefix: "age1" });
    assert_eq!(recipient(&PUBLIC[..40]), ParseKeyError::Checksum);
    // A recipient of a plugin, from the specification.
    let tagged = "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e";
    assert_eq!(recipient(tagged), ParseKeyError::Kind);
}

#[test]
fn points_of_low_order_are_no_recipients() {
    // 0, 1, and one of order 8, as `age` would write them.
    for point in [[0; 32], one(), order_8()] {
        let text = bech32::encode_lower::<Bech32>(Hrp::parse("age").unwrap(), &point).unwrap();
        assert_eq!(text.parse::<Recipient>().unwrap_err(), ParseKeyError::LowOrder, "{text}");
    }
}

#[test]
fn a_key_has_32_bytes_and_is_written_in_one_way() {
    let hrp = Hrp::parse("age").unwrap();
    for length in [0, 31, 33] {
        let text = bech32::encode_lower::<Bech32>(hrp, &vec![9; length]).unwrap();
        assert_eq!(text.parse::<Recipient>().unwrap_err(), ParseKeyError::Kind, "{length} bytes");
    }
    // Of the last character's five bits, four mean nothing and must be 0.
    let mut characters: Vec<Fe32> = [9; 32].into_iter().bytes_to_fes().collect();
    let text = |characters: &[Fe32]| -> String {
        characters.iter().copied().with_checksum::<Bech32>(&hrp).chars().collect()
    };
    assert!(text(&characters).parse::<Recipient>().is_ok());
    let last = characters.last_mut().unwrap();
    *last = Fe32::try_from(last.to_u8() | 1).unwrap();
    assert_eq!(text(&characters).parse::<Recipient>().unwrap_err(), ParseKeyError::Kind);
}

fn one() -> [u8; 32] {
    let mut point = [0; 32];
    point[0] = 1;
    point
}

fn order_8() -> [u8; 32] {
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
        0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ]
}
