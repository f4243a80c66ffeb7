//! The order of signals, step by step and under any interleaving.

use engine::ports::Origin;
use model::{Account, EventClass, Mono, PathIndex, RepeatKey, Signal, Wall};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::sync::mpsc;

use super::*;

const ALARM: EventClass = EventClass::Burglary;
const ROUTINE: EventClass = EventClass::Arm;

fn submission(connection: u64, token: u32, class: EventClass) -> Submission {
    let (answers, _) = mpsc::channel(1);
    Submission {
        origin: Origin {
            connection,
            token: SignalToken(token),
        },
        path: PathIndex(1),
        class,
        key: RepeatKey([0; 16]),
        received: Wall(0),
        read_at: Mono(0),
        skewed: false,
        numbered: false,
        signal: Signal {
            account: Account::parse(b"1").unwrap(),
            format: "SIA-DCS".parse().unwrap(),
            panel_sequence: None,
            panel_time: None,
            occurred: None,
            flags: model::EventFlags::empty(),
            items: Vec::new(),
            extended: Vec::new(),
            raw: Vec::new(),
        },
        answers,
    }
}

fn pulled(order: &mut Order, stream: Stream) -> Option<(u64, u32)> {
    let origin = order.pull(stream)?.origin;
    Some((origin.connection, origin.token.0))
}

/// Pulls, and has the intake take it at once.
fn handed(order: &mut Order, stream: Stream) -> Option<(u64, u32)> {
    let (connection, token) = pulled(order, stream)?;
    order.handed(connection);
    Some((connection, token))
}

#[test]
fn tokens_are_pulled_without_gaps_whatever_their_arrival() {
    let mut order = Order::default();
    order.offer(submission(1, 2, ROUTINE)).unwrap();
    order.offer(submission(1, 3, ROUTINE)).unwrap();
    assert_eq!(handed(&mut order, Stream::Normal), None);
    order.offer(submission(1, 1, ROUTINE)).unwrap();
    for token in 1..=3 {
        assert_eq!(handed(&mut order, Stream::Normal), Some((1, token)));
    }
    assert_eq!(handed(&mut order, Stream::Normal), None);
}

#[test]
fn an_alarm_is_not_pulled_while_the_signal_before_it_is_being_handed_over() {
    let mut order = Order::default();
    order.offer(submission(1, 1, ROUTINE)).unwrap();
    assert_eq!(pulled(&mut order, Stream::Normal), Some((1, 1)));
    order.offer(submission(1, 2, ALARM)).unwrap();
    assert_eq!(pulled(&mut order, Stream::Urgent), None, "I5");
    order.handed(1);
    assert_eq!(pulled(&mut order, Stream::Urgent), Some((1, 2)));
}

#[test]
fn a_promoted_copy_lifts_what_waits_and_is_ignored_once_that_was_pulled() {
    let mut order = Order::default();
    order.offer(submission(1, 1, ROUTINE)).unwrap();
    order.offer(submission(1, 1, ALARM)).unwrap();
    order.offer(submission(1, 2, ALARM)).unwrap();
    assert_eq!(handed(&mut order, Stream::Normal), None);
    assert_eq!(handed(&mut order, Stream::Urgent), Some((1, 1)));
    assert_eq!(handed(&mut order, Stream::Urgent), Some((1, 2)));
    order.offer(submission(1, 1, ROUTINE)).unwrap();
    assert_eq!(handed(&mut order, Stream::Normal), None);
    assert_eq!(handed(&mut order, Stream::Urgent), None);
}

#[test]
fn a_copy_that_is_less_urgent_does_not_lower_its_signal() {
    let mut order = Order::default();
    order.offer(submission(1, 1, ALARM)).unwrap();
    order.offer(submission(1, 1, ROUTINE)).unwrap();
    assert_eq!(handed(&mut order, Stream::Urgent), Some((1, 1)));
}

#[test]
fn connections_take_turns() {
    let mut order = Order::default();
    for token in 1..=3 {
        order.offer(submission(1, token, ROUTINE)).unwrap();
    }
    order.offer(submission(2, 1, ROUTINE)).unwrap();
    assert_eq!(handed(&mut order, Stream::Normal), Some((1, 1)));
    assert_eq!(handed(&mut order, Stream::Normal), Some((2, 1)));
    assert_eq!(handed(&mut order, Stream::Normal), Some((1, 2)));
}

#[test]
fn a_resumed_connection_goes_on_where_it_was() {
    let mut order = Order::default();
    order.resume(1, SignalToken(7)).unwrap();
    order.offer(submission(1, 6, ROUTINE)).unwrap();
    order.offer(submission(1, 8, ROUTINE)).unwrap();
    assert_eq!(handed(&mut order, Stream::Normal), None);
    order.offer(submission(1, 7, ROUTINE)).unwrap();
    assert_eq!(handed(&mut order, Stream::Normal), Some((1, 7)));
}

#[test]
fn a_gateway_that_sends_more_than_it_may_is_found_out() {
    let mut order = Order::default();
    for connection in 0..limits::LINK_UNACKNOWLEDGED as u64 {
        order.offer(submission(connection, 1, ROUTINE)).unwrap();
    }
    let one_more = submission(u64::MAX, 1, ROUTINE);
    assert_eq!(
        order.offer(one_more.clone()),
        Err(Violation::TooManySignals)
    );
    assert_eq!(handed(&mut order, Stream::Normal), Some((0, 1)));
    assert!(
        order.offer(one_more.clone()).is_err(),
        "handed over is not answered"
    );
    order.answered(0);
    assert_eq!(order.offer(one_more), Ok(()));
}

proptest! {
    /// Whatever the streams do to each other, each connection's signals are pulled in order, each
    /// once, and one at a time.
    #[test]
    fn order_holds_for_any_interleaving(
        classes in vec(any::<bool>(), 1..24),
        steps in vec(0_u8..6, 0..200),
    ) {
        let mut order = Order::default();
        let mut streams: [VecDeque<Submission>; 2] = Default::default();
        let mut unsent = classes.iter().zip(1..).collect::<VecDeque<_>>();
        let mut sent_normal: Vec<u32> = Vec::new();
        let mut handing = false;
        let mut seen = 0;
        let tail = [0_u8, 1, 2, 3, 4, 5].into_iter().cycle().take(1_000);
        for step in steps.into_iter().chain(tail) {
            match step {
                // The gateway sends the next one; an alarm promotes those before it.
                0 => if let Some((alarm, token)) = unsent.pop_front() {
                    if *alarm {
                        for earlier in sent_normal.drain(..) {
                            streams[0].push_back(submission(1, earlier, ALARM));
                        }
                        streams[0].push_back(submission(1, token, ALARM));
                    } else {
                        sent_normal.push(token);
                        streams[1].push_back(submission(1, token, ROUTINE));
                    }
                },
                1 | 2 => if let Some(arrived) = streams[usize::from(step - 1)].pop_front() {
                    order.offer(arrived).unwrap();
                },
                3 | 4 => {
                    let stream = if step == 3 { Stream::Urgent } else { Stream::Normal };
                    if let Some((_, token)) = pulled(&mut order, stream) {
                        seen += 1;
                        prop_assert_eq!(token, seen);
                        prop_assert!(!std::mem::replace(&mut handing, true));
                    }
                }
                _ => if std::mem::take(&mut handing) {
                    order.handed(1);
                    order.answered(1);
                },
            }
        }
        prop_assert_eq!(seen as usize, classes.len());
        prop_assert_eq!(order.unanswered, usize::from(handing));
    }
}
