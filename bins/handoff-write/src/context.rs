//! `--context`: what the writer of a handoff should know, as a skill injects it.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use handoff_process::{Environment, ask_sibling};
use handoff_session::Other;
use handoff_text::Sanitised;
use handoff_worktree::Change;
use handoff_writing::{Context, Start};

/// How many changed files are listed. A skill costs its reader tokens.
const MAX_FILES: usize = 20;

/// How many sibling worktrees are listed.
const MAX_SIBLINGS: usize = 8;

/// The longest path or name in a line, in bytes.
const MAX_LINE_BYTES: usize = 160;

/// The longest line of whom letters can be addressed to, in bytes.
const MAX_LETTERS_BYTES: usize = 400;

/// For how long `handover` is waited for. It reaches no network.
const LETTERS_TIMEOUT: Duration = Duration::from_secs(3);

/// The text. What cannot be said is `unknown`: a skill whose command fails is not run at all.
pub(crate) fn describe(start: &Start, environment: &Environment) -> String {
    let context = match Context::of(start, environment) {
        Ok(context) => context,
        Err(error) => return format!("worktree: unknown ({})\n", line(error.to_string().as_bytes())),
    };
    let other = match &context.other {
        Some(Other::Shell(path)) => {
            format!("shell:    in another worktree, {}\n", line(path.as_os_str().as_encoded_bytes()))
        }
        Some(Other::Session(path)) => {
            format!("session:  started in {}\n", line(path.as_os_str().as_encoded_bytes()))
        }
        None => String::new(),
    };
    let mut text = format!(
        "worktree: {} ({})\n{other}branch:   {}\nhead:     {}\n",
        line(context.worktree.as_os_str().as_encoded_bytes()),
        context.key,
        line(context.branch.as_deref().unwrap_or("unknown").as_bytes()),
        context.head.as_deref().unwrap_or("unknown"),
    );
    text.push_str(&changed(context.changes.as_deref()));
    text.push_str(&siblings(&context));
    text.push_str(&letters(&context, environment));
    text.push_str(&agent(&context.agents));
    // A text that quotes an earlier handoff's command must not end the heredoc that it stands in.
    if let Ok(digits) = handoff_files::random() {
        text.push_str(&format!("word:     {:08x}\n", u32::from_ne_bytes(digits)));
    }
    text.push_str(&match context.unread {
        Some(count) => format!("unread:   {count} waiting here\n"),
        None => "unread:   unknown\n".to_owned(),
    });
    text
}

fn line(bytes: &[u8]) -> Sanitised {
    Sanitised::line(bytes, MAX_LINE_BYTES)
}

fn changed(changes: Option<&[Change]>) -> String {
    let Some(changes) = changes else { return "dirty:    unknown\n".to_owned() };
    let files = if changes.len() == 1 { "file" } else { "files" };
    let mut text = format!("dirty:    {} {files}\n", changes.len());
    for change in changes.iter().take(MAX_FILES) {
        text.push_str(&format!("  {}{} {}\n", change.code[0], change.code[1], line(change.path.as_bytes())));
    }
    if changes.len() > MAX_FILES {
        text.push_str(&format!("  … and {} more\n", changes.len() - MAX_FILES));
    }
    text
}

/// Whom letters from here can be addressed to; empty where the repository is not joined.
fn letters(context: &Context, environment: &Environment) -> String {
    // Where no repository is, nobody has to be asked.
    let is_joined = |state: &Path| handoff_files::is_directory(&state.join("mailrooms"));
    if !environment.state_dir().is_ok_and(|state| is_joined(&state)) {
        return String::new();
    }
    let arguments = ["mail", "--local", "--root"].map(OsStr::new);
    let arguments: Vec<_> = arguments.into_iter().chain([context.worktree.as_os_str()]).collect();
    let said = ask_sibling("handover", &arguments, LETTERS_TIMEOUT).unwrap_or_default();
    let said = said.trim_ascii_end();
    if said.is_empty() {
        String::new()
    } else {
        format!("letters:  {}\n", Sanitised::line(said, MAX_LETTERS_BYTES))
    }
}

/// Which agent writes, as far as its shell says it.
fn agent(stamps: &[&str]) -> String {
    match stamps {
        [only] => format!("agent:    {only}\n"),
        [] => "agent:    unknown; --tool NAME says which you are\n".to_owned(),
        several => {
            format!("agent:    unknown, one of {}; --tool NAME says which you are\n", several.join(", "))
        }
    }
}

fn siblings(context: &Context) -> String {
    let mut text = String::new();
    for path in context.siblings.iter().take(MAX_SIBLINGS) {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        text.push_str(&format!("sibling:  {} ({})\n", line(name), line(path.as_os_str().as_encoded_bytes())));
    }
    if context.siblings.len() > MAX_SIBLINGS {
        text.push_str(&format!("sibling:  … and {} more\n", context.siblings.len() - MAX_SIBLINGS));
    }
    text
}
