use rustls::server::ProducesTickets;

use super::pki::ticket_key;
use crate::tls::ClientCertificates;
use crate::tls::tickets::Tickets;

const SESSION: &[u8] = b"what is to be remembered";

fn tickets(demand: ClientCertificates, keys: &[u8]) -> Tickets {
    let keys: Vec<_> = keys.iter().map(|octet| ticket_key(*octet)).collect();
    Tickets::new(demand, &keys).unwrap()
}

fn required(keys: &[u8]) -> Tickets {
    tickets(ClientCertificates::Required, keys)
}

#[test]
fn a_ticket_opens_wherever_its_key_is_and_nowhere_else() {
    let ticket = required(&[2, 1]).encrypt(SESSION).unwrap();
    assert_eq!(required(&[2]).decrypt(&ticket).unwrap(), SESSION);
    assert_eq!(required(&[4, 3, 2]).decrypt(&ticket).unwrap(), SESSION);
    assert_eq!(required(&[1]).decrypt(&ticket), None, "the newest seals");
    assert_eq!(required(&[]).decrypt(&ticket), None);
}

#[test]
fn a_ticket_opens_under_no_other_demand_for_certificates() {
    use ClientCertificates::{Off, Optional, Required};
    for given in [Required, Optional, Off] {
        let ticket = tickets(given, &[1]).encrypt(SESSION).unwrap();
        for shown in [Required, Optional, Off] {
            let opened = tickets(shown, &[1]).decrypt(&ticket);
            assert_eq!(opened.is_some(), given == shown, "{given:?} at {shown:?}");
        }
    }
}

#[test]
fn no_two_tickets_are_alike() {
    let tickets = required(&[1]);
    assert_ne!(tickets.encrypt(SESSION), tickets.encrypt(SESSION));
}

#[test]
fn a_ticket_of_which_any_bit_was_changed_or_cut_opens_nothing() {
    let tickets = required(&[1]);
    let ticket = tickets.encrypt(SESSION).unwrap();
    for at in 0..ticket.len() {
        let mut changed = ticket.clone();
        changed[at] ^= 1;
        assert_eq!(tickets.decrypt(&changed), None, "octet {at}");
        assert_eq!(tickets.decrypt(&ticket[..at]), None, "cut at {at}");
    }
}

#[test]
fn without_keys_there_are_no_tickets() {
    let none = required(&[]);
    assert!(!none.enabled());
    assert_eq!(none.encrypt(SESSION), None);
    assert_eq!(required(&[1]).lifetime(), 43_200);
}
