//! The words of `export`, `import`, `send` and `people`.

use std::path::PathBuf;
use std::time::Duration;

use handoff_cli::tables::{JSON, YES, handover, mail as table};
use handoff_cli::{Given, Misuse, UsageError};
use handoff_mail::{Destination, PersonName};

/// `export`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) id: Option<String>,
    /// `None`: named after the handoff, here.
    pub(crate) file: Option<PathBuf>,
    pub(crate) letter: Letter,
    /// `--passphrase`, `--passphrase-file`.
    pub(crate) passphrase: Option<PassphraseSource>,
    pub(crate) json: bool,
}

/// Where a passphrase comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PassphraseSource {
    Terminal,
    File(PathBuf),
}

/// What goes into a letter, and to whom it goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) to: Option<String>,
    pub(crate) with_work: bool,
    pub(crate) allow_secrets: bool,
    /// `--encrypt`.
    pub(crate) encrypt: bool,
}

/// `import`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// `-`: standard input.
    pub(crate) file: PathBuf,
    pub(crate) apply: bool,
    pub(crate) allow_config: bool,
    pub(crate) any_repository: bool,
    /// One that was taken before is answered with its receipt.
    pub(crate) receipt: bool,
    pub(crate) passphrase_file: Option<PathBuf>,
    pub(crate) json: bool,
}

/// `send`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Send {
    pub(crate) id: Option<String>,
    pub(crate) to: Destination,
    pub(crate) letter: Letter,
    pub(crate) introduce: bool,
    pub(crate) json: bool,
}

/// `people`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct People {
    pub(crate) action: PeopleAction,
    pub(crate) json: bool,
}

/// What `people` does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PeopleAction {
    List,
    /// Calls this machine so.
    NameMachine(String),
    Add {
        name: PersonName,
        source: KeySource,
        machine: Option<String>,
        mail: Option<String>,
        code: bool,
        yes: bool,
    },
    Remove(String),
    /// Makes a key for a sandbox of this name.
    Sandbox {
        name: PersonName,
        code: bool,
    },
}

/// Where a key comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// The letter in this file.
    Letter(PathBuf),
    /// The lines of this file.
    File(PathBuf),
    /// The card of the machine that is called so, or has this in its fingerprint.
    Card(String),
}

fn letter(given: &Given) -> Result<Letter, Misuse> {
    Ok(Letter {
        to: given.text(&table::TO)?,
        with_work: !given.has(&table::NO_WORK),
        allow_secrets: given.has(&table::ALLOW_SECRETS),
        encrypt: given.has(&table::ENCRYPT),
    })
}

pub(super) fn export(given: &Given) -> Result<Export, Misuse> {
    let (first, second) = (given.word(0)?, given.word(1)?);
    let is_file = |word: &str| word.ends_with(".handoff") || word.contains('/');
    let (id, file) = match (first, second) {
        (Some(word), None) if is_file(&word) => (None, Some(word)),
        both => both,
    };
    let passphrase = match given.path(&table::PASSPHRASE_FILE) {
        Some(file) => Some(PassphraseSource::File(file)),
        None => given.has(&table::PASSPHRASE).then_some(PassphraseSource::Terminal),
    };
    let (file, letter) = (file.map(PathBuf::from), letter(given)?);
    Ok(Export { id, file, letter, passphrase, json: given.has(&JSON) })
}

pub(super) fn import(given: &Given) -> Result<Import, Misuse> {
    Ok(Import {
        file: given.words().first().map(PathBuf::from).unwrap_or_default(),
        apply: given.has(&table::APPLY),
        allow_config: given.has(&handover::ALLOW_CONFIG),
        any_repository: given.has(&table::ANY_REPOSITORY),
        receipt: given.has(&table::RECEIPT),
        passphrase_file: given.path(&table::PASSPHRASE_FILE),
        json: given.has(&JSON),
    })
}

pub(super) fn send(given: &Given) -> Result<Send, Misuse> {
    let (id, to) = match (given.word(0)?, given.word(1)?) {
        (Some(id), Some(to)) => (Some(id), to),
        (Some(to), None) => (None, to),
        (None, _) => return Err(given.misuse(UsageError::Other("a HOST:DIR is missing".to_owned()))),
    };
    let to = to.parse::<Destination>().map_err(|error| given.misuse(UsageError::Other(error.to_string())))?;
    let introduce = given.has(&table::INTRODUCE);
    Ok(Send { id, to, letter: letter(given)?, introduce, json: given.has(&JSON) })
}

pub(super) fn people(given: &Given) -> Result<People, Misuse> {
    let wrong = |what: &str| given.misuse(UsageError::Other(what.to_owned()));
    let (action, name) = (given.word(0)?, given.word(1)?);
    let name = || name.clone().ok_or_else(|| wrong("a NAME is missing"));
    let action = match (action.as_deref(), given.text(&table::MACHINE)?) {
        (None, Some(machine)) => PeopleAction::NameMachine(machine),
        (None, None) => PeopleAction::List,
        (Some("remove"), _) => PeopleAction::Remove(name()?),
        (Some("sandbox"), _) => PeopleAction::Sandbox {
            name: name()?.parse().map_err(|error: handoff_mail::PeopleError| wrong(&error.to_string()))?,
            code: given.has(&table::CODE),
        },
        (Some(_), machine) => {
            let source = match (given.path(&table::FROM), given.path(&table::KEY), given.text(&table::CARD)?)
            {
                (Some(letter), ..) => KeySource::Letter(letter),
                (None, Some(file), _) => KeySource::File(file),
                (None, None, Some(machine)) => KeySource::Card(machine),
                (None, None, None) => {
                    return Err(wrong("--from LETTER, --card MACHINE or --key FILE is missing"));
                }
            };
            PeopleAction::Add {
                name: name()?
                    .parse()
                    .map_err(|error: handoff_mail::PeopleError| wrong(&error.to_string()))?,
                source,
                machine,
                mail: given.text(&table::MAIL)?,
                code: given.has(&table::CODE),
                yes: given.has(&YES),
            }
        }
    };
    Ok(People { action, json: given.has(&JSON) })
}

