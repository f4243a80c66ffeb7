//! Who is let in.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::client::request;
use crate::fakes::House;

/// Every operation of the description: method, path with its variables filled in, its object.
pub(crate) fn operations() -> Vec<(Method, String, Value)> {
    let document: Value = serde_json::from_str(&api::openapi_json()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", "pan_040g2081040g2081040g208104");
            let path = path.replace("{number}", "1");
            let path = path.replace("{serial}", "4a02");
            all.push((method, path.replace("{seq}", "1"), operation.clone()));
        }
    }
    all
}

fn is_health(operation: &Value) -> bool {
    operation["tags"][0] == "health"
}

#[tokio::test]
async fn every_operation_but_health_refuses_who_has_no_token() {
    let house = House::with_samples().await;
    let mut refused = 0;
    for (method, path, operation) in operations() {
        for header in [
            None,
            Some("Bearer wrong"),
            Some("Basic d2Z0X3Nlc2FtZQ=="),
            Some("Bearer "),
        ] {
            let mut request = Request::builder().method(&method).uri(&path);
            if let Some(value) = header {
                request = request.header("authorization", value);
            }
            let answer = house.ask(request.body(Body::empty()).unwrap()).await;
            if is_health(&operation) {
                assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
                continue;
            }
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(
                answer
                    .header("www-authenticate")
                    .starts_with("Bearer realm=")
            );
            assert_eq!(answer.json()["code"], "auth.required");
            refused += 1;
        }
    }
    assert_eq!(refused, 39 * 4, "an operation was added or lost");
    assert!(house.register.audited.lock().unwrap().is_empty());
}

#[tokio::test]
async fn answers_for_one_caller_are_kept_by_no_cache() {
    let house = House::new();
    let kept = house.get("/api/v1/panels").await;
    assert_eq!(kept.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_is_not_described_is_not_there() {
    let house = House::new();
    let described: Vec<String> = operations().into_iter().map(|(_, path, _)| path).collect();
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/tokens",
        "/api/v2/panels",
        "/admin",
    ] {
        assert!(!described.contains(&path.to_owned()));
        assert_eq!(
            house.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_description_says_which_operations_need_a_token() {
    let document: Value = serde_json::from_str(&api::openapi_json()).unwrap();
    assert_eq!(document["security"][0]["bearer"], Value::Array(Vec::new()));
    for (_, path, operation) in operations() {
        let own = &operation["security"];
        if is_health(&operation) {
            assert_eq!(own[0], serde_json::json!({}), "{path}");
        } else {
            assert!(own.is_null(), "{path}");
        }
    }
}

#[tokio::test]
async fn the_scheme_may_be_spelled_in_any_case() {
    let house = House::new();
    let request = request(Method::GET, "/api/v1/server")
        .header("authorization", "ignored")
        .body(Body::empty());
    let mut request = request.unwrap();
    let value = format!("bEARER {}", crate::fakes::TOKEN).parse().unwrap();
    request.headers_mut().insert("authorization", value);
    assert_eq!(house.ask(request).await.status, StatusCode::OK);
}
