//! Where results and messages go, and whether in colour.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

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

impl ColourChoice {
    /// What the words of a command line say that may be wrong in other ways.
    fn of_words(words: impl Iterator<Item = String>) -> Self {
        let words: Vec<String> = words.take_while(|word| word != "--").collect();
        let stated =
            words.iter().enumerate().rev().find_map(|(at, word)| match word.strip_prefix("--color") {
                Some("") => words.get(at + 1).map(String::as_str),
                Some(value) => value.strip_prefix('='),
                None => None,
            });
        stated.and_then(|value| Self::from_str(value, true).ok()).unwrap_or(Self::Auto)
    }
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

/// Shows what is wrong with the flags, or the help that they ask for, in colour or not as they say.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let output = Output::new(ColourChoice::of_words(std::env::args().skip(1)));
    let text = error.render().ansi().to_string();
    // Nothing can be done about a stream that cannot be written.
    let _ = match error.use_stderr() {
        true => output.stderr().write_all(text.as_bytes()),
        false => output.stdout().write_all(text.as_bytes()),
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
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
