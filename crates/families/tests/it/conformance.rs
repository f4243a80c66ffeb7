//! Every family of the table passes the conformance suite.

use families::FAMILIES;
use proto::Family;
use proto::conformance::{Fixture, Subject, check};

use wire::mqtt::Level;

use crate::dc09::{Dc09Fixture, EncryptedFixture};
use crate::mqtt::MqttFixture;

/// The octets of each family, in each way that its panels speak; a family without a fixture fails
/// here.
fn fixtures(family: &dyn Family) -> &'static [&'static dyn Fixture] {
    match family.name().as_str() {
        "dc09" => &[&Dc09Fixture, &EncryptedFixture],
        "mqtt" => &[&MqttFixture(Level::V311), &MqttFixture(Level::V5)],
        name => panic!("{name} has no fixture"),
    }
}

#[test]
fn every_family_of_the_table_conforms() {
    for family in FAMILIES {
        for fixture in fixtures(*family) {
            check(&Subject {
                family: *family,
                fixture: *fixture,
            });
        }
    }
}
