//! What a capture says of itself, made without a model: from git, from the transcript, and from what the user wrote for it.
//!
//! The sections are those of a handoff. Every text of others is sanitised, bounded and quoted, so that it cannot open a
//! section of its own. Secrets are taken out before anything is cut, since half a secret is not recognised, and out of
//! the whole at the end.

mod commands;

use handoff_bundle::policy::is_own_state;
use handoff_bundle::{Contents, NotCarried, TreePath};
use handoff_document::Timestamp;
use handoff_text::Sanitised;
use handoff_transcript::{Outcome, Session, Status, is_telling};

use crate::words::{counted, stopped};
use commands::outcomes;

/// The size limit of a summary, in bytes: it fits into what a host passes on, with its frame.
pub const MAX_SUMMARY_BYTES: usize = 6_000;
/// The size limit of the full summary, which stays in the bundle, in bytes.
const WHOLE_LIMIT: usize = 256 << 10;
/// How much of its usual bound each part has, in eighths: the first that fits is taken.
const SCALES: [usize; 8] = [48, 32, 24, 16, 12, 8, 4, 2];
/// The same for the whole.
const WHOLE_EIGHTHS: usize = 8 * 1_000;
/// So much of what the user wrote for this capture is passed on whatever else there is, in bytes: of the summary, and of
/// the next step.
const SAID: usize = 2_400;
const NEXT_STEP: usize = 800;

/// What is known.
pub(crate) struct Facts<'a> {
    pub(crate) title: Option<&'a str>,
    /// What the user wrote for this capture.
    pub(crate) summary_override: Option<&'a str>,
    pub(crate) next_step: Option<&'a str>,
    /// Why now.
    pub(crate) why: &'a str,
    /// How full the usage windows are, each in words.
    pub(crate) windows: &'a [String],
    pub(crate) created: Timestamp,
    /// The worktree, as people read it.
    pub(crate) top: &'a str,
    pub(crate) session: &'a Session,
    pub(crate) contents: &'a Contents,
}

/// A summary.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) title: String,
    /// At most [`MAX_SUMMARY_BYTES`] bytes.
    pub(crate) text: String,
    /// The same, with what did not fit there.
    pub(crate) whole: String,
    /// The kinds of secrets that were taken out of it.
    pub(crate) redacted: Vec<&'static str>,
}

impl Summary {
    pub(crate) fn of(facts: &Facts<'_>) -> Self {
        let mut redacted = Vec::new();
        let mut clean = |text: &str| {
            let findings = handoff_secrets::scan(text);
            redacted.extend(findings.iter().map(|finding| finding.rule));
            handoff_secrets::redact(text, &findings)
        };
        let session = cleaned(facts.session, &mut clean);
        let [title, summary_override, next_step] =
            [facts.title, facts.summary_override, facts.next_step].map(|text| text.map(&mut clean));
        let why = clean(facts.why);
        let (title, summary_override, next_step) =
            (title.as_deref(), summary_override.as_deref(), next_step.as_deref());
        let facts = &Facts { title, summary_override, next_step, why: &why, session: &session, ..*facts };
        let title = self::title(facts);
        let mut page = |eighths: usize, limit: usize| {
            let (text, is_cut) = page(facts, &title, eighths);
            let findings = handoff_secrets::scan(&text);
            redacted.extend(findings.iter().map(|finding| finding.rule));
            let mut text = handoff_secrets::redact(&text, &findings);
            let fits = text.len() <= limit;
            // Marks of what was taken out may have made it longer than its parts may be.
            text.truncate(text.floor_char_boundary(limit));
            (text, is_cut, fits)
        };
        // As much of each part as there is room for in all.
        let mut scales = SCALES.into_iter();
        let (text, is_cut) = loop {
            let Some(eighths) = scales.next() else { break (page(1, MAX_SUMMARY_BYTES).0, true) };
            let (text, is_cut, fits) = page(eighths, MAX_SUMMARY_BYTES);
            if fits {
                break (text, is_cut);
            }
        };
        let whole = if is_cut { page(WHOLE_EIGHTHS, WHOLE_LIMIT).0 } else { text.clone() };
        redacted.sort_unstable();
        redacted.dedup();
        let title = handoff_secrets::redact(&title, &handoff_secrets::scan(&title));
        Self { title, text, whole, redacted }
    }
}

