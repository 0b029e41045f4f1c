use crate::{HOSTS, Host, SkillsDirectory, Wirable};

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

#[test]
fn a_host_that_is_wired_has_all_that_this_takes() {
    let mut directories = Vec::new();
    for host in Wirable::all() {
        let id = host.row().id;
        directories
            .push(host.directory.unwrap_or_else(|| panic!("{id} is wired in no directory")).below_home);
        assert!(host.skills.is_some(), "{id} has no form of skills");
        assert!(!host.signs.programs.is_empty(), "{id} has no program");
        let (SkillsDirectory::Own(skills) | SkillsDirectory::Shared(skills)) = host.wiring.skills;
        for path in host.wiring.files().into_iter().chain([skills]).chain(host.wiring.agents) {
            assert!(!path.starts_with('/') && !path.contains(".."), "{id}: {path}");
        }
        let hook = host.wiring.hook;
        assert!(!hook.file().starts_with('/') && !hook.file().contains(".."), "{id}: {}", hook.file());
        let holds_trust = hook.trusted_by_place();
        assert!(!holds_trust || hook.on_request(), "{id} would have a hook that waits for trust unasked");
    }
    directories.sort_unstable();
    assert!(directories.windows(2).all(|two| two[0] != two[1]), "{directories:?}");
}

#[test]
fn both_hooks_of_a_host_are_read_in_one_way() {
    for host in HOSTS {
        let (Some(files), Some(inbox)) = (host.hooks, host.inbox) else { continue };
        let Some(hook) = inbox.hook.shared() else { continue };
        assert_eq!(
            (files.form, files.matchers, files.comments, files.trusted_by_place, files.refuses_mark),
            (hook.form, hook.matchers, hook.comments, hook.trusted_by_place, hook.refuses_mark),
            "{}",
            host.id
        );
        assert_eq!(files.status_message.is_some(), hook.status_message.is_some(), "{}", host.id);
    }
}
