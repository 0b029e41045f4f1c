//! A line for what an agent does with a tool.

use handoff_jsonl::{Raw, Value};
use handoff_text::Sanitised;

use crate::LINE_LIMIT;
use crate::string::Shown;

/// `Bash: touch newfile`: a tool's name and the one field of its input that tells most.
pub(crate) fn tool(name: Option<Value<'_>>, input: Option<Value<'_>>) -> Sanitised {
    let keys = [
        "command",
        "file_path",
        "filePath",
        "path",
        "pattern",
        "query",
        "url",
        "skill",
        "description",
        "prompt",
    ];
    let fields = input.and_then(|input| input.pick(keys)).unwrap_or_default();
    let told = fields.into_iter().flatten().find_map(Value::string);
    let mut line = Vec::new();
    name.and_then(Value::string).unwrap_or(Raw::new(b"tool")).add_to(&mut line);
    if let Some(told) = told {
        line.extend_from_slice(b": ");
        told.add_to(&mut line);
    }
    Sanitised::line(&line, LINE_LIMIT)
}
