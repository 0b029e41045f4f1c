//! What is said about an agent's reason.

use super::*;

const REFUSED: &str = "Failed to authenticate. API Error: 401 the key is no good";

fn hint(text: &str, reason: &str) -> Option<String> {
    let files = Files::new(&[("config.yaml", text)]);
    let hint = files.load().unwrap().unwrap().backends[0].hint(reason)?;
    Some(hint.replace(&*files.path("").to_string_lossy(), "DIR/"))
}

#[test]
fn root_is_told_how_it_may() {
    let reason =
        "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons";
    assert_eq!(
        hint("backends: {opus: {model: m}}", reason).unwrap(),
        "where root may do everything, as in a container, put `IS_SANDBOX: 1` into `backends.opus.env`; \
         else `permission_mode: acceptEdits` into `backends.opus`"
    );
    assert_eq!(hint("backends: {c: {type: codex}}", reason), None);
}

#[test]
fn a_refused_token_is_named_and_not_shown() {
    let text = with_env("ANTHROPIC_AUTH_TOKEN: ${DEEPSEEK_API_KEY}");
    assert_eq!(
        hint(&text, REFUSED).unwrap(),
        "the token was refused: it is your variable DEEPSEEK_API_KEY, named in `backends.b.env.ANTHROPIC_AUTH_TOKEN` \
         (DIR/config.yaml, line 6, column 29)"
    );
    let written =
        hint(&with_env("ANTHROPIC_API_KEY: sk-1234567890"), "Invalid API key \u{b7} Please run /login")
            .unwrap();
    assert_eq!(
        written,
        "the token in `backends.b.env.ANTHROPIC_API_KEY` (DIR/config.yaml, line 6, column 26) was refused"
    );
    let codex = "backends:\n  c:\n    type: codex\n    env: {MOCK_KEY: '${MINE}'}\n    config:\n      model_providers.mock: {env_key: MOCK_KEY}\n";
    let codex = hint(codex, "unexpected status 401 Unauthorized").unwrap();
    assert!(codex.contains("it is your variable MINE"), "{codex}");
}

#[test]
fn a_login_that_is_not_the_backends_is_told_apart() {
    let said = hint("backends: {opus: {model: m}}", "Not logged in \u{b7} Please run /login").unwrap();
    assert_eq!(
        said,
        "the login of `claude` itself was used, and no variable of yours: log in with `claude`, or pass a token on, \
         `CLAUDE_CODE_OAUTH_TOKEN: \"${CLAUDE_CODE_OAUTH_TOKEN}\"` in `backends.opus.env`"
    );
    let said = hint("backends: {c: {type: codex}}", "401 Unauthorized").unwrap();
    assert!(said.contains("log in with `codex`") && said.contains("CODEX_API_KEY"), "{said}");
}

#[test]
fn other_reasons_need_none() {
    for reason in
        ["", "the agent ended without a result: exit status 1", "line 4017", "429 too many requests"]
    {
        assert_eq!(hint(&with_env("ANTHROPIC_AUTH_TOKEN: x"), reason), None, "{reason}");
    }
}
