//! Tokens: none missing, none shown.

use super::*;

const TOKEN: &str = "sk-0123456789abcdefghijklmnopqrstuv";

#[test]
fn a_token_that_is_none_is_said_before_anything_starts() {
    let said = |lines: &str, given: &[(&str, &str)]| {
        let said = run(&with_env(lines), given).unwrap_err().to_string();
        said.split_once(" (").unwrap().0.to_owned() + said.split_once(')').unwrap().1
    };
    assert_eq!(
        said("ANTHROPIC_AUTH_TOKEN: ''", &[]),
        "`backends.b.env.ANTHROPIC_AUTH_TOKEN` is empty: write the token there, or set the variable that it names"
    );
    assert_eq!(
        said("ANTHROPIC_AUTH_TOKEN: ${K}", &[("K", "")]),
        "`backends.b.env.ANTHROPIC_AUTH_TOKEN` is empty: write the token there, or set the variable that it names"
    );
    for line in ["ANTHROPIC_AUTH_TOKEN: <your key>", "ANTHROPIC_API_KEY: ' <key> '", "OPENAI_API_KEY: <x>"] {
        assert!(said(line, &[]).contains("is still a placeholder: write the token there, or `${VARIABLE}`"));
    }
    // An empty key beside a token is how some endpoints are to be configured.
    run(&with_env("ANTHROPIC_AUTH_TOKEN: x\n      ANTHROPIC_API_KEY: ''"), &[]).unwrap();
    run(&with_env("ANTHROPIC_AUTH_TOKEN: ''\n      ANTHROPIC_API_KEY: x"), &[]).unwrap();
    run(&with_env("ANTHROPIC_API_KEY: ''"), &[]).unwrap();
}

#[test]
fn the_users_own_login_is_not_sent_to_another_endpoint() {
    for url in [
        "https://api.deepseek.com/anthropic",
        "http://api.anthropic.com",
        "https://api.anthropic.com@evil.org",
        "x",
    ] {
        let refused = run(&with_env(&format!("ANTHROPIC_BASE_URL: {url}")), &[]);
        assert!(matches!(refused, Err(LaunchError::LoginToOthers(_))), "{url}");
        run(&with_env(&format!("ANTHROPIC_BASE_URL: {url}\n      ANTHROPIC_AUTH_TOKEN: unused")), &[])
            .unwrap();
    }
    run(&with_env("ANTHROPIC_BASE_URL: https://api.anthropic.com/"), &[]).unwrap();
}

