use std::net::{IpAddr, Ipv4Addr};

use model::{Epoch, SignalToken};

use super::*;

const PATH: PathIndex = PathIndex(7);
const NOW: Mono = Mono(5_000_000_000);

/// One place for each path, as the engine keeps it.
#[derive(Default)]
struct Kept {
    places: Mutex<HashMap<PathIndex, SessionPlace>>,
    arrivals: Mutex<Vec<Arrival>>,
    gone: Mutex<Vec<(PathIndex, SessionPlace)>>,
}

impl Sessions for Kept {
    fn arrived(&self, arrival: Arrival) -> Option<SessionPlace> {
        self.arrivals.lock().unwrap().push(arrival);
        let mut places = self.places.lock().unwrap();
        places.insert(arrival.path, arrival.place)
    }

    fn spoke(&self, _: PathIndex, _: Epoch, _: Mono) {}

    fn gateway_gone(&self, gateway: u16) {
        let mut places = self.places.lock().unwrap();
        places.retain(|_, place| place.gateway != gateway);
    }

    fn gone(&self, path: PathIndex, place: SessionPlace, _: Mono) {
        self.gone.lock().unwrap().push((path, place));
        let mut places = self.places.lock().unwrap();
        if places.get(&path) == Some(&place) {
            places.remove(&path);
        }
    }
}

fn arrived(connection: u64) -> Arrived {
    Arrived {
        connection,
        path: PATH,
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        at: NOW,
    }
}

fn place(gateway: u16, connection: u64) -> SessionPlace {
    SessionPlace {
        gateway,
        connection,
    }
}

#[test]
fn the_earlier_connection_is_told_by_its_own_gateway_that_it_is_taken_over() {
    let kept = Arc::new(Kept::default());
    let takeovers = Takeovers::default();
    let mut first = Whereabouts::new(1, 1, Arc::clone(&kept) as _);
    let mut second = Whereabouts::new(2, 1, Arc::clone(&kept) as _);
    let (mut to_first, mut to_second) = (takeovers.open(1), takeovers.open(2));
    first.arrived(&arrived(100), &takeovers).unwrap();
    second.arrived(&arrived(200), &takeovers).unwrap();
    assert_eq!(to_first.try_recv(), Ok(100));
    assert!(to_second.try_recv().is_err());
    first.departed(100, NOW);
    assert_eq!(kept.places.lock().unwrap()[&PATH], place(2, 200));
}

#[test]
fn a_connection_that_is_told_again_arrives_once() {
    let kept = Arc::new(Kept::default());
    let takeovers = Takeovers::default();
    let mut here = Whereabouts::new(1, 1, Arc::clone(&kept) as _);
    let mut told = takeovers.open(1);
    for _ in 0..3 {
        here.arrived(&arrived(100), &takeovers).unwrap();
    }
    assert_eq!(kept.arrivals.lock().unwrap().len(), 1);
    assert!(
        told.try_recv().is_err(),
        "it does not take over from itself"
    );
}

fn row(connection: u64) -> SessionRow {
    SessionRow {
        connection,
        lowest: SignalToken(1),
        path: Some(PATH),
    }
}

#[test]
fn over_a_new_link_what_ended_meanwhile_is_gone_and_the_rest_is_where_it_was() {
    let kept = Arc::new(Kept::default());
    let sessions = Arc::clone(&kept) as Arc<dyn Sessions>;
    let (gateways, takeovers) = (Gateways::default(), Takeovers::default());
    let here = gateways.linked(1, 9, &sessions);
    here.lock().unwrap().has_no_more(NOW);
    let paths = [(100, PATH), (101, PathIndex(8))];
    for (connection, path) in paths {
        let arrived = Arrived {
            path,
            ..arrived(connection)
        };
        here.lock().unwrap().arrived(&arrived, &takeovers).unwrap();
    }
    here.lock().unwrap().departed(999, NOW);
    drop(here);
    assert!(kept.gone.lock().unwrap().is_empty(), "a link alone broke");

    let here = gateways.linked(1, 9, &sessions);
    here.lock().unwrap().has(&[row(100), row(555)]);
    here.lock().unwrap().has_no_more(NOW);
    let gone = (PathIndex(8), place(1, 101));
    assert_eq!(*kept.gone.lock().unwrap(), [gone]);
    here.lock()
        .unwrap()
        .arrived(&arrived(100), &takeovers)
        .unwrap();
    assert_eq!(kept.arrivals.lock().unwrap().len(), 2, "it never left");
}

#[test]
fn a_new_start_of_a_gateway_begins_without_the_connections_of_the_one_before() {
    let kept = Arc::new(Kept::default());
    let sessions = Arc::clone(&kept) as Arc<dyn Sessions>;
    let (gateways, takeovers) = (Gateways::default(), Takeovers::default());
    let mut told = takeovers.open(1);
    let here = gateways.linked(1, 9, &sessions);
    here.lock()
        .unwrap()
        .arrived(&arrived(100), &takeovers)
        .unwrap();
    let here = gateways.linked(1, 10, &sessions);
    assert!(kept.places.lock().unwrap().is_empty());
    here.lock()
        .unwrap()
        .arrived(&arrived(100), &takeovers)
        .unwrap();
    assert_eq!(kept.arrivals.lock().unwrap().len(), 2);
    assert!(told.try_recv().is_err(), "its number was given again");
}

#[test]
fn what_waits_for_a_gateway_is_bounded_and_one_that_is_gone_is_told_nothing() {
    let takeovers = Takeovers::default();
    let waiting = takeovers.open(1);
    for connection in 0..2 * limits::TAKEOVERS as u64 {
        takeovers.tell(place(1, connection));
        takeovers.tell(place(2, connection));
    }
    assert_eq!(waiting.len(), limits::TAKEOVERS);
}
