//! Files that are read, and files that are refused.

use handoff_agents::Protocol;

use super::*;

#[test]
fn no_file_is_no_configuration() {
    assert!(Files::new(&[]).load().unwrap().is_none());
}

#[test]
fn the_preset_has_its_backends_and_nothing_to_warn_of() {
    let config = config(&Preset::ALL[0].text());
    assert_eq!(warnings(&config), [""; 0]);
    let all: Vec<_> = config
        .backends
        .iter()
        .map(|b| (b.name.as_str(), b.protocol, b.model(false), b.model(true)))
        .collect();
    assert_eq!(
        all,
        [
            ("deepseek", Protocol::Claude, Some("deepseek-v4-flash"), Some("deepseek-v4-pro[1m]")),
            ("opus", Protocol::Claude, Some("opus"), Some("opus")),
            ("codex", Protocol::Codex, Some("gpt-5.5"), Some("gpt-5.5")),
            ("gemini", Protocol::Gemini, None, None),
        ]
    );
    let none = variables(&[]);
    assert!(matches!(config.backends[0].run(&task(&none)), Err(LaunchError::UnsetVariable { .. })));
    for other in &config.backends[1..] {
        other.run(&task(&none)).unwrap();
    }
}

#[test]
fn each_backend_of_the_preset_can_be_its_default() {
    let names = Preset::ALL.map(|preset| preset.name);
    for preset in Preset::ALL {
        let text = preset.text();
        let config = config(&text);
        let default = config.backend(None).unwrap();
        assert_eq!((default.name.as_str(), default.protocol), (preset.name, preset.protocol));
        let mut found: Vec<&str> = config.backends.iter().map(|backend| backend.name.as_str()).collect();
        assert_eq!(found.len(), names.len());
        found.sort_by_key(|name| names.iter().position(|known| known == name));
        assert_eq!(found, names);
        assert_eq!(text.lines().count(), Preset::ALL[0].text().lines().count());
        let missing = default.run(&task(&variables(&[]))).err();
        assert_eq!(missing.is_some(), preset.variable.is_some(), "{missing:?}");
    }
}

