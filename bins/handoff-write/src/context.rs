//! `--context`: what the writer of a handoff should know, as a skill injects it.

use handoff_delivery::{Ledger, Looker, Standing};
use handoff_process::Environment;
use handoff_session::Other;
use handoff_store::{Store, Waiting};
use handoff_text::Sanitised;
use handoff_worktree::{Change, Repository};
use handoff_writing::{Sender, Start, agents_of_shell};

/// How many changed files are listed. A skill costs its reader tokens.
const FILES: usize = 20;

/// How many sibling worktrees are listed.
const SIBLINGS: usize = 8;

/// The text. What cannot be said is `unknown`: a skill whose command fails is not run at all.
pub(crate) fn describe(start: &Start, environment: &Environment) -> String {
    let sender = match Sender::find(start, None, environment) {
        Ok(sender) => sender,
        Err(error) => return format!("worktree: unknown ({})\n", line(error.to_string().as_bytes())),
    };
    let other = match &sender.other {
        Some(Other::Shell(path)) => {
            format!("shell:    in another worktree, {}\n", line(path.as_os_str().as_encoded_bytes()))
        }
        Some(Other::Session(path)) => {
            format!("session:  started in {}\n", line(path.as_os_str().as_encoded_bytes()))
        }
        None => String::new(),
    };
    let head = sender.repository.as_ref().map(Repository::head).unwrap_or_default();
    let mut text = format!(
        "worktree: {} ({})\n{other}branch:   {}\nhead:     {}\n",
        line(sender.worktree.top().as_os_str().as_encoded_bytes()),
        sender.address.key(),
        line(head.branch.as_deref().unwrap_or("unknown").as_bytes()),
        head.short.as_deref().unwrap_or("unknown"),
    );
    text.push_str(&changed(sender.changes()));
    text.push_str(&siblings(&sender));
    text.push_str(&agent());
    // A text that quotes an earlier handoff's command must not end the heredoc that it stands in.
    if let Ok(digits) = handoff_files::random() {
        text.push_str(&format!("word:     {:08x}\n", u32::from_ne_bytes(digits)));
    }
    text.push_str(&match unread(&sender, environment) {
        Some(count) => format!("unread:   {count} waiting here\n"),
        None => "unread:   unknown\n".to_owned(),
    });
    text
}

fn line(bytes: &[u8]) -> Sanitised {
    Sanitised::line(bytes, 160)
}

fn changed(changes: Option<Vec<Change>>) -> String {
    let Some(changes) = changes else { return "dirty:    unknown\n".to_owned() };
    let files = if changes.len() == 1 { "file" } else { "files" };
    let mut text = format!("dirty:    {} {files}\n", changes.len());
    for change in changes.iter().take(FILES) {
        text.push_str(&format!("  {}{} {}\n", change.code[0], change.code[1], line(change.path.as_bytes())));
    }
    if changes.len() > FILES {
        text.push_str(&format!("  … and {} more\n", changes.len() - FILES));
    }
    text
}

/// Which agent writes, as far as its shell says it.
fn agent() -> String {
    match agents_of_shell().as_slice() {
        [only] => format!("agent:    {}\n", only.stamp),
        [] => "agent:    unknown; --tool NAME says which you are\n".to_owned(),
        several => {
            format!(
                "agent:    unknown, one of {}; --tool NAME says which you are\n",
                several.iter().map(|host| host.stamp).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

fn siblings(sender: &Sender) -> String {
    let others: Vec<_> =
        sender.worktrees().into_iter().filter(|path| path != sender.worktree.top()).collect();
    let mut text = String::new();
    for path in others.iter().take(SIBLINGS) {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        text.push_str(&format!("sibling:  {} ({})\n", line(name), line(path.as_os_str().as_encoded_bytes())));
    }
    if others.len() > SIBLINGS {
        text.push_str(&format!("sibling:  … and {} more\n", others.len() - SIBLINGS));
    }
    text
}

fn unread(sender: &Sender, environment: &Environment) -> Option<usize> {
    let Some(store) = Store::open(&environment.store().ok()?).ok()? else { return Some(0) };
    let Some(inbox) = store.inbox(&sender.address).ok()? else { return Some(0) };
    let (looker, listing) = (Looker::outside(environment), inbox.waiting().ok()?);
    let ledger = Ledger::open(&inbox, &looker).ok()?;
    // What a session used waits for no other.
    let is_waiting = |waiting: &&Waiting| !matches!(ledger.standing(waiting), Standing::Delivered(_));
    Some(listing.handoffs.iter().filter(is_waiting).count())
}
