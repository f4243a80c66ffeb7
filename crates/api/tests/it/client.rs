//! Speaks to the router without a socket.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt;

use crate::fakes::{House, TOKEN};

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("(absent)", |value| value.to_str().unwrap())
    }

    /// Indented, for snapshots.
    pub(crate) fn pretty(&self) -> String {
        format!(
            "{}\n{}",
            self.status,
            serde_json::to_string_pretty(&self.json()).unwrap()
        )
    }

    /// What is refused, `field: detail`, one a line.
    pub(crate) fn refused(&self) -> String {
        let json = self.json();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        let line = |e: &Value| {
            format!(
                "{}: {}",
                e["field"].as_str().unwrap(),
                e["detail"].as_str().unwrap()
            )
        };
        errors.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// A request with a token and a fixed id.
pub(crate) fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("x-request-id", "test-1")
}

impl House {
    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.send(request).await;
        let (parts, body) = response.into_parts();
        let octets = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(octets.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = request(Method::GET, path).body(Body::empty());
        self.ask(request.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = request(Method::POST, path).header("content-type", kind);
        self.ask(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &str) -> Answer {
        let request = request(Method::PATCH, path).header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        let request = request(Method::DELETE, path).body(Body::empty());
        self.ask(request.unwrap()).await
    }
}
