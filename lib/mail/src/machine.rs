//! This machine: its key and its name, in the user's state directory, where no sandboxed agent can write.

use std::io::{Error, ErrorKind};

use handoff_files::{Dir, FileError};
use handoff_letter::{PublicKey, SecretKey, Sender};
use handoff_process::NoState;
use handoff_state::{StateDir, StateError};

use crate::sandbox::{self, SandboxError};

const KEY: &str = "letter-key";
const NAME: &str = "machine";

/// This machine, as letters name it.
#[derive(Debug)]
pub struct Machine {
    /// What it is called: letters, digits, `.`, `_`, `-`.
    pub name: String,
    /// What signs its letters.
    pub(crate) key: SecretKey,
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
        if let Some((name, key)) = sandbox::machine()? {
            return Ok(Self { name, key });
        }
        let dir = state.create()?;
        let key = match read_key(&dir)? {
            Some(key) => key,
            None => {
                let seed = handoff_files::random::<32>()?;
                // When another was faster, its key is the one.
                dir.temporary(&[&seed])?.publish(KEY)?;
                dir.sync()?;
                let gone = || FileError::new("open", &dir.path_of(KEY))(Error::from(ErrorKind::NotFound));
                read_key(&dir)?.ok_or_else(gone)?
            }
        };
        Ok(Self { name: read_name(&dir)?.unwrap_or_else(host_name), key })
    }

    /// Fails where its key is there and can't be used, as [`Machine::open`] does; makes nothing.
    ///
    /// # Errors
    /// [`MachineError`].
    pub(crate) fn check(state: &StateDir) -> Result<(), MachineError> {
        match state.open()? {
            Some(dir) => Ok(read_key(&dir).map(drop)?),
            None => Ok(()),
        }
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

fn read_key(dir: &Dir) -> Result<Option<SecretKey>, FileError> {
    let mut file = match dir.open_to_read(KEY) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let refuse = |kind, reason: &str| FileError::new("use", &dir.path_of(KEY))(Error::new(kind, reason));
    let access = file.access()?;
    if !access.is_ours() || access.mode & 0o077 != 0 {
        let reason =
            "others may read it; remove it, and have the people who know this machine add its new key";
        return Err(refuse(ErrorKind::PermissionDenied, reason));
    }
    match <[u8; 32]>::try_from(file.read(64)?) {
        Ok(seed) => Ok(Some(SecretKey::from_seed(&seed))),
        Err(_) => Err(refuse(ErrorKind::InvalidData, "it is not 32 bytes long")),
    }
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
        machine.rename(&state, "desk").unwrap();
        assert_eq!(Machine::open(&state).unwrap().name, "desk");
    }
}
