use crate::{HOSTS, Host};

fn is_unique(words: impl Iterator<Item = &'static str>) -> bool {
    let mut words: Vec<&str> = words.collect();
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    words.len() == count && !words.contains(&"")
}

#[test]
fn every_host_has_names_of_its_own() {
    assert!(is_unique(HOSTS.iter().flat_map(|host| host.also.iter().copied().chain([host.id]))));
    assert!(is_unique(HOSTS.iter().map(|host| host.name)));
    assert!(is_unique(HOSTS.iter().map(|host| host.stamp)));
    assert!(is_unique(HOSTS.iter().flat_map(|host| host.shell_variables.iter().copied())));
    assert_eq!(Host::named("gemini-cli").map(|host| host.id), Some("gemini"));
    assert_eq!(Host::stamped("codex-cli").map(|host| host.id), Some("codex"));
    assert_eq!(Host::named("emacs"), None);
}

#[test]
fn a_path_in_the_table_stays_in_the_project() {
    for host in HOSTS {
        let hooks = host.hooks.iter().map(|hooks| hooks.project);
        for path in host.guidance.looks.iter().copied().chain([host.guidance.fresh]).chain(hooks) {
            assert!(!path.starts_with('/') && !path.contains(".."), "{path}");
        }
        let in_looks = host.guidance.looks.contains(&host.guidance.fresh);
        assert!(
            in_looks || host.guidance.fresh.contains("handover"),
            "{} makes a file that it does not read",
            host.id
        );
    }
}
