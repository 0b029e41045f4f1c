//! The patterns that the hosts' settings name commands, paths and variables with.

/// Whether `pattern`, in which `*` stands for any text and `?` (where `has_single`) for any character, is all of `text`.
pub(super) fn is_text(pattern: &str, text: &str, has_single: bool) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    is_sequence(
        &pattern,
        &text,
        |part| *part == '*',
        |part, character| part == character || (has_single && *part == '?'),
    )
}

/// Whether `pattern`, an absolute path as `.gitignore` writes it, covers `path`: it is the path or a directory that the
/// path is in. `**` stands for any number of directories.
pub(super) fn is_path(pattern: &str, path: &str) -> bool {
    fn parts(path: &str) -> Vec<&str> {
        path.split('/').filter(|part| !part.is_empty()).collect()
    }
    let (mut pattern, path) = (parts(pattern), parts(path));
    // What is in a directory at any depth, and not the directory itself: so one more name has to follow.
    let is_below = pattern.last() == Some(&"**");
    if is_below {
        pattern.pop();
    }
    let covers = |length: usize| {
        is_sequence(&pattern, &path[..length], |part| *part == "**", |part, name| is_text(part, name, true))
    };
    let longest = path.len().saturating_sub(usize::from(is_below));
    (usize::from(!is_below)..=longest).any(covers)
}

/// Whether a sequence with parts that stand for any number of others is all of `text`, in at most as many steps as the
/// product of both lengths.
fn is_sequence<P, T>(
    pattern: &[P],
    text: &[T],
    is_any: impl Fn(&P) -> bool,
    is_one: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut done) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: behind it, with one part of the text more in it.
    let mut retry: Option<(usize, usize)> = None;
    while done < text.len() {
        if pattern.get(at).is_some_and(&is_any) {
            retry = Some((at + 1, done));
            at += 1;
        } else if pattern.get(at).is_some_and(|part| is_one(part, &text[done])) {
            at += 1;
            done += 1;
        } else if let Some((behind, taken)) = retry {
            retry = Some((behind, taken + 1));
            at = behind;
            done = taken + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(is_any)
}

#[cfg(test)]
mod tests {
    use super::{is_path, is_text};

    #[test]
    fn a_star_is_any_text_and_a_question_mark_a_character_where_it_counts() {
        for (pattern, text) in
            [("*handoff*", "/b/handoff-write x"), ("*", ""), ("a*b*c", "aXbbYc"), ("HO?E", "HOME")]
        {
            assert!(is_text(pattern, text, true), "{pattern} {text}");
        }
        for (pattern, text) in [("a*b", "abc"), ("", "a"), ("HO?E", "HOE")] {
            assert!(!is_text(pattern, text, true), "{pattern} {text}");
        }
        assert!(!is_text("HO?E", "HOME", false));
        assert!(!is_text(&"*a".repeat(2000), &"a".repeat(1000), false));
    }

    #[test]
    fn a_path_is_covered_by_itself_and_by_each_directory_that_it_is_in() {
        let draft = "/h/.agent-handoffs/.drafts/d.md";
        for pattern in [
            "/**",
            "/h/**",
            "/h/.*/**",
            "/h/.agent-*",
            "/h/.agent-handoffs",
            "/h/.agent-handoffs/",
            "/h/.agent-handoffs/*",
            "/**/.drafts/**",
            "/h/**/d.md",
        ] {
            assert!(is_path(pattern, draft), "{pattern}");
        }
        for pattern in ["/", "/h/a*", "/h/*.md", "/h/.agent-handoffs/.drafts/d.md/**", "/h/.agent", "/x/**"] {
            assert!(!is_path(pattern, draft), "{pattern}");
        }
    }
}
