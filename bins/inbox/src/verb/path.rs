//! `inbox path`: where this inbox is, whether it exists or not.

use handoff_process::Status;
use serde_json::json;

use crate::here::{Failure, Here};

pub(crate) fn run(here: &Here) -> Result<Status, Failure> {
    let path = here.environment.store()?.join(here.address.slug()).join(here.address.key());
    if here.json {
        let worktree = here.worktree.top().to_string_lossy();
        return Ok(here.output.json(&json!({ "path": path.to_string_lossy(), "worktree": worktree })));
    }
    Ok(here.output.print_exact(&format!("{}\n", path.display())))
}
