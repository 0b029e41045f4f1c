//! Is there something newer? Asked where the programs came from at most once a day, in the background; what was said last
//! is what is shown.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use handoff_files::Foreign;
use handoff_process::{Environment, Output, Status};
use handoff_text::Sanitised;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::args::Options;
use crate::git::Checkout;
use crate::manifest::Manifest;
use crate::places::Places;
use crate::programs::FRONT_DOOR;
use crate::released;

/// Its file name in the prefix.
pub(crate) const STATE: &str = "upgrade-check.json";

/// How long an answer is good for.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Far more than it has.
const LONGEST: u64 = 1 << 20;

/// What is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Seconds since 1970 at which it was asked last.
    asked: u64,
    /// The commit that was installed then, or the version of a released package.
    installed: Option<String>,
    /// The newest commit or version, when it is not the installed one.
    newest: Option<String>,
    /// How many commits lie between; none for a released package.
    commits: usize,
    /// The commit or version that the user does not want to hear of.
    skipped: Option<String>,
}

/// Says in a line when there is something newer. Whatever goes wrong is passed over in silence: the user is in the middle
/// of something else.
pub(crate) fn check(options: &Options, environment: &Environment, output: &Output) -> Status {
    let nothing = || nothing(options, output);
    if environment.no_update_check {
        return nothing();
    }
    let Ok(places) = Places::find(options.home.as_deref(), environment) else { return nothing() };
    let Ok(manifest) = Manifest::load(&places) else { return nothing() };
    if manifest.package.is_none() && manifest.checkout.is_none() {
        return nothing();
    }
    let state = State::load(&places);
    if options.now {
        if let Some(asked) = ask(&manifest, environment) {
            let State { installed, newest, commits, .. } = asked;
            State { installed, newest, commits, ..State::load(&places) }.save(&places);
        }
        return Status::Done;
    }
    // What was found out before an upgrade says nothing about what is installed since.
    let is_current = state.installed == installed(&manifest);
    let newest = state.newest.as_ref().filter(|newest| is_current && is_name(newest));
    if options.skip {
        let Some(newest) = newest else { return nothing() };
        return skip(newest, &state, &places, options, output);
    }
    ask_again(&state, &places, options);
    let newest = newest.filter(|newest| state.skipped.as_ref() != Some(newest));
    if options.json {
        let commits = newest.map(|_| state.commits).filter(|_| manifest.package.is_none());
        return output.print(&answer(newest, commits));
    }
    newest.map_or(Status::Done, |newest| output.print(&line(newest, &manifest, state.commits)))
}

/// The answer where there is nothing newer.
fn nothing(options: &Options, output: &Output) -> Status {
    if options.json {
        output.print(&answer(None, None))
    } else if options.skip {
        output.print("agent-handoff: there is nothing to skip\n")
    } else {
        Status::Done
    }
}

/// Notes that the user does not want to hear of `newest`.
fn skip(newest: &str, state: &State, places: &Places, options: &Options, output: &Output) -> Status {
    let skipped = State { skipped: Some(newest.to_owned()), ..state.clone() };
    if !options.dry_run && !skipped.save(places) {
        output.complain(format_args!("could not write {}", Sanitised::path(&State::path(places))));
        return Status::NotDone;
    }
    if options.json {
        return output.print(&answer(None, None));
    }
    output.print(&format!("agent-handoff: nothing more will be said of {}\n", short(newest)))
}

/// Has it asked where the programs came from, in the background, where the last answer is too old.
fn ask_again(state: &State, places: &Places, options: &Options) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let is_old = now.saturating_sub(Duration::from_secs(state.asked)) >= DAY || state.asked > now.as_secs();
    if is_old && !options.dry_run {
        // Noted first, so that what hangs or fails is not tried again and again.
        let asked = State { asked: now.as_secs(), ..state.clone() };
        if asked.save(places) {
            ask_in_background(places);
        }
    }
}

/// That `newest` is there, for a person.
fn line(newest: &str, manifest: &Manifest, commits: usize) -> String {
    let newer = match (&manifest.package, commits) {
        (Some(_), _) => format!("{newest} is there, this is {}", manifest.version),
        (None, 1) => format!("{} is there, 1 commit newer", short(newest)),
        (None, commits) => format!("{} is there, {commits} commits newer", short(newest)),
    };
    format!("upgrade:  agent-handoff {newer}: the skill upgrade-handoff gets it\n")
}

/// Starts the question in a process of its own, which nothing waits for and nothing that ends here takes along.
fn ask_in_background(places: &Places) {
    let mut command = Command::new(places.program(FRONT_DOOR));
    command.args(["upgrade-check", "--now", "--home"]).arg(&places.prefix).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    // Not starting it is one of the things that are passed over.
    let _ = command.spawn();
}

/// What is installed, in the words of where a newer one is asked for.
fn installed(manifest: &Manifest) -> Option<String> {
    match manifest.package {
        Some(_) => Some(manifest.version.clone()),
        None => manifest.commit.clone(),
    }
}

/// Asks where the programs came from; `None` where there is no answer.
fn ask(manifest: &Manifest, environment: &Environment) -> Option<State> {
    let installed = installed(manifest)?;
    if let Some(package) = &manifest.package {
        let newest = released::newest(package, environment).ok()?;
        let is_newer = installed.parse::<Version>().is_ok_and(|installed| newest > installed);
        let newest = is_newer.then(|| newest.to_string());
        return Some(State { installed: Some(installed), newest, ..State::default() });
    }
    let checkout = Checkout::new(manifest.checkout.as_ref()?);
    checkout.fetch().ok()?;
    let news = checkout.news(&installed).filter(|news| !news.lines.is_empty());
    let commits = news.as_ref().map_or(0, |news| news.lines.len());
    let newest = news.map(|news| news.commit);
    Some(State { installed: Some(installed), newest, commits, ..State::default() })
}

/// Whether a name may be shown: a commit or a version.
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_hexdigit()) || name.parse::<Version>().is_ok()
}

/// The answer for programs.
fn answer(newest: Option<&String>, commits: Option<usize>) -> String {
    format!("{}\n", json!({"newest": newest, "commits": commits}))
}

/// A version as it is, a commit by its first digits.
fn short(name: &str) -> &str {
    if name.contains('.') { name } else { name.get(..7).unwrap_or(name) }
}

impl State {
    fn path(places: &Places) -> PathBuf {
        places.prefix.join(STATE)
    }

    fn load(places: &Places) -> Self {
        let file = Foreign::read(&Self::path(places), LONGEST).ok();
        let content = file.as_ref().and_then(Foreign::content);
        content.and_then(|content| serde_json::from_slice(content).ok()).unwrap_or_default()
    }

    fn save(&self, places: &Places) -> bool {
        let Ok(file) = Foreign::read(&Self::path(places), LONGEST) else { return false };
        serde_json::to_vec(self).is_ok_and(|text| file.put(&text, file.mode(), true).is_ok())
    }
}
