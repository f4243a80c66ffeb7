//! How refusals and failures look.

use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::access::operations;
use crate::client::request;
use crate::fakes::House;

#[tokio::test]
async fn an_unknown_parameter_is_refused_everywhere_with_those_that_are_documented() {
    let house = House::with_samples().await;
    for (method, path, operation) in operations() {
        let request = request(method.clone(), &format!("{path}?no_such_thing=1"))
            .header("content-type", "application/json")
            .body(Body::from("{}"));
        let answer = house.ask(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["field"], "no_such_thing", "{method} {path}");
        let documented: Vec<&str> = operation["parameters"]
            .as_array()
            .map(|all| {
                let query = all.iter().filter(|p| p["in"] == "query");
                query.map(|p| p["name"].as_str().unwrap()).collect()
            })
            .unwrap_or_default();
        let allowed: Vec<&str> = error["allowed"]
            .as_array()
            .map(|all| all.iter().map(|name| name.as_str().unwrap()).collect())
            .unwrap_or_default();
        assert_eq!(allowed, documented, "{method} {path}");
    }
}

#[tokio::test]
async fn every_refused_parameter_is_named_at_once() {
    let house = House::new();
    let answer = house
        .get(
            "/api/v1/events?after=x&limit=0&class=fire,flood&panel=pan_1&account=%20&from=today\
             &include=everything&order=up&limits=3",
        )
        .await;
    insta::assert_snapshot!(answer.pretty());
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn contradictory_parameters_are_refused() {
    let house = House::with_samples().await;
    for (query, refused) in [
        (
            "after=1&before=3",
            "before: cannot be given together with `after`",
        ),
        (
            "after=1&order=newest",
            "order: events `after` a number come `oldest` first",
        ),
        (
            "before=1&order=oldest",
            "order: events `before` a number come `newest` first",
        ),
        ("limit=1&limit=2", "limit: given more than once"),
        (
            "from=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
            "until: must be later than `from`",
        ),
        (
            "after=99",
            "after: event 99 does not exist yet; the newest is 4",
        ),
    ] {
        let answer = house.get(&format!("/api/v1/events?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.refused(), refused, "{query}");
    }
}

#[tokio::test]
async fn a_path_that_does_not_exist_and_a_method_that_is_not_offered_are_problems() {
    let house = House::new();
    insta::assert_snapshot!("unknown_path", house.get("/api/v1/nothing").await.pretty());
    let delete = request(Method::DELETE, "/api/v1/panels").body(Body::empty());
    let answer = house.ask(delete.unwrap()).await;
    insta::assert_snapshot!("wrong_method", answer.pretty());
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
}

#[tokio::test]
async fn without_a_token_the_challenge_says_what_to_send() {
    let house = House::new();
    let request = axum::http::Request::get("/api/v1/panels")
        .header("x-request-id", "test-1")
        .body(Body::empty());
    insta::assert_snapshot!(house.ask(request.unwrap()).await.pretty());
}

#[tokio::test]
async fn a_failing_store_is_told_without_its_paths() {
    let house = House::with_samples().await;
    *house.journal.broken.lock().unwrap() = true;
    let answer = house.get("/api/v1/events").await;
    insta::assert_snapshot!(answer.pretty());
    assert_eq!(answer.header("retry-after"), "5");
    assert!(!answer.body.contains("secret"));
}

#[tokio::test]
async fn every_answer_carries_an_id_the_clients_own_if_it_is_sensible() {
    let house = House::new();
    let with = async |id: Option<&str>| {
        let mut request = request(Method::GET, "/livez").body(Body::empty()).unwrap();
        request.headers_mut().remove("x-request-id");
        if let Some(id) = id {
            let value = id.parse().unwrap();
            request.headers_mut().insert("x-request-id", value);
        }
        house.ask(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(with(Some("cli-7")).await, "cli-7");
    let (first, second) = (with(None).await, with(None).await);
    assert!(first.starts_with("req_"), "{first}");
    assert_ne!(first, second);
    for id in ["two words", "", &"x".repeat(129)] {
        assert!(with(Some(id)).await.starts_with("req_"), "{id}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_or_not_its_length_is_told() {
    let house = House::new();
    let body = format!(r#"{{"account":"{}"}}"#, "1".repeat(70_000));
    let told = house
        .post("/api/v1/panels", "application/json", body.clone())
        .await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(told.json()["code"], "request.too_large");
    let parts = body
        .into_bytes()
        .chunks(10_000)
        .map(<[u8]>::to_vec)
        .collect::<Vec<_>>();
    let stream = futures_util::stream::iter(parts.into_iter().map(Ok::<_, std::io::Error>));
    let untold = Body::from_stream(stream);
    let untold = house
        .post("/api/v1/panels", "application/json", untold)
        .await;
    assert_eq!(untold.status, StatusCode::PAYLOAD_TOO_LARGE);
}
