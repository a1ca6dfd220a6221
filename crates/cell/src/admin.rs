//! What a server answers to its operator: `/status`, `/metrics` and `/healthz`, over HTTP.
//!
//! Limits: requests without a body, one to a connection, at most 1 KiB; 16 connections at once.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::server::Inspector;

/// The longest request in bytes.
const REQUEST_MAX: usize = 1_024;
/// Connections at once.
const CONNECTIONS_MAX: usize = 16;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers until the server is gone.
pub(crate) async fn serve(listener: TcpListener, inspector: Inspector) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let inspector = inspector.clone();
        tokio::spawn(async move {
            let _ = tokio::time::timeout(PATIENCE, answer(stream, inspector)).await;
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, inspector: Inspector) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < REQUEST_MAX {
        let mut piece = [0; 256];
        match stream.read(&mut piece).await? {
            0 => break,
            count => request.extend_from_slice(&piece[..count]),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let mut words = text.split_ascii_whitespace();
    let path = match (words.next(), words.next()) {
        (Some("GET"), Some(path)) => path,
        _ => "",
    };
    let status = inspector.status().await;
    let (code, kind, body) = match (path, status) {
        (_, None) => ("503 Service Unavailable", "text/plain", "the server is gone\n".to_owned()),
        ("/healthz", Some(status)) => match status.leader.is_some() || status.leads {
            true => ("200 OK", "text/plain", "ok\n".to_owned()),
            false => ("503 Service Unavailable", "text/plain", "no leader\n".to_owned()),
        },
        ("/status", Some(status)) => {
            let body = serde_json::to_string(&status).expect("a status is JSON");
            ("200 OK", "application/json", body)
        }
        ("/metrics", Some(status)) => {
            let mut body = String::new();
            let mut metric = |name: &str, value: u64| {
                writeln!(body, "cell_{name} {value}").expect("a text takes all");
            };
            metric("leads", u64::from(status.leads));
            metric("applied", status.applied);
            metric("voters", status.voters.len() as u64);
            let counters = inspector.counters();
            metric("messages_sent_total", counters.sent);
            metric("messages_received_total", counters.received);
            metric("messages_lost_overflow_total", counters.lost_overflow);
            metric("messages_lost_unreachable_total", counters.lost_unreachable);
            metric("messages_lost_too_long_total", counters.lost_too_long);
            metric("connections_dialled_total", counters.dialled);
            metric("connections_failed_total", counters.dials_failed);
            metric("connections_accepted_total", counters.accepted);
            metric("connections_refused_total", counters.refused);
            metric("connections_broken_total", counters.broken);
            ("200 OK", "text/plain", body)
        }
        _ => ("404 Not Found", "text/plain", "try /status, /metrics or /healthz\n".to_owned()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {code}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// Asks the server at `address` for `path`. Returns the body of its answer.
pub(crate) async fn get(address: std::net::SocketAddr, path: &str) -> std::io::Result<String> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: cell\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        body.ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    };
    let asked = tokio::time::timeout(PATIENCE, asking).await;
    asked.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}
