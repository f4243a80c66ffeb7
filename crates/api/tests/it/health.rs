//! `/livez`, `/readyz`, `/healthz`.

use axum::http::StatusCode;
use engine::ports::Check;

use crate::fakes::House;

fn check(name: &'static str, ok: bool, detail: &str) -> Check {
    Check {
        name,
        ok,
        detail: detail.to_owned(),
    }
}

#[tokio::test]
async fn ready_while_every_check_is_well_and_otherwise_503_with_what_is_not() {
    let house = House::new();
    let gateways = check("gateways", true, "2 of 2 connected");
    *house.part.checks.lock().unwrap() = vec![gateways.clone(), check("intake", true, "open")];
    assert_eq!(house.get("/readyz").await.body, r#"{"status":"ok"}"#);
    insta::assert_snapshot!("verbose", house.get("/readyz?verbose").await.pretty());

    let intake = check("intake", false, "the last commit is 14 s old");
    *house.part.checks.lock().unwrap() = vec![gateways, intake];
    insta::assert_snapshot!("failing", house.get("/readyz").await.pretty());
    let healthz = house.get("/healthz").await;
    assert_eq!(healthz.body, house.get("/readyz").await.body);
    assert_eq!(healthz.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(house.get("/livez").await.status, StatusCode::OK);
}
