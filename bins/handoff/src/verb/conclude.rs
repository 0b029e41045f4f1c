//! The end of a run: recorded, reported, and sent to where the result is wanted.

use std::path::Path;

use handoff_backends::Backend;
use handoff_process::Failure;
use handoff_runs::{Ending, Files, RecordError, Run, State, Usage};
use handoff_text::Sanitised;

use super::deliver::{self, About, Why};
use super::dispatch::LaunchError;
use crate::args::Task;
use crate::here::Here;
use crate::supervise::{Ended, Journal, notify};

/// The longest reason in a line, in bytes.
const MAX_REASON_BYTES: usize = 500;

/// A run that has ended, and what is needed to report it.
pub(super) struct End<'a> {
    pub(super) ended: Result<Ended, LaunchError>,
    /// What the conversation had used before.
    pub(super) earlier: Option<Usage>,
    /// Where it was asked for.
    pub(super) from: Option<&'a Path>,
    pub(super) is_orphan: bool,
    pub(super) backend: &'a Backend,
    pub(super) prompt: &'a [u8],
}

/// What is recorded of a run that has ended.
struct Conclusion {
    state: State,
    reason: Option<String>,
    text: String,
    usage: Option<Usage>,
    conversation_usage: Option<Usage>,
    signal: Option<i32>,
    hint: Option<String>,
}

impl Conclusion {
    fn of(end: &End<'_>, files: &Files) -> Self {
        let mut conclusion = match &end.ended {
            Ok(ended) => {
                let (usage, conversation_usage) = usage_of(ended, end.earlier.as_ref()).unzip();
                Self {
                    state: ended.state,
                    reason: ended.reason.clone(),
                    text: text_of(ended, files),
                    usage,
                    // One that ended without a count leaves what was there for the next.
                    conversation_usage: conversation_usage.or_else(|| end.earlier.clone()),
                    signal: ended.signal,
                    hint: None,
                }
            }
            Err(error) => Self {
                state: State::Error,
                reason: Some(error.to_string()),
                text: format!("The run failed: {error}\n"),
                usage: None,
                conversation_usage: end.earlier.clone(),
                signal: None,
                hint: None,
            },
        };
        let reason = conclusion.reason.as_deref().filter(|_| conclusion.state == State::Error);
        conclusion.hint = reason.and_then(|reason| end.backend.hint(reason));
        if let Some(hint) = &conclusion.hint {
            conclusion.text.push_str(&format!("\nHint: {hint}\n"));
        }
        conclusion
    }

    fn ending(&self, to_inbox: bool) -> Ending<'_> {
        Ending {
            to_inbox,
            state: self.state,
            reason: self.reason.as_deref(),
            text: self.text.as_bytes(),
            usage: self.usage.clone(),
            conversation_usage: self.conversation_usage.clone(),
        }
    }

    /// The reason in one line: it comes from a backend, and no line may begin with its text.
    fn reason_line(&self) -> Option<Sanitised> {
        self.reason.as_ref().map(|reason| Sanitised::line(reason.as_bytes(), MAX_REASON_BYTES))
    }
}

/// Records how the run ended, says so, and sends the result to where it is wanted.
pub(super) fn conclude(
    here: &Here<'_>,
    task: &Task,
    run: Run<'_>,
    end: &End<'_>,
    mut journal: Journal,
) -> Result<u8, Failure> {
    let id = run.id().to_string();
    let files = run.files().clone();
    let conclusion = Conclusion::of(end, &files);
    let to_inbox = task.to_inbox || end.is_orphan;
    let done = run.finish(&conclusion.ending(to_inbox), |state| {
        if !to_inbox {
            return true;
        }
        let why = if task.to_inbox { Why::Wanted } else { Why::CallerEnded };
        let about = About { id: &id, backend: &end.backend.name, prompt: &files.prompt, why };
        match deliver::result(here, &about, state, &conclusion.text, &files.result, end.from) {
            Ok(note) => {
                journal.keep(&note);
                true
            }
            Err(error) => {
                here.output.complain(format_args!("{id}: could not leave the result in the inbox: {error}"));
                false
            }
        }
    });
    unrecorded(here, done.unrecorded.as_ref(), "how the run ended is not in the list yet");
    report(here, &id, end, &conclusion, done.state, &files.result);
    let why = conclusion.reason_line().map(|reason| format!(": {reason}")).unwrap_or_default();
    journal.ended(done.state.name(), &why);
    let is_shown = task.print || here.output.is_terminal();
    if is_shown || (done.result.is_err() && conclusion.state == State::Success) {
        here.output.print(&unforged(&conclusion.text));
    }
    match &done.result {
        Ok(path) => {
            journal.end(&format!("RESULT={}", path.display()));
            here.output.print_exact(&format!("RESULT={}\n", path.display()));
        }
        Err(error) => here.output.complain(format_args!("{id}: {error}")),
    }
    Ok(match (done.state, conclusion.signal) {
        // Also one that was asked to end: what it was for is done.
        (State::Success, _) => 0,
        (_, Some(signal)) => u8::try_from(128 + signal).unwrap_or(1),
        _ => 1,
    })
}

