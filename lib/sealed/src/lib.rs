//! Bytes encrypted to a person's machines, or with a passphrase, in the [age v1 format](https://age-encryption.org/v1).
//!
//! What is sealed here the program `age` opens, and the other way round. Of the format's recipients there are X25519 keys
//! (`age1…`) and passphrases (scrypt); stanzas of other kinds are passed over. Armored files are read, and none is written.
//!
//! ```
//! use handoff_sealed::{Identity, open, seal};
//!
//! let desk = Identity::generate()?;
//! let laptop = Identity::generate()?;
//! let sealed = seal(b"a letter", &[*desk.recipient(), *laptop.recipient()])?;
//! assert_eq!(open(&sealed, &[laptop])?, b"a letter");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//!
//! - Only the holder of one of the recipients' identities, or of the passphrase, can read the bytes. A sealed file shows how many
//!   bytes it holds and how many recipients it has, but not who they are.
//! - What opens is whole and as it was sealed: a changed, missing, added or moved byte is an error. Each chunk of 64 KiB is
//!   checked before a byte of it is given out, and the header before the first chunk.
//! - It does **not** say who sealed it: anyone who knows the recipient can. That takes a signature beside it.
//! - A thief of an identity can open everything that was ever sealed to it, and what is sealed to a lost identity alone is lost.
//!
//! # Limits
//!
//! A header has at most [`MAX_HEADER_BYTES`] and [`MAX_RECIPIENTS`] stanzas, a passphrase's work factor is at most
//! 2^[`MAX_WORK_FACTOR_LOG`]. [`open_stream`] writes at most as many bytes as its caller says, and needs 200 kB of memory for any
//! number of them; [`seal`] and [`open`] need one copy besides.

mod armor;
mod error;
mod header;
mod key;
mod passphrase;
mod payload;
mod primitives;
mod seal;
mod stanza;

pub use armor::is_sealed;
pub use error::{ArmorFault, HeaderFault, OpenError, ParseKeyError, PayloadFault, RandomError, SealError};
pub use header::{MAX_HEADER_BYTES, MAX_RECIPIENTS};
pub use key::{Identity, Recipient};
pub use passphrase::{MAX_WORK_FACTOR_LOG, Passphrase, WORK_FACTOR_LOG};
pub use seal::{
    OpenWith, SealTo, open, open_stream, open_with_passphrase, seal, seal_stream, seal_with_passphrase,
};
