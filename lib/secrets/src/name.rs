//! Names that promise a secret: `DB_PASSWORD`, `"apiKey"`, `Access token`, `os.environ["TOKEN"]`.

/// Names, in small letters without separators, that promise a secret also at the end of a longer
/// word.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "secretkeybase",
    "signingkey",
    "encryptionkey",
    "accountkey",
    "masterkey",
    "subscriptionkey",
    "authkey",
    "credential",
    "credentials",
    "bearer",
    "authorization",
    // Whose key is never public.
    "openaikey",
    "anthropickey",
    "geminikey",
    "mistralkey",
    "groqkey",
    "stripekey",
    "awskey",
    "azurekey",
    "gcpkey",
    "githubkey",
    "gitlabkey",
    "slackkey",
    "twiliokey",
    "sendgridkey",
    "mailgunkey",
    "datadogkey",
    "supabasekey",
    "pineconekey",
    "sshkey",
    "deploykey",
    "servicekey",
    "serverkey",
    "sharedkey",
    "hmackey",
    "jwtkey",
];

/// Names that promise one only as a word: a `bypass` is no `pass`.
const WORDS: &[&str] = &["auth", "pass", "creds"];

/// Names with a promising end that hold a place in a list, not a secret.
const HARMLESS: &[&str] = &["pagetoken", "continuationtoken", "cursortoken", "publictoken", "publicapikey"];

/// Words behind a name that say which of several it is: `API_KEY_PROD`.
const QUALIFIERS: &[&str] = &[
    "production",
    "prod",
    "prd",
    "live",
    "staging",
    "stage",
    "stg",
    "development",
    "dev",
    "test",
    "sandbox",
    "qa",
    "uat",
    "ci",
    "local",
    "old",
    "new",
    "backup",
    "primary",
    "secondary",
    "main",
    "default",
];

/// What stands before `_KEY` in the name of a variable that holds a place or a public key, not a secret.
const NO_SECRET_KEYS: &[&str] = &[
    "public",
    "pub",
    "cache",
    "primary",
    "foreign",
    "partition",
    "sort",
    "index",
    "hash",
    "object",
    "bucket",
    "s3",
    "row",
    "shard",
    "routing",
    "idempotency",
    "dedup",
    "group",
    "lookup",
    "site",
    "registry",
    "hot",
    "host",
    "map",
    "i18n",
    "translation",
    "query",
    "storage",
    "config",
    "issue",
    "project",
    "feature",
    "flag",
    "composite",
    "unique",
    "answer",
];

/// More letters than the longest of the names above has, with a qualifier behind it.
const TAIL: usize = 36;

/// A name is looked for in so many bytes before its separator.
const REACH: usize = 64;

/// Whether `before`, all that precedes a separator, ends in a name that promises a secret.
pub(crate) fn ends_in_secret_name(before: &[u8]) -> bool {
    let name = without_closing(within_reach(before));
    let mut tail = [0; TAIL];
    let mut places = [0; TAIL];
    let mut free = TAIL;
    for (place, byte) in name.iter().enumerate().rev() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' if free > 0 => {
                free -= 1;
                tail[free] = byte.to_ascii_lowercase();
                places[free] = place;
            }
            b'_' | b'-' | b'.' | b' ' => {}
            // `token2`, `API_KEY_1`
            b'0'..=b'9' if free == TAIL => {}
            _ => break,
        }
    }
    let mut end = TAIL;
    let is_qualified = |word: &&&str, end: usize| {
        end - free > word.len()
            && tail[free..end].ends_with(word.as_bytes())
            && starts_word(name, places[end - word.len()])
    };
    if let Some(qualifier) = QUALIFIERS.iter().find(|word| is_qualified(word, end)) {
        end -= qualifier.len();
    }
    promises_secret(name, &tail[free..end], &places[free..end])
}

