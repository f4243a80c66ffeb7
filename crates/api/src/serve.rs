//! Serves a router on a socket, and ends in order.
//!
//! Invariant: at most [`limits::API_CONNECTIONS`] connections are open (I7); more wait in the
//! backlog, and leave descriptors to the store and the links.
//! Invariant: [`serve`] returns within [`limits::API_STOP`] of `stop`, whatever clients do:
//! streams end, answers begun are finished if they can be.

use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::serve::Listener;
use axum::{Extension, Router};
use model::limits;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Serves `router` until `stop` completes.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let (tell, told) = watch::channel(false);
    let router = router.layer(Extension(Stopping(told.clone())));
    let listener = Bounded {
        listener,
        permits: Arc::new(Semaphore::new(limits::API_CONNECTIONS)),
    };
    let mut ends = Stopping(told);
    let serving = axum::serve(listener, router)
        .with_graceful_shutdown(async move { ends.come().await })
        .into_future();
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended,
        () = stop => {}
    }
    tell.send_replace(true);
    let ended = tokio::time::timeout(limits::API_STOP, serving).await;
    ended.unwrap_or_else(|_| {
        tracing::warn!("clients of the API did not take their answers in time");
        Ok(())
    })
}

/// Whether the API is stopping, for answers that would go on for ever.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Whether it is stopping already.
    pub(crate) fn is_now(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it stops.
    pub(crate) async fn come(&mut self) {
        // An error says that the sender is gone, and so is the server.
        self.0.wait_for(|stopping| *stopping).await.ok();
    }
}

/// A listener that accepts only while a permit is free.
struct Bounded {
    listener: TcpListener,
    permits: Arc<Semaphore>,
}

impl Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "events may be late: TCP_NODELAY is refused");
        }
        (
            Connection {
                stream,
                _permit: permit,
            },
            peer,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection and its permit.
struct Connection {
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
