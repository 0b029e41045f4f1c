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
    assert_eq!(prompt(own).as_deref(), Some("-m {\"json\":1} ${HOME} ~/x"));
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

#[test]
fn an_agent_inherits_what_it_needs_to_run_and_nothing_else() {
    let passes = [
        "PATH",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TERM",
        "TZ",
        "TMPDIR",
        "XDG_CONFIG_HOME",
        "SSH_AUTH_SOCK",
        "HTTP_PROXY",
        "https_proxy",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NODE_EXTRA_CA_CERTS",
        "GIT_SSH_COMMAND",
        "AGENT_HANDOFF_ROOT",
    ];
    let stays = [
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_MODEL",
        "ANTHROPIC_CUSTOM_HEADERS",
        "ANTHROPIC_SMALL_FAST_MODEL",
        "ANTHROPIC_DEFAULT_OPUS_MODEL",
        "CLAUDECODE",
        "CLAUDE_CODE_SUBAGENT_MODEL",
        "CLAUDE_CODE_SSE_PORT",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_PROJECT_DIR",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "CODEX_API_KEY",
        "CODEX_SANDBOX",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "GIT_DIR",
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "DEEPSEEK_API_KEY",
        "EDITOR",
    ];
    let given: Vec<_> = passes.iter().chain(&stays).map(|name| (*name, "x")).collect();
    let given = variables(&[&given[..], &[("HOME", HOME), ("AGENT_HANDOFF_SKIP", "0")]].concat());
    let config = config("backends: {b: {model: m, env: {AGENT_HANDOFF_SKIP: 0}}, c: {type: codex}}");
    for backend in &config.backends {
        let launch = backend.run(&task(&given)).unwrap();
        for name in passes {
            assert_eq!(variable(&launch, name).as_deref(), Some("x"), "{name}");
        }
        for name in stays {
            assert_eq!(variable(&launch, name), None, "{name}");
        }
        assert_eq!(variable(&launch, "HOME").as_deref(), Some(HOME));
        assert_eq!(variable(&launch, "AGENT_HANDOFF_SKIP").as_deref(), Some("1"));
        assert_eq!(launch.env.len(), passes.len() + 2);
        let opened = backend.open(&task(&given)).unwrap();
        assert_eq!(variable(&opened, "EDITOR").as_deref(), Some("x"));
        assert_eq!(variable(&opened, "ANTHROPIC_BASE_URL"), None);
    }
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
    assert_eq!(found("codex", &given), ["", "/x", ""]);
    assert_eq!(found("cx", &given), ["", "/home/me/o", ""]);
    assert_eq!(found("opus", &[]), ["", "", ""], "the agent's own default is not spelled out for it");
}

#[test]
fn what_a_backend_declares_comes_before_what_is_inherited() {
    let launch =
        run(&with_env("PATH: '~/bin:${PATH}'\n      LANG: ''"), &[("PATH", "/bin"), ("LANG", "C")]).unwrap();
    assert_eq!(variable(&launch, "PATH").as_deref(), Some("/home/me/bin:/bin"));
    assert_eq!(variable(&launch, "LANG"), None);
}
