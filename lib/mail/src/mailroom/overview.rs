//! What is known on this machine of its mailrooms: without the network, and without making or locking anything. For
//! `handoff doctor`, which says what is wrong, and for those who have to know whom letters can be addressed to.

use std::path::{Path, PathBuf};

use handoff_address::Address;
use handoff_capturing::counted;
use handoff_document::{Timestamp, age};
use handoff_files::Dir;
use handoff_letter::LetterId;
use handoff_process::{Environment, quoted};
use handoff_state::StateDir;
use handoff_store::Store;
use handoff_text::Sanitised;
use serde::Serialize;

use super::joined::{self, Joined};
use super::notice::Notice;
use super::records::{self, By, Claim, JOURNAL, OUT, Out, OutState};
use super::sweep::{self, MAX_REFS};
use super::{DIRECTORY, Mailroom, MailroomError};
use crate::git::Git;
use crate::identity::Identity;
use crate::machine::{KeyFault, Machine};
use crate::people::People;
use handoff_capturing::Project;

/// A letter that is queued for longer is stuck: the background tries every minute at first.
const STUCK_AFTER_SECS: i64 = 600;
/// One that was taken and is not confirmed for longer is lost at the taker's: a day.
const UNCONFIRMED_AFTER_SECS: i64 = 86_400;
/// After so many failed looks in a row something has to be done about it.
const MANY_FAILED_LOOKS: u32 = 3;
/// The most letters that are being taken and are named.
const MAX_CLAIMS: usize = 5;
/// The longest name of a remote in a finding, in bytes.
const MAX_NAME_BYTES: usize = 100;
/// The longest text that others wrote in a finding, in bytes.
const MAX_SAID_BYTES: usize = 300;

/// What is known of all mailrooms of this user.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// What holds for all of them.
    pub findings: Vec<Finding>,
    /// What the user calls the people whose letters are taken here, `@me` first.
    pub people: Vec<String>,
    /// What their machines are called.
    pub machines: Vec<String>,
    /// The mailrooms.
    pub rooms: Vec<RoomOverview>,
}

/// What is known of one mailroom.
#[derive(Debug, Serialize)]
pub struct RoomOverview {
    /// A worktree of the repository, in which commands for it can be run.
    pub worktree: PathBuf,
    /// Whether it is that of the project.
    pub is_here: bool,
    /// The remote that its letters go through.
    pub remote: String,
    /// How many letters are queued or under way.
    pub under_way: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// What.
    pub text: String,
    /// The command that fixes it; `None` where it need not be fixed.
    pub fix: Option<String>,
}

impl Finding {
    fn problem(text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { text: text.into(), fix: Some(fix.into()) }
    }
}

impl Overview {
    /// Looks at the mailroom of `project`, and with `all` at those of other repositories too.
    ///
    /// # Errors
    /// [`MailroomError`] where the state directory can't be used.
    pub fn of(project: &Project<'_>, all: bool) -> Result<Self, MailroomError> {
        let state = StateDir::of(project.environment)?;
        let (joined, broken) = Joined::all(&state)?;
        let mut overview =
            Self { findings: Vec::new(), people: Vec::new(), machines: Vec::new(), rooms: Vec::new() };
        for path in broken {
            let text = format!(
                "{} is not as `handoff join` writes it, so a repository is joined no more",
                Sanitised::path(&path)
            );
            overview.findings.push(Finding::problem(
                text,
                format!("rm {}, then handoff join in that repository", quoted(&path)),
            ));
        }
        if joined.is_empty() {
            return Ok(overview);
        }
        let people = overview.look_at_people(&state);
        let git = Git::find(project.environment).ok();
        if let Some(version) = git.as_ref().and_then(Git::too_old) {
            let text = MailroomError::OldGit(version).to_string();
            overview.findings.push(Finding::problem(text, "install a newer git"));
        }
        let here = Mailroom::common(project).ok();
        for joined in joined {
            let is_here = here.as_deref() == Some(Path::new(&joined.repository));
            if !is_here && !all {
                continue;
            }
            let worktree =
                if is_here { project.top().to_owned() } else { worktree_of(Path::new(&joined.repository)) };
            overview.rooms.push(
                RoomLook {
                    environment: project.environment,
                    git: git.as_ref(),
                    people: people.as_ref(),
                    worktree,
                    is_here,
                }
                .at(&joined),
            );
        }
        Ok(overview)
    }

