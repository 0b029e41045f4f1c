//! The vectors of the Community Cryptography Test Vectors: what must come of each file, and what may be given out before an error.

use std::collections::BTreeMap;
use std::path::Path;

use handoff_sealed::{Identity, OpenError, OpenWith, Passphrase, PayloadFault, open_stream};
use sha2::{Digest, Sha256};
use zlib_rs::{InflateConfig, ReturnCode, decompress_slice};

/// No vector is longer.
const MAX_BYTES: usize = 20 << 20;

struct Vector {
    name: String,
    fields: BTreeMap<String, String>,
    identities: Vec<Identity>,
    passphrase: Option<Passphrase>,
    file: Vec<u8>,
}

impl Vector {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let end = bytes.windows(2).position(|window| window == b"\n\n").unwrap();
        let (mut fields, mut identities, mut passphrase) = (BTreeMap::new(), Vec::new(), None);
        for line in str::from_utf8(&bytes[..end]).unwrap().lines() {
            let (name, value) = line.split_once(": ").unwrap();
            match name {
                "identity" if value.starts_with("AGE-SECRET-KEY-PQ-1") => {}
                "identity" => identities.push(value.parse().unwrap()),
                "passphrase" => passphrase = Some(Passphrase::new(value.to_owned())),
                _ => assert!(fields.insert(name.to_owned(), value.to_owned()).is_none(), "{name} twice"),
            }
        }
        let mut file = bytes[end + 2..].to_vec();
        if fields.contains_key("compressed") {
            let mut inflated = vec![0; MAX_BYTES];
            let (inflated, code) = decompress_slice(&mut inflated, &file, InflateConfig::default());
            assert_eq!(code, ReturnCode::Ok);
            file = inflated.to_vec();
        }
        Self { name: path.file_name().unwrap().display().to_string(), fields, identities, passphrase, file }
    }

    /// Opens it; also gives what was written.
    fn open(&self) -> (Result<u64, OpenError>, Vec<u8>) {
        let with = match &self.passphrase {
            Some(passphrase) => OpenWith::Passphrase(passphrase),
            None => OpenWith::Identities(&self.identities),
        };
        let mut plain = Vec::new();
        (open_stream(self.file.as_slice(), &mut plain, with, u64::MAX), plain)
    }
}

#[test]
fn every_vector_of_the_format_comes_to_what_it_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/age");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        check(&Vector::read(&entry.unwrap().path()));
        count += 1;
    }
    assert_eq!(count, 125);
}

fn check(vector: &Vector) {
    let (outcome, plain) = vector.open();
    let is_as_expected = match (vector.fields["expect"].as_str(), &outcome) {
        ("success", Ok(count)) => *count == plain.len() as u64,
        ("no match", Err(OpenError::NoMatch | OpenError::WrongPassphrase)) => true,
        // A stanza of the kind `SCRYPT`, which there is none of.
        ("no match", Err(OpenError::NeedsIdentity)) => vector.name == "scrypt_uppercase",
        ("HMAC failure", Err(OpenError::Mac)) => true,
        ("header failure", Err(OpenError::Header(_))) => true,
        ("header failure", Err(OpenError::NotAge)) => ["empty", "armor_empty"].contains(&&*vector.name),
        ("header failure", Err(OpenError::Version)) => {
            ["version_unsupported", "header_crlf", "armor_header_crlf"].contains(&&*vector.name)
        }
        ("header failure", Err(OpenError::WorkFactor { log_n: 23, .. })) => true,
        // The nonce counts as part of the payload here.
        ("header failure", Err(OpenError::Payload(PayloadFault::Truncated))) => {
            ["stream_no_nonce", "stream_short_nonce"].contains(&&*vector.name)
        }
        ("payload failure", Err(OpenError::Payload(_))) => true,
        ("armor failure", Err(OpenError::Armor(_))) => true,
        ("armor failure", Err(OpenError::NotAge)) => vector.name == "armor_garbage_leading",
        _ => false,
    };
    assert!(is_as_expected, "{}: {:?}, and it came to {outcome:?}", vector.name, vector.fields);
    if let Some(hash) = vector.fields.get("payload") {
        let given: String = Sha256::digest(&plain).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&given, hash, "{}", vector.name);
    } else {
        assert!(plain.is_empty(), "{}", vector.name);
    }
}
