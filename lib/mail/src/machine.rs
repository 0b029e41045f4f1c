//! This machine: its key and its name, in the user's state directory, where no sandboxed agent can write.

use std::io::{Error, ErrorKind};

use handoff_files::{Dir, FileError};
use handoff_letter::{PublicKey, SecretKey, Sender};
use handoff_process::NoState;
use handoff_sealed::{ParseKeyError, RandomError, Recipient};
use handoff_state::{StateDir, StateError};

use crate::sandbox::{Given, SandboxError};

const KEY: &str = "letter-key";
const AGE_KEY: &str = "letter-age-key";
const NAME: &str = "machine";
/// The largest file of a key, in bytes.
const MAX_KEY_BYTES: u64 = 256;
/// The size of what signs, in bytes.
const SEED_BYTES: usize = 32;

/// This machine, as letters name it.
#[derive(Debug)]
pub struct Machine {
    /// What it is called: letters, digits, `.`, `_`, `-`.
    pub name: String,
    /// What signs its letters.
    pub(crate) key: SecretKey,
}

/// A key of this machine that is not there, or can't be used.
pub(crate) struct KeyFault {
    /// Its file in the state directory.
    pub(crate) file: &'static str,
    /// Why it can't be used; `None` where it is not there.
    pub(crate) error: Option<MachineError>,
}

impl KeyFault {
    /// Whether it is what opens letters that are encrypted to this machine.
    pub(crate) fn is_age(&self) -> bool {
        self.file == AGE_KEY
    }
}

