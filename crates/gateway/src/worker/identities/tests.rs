use model::{PanelIndex, PathIndex};

use super::*;

const NOW: Mono = Mono(5_000_000_000);
const UNKNOWN: IdentityRefusal = IdentityRefusal::UnknownAccount;

fn key(account: &str) -> AccountKey {
    AccountKey {
        family: FamilyName::parse("line").unwrap(),
        account: Account::parse(account.as_bytes()).unwrap(),
        listener: ListenerName::parse("tests").unwrap(),
        receiver: None,
        line: None,
        path_name: None,
    }
}

fn question(connection: u64, key: AccountKey) -> Box<Question> {
    Box::new(Question {
        connection,
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        claim: IdentityClaim::of_account(key),
        certificate: None,
    })
}

fn answer(connection: u64, key: AccountKey, known: bool) -> IdentityAnswer {
    let admitted = Arc::new(Admitted::plain(PanelIndex(1), PathIndex(1)));
    IdentityAnswer {
        connection,
        key,
        admitted: known.then_some(admitted).ok_or(UNKNOWN),
    }
}

fn account(key: &AccountKey) -> (FamilyName, Account) {
    (key.family, key.account)
}

#[test]
fn an_unknown_account_is_asked_for_again_after_five_seconds() {
    let mut identities = Identities::new(10);
    identities.ask(question(1, key("A")));
    assert!(
        identities
            .answered(&answer(1, key("A"), false), NOW)
            .is_some()
    );
    let soon = NOW.after(limits::UNKNOWN_ACCOUNT_MEMORY / 2);
    let recalled = identities.recall(2, key("A"), soon).unwrap();
    assert_eq!((recalled.connection, recalled.admitted), (2, Err(UNKNOWN)));
    let late = NOW.after(limits::UNKNOWN_ACCOUNT_MEMORY);
    assert_eq!(identities.recall(2, key("A"), late), None);
}

#[test]
fn a_known_account_is_remembered_until_the_engine_says_otherwise() {
    let mut identities = Identities::new(10);
    identities.answered(&answer(1, key("A"), true), NOW);
    let later = NOW.after(std::time::Duration::from_hours(100));
    assert!(identities.recall(2, key("A"), later).is_some());
    assert_eq!(identities.forget(account(&key("A"))).len(), 1);
    assert_eq!(identities.recall(2, key("A"), later), None);
}

#[test]
fn an_account_is_forgotten_with_every_receiver_and_line_and_no_other_is() {
    let mut identities = Identities::new(10);
    let variants = [
        (None, None),
        (Some(1), None),
        (None, Some(2)),
        (Some(1), Some(2)),
    ];
    let variants = variants.map(|(receiver, line)| AccountKey {
        receiver,
        line,
        ..key("A")
    });
    for (at, variant) in variants.iter().enumerate() {
        identities.answered(&answer(1, *variant, at % 2 == 0), NOW);
    }
    identities.answered(&answer(1, key("B"), true), NOW);
    let remembered = |identities: &mut Identities| {
        let all = variants.into_iter().chain([key("B")]);
        let found = all.filter(|key| identities.recall(2, *key, NOW).is_some());
        found.collect::<Vec<_>>()
    };
    assert_eq!(remembered(&mut identities).len(), 5);
    let again = identities.forget(account(&key("A")));
    assert_eq!(remembered(&mut identities), [key("B")]);
    // Those that were known are asked for anew, by nobody.
    let again = again.into_iter();
    let asked = again.map(|question| (question.connection, question.claim.key));
    let (numbers, keys): (Vec<u64>, Vec<_>) = asked.unzip();
    assert_eq!(keys, [variants[0], variants[2]]);
    assert!(numbers.iter().all(|number| *number < FIRST_NUMBER));
    identities.answered(&answer(numbers[1], keys[1], true), NOW);
    assert_eq!(remembered(&mut identities), [keys[1], key("B")]);
    assert!(identities.awaits(numbers[0]) && !identities.awaits(numbers[1]));
}

#[test]
fn what_was_said_of_a_proof_is_remembered_for_nobody() {
    let mut identities = Identities::new(10);
    let mut proven = answer(1, key("A"), true);
    let admitted = Arc::make_mut(proven.admitted.as_mut().unwrap());
    admitted.proven = Proven::ByCertificate;
    let wrong = IdentityAnswer {
        admitted: Err(IdentityRefusal::WrongCertificate),
        ..answer(1, key("A"), false)
    };
    for told in [proven, wrong] {
        // Whether somebody still waits for it or not.
        identities.answered(&told, NOW);
        identities.ask(question(1, key("A")));
        assert!(identities.answered(&told, NOW).is_some());
        assert_eq!(identities.recall(2, key("A"), NOW), None);
    }
}

#[test]
fn a_panel_that_was_registered_is_no_longer_remembered_as_unknown_nor_the_other_way_round() {
    let mut identities = Identities::new(10);
    for known in [false, true, false] {
        identities.answered(&answer(1, key("A"), known), NOW);
        let recalled = identities.recall(2, key("A"), NOW).unwrap();
        assert_eq!(recalled.admitted.is_ok(), known);
    }
}

#[test]
fn a_new_link_is_asked_everything_that_is_open_and_trusted_with_nothing_old() {
    let mut identities = Identities::new(10);
    identities.answered(&answer(1, key("A"), true), NOW);
    identities.ask(question(2, key("B")));
    identities.ask(question(3, key("C")));
    identities.withdraw(3);
    let again: Vec<_> = identities.relink().collect();
    assert_eq!(again, [question(2, key("B"))]);
    assert_eq!(identities.recall(9, key("A"), NOW), None);
    assert!(identities.awaits(2));
}

#[test]
fn an_answer_to_another_question_does_not_count() {
    let mut identities = Identities::new(10);
    identities.ask(question(1, key("A")));
    assert_eq!(identities.answered(&answer(1, key("B"), true), NOW), None);
    assert_eq!(identities.answered(&answer(2, key("A"), true), NOW), None);
    assert!(identities.awaits(1));
}

#[test]
fn memory_and_questions_are_bounded() {
    let mut identities = Identities::new(2);
    for account in ["A", "B", "C"] {
        identities.answered(&answer(1, key(account), true), NOW);
    }
    assert_eq!(identities.recall(1, key("A"), NOW), None);
    assert!(identities.recall(1, key("C"), NOW).is_some());
    for connection in 0..limits::LINK_IDENTIFY as u64 {
        assert!(identities.has_room());
        identities.ask(question(connection, key("A")));
    }
    assert!(!identities.has_room());
    assert_eq!(
        identities.forget(account(&key("C"))),
        [],
        "nor is it asked again"
    );
}

#[test]
fn strangers_do_not_push_panels_out_of_memory_nor_do_variants_of_one_account() {
    let mut identities = Identities::new(2);
    identities.answered(&answer(1, key("A"), true), NOW);
    for stranger in 0..100 {
        identities.answered(&answer(1, key(&format!("X{stranger}")), false), NOW);
    }
    assert!(identities.recall(1, key("A"), NOW).is_some());
    for receiver in 0..100 {
        let variant = AccountKey {
            receiver: Some(receiver),
            ..key("B")
        };
        identities.answered(&answer(1, variant, true), NOW);
    }
    assert!(identities.recall(1, key("A"), NOW).is_some());
    let variants = identities.known.accounts.get(&account(&key("B"))).unwrap();
    assert_eq!(variants.len(), limits::IDENTITY_VARIANTS);
}
