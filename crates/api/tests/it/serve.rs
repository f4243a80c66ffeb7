//! The API on a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::fakes::{House, TOKEN};

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

async fn serve(house: &House) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = house.router.clone();
    let ended = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        api::serve(listener, router, stopped).await
    });
    Served {
        address,
        stop,
        ended,
    }
}

async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4_096];
        let count = stream.read(&mut part).await.unwrap();
        assert_ne!(count, 0, "ended before `{text}`");
        read.extend_from_slice(&part[..count]);
        let so_far = String::from_utf8_lossy(&read);
        if so_far.contains(text) {
            return so_far.into_owned();
        }
    }
}

#[tokio::test]
async fn streams_end_and_idle_connections_close_when_the_api_is_told_to_stop() {
    let house = House::with_samples().await;
    let served = serve(&house).await;
    let mut stream = ask(served.address, "/api/v1/events/stream?after=0").await;
    read_until(&mut stream, "id: 4").await;
    let mut idle = ask(served.address, "/livez").await;
    read_until(&mut idle, r#"{"status":"ok"}"#).await;

    served.stop.send(()).unwrap();
    let within = Duration::from_secs(1);
    let ended = tokio::time::timeout(within, served.ended).await;
    ended.expect("it ends within a second").unwrap().unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(
        rest.ends_with("0\r\n\r\n"),
        "the stream ends as HTTP wants it"
    );
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0);
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_does_not_hold_up_the_stop() {
    let house = House::new();
    let served = serve(&house).await;
    let mut stuck = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "POST /api/v1/panels HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
    );
    stuck.write_all(head.as_bytes()).await.unwrap();
    // Another request answered shows that the first was taken in before the stop.
    let mut other = ask(served.address, "/livez").await;
    read_until(&mut other, "ok").await;
    served.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(2), served.ended).await;
    ended.expect("it ends all the same").unwrap().unwrap();
}
