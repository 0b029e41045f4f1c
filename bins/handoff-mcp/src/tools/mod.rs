//! The tools: what a model can ask for.

mod list;
mod pickup;
mod read;
mod result;
mod run;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::place::Unknown;
use crate::server::Server;
use crate::sibling::CannotRun;

/// A call of a tool.
pub(crate) struct Call<'a> {
    pub(crate) server: &'a Server,
    /// As the client sent it.
    pub(crate) request: &'a CallToolRequestParams,
    pub(crate) context: &'a RequestContext<RoleServer>,
}

/// Why a call failed; the model reads it as the answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The arguments are not those of the tool.
    #[error("the arguments are not right: {0}")]
    Arguments(serde_json::Error),
    #[error(transparent)]
    Place(#[from] Unknown),
    #[error(transparent)]
    Run(#[from] CannotRun),
    /// A program refused; in its words.
    #[error("{0}")]
    Refused(String),
}

/// What a tool answers.
pub(crate) type Answer = Result<CallToolResponse, Failed>;

/// The argument that every tool of a worktree takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfWorktree {
    pub(crate) worktree: Option<PathBuf>,
}

/// All tools. `waits` says what waits now, for clients that show a model no instructions.
pub(crate) fn all(waits: Option<&str>) -> Vec<Tool> {
    vec![list::tool(waits), read::tool(waits), write::tool(), run::tool(), result::tool(), pickup::tool()]
}

/// Calls the tool that `request` names.
///
/// # Errors
/// The protocol's error for an unknown tool. A tool that fails says so in its answer.
pub(crate) async fn call(
    server: &Server,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let call = Call { server, request: &request, context: &context };
    let work = async {
        Some(match request.name.as_ref() {
            "handoff_list" => list::call(&call).await,
            "handoff_read" => read::call(&call).await,
            "handoff_write" => write::call(&call).await,
            "handoff_run" => run::call(&call).await,
            "handoff_result" => result::call(&call).await,
            "handoff_pickup" => pickup::call(&call).await,
            _ => return None,
        })
    };
    tokio::select! {
        answer = work => match answer {
            Some(answer) => Ok(answer.unwrap_or_else(|failed| error(failed.to_string()))),
            None => Err(ErrorData::invalid_params(format!("there is no tool `{}`", request.name), None)),
        },
        // The answer of a cancelled call is dropped by the protocol; the programs that it started are stopped.
        () = context.ct.cancelled() => Ok(error("cancelled".to_owned())),
    }
}

impl Call<'_> {
    /// The arguments of the call.
    fn arguments<A: DeserializeOwned>(&self) -> Result<A, Failed> {
        let arguments = self.request.arguments.clone().unwrap_or_default();
        serde_json::from_value(Value::Object(arguments)).map_err(Failed::Arguments)
    }

    /// The worktree that is meant.
    async fn worktree(&self, given: Option<PathBuf>) -> Result<PathBuf, Failed> {
        let worktree = self.server.place.find(given.as_deref(), self.context).await?;
        // Programs are run in it.
        if !handoff_files::is_directory(&worktree) {
            let path = handoff_text::Sanitised::path(&worktree);
            return Err(Failed::Refused(format!("there is no directory {path}")));
        }
        Ok(worktree)
    }
}

fn text(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn error(words: String) -> CallToolResponse {
    CallToolResult::error(vec![ContentBlock::text(words)]).into()
}

/// The schema of an object with these properties, some of which are `required`. Each tool takes `worktree` too.
fn schema(properties: Value, required: &[&str]) -> Arc<JsonObject> {
    let mut properties = properties;
    properties["worktree"] = json!({
        "type": "string",
        "description": "absolute path of the worktree, where it is not the one that this session works in",
    });
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties);
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    Arc::new(schema)
}

/// What a client may assume of a tool that changes something, but destroys nothing.
fn additive() -> ToolAnnotations {
    ToolAnnotations::new().read_only(false).destructive(false).open_world(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_name_a_schema_and_hints() {
        let tools = all(Some("1 handoff waits."));
        for tool in &tools {
            assert!(tool.name.starts_with("handoff_"), "{}", tool.name);
            assert!(tool.annotations.is_some(), "{}", tool.name);
            let required = tool.input_schema["required"].as_array().unwrap();
            for name in required {
                assert!(
                    tool.input_schema["properties"].get(name.as_str().unwrap()).is_some(),
                    "{}: {name}",
                    tool.name
                );
            }
        }
        assert!(tools[0].description.as_ref().unwrap().ends_with("1 handoff waits."));
    }
}
