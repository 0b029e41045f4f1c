//! What has nearly the shape of a secret, and what stands where one would.

use handoff_secrets::scan;

use crate::random::{ALNUM, HEX, LOWER, UPPER, random};

#[track_caller]
fn assert_nothing_in(text: &str) {
    assert_eq!(scan(text), [], "{text}");
}

#[test]
fn a_key_of_the_wrong_length_is_no_key() {
    let alnum = |length| random(ALNUM, length, 3);
    let hex = |length| random(HEX, length, 4);
    for pieces in [
        ["AK", "IA", &random(UPPER, 15, 1)],
        ["AK", "IA", &random(UPPER, 17, 1)],
        ["AK", "IA", &random(LOWER, 16, 1)],
        ["gh", "p_", &alnum(35)],
        ["np", "m_", &alnum(35)],
        ["np", "m_", &alnum(37)],
        ["da", "pi", &hex(31)],
        ["da", "pi", &hex(33)],
        ["dop", "_v1_", &hex(63)],
        ["c", "io", &alnum(31)],
        ["c", "io", &alnum(33)],
        ["h", "f_", &alnum(33)],
        ["sh", "pat_", &hex(31)],
        ["AI", "za", &alnum(34)],
        ["AI", "za", &alnum(36)],
        ["s", "k-", &hex(31)],
        ["s", "k-", &alnum(39)],
        ["S", "G.", &[alnum(22), alnum(43)].concat()],
        ["github", "_pat_", &alnum(82)],
        ["12345", ":AA", &alnum(33)],
        ["1234567890", ":AA", &alnum(32)],
    ] {
        assert_nothing_in(&["see ", &pieces.concat(), " there"].concat());
    }
}

#[test]
fn a_documented_key_is_no_secret() {
    for pieces in [
        ["AKIAIOSFODNN7", "EXAMPLE", ""],
        ["AKIAI44QH8DHB", "EXAMPLE", ""],
        ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "/bPxRfiCY", "EXAMPLEKEY"],
        ["sk_", "test_", "4eC39HqLyjWDarjtT1zdp7dc"],
        [
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
            "eyJzdWIiOiIxMjM0NTY3ODkwIn0.",
            "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        ],
    ] {
        assert_nothing_in(&pieces.concat());
    }
}

