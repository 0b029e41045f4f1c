//! What messages say of paths and words that others wrote.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use handoff_files::FileError;

use crate::backend::Setting;
use crate::error::{ConfigError, LaunchError, Problem, Reason, UnknownBackend, Warning};
use crate::place::Place;

const HOSTILE: &str = "/s/\x1b[31m\nagent-handoff: forged\u{202E}\t'";

fn place() -> Place {
    Place { file: Arc::from(Path::new(HOSTILE)), line: 1, column: 1 }
}

fn problems() -> Vec<Problem> {
    let (text, path) = (|| HOSTILE.to_owned(), || PathBuf::from(HOSTILE));
    vec![
        Problem::Directory,
        Problem::NoRegularFile,
        Problem::TooLarge,
        Problem::NotUtf8,
        Problem::Syntax(text()),
        Problem::Duplicate { first: 1 },
        Problem::KeyNotText,
        Problem::TooDeep,
        Problem::AliasOfItself,
        Problem::AliasBomb,
        Problem::MergeOfNoMapping,
        Problem::Tag(text()),
        Problem::SecondDocument,
        Problem::NotAMapping,
        Problem::NotText,
        Problem::IncludeMissing(path()),
        Problem::IncludeUnreadable(path(), "permission denied".to_owned()),
        Problem::IncludeCycle(path()),
        Problem::TooManyIncludes,
        Problem::NoBackends,
        Problem::Name,
        Problem::UnknownType { written: text(), nearest: None },
        Problem::NoModel,
        Problem::KeyName,
    ]
}

fn launch_errors() -> Vec<LaunchError> {
    let setting = || Setting { written: HOSTILE.to_owned(), key: HOSTILE.to_owned(), place: place() };
    vec![
        LaunchError::UnsetVariable { variable: HOSTILE.to_owned(), setting: setting() },
        LaunchError::EmptyToken(setting()),
        LaunchError::PlaceholderToken(setting()),
        LaunchError::LoginToOthers(setting()),
        LaunchError::EmptyModel(setting()),
        LaunchError::Unpassable { setting: setting(), reason: "it holds a NUL" },
        LaunchError::VariableInArgument(setting()),
        LaunchError::SecretInArgument(setting()),
        LaunchError::Conversation(HOSTILE.to_owned()),
        LaunchError::RelativeDirectory(PathBuf::from(HOSTILE)),
    ]
}

#[test]
fn every_message_shows_hostile_words_in_one_visible_line() {
    let text = || HOSTILE.to_owned();
    let wrong = |problem| ConfigError::at(place(), HOSTILE, problem).to_string();
    let mut said: Vec<String> = problems().into_iter().map(wrong).collect();
    said.extend(launch_errors().iter().map(ToString::to_string));
    let read = FileError::new("read", Path::new(HOSTILE))(std::io::Error::from(std::io::ErrorKind::NotFound));
    said.push(ConfigError::Read(read).to_string());
    let reasons = [
        Reason::Unknown { nearest: None },
        Reason::NoPlaceholder { word: text(), nearest: None },
        Reason::NoVariable(text()),
    ];
    said.extend(reasons.map(|reason| Warning { place: place(), key: text(), reason }.to_string()));
    said.push(UnknownBackend { name: text(), nearest: None, known: Vec::new() }.to_string());
    for said in said {
        assert!(!said.contains(|c: char| c.is_control() || c == '\u{202E}'), "{said:?}");
    }
}
