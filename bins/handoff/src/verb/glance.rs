//! `handoff` alone: what waits in this worktree, what was offered, the captures and the runs, one line each.

use std::path::Path;

use std::process::{Child, Command, Stdio};

use handoff_cli::CalledAs;
use handoff_columns::{cell, cut, padded, width};
use handoff_document::{Timestamp, age};
use handoff_process::{Environment, Failure};
use handoff_runs::{Filter, Row, State};
use handoff_worktree::Worktree;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{printed, sibling};
use crate::here::Here;
use handoff_dispatch::Worktrees;

/// The most lines of one kind.
const MAX_LINES: usize = 5;

/// How many of the newest runs are looked at for those of this worktree.
const MAX_RUNS: usize = 200;

/// The columns where the terminal does not tell.
const DEFAULT_COLUMNS: usize = 80;

/// How many columns a title needs to say something.
const MIN_TEXT: usize = 12;

/// A line of the glance.
struct Line {
    kind: &'static str,
    text: String,
    /// What a command takes for it; empty where a number does. It is never cut.
    id: String,
    /// Where it comes from, and what it is about.
    about: String,
    age: String,
    /// Whether it is a capture for another worktree, which is taken here by its id only.
    for_another: bool,
}

impl Line {
    /// The id, and what it is about, in `room` columns: what is too wide is cut, and left out beside an id.
    fn what(&self, room: usize) -> String {
        let (id, about) = (cell(self.id.as_bytes()), cell(self.about.as_bytes()));
        if id.is_empty() {
            return cut(&about, room);
        }
        let both = format!("{id}, {about}");
        if about.is_empty() || width(&both) > room { id } else { both }
    }
}

