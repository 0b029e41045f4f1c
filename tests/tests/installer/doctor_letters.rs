//! What the doctor finds about letters, and what uninstall says of them.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;
use tests::{BODY, Ran, feed};

use crate::support::Machine;

/// A machine with a repository whose letters go through a remote.
struct Joined {
    machine: Machine,
    app: PathBuf,
    origin: PathBuf,
}

impl Joined {
    fn new() -> Self {
        let machine = Machine::new();
        machine.install();
        let world = &machine.world;
        std::fs::write(machine.home.join(".gitconfig"), "[user]\n\tname = Ann\n\temail = ann@acme.io\n")
            .unwrap();
        let (first, app, origin) = (world.repo("first"), world.path("app"), world.path("origin.git"));
        let (from, bare, clone) = (first.to_str().unwrap(), origin.to_str().unwrap(), app.to_str().unwrap());
        world.git(world.top(), &["clone", "--quiet", "--bare", from, bare]);
        world.git(world.top(), &["clone", "--quiet", bare, clone]);
        let joined = Self { machine, app, origin };
        let ran = joined.handoff(&["join", "--private"]);
        assert_eq!(ran.code, 0, "{}", ran.err());
        joined
    }

    fn handoff(&self, args: &[&str]) -> Ran {
        let mut command = self.machine.command(self.machine.program("handoff"), args);
        command.current_dir(&self.app);
        feed(command, b"")
    }

    /// What the doctor says of letters, in the repository; its exit code is 1 where that is a problem.
    #[track_caller]
    fn said(&self) -> String {
        let ran = self.handoff(&["doctor", "--quick"]);
        let said: String =
            ran.out().split_inclusive('\n').skip_while(|line| !line.contains(" letters: ")).collect();
        let end = said.find("         state: ").or(said.find(" state: ")).unwrap_or(said.len());
        let said = said[..end].to_owned();
        assert_eq!(ran.code, i32::from(said.contains("problem  letters: ")), "{}", ran.out());
        said
    }

    /// That the doctor finds this, and how it is fixed.
    #[track_caller]
    fn finds(&self, text: &str, fix: &str) {
        let said = self.said();
        let line =
            said.lines().position(|line| line.starts_with("problem  letters: ") && line.contains(text));
        let line = line.unwrap_or_else(|| panic!("{text}: {said}"));
        assert_eq!(said.lines().nth(line + 1), Some(format!("         fix: {fix}").as_str()), "{said}");
    }

    /// The mailroom.
    fn room(&self) -> PathBuf {
        let rooms = self.machine.home.join(".agent-handoffs/.mail");
        std::fs::read_dir(rooms).unwrap().next().unwrap().unwrap().path()
    }

    /// Queues a letter for a remote that is not there; its short name.
    fn queue(&self) -> String {
        let mut write = self.machine.command(self.machine.program("handoff-write"), &["--name", "Quoted"]);
        write.current_dir(&self.app);
        assert_eq!(feed(write, BODY.as_bytes()).code, 0);
        std::fs::rename(&self.origin, self.origin.with_extension("away")).unwrap();
        let ran = self.handoff(&["push"]);
        assert!(ran.code == 0 && ran.out().starts_with("queued "), "{}{}", ran.out(), ran.err());
        ran.out().split_whitespace().nth(1).unwrap().to_owned()
    }

    /// Changes the record of the letter that is queued.
    fn record(&self, change: impl FnOnce(&mut Value)) {
        let out = self.room().join("out");
        let path = std::fs::read_dir(out).unwrap().next().unwrap().unwrap().path();
        let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut record);
        std::fs::write(path, record.to_string()).unwrap();
    }
}

#[test]
fn nothing_is_said_of_letters_where_no_repository_is_joined() {
    let machine = Machine::new();
    machine.install();
    assert!(!machine.done(&["doctor", "--quick"]).contains(" letters: "));
}

