//! The control API of a running `mock`: where it listens and who may steer it.

use crate::process::{Mock, counterfoil, run, shell, text, write};

const TOKEN: &str = "t0ken-that-n0body-guesses";

/// What curl prints of an answer of the control API.
fn ask(mock: &Mock, options: &str) -> String {
    shell(&format!("curl -s -o /dev/null -w '%{{http_code}}' {options} {}/health", mock.control_url))
}

#[test]
fn a45_a_control_api_for_other_machines_without_a_token_is_refused() {
    for host in ["0.0.0.0", "::"] {
        let output = run(["mock", "tyk", "--port", "0", "--control-port", "0", "--control-host", host]);
        assert_eq!(output.code, Some(2), "{host}: {}", output.stderr);
        assert!(output.stderr.contains("give a control token too"), "{}", output.stderr);
    }
}

#[test]
fn a44_the_token_is_taken_as_given_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "token", &format!("{TOKEN}\n"));
    let free = ["--port", "0", "--control-port", "0"];
    let mock = |arguments: &[&str], variable: &str| {
        let mut command = counterfoil(["mock", "tyk"].iter().chain(&free).chain(arguments).copied());
        command.env("COUNTERFOIL_CONTROL_TOKEN", variable);
        Mock::run(command)
    };
    let ways: [(&[&str], &str); 3] = [
        (&["--control-token", TOKEN, "--control-host", "0.0.0.0"], ""),
        (&["--control-token-file", text(&file)], "another"),
        (&[], TOKEN),
    ];
    for (arguments, variable) in ways {
        let mut mock = mock(arguments, variable);
        assert_eq!(ask(&mock, ""), "401", "{arguments:?}");
        assert_eq!(ask(&mock, "-H 'Authorization: Bearer another'"), "401", "{arguments:?}");
        assert_eq!(ask(&mock, &format!("-H 'Authorization: Bearer {TOKEN}'")), "200", "{arguments:?}");
        let announced = mock.announcement().join("\n");
        assert!(!announced.contains(TOKEN) && !mock.log().contains(TOKEN), "{announced}\n{}", mock.log());
    }
    let without = mock(&[], "");
    assert_eq!(ask(&without, ""), "200", "an empty variable is none");
}

#[test]
fn a_token_that_no_header_can_bring_is_refused_with_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "token", "two words");
    let output = run(["mock", "tyk", "--control-token-file", text(&file)]);
    assert_eq!(output.code, Some(2));
    assert!(
        output.stderr.contains("visible characters") && !output.stderr.contains("two words"),
        "{}",
        output.stderr
    );
}