/// Says on standard error why the run is no success, and notifies the user of its end.
fn report(here: &Here<'_>, id: &str, end: &End<'_>, conclusion: &Conclusion, state: State, result: &Path) {
    if let Some(reason) = conclusion.reason_line() {
        here.output.complain(format_args!("{id}: {}: {reason}", conclusion.state.name()));
    }
    if let Some(hint) = &conclusion.hint {
        here.output.note(&format!("hint: {hint}\n"));
    }
    let backend = &end.backend.name;
    let ended = notify::Ended { id, backend, state: state.name(), prompt: end.prompt, result };
    if let Err(error) = notify::tell(&end.backend.notify, &ended) {
        here.output.note(&format!("warning: {error}\n"));
    }
}

/// Warns that the list does not have the run as it is; `consequence` says what that means.
pub(super) fn unrecorded(here: &Here<'_>, error: Option<&RecordError>, consequence: &str) {
    if let Some(error) = error {
        here.output.note(&format!("warning: {error}; {consequence}\n"));
    }
}

/// The result, or all that there is to say instead.
fn text_of(ended: &Ended, files: &Files) -> String {
    let said = ended.outcome.text.trim();
    if ended.state == State::Success {
        return if ended.outcome.cut {
            format!("{said}\n\n[cut: the whole is in {}]\n", Sanitised::path(&files.stream))
        } else {
            ended.outcome.text.clone()
        };
    }
    let reason = ended.reason.as_deref().unwrap_or("the reason is unknown");
    let mut text = format!("The run did not succeed ({}): {reason}\n", ended.state.name());
    for denied in &ended.outcome.denied {
        text.push_str(&format!("It was not allowed: {denied}\n"));
    }
    if !said.is_empty() {
        text.push_str(&format!("\nWhat the agent said last, which is no result:\n\n{said}\n"));
    }
    let (out, stream) = (Sanitised::path(&files.out), Sanitised::path(&files.stream));
    text.push_str(&format!("\nProgress: {out}\nStream: {stream}\n"));
    text
}

/// What the run itself used, and its conversation with what it had used `earlier`.
fn usage_of(ended: &Ended, earlier: Option<&Usage>) -> Option<(Usage, Usage)> {
    let outcome = &ended.outcome;
    let used = outcome.usage?;
    let before = earlier.map(|earlier| handoff_stream::Usage {
        input: earlier.input_tokens,
        output: earlier.output_tokens,
        cache_read: earlier.cache_read_input_tokens,
        cache_write: earlier.cache_creation_input_tokens,
        reasoning: earlier.reasoning_output_tokens,
    });
    // Without that it counts from the beginning of this run: a backend may have forgotten what was before.
    let share = before.and_then(|before| used.since(before, outcome.own_usage.unwrap_or_default()));
    let (cost, turns) = (outcome.cost_usd.unwrap_or_default(), outcome.turns.unwrap_or_default());
    let cost_before = share.and(earlier).map_or(0.0, |earlier| earlier.cost_usd);
    let own = usage(share.unwrap_or(used), (cost - cost_before).max(0.0), turns);
    Some((own, usage(used, cost, turns)))
}

fn usage(used: handoff_stream::Usage, cost_usd: f64, turns: u64) -> Usage {
    Usage {
        turns,
        input_tokens: used.input,
        output_tokens: used.output,
        cache_read_input_tokens: used.cache_read,
        cache_creation_input_tokens: used.cache_write,
        cached_input_tokens: used.cache_read,
        reasoning_output_tokens: used.reasoning,
        total_tokens: used.input + used.output,
        cost_usd,
    }
}

/// `text` for standard output: no line of it can be taken for one of ours.
fn unforged(text: &str) -> String {
    let sanitised = Sanitised::from(text);
    let line = |line: &str| match line.starts_with("RESULT=") || line.starts_with("RUN_ID=") {
        true => format!(" {line}"),
        false => line.to_owned(),
    };
    let mut text: String = sanitised.split_inclusive('\n').map(line).collect();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
