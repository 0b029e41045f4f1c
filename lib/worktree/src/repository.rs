//! An open repository: HEAD.

use std::cell::OnceCell;
use std::path::Path;

use gix::ObjectId;
use gix::open::{Options, Permissions};
use gix::prelude::ObjectIdExt as _;
use gix::sec::Permission;

use crate::ask;

/// A repository whose data can be read.
#[derive(Debug)]
pub struct Repository {
    pub(crate) gix: gix::Repository,
    /// What git says of HEAD, where it had to be asked.
    asked: OnceCell<Option<Resolved>>,
}

/// What HEAD is.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The branch's short name; `HEAD` when none is checked out.
    pub(crate) branch: String,
    /// The commit; None before the first one.
    pub(crate) commit: Option<ObjectId>,
}

/// What is checked out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The branch's short name; `HEAD` when none is checked out, as git itself says; None when it cannot be read.
    pub branch: Option<String>,
    /// The commit's id as `git rev-parse --short HEAD` prints it; None before the first commit.
    pub short: Option<String>,
}

impl Repository {
    pub(crate) fn open(git_dir: &Path) -> Option<Self> {
        let options = Options::default()
            .permissions(permissions())
            .open_path_as_is(true)
            // Git does not check the index's sum when it reads it either; it is a tenth of the time that counting takes.
            .config_overrides(["index.skipHash=true"]);
        let mut gix = gix::open_opts(git_dir, options).ok()?;
        // Walking history looks the same trees and commits up again and again.
        gix.object_cache_size_if_unset(1 << 20);
        Some(Self { gix, asked: OnceCell::new() })
    }

    /// What is checked out now.
    pub fn head(&self) -> Head {
        let Some(Resolved { branch, commit }) = self.resolved() else { return Head::default() };
        let short = commit.map(|id| id.attach(&self.gix).shorten_or_id().to_string());
        Head { branch: Some(branch), short }
    }

    /// What HEAD is. Gitoxide reads no references in a reftable, so git is asked of those.
    pub(crate) fn resolved(&self) -> Option<Resolved> {
        if let Ok(head) = self.gix.head() {
            let branch =
                head.referent_name().map_or_else(|| "HEAD".to_owned(), |name| name.shorten().to_string());
            return Some(Resolved { branch, commit: head.id().map(gix::Id::detach) });
        }
        let storage = self.gix.config_snapshot().string("extensions.refStorage")?;
        let is_reftable = storage.eq_ignore_ascii_case(b"reftable");
        self.asked.get_or_init(|| is_reftable.then(|| ask::head(self.gix.git_dir())).flatten()).clone()
    }

    /// Whether it has no working tree of its own.
    pub fn is_bare(&self) -> bool {
        self.gix.is_bare()
    }
}

/// All of the user's configuration, none of git's environment variables: `GIT_OBJECT_DIRECTORY` or `GIT_CONFIG_COUNT`
/// from somebody else's hook must not change what is read here.
fn permissions() -> Permissions {
    let mut permissions = Permissions::secure();
    permissions.config.env = false;
    permissions.env.git_prefix = Permission::Deny;
    permissions.env.objects = Permission::Deny;
    permissions.env.identity = Permission::Deny;
    permissions.env.http_transport = Permission::Deny;
    permissions.env.ssh_prefix = Permission::Deny;
    permissions.env.other = Permission::Deny;
    permissions
}
