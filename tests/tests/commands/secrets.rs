//! Secrets in a handoff: named by rule and line, never repeated, never published unless asked for.

use tests::{BODY, World};

use crate::support::{clean, field, is_refused, mode, parts, published};

/// A secret of each kind, put together here so that no scanner finds one in this file: its rule, the line it stands in,
/// and the part that must not be repeated.
fn secrets() -> Vec<(&'static str, String, String)> {
    let random = "kT8vQ2mZr5XwLp9YbN3cHs7JdF4gAe6U";
    let github = ["ghp", "_", random, "Rq1x"].concat();
    let aws = ["AK", "IA", "Q3XJ7ZPL", "M5WNT2RV"].concat();
    let key = ["MIIEvQIBADANBgkqhkiG9w0B", random].concat();
    let begin = ["-----BEGIN", " PRIVATE KEY-----"].concat();
    let end = ["-----END", " PRIVATE KEY-----"].concat();
    let jwt = ["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiI5ODEyMzQ1In0.", random, "qLw1Zx8RtYe"].concat();
    let password = ["hU7", "-xQ2mZr5"].concat();
    let assigned = ["Zr5XwLp9YbN3", "cHs7JdF4gAe6UkT8vQ2m"].concat();
    vec![
        ("github-token", format!("token {github} here"), github),
        ("aws-access-key", format!("id {aws}"), aws),
        ("private-key", format!("{begin}\n{key}\n{end}"), key),
        ("jwt", format!("Authorization: Bearer {jwt}"), jwt),
        ("url-password", format!("postgres://admin:{password}@db.internal.net/app"), password),
        ("secret-assignment", format!("api_secret = \"{assigned}\""), assigned),
    ]
}

#[test]
fn each_secret_is_refused_by_rule_and_line_and_never_repeated() {
    let line = BODY.lines().count() + 1;
    for (rule, text, secret) in secrets() {
        let world = World::new();
        let draft = format!("{BODY}{text}\n");
        let ran = world.run("handoff-write", &world.dir("app"), &[], &draft);
        let said = format!(
            "agent-handoff: could not write the handoff: it holds what looks like a secret: {rule} in line {line}; take it out, \
             or use --redact, or --allow-secrets if it is none\n"
        );
        assert!(!ran.err().contains(&secret), "{rule}");
        is_refused(&world, &ran, 1, &said, &draft);
    }
}

#[test]
fn several_secrets_are_named_in_one_refusal() {
    let world = World::new();
    let all = secrets();
    let draft = format!("{BODY}{}\n\n{}\n", all[0].1, all[1].1);
    let ran = world.run("handoff-write", &world.dir("app"), &[], &draft);
    let said = "agent-handoff: could not write the handoff: it holds what looks like a secret: github-token in line 8, \
                aws-access-key in line 10; take it out, or use --redact, or --allow-secrets if it is none\n";
    is_refused(&world, &ran, 1, said, &draft);
}

#[test]
fn a_check_refuses_a_secret_and_keeps_nothing() {
    let world = World::new();
    let (rule, text, secret) = secrets().remove(0);
    let ran = world.run("handoff-write", &world.dir("app"), &["--check"], format!("{BODY}{text}\n"));
    let said = format!(
        "agent-handoff: it holds what looks like a secret: {rule} in line 8; take it out, or use --redact, or \
         --allow-secrets if it is none\n"
    );
    ran.is(1, "", &said);
    assert!(!ran.err().contains(&secret) && !world.root().exists());
}

#[test]
fn redact_writes_the_rule_in_place_of_every_secret() {
    for (rule, text, secret) in secrets() {
        let world = World::new();
        let app = world.dir("app");
        let title = format!("Use {}", text.lines().next().unwrap());
        let ran =
            world.run("handoff-write", &app, &["--redact", "--name", &title], format!("{BODY}{text}\n"));
        assert_eq!((ran.code, ran.err()), (0, "note: 1 redacted\n"), "{rule}");
        let [path] = &published(&world.root())[..] else { panic!("one file") };
        let file = std::fs::read_to_string(path).unwrap();
        assert!(!file.contains(&secret), "{rule}: {file}");
        assert!(file.ends_with(&format!("{BODY}{}\n", redacted(&text, rule, &secret))), "{rule}: {file}");
        assert!(!ran.out().contains(&secret), "{rule}");
    }
}

