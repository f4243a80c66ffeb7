//! The small resources.

use crate::fakes::House;

#[tokio::test]
async fn organisations_sites_and_the_server_are_told() {
    let house = House::with_samples().await;
    for name in ["organisations", "sites", "server"] {
        let answer = house.get(&format!("/api/v1/{name}")).await;
        insta::assert_snapshot!(name, answer.pretty());
        assert_eq!(answer.header("content-type"), "application/json");
    }
}
