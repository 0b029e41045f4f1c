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
use super::{DIRECTORY, Mailroom, MailroomError};
use crate::git::Git;
use crate::identity::Identity;
use crate::machine::Machine;
use crate::people::People;
use handoff_capturing::Project;

/// A letter that is queued for longer is stuck: the background tries every minute at first.
const STUCK_AFTER_SECS: i64 = 600;
/// One that was taken and is not confirmed for longer is lost at the taker's: a day.
const UNCONFIRMED_AFTER_SECS: i64 = 86_400;
/// After so many failed looks in a row something has to be done about it.
const MANY_FAILED_LOOKS: u32 = 3;
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
        overview.look_at_people(&state);
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
                RoomLook { environment: project.environment, git: git.as_ref(), worktree, is_here }
                    .at(&joined),
            );
        }
        Ok(overview)
    }

    fn look_at_people(&mut self, state: &StateDir) {
        if let Err(error) = Machine::check(state) {
            let key = quoted(&state.path().join("letter-key"));
            self.findings.push(Finding::problem(
                format!("this machine's key cannot be used: {error}"),
                format!("rm {key}, then handoff join; the people who know this machine add its new key"),
            ));
        }
        match People::read(state) {
            Ok(people) => {
                for person in people.iter() {
                    if person.keys.is_empty() {
                        let name = &person.name;
                        let text = format!("no key of {name} is known, so no letter of theirs is taken");
                        self.findings.push(Finding::problem(
                            text,
                            format!("handoff people add {name} --card MACHINE"),
                        ));
                    }
                    self.people.push(person.name.clone());
                    let named = person.keys.iter().map(|key| key.machine.clone());
                    self.machines.extend(named.filter(|machine| !machine.is_empty()));
                }
                self.machines.sort_unstable();
                self.machines.dedup();
            }
            Err(error) => {
                let file = quoted(&state.path().join("people.json"));
                self.findings.push(Finding::problem(error.to_string(), format!("$EDITOR {file}")));
            }
        }
    }
}

/// Looks at one mailroom.
struct RoomLook<'a> {
    environment: &'a Environment,
    git: Option<&'a Git>,
    worktree: PathBuf,
    is_here: bool,
}

impl RoomLook<'_> {
    fn at(self, joined: &Joined) -> RoomOverview {
        let mut findings = Vec::new();
        self.look_at_remote(joined, &mut findings);
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
        let remote = Sanitised::line(joined.remote.as_bytes(), 100);
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
            Ok(claims) if claims.is_empty() => {}
            Ok(claims) => findings.push(Finding::problem(
                format!("the taking of {} was not finished", counted(claims.len(), "letter")),
                self.command("handoff pull"),
            )),
            Err(error) => findings.push(unreadable(error)),
        }
        outs.len()
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
            let remote = Sanitised::line(joined.place().as_bytes(), 100);
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
