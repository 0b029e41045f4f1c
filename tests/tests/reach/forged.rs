//! Letters that were changed, or that someone else made.

use handoff_document::Timestamp;
use handoff_letter::{LetterId, Mailbox, SecretKey, State};

use crate::forge::{Entry, Forge, key_of};
use crate::support::{Machine, Pair};

/// A letter with work of the laptop, which the desk knows, and that letter taken apart.
fn forge(pair: &Pair) -> Forge {
    pair.laptop.put("new.rs", "new\n");
    Forge::open(&pair.laptop.letter("q.handoff"))
}

fn file(name: &str, blob: &str) -> Entry {
    ("100644".to_owned(), name.to_owned(), blob.to_owned())
}

#[track_caller]
fn refused(desk: &Machine, forge: &Forge, because: &str) {
    let said = desk.refuses(&["import", forge.pack().to_str().unwrap()]);
    assert!(said.contains(because), "{because}: {said}");
}

#[test]
fn a_letter_of_which_any_part_was_changed_is_not_taken() {
    let pair = Pair::new();
    let original = pair.laptop.world.path("q.handoff");
    drop(forge(&pair));
    let forge = || Forge::open(&original);
    // Its commit with another tree, and the signature as it was.
    let changed_tree = |change: &dyn Fn(&Forge, &mut Vec<Entry>)| {
        let mut forge = forge();
        let mut entries = forge.entries(&forge.letter.1);
        change(&forge, &mut entries);
        let commit = String::from_utf8(forge.commit(&forge.letter.1)).unwrap();
        let rest = commit.split_once('\n').unwrap().1;
        let tree = forge.tree(&entries);
        forge.letter.1 = forge.literally("commit", format!("tree {tree}\n{rest}").as_bytes());
        refused(&pair.desk, &forge, "its signature does not fit what it says");
    };
    changed_tree(&|forge, entries| entries[0].2 = forge.blob(b"---\nname: x\n---\nother\n"));
    changed_tree(&|forge, entries| entries[1].2 = forge.blob(b"{}"));
    changed_tree(&|forge, entries| entries.push(file("z.md", &forge.blob(b"z"))));
    changed_tree(&|_, entries| entries[0].0 = "100755".to_owned());
    changed_tree(&|_, entries| entries[0].0 = "120000".to_owned());
    let changed_commit = |from: &str, to: &str, because: &str| {
        let mut forge = forge();
        let commit = String::from_utf8(forge.commit(&forge.letter.1)).unwrap();
        assert!(commit.contains(from), "{commit}");
        forge.letter.1 = forge.literally("commit", commit.replacen(from, to, 1).as_bytes());
        refused(&pair.desk, &forge, because);
    };
    changed_commit("author Ann", "author Bob", "does not fit");
    changed_commit("chore(handoff): Quoted", "chore(handoff): Other", "does not fit");
    changed_commit("Handoff-State: waiting", "Handoff-State: taken", "does not fit");
    changed_commit("committer ", "encoding x\ncommitter ", "not as agent-handoff writes");
    changed_commit("gpgsig ", "gpgsig-sha256 ", "not as agent-handoff writes");
    changed_commit("gpgsig -----BEGIN", "gpgsig -----BEGAN", "signature is none");

    // What no signature covers: the names of the refs, and what else is in the file.
    let mut other = forge();
    other.letter.0 = format!("{}/{}", Mailbox::Anyone.key(""), other.said().id);
    refused(&pair.desk, &other, "`id` has a value");
    let mut other = forge();
    other.parcel.as_mut().unwrap().0.push('0');
    refused(&pair.desk, &other, "parcel is another letter's");
    let mut other = forge();
    other.parcel = None;
    refused(&pair.desk, &other, "its parcel is missing");
    for name in ["refs/heads/main", "refs/handoffs/v1/0123456789abcdef/x", "refs/handoffs/v1/parcel/x"] {
        let forge = forge();
        let more = forge.pack_with(&[(name, &forge.letter.1)]);
        let said = pair.desk.refuses(&["import", more.to_str().unwrap()]);
        assert!(said.contains("it is no letter"), "{said}");
    }
    pair.desk.import(&original, &[]);
}

type Change = fn(&mut Forge, &SecretKey);

/// The desk refuses the letter that each change makes, for this reason, though a machine that it knows signed it.
fn held_to_the_form(cases: &[(&str, Change)]) {
    let pair = Pair::new();
    let original = pair.laptop.world.path("q.handoff");
    drop(forge(&pair));
    let key = key_of(&pair.laptop.world);
    for (because, change) in cases {
        let mut forge = Forge::open(&original);
        change(&mut forge, &key);
        refused(&pair.desk, &forge, because);
    }
    // Made well, it is taken.
    let mut forge = Forge::open(&original);
    forge.with_letter(&key, |letter| "Forged well".clone_into(&mut letter.title));
    pair.desk.import(&forge.pack(), &[]);
}

