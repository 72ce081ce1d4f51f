//! Lists: their order, filters and pages.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NOTES, PETS, TEAMS, delete, keeping, send};
use crate::scripts::{Answer, Stub};

fn names(answer: &Answer, member: &str) -> Vec<String> {
    let list = answer.json();
    let items = list.as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item[member].as_str().unwrap_or_default().to_owned()).collect()
}

async fn fill(stub: &Stub, count: usize) {
    for index in 0..count {
        send(stub, Method::POST, "/pets", &json!({"name": format!("p{index}"), "kind": "bird"})).await;
    }
}

#[tokio::test]
async fn items_are_listed_in_the_order_they_were_made() {
    let stub = keeping(PETS).await;
    fill(&stub, 2).await;
    send(&stub, Method::PUT, "/pets/1", &json!({"name": "Max"})).await;
    assert_eq!(names(&stub.get("/pets").await, "name"), ["Max", "Tom", "p0", "p1"]);
    delete(&stub, "/pets/2").await;
    send(&stub, Method::POST, "/pets", &json!({"id": 2, "name": "again"})).await;
    assert_eq!(names(&stub.get("/pets").await, "name"), ["Max", "p0", "p1", "again"]);
}

#[tokio::test]
async fn a_list_is_narrowed_by_the_parameters_that_are_named() {
    let stub = keeping(PETS).await;
    fill(&stub, 1).await;
    let table: [(&str, &[&str]); 6] = [
        ("", &["Rex", "Tom", "p0"]),
        ("?kind=dog", &["Rex"]),
        ("?kind=dog,bird", &["Rex", "p0"]),
        ("?owner=7", &["Tom"]),
        ("?owner=7&kind=dog", &[]),
        ("?kind=cow", &[]),
    ];
    for (query, expected) in table {
        let answer = stub.get(&format!("/pets{query}")).await;
        assert_eq!(names(&answer, "name"), expected, "{query}");
        assert_eq!(answer.header("x-total-count"), expected.len().to_string(), "{query}");
    }
}

#[tokio::test]
async fn pages_by_offset_say_their_total_and_the_next_in_headers() {
    let stub = keeping(PETS).await;
    fill(&stub, 3).await;
    let first = stub.get("/pets?limit=2").await;
    assert_eq!(
        (names(&first, "name"), first.header("x-total-count")),
        (vec!["Rex".into(), "Tom".into()], "5")
    );
    assert_eq!(first.header("link"), "</pets?limit=2&offset=2>; rel=\"next\"");
    let last = stub.get("/pets?limit=2&offset=4").await;
    assert_eq!((names(&last, "name"), last.header("link")), (vec!["p2".into()], ""));
    assert_eq!(names(&stub.get("/pets?offset=9").await, "name"), Vec::<String>::new());
    assert_eq!(names(&stub.get("/pets").await, "name").len(), 5, "all, where nothing limits them");
}

#[tokio::test]
async fn pages_by_number_say_what_they_are_in_the_body() {
    let stub = keeping(TEAMS).await;
    for name in ["b", "c", "d"] {
        send(&stub, Method::POST, "/orgs/o1/teams", &json!({"team": {"name": name}})).await;
    }
    let page = async |query: &str| stub.get(&format!("/orgs/o1/teams{query}")).await.json();
    let shown = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().into()).collect()
    };
    let first = page("").await;
    assert_eq!(
        (shown(&first), &first["meta"]),
        (vec!["first".into(), "b".into()], &json!({"total": 4, "next": "/orgs/o1/teams?page=2"}))
    );
    assert_eq!(
        (&first["page"], &first["per_page"]),
        (&json!(1), &json!(2)),
        "what the document has by default"
    );
    let second = page("?page=2&per_page=3").await;
    assert_eq!((shown(&second), &second["meta"]), (vec!["d".into()], &json!({"total": 4})));
    assert_eq!((&second["page"], &second["per_page"]), (&json!(2), &json!(3)));
    for admitted in ["?per_page=-3", "?page=0", "?page=-1&per_page=-1"] {
        let page = page(admitted).await;
        assert_eq!(
            (shown(&page), &page["per_page"]),
            (shown(&first), &json!(2)),
            "{admitted} counts nothing"
        );
    }
    assert_eq!(stub.get("/orgs/o2/teams").await.json()["meta"]["total"], 0);
}

#[tokio::test]
async fn pages_by_cursor_go_on_behind_what_was_shown_whatever_is_removed() {
    let stub = keeping(NOTES).await;
    let first = stub.get("/notes?size=2").await.json();
    let slugs = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|note| note["slug"].as_str().unwrap().into()).collect()
    };
    assert_eq!((slugs(&first), &first["total"]), (vec!["a".into(), "b".into()], &json!(5)));
    let cursor = first["cursor"].as_str().unwrap();
    for gone in ["a", "b"] {
        delete(&stub, &format!("/notes/{gone}")).await;
    }
    let second = stub.get(&format!("/notes?size=2&after={cursor}")).await.json();
    assert_eq!((slugs(&second), &second["total"]), (vec!["c".into(), "d".into()], &json!(3)));
    let cursor = second["cursor"].as_str().unwrap();
    let last = stub.get(&format!("/notes?after={cursor}")).await.json();
    assert_eq!((slugs(&last), &last["cursor"]), (vec!["e".into()], &Value::Null));
    let unknown = stub.get("/notes?after=what").await;
    assert_eq!((unknown.status, &unknown.json()["type"]), (400, &json!("urn:counterfoil:page-unknown")));
}