/// The whole text, each part in `eighths` of its usual bound; and whether anything is cut in it.
fn page(facts: &Facts<'_>, title: &str, eighths: usize) -> (String, bool) {
    let mut page = Page { text: format!("# Handoff — {title}\n\n"), eighths, is_cut: false };
    status(&mut page, facts);
    next(&mut page, facts);
    done(&mut page, facts.session);
    open(&mut page, facts.session);
    files(&mut page, facts);
    left_behind(&mut page, facts.contents.left_behind());
    (page.text, page.is_cut)
}

/// A summary that is being written.
struct Page {
    text: String,
    /// How much of its usual bound each part has, in eighths.
    eighths: usize,
    is_cut: bool,
}

impl Page {
    fn bound(&self, usual: usize) -> usize {
        usual.saturating_mul(self.eighths) / 8
    }
}

impl std::ops::AddAssign<&str> for Page {
    fn add_assign(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// The texts of the session that a summary has, each through `clean`.
fn cleaned(session: &Session, clean: &mut impl FnMut(&str) -> String) -> Session {
    let mut session = session.clone();
    let Session { task, subject, first_task, last_answer, todos, commands, failure, .. } = &mut session;
    let texts = [task, subject, first_task, last_answer].into_iter().flatten();
    let texts = texts.chain(todos.iter_mut().map(|todo| &mut todo.text));
    let texts = texts.chain(commands.iter_mut().map(|command| &mut command.line));
    for text in texts {
        text.text = clean(&text.text);
    }
    if let Some(failure) = failure {
        failure.reason.text = Sanitised::from(clean(&failure.reason.text).as_str());
    }
    session
}

/// The title that was given, or the first words of the newest request that says what it is about.
fn title(facts: &Facts<'_>) -> String {
    let Session { subject, task, .. } = facts.session;
    let task =
        subject.as_ref().or(task.as_ref()).and_then(|task| task.text.lines().find(|line| is_telling(line)));
    let task = task.map(str::to_owned);
    let words = facts.title.map(str::to_owned).or(task).or_else(|| facts.summary_override.map(str::to_owned));
    let words = words.map(|words| line(&words, 70)).filter(|words| !words.is_empty());
    words.unwrap_or_else(|| "uncommitted work".to_owned())
}

fn status(text: &mut Page, facts: &Facts<'_>) {
    let contents = facts.contents;
    let (files, staged) = (contents.files.len(), contents.staged.len());
    *text += &format!("## Status as of {}\n", facts.created);
    *text += &format!("Captured by handover, without a model: {}\n", stopped(&line(facts.why, 300)));
    if !facts.windows.is_empty() {
        *text += &format!("Usage windows: {}\n", stopped(&line(&facts.windows.join("; "), 300)));
    }
    let base = contents.base.as_deref().map(|base| &base[..base.len().min(12)]);
    let base = base.map_or_else(|| ", before its first commit".to_owned(), |base| format!(" at {base}"));
    let branch =
        contents.branch.as_deref().map_or_else(|| "a detached HEAD".to_owned(), |name| line(name, 100));
    *text += &format!(
        "{}, {staged} staged, on {branch}{base}, in {}.\n",
        counted(files, "changed path"),
        line(facts.top, 300)
    );
    for progress in &contents.in_progress {
        *text += &format!("In the middle of a {progress}, which is not carried.\n");
    }
    if facts.session.interrupted {
        *text += "A person interrupted the agent.\n";
    }
    let reason = facts.session.failure.as_ref().map(|failure| line(&failure.reason.text, 200));
    // A host that hit its limit says so in its event, in its transcript, and as an answer.
    let known = |words: &str| {
        let core = words.trim().trim_end_matches(['.', '…']);
        !core.is_empty() && facts.why.contains(core)
    };
    if let Some(reason) = reason.as_deref().filter(|reason| !known(reason)) {
        *text += &format!("The agent was stopped: {reason}\n");
    }
    let answer = facts.session.last_answer.as_ref().map(|text| text.text.clone());
    let answer = answer.filter(|answer| !known(answer) && reason.as_deref() != Some(&*line(answer, 200)));
    let before = if facts.session.answer_is_older { ", before that was asked" } else { "" };
    let answered = format!("The agent's last answer{before}:");
    let said = text.bound(700).max(SAID);
    if let Some(words) = facts.summary_override.filter(|words| !words.trim().is_empty()) {
        let quote = quoted(text, words, said);
        *text += &format!("\nIn their own words:\n{quote}");
    }
    let quotes = [
        ("Asked for last:", facts.session.task.as_ref().map(|task| task.text.clone()), 800),
        ("Asked for first:", facts.session.first_task.as_ref().map(|task| task.text.clone()), 300),
        (&*answered, answer, 800),
    ];
    for (what, words, limit) in quotes {
        if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
            let limit = text.bound(limit);
            let quote = quoted(text, &words, limit);
            *text += &format!("\n{what}\n{quote}");
        }
    }
}

fn next(text: &mut Page, facts: &Facts<'_>) {
    let of = |status: Status| facts.session.todos.iter().find(move |todo| todo.status == status);
    let todo = of(Status::InProgress).or_else(|| of(Status::Pending)).map(|todo| todo.text.text.clone());
    let bound = text.bound(300).max(NEXT_STEP);
    let own = facts.next_step.map(|step| lines(step, bound));
    let next = own.or_else(|| todo.map(|step| line(&step, bound)));
    text.is_cut |= next.as_ref().is_some_and(|next| next.ends_with('…'));
    let is_clean = facts.contents.is_empty();
    let next = next.unwrap_or_else(|| match facts.session.task {
        Some(_) => "Go on with what was asked for last (above).".to_owned(),
        None if is_clean => "Nobody said what comes next.".to_owned(),
        None => "Look at what is uncommitted, and go on.".to_owned(),
    });
    *text += &format!("\n## Immediate next action\n{next}\n");
    if is_clean {
        let carried = if facts.contents.left_behind().next().is_none() {
            "was uncommitted"
        } else {
            "could be carried"
        };
        *text += &format!("Nothing {carried}.\n");
    } else {
        let (top, quoted) = (line(facts.top, 300), handoff_process::quoted(facts.top.as_ref()));
        *text += &format!(
            "The changes are still uncommitted in {top}. To have them in another worktree or clone, there: \
             `handover pickup --from {quoted} --apply`.\n"
        );
    }
}

fn done(text: &mut Page, session: &Session) {
    let todos = session.todos.iter().filter(|todo| todo.status == Status::Completed);
    let todos = todos.map(|todo| line(&todo.text.text, 120));
    let ran = outcomes(session).into_iter().filter(|command| command.outcome == Outcome::Exit(0));
    let ran = ran.map(|command| format!("`{}` went well", line(&command.line.text, 120).replace('`', "'")));
    section(text, "## Recently verified / completed — DO NOT REDO", todos.chain(ran), 800);
}

fn open(text: &mut Page, session: &Session) {
    let todos = session.todos.iter().filter(|todo| todo.status != Status::Completed);
    let todos = todos.map(|todo| line(&todo.text.text, 120));
    let failed = outcomes(session).into_iter().filter_map(|command| {
        let how = match command.outcome {
            Outcome::Exit(0) => return None,
            Outcome::Exit(code) => format!("exit {code}"),
            Outcome::Failed => "failed".to_owned(),
            Outcome::Unknown => "its end is not known".to_owned(),
        };
        Some(format!("`{}`: {how}", line(&command.line.text, 120).replace('`', "'")))
    });
    section(text, "## Open follow-ups", todos.chain(failed), 700);
}

fn files(text: &mut Page, facts: &Facts<'_>) {
    let changed = facts.contents.files.iter().map(|file| {
        let path = line(&file.path.to_string(), 200);
        match file.change {
            handoff_bundle::Change::Added => format!("{path} (new)"),
            handoff_bundle::Change::Deleted => format!("{path} (deleted)"),
            _ => path,
        }
    });
    // What the session wrote and is committed by now: drift is counted in it too.
    let uncommitted: std::collections::HashSet<_> =
        facts.contents.files.iter().map(|file| file.path.as_bytes()).collect();
    let written = facts.session.files.iter().rev().filter_map(|path| {
        let path = path.text.strip_prefix(facts.top)?.strip_prefix('/')?;
        let is_own = path.starts_with(".git/") || is_own_state(&TreePath::new(path)) || path.contains("../");
        (!is_own && !uncommitted.contains(path.as_bytes())).then(|| line(path, 200))
    });
    section(text, "## Files touched this session", changed.chain(written), 700);
}

fn left_behind<'c>(text: &mut Page, left: impl Iterator<Item = &'c NotCarried>) {
    let left = left.map(|left| format!("{}: {}", line(&left.path.to_string(), 200), left.text()));
    let mut named = Page { text: String::new(), ..*text };
    section(&mut named, "## What NOT to do on resume", left, 400);
    text.is_cut |= named.is_cut;
    *text += &named.text.replacen(
        "resume\n",
        "resume\nDo not take these for carried; they are only where they were:\n",
        1,
    );
}

