//! Letters: handoffs for another machine or another person. Verbs of `handover`, and of `handoff`.

use super::{JSON, YES, handover};
use crate::table::{Count, Example, Known, Operand, Opt, Rule, Values, Verb};

const ELSEWHERE: &str = crate::help::ALSO;

/// `--to`, of a letter.
pub static TO: Opt =
    Opt::value("to", "WHOM", Values::Any, "@me (default), one of `people`, or a mail address");
/// `--to`, of a letter through a remote.
pub static TO_ANY: Opt = Opt::value(
    "to",
    "WHOM",
    Values::Any,
    "@me (default), one of `people`, a mail address, host:NAME, branch[:NAME], anyone",
);
/// `--no-work`.
pub static NO_WORK: Opt = Opt::flag("no-work", "the handoff alone, without uncommitted work and commits");
/// `--allow-secrets`, of a letter.
pub static ALLOW_SECRETS: Opt = Opt::flag("allow-secrets", "also what looks like a secret");
/// `--encrypt`.
pub static ENCRYPT: Opt = Opt::flag(
    "encrypt",
    "so that only the machines of whom it goes to can read it; @me: yours, and this one",
);
/// `--passphrase`.
pub static PASSPHRASE: Opt =
    Opt::flag("passphrase", "encrypted with a passphrase, which is asked for at the terminal");
/// `--passphrase-file`.
pub static PASSPHRASE_FILE: Opt = Opt::value(
    "passphrase-file",
    "FILE",
    Values::File,
    "the passphrase is the first line of this file; /dev/fd/3 is one too",
);
/// `--any-repository`.
pub static ANY_REPOSITORY: Opt = Opt::flag("any-repository", "also a letter about another repository");
/// `--apply`, of a letter.
pub static APPLY: Opt = Opt::flag("apply", "make its changes here");
/// `--receipt`.
pub static RECEIPT: Opt =
    Opt::flag("receipt", "`send` at the other end: what was taken before is answered too").hidden();
/// `--introduce`.
pub static INTRODUCE: Opt = Opt::flag("introduce", "first have it take letters of this machine from now on");
/// `--from`, of `people`.
pub static FROM: Opt = Opt::value("from", "FILE", Values::File, "the key that signed this letter");
/// `--key`.
pub static KEY: Opt = Opt::value(
    "key",
    "FILE",
    Values::File,
    "the ssh-ed25519 keys in this file, each with its age1… behind it; - is standard input",
);
/// `--card`.
pub static CARD: Opt = Opt::value(
    "card",
    "MACHINE",
    Values::Any,
    "the key on the card that this machine left at the remote; a part of its fingerprint will do",
);
/// `--machine`.
pub static MACHINE: Opt =
    Opt::value("machine", "NAME", Values::Any, "what that machine is called; alone, what this one is called");
/// `--mail`.
pub static MAIL: Opt =
    Opt::value("mail", "MAIL", Values::Any, "the mail address that letters for them go to");
/// `--code`.
pub static CODE: Opt = Opt::flag("code", "their work may be applied without `allow`");

/// `--remote`.
pub static REMOTE: Opt =
    Opt::value("remote", "NAME", Values::Any, "the remote; else origin, else the only one");
/// `--mail`, of `join`.
pub static MAIL_REMOTE: Opt = Opt::value(
    "mail",
    "URL",
    Values::Any,
    "through this repository instead, which is there for letters alone; several may share it",
);
/// `--private`.
pub static PRIVATE: Opt = Opt::flag("private", "you know that strangers cannot read that remote");
/// `--reoffer`.
pub static REOFFER: Opt = Opt::value(
    "reoffer",
    "LETTER",
    Values::Any,
    "has this letter wait again, which was taken and never confirmed, or is gone from the remote",
);
/// `--background`.
pub static BACKGROUND: Opt = Opt::flag("background", "as a hook starts it").hidden();

/// `--local`.
pub static LOCAL: Opt = Opt::flag("local", "what is known here, without the network").hidden();
/// `--via`.
pub static VIA: Opt = Opt::value(
    "via",
    "branch",
    Values::Any,
    "the branch itself, as an empty commit; pull looks at branch:NAME too",
);
/// `--copy`.
pub static COPY: Opt =
    Opt::flag("copy", "takes nothing away: copies what waits, as in a sandbox that cannot push");
/// `--wait`.
pub static WAIT: Opt =
    Opt::value("wait", "SECONDS", Values::Any, "for so long the remote may take to answer, as in a hook");

/// The letter that a verb is about.
const LETTER: Operand = Operand {
    name: "LETTER",
    about: "a part of a letter's name that no other has",
    count: Count::One,
    values: Values::Any,
};

/// The handoff that becomes a letter.
const ID: Operand = Operand {
    name: "ID",
    about: "a part of a handoff's file name that no other has; without one, the newest that waits here",
    count: Count::Optional,
    values: Values::Known(Known::Handoffs),
};

/// The options of what makes a letter: to whom it goes, what goes into it, and those of the verb alone.
macro_rules! letter_options {
    ($to:expr, $($own:expr),*) => {
        &[$to, &NO_WORK, &ALLOW_SECRETS, $($own,)* &JSON]
    };
}

