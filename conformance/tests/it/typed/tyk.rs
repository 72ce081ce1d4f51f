//! The Tyk Dashboard Admin API through its typed client.

use counterfoil_client::tyk::types::{ApiError, SsoAccessData};
use counterfoil_client::tyk::{Client, Error, ResponseValue, Security, Settings};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::target::Target;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// Any access data that the document admits, with `GroupsIDs` left out or there; the typed client has no null.
fn access_data() -> impl Strategy<Value = SsoAccessData> {
    let text = || proptest::option::of(any::<String>());
    let flag = || proptest::option::of(any::<bool>());
    let email = proptest::option::of("[a-z]{1,8}@[a-z]{1,8}\\.example");
    let section = proptest::option::of(prop_oneof![Just("dashboard".to_owned()), Just("portal".to_owned())]);
    let groups = proptest::option::of(proptest::collection::vec("[0-9a-f]{24}", 0..4));
    let organisation = proptest::option::of("[0-9a-f]{24}");
    (text(), email, section, text(), groups, organisation, flag(), flag()).prop_map(
        |(display_name, email_address, for_section, group_id, groups_i_ds, org_id, registered, refused)| {
            SsoAccessData {
                display_name,
                email_address,
                for_section,
                group_id,
                groups_i_ds,
                org_id,
                sso_only_for_registered_users: registered,
                user_not_allowed: refused,
            }
        },
    )
}

/// A client that sends the target's secret, and a `Prefer` header where one is given.
fn client(target: &Target, prefer: Option<String>) -> Client {
    let secret = target.auth.as_deref().unwrap_or("any-secret");
    let settings = Settings { security: Security::default().api_key(secret), ..Settings::default() };
    let prefer =
        prefer.map(|prefer| (PREFER, HeaderValue::from_str(&prefer).expect("a preference is plain text")));
    let http = reqwest::Client::builder().default_headers(HeaderMap::from_iter(prefer));
    Client::new_with_client(&target.url, http.build().expect("a client"), settings)
}

/// The refusal with its status; anything but a refusal fails the test.
fn refusal(
    result: Result<ResponseValue<ApiError>, Error<ApiError>>,
) -> Result<(u16, ApiError), TestCaseError> {
    match result {
        Err(Error::ErrorResponse(refusal)) => Ok((refusal.status().as_u16(), refusal.into_inner())),
        other => Err(TestCaseError::fail(format!("expected a documented refusal, got {other:?}"))),
    }
}

#[test]
fn valid_access_data_gets_a_token_or_a_documented_refusal() {
    let Some(target) = Target::of("tyk") else { return };
    let client = client(&target, None);
    target.holds(file!(), &access_data(), async |data| {
        match client.generate_auth_token(Some(&data)).await {
            Ok(answer) => {
                let token = answer.meta.as_ref().and_then(|meta| meta.as_str());
                prop_assert!(token.is_some_and(|token| !token.is_empty()), "no token in {answer:?}");
                prop_assert_eq!(answer.status.as_deref(), Some("OK"));
            }
            // A real dashboard refuses organisations it does not know, and users it must not admit.
            Err(Error::ErrorResponse(refusal)) if !target.is_stub() => {
                prop_assert!([400, 403].contains(&refusal.status().as_u16()), "{refusal:?}");
            }
            Err(error) => prop_assert!(false, "{error:?}"),
        }
        Ok(())
    });
}

#[test]
fn without_the_secret_nothing_is_issued() {
    let Some(target) = Target::of("tyk") else { return };
    let client = Client::new(&target.url).expect("a client");
    target.holds(file!(), &access_data(), async |data| {
        let (status, body) = refusal(client.generate_auth_token(Some(&data)).await)?;
        prop_assert_eq!(status, 401);
        prop_assert!(body.meta.is_none_or(|meta| meta.is_null()), "a refusal carries no token");
        Ok(())
    });
}

#[test]
fn every_documented_answer_decodes_to_its_variant() {
    let Some(target) = Target::of("tyk") else { return };
    if !target.is_stub() {
        println!("skipped: only a stub answers with the status it is asked for");
        return;
    }
    let clients =
        [200_u16, 400, 401, 403, 500].map(|status| (status, client(&target, Some(format!("code={status}")))));
    target.holds(file!(), &(0..clients.len(), access_data()), async |(chosen, data)| {
        let (wanted, client) = &clients[chosen];
        let wanted = *wanted;
        let answered = client.generate_auth_token(Some(&data)).await;
        if wanted == 200 {
            prop_assert_eq!(
                answered.map_err(|error| TestCaseError::fail(format!("{error:?}")))?.status(),
                200
            );
        } else {
            let (status, body) = refusal(answered)?;
            prop_assert_eq!(status, wanted);
            prop_assert_eq!(body.status.as_deref(), Some("Error"));
            prop_assert!(body.message.is_some_and(|message| !message.is_empty()));
        }
        Ok(())
    });
}
