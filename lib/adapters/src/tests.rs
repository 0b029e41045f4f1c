use handoff_agents::HOSTS;

use crate::Surface;
use crate::fragment::FragmentName;
use crate::guidance::{BLOCK, told};

#[test]
fn what_a_tool_is_told_is_short() {
    let block = BLOCK.wire("", &told()).unwrap();
    assert!(block.len() <= 1_050, "{}", block.len());
    for word in [
        "handoff inbox read",
        "handoff write --template",
        ".handover/bundles",
        "handover pending",
        "handover pickup",
        "capture --summary",
        "--next-step",
    ] {
        assert!(block.contains(word), "{word}");
    }
}

#[test]
fn a_tool_whose_sessions_are_given_their_handoffs_is_not_sent_to_the_inbox() {
    let told = told();
    for host in HOSTS {
        assert_eq!(told.contains(host.name), host.inbox.is_some(), "{}", host.id);
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