/// `join`.
pub static JOIN: Verb = Verb {
    group: ELSEWHERE,
    options: &[&REMOTE, &MAIL_REMOTE, &PRIVATE, &JSON],
    notes: "Where strangers may read the remote, letters go there encrypted, and to persons alone.",
    ..Verb::new("join", "has letters go through a remote of this repository")
};
/// `push`.
pub static PUSH: Verb = Verb {
    group: ELSEWHERE,
    operands: &[ID],
    options: letter_options!(&TO_ANY, &ENCRYPT, &VIA, &PRIVATE, &REOFFER),
    rules: &[
        Rule::Alone(&REOFFER, &[&JSON]),
        Rule::Exclusive(&[&VIA, &TO_ANY]),
        // Who reads a branch is not known, so nothing on it can be encrypted.
        Rule::Exclusive(&[&VIA, &ENCRYPT]),
        Rule::Requires(&PRIVATE, &[&VIA]),
    ],
    examples: &[
        Example { line: "push", about: "the newest handoff, with the work, to your other machines" },
        Example { line: "push --to bob", about: "" },
        Example { line: "push --via branch", about: "out of a sandbox that can push its branch alone" },
    ],
    ..Verb::new("push", "sends a handoff, with the work, through the remote")
};
/// `pull`.
pub static PULL: Verb = Verb {
    group: ELSEWHERE,
    operands: &[Operand { count: Count::Optional, ..LETTER }],
    options: &[&APPLY, &handover::ALLOW_CONFIG, &VIA, &COPY, &WAIT, &JSON],
    rules: &[
        Rule::Requires(&handover::ALLOW_CONFIG, &[&APPLY]),
        Rule::Exclusive(&[&VIA, &COPY]),
        Rule::Requires(&WAIT, &[&COPY]),
    ],
    examples: &[
        Example { line: "pull --apply", about: "" },
        Example { line: "pull --via branch:fix/q", about: "what a sandbox left on that branch" },
    ],
    ..Verb::new("pull", "takes what waits for you there: it is yours alone then")
};
/// `sync`.
pub static SYNC: Verb = Verb {
    group: ELSEWHERE,
    options: &[&BACKGROUND, &JSON],
    ..Verb::new("sync", "sends what is queued, and looks at what waits; takes nothing")
};
/// `mail`.
pub static MAIL_VERB: Verb = Verb {
    group: ELSEWHERE,
    options: &[&LOCAL, &JSON],
    ..Verb::new("mail", "shows what waits for you there, and what became of yours")
};
/// `recall`.
pub static RECALL: Verb = Verb {
    group: ELSEWHERE,
    operands: &[LETTER],
    options: &[&JSON],
    notes: "Who hosts the remote may keep what was there for a while.",
    ..Verb::new("recall", "takes a letter back that no machine has taken")
};
/// `give-back`.
pub static GIVE_BACK: Verb = Verb {
    group: ELSEWHERE,
    operands: &[LETTER],
    options: &[&JSON],
    ..Verb::new("give-back", "has a letter wait again that you took")
};

/// `export`.
pub static EXPORT: Verb = Verb {
    group: ELSEWHERE,
    operands: &[
        ID,
        Operand {
            name: "FILE",
            about: "where to; what ends in .handoff or has a slash is a FILE also where it stands alone",
            count: Count::Optional,
            values: Values::File,
        },
    ],
    options: letter_options!(&TO, &ENCRYPT, &PASSPHRASE, &PASSPHRASE_FILE),
    rules: &[Rule::Exclusive(&[&ENCRYPT, &PASSPHRASE, &PASSPHRASE_FILE])],
    examples: &[
        Example { line: "export quoted.handoff", about: "the newest handoff, with the work" },
        Example { line: "export --encrypt --to bob quoted.handoff", about: "" },
    ],
    ..Verb::new("export", "writes a handoff, with the work, as one signed file")
};
/// `import`.
pub static IMPORT: Verb = Verb {
    group: ELSEWHERE,
    operands: &[Operand {
        name: "FILE",
        about: "a file that `export` made, encrypted or not; - is standard input",
        count: Count::One,
        values: Values::File,
    }],
    options: &[&APPLY, &handover::ALLOW_CONFIG, &ANY_REPOSITORY, &PASSPHRASE_FILE, &RECEIPT, &JSON],
    rules: &[Rule::Requires(&handover::ALLOW_CONFIG, &[&APPLY])],
    examples: &[Example { line: "import quoted.handoff --apply", about: "" }],
    ..Verb::new("import", "takes such a file in: the handoff waits here then")
};
/// `send`.
pub static SEND: Verb = Verb {
    group: ELSEWHERE,
    operands: &[
        ID,
        Operand {
            name: "HOST:DIR",
            about: "as ssh has it, and the worktree over there: ann@devbox:src/app",
            count: Count::Optional,
            values: Values::Any,
        },
    ],
    options: letter_options!(&TO, &INTRODUCE),
    examples: &[Example { line: "send ann@devbox:src/app", about: "the newest handoff, with the work" }],
    ..Verb::new("send", "gives a handoff to another machine through ssh")
};
/// `people`.
pub static PEOPLE: Verb = Verb {
    group: ELSEWHERE,
    operands: &[
        Operand {
            name: "ACTION",
            about: "add, remove, or sandbox, which makes a key for one; without it, they are listed",
            count: Count::Optional,
            values: Values::OneOf(&["add", "remove", "sandbox"]),
        },
        Operand {
            name: "NAME",
            about: "what you call them; @me for your own other machines",
            count: Count::Optional,
            values: Values::Any,
        },
    ],
    options: &[&FROM, &KEY, &CARD, &MACHINE, &MAIL, &CODE, &YES, &JSON],
    rules: &[Rule::Exclusive(&[&FROM, &KEY, &CARD])],
    examples: &[
        Example { line: "people", about: "this machine's key, and whose letters are taken" },
        Example { line: "people add bob --from letter.handoff", about: "" },
    ],
    ..Verb::new("people", "shows or changes whose letters are taken here")
};
