//! What the skill and Codex's instructions document, read from what the model was sent, and done to the letter.

use serde_json::json;
use tests::agents::{Host, Step, Text, call, reading, shell, text};

/// A body of everything that a shell, JSON or markdown takes for something of its own. Not `\u00e9`: Claude Code's Write
/// itself makes that an é.
pub(crate) const AWKWARD: &str = r#"# Handoff — Quote "everything"

## Immediate next action
Run `make test` and `cargo run -- '{"a": [1, "b\n"]}'`.

## Decisions made (with evidence)
- JSON stays as it is: `{"k": "v", "n": 1e2, "s": "\\u\\"}`, src/a.rs:1
- not run: $(touch pwned) `touch pwned` ${HOME} $0 $ARGUMENTS !x ~ %s \t \\ 'one' "two" <<'EOF'

## What NOT to do on resume
- Don't "fix" the back\slash.
"#;

/// How the user calls the skill.
pub(crate) fn invocation(host: Host, arguments: &str) -> String {
    let sigil = if host == Host::Claude { '/' } else { '$' };
    format!("{sigil}handoff {arguments}")
}

/// The text that an agent made of a call of the skill `handoff`.
#[track_caller]
pub(crate) fn skill(host: Host, texts: &[Text]) -> &str {
    let is_skill = |text: &&Text| match host {
        Host::Claude => text.text.contains("Base directory for this skill: "),
        _ => text.text.starts_with("<skill>\n<name>"),
    };
    let found: Vec<_> = texts.iter().filter(is_skill).collect();
    assert_eq!(found.len(), 1, "{:#?}", texts.last());
    &found[0].text
}

/// The first `sh` block after `heading`, without the last line end.
#[track_caller]
pub(crate) fn block<'t>(text: &'t str, heading: &str) -> &'t str {
    let (_, after) = text.split_once(heading).unwrap_or_else(|| panic!("no {heading}: {text}"));
    let (_, block) = after.split_once("```sh\n").unwrap_or_else(|| panic!("no block: {after}"));
    block.split_once("\n```").expect("the block has an end").0
}

/// The draft's path as Claude Code's skill names it.
#[track_caller]
pub(crate) fn draft(skill: &str) -> String {
    let (_, after) = skill.split_once("Write it to `").unwrap_or_else(|| panic!("{skill}"));
    after.split_once('`').unwrap().0.to_owned()
}

/// What a model does that follows the skill: the documented commands, filled in from the text that it was sent.
/// `options` go into the command, as the arguments do.
pub(crate) fn followed(host: Host, body: &str, options: &str) -> Vec<Step> {
    let (body, options) = (body.to_owned(), options.to_owned());
    match host {
        Host::Claude => vec![
            reading(move |texts| {
                call("Write", json!({ "file_path": draft(skill(host, texts)), "content": body }))
            }),
            reading(move |texts| {
                let command = block(skill(host, texts), "## 3. Write").replacen("--topic SLUG", &options, 1);
                shell(command)
            }),
            text("Handed off: you can /clear now."),
        ],
        _ => vec![
            reading(move |texts| shell(block(skill(host, texts), "Run first"))),
            reading(move |texts| {
                let command = block(skill(host, texts), "## 3. Write").replacen("--topic SLUG", &options, 1);
                let (start, end) = command.split_once("# Handoff — …\n").expect("a place for the draft");
                shell(format!("{start}{body}{end}"))
            }),
            text("Handed off: you can /clear or /new now."),
        ],
    }
}

/// What a model of Codex does that does what its instructions say: the command, as it was sent.
#[track_caller]
pub(crate) fn documented(texts: &[Text]) -> Step {
    let told = texts.iter().find(|text| text.text.contains("## Handoffs between sessions"));
    let told = told.unwrap_or_else(|| panic!("no instructions: {texts:#?}"));
    let (_, block) = told.text.split_once("## Handoffs between sessions").unwrap();
    shell(block.lines().find_map(|line| line.strip_prefix("    ")).expect("a command"))
}
