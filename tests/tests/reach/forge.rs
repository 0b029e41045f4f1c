//! Makes letters that no program of ours makes.

use std::path::{Path, PathBuf};

use handoff_document::Timestamp;
use handoff_letter::{Letter, Parcel, SecretKey, Sender, State, Unsigned};
use tests::{World, feed};

/// The refs of a letter without what they all begin with.
const REFS: &str = "refs/handoffs/v1/";

/// A letter taken apart.
pub(crate) struct Forge {
    world: World,
    room: PathBuf,
    /// The ref and the commit of the letter.
    pub(crate) letter: (String, String),
    /// The same of its parcel.
    pub(crate) parcel: Option<(String, String)>,
}

/// An entry of a tree: mode, name, object.
pub(crate) type Entry = (String, String, String);

impl Forge {
    /// Takes the letter in `file` apart.
    #[track_caller]
    pub(crate) fn open(file: &Path) -> Self {
        let world = World::new();
        let room = world.dir("room");
        world.git(&room, &["init", "--quiet", "--bare", "."]);
        let refs = world.git(&room, &["bundle", "unbundle", file.to_str().unwrap()]);
        let mut refs: Vec<_> = refs
            .lines()
            .map(|line| {
                let (id, name) = line.split_once(' ').unwrap();
                (name.strip_prefix(REFS).unwrap().to_owned(), id.to_owned())
            })
            .collect();
        let parcel = refs.iter().position(|(name, _)| name.starts_with("parcel/")).map(|at| refs.remove(at));
        Self { letter: refs.pop().unwrap(), parcel, world, room }
    }

    /// Leaves it at the remote `origin`, whatever it is: no program looks at it.
    #[allow(dead_code, reason = "there is no remote in the tests of letters as files")]
    #[track_caller]
    pub(crate) fn put(&self, origin: &Path) {
        let mut copy = self.world.bare_command("cp");
        copy.args(["-r", "-n"]).arg(self.room.join("objects/.")).arg(origin.join("objects"));
        assert_eq!(feed(copy, b"").code, 0);
        for (name, id) in [Some(&self.letter), self.parcel.as_ref()].into_iter().flatten() {
            let path = origin.join(REFS).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{id}\n")).unwrap();
        }
    }