#[test]
fn the_first_backend_is_the_default_and_an_unknown_one_gets_a_hint() {
    let config = config("backends:\n  zeta: {model: a}\n  alpha: {type: codex}\n");
    assert_eq!(config.backend(None).unwrap().name, "zeta");
    assert_eq!(config.backend(Some("alpha")).unwrap().protocol, Protocol::Codex);
    assert_eq!(
        config.backend(Some("alhpa")).unwrap_err().to_string(),
        "there is no backend `alhpa` (did you mean `alpha`?); configured: zeta, alpha"
    );
    assert_eq!(
        config.backend(Some("other")).unwrap_err().to_string(),
        "there is no backend `other`; configured: zeta, alpha"
    );
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[test]
fn a_wrong_file_is_refused_with_its_place_and_key() {
    for (text, said) in [
        (
            "backends: [",
            "line 2, column 1, key `backends`: this is no YAML: while parsing a node, did not find expected node content",
        ),
        ("- a\n", "line 1, column 1: this must be a mapping, lines of `key: value`"),
        ("just words", "line 1, column 1: this must be a mapping, lines of `key: value`"),
        (
            "",
            "line 1, column 1, key `backends`: no backends are configured; `handoff init` writes a config.yaml where there is none",
        ),
        (
            "backends:\n",
            "line 1, column 1, key `backends`: no backends are configured; `handoff init` writes a config.yaml where there is none",
        ),
        (
            "backends: {}\n",
            "line 1, column 1, key `backends`: no backends are configured; `handoff init` writes a config.yaml where there is none",
        ),
        (
            "backends: [a]\n",
            "line 1, column 11, key `backends`: this must be a mapping, lines of `key: value`",
        ),
        (
            "backends:\n  a: text\n",
            "line 2, column 6, key `backends.a`: this must be a mapping, lines of `key: value`",
        ),
        (
            "backends:\n  a:\n",
            "line 2, column 4, key `backends.a`: this must be a mapping, lines of `key: value`",
        ),
        (
            "backends:\n  a: {type: cluade, model: x}\n",
            "line 2, column 13, key `backends.a.type`: unknown type `cluade` (did you mean `claude`?); the types are claude, codex, gemini, qwen, opencode and copilot",
        ),
        (
            "backends:\n  a:\n    type: claude\n",
            "line 2, column 3, key `backends.a.model`: a backend of type claude needs a `model`",
        ),
        (
            "backends:\n  a: {model: ''}\n",
            "line 2, column 3, key `backends.a.model`: a backend of type claude needs a `model`",
        ),
        ("backends:\n  a: {model: [x]}\n", "line 2, column 14, key `backends.a.model`: this must be text"),
        (
            "backends:\n  a: {model: m, env: [A=1]}\n",
            "line 2, column 22, key `backends.a.env`: this must be a mapping, lines of `key: value`",
        ),
        (
            "backends:\n  a: {model: m, env: {A: [1]}}\n",
            "line 2, column 26, key `backends.a.env.A`: this must be text",
        ),
        (
            "backends:\n  a: {model: m, env: {A=B: 1}}\n",
            "line 2, column 23, key `backends.a.env.A=B`: this cannot be the name of a variable or setting",
        ),
        (
            "backends:\n  a: {model: m}\nbackends:\n  b: {model: m}\n",
            "line 3, column 1, key `backends`: this key is also in line 1: remove one of them",
        ),
        (
            "backends:\n  a:\n    model: m\n    env:\n      X: 1\n      X: 2\n",
            "line 6, column 7, key `backends.a.env.X`: this key is also in line 5: remove one of them",
        ),
        (
            "backends:\n  a: {model: m}\n---\nb: c\n",
            "line 3, column 1: a second document begins here: a configuration is one document",
        ),
        ("? [a]\n: b\n", "line 1, column 3: a key must be text"),
        ("backends: !include x.yaml\n", "line 1, column 11, key `backends`: unknown tag !include"),
        (
            "system_prompt: {a: b}\nbackends: {a: {model: m}}\n",
            "line 1, column 16, key `system_prompt`: this must be text",
        ),
    ] {
        assert_eq!(error(text), format!("could not use DIR/config.yaml, {said}"), "{text}");
    }
}

#[test]
fn a_name_is_fit_for_ids_and_file_names() {
    for name in ["../up", "é1", "''", "a b", "-x", ".hidden", "a/b", "_x"] {
        let said = error(&format!("backends:\n  {name}: {{model: m}}\n"));
        assert!(said.contains("line 2, column 3") && said.contains("a backend's name is letters"), "{said}");
    }
    let config =
        config("backends:\n  9x: {model: m}\n  k: {model: m}\n  5: {model: m}\n  a.B_c-1: {model: m}\n");
    let names: Vec<_> = config.backends.iter().map(|backend| backend.name.as_str()).collect();
    assert_eq!(names, ["9x", "k", "5", "a.B_c-1"]);
}

#[test]
fn what_is_no_readable_text_is_refused() {
    let files = Files::new(&[]);
    files.put("config.yaml", b"backends:\n  \xff: x\n");
    assert_eq!(files.error(), "could not use DIR/config.yaml, line 2, column 3: this is no UTF-8");

    let files = Files::new(&[("config.yaml/x", "")]);
    assert_eq!(
        files.error(),
        "could not use DIR/config.yaml, line 1, column 1: this is a directory, not a file"
    );

    let files = Files::new(&[("config.yaml", &"# long\n".repeat(160_000))]);
    assert_eq!(
        files.error(),
        "could not use DIR/config.yaml, line 1, column 1: the file is larger than 1 MiB"
    );

    let files = Files::new(&[]);
    handoff_files::put_link(&files.path("config.yaml"), Path::new("nowhere")).unwrap();
    assert_eq!(files.error(), "could not use DIR/config.yaml, line 1, column 1: this is no regular file");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_trouble() {
    let config = config("\u{feff}backends:\r\n  a:\r\n    model: m\r\n");
    assert_eq!(config.backends[0].model(false), Some("m"));
}

#[test]
fn unknown_keys_are_said_with_the_key_that_was_meant() {
    let config = config(
        "backend: x\nbackends:\n  a:\n    modle: m\n    model: m\n    zzz: 1\n    sandbox: read-only\n  c:\n    type: codex\n    permission_mode: plan\n",
    );
    assert_eq!(
        warnings(&config),
        [
            "1, column 1: `backend` is unknown and ignored (did you mean `backends`?)",
            "4, column 5: `backends.a.modle` is unknown and ignored (did you mean `model`?)",
            "6, column 5: `backends.a.zzz` is unknown and ignored: delete it",
            "7, column 5: `backends.a.sandbox` is ignored, as only a backend of type codex has it: delete it",
            "10, column 5: `backends.c.permission_mode` is ignored, as only a backend of type claude, gemini or qwen has it: delete it",
        ]
    );
}

#[test]
fn keys_of_handoff_cli_are_said_and_change_nothing() {
    let config = config(
        "default_backend: b\nfast_backend: b\ndefault_model: x\npro_model: x\ntype_defaults: {}\nbackend_types: {}\nbackend_template: {}\n\
         backends:\n  a:\n    model: m\n    command: rm\n    pty: []\n    session_flags: [--evil]\n    continue_id_flags: [--evil]\n    resume_flags: [--evil]\n  b: {model: m}\n",
    );
    let said = warnings(&config);
    assert_eq!(said.len(), 12);
    assert_eq!(
        said[0],
        "1, column 1: `default_backend` is handoff-cli's and ignored: delete it, and put the default first in `backends`"
    );
    assert_eq!(
        said[7],
        "11, column 5: `backends.a.command` is handoff-cli's and ignored: delete it; the program is found on PATH, which `env` can set"
    );
    assert_eq!(said[8], "12, column 5: `backends.a.pty` is handoff-cli's and ignored: delete it");
    assert_eq!((config.warnings.len(), config.backends[1].warnings(false)), (7, vec![]), "each has its own");
    let launch = config.backend(None).unwrap().run(&task(&[])).unwrap();
    assert_eq!(launch.program, "claude");
    assert!(!words(&launch).contains(&"--evil".to_owned()));
}

#[test]
fn a_value_that_agents_may_learn_is_passed_on_with_a_warning() {
    let config = config("backends:\n  a: {model: m, permission_mode: acceptedits}\n");
    assert_eq!(
        warnings(&config),
        [
            "2, column 34: `backends.a.permission_mode` is not one of acceptEdits, auto, bypassPermissions, dontAsk, manual, plan (did you mean `acceptEdits`?)"
        ]
    );
    let launch = config.backends[0].run(&task(&[])).unwrap();
    assert_eq!(after(&launch, "--permission-mode").as_deref(), Some("acceptedits"));
}

#[test]
fn a_placeholder_that_is_none_is_said_with_the_one_that_was_meant() {
    let config = config(
        "backends:\n  a:\n    model: '{modle}'\n    env:\n      FOO: '{foo}'\n      BAR: ${NOPE:-sk-def}\n      JSON: '{\"json\":1}'\n      \
         CLI: '{{foo}}'\n  c:\n    type: codex\n    system_prompt: in {cdw}, as {name}\n    config: {x: ['{hoem}']}\n",
    );
    assert_eq!(
        warnings(&config),
        [
            "3, column 12: `backends.a.model` has {modle}, which stands for nothing and is passed on as it is (did you mean `{model}`?)",
            "5, column 12: `backends.a.env.FOO` has {foo}, which stands for nothing and is passed on as it is: known are {model}, {pro_model}, {home} and {cwd}",
            "6, column 12: `backends.a.env.BAR` has ${NOPE…}, which is passed on as it is: only `${NAME}` stands for a variable",
            "12, column 18: `backends.c.config.x` has {hoem}, which stands for nothing and is passed on as it is (did you mean `{home}`?)",
        ]
    );
    let launch = config.backends[0].run(&task(&[])).unwrap();
    assert_eq!(launch.model.as_deref(), Some("{modle}"), "it is only said");
    assert_eq!(variable(&launch, "CLI").as_deref(), Some("{foo}"));
}

#[test]
fn a_pro_model_that_is_not_there_is_said_to_who_asks_for_it() {
    let config = config("backends:\n  a: {model: m}\n  b: {model: m, pro_model: p}\n");
    let said = |name, pro| {
        let all = config.backend(Some(name)).unwrap().warnings(pro);
        all.iter()
            .map(|warning| warning.to_string().split_once(", line ").unwrap().1.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(said("a", true), ["2, column 3: `backends.a` has no `pro_model`, so --pro changes nothing"]);
    assert_eq!((said("a", false), said("b", true)), (vec![], vec![]));
}
