//! Interchange with the program `age`, both ways.

use std::path::Path;
use std::process::{Command, Stdio};

use handoff_sealed::{Identity, Passphrase, open, open_with_passphrase, seal, seal_with_passphrase};
use tests::{Terminal, can, feed, has};

use crate::support::{bytes, identity, recipients};

fn is_there() -> bool {
    can("encrypt with `age`", has("age") && has("age-keygen"))
}

/// Runs `age`, which must succeed; gives what it printed.
#[track_caller]
fn age(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("age");
    command.args(arguments);
    let ran = feed(command, input);
    assert_eq!(ran.code, 0, "{}", ran.err());
    ran.out
}

fn key_file(directory: &Path, identity: &Identity) -> String {
    let path = directory.join("key");
    std::fs::write(&path, format!("{}\n", identity.to_secret_text().as_str())).unwrap();
    path.display().to_string()
}

#[test]
fn age_opens_what_is_sealed_here() {
    if !is_there() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let both = [identity(), identity()];
    let key = key_file(scratch.path(), &both[1]);
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000] {
        let plain = bytes(length);
        let sealed = seal(&plain, &recipients(&both)).unwrap();
        assert!(age(&["-d", "-i", &key], &sealed) == plain, "{length}");
    }
}

#[test]
fn what_age_encrypts_opens_here() {
    if !is_there() {
        return;
    }
    let both = [identity(), identity()];
    let [one, other] = [0, 1].map(|number| both[number].recipient().to_string());
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000] {
        let plain = bytes(length);
        assert!(open(&age(&["-r", &other], &plain), &both).unwrap() == plain, "{length}");
        let armored = age(&["-a", "-r", &one, "-r", &other], &plain);
        assert!(open(&armored, &both[1..]).unwrap() == plain, "{length}, armored");
    }
}

#[test]
fn a_key_of_age_keygen_is_read() {
    if !is_there() {
        return;
    }
    let output = Command::new("age-keygen").stderr(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let identity: Identity = text.lines().find(|line| !line.starts_with('#')).unwrap().parse().unwrap();
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    assert_eq!(identity.recipient().to_string(), recipient);
}

#[test]
fn a_passphrase_is_the_same_to_both() {
    if !is_there() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new("correct horse battery staple".to_owned());
    let path = |name: &str| scratch.path().join(name).display().to_string();
    std::fs::write(scratch.path().join("ours.age"), seal_with_passphrase(b"ours", &passphrase).unwrap())
        .unwrap();
    std::fs::write(scratch.path().join("plain"), "theirs").unwrap();
    // It asks on the terminal alone.
    let script = format!(
        "age -d -o '{}' '{}'; age -p -o '{}' '{}'; echo It is over; cat",
        path("ours"),
        path("ours.age"),
        path("theirs.age"),
        path("plain")
    );
    let Some(terminal) = Terminal::new(120, 24, &script) else { return };
    for question in ["Enter passphrase", "leave empty to autogenerate", "Confirm passphrase"] {
        terminal.wait_for(question);
        terminal.keys(&["-l", "correct horse battery staple"]);
        terminal.keys(&["Enter"]);
    }
    terminal.wait_for("It is over");
    assert_eq!(std::fs::read_to_string(path("ours")).unwrap(), "ours");
    let theirs = std::fs::read(path("theirs.age")).unwrap();
    assert_eq!(open_with_passphrase(&theirs, &passphrase).unwrap(), b"theirs");
}
