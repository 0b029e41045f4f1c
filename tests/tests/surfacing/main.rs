//! What a session is given, through the real hook: the whole visible result.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up files and processes by hand"
)]

mod compatible;
mod host;
mod hostile;
mod message;
mod several;

/// `text` with what differs from run to run replaced: the frame's digits, times and the world's directory.
fn normal(text: &str, world: &tests::World) -> String {
    let digits = text.strip_prefix("=== agent-handoff ").and_then(|rest| rest.get(..8)).unwrap_or("no frame");
    let text = text.replace(digits, "FRAME").replace(world.top().to_str().unwrap(), "TOP");
    let words = text.split_inclusive([' ', '\n', '/', ',']).map(|word| {
        let is_time = word.len() >= 16 && word.starts_with("20") && word.contains('T') && word.contains('Z');
        if is_time { format!("TIME{}", &word[word.find('Z').unwrap() + 1..]) } else { word.to_owned() }
    });
    words.collect()
}
