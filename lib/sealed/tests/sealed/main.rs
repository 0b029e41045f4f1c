//! The format, against its own test vectors and the program `age`.
#![expect(clippy::disallowed_methods, reason = "tests run `age` and read the vectors as any program would")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod age_program;
mod armor;
mod damage;
mod keys;
mod round_trips;
mod support;
mod vectors;
