//! What holds for any text.

use handoff_secrets::{redact, rules, scan};
use proptest::prelude::*;

use crate::keys::samples;

/// Pieces that rules look for, secrets among them.
fn piece() -> impl Strategy<Value = String> {
    let secrets: Vec<String> =
        samples().into_iter().map(|sample| sample.announced_by.to_owned() + &sample.secret).collect();
    let signs = [
        "=",
        ": ",
        ":",
        "\"",
        "'",
        "`",
        "\\",
        "\\n",
        "\n",
        " ",
        "://",
        "@",
        "$",
        "{",
        "[",
        "]",
        "é",
        "-----",
        ",",
        "&",
        "token",
        "password",
        "--password ",
        "Bearer ",
        "API key is ",
        "| API key | ",
        " | ",
        "API_KEY_PROD=",
        "- Key: `",
        "curl -u me:",
        "machine h login me password ",
        "...",
        "…",
        "\u{200B}",
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2",
        "<password>",
        "user:pa55word@",
        "sk-",
        "AKIA",
        "eyJ",
        "hvs.",
        "[REDACTED:github-token]",
        "aB3kL9mN2pQx",
        "1a9f",
        "postgres://u:Zk3!vv9@host/",
    ];
    let begin = [["-----BEG", "IN PRIVATE KEY-----\n"].concat(), ["-----E", "ND PRIVATE KEY-----"].concat()];
    prop_oneof![
        4 => prop::sample::select(signs.map(str::to_owned).to_vec()),
        2 => prop::sample::select(secrets),
        1 => prop::sample::select(begin.to_vec()),
        2 => "[A-Za-z0-9+/=_.-]{1,40}",
        1 => "\\PC{0,12}",
    ]
}

/// Pieces with something between them, or any text at all.
fn text(between: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::collection::vec(piece(), 0..24).prop_map(move |pieces| pieces.join(between)),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn findings_fit_the_text(text in text("")) {
        let mut end = 0;
        for finding in scan(&text) {
            prop_assert!(finding.span.start >= end, "ordered and not overlapping");
            prop_assert!(!finding.span.is_empty());
            prop_assert!(text.get(finding.span.clone()).is_some(), "in range, on character boundaries");
            prop_assert_eq!(finding.line, text[..finding.span.start].matches('\n').count() + 1);
            prop_assert!(rules().any(|rule| rule == finding.rule));
            end = finding.span.end;
        }
    }

    #[test]
    fn no_secret_is_found_when_redacted(text in text("\n")) {
        let redacted = redact(&text, &scan(&text));
        prop_assert_eq!(scan(&redacted), [], "{}", redacted);
    }

    /// Keys with nothing between them can hide each other, but not for long.
    #[test]
    fn redacting_again_leaves_no_secret(text in text("")) {
        let mut redacted = text;
        for _ in 0..4 {
            redacted = redact(&redacted, &scan(&redacted));
        }
        prop_assert_eq!(scan(&redacted), [], "{}", redacted);
    }

    #[test]
    fn redacting_changes_the_secrets_only(text in text("")) {
        let found = scan(&text);
        let mut expected = text.clone();
        for finding in found.iter().rev() {
            expected.replace_range(finding.span.clone(), &format!("[REDACTED:{}]", finding.rule));
        }
        prop_assert_eq!(redact(&text, &found), expected);
    }
}

/// A scan that read a byte again for each anchor or separator would take minutes.
#[test]
fn a_long_text_of_one_beginning_is_soon_read() {
    let beginnings = [
        "sk-",
        "AKIA",
        "token=",
        "token:",
        "\"token\":\"",
        "token = ",
        "--token ",
        "eyJ",
        "eyJ-",
        "eyJ.",
        "sk-proj-",
        "xoxb-",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "://",
        "a://b:c",
        "a://b:c@",
        "hvs.",
        "Bearer ",
        "a",
        "=",
        ":",
        " ",
        "&a=",
        "token=a&",
        "1",
        "ghs_1_eyJ",
        "MMMM",
        "<token>",
        "\\n",
        "glpat-a.",
        "-",
        "key: 0f",
        "| token |",
        "is ",
        "token is ",
        "curl -u ",
        "login ",
        "machine a login b password ",
        "LS0tLS1CRUdJTi",
        "token\u{200B}: ",
        "API_KEY_PROD=",
        "AAAA",
        "password: x9Kd3fQ",
        "é",
    ];
    for beginning in beginnings {
        let text = beginning.repeat((1 << 18) / beginning.len());
        let findings = scan(&text);
        redact(&text, &findings);
    }
}
