//! The settings of the user's repository, as one call of git lists them.

/// Every setting that holds in a worktree, in git's order.
#[derive(Debug)]
pub(crate) struct Config {
    settings: Vec<Setting>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Setting {
    scope: String,
    /// As git lists it: the key, a newline, the value; the key alone where the file gives it no value.
    pub(crate) line: String,
}

impl Setting {
    /// Its name: the section and the variable in lower case.
    pub(crate) fn key(&self) -> &str {
        self.line.split_once('\n').map_or(&self.line, |(key, _)| key)
    }

    /// Its value; `None` where the file gives it none, which git reads as true.
    pub(crate) fn value(&self) -> Option<&str> {
        self.line.split_once('\n').map(|(_, value)| value)
    }

    /// Whether the repository itself says so, and not the user, the system or the environment.
    pub(crate) fn is_of_repository(&self) -> bool {
        matches!(self.scope.as_str(), "local" | "worktree")
    }
}

impl Config {
    /// What `git config --list --null --show-scope` prints.
    pub(crate) fn parse(listed: &str) -> Self {
        let fields: Vec<_> = listed.split_terminator('\0').collect();
        let settings = fields
            .chunks_exact(2)
            .map(|pair| Setting { scope: pair[0].to_owned(), line: pair[1].to_owned() })
            .collect();
        Self { settings }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter()
    }

    /// The value of `key`, whose section and variable are in lower case; the last one counts. Empty where there is none.
    pub(crate) fn get(&self, key: &str) -> &str {
        let last = self.settings.iter().rev().find(|setting| setting.key() == key);
        last.and_then(Setting::value).unwrap_or_default().trim_end_matches('\n')
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn the_last_value_counts_and_a_key_without_one_is_empty() {
        let listed = "global\0user.name\nAnn\0local\0user.name\nBob\nx\0local\0http.proxy\0command\0a.b\n\0";
        let config = Config::parse(listed);
        assert_eq!(config.get("user.name"), "Bob\nx");
        assert_eq!((config.get("http.proxy"), config.get("a.b"), config.get("no.ne")), ("", "", ""));
        let values: Vec<_> = config.iter().map(|one| (one.is_of_repository(), one.value())).collect();
        assert_eq!(values, [(false, Some("Ann")), (true, Some("Bob\nx")), (true, None), (false, Some(""))]);
    }
}