    /// Gives who is known here, where that can be read.
    fn look_at_people(&mut self, state: &StateDir) -> Option<People> {
        for fault in Machine::faults(state) {
            let file = quoted(&state.path().join(fault.file));
            self.findings.push(key_finding(&fault, &file));
        }
        let people = match People::read(state) {
            Ok(people) => people,
            Err(error) => {
                let file = quoted(&state.path().join("people.json"));
                self.findings.push(Finding::problem(error.to_string(), format!("$EDITOR {file}")));
                return None;
            }
        };
        for person in people.iter() {
            if person.keys.is_empty() {
                let name = &person.name;
                let text = format!("no key of {name} is known, so no letter of theirs is taken");
                self.findings
                    .push(Finding::problem(text, format!("handoff people add {name} --card MACHINE")));
            }
            self.people.push(person.name.clone());
            let named = person.keys.iter().map(|key| key.machine.clone());
            self.machines.extend(named.filter(|machine| !machine.is_empty()));
        }
        self.machines.sort_unstable();
        self.machines.dedup();
        Some(people)
    }
}

/// What is wrong with a key of this machine, in `file`.
fn key_finding(fault: &KeyFault, file: &str) -> Finding {
    match (&fault.error, fault.is_age()) {
        (Some(error), false) => Finding::problem(
            format!("this machine's key cannot be used: {error}"),
            format!("rm {file}, then handoff join; the people who know this machine add its new key"),
        ),
        (None, false) => Finding::problem(
            "this machine's key is gone: its letters are signed with a new one, which nobody knows yet",
            "handoff join; the people who know this machine add its new key",
        ),
        (Some(error), true) => Finding::problem(
            format!(
                "this machine's age key cannot be used, so no encrypted letter can be read here: {error}"
            ),
            format!("rm {file}, then handoff join; what was encrypted to the old key cannot be read then"),
        ),
        (None, true) => Finding::problem(
            "this machine's age key is gone, so what was encrypted to it cannot be read here",
            "handoff join, which makes a new one and says so on this machine's card",
        ),
    }
}

/// Looks at one mailroom.
struct RoomLook<'a> {
    environment: &'a Environment,
    git: Option<&'a Git>,
    people: Option<&'a People>,
    worktree: PathBuf,
    is_here: bool,
}

