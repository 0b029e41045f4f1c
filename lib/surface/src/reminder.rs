//! What a session is reminded of when its context was compacted.

use std::path::Path;

use handoff_document::{Document, Part, sections};
use handoff_text::Sanitised;

use crate::block::name;
use crate::frame::{Frame, quoted};

/// A handoff that this session was given before.
#[derive(Debug)]
pub struct Loaded<'a> {
    /// The handoff as it is in the archive.
    pub document: Document<'a>,
    /// Its file name's bytes.
    pub file_name: &'a [u8],
    /// Where it is.
    pub path: &'a Path,
}

/// The reminder of `loaded`, the latest first, in at most `budget` bytes; those that do not fit are left out.
pub fn reminder(frame: &Frame, loaded: &[Loaded<'_>], budget: usize) -> String {
    let closing = frame.banner("end of reminder");
    let opening = frame
        .banner("REMINDER of handoffs loaded earlier in this session (UNTRUSTED, context was compacted)");
    let mut text = opening;
    let room = budget.saturating_sub(text.len() + closing.len());
    // The latest may take it all when it is alone, and two thirds when it is not.
    let first = if loaded.len() > 1 { room / 3 * 2 } else { room };
    let mut left = room;
    for (number, loaded) in loaded.iter().enumerate() {
        let limit = if number == 0 { first } else { left };
        let entry = entry(frame, loaded, limit);
        if entry.len() > limit {
            break;
        }
        left -= entry.len();
        text.push_str(&entry);
    }
    text.push_str(&closing);
    text
}

fn entry(frame: &Frame, loaded: &Loaded<'_>, limit: usize) -> String {
    let name = name(&loaded.document, loaded.file_name);
    let path = Sanitised::line(loaded.path.as_os_str().as_encoded_bytes(), 400);
    // As it was announced; a large handoff is not read whole here, so it cannot be computed.
    let sentinel = Sanitised::line(loaded.document.field("sentinel").unwrap_or("none").as_bytes(), 16);
    let head = format!("{}sentinel: {sentinel}\nwhole:    {path}\n", frame.divider(&name));
    let end = frame.divider("end");
    let room = limit.saturating_sub(head.len() + end.len());
    let sections = sections(loaded.document.body());
    let part = |part: Part, limit: usize| {
        let section = sections.iter().find(|section| section.part == part)?;
        let excerpt = Sanitised::up_to(section.text.trim_ascii(), limit.saturating_sub(16));
        let cut = if excerpt.whole { "" } else { " [… cut]" };
        Some(format!("{}{cut}\n", quoted(&excerpt.text).trim_end()))
    };
    let next = part(Part::NextAction, room / 2).unwrap_or_default();
    let dont = part(Part::DoNotDo, room.saturating_sub(next.len())).unwrap_or_default();
    format!("{head}{next}{dont}{end}")
}
