//! `GET /events/stream`.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode};
use futures_util::StreamExt;
use serde_json::Value;

use crate::client::request;
use crate::fakes::{House, burglary, disarm, panel_id, test_report};

const PATH: &str = "/api/v1/events/stream";

/// How long a stream may be silent before a test gives up: twice as long as it ever is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a stream frame by frame, as a browser does.
struct Listener {
    octets: BodyDataStream,
    read: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Frame {
    id: Option<u64>,
    event: Option<String>,
    data: Option<String>,
    retry: Option<u64>,
    comment: Option<String>,
}

impl Listener {
    async fn open(house: &House, path: &str, last_event_id: Option<&str>) -> Self {
        let mut request = request(Method::GET, path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = house.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut listener = Self {
            octets: response.into_body().into_data_stream(),
            read: String::new(),
        };
        let hello = listener.frame().await.unwrap();
        assert_eq!(hello.retry, Some(2_000));
        assert_eq!(hello.comment.as_deref(), Some("watchfire"));
        listener
    }

    /// The next frame; `None` at the end of the stream.
    async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, _)) = self.read.split_once("\n\n") {
                let (length, frame) = (frame.len() + 2, Frame::parse(frame));
                self.read.drain(..length);
                return Some(frame);
            }
            let octets = tokio::time::timeout(PATIENCE, self.octets.next()).await;
            let octets = octets.expect("something comes in time")?.unwrap();
            self.read.push_str(std::str::from_utf8(&octets).unwrap());
        }
    }

    /// The ids of the next `count` events.
    async fn events(&mut self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let frame = self.frame().await.unwrap();
            let Some(data) = frame.data else { continue };
            assert_eq!(frame.event.as_deref(), Some("event"));
            let json: Value = serde_json::from_str(&data).unwrap();
            assert_eq!(json["seq"].as_u64(), frame.id);
            ids.extend(frame.id);
        }
        ids
    }
}

impl Frame {
    fn parse(text: &str) -> Self {
        let mut frame = Self::default();
        for line in text.lines() {
            let (name, value) = line.split_once(':').unwrap();
            let value = value.strip_prefix(' ').unwrap_or(value);
            match name {
                "id" => frame.id = value.parse().ok(),
                "event" => frame.event = Some(value.to_owned()),
                "data" => frame.data = Some(value.to_owned()),
                "retry" => frame.retry = value.parse().ok(),
                "" => frame.comment = Some(value.to_owned()),
                other => panic!("{other}"),
            }
        }
        frame
    }
}

#[tokio::test]
async fn a_stream_begins_at_the_head_and_shows_what_is_committed_then() {
    let house = House::with_samples().await;
    let mut listener = Listener::open(&house, PATH, None).await;
    house.commit(vec![burglary(), disarm()]).await;
    assert_eq!(listener.events(2).await, [5, 6]);
    house.commit(vec![disarm()]).await;
    assert_eq!(listener.events(1).await, [7]);
}

#[tokio::test]
async fn a_stream_goes_on_from_after_and_last_event_id_wins() {
    let house = House::with_samples().await;
    let mut all = Listener::open(&house, &format!("{PATH}?after=0"), None).await;
    assert_eq!(all.events(4).await, [1, 2, 3, 4]);
    let mut back = Listener::open(&house, &format!("{PATH}?after=0"), Some("3")).await;
    assert_eq!(back.events(1).await, [4]);
}

