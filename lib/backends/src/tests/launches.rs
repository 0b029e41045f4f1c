//! The command lines and environments that agents get.

use super::*;

fn with_pro<'a>(environment: &'a [(OsString, OsString)]) -> Task<'a> {
    Task { pro: true, ..task(environment) }
}

#[test]
fn claude_runs_without_a_person() {
    let config = config("system_prompt: do it\nbackends: {b: {model: m-1, pro_model: 'p-1[1m]'}}");
    let launch = config.backends[0].run(&task(&[])).unwrap();
    assert_eq!(launch.program, "claude");
    assert_eq!(
        words(&launch),
        [
            "-p",
            "--output-format",
            "stream-json",
            "--verbose",
            "--include-partial-messages",
            "--model",
            "m-1",
            "--dangerously-skip-permissions",
            "--session-id",
            ID,
            "--append-system-prompt",
            "do it"
        ]
    );
    assert_eq!(launch.model.as_deref(), Some("m-1"));
    let resumed = Task { conversation: Conversation::Resume("abc"), ..with_pro(&[]) };
    let launch = config.backends[0].run(&resumed).unwrap();
    assert_eq!((after(&launch, "--resume").as_deref(), after(&launch, "--session-id")), (Some("abc"), None));
    assert_eq!(after(&launch, "--model").as_deref(), Some("p-1[1m]"));
}

#[test]
fn claude_opens_for_a_person() {
    let config = config("backends: {b: {model: m, permission_mode: plan}}");
    let resumed = Task { conversation: Conversation::Resume("abc"), ..task(&[]) };
    let launch = config.backends[0].open(&resumed).unwrap();
    assert_eq!(words(&launch), ["--model", "m", "--permission-mode", "plan", "--resume", "abc"]);
}

#[test]
fn codex_runs_without_a_person_and_resumes_with_the_same_rights() {
    let config = config("system_prompt: ''\nbackends: {c: {type: codex, model: gpt-5.5}}");
    let launch = config.backends[0].run(&task(&[])).unwrap();
    assert_eq!(launch.program, "codex");
    let common = [
        "exec",
        "--json",
        "--skip-git-repo-check",
        "--sandbox",
        "workspace-write",
        "-m",
        "gpt-5.5",
        "-C",
        "/srv/a b",
    ];
    assert_eq!(words(&launch), [&common[..], &["-"]].concat());
    let resumed = Task { conversation: Conversation::Resume("abc"), ..task(&[]) };
    let launch = config.backends[0].run(&resumed).unwrap();
    assert_eq!(words(&launch), [&common[..], &["resume", "abc", "-"]].concat());
    let launch = config.backends[0].open(&resumed).unwrap();
    assert_eq!(words(&launch), ["resume", "-m", "gpt-5.5", "-C", "/srv/a b", "abc"]);
    let launch = config.backends[0].open(&task(&[])).unwrap();
    assert_eq!(words(&launch), ["-m", "gpt-5.5", "-C", "/srv/a b"]);
}

#[test]
fn codex_without_a_model_takes_its_own() {
    let launch = run("backends: {c: {type: codex, sandbox: read-only}}", &[]).unwrap();
    assert_eq!((after(&launch, "-m"), launch.model.clone()), (None, None));
    assert_eq!(after(&launch, "--sandbox").as_deref(), Some("read-only"));
}

