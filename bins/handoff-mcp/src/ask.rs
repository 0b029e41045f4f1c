//! Asking the person in front of the client.

use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, ClientResult, ElicitRequest, ElicitRequestParams, ElicitationAction,
    ElicitationSchema, InputRequest, InputRequiredResult, ServerRequest,
};
use rmcp::service::RequestContext;
use serde_json::Value;

use crate::place::can_be_asked;

/// The name of our only question in an answer that comes with a repeated call.
const QUESTION: &str = "confirm";

/// What a person said.
pub(crate) enum Answer {
    Yes,
    No,
    /// The client has to ask, and calls again with the answer.
    Later(Box<InputRequiredResult>),
    /// This client cannot ask.
    CannotAsk,
}

/// Asks whether `question` may be done.
pub(crate) async fn ask(
    question: &str,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Answer {
    let can_ask = context.client_capabilities().and_then(|can| can.elicitation);
    // A client that names no kind of question supports forms only.
    let has_forms = can_ask.is_some_and(|can| can.form.is_some() || can.url.is_none());
    if !has_forms {
        return Answer::CannotAsk;
    }
    let Ok(schema) = ElicitationSchema::builder().build() else { return Answer::CannotAsk };
    let params = ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.to_owned(),
        requested_schema: schema,
    };
    if can_be_asked(context) {
        let asked = context.peer.send_request(ServerRequest::ElicitRequest(ElicitRequest::new(params))).await;
        return match asked {
            Ok(ClientResult::ElicitResult(result)) if result.action == ElicitationAction::Accept => {
                Answer::Yes
            }
            _ => Answer::No,
        };
    }
    let answer = request.input_responses.as_ref().and_then(|answers| answers.get(QUESTION));
    match answer {
        Some(answer) if answer.get("action").and_then(Value::as_str) == Some("accept") => Answer::Yes,
        Some(_) => Answer::No,
        None => {
            let question = InputRequest::Elicitation(ElicitRequest::new(params));
            let questions = [(QUESTION.to_owned(), question)].into();
            Answer::Later(Box::new(InputRequiredResult::new(Some(questions), None)))
        }
    }
}
