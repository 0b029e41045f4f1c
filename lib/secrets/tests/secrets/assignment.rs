//! Random values assigned to names that promise a secret.

use handoff_secrets::{Finding, scan};

use crate::random::{ALNUM, BASE64, HEX, LOWER, URL_SAFE, random};

const RULE: &str = "secret-assignment";

/// In each line `@` stands for a secret: it is found, alone and whole.
#[track_caller]
fn assert_found_in(lines: &[&str]) {
    let secrets =
        [random(ALNUM, 24, 1), random(BASE64, 40, 2), random(HEX, 32, 3), random(URL_SAFE, 43, 4) + "="];
    for line in lines {
        for secret in &secrets {
            let before = format!("one\n{}", line.split_once('@').map_or("", |(before, _)| before));
            let text = format!("one\n{}\n", line.replace('@', secret));
            let span = before.len()..before.len() + secret.len();
            assert_eq!(scan(&text), [Finding { rule: RULE, line: 2, span }], "{text}");
        }
    }
}

#[test]
fn in_configuration() {
    assert_found_in(&[
        "DB_PASSWORD=@",
        "export DB_PASSWORD='@'",
        "AWS_SECRET_ACCESS_KEY = @",
        "set API_KEY_2=@",
        "db_passwd: @",
        "db_pwd: \"@\"  # rotated in May",
        "  client-secret:    '@'",
        "{\"apiKey\": \"@\", \"region\": \"eu\"}",
        "{\"apiKey\":\"@\"}",
        "{\\\"apiKey\\\": \\\"@\\\"}",
        "secret_token          = \"@\"",
        "//registry.npmjs.org/:_authToken=@",
        "_auth=@",
        "smtp.auth.pass=@",
        "<password>@</password>",
        "spring.datasource.password=@",
        "SECRET_KEY_BASE=@",
        "credentials: @",
        "Endpoint=sb://x/;SharedSecret=@;Path=y",
    ]);
}

#[test]
fn in_code() {
    assert_found_in(&[
        "let token = \"@\";",
        "const API_KEY: &'static str = \"@\";",
        "api_key: str = '@'",
        "token: Option<String> = '@'",
        "password := `@`",
        "$config['password'] = '@';",
        "os.environ[\"API_TOKEN\"] = \"@\"",
        "'secret' => '@',",
        ":secret => \"@\"",
        "if (token === \"@\") return;",
        "assert token != '@'",
        "connect(user=\"me\", password=\"@\")",
        "connect(password=@)",
        "token = b\"@\"",
        "private_key?: \"@\"",
        "dbPass = \"@\"",
    ]);
}

#[test]
fn on_a_command_line_and_in_a_header() {
    assert_found_in(&[
        "mysql --password @ -e x",
        "mysql --password=@ -e x",
        "tool --api-key '@' run",
        "tool -token @",
        "\"args\": [\"--api-key\", \"@\"]",
        "Authorization: Bearer @",
        "authorization: basic @",
        "curl -H 'Authorization: Bearer @' https://x.dev",
        "-H \"X-Api-Key: @\"",
        "headers={\"Authorization\": \"Token @\"}",
        "send it as Bearer @",
        "GET /v1/x?access_token=@&page=2",
        "POST a=1&client_secret=@&grant_type=x",
    ]);
}

#[test]
fn in_prose() {
    assert_found_in(&[
        "API key: @",
        "- **Password**: @",
        "- **Access token:** @",
        "the new client secret = `@`",
        "(password: @)",
        "password: @.",
    ]);
}

#[test]
fn behind_a_name_with_a_qualifier_or_an_owner() {
    assert_found_in(&[
        "API_KEY_PROD=@",
        "STRIPE_SECRET_KEY_LIVE=@",
        "db_password_prod: @",
        "apiKeyStaging = \"@\"",
        "token-old: @",
        "OPENAI_KEY=@",
        "SSH_KEY=@",
        "export WEATHER_KEY='@'",
        "WEATHER_KEY_PROD=@",
        "sshKey: \"@\"",
        "deploy-key = @",
        "{\"stripe_key\": \"@\"}",
    ]);
}

#[test]
fn in_sentences_and_tables() {
    assert_found_in(&[
        "The API key is @",
        "the API key is: @",
        "The old password was `@`, rotate it",
        "- the token is \"@\"",
        "| API key | @ |",
        "| **API key** | `@` | staging |",
        "|password|@|",
        "Key: `@`",
        "- **Key**: `@`",
        "  * Key: \"@\"",
    ]);
}

#[test]
fn behind_a_character_that_is_not_seen() {
    let (secret, shown) = (random(ALNUM, 24, 1), random(ALNUM, 24, 1));
    let (start, end) = shown.split_at(9);
    for hidden in ['\u{200B}', '\u{2060}', '\u{FEFF}', '\u{AD}', '\u{E0041}'] {
        let before = format!("é{hidden}\ntoken{hidden}: ");
        let text = format!("{before}{start}{hidden}{end}{hidden} {hidden}\n");
        let span = before.len()..before.len() + secret.len() + hidden.len_utf8();
        assert_eq!(scan(&text), [Finding { rule: RULE, line: 2, span }], "{text:?}");
    }
}

#[test]
fn a_value_that_begins_with_many_of_the_same_is_found() {
    let bearer = ["A".repeat(22), "MLhe".to_owned(), "A".repeat(7), random(ALNUM, 80, 3)].concat();
    assert_eq!(scan(&format!("Authorization: Bearer {bearer}")).len(), 1);
}

#[test]
fn a_password_in_the_arguments_of_curl_and_in_netrc() {
    for (before, password, after) in [
        ("curl -s -u admin:", "hunter2!x", " https://x.dev"),
        ("curl --user 'me@x.dev:", "s3cr-Kd9", "' https://x.dev"),
        ("machine api.x.dev login bot password ", "correct-horse", "\n"),
        ("machine api.x.dev\n  login bot\n  password ", "correct-horse", "\n"),
    ] {
        let text = [before, password, after].concat();
        let found = scan(&text);
        let spans: Vec<_> = found.iter().map(|finding| &text[finding.span.clone()]).collect();
        assert_eq!(spans, [password], "{text}");
    }
}

#[test]
fn a_password_with_signs_is_found_whole() {
    for password in ["Tr0ub4dor&3xK9!z", "9fK#x2$vLq@7pW", "aB3=cD9=eF1=gH5kQ", "$ecr3t-Kd9x!Lq2"] {
        let text = format!("PASSWORD='{password}'");
        let span = 10..10 + password.len();
        assert_eq!(scan(&text), [Finding { rule: RULE, line: 1, span }], "{text}");
    }
}

#[test]
fn nearly_all_random_values_are_found() {
    let found = |alphabet: &str, length: usize| {
        let is_found = |seed: &u64| !scan(&format!("token={}", random(alphabet, length, *seed))).is_empty();
        (0..1000).filter(is_found).count()
    };
    for (alphabet, length, least) in [
        (ALNUM, 12, 850),
        (ALNUM, 16, 930),
        (ALNUM, 20, 965),
        (ALNUM, 32, 990),
        (ALNUM, 64, 995),
        (BASE64, 40, 990),
        (URL_SAFE, 43, 990),
        (HEX, 16, 925),
        (HEX, 20, 975),
        (HEX, 32, 995),
        (HEX, 64, 995),
        (LOWER, 16, 875),
        (LOWER, 24, 980),
        (LOWER, 40, 995),
    ] {
        let count = found(alphabet, length);
        assert!(count >= least, "{count} of 1000 found: {length} of {alphabet}");
    }
}
