//! What waits, as resources: a person attaches one, and it stays unread.

use std::path::{Path, PathBuf};

use rmcp::model::{ListResourcesResult, ReadResourceResult, Resource, ResourceContents};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::server::Server;
use crate::sibling::Sibling;
use crate::waiting;

/// What the addresses of handoffs begin with.
const SCHEME: &str = "handoff://unread/";

/// Every handoff that waits for the client's worktree; none where that is not known.
pub(crate) async fn list(
    server: &Server,
    context: &RequestContext<RoleServer>,
) -> Result<ListResourcesResult, ErrorData> {
    let Ok(worktree) = server.place.find(None, context).await else {
        return Ok(ListResourcesResult::with_all_items(Vec::new()));
    };
    let waiting = waiting::list(&worktree).await.map_err(internal)?;
    let resource = |handoff: &waiting::Waiting| {
        Resource::new(format!("{SCHEME}{}", handoff.id), handoff.id.clone())
            .with_title(handoff.title())
            .with_description(handoff.summary())
            .with_mime_type("text/markdown")
    };
    Ok(ListResourcesResult::with_all_items(waiting.iter().map(resource).collect()))
}

/// The handoff at `uri` as a session would be given it.
pub(crate) async fn read(
    server: &Server,
    uri: &str,
    context: &RequestContext<RoleServer>,
) -> Result<ReadResourceResult, ErrorData> {
    let not_there = || ErrorData::resource_not_found("there is no such handoff unread", None);
    let id = uri.strip_prefix(SCHEME).filter(|id| !id.is_empty()).ok_or_else(not_there)?;
    let worktree = server.place.find(None, context).await.map_err(internal)?;
    let said = peek(&worktree, id).run().await.map_err(internal)?;
    if !said.status.success() {
        return Err(not_there());
    }
    let text = ResourceContents::text(said.text, uri).with_mime_type("text/markdown");
    Ok(ReadResourceResult::new(vec![text]))
}

fn peek(worktree: &Path, id: &str) -> Sibling {
    let read = Sibling::new("inbox", worktree).args(["read", "--peek", "--max-bytes", "100000", "--root"]);
    read.args([PathBuf::from(worktree)]).args(["--", id])
}

/// What keeps this server from answering.
pub(crate) fn internal(error: impl std::error::Error) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
