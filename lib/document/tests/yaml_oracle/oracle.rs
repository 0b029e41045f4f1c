//! A YAML 1.2 parser, asked for the top-level fields of a text.

use handoff_document::yaml::Value;
use saphyr_parser::{Event, Parser};

/// The keys and values of the one block mapping that `text` is, or why it is not one.
///
/// The text is given its last line end: in a file, `---` follows on a line of its own, and the parser reads
/// blanks after an unended block scalar differently.
pub(crate) fn oracle(text: &str) -> Result<Vec<(String, Value)>, String> {
    let ended =
        if text.is_empty() || text.ends_with(['\n', '\r']) { text.to_owned() } else { format!("{text}\n") };
    let mut events = Vec::new();
    for event in Parser::new_from_str(&ended) {
        match event.map_err(|error| error.to_string())?.0 {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
            event => events.push(event),
        }
    }
    let body = match events.as_slice() {
        [] => return Ok(Vec::new()),
        [
            Event::DocumentStart(false),
            Event::MappingStart(0, None),
            body @ ..,
            Event::MappingEnd,
            Event::DocumentEnd,
        ] => body,
        _ => return Err(format!("not one mapping: {events:?}")),
    };
    let mut fields = Vec::new();
    let mut rest = body;
    while let [Event::Scalar(key, _, 0, None), value @ ..] = rest {
        let (value, after) = node(value)?;
        fields.push((key.to_string(), value));
        rest = after;
    }
    if rest.is_empty() { Ok(fields) } else { Err(format!("a key that is no scalar: {rest:?}")) }
}

/// The value that the events start with, and the events after it.
fn node<'e, 'i>(events: &'e [Event<'i>]) -> Result<(Value, &'e [Event<'i>]), String> {
    let mut depth = 0;
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::Scalar(text, _, 0, None) if depth == 0 => {
                return Ok((Value::Scalar(text.to_string()), &events[index + 1..]));
            }
            Event::Scalar(_, _, 0, None) => {}
            Event::SequenceStart(0, None) | Event::MappingStart(0, None) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth -= 1,
            other => return Err(format!("unsupported: {other:?}")),
        }
        if depth == 0 {
            return Ok((Value::Collection, &events[index + 1..]));
        }
    }
    Err("an event is missing".to_owned())
}
