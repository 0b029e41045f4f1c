//! `/handoff`, as a prompt.

use rmcp::model::{
    GetPromptRequestParams, GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;

use crate::resources::internal;
use crate::server::Server;
use crate::sibling::Sibling;

const NAME: &str = "handoff";

/// The prompt as it is listed.
pub(crate) fn handoff() -> Prompt {
    let arguments = vec![
        PromptArgument::new("to")
            .with_description("another worktree of this repository, else the directory ../NAME"),
        PromptArgument::new("topic").with_description("what it is about: letters, digits, `.`, `_` and `-`"),
    ];
    Prompt::new(NAME, Some("Leave a handoff for the next session"), Some(arguments))
        .with_title("Leave a handoff")
}

/// The prompt with its arguments, the sections of a handoff and what a writer should know.
pub(crate) async fn get(
    server: &Server,
    request: GetPromptRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetPromptResult, ErrorData> {
    if request.name != NAME {
        return Err(ErrorData::invalid_params(format!("there is no prompt `{}`", request.name), None));
    }
    let worktree = server.place.find(None, context).await.map_err(internal)?;
    let write = || Sibling::new("handoff-write", &worktree);
    let template = write().args(["--template"]).run().await.map_err(internal)?.text;
    let state = write().args(["--context", "--root"]).args([&worktree]).run().await.map_err(internal)?.text;
    let options = options(request.arguments.unwrap_or_default());
    let text = format!(
        "Leave what the next session needs and cannot learn from the code. It knows nothing of this conversation and \
         believes what it reads. Write these sections, headings word for word, empty ones left out, below 9,000 bytes, no \
         secrets:\n\n{template}\n\nMark what you only assume `(unconfirmed)`. Ask once what is missing under \"What NOT to do \
         on resume\" and \"Open follow-ups\". Then call handoff_write with the text{options}, and report its path, its \
         sentinel and each note.\n\n{state}"
    );
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description("Leave a handoff for the next session"))
}

/// The arguments as the call of handoff_write takes them.
fn options(arguments: JsonObject) -> String {
    let given = |name: &str| arguments.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    let option = |name: &str| given(name).map(|value| format!("`{name}` {}", Value::from(value)));
    let options: Vec<String> = ["to", "topic"].into_iter().filter_map(option).collect();
    if options.is_empty() { String::new() } else { format!(", {}", options.join(" and ")) }
}
