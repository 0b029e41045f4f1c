//! The files that a patch in `apply_patch`'s format names.

use crate::event::bounded;
use crate::session::Text;

/// What stands before a path at the beginning of a line.
const HEADERS: [&str; 4] = ["*** Update File: ", "*** Add File: ", "*** Delete File: ", "*** Move to: "];

/// How every such patch begins.
pub(crate) const BEGIN: &str = "*** Begin Patch";

/// The paths in the order they stand there.
pub(crate) fn paths(patch: &str) -> Vec<Text> {
    let paths = patch.lines().filter_map(|line| {
        let line = line.trim_start();
        let path = HEADERS.iter().find_map(|header| line.strip_prefix(header))?.trim();
        (!path.is_empty()).then(|| Text::from(path).up_to(crate::LINE_LIMIT))
    });
    bounded(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_names_a_file_and_content_does_not() {
        let patch = "*** Begin Patch\n*** Add File: a b.txt\n+*** Add File: content\n*** Update File: c.rs\r\n\
                     *** Move to: d.rs\n@@\n-*** Delete File: e\n*** Delete File: f\n*** Add File: \n*** End Patch";
        let paths: Vec<_> = paths(patch).into_iter().map(|path| path.text).collect();
        assert_eq!(paths, ["a b.txt", "c.rs", "d.rs", "f"]);
    }
}
