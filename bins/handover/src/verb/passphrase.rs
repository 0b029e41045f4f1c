//! The passphrase of an encrypted file: from a file, or asked for at the terminal; never from the command line, which other users
//! see, nor from the environment, which every program that is started gets.

use std::path::Path;

use handoff_mail::Passphrase;
use handoff_process::{Failure, ask_secret};

use crate::args::PassphraseSource;

/// So much of a file is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 10;

/// The one for a new file. At the terminal it is asked for twice.
pub(super) fn new(source: &PassphraseSource) -> Result<Passphrase, Failure> {
    match source {
        PassphraseSource::File(file) => of_file(file),
        PassphraseSource::Terminal => {
            let none = || Failure::new("no passphrase was given; without a terminal: --passphrase-file FILE");
            let first = ask("passphrase for the file: ")?.ok_or_else(none)?;
            if ask("the same again: ")?.as_ref() == Some(&first) {
                Ok(Passphrase::new(first))
            } else {
                Err(Failure::new("the two are not the same; nothing was written"))
            }
        }
    }
}

/// The first line of `file`.
pub(super) fn of_file(file: &Path) -> Result<Passphrase, Failure> {
    let (bytes, _) = handoff_files::read_named(file, MAX_FILE_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::new("the passphrase is not UTF-8"))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Passphrase::new(line.to_owned())),
        _ => Err(Failure::new("the file with the passphrase has an empty first line")),
    }
}

/// The one that opens a file; `None` where nobody can be asked.
pub(super) fn known() -> Option<Passphrase> {
    ask("passphrase of the file: ").ok().flatten().map(Passphrase::new)
}

fn ask(question: &str) -> Result<Option<String>, Failure> {
    ask_secret(question)
        .map_err(|error| Failure::new(format!("no passphrase was given: {}", handoff_files::reason(&error))))
}
