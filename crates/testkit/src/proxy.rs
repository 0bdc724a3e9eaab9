//! A proxy that can go silent or cut its connections, and that counts round trips.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How often a connection checks whether the proxy is silent.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Forwards data between its own port and another one until it is told to be silent.
pub struct Proxy {
    address: SocketAddr,
    is_silent: Arc<AtomicBool>,
    cuts: Arc<AtomicUsize>,
    round_trips: Arc<AtomicUsize>,
    withheld: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts to forward to `port` of this machine.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let is_silent = Arc::<AtomicBool>::default();
        let (cuts, round_trips) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let withheld = Arc::<AtomicUsize>::default();
        let all_withheld = Arc::clone(&withheld);
        let (silent, trips, all_cuts) = (Arc::clone(&is_silent), Arc::clone(&round_trips), Arc::clone(&cuts));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let has_asked = Arc::<AtomicBool>::default();
                let ways = [(client.try_clone(), server.try_clone(), true), (Ok(server), Ok(client), false)];
                for (from, to, asks) in ways {
                    if let (Ok(from), Ok(to)) = (from, to) {
                        let (silent, trips) = (Arc::clone(&silent), Arc::clone(&trips));
                        let (has_asked, withheld) = (Arc::clone(&has_asked), Arc::clone(&all_withheld));
                        let (cuts, before) = (Arc::clone(&all_cuts), all_cuts.load(Ordering::SeqCst));
                        let is_cut = move || cuts.load(Ordering::SeqCst) != before;
                        let note = move || {
                            if has_asked.swap(asks, Ordering::SeqCst) && !asks {
                                trips.fetch_add(1, Ordering::SeqCst);
                            }
                        };
                        std::thread::spawn(move || forward(from, to, (&silent, &withheld), is_cut, note));
                    }
                }
            }
        });
        Self { address, is_silent, cuts, round_trips, withheld }
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many times a server has responded to a client so far.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.round_trips.load(Ordering::SeqCst)
    }

    /// How often data has arrived that was withheld.
    #[must_use]
    pub fn withheld(&self) -> usize {
        self.withheld.load(Ordering::SeqCst)
    }

    /// Sets whether data is withheld from now on.
    pub fn set_silent(&self, is_silent: bool) {
        self.is_silent.store(is_silent, Ordering::SeqCst);
    }

    /// Cuts all connections that are there.
    pub fn cut(&self) {
        self.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

fn forward(
    mut from: TcpStream,
    mut to: TcpStream,
    (is_silent, withheld): (&AtomicBool, &AtomicUsize),
    is_cut: impl Fn() -> bool,
    note: impl Fn(),
) {
    let _ = from.set_read_timeout(Some(POLL_INTERVAL));
    let mut bytes = [0; 16 * 1024];
    while !is_cut() {
        let read = match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => break,
        };
        if is_silent.load(Ordering::SeqCst) {
            withheld.fetch_add(1, Ordering::SeqCst);
        }
        while is_silent.load(Ordering::SeqCst) && !is_cut() {
            std::thread::sleep(POLL_INTERVAL);
        }
        if is_cut() {
            break;
        }
        // Before it is forwarded: the receiver may check the count.
        note();
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(if is_cut() { Shutdown::Both } else { Shutdown::Write });
}
