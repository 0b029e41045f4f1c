//! How far a worktree has moved from the commit that a handoff was written at.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use gix::bstr::BStr;
use gix::diff::tree::{Recorder, Visit, visit};
use gix::{Commit, ObjectId};

use crate::count;
use crate::repository::Repository;

/// More are not told apart: what matters then is only that it is far.
const MOST_COMMITS: usize = 1000;

/// More changed files than these are not collected.
const MOST_FILES: usize = 1000;

/// How HEAD relates to another commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is that commit.
    Same,
    /// It has this many commits more.
    Ahead(Count),
    /// It has this many commits fewer.
    Behind(Count),
    /// Both have commits that the other has not.
    Diverged {
        /// HEAD's.
        ahead: Count,
        /// The other's.
        behind: Count,
    },
    /// This repository has no such commit any more: it was rewritten away, or never fetched here.
    Gone,
    /// The history between them cannot be read, as in a shallow clone, or the id fits several commits.
    Unclear,
}

/// A number of commits, counted up to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(usize);

impl Count {
    /// The number; 1,001 stands for more than 1,000.
    pub fn number(self) -> usize {
        self.0
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(commits) = self;
        match commits {
            1 => write!(f, "1 commit"),
            0..=MOST_COMMITS => write!(f, "{commits} commits"),
            _ => write!(f, "over {MOST_COMMITS} commits"),
        }
    }
}

/// What changed since a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// How HEAD relates to it.
    pub relation: Relation,
    /// Which files are not the same; None when that cannot be said.
    pub files: Option<Touched>,
}

/// The files that differ between two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Their paths from the top, in git's order.
    pub changed: Vec<String>,
    /// Of how many: the handoff's own touched files; None when it named none and all files were compared.
    pub of: Option<usize>,
}

impl Repository {
    /// How HEAD relates to the commit that `id` names, a full or abbreviated hex id, and which of the files `touched`
    /// (paths from the top) are different now; all files when it is empty. None when `id` is no commit id at all, as
    /// `unknown` is none.
    pub fn drift(&self, id: &str, touched: &[String]) -> Option<Drift> {
        let (relation, commits) = self.locate(id)?;
        let files = commits.and_then(|(head, then)| self.changed(then, head, touched));
        Some(Drift { relation, files })
    }

    /// The relation alone, without looking at files.
    pub fn relation_to(&self, id: &str) -> Option<Relation> {
        self.locate(id).map(|(relation, _)| relation)
    }

    /// The relation, and HEAD and the other commit where they differ and are known.
    fn locate(&self, id: &str) -> Option<(Relation, Option<(ObjectId, ObjectId)>)> {
        let is_id = id.len() >= 4 && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id {
            return None;
        }
        let head = self.resolved()?.commit?;
        if head.to_string().starts_with(&id.to_ascii_lowercase()) {
            return Some((Relation::Same, None));
        }
        Some(match self.commit(id) {
            Lookup::One(then) => (self.relation(head, then), Some((head, then))),
            Lookup::None => (Relation::Gone, None),
            Lookup::Several => (Relation::Unclear, None),
        })
    }

    fn commit(&self, id: &str) -> Lookup {
        // Of its own, gitoxide takes any id of up to 40 digits for one of SHA-1, and finds no loose SHA-256 object by it.
        let digits = self.gix.object_hash().len_in_hex();
        let padded = format!("{:0<digits$}", id.to_ascii_lowercase());
        let Ok(padded) = ObjectId::from_hex(padded.as_bytes()) else { return Lookup::None };
        let Ok(prefix) = gix::hash::Prefix::new(&padded, id.len()) else { return Lookup::None };
        match self.gix.objects.lookup_prefix(prefix, None) {
            Ok(Some(Ok(id))) => self.peel(id).map_or(Lookup::None, Lookup::One),
            Ok(Some(Err(()))) => Lookup::Several,
            Ok(None) | Err(_) => Lookup::None,
        }
    }

    fn peel(&self, id: ObjectId) -> Option<ObjectId> {
        Some(self.gix.find_object(id).ok()?.peel_to_kind(gix::object::Kind::Commit).ok()?.id)
    }

    fn relation(&self, head: ObjectId, then: ObjectId) -> Relation {
        let count = |commits: usize| Count(commits.min(MOST_COMMITS + 1));
        match count::left_right(&self.gix, head, then) {
            Some((0, 0)) => Relation::Same,
            Some((ahead, 0)) => Relation::Ahead(count(ahead)),
            Some((0, behind)) => Relation::Behind(count(behind)),
            Some((ahead, behind)) => Relation::Diverged { ahead: count(ahead), behind: count(behind) },
            None => Relation::Unclear,
        }
    }

    fn changed(&self, then: ObjectId, head: ObjectId, touched: &[String]) -> Option<Touched> {
        let (then, head) = (self.gix.find_commit(then).ok()?, self.gix.find_commit(head).ok()?);
        if touched.is_empty() {
            return Some(Touched { changed: self.all_changed(&then, &head)?, of: None });
        }
        let entry = |commit: &Commit<'_>, path: &str| {
            let found = commit.tree().ok()?.lookup_entry_by_path(Path::new(path)).ok()?;
            Some(found.map(|entry| (entry.oid().to_owned(), entry.mode())))
        };
        let differs = |path: &&String| entry(&then, path) != entry(&head, path);
        let changed = touched.iter().filter(differs).cloned().collect();
        Some(Touched { changed, of: Some(touched.len()) })
    }

    /// Compares whole trees; files below a changed directory only, never the directory itself.
    fn all_changed(&self, then: &Commit<'_>, head: &Commit<'_>) -> Option<Vec<String>> {
        let (then, head) = (then.tree().ok()?, head.tree().ok()?);
        let mut changes = Changes { paths: Recorder::default(), changed: Vec::new() };
        let mut state = gix::diff::tree::State::default();
        let (left, right) = (
            gix::objs::TreeRefIter::from_bytes(&then.data, then.id.kind()),
            gix::objs::TreeRefIter::from_bytes(&head.data, head.id.kind()),
        );
        let compared = gix::diff::tree(left, right, &mut state, &self.gix.objects, &mut changes);
        // Changes come level by level.
        changes.changed.sort_unstable();
        // Stopped at the limit, what was collected still holds.
        (compared.is_ok() || changes.changed.len() >= MOST_FILES).then_some(changes.changed)
    }
}

enum Lookup {
    One(ObjectId),
    None,
    Several,
}

/// Collects the paths of changed files up to the limit; following the paths is the recorder's work.
struct Changes {
    paths: Recorder,
    changed: Vec<String>,
}

impl Visit for Changes {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.paths.pop_front_tracked_path_and_set_current();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.paths.push_back_tracked_path_component(component);
    }

    fn push_path_component(&mut self, component: &BStr) {
        self.paths.push_path_component(component);
    }

    fn pop_path_component(&mut self) {
        self.paths.pop_path_component();
    }

    fn visit(&mut self, change: visit::Change) -> ControlFlow<()> {
        if change.entry_mode().is_no_tree() {
            self.changed.push(self.paths.path().to_string());
        }
        if self.changed.len() < MOST_FILES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
