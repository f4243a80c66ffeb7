use engine::ports::TlsMaterial;
use model::{PeerCertificate, Wall};
use rcgen::{KeyIdMethod, SanType, date_time_ymd};
use rustls_pki_types::CertificateDer;

use super::pki::{Authority, Holder, material};
use super::{NOW, StandingClock, configured};
use crate::tls::{Configurations, MaterialError, issuer_of};

fn read(holder: &Holder, roots: &[&Authority]) -> PeerCertificate {
    let server = Authority::new("servers").issue("server");
    let configured = configured(&material(1, &server, roots, &[1]));
    let chain = holder.certificates();
    configured.authorities().read(&chain, NOW).unwrap()
}

#[test]
fn a_certificate_is_told_with_who_signed_it_its_number_its_end_and_its_names() {
    let root = Authority::new("panels");
    let uri = "urn:uuid:site-7/12AB".try_into().unwrap();
    let panel = root.issue_as("12AB", |params| {
        params.serial_number = Some(vec![0, 0, 9, 1].into());
        params.not_after = date_time_ymd(2030, 1, 1);
        params.subject_alt_names.push(SanType::URI(uri));
    });
    let told = read(&panel, &[&root]);
    let issuer = issuer_of(&root.der()).unwrap();
    assert_eq!((told.issuer, told.signer), (issuer, issuer));
    assert_eq!(&told.serial[..], [9, 1]);
    assert_eq!(told.not_after, Wall(1_893_456_000_000_000));
    let names: Vec<_> = told.names.iter().map(model::HolderName::as_str).collect();
    assert_eq!(names, ["12AB", "localhost", "12AB"]);
}

#[test]
fn an_authority_without_identifiers_of_keys_is_known_all_the_same() {
    let root = Authority::new("panels");
    let namesake = Authority::new("panels");
    let panel = root.issue_as("12AB", |params| {
        params.use_authority_key_identifier_extension = false;
    });
    let issuer = issuer_of(&root.der()).unwrap();
    assert_ne!(issuer, issuer_of(&namesake.der()).unwrap());
    let told = read(&panel, &[&namesake, &root]);
    assert_eq!((told.issuer, told.signer), (issuer, issuer));
    let told = read(&panel, &[&namesake]);
    assert_ne!(told.issuer, issuer_of(&namesake.der()).unwrap());
}

#[test]
fn a_chain_ends_at_its_root_and_its_signer_is_told_apart() {
    let root = Authority::new("makers");
    let factory = root.under("factory");
    let panel = factory.issue("12AB");
    let told = read(&panel, &[&Authority::new("others"), &root]);
    assert_eq!(told.issuer, issuer_of(&root.der()).unwrap());
    assert_eq!(told.signer, issuer_of(&factory.der()).unwrap());
}

#[test]
fn an_authority_that_is_no_root_any_more_is_not_answered_whatever_is_shown_beside() {
    let (removed, kept) = (Authority::new("removed"), Authority::new("kept"));
    let issuer = issuer_of(&kept.der()).unwrap();
    let factory = removed.under("factory");
    for signer in [&removed, &factory] {
        let mut panel = signer.issue("12AB");
        panel.chain.push(kept.der());
        let told = read(&panel, &[&kept]);
        assert_ne!(told.issuer, issuer);
        assert_ne!(told.signer, issuer);
    }
}

#[test]
fn a_serial_number_beyond_the_standard_is_unreadable() {
    let root = Authority::new("panels");
    let panel = root.issue_as("12AB", |params| {
        params.serial_number = Some(vec![1; 21].into());
    });
    let configured = configured(&material(1, &root.issue("server"), &[&root], &[1]));
    let authorities = configured.authorities();
    assert!(authorities.read(&panel.certificates(), NOW).is_err());
    assert!(
        authorities
            .read(&[CertificateDer::from(vec![1])], NOW)
            .is_err()
    );
    assert!(authorities.read(&[], NOW).is_err());
}

#[test]
fn names_beyond_any_account_are_left_out_and_of_the_rest_a_few_are_told() {
    let root = Authority::new("panels");
    let panel = root.issue_as(&"A".repeat(65), |params| {
        let names = (0..20).map(|n| SanType::DnsName(format!("p{n}").try_into().unwrap()));
        params.subject_alt_names = names.collect();
    });
    let names = read(&panel, &[&root]).names;
    assert_eq!(names.len(), model::NAMES);
    assert_eq!(names[0].as_str(), "p0");
}

fn refused(change: impl FnOnce(&mut TlsMaterial)) -> MaterialError {
    let root = Authority::new("panels");
    let mut material = material(1, &root.issue("server"), &[&root], &[1]);
    change(&mut material);
    let made = Configurations::new(&material, std::sync::Arc::new(StandingClock));
    made.map(|_| ()).unwrap_err()
}

#[test]
fn material_of_no_use_is_refused_with_what_is_wrong() {
    assert_eq!(refused(|m| m.key.truncate(20)), MaterialError::Key);
    assert_eq!(refused(|m| m.chain.clear()), MaterialError::Chain);
    let other = Authority::new("others").issue("other");
    assert_eq!(refused(|m| m.chain = other.chain), MaterialError::Chain);
    assert_eq!(refused(|m| m.roots.clear()), MaterialError::Root);
    assert_eq!(refused(|m| m.roots[0].truncate(9)), MaterialError::Root);
}

#[test]
fn keys_and_certificates_are_not_printed() {
    let root = Authority::new("panels");
    let material = material(1, &root.issue("server"), &[&root], &[0xA7]);
    let printed = format!("{material:?} {:?}", configured(&material));
    assert!(!printed.contains("167, 167"), "{printed}");
}

#[test]
fn a_key_identifier_is_taken_as_the_authority_wrote_it() {
    let root = Authority::new("panels");
    let panel = root.issue_as("12AB", |params| {
        params.key_identifier_method = KeyIdMethod::PreSpecified(vec![1, 2, 3]);
    });
    assert_eq!(
        read(&panel, &[&root]).issuer,
        issuer_of(&root.der()).unwrap()
    );
}
