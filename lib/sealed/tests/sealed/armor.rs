//! Armored files.

use data_encoding::BASE64;
use handoff_sealed::{ArmorFault, OpenError, open};
use proptest::prelude::*;

use crate::support::{bytes, identity, sealed_to};

fn armored(sealed: &[u8], end: &str) -> String {
    let text = BASE64.encode(sealed);
    let lines = text.as_bytes().chunks(64).map(|line| format!("{}{end}", str::from_utf8(line).unwrap()));
    let lines: String = lines.collect();
    format!("-----BEGIN AGE ENCRYPTED FILE-----{end}{lines}-----END AGE ENCRYPTED FILE-----{end}")
}

#[test]
fn an_armor_has_one_form_and_blanks_around_it() {
    let own = [identity()];
    let text = armored(&sealed_to(&own[0], &bytes(300)), "\n");
    let lines = text.lines().count() as u64;
    let fault = |text: String| match open(text.as_bytes(), &own) {
        Err(OpenError::Armor(fault)) => fault,
        other => panic!("{other:?} of\n{text}"),
    };
    assert!(open(format!("{}{text}{}", " \t\r\n".repeat(256), "\n".repeat(1024)).as_bytes(), &own).is_ok());
    assert_eq!(fault(format!("{}{text}", " ".repeat(1025))), ArmorFault::Begin);
    assert_eq!(fault(text.replace("BEGIN AGE", "BEGIN PGP")), ArmorFault::Begin);
    assert_eq!(fault(format!("{text}{}", " ".repeat(1025))), ArmorFault::Trailing);
    assert_eq!(fault(format!("{text}x")), ArmorFault::Trailing);
    assert_eq!(fault(text.replace("-----END AGE ENCRYPTED FILE-----\n", "")), ArmorFault::Truncated);
    assert_eq!(fault(text.replacen('\n', "\n\n", 1)), ArmorFault::Line(1));
    assert_eq!(fault(text.replace("-----END", " -----END")), ArmorFault::Line(lines - 1));
    assert_eq!(fault(text.replace("-----END", "AAAA\n-----END")), ArmorFault::Line(lines - 1));
}

#[test]
fn padding_stands_at_the_end_of_the_last_line_alone() {
    let own = [identity()];
    let sealed = sealed_to(&own[0], b"a letter");
    let (first, rest) = sealed.split_at(sealed.len() / 48 * 48);
    let last = format!("{}{}", BASE64.encode(&rest[..1]), BASE64.encode(&rest[1..]));
    let lines = armored(first, "\n");
    assert!(
        open(lines.replace("-----END", &format!("{}\n-----END", BASE64.encode(rest))).as_bytes(), &own)
            .is_ok()
    );
    let concatenated = lines.replace("-----END", &format!("{last}\n-----END"));
    assert!(matches!(open(concatenated.as_bytes(), &own), Err(OpenError::Armor(ArmorFault::Line(_)))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn an_armored_file_opens(length in 0..150_000_usize, is_crlf in any::<bool>()) {
        let own = [identity()];
        let plain = bytes(length);
        let text = armored(&sealed_to(&own[0], &plain), if is_crlf { "\r\n" } else { "\n" });
        prop_assert!(open(text.as_bytes(), &own).unwrap() == plain);
    }
}

#[test]
fn every_shortened_armor_is_refused() {
    let own = [identity()];
    let text = armored(&sealed_to(&own[0], b"a letter"), "\n");
    // The last newline may be missing.
    for length in 0..text.len() - 1 {
        assert!(open(&text.as_bytes()[..length], &own).is_err(), "{length}");
    }
}
