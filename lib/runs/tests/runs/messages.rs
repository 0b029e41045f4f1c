//! What errors say of paths and ids that others made.

use std::path::Path;

use handoff_files::FileError;
use handoff_runs::{AdoptError, RecordError, RunId, RunsError, Trouble};

const HOSTILE: &str = "/s/\x1b[31m\nagent-handoff: forged\u{202E}\t'";

#[test]
fn every_error_shows_hostile_words_in_one_visible_line() {
    let path = || Path::new(HOSTILE).to_owned();
    let id = || RunId::parse("1\u{202E}forged\u{2028}x").unwrap();
    let file = || FileError::new("open", &path())(std::io::Error::from(std::io::ErrorKind::NotFound));
    let mut said = vec![
        RunsError::File(file()).to_string(),
        RunsError::Foreign { path: path(), owner: 1 }.to_string(),
        RunsError::NoFreeId(path()).to_string(),
        AdoptError::Dispatched(id()).to_string(),
        AdoptError::OtherBackend { id: id(), backend: HOSTILE.to_owned() }.to_string(),
        AdoptError::NoPrompt(id()).to_string(),
        AdoptError::Runs(file().into()).to_string(),
    ];
    use Trouble::{Busy, Closed, Corrupt, Full, Other, Schema};
    for trouble in [Busy, Corrupt, Full, Closed, Schema, Other] {
        said.push(RecordError { path: path(), trouble, detail: HOSTILE.to_owned() }.to_string());
    }
    for said in said {
        assert!(!said.contains(|c: char| c.is_control() || "\u{202E}\u{2028}".contains(c)), "{said:?}");
    }
}

#[test]
fn the_command_that_moves_a_damaged_list_is_whole_whatever_its_path() {
    let path = Path::new("/s/it's a \n list").join("x".repeat(300));
    let said =
        RecordError { path: path.clone(), trouble: Trouble::Corrupt, detail: String::new() }.to_string();
    let (_, command) = said.split_once("run: ").unwrap();
    let words =
        std::process::Command::new("bash").arg("-c").arg(format!("printf '%s\\0' {command}")).output();
    let words = String::from_utf8(words.unwrap().stdout).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(words.split('\0').collect::<Vec<_>>(), ["mv", path, &format!("{path}.damaged"), ""]);
}