#[test]
fn a_letter_that_a_known_machine_signs_is_held_to_the_form_all_the_same() {
    held_to_the_form(&[
        ("no handoff.md", |forge, key| forge.with_entries(key, |entries| drop(entries.remove(0)))),
        ("no letter.json", |forge, key| forge.with_entries(key, |entries| drop(entries.remove(1)))),
        ("something else in it", |forge, key| {
            forge.with_entries(key, |entries| entries[0].0 = "120000".to_owned());
        }),
        ("something else in it", |forge, key| {
            forge.with_entries(key, |entries| entries[0].0 = "100755".to_owned());
        }),
        ("something else in it", |forge, key| {
            let tree = forge.tree(&[]);
            forge.with_entries(key, |entries| entries.push(("40000".into(), "z".into(), tree)));
        }),
        ("larger than any", |forge, key| forge.with_file(key, "handoff.md", &vec![b'x'; (1 << 20) + 1])),
        ("larger than any", |forge, key| forge.with_file(key, "letter.json", &vec![b' '; (64 << 10) + 1])),
        ("letter.json", |forge, key| forge.with_file(key, "letter.json", b"[]")),
        ("no frontmatter", |forge, key| forge.with_file(key, "handoff.md", b"hello\n")),
        ("not as agent-handoff writes", |forge, key| {
            let tree = forge.tree(&forge.entries(&forge.letter.1));
            forge.letter.1 = forge.signed(&tree, Some(State::Taken), key);
        }),
    ]);
}

#[test]
fn a_parcel_that_a_known_machine_signs_is_held_to_the_form_all_the_same() {
    held_to_the_form(&[
        ("a file that no parcel has", |forge, key| {
            let mut entries = forge.entries(&forge.parcel.as_ref().unwrap().1);
            entries.push(file("zzz", &forge.blob(b"")));
            forge.with_parcel(key, &entries, |_| {});
        }),
        ("something else in it", |forge, key| {
            let mut entries = forge.entries(&forge.parcel.as_ref().unwrap().1);
            entries[0].0 = "120000".to_owned();
            forge.with_parcel(key, &entries, |_| {});
        }),
        ("has a file twice", |forge, key| {
            let mut entries = forge.entries(&forge.parcel.as_ref().unwrap().1);
            entries.push(entries[0].clone());
            forge.with_parcel(key, &entries, |_| {});
        }),
        ("is not the one that it names", |forge, key| {
            let entries = forge.entries(&forge.parcel.as_ref().unwrap().1);
            forge.with_parcel(key, &entries, |parcel| parcel.sha256 = "0".repeat(64));
        }),
        ("larger than it says, or than any", |forge, key| {
            let entries = forge.entries(&forge.parcel.as_ref().unwrap().1);
            forge.with_parcel(key, &entries, |parcel| parcel.size = u64::MAX);
        }),
        ("signed with another key", |forge, key| {
            let entries = forge.entries(&forge.parcel.as_ref().unwrap().1);
            let commit = forge.signed(&forge.tree(&entries), None, &SecretKey::from_seed(&[9; 32]));
            forge.parcel.as_mut().unwrap().1.clone_from(&commit);
            forge.with_letter(key, |letter| letter.parcel.as_mut().unwrap().commit = commit);
        }),
    ]);
}

#[test]
fn a_letter_is_taken_for_thirty_days_and_not_from_the_future() {
    let pair = Pair::new();
    let original = pair.laptop.letter("q.handoff");
    let key = key_of(&pair.laptop.world);
    let now = u64::try_from(Timestamp::now().seconds()).unwrap();
    for (seconds, because) in [(now - 33 * 86_400, "the letter expired"), (now + 3 * 86_400, "ahead of the")]
    {
        let mut forge = Forge::open(&original);
        forge.with_letter(&key, |letter| letter.id = LetterId::new(seconds * 1_000, [1; 5]));
        refused(&pair.desk, &forge, because);
    }
}

#[test]
fn a_letter_about_another_repository_is_taken_only_on_the_users_word() {
    let pair = Pair::new();
    pair.laptop.git(&["config", "remote.origin.url", "https://ann:secret@example.org/acme/app.git"]);
    pair.desk.git(&["config", "remote.origin.url", "git@example.org:acme/other"]);
    let letter = pair.laptop.letter("q.handoff");
    let said = pair.desk.refuses(&["import", letter.to_str().unwrap()]);
    assert!(said.contains("example.org/acme/app, and this repository is example.org/acme/other"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    pair.desk.import(&letter, &["--any-repository"]);
}

#[test]
fn the_changed_key_of_a_known_machine_is_named_as_such() {
    let pair = Pair::new();
    let key = pair.laptop.world.home().join(".local/state/agent-handoff/letter-key");
    std::fs::remove_file(key).unwrap();
    let letter = pair.laptop.letter("q.handoff");
    let said = pair.desk.refuses(&["import", letter.to_str().unwrap()]);
    assert!(said.contains("@me's machine laptop, but is signed with another key"), "{said}");
    assert!(said.contains("handoff people add @me --from "), "{said}");
}

#[test]
fn one_person_cannot_write_as_another_and_the_reader_is_told_whose_key_it_is() {
    let pair = Pair::new();
    let original = pair.laptop.letter("q.handoff");
    let mut forge = Forge::open(&original);
    forge.with_letter(&SecretKey::from_seed(&[5; 32]), |_| {});
    let strange = forge.pack();
    pair.desk.add("mallory", &strange, &["--machine", "box", "--mail", "mallory@evil.io"]);
    // Of a machine that is known as another person's.
    let said = pair.desk.refuses(&["import", strange.to_str().unwrap()]);
    assert!(said.contains("mallory signed it"), "{said}");
    // Of a name that nothing is known of.
    forge.with_letter(&SecretKey::from_seed(&[5; 32]), |letter| "desk7".clone_into(&mut letter.from.machine));
    pair.desk.import(&forge.pack(), &[]);
    let handoff = pair.desk.only();
    assert!(handoff.contains("mallory: Ann <ann@acme.io>, desk7"), "{handoff}");
    let shown = pair.desk.world.surface(&pair.desk.app);
    assert!(shown.contains("sent by \"mallory: Ann"), "{shown}");
}
