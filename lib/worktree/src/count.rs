//! How many commits each of two histories has that the other has not.
//!
//! gix's own walk with hidden tips stops while a commit of both histories may still look like one of a single history,
//! when several commits have the same second. This is the walk of `git rev-list --left-right --count`.

use gix::revwalk::graph::Commit;
use gix::{ObjectId, revwalk};

/// One of the two histories; a commit of both has both bits.
type Sides = u8;
const LEFT: Sides = 1;
const RIGHT: Sides = 2;
const BOTH: Sides = LEFT | RIGHT;

/// When only commits of both histories are left and all are older than any that counts, this many more are looked at:
/// a clock that ran backwards may have put a child behind its parent. The number is git's.
const SLOP: u32 = 5;

#[derive(Default)]
struct Mark {
    sides: Sides,
    walked: bool,
}

struct Walk<'repo, 'cache> {
    graph: revwalk::Graph<'repo, 'cache, Commit<Mark>>,
    /// Newest first, each commit once.
    queue: revwalk::PriorityQueue<i64, ObjectId>,
    /// How many in the queue belong to one history alone.
    open: usize,
    /// What the outermost commits of a shallow clone descend from is not known.
    outermost: Option<gix::shallow::Commits>,
}

/// How many commits `left` has that `right` has not, and the other way; None when that cannot be said, as where the
/// history ends early in a shallow clone.
pub(crate) fn left_right(repo: &gix::Repository, left: ObjectId, right: ObjectId) -> Option<(usize, usize)> {
    let cache = repo.commit_graph_if_enabled().ok().flatten();
    let outermost = repo.shallow_commits().ok()?;
    let queue = revwalk::PriorityQueue::new();
    let mut walk = Walk { graph: repo.revision_graph(cache.as_ref()), queue, open: 0, outermost };
    walk.reach(left, LEFT)?;
    walk.reach(right, RIGHT)?;
    walk.run()?;
    walk.counts()
}

impl Walk<'_, '_> {
    fn run(&mut self) -> Option<()> {
        let (mut slop, mut oldest) = (SLOP, i64::MAX);
        while let Some((date, id)) = self.queue.pop() {
            let commit = self.graph.get_mut(&id)?;
            commit.data.walked = true;
            let sides = commit.data.sides;
            if sides != BOTH {
                self.open -= 1;
                oldest = oldest.min(date);
            }
            for parent in self.parents(id)? {
                self.reach(parent, sides)?;
            }
            let newer_ones_left = self.queue.peek().is_some_and(|(next, _)| *next >= oldest);
            slop = if self.open > 0 || newer_ones_left { SLOP } else { slop - 1 };
            if slop == 0 {
                break;
            }
        }
        Some(())
    }

    /// Marks a commit as one of `sides`, and with it whatever was walked below it before that was known.
    fn reach(&mut self, id: ObjectId, sides: Sides) -> Option<()> {
        let mut reached = vec![id];
        while let Some(id) = reached.pop() {
            let commit = self.graph.get_or_insert_full_commit(id, |_| {}).ok()??;
            let before = commit.data.sides;
            let after = before | sides;
            if before == after {
                continue;
            }
            commit.data.sides = after;
            if commit.data.walked {
                reached.extend(self.parents(id)?);
                continue;
            }
            if before == 0 {
                self.queue.insert(commit.commit_time, id);
            } else {
                self.open -= 1;
            }
            self.open += usize::from(after != BOTH);
        }
        Some(())
    }

    fn parents(&self, id: ObjectId) -> Option<impl Iterator<Item = ObjectId> + use<>> {
        let known = !self.is_outermost(&id);
        Some(self.graph.get(&id)?.parents.clone().into_iter().filter(move |_| known))
    }

    fn is_outermost(&self, id: &ObjectId) -> bool {
        self.outermost.as_ref().is_some_and(|outermost| outermost.contains(id))
    }

    fn counts(self) -> Option<(usize, usize)> {
        let (mut left, mut right) = (0, 0);
        let outermost = self.outermost;
        for (id, commit) in self.graph.detach() {
            if commit.data.sides == BOTH {
                continue;
            }
            if outermost.as_ref().is_some_and(|outermost| outermost.contains(&id)) {
                return None;
            }
            *(if commit.data.sides == LEFT { &mut left } else { &mut right }) += 1;
        }
        Some((left, right))
    }
}