/// A section of one line an item, as long as they fit into `limit` bytes; of the rest the number. None when empty.
fn section(text: &mut Page, heading: &str, items: impl Iterator<Item = String>, limit: usize) {
    let limit = text.bound(limit);
    let (mut list, mut left) = (String::new(), 0);
    for item in items.filter(|item| !item.is_empty()) {
        if left == 0 && list.len() + item.len() + 3 <= limit {
            list += &format!("- {item}\n");
        } else {
            left += 1;
        }
    }
    if left > 0 {
        text.is_cut = true;
        list += &format!("- and {left} more\n");
    }
    if !list.is_empty() {
        *text += &format!("\n{heading}\n{list}");
    }
}

/// A text of others on one line.
fn line(words: &str, limit: usize) -> String {
    Sanitised::line(words.as_bytes(), limit).to_string()
}

/// The user's own words, line by line, in at most `limit` bytes. A line that would be a heading is made none.
fn lines(words: &str, limit: usize) -> String {
    let words = Sanitised::from(words.trim());
    let plain = |line: &str| match line.trim_start() {
        heading if heading.starts_with('#') => format!("\\{heading}"),
        _ => line.to_owned(),
    };
    let text = words.lines().map(plain).collect::<Vec<_>>().join("\n");
    if text.len() <= limit {
        return text;
    }
    format!("{}…", text[..text.floor_char_boundary(limit)].trim_end())
}

/// A text of others, every line of it marked, in at most about `limit` bytes. The line that does not fit is cut.
fn quoted(page: &mut Page, words: &str, limit: usize) -> String {
    let words = Sanitised::from(words.trim());
    let (mut text, mut room) = (String::new(), limit);
    for line in words.lines() {
        let end = line.floor_char_boundary(room);
        if end < line.len() {
            page.is_cut = true;
            return text + &format!("> {} […]\n", line[..end].trim_end());
        }
        text += &format!("> {line}\n");
        room = room.saturating_sub(line.len() + 3);
    }
    text
}

#[cfg(test)]
mod tests;
