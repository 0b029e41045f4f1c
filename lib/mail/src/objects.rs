//! Writes git objects, one file for each, as git itself has them: without a process for each.

use std::path::Path;

use handoff_bundle::GitError;
use handoff_files::Dir;
use zlib_rs::{Deflate, DeflateFlush, Status};

use crate::room::RoomError;

const WINDOW: u8 = 15;
/// What git itself packs such files with is more, and takes more time than it saves.
const LEVEL: i32 = 1;

/// Writes `content` as an object of the kind `kind` (`blob`, `tree`, `commit`) into the directory `objects` of a repository,
/// and gives its name. With `is_durable` it is on the disk then.
pub(crate) fn write(
    objects: &Path,
    format: gix_hash::Kind,
    kind: &str,
    content: &[u8],
    is_durable: bool,
) -> Result<String, RoomError> {
    let id = name(format, kind, content)?;
    let packed = deflate(&[header(kind, content).as_bytes(), content].concat())?;
    let (fan, name) = id.split_at(2);
    let dir = Dir::create(objects)?;
    if !is_durable {
        dir.create_unsynced(fan)?.put(name, &packed)?;
        return Ok(id);
    }
    let dir = dir.create_child(fan)?;
    // Also over one that is there: a crash may have cut that short.
    dir.temporary(&[&packed])?.replace(name)?;
    dir.sync()?;
    Ok(id)
}

/// The name of the object of the kind `kind` that has this content.
pub(crate) fn name(format: gix_hash::Kind, kind: &str, content: &[u8]) -> Result<String, RoomError> {
    let mut hasher = gix_hash::hasher(format);
    hasher.update(header(kind, content).as_bytes());
    hasher.update(content);
    let id =
        hasher.try_finalize().map_err(|_| RoomError::Odd("its content is made to collide with another"))?;
    Ok(id.to_string())
}

fn header(kind: &str, content: &[u8]) -> String {
    format!("{kind} {}\0", content.len())
}

/// `content` as a zlib stream.
fn deflate(content: &[u8]) -> Result<Vec<u8>, RoomError> {
    // What cannot be made smaller becomes larger by five bytes in each block.
    let mut packed = vec![0; content.len() + content.len() / 1_000 + 64];
    let mut deflate = Deflate::new(LEVEL, true, WINDOW);
    match deflate.compress(content, &mut packed, DeflateFlush::Finish) {
        Ok(Status::StreamEnd) => {}
        _ => return Err(failed("its content could not be compressed")),
    }
    packed.truncate(usize::try_from(deflate.total_out()).unwrap_or_default());
    Ok(packed)
}

fn failed(reason: &str) -> RoomError {
    GitError::Output { verb: "hash-object".to_owned(), reason: reason.to_owned() }.into()
}
