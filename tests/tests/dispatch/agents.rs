//! The real `claude` and `codex`, with a model that is ours.

use std::process::Command;

use tests::agents::{Host, Model, Role, Step, both_ready, refuse, shell, text};
use tests::{Ran, feed};

use crate::support::{Stage, announced, result};

/// A stage whose backends are the real ones, on models that answer with `steps`.
struct Real {
    stage: Stage,
    claude: Model,
    codex: Model,
}

impl Real {
    fn new(claude: Vec<Step>, codex: Vec<Step>) -> Option<Self> {
        if !both_ready() {
            return None;
        }
        let stage = Stage::done();
        let (claude, codex) = (Model::anthropic(claude), Model::openai(codex));
        for (name, host) in [("claude", Host::Claude), ("codex", Host::Codex)] {
            let link = stage.world.path("bin").join(name);
            std::fs::remove_file(&link).unwrap();
            std::os::unix::fs::symlink(host.program(), link).unwrap();
        }
        let config = format!(
            "\
backends:
  claude:
    type: claude
    model: claude-opus-5-5
    env:
      ANTHROPIC_BASE_URL: {0}
      ANTHROPIC_AUTH_TOKEN: \"${{DS_KEY}}\"
      DISABLE_TELEMETRY: 1
      DISABLE_ERROR_REPORTING: 1
      DISABLE_AUTOUPDATER: 1
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: 1
      CLAUDE_CODE_MAX_RETRIES: 1
      HTTPS_PROXY: {0}
      NO_PROXY: 127.0.0.1
  codex:
    type: codex
    model: gpt-5.5
    sandbox: danger-full-access
    env: {{ MOCK_KEY: dummy, HTTPS_PROXY: \"{1}\", NO_PROXY: 127.0.0.1 }}
    config:
      model_provider: mock
      model_providers.mock:
        name: mock
        base_url: {1}/v1
        wire_api: responses
        env_key: MOCK_KEY
        request_max_retries: 1
        stream_max_retries: 1
      analytics.enabled: false
      check_for_update_on_startup: false
      features.plugins: false
",
            claude.url(),
            codex.url()
        );
        std::fs::write(stage.home().join("config.yaml"), config).unwrap();
        Some(Self { stage, claude, codex })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.stage.command(args);
        // It may be root that tests, which Claude Code lets do everything in a sandbox only.
        command.env("IS_SANDBOX", "1").env("TMPDIR", self.stage.world.dir("tmp"));
        command
    }

    fn handoff(&self, args: &[&str]) -> Ran {
        feed(self.command(args), b"")
    }
}

/// The text of a run that must be a success.
#[track_caller]
fn says(ran: &Ran) -> String {
    let (_, file) = announced(ran);
    let (state, reason, text) = result(&file);
    assert_eq!((ran.code, state.as_str()), (0, "success"), "{reason}\n{}", ran.err());
    text
}

#[test]
fn a_task_is_done_and_its_conversation_goes_on() {
    let steps =
        || vec![shell("echo done > made.txt").saying("I make it."), text("I made it."), text("Then this.")];
    let Some(real) = Real::new(steps(), steps()) else { return };
    for (backend, model) in [("claude", &real.claude), ("codex", &real.codex)] {
        let prompt = format!("Make made.txt, {backend}. --verbose ~/x");
        assert_eq!(says(&real.handoff(&["run", "--backend", backend, "--text", &prompt])), "I made it.\n");
        let made = real.stage.repo.join("made.txt");
        assert_eq!(std::fs::read_to_string(&made).unwrap(), "done\n");
        std::fs::remove_file(made).unwrap();
        assert!(model.texts(0).iter().any(|text| text.text == prompt), "{backend}: it is not what was sent");
        assert_eq!(says(&real.handoff(&["resume", "--text", "and", "then?"])), "Then this.\n");
        // The model was sent what was said before.
        let turns = model.turns().len();
        let texts = model.texts(turns - 1);
        for words in [prompt.as_str(), "I made it.", "and then?"] {
            assert!(texts.iter().any(|text| text.text.contains(words)), "{backend}: {words}");
        }
        // Each time it is told that nobody can answer.
        for turn in [0, turns - 1] {
            let told = |text: &tests::agents::Text| {
                text.role == Role::System && text.text.contains("nobody can answer questions")
            };
            assert!(model.texts(turn).iter().any(told), "{backend}: turn {turn}");
        }
        let row = real.stage.row();
        assert!(row["usage"]["output_tokens"].as_u64().unwrap() > 0, "{row}");
        let first = &real.stage.list()[1];
        // Its own share: one answer after two, though both count on.
        let used = |row: &serde_json::Value| row["usage"]["output_tokens"].as_u64().unwrap();
        assert_eq!(used(&row) * 2, used(first), "{backend}: {row} {first}");
        assert_eq!(row["usage"]["cost_usd"].is_null(), backend == "codex", "{row}");
        assert_eq!((&first["session"], first["state"].as_str()), (&row["session"], Some("success")));
    }
    assert_eq!(real.stage.settings().len(), 0);
}

#[test]
fn a_refused_login_is_told_in_their_words() {
    let steps = |kind: &str| (0..12).map(|_| refuse(401, kind, "the key is no good")).collect::<Vec<_>>();
    let Some(real) = Real::new(steps("authentication_error"), steps("invalid_api_key")) else { return };
    for backend in ["claude", "codex"] {
        let ran = real.handoff(&["run", "--backend", backend, "--timeout", "30s", "--text", "x"]);
        let (_, file) = announced(&ran);
        let (state, reason, text) = result(&file);
        assert_eq!((ran.code, state.as_str()), (1, "error"), "{reason}");
        assert!(reason.contains("401") || reason.contains("no good"), "{backend}: {reason}");
        assert!(text.contains(&reason), "{text}");
        // Whose token it was, not where the agent's own login is.
        let names = if backend == "claude" { "ANTHROPIC_AUTH_TOKEN" } else { "MOCK_KEY" };
        assert!(text.contains("\nHint: ") && text.contains(names), "{text}");
    }
}

#[test]
fn a_usage_limit_is_told_in_their_words_and_the_conversation_goes_on_after_it() {
    let limit = |kind: &str| refuse(429, kind, "the limit of the week is used up");
    let claude = vec![text("Begun."), limit("rate_limit_error"), limit("rate_limit_error"), text("Gone on.")];
    let codex = vec![text("Begun."), limit("usage_limit_reached"), text("Gone on.")];
    let Some(real) = Real::new(claude, codex) else { return };
    for backend in ["claude", "codex"] {
        assert_eq!(says(&real.handoff(&["run", "--backend", backend, "--text", "begin"])), "Begun.\n");
        let ran = real.handoff(&["resume", "--timeout", "30s", "--text", "and then?"]);
        let (id, file) = announced(&ran);
        let (state, reason, text) = result(&file);
        assert_eq!((ran.code, state.as_str()), (1, "error"), "{backend}: {reason}");
        assert!(reason.contains("429") || reason.contains("limit"), "{backend}: {reason}");
        assert!(text.contains(&reason), "{text}");
        assert_eq!(says(&real.handoff(&["resume", &id, "--text", "now?"])), "Gone on.\n", "{backend}");
    }
}

#[test]
fn a_conversation_that_is_not_there_is_told() {
    let Some(real) = Real::new(vec![text("x")], vec![text("x")]) else { return };
    let cwd = real.stage.repo.to_str().unwrap().to_owned();
    for (backend, words) in [("claude", "No conversation found"), ("codex", "no rollout found")] {
        // One that ended before there was a conversation.
        let program = real.stage.world.path("bin").join(backend);
        let agent = std::fs::read_link(&program).unwrap();
        std::fs::remove_file(&program).unwrap();
        real.stage.backend(backend, "exit 1");
        real.handoff(&["run", "--backend", backend, "--text", "x"]);
        std::fs::remove_file(&program).unwrap();
        std::os::unix::fs::symlink(agent, &program).unwrap();
        let ran = real.handoff(&["resume", "--cwd", &cwd, "--text", "x"]);
        let (state, reason, _) = result(&announced(&ran).1);
        assert_eq!((ran.code, state.as_str()), (1, "error"));
        assert!(reason.contains(words), "{backend}: {reason}");
    }
}

#[test]
fn three_at_once_each_come_to_their_end() {
    let answer = || vec![text("One."), text("One."), text("One.")];
    let Some(real) = Real::new(answer(), answer()) else { return };
    std::thread::scope(|scope| {
        let runs: Vec<_> = ["claude", "codex", "claude"]
            .map(|backend| scope.spawn(|| real.handoff(&["run", "--backend", backend, "--text", "one"])))
            .into_iter()
            .collect();
        for run in runs {
            assert_eq!(says(&run.join().unwrap()), "One.\n");
        }
    });
    assert!(real.stage.list().iter().all(|row| row["state"] == "success"));
}

#[test]
fn a_killed_run_takes_the_real_agent_with_it() {
    let slow = || vec![shell("echo $$ > pid; exec sleep 300")];
    let Some(real) = Real::new(slow(), slow()) else { return };
    for backend in ["claude", "codex"] {
        let pid = real.stage.repo.join("pid");
        let mut command = real.command(&["run", "--backend", backend, "--text", "x"]);
        let null = std::process::Stdio::null;
        let child = command.stdin(null()).stdout(null()).stderr(null()).spawn().unwrap();
        let mut run = crate::support::Started(child);
        let child = real.stage.process(pid.to_str().unwrap());
        run.signal(rustix::process::Signal::KILL);
        run.ends();
        let row = real.stage.row();
        assert_eq!(row["state"], "lost");
        crate::support::goes(child);
        std::fs::remove_file(pid).unwrap();
    }
    assert_eq!(real.stage.settings().len(), 0);
}
