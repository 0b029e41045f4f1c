//! A file of ours alone that has a host run `session-start`: its text, and whose a file in its place is.

use std::path::{Path, PathBuf};

use handoff_agents::{OwnFile, OwnText, PLUGIN_PROGRAM, Wirable};
use serde_json::json;

use crate::fragment::HOST_LIMIT;
use crate::hosts::{Placed, PlacedKind};
use crate::places::Places;
use crate::plugin;

/// The program that such a file runs, below a prefix.
const PROGRAM: &str = "/bin/session-start";

/// The file of `host`; `None` where its hook is a handler in a file of its user's.
pub(crate) fn of(host: Wirable, places: &Places) -> Option<Placed> {
    let own = host.wiring.hook.own()?;
    Some(Placed {
        kind: PlacedKind::Hook,
        name: own.file.to_owned(),
        path: places.directory(host).join(own.file),
        text: text(own, &places.program("session-start")),
    })
}

/// Its text, with this program in it.
fn text(own: &OwnFile, program: &Path) -> String {
    match own.text {
        OwnText::HookFile { timeout_secs } => {
            let line = format!("{} --max-bytes {HOST_LIMIT}", handoff_process::quoted(program));
            let handler = json!({ "type": "command", "bash": line, "timeoutSec": timeout_secs });
            let mut hooks = serde_json::Map::new();
            hooks.insert(own.event.to_owned(), json!([handler]));
            format!("{:#}\n", json!({ "version": 1, "hooks": hooks }))
        }
        OwnText::Plugin(path) => {
            let constant = format!("{PLUGIN_PROGRAM} {}", json!(program.display().to_string()));
            let named = |line: &str| {
                if line.starts_with(PLUGIN_PROGRAM) { constant.clone() } else { line.to_owned() }
            };
            shipped(path).lines().map(named).fold(String::new(), |text, line| text + &line + "\n")
        }
    }
}

/// The plugin as the installer carries it.
fn shipped(path: &str) -> &'static str {
    plugin::FILES.iter().find(|file| file.path == path).map_or("", |file| file.text)
}

/// Whether `content`, which stands where the file `name` goes, is ours though nothing of it is on record: what our
/// documentation had users put there by hand, or what an installation wrote that is gone.
pub(crate) fn is_ours(name: &str, content: &[u8]) -> bool {
    is_by_hand(name, content) || is_orphan(name, content)
}

fn is_by_hand(name: &str, content: &[u8]) -> bool {
    let Some(own) = named(name) else { return false };
    let shipped = match own.text {
        OwnText::Plugin(path) => Some(shipped(path)),
        OwnText::HookFile { .. } => None,
    };
    let content = content.trim_ascii();
    own.by_hand.iter().copied().chain(shipped).any(|text| text.trim().as_bytes() == content)
}

/// Whether it is what an installation wrote whose programs are gone.
pub(crate) fn is_orphan(name: &str, content: &[u8]) -> bool {
    let (Some(own), Ok(content)) = (named(name), std::str::from_utf8(content)) else { return false };
    let is_gone = |program: &PathBuf| program.parent().is_some_and(|bin| !handoff_files::is_directory(bin));
    program_in(content).filter(is_gone).is_some_and(|program| content == text(own, &program))
}

/// The file that is called so in its host's directory.
fn named(name: &str) -> Option<&'static OwnFile> {
    Wirable::all().filter_map(|host| host.wiring.hook.own()).find(|own| own.file == name)
}

/// The `session-start` that such a file runs: a path between quotes.
pub(crate) fn program_in(content: &str) -> Option<PathBuf> {
    let end = content.find(PROGRAM)? + PROGRAM.len();
    let start = content[..end].rfind(['\'', '"']).map_or(0, |at| at + 1);
    let program = PathBuf::from(&content[start..end]);
    program.is_absolute().then_some(program)
}

/// Whether a file of hooks in whichever text runs the program of this installation.
pub(crate) fn runs(content: &[u8], places: &Places) -> bool {
    let program = places.program("session-start");
    program_in(&String::from_utf8_lossy(content)).is_some_and(|named| named == program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_ours_names_the_program_wherever_it_is() {
        for host in Wirable::all() {
            let Some(own) = host.wiring.hook.own() else { continue };
            let is_ours = |text: &str| is_ours(own.file, text.as_bytes());
            for prefix in ["/h/.agent-handoff", "/a b/c (d)", "/ä"] {
                let program = Path::new(prefix).join("bin/session-start");
                let text = text(own, &program);
                assert_eq!(program_in(&text).as_ref(), Some(&program), "{}: {text}", host.id);
                // Its installation is gone.
                assert!(is_ours(&text), "{}: {text}", host.id);
                assert!(!is_ours(&format!("{text}\n// mine")), "{}", host.id);
            }
        }
    }

    #[test]
    fn what_users_were_told_to_put_there_by_hand_is_ours() {
        for word in ["copilot", "opencode", "amp"] {
            let own = Wirable::named(word).unwrap().wiring.hook.own().unwrap();
            let mut texts = own.by_hand.to_vec();
            if let OwnText::Plugin(path) = own.text {
                assert!(shipped(path).lines().any(|line| line.starts_with(PLUGIN_PROGRAM)));
                texts.push(shipped(path));
            }
            assert!(!texts.is_empty());
            assert!(texts.iter().all(|text| is_ours(own.file, text.as_bytes())), "{word}");
            assert!(!is_ours(own.file, b"{}"), "{word}");
        }
    }
}