/// `join`, `push`, `pull`, `sync`, `mail`, `recall`, `give-back`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mailroom {
    pub(crate) verb: MailroomVerb,
    pub(crate) json: bool,
}

/// What is done with the mailroom.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MailroomVerb {
    Join {
        remote: Option<String>,
        /// `--mail`: a repository for letters, instead.
        mail: Option<String>,
        /// `--private`: the user's word.
        is_private: bool,
    },
    Push {
        id: Option<String>,
        letter: Letter,
    },
    /// `push --via branch`.
    PushOnBranch {
        id: Option<String>,
        letter: Letter,
        /// `--private`: the user's word.
        is_private: bool,
    },
    /// `push --reoffer`.
    OfferAgain(String),
    Pull {
        id: Option<String>,
        apply: bool,
        allow_config: bool,
    },
    /// `pull --via branch[:NAME]`.
    PullFromBranch {
        /// `None`: the one that is checked out.
        branch: Option<String>,
        apply: bool,
        allow_config: bool,
    },
    /// `pull --copy`.
    Copy {
        id: Option<String>,
        wait: Option<Duration>,
        apply: bool,
        allow_config: bool,
    },
    Sync {
        /// A hook started it: nobody is there to be asked.
        background: bool,
    },
    Mail,
    /// `mail --local`: what is known of all mailrooms without the network.
    Overview,
    Recall(String),
    GiveBack(String),
}

/// The branch that `--via` names; `None` for the one that is checked out.
fn via(given: &Given) -> Result<Option<String>, Misuse> {
    let read = |value: &str| match value.strip_prefix("branch") {
        Some("") => Ok(None),
        Some(rest) if rest.len() > 1 && rest.starts_with(':') => Ok(Some(rest[1..].to_owned())),
        _ => Err("it is branch or branch:NAME"),
    };
    Ok(given.parsed(&table::VIA, read)?.flatten())
}

/// `3` or `3s`.
fn seconds(value: &str) -> Result<Duration, &'static str> {
    let number = value.strip_suffix('s').unwrap_or(value).parse::<u64>().ok();
    number
        .filter(|number| (1..=600).contains(number))
        .map(Duration::from_secs)
        .ok_or("it is 1 to 600 seconds, as 3s")
}

pub(super) fn mailroom(given: &Given) -> Result<Mailroom, Misuse> {
    let id = given.word(0)?;
    let named = || id.clone().unwrap_or_default();
    let wrong = |what: &str| given.misuse(UsageError::Other(what.to_owned()));
    let verb = match given.verb.name {
        "join" => {
            let (remote, mail) = (given.text(&table::REMOTE)?, given.text(&table::MAIL_REMOTE)?);
            MailroomVerb::Join { remote, mail, is_private: given.has(&table::PRIVATE) }
        }
        "push" if given.has(&table::VIA) => {
            if via(given)?.is_some() {
                return Err(wrong("--via branch takes the branch that is checked out"));
            }
            MailroomVerb::PushOnBranch { id, letter: letter(given)?, is_private: given.has(&table::PRIVATE) }
        }
        "push" => match given.text(&table::REOFFER)? {
            Some(letter) => MailroomVerb::OfferAgain(letter),
            None => {
                let to = given.text(&table::TO_ANY)?;
                MailroomVerb::Push { id, letter: Letter { to, ..letter(given)? } }
            }
        },
        "pull" if given.has(&table::VIA) => {
            if id.is_some() {
                return Err(wrong("a LETTER and --via exclude each other"));
            }
            let apply = given.has(&table::APPLY);
            let allow_config = given.has(&handover::ALLOW_CONFIG);
            MailroomVerb::PullFromBranch { branch: via(given)?, apply, allow_config }
        }
        "pull" if given.has(&table::COPY) => MailroomVerb::Copy {
            id,
            wait: given.parsed(&table::WAIT, seconds)?,
            apply: given.has(&table::APPLY),
            allow_config: given.has(&handover::ALLOW_CONFIG),
        },
        "pull" => MailroomVerb::Pull {
            id,
            apply: given.has(&table::APPLY),
            allow_config: given.has(&handover::ALLOW_CONFIG),
        },
        "sync" => MailroomVerb::Sync { background: given.has(&table::BACKGROUND) },
        "recall" => MailroomVerb::Recall(named()),
        "give-back" => MailroomVerb::GiveBack(named()),
        "mail" if given.has(&table::LOCAL) => MailroomVerb::Overview,
        _ => MailroomVerb::Mail,
    };
    Ok(Mailroom { verb, json: given.has(&JSON) })
}
