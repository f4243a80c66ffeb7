//! Keys of session tickets.

use super::super::tickets::Tickets;
use super::fakes::*;
use crate::ports::TicketKey;
use model::Wall;
use zeroize::Zeroizing;

fn names(life: &Life) -> Vec<u8> {
    let material = life.material().unwrap();
    material.tickets.iter().map(|key| key.name[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_renewed_each_six_hours_and_the_one_before_is_still_taken() {
    let world = World::new();
    let life = world.begin().await;
    let first = names(&life);
    assert_eq!(first.len(), 1);
    world.look_at(Wall(hours(6).0 - 1)).await;
    assert_eq!(names(&life), first);
    let before = life.material().unwrap().version;
    world.look_at(hours(6)).await;
    let second = names(&life);
    assert_eq!((second.len(), second[1]), (2, first[0]));
    assert!(life.material().unwrap().version > before);
    world.look_at(hours(12)).await;
    let third = names(&life);
    assert_eq!((third.len(), third[1]), (2, second[0]));
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_resumes_with_the_keys_that_were_kept_unless_they_are_too_old() {
    let world = World::new();
    let life = world.begin().await;
    world.look_at(hours(6)).await;
    let kept = life.material().unwrap().tickets.clone();
    assert_eq!(*world.vault.keys.lock().unwrap(), kept);
    life.end().await;
    world.clock.set(hours(7));
    let life = world.begin().await;
    assert_eq!(life.material().unwrap().tickets, kept);
    life.end().await;
    // A day later none of them is taken any more.
    world.clock.set(hours(31));
    let life = world.begin().await;
    let fresh = life.material().unwrap().tickets.clone();
    assert_eq!(fresh.len(), 1);
    assert!(!kept.contains(&fresh[0]));
    assert_eq!(*world.vault.keys.lock().unwrap(), fresh);
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn while_the_store_cannot_write_keys_change_all_the_same_and_are_kept_later() {
    let world = World::new();
    *world.vault.broken.lock().unwrap() = true;
    let life = world.begin().await;
    let used = life.material().unwrap().tickets.clone();
    assert_eq!(used.len(), 1);
    look().await;
    assert!(world.vault.keys.lock().unwrap().is_empty());
    *world.vault.broken.lock().unwrap() = false;
    look().await;
    assert_eq!(*world.vault.keys.lock().unwrap(), used);
    assert_eq!(life.material().unwrap().tickets, used);
    life.end().await;
}

#[test]
fn a_clock_that_is_set_back_far_does_not_keep_a_key_for_ever() {
    let key = |made| TicketKey {
        name: [1; 16],
        key: Zeroizing::new([1; 32]),
        made,
    };
    let a_little = Tickets::new(vec![key(hours(1))], NOON);
    assert!(!a_little.is_due(NOON));
    let further = Tickets::new(vec![key(hours(7))], NOON);
    assert!(further.is_due(NOON) && further.keys().len() == 1);
    let far = Tickets::new(vec![key(days(365)), key(NOON)], NOON);
    assert_eq!(far.keys(), [key(NOON)]);
}