/// Whether `tail`, the letters at the end of `name` that stand at `places`, promises a secret.
fn promises_secret(name: &[u8], tail: &[u8], places: &[usize]) -> bool {
    // Most names end in a letter that none of these does; comparing it first spares the rest.
    let ends_with = |end: &&str| tail.last() == end.as_bytes().last() && tail.ends_with(end.as_bytes());
    let is_word = |word: &&str| ends_with(word) && starts_word(name, places[tail.len() - word.len()]);
    if HARMLESS.iter().any(ends_with) {
        return false;
    }
    ENDINGS.iter().any(ends_with)
        || WORDS.iter().any(is_word)
        || (ends_with(&"key")
            && is_variable_with_key(&name[..places[tail.len() - 3]], &name[places[tail.len() - 3]..]))
}

/// Whether a name like `OPENAI_KEY` ends in `key`, which stands behind `before`: in capitals, as variables of the
/// environment are, and not of those that hold no secret.
fn is_variable_with_key(before: &[u8], key: &[u8]) -> bool {
    let Some(owner) = before.strip_suffix(b"_").filter(|_| key.starts_with(b"KEY")) else { return false };
    let length =
        owner.iter().rev().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count();
    let owner = &owner[owner.len() - length..];
    length > 0 && !NO_SECRET_KEYS.iter().any(|word| owner.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether `before` ends in `Key` alone, at the start of a line or a list item, as in ``- **Key**: `…` ``.
pub(crate) fn is_lone_key(before: &[u8]) -> bool {
    let before = within_reach(before);
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or(before);
    let name = without_closing(line);
    let Some((mark, key)) = name.split_last_chunk::<3>() else { return false };
    key.eq_ignore_ascii_case(b"key")
        && line.len() < REACH
        && mark.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'*' | b'+' | b'>' | b'|'))
}

/// `before` without a verb that states the value of what stands before it: `The API key is`.
pub(crate) fn without_verb(before: &[u8]) -> Option<&[u8]> {
    let word = last_word(before);
    let is_verb = word.eq_ignore_ascii_case(b"is") || word.eq_ignore_ascii_case(b"was");
    let rest = &before[..before.len() - word.len()];
    (is_verb && rest.ends_with(b" ")).then(|| rest.trim_ascii_end())
}

/// Whether `before` ends in the start of an XML element: `<password`.
pub(crate) fn ends_in_element(before: &[u8]) -> bool {
    let word = last_word(before).len();
    word > 0 && before[..before.len() - word].ends_with(b"<")
}

/// Whether the name at the end of `before` follows a colon, as in `arn:aws:secretsmanager:secret`.
pub(crate) fn ends_in_colon_path(before: &[u8]) -> bool {
    before[..before.len() - last_word(before).len()].ends_with(b":")
}

/// The last word of `before`, with dashes and without a closing quote: `--api-key`, `Bearer`.
pub(crate) fn last_word(before: &[u8]) -> &[u8] {
    let before = within_reach(before);
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    let length = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .count();
    &before[before.len() - length..]
}

fn within_reach(before: &[u8]) -> &[u8] {
    &before[before.len().saturating_sub(REACH)..]
}

/// A name without what may stand between it and its separator: quotes, markdown's stars, the
/// bracket of a look-up by a literal name, the sign of `token?:` and `token +=`.
fn without_closing(name: &[u8]) -> &[u8] {
    let name = name.trim_ascii_end();
    let name = match name {
        [rest @ .., b'"' | b'\'', b']'] => rest,
        _ => name,
    };
    let closing =
        |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b'*' | b'\\' | b'?' | b'+' | b'!' | b' ' | b'\t');
    let closed = name.iter().rev().take_while(|byte| closing(byte)).count();
    &name[..name.len() - closed]
}

fn starts_word(name: &[u8], at: usize) -> bool {
    let is_capital = name[at].is_ascii_uppercase();
    at == 0 || !name[at - 1].is_ascii_alphabetic() || is_capital && name[at - 1].is_ascii_lowercase()
}
