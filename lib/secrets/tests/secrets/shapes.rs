//! Vendors' keys are found by their shape, wherever they stand.

use handoff_secrets::{Finding, rules, scan};

use crate::keys::{Sample, samples};

/// The one finding a key gives, on the second line of a text.
#[track_caller]
fn assert_found(sample: &Sample, before: &str, after: &str) {
    let before = format!("## Context – naïve\n{before}{}", sample.announced_by);
    let text = format!("{before}{}{after}\n", sample.secret);
    let span = before.len()..before.len() + sample.secret.len();
    assert_eq!(scan(&text), [Finding { rule: sample.rule, line: 2, span }], "{text}");
}

#[test]
fn a_key_is_found_in_prose() {
    for sample in samples() {
        assert_found(&sample, "the staging one is ", " until Friday");
    }
}

#[test]
fn a_key_is_found_at_the_end_of_a_sentence() {
    for sample in samples() {
        assert_found(&sample, "use ", ".");
    }
}

#[test]
fn a_key_is_found_in_markdown_code() {
    for sample in samples() {
        assert_found(&sample, "run it with `", "` set");
    }
}

#[test]
fn a_key_is_found_by_its_own_rule_behind_a_name_that_promises_a_secret() {
    for sample in samples() {
        assert_found(&sample, "export SERVICE_TOKEN=\"", "\"");
        assert_found(&sample, "service_token: ", "");
        assert_found(&sample, "--token ", " --verbose");
    }
}

#[test]
fn a_key_is_found_behind_an_escaped_line_end() {
    for sample in samples() {
        assert_found(&sample, "{\"log\": \"first\\n", "\\nlast\"}");
    }
}

#[test]
fn a_key_is_found_where_the_text_ends() {
    for sample in samples() {
        let text = [sample.announced_by, &sample.secret].concat();
        let found: Vec<_> = scan(&text).into_iter().map(|finding| (finding.rule, finding.line)).collect();
        assert_eq!(found, [(sample.rule, 1)], "{text}");
    }
}

#[test]
fn a_key_inside_a_longer_identifier_is_not_found() {
    for sample in samples() {
        let text = ["see desk", sample.announced_by, &sample.secret, " there"].concat();
        let is_found = scan(&text).iter().any(|finding| finding.rule == sample.rule);
        // What announces a token in the bot API's address begins a word of its own.
        assert_eq!(is_found, sample.announced_by.contains('/'), "{text}");
    }
}

#[test]
fn a_key_that_is_cut_short_is_not_found() {
    for sample in samples() {
        let short = &sample.secret[..sample.secret.len().min(48) / 2];
        let text = ["it began with ", sample.announced_by, short, " or so"].concat();
        assert!(scan(&text).iter().all(|finding| finding.rule != sample.rule), "{text}");
    }
}

#[test]
fn every_rule_is_listed_once_and_has_a_sample() {
    let listed: Vec<_> = rules().collect();
    let mut distinct = listed.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), listed.len());
    let structured = ["private-key", "jwt", "url-password", "secret-assignment"];
    let samples = samples();
    for rule in listed {
        let has_sample = structured.contains(&rule) || samples.iter().any(|sample| sample.rule == rule);
        assert!(has_sample, "{rule}");
    }
}
