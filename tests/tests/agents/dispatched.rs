//! Tasks that `handoff run` gives to the real Gemini CLI, Qwen Code, OpenCode and GitHub Copilot CLI, with a model that is ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tests::agents::{Host, Model, minimal_path, refuse, text, with_node};
use tests::{Ran, World, feed};

/// The type of a backend, its program, and the model that it is asked for.
type Kind = (&'static str, Host, &'static str);

const KINDS: [Kind; 4] = [
    ("gemini", Host::Gemini, "gemini-mock"),
    ("qwen", Host::Qwen, "mock-model"),
    ("opencode", Host::OpenCode, "mock/mock-model"),
    ("copilot", Host::Copilot, "mock-model"),
];

/// A home whose only backend `b` is a program on a model of ours.
struct Stage {
    world: World,
    repo: PathBuf,
    model: Model,
    path: std::ffi::OsString,
}

impl Stage {
    fn new((kind, host, name): Kind, model: Model) -> Self {
        tests::program("handoff");
        let world = World::new();
        let repo = world.repo("app");
        let bin = world.dir("bin");
        std::os::unix::fs::symlink(host.program(), bin.join(kind)).unwrap();
        // What points the program to the model is what its backend declares.
        let mut pointed = Command::new("true");
        host.point(&world, &mut pointed, &model);
        let mut env = json!({ "TMPDIR": world.dir("tmp") });
        for (name, value) in pointed.get_envs() {
            env[name.to_str().unwrap()] = json!(value.unwrap().to_str().unwrap());
        }
        let config = json!({ "backends": { "b": { "type": kind, "model": name, "env": env } } });
        // JSON is YAML.
        std::fs::write(world.dir(world.home().join(".handoff")).join("config.yaml"), config.to_string())
            .unwrap();
        let all = with_node(minimal_path());
        let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&all))).unwrap();
        Self { world, repo, model, path }
    }

    fn handoff(&self, args: &[&str]) -> Ran {
        let mut command = self.world.command("handoff", &self.repo);
        command.env("PATH", &self.path).args(args);
        feed(command, b"")
    }

    /// The newest run, as `handoff list --json` has it.
    fn row(&self) -> serde_json::Value {
        let ran = self.handoff(&["list", "--json"]);
        let rows: serde_json::Value = serde_json::from_str(ran.out()).unwrap();
        rows[0].clone()
    }
}

/// Does `test` for each of the programs that are here, all at once.
fn each(test: impl Fn(Kind) + Sync) {
    std::thread::scope(|scope| {
        for kind in KINDS.into_iter().filter(|(_, host, _)| host.ready()) {
            let test = &test;
            scope.spawn(move || test(kind));
        }
    });
}

/// The text of the result's file behind its front matter.
#[track_caller]
fn result(ran: &Ran) -> String {
    let line = ran.out().lines().chain(ran.err().lines()).find(|line| line.starts_with("RESULT="));
    let path = line.unwrap_or_else(|| panic!("no result: {ran:?}")).trim_start_matches("RESULT=");
    let text = std::fs::read_to_string(Path::new(path)).unwrap();
    text.splitn(3, "---\n").last().unwrap().trim().to_owned()
}

#[test]
fn a_task_is_done_and_its_conversation_goes_on() {
    each(|kind| {
        let (name, host, _) = kind;
        let stage = Stage::new(kind, host.model([text("The first is done."), text("So is the second.")]));
        let prompt = "Do the first thing, --verbose ~/x.";
        let ran = stage.handoff(&["run", "--text", prompt]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err());
        assert_eq!(result(&ran), "The first is done.", "{name}");
        let session = stage.row()["session"].clone();
        assert!(session.is_string(), "{name}: {session}");
        let ran = stage.handoff(&["resume", "--text", "Now the second."]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err());
        assert_eq!(result(&ran), "So is the second.", "{name}");
        assert_eq!(stage.row()["session"], session, "{name}");
        let turns = stage.model.turns().len();
        let texts = stage.model.texts(turns - 1);
        for words in [prompt, "The first is done.", "Now the second."] {
            assert!(
                texts.iter().any(|text| text.text.contains(words)),
                "{name} was not sent {words:?}: {texts:?}"
            );
        }
    });
}

#[test]
fn a_key_that_is_refused_is_an_error_that_says_so() {
    each(|kind| {
        let (name, host, _) = kind;
        let stage = Stage::new(kind, host.model([refuse(401, "authentication_error", "bad key")]));
        let ran = stage.handoff(&["run", "--text", "Do it."]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.err());
        let row = stage.row();
        assert_eq!(row["state"], "error", "{name}: {row}");
        assert!(ran.err().contains("401"), "{name}: {}", ran.err());
        assert!(ran.err().contains("\nhint: "), "{name}: {}", ran.err());
    });
}
