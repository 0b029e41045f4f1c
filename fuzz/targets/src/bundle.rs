//! A bundle from elsewhere.

use handoff_bundle::{Manifest, parse};

/// Reads the manifest of a bundle; what is read is written and read again as the same.
pub fn manifest(data: &[u8]) {
    let Ok(manifest) = serde_json::from_slice::<Manifest>(data) else { return };
    let _ = (manifest.contents.is_empty(), manifest.contents.left_behind().count());
    for file in &manifest.contents.files {
        let _ = (file.path.name(), file.path.parents().count(), file.path.components().count());
    }
    for left in &manifest.contents.not_carried {
        let _ = (left.text(), left.reason.text());
    }
    let written = serde_json::to_vec(&manifest).unwrap();
    assert_eq!(serde_json::from_slice::<Manifest>(&written).unwrap(), manifest);
}

/// Reads a patch; its sections lie behind each other and together are the patch.
pub fn patch(data: &[u8]) {
    let Ok(sections) = parse(data) else { return };
    let mut end = None;
    for section in &sections {
        assert!(section.span.0 <= section.span.1 && section.span.1 <= data.len() as u64, "{section:?}");
        assert!(
            end.is_none_or(|end| end == section.span.0),
            "{section:?} does not begin where the last one ended"
        );
        assert!(section.old.is_some() || section.new.is_some(), "{section:?} is of no file");
        end = Some(section.span.1);
        for path in section.paths() {
            let _ = (path.name(), path.parents().count(), path.is_within(b".git"));
        }
    }
    assert!(end.is_none_or(|end| end == data.len() as u64), "bytes behind the last section");
}
