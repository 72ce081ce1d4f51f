//! Where results and messages go, and whether in colour.

use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;

pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const TITLE: Style = Style::new().bold();

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColourChoice {
    Auto,
    Always,
    Never,
}

/// Standard output for results and standard error for everything else.
#[derive(Debug)]
pub(crate) struct Output {
    choice: anstream::ColorChoice,
}

impl Output {
    pub(crate) fn new(choice: ColourChoice) -> Self {
        let choice = match choice {
            ColourChoice::Auto => anstream::ColorChoice::Auto,
            ColourChoice::Always => anstream::ColorChoice::Always,
            ColourChoice::Never => anstream::ColorChoice::Never,
        };
        Self { choice }
    }

    /// The choice for a stream: a `CLICOLOR_FORCE` of `0` forces nothing, which `anstream` takes it to do.
    fn choice_for(&self, stream: &impl IsTerminal) -> anstream::ColorChoice {
        let forces = std::env::var_os("CLICOLOR_FORCE");
        let is_zero = forces.is_some_and(|value| value == "0" || value.is_empty());
        match self.choice {
            anstream::ColorChoice::Auto if is_zero && !stream.is_terminal() => anstream::ColorChoice::Never,
            choice => choice,
        }
    }

    /// Standard output, which takes escape sequences away where no colour is wanted.
    pub(crate) fn stdout(&self) -> impl Write + use<> {
        AutoStream::new(io::stdout(), self.choice_for(&io::stdout()))
    }

    /// Standard error.
    pub(crate) fn stderr(&self) -> impl Write + use<> {
        AutoStream::new(io::stderr(), self.choice_for(&io::stderr()))
    }

    /// Whether standard error takes colours.
    pub(crate) fn has_coloured_stderr(&self) -> bool {
        AutoStream::new(io::stderr(), self.choice_for(&io::stderr())).current_choice()
            != anstream::ColorChoice::Never
    }

    /// Shows an error with its causes.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        // Nothing can be done about a standard error that cannot be written.
        let _ = writeln!(self.stderr(), "{BAD}error{BAD:#}: {}", describe(error));
    }

    /// Shows a warning.
    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(self.stderr(), "{CAREFUL}warning{CAREFUL:#}: {text}");
    }

    /// Shows a note that is no result.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(self.stderr(), "{QUIET}{text}{QUIET:#}");
    }
}

/// An error with its causes, as a fragment.
pub(crate) fn describe(error: &anyhow::Error) -> String {
    let mut shown = format!("failed to {error}");
    for cause in error.chain().skip(1) {
        shown.push_str(&format!(": {cause}"));
    }
    shown
}

/// Whether an error means that the reader of our output went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
