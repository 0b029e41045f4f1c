//! A redacted text holds no secret and is otherwise the same.

use handoff_secrets::{redact, scan};

use crate::keys::{Sample, samples};
use crate::random::{ALNUM, BASE64, random};

#[test]
fn a_secret_gives_way_to_its_rule() {
    let key = ["gh", "p_", &random(ALNUM, 36, 1)].concat();
    let password = random(BASE64, 24, 2);
    let text = format!("é TOKEN={key}\npassword: \"{password}\"\nhttps://u:hunter2@h/{key} end\n");
    let expected = "é TOKEN=[REDACTED:github-token]\npassword: \"[REDACTED:secret-assignment]\"\n\
                    https://u:[REDACTED:url-password]@h/[REDACTED:github-token] end\n";
    assert_eq!(redact(&text, &scan(&text)), expected);
}

#[test]
fn nothing_is_found_in_a_redacted_text() {
    for sample in samples() {
        let Sample { announced_by, secret, .. } = sample;
        let text = format!(
            "a {announced_by}{secret} {secret}={secret}:{secret}\npassword={secret}, token: '{secret}'"
        );
        let redacted = redact(&text, &scan(&text));
        assert_eq!(scan(&redacted), [], "{redacted}");
    }
}

#[test]
fn a_text_without_findings_stays_the_same() {
    assert_eq!(redact("nothing – here", &scan("nothing – here")), "nothing – here");
    assert_eq!(redact("", &[]), "");
}

#[test]
fn findings_of_another_text_do_no_harm() {
    let text = format!("token={}", random(ALNUM, 30, 1));
    let findings = scan(&text);
    assert_eq!(redact("short", &findings), "short");
    assert_eq!(redact("ééééééééé", &findings), "ééééééééé");
    let twice = [findings.clone(), findings].concat();
    assert_eq!(redact(&text, &twice), "token=[REDACTED:secret-assignment]");
}
