//! The end of a run: recorded, notified, and its result sent to where it is wanted.

use std::path::PathBuf;

use handoff_files::FileError;
use handoff_runs::{Ending, Files, RecordError, Run, State, Usage};
use handoff_text::Sanitised;

use crate::deliver::{self, About, Why};
use crate::dispatcher::MAX_REASON_BYTES;
use crate::journal::Journal;
use crate::notify::{self, NotifyError};
use crate::order::{NotLaunched, Order};
use crate::supervise::Supervised;
use crate::{Notice, Observer};

/// A run that has ended, and what is needed to record it.
pub(crate) struct End<'a> {
    pub(crate) ended: Result<Supervised, NotLaunched>,
    /// What the conversation had used before.
    pub(crate) earlier: Option<Usage>,
    pub(crate) order: &'a Order<'a>,
    /// Whether the process that started us is gone.
    pub(crate) is_orphan: bool,
}

/// How a run ended, and what is left of it.
#[derive(Debug)]
pub struct Concluded {
    /// Its id.
    pub id: String,
    /// How it stands in the record. A result that could not be stored is no success.
    pub state: State,
    /// How its backend ended.
    pub outcome: State,
    /// Why it is no success, a line.
    pub reason: Option<Sanitised>,
    /// What the configuration says to that reason.
    pub hint: Option<String>,
    /// The result, or all that there is to say instead.
    pub text: String,
    /// The file of the result.
    pub result: Result<PathBuf, FileError>,
    /// The signal that ended us.
    pub signal: Option<i32>,
    /// The last line of progress, with its end and with the time (UTC) before it.
    pub last_line: String,
    /// Why the list does not have its end yet.
    pub unrecorded: Option<RecordError>,
    /// Why the user was not notified.
    pub not_notified: Option<NotifyError>,
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
        conclusion.hint = reason.and_then(|reason| end.order.backend.hint(reason));
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

/// Records how the run ended, notifies the user, and sends the result to where it is wanted.
pub(crate) fn conclude(
    run: Run<'_>,
    end: &End<'_>,
    mut journal: Journal<'_>,
    observer: &dyn Observer,
) -> Concluded {
    let id = run.id().to_string();
    let files = run.files().clone();
    let conclusion = Conclusion::of(end, &files);
    let to_inbox = end.order.to_inbox || end.is_orphan;
    let done = run.finish(&conclusion.ending(to_inbox), |state| {
        !to_inbox || deliver(&id, end, &conclusion, state, &files, &mut journal, observer)
    });
    let reason = conclusion.reason_line();
    let backend = end.order.backend;
    let run_end = notify::RunEnd {
        id: &id,
        backend: &backend.name,
        state: done.state.name(),
        prompt: end.order.prompt,
        result: &files.result,
    };
    let not_notified = notify::notify(&backend.notify, &run_end).err();
    let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let last_line = journal.ended(done.state.name(), &why);
    if let Ok(path) = &done.result {
        journal.end(&format!("RESULT={}", path.display()));
    }
    Concluded {
        id,
        state: done.state,
        outcome: conclusion.state,
        reason,
        hint: conclusion.hint,
        text: conclusion.text,
        result: done.result,
        signal: conclusion.signal,
        last_line,
        unrecorded: done.unrecorded,
        not_notified,
    }
}

/// Leaves the result as a handoff where the run was asked for; returns whether that is done.
fn deliver(
    id: &str,
    end: &End<'_>,
    conclusion: &Conclusion,
    state: State,
    files: &Files,
    journal: &mut Journal<'_>,
    observer: &dyn Observer,
) -> bool {
    let why = if end.order.to_inbox { Why::Wanted } else { Why::CallerEnded };
    let about = About { id, backend: &end.order.backend.name, prompt: &files.prompt, why };
    match deliver::result(observer, &about, state, &conclusion.text, &files.result, end.order.caller) {
        Ok(note) => {
            journal.keep(&note);
            true
        }
        Err(error) => {
            observer.notice(&Notice::NotDelivered { id, error: &error });
            false
        }
    }
}

/// The result, or all that there is to say instead.
fn text_of(ended: &Supervised, files: &Files) -> String {
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
fn usage_of(ended: &Supervised, earlier: Option<&Usage>) -> Option<(Usage, Usage)> {
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

#[cfg(test)]
mod tests {
    use handoff_stream::{Outcome, Verdict};

    use super::*;

    fn files() -> Files {
        let of = |name: &str| PathBuf::from("/h").join(name);
        Files { prompt: of("p.md"), out: of("o.txt"), result: of("r.md"), stream: of("s.jsonl") }
    }

    fn supervised(state: State, text: &str) -> Supervised {
        let outcome = Outcome {
            verdict: Verdict::NoResult,
            text: text.to_owned(),
            cut: false,
            reason: None,
            session: None,
            usage: None,
            own_usage: None,
            cost_usd: None,
            turns: None,
            denied: vec![Sanitised::from("rm -rf /")],
        };
        Supervised { state, reason: Some("no quota".to_owned()), outcome, signal: None }
    }

    #[test]
    fn a_success_is_its_result_as_it_is_unless_it_is_cut() {
        let mut ended = supervised(State::Success, "\nDone.\n\n");
        assert_eq!(text_of(&ended, &files()), "\nDone.\n\n");
        ended.outcome.cut = true;
        assert_eq!(text_of(&ended, &files()), "Done.\n\n[cut: the whole is in /h/s.jsonl]\n");
    }

    #[test]
    fn another_end_says_why_what_was_denied_and_what_the_agent_said_last() {
        assert_eq!(
            text_of(&supervised(State::Error, "Half of it."), &files()),
            "The run did not succeed (error): no quota\nIt was not allowed: rm -rf /\n\n\
             What the agent said last, which is no result:\n\nHalf of it.\n\n\
             Progress: /h/o.txt\nStream: /h/s.jsonl\n"
        );
    }

    #[test]
    fn a_run_uses_what_its_conversation_used_more_than_before() {
        let mut ended = supervised(State::Success, "");
        assert_eq!(usage_of(&ended, None), None);
        ended.outcome.usage =
            Some(handoff_stream::Usage { input: 100, output: 10, ..handoff_stream::Usage::default() });
        ended.outcome.cost_usd = Some(3.0);
        let earlier = Usage { input_tokens: 60, output_tokens: 4, cost_usd: 1.0, ..Usage::default() };
        let (own, all) = usage_of(&ended, Some(&earlier)).unwrap();
        assert_eq!((own.input_tokens, own.output_tokens, own.cost_usd), (40, 6, 2.0));
        assert_eq!((all.input_tokens, all.output_tokens, all.cost_usd), (100, 10, 3.0));
    }
}
