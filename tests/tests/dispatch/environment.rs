//! What a backend is given besides its prompt, and that tokens show nowhere.

use crate::support::{DONE, Stage, TOKEN, announced, recorded};

#[test]
fn nothing_of_the_caller_gets_through() {
    let stage = Stage::new(&format!("tr '\\0' '\\n' < /proc/$PPID/environ > \"$got/guard\" || true\n{DONE}"));
    let mut command = stage.command(&["run", "--text", "x"]);
    let foreign = [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_CUSTOM_HEADERS",
        "ANTHROPIC_SMALL_FAST_MODEL",
        "CLAUDECODE",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_PROJECT_DIR",
        "OPENAI_API_KEY",
        "CODEX_SANDBOX",
        "GIT_DIR",
        "AWS_SECRET_ACCESS_KEY",
        "LD_PRELOAD_NOT",
    ];
    for name in foreign {
        command.env(name, "of-the-caller");
    }
    command.env("LC_ALL", "C").env("AGENT_HANDOFF_SKIP", "0");
    announced(&tests::feed(command, b""));
    for file in ["env", "guard"] {
        let env = stage.last(file);
        if file == "guard" && env.is_empty() {
            continue;
        }
        assert!(!env.contains("of-the-caller"), "{env}");
        assert!(!env.contains("DS_KEY="), "{env}");
        for line in [
            "AGENT_HANDOFF_SKIP=1".to_owned(),
            "ANTHROPIC_BASE_URL=http://127.0.0.1:9".to_owned(),
            format!("ANTHROPIC_AUTH_TOKEN={TOKEN}"),
            "LC_ALL=C".to_owned(),
            format!("HOME={}", stage.world.home().display()),
        ] {
            assert!(env.lines().any(|found| found == line), "{file}: {line} in {env}");
        }
    }
    assert_eq!(stage.last("cwd").trim(), stage.repo.to_str().unwrap());
}

#[test]
fn a_token_is_in_a_file_of_the_users_alone_and_only_while_it_is_needed() {
    let stage = Stage::new(&format!(
        "for last; do :; done; cat \"$last\" > \"$got/settings\"; ls -l \"$last\" > \"$got/mode\"; {DONE}"
    ));
    announced(&stage.handoff(&["run", "--text", "x"]));
    assert!(stage.last("settings").contains(TOKEN));
    assert!(stage.last("mode").starts_with("-rw------- "), "{}", stage.last("mode"));
    assert_eq!(stage.settings().len(), 0);
}

#[test]
fn a_token_is_never_shown() {
    // The backend says it itself: that is its stream and nobody else's.
    let stage = Stage::new(&format!("cat '{}'; exit 1", recorded("claude-err401").display()));
    let ran = stage.handoff(&["run", "--verbose", "--text", "x"]);
    announced(&ran);
    assert!(ran.err().contains("ANTHROPIC_AUTH_TOKEN=***"), "{}", ran.err());
    let id = stage.row()["id"].as_str().unwrap().to_owned();
    let shown = [
        ran.out().to_owned(),
        ran.err().to_owned(),
        stage.last("args"),
        stage.handoff(&["list"]).out().to_owned(),
        stage.handoff(&["list", "--json"]).out().to_owned(),
        stage.handoff(&["env"]).out().to_owned(),
        stage.handoff(&["tail", &id]).out().to_owned(),
        std::fs::read_to_string(stage.row()["progress"].as_str().unwrap()).unwrap(),
        std::fs::read_to_string(stage.row()["result"].as_str().unwrap()).unwrap(),
    ];
    for text in shown {
        assert!(!text.contains(TOKEN), "{text}");
    }
}

#[test]
fn a_backend_is_called_as_its_program_wants() {
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--pro", "--text", "x"]));
    let uuid = stage.row()["uuid"].as_str().unwrap().to_owned();
    let args = stage.last("args");
    for words in [
        "-p\n--output-format\nstream-json\n--verbose\n",
        "--model\nlarge-1\n",
        "--dangerously-skip-permissions\n",
        &format!("--session-id\n{uuid}\n"),
    ] {
        assert!(args.contains(words), "{words} in {args}");
    }
    stage.handoff(&["run", "--backend", "cx", "--cwd", stage.world.top().to_str().unwrap(), "--text", "x"]);
    let top = stage.world.top().display();
    let args = stage.last("args");
    let common =
        format!("exec\n--json\n--skip-git-repo-check\n--sandbox\nworkspace-write\n-m\ngpt-5.5\n-C\n{top}\n");
    let told = args.strip_prefix(&common).and_then(|rest| rest.strip_suffix("\"\n-\n")).unwrap();
    assert!(told.starts_with("-c\ndeveloper_instructions=\"Another agent handed you this task"), "{args}");
}
