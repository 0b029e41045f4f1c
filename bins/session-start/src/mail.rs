//! What waits at the repository's remote, as the last look from here left it. The hook itself reaches no network: where the last
//! look is old, it starts another beside itself. At a session's start nothing waits for that look; beside a session, at a prompt,
//! `--letters` does.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_address::Address;
use handoff_agents::OutputForm;
use handoff_document::Timestamp;
use handoff_process::{Background, Environment, Output, Unattended, quoted};
use handoff_store::{Inbox, Store};
use handoff_text::Sanitised;
use serde_json::Value;

use crate::format::Message;
use crate::host::Input;

/// The longest line that is shown, in bytes.
const MAX_LINE_BYTES: usize = 600;

/// For how long a look is waited for beside a session. It ends by itself after 20 seconds.
const LOOK_TIMEOUT: Duration = Duration::from_secs(25);

/// After so long it is tried again where another program has the mailroom, then after twice as long, and so on: a look that
/// cannot be had at all is not begun dozens of times.
const BUSY_PAUSE: Duration = Duration::from_millis(300);

/// What the last look left.
struct Notice {
    is_due: bool,
    line: String,
}

impl Notice {
    fn read(inbox: &Inbox) -> Option<Self> {
        let notice: Value = serde_json::from_slice(&inbox.mail_notice()?).ok()?;
        let is_due = notice["next"].as_i64().is_none_or(|next| next <= Timestamp::now().seconds());
        let line = Sanitised::line(notice["line"].as_str()?.as_bytes(), MAX_LINE_BYTES).to_string();
        Some(Self { is_due, line })
    }
}

/// The line that a session is told, where there is one; `worktree` is where another look is started if it is due.
pub(crate) fn line(inbox: &Inbox, worktree: &Path) -> Option<String> {
    let notice = Notice::read(inbox)?;
    if notice.is_due {
        look_again(worktree);
    }
    Some(notice.line).filter(|line| !line.is_empty())
}

/// The message with `line`. The session is told more than its person: that it takes nothing by itself, and how it is taken.
pub(crate) fn message(line: &str) -> Message {
    let [handoff, inbox] = ["handoff", "inbox"].map(|name| quoted(&Environment::sibling(name)));
    let summary = format!("agent-handoff: {line}");
    let text = format!(
        "{summary}\nTell the user, and take nothing before they say so. Then run `{handoff} pull --apply`, and read it with \
         `{inbox} read`.\n"
    );
    Message::new(text, summary)
}

/// Starts `handover sync` in the background. Where it cannot be started, the next session tries.
fn look_again(worktree: &Path) -> Option<Background> {
    let program = Environment::sibling("handover");
    // A name alone would be looked for on PATH, and could be another program.
    if !program.is_absolute() {
        return None;
    }
    let arguments = ["sync", "--background", "--root"].map(AsRef::as_ref);
    let arguments: Vec<_> = arguments.into_iter().chain([worktree.as_os_str()]).collect();
    Background::start(&program, &arguments).ok()
}

/// Tells the session that a host announces on standard input what waits at the remote, unless it was told so before. The host
/// runs this beside the session and passes the line on with the next request.
pub(crate) fn tell(root: Option<PathBuf>, environment: &Environment, output: &Output) {
    let fields = Input::fields();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let start =
        root.or_else(|| text("cwd").map(PathBuf::from)).or_else(|| Environment::working_directory().ok());
    let (Some(session), Some(start)) = (text("session_id"), start) else { return };
    if environment.unattended == Unattended::Off {
        return;
    }
    let Some(line) = news(session, &start, environment) else { return };
    let event = text("hook_event_name").unwrap_or("UserPromptSubmit");
    // A person sees the summary of a hook that was waited for; what such a host makes of this one's is another message.
    let _ = output.deliver(&message(&line).without_summary().printed(OutputForm::Nested, event));
}

fn news(session: &str, start: &Path, environment: &Environment) -> Option<String> {
    let store = Store::open(&environment.store().ok()?).ok()??;
    let directory = handoff_files::canonical(start);
    let inbox = |directory: &Path| store.inbox(&Address::of(directory)).ok().flatten();
    let found = directory.ancestors().find_map(|directory| {
        let inbox = inbox(directory)?;
        Some((directory, Notice::read(&inbox)?, inbox))
    });
    let (worktree, mut notice, inbox) = found?;
    let until = Instant::now() + LOOK_TIMEOUT;
    let mut pause = BUSY_PAUSE;
    while notice.is_due && Instant::now() < until {
        look_again(worktree)?.wait(until.saturating_duration_since(Instant::now()));
        notice = Notice::read(&inbox)?;
        // Another look, as of the session's start, is under way.
        if notice.is_due {
            std::thread::sleep(pause.min(until.saturating_duration_since(Instant::now())));
            pause *= 2;
        }
    }
    store.trust().ok()?;
    (!notice.line.is_empty() && inbox.may_tell(session, &notice.line)).then_some(notice.line)
}
