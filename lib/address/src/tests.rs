use proptest::prelude::*;

use super::*;

fn of(path: &str) -> (String, String) {
    let address = Address::of(Path::new(path));
    (address.slug, address.key)
}

#[test]
fn the_published_rule() {
    for (path, slug, key) in [
        (
            "/Users/jonathan/Developer/personal/assistant",
            "Users-jonathan-Developer-personal-assistant",
            "assistant",
        ),
        ("/tmp/proj/regular-name", "tmp-proj-regular-name", "regular-name"),
        ("/s/app-worker", "s-app", "app-worker"),
        ("/s/app-worker2", "s-app", "app-worker2"),
        ("/s/app-dev-preview", "s-app", "app-dev-preview"),
        ("/s/app-preview", "s-app", "app-preview"),
        ("/s/app-wt3", "s-app", "app-wt3"),
        ("/s/app-wt", "s-app", "app-wt"),
        ("/s/app-wtx", "s-app-wtx", "app-wtx"),
        ("/s/app-worker2x", "s-app-worker2x", "app-worker2x"),
        ("/s/app-preview-worker3-wt2", "s-app-preview-worker3", "app-preview-worker3-wt2"),
        ("/s/app-wt2-worker3-preview", "s-app", "app-wt2-worker3-preview"),
        ("/s/-worker", "s-", "-worker"),
        ("/s/-lead", "s--lead", "-lead"),
        ("/srv", "srv", "srv"),
        ("/x-y/z", "x-y-z", "z"),
        ("/x/y/z", "x-y-z", "z"),
    ] {
        assert_eq!(of(path), (slug.to_owned(), key.to_owned()), "{path}");
    }
}

#[test]
fn what_the_published_rule_cannot_name_gets_eight_digits_of_the_hash() {
    assert_eq!(
        of("/home/me/my project"),
        ("home-me-my_project-123dafdb".into(), "my_project-123dafdb".into())
    );
    for path in ["/", "/-worker", "/.drafts", "/a/projé", "/a/a+b", "/a/x@2", "/my files/app"] {
        let (slug, key) = of(path);
        let digits = path_digits(Path::new(path));
        assert!(
            slug.ends_with(&format!("-{digits}")) && key.ends_with(&format!("-{digits}")),
            "{path}: {slug} {key}"
        );
    }
}

#[test]
fn a_long_path_keeps_its_end() {
    let path = format!("/home/{}/the-end", "d".repeat(300));
    let (slug, key) = of(&path);
    assert_eq!(slug.len(), 200);
    assert!(slug.contains("ddd-the-end-") && key.starts_with("the-end-"), "{slug} {key}");
    let (slug, key) = of(&format!("/h/{}", "k".repeat(255)));
    assert_eq!((slug.len(), key.len()), (200, 200));
}

#[test]
fn bytes_that_are_no_utf8_have_an_inbox_too() {
    let address = Address::of(Path::new(OsStr::from_bytes(b"/a/caf\xE9")));
    assert!(address.key().starts_with("caf_-"), "{}", address.key());
    assert_eq!(address.path().as_os_str().as_bytes(), b"/a/caf\xE9");
}

#[test]
fn names_that_would_leave_the_parent_cannot_be_built() {
    for name in ["assistant", "assistant-worker2", "my.repo_v2", "a..b", "..."] {
        assert!(WorktreeName::new(name).is_ok(), "{name}");
    }
    for name in ["", ".", "..", "../etc", "a/b", "a\\b", "-rf", "a\nb", "a\x1bb", "a b", "é"] {
        assert!(WorktreeName::new(name).is_err(), "{name:?}");
    }
    let beside = |at: &str| WorktreeName::new("b").map(|name| name.beside(Path::new(at)));
    assert_eq!(beside("/w/a"), Ok(PathBuf::from("/w/b")));
    assert_eq!(beside("/"), Ok(PathBuf::from("/b")));
}

proptest! {
    #[test]
    fn every_path_has_two_usable_directory_names(path in "/[^\0]{0,400}") {
        let (slug, key) = of(&path);
        for name in [&slug, &key] {
            prop_assert!(!name.is_empty() && name.len() <= 200);
            prop_assert!(name.bytes().all(is_portable) && !RESERVED.contains(&name.as_str()));
        }
    }

    #[test]
    fn sanitising_never_makes_two_paths_one(a in "(/[a b+é]{1,3}){1,3}", b in "(/[a b+é]{1,3}){1,3}") {
        prop_assume!(a != b && [&a, &b].iter().any(|p| !p.bytes().all(|c| is_portable(c) || c == b'/')));
        prop_assert_ne!(of(&a), of(&b));
    }
}
