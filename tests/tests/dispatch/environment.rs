//! What a backend is given besides its prompt, and that tokens show nowhere.

use crate::support::{DONE, Stage, TOKEN, announced, recorded};

#[test]
fn nothing_of_the_calling_agent_gets_through_and_all_else_does() {
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
        "GIT_INDEX_FILE",
    ];
    for name in foreign {
        command.env(name, "of-the-caller");
    }
    let passing = ["JAVA_HOME", "VIRTUAL_ENV", "CARGO_HOME", "DATABASE_URL", "GH_TOKEN", "MY_PROVIDERS_KEY"];
    for name in passing {
        command.env(name, "of-the-user");
    }
    command.env("LC_ALL", "C").env("AGENT_HANDOFF_SKIP", "0");
    announced(&tests::feed(command, b""));
    for file in ["env", "guard"] {
        let env = stage.last(file);
        if file == "guard" && env.is_empty() {
            continue;
        }
        assert!(!env.contains("of-the-caller"), "{env}");
        for name in passing {
            assert!(env.lines().any(|line| line == format!("{name}=of-the-user")), "{file}: {name} in {env}");
        }
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
fn a_token_that_a_backend_repeats_reaches_nothing_that_is_kept_or_shown() {
    let said = |text: &str| {
        format!(
            r#"printf '%s\n' '{{"type":"assistant","message":{{"content":[{{"type":"text","text":"{text}"}}]}}}}'"#
        )
    };
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let progress = format!("{}\n{}", said(&format!("401 {TOKEN}")), said(&format!("401 {escaped}")));
    let result = |is_error: bool, text: &str| {
        format!(
            r#"printf '%s\n' '{{"type":"result","subtype":"success","is_error":{is_error},"result":"{text}"}}'"#
        )
    };
    let half = TOKEN.len() / 2;
    let (first, second) = TOKEN.split_at(half);
    let scripts = [
        format!("{progress}\n{}", result(true, &format!("API Error: 401 {TOKEN}"))),
        format!("{progress}\n{}", result(false, &format!("the token is {TOKEN}, {escaped}"))),
        format!("echo 'error: refused {TOKEN}' >&2; exit 3"),
        format!("printf 'error: refused {first}' >&2; sleep 0.2; echo {second} >&2; exit 3"),
        format!("echo 'plain {TOKEN}'; exit 3"),
    ];
    for script in scripts {
        let stage = Stage::new(&script);
        let ran = stage.handoff(&["run", "--print", "--to-inbox", "--text", "x"]);
        assert!(ran.out().contains("RESULT="), "{}", ran.err());
        let shown = [ran.out(), ran.err()].concat();
        assert!(!shown.contains(TOKEN) && !shown.contains(second), "{shown}");
        let kept = stage.files();
        let unread = stage.world.inbox(&stage.repo).join("unread");
        let inbox = std::fs::read_dir(unread).unwrap().map(|entry| entry.unwrap().path());
        for path in kept.into_iter().filter(|path| !path.ends_with("config.yaml")).chain(inbox) {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(TOKEN) && !text.contains(second), "{}: {text}", path.display());
        }
        assert!(shown.contains("***"), "{shown}");
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
