//! Every family of the table passes the conformance suite.

use families::FAMILIES;
use proto::Family;
use proto::conformance::{Fixture, Subject, check};

use crate::dc09::Dc09Fixture;

/// The octets of each family; a family without a fixture fails here.
fn fixture(family: &dyn Family) -> &'static dyn Fixture {
    match family.name().as_str() {
        "dc09" => &Dc09Fixture,
        name => panic!("{name} has no fixture"),
    }
}

#[test]
fn every_family_of_the_table_conforms() {
    for family in FAMILIES {
        check(&Subject {
            family: *family,
            fixture: fixture(*family),
        });
    }
}
