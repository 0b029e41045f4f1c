//! What a program did.

use std::process::Output;

/// Exit code, output and errors of a program that ran.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; 128 + n when signal n ended it.
    pub code: i32,
    /// Standard output's bytes.
    pub out: Vec<u8>,
    /// Standard error's bytes.
    pub err: Vec<u8>,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        let signal = std::os::unix::process::ExitStatusExt::signal(&output.status).map(|signal| 128 + signal);
        let code = output.status.code().or(signal).unwrap_or(-1);
        Self { code, out: output.stdout, err: output.stderr }
    }

    /// Standard output, which must be UTF-8.
    pub fn out(&self) -> &str {
        std::str::from_utf8(&self.out).expect("standard output is UTF-8")
    }

    /// Standard error, which must be UTF-8.
    pub fn err(&self) -> &str {
        std::str::from_utf8(&self.err).expect("standard error is UTF-8")
    }

    /// Fails unless the program ended like this, with exactly this output and these errors.
    #[track_caller]
    pub fn is(&self, code: i32, out: &str, err: &str) {
        assert_eq!((self.code, self.out(), self.err()), (code, out, err));
    }

    /// Fails unless it exited 0 without a word.
    #[track_caller]
    pub fn is_silent(&self) {
        self.is(0, "", "");
    }
}
