use std::collections::HashSet;

use model::{Mono, PartitionState, partition_move};

use super::*;

#[test]
fn every_account_is_its_own_and_every_code_is_known() {
    let accounts: HashSet<_> = CAST.iter().map(Character::account).collect();
    assert_eq!(accounts.len(), CAST.len());
    for character in CAST {
        for beat in character.beats {
            assert!(
                beat.code.meaning().known,
                "{}: {}",
                character.name,
                beat.code
            );
        }
    }
}

#[test]
fn what_trips_is_restored_before_the_story_begins_again() {
    for character in CAST {
        let mut open = HashSet::new();
        for beat in character.beats {
            let restores = beat.code.meaning().restores;
            for restored in restores {
                open.remove(&((*restored).to_owned(), beat.point));
            }
            let moves = partition_move(&beat.code).is_some();
            if restores.is_empty() && !moves && !beat.code.is_calming() {
                open.insert((beat.code.to_string(), beat.point));
            }
        }
        assert!(open.is_empty(), "{}: {open:?}", character.name);
    }
}

#[test]
fn what_is_disarmed_was_armed_before_in_the_round() {
    for character in CAST {
        let moves: Vec<_> = character
            .beats
            .iter()
            .filter(|beat| !beat.in_clear)
            .filter_map(|beat| partition_move(&beat.code))
            .collect();
        let disarms = |state: &PartitionState| *state == PartitionState::Disarmed;
        for (at, state) in moves.iter().enumerate() {
            let before = moves[(at + moves.len() - 1) % moves.len()];
            assert_ne!(disarms(state), disarms(&before), "{}", character.name);
        }
    }
}

#[test]
fn whose_line_goes_has_nothing_to_say_meanwhile() {
    let gone = CAST.iter().filter_map(|c| Some((c.beats, c.gone?)));
    let mut any = false;
    for (beats, (gone, back)) in gone {
        any = true;
        let mut at = 0;
        for beat in beats {
            at += beat.after;
            assert!(!(gone..=back).contains(&at), "{}", beat.code);
        }
        assert!(gone < back && back < at);
    }
    assert!(any);
}

#[test]
fn a_story_that_was_held_up_goes_on_where_it_was() {
    let mut story = Story::new(CAST[0].beats, 1, Mono(0));
    let second = |n: u64| Mono(n * 1_000_000_000);
    assert_eq!(story.due(Mono(0)), Some(second(4)));
    story.skip(second(3));
    assert_eq!(story.due(Mono(0)), Some(second(4)), "not held up");
    story.skip(second(9));
    assert_eq!(story.due(Mono(0)), Some(second(9)));
    assert_eq!(story.tell(1).number, 1);
    assert_eq!(story.due(Mono(0)), Some(second(44)));
}

#[test]
fn the_import_file_has_a_row_for_each_panel_that_is_registered_and_its_key() {
    let csv = import_csv();
    assert_eq!(
        csv.lines().count(),
        CAST.len(),
        "a header, and one is a stranger"
    );
    assert!(
        csv.contains("dc09,0A01,,,\"Ahorn Bakery, Linz\",,\n"),
        "{csv}"
    );
    assert!(
        csv.contains("dc09,0A07,,,\"Saffron Bank, Genoa\",,sixteen letters!\n"),
        "{csv}"
    );
    assert!(!csv.contains("0AFF"));
}

#[test]
fn every_key_is_one_and_somebody_tries_without() {
    let encrypted: Vec<_> = CAST.iter().filter(|c| c.cipher_key().is_some()).collect();
    let in_clear = |c: &&Character| c.beats.iter().any(|beat| beat.in_clear);
    assert_eq!(encrypted.iter().filter(|c| in_clear(c)).count(), 1);
    assert_eq!(CAST.iter().filter(|c| in_clear(c)).count(), 1);
}
