use crate::guidance::{BLOCK, told};
use crate::piece::PieceName;
use crate::{Surface, TOOLS, Tool};

#[test]
fn every_tool_has_names_of_its_own() {
    let mut words: Vec<&str> =
        TOOLS.iter().flat_map(|tool| tool.also.iter().copied().chain([tool.id])).collect();
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), count);
    assert_eq!(Tool::named("gemini").map(|tool| tool.id), Some("antigravity"));
    assert_eq!(Tool::named("emacs"), None);
    let wanted = [
        "claude",
        "codex",
        "cursor",
        "continue",
        "antigravity",
        "opencode",
        "copilot",
        "cline",
        "windsurf",
        "zed",
        "amp",
        "aider",
    ];
    assert_eq!(TOOLS.iter().map(|tool| tool.id).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_path_in_the_table_stays_in_the_project() {
    for tool in TOOLS {
        let hooks = tool.hooks.iter().map(|hooks| hooks.project);
        for path in tool.guidance.looks.iter().copied().chain([tool.guidance.fresh]).chain(hooks) {
            assert!(!path.starts_with('/') && !path.contains(".."), "{path}");
        }
        let in_looks = tool.guidance.looks.contains(&tool.guidance.fresh);
        assert!(
            in_looks || tool.guidance.fresh.contains("handover"),
            "{} makes a file it does not read",
            tool.id
        );
    }
}

#[test]
fn what_a_tool_is_told_is_short() {
    let block = BLOCK.wire("", told()).unwrap();
    assert!(block.len() <= 600, "{}", block.len());
    for word in
        [".handover/bundles", "handover pending", "handover pickup", "capture --summary", "--next-step"]
    {
        assert!(block.contains(word), "{word}");
    }
}

#[test]
fn a_piece_is_named_as_it_is_read() {
    let hooks = TOOLS.iter().flat_map(PieceName::hooks);
    let all: Vec<PieceName> = [PieceName::Guidance, PieceName::StatusLine].into_iter().chain(hooks).collect();
    assert_eq!(all.len(), 2 + 5 + 4);
    for piece in all {
        assert_eq!(PieceName::try_from(String::from(piece)), Ok(piece));
    }
    assert!(PieceName::try_from("hook:codex:StopFailure".to_owned()).is_err());
    assert_eq!(Surface::ALL.len(), 3);
}
