//! Which handoffs there are, in every inbox, without touching any.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_address::Address;
use handoff_delivery::{Ledger, Looker, Standing};
use handoff_document::{Document, Timestamp, age};
use handoff_files::FileError;
use handoff_inbox_view::{Place, Row, Shelf, State};
use handoff_process::{Environment, Failure};
use handoff_store::{Inbox, Store, StoreError, Waiting, is_elsewhere};
use handoff_text::Sanitised;

/// How much of an archived handoff is read for its title and for search, in bytes.
const READ: u64 = 16 << 10;

/// The most archived handoffs of one inbox that are shown, the newest.
const MAX_ARCHIVED: usize = 1000;

/// For how long it is not asked again how an offered handoff stands: that may take reading a transcript.
const STANDING_FOR: Duration = Duration::from_secs(5);

/// What a handoff says of itself, as far as a line and a search need it.
#[derive(Clone)]
struct Said {
    title: String,
    from: String,
    created: Option<Timestamp>,
    to_path: Option<PathBuf>,
    is_acknowledged: bool,
    words: String,
}

impl Said {
    fn of(content: &[u8], file: &OsStr) -> Self {
        let document = Document::parse(content);
        let file = Sanitised::line(file.as_encoded_bytes(), 255);
        let created = document.field("created").and_then(Timestamp::parse);
        Self {
            title: document.title().map_or_else(|| file.to_string(), |title| title.into_owned()),
            from: document.field("from").unwrap_or("unknown").to_owned(),
            created: created.or_else(|| Timestamp::parse_compact(file.as_bytes())),
            to_path: document.field("to_path").map(PathBuf::from),
            is_acknowledged: document.field("acknowledged") == Some("true"),
            words: format!("{file}\n{}", String::from_utf8_lossy(document.body())).to_lowercase(),
        }
    }
}

/// A handoff that was listed.
pub(super) struct Listed {
    pub(super) title: String,
    /// The worktree that it is for, where that is known.
    pub(super) worktree: Option<PathBuf>,
    /// As it waits, when it is unread.
    pub(super) waiting: Option<Waiting>,
}

/// Every inbox, as one user in one worktree sees it.
pub(super) struct Shelves<'e> {
    environment: &'e Environment,
    top: PathBuf,
    address: Address,
    store: PathBuf,
    inboxes: Vec<Inbox>,
    listed: HashMap<Place, Listed>,
    /// What archived ones say, with the time of their last change: they seldom change.
    archived: HashMap<Place, (Option<i64>, Said)>,
    standings: HashMap<Place, (Instant, State)>,
}

impl<'e> Shelves<'e> {
    pub(super) fn new(environment: &'e Environment, top: &Path) -> Result<Self, Failure> {
        Ok(Self {
            environment,
            top: top.to_owned(),
            address: Address::of(top),
            store: environment.store()?,
            inboxes: Vec::new(),
            listed: HashMap::new(),
            archived: HashMap::new(),
            standings: HashMap::new(),
        })
    }

    /// The worktree that the user is in.
    pub(super) fn top(&self) -> &Path {
        &self.top
    }

    /// Its name.
    pub(super) fn key(&self) -> &str {
        self.address.key()
    }

    pub(super) fn environment(&self) -> &Environment {
        self.environment
    }

    /// The handoff at `place` as it was listed, and its inbox.
    pub(super) fn find(&self, place: &Place) -> Option<(&Inbox, &Listed)> {
        let inbox = self.inboxes.iter().find(|inbox| name_of(inbox) == place.inbox)?;
        Some((inbox, self.listed.get(place)?))
    }

    /// Asks anew how unread handoffs stand.
    pub(super) fn forget_standings(&mut self) {
        self.standings.clear();
    }

