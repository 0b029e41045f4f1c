//! A handoff is archived on evidence that a session used it, and on nothing else: by simulated hosts, whose processes and
//! transcripts are real.

mod answers;
mod hosts;
mod lifecycle;
mod neighbours;
mod records;
mod stores;
mod system;
mod transcripts;
mod unattended;
mod verbs;

use std::path::PathBuf;

use tests::{BODY, Claude, Ran, World};

use crate::support::{Block, Message, context_of};

/// What [`BODY`] is called.
const TITLE: &str = "Auth refactor";

/// A world with a repository in whose inbox something waits.
struct Desk {
    world: World,
    repo: PathBuf,
}

impl Desk {
    /// With one handoff, [`BODY`].
    fn new() -> Self {
        let desk = Self::empty();
        desk.world.write(&desk.repo, &["--topic", "auth"], BODY);
        desk
    }

    fn empty() -> Self {
        let world = World::new();
        let repo = world.repo("app");
        Self { world, repo }
    }

    /// A session that starts, and what its hook printed.
    fn start(&self, session: &str) -> (Claude<'_>, Ran) {
        Claude::started(&self.world, &self.repo, session)
    }

    /// A session that is given the one handoff in full.
    #[track_caller]
    fn given(&self, session: &str) -> Claude<'_> {
        let (claude, ran) = self.start(session);
        assert_eq!(titles(&ran), [TITLE]);
        claude
    }

    fn inbox(&self, args: &[&str]) -> Ran {
        self.world.run("inbox", &self.repo, args, "")
    }

    /// How many are unread and how many archived, once the offers are settled.
    #[track_caller]
    fn counts(&self) -> (usize, usize) {
        self.inbox(&["settle"]).is_silent();
        (self.world.names(&self.repo, "unread").len(), self.world.names(&self.repo, "read").len())
    }

    /// Fails unless the one handoff waits, and the next session is given it and told of the offer to `session`.
    #[track_caller]
    fn waits_again(&self, session: &str) {
        assert_eq!(self.counts(), (1, 0));
        let (_next, ran) = self.start("the-next");
        assert_eq!(titles(&ran), [TITLE]);
        assert_eq!(before(message(&ran).only()).as_deref(), Some(session));
        assert_eq!(self.counts(), (1, 0));
    }

    /// Fails unless the one handoff was delivered to `session`, and no later session is told anything.
    #[track_caller]
    fn is_delivered(&self, session: &str) {
        self.start("a-later").1.is_silent();
        assert_eq!(self.counts(), (0, 1));
        assert_eq!(self.archived_field("received_by").as_deref(), Some(session));
        assert_eq!(self.world.names(&self.repo, "offers"), [""; 0], "the record is no longer needed");
    }

    /// A field of the one archived handoff.
    #[track_caller]
    fn archived_field(&self, name: &str) -> Option<String> {
        let content = crate::support::only_content(&self.world, &self.repo, "read");
        handoff_document::Document::parse(&content).field(name).map(str::to_owned)
    }

    /// The record of the only offered handoff.
    #[track_caller]
    fn record(&self) -> PathBuf {
        crate::support::only_file(&self.world, &self.repo, "offers")
    }
}

/// The full frame that a hook printed.
#[track_caller]
fn message(ran: &Ran) -> Message {
    Message::of(&context_of(ran).0)
}

#[track_caller]
fn titles(ran: &Ran) -> Vec<String> {
    message(ran).titles().into_iter().map(str::to_owned).collect()
}

/// The one line that a hook printed, the same for the session and its person.
#[track_caller]
fn line(ran: &Ran) -> String {
    let (text, summary) = context_of(ran);
    let line = text.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {text:?}"));
    assert!(!line.contains('\n') && line.starts_with("agent-handoff: "), "{text}");
    assert!(line == summary || summary.ends_with('…'), "{text}{summary}");
    line.to_owned()
}

/// The session that a handoff was offered to before, when its header says so, word for word.
#[track_caller]
fn before(block: &Block) -> Option<String> {
    let line = block.header.iter().find_map(|line| line.strip_prefix("offered before: "))?;
    let (time, rest) = line.split_once(", session ").unwrap();
    assert!(handoff_document::Timestamp::parse(time).is_some(), "{line}");
    Some(rest.strip_suffix(", no sign that it was read").unwrap_or_else(|| panic!("{line}")).to_owned())
}