#[test]
fn codex_is_fast_where_it_is_asked_for_and_the_others_say_that_they_are_not() {
    let config = config("backends: {c: {type: codex}, a: {model: m}, g: {type: gemini}}");
    let fast = Task { fast: true, ..task(&[]) };
    let words_of = |index: usize| words(&config.backends[index].run(&fast).unwrap());
    let settings: Vec<_> =
        words_of(0).windows(2).filter(|two| two[0] == "-c").map(|two| two[1].clone()).collect();
    assert_eq!(settings[..2], ["features.fast_mode=true", r#"service_tier="fast""#]);
    let said = config.backends.iter().map(|backend| backend.fast_warning().map(|one| one.reason.to_string()));
    let said: Vec<_> = said.collect();
    let none =
        |kind: &str| Some(format!("is of type {kind}, which has no fast mode, so --fast changes nothing"));
    assert_eq!(said, [None, none("claude"), none("gemini")]);
}

#[test]
fn codex_gets_its_settings_as_toml() {
    let text = r#"
backends:
  c:
    type: codex
    system_prompt: "say \"hi\"\nin {cwd}"
    config:
      model_reasoning_effort: high
      tools.web_search: true
      model_context_window: 200000
      version: 010
      quoted: "5"
      nothing: null
      model_providers:
        mock:
          name: the "mock"
          base_url: http://127.0.0.1:1/v1
          env_key: MOCK_KEY
          http_headers: {X-A: b}
      notify: [say, "{home}/x", 1]
      odd: {"a.b": {c: "é\t"}, d: []}
"#;
    let launch = run(text, &[]).unwrap();
    let settings: Vec<_> =
        words(&launch).windows(2).filter(|two| two[0] == "-c").map(|two| two[1].clone()).collect();
    assert_eq!(
        settings,
        [
            r#"model_reasoning_effort="high""#,
            "tools.web_search=true",
            "model_context_window=200000",
            r#"version="010""#,
            r#"quoted="5""#,
            r#"model_providers.mock.name="the \"mock\"""#,
            r#"model_providers.mock.base_url="http://127.0.0.1:1/v1""#,
            r#"model_providers.mock.env_key="MOCK_KEY""#,
            r#"model_providers.mock.http_headers.X-A="b""#,
            r#"notify=["say", "/home/me/x", 1]"#,
            r#"odd={"a.b" = {c = "é\t"}, d = []}"#,
            r#"developer_instructions="say \"hi\"\nin /srv/a b""#,
        ]
    );
    let wrong = error("backends:\n  c: {type: codex, config: {a=b: 1}}\n");
    assert!(wrong.contains("line 2, column 29, key `backends.c.config.a=b`"), "{wrong}");
}

#[test]
fn a_system_prompt_is_the_backends_own_or_the_common_one_or_ours() {
    let prompt = |text: &str| after(&run(text, &[]).unwrap(), "--append-system-prompt");
    assert_eq!(prompt("backends: {b: {model: m}}").as_deref(), Some(SYSTEM_PROMPT));
    assert_eq!(prompt("system_prompt:\nbackends: {b: {model: m}}").as_deref(), Some(SYSTEM_PROMPT));
    assert_eq!(prompt("system_prompt: ''\nbackends: {b: {model: m}}"), None);
    assert_eq!(prompt("system_prompt: x\nbackends: {b: {model: m, system_prompt: ''}}"), None);
    let codex = |text: &str| {
        let all = words(&run(text, &[]).unwrap());
        let told =
            all.windows(2).filter(|two| two[0] == "-c" && two[1].starts_with("developer_instructions="));
        told.map(|two| two[1].clone()).collect::<Vec<_>>()
    };
    let ours = format!("developer_instructions=\"{SYSTEM_PROMPT}\"");
    assert_eq!(codex("backends: {b: {type: codex}}"), [ours.as_str()]);
    assert_eq!(codex("system_prompt: x\nbackends: {b: {type: codex}}"), ["developer_instructions=\"x\""]);
    assert_eq!(codex("system_prompt: ''\nbackends: {b: {type: codex}}"), [""; 0]);
    assert_eq!(codex("backends: {b: {type: codex, system_prompt: ''}}"), [""; 0]);
    let its_own = "system_prompt: x\nbackends: {b: {type: codex, config: {developer_instructions: y}}}";
    assert_eq!(codex(its_own), ["developer_instructions=\"y\""], "what Codex calls so comes first");
    let own =
        "system_prompt: x\nbackends: {b: {model: m, system_prompt: '-{model} {\"json\":1} ${HOME} ~/x'}}";
    assert_eq!(
        prompt(own).as_deref(),
        Some("x\n\n-m {\"json\":1} ${HOME} ~/x"),
        "its own is added to the common one"
    );
    assert_eq!(prompt("backends: {b: {model: m, system_prompt: y}}").as_deref(), Some("y"));
    assert_eq!(
        prompt("system_prompt: ''\nbackends: {b: {model: m, system_prompt: y}}").as_deref(),
        Some("y")
    );
    let both = codex("system_prompt: x\nbackends: {b: {type: codex, system_prompt: y}}");
    assert_eq!(both, ["developer_instructions=\"x\\n\\ny\""]);
    // Braces are doubled in the one and plain in the other.
    let mixed = "system_prompt: '{{\"a\":1}}'\nbackends: {b: {model: m, system_prompt: '{\"b\":2}'}}";
    assert_eq!(prompt(mixed).as_deref(), Some("{\"a\":1}\n\n{\"b\":2}"));
}

#[test]
fn how_hard_codex_thinks_is_as_handoff_cli_4_has_it() {
    let text = "
tui: {theme: light}
backends:
  codex:
    type: codex
    description: for hard problems
    model_reasoning_effort: high
    pro_model_reasoning_effort: xhigh
    config: {model_reasoning_effort: low}
  one: {type: codex, model_reasoning_effort: high}
  other: {type: codex, pro_model_reasoning_effort: xhigh}
";
    let config = config(text);
    assert_eq!(warnings(&config), [""; 0]);
    let efforts = |name: &str, pro: bool| {
        let launch = config.backend(Some(name)).unwrap().run(&Task { pro, ..task(&[]) }).unwrap();
        let all = words(&launch);
        let set = all.iter().filter_map(|word| word.strip_prefix("model_reasoning_effort="));
        set.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(efforts("codex", false), ["\"low\"", "\"high\""], "the last decides");
    assert_eq!(efforts("codex", true), ["\"low\"", "\"xhigh\""]);
    assert_eq!(
        (efforts("one", false), efforts("one", true)),
        (vec!["\"high\"".to_owned()], vec!["\"high\"".to_owned()])
    );
    assert_eq!((efforts("other", false), efforts("other", true)), (vec![], vec!["\"xhigh\"".to_owned()]));
    for (name, warned) in [("codex", 0), ("one", 1), ("other", 0)] {
        assert_eq!(config.backend(Some(name)).unwrap().warnings(true).len(), warned, "{name}");
    }
}

#[test]
fn variables_and_placeholders_stand_for_what_they_say() {
    let launch = run(
        &with_env(
            "MODEL: '{model}/{pro_model}/{default_model}'\n      PLACES: '{home}:{cwd}'\n      JSON: '{\"json\":1}'\n      \
             CLI: '{{\"json\":1}}'\n      VAR: 'a${THERE}b'\n      TILDE: ~/x\n      HOME_: '~'\n      OTHER: ~you/x\n      INT: 5\n      \
             BOOL: True\n      OCT: 010\n      TIME: 1:30\n      NULL_: null\n      NOTHING:\n      EMPTY: ''\n      TAGGED: !!str null",
        ),
        &[("THERE", "{model} ~/ ${THERE}"), ("EMPTY", "caller's")],
    );
    let launch = launch.unwrap();
    for (name, value) in [
        ("MODEL", Some("m-1/p-1/m-1")),
        ("PLACES", Some("/home/me:/srv/a b")),
        ("JSON", Some(r#"{"json":1}"#)),
        ("CLI", Some(r#"{"json":1}"#)),
        ("VAR", Some("a{model} ~/ ${THERE}b")),
        ("TILDE", Some("/home/me/x")),
        ("HOME_", Some("/home/me")),
        ("OTHER", Some("~you/x")),
        ("INT", Some("5")),
        ("BOOL", Some("True")),
        ("OCT", Some("010")),
        ("TIME", Some("1:30")),
        ("NULL_", None),
        ("NOTHING", None),
        ("EMPTY", None),
        ("TAGGED", Some("null")),
    ] {
        assert_eq!(variable(&launch, name).as_deref(), value, "{name}");
    }
    let pro = config(&with_env("ANTHROPIC_MODEL: '{model}'")).backends[0].run(&with_pro(&[])).unwrap();
    assert_eq!(variable(&pro, "ANTHROPIC_MODEL").as_deref(), Some("p-1"));
    let from_variable = run("backends: {b: {model: '${M}-x'}}", &[("M", "{model}")]).unwrap();
    assert_eq!(from_variable.model.as_deref(), Some("{model}-x"));
    assert!(matches!(run("backends: {b: {model: '${M}'}}", &[("M", "")]), Err(LaunchError::EmptyModel(_))));
}

#[test]
fn a_variable_that_is_not_set_matters_to_the_backend_that_needs_it() {
    let text = with_env("ANTHROPIC_AUTH_TOKEN: ${DEEPSEEK_API_KEY}") + "  c: {type: codex}\n";
    let files = Files::new(&[("config.yaml", &text)]);
    let config = files.load().unwrap().unwrap();
    let said = config.backends[0].run(&task(&[])).unwrap_err().to_string();
    let said = said.replace(&*files.path("").to_string_lossy(), "DIR/");
    assert_eq!(
        said,
        "the variable DEEPSEEK_API_KEY is not set, and `backends.b.env.ANTHROPIC_AUTH_TOKEN` (DIR/config.yaml, line 6, column 29) \
         needs it: export it, or write the value there"
    );
    config.backend(Some("c")).unwrap().run(&task(&[])).unwrap();
}

/// Which of `names` an agent gets from a caller that has them all.
fn inherited(backend: &Backend, names: &[&'static str]) -> Vec<&'static str> {
    let given: Vec<_> = names.iter().map(|name| (*name, "x")).collect();
    let launch = backend.run(&task(&variables(&given))).unwrap();
    names.iter().copied().filter(|name| variable(&launch, name).as_deref() == Some("x")).collect()
}

#[test]
fn an_agent_inherits_all_but_what_is_of_an_agent_or_of_another_repository() {
    let passes = [
        "PATH",
        "LC_ALL",
        "TERM",
        "XDG_CONFIG_HOME",
        "SSH_AUTH_SOCK",
        "HTTP_PROXY",
        "NODE_EXTRA_CA_CERTS",
        "GIT_SSH_COMMAND",
        "GIT_CONFIG_COUNT",
        "AGENT_HANDOFF_ROOT",
        "JAVA_HOME",
        "VIRTUAL_ENV",
        "CARGO_HOME",
        "GOPATH",
        "DATABASE_URL",
        "GH_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "DEEPSEEK_API_KEY",
        "MY_PROVIDERS_KEY",
        "EDITOR",
    ];
    let stays = [
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_MODEL",
        "ANTHROPIC_CUSTOM_HEADERS",
        "ANTHROPIC_SMALL_FAST_MODEL",
        "ANTHROPIC_DEFAULT_OPUS_MODEL",
        "ANTHROPIC_WHATEVER_COMES",
        "CLAUDECODE",
        "CLAUDE_CODE_SUBAGENT_MODEL",
        "CLAUDE_CODE_SSE_PORT",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_PROJECT_DIR",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "CODEX_API_KEY",
        "CODEX_SANDBOX",
        "HANDOVER_SUMMARY",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
    ];
    let config = config("backends: {b: {model: m, env: {AGENT_HANDOFF_SKIP: 0}}, c: {type: codex}}");
    let all = [&passes[..], &stays].concat();
    for backend in &config.backends {
        assert_eq!(inherited(backend, &all), passes, "{}", backend.name);
        let given =
            variables(&[("HOME", "/elsewhere"), ("AGENT_HANDOFF_SKIP", "0"), ("PWD", "/of/the/caller")]);
        let launch = backend.run(&task(&given)).unwrap();
        assert_eq!(variable(&launch, "HOME").as_deref(), Some(HOME));
        assert_eq!(variable(&launch, "AGENT_HANDOFF_SKIP").as_deref(), Some("1"));
        assert_eq!(variable(&launch, "PWD").as_deref(), Some("/srv/a b"));
        let opened = backend.open(&task(&variables(&[("ANTHROPIC_BASE_URL", "x")]))).unwrap();
        assert_eq!(variable(&opened, "ANTHROPIC_BASE_URL"), None);
    }
}

#[test]
fn inherit_says_what_passes() {
    let names =
        ["PATH", "LC_ALL", "JAVA_HOME", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "GIT_DIR"];
    for (written, passes) in [
        ("all", &["PATH", "LC_ALL", "JAVA_HOME", "AWS_REGION", "AWS_SECRET_ACCESS_KEY"][..]),
        ("none", &["PATH", "LC_ALL"]),
        ("[]", &["PATH", "LC_ALL"]),
        ("JAVA_HOME", &["PATH", "LC_ALL", "JAVA_HOME"]),
        (
            "[AWS_*, OPENAI_API_KEY]",
            &["PATH", "LC_ALL", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY"],
        ),
        ("['*', '!AWS_*', AWS_REGION]", &["PATH", "LC_ALL", "JAVA_HOME", "AWS_REGION"]),
        (
            "['*', GIT_DIR, '!PATH']",
            &["LC_ALL", "JAVA_HOME", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "GIT_DIR"],
        ),
        ("['!*', PATH]", &["PATH"]),
    ] {
        let of_backend =
            config(&format!("inherit: none\nbackends: {{b: {{type: codex, inherit: {written}}}}}"));
        let of_file = config(&format!("inherit: {written}\nbackends: {{b: {{type: codex}}}}"));
        for config in [&of_backend, &of_file] {
            assert_eq!(warnings(config), [""; 0]);
            assert_eq!(inherited(&config.backends[0], &names), passes, "{written}");
        }
    }
    for wrong in ["[A=B]", "['A B']", "['${X}']", "['!']", "{a: b}", "[[a]]", "''"] {
        let said = error(&format!("backends: {{b: {{type: codex, inherit: {wrong}}}}}"));
        assert!(said.contains("`backends.b.inherit`"), "{wrong}: {said}");
    }
}

#[test]
fn a_login_that_is_inherited_is_not_taken_away_by_the_settings() {
    let text =
        "backends: {b: {model: m, inherit: [ANTHROPIC_API_KEY], env: {ANTHROPIC_BASE_URL: 'https://x'}}}";
    let launch = run(text, &[("ANTHROPIC_API_KEY", "key-1"), ("ANTHROPIC_AUTH_TOKEN", "no")]).unwrap();
    let settings = launch.settings.unwrap();
    assert!(settings.contains(r#""ANTHROPIC_API_KEY": "key-1", "ANTHROPIC_AUTH_TOKEN": "","#), "{settings}");
    assert!(matches!(run(text, &[]), Err(LaunchError::LoginToOthers(_))));
}

#[test]
fn the_directory_with_the_users_login_and_conversations_goes_with_the_agent() {
    let given = variables(&[("CLAUDE_CONFIG_DIR", "/c"), ("CODEX_HOME", "/x"), ("IS_SANDBOX", "1")]);
    let config = config(
        "backends: {opus: {model: m}, own: {model: m, env: {CLAUDE_CONFIG_DIR: ~/o}}, codex: {type: codex}, cx: {type: codex, env: {CODEX_HOME: ~/o}}}",
    );
    let found = |name: &str, given: &[(OsString, OsString)]| {
        let launch = config.backend(Some(name)).unwrap().run(&task(given)).unwrap();
        ["CLAUDE_CONFIG_DIR", "CODEX_HOME", "IS_SANDBOX"]
            .map(|name| variable(&launch, name).unwrap_or_default())
    };
    assert_eq!(found("opus", &given), ["/c", "", "1"]);
    assert_eq!(found("own", &given), ["/home/me/o", "", "1"]);
    assert_eq!(found("codex", &given), ["", "/x", "1"]);
    assert_eq!(found("cx", &given), ["", "/home/me/o", "1"]);
    assert_eq!(found("opus", &[]), ["", "", ""], "the agent's own default is not spelled out for it");
}

#[test]
fn what_a_backend_declares_comes_before_what_is_inherited() {
    let launch =
        run(&with_env("PATH: '~/bin:${PATH}'\n      LANG: ''"), &[("PATH", "/bin"), ("LANG", "C")]).unwrap();
    assert_eq!(variable(&launch, "PATH").as_deref(), Some("/home/me/bin:/bin"));
    assert_eq!(variable(&launch, "LANG"), None);
}

/// The arguments of the only backend of `config`: without a person, for a new conversation and for one that goes on, and
/// with one.
fn three_launches(text: &str) -> [Vec<String>; 3] {
    let config = config(text);
    let backend = &config.backends[0];
    let resumed = Task { conversation: Conversation::Resume("abc"), ..task(&[]) };
    [backend.run(&task(&[])), backend.run(&resumed), backend.open(&resumed)]
        .map(|launch| words(&launch.unwrap()))
}

#[test]
fn gemini_runs_and_resumes_and_opens() {
    let [new, resumed, opened] = three_launches("backends: {g: {type: gemini, model: m-1}}");
    let common = ["-o", "stream-json", "--skip-trust", "--approval-mode", "yolo", "-m", "m-1"];
    assert_eq!(new, [&common[..], &["--session-id", ID]].concat());
    assert_eq!(resumed, [&common[..], &["--resume", "abc"]].concat());
    assert_eq!(opened, ["-m", "m-1", "--resume", "abc"]);
    let [narrower, _, opened] = three_launches("backends: {g: {type: gemini, permission_mode: plan}}");
    assert_eq!(
        narrower,
        ["-o", "stream-json", "--skip-trust", "--approval-mode", "plan", "--session-id", ID],
        "without a model it takes its own"
    );
    assert_eq!(opened, ["--approval-mode", "plan", "--resume", "abc"]);
}

#[test]
fn qwen_runs_and_resumes_and_opens() {
    let text = "backends: {q: {type: qwen, model: m, pro_model: p, system_prompt: '- do it'}}";
    let [new, resumed, opened] = three_launches(text);
    let common = ["-o", "stream-json", "--approval-mode", "yolo", "-m", "m"];
    let told = "--append-system-prompt=- do it";
    assert_eq!(new, [&common[..], &["--session-id", ID, told]].concat());
    assert_eq!(resumed, [&common[..], &["--resume", "abc", told]].concat());
    assert_eq!(opened, ["-m", "m", "--resume", "abc"]);
    let launch = config(text).backends[0].run(&with_pro(&[])).unwrap();
    assert_eq!(after(&launch, "-m").as_deref(), Some("p"));
}

#[test]
fn opencode_runs_and_resumes_and_opens() {
    let [new, resumed, opened] = three_launches("backends: {o: {type: opencode, model: mock/m}}");
    let common = ["run", "--format", "json", "--auto", "-m", "mock/m"];
    assert_eq!(new, common, "it names its conversations itself");
    assert_eq!(resumed, [&common[..], &["-s", "abc"]].concat());
    assert_eq!(opened, ["-m", "mock/m", "-s", "abc"]);
}

#[test]
fn copilot_runs_and_resumes_and_opens() {
    let [new, resumed, opened] = three_launches("backends: {c: {type: copilot, model: m}}");
    let common = [
        "--output-format",
        "json",
        "--allow-all-tools",
        "--allow-all-paths",
        "--no-ask-user",
        "--model",
        "m",
    ];
    assert_eq!(new, [&common[..], &[&format!("--session-id={ID}")]].concat());
    assert_eq!(resumed, [&common[..], &["--resume=abc"]].concat());
    assert_eq!(opened, ["--model", "m", "--resume=abc"]);
}

#[test]
fn instructions_that_a_program_cannot_be_given_are_said_and_not_passed() {
    let text = "system_prompt: all\nbackends:\n  g: {type: gemini}\n  o: {type: opencode, system_prompt: own}\n  \
                c: {type: copilot, system_prompt: ''}\n";
    let config = config(text);
    let said: Vec<Vec<String>> = config
        .backends
        .iter()
        .map(|backend| backend.warnings(false).into_iter().map(|warning| warning.key).collect())
        .collect();
    assert_eq!(said, [vec!["system_prompt"], vec!["system_prompt", "backends.o.system_prompt"], vec![]]);
    assert_eq!(
        config.backends[0].warnings(false)[0].reason.to_string(),
        "is ignored, as gemini has no option for it: write it into the tasks; `system_prompt: \"\"` in the backend ends \
         this message"
    );
    let unsaid = super::config("backends: {g: {type: gemini}}").backends[0].warnings(false);
    assert_eq!(unsaid, [], "our own default is no loss");
}

#[test]
fn every_program_is_told_to_leave_the_handoffs_to_its_caller() {
    for kind in ["claude, model: m", "codex", "gemini", "qwen", "opencode", "copilot"] {
        let launch = run(&format!("backends: {{b: {{type: {kind}}}}}"), &[]).unwrap();
        assert!(launch.env.contains(&("AGENT_HANDOFF_SKIP".into(), "1".into())), "{kind}");
    }
}

#[test]
fn no_program_inherits_the_session_that_calls_it() {
    let session = [
        "GEMINI_CLI",
        "GEMINI_CLI_TRUST_WORKSPACE",
        "QWEN_CODE",
        "QWEN_CODE_SESSION_ID",
        "OPENCODE",
        "OPENCODE_PID",
        "COPILOT_CLI",
        "COPILOT_CLI_BINARY_VERSION",
        "COPILOT_AGENT_SESSION_ID",
        "COPILOT_LOADER_PID",
    ];
    let kept = ["GEMINI_API_KEY", "QWEN_HOME", "COPILOT_HOME", "COPILOT_GITHUB_TOKEN", "OPENCODE_CONFIG"];
    let variables: Vec<(&str, &str)> = session.iter().chain(&kept).map(|name| (*name, "x")).collect();
    for kind in ["codex", "gemini", "qwen", "opencode", "copilot"] {
        let launch = run(&format!("backends: {{b: {{type: {kind}}}}}"), &variables).unwrap();
        let has = |name: &&&str| launch.env.iter().any(|(own, _)| own == **name);
        assert_eq!(session.iter().filter(has).count(), 0, "{kind}");
        assert_eq!(kept.iter().filter(has).count(), kept.len(), "{kind}");
    }
    let home = [("GEMINI_CLI_HOME", "/h")];
    let launch = run("backends: {b: {type: gemini, inherit: none}}", &home).unwrap();
    assert!(launch.env.contains(&("GEMINI_CLI_HOME".into(), "/h".into())));
}
