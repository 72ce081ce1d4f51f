//! The ArcGIS Server Administrator API through its typed client, and around it where types cannot be wrong.

use counterfoil_client::arcgis::types::{Failure, Token, TokenRequest, TokenRequestF};
use counterfoil_client::arcgis::{Client, Error};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::target::Target;

/// A form as it is sent when no type watches over it.
type Form = Vec<(&'static str, String)>;

/// Name and password: those given for the target, or made-up ones for a stub.
fn account(target: &Target) -> BoxedStrategy<(String, String)> {
    match target.auth.as_deref().and_then(|auth| auth.split_once(':')) {
        Some((username, password)) => Just((username.to_owned(), password.to_owned())).boxed(),
        None => ("\\PC{1,12}", "[a-zA-Z0-9]{16,24}").boxed(),
    }
}

fn format() -> impl Strategy<Value = TokenRequestF> {
    prop_oneof![Just(TokenRequestF::Html), Just(TokenRequestF::Json), Just(TokenRequestF::Pjson)]
}

fn expiration() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(1_i64..1_000_000)
}

fn ip() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|ip| ip.to_string()),
    ]
}

fn referer() -> impl Strategy<Value = String> {
    "https://[a-z]{1,12}\\.example\\.com(/[a-z]{1,8})?"
}

/// Every request that the document admits.
fn request(target: &Target) -> impl Strategy<Value = TokenRequest> + use<> {
    let extra_ip = || proptest::option::of(ip());
    let extra_referer = || proptest::option::of(referer());
    let binding = prop_oneof![
        (referer(), extra_ip()).prop_map(|(referer, ip)| ("referer", Some(referer), ip)),
        (ip(), extra_referer()).prop_map(|(ip, referer)| ("ip", referer, Some(ip))),
        (extra_referer(), extra_ip()).prop_map(|(referer, ip)| ("requestip", referer, ip)),
    ];
    (account(target), binding, expiration(), format()).prop_map(
        |((username, password), (client, referer, ip), expiration, f)| {
            let (password, f) = (Some(password), Some(f));
            match (client, referer, ip) {
                ("referer", Some(referer), ip) => {
                    TokenRequest::Referer { expiration, f, ip, password, referer, username }
                }
                ("ip", referer, Some(ip)) => {
                    TokenRequest::Ip { expiration, f, ip, password, referer, username }
                }
                (_, referer, ip) => {
                    TokenRequest::Requestip { expiration, f, ip, password, referer, username }
                }
            }
        },
    )
}

fn format_of(request: &mut TokenRequest) -> &mut Option<TokenRequestF> {
    match request {
        TokenRequest::Referer { f, .. } | TokenRequest::Ip { f, .. } | TokenRequest::Requestip { f, .. } => f,
    }
}

fn password_of(request: &TokenRequest) -> Option<&str> {
    match request {
        TokenRequest::Referer { password, .. }
        | TokenRequest::Ip { password, .. }
        | TokenRequest::Requestip { password, .. } => password.as_deref(),
    }
}

/// Status, media type and text of the answer to a form.
async fn post(target: &Target, form: &Form) -> Result<(u16, String, String), TestCaseError> {
    let failed = |error: reqwest::Error| TestCaseError::fail(format!("{error:?}"));
    let url = format!("{}/admin/generateToken", target.url);
    let response = target.http.post(url).form(form).send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let media_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
    Ok((status, media_type, response.text().await.map_err(failed)?))
}

/// No token was issued; a stub says so with the status its document has for it.
async fn is_refused(target: &Target, form: &Form) -> Result<(), TestCaseError> {
    let (status, _, text) = post(target, form).await?;
    prop_assert!(serde_json::from_str::<Token>(&text).is_err(), "a token was issued: {text}");
    if target.is_stub() {
        prop_assert_eq!(status, 400);
        let failure: Failure = serde_json::from_str(&text).map_err(|error| {
            TestCaseError::fail(format!("the refusal is not as documented: {error}: {text}"))
        })?;
        prop_assert_eq!(failure.status, "error");
    }
    Ok(())
}

