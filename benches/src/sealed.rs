//! How long a parcel takes to be encrypted and decrypted again, beside the program `age`.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use handoff_sealed::{Identity, OpenWith, SealTo, open_stream, seal_stream};

use crate::Failure;
use crate::cases::Row;
use crate::measure::median;

/// The largest parcel that is sent.
const PARCEL_BYTES: usize = 5_000_000;
const RUNS: usize = 15;
const CASE: &str = "5 MB sealed and opened";

/// One row; without a measurement where there is no `age`.
pub(crate) fn all() -> Result<Vec<Row>, Failure> {
    if Command::new("age").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Ok(vec![Row::number(CASE, None, 0, "µs")]);
    }
    let scratch = tempfile::tempdir()?;
    let identity = Identity::generate()?;
    std::fs::write(scratch.path().join("key"), identity.to_secret_text().as_bytes())?;
    let parcel =
        (0..PARCEL_BYTES as u64).map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8);
    std::fs::write(scratch.path().join("plain"), parcel.collect::<Vec<_>>())?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first turn warms the caches and is not counted.
    for turn in 0..=RUNS {
        let times = (own(scratch.path(), &identity)?, age(scratch.path(), &identity)?);
        if turn > 0 {
            ours.push(times.0);
            theirs.push(times.1);
        }
    }
    Ok(vec![Row::ratio(CASE, (median(ours), median(theirs)), "age, twice", 1.0)])
}

fn own(scratch: &Path, identity: &Identity) -> Result<Duration, Failure> {
    let file = |name: &str| scratch.join(name);
    let identities = std::slice::from_ref(identity);
    let began = Instant::now();
    let to = [*identity.recipient()];
    seal_stream(File::open(file("plain"))?, File::create(file("ours"))?, SealTo::Recipients(&to))?;
    let with = OpenWith::Identities(identities);
    let count = open_stream(File::open(file("ours"))?, File::create(file("opened"))?, with, u64::MAX)?;
    let taken = began.elapsed();
    if count == PARCEL_BYTES as u64 { Ok(taken) } else { Err(format!("{count} bytes came out").into()) }
}

fn age(scratch: &Path, identity: &Identity) -> Result<Duration, Failure> {
    let recipient = identity.recipient().to_string();
    let began = Instant::now();
    run(scratch, &["-r", &recipient, "-o", "theirs", "plain"])?;
    run(scratch, &["-d", "-i", "key", "-o", "opened", "theirs"])?;
    Ok(began.elapsed())
}

fn run(scratch: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let status = Command::new("age").args(arguments).current_dir(scratch).status()?;
    if status.success() { Ok(()) } else { Err(format!("age {arguments:?} ended with {status}").into()) }
}
