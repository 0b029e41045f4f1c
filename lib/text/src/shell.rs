//! A path as one word of a shell command.

use std::path::Path;

use crate::Sanitised;

/// `path` as one word of a shell command, in one line of text that shows all of it.
pub fn quoted(path: &Path) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,%".contains(c);
    let is_visible = |text: &&str| !text.contains(['\n', '\t']) && Sanitised::from(*text).as_str() == *text;
    match path.to_str().filter(is_visible) {
        Some(text) if text.chars().all(is_plain) => text.to_owned(),
        Some(text) => format!("'{}'", text.replace('\'', r"'\''")),
        None => escaped(path.as_os_str().as_encoded_bytes()),
    }
}

/// `bytes` as bash, zsh and ksh read them between `$'` and `'`.
fn escaped(bytes: &[u8]) -> String {
    let byte = |&byte: &u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        byte => format!("\\{byte:03o}"),
    };
    format!("$'{}'", bytes.iter().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_quoted_path_is_one_visible_line_that_bash_reads_as_it_was() {
        for (path, word) in [
            (&b"/a/b-c"[..], "/a/b-c"),
            (b"/a b/it's", r"'/a b/it'\''s'"),
            ("/é 漢".as_bytes(), "'/é 漢'"),
            ("/a\n\x1b[31m\u{202E}'\\1".as_bytes(), r"$'/a\012\033[31m\342\200\256\'\\1'"),
            (b"/\xff", r"$'/\377'"),
        ] {
            let quoted = quoted(Path::new(OsStr::from_bytes(path)));
            assert_eq!(quoted, word);
            let mut bash = std::process::Command::new("bash");
            let ran = bash.arg("-c").arg(format!("printf %s {quoted}")).output().unwrap();
            assert_eq!(ran.stdout, path);
        }
    }
}