#[test]
fn padding_and_words_in_the_shape_of_a_key_are_no_secret() {
    for pieces in [
        ["gh", "p_", &"x".repeat(36)],
        ["AK", "IA", &"X".repeat(16)],
        ["sk-", "proj-", &"x".repeat(48)],
        ["sk-", "ant-api03-", &"*".repeat(48)],
        ["sk-", "ant-", "your-api-key-from-the-console-goes-in-here"],
        ["sk-", "proj-", "the-project-key-of-the-staging-account-2025"],
        ["gl", "pat-", "your-personal-access-token"],
        ["xo", "xb-", "the-bot-token-of-the-workspace"],
        ["hv", "s.", "put_the_vault_token_in_here"],
        ["hooks.slack.com/", "services/", "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"],
        ["S", "G.", "xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    ] {
        assert_nothing_in(&pieces.concat());
    }
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[test]
fn a_stand_in_for_a_value_is_no_secret() {
    let random = random(ALNUM, 24, 9);
    for value in [
        "<token>",
        "<your-token-123>",
        "${TOKEN}",
        "${TOKEN:-none123456}",
        "$TOKEN",
        "$API_TOKEN_2024",
        "{{ token }}",
        "{{vault.token_v2}}",
        "%TOKEN%",
        "%API_TOKEN_V2%",
        "@api_token_2@",
        "your-api-key-here",
        "YOUR_API_KEY_123",
        "xxxxxxxxxxxxxxxxxxxx",
        "xxxx-1234-xxxx-5678",
        "abcd****************wxyz9",
        "****************",
        "...",
        "sk-...",
        "changeme",
        "change-me-please-1",
        "example",
        "example-token-12345",
        "dummy",
        "dummy-value-99x",
        "test",
        "test-token-8f3k2",
        "fake_secret_7d8f9a",
        "placeholder1234",
        "s3cr3t",
        "None",
        "null",
        "true",
        "false",
        "undefined",
        "\"\"",
        "''",
        "[REDACTED:github-token]",
        "[redacted]",
        "***REMOVED***",
        "0123456789abcdef",
        "abc123def456ghi789",
        "a1b2c3d4e5f6g7h8",
        "00000000-0000-0000-0000-000000000000",
        "1234567890123456",
        "os.environ[\"X1Y2Z3\"]",
        "os.environ.get('API_KEY2')",
        "process.env.API_KEY2",
        "std::env::var(\"T0KEN\")?",
        "env::var2::token_a1b2",
        "getToken2Value()",
        "make_token_v2(user, 15)",
        "config.auth2.api_key",
        "settings.API_KEY_V2",
        "self._access_token2",
        "$(pass show api/key2)",
        "!secret api_key_v2",
        "vault:secret/data/app2#key",
        "op://vault/item2/password",
        "&config.token2",
        "*token_ptr2",
        "AccessTokenV2Response",
        "Option<AccessTokenV2>",
        "Vec<Token2>",
        "sha256:9f86d081884c7d659a2feaa0c55ad015",
        "my-app-secret-v2",
        "k8s-secret-2024",
        "gpt-4o-mini-2024-07-18",
        "/run/secrets/db_pass2",
        "./certs/key-2024.pem",
        "../x/y2/zz",
        "~/.config/app2/token",
        "https://vault.corp.dev/v1/k3y",
        "2026-07-12T10:33:21Z",
        "1.2.3-beta.4+build.5678",
        "int64",
        "string(36)",
        "0x8055000B_u32",
        "0xdeadbeef12345678",
        "4096",
        "12345678901234567890",
        "correct-horse-battery-staple",
    ] {
        for name in ["token", "API_KEY", "\"password\""] {
            assert_nothing_in(&format!("{name} = {value}\n"));
            assert_nothing_in(&format!("{name}: {value}\n"));
        }
        assert_nothing_in(&format!("tool --token {value} run"));
        assert_nothing_in(&format!("Authorization: Bearer {value}"));
    }
    // The form is that of a secret: only the value decides.
    assert_eq!(scan(&format!("token: {random}\n")).len(), 1);
}

#[test]
fn a_value_that_is_shown_in_part_is_no_secret() {
    let part = random(ALNUM, 24, 9);
    for elided in
        [format!("{part}..."), format!("{part}…"), format!("{part}...{part}"), format!("{part}…{part}")]
    {
        for text in [
            format!("API key: {elided}"),
            format!("Authorization: Bearer {elided}"),
            format!("token = \"{elided}\""),
            format!("| API key | {elided} |"),
            format!("the password is `{elided}`"),
            format!("curl -u me:{elided} https://x.dev"),
        ] {
            assert_nothing_in(&text);
        }
    }
}

#[test]
fn a_key_that_finds_something_is_no_secret() {
    let value = random(HEX, 32, 8);
    for name in [
        "CACHE_KEY",
        "PRIMARY_KEY",
        "IDEMPOTENCY_KEY",
        "PUBLIC_KEY",
        "RECAPTCHA_SITE_KEY",
        "cache_key",
        "partitionKey",
        "the key",
        "monkey",
        "KEY",
    ] {
        assert_nothing_in(&format!("{name}={value}"));
        assert_nothing_in(&format!("{name}: {value}"));
    }
    assert_nothing_in(&format!("cat token | {value}"));
    assert_nothing_in("- Key: src/a1.rs holds it, see `lib2`");
    assert_nothing_in("Key: `src/auth2/token.rs`");
    assert_nothing_in("docker run -u 1000:1000123 app; curl -u $USER:$PASS1234 x; curl -u me x");
    assert_nothing_in("The login form asks for a password confirmation2 now");
}

#[test]
fn a_name_that_promises_no_secret_holds_none() {
    let hex = random(HEX, 40, 5);
    let alnum = random(ALNUM, 28, 6);
    for name in [
        "head",
        "commit",
        "sha",
        "sha256",
        "rev",
        "etag",
        "session_id",
        "sessionId",
        "sentinel",
        "id",
        "digest",
        "checksum",
        "integrity",
        "public_key",
        "publicKey",
        "token_type",
        "token_count",
        "tokens",
        "max_tokens",
        "tokenizer",
        "password_hash",
        "secret_name",
        "key",
        "primary_key",
        "cache_key",
        "author",
        "oauth",
        "bypass",
        "compass",
        "keepass",
        "nextPageToken",
        "continuation_token",
        "secret_version",
        "token_id",
        "passed",
        "cwd",
        "url",
    ] {
        for text in [format!("{name}: {hex}"), format!("{name}={alnum}"), format!("\"{name}\": \"{hex}\"")] {
            assert_nothing_in(&text);
        }
    }
}

#[test]
fn a_url_without_a_password_or_with_a_stand_in_is_no_secret() {
    for url in [
        "https://user@host/",
        "https://user:${PASS}@host",
        "https://user:$PASS@host/x",
        "https://host:8080/path?to=a@b.c",
        "http://localhost:3000/@scope/pkg",
        "git@github.com:org/repo",
        "ssh://git@github.com:22/org/repo.git",
        "scheme://user:password@host",
        "postgres://postgres:postgres@localhost:5432/app",
        "postgres://user:pass@db/app",
        "mysql://root:root@127.0.0.1/x",
        "redis://:<password>@cache:6379",
        "amqp://{user}:{password}@{host}",
        "https://user:[REDACTED:url-password]@host",
        "https://user:***@host",
        "https://user:xxx@host",
        "scheme://[user[:password]@]host",
        "https://u:xxxxxx@h",
        "https://user:changeme@host",
        "https://user:your-password@host",
        "ftp://%s:%s@%s",
        "http://a:%PASS%@h",
        "://a:b2c3d4@h",
        "https://[::1]:8080/x@y",
        "file:///home/me@work:8/x",
        "https://medium.com/@user:name/post",
    ] {
        assert_nothing_in(&format!("see {url} there\n"));
        assert_nothing_in(&format!("- `{url}`\n"));
    }
}
