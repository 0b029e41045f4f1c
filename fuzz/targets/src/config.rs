//! The dispatcher's configuration.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use handoff_backends::{Config, Conversation, Task};

thread_local! {
    /// A directory of its own for each thread; it holds the file that is read.
    static HOME: RefCell<Option<tempfile::TempDir>> = const { RefCell::new(None) };
}

/// Loads `config.yaml`, and makes of each backend the command that it stands for.
pub fn config(data: &[u8]) {
    HOME.with_borrow_mut(|home| {
        let home = home.get_or_insert_with(|| tempfile::tempdir().unwrap()).path();
        let path = home.join("config.yaml");
        std::fs::write(&path, data).unwrap();
        load(&path, home);
    });
}

fn load(path: &Path, home: &Path) {
    let config = match Config::load(path, home) {
        Ok(config) => config.expect("the file is there"),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(!config.backends.is_empty(), "a configuration has a backend");
    let environment: Vec<(OsString, OsString)> = [("PATH", "/bin"), ("HOME", "/home/u"), ("KEY", "k")]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    let settings = PathBuf::from("/home/u/settings.json");
    for backend in &config.backends {
        for pro in [false, true] {
            let conversation = Conversation::New("00000000-0000-4000-8000-000000000000");
            let task = Task {
                cwd: home,
                home,
                pro,
                fast: pro,
                conversation,
                environment: &environment,
                settings: &settings,
            };
            let _ = backend.run(&task).map(|launch| launch.to_string()).map_err(|error| error.to_string());
            let _ = backend.open(&task).map(|launch| launch.to_string()).map_err(|error| error.to_string());
            let _ = backend.warnings(pro);
        }
        let _ = backend.hint("unauthorized: please run /login as root --dangerously-skip-permissions");
    }
}
