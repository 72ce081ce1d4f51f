//! When output is coloured: at a terminal, unless `NO_COLOR` or `--color` say otherwise.

use std::path::Path;
use std::process::Command;

use crate::process::{Finished, counterfoil, write};

/// A folder with something for every command to colour.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(
        folder.path(),
        "pets.yaml",
        "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {/pets: {get: {operationId: listPets, responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}}}}\n",
    );
    write(
        folder.path(),
        "liar.yaml",
        "script: 1\nrules:\n  listPets:\n    - {status: 418, body: {}, allow_invalid: true}\n",
    );
    write(folder.path(), "broken.yaml", "openapi: 3.0.3\ninfo: {}\npaths: {/a: {get: {responses: 5}}}\n");
    write(folder.path(), "bad.case.json", "{}");
    std::fs::create_dir(folder.path().join("snapshots")).expect("a temporary folder");
    write(
        &folder.path().join("snapshots"),
        "a.snap.new",
        "---\nsource: \"pets.yaml\"\ndescription: \"GET /pets answered 200\"\n---\nbody: object\n",
    );
    let run = "test pets.yaml --script liar.yaml --phases fuzzing --max-cases 1 --no-shrink --record run.zst";
    let run = command(folder.path(), run).output().expect("the command starts");
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    folder
}

fn command(folder: &Path, line: &str) -> Command {
    let mut command = counterfoil(line.split(' '));
    command.current_dir(folder);
    command
}

/// Every command that has anything in colour.
const COMMANDS: [&str; 10] = [
    "test pets.yaml --script liar.yaml --phases fuzzing --max-cases 1 --no-shrink",
    "report run.zst --format terminal",
    "replay bad.case.json",
    "snapshot review",
    "check broken.yaml",
    "check nothing.yaml",
    "mock nothing.yaml",
    "test --max-cases many",
    "nonsense",
    "test --help",
];

fn is_coloured(line: &str, command: &mut Command) -> bool {
    let output = Finished::from(command.output().expect("the command starts"));
    assert!(!(output.stdout.is_empty() && output.stderr.is_empty()), "{line} says nothing");
    output.stdout.contains('\u{1b}') || output.stderr.contains('\u{1b}')
}

/// The value of `--color`, the environment, and whether that is coloured.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);

#[test]
fn colours_are_forced_and_forbidden_as_people_expect() {
    let folder = folder();
    let (force, forbid) = (("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"));
    let rows: [Row<'_>; 7] = [
        ("auto", &[], false),
        ("auto", &[force], true),
        ("auto", &[forbid], false),
        ("auto", &[force, forbid], false),
        ("auto", &[("CLICOLOR_FORCE", "0")], false),
        ("always", &[forbid], true),
        ("never", &[force], false),
    ];
    for line in COMMANDS {
        for (flag, environment, expected) in rows {
            let whole = format!("{line} --color {flag}");
            let mut command = command(folder.path(), &whole);
            command.envs(environment.iter().copied());
            assert_eq!(is_coloured(line, &mut command), expected, "{whole} {environment:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_is_coloured_unless_it_is_forbidden() {
    use crate::pty::at_terminal;
    let folder = folder();
    for line in COMMANDS {
        for (environment, expected) in [(None, true), (Some(("NO_COLOR", "1")), false)] {
            let mut command = command(folder.path(), line);
            command.env("TERM", "xterm-256color").envs(environment);
            let Some((_, seen)) = at_terminal(&command, "q\n") else {
                println!("skipped: there is no python3");
                return;
            };
            // What a progress bar and cursor keys do is no colour.
            let has_colour = seen.split('\u{1b}').skip(1).any(|escape| {
                let parameters = escape.strip_prefix('[').unwrap_or_default();
                let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';');
                end.is_some_and(|end| parameters[end..].starts_with('m'))
            });
            assert_eq!(has_colour, expected, "{line} {environment:?}: {seen}");
        }
    }
}
