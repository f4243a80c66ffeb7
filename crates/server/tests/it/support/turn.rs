//! One scenario at a time: two at once would measure each other.

use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// Waits for its turn, and says so; the next may begin when the guard is dropped.
pub(crate) async fn turn(scenario: &str) -> MutexGuard<'static, ()> {
    let turn = TURN.lock().await;
    println!("== {scenario}");
    turn
}
