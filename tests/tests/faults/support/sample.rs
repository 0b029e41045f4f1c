//! Handoffs of known content, and where they are.

use std::path::{Path, PathBuf};

/// A handoff whose text says which one it is.
#[derive(Debug)]
pub(crate) struct Sample {
    number: usize,
    /// Stands once in the body and nowhere else.
    pub(crate) marker: String,
    /// All after the frontmatter.
    pub(crate) body: String,
    /// The whole file.
    pub(crate) text: String,
}

/// Where a handoff is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In `unread/` under its name.
    Unread,
    /// In `unread/` as a claim.
    Claimed,
    /// In `read/`.
    Archived,
    /// In `.drafts/`.
    Draft,
}

/// `count` samples, with frontmatter or without, which cannot be stamped. The later ones are the newer ones.
pub(crate) fn samples(count: usize, stampable: bool) -> Vec<Sample> {
    (0..count).map(|number| Sample::new(number, stampable)).collect()
}

impl Sample {
    pub(crate) fn new(number: usize, stampable: bool) -> Self {
        Self::with(number, stampable, "")
    }

    /// One with `filling` in its body.
    pub(crate) fn with(number: usize, stampable: bool, filling: &str) -> Self {
        let marker = format!("<marker {number:06}>");
        let body = format!(
            "# Handoff\n\n## Immediate next action\n{marker}\n\n## Open follow-ups\n{filling}\n{LAST}{number:06}\n"
        );
        let front = "---\nname: A sample\nfrom: app\nto: app\ncreated: 2026-11-20T10:00:00Z\n---\n\n";
        let text = if stampable { format!("{front}{body}") } else { body.clone() };
        Self { number, marker, body, text }
    }

    /// A draft that the writer takes.
    pub(crate) fn draft(number: usize) -> Self {
        Self::new(number, false)
    }

    pub(crate) fn name(&self) -> String {
        let (minute, second) = (self.number / 60, self.number % 60);
        format!("20261120T{:02}{:02}{second:02}Z-from-app.md", 1 + minute / 60, minute % 60)
    }

    /// Whether `output` shows it and says that it was offered before.
    pub(crate) fn is_again_in(&self, output: &[u8]) -> bool {
        let text = text_of(output);
        let block = text.split(" end\n").find(|block| block.contains(&self.marker));
        block.is_some_and(|block| block.contains("\noffered before: "))
    }

    /// How many times `output` shows it.
    pub(crate) fn shown_in(&self, output: &[u8]) -> usize {
        text_of(output).matches(&self.marker).count()
    }
}

/// What a session is told by `output`: of a hook's JSON the text, without the line for its person.
fn text_of(output: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(output).ok();
    let text = json.as_ref().and_then(|json| json["hookSpecificOutput"]["additionalContext"].as_str());
    text.map_or_else(|| String::from_utf8_lossy(output).into_owned(), str::to_owned)
}

/// The beginning of a sample's last line.
const LAST: &str = "end of sample ";

/// Every file under `root` but temporary ones, the records of offers, the sessions' notes and what fills a disk, each of which must end in the whole body of one
/// of `samples`, with that one's index.
#[track_caller]
pub(crate) fn files(root: &Path, samples: &[Sample]) -> Vec<(usize, PathBuf)> {
    let mut found = Vec::new();
    for path in super::stage::walk(root) {
        let name = path.file_name().unwrap().to_string_lossy();
        if name.starts_with(".tmp-")
            || name.starts_with("filling")
            || ["sessions", "offers"].iter().any(|notes| path.parent().unwrap().ends_with(notes))
        {
            continue;
        }
        let content = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        let number = content.trim_end().rsplit_once(LAST).and_then(|(_, number)| number.parse().ok());
        let whole = samples.iter().position(|sample| {
            Some(sample.number) == number
                && content.ends_with(&sample.body)
                && (content.len() == sample.body.len() || content.starts_with("---\n"))
        });
        let index = whole.unwrap_or_else(|| panic!("{} is no whole handoff: {content:?}", path.display()));
        found.push((index, path));
    }
    found
}

/// Where each of `samples` is: whole in exactly one place.
#[track_caller]
pub(crate) fn places(root: &Path, samples: &[Sample]) -> Vec<Place> {
    let mut places: Vec<Vec<Place>> = samples.iter().map(|_| Vec::new()).collect();
    for (index, path) in files(root, samples) {
        let bucket = path.parent().unwrap().file_name().unwrap();
        let is_claim = path.file_name().unwrap().to_string_lossy().starts_with(".claim-");
        let place = match (bucket.to_str().unwrap(), is_claim) {
            ("unread", false) => Place::Unread,
            ("unread", true) => Place::Claimed,
            ("read", false) => Place::Archived,
            (".drafts", false) => Place::Draft,
            _ => panic!("{} is out of place", path.display()),
        };
        places[index].push(place);
    }
    let one = |(places, sample): (Vec<Place>, &Sample)| {
        assert_eq!(places.len(), 1, "{} is in {places:?}", sample.marker);
        places[0]
    };
    places.into_iter().zip(samples).map(one).collect()
}
