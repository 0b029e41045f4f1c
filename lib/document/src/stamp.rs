//! Setting fields of a file that somebody else wrote, without touching anything else in it.

use crate::frontmatter::{Bounds, Frontmatter, MAX_FRONTMATTER_BYTES, bounds};
use crate::yaml;

/// Fields that are either true or not there: written as YAML's boolean, not as a text.
const FLAGS: [&str; 1] = ["acknowledged"];

/// The beginning of `file` up to its body with `fields` set, each exactly once (None takes it away), and the body as it is. Line ends are
/// those of the frontmatter's first line. None when there is no closed frontmatter to set them in.
///
/// A field with which the frontmatter would reach 64 KiB is left out: behind that no reader looks for its end, and a
/// file without an end of its frontmatter has no fields at all.
pub fn stamped<'a>(file: &'a [u8], fields: &[(&str, Option<&str>)]) -> Option<(Vec<u8>, &'a [u8])> {
    let Bounds { inner, body } = bounds(file).ok()?;
    let opening = &file[..inner.start];
    let closing = &file[inner.end..body];
    let end = if opening.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    let front = Frontmatter::split(file).0;
    let keys: Vec<&str> = fields.iter().map(|(key, _)| *key).collect();
    let kept = front.kept_bytes(&file[inner.clone()], &keys);
    let mut head = opening.to_vec();
    head.extend(kept);
    for (key, value) in fields.iter().filter_map(|(key, value)| Some((key, (*value)?))) {
        let value = if FLAGS.contains(key) { value.into() } else { yaml::scalar(value) };
        let line = format!("{key}: {value}{end}");
        if head.len() + line.len() + closing.len() < MAX_FRONTMATTER_BYTES {
            head.extend(line.as_bytes());
        }
    }
    head.extend(closing);
    Some((head, &file[body..]))
}