    /// All handoffs, newest first.
    pub(super) fn rows(&mut self) -> Result<Vec<Row>, StoreError> {
        let store = Store::open(&self.store)?;
        self.inboxes = store.map(|store| store.inboxes()).transpose()?.unwrap_or_default();
        self.listed.clear();
        let now = Timestamp::now();
        let mut rows: Vec<(Option<Timestamp>, Row)> = Vec::new();
        let inboxes = std::mem::take(&mut self.inboxes);
        let read = inboxes.iter().try_for_each(|inbox| {
            rows.extend(self.of_inbox(inbox, now)?);
            Ok::<(), StoreError>(())
        });
        self.inboxes = inboxes;
        read?;
        rows.sort_by(|(one, first), (other, second)| {
            let seconds = |at: &Option<Timestamp>| at.map(Timestamp::seconds);
            seconds(other).cmp(&seconds(one)).then_with(|| second.place.cmp(&first.place))
        });
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn of_inbox(
        &mut self,
        inbox: &Inbox,
        now: Timestamp,
    ) -> Result<Vec<(Option<Timestamp>, Row)>, StoreError> {
        let place = |shelf, file: &OsStr| Place { inbox: name_of(inbox), shelf, file: file.to_owned() };
        let mut found: Vec<(Place, Option<Waiting>, State, Said)> = Vec::new();
        let looker = Looker::outside(self.environment);
        let ledger = Ledger::observe(inbox, &looker)?;
        for waiting in inbox.waiting()?.handoffs {
            let place = place(Shelf::Unread, waiting.name());
            let content = match inbox.peek(&waiting) {
                Ok(content) => content,
                Err(error) if is_gone(&error) => continue,
                Err(error) => error.to_string().into_bytes(),
            };
            let state = self.state(&ledger, &place, &waiting);
            let said = Said::of(&content, waiting.name());
            found.push((place, Some(waiting), state, said));
        }
        for file in inbox.archived()?.into_iter().take(MAX_ARCHIVED) {
            let place = place(Shelf::Archived, &file);
            let Some(said) = self.said(inbox, &place) else { continue };
            let state = if said.is_acknowledged { State::Acknowledged } else { State::Archived };
            found.push((place, None, state, said));
        }
        let own = own_path(inbox, &found);
        let is_ours = (inbox.slug(), inbox.key()) == (self.address.slug(), self.address.key());
        Ok(found
            .into_iter()
            .map(|(place, waiting, state, said)| {
                let is_for = |top: &Path| !is_for_another(&said, top);
                let is_here = is_ours && is_for(&self.top);
                let worktree = match &own {
                    _ if is_here => Some(self.top.clone()),
                    Some(own) if is_for(own) => Some(own.clone()),
                    _ => said.to_path.clone(),
                };
                let listed = Listed { title: said.title.clone(), worktree, waiting };
                self.listed.insert(place.clone(), listed);
                let age = said.created.map_or_else(|| "?".to_owned(), |then| age(then, now));
                let to = inbox.key().to_owned();
                let Said { title, from, created, words, .. } = said;
                let age = age.replace("just now", "now");
                (created, Row { place, state, title, from, to, is_here, age, words })
            })
            .collect())
    }

    /// How an unread handoff stands, asked anew from time to time.
    fn state(&mut self, ledger: &Ledger<'_>, place: &Place, waiting: &Waiting) -> State {
        if let Some((at, state)) = self.standings.get(place)
            && at.elapsed() < STANDING_FOR
        {
            return *state;
        }
        let state = match ledger.standing(waiting) {
            // Without an offer there is nothing to read, so that a new one is seen at once.
            Standing::Waiting(past) if past.offered.is_none() => return State::Waiting,
            Standing::Waiting(_) => State::Waiting,
            Standing::OnOffer { .. } | Standing::Delivered(_) => State::Offered,
        };
        self.standings.insert(place.clone(), (Instant::now(), state));
        state
    }

    /// What an archived handoff says; `None` when it is gone or cannot be read.
    fn said(&mut self, inbox: &Inbox, place: &Place) -> Option<Said> {
        let changed = inbox.archived_at(&place.file);
        if let Some((at, said)) = self.archived.get(place)
            && *at == changed
        {
            return Some(said.clone());
        }
        let content = inbox.read_archived(&place.file, READ).ok()?;
        let said = Said::of(&content, &place.file);
        self.archived.insert(place.clone(), (changed, said.clone()));
        Some(said)
    }
}

/// An inbox as a place names it.
fn name_of(inbox: &Inbox) -> String {
    inbox.path().to_string_lossy().into_owned()
}

/// The worktree of an inbox, as the newest handoff in it says that names one of this address.
fn own_path(inbox: &Inbox, found: &[(Place, Option<Waiting>, State, Said)]) -> Option<PathBuf> {
    let is_own = |path: &&PathBuf| {
        let address = Address::of(path);
        (address.slug(), address.key()) == (inbox.slug(), inbox.key())
    };
    found.iter().filter_map(|(.., said)| said.to_path.as_ref()).find(is_own).cloned()
}

/// Whether a handoff in the inbox of `top` is for another worktree that has the same inbox.
fn is_for_another(said: &Said, top: &Path) -> bool {
    let Some(to) = said.to_path.as_ref().and_then(|path| path.to_str()) else { return false };
    if Path::new(to) == top {
        return false;
    }
    let front = format!("---\nto_path: {}\n---\n", handoff_document::yaml::scalar(to));
    is_elsewhere(&Document::parse(front.as_bytes()), top)
}

fn is_gone(error: &FileError) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}
