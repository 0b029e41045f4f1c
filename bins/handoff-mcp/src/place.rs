//! Which worktree a client means.
#![expect(
    deprecated,
    reason = "roots are on their way out of the protocol; clients that have them have nothing else"
)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use handoff_process::Environment;
use percent_encoding::percent_decode_str;
use rmcp::RoleServer;
use rmcp::model::ProtocolVersion;
use rmcp::service::RequestContext;

/// How long a client may take to name its roots.
const ROOTS_TIMEOUT: Duration = Duration::from_secs(2);

/// Where the client works, as far as it is known.
#[derive(Debug)]
pub(crate) struct Place {
    /// `--root`, which outranks what the client says.
    fixed: Option<PathBuf>,
    /// The directory that the server was started in, unless it says nothing: `/`, or the user's HOME.
    started_in: Option<PathBuf>,
    /// The client's roots; `None` until it was asked.
    roots: Mutex<Option<Vec<PathBuf>>>,
}

/// No worktree is known.
#[derive(Debug, thiserror::Error)]
#[error(
    "it is not known which worktree this is: give `worktree`, an absolute path; or have the client start this server with \
     --root DIR"
)]
pub(crate) struct Unknown;

impl Place {
    pub(crate) fn new(root: Option<PathBuf>, environment: &Environment) -> Self {
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let tells = |path: &PathBuf| {
            path != Path::new("/") && environment.home.as_ref().is_none_or(|home| home != path)
        };
        let started_in =
            environment.claude_project_dir.clone().or_else(|| Environment::working_directory().ok());
        Self { fixed: root.map(absolute), started_in: started_in.filter(tells), roots: Mutex::default() }
    }

    /// Where a client works that was not asked yet.
    pub(crate) fn at_start(&self) -> Option<&Path> {
        self.fixed.as_deref().or(self.started_in.as_deref())
    }

    /// The worktree of a request that names `given`, or names none.
    ///
    /// # Errors
    /// [`Unknown`].
    pub(crate) async fn find(
        &self,
        given: Option<&Path>,
        context: &RequestContext<RoleServer>,
    ) -> Result<PathBuf, Unknown> {
        if let Some(given) = given.filter(|path| path.is_absolute()).or(self.fixed.as_deref()) {
            return Ok(given.to_owned());
        }
        let roots = self.roots(context).await;
        let started_in = self.started_in.as_deref();
        let holds = |root: &&PathBuf| started_in.is_some_and(|path| path.starts_with(root));
        match roots.iter().find(holds) {
            // A directory below a root is nearer to where the work is.
            Some(_) => started_in,
            None => roots.first().map(PathBuf::as_path).or(started_in),
        }
        .map(Path::to_owned)
        .ok_or(Unknown)
    }

    /// Has the client be asked again.
    pub(crate) fn forget_roots(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<PathBuf>>> {
        self.roots.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The client's roots that are directories here. A client that says that it has none is not asked.
    async fn roots(&self, context: &RequestContext<RoleServer>) -> Vec<PathBuf> {
        if let Some(known) = self.lock().clone() {
            return known;
        }
        let has_none = context.client_capabilities().is_none_or(|can| can.roots.is_none());
        if has_none || !can_be_asked(context) {
            return Vec::new();
        }
        let asked = context.peer.list_roots();
        let Ok(Ok(answer)) = tokio::time::timeout(ROOTS_TIMEOUT, asked).await else { return Vec::new() };
        let roots = answer.roots.iter().filter_map(|root| path_of(&root.uri));
        let roots: Vec<PathBuf> = roots.filter(|path| handoff_files::is_directory(path)).collect();
        *self.lock() = Some(roots.clone());
        roots
    }
}

/// Whether a server may send requests of its own: from protocol 2026-07-28 on, answers hold its questions instead.
pub(crate) fn can_be_asked(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_none_or(|version| version.as_str() < ProtocolVersion::V_2026_07_28.as_str())
}

/// The path of a `file:` URI of this machine.
fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let bytes: Vec<u8> = percent_decode_str(path).collect();
    let path = PathBuf::from(OsStr::from_bytes(&bytes));
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_a_path_of_this_machine() {
        assert_eq!(path_of("file:///home/me/a%20b"), Some("/home/me/a b".into()));
        assert_eq!(path_of("file://localhost/x"), Some("/x".into()));
        assert_eq!(path_of("file://elsewhere/x"), None);
        assert_eq!(path_of("https://example.com/x"), None);
        assert_eq!(path_of("/home/me"), None);
        assert_eq!(path_of("file://"), None);
    }

    #[test]
    fn a_directory_in_which_everything_is_started_tells_nothing() {
        let environment =
            Environment { home: Environment::working_directory().ok(), ..Environment::default() };
        assert_eq!(Place::new(None, &environment).at_start(), None);
        assert_eq!(Place::new(Some("/x".into()), &environment).at_start(), Some(Path::new("/x")));
    }
}
