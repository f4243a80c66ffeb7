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
    for character in CAST.iter().filter(|character| character.again) {
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
    for character in CAST.iter().filter(|character| character.again) {
        let moves: Vec<_> = character
            .beats
            .iter()
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
fn a_story_that_does_not_begin_again_ends() {
    let cabin = CAST.iter().find(|character| !character.again).unwrap();
    let mut story = Story::new(cabin.beats, false, 1, Mono(0));
    for number in 1..=cabin.beats.len() as u64 {
        assert!(story.due(Mono(0)).is_some());
        assert_eq!(story.tell(number).number, number);
    }
    assert_eq!(story.due(Mono(u64::MAX)), None);
}

#[test]
fn the_import_file_has_a_row_for_each_panel() {
    let csv = import_csv();
    assert_eq!(csv.lines().count(), CAST.len() + 1);
    assert!(csv.contains("dc09,0A01,,,\"Ahorn Bakery, Linz\",\n"));
}
