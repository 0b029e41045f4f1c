//! Through [`Config::load`], [`Backend::run`] and [`Backend::open`] only, on real files. Each row on configuration of
//! what handoff-cli does, and of what it does wrong, is one of these.

mod files;
mod hints;
mod hostile;
mod launches;
mod merging;
mod messages;
mod secrets;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::*;

const HOME: &str = "/home/me";
const ID: &str = "11111111-2222-4333-8444-555555555555";

/// A directory with configuration files.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let files_of = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            files_of.put(name, text.as_bytes());
        }
        files_of
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self) -> Result<Option<Config>, ConfigError> {
        Config::load(&self.path("config.yaml"), Path::new(HOME))
    }

    /// What is said of the configuration, without the directory.
    fn error(&self) -> String {
        self.load().unwrap_err().to_string().replace(&*self.0.path().to_string_lossy(), "DIR")
    }
}

fn config(text: &str) -> Config {
    Files::new(&[("config.yaml", text)]).load().unwrap().unwrap()
}

fn error(text: &str) -> String {
    Files::new(&[("config.yaml", text)]).error()
}

/// What is said of the file and of each backend, from the line on.
fn warnings(config: &Config) -> Vec<String> {
    let after = |text: String| text.split_once(", line ").unwrap().1.to_owned();
    let of_backends = config.backends.iter().flat_map(|backend| backend.warnings(false));
    config.warnings.iter().cloned().chain(of_backends).map(|warning| after(warning.to_string())).collect()
}

fn variables(all: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    all.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn task(environment: &[(OsString, OsString)]) -> Task<'_> {
    let (cwd, home) = (Path::new("/srv/a b"), Path::new(HOME));
    let settings = Path::new("/run/settings.json");
    Task { cwd, home, pro: false, fast: false, conversation: Conversation::New(ID), environment, settings }
}

/// The default backend of `text`, run with `environment`.
fn run(text: &str, environment: &[(&str, &str)]) -> Result<Launch, LaunchError> {
    config(text).backends[0].run(&task(&variables(environment)))
}

/// What the agent gets in the variable.
fn variable(launch: &Launch, name: &str) -> Option<String> {
    let found = launch.env.iter().find(|(key, _)| key == name)?;
    Some(found.1.to_string_lossy().into_owned())
}

fn words(launch: &Launch) -> Vec<String> {
    launch.args.iter().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The word after `option`.
fn after(launch: &Launch, option: &str) -> Option<String> {
    let words = words(launch);
    let at = words.iter().position(|word| word == option)?;
    words.get(at + 1).cloned()
}

/// A claude backend with these lines in its `env`.
fn with_env(lines: &str) -> String {
    format!("backends:\n  b:\n    model: m-1\n    pro_model: p-1\n    env:\n      {lines}\n")
}