impl RoomLook<'_> {
    fn at(self, joined: &Joined) -> RoomOverview {
        let mut findings = Vec::new();
        self.look_at_remote(joined, &mut findings);
        self.look_at_recipients(joined, &mut findings);
        let mut under_way = 0;
        if let Ok(Some(store)) = self.environment.store().map(|path| Dir::open(&path).ok().flatten()) {
            under_way = self.look_at_records(joined, &store, &mut findings);
        }
        self.look_at_notice(joined, &mut findings);
        let (worktree, is_here, remote) = (self.worktree, self.is_here, joined.place().to_owned());
        RoomOverview { worktree, is_here, remote, under_way, findings }
    }

    /// The command `line`, run in the repository.
    fn command(&self, line: &str) -> String {
        if self.is_here { line.to_owned() } else { format!("cd {} && {line}", quoted(&self.worktree)) }
    }

    fn look_at_remote(&self, joined: &Joined, findings: &mut Vec<Finding>) {
        let remote = Sanitised::line(joined.remote.as_bytes(), MAX_NAME_BYTES);
        if !handoff_files::is_directory(&self.worktree) {
            findings.push(Finding::problem(
                "the repository is gone from there; letters that wait for it wait still",
                "handoff join where it is now",
            ));
            return;
        }
        let Some(git) = self.git else { return };
        let Ok(url) = joined::url(git, &self.worktree, &joined.remote) else {
            findings.push(Finding::problem(
                format!("there is no remote {remote} any more, so no letter comes or goes"),
                self.command("handoff join --remote NAME"),
            ));
            return;
        };
        let Ok(identity) = Identity::of(git, &self.worktree) else {
            findings.push(Finding::problem(
                "git does not know who you are there, so no letter comes or goes",
                self.command("git config user.email MAIL"),
            ));
            return;
        };
        let address = joined::address(git, &self.worktree, &url, &identity.mail);
        if address.is_ok_and(|address| !joined.address.is_empty() && address != joined.address) {
            findings.push(Finding::problem(
                MailroomError::Changed { remote: remote.to_string(), again: joined.again() }.to_string(),
                self.command(&joined.again()),
            ));
        }
    }

    /// Gives how many letters are queued or under way.
    fn look_at_records(&self, joined: &Joined, store: &Dir, findings: &mut Vec<Finding>) -> usize {
        let root = store.child(DIRECTORY).ok().flatten();
        let Some(dir) = root.and_then(|root| root.child(joined.key()).ok().flatten()) else {
            findings.push(Finding::problem(
                "its mailroom in the store is gone: of letters that were under way nothing is known here",
                self.command("handoff join"),
            ));
            return 0;
        };
        let head = dir.path_of("mail.git").join("HEAD");
        if !handoff_files::is_file(&head) {
            findings.push(Finding::problem(
                format!("{} is gone, and with it what was queued", Sanitised::path(&head)),
                self.command("handoff sync"),
            ));
        }
        let unreadable = |error: MailroomError| match error {
            MailroomError::Record { path, .. } => Finding::problem(
                format!(
                    "{} is not as this program writes it, so nothing is sent or taken",
                    Sanitised::path(&path)
                ),
                format!("rm {}", quoted(&path)),
            ),
            error => Finding::problem(error.to_string(), format!("ls -la {}", quoted(dir.path()))),
        };
        let outs: Vec<(LetterId, Out)> = records::all(&dir, OUT).unwrap_or_else(|error| {
            findings.push(unreadable(error));
            Vec::new()
        });
        findings.extend(outs.iter().filter_map(|(id, out)| self.look_at_out(id, out)));
        match records::all::<Claim>(&dir, JOURNAL) {
            Ok(claims) => {
                findings.extend(claims.iter().take(MAX_CLAIMS).map(|(id, claim)| self.claim(id, claim)));
                if claims.len() > MAX_CLAIMS {
                    let more = counted(claims.len() - MAX_CLAIMS, "more letter");
                    let text = format!("the same holds for {more}");
                    findings.push(Finding::problem(text, self.command("handoff pull")));
                }
            }
            Err(error) => findings.push(unreadable(error)),
        }
        match sweep::many_refs(&dir) {
            Ok(None) => {}
            Ok(Some(refs)) => findings.push(self.many_refs(joined, refs)),
            Err(error) => findings.push(unreadable(error)),
        }
        outs.len()
    }

    /// What is wrong with a letter that is being taken or given back.
    fn claim(&self, id: &LetterId, claim: &Claim) -> Finding {
        let id = id.short();
        let text = match (claim.returning, &claim.done) {
            (true, _) => format!("letter {id} is being given back, and the remote did not confirm it yet"),
            (false, Some(_)) => format!("letter {id} was taken here, and its sender was not told yet"),
            (false, None) => format!("the taking of letter {id} was not finished"),
        };
        Finding::problem(text, self.command("handoff pull"))
    }

    fn many_refs(&self, joined: &Joined, refs: usize) -> Finding {
        let remote = Sanitised::line(joined.place().as_bytes(), MAX_NAME_BYTES);
        let so = if refs > MAX_REFS {
            format!("more than {MAX_REFS}, so no letter goes out")
        } else {
            format!("and each `git push` to it lists them all; above {MAX_REFS} no letter goes out")
        };
        Finding::problem(
            format!("{remote} had {refs} refs of letters when they were counted last, {so}"),
            self.command("handoff mail, then handoff recall LETTER for those that nobody takes"),
        )
    }

    /// Who could not read an encrypted letter, where letters have to be.
    fn look_at_recipients(&self, joined: &Joined, findings: &mut Vec<Finding>) {
        let Some(people) = self.people.filter(|_| !joined.is_private()) else { return };
        let remote = Sanitised::line(joined.place().as_bytes(), MAX_NAME_BYTES);
        for person in people.iter() {
            let unable: Vec<_> = person.keys.iter().filter(|key| key.recipient().is_none()).collect();
            let Some(first) = unable.first() else { continue };
            let name = &person.name;
            let machine = if first.machine.is_empty() { "a machine" } else { &first.machine };
            let text = if unable.len() == person.keys.len() {
                format!(
                    "no age key of {name} is known, and letters through {remote} are encrypted: none can go to {name}"
                )
            } else {
                format!(
                    "the age key of {name}'s {machine} is not known, so it can read no letter through {remote}"
                )
            };
            findings.push(Finding::problem(
                text,
                self.command(&format!(
                    "handoff join, once it was run there with this version; or handoff people add {name} --key FILE"
                )),
            ));
        }
    }

    /// What is wrong with a letter that goes out.
    fn look_at_out(&self, id: &LetterId, out: &Out) -> Option<Finding> {
        let now = Timestamp::now();
        let ago = |at: i64| age(Timestamp::from_seconds(at), now);
        let since = |at: i64| now.seconds().saturating_sub(at);
        let title = Sanitised::line(out.title.as_bytes(), 120);
        let letter = format!("letter {} \"{title}\"", id.short());
        match (&out.refused, &out.taken, out.state) {
            (Some(said), ..) => {
                let said = Sanitised::line(said.as_bytes(), MAX_SAID_BYTES);
                Some(Finding::problem(
                    format!("{letter} was refused: {said}"),
                    self.command(&format!("handoff sync, or handoff recall {}", id.short())),
                ))
            }
            (None, Some(By { who, at }), _) if since(*at) > UNCONFIRMED_AFTER_SECS => {
                let who = Sanitised::line(who.as_bytes(), 120);
                Some(Finding::problem(
                    format!("{letter} was taken by {who} {}, and is not confirmed", ago(*at)),
                    self.command(&format!("handoff push --reoffer {}", id.short())),
                ))
            }
            (None, None, OutState::Queued) if since(out.at) > STUCK_AFTER_SECS => Some(Finding::problem(
                format!("{letter} is queued, {}, and did not go out", ago(out.at)),
                self.command("handoff sync"),
            )),
            _ => None,
        }
    }

    fn look_at_notice(&self, joined: &Joined, findings: &mut Vec<Finding>) {
        let store = self.environment.store().ok().and_then(|path| Store::open(&path).ok().flatten());
        let inbox = store.and_then(|store| store.inbox(&Address::of(&self.worktree)).ok().flatten());
        let notice: Option<Notice> =
            inbox.and_then(|inbox| inbox.mail_notice()).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(failed) = notice.map(|notice| notice.failed).filter(|failed| *failed >= MANY_FAILED_LOOKS)
        {
            let remote = Sanitised::line(joined.place().as_bytes(), MAX_NAME_BYTES);
            findings.push(Finding::problem(
                format!("the last {failed} looks at {remote} failed"),
                format!("{}   # says why", self.command("handoff sync")),
            ));
        }
    }
}

/// A worktree of the repository whose shared directory is `common`; that itself where it is bare.
fn worktree_of(common: &Path) -> PathBuf {
    match common.parent() {
        Some(top) if common.ends_with(".git") => top.to_owned(),
        _ => common.to_owned(),
    }
}
