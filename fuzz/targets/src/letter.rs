//! Letters from elsewhere.

use std::path::Path;

use handoff_bundle::CommitsHead;
use handoff_letter::{Commit, Letter, PublicKey, Signature};

/// Reads what a letter says of itself; what is read is written and read again as the same.
pub fn letter(data: &[u8]) {
    let Ok(letter) = Letter::from_json(data) else { return };
    assert_eq!(Letter::from_json(&letter.to_json()).unwrap(), letter);
    let _ = (letter.check_age(letter.created), letter.id.created(), letter.to.key(""));
}

/// Reads a commit; one whose signature holds says of its letter what it says.
pub fn commit(data: &[u8]) {
    let Ok((commit, key)) = Commit::verified(data) else { return };
    assert!(matches!(commit.tree.len(), 40 | 64), "{commit:?}");
    assert_eq!(PublicKey::parse(&key.to_string()), Ok(key));
}

/// Reads a signature and, as a line, a key; what is read is written and read again as the same.
pub fn signature(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(signature) = Signature::parse(text) {
        assert_eq!(Signature::parse(&signature.to_string()), Ok(signature.clone()));
        let _ = signature.verify(data);
    }
    if let Ok(key) = PublicKey::parse(text) {
        assert_eq!(PublicKey::parse(&key.to_string()), Ok(key));
    }
}

/// Reads the head of a file of commits; what is behind it is given back as it is.
pub fn commits(mut data: &[u8]) {
    let whole = data;
    let Ok(head) = CommitsHead::read(&mut data, Path::new("commits.bundle")) else { return };
    assert!(whole.ends_with(&[&head.rest, data].concat()), "{head:?}");
    let ids = head.tips.iter().chain(&head.prerequisites);
    ids.for_each(|id| assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}"));
}