/// An unread handoff, as `inbox list --json` has it.
#[derive(Deserialize)]
struct Unread {
    file: String,
    name: Option<String>,
    from: Option<String>,
    created: Option<String>,
    offer: Option<Offer>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Offer {
    at: String,
    host: String,
    open: bool,
}

/// A capture, as `handover pending --json` has it.
#[derive(Deserialize)]
struct Capture {
    id: String,
    created: String,
    tool: Option<String>,
    event: Option<String>,
    files: usize,
    #[serde(rename = "for")]
    recipient: Option<String>,
}

/// An inbox, as `inbox worktrees --json` has it.
#[derive(Deserialize)]
struct Inbox {
    unread: usize,
    path: Option<std::path::PathBuf>,
}

pub(crate) fn run(here: &Here<'_>, called: &CalledAs) -> Result<u8, Failure> {
    let worktree = Worktree::find(&Environment::working_directory()?)?;
    // The two that read many files work while this one reads the list of runs.
    let unread = Answer::ask("inbox", &["list", "--json"]);
    let elsewhere = Answer::ask("inbox", &["worktrees", "--json"]);
    let has_captures = handoff_files::is_directory(&worktree.top().join(".handover/bundles"));
    let captures = has_captures.then(|| Answer::ask("handover", &["pending", "--json"]));
    let now = Timestamp::now();
    let runs = runs(here, now)?;
    let mut lines = Vec::new();
    extend(&mut lines, unread.read::<Unread>(here), "unread", |unread| self::unread(unread, now));
    if let Some(captures) = captures {
        extend(&mut lines, captures.read::<Capture>(here), "capture", |capture| {
            self::capture(capture, worktree.top(), now)
        });
    }
    lines.extend(runs);
    let place = cell(worktree.top().as_os_str().as_encoded_bytes());
    let columns = here.output.width.unwrap_or(DEFAULT_COLUMNS);
    let mut text = format!("{}\n", cut(&place, columns));
    if lines.is_empty() {
        text.push_str(&format!(
            "\nNothing waits here and nothing runs.\n\n  {:22}in a session of an agent: leaves a handoff for the next one\n  {:22}\
             gives another agent a task\n  {:22}saves the uncommitted work, to go on elsewhere\n",
            "/handoff",
            format!("{called} run --text …"),
            format!("{called} capture"),
        ));
    } else {
        text.push('\n');
        text.push_str(&table(&lines, columns));
        text.push_str(&format!("\n{}\n", cut(&next(here, &lines, called), columns)));
    }
    text.push_str(&others(here, elsewhere, worktree.top(), called));
    text.push_str(&format!("{called} --help\n"));
    Ok(printed(here.output, &text))
}

/// What to type for what there is. A person at a terminal opens the screen; this only prints, and ends at once.
fn next(here: &Here<'_>, lines: &[Line], called: &CalledAs) -> String {
    let has = |kind: &str| lines.iter().any(|line| line.kind == kind);
    let mut commands = Vec::new();
    if has("unread") || has("offered") {
        let way = if here.output.is_terminal() { "inbox -i" } else { "inbox show 1" };
        commands.push(format!("{called} {way}"));
    }
    let mut captures = lines.iter().filter(|line| line.kind == "capture");
    match captures.clone().find(|line| !line.for_another).or_else(|| captures.next()) {
        Some(capture) if capture.for_another => commands.push(format!("{called} pickup {}", capture.id)),
        Some(_) => commands.push(format!("{called} pickup")),
        None => {}
    }
    if let Some(running) = lines.iter().find(|line| line.kind == "running") {
        // Without an id it is the newest, which may have ended.
        commands.push(format!("{called} tail -f {}", running.id));
    } else if lines.iter().any(|line| !["unread", "offered", "capture"].contains(&line.kind)) {
        commands.push(format!("{called} tail"));
    }
    commands.join(" · ")
}

/// The inboxes of other worktrees in which something is unread.
fn others(here: &Here<'_>, answer: Answer, top: &std::path::Path, called: &CalledAs) -> String {
    let Ok(inboxes) = answer.read::<Inbox>(here) else { return String::new() };
    let others = inboxes.iter().filter(|inbox| inbox.path.as_deref() != Some(top) && inbox.unread > 0);
    let (count, unread) = others.fold((0, 0), |(count, unread), inbox| (count + 1, unread + inbox.unread));
    match count {
        0 => String::new(),
        1 => format!("{unread} unread in another worktree: {called} inbox --all\n"),
        _ => format!("{unread} unread in {count} other worktrees: {called} inbox --all\n"),
    }
}

fn unread(unread: &Unread, now: Timestamp) -> Line {
    let offer = unread.offer.as_ref();
    let written = since_text(unread.created.as_deref(), now);
    let since = offer.and_then(|offer| Timestamp::parse(&offer.at)).map(|at| age(at, now));
    // The same time stands at the end of the line.
    let since = since.filter(|since| *since != written).map(|since| format!(" {since}")).unwrap_or_default();
    let offered = offer.map(|offer| {
        if offer.open {
            format!("offered to {}{since}", offer.host)
        } else {
            format!("offered{since}, not read")
        }
    });
    let from = unread.from.as_ref().map(|from| format!("from {from}"));
    let about = unread.error.clone().or(offered).or(from).unwrap_or_default();
    Line {
        kind: if offer.is_some() { "offered" } else { "unread" },
        text: unread.name.clone().unwrap_or_else(|| unread.file.clone()),
        id: String::new(),
        about,
        age: written,
        for_another: false,
    }
}

fn capture(capture: &Capture, here: &Path, now: Timestamp) -> Line {
    let own = here.file_name();
    let other = capture.recipient.as_deref().filter(|name| own.is_none_or(|own| own != *name));
    let files = if capture.files == 1 { "1 file".to_owned() } else { format!("{} files", capture.files) };
    let to = other.map(|name| format!("for {name}"));
    let about = [to.as_deref(), capture.tool.as_deref(), capture.event.as_deref(), Some(&files)];
    Line {
        kind: "capture",
        text: about.into_iter().flatten().collect::<Vec<_>>().join(", "),
        id: capture.id.clone(),
        about: String::new(),
        age: since_text(Some(&capture.created), now),
        for_another: other.is_some(),
    }
}

/// The runs of this worktree: all that run, and the newest that ended.
fn runs(here: &Here<'_>, now: Timestamp) -> Result<Vec<Line>, Failure> {
    if !handoff_files::is_directory(here.home()) {
        return Ok(Vec::new());
    }
    let runs = here.runs()?;
    let place = Worktrees::here()?;
    let mut worktrees = Worktrees::default();
    let newest = runs.list(&Filter { limit: Some(MAX_RUNS), ..Filter::default() })?;
    let own: Vec<Row> = newest.into_iter().filter(|row| worktrees.of(&row.cwd) == Some(&place)).collect();
    let (running, ended): (Vec<&Row>, Vec<&Row>) = own.iter().partition(|row| row.state == State::Running);
    let shown = running.into_iter().chain(ended.into_iter().take(MAX_LINES));
    Ok(shown
        .map(|row| Line {
            kind: row.state.name(),
            text: row.prompt.clone(),
            id: row.id.to_string(),
            about: row.backend.clone(),
            age: row.ended.or(row.started).map_or_else(String::new, |then| age(then, now)),
            for_another: false,
        })
        .collect())
}

fn since_text(then: Option<&str>, now: Timestamp) -> String {
    then.and_then(Timestamp::parse).map_or_else(String::new, |then| age(then, now))
}

/// Adds the lines of one kind: at most [`MAX_LINES`], and what is left out; or why there are none.
fn extend<T>(
    lines: &mut Vec<Line>,
    answer: Result<Vec<T>, AnswerError>,
    kind: &'static str,
    line: impl Fn(&T) -> Line,
) {
    let plain = |text: String| Line {
        kind,
        text,
        id: String::new(),
        about: String::new(),
        age: String::new(),
        for_another: false,
    };
    match answer {
        Err(why) => lines.push(plain(why.to_string())),
        Ok(entries) => {
            lines.extend(entries.iter().take(MAX_LINES).map(line));
            if entries.len() > MAX_LINES {
                lines.push(plain(format!("and {} more", entries.len() - MAX_LINES)));
            }
        }
    }
}

/// The lines in columns; what is too wide is cut, first the titles, and no id.
fn table(lines: &[Line], columns: usize) -> String {
    let widest = |of: &dyn Fn(&Line) -> String| lines.iter().map(|line| width(&of(line))).max().unwrap_or(0);
    let title = |line: &Line| cell(line.text.as_bytes());
    let (kind, age) = (widest(&|line| line.kind.to_owned()), widest(&|line| line.age.clone()));
    let ids = widest(&|line| cell(line.id.as_bytes()));
    let rest = columns.saturating_sub(kind + age + 6);
    // On a narrow screen the title says more than where it comes from, and half of an id names nothing.
    let what = if rest < (2 * MIN_TEXT).max(ids) + MIN_TEXT {
        0
    } else {
        widest(&|line| line.what(usize::MAX)).min((rest / 2).max(ids))
    };
    let text = widest(&title).min(rest.saturating_sub(what));
    let row = |line: &Line| {
        let mut cells = vec![padded(line.kind, kind, false), padded(&cut(&title(line), text), text, false)];
        if what > 0 {
            cells.push(padded(&line.what(what), what, false));
        }
        cells.push(line.age.clone());
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(row).collect()
}

/// Why a program beside this one has no answer.
#[derive(Debug, thiserror::Error)]
enum AnswerError {
    #[error("{}", handoff_files::reason(.0))]
    NotRun(std::io::Error),
    /// The first line of its message.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    NotJson(#[from] serde_json::Error),
}

/// What a program beside this one answers, once it is read.
struct Answer(std::io::Result<Child>);

impl Answer {
    fn ask(program: &str, args: &[&str]) -> Self {
        let mut command: Command = sibling::command(program);
        let pipes = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(pipes.spawn())
    }

    /// The list that it prints.
    ///
    /// # Errors
    /// Why it prints none, in a line.
    fn read<T: DeserializeOwned>(self, here: &Here<'_>) -> Result<Vec<T>, AnswerError> {
        let said = self.0.and_then(Child::wait_with_output).map_err(AnswerError::NotRun)?;
        let message = String::from_utf8_lossy(&said.stderr);
        if !said.status.success() {
            let message = message.lines().next().unwrap_or("could not be read");
            return Err(AnswerError::Refused(message.to_owned()));
        }
        here.output.note(&message);
        Ok(serde_json::from_slice(&said.stdout)?)
    }
}
