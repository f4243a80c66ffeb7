//! What ends, and when people are told.

use model::{PathId, PathIndex, Serial, Wall};

use super::super::expiry::{Calendar, End};
use super::fakes::*;
use crate::ports::CertificateRow;
use crate::registry::PathExpiry;

/// The days on which something is told of an end on day 0, looked at each hour, and the texts.
fn told(end: &End, from: i64, until: i64) -> Vec<(i64, String)> {
    let mut calendar = Calendar::default();
    let mut told = Vec::new();
    for hour in from * 24..=until * 24 {
        if let Some(due) = calendar.due(end, hours(hour)) {
            calendar.tell(due.told);
            assert_eq!(hour % 24, 0, "at once: {}", due.text);
            told.push((hour / 24, due.text));
        }
    }
    told
}

fn of_path(path: u32, issued: Wall, not_after: Wall) -> End {
    End::of_path(PathExpiry {
        path: PathIndex(path),
        issued,
        not_after,
    })
}

fn steps(told: &[(i64, String)]) -> Vec<i64> {
    told.iter().map(|(day, _)| *day).collect()
}

#[test]
fn the_server_and_each_authority_tell_six_times_before_they_end() {
    let mut loaded = loaded(1);
    loaded.not_after = NOON;
    loaded.roots[1].not_after = NOON;
    let ends = End::own(&loaded);
    let server = told(&ends[0], -40, 40);
    assert_eq!(steps(&server), [-30, -14, -7, -3, -1, 0]);
    let text = |at: usize| server[at].1.as_str();
    assert_eq!(text(0), "the server's certificate expires in 30 days");
    assert_eq!(text(4), "the server's certificate expires in 1 day");
    assert_eq!(text(5), "the server's certificate has expired");
    assert!(told(&ends[1], -40, 40).is_empty(), "ours ends in ten years");
    let theirs = told(&ends[2], -40, 40);
    assert_eq!(steps(&theirs), steps(&server));
    assert_eq!(theirs[2].1, "the authority CN=theirs expires in 7 days");
}

/// R27.
#[test]
fn a_panels_certificate_is_told_of_until_it_lets_nothing_in_any_more() {
    let told = told(&of_path(1, days(-700), NOON), -40, 200);
    let expected = [
        -30, -14, -7, -1, 0, 7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84, 90,
    ];
    assert_eq!(steps(&told), expected);
    let text = |at: usize| told[at].1.as_str();
    assert_eq!(text(3), "the panel's certificate expires in 1 day");
    assert_eq!(
        text(4),
        "the panel's certificate has expired; its alarms are taken for 90 days more, with that doubt"
    );
    assert_eq!(
        text(16),
        "the panel's certificate expired 84 days ago; its alarms are taken for 6 days more, with \
         that doubt"
    );
    assert_eq!(
        text(17),
        "the panel's certificate expired 90 days ago; it lets nothing in any more"
    );
}

#[test]
fn who_makes_a_certificate_for_five_days_is_told_a_day_before() {
    let told = told(&of_path(1, days(-5), NOON), -5, 1);
    assert_eq!(steps(&told), [-1, 0]);
}

#[test]
fn after_a_month_out_of_service_only_the_newest_is_told_and_a_renewal_ends_it() {
    let mut calendar = Calendar::default();
    let end = of_path(1, days(-700), NOON);
    let due = calendar.due(&end, days(-29)).unwrap();
    calendar.tell(due.told);
    let due = calendar.due(&end, days(1)).unwrap();
    assert!(
        due.text
            .starts_with("the panel's certificate expired 1 day ago")
    );
    calendar.tell(due.told);
    assert_eq!(calendar.due(&end, days(6)), None);
    assert!(calendar.due(&end, days(7)).is_some());
    let renewed = of_path(1, days(6), days(700));
    assert_eq!(calendar.due(&renewed, days(7)), None);
    assert!(calendar.due(&renewed, days(670)).is_some());
    // Another certificate that ends soon is told of, whatever was told of the one before.
    let shorter = of_path(1, days(-100), days(20));
    assert!(calendar.due(&shorter, days(6)).is_some());
}

fn row(number: u32, path: u32, not_after: Wall) -> CertificateRow {
    let serial: Serial = number.to_be_bytes().into_iter().collect();
    CertificateRow {
        serial,
        path: PathIndex(path),
        path_id: PathId::from_bytes([path as u8; 16]),
        issued: days(-700),
        not_after,
        revoked: None,
    }
}

#[tokio::test(start_paused = true)]
async fn each_step_is_told_once_and_a_restart_tells_nothing_again() {
    let world = World::new();
    // Of path 1 a later one takes the place of that which ends; that of path 3 does not count.
    let mut gone = row(4, 3, days(600));
    gone.revoked = Some(NOON);
    *world.vault.rows.lock().unwrap() = vec![
        row(1, 1, days(5)),
        row(2, 1, days(300)),
        row(3, 3, days(5)),
        // Made at the same moment.
        row(5, 3, days(5)),
        gone,
    ];
    let mut ending = loaded(1);
    ending.not_after = days(10);
    world.write(Ok(ending));
    let life = world.begin().await;
    settle().await;
    let server = "the server's certificate expires in 10 days".to_owned();
    let panel = "the panel's certificate expires in 5 days".to_owned();
    assert_eq!(
        world.told(),
        [
            (PathIndex::HOUSE, "our_cert", server),
            (PathIndex(3), "cert_expiry", panel)
        ]
    );
    look().await;
    life.end().await;
    let life = world.begin().await;
    look().await;
    assert_eq!(world.told(), []);
    world.look_at(days(4)).await;
    let told = world.told();
    let codes: Vec<_> = told.iter().map(|(path, code, _)| (*path, *code)).collect();
    assert_eq!(
        codes,
        [
            (PathIndex::HOUSE, "our_cert"),
            (PathIndex(3), "cert_expiry")
        ]
    );
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_journal_does_not_take_is_told_when_it_does() {
    let world = World::new();
    *world.vault.rows.lock().unwrap() = vec![row(3, 3, days(5))];
    world.journal.open.send_replace(false);
    let life = world.begin().await;
    look().await;
    assert!(world.vault.told.lock().unwrap().is_empty());
    life.end().await;
    let life = world.begin().await;
    // On its way over several looks.
    look().await;
    look().await;
    world.journal.open.send_replace(true);
    look().await;
    look().await;
    assert_eq!(world.told().len(), 1);
    assert_eq!(world.vault.told.lock().unwrap().len(), 1);
    life.end().await;
}
