//! Letters as encrypted files: to machines and with a passphrase, and the same for the program `age`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::{Mount, Terminal, can, feed, has};

use crate::support::{BODY, Machine, Pair, names};

fn age_is_there() -> bool {
    can("encrypt with `age`", has("age"))
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

fn state(machine: &Machine) -> PathBuf {
    machine.world.home().join(".local/state/agent-handoff")
}

/// What is encrypted to this machine.
#[track_caller]
fn recipient(machine: &Machine) -> String {
    let listed = machine.ok(&["people"]);
    listed.lines().map(str::trim).find(|line| line.starts_with("age1")).unwrap().to_owned()
}

/// Has `machine` know another, as `handoff people` shows it there.
fn knows(machine: &Machine, other: &Machine, name: &str, called: &str, mail: &str) {
    let listed = other.ok(&["people"]);
    let keys: Vec<_> = listed.lines().skip(1).take(2).collect();
    let file = machine.world.path(format!("{called}.keys"));
    std::fs::write(&file, keys.join("\n")).unwrap();
    machine.ok(&[
        "people",
        "add",
        name,
        "--machine",
        called,
        "--mail",
        mail,
        "--key",
        file.to_str().unwrap(),
    ]);
}

/// Laptop and desk of one person, which know each other with their age keys.
fn pair() -> Pair {
    let pair = Pair::strangers();
    knows(&pair.desk, &pair.laptop, "@me", "laptop", "ann@acme.io");
    knows(&pair.laptop, &pair.desk, "@me", "desk", "ann@acme.io");
    pair
}

/// A letter with uncommitted work and a commit.
fn work(laptop: &Machine) {
    laptop.put("src/c.rs", "c\n");
    laptop.world.commit(&laptop.app, "second");
    laptop.put("src/a.rs", "changed\n");
    laptop.leave(BODY);
}

fn holds(file: &Path, text: &str) -> bool {
    std::fs::read(file).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn an_encrypted_file_goes_to_the_other_machine_with_its_work_and_shows_nothing_on_its_way() {
    let pair = pair();
    work(&pair.laptop);
    let letter = pair.laptop.export("q.handoff", &["--encrypt"]);
    assert!(holds(&letter, "age-encryption.org/v1") && !holds(&letter, "refs/handoffs"));
    pair.desk.import(&letter, &["--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
    assert!(pair.desk.only().contains("make test-quoted"));
    // It is the sender's own too.
    pair.laptop.import(&letter, &[]);
}

#[test]
fn the_file_is_the_plain_letter_to_age_and_what_age_encrypts_is_taken() {
    if !age_is_there() {
        return;
    }
    let pair = pair();
    work(&pair.laptop);
    let encrypted = pair.laptop.export("q.handoff", &["--encrypt"]);
    let key = state(&pair.laptop).join("letter-age-key");
    let plain = age(&["-d", "-i", key.to_str().unwrap(), encrypted.to_str().unwrap()], b"");
    assert!(plain.starts_with(b"# v2 git bundle\n"));
    let file = pair.desk.world.path("plain.handoff");
    std::fs::write(&file, &plain).unwrap();
    pair.desk.import(&file, &["--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
    for armor in [false, true] {
        let plain = pair.laptop.letter(&format!("{armor}.handoff"));
        let to = recipient(&pair.desk);
        let mut arguments = vec!["-r", to.as_str()];
        if armor {
            arguments.push("-a");
        }
        let sealed = age(&arguments, &std::fs::read(plain).unwrap());
        let ran = pair.desk.world.run("handoff", &pair.desk.app, &["import", "-"], &sealed);
        assert_eq!(ran.code, 0, "{}", ran.err());
    }
    assert_eq!(pair.desk.unread().len(), 3);
}

#[test]
fn a_file_to_one_person_is_closed_to_another_and_says_how_to_have_it_sent_again() {
    let pair = Pair::of("ann", "bob");
    let (ann, bob) = (&pair.laptop, &pair.desk);
    let carol = Machine::new("den", "carol", &bob.app);
    for other in [bob, &carol] {
        knows(other, ann, "ann", "laptop", "ann@acme.io");
    }
    knows(ann, bob, "bob", "desk", "bob@acme.io");
    ann.leave(BODY);
    let letter = ann.export("q.handoff", &["--encrypt", "--to", "bob"]);
    let said = carol.refuses(&["import", letter.to_str().unwrap()]);
    assert!(said.contains("encrypted to other machines than this one"), "{said}");
    assert!(said.contains(&recipient(&carol)) && said.contains("sent again"), "{said}");
    let said = ann.refuses(&["import", letter.to_str().unwrap()]);
    assert!(said.contains("encrypted to other machines"), "{said}");
    bob.import(&letter, &[]);
    if !age_is_there() {
        return;
    }
    // Bob, or who has his key, cannot make of Ann's letter to him one that she wrote to Carol.
    let key = state(bob).join("letter-age-key");
    let plain = age(&["-d", "-i", key.to_str().unwrap(), letter.to_str().unwrap()], b"");
    let again = age(&["-r", &recipient(&carol)], &plain);
    let file = carol.world.path("again.handoff");
    std::fs::write(&file, again).unwrap();
    let said = carol.refuses(&["import", file.to_str().unwrap()]);
    assert!(said.contains("it was written to me:bob@acme.io and not to you"), "{said}");
}

#[test]
fn a_person_without_an_age_key_is_named_and_an_old_list_of_people_is_read() {
    let pair = Pair::strangers();
    // Without the age key, as an older version shows it.
    let key = pair.desk.ok(&["people"]).lines().nth(1).unwrap().trim().to_owned();
    let people = format!(
        "{{\"v\":1,\"people\":[{{\"name\":\"bob\",\"code\":false,\"keys\":[{{\"key\":\"{key}\",\"machine\":\"desk\",\"mail\":\"bob@acme.io\",\
         \"added\":\"2026-11-30T10:00:00Z\"}}]}}]}}"
    );
    std::fs::write(state(&pair.laptop).join("people.json"), people).unwrap();
    pair.laptop.leave(BODY);
    let file = pair.laptop.world.path("q.handoff");
    let said = pair.laptop.refuses(&["export", file.to_str().unwrap(), "--encrypt", "--to", "bob"]);
    assert!(said.contains("no age key of bob is known here") && said.contains("(desk)"), "{said}");
    for to in ["host:nowhere", "carol@acme.io", "anyone", "branch:main"] {
        let said = pair.laptop.refuses(&["export", file.to_str().unwrap(), "--encrypt", "--to", to]);
        assert!(said.contains("encrypt"), "{to}: {said}");
    }
    assert!(!file.exists());
    assert!(pair.laptop.ok(&["people"]).contains("no age key"));
    knows(&pair.laptop, &pair.desk, "bob", "desk", "bob@acme.io");
    assert!(pair.laptop.ok(&["people"]).contains(&recipient(&pair.desk)));
    pair.laptop.export("q.handoff", &["--encrypt", "--to", "bob"]);
}

#[test]
fn a_machine_of_ones_own_that_cannot_read_it_is_named() {
    let pair = pair();
    let den = Machine::new("den", "ann", &pair.laptop.app);
    let key = den.ok(&["people"]).lines().nth(1).unwrap().trim().to_owned();
    let file = pair.laptop.world.path("den.keys");
    std::fs::write(&file, key).unwrap();
    let add = ["people", "add", "@me", "--machine", "den", "--key", file.to_str().unwrap()];
    pair.laptop.ok(&add);
    pair.laptop.leave(BODY);
    let ran =
        pair.laptop.run(&["export", pair.laptop.world.path("q.handoff").to_str().unwrap(), "--encrypt"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(ran.err().contains("den cannot read it") && !ran.err().contains("desk"), "{}", ran.err());
}

#[test]
fn an_answer_is_encrypted_to_the_machine_whose_letter_was_taken() {
    let pair = Pair::of("ann", "bob");
    let letter = pair.laptop.letter("q.handoff");
    pair.desk.add("ann", &letter, &[]);
    pair.desk.import(&letter, &[]);
    pair.laptop.add("bob", &pair.desk.export("first.handoff", &[]), &[]);
    let answer = pair.desk.export("answer.handoff", &["--encrypt", "--to", "ann"]);
    pair.laptop.import(&answer, &[]);
    // Its age key is another one now, and its next letter says so.
    std::fs::remove_file(state(&pair.laptop).join("letter-age-key")).unwrap();
    let before = pair.desk.ok(&["people"]);
    pair.desk.import(&pair.laptop.letter("next.handoff"), &[]);
    assert!(!before.contains(&recipient(&pair.laptop)));
    assert!(pair.desk.ok(&["people"]).contains(&recipient(&pair.laptop)));
}

#[test]
fn a_passphrase_opens_a_file_anywhere_and_another_one_does_not() {
    let pair = Pair::new();
    pair.laptop.leave(BODY);
    let [good, bad, empty] = ["good", "bad", "empty"].map(|name| pair.laptop.world.path(name));
    std::fs::write(&good, "correct horse\nmore\n").unwrap();
    std::fs::write(&bad, "battery staple\n").unwrap();
    std::fs::write(&empty, "\n").unwrap();
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    let letter = pair.laptop.export("q.handoff", &["--passphrase-file", good]);
    let file = letter.to_str().unwrap();
    let said = pair.desk.refuses(&["import", file, "--passphrase-file", bad]);
    assert!(said.contains("the passphrase is not the one"), "{said}");
    let said = pair.desk.refuses(&["import", file, "--passphrase-file", empty.to_str().unwrap()]);
    assert!(said.contains("empty first line"), "{said}");
    // Nobody is there to be asked.
    let mut alone = pair.desk.world.bare_command("setsid");
    alone.arg("-w").arg(tests::program("handoff")).args(["import", file]).current_dir(&pair.desk.app);
    let ran = feed(alone, b"");
    assert_eq!(ran.code, 1, "{}", ran.out());
    assert!(ran.err().contains("--passphrase-file FILE"), "{}", ran.err());
    let script = "exec 3<\"$1\"; exec \"$2\" import \"$3\" --passphrase-file /dev/fd/3";
    let mut by_descriptor = pair.desk.world.bare_command("sh");
    by_descriptor.args(["-c", script, "sh", good]).arg(tests::program("handoff")).arg(&letter);
    by_descriptor.current_dir(&pair.desk.app);
    let ran = feed(by_descriptor, b"");
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(pair.desk.only().contains("make test-quoted"));
}

#[test]
fn a_passphrase_is_asked_for_at_the_terminal_and_not_shown() {
    let pair = Pair::new();
    pair.laptop.leave(BODY);
    let (file, program) = (pair.laptop.world.path("q.handoff"), tests::program("handoff"));
    let run = |machine: &Machine, words: &str| {
        let script = format!(
            "cd '{}' && HOME='{}' '{}' {words}; echo It is over, $?; stty -a | grep -c ' -echo '; cat",
            machine.app.display(),
            machine.world.home().display(),
            program.display()
        );
        Terminal::new(150, 24, &script)
    };
    let Some(terminal) = run(&pair.laptop, &format!("export --passphrase '{}'", file.display())) else {
        return;
    };
    terminal.wait_for("passphrase for the file:");
    terminal.keys(&["-l", "wrongé"]);
    // The first control-C erases nothing: here all is erased by hand.
    terminal.keys(&["BSpace", "C-u"]);
    terminal.keys(&["-l", "correct horse"]);
    terminal.keys(&["Enter"]);
    terminal.wait_for("the same again:");
    terminal.keys(&["-l", "correct horse"]);
    terminal.keys(&["Enter"]);
    let screen = terminal.wait_for("It is over, 0");
    assert!(!screen.contains("horse") && !screen.contains("wrong"), "{screen}");
    terminal.wait("an echoing terminal", |screen| screen.lines().any(|line| line.trim() == "0"));
    let Some(terminal) = run(&pair.desk, &format!("import '{}'", file.display())) else { return };
    terminal.wait_for("passphrase of the file:");
    terminal.keys(&["C-c"]);
    terminal.wait_for("It is over, 1");
    terminal.wait("an echoing terminal", |screen| screen.lines().any(|line| line.trim() == "0"));
    let Some(terminal) = run(&pair.desk, &format!("import '{}'", file.display())) else { return };
    terminal.wait_for("passphrase of the file:");
    terminal.keys(&["-l", "correct horse"]);
    terminal.keys(&["Enter"]);
    terminal.wait_for("It is over, 0");
    assert!(pair.desk.only().contains("make test-quoted"));
}

#[test]
fn a_damaged_a_cut_and_a_huge_file_are_named_and_nothing_is_taken() {
    let pair = pair();
    work(&pair.laptop);
    let whole = std::fs::read(pair.laptop.export("q.handoff", &["--encrypt"])).unwrap();
    let file = pair.desk.world.path("bad.handoff");
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        pair.desk.refuses(&["import", file.to_str().unwrap()])
    };
    for at in [whole.len() - 1, whole.len() - 20, whole.len() / 2] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(refused(&changed).contains("could not be decrypted"), "{at}");
        assert!(refused(&whole[..at]).contains("could not be decrypted"), "{at}");
    }
    assert!(refused(&[&whole[..], b"x"].concat()).contains("could not be decrypted"));
    assert!(refused(&whole[..40]).contains("could not be decrypted"));
    let other = String::from_utf8_lossy(&whole[..22]).replace("/v1", "/v2");
    assert!(refused(&[other.as_bytes(), &whole[22..]].concat()).contains("another version"));
    // Nothing of it is read.
    std::fs::write(&file, &whole).unwrap();
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(900 << 20).unwrap();
    assert!(pair.desk.refuses(&["import", file.to_str().unwrap()]).contains("larger than"));
    if age_is_there() {
        for plain in [b"".as_slice(), b"no letter", &whole] {
            let said = refused(&age(&["-r", &recipient(&pair.desk)], plain));
            assert!(said.contains("could not be read as a letter"), "{said}");
        }
    }
}

#[test]
fn an_age_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let pair = pair();
    let key = state(&pair.desk).join("letter-age-key");
    let mode = std::fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    pair.laptop.leave(BODY);
    let letter = pair.laptop.export("q.handoff", &["--encrypt"]);
    let said = pair.desk.refuses(&["import", letter.to_str().unwrap()]);
    assert!(said.contains("others may read it"), "{said}");
}

#[test]
fn a_full_disk_stops_an_encrypted_export_and_import_with_nothing_left_behind() {
    let pair = pair();
    pair.laptop.put(
        "large.bin",
        (0..90_000_u32)
            .flat_map(|n| blake3::hash(&n.to_le_bytes()).as_bytes()[..4].to_vec())
            .collect::<Vec<_>>(),
    );
    pair.laptop.leave(BODY);
    let out = pair.laptop.world.path("out");
    let Some(disk) = Mount::tmpfs(&out, "size=64k") else { return };
    let said = pair.laptop.refuses(&["export", out.join("q.handoff").to_str().unwrap(), "--encrypt"]);
    assert!(said.to_lowercase().contains("no space left"), "{said}");
    assert_eq!(names(&out), Vec::<String>::new());
    drop(disk);
    let letter = pair.laptop.export("q.handoff", &["--encrypt"]);
    let tmp = pair.desk.world.path("small");
    let Some(_disk) = Mount::tmpfs(&tmp, "size=200k") else { return };
    let mut import = pair.desk.world.command("handoff", &pair.desk.app);
    import.args(["import", letter.to_str().unwrap()]).env("TMPDIR", &tmp);
    let ran = feed(import, b"");
    assert_eq!((ran.code, ran.out()), (1, ""), "{}", ran.err());
    assert!(ran.err().to_lowercase().contains("no space left"), "{}", ran.err());
    assert_eq!((names(&tmp), pair.desk.unread(), pair.desk.bundles()), (vec![], vec![], vec![]));
    pair.desk.import(&letter, &[]);
}

#[test]
fn an_encrypted_export_that_is_killed_leaves_no_half_file_and_an_import_is_done_by_the_next_one() {
    let pair = pair();
    work(&pair.laptop);
    let (laptop, desk) = (&pair.laptop, &pair.desk);
    let letter = laptop.export("q.handoff", &["--encrypt"]);
    let size = std::fs::metadata(&letter).unwrap().len();
    let out = laptop.world.dir("out");
    for step in 0..12 {
        let file = out.join(format!("{step}.handoff"));
        let mut export = laptop.world.command("handoff", &laptop.app);
        export.args(["export", file.to_str().unwrap(), "--encrypt"]);
        let mut import = desk.world.command("handoff", &desk.app);
        import.args(["import", letter.to_str().unwrap()]);
        let children = [export, import]
            .map(|mut command| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        std::thread::sleep(Duration::from_millis(step * 25));
        for mut child in children {
            let _ = child.kill();
            child.wait().unwrap();
        }
        if let Ok(metadata) = std::fs::metadata(&file) {
            assert!(metadata.len().abs_diff(size) < 300, "{}", metadata.len());
        }
        let there = desk.unread().iter().filter(|name| !name.starts_with('.')).count();
        let ran = desk.run(&["import", letter.to_str().unwrap()]);
        assert_eq!(ran.code, i32::from(there == 1), "{}", ran.err());
        std::fs::remove_dir_all(desk.world.inbox(&desk.app)).unwrap();
        std::fs::remove_dir_all(desk.app.join(".handover/bundles")).unwrap();
    }
}