/// What stands in place of the secret; of a key block nothing else is left.
fn redacted(text: &str, rule: &str, secret: &str) -> String {
    let mark = format!("[REDACTED:{rule}]");
    if rule == "private-key" { mark } else { text.replace(secret, &mark) }
}

#[test]
fn a_secret_in_an_option_is_refused_by_the_options_name_and_redacted() {
    let (rule, _, secret) = secrets().remove(0);
    for option in ["--name", "--description"] {
        let world = World::new();
        let app = world.dir("app");
        let value = format!("With {secret}");
        let ran = world.run("handoff-write", &app, &[option, &value], BODY);
        let said = format!(
            "agent-handoff: could not write the handoff: it holds what looks like a secret: {rule} in {option}; take it out, or \
             use --redact, or --allow-secrets if it is none\n"
        );
        is_refused(&world, &ran, 1, &said, BODY);
        let path = world.write(&app, &[option, &value, "--redact"], BODY);
        let written = field(&path, option.trim_start_matches('-'));
        assert_eq!(written.trim_matches('"'), format!("With [REDACTED:{rule}]"));
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&secret));
    }
}

#[test]
fn a_secret_in_an_option_that_becomes_a_field_or_a_name_is_refused_also_when_redacting() {
    let (rule, _, secret) = secrets().remove(0);
    for option in ["--topic", "--tool", "--session-id"] {
        for (extra, way_out) in [
            (&[][..], "take it out, or use --redact, or --allow-secrets if it is none"),
            (&["--redact"], "give another value"),
        ] {
            let world = World::new();
            let args = [&[option, &secret][..], extra].concat();
            let ran = world.run("handoff-write", &world.dir("app"), &args, BODY);
            let said = format!(
                "agent-handoff: could not write the handoff: it holds what looks like a secret: {rule} in {option}; {way_out}\n"
            );
            assert!(!ran.err().contains(&secret));
            is_refused(&world, &ran, 1, &said, BODY);
        }
    }
}

#[test]
fn redact_reaches_the_drafts_own_frontmatter() {
    let world = World::new();
    let (_, _, secret) = secrets().remove(0);
    let draft = format!("---\nname: With {secret}\nticket: {secret}\n---\n{BODY}");
    let path = world.write(&world.dir("app"), &["--redact"], draft);
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(!file.contains(&secret), "{file}");
    assert_eq!(file.matches("[REDACTED:github-token]").count(), 2, "{file}");
}

#[test]
fn secrets_are_written_as_they_are_when_that_is_asked_for() {
    let world = World::new();
    let draft = secrets().into_iter().fold(BODY.to_owned(), |draft, (_, text, _)| format!("{draft}{text}\n"));
    let path = world.write(&world.dir("app"), &["--allow-secrets"], &draft);
    assert_eq!(String::from_utf8(parts(&path).1).unwrap(), format!("\n{draft}"));
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn redacting_and_allowing_exclude_each_other() {
    for both in [["--redact", "--allow-secrets"], ["--allow-secrets", "--redact"]] {
        let world = World::new();
        let ran = world.run("handoff-write", &world.dir("app"), &both, BODY);
        let said =
            "agent-handoff: --redact and --allow-secrets exclude each other\nsee handoff write --help\n";
        is_refused(&world, &ran, 2, said, BODY);
    }
}

#[test]
fn placeholders_and_references_are_no_secrets() {
    let world = World::new();
    let app = world.dir("app");
    let harmless = [
        "api_key = <token>",
        "api_key = \"${TOKEN}\"",
        "export API_KEY=$TOKEN",
        "api_key: your-api-key",
        "password = changeme",
        "postgres://user:password@localhost/db",
        "postgres://user:${PASSWORD}@db.internal.net/app",
        "token = std::env::var(\"TOKEN\")",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "The secret is in the vault under app/prod.",
    ];
    for text in harmless {
        let ran = world.run("handoff-write", &app, &["--check"], format!("{BODY}{text}\n"));
        assert_eq!((ran.code, ran.out(), clean(&world, ran.err()).as_str()), (0, "ok\n", ""), "{text}");
    }
}
