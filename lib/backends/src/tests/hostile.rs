//! Files made to do harm.

use proptest::prelude::*;

use super::*;

#[test]
fn aliases_cannot_repeat_without_end() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x]\n".to_owned();
    for (one, next) in ('a'..'j').zip('b'..'k') {
        bomb +=
            &format!("{next}: &{next} [*{one}, *{one}, *{one}, *{one}, *{one}, *{one}, *{one}, *{one}]\n");
    }
    assert!(error(&bomb).ends_with("aliases repeat too much here"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(300_000), "*a, ".repeat(10_000));
    assert!(error(&long).ends_with("aliases repeat too much here"));
    assert!(error("a: &a [*a]\n").ends_with("this alias stands for a value that it is a part of"));
}

#[test]
fn a_large_or_deep_file_is_answered() {
    let many = |line: &dyn Fn(usize) -> String| (0..40_000).map(line).collect::<String>();
    for text in [
        "[".repeat(1_000_000),
        "{a: ".repeat(250_000),
        "- ".repeat(500_000),
        "? ".repeat(500_000),
        "a: ".repeat(300_000),
        (0..1_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
        many(&|n| format!("k{n}: &a{n} v\n")),
        format!("backends:\n  b: {{model: m}}\n{}", many(&|n| format!("k{n}: v\n"))),
        format!("backends:\n  b:\n    model: m\n    env:\n{}", many(&|n| format!("      K{n}: v\n"))),
        format!("\"{}", "\\\n".repeat(400_000)),
        "&".repeat(1_000_000),
        "!".repeat(1_000_000),
        "#".repeat(1_000_000),
        "%TAG ! a\n".repeat(100_000),
        "\t".repeat(1_000_000),
        "\0".repeat(1_000_000),
    ] {
        // Work that grows faster than the file would not end here.
        let _ = Files::new(&[("config.yaml", &text)]).load();
    }
}

#[test]
fn values_that_no_process_can_be_given_are_refused_by_name() {
    let nul = with_env(r#"X: "a\0b""#);
    assert!(
        run(&nul, &[]).unwrap_err().to_string().ends_with("cannot be passed to a program: it holds a NUL")
    );
    let long = with_env(&format!("X: {}", "x".repeat(140_000)));
    assert!(run(&long, &[]).unwrap_err().to_string().ends_with("it is longer than 128 KiB"));
    let prompt = format!("backends: {{b: {{model: m, system_prompt: {}}}}}", "x".repeat(131_072));
    assert!(run(&prompt, &[]).unwrap_err().to_string().contains("`backends.b.system_prompt`"));
    let option = run("backends: {b: {model: --evil}}", &[]).unwrap_err().to_string();
    assert!(option.contains("`backends.b.model`") && option.contains("read as an option"), "{option}");
    let config = config("backends: {b: {model: m}, c: {type: codex}}");
    for backend in &config.backends {
        for id in ["", "-", "--last", "a\0b"] {
            let task = Task { conversation: Conversation::Resume(id), ..task(&[]) };
            assert_eq!(backend.run(&task), Err(LaunchError::Conversation(id.to_owned())));
            assert_eq!(backend.open(&task), Err(LaunchError::Conversation(id.to_owned())));
        }
        let task = Task { cwd: Path::new("-x"), ..task(&[]) };
        assert!(matches!(backend.run(&task), Err(LaunchError::RelativeDirectory(_))));
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(parts in prop::collection::vec(prop_oneof![
        4 => prop::sample::select(vec![
            "backends", "b", "model", "env", "type", "include", "config", ": ", ":", "\n", "\n  ", "\n    ", "- ", "[", "]", "{", "}",
            ", ", "&a ", "*a", "<<", "!", "!!str ", "|", ">", "\"", "'", "#", "---\n", "...\n", "? ", "~", "%", "@", "`", "\t", "\r",
            "\u{feff}", "\u{85}", "é", "\0",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ], 0..40)) {
        let files = Files::new(&[("config.yaml", &parts.concat())]);
        if let Ok(Some(config)) = files.load() {
            for backend in &config.backends {
                let _ = backend.run(&task(&[]));
                let _ = backend.open(&task(&[]));
            }
        }
    }
}
