//! The items of resources, through the control API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub};

const SCRIPT: &str = "
script: 1
resources:
  pets:
    key: id
    list: listPets
    create: createPet
    read: getPet
    delete: deletePet
    seed: [{ id: 1, name: Rex }, { id: 2, name: Tom }]
";

async fn send(stub: &Stub, method: Method, path: &str, body: &Value) -> Answer {
    let request = stub.control(method, path);
    let request = if body.is_null() { request } else { request.json(body) };
    Answer::of(request).await
}

async fn show(stub: &Stub, path: &str) -> Answer {
    send(stub, Method::GET, path, &Value::Null).await
}

#[tokio::test]
async fn items_are_shown_set_made_and_removed_beside_the_operations() {
    let stub = Stub::scripted(SCRIPT).await;
    let (rex, tom) = (json!({"id": 1, "name": "Rex"}), json!({"id": 2, "name": "Tom"}));
    assert_eq!(show(&stub, "/resources/pets").await.json(), json!([rex, tom]));
    let listed = show(&stub, "/resources").await.json();
    assert_eq!(
        listed,
        json!([{"name": "pets", "key": "id", "within": [], "collections": [{"within": [], "items": 2}]}])
    );

    let made = send(&stub, Method::POST, "/resources/pets", &json!({"name": "Ada"})).await;
    assert_eq!((made.status, made.json()), (201, json!({"name": "Ada", "id": 3})));
    assert_eq!(stub.get("/pets/3").await.json(), made.json(), "the operations see it");
    let put = send(&stub, Method::PUT, "/resources/pets/1", &json!({"name": "Max"})).await;
    assert_eq!((put.status, put.json()), (200, json!({"name": "Max", "id": 1})));
    let new = send(&stub, Method::PUT, "/resources/pets/9", &json!({"id": 9, "name": "Eve"})).await;
    assert_eq!((new.status, show(&stub, "/resources/pets/9").await.json()), (200, new.json()));
    assert_eq!(send(&stub, Method::DELETE, "/resources/pets/2", &Value::Null).await.status, 204);
    let ids: Vec<Value> =
        stub.get("/pets").await.json().as_array().unwrap().iter().map(|pet| pet["id"].clone()).collect();
    assert_eq!(ids, [1, 3, 9]);

    let replaced = send(&stub, Method::PUT, "/resources/pets", &json!([{"id": 5, "name": "only"}])).await;
    assert_eq!((replaced.status, stub.get("/pets").await.json()), (200, replaced.json()));
    assert_eq!(send(&stub, Method::DELETE, "/resources/pets", &Value::Null).await.status, 204);
    assert_eq!(stub.get("/pets").await.json(), json!([rex, tom]), "as the script begins");
}

#[tokio::test]
async fn what_is_no_item_is_refused_with_its_place_and_changes_nothing() {
    let stub = Stub::scripted(SCRIPT).await;
    let unknown = [
        (Method::GET, "/resources/pest", "resource-unknown"),
        (Method::GET, "/resources/pets/7", "item-unknown"),
        (Method::DELETE, "/resources/pets/7", "item-unknown"),
    ];
    for (method, path, kind) in unknown {
        let refused = send(&stub, method, path, &Value::Null).await;
        assert_eq!((refused.status, &refused.json()["type"]), (404, &json!(kind)), "{path}");
    }
    let taken = send(&stub, Method::POST, "/resources/pets", &json!({"id": 1, "name": "x"})).await;
    assert_eq!((taken.status, &taken.json()["type"]), (409, &json!("id-taken")));
    let table = [
        (Method::POST, "/resources/pets", json!({"id": 4}), ""),
        (Method::POST, "/resources/pets", json!({"name": ""}), "/name"),
        (Method::POST, "/resources/pets", json!([1]), ""),
        (Method::PUT, "/resources/pets/1", json!({"id": 2, "name": "x"}), "/id"),
        (Method::PUT, "/resources/pets/one", json!({"name": "x"}), "/id"),
        (Method::PUT, "/resources/pets", json!([{"id": 1, "name": "x"}, {"id": 1, "name": "y"}]), "/1"),
        (Method::PUT, "/resources/pets", json!([{"id": 1, "name": "x"}, {"id": "z", "name": "y"}]), "/1/id"),
        (Method::PUT, "/resources/pets", json!({"id": 1}), ""),
        (Method::GET, "/resources/pets?in=o1", Value::Null, ""),
    ];
    for (method, path, body, pointer) in table {
        let refused = send(&stub, method, path, &body).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{path} {body}"
        );
    }
    assert_eq!(show(&stub, "/resources/pets").await.json(), stub.get("/pets").await.json());
    assert_eq!(stub.get("/pets").await.json().as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn each_session_has_its_own_and_a_reset_puts_them_back() {
    let stub = Stub::scripted(SCRIPT).await;
    let make = json!({"name": "Ada"});
    for session in ["", "?session=a"] {
        send(&stub, Method::POST, &format!("/resources/pets{session}"), &make).await;
    }
    let count = async |path: &str| stub.get(path).await.json().as_array().map(Vec::len);
    let reset = async |scopes: Value| send(&stub, Method::POST, "/reset?session=a", &scopes).await.status;
    for scopes in [json!({"scopes": []}), json!({"scopes": ["state", "rules", "calls", "sequences"]})] {
        assert_eq!((reset(scopes).await, count("/~a/pets").await), (204, Some(3)));
    }
    assert_eq!(reset(json!({"scopes": ["resources"]})).await, 204);
    assert_eq!((count("/~a/pets").await, count("/pets").await), (Some(2), Some(3)));
    send(&stub, Method::POST, "/resources/pets?session=a", &make).await;
    assert_eq!((reset(json!({})).await, count("/~a/pets").await), (204, Some(2)));
}