fn form((username, password): (String, String), client: &str) -> Form {
    vec![("username", username), ("password", password), ("client", client.to_owned()), ("f", "json".into())]
}

#[test]
fn every_valid_request_gets_a_token() {
    let Some(target) = Target::of("arcgis") else { return };
    let client = Client::new(&target.url).expect("a client");
    target.holds(file!(), &request(&target), async |mut request| {
        if *format_of(&mut request) == Some(TokenRequestF::Html) {
            *format_of(&mut request) = Some(TokenRequestF::Json);
        }
        match client.generate_token(&request).await {
            Ok(token) => prop_assert!(!token.token.is_empty()),
            Err(Error::ErrorResponse(failure)) => prop_assert!(false, "refused: {failure:?}"),
            Err(error) => prop_assert!(false, "{error:?}"),
        }
        Ok(())
    });
}

#[test]
fn the_field_f_chooses_the_media_type_of_the_reply() {
    let Some(target) = Target::of("arcgis") else { return };
    let formats = prop_oneof![Just(None), format().prop_map(Some)];
    target.holds(file!(), &(account(&target), formats), async |(account, f)| {
        let mut form = form(account, "requestip");
        form.pop();
        form.extend(f.map(|f| ("f", f.to_string())));
        let (status, media_type, text) = post(&target, &form).await?;
        prop_assert_eq!(status, 200, "{}", text);
        match f {
            None | Some(TokenRequestF::Html) => prop_assert_eq!(media_type, "text/html"),
            Some(TokenRequestF::Json | TokenRequestF::Pjson) => {
                prop_assert_eq!(media_type, "application/json");
                let token: Result<Token, _> = serde_json::from_str(&text);
                prop_assert!(token.is_ok(), "{text}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_binding_without_what_it_is_bound_to_is_refused() {
    let Some(target) = Target::of("arcgis") else { return };
    let bindings = prop_oneof![Just(("referer", "ip")), Just(("ip", "referer"))];
    let strategy = (account(&target), bindings, proptest::option::of(ip()));
    target.holds(file!(), &strategy, async |(account, (client, other), useless)| {
        let mut form = form(account, client);
        form.extend(useless.map(|useless| (other, useless)));
        is_refused(&target, &form).await
    });
}

#[test]
fn an_unknown_binding_is_refused() {
    let Some(target) = Target::of("arcgis") else { return };
    let strategy = (account(&target), "[a-z]{1,10}", referer(), ip());
    target.holds(file!(), &strategy, async |(account, client, referer, ip)| {
        prop_assume!(!["referer", "ip", "requestip", "referrer"].contains(&client.as_str()));
        let mut form = form(account, &client);
        form.extend([("referer", referer), ("ip", ip)]);
        is_refused(&target, &form).await
    });
}

#[test]
fn an_expiration_that_is_no_time_is_refused() {
    let Some(target) = Target::of("arcgis") else { return };
    let expirations = prop_oneof![
        Just("0".to_owned()),
        (i64::MIN..0).prop_map(|minutes| minutes.to_string()),
        "[a-z]{1,6}",
    ];
    target.holds(file!(), &(account(&target), expirations), async |(account, expiration)| {
        let mut form = form(account, "requestip");
        form.push(("expiration", expiration));
        is_refused(&target, &form).await
    });
}

#[test]
fn the_password_is_shown_nowhere() {
    let Some(target) = Target::of("arcgis") else { return };
    let client = Client::new(&target.url).expect("a client");
    target.holds(file!(), &request(&target), async |request| {
        let answer = format!("{:?}", client.generate_token(&request).await);
        let password = password_of(&request).expect("it was given");
        prop_assert!(!answer.contains(password), "the reply shows the password: {answer}");
        if let Some(stub) = &target.stub {
            let calls = stub.calls();
            prop_assert!(!calls.is_empty(), "the journal has the call");
            prop_assert!(!format!("{calls:?}").contains(password), "the journal shows the password");
        }
        Ok(())
    });
}
