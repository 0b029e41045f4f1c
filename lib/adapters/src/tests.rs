use handoff_agents::HOSTS;

use crate::Surface;
use crate::fragment::FragmentName;
use crate::guidance::{BLOCK, told};

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
    let hooks = HOSTS.iter().copied().flat_map(FragmentName::hooks);
    let all: Vec<FragmentName> =
        [FragmentName::Guidance, FragmentName::StatusLine].into_iter().chain(hooks).collect();
    assert_eq!(all.len(), 2 + 5 + 4);
    for fragment in all {
        assert_eq!(FragmentName::try_from(String::from(fragment)), Ok(fragment));
    }
    assert!(FragmentName::try_from("hook:codex:StopFailure".to_owned()).is_err());
    assert_eq!(Surface::ALL.len(), 3);
}