/// This machine's key or name can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// It is unknown where the state directory is.
    #[error(transparent)]
    NoState(#[from] NoState),
    /// The state directory can't be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// What the system says.
    #[error(transparent)]
    File(#[from] FileError),
    /// What a sandbox was given.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// Its age key is none.
    #[error("could not use letter-age-key in the state directory: {0}")]
    AgeKey(#[from] ParseKeyError),
    /// It can't be called so.
    #[error("a machine can't be called {0:?}: use letters, digits, `.`, `_` and `-`, at most 64")]
    Name(String),
}

impl Machine {
    /// The one that the environment names, as in a sandbox, else the one that `state` is on, with a key made when there is none. Of several programs at once, all get the same key.
    ///
    /// # Errors
    /// [`MachineError`]; `PermissionDenied` when others may read the key.
    pub fn open(state: &StateDir) -> Result<Self, MachineError> {
        if let Some(given) = Given::read()? {
            return Ok(Self { key: given.key(), name: given.name });
        }
        let dir = state.create()?;
        let seed = secret(&dir, KEY, || Ok(handoff_files::random::<32>()?.to_vec()))?;
        let odd = |_| not_a_seed(&dir);
        let key = SecretKey::from_seed(&<[u8; SEED_BYTES]>::try_from(seed).map_err(odd)?);
        Ok(Self { name: read_name(&dir)?.unwrap_or_else(host_name), key })
    }

    /// What is wrong with the keys of this machine; makes nothing.
    pub(crate) fn faults(state: &StateDir) -> Vec<KeyFault> {
        match Given::read() {
            Ok(None) => {}
            // They come from the environment.
            Ok(Some(_)) => return Vec::new(),
            Err(error) => return vec![KeyFault { file: KEY, error: Some(error.into()) }],
        }
        let dir = match state.open() {
            Ok(dir) => dir,
            Err(error) => return vec![KeyFault { file: KEY, error: Some(error.into()) }],
        };
        let of = |file: &'static str| {
            let secret = dir.as_ref().map(|dir| read_secret(dir, file)).transpose();
            let error = match (secret.map(Option::flatten), &dir) {
                (Ok(None), _) => None,
                (Ok(Some(text)), _) if file == AGE_KEY => Some(parse_age(&text).err()?),
                (Ok(Some(seed)), Some(dir)) if seed.len() != SEED_BYTES => Some(not_a_seed(dir).into()),
                (Ok(Some(_)), _) => return None,
                (Err(error), _) => Some(error.into()),
            };
            Some(KeyFault { file, error })
        };
        [KEY, AGE_KEY].into_iter().filter_map(of).collect()
    }

    /// The key that opens what is encrypted to the machine that the environment names, as in a sandbox, else to the one that
    /// `state` is on, made when there is none. The file is one that `age -d -i` takes.
    ///
    /// # Errors
    /// As of [`Self::open`].
    pub fn age_key(state: &StateDir) -> Result<handoff_sealed::Identity, MachineError> {
        if let Some(given) = Given::read()? {
            return Ok(given.age_key());
        }
        let text = secret(&state.create()?, AGE_KEY, || {
            let new = handoff_sealed::Identity::generate()?;
            Ok(format!("{}\n", *new.to_secret_text()).into_bytes())
        })?;
        parse_age(&text)
    }

    /// What others encrypt to it, `age1…`.
    ///
    /// # Errors
    /// As of [`Self::open`].
    pub fn recipient(state: &StateDir) -> Result<Recipient, MachineError> {
        Ok(*Self::age_key(state)?.recipient())
    }

    /// Calls it `name` from now on.
    ///
    /// # Errors
    /// [`MachineError`].
    pub fn rename(&mut self, state: &StateDir, name: &str) -> Result<(), MachineError> {
        if !Sender::is_machine(name) {
            return Err(MachineError::Name(name.to_owned()));
        }
        state.create()?.put(NAME, format!("{name}\n").as_bytes())?;
        name.clone_into(&mut self.name);
        Ok(())
    }

    /// The public half of its key.
    pub fn key(&self) -> PublicKey {
        self.key.public()
    }
}

/// What is in the file `name`, which `make` makes when there is none.
fn secret(
    dir: &Dir,
    name: &str,
    make: impl FnOnce() -> Result<Vec<u8>, MachineError>,
) -> Result<Vec<u8>, MachineError> {
    if let Some(secret) = read_secret(dir, name)? {
        return Ok(secret);
    }
    // When another was faster, its key is the one.
    dir.temporary(&[&make()?])?.publish(name)?;
    dir.sync()?;
    let gone = || FileError::new("open", &dir.path_of(name))(Error::from(ErrorKind::NotFound));
    Ok(read_secret(dir, name)?.ok_or_else(gone)?)
}

fn read_secret(dir: &Dir, name: &str) -> Result<Option<Vec<u8>>, FileError> {
    let mut file = match dir.open_to_read(name) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let access = file.access()?;
    if !access.is_ours() || access.mode & 0o077 != 0 {
        let reason =
            "others may read it; remove it, and have the people who know this machine add its new key";
        return Err(refuse(dir, name, ErrorKind::PermissionDenied, reason));
    }
    file.read(MAX_KEY_BYTES).map(Some)
}

fn not_a_seed(dir: &Dir) -> FileError {
    refuse(dir, KEY, ErrorKind::InvalidData, "it is not 32 bytes long")
}

fn parse_age(text: &[u8]) -> Result<handoff_sealed::Identity, MachineError> {
    Ok(String::from_utf8_lossy(text).trim().parse()?)
}

fn refuse(dir: &Dir, name: &str, kind: ErrorKind, reason: &str) -> FileError {
    FileError::new("use", &dir.path_of(name))(Error::new(kind, reason))
}

fn read_name(dir: &Dir) -> Result<Option<String>, FileError> {
    let text = match dir.open_to_read(NAME).and_then(|mut file| file.read(256)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    Ok(Some(text).filter(|name| Sender::is_machine(name)))
}

fn host_name() -> String {
    Sender::machine_of(&rustix::system::uname().nodename().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_a_name_can_be_given() {
        let place = tempfile::tempdir().unwrap();
        let state = StateDir::at(place.path().join("state"));
        let mut machine = Machine::open(&state).unwrap();
        assert_eq!(Machine::open(&state).unwrap().key(), machine.key());
        assert!(matches!(machine.rename(&state, "../desk"), Err(MachineError::Name(_))));
        let recipient = Machine::recipient(&state).unwrap();
        assert_eq!(Machine::recipient(&state).unwrap(), recipient);
        machine.rename(&state, "desk").unwrap();
        assert_eq!(Machine::open(&state).unwrap().name, "desk");
    }
}
