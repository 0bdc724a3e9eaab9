//! A load balancer in front of several gateways, like that of an operator: it distributes requests and
//! sockets at random, but routes the requests of a polling session to the gateway named in its `sid`.

use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The maximum size of a request head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// A gateway: the prefix of its socket ids, and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The prefix of its `sid`s.
    pub name: String,
    /// Its port on this machine.
    pub port: u16,
}

/// The proxy, which runs as long as the process.
pub struct Balancer {
    address: SocketAddr,
    backends: Arc<Mutex<Vec<Backend>>>,
}

impl Balancer {
    /// Starts accepting connections for `backends`.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn before(backends: Vec<Backend>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let backends = Arc::new(Mutex::new(backends));
        let (known, dice) = (Arc::clone(&backends), Arc::new(Dice::default()));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (known, dice) = (Arc::clone(&known), Arc::clone(&dice));
                std::thread::spawn(move || serve(client, &known, &dice));
            }
        });
        Self { address, backends }
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the gateways, for connections from now on.
    pub fn set(&self, backends: Vec<Backend>) {
        *self.backends.lock().unwrap_or_else(PoisonError::into_inner) = backends;
    }
}

/// Forwards one request, or a WebSocket while it lasts.
fn serve(mut client: TcpStream, backends: &Mutex<Vec<Backend>>, dice: &Dice) {
    let Some((head, rest)) = read_head(&mut client) else { return };
    let backends = backends.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(mut server) = connect(&order(&head, &backends, dice.roll())) else { return };
    let opening = [one_request(&head).as_slice(), &rest].concat();
    if server.write_all(&opening).is_err() {
        return;
    }
    let (Ok(mut from_client), Ok(mut to_server)) = (client.try_clone(), server.try_clone()) else { return };
    let upwards = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
    let _ = upwards.join();
}

/// Connects to the first of these gateways that accepts the connection.
fn connect(ports: &[u16]) -> Option<TcpStream> {
    ports.iter().find_map(|port| TcpStream::connect(("127.0.0.1", *port)).ok())
}

/// The gateways to try for a request: the one named in its `sid`, or all in random order.
fn order(head: &str, backends: &[Backend], number: u64) -> Vec<u16> {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let sid = query.split('&').find_map(|pair| pair.strip_prefix("sid="));
    if let Some((name, _)) = sid.and_then(|sid| sid.split_once('-')) {
        return backends.iter().filter(|backend| backend.name == name).map(|backend| backend.port).collect();
    }
    let mut ports: Vec<u16> = backends.iter().map(|backend| backend.port).collect();
    let first = number.checked_rem(ports.len() as u64).and_then(|first| usize::try_from(first).ok());
    ports.rotate_left(first.unwrap_or(0));
    ports
}

/// The head as text up to its end, and the bytes after it.
fn read_head(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut read, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = read.split_off(end + 4);
            return Some((String::from_utf8(read).ok()?, rest));
        }
        match client.read(&mut bytes) {
            Ok(1..) if read.len() > MAX_HEAD => return None,
            Ok(count @ 1..) => read.extend_from_slice(&bytes[..count]),
            Ok(0) | Err(_) => return None,
        }
    }
}

/// The head, changed to request that the connection is closed, since the next request may go elsewhere; a
/// WebSocket handshake stays as it is.
fn one_request(head: &str) -> Vec<u8> {
    let is = |line: &str, name: &str| {
        line.split_once(':').is_some_and(|(found, _)| found.trim().eq_ignore_ascii_case(name))
    };
    if head.lines().any(|line| is(line, "upgrade")) {
        return head.as_bytes().to_vec();
    }
    let kept = head.trim_end().lines().filter(|line| !is(line, "connection"));
    let mut head: String = kept.flat_map(|line| [line, "\r\n"]).collect();
    head += "connection: close\r\n\r\n";
    head.into_bytes()
}

/// Random numbers.
#[derive(Default)]
struct Dice {
    state: RandomState,
    rolls: AtomicU64,
}

impl Dice {
    fn roll(&self) -> u64 {
        self.state.hash_one(self.rolls.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backends() -> Vec<Backend> {
        [("a", 1), ("b", 2)].map(|(name, port)| Backend { name: name.to_owned(), port }).into()
    }

    #[test]
    fn a_session_goes_to_its_gateway_and_everything_else_anywhere() {
        let order =
            |target: &str, number| order(&format!("GET {target} HTTP/1.1\r\n\r\n"), &backends(), number);
        for number in 0..4 {
            assert_eq!(order("/socket.io/?EIO=4&transport=polling&sid=b-0123", number), [2]);
            assert!(order("/socket.io/?sid=c-0123", number).is_empty(), "no gateway has it");
        }
        assert_eq!(order("/socket.io/?EIO=4", 0), [1, 2]);
        assert_eq!(order("/api/v1/health?presid=b-1", 1), [2, 1]);
        assert!(super::order("", &[], 0).is_empty());
    }

    #[test]
    fn a_connection_carries_one_request_unless_it_is_a_websocket() {
        let plain = one_request("GET / HTTP/1.1\r\nConnection: keep-alive\r\nHost: a\r\n\r\n");
        assert_eq!(plain, b"GET / HTTP/1.1\r\nHost: a\r\nconnection: close\r\n\r\n");
        let socket = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        assert_eq!(one_request(socket), socket.as_bytes());
    }

    #[test]
    fn requests_reach_the_remaining_gateway() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let _ = read_head(&mut client);
                let _ = client.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
        });
        // Nothing listens on the port of the other.
        let dead = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let backends = [("a", dead), ("b", port)].map(|(name, port)| Backend { name: name.to_owned(), port });
        let balancer = Balancer::before(backends.into());
        for _ in 0..8 {
            let mut client = TcpStream::connect(balancer.address()).expect("it listens");
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("it reads");
            let mut answer = String::new();
            client.read_to_string(&mut answer).expect("it answers");
            assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
        }
    }
}
