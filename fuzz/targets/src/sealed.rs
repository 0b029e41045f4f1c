//! Files in the age format.

use std::io::{self, Read};
use std::sync::LazyLock;

use handoff_sealed::{Identity, OpenWith, open, open_stream};

/// The key that most of the format's vectors are encrypted to.
const SECRET: &str = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

static OWN: LazyLock<[Identity; 1]> = LazyLock::new(|| [SECRET.parse().unwrap()]);

/// Opens a file, whole and as a stream. Both come to the same, and no more is given out than was put in.
pub fn sealed(data: &[u8]) {
    let whole = open(data, &*OWN);
    let mut plain = Vec::new();
    let with = OpenWith::Identities(&*OWN);
    let streamed = open_stream(Portions(data), &mut plain, with, data.len() as u64);
    assert!(plain.len() <= data.len(), "{} bytes came out of {}", plain.len(), data.len());
    match (whole, streamed) {
        (Ok(whole), Ok(count)) => {
            assert_eq!(count, whole.len() as u64);
            assert!(whole == plain, "a stream of the same bytes holds others");
        }
        (Err(whole), Err(streamed)) => assert_eq!(whole.to_string(), streamed.to_string()),
        (whole, streamed) => panic!("whole: {whole:?}, as a stream: {streamed:?}"),
    }
}

/// Gives 13 bytes at a time.
struct Portions<'a>(&'a [u8]);

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(13);
        self.0.read(&mut buffer[..length])
    }
}
