//! A server that answers a script of requests, each on a connection of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;

use tempfile::TempDir;

/// One request that must come, and its answer.
pub(crate) struct Answer {
    request: String,
    wanted: Vec<String>,
    unwanted: Vec<String>,
    response: String,
}

impl Answer {
    /// An answer to a request whose first line begins with `request`.
    pub(crate) fn new(request: &str, status: u16, kind: &str, body: &str) -> Self {
        let response = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n{body}"
        );
        Self {
            request: request.to_owned(),
            wanted: Vec::new(),
            unwanted: Vec::new(),
            response,
        }
    }

    pub(crate) fn json(request: &str, status: u16, body: &str) -> Self {
        Self::new(request, status, "application/json", body)
    }

    /// With this somewhere in the request's head or body.
    pub(crate) fn asking_for(mut self, text: &str) -> Self {
        self.wanted.push(text.to_owned());
        self
    }

    /// With this nowhere in the request.
    pub(crate) fn but_not_for(mut self, text: &str) -> Self {
        self.unwanted.push(text.to_owned());
        self
    }
}

/// A data folder of a server that follows a script.
pub(crate) struct Fake {
    folder: TempDir,
    address: SocketAddr,
    thread: JoinHandle<()>,
}

impl Fake {
    pub(crate) fn serving(script: Vec<Answer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let run = folder.path().join("watchfire-data/run");
        std::fs::create_dir_all(&run).unwrap();
        let address = listener.local_addr().unwrap();
        let pid = std::process::id();
        let endpoints = format!(r#"{{"pid":{pid},"api":"{address}","listeners":{{}}}}"#);
        std::fs::write(run.join("endpoints.json"), endpoints).unwrap();
        let token = folder.path().join("watchfire-data/admin.token");
        std::fs::write(token, "the-token\n").unwrap();
        let thread = std::thread::spawn(move || {
            for answer in script {
                let (connection, _) = listener.accept().unwrap();
                serve(&connection, &answer);
            }
        });
        Self {
            folder,
            address,
            thread,
        }
    }

    /// The folder that the command is started in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Fails if a request did not come, or was not as the script says.
    pub(crate) fn finish(self) {
        // Were a request still missing, the script would wait for it: this one is then wrong.
        drop(TcpStream::connect(self.address));
        self.thread
            .join()
            .expect("every request was as the script says");
    }
}

fn serve(connection: &TcpStream, answer: &Answer) {
    let mut reader = BufReader::new(connection);
    let mut request = String::new();
    let mut length = 0;
    loop {
        let at = request.len();
        reader.read_line(&mut request).unwrap();
        let line = request.split_off(at);
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        request.push_str(&line);
        if line.trim_end().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.push_str(&String::from_utf8_lossy(&body));
    let decoded = request.replace("%2C", ",");
    assert!(
        decoded.starts_with(&answer.request),
        "{decoded}\nbut not\n{}",
        answer.request
    );
    for wanted in &answer.wanted {
        assert!(decoded.contains(wanted), "{wanted} is not in\n{decoded}");
    }
    for unwanted in &answer.unwanted {
        assert!(!decoded.contains(unwanted), "{unwanted} is in\n{decoded}");
    }
    // A client that has seen enough closes early.
    let mut connection = connection;
    drop(connection.write_all(answer.response.as_bytes()));
}