    #[track_caller]
    fn git(&self, args: &[&str], input: &[u8]) -> String {
        let mut git = self.world.bare_command("git");
        git.current_dir(&self.room).args(args);
        let ran = feed(git, input);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err());
        ran.out().trim().to_owned()
    }

    /// What the commit says.
    pub(crate) fn commit(&self, id: &str) -> Vec<u8> {
        let mut git = self.world.bare_command("git");
        git.current_dir(&self.room).args(["cat-file", "commit", id]);
        feed(git, b"").out
    }

    /// The entries of a commit's tree.
    pub(crate) fn entries(&self, commit: &str) -> Vec<Entry> {
        let listed = self.git(&["ls-tree", commit], b"");
        let entry = |line: &str| {
            let (fields, name) = line.split_once('\t').unwrap();
            let fields: Vec<_> = fields.split(' ').collect();
            (fields[0].to_owned(), name.to_owned(), fields[2].to_owned())
        };
        listed.lines().map(entry).collect()
    }

    /// The content of a file in a commit's tree.
    pub(crate) fn content(&self, commit: &str, name: &str) -> Vec<u8> {
        let mut git = self.world.bare_command("git");
        git.current_dir(&self.room).args(["cat-file", "blob", &format!("{commit}:{name}")]);
        feed(git, b"").out
    }

    /// What the letter says of itself.
    pub(crate) fn said(&self) -> Letter {
        Letter::from_json(&self.content(&self.letter.1, "letter.json")).unwrap()
    }

    /// Writes a content.
    pub(crate) fn blob(&self, content: &[u8]) -> String {
        self.git(&["hash-object", "-w", "--stdin"], content)
    }

    /// Writes an object of any kind and form.
    pub(crate) fn literally(&self, kind: &str, content: &[u8]) -> String {
        self.git(&["hash-object", "-t", kind, "-w", "--literally", "--stdin"], content)
    }

    /// Writes a tree, in this order and however odd.
    pub(crate) fn tree(&self, entries: &[Entry]) -> String {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(format!("{} {name}\0", mode.trim_start_matches('0')).as_bytes());
            bytes.extend((0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
        }
        self.literally("tree", &bytes)
    }

    /// Writes a commit of ours with this tree, signed with `key`.
    pub(crate) fn signed(&self, tree: &str, state: Option<State>, key: &SecretKey) -> String {
        let author = Sender { name: "Ann".into(), mail: "ann@acme.io".into(), machine: "laptop".into() };
        let at = Timestamp::now().seconds();
        let unsigned =
            Unsigned { tree, parent: None, author: &author, at, title: "Forged", state, nonce: [7; 16] };
        self.literally("commit", &unsigned.sign(key))
    }

    /// Signs the letter anew with `key` after `change` of its entries.
    pub(crate) fn with_entries(&mut self, key: &SecretKey, change: impl FnOnce(&mut Vec<Entry>)) {
        let mut entries = self.entries(&self.letter.1);
        change(&mut entries);
        self.letter.1 = self.signed(&self.tree(&entries), Some(State::Waiting), key);
    }

    /// Signs the letter anew with `key` with another content of one of its files.
    pub(crate) fn with_file(&mut self, key: &SecretKey, name: &str, content: &[u8]) {
        let blob = self.blob(content);
        self.with_entries(key, |entries| {
            entries.iter_mut().find(|entry| entry.1 == name).unwrap().2 = blob;
        });
    }

    /// Signs the letter anew with `key` after `change` of what it says of itself; its ref is named after that.
    pub(crate) fn with_letter(&mut self, key: &SecretKey, change: impl FnOnce(&mut Letter)) {
        let mut letter = self.said();
        change(&mut letter);
        self.with_file(key, "letter.json", &letter.to_json());
        self.letter.0 = format!("{}/{}", letter.to.key(""), letter.id);
        if let Some((name, _)) = &mut self.parcel {
            *name = format!("parcel/{}", letter.id);
        }
    }

    /// Gives it a parcel with these entries, signed with `key`, and names it in the letter, after `change` of that.
    pub(crate) fn with_parcel(
        &mut self,
        key: &SecretKey,
        entries: &[Entry],
        change: impl FnOnce(&mut Parcel),
    ) {
        let commit = self.signed(&self.tree(entries), None, key);
        self.parcel.as_mut().unwrap().1.clone_from(&commit);
        self.with_letter(key, |letter| {
            let parcel = letter.parcel.as_mut().unwrap();
            parcel.commit = commit;
            change(parcel);
        });
    }

    /// Writes it as a file with these refs besides.
    #[track_caller]
    pub(crate) fn pack_with(&self, more: &[(&str, &str)]) -> PathBuf {
        let own = [Some(&self.letter), self.parcel.as_ref()];
        let own = own.into_iter().flatten().map(|(name, id)| (format!("{REFS}{name}"), id.clone()));
        let more = more.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned()));
        let refs: Vec<_> = own.chain(more).collect();
        for (name, id) in &refs {
            self.git(&["update-ref", name, id], b"");
        }
        let file = self.world.path("forged.handoff");
        let names: Vec<&str> = refs.iter().map(|(name, _)| name.as_str()).collect();
        self.git(&[&["bundle", "create", "--quiet", file.to_str().unwrap()], &names[..]].concat(), b"");
        for (name, _) in &refs {
            self.git(&["update-ref", "-d", name], b"");
        }
        file
    }

    /// Writes it as a file.
    #[track_caller]
    pub(crate) fn pack(&self) -> PathBuf {
        self.pack_with(&[])
    }
}

/// The secret key of a machine.
pub(crate) fn key_of(world: &World) -> SecretKey {
    let file = world.home().join(".local/state/agent-handoff/letter-key");
    SecretKey::from_seed(&std::fs::read(file).unwrap().try_into().unwrap())
}
