//! The session that starts: who runs it, what shows that it used what it is given, and whether a person is there.

use std::path::{Path, PathBuf};

use handoff_agents::{Attendance, Dialect, Host, SessionStart, Source, Unproven};
use handoff_delivery::{Looker, Offer, Proof};
use handoff_process::{Environment, ProcessId};

/// How much of a rollout's end says who started this turn, in bytes. Some 50 kB stand between that line and the hook.
const ROLLOUT_TAIL: u64 = 512 << 10;

/// The session, as far as it is known.
#[derive(Debug)]
pub(crate) struct Session {
    /// `None` when nobody announced one, as at a shell.
    pub(crate) start: Option<SessionStart>,
    /// The process that runs it, and no other session at the same time.
    pub(crate) process: Option<ProcessId>,
    /// Whether no person sits in front of it.
    pub(crate) is_unattended: bool,
    /// Its transcript; `None` where it keeps none.
    transcript: Option<PathBuf>,
    /// The sessions whose handoffs are its own.
    pub(crate) own: Vec<String>,
}

impl Session {
    /// Looks at the process and the transcript: only worth it when something waits.
    pub(crate) fn look(start: Option<SessionStart>, environment: &Environment) -> Self {
        let Some(start) = start else {
            return Self { start, process: None, is_unattended: false, transcript: None, own: Vec::new() };
        };
        let process =
            match environment.claude_pid.filter(|_| start.host.attendance == Attendance::ClaudeEnvironment) {
                // One that is gone by now is recorded all the same: then the session is over.
                Some(pid) => Some(ProcessId::of(pid).unwrap_or(ProcessId { pid, started: u64::MAX })),
                None => ProcessId::host(),
            };
        let arguments = process.map(ProcessId::arguments).unwrap_or_default();
        let is_one = |argument: &str, words: &[&str]| {
            let name = argument.split_once('=').map_or(argument, |(name, _)| name);
            words.contains(&argument) || (name.starts_with("--") && words.contains(&name))
        };
        let has = |words: &[&str]| arguments.iter().skip(1).any(|argument| is_one(argument, words));
        let is_server = start.host.server_argument.is_some_and(|argument| has(&[argument]));
        let keeps_none = match start.host.attendance {
            Attendance::ClaudeEnvironment => {
                environment.claude_keeps_no_transcript || has(&["--no-session-persistence"])
            }
            _ => start.host.transcript.is_none(),
        };
        let transcript = start.transcript.clone().or_else(|| transcript_of(&start, environment));
        let transcript = transcript.filter(|_| !keeps_none);
        let is_unattended = match start.host.attendance {
            Attendance::ClaudeEnvironment => environment.claude_is_unattended,
            Attendance::CodexRollout => match &transcript {
                Some(rollout) => is_exec(rollout),
                // Only `codex exec --ephemeral` keeps none.
                None => true,
            },
            Attendance::Argument(words) => has(words),
            Attendance::Prompt { without, with } => {
                has(without) || !has(with) && stands_in(start.prompt.as_deref(), &arguments)
            }
        };
        let mut own: Vec<String> = std::iter::once(&start.session).chain(&start.previous).cloned().collect();
        if start.source == Source::Fork {
            // The session that it is a copy of is named on its command line, and nowhere else.
            own.extend(
                arguments.into_iter().skip(1).filter(|argument| argument.len() == start.session.len()),
            );
        }
        Self { process: process.filter(|_| !is_server), is_unattended, transcript, own, start: Some(start) }
    }

    /// Who looks into the inbox.
    pub(crate) fn looker(&self, environment: &Environment) -> Looker {
        let outside = Looker::outside(environment);
        let session = self.start.as_ref().map(|start| start.session.clone());
        Looker { session, process: self.process, thorough: false, ..outside }
    }

    /// What is recorded when it is offered something in the frame with these digits.
    pub(crate) fn offer(&self, frame: &str, sentinel: &str, looker: &Looker) -> Offer {
        let size = |path: &PathBuf| handoff_files::open_regular(path).map(|file| file.size());
        Offer {
            at: looker.now,
            frame: frame.to_owned(),
            host: self.host().map(|host| host.stamp.to_owned()).unwrap_or_default(),
            session: self.start.as_ref().map(|start| start.session.clone()),
            process: self.process,
            space: looker.space.clone(),
            transcript: self.transcript.clone(),
            length: self.transcript.as_ref().map_or(0, |path| size(path).unwrap_or(0)),
            sentinel: sentinel.to_owned(),
            proof: self.proof(),
        }
    }

    fn proof(&self) -> Proof {
        let Some(host) = self.host() else { return Proof::None };
        let is_claude = host.transcript == Some(Dialect::ClaudeCode);
        match host.unproven {
            _ if self.transcript.is_some() && host.transcript.is_some() => Proof::Transcript,
            Unproven::Archive => Proof::Assumed,
            // Without a person, the prompt was there before the hook: the request follows at once.
            Unproven::Wait if is_claude && self.is_unattended => Proof::Assumed,
            Unproven::Wait => Proof::None,
        }
    }

    fn host(&self) -> Option<&'static Host> {
        self.start.as_ref().map(|start| start.host)
    }
}

/// Whether the prompt is what stands in some of the arguments.
fn stands_in(prompt: Option<&str>, arguments: &[String]) -> bool {
    let line: String = arguments.iter().skip(1).map(|argument| format!(" {} ", argument.trim())).collect();
    let line = line.replace("  ", " ");
    prompt.is_some_and(|prompt| line.contains(&format!(" {} ", prompt.trim().replace("  ", " "))))
}

/// Where the host keeps the transcript of this session, where its payload does not say it.
fn transcript_of(start: &SessionStart, environment: &Environment) -> Option<PathBuf> {
    let directory = start.host.directory?.of(Environment::variable, environment.home.as_deref())?;
    start.host.transcript_in(&directory, &start.session)
}

/// Whether the turn that begins now was started by `codex exec`. A session that a person began can be resumed by it, and
/// the other way round, so the newest turn tells, not the first line.
fn is_exec(rollout: &Path) -> bool {
    let tail = handoff_files::open_regular(rollout)
        .and_then(|file| file.read_at(file.size().saturating_sub(ROLLOUT_TAIL), ROLLOUT_TAIL));
    let tail = tail.unwrap_or_default();
    let key = b"\"turn_trigger\":";
    let newest = memchr::memmem::rfind(&tail, key).map(|at| &tail[at + key.len()..]);
    newest.is_some_and(|value| value.starts_with(b"\"exec\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_stands_in_the_arguments_as_a_whole() {
        let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for words in
            [&["qwen", "fix the bug"][..], &["qwen", "-y", "fix", "the", "bug"], &["qwen", " fix the bug\n"]]
        {
            assert!(stands_in(Some("fix the bug"), &line(words)), "{words:?}");
        }
        for words in [&["qwen", "fix the bugs"][..], &["fix the bug"], &["qwen"]] {
            assert!(!stands_in(Some("fix the bug"), &line(words)), "{words:?}");
        }
        assert!(!stands_in(None, &line(&["qwen", "go"])));
    }
}