#[test]
fn what_is_wrong_with_a_remote_or_a_key_is_said_with_the_command_that_fixes_it() {
    let joined = Joined::new();
    let Joined { machine, app, .. } = &joined;
    let (world, fine) = (&machine.world, joined.said());
    assert!(
        fine.starts_with("ok       letters: those of ") && fine.contains("origin; none under way"),
        "{fine}"
    );
    let url = world.git(app, &["config", "remote.origin.url"]);
    world.git(app, &["remote", "set-url", "origin", "/elsewhere.git"]);
    joined.finds("changed since you joined; look at .git/config", "handoff join");
    world.git(app, &["remote", "rename", "origin", "other"]);
    joined.finds("there is no remote origin any more", "handoff join --remote NAME");
    world.git(app, &["remote", "rename", "other", "origin"]);
    world.git(app, &["remote", "set-url", "origin", url.trim()]);
    assert_eq!(joined.said(), fine);

    let state = machine.home.join(".local/state/agent-handoff");
    let key = state.join("letter-key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let again =
        format!("rm {}, then handoff join; the people who know this machine add its new key", key.display());
    joined.finds("others may read it", &again);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();

    let room = joined.room();
    std::fs::rename(&room, room.with_extension("away")).unwrap();
    joined.finds("its mailroom in the store is gone", "handoff join");
    std::fs::rename(room.with_extension("away"), &room).unwrap();
    std::fs::write(room.join("out/001a22d1affe8b528b93afa.json"), "{").unwrap();
    let broken = room.join("out/001a22d1affe8b528b93afa.json");
    joined.finds("is not as this program writes it", &format!("rm {}", broken.display()));
    std::fs::remove_file(broken).unwrap();

    // From elsewhere, the command says where.
    std::fs::rename(app, app.with_extension("away")).unwrap();
    let said = machine.run(&["doctor", "--quick"]);
    assert!(
        said.out().contains("letters: ") && said.out().contains("the repository is gone from there"),
        "{}",
        said.out()
    );
}

#[test]
fn a_letter_that_does_not_go_out_or_is_not_confirmed_is_named() {
    let joined = Joined::new();
    let letter = joined.queue();
    assert!(joined.said().contains("origin; 1 under way"), "{}", joined.said());
    joined.record(|record| record["at"] = (record["at"].as_i64().unwrap() - 3_600).into());
    joined
        .finds(&format!("letter {letter} \"Quoted\" is queued, 1 h ago, and did not go out"), "handoff sync");
    joined.record(|record| record["refused"] = "pre-receive hook declined".into());
    joined.finds(
        "was refused: pre-receive hook declined",
        &format!("handoff sync, or handoff recall {letter}"),
    );
    joined.record(|record| {
        record["refused"] = Value::Null;
        record["state"] = "sent".into();
        record["taken"] =
            serde_json::json!({ "who": "Bob@desk", "at": record["at"].as_i64().unwrap() - 200_000 });
    });
    joined.finds(
        "was taken by Bob@desk 2 days ago, and is not confirmed",
        &format!("handoff push --reoffer {letter}"),
    );
    for _ in 0..3 {
        assert_eq!(joined.handoff(&["sync"]).code, 1);
    }
    joined.finds("looks at origin failed", "handoff sync   # says why");
}

#[test]
fn uninstall_says_that_a_letter_is_queued_and_what_of_letters_stays() {
    let joined = Joined::new();
    joined.queue();
    let said = joined.machine.done(&["uninstall"]);
    let queued = "note: 1 letter is queued in ~/.agent-handoffs/.mail and did not reach a remote; without agent-handoff nothing sends it";
    let key = "note: this machine's key for letters, the people that you added and what you joined stay in ~/.local/state/agent-handoff";
    assert!(said.contains(queued) && said.contains(key), "{said}");
    assert!(joined.room().join("out").is_dir());
    assert!(joined.machine.home.join(".local/state/agent-handoff/letter-key").is_file());
}