#[test]
fn no_token_is_in_what_can_be_shown() {
    let text = format!(
        "system_prompt: use {TOKEN}\nbackends:\n  b:\n    model: m\n    env:\n      ANTHROPIC_AUTH_TOKEN: plain-word\n      \
         ANTHROPIC_CUSTOM_HEADERS: 'X-Auth: plain-word'\n      FROM: '${{MY_SECRET}}'\n      SHAPE: {TOKEN}\n      \
         ANTHROPIC_BASE_URL: http://me:plain-word@host/\n      SHOWN: it's here\n      NAMED_KEY: ${{MY_SECRET}}\n"
    );
    let config = config(&text);
    let given = variables(&[
        ("MY_SECRET", "plain-word"),
        ("HTTPS_PROXY", "http://u:plain-word@p:1"),
        ("PATH", "/bin"),
        ("OF_THE_CALLER", "plain-word"),
        ("CLAUDECODE", "1"),
    ]);
    let launch = config.backends[0].run(&task(&given)).unwrap();
    assert_eq!(variable(&launch, "FROM").as_deref(), Some("plain-word"));
    let shown = launch.to_string();
    for text in [&shown, &format!("{launch:?}"), &format!("{config:?}"), &format!("{:?}", task(&given))] {
        assert!(!text.contains("plain-word") && !text.contains(TOKEN), "{text}");
    }
    assert_eq!(
        shown,
        format!(
            "env -u CLAUDECODE AGENT_HANDOFF_SKIP=1 ANTHROPIC_AUTH_TOKEN=*** ANTHROPIC_BASE_URL=*** ANTHROPIC_CUSTOM_HEADERS=*** \
             FROM=*** HOME=/home/me NAMED_KEY=*** SHAPE=*** SHOWN='it'\\''s here' claude -p --output-format \
             stream-json --verbose --include-partial-messages --model m --dangerously-skip-permissions --session-id {ID} \
             --append-system-prompt *** --settings /run/settings.json"
        )
    );
    assert!(format!("{config:?}").contains(r#"backends.b.env.NAMED_KEY: "${MY_SECRET}""#));
}

#[test]
fn no_error_holds_a_token() {
    let long = TOKEN.repeat(5_000);
    for lines in
        [format!("K_TOKEN: {long}"), format!("K_TOKEN: {TOKEN}${{NOT}}"), format!("K_TOKEN: <{TOKEN}>")]
    {
        let error = run(&with_env(&lines), &[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(TOKEN));
    }
    let broken = error(&with_env(&format!("K_TOKEN: \"{TOKEN}\\q\"")));
    assert!(broken.contains("this is no YAML") && !broken.contains(TOKEN), "{broken}");
    let doubled = error(&with_env(&format!("K_TOKEN: {TOKEN}\n      K_TOKEN: {TOKEN}")));
    assert!(!doubled.contains(TOKEN));
}

#[test]
fn no_secret_goes_to_the_command_line() {
    let refused = run("backends: {c: {type: codex, config: {a: {b: '${K}'}}}}", &[("K", "x")]).unwrap_err();
    assert!(
        matches!(&refused, LaunchError::VariableInArgument(setting) if setting.key == "backends.c.config.a.b")
    );
    let text = format!("backends: {{c: {{type: codex, config: {{p: {{base_url: {TOKEN}}}}}}}}}");
    assert!(matches!(run(&text, &[]), Err(LaunchError::SecretInArgument(_))));
    for setting in ["experimental_bearer_token: x", "http_headers: {Authorization: x}"] {
        let text = format!("backends: {{c: {{type: codex, config: {{p: {{{setting}}}}}}}}}");
        assert!(matches!(run(&text, &[]), Err(LaunchError::SecretInArgument(_))), "{setting}");
    }
    run("backends: {c: {type: codex, config: {env_http_headers: {Authorization: V}, p: {env_key: MY_KEY, bearer_token_env_var: MY_TOKEN}}}}", &[])
        .unwrap();
}

#[test]
fn the_users_settings_neither_redirect_a_backend_nor_lend_it_their_token() {
    let text = with_env(
        "ANTHROPIC_BASE_URL: https://x\n      ANTHROPIC_AUTH_TOKEN: 'a\"b'\n      MORE: ${M}\n      EMPTY: ''",
    );
    let launch = run(&text, &[("M", "1\n2")]).unwrap();
    assert_eq!(after(&launch, "--settings").as_deref(), Some("/run/settings.json"));
    let settings = launch.settings.as_deref().unwrap();
    assert_eq!(
        settings,
        r#"{"apiKeyHelper": "", "env": {"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": "a\"b", "ANTHROPIC_BASE_URL": "https://x", "ANTHROPIC_CUSTOM_HEADERS": "", "ANTHROPIC_DEFAULT_HAIKU_MODEL": "", "ANTHROPIC_DEFAULT_OPUS_MODEL": "", "ANTHROPIC_DEFAULT_SONNET_MODEL": "", "ANTHROPIC_MODEL": "", "ANTHROPIC_SMALL_FAST_MODEL": "", "CLAUDE_CODE_OAUTH_TOKEN": "", "CLAUDE_CODE_SUBAGENT_MODEL": "", "CLAUDE_CODE_USE_BEDROCK": "", "CLAUDE_CODE_USE_VERTEX": "", "EMPTY": "", "MORE": "1\n2"}}"#
    );
    let own = run("backends: {opus: {model: m, env: {ANTHROPIC_MODEL: '{model}'}}}", &[]).unwrap();
    assert_eq!((own.settings.clone(), after(&own, "--settings")), (None, None));
    let codex = run("backends: {c: {type: codex, env: {ANTHROPIC_API_KEY: x}}}", &[]).unwrap();
    assert_eq!((codex.settings.clone(), after(&codex, "--settings")), (None, None));
}

#[test]
fn known_secrets_are_hidden_wherever_they_are_repeated() {
    let lines = "ANTHROPIC_AUTH_TOKEN: plain-words-here\n      FROM: '${MY_SECRET}'\n      GIT_AUTHOR_NAME: Jane Doe Junior\n      \
         ANTHROPIC_CUSTOM_HEADERS: 'X-Auth: Bearer of-headers-7'\n      ANTHROPIC_BASE_URL: http://me:of-the-url@host/\n      \
         TLS_KEY_FILE: /etc/tls/own.pem\n      MAX_TOKENS: 200000000\n      SMALL_KEY: local";
    let launch = run(&with_env(lines), &[("MY_SECRET", "a\"b/c\\d-quoted")]).unwrap();
    let hide = |text: &str| launch.secrets.hide(text).into_owned();
    for value in ["plain-words-here", "of-headers-7", "of-the-url", "a\"b/c\\d-quoted", r#"a\"b/c\\d-quoted"#]
    {
        assert_eq!(hide(&format!("401: <{value}>, {value}")), "401: <***>, ***", "{value}");
    }
    assert_eq!(hide(r#"a\"b\/c\\d-quoted"#), "***");
    let harmless =
        "Jane Doe Junior wrote /etc/tls/own.pem with 200000000 tokens at a local endpoint of http://me";
    assert_eq!(hide(harmless), harmless);
    assert!(!format!("{:?}", launch.secrets).contains("plain"));
}

#[test]
fn a_known_secret_is_hidden_also_where_parts_of_a_stream_share_it() {
    let launch = run(&with_env(&format!("ANTHROPIC_AUTH_TOKEN: {TOKEN}")), &[]).unwrap();
    let text = format!("sk-0 {TOKEN}{TOKEN}\nsk-012 and {TOKEN}\nsk-01234");
    let hidden = "sk-0 ******\nsk-012 and ***\nsk-01234";
    for size in 1..=text.len() {
        let mut filter = launch.secrets.filter();
        let mut out = Vec::new();
        for part in text.as_bytes().chunks(size) {
            out.extend(filter.push(part.to_vec()));
            // The end of a line is never waited for.
            assert!(!part.ends_with(b"\n") || out.ends_with(b"\n"), "{size}");
        }
        out.extend(filter.finish());
        assert_eq!(String::from_utf8(out).unwrap(), hidden, "{size}");
    }
}