#[tokio::test]
async fn a_cursor_that_makes_no_sense_is_refused() {
    let house = House::with_samples().await;
    for (query, id, refused) in [
        (
            "?after=x",
            None,
            "after: `x` is no cursor: the number of an event is expected",
        ),
        (
            "?after=99",
            None,
            "after: event 99 does not exist yet; the newest is 4",
        ),
        (
            "",
            Some("é"),
            "Last-Event-ID: `é` is no cursor: the number of an event is expected",
        ),
        (
            "",
            Some("99"),
            "Last-Event-ID: event 99 does not exist yet; the newest is 4",
        ),
    ] {
        let mut request = request(Method::GET, &format!("{PATH}{query}"));
        if let Some(id) = id {
            request = request.header("last-event-id", id.as_bytes());
        }
        let answer = house.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.refused(), refused);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_come_and_go_see_every_event_once_while_appends_go_on() {
    const EVENTS: u64 = 3_000;
    let house = std::sync::Arc::new(House::new());
    let writer = tokio::spawn({
        let house = house.clone();
        async move {
            for number in 0..EVENTS {
                house.commit(vec![test_report(1)]).await;
                if number % 7 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
    });
    let mut seen: Vec<u64> = Vec::new();
    let mut visit = 0;
    while seen.len() < usize::try_from(EVENTS).unwrap() {
        visit += 1;
        let last = seen.last().map(ToString::to_string);
        let path = format!("{PATH}?after=0");
        let mut listener = Listener::open(&house, &path, last.as_deref()).await;
        let left = usize::try_from(EVENTS).unwrap() - seen.len();
        // Some visits are short, some longer than what one read of the journal brings.
        let stay = if visit % 3 == 0 {
            700
        } else {
            1 + visit * 13 % 97
        };
        seen.extend(listener.events(stay.min(left)).await);
    }
    writer.await.unwrap();
    assert_eq!(seen, (1..=EVENTS).collect::<Vec<_>>());
    assert!(visit > 5, "{visit} visits prove nothing");
}

#[tokio::test]
async fn what_is_committed_while_a_page_is_read_is_shown_as_well() {
    let house = House::new();
    let mut listener = Listener::open(&house, PATH, None).await;
    house.commit(vec![burglary()]).await;
    house.commit_while_a_page_is_read(vec![disarm()]);
    assert_eq!(listener.events(2).await, [1, 2]);
}

#[tokio::test]
async fn a_reader_that_lags_is_read_further_from_its_cursor() {
    let house = House::new();
    let mut listener = Listener::open(&house, PATH, None).await;
    for _ in 0..50 {
        house.commit((0..40).map(|_| disarm()).collect()).await;
    }
    assert_eq!(
        listener.events(2_000).await,
        (1..=2_000).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_filtered_stream_shows_its_events_only_and_moves_the_last_event_id_past_the_others() {
    let house = House::new();
    let path = format!("{PATH}?panel={}&class=burglary", panel_id(1));
    let mut listener = Listener::open(&house, &path, None).await;
    let mut messages: Vec<_> = (0..600).map(|_| test_report(2)).collect();
    messages.push(burglary());
    messages.push(disarm());
    house.commit(messages).await;
    let mut moved = Vec::new();
    loop {
        let frame = listener.frame().await.unwrap();
        if frame.data.is_some() {
            assert_eq!(frame.id, Some(601));
            break;
        }
        moved.extend(frame.id);
    }
    assert_eq!(moved, [256, 512]);
}

#[tokio::test]
async fn personal_data_is_streamed_where_it_was_asked_for_and_that_is_audited() {
    let house = House::with_samples().await;
    let mut plain = Listener::open(&house, &format!("{PATH}?after=0"), None).await;
    let data = plain.frame().await.unwrap().data.unwrap();
    assert!(!data.contains("Huber") && !data.contains("raw"), "R31");
    assert!(house.register.audited.lock().unwrap().is_empty());
    let path = format!("{PATH}?after=0&include=personal");
    let mut full = Listener::open(&house, &path, None).await;
    let data = full.frame().await.unwrap().data.unwrap();
    assert!(data.contains("Huber") && data.contains("raw_text"));
    assert_eq!(
        *house.register.audited.lock().unwrap(),
        ["admin event.stream_personal events after 0"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_says_something_every_fifteen_seconds() {
    let house = House::new();
    let mut listener = Listener::open(&house, PATH, None).await;
    let began = tokio::time::Instant::now();
    let frame = listener.frame().await.unwrap();
    assert_eq!(frame.comment.as_deref(), Some("still here"));
    let waited = began.elapsed();
    assert!(waited >= Duration::from_secs(15) && waited < Duration::from_secs(16));
}

#[tokio::test]
async fn a_stream_whose_journal_cannot_be_read_ends() {
    let house = House::with_samples().await;
    let mut listener = Listener::open(&house, &format!("{PATH}?after=2"), None).await;
    assert_eq!(listener.events(2).await, [3, 4]);
    *house.journal.broken.lock().unwrap() = true;
    house.commit(vec![disarm()]).await;
    assert_eq!(listener.frame().await, None);
}
